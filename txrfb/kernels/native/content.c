/* Copyright (c) txrfb contributors.
 * See LICENSE for details.
 *
 * Telling what was drawn from what was photographed, cell by cell.
 */

#include <stdlib.h>

#include "content.h"

/* Colors that differ by more in one of red, green and blue are a step. */
#define STEP 48

/* So many rows of a cell are looked at to see whether there may be a photo, and what it
 * is where it is plain to see. */
#define GLANCE 4
#define SAMPLE 8

/* What was seen of pixels of a cell. */
typedef struct {
    int alike;        /* how many are like the one to the left or the one above */
    int glyphs;       /* how many are like the one, and a step away from the other */
    unsigned columns; /* in which columns of the cell such are, bit by bit */
    int rows;         /* in how many rows */
    int left;         /* how many are a step away from the one to the left */
    int leftRows;     /* in how many rows such are */
    int above;        /* how many are a step away from the one above */
    unsigned aboveColumns;
    int across, down; /* whether one is not like the one to the left; the one above */
} Marks;

static int
countBits(unsigned bits)
{
    int count = 0;
    for (; bits; bits &= bits - 1)
        count++;
    return count;
}

static int
distance(const uint8_t *a, const uint8_t *b)
{
    int most = 0;
    for (int k = 0; k < 3; k++) {
        const int far = abs(a[k] - b[k]);
        most = far > most ? far : most;
    }
    return most;
}

/* Looks at some pixels of a row. */
static void
lookAtRow(const Area *area, ptrdiff_t x, ptrdiff_t y, ptrdiff_t wide, Marks *marks)
{
    const uint8_t *here = area->bytes + y * area->stride + 4 * x;
    const Marks before = *marks;
    for (ptrdiff_t k = 0; k < wide; k++, here += 4) {
        const int hasLeft = x + k > 0, hasAbove = y > 0;
        const int left = hasLeft ? distance(here, here - 4) : 0;
        const int above = hasAbove ? distance(here, here - area->stride) : 0;
        const int likeLeft = hasLeft && !left, likeAbove = hasAbove && !above;
        marks->alike += likeLeft || likeAbove;
        if ((likeLeft && above > STEP) || (likeAbove && left > STEP)) {
            marks->glyphs++;
            marks->columns |= 1u << k;
        }
        marks->left += left > STEP;
        marks->above += above > STEP;
        marks->aboveColumns |= (unsigned)(above > STEP) << k;
        marks->across |= left;
        marks->down |= above;
    }
    marks->rows += marks->glyphs > before.glyphs;
    marks->leftRows += marks->left > before.left;
}

#ifdef USE_SSE2

static inline __m128i
apart(__m128i a, __m128i b)
{
    return _mm_or_si128(_mm_subs_epu8(a, b), _mm_subs_epu8(b, a));
}

static inline __m128i
pixelsAt(const uint8_t *p, __m128i mask)
{
    return _mm_and_si128(_mm_loadu_si128((const __m128i *)p), mask);
}

/* Which of four numbers are true. */
static inline unsigned
lanes(__m128i numbers)
{
    return (unsigned)_mm_movemask_ps(_mm_castsi128_ps(numbers));
}

/* The sum of four vectors of four numbers. */
static inline int
sum(const __m128i numbers[4])
{
    int32_t all[4];
    _mm_storeu_si128((__m128i *)all,
                     _mm_add_epi32(_mm_add_epi32(numbers[0], numbers[1]),
                                   _mm_add_epi32(numbers[2], numbers[3])));
    return all[0] + all[1] + all[2] + all[3];
}

/* Looks at rows of sixteen pixels that have others to the left and above, so many
 * bytes from one to the next. */
static void
lookAt16(const uint8_t *here, ptrdiff_t stride, ptrdiff_t apartBy, int rows, Marks *marks)
{
    const __m128i mask = _mm_set1_epi32((int)COLOR), step = _mm_set1_epi8(STEP);
    const __m128i zero = _mm_setzero_si128();
    __m128i alike[4] = {zero, zero, zero, zero}, glyphs[4] = {zero, zero, zero, zero};
    __m128i left[4] = {zero, zero, zero, zero}, above[4] = {zero, zero, zero, zero};
    __m128i across = zero, down = zero;
    const int count = rows;
    for (; rows-- > 0; here += apartBy) {
        __m128i any = zero, none = _mm_cmpeq_epi32(zero, zero);
        for (int k = 0; k < 4; k++) {
            const uint8_t *p = here + 16 * k;
            const __m128i pixels = pixelsAt(p, mask);
            const __m128i fromLeft = apart(pixels, pixelsAt(p - 4, mask));
            const __m128i fromAbove = apart(pixels, pixelsAt(p - stride, mask));
            const __m128i likeLeft = _mm_cmpeq_epi32(fromLeft, zero);
            const __m128i likeAbove = _mm_cmpeq_epi32(fromAbove, zero);
            const __m128i nearLeft = _mm_cmpeq_epi32(_mm_subs_epu8(fromLeft, step), zero);
            const __m128i nearAbove =
                _mm_cmpeq_epi32(_mm_subs_epu8(fromAbove, step), zero);
            const __m128i found = _mm_or_si128(_mm_andnot_si128(nearAbove, likeLeft),
                                               _mm_andnot_si128(nearLeft, likeAbove));
            /* What is true is -1. */
            alike[k] = _mm_sub_epi32(alike[k], _mm_or_si128(likeLeft, likeAbove));
            glyphs[k] = _mm_sub_epi32(glyphs[k], found);
            left[k] = _mm_sub_epi32(left[k], nearLeft);
            above[k] = _mm_sub_epi32(above[k], nearAbove);
            any = _mm_or_si128(any, found);
            none = _mm_and_si128(none, nearLeft);
            across = _mm_or_si128(across, fromLeft);
            down = _mm_or_si128(down, fromAbove);
        }
        marks->rows += _mm_movemask_epi8(any) != 0;
        marks->leftRows += _mm_movemask_epi8(none) != 0xffff;
    }
    marks->alike = sum(alike);
    marks->glyphs = sum(glyphs);
    marks->left = CELL * count - sum(left);
    marks->above = CELL * count - sum(above);
    for (int k = 0; k < 4; k++) {
        marks->columns |= (15u & ~lanes(_mm_cmpeq_epi32(glyphs[k], zero))) << 4 * k;
        marks->aboveColumns |=
            (15u & ~lanes(_mm_cmpeq_epi32(above[k], _mm_set1_epi32(count)))) << 4 * k;
    }
    marks->across = _mm_movemask_epi8(_mm_cmpeq_epi8(across, zero)) != 0xffff;
    marks->down = _mm_movemask_epi8(_mm_cmpeq_epi8(down, zero)) != 0xffff;
}

#endif

/* Whether all of a cell can be looked at by lookAt16. */
static int
isInner(const Cell *cell)
{
#ifdef USE_SSE2
    return cell->x > 0 && cell->y > 0 && cell->wide == CELL && cell->high == CELL;
#else
    (void)cell;
    return 0;
#endif
}

/* Looks at rows of a cell, evenly spread. */
static Marks
look(const Cell *cell, ptrdiff_t rows)
{
    Marks marks = {0};
#ifdef USE_SSE2
    if (isInner(cell)) {
        const ptrdiff_t apartBy = CELL / rows, stride = cell->area->stride;
        lookAt16(cell->area->bytes + (cell->y + apartBy / 2) * stride + 4 * cell->x,
                 stride, apartBy * stride, (int)rows, &marks);
        return marks;
    }
#endif
    for (ptrdiff_t k = 0; k < rows; k++)
        lookAtRow(cell->area, cell->x,
                  cell->y + cell->high * (2 * k + 1) / (2 * rows),
                  cell->wide, &marks);
    return marks;
}

/* How many pixels of rows of a cell are like the one to the left or the one above: all that
 * need be known of most cells. */
static int
countAlike(const Cell *cell, ptrdiff_t rows)
{
#ifdef USE_SSE2
    if (isInner(cell)) {
        const __m128i mask = _mm_set1_epi32((int)COLOR);
        __m128i alike[4];
        memset(alike, 0, sizeof alike);
        const ptrdiff_t apartBy = CELL / rows, stride = cell->area->stride;
        const uint8_t *here =
            cell->area->bytes + (cell->y + apartBy / 2) * stride + 4 * cell->x;
        for (ptrdiff_t row = 0; row < rows; row++, here += apartBy * stride)
            for (int k = 0; k < 4; k++) {
                const uint8_t *p = here + 16 * k;
                const __m128i pixels = pixelsAt(p, mask);
                alike[k] = _mm_sub_epi32(
                    alike[k],
                    _mm_or_si128(
                        _mm_cmpeq_epi32(pixels, pixelsAt(p - 4, mask)),
                        _mm_cmpeq_epi32(pixels, pixelsAt(p - stride, mask))));
            }
        return sum(alike);
    }
#endif
    return look(cell, rows).alike;
}

uint8_t
kindOf(const Cell *cell)
{
    const int pixels = (int)(cell->wide * cell->high);
    const Marks marks = look(cell, cell->high);
    const int columns = countBits(marks.columns);
    /* The outline of a thing is one step in most rows, a stroke of a letter is two. */
    const int stroked = marks.left * 10 >= marks.leftRows * 13 &&
                        marks.above * 10 >= countBits(marks.aboveColumns) * 13;
    /* Straight lines are in less. */
    const int seed = stroked && marks.glyphs >= 3 && columns >= 2 && marks.rows >= 3;
    return (uint8_t)((seed ? SEED : 0) |
                     (seed && marks.glyphs >= 6 && columns >= 3 ? CORE : 0) |
                     (marks.left || marks.above ? STEPS
                      : marks.across && marks.down ? SOFT
                                                   : 0) |
                     (marks.alike * 4 < pixels * 3 ? PHOTO : 0));
}

uint8_t
sampleKind(const Cell *cell)
{
    const int pixels = SAMPLE * (int)cell->wide, alike = countAlike(cell, SAMPLE);
    if (alike == pixels)
        return 0;
    if (64 * alike <= pixels)
        return PHOTO;
    const Marks marks = look(cell, SAMPLE);
    const int steps = marks.left || marks.above;
    if (marks.glyphs || (steps && 2 * alike > pixels))
        return OPEN;
    if (4 * alike < 3 * pixels)
        return steps ? PHOTO | STEPS : PHOTO;
    return marks.across && marks.down ? SOFT : 0;
}

int
mayBePhoto(const Cell *cell)
{
    return 2 * countAlike(cell, GLANCE) <= GLANCE * cell->wide &&
           look(cell, GLANCE).glyphs < 2;
}
