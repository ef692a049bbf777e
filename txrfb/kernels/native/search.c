/* Copyright (c) txrfb contributors.
 * See LICENSE for details.
 *
 * Looking for areas of one color.
 */

#include <stdlib.h>

#include "cells.h"

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
