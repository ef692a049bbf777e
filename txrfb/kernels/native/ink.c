/* Copyright (c) txrfb contributors.
 * See LICENSE for details.
 *
 * Knowing letters by their ink.
 */

#include "content.h"

/* So many colors of strokes are looked at in a cell. */
#define INKS 8

/* What was seen of pixels of one color that are of strokes. */
typedef struct {
    uint32_t color;
    int pixels;
    unsigned rows, columns; /* bit by bit */
} Ink;

static int
countColor(const Cell *cell, uint32_t color)
{
    int count = 0;
    for (ptrdiff_t j = 0; j < cell->high; j++) {
        const Area *area = cell->area;
        const uint8_t *here = area->bytes + (cell->y + j) * area->stride + 4 * cell->x;
        for (ptrdiff_t i = 0; i < cell->wide; i++)
            count += loadColor(here + 4 * i) == color;
    }
    return count;
}

Kind
lookForInk(const Cell *cell, int glyphs)
{
    Ink inks[INKS] = {{0}};
    int count = 0;
    const Area *area = cell->area;
    for (ptrdiff_t j = 0; j < cell->high; j++) {
        const ptrdiff_t x = cell->x, y = cell->y + j;
        const uint8_t *here = area->bytes + y * area->stride + 4 * x;
        for (ptrdiff_t i = 0; i < cell->wide; i++, here += 4) {
            const int left = x + i > 0 ? distance(here, here - 4) : -1;
            const int above = y > 0 ? distance(here, here - area->stride) : -1;
            if ((left || above <= STEP) && (above || left <= STEP))
                continue;
            const uint32_t color = loadColor(here);
            int k = 0;
            while (k < count && inks[k].color != color)
                k++;
            if (k == count) {
                if (count == INKS)
                    continue;
                inks[count++].color = color;
            }
            inks[k].pixels++;
            inks[k].rows |= 1u << j;
            inks[k].columns |= 1u << i;
        }
    }
    Kind kind = 0;
    for (int k = 0; k < count; k++) {
        const int rows = countBits(inks[k].rows), columns = countBits(inks[k].columns);
        if (inks[k].pixels >= 3 && rows >= 2 && columns >= 2)
            kind |= SEED;
        if (inks[k].pixels >= 5 && 2 * inks[k].pixels >= glyphs && rows >= 3 &&
            columns >= 3 &&
            8 * countColor(cell, inks[k].color) <= 3 * cell->wide * cell->high)
            kind |= CORE;
    }
    return kind;
}
