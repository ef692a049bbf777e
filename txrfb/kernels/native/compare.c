/* Copyright (c) txrfb contributors.
 * See LICENSE for details.
 *
 * Finding, copying and moving what has changed.
 */

#include "inline.h"

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
changedBounds(const Area *old, const Area *new, Bounds *found)
{
    const uint32_t mask = colorMask();
    const ptrdiff_t width = new->width;
    ptrdiff_t top = 0, bottom = new->height;
    while (top < bottom && !differs(lineOf(old, top), lineOf(new, top), width, 1))
        top++;
    if (top == bottom)
        return 0;
    while (!differs(lineOf(old, bottom - 1), lineOf(new, bottom - 1), width, 1))
        if (--bottom == top)
            return 0; /* it is as it was again */
    ptrdiff_t left = width, right = 0;
    for (ptrdiff_t y = top; y < bottom; y++) {
        const uint8_t *a = lineOf(old, y), *b = lineOf(new, y);
        /* Only what lies outside of what is known to have changed is looked at. */
        if (left && differs(a, b, left, 1))
            for (ptrdiff_t x = 0; x < left; x++)
                if ((load(a + 4 * x) ^ load(b + 4 * x)) & mask)
                    left = x;
        if (right < width && differs(a + 4 * right, b + 4 * right, width - right, 1))
            for (ptrdiff_t x = width; x-- > right;)
                if ((load(a + 4 * x) ^ load(b + 4 * x)) & mask)
                    right = x + 1;
    }
    *found = (Bounds){left, top, right - left, bottom - top};
    return left < right;
}
