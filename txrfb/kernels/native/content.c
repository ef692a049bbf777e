/* Copyright (c) txrfb contributors.
 * See LICENSE for details.
 *
 * Telling what was drawn from what was photographed, cell by cell.
 */

#include "content.h"

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

/* The sum of four numbers. */
static inline int
sum(__m128i numbers)
{
    int32_t all[4];
    _mm_storeu_si128((__m128i *)all, numbers);
    return all[0] + all[1] + all[2] + all[3];
}

/* Which of sixteen pixels belong to a cell, and which of the first four of those have
 * one to the left: all of their bits, or none. */
typedef struct {
    ptrdiff_t first; /* the column of the first */
    __m128i inside[4];
    __m128i hasLeft;
} Lanes;

/* Chooses sixteen pixels of a row that have all of a cell's in them: at the right edge
 * some of the cell before, too. */
static inline Lanes
lanesOf(const Cell *cell)
{
    Lanes chosen = {.first = least(cell->x, cell->area->width - CELL)};
    const __m128i numbers = _mm_setr_epi32(0, 1, 2, 3);
    const int others = (int)(cell->x - chosen.first);
    for (int k = 0; k < 4; k++)
        chosen.inside[k] = _mm_cmpgt_epi32(numbers, _mm_set1_epi32(others - 4 * k - 1));
    chosen.hasLeft = chosen.inside[0];
    if (!chosen.first)
        chosen.hasLeft =
            _mm_and_si128(chosen.hasLeft, _mm_cmpgt_epi32(numbers, _mm_setzero_si128()));
    return chosen;
}

/* The pixels to the left of four; the left edge of the area has some other. */
static inline __m128i
leftOf(const uint8_t *p, __m128i mask, int isEdge)
{
    return isEdge ? _mm_slli_si128(pixelsAt(p, mask), 4) : pixelsAt(p - 4, mask);
}

/* What was seen of rows of sixteen pixels: numbers, four at once, of those that are
 * alike, and that are no step away from others. */
typedef struct {
    __m128i alike, nearLeft, nearAbove;
    __m128i glyphs[4];
    __m128i allNear[4];
    __m128i across, down;
} Sums;

/* Looks at a row. */
static inline void
lookAt16(const Area *area, ptrdiff_t y, const Lanes *chosen, Sums *sums, Marks *marks)
{
    const __m128i mask = _mm_set1_epi32((int)COLOR), step = _mm_set1_epi8(STEP);
    const __m128i zero = _mm_setzero_si128();
    const __m128i hasAbove = _mm_set1_epi32(y ? -1 : 0);
    const uint8_t *here = area->bytes + y * area->stride + 4 * chosen->first;
    const ptrdiff_t up = y ? area->stride : 0;
    __m128i any = zero, near = _mm_cmpeq_epi32(zero, zero);
    for (int k = 0; k < 4; k++) {
        const uint8_t *p = here + 16 * k;
        const __m128i inside = chosen->inside[k];
        const __m128i hasLeft = k ? inside : chosen->hasLeft;
        const __m128i pixels = pixelsAt(p, mask);
        const __m128i left = leftOf(p, mask, !k && !chosen->first);
        const __m128i fromLeft = _mm_and_si128(apart(pixels, left), hasLeft);
        const __m128i fromAbove =
            _mm_and_si128(apart(pixels, pixelsAt(p - up, mask)), inside);
        const __m128i likeLeft = _mm_and_si128(_mm_cmpeq_epi32(fromLeft, zero), hasLeft);
        const __m128i likeAbove = _mm_and_si128(
            _mm_cmpeq_epi32(fromAbove, zero), _mm_and_si128(inside, hasAbove));
        const __m128i nearLeft = _mm_cmpeq_epi32(_mm_subs_epu8(fromLeft, step), zero);
        const __m128i nearAbove = _mm_cmpeq_epi32(_mm_subs_epu8(fromAbove, step), zero);
        const __m128i found = _mm_or_si128(_mm_andnot_si128(nearAbove, likeLeft),
                                           _mm_andnot_si128(nearLeft, likeAbove));
        /* What is true is -1. */
        sums->alike = _mm_sub_epi32(sums->alike, _mm_or_si128(likeLeft, likeAbove));
        sums->nearLeft = _mm_sub_epi32(sums->nearLeft, nearLeft);
        sums->nearAbove = _mm_sub_epi32(sums->nearAbove, nearAbove);
        sums->glyphs[k] = _mm_sub_epi32(sums->glyphs[k], found);
        sums->allNear[k] = _mm_and_si128(sums->allNear[k], nearAbove);
        sums->across = _mm_or_si128(sums->across, fromLeft);
        sums->down = _mm_or_si128(sums->down, fromAbove);
        any = _mm_or_si128(any, found);
        near = _mm_and_si128(near, nearLeft);
    }
    marks->rows += _mm_movemask_epi8(any) != 0;
    marks->leftRows += _mm_movemask_epi8(near) != 0xffff;
}

#endif

/* Which row of a cell is looked at, of so many that are evenly spread. */
static inline ptrdiff_t
rowOf(const Cell *cell, ptrdiff_t number, ptrdiff_t rows)
{
    return cell->y + cell->high * (2 * number + 1) / (2 * rows);
}

/* Looks at rows of a cell. */
static Marks
look(const Cell *cell, ptrdiff_t rows)
{
    Marks marks = {0};
#ifdef USE_SSE2
    if (cell->area->width >= CELL) {
        const __m128i zero = _mm_setzero_si128(), ones = _mm_cmpeq_epi32(zero, zero);
        const Lanes chosen = lanesOf(cell);
        const int count = CELL * (int)rows;
        Sums sums = {zero, zero, zero, {zero, zero, zero, zero}, {ones, ones, ones, ones},
                     zero, zero};
        for (ptrdiff_t k = 0; k < rows; k++)
            lookAt16(cell->area, rowOf(cell, k, rows), &chosen, &sums, &marks);
        marks.alike = sum(sums.alike);
        marks.left = count - sum(sums.nearLeft);
        marks.above = count - sum(sums.nearAbove);
        for (int k = 0; k < 4; k++) {
            marks.glyphs += sum(sums.glyphs[k]);
            marks.columns |= (15u & ~lanes(_mm_cmpeq_epi32(sums.glyphs[k], zero)))
                             << 4 * k;
            marks.aboveColumns |= (15u & ~lanes(sums.allNear[k])) << 4 * k;
        }
        marks.across = _mm_movemask_epi8(_mm_cmpeq_epi8(sums.across, zero)) != 0xffff;
        marks.down = _mm_movemask_epi8(_mm_cmpeq_epi8(sums.down, zero)) != 0xffff;
        return marks;
    }
#endif
    for (ptrdiff_t k = 0; k < rows; k++)
        lookAtRow(cell->area, cell->x, rowOf(cell, k, rows), cell->wide, &marks);
    return marks;
}

#ifdef USE_SSE2

/* Which of sixteen pixels of a row are like the one to the left or the one above: a byte
 * each, -1 or 0.  Nothing is asked of chosen if all belong to the cell and have both. */
static inline __m128i
alike16(const uint8_t *here, ptrdiff_t up, const Lanes *chosen, int isInner)
{
    const __m128i mask = _mm_set1_epi32((int)COLOR);
    const __m128i hasAbove = _mm_set1_epi32(up ? -1 : 0);
    __m128i alike[4];
    for (int k = 0; k < 4; k++) {
        const uint8_t *p = here + 16 * k;
        const __m128i pixels = pixelsAt(p, mask);
        __m128i left, above = _mm_cmpeq_epi32(pixels, pixelsAt(p - up, mask));
        if (isInner)
            left = _mm_cmpeq_epi32(pixels, pixelsAt(p - 4, mask));
        else {
            left = _mm_cmpeq_epi32(pixels, leftOf(p, mask, !k && !chosen->first));
            left = _mm_and_si128(left, k ? chosen->inside[k] : chosen->hasLeft);
            above = _mm_and_si128(above, _mm_and_si128(chosen->inside[k], hasAbove));
        }
        alike[k] = _mm_or_si128(left, above);
    }
    return _mm_packs_epi16(_mm_packs_epi32(alike[0], alike[1]),
                           _mm_packs_epi32(alike[2], alike[3]));
}

#endif

/* How many pixels of rows of a cell are like the one to the left or the one above: all that
 * need be known of most cells. */
static inline int
countAlike(const Cell *cell, ptrdiff_t rows)
{
#ifdef USE_SSE2
    const Area *area = cell->area;
    const ptrdiff_t stride = area->stride;
    __m128i alike = _mm_setzero_si128();
    if (cell->x > 0 && cell->y > 0 && cell->wide == CELL && cell->high == CELL) {
        const ptrdiff_t step = CELL / rows;
        const uint8_t *here =
            area->bytes + (cell->y + step / 2) * stride + 4 * cell->x;
        for (ptrdiff_t row = 0; row < rows; row++, here += step * stride)
            alike = _mm_sub_epi8(alike, alike16(here, stride, NULL, 1));
    } else if (area->width >= CELL) {
        const Lanes chosen = lanesOf(cell);
        for (ptrdiff_t row = 0; row < rows; row++) {
            const ptrdiff_t y = rowOf(cell, row, rows);
            const uint8_t *here = area->bytes + y * stride + 4 * chosen.first;
            alike = _mm_sub_epi8(alike, alike16(here, y ? stride : 0, &chosen, 0));
        }
    } else
        return look(cell, rows).alike;
    alike = _mm_sad_epu8(alike, _mm_setzero_si128());
    return _mm_cvtsi128_si32(alike) + _mm_extract_epi16(alike, 4);
#else
    return look(cell, rows).alike;
#endif
}

Kind
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
    const int core = seed && marks.glyphs >= 6 && columns >= 3;
    return (Kind)(SEEN | (seed ? SEED : 0) | (core ? CORE : 0) |
                  (marks.glyphs >= 3 && !core ? lookForInk(cell, marks.glyphs) : 0) |
                  (marks.left || marks.above ? STEPS
                   : marks.across && marks.down ? SOFT
                                                : 0) |
                  (marks.alike * 4 < pixels * 3 ? PHOTO : 0));
}

Kind
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

int64_t
likeLeft(const Area *area, ptrdiff_t step)
{
    int64_t count = 0;
    for (ptrdiff_t y = step / 2; y < area->height; y += step) {
        const uint8_t *row = area->bytes + y * area->stride;
        count += area->width - 1;
        for (ptrdiff_t x = 0; x < area->width; x += 16)
            count -= countBits(edges(row, x, area->width, colorMask()));
    }
    return count;
}
