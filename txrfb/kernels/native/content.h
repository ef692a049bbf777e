/* Copyright (c) txrfb contributors.
 * See LICENSE for details.
 *
 * What a cell of an area is.
 */

#ifndef TXRFB_CONTENT_H
#define TXRFB_CONTENT_H

#include "cells.h"

/* What a cell is: SEED and CORE have something drawn, STEPS colors that are far from
 * each other, SOFT small differences only.  OPEN is what is to be looked at, and what is
 * a photo or belongs to one. */
enum { SEED = 1, CORE = 2, STEPS = 4, DRAWN = 8, PHOTO = 16, SOFT = 32, OPEN = 64 };

typedef struct {
    const Area *area;
    ptrdiff_t x, y, wide, high;
} Cell;

/* Whether a cell looks like a photo at first sight. */
int mayBePhoto(const Cell *cell);

/* What a cell is by a sample of it: nothing, SOFT, PHOTO, perhaps with STEPS; or OPEN if
 * it is not known. */
uint8_t sampleKind(const Cell *cell);

/* What a cell is by all of it: SEED, CORE, STEPS, SOFT and PHOTO. */
uint8_t kindOf(const Cell *cell);

#endif
