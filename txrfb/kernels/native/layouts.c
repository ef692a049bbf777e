/* Copyright (c) txrfb contributors.
 * See LICENSE for details.
 *
 * Pixels as others lay them out in memory: finding what has changed, and converting
 * that.
 */

#include "inline.h"

/* Bytes a pixel, by layout; the order is that of txrfb/kernels/_layouts.py. */
static const int sizes[LAYOUTS] = {4, 4, 4, 4, 3, 3, 2, 2};

int
layoutSize(int layout)
{
    return sizes[layout];
}

/* Whether the least significant byte of a number comes first. */
static inline int
isLittleEndian(void)
{
    static const uint8_t first[4] = {1, 0, 0, 0};
    return load(first) == 1;
}

/* By the number, where that is the same, for the compiler to make vectors of. */
static inline void
paint(uint8_t *out, uint32_t red, uint32_t green, uint32_t blue)
{
    if (isLittleEndian()) {
        const uint32_t value = red << 16 | green << 8 | blue;
        memcpy(out, &value, 4);
        return;
    }
    out[0] = (uint8_t)blue;
    out[1] = (uint8_t)green;
    out[2] = (uint8_t)red;
    out[3] = 0;
}

/* Pixels of whole bytes; all but the pointers and the count are constants. */
static inline void
reorder(uint8_t *restrict out, const uint8_t *restrict in, ptrdiff_t count, int size,
        int red, int green, int blue)
{
    if (size == 4 && isLittleEndian())
        for (ptrdiff_t k = 0; k < count; k++) {
            const uint32_t value = load(in + 4 * k);
            paint(out + 4 * k, value >> 8 * red & 255, value >> 8 * green & 255,
                  value >> 8 * blue & 255);
        }
    else
        for (ptrdiff_t k = 0; k < count; k++, in += size)
            paint(out + 4 * k, in[red], in[green], in[blue]);
}

/* Five bits as eight, the highest ones again at the end. */
static inline uint32_t
five(uint32_t value)
{
    value &= 31;
    return value << 3 | value >> 2;
}

static void
convertRow(uint8_t *restrict out, const uint8_t *restrict in, ptrdiff_t count,
           int layout)
{
    switch (layout) {
    case 0: /* XR24 */
        reorder(out, in, count, 4, 2, 1, 0);
        break;
    case 1: /* XB24 */
        reorder(out, in, count, 4, 0, 1, 2);
        break;
    case 2: /* RX24 */
        reorder(out, in, count, 4, 3, 2, 1);
        break;
    case 3: /* BX24 */
        reorder(out, in, count, 4, 1, 2, 3);
        break;
    case 4: /* RG24 */
        reorder(out, in, count, 3, 2, 1, 0);
        break;
    case 5: /* BG24 */
        reorder(out, in, count, 3, 0, 1, 2);
        break;
    case 6: /* RG16 */
        for (ptrdiff_t k = 0; k < count; k++) {
            const uint32_t value = in[2 * k] | (uint32_t)in[2 * k + 1] << 8;
            const uint32_t green = value >> 5 & 63;
            paint(out + 4 * k, five(value >> 11), green << 2 | green >> 4, five(value));
        }
        break;
    default: /* XR15 */
        for (ptrdiff_t k = 0; k < count; k++) {
            const uint32_t value = in[2 * k] | (uint32_t)in[2 * k + 1] << 8;
            paint(out + 4 * k, five(value >> 10), five(value >> 5), five(value));
        }
    }
}

int
refreshTiles(uint8_t *old, ptrdiff_t oldStride, const Area *new, uint8_t *canvas,
             ptrdiff_t canvasStride, ptrdiff_t left, ptrdiff_t top, int layout,
             ptrdiff_t tile, uint8_t *flags)
{
    const ptrdiff_t size = sizes[layout];
    const ptrdiff_t columns = (left + new->width - 1) / tile + 1;
    int any = 0;
    for (ptrdiff_t y = 0; y < new->height; y++) {
        uint8_t *a = old + y * oldStride;
        const uint8_t *b = new->bytes + y * new->stride;
        if (!memcmp(a, b, (size_t)(new->width * size)))
            continue;
        uint8_t *flag = flags + (top + y) / tile * columns;
        ptrdiff_t end;
        for (ptrdiff_t x = 0; x < new->width; x = end, flag++) {
            end = least(new->width, ((left + x) / tile + 1) * tile - left);
            const size_t length = (size_t)((end - x) * size);
            if (!memcmp(a + x * size, b + x * size, length))
                continue;
            /* What is converted is what was copied: others may go on writing. */
            memmove(a + x * size, b + x * size, length);
            convertRow(canvas + y * canvasStride + 4 * x, a + x * size, end - x, layout);
            *flag = 1;
            any = 1;
        }
    }
    return any;
}
