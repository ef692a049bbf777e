/* Copyright (c) txrfb contributors.
 * See LICENSE for details.
 *
 * RRE and CoRRE.
 */

#include <stdlib.h>

#include "inline.h"

/* Among so many colors the background is sought. */
#define BACKGROUNDS 256

/* The color that most pixels have of the first ones to appear. */
static uint32_t
findBackground(const Area *area, uint32_t mask)
{
    Numbers numbers;
    int64_t pixels[BACKGROUNDS];
    uint32_t colors[BACKGROUNDS];
    int count = 0;
    beginNumbers(&numbers);
    for (ptrdiff_t y = 0; y < area->height; y++) {
        const uint8_t *row = area->bytes + y * area->stride;
        int number = BACKGROUNDS;
        ptrdiff_t start = 0;
        unsigned found = 1;
        for (ptrdiff_t x = 0; x < area->width; x += 16) {
            found |= edges(row, x, area->width, mask);
            while (found) {
                ptrdiff_t next = x + lowestBit(found);
                found &= found - 1;
                if (number < BACKGROUNDS)
                    pixels[number] += next - start;
                start = next;
                uint32_t color = load(row + 4 * next) & mask;
                number = numberOf(&numbers, color, count, BACKGROUNDS);
                if (number == count && count < BACKGROUNDS) {
                    colors[count] = color;
                    pixels[count++] = 0;
                }
            }
        }
        if (number < BACKGROUNDS)
            pixels[number] += area->width - start;
    }
    int best = 0;
    for (int k = 1; k < count; k++)
        if (pixels[k] > pixels[best])
            best = k;
    return colors[best];
}

static inline int
isRun(const uint8_t *row, const uint8_t *done, ptrdiff_t count, uint32_t color,
      uint32_t mask)
{
    for (ptrdiff_t k = 0; k < count; k++)
        if (done[k] || (load(row + 4 * k) & mask) != color)
            return 0;
    return 1;
}

static uint8_t *
putNumber(uint8_t *out, ptrdiff_t number, int compact)
{
    if (!compact)
        *out++ = (uint8_t)(number >> 8);
    *out++ = (uint8_t)number;
    return out;
}

ptrdiff_t
rre(uint8_t *out, const Area *area, uint32_t mask, Layout layout, int compact)
{
    const ptrdiff_t width = area->width, height = area->height;
    const ptrdiff_t each = layout.size + (compact ? 4 : 8);
    int64_t room = (int64_t)width * height * layout.size - 4 - layout.size;
    if (room <= 0)
        return 0;
    uint8_t *done = calloc((size_t)width * (size_t)height, 1);
    if (!done)
        return -1;
    uint8_t *const begin = out;
    const uint32_t background = findBackground(area, mask);
    uint32_t count = 0;
    out = put(out + 4, background, layout);
    for (ptrdiff_t y = 0; y < height; y++) {
        const uint8_t *row = area->bytes + y * area->stride;
        const uint8_t *used = done + y * width;
        for (ptrdiff_t x = 0, end; x < width; x = end) {
            const uint32_t color = load(row + 4 * x) & mask;
            end = x + 1;
            if (color == background || used[x])
                continue;
            while (end < width && !used[end] && (load(row + 4 * end) & mask) == color)
                end++;
            ptrdiff_t bottom = y + 1;
            for (; bottom < height; bottom++) {
                uint8_t *below = done + bottom * width + x;
                if (!isRun(area->bytes + bottom * area->stride + 4 * x, below, end - x,
                           color, mask))
                    break;
                memset(below, 1, (size_t)(end - x));
            }
            room -= each;
            if (room <= 0) {
                free(done);
                return 0;
            }
            out = put(out, color, layout);
            out = putNumber(out, x, compact);
            out = putNumber(out, y, compact);
            out = putNumber(out, end - x, compact);
            out = putNumber(out, bottom - y, compact);
            count++;
        }
    }
    free(done);
    put(begin, count, (Layout){4, 0, 1});
    return out - begin;
}
