/* Copyright (c) txrfb contributors.
 * See LICENSE for details.
 *
 * Writing pixels in other layouts.
 */

#include "inline.h"

#if defined(USE_SSE2) && defined(__x86_64__) && defined(__GNUC__)
#define USE_SSSE3 1
#include <tmmintrin.h>

/* Writes a row of pixels, each masked, with their bytes in the order that the table
 * says for four of them at once, size bytes a pixel.  Returns how many were written:
 * sixteen bytes are written at once, but never any past the end. */
__attribute__((target("ssse3"))) static ptrdiff_t
shuffle(uint8_t *out, const uint8_t *end, const uint8_t *row, ptrdiff_t count,
        uint32_t mask, const uint8_t table[16], int size)
{
    const __m128i order = _mm_loadu_si128((const __m128i *)table);
    const __m128i masks = _mm_set1_epi32((int)mask);
    const ptrdiff_t most = (end - out - 16) / size;
    ptrdiff_t k = 0;
    if (end - out < 16)
        return 0;
    for (; k + 4 <= count && k <= most; k += 4) {
        __m128i four = _mm_loadu_si128((const __m128i *)(row + 4 * k));
        four = _mm_shuffle_epi8(_mm_and_si128(four, masks), order);
        _mm_storeu_si128((__m128i *)(out + size * k), four);
    }
    return k;
}
#endif

void
writePixels(uint8_t *out, const Area *area, uint32_t mask, Layout layout)
{
    const ptrdiff_t width = area->width, length = width * layout.size;
#ifdef USE_SSSE3
    const uint8_t *const end = out + length * area->height + SLACK;
    const int fast = layout.shift % 8 == 0 && __builtin_cpu_supports("ssse3");
    uint8_t table[16];
    memset(table, 0x80, sizeof table);
    for (int pixel = 0; fast && pixel < 4; pixel++)
        for (int j = 0; j < layout.size; j++) {
            int from =
                layout.shift / 8 + (layout.bigEndian ? layout.size - 1 - j : j);
            if (from < 4)
                table[pixel * layout.size + j] = (uint8_t)(4 * pixel + from);
        }
#endif
    for (ptrdiff_t y = 0; y < area->height; y++, out += length) {
        const uint8_t *row = area->bytes + y * area->stride;
        ptrdiff_t x = 0;
#ifdef USE_SSSE3
        if (fast)
            x = shuffle(out, end, row, width, mask, table, layout.size);
#endif
        for (uint8_t *to = out + x * layout.size; x < width; x++)
            to = put(to, load(row + 4 * x) & mask, layout);
    }
}

void
swizzle(uint8_t *out, const Area *area, const int order[4])
{
    const ptrdiff_t width = area->width;
#ifdef USE_SSSE3
    const uint8_t *const end = out + 4 * width * area->height;
    const int fast = __builtin_cpu_supports("ssse3");
    uint8_t table[16];
    for (int j = 0; j < 16; j++)
        table[j] = (uint8_t)(order[j % 4] < 0 ? 0x80 : j / 4 * 4 + order[j % 4]);
#endif
    for (ptrdiff_t y = 0; y < area->height; y++, out += 4 * width) {
        const uint8_t *row = area->bytes + y * area->stride;
        ptrdiff_t x = 0;
#ifdef USE_SSSE3
        if (fast)
            x = shuffle(out, end, row, width, UINT32_MAX, table, 4);
#endif
        for (; x < width; x++)
            for (int j = 0; j < 4; j++)
                out[4 * x + j] = order[j] < 0 ? 0 : row[4 * x + order[j]];
    }
}

static void
packRow(uint8_t *out, const uint8_t *end, const uint8_t *row, ptrdiff_t width)
{
    ptrdiff_t x = 0;
#ifdef USE_SSSE3
    static const uint8_t table[16] = {2, 1,  0,  6,  5,    4,    10,   9,
                                      8, 14, 13, 12, 0x80, 0x80, 0x80, 0x80};
    if (__builtin_cpu_supports("ssse3"))
        x = shuffle(out, end, row, width, UINT32_MAX, table, 3);
#else
    (void)end;
#endif
    for (; x < width; x++) {
        out[3 * x] = row[4 * x + 2];
        out[3 * x + 1] = row[4 * x + 1];
        out[3 * x + 2] = row[4 * x];
    }
}

void
packRgb(uint8_t *out, const Area *area, int filtered)
{
    const ptrdiff_t length = 3 * area->width + (filtered ? 1 : 0);
    const uint8_t *const end = out + length * area->height;
    for (ptrdiff_t y = 0; y < area->height; y++, out += length) {
        if (filtered)
            *out = 0;
        packRow(out + (filtered ? 1 : 0), end, area->bytes + y * area->stride,
                area->width);
    }
}

static inline uint32_t
converted(const uint8_t *p, const uint32_t tables[768])
{
    return tables[p[2]] | tables[256 + p[1]] | tables[512 + p[0]];
}

static inline void
putConverted(uint8_t *out, uint32_t value, int size)
{
    const uint16_t low = (uint16_t)value;
    if (size == 4)
        memcpy(out, &value, 4);
    else if (size == 2)
        memcpy(out, &low, 2);
    else
        *out = (uint8_t)value;
}

static inline void
convertRow(uint8_t *out, const uint8_t *row, ptrdiff_t width,
           const uint32_t tables[768], int size)
{
    const uint32_t mask = colorMask();
    for (ptrdiff_t x = 0; x < width; x += 16, out += 16 * size) {
        const uint8_t *p = row + 4 * x;
        ptrdiff_t count = least(16, width - x);
        /* Areas of one color are common: they take one look at the tables. */
        if (edges(row, x, width, mask) == 0) {
            const uint32_t value = converted(p, tables);
            for (ptrdiff_t k = 0; k < count; k++)
                putConverted(out + k * size, value, size);
        } else
            for (ptrdiff_t k = 0; k < count; k++)
                putConverted(out + k * size, converted(p + 4 * k, tables), size);
    }
}

void
convert(uint8_t *out, const Area *area, const uint32_t tables[768], int size)
{
    for (ptrdiff_t y = 0; y < area->height; y++, out += area->width * size) {
        const uint8_t *row = area->bytes + y * area->stride;
        if (size == 4)
            convertRow(out, row, area->width, tables, 4);
        else if (size == 2)
            convertRow(out, row, area->width, tables, 2);
        else
            convertRow(out, row, area->width, tables, 1);
    }
}

/* What the gradient filter expects, for one color. */
static inline uint8_t
expected(int left, int above, int corner)
{
    int value = left + above - corner;
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

/* The differences of count pixels to what their neighbors let expect, as pixels. */
static void
differences(uint8_t *out, const uint8_t *row, const uint8_t *above, ptrdiff_t count)
{
    ptrdiff_t k = 0;
#ifdef USE_SSE2
    const __m128i zero = _mm_setzero_si128();
    for (; k + 4 <= count; k += 4) {
        __m128i half[2];
        __m128i here = _mm_loadu_si128((const __m128i *)(row + 4 * k));
        __m128i left = _mm_loadu_si128((const __m128i *)(row + 4 * k - 4));
        __m128i up = _mm_loadu_si128((const __m128i *)(above + 4 * k));
        __m128i corner = _mm_loadu_si128((const __m128i *)(above + 4 * k - 4));
        half[0] = _mm_sub_epi16(_mm_add_epi16(_mm_unpacklo_epi8(left, zero),
                                              _mm_unpacklo_epi8(up, zero)),
                                _mm_unpacklo_epi8(corner, zero));
        half[1] = _mm_sub_epi16(_mm_add_epi16(_mm_unpackhi_epi8(left, zero),
                                              _mm_unpackhi_epi8(up, zero)),
                                _mm_unpackhi_epi8(corner, zero));
        here = _mm_sub_epi8(here, _mm_packus_epi16(half[0], half[1]));
        _mm_storeu_si128((__m128i *)(out + 4 * k), here);
    }
#endif
    for (; k < count; k++)
        for (int j = 0; j < 4; j++) {
            ptrdiff_t at = 4 * k + j;
            out[at] = (uint8_t)(row[at] -
                                expected(row[at - 4], above[at], above[at - 4]));
        }
}

void
gradient(uint8_t *out, const Area *area)
{
    const uint8_t *const end = out + 3 * area->width * area->height;
    uint8_t some[4 * 256];
    for (ptrdiff_t y = 0; y < area->height; y++) {
        const uint8_t *row = area->bytes + y * area->stride;
        const uint8_t *above = y ? row - area->stride : NULL;
        for (ptrdiff_t x = 0, count; x < area->width; x += count) {
            count = least(256, area->width - x);
            /* What is outside counts as black: of the first row the left pixel is
             * expected, of the first column the one above. */
            ptrdiff_t done = x == 0;
            if (y == 0)
                for (ptrdiff_t k = 4 * done; k < 4 * count; k++)
                    some[k] = (uint8_t)(row[4 * x + k] - row[4 * x + k - 4]);
            else
                differences(some + 4 * done, row + 4 * (x + done),
                            above + 4 * (x + done), count - done);
            if (x == 0)
                for (int k = 0; k < 4; k++)
                    some[k] = (uint8_t)(row[k] - (y ? above[k] : 0));
            packRow(out, end, some, count);
            out += 3 * count;
        }
    }
}
