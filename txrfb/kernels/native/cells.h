/* Copyright (c) txrfb contributors.
 * See LICENSE for details.
 *
 * The grid of cells in which areas are cut into pieces.
 */

#ifndef TXRFB_CELLS_H
#define TXRFB_CELLS_H

#include "inline.h"

/* The grid begins at the area's corner; a cell has this many columns and rows, or
 * what is left of them. */
#define CELL 16

typedef struct {
    ptrdiff_t columns;
    ptrdiff_t lines;
} Grid;

static inline Grid
gridOf(const Area *area)
{
    return (Grid){(area->width + CELL - 1) / CELL, (area->height + CELL - 1) / CELL};
}

/* Where a cell begins. */
static inline ptrdiff_t
edge(ptrdiff_t cell, ptrdiff_t size)
{
    return least(cell * CELL, size);
}

static inline ptrdiff_t
cellSize(ptrdiff_t cell, ptrdiff_t size)
{
    return least(CELL, size - cell * CELL);
}

/* Some cells as a piece of the area. */
static inline Piece
pieceOf(const Piece *cells, const Area *area, int32_t color)
{
    const ptrdiff_t x = cells->x * CELL, y = cells->y * CELL;
    return (Piece){x, y, edge(cells->x + cells->width, area->width) - x,
                   edge(cells->y + cells->height, area->height) - y, color};
}

/* Adds what is not taken, where taken is 1, to the count pieces that were found: runs
 * of cells, joined with the same run below.  Returns how many there are then. */
ptrdiff_t addRest(uint8_t *taken, const Grid *grid, const Area *area, int32_t color,
                  Piece *found, ptrdiff_t count);

#endif
