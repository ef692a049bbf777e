/* Copyright (c) txrfb contributors.
 * See LICENSE for details.
 *
 * Finding, copying and moving what has changed.
 */

#include "inline.h"

int
findChanges(const Area *old, const Area *area, ptrdiff_t left, ptrdiff_t top,
            ptrdiff_t tile, int masked, uint8_t *flags)
{
    ptrdiff_t columns = (left + area->width - 1) / tile + 1;
    int any = 0;
    for (ptrdiff_t y = 0; y < area->height; y++) {
        const uint8_t *a = old->bytes + y * old->stride;
        const uint8_t *b = area->bytes + y * area->stride;
        if (!differs(a, b, area->width, masked))
            continue;
        uint8_t *flag = flags + (top + y) / tile * columns;
        ptrdiff_t end;
        for (ptrdiff_t x = 0; x < area->width; x = end, flag++) {
            end = least(area->width, ((left + x) / tile + 1) * tile - left);
            /* A tile that was found is not looked at again. */
            if (!*flag && differs(a + 4 * x, b + 4 * x, end - x, masked))
                any = *flag = 1;
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
