/* Copyright (c) txrfb contributors.
 * See LICENSE for details.
 *
 * What has changed, to the row and to the column.
 */

#include "inline.h"

/* Rectangles are joined if what becomes of them has, besides what changed, no more
 * than a quarter of that and so many pixels: what a rectangle more would cost. */
#define SPARE 512

/* How many rows ahead of that which is looked at memory is fetched, and how many bytes
 * of each: as far as the processor does not foresee by itself what is read. */
#define AHEAD 4
#define FETCHED 512

/* Fetches a row from memory, or the beginning of a long one. */
static inline void
fetch(const uint8_t *row, ptrdiff_t width)
{
#if defined(__GNUC__)
    const ptrdiff_t length = least(4 * width, FETCHED);
    for (ptrdiff_t k = 0; k < length; k += 64)
        __builtin_prefetch(row + k);
#else
    (void)row;
    (void)width;
#endif
}

/* Makes a box larger by a part of a row. */
static inline void
widen(Box *box, ptrdiff_t left, ptrdiff_t row, ptrdiff_t right)
{
    if (!box->right)
        *box = (Box){left, row, right, row + 1, 0};
    else
        *box = (Box){least(box->left, left), least(box->top, row),
                     most(box->right, right), most(box->bottom, row + 1), 0};
}

void
takeChanges(uint8_t *old, ptrdiff_t oldStride, const Area *area, ptrdiff_t left,
            ptrdiff_t top, ptrdiff_t tile, int masked, Box *boxes, ptrdiff_t columns)
{
    const uint32_t mask = masked ? colorMask() : UINT32_MAX;
    for (ptrdiff_t y = 0; y < area->height; y++) {
        uint8_t *a = old + y * oldStride;
        const uint8_t *b = area->bytes + y * area->stride;
        if (y + AHEAD < area->height) {
            fetch(a + AHEAD * oldStride, area->width);
            fetch(b + AHEAD * area->stride, area->width);
        }
        if (!differs(a, b, area->width, masked))
            continue;
        const ptrdiff_t row = top + y;
        Box *box = boxes + row / tile * columns + left / tile;
        ptrdiff_t end;
        for (ptrdiff_t x = 0; x < area->width; x = end, box++) {
            end = least(area->width, ((left + x) / tile + 1) * tile - left);
            const uint8_t *was = a + 4 * x, *is = b + 4 * x;
            if (!differs(was, is, end - x, masked))
                continue;
            const ptrdiff_t first = x + firstDiffering(was, is, end - x, mask);
            const ptrdiff_t last = x + endOfDiffering(was, is, end - x, mask);
            /* What may have changed since it was looked at must not be copied, as
             * nobody would be told of it. */
            if (first >= last)
                continue;
            memmove(a + 4 * first, b + 4 * first, (size_t)(last - first) * 4);
            widen(box, left + first, row, left + last);
        }
    }
}

void
takeExact(uint8_t *old, ptrdiff_t oldStride, const Area *area, ptrdiff_t left,
          ptrdiff_t top, ptrdiff_t tile, Box *boxes, ptrdiff_t columns)
{
    const ptrdiff_t right = left + area->width, bottom = top + area->height;
    for (ptrdiff_t y = 0; y < area->height; y++)
        memmove(old + y * oldStride, area->bytes + y * area->stride,
                (size_t)area->width * 4);
    for (ptrdiff_t y = top, lower; y < bottom; y = lower) {
        lower = least(bottom, (y / tile + 1) * tile);
        Box *box = boxes + y / tile * columns + left / tile;
        for (ptrdiff_t x = left, end; x < right; x = end, box++) {
            end = least(right, (x / tile + 1) * tile);
            widen(box, x, y, end);
            widen(box, x, lower - 1, end);
        }
    }
}

/* Makes one of two boxes, unless too much else would be in it. */
static int
join(Box *box, const Box *other)
{
    const ptrdiff_t left = least(box->left, other->left);
    const ptrdiff_t top = least(box->top, other->top);
    const ptrdiff_t right = most(box->right, other->right);
    const ptrdiff_t bottom = most(box->bottom, other->bottom);
    const int64_t changed = box->changed + other->changed;
    if ((int64_t)(right - left) * (bottom - top) > changed + changed / 4 + SPARE)
        return 0;
    *box = (Box){left, top, right, bottom, changed};
    return 1;
}

ptrdiff_t
joinBoxes(Box *boxes, ptrdiff_t columns, ptrdiff_t rows, ptrdiff_t tile,
          ptrdiff_t *above)
{
    ptrdiff_t count = 0;
    for (ptrdiff_t row = 0; row < rows; row++) {
        /* Found boxes take the places of those that have been looked at. */
        const Box *line = boxes + row * columns;
        ptrdiff_t next;
        for (ptrdiff_t column = 0; column < columns; column = next) {
            Box run = line[column];
            next = column + 1;
            if (!run.right)
                continue;
            run.changed = (int64_t)(run.right - run.left) * (run.bottom - run.top);
            for (; next < columns && line[next].right; next++) {
                Box more = line[next];
                more.changed =
                    (int64_t)(more.right - more.left) * (more.bottom - more.top);
                if (!join(&run, &more))
                    break;
            }
            /* Only over the same tiles: so none comes to lie over another. */
            Box *upper = boxes + above[column];
            if (above[column] < count && (upper->bottom - 1) / tile == row - 1 &&
                upper->left / tile == column && (upper->right - 1) / tile == next - 1 &&
                join(upper, &run))
                continue;
            above[column] = count;
            boxes[count++] = run;
        }
    }
    return count;
}
