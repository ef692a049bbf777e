/* Copyright (c) txrfb contributors.
 * See LICENSE for details.
 *
 * Small things that the inner loops are made of.
 */

#ifndef TXRFB_INLINE_H
#define TXRFB_INLINE_H

#include <stdint.h>
#include <string.h>

#include "kernels.h"

#if defined(__SSE2__) || defined(_M_X64)
#define USE_SSE2 1
#include <emmintrin.h>
#endif

/* The bits of a pixel in memory, read by loadColor, that are color. */
#define COLOR 0xffffffu

static inline ptrdiff_t
least(ptrdiff_t a, ptrdiff_t b)
{
    return a < b ? a : b;
}

static inline ptrdiff_t
most(ptrdiff_t a, ptrdiff_t b)
{
    return a > b ? a : b;
}

static inline const uint8_t *
lineOf(const Area *area, ptrdiff_t y)
{
    return area->bytes + y * area->stride;
}

/* A value of this machine; pixels need not be aligned. */
static inline uint32_t
load(const uint8_t *p)
{
    uint32_t value;
    memcpy(&value, p, 4);
    return value;
}

/* The color of a pixel in memory, 0xRRGGBB. */
static inline uint32_t
loadColor(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;
}

/* What load(p) has to be masked with to compare colors in memory. */
static inline uint32_t
colorMask(void)
{
    static const uint8_t mask[4] = {255, 255, 255, 0};
    return load(mask);
}

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

static inline unsigned
lowestBit64(uint64_t bits)
{
#if defined(__GNUC__)
    return (unsigned)__builtin_ctzll(bits);
#else
    unsigned k = 0;
    while (!(bits >> k & 1))
        k++;
    return k;
#endif
}

static inline unsigned
lowestBit(unsigned bits)
{
#if defined(__GNUC__)
    return (unsigned)__builtin_ctz(bits);
#else
    unsigned k = 0;
    while (!(bits >> k & 1))
        k++;
    return k;
#endif
}

/* The highest bit of some that are not 0. */
static inline unsigned
highestBit(unsigned bits)
{
#if defined(__GNUC__)
    return (unsigned)(8 * sizeof bits - 1) - (unsigned)__builtin_clz(bits);
#else
    unsigned k = 0;
    while (bits >>= 1)
        k++;
    return k;
#endif
}

/* Write a pixel; up to four bytes are touched.  Returns where the next one goes. */
static inline uint8_t *
put(uint8_t *out, uint32_t value, Layout layout)
{
    value >>= layout.shift;
    if (layout.bigEndian) {
        value <<= 32 - 8 * layout.size;
        out[0] = (uint8_t)(value >> 24);
        out[1] = (uint8_t)(value >> 16);
        out[2] = (uint8_t)(value >> 8);
        out[3] = (uint8_t)value;
    } else {
        out[0] = (uint8_t)value;
        out[1] = (uint8_t)(value >> 8);
        out[2] = (uint8_t)(value >> 16);
        out[3] = (uint8_t)(value >> 24);
    }
    return out + layout.size;
}

#ifdef USE_SSE2

/* Which of the pixels in four vectors differ from those in four others. */
static inline unsigned
differing(const __m128i a[4], const __m128i b[4], uint32_t mask)
{
    const __m128i masks = _mm_set1_epi32((int)mask);
    const __m128i zero = _mm_setzero_si128();
    __m128i same[4];
    for (int k = 0; k < 4; k++)
        same[k] = _mm_cmpeq_epi32(
            _mm_and_si128(_mm_xor_si128(a[k], b[k]), masks), zero);
    __m128i low = _mm_packs_epi32(same[0], same[1]);
    __m128i high = _mm_packs_epi32(same[2], same[3]);
    return 0xffffu ^ (unsigned)_mm_movemask_epi8(_mm_packs_epi16(low, high));
}

static inline void
load16(__m128i into[4], const uint8_t *p)
{
    for (int k = 0; k < 4; k++)
        into[k] = _mm_loadu_si128((const __m128i *)(p + 16 * k));
}

#endif

/* The first of count pixels that differ, in the bits of a mask; count if none does. */
static inline ptrdiff_t
firstDiffering(const uint8_t *a, const uint8_t *b, ptrdiff_t count, uint32_t mask)
{
    ptrdiff_t k = 0;
#ifdef USE_SSE2
    for (; k + 16 <= count; k += 16) {
        __m128i one[4], other[4];
        load16(one, a + 4 * k);
        load16(other, b + 4 * k);
        const unsigned found = differing(one, other, mask);
        if (found)
            return k + (ptrdiff_t)lowestBit(found);
    }
#endif
    while (k < count && !((load(a + 4 * k) ^ load(b + 4 * k)) & mask))
        k++;
    return k;
}

/* Where those end of count pixels that differ; 0 if none does. */
static inline ptrdiff_t
endOfDiffering(const uint8_t *a, const uint8_t *b, ptrdiff_t count, uint32_t mask)
{
    ptrdiff_t k = count;
#ifdef USE_SSE2
    for (; k >= 16; k -= 16) {
        __m128i one[4], other[4];
        load16(one, a + 4 * (k - 16));
        load16(other, b + 4 * (k - 16));
        const unsigned found = differing(one, other, mask);
        if (found)
            return k - 15 + (ptrdiff_t)highestBit(found);
    }
#endif
    while (k > 0 && !((load(a + 4 * k - 4) ^ load(b + 4 * k - 4)) & mask))
        k--;
    return k;
}

/* Which of the sixteen pixels of a row from x on differ from the pixel to the left
 * of them: bit k is pixel x + k.  Neither pixel 0 does, nor what is not in the
 * row. */
static inline unsigned
edges(const uint8_t *row, ptrdiff_t x, ptrdiff_t width, uint32_t mask)
{
#ifdef USE_SSE2
    __m128i here[4], left[4];
    if (x > 0 && x + 16 <= width) {
        load16(here, row + 4 * x);
        load16(left, row + 4 * x - 4);
        return differing(here, left, mask);
    }
    if (x == 0 && width >= 16) {
        load16(here, row);
        left[0] = _mm_slli_si128(here[0], 4);
        for (int k = 1; k < 4; k++)
            left[k] = _mm_loadu_si128((const __m128i *)(row + 16 * k - 4));
        return differing(here, left, mask) & ~1u;
    }
    if (width > 16) {
        /* At the end of the row look at its last sixteen pixels instead. */
        ptrdiff_t at = width - 16;
        load16(here, row + 4 * at);
        load16(left, row + 4 * at - 4);
        return differing(here, left, mask) >> (x - at);
    }
#endif
    unsigned result = 0;
    ptrdiff_t count = least(16, width - x);
    for (ptrdiff_t k = x == 0; k < count; k++) {
        const uint8_t *p = row + 4 * (x + k);
        result |= (unsigned)(((load(p) ^ load(p - 4)) & mask) != 0) << k;
    }
    return result;
}

/* The same of sixty-four pixels. */
static inline uint64_t
edges64(const uint8_t *row, ptrdiff_t x, ptrdiff_t width, uint32_t mask)
{
    uint64_t result = 0;
#ifdef USE_SSE2
    if (x > 0 && x + 64 <= width) {
        for (int k = 0; k < 64; k += 16) {
            __m128i here[4], left[4];
            load16(here, row + 4 * (x + k));
            load16(left, row + 4 * (x + k) - 4);
            result |= (uint64_t)differing(here, left, mask) << k;
        }
        return result;
    }
#endif
    result = edges(row, x, width, mask);
    for (int k = 16; k < 64 && x + k < width; k += 16)
        result |= (uint64_t)edges(row, x + k, width, mask) << k;
    return result;
}

/* Whether an area is of one color. */
static inline int
isSolid(const Area *area, uint32_t mask)
{
    const uint32_t first = load(area->bytes);
    for (ptrdiff_t y = 0; y < area->height; y++) {
        const uint8_t *row = area->bytes + y * area->stride;
        uint32_t found = 0;
        ptrdiff_t x = 0;
#ifdef USE_SSE2
        const __m128i firsts = _mm_set1_epi32((int)first);
        for (; x + 16 <= area->width; x += 16) {
            __m128i here[4];
            load16(here, row + 4 * x);
            for (int k = 0; k < 4; k++)
                here[k] = _mm_xor_si128(here[k], firsts);
            here[0] = _mm_or_si128(_mm_or_si128(here[0], here[1]),
                                   _mm_or_si128(here[2], here[3]));
            here[0] = _mm_and_si128(here[0], _mm_set1_epi32((int)mask));
            here[0] = _mm_cmpeq_epi32(here[0], _mm_setzero_si128());
            if (_mm_movemask_epi8(here[0]) != 0xffff)
                return 0;
        }
#endif
        for (; x < area->width; x++)
            found |= load(row + 4 * x) ^ first;
        if (found & mask)
            return 0;
    }
    return 1;
}

/* Writes a run of a number.  Most are short: sixteen bytes are written at once, unless
 * that would be beyond the end, and what follows overwrites what was too many. */
static inline void
fill(uint8_t *out, ptrdiff_t count, int number, const uint8_t *end)
{
    if (end - out < 16) {
        memset(out, number, (size_t)count);
        return;
    }
    memset(out, number, 16);
    if (count > 16)
        memset(out + 16, number, (size_t)count - 16);
}

/* A number for each color, in the order in which they come.  There may be 512. */
#define SLOTS 1024

typedef struct {
    uint32_t color[SLOTS];
    uint32_t number[SLOTS]; /* base, one, and the color's number; else it is free */
    uint32_t base;
} Numbers;

static inline void
beginNumbers(Numbers *numbers)
{
    memset(numbers->number, 0, sizeof numbers->number);
    numbers->base = 0;
}

/* Forgets all numbers. */
static inline void
forgetNumbers(Numbers *numbers)
{
    if (numbers->base >= UINT32_MAX - 2 * SLOTS)
        beginNumbers(numbers);
    numbers->base += SLOTS;
}

/* Returns the color's number; if it is new it gets number count, unless that is
 * maximum, which is then returned. */
static inline int
numberOf(Numbers *numbers, uint32_t color, int count, int maximum)
{
    unsigned slot = color * 0x9E3779B1u >> 22;
    while (numbers->number[slot] > numbers->base) {
        if (numbers->color[slot] == color)
            return (int)(numbers->number[slot] - numbers->base - 1);
        slot = (slot + 1) % SLOTS;
    }
    if (count < maximum) {
        numbers->color[slot] = color;
        numbers->number[slot] = numbers->base + (uint32_t)count + 1;
    }
    return count;
}

#endif
