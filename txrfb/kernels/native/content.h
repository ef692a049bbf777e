/* Copyright (c) txrfb contributors.
 * See LICENSE for details.
 *
 * What a cell of an area is.
 */

#ifndef TXRFB_CONTENT_H
#define TXRFB_CONTENT_H

#include <stdlib.h>

#include "cells.h"

/* Colors that differ by more in one of red, green and blue are a step. */
#define STEP 48

/* What a cell is: SEED and CORE have something drawn, the first if there is more beside or
 * around it.  STEPS are colors that are far from each other, SOFT has small differences
 * only.  OPEN is what is to be looked at, and what is a photo or belongs to one.  NEAR is
 * what is not far from a CORE, SEEN what was looked at as a whole. */
enum {
    SEED = 1,
    CORE = 2,
    STEPS = 4,
    DRAWN = 8,
    PHOTO = 16,
    SOFT = 32,
    OPEN = 64,
    NEAR = 128,
    SEEN = 256
};

typedef uint16_t Kind;

typedef struct {
    const Area *area;
    ptrdiff_t x, y, wide, high;
} Cell;

static inline int
countBits(unsigned bits)
{
    int count = 0;
    for (; bits; bits &= bits - 1)
        count++;
    return count;
}

static inline int
distance(const uint8_t *a, const uint8_t *b)
{
    int most = 0;
    for (int k = 0; k < 3; k++) {
        const int far = abs(a[k] - b[k]);
        most = far > most ? far : most;
    }
    return most;
}

/* Looks for strokes of one ink: pixels of one color that are like one neighbor and a
 * step away from the other, as some number of the cell's are: its glyphs.  Returns CORE
 * if most of those have one color, and are in several rows and columns; SEED if some
 * have.  If much of the cell has that color, it is the ground beside a thing. */
Kind lookForInk(const Cell *cell, int glyphs);

/* Whether a cell looks like a photo at first sight. */
int mayBePhoto(const Cell *cell);

/* What a cell is by a sample of it: nothing, SOFT, PHOTO, perhaps with STEPS; or OPEN if
 * it is not known. */
Kind sampleKind(const Cell *cell);

/* What a cell is by all of it: SEED, CORE, STEPS, SOFT and PHOTO. */
Kind kindOf(const Cell *cell);

#endif
