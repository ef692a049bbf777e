/* Copyright (c) txrfb contributors.
 * See LICENSE for details.
 *
 * Pixels from the wire to colors.
 */

#include "paint.h"

/* From so many pixels on it is worth while to fill tables. */
#define MANY 256

/* Whether a CPIXEL has three bytes; then *lead is by how many bits it is shifted. */
static int
isShort(const long long *format, uint64_t used, unsigned *lead)
{
    if (format[0] != 32 || !format[3] || format[1] > 24)
        return 0;
    *lead = used >> 24 ? 8 : 0;
    return !(used >> 24) || !(used & 255);
}

int
readWire(Wire *wire, const long long format[FIELDS], int kind, ptrdiff_t count)
{
    const long long *most = format + 4, *shift = format + 7;
    if (format[0] != 8 && format[0] != 16 && format[0] != 32)
        return 0;
    uint64_t used = 0;
    int bytes = 1, are255 = 1;
    for (int k = 0; k < 3; k++) {
        if (most[k] < 1 || most[k] > 65535 || shift[k] < 0 || shift[k] > 31)
            return 0;
        used |= (uint64_t)most[k] << shift[k];
        are255 &= most[k] == 255;
        bytes &= most[k] == 255 && shift[k] % 8 == 0;
    }
    unsigned lead = 0;
    *wire = (Wire){.size = (int)format[0] / 8, .bigEndian = format[2] != 0};
    for (int k = 0; k < 3; k++) {
        wire->most[k] = (uint32_t)most[k];
        wire->shift[k] = (unsigned)shift[k];
    }
    if (kind == TPIXEL && format[0] == 32 && format[3] && format[1] == 24 && are255) {
        *wire = (Wire){.size = 3, .direct = 1, .shift = {0, 8, 16}, .most = {255, 255, 255}};
        return 1;
    }
    if (kind == CPIXEL && isShort(format, used, &lead)) {
        wire->size = 3;
        for (int k = 0; k < 3; k++)
            wire->shift[k] -= lead;
    }
    if (bytes && wire->size >= 3) {
        wire->direct = 1;
        for (int k = 0; k < 3 && wire->bigEndian; k++)
            wire->shift[k] = 8 * (unsigned)(wire->size - 1) - wire->shift[k];
        wire->bigEndian = 0;
        return 1;
    }
    if (count >= MANY && most[0] < 256 && most[1] < 256 && most[2] < 256) {
        wire->tabled = 1;
        for (int k = 0; k < 3; k++)
            for (uint32_t level = 0; level <= wire->most[k]; level++)
                wire->level[k][level] = (uint8_t)fullLevel(level, wire->most[k]);
    }
    return 1;
}

/* Direct pixels of four bytes. */
static void
readDirect(uint8_t *out, const uint8_t *data, ptrdiff_t count, const Wire *wire)
{
    const unsigned red = wire->shift[0], green = wire->shift[1], blue = wire->shift[2];
    if (red == 16 && green == 8 && blue == 0) {
        for (ptrdiff_t k = 0; k < count; k++)
            store(out + 4 * k, littleEndian(data + 4 * k) & COLOR);
        return;
    }
    for (ptrdiff_t k = 0; k < count; k++) {
        const uint32_t value = littleEndian(data + 4 * k);
        store(out + 4 * k, (value >> red & 255) << 16 | (value >> green & 255) << 8 |
                               (value >> blue & 255));
    }
}

/* Direct pixels of three bytes. */
static void
readShort(uint8_t *out, const uint8_t *data, ptrdiff_t count, const Wire *wire)
{
    const unsigned red = wire->shift[0], green = wire->shift[1], blue = wire->shift[2];
    /* All but the last are read with the byte that follows. */
    if (red == 16 && green == 8 && blue == 0) {
        for (ptrdiff_t k = 0; k + 1 < count; k++)
            store(out + 4 * k, littleEndian(data + 3 * k) & COLOR);
    } else {
        for (ptrdiff_t k = 0; k + 1 < count; k++) {
            const uint32_t value = littleEndian(data + 3 * k);
            store(out + 4 * k, (value >> red & 255) << 16 |
                                   (value >> green & 255) << 8 | (value >> blue & 255));
        }
    }
    if (count > 0)
        store(out + 4 * (count - 1), wireColor(data + 3 * (count - 1), wire));
}

void
readColors(uint8_t *out, const uint8_t *data, ptrdiff_t count, const Wire *wire)
{
    if (wire->direct && wire->size == 4)
        readDirect(out, data, count, wire);
    else if (wire->direct)
        readShort(out, data, count, wire);
    else
        for (ptrdiff_t k = 0; k < count; k++)
            store(out + 4 * k, wireColor(data + wire->size * k, wire));
}

void
paintPixels(const Canvas *canvas, const uint8_t *data, ptrdiff_t first, ptrdiff_t count,
            const Wire *wire)
{
    uint8_t *row = canvas->bytes + first / canvas->width * canvas->stride;
    ptrdiff_t x = first % canvas->width;
    while (count > 0) {
        const ptrdiff_t here = least(canvas->width - x, count);
        readColors(row + 4 * x, data, here, wire);
        data += here * wire->size;
        count -= here;
        row += canvas->stride;
        x = 0;
    }
}

/* The colors of eight bits. */
static inline void
paintBits(uint8_t *out, unsigned octet, ptrdiff_t count, const uint32_t *colors)
{
    for (ptrdiff_t k = 0; k < count; k++)
        store(out + 4 * k, colors[octet >> (7 - k) & 1]);
}

static void
paintBitRow(uint8_t *out, const uint8_t *data, ptrdiff_t width, const uint32_t *colors)
{
    ptrdiff_t x = 0;
#ifdef USE_SSE2
    const __m128i high = _mm_set_epi32(16, 32, 64, 128);
    const __m128i low = _mm_set_epi32(1, 2, 4, 8);
    const __m128i zeros = _mm_set1_epi32((int)colors[0]);
    const __m128i other = _mm_set1_epi32((int)(colors[0] ^ colors[1]));
    for (; x + 8 <= width; x += 8) {
        const __m128i octets = _mm_set1_epi32(data[x / 8]);
        const __m128i first = _mm_cmpeq_epi32(_mm_and_si128(octets, high), high);
        const __m128i second = _mm_cmpeq_epi32(_mm_and_si128(octets, low), low);
        __m128i *to = (__m128i *)(out + 4 * x);
        _mm_storeu_si128(to, _mm_xor_si128(zeros, _mm_and_si128(first, other)));
        _mm_storeu_si128(to + 1, _mm_xor_si128(zeros, _mm_and_si128(second, other)));
    }
#endif
    for (; x < width; x += 8)
        paintBits(out + 4 * x, data[x / 8], least(8, width - x), colors);
}

int
paintIndices(const Canvas *canvas, const uint8_t *data, const uint32_t *colors,
             int count, int bits)
{
    const ptrdiff_t row = bits == 1 ? (canvas->width + 7) / 8 : canvas->width;
    if (bits == 1) {
        const int last = (int)(canvas->width % 8 ? canvas->width % 8 : 8);
        for (ptrdiff_t k = 0; count < 2 && k < row * canvas->height; k++)
            if (data[k] >> (k % row == row - 1 ? 8 - last : 0))
                return 1;
    } else {
        uint8_t greatest = 0;
        for (ptrdiff_t k = 0; k < row * canvas->height; k++)
            greatest = data[k] > greatest ? data[k] : greatest;
        if (greatest >= count)
            return greatest;
    }
    for (ptrdiff_t y = 0; y < canvas->height; y++, data += row) {
        uint8_t *out = canvas->bytes + y * canvas->stride;
        if (bits == 1)
            paintBitRow(out, data, canvas->width, colors);
        else
            for (ptrdiff_t x = 0; x < canvas->width; x++)
                store(out + 4 * x, colors[data[x]]);
    }
    return -1;
}

static inline uint32_t
expected(uint32_t left, uint32_t above, uint32_t corner, uint32_t most)
{
    const int32_t sum = (int32_t)(left + above) - (int32_t)corner;
    return sum < 0 ? 0 : (uint32_t)sum > most ? most : (uint32_t)sum;
}

void
undoGradient(const Canvas *canvas, const uint8_t *data, uint16_t *above,
             const Wire *wire)
{
    const uint32_t most[3] = {wire->most[0], wire->most[1], wire->most[2]};
    const unsigned shift[3] = {wire->shift[0], wire->shift[1], wire->shift[2]};
    const int isRgb = wire->size == 3;
    for (ptrdiff_t y = 0; y < canvas->height; y++) {
        uint8_t *out = canvas->bytes + y * canvas->stride;
        uint32_t left[3] = {0, 0, 0}, corner[3] = {0, 0, 0};
        uint16_t *up = above;
        for (ptrdiff_t x = 0; x < canvas->width; x++, up += 3) {
            if (isRgb) {
                for (int k = 0; k < 3; k++) {
                    const uint32_t here = up[k];
                    left[k] = (data[k] + expected(left[k], here, corner[k], 255)) & 255;
                    corner[k] = here;
                    up[k] = (uint16_t)left[k];
                }
                store(out + 4 * x, left[0] << 16 | left[1] << 8 | left[2]);
                data += 3;
                continue;
            }
            const uint32_t value = wireValue(data, wire);
            for (int k = 0; k < 3; k++) {
                const uint32_t here = up[k];
                left[k] = ((value >> shift[k] & most[k]) +
                           expected(left[k], here, corner[k], most[k])) &
                          most[k];
                corner[k] = here;
                up[k] = (uint16_t)left[k];
            }
            store(out + 4 * x, joined(wire, left[0], left[1], left[2]));
            data += wire->size;
        }
    }
}

/* -- PNG -- */

enum { NONE, SUB, UP, AVERAGE, PAETH };

static inline uint8_t
paeth(int left, int above, int corner)
{
    const int toLeft = above - corner, toAbove = left - corner;
    const int a = toLeft < 0 ? -toLeft : toLeft, b = toAbove < 0 ? -toAbove : toAbove;
    const int sum = toLeft + toAbove, c = sum < 0 ? -sum : sum;
    return (uint8_t)(a <= b && a <= c ? left : b <= c ? above : corner);
}

/* In a row all bytes but those of the first pixel have one to the left. */
static void
undoFilter(uint8_t *out, const uint8_t *in, ptrdiff_t row, ptrdiff_t pixel,
           const uint8_t *above, int filter)
{
    const ptrdiff_t first = least(pixel, row);
    if (filter == UP) {
        for (ptrdiff_t k = 0; k < row; k++)
            out[k] = (uint8_t)(in[k] + above[k]);
        return;
    }
    memcpy(out, in, (size_t)(filter == NONE ? row : first));
    if (filter == SUB) {
        for (ptrdiff_t k = pixel; k < row; k++)
            out[k] = (uint8_t)(in[k] + out[k - pixel]);
    } else if (filter == AVERAGE) {
        for (ptrdiff_t k = 0; k < first; k++)
            out[k] = (uint8_t)(in[k] + above[k] / 2);
        for (ptrdiff_t k = pixel; k < row; k++)
            out[k] = (uint8_t)(in[k] + (out[k - pixel] + above[k]) / 2);
    } else if (filter == PAETH) {
        for (ptrdiff_t k = 0; k < first; k++)
            out[k] = (uint8_t)(in[k] + above[k]);
        for (ptrdiff_t k = pixel; k < row; k++)
            out[k] = (uint8_t)(in[k] + paeth(out[k - pixel], above[k], above[k - pixel]));
    }
}

int
undoFilters(uint8_t *out, const uint8_t *data, ptrdiff_t row, ptrdiff_t rows,
            ptrdiff_t pixel, const uint8_t *above)
{
    for (; rows > 0; rows--, data += row + 1) {
        if (data[0] > PAETH)
            return data[0];
        undoFilter(out, data + 1, row, pixel, above, data[0]);
        above = out;
        out += row;
    }
    return -1;
}
