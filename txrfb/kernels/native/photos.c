/* Copyright (c) txrfb contributors.
 * See LICENSE for details.
 *
 * Cutting photos out of what was drawn.
 */

#include <stdlib.h>

#include "content.h"

/* So many cells that are neither may be between two of a photo. */
#define GAP 4

/* No more photos than that are looked for. */
#define PHOTOS 48

static Cell
cellAt(const Area *area, ptrdiff_t i, ptrdiff_t j)
{
    return (Cell){area, i * CELL, j * CELL, cellSize(i, area->width),
                  cellSize(j, area->height)};
}

/* Looks around what has something drawn, and from there on: cells up to two columns and
 * a row away are drawn if they have steps, or nothing, and go on if they are seeds. */
static void
spread(const Area *area, const Grid *grid, Kind *kinds, ptrdiff_t *stack, ptrdiff_t depth)
{
    const ptrdiff_t columns = grid->columns;
    while (depth) {
        const ptrdiff_t at = stack[--depth], j = at / columns, i = at % columns;
        for (ptrdiff_t b = j > 0 ? j - 1 : 0; b <= j + 1 && b < grid->lines; b++)
            for (ptrdiff_t a = i > 2 ? i - 2 : 0; a <= i + 2 && a < columns; a++) {
                Kind *kind = kinds + b * columns + a;
                if (*kind & NEAR)
                    continue;
                const int nothing = !*kind;
                const Cell cell = cellAt(area, a, b);
                if (!(*kind & SEEN))
                    *kind |= (Kind)(kindOf(&cell) & ~(PHOTO | SOFT | CORE));
                *kind |= NEAR;
                if (nothing || *kind & (CORE | STEPS))
                    *kind = (Kind)((*kind | DRAWN) & ~(PHOTO | SOFT));
                if ((*kind & (SEED | CORE)) == SEED) {
                    *kind |= CORE;
                    stack[depth++] = b * columns + a;
                }
            }
    }
}

/* Opens what is between cells of a photo, and what is soft beside it; count cells that
 * are so far apart. */
static void
openRow(Kind *kinds, ptrdiff_t count, ptrdiff_t apart)
{
    ptrdiff_t last = -1;
    for (ptrdiff_t k = 0; k < count; k++) {
        if (kinds[k * apart] & DRAWN)
            last = -1;
        else if (kinds[k * apart] & PHOTO) {
            if (last >= 0 && k - last - 1 <= GAP)
                for (ptrdiff_t between = last + 1; between < k; between++)
                    kinds[between * apart] |= OPEN;
            last = k;
            kinds[k * apart] |= OPEN;
        }
    }
    for (ptrdiff_t k = 1; k < count; k++)
        if (kinds[k * apart] & SOFT && kinds[(k - 1) * apart] & OPEN)
            kinds[k * apart] |= OPEN;
    for (ptrdiff_t k = count - 1; k-- > 0;)
        if (kinds[k * apart] & SOFT && kinds[(k + 1) * apart] & OPEN)
            kinds[k * apart] |= OPEN;
}

/* Finds out of all cells what they are; stack has room for all. */
static void
findKinds(const Area *area, const Grid *grid, Kind *kinds, ptrdiff_t *stack)
{
    const ptrdiff_t columns = grid->columns, lines = grid->lines;
    for (ptrdiff_t j = 0; j < lines; j++)
        for (ptrdiff_t i = 0; i < columns; i++) {
            Kind *kind = kinds + j * columns + i;
            const Cell cell = cellAt(area, i, j);
            *kind = sampleKind(&cell);
            if (*kind & OPEN)
                *kind = kindOf(&cell);
            if (i && *kind & kind[-1] & SEED) {
                kind[-1] |= CORE;
                *kind |= CORE;
            }
        }
    ptrdiff_t depth = 0;
    for (ptrdiff_t at = 0; at < columns * lines; at++)
        if (kinds[at] & CORE)
            stack[depth++] = at;
    spread(area, grid, kinds, stack, depth);
    for (ptrdiff_t j = 0; j < lines; j++)
        openRow(kinds + j * columns, columns, 1);
    for (ptrdiff_t i = 0; i < columns; i++)
        openRow(kinds + i, lines, columns);
}

/* Whether cells of so many pixels look like a photo at first sight, one at the least. */
static int
hasCandidates(const Area *area, const Grid *grid, int64_t minimum)
{
    int64_t count = 0;
    for (ptrdiff_t j = 0; j < grid->lines; j++)
        for (ptrdiff_t i = 0; i < grid->columns; i++) {
            const Cell cell = cellAt(area, i, j);
            count += mayBePhoto(&cell);
            if (count && count * CELL * CELL >= minimum)
                return 1;
        }
    return 0;
}

/* Finds the rectangle of the most open cells, in cells; room is for two numbers a
 * column, and two more. */
static Piece
largestOpen(const Kind *kinds, const Grid *grid, ptrdiff_t *room)
{
    const ptrdiff_t columns = grid->columns;
    ptrdiff_t *heights = room, *stack = room + columns + 1;
    Piece best = {0, 0, 0, 0, 1};
    memset(heights, 0, (size_t)(columns + 1) * sizeof *heights);
    for (ptrdiff_t j = 0; j < grid->lines; j++) {
        ptrdiff_t depth = 0;
        for (ptrdiff_t i = 0; i <= columns; i++) {
            if (i < columns)
                heights[i] = kinds[j * columns + i] & OPEN ? heights[i] + 1 : 0;
            while (depth && heights[stack[depth - 1]] >= heights[i]) {
                ptrdiff_t height = heights[stack[--depth]];
                ptrdiff_t left = depth ? stack[depth - 1] + 1 : 0;
                if (height * (i - left) > best.width * best.height)
                    best = (Piece){left, j + 1 - height, i - left, height, 1};
            }
            stack[depth++] = i;
        }
    }
    return best;
}

/* Closes cells of a rectangle: all of it, or those that are not of a photo, if that
 * are most.  Returns whether it was all. */
static int
closeCells(Kind *kinds, uint8_t *taken, const Grid *grid, const Piece *piece)
{
    ptrdiff_t photos = 0;
    for (ptrdiff_t j = piece->y; j < piece->y + piece->height; j++)
        for (ptrdiff_t i = piece->x; i < piece->x + piece->width; i++)
            photos += (kinds[j * grid->columns + i] & (PHOTO | SOFT)) != 0;
    const int all = 2 * photos >= piece->width * piece->height;
    for (ptrdiff_t j = piece->y; j < piece->y + piece->height; j++)
        for (ptrdiff_t i = piece->x; i < piece->x + piece->width; i++) {
            const ptrdiff_t at = j * grid->columns + i;
            if (all || !(kinds[at] & (PHOTO | SOFT)))
                kinds[at] &= (Kind)~OPEN;
            taken[at] |= (uint8_t)all;
        }
    return all;
}

ptrdiff_t
splitPhotos(const Area *area, int64_t minimum, Piece **pieces)
{
    const Grid grid = gridOf(area);
    const size_t cells = (size_t)grid.columns * (size_t)grid.lines;
    const int none = (int64_t)area->width * area->height < minimum ||
                     !hasCandidates(area, &grid, minimum);
    Piece *found = malloc((none ? 1 : cells) * sizeof *found);
    *pieces = found;
    if (!found)
        return -1;
    found[0] = (Piece){0, 0, area->width, area->height, 0};
    if (none)
        return 1;
    ptrdiff_t count = -1;
    Kind *kinds = malloc(cells * sizeof *kinds);
    uint8_t *taken = calloc(cells, 1);
    /* Every cell is once on a stack, and there are columns in largestOpen. */
    ptrdiff_t *room = malloc((cells + 2 * ((size_t)grid.columns + 1)) * sizeof *room);
    if (!kinds || !taken || !room)
        goto done;
    count = 0;
    findKinds(area, &grid, kinds, room);
    for (int k = 0; k < PHOTOS; k++) {
        const Piece piece = largestOpen(kinds, &grid, room);
        const Piece inPixels = pieceOf(&piece, area, 1);
        /* What is beside a photo may have half as many pixels. */
        if (!piece.width || (int64_t)inPixels.width * inPixels.height <
                                (count ? minimum / 2 : minimum))
            break;
        if (closeCells(kinds, taken, &grid, &piece))
            found[count++] = inPixels;
    }
    count = addRest(taken, &grid, area, 0, found, count);
done:
    free(kinds);
    free(taken);
    free(room);
    return count;
}
