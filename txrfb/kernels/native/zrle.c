/* Copyright (c) txrfb contributors.
 * See LICENSE for details.
 *
 * The tiles of ZRLE and TRLE.
 */

#include "inline.h"

#define TILE 64

/* So many colors a palette may have with runs, and without. */
#define RUN_COLORS 127
#define PACKED_COLORS 16

/* A tile as runs of one color, row by row. */
typedef struct {
    uint32_t color[TILE * TILE];
    uint16_t start[TILE * TILE + 1];
    uint8_t number[TILE * TILE]; /* of the color, while there are few */
    uint32_t palette[RUN_COLORS];
    int runs;
    int colors; /* more than RUN_COLORS: too many to be counted */
    Numbers numbers;
} Tile;

static inline int
lengthOf(const Tile *tile, int run)
{
    return tile->start[run + 1] - tile->start[run];
}

static void
findRuns(Tile *tile, const Area *area, uint32_t mask)
{
    uint32_t color = 0;
    int runs = 0;
    for (ptrdiff_t y = 0; y < area->height; y++) {
        const uint8_t *row = area->bytes + y * area->stride;
        unsigned found = y == 0 || (load(row) & mask) != color;
        for (ptrdiff_t x = 0; x < area->width; x += 16) {
            found |= edges(row, x, area->width, mask);
            while (found) {
                ptrdiff_t next = x + lowestBit(found);
                found &= found - 1;
                color = load(row + 4 * next) & mask;
                tile->color[runs] = color;
                tile->start[runs++] = (uint16_t)(y * area->width + next);
            }
        }
    }
    tile->runs = runs;
    tile->start[runs] = (uint16_t)(area->width * area->height);
}

static void
findColors(Tile *tile)
{
    int colors = 0;
    forgetNumbers(&tile->numbers);
    for (int k = 0; k < tile->runs; k++) {
        int number = numberOf(&tile->numbers, tile->color[k], colors, RUN_COLORS);
        if (number == colors) {
            if (colors == RUN_COLORS) {
                colors++;
                break;
            }
            tile->palette[colors++] = tile->color[k];
        }
        tile->number[k] = (uint8_t)number;
    }
    tile->colors = colors;
}

static inline uint8_t *
putLength(uint8_t *out, int length)
{
    for (length--; length >= 255; length -= 255)
        *out++ = 255;
    *out++ = (uint8_t)length;
    return out;
}

/* Writes the numbers of the pixels' colors in so many bits each. */
static uint8_t *
putPacked(uint8_t *out, const Tile *tile, const Area *area, int bits)
{
    uint8_t numbers[TILE * TILE];
    for (int k = 0; k < tile->runs; k++)
        fill(numbers + tile->start[k], lengthOf(tile, k), tile->number[k],
             numbers + sizeof numbers);
    if (bits == 1)
        return out + packBits(out, numbers, area->width, area->height);
    const int each = 8 / bits;
    for (ptrdiff_t y = 0; y < area->height; y++) {
        const uint8_t *row = numbers + y * area->width;
        ptrdiff_t x = 0;
        for (; x + each <= area->width; x += each) {
            unsigned octet = 0;
            for (int k = 0; k < each; k++)
                octet = octet << bits | row[x + k];
            *out++ = (uint8_t)octet;
        }
        if (x < area->width) {
            unsigned octet = 0;
            for (int k = 0; k < each; k++)
                octet = octet << bits | (x + k < area->width ? row[x + k] : 0u);
            *out++ = (uint8_t)octet;
        }
    }
    return out;
}

static uint8_t *
putTile(uint8_t *out, Tile *tile, const Area *area, uint32_t mask, Layout layout,
        int deflated)
{
    if (isSolid(area, mask)) {
        *out++ = 1;
        return put(out, load(area->bytes) & mask, layout);
    }
    findRuns(tile, area, mask);
    findColors(tile);

    const ptrdiff_t size = layout.size, colors = tile->colors;
    const ptrdiff_t raw = area->width * area->height * size;
    ptrdiff_t plain = tile->runs * size, indexed = tile->runs + colors * size;
    ptrdiff_t packed = raw + 1;
    int bits = 0;
    for (int k = 0; k < tile->runs; k++) {
        int length = lengthOf(tile, k);
        int octets = length <= 255 ? 1 : (length - 1) / 255 + 1;
        plain += octets;
        indexed += length > 1 ? octets : 0;
    }
    /* Deflate finds a color and a length that come again, but hardly a number between
     * lengths: text takes up to a tenth less if such are written seldom. */
    if (deflated)
        indexed = indexed * 5 / 2;
    if (colors > RUN_COLORS)
        indexed = raw + 1;
    if (colors <= PACKED_COLORS) {
        bits = colors == 2 ? 1 : colors <= 4 ? 2 : 4;
        packed = colors * size + (area->width * bits + 7) / 8 * area->height;
    }

    if (raw <= plain && raw < packed && raw < indexed) {
        *out++ = 0;
        writePixels(out, area, mask, layout);
        return out + raw;
    }
    if (plain < packed && plain < indexed) {
        *out++ = 128;
        for (int k = 0; k < tile->runs; k++) {
            out = put(out, tile->color[k], layout);
            out = putLength(out, lengthOf(tile, k));
        }
        return out;
    }
    const int pack = packed <= indexed;
    *out++ = (uint8_t)(colors + (pack ? 0 : 128));
    for (ptrdiff_t k = 0; k < colors; k++)
        out = put(out, tile->palette[k], layout);
    if (pack)
        return putPacked(out, tile, area, bits);
    for (int k = 0; k < tile->runs; k++) {
        int length = lengthOf(tile, k);
        if (length == 1)
            *out++ = tile->number[k];
        else {
            *out++ = tile->number[k] | 128;
            out = putLength(out, length);
        }
    }
    return out;
}

ptrdiff_t
zrle(uint8_t *out, const Area *area, uint32_t mask, ptrdiff_t size, Layout layout,
     int deflated)
{
    uint8_t *const begin = out;
    Tile tile;
    beginNumbers(&tile.numbers);
    for (ptrdiff_t y = 0; y < area->height; y += size)
        for (ptrdiff_t x = 0; x < area->width; x += size) {
            const Area part = {area->bytes + y * area->stride + 4 * x, area->stride,
                               least(size, area->width - x),
                               least(size, area->height - y)};
            out = putTile(out, &tile, &part, mask, layout, deflated);
        }
    return out - begin;
}
