/* Copyright (c) txrfb contributors.
 * See LICENSE for details.
 *
 * Finding, copying and moving what has changed.
 */

#include "inline.h"

/* Whether count pixels differ; masked, whether their colors do. */
static inline int
differs(const uint8_t *a, const uint8_t *b, ptrdiff_t count, int masked)
{
    if (!masked)
        return memcmp(a, b, (size_t)count * 4) != 0;
    const uint32_t mask = colorMask();
    ptrdiff_t k = 0;
    /* In blocks, for the compiler to make vectors of, and to end early. */
    for (; k + 64 <= count; k += 64) {
        uint32_t found = 0;
        for (int j = 0; j < 64; j++)
            found |= load(a + 4 * (k + j)) ^ load(b + 4 * (k + j));
        if (found & mask)
            return 1;
    }
    uint32_t found = 0;
    for (; k < count; k++)
        found |= load(a + 4 * k) ^ load(b + 4 * k);
    return (found & mask) != 0;
}

int
compareTiles(uint8_t *old, ptrdiff_t oldStride, const Area *area, ptrdiff_t left,
             ptrdiff_t top, ptrdiff_t tile, int masked, int copying, uint8_t *flags)
{
    ptrdiff_t columns = (left + area->width - 1) / tile + 1;
    int any = 0;
    for (ptrdiff_t y = 0; y < area->height; y++) {
        uint8_t *a = old + y * oldStride;
        const uint8_t *b = area->bytes + y * area->stride;
        if (!differs(a, b, area->width, masked))
            continue;
        uint8_t *flag = flags + (top + y) / tile * columns;
        ptrdiff_t end;
        for (ptrdiff_t x = 0; x < area->width; x = end, flag++) {
            end = least(area->width, ((left + x) / tile + 1) * tile - left);
            /* Without copying, a tile that was found is not looked at again. */
            if (*flag && !copying)
                continue;
            if (differs(a + 4 * x, b + 4 * x, end - x, masked)) {
                if (copying)
                    memmove(a + 4 * x, b + 4 * x, (size_t)(end - x) * 4);
                *flag = 1;
                any = 1;
            }
        }
    }
    return any;
}

void
moveRectangle(uint8_t *to, const Area *from)
{
    size_t length = (size_t)from->width * 4;
    if (to <= from->bytes)
        for (ptrdiff_t y = 0; y < from->height; y++)
            memmove(to + y * from->stride, from->bytes + y * from->stride, length);
    else
        for (ptrdiff_t y = from->height; y-- > 0;)
            memmove(to + y * from->stride, from->bytes + y * from->stride, length);
}

int
changedColumns(const Area *old, const Area *new, ptrdiff_t *first, ptrdiff_t *end)
{
    const uint32_t mask = colorMask();
    ptrdiff_t left = new->width, right = 0;
    for (ptrdiff_t y = 0; y < new->height; y++) {
        const uint8_t *a = old->bytes + y * old->stride;
        const uint8_t *b = new->bytes + y * new->stride;
        /* Only what lies outside of what is known to have changed is looked at. */
        for (ptrdiff_t x = 0; x < left; x++)
            if ((load(a + 4 * x) ^ load(b + 4 * x)) & mask)
                left = x;
        for (ptrdiff_t x = new->width; x-- > right;)
            if ((load(a + 4 * x) ^ load(b + 4 * x)) & mask)
                right = x + 1;
    }
    *first = left;
    *end = right;
    return left < right;
}
