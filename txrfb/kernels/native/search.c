/* Copyright (c) txrfb contributors.
 * See LICENSE for details.
 *
 * Looking for scrolled rows, and for areas of one color.
 */

#include <stdlib.h>

#include "cells.h"

/* A scroll of fewer rows is not worth looking for. */
#define SCROLL 16

/* Sixteen pixels each; a row is known by them. */
#define WINDOWS 16

static void
hashRows(const Area *area, uint64_t *hashes)
{
    const ptrdiff_t windows = least(area->width / 16, WINDOWS);
    const uint32_t mask = colorMask();
    for (ptrdiff_t y = 0; y < area->height; y++) {
        const uint8_t *row = area->bytes + y * area->stride;
        uint32_t lanes[16];
        for (uint32_t k = 0; k < 16; k++)
            lanes[k] = k + 1;
        for (ptrdiff_t j = 0; j < windows; j++) {
            const uint8_t *p =
                row + (area->width - 16) * j / (windows > 1 ? windows - 1 : 1) * 4;
            for (int k = 0; k < 16; k++)
                lanes[k] = lanes[k] * 0x9E3779B1u + (load(p + 4 * k) & mask);
        }
        uint64_t hash = 0;
        for (int k = 0; k < 16; k++)
            hash = (hash ^ lanes[k]) * 0x9E3779B97F4A7C15u;
        hashes[y] = hash ^ hash >> 29;
    }
}

static int
sameColors(const uint8_t *a, const uint8_t *b, ptrdiff_t count)
{
    uint32_t found = 0;
    for (ptrdiff_t k = 0; k < count; k++)
        found |= load(a + 4 * k) ^ load(b + 4 * k);
    return (found & colorMask()) == 0;
}

/* In the table of rows by their hash: the slot's row has this hash, and another
 * row has it, too. */
#define SEVERAL ((ptrdiff_t)1 << (sizeof(ptrdiff_t) * 8 - 2))
#define NONE ((ptrdiff_t)-1)

static size_t
slotOf(uint64_t hash, const ptrdiff_t *table, size_t slots, const uint64_t *hashes)
{
    size_t slot = (size_t)(hash >> 20) & (slots - 1);
    while (table[slot] != NONE && hashes[table[slot] & ~SEVERAL] != hash)
        slot = (slot + 1) & (slots - 1);
    return slot;
}

ptrdiff_t
findScroll(const Area *old, const Area *new, ptrdiff_t *top, ptrdiff_t *fromTop)
{
    const ptrdiff_t height = new->height, width = new->width;
    if (width < 16 || height < SCROLL)
        return 0;
    size_t slots = 64;
    while (slots < 2 * (size_t)height)
        slots *= 2;
    uint64_t *was = malloc((size_t)height * 2 * sizeof *was);
    ptrdiff_t *table = malloc(slots * sizeof *table);
    ptrdiff_t *votes = calloc(2 * (size_t)height, sizeof *votes);
    ptrdiff_t longest = -1;
    if (!was || !table || !votes)
        goto done;
    longest = 0;
    uint64_t *now = was + height;
    hashRows(old, was);
    hashRows(new, now);

    for (size_t k = 0; k < slots; k++)
        table[k] = NONE;
    for (ptrdiff_t y = 0; y < height; y++) {
        size_t slot = slotOf(was[y], table, slots, was);
        table[slot] = table[slot] == NONE ? y : table[slot] | SEVERAL;
    }
    for (ptrdiff_t y = 0; y < height; y++) {
        if (now[y] == was[y])
            continue;
        ptrdiff_t row = table[slotOf(now[y], table, slots, was)];
        if (row != NONE && !(row & SEVERAL))
            votes[row - y + height]++;
    }
    ptrdiff_t best = 0;
    for (ptrdiff_t k = 1; k < 2 * height; k++)
        if (votes[k] > votes[best])
            best = k;
    if (votes[best] < SCROLL / 2)
        goto done;

    const ptrdiff_t distance = best - height;
    ptrdiff_t run = 0;
    for (ptrdiff_t y = 0; y < height; y++) {
        ptrdiff_t from = y + distance;
        if (from >= 0 && from < height && now[y] == was[from] &&
            sameColors(new->bytes + y * new->stride, old->bytes + from * old->stride,
                       width)) {
            run++;
            if (run > longest) {
                longest = run;
                *top = y + 1 - run;
                *fromTop = *top + distance;
            }
        } else
            run = 0;
    }
    if (longest < SCROLL)
        longest = 0;
done:
    free(was);
    free(table);
    free(votes);
    return longest;
}

/* For each cell how many from it on to the right are of one and the same color: 0
 * if it is not of one color itself. */
static void
findSolidCells(const Area *area, ptrdiff_t columns, ptrdiff_t lines,
               ptrdiff_t *rights, uint32_t *colors)
{
    const uint32_t mask = colorMask();
    for (ptrdiff_t j = 0; j < lines; j++) {
        ptrdiff_t *right = rights + j * columns;
        uint32_t *color = colors + j * columns;
        for (ptrdiff_t i = 0; i < columns; i++) {
            const Area cell = {area->bytes + j * CELL * area->stride + i * CELL * 4,
                               area->stride, cellSize(i, area->width),
                               cellSize(j, area->height)};
            color[i] = loadColor(cell.bytes);
            right[i] = isSolid(&cell, mask);
        }
        for (ptrdiff_t i = columns - 1; i-- > 0;)
            if (right[i] && color[i] == color[i + 1])
                right[i] += right[i + 1];
    }
}

ptrdiff_t
addRest(uint8_t *taken, const Grid *grid, const Area *area, int32_t color, Piece *found,
        ptrdiff_t count)
{
    const ptrdiff_t columns = grid->columns, lines = grid->lines;
    for (ptrdiff_t j = 0; j < lines; j++)
        for (ptrdiff_t i = 0; i < columns; i++) {
            const uint8_t *here = taken + j * columns;
            if (here[i])
                continue;
            ptrdiff_t end = i + 1;
            while (end < columns && !here[end])
                end++;
            ptrdiff_t k = j;
            do {
                memset(taken + k * columns + i, 2, (size_t)(end - i));
                k++;
                const uint8_t *below = taken + k * columns;
                if (k == lines || (i > 0 && below[i - 1] != 1) ||
                    (end < columns && below[end] != 1) ||
                    memchr(below + i, 1, (size_t)(end - i)))
                    break;
            } while (1);
            const Piece run = {i, j, end - i, k - j, 0};
            found[count++] = pieceOf(&run, area, color);
        }
    return count;
}

ptrdiff_t
splitSolid(const Area *area, int64_t minimum, Piece **pieces)
{
    const ptrdiff_t width = area->width, height = area->height;
    const Grid grid = gridOf(area);
    const ptrdiff_t columns = grid.columns, lines = grid.lines;
    const size_t cells = (size_t)columns * (size_t)lines;
    const int small = (int64_t)width * height < minimum;
    Piece *found = malloc((small ? 1 : cells) * sizeof *found);
    *pieces = found;
    if (!found)
        return -1;
    if (small) {
        found[0] = (Piece){0, 0, width, height, -1};
        return 1;
    }
    ptrdiff_t count = -1;
    ptrdiff_t *rights = malloc(cells * sizeof *rights);
    uint32_t *colors = malloc(cells * sizeof *colors);
    uint8_t *taken = calloc(cells, 1);
    if (!rights || !colors || !taken)
        goto done;
    count = 0;
    findSolidCells(area, columns, lines, rights, colors);

    for (ptrdiff_t j = 0; j < lines; j++)
        for (ptrdiff_t i = 0; i < columns; i++) {
            ptrdiff_t reach = rights[j * columns + i];
            if (!reach)
                continue;
            const uint32_t color = colors[j * columns + i];
            const ptrdiff_t x = i * CELL, y = j * CELL;
            ptrdiff_t wide = 0, high = 0;
            int64_t most = 0;
            for (ptrdiff_t k = j; k < lines; k++) {
                ptrdiff_t at = k * columns + i;
                reach = least(reach, rights[at]);
                if (!reach || colors[at] != color)
                    break;
                int64_t size = (int64_t)(edge(i + reach, width) - x) *
                               (edge(k + 1, height) - y);
                if (size > most) {
                    most = size;
                    wide = reach;
                    high = k + 1 - j;
                }
            }
            if (most < minimum || most == 0)
                continue;
            for (ptrdiff_t k = j; k < j + high; k++) {
                ptrdiff_t *right = rights + k * columns;
                memset(taken + k * columns + i, 1, (size_t)wide);
                for (ptrdiff_t c = i; c < i + wide; c++)
                    right[c] = 0;
                /* Runs from the left end here now. */
                for (ptrdiff_t c = i; c-- > 0 && right[c] > i - c;)
                    right[c] = i - c;
            }
            found[count++] =
                (Piece){x, y, edge(i + wide, width) - x,
                        edge(j + high, height) - y, (int32_t)color};
        }

    count = addRest(taken, &grid, area, -1, found, count);
done:
    free(rights);
    free(colors);
    free(taken);
    return count;
}
