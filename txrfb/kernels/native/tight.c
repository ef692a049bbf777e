/* Copyright (c) txrfb contributors.
 * See LICENSE for details.
 *
 * The colors of an area, and its pixels as their numbers.
 */

#include "inline.h"

ptrdiff_t
packBits(uint8_t *out, const uint8_t *numbers, ptrdiff_t width, ptrdiff_t height)
{
    uint8_t *const begin = out;
    for (ptrdiff_t y = 0; y < height; y++) {
        const uint8_t *row = numbers + y * width;
        ptrdiff_t x = 0;
        for (; x + 8 <= width; x += 8) {
            uint64_t eight = 0;
            for (int k = 0; k < 8; k++)
                eight |= (uint64_t)row[x + k] << 8 * k;
            /* Moves bit 8 k to 63 - k; no two come to one place. */
            *out++ = (uint8_t)(eight * 0x8040201008040201u >> 56);
        }
        if (x < width) {
            unsigned bits = 0;
            for (int k = 0; k < width - x; k++)
                bits |= (unsigned)row[x + k] << (7 - k);
            *out++ = (uint8_t)bits;
        }
    }
    return out - begin;
}

int
palette(uint8_t *out, ptrdiff_t *length, uint32_t *colors, const Area *area,
        uint32_t mask, int maximum)
{
    const ptrdiff_t width = area->width, height = area->height;
    const uint8_t *const end = out + width * height;
    Numbers numbers;
    beginNumbers(&numbers);
    int count = 0, number = 0;
    uint32_t color = 0;
    for (ptrdiff_t y = 0; y < height; y++) {
        const uint8_t *row = area->bytes + y * area->stride;
        uint8_t *to = out + y * width;
        ptrdiff_t start = 0;
        uint64_t found = 1;
        if (y && (load(row) & mask) == color)
            found = 0;
        for (ptrdiff_t x = 0; x < width; x += 64) {
            found |= edges64(row, x, width, mask);
            while (found) {
                ptrdiff_t next = x + lowestBit64(found);
                found &= found - 1;
                if (next > start)
                    fill(to + start, next - start, number, end);
                start = next;
                color = load(row + 4 * next) & mask;
                number = numberOf(&numbers, color, count, maximum);
                if (number == count) {
                    if (count == maximum)
                        return 0;
                    colors[count++] = color;
                }
            }
        }
        fill(to + start, width - start, number, end);
    }
    *length = count == 1   ? 0
              : count == 2 ? packBits(out, out, width, height)
                           : width * height;
    return count;
}
