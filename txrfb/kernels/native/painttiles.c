/* Copyright (c) txrfb contributors.
 * See LICENSE for details.
 *
 * Painting Hextile, the tiles of ZRLE and TRLE, and the subrectangles of RRE and CoRRE.
 *
 * A tile is painted when all of its bytes are there; so it makes no difference in what
 * pieces they come.
 */

#include "paint.h"

#include <stdio.h>

#define FAIL(...)                                                                      \
    do {                                                                               \
        snprintf(fault->text, sizeof fault->text, __VA_ARGS__);                        \
        return -1;                                                                     \
    } while (0)

/* Returns 0 from a function for a tile if there are not so many bytes of it. */
#define NEED(count)                                                                    \
    do {                                                                               \
        if (length < (count)) {                                                        \
            progress->needed = (count);                                                \
            return 0;                                                                  \
        }                                                                              \
    } while (0)

/* The place of a tile. */
static Canvas
tileOf(const Canvas *canvas, ptrdiff_t size, ptrdiff_t number)
{
    const ptrdiff_t columns = (canvas->width + size - 1) / size;
    const ptrdiff_t x = number % columns * size, y = number / columns * size;
    return (Canvas){canvas->bytes + y * canvas->stride + 4 * x, canvas->stride,
                    least(size, canvas->width - x), least(size, canvas->height - y)};
}

static ptrdiff_t
tilesOf(const Canvas *canvas, ptrdiff_t size)
{
    return (canvas->width + size - 1) / size * ((canvas->height + size - 1) / size);
}

/* -- Hextile -- */

enum { RAW = 1, BACKGROUND = 2, FOREGROUND = 4, SUBRECTANGLES = 8, COLORED = 16 };

static ptrdiff_t
hextileTile(const Canvas *tile, const uint8_t *data, ptrdiff_t length, const Wire *wire,
            Progress *progress, Fault *fault)
{
    const ptrdiff_t size = wire->size;
    ptrdiff_t at = 1, count = 0, each = 2;
    NEED(1);
    const int mask = data[0];
    if (mask & RAW) {
        const ptrdiff_t all = 1 + tile->width * tile->height * size;
        NEED(all);
        paintPixels(tile, data + 1, 0, tile->width * tile->height, wire);
        progress->background = progress->foreground = -1;
        return all;
    }
    if (mask & BACKGROUND) {
        NEED(at + size);
        progress->background = wireColor(data + at, wire);
        at += size;
    }
    if (progress->background < 0)
        FAIL("a tile has no background");
    if (mask & FOREGROUND) {
        NEED(at + size);
        progress->foreground = wireColor(data + at, wire);
        at += size;
    }
    if (mask & SUBRECTANGLES) {
        NEED(at + 1);
        count = data[at++];
        if (mask & COLORED) {
            progress->foreground = -1;
            each += size;
        } else if (progress->foreground < 0)
            FAIL("a tile has no foreground");
        NEED(at + count * each);
    }
    fillBox(tile->bytes, tile->stride, tile->width, tile->height,
            (uint32_t)progress->background);
    uint32_t color = (uint32_t)progress->foreground;
    for (const uint8_t *p = data + at; count > 0; count--) {
        if (mask & COLORED) {
            color = wireColor(p, wire);
            p += size;
        }
        const int x = p[0] >> 4, y = p[0] & 15;
        const int width = (p[1] >> 4) + 1, height = (p[1] & 15) + 1;
        p += 2;
        if (x + width > tile->width || y + height > tile->height)
            FAIL("%dx%d pixels at %d, %d are not in a tile of %dx%d", width, height, x, y,
                 (int)tile->width, (int)tile->height);
        fillBox(tile->bytes + y * tile->stride + 4 * x, tile->stride, width, height,
                color);
        at += each;
    }
    return at;
}

ptrdiff_t
paintHextile(const Canvas *canvas, const uint8_t *data, ptrdiff_t length,
             const Wire *wire, Progress *progress, Fault *fault)
{
    const ptrdiff_t tiles = tilesOf(canvas, 16);
    ptrdiff_t at = 0;
    progress->needed = 0;
    for (; progress->tile < tiles; progress->tile++) {
        const Canvas tile = tileOf(canvas, 16, progress->tile);
        const ptrdiff_t used =
            hextileTile(&tile, data + at, length - at, wire, progress, fault);
        if (used < 0)
            return -1;
        if (used == 0)
            break;
        at += used;
    }
    return at;
}

/* -- ZRLE and TRLE -- */

#define MAX_SIDE 64
#define MAX_PACKED 16

enum { PIXELS, SOLID, REUSED_PACKED = 127, PLAIN_RUNS, REUSED_RUNS };

/* Reads the length of a run, which begins at data[*at], of at most so many pixels.
 * Returns 0 if it is not all there, -1 if it is longer. */
static inline ptrdiff_t
runLength(const uint8_t *data, ptrdiff_t length, ptrdiff_t *at, ptrdiff_t most,
          Progress *progress)
{
    ptrdiff_t run = 1;
    for (;;) {
        NEED(*at + 1);
        const int octet = data[(*at)++];
        run += octet;
        if (run > most)
            return -1;
        if (octet < 255)
            return run;
    }
}

static ptrdiff_t
readRuns(uint32_t *pixels, ptrdiff_t area, ptrdiff_t at, const uint8_t *data,
         ptrdiff_t length, int isPlain, const Wire *wire, Progress *progress,
         Fault *fault)
{
    const ptrdiff_t size = isPlain ? wire->size : 1;
    uint8_t *out = (uint8_t *)pixels;
    for (ptrdiff_t left = area; left > 0;) {
        ptrdiff_t run = 1;
        uint32_t color;
        NEED(at + size + isPlain);
        if (isPlain) {
            color = wireColor(data + at, wire);
        } else {
            const int index = data[at] & 127;
            if (index >= progress->colors)
                FAIL("color index %d in a palette of %d", index, progress->colors);
            color = progress->palette[index];
        }
        at += size;
        if (isPlain || data[at - 1] > 127) {
            run = runLength(data, length, &at, left, progress);
            if (run == 0)
                return 0;
            if (run < 0)
                FAIL("a run is longer than what is left of its tile, %d pixels",
                     (int)left);
        }
        fillColor(out, run, color);
        out += 4 * run;
        left -= run;
    }
    return at;
}

static ptrdiff_t
readPacked(uint32_t *pixels, const Canvas *tile, ptrdiff_t at, const uint8_t *data,
           ptrdiff_t length, Progress *progress, Fault *fault)
{
    const int colors = progress->colors;
    if (colors > MAX_PACKED)
        FAIL("a palette of %d colors cannot be packed", colors);
    const int bits = colors <= 2 ? 1 : colors <= 4 ? 2 : 4;
    const ptrdiff_t row = (tile->width * bits + 7) / 8;
    NEED(at + row * tile->height);
    /* Colors that there are not are black, and found at the end. */
    uint32_t palette[MAX_PACKED] = {0};
    memcpy(palette, progress->palette, (size_t)colors * 4);
    const int mask = (1 << bits) - 1;
    int greatest = 0;
    for (ptrdiff_t y = 0; y < tile->height; y++) {
        const uint8_t *in = data + at + y * row;
        int shift = 8;
        for (ptrdiff_t x = 0; x < tile->width; x++) {
            shift -= bits;
            const int index = *in >> shift & mask;
            greatest = index > greatest ? index : greatest;
            *pixels++ = palette[index];
            if (!shift) {
                shift = 8;
                in++;
            }
        }
    }
    if (greatest >= colors)
        FAIL("color index %d in a palette of %d", greatest, colors);
    return at + row * tile->height;
}

static ptrdiff_t
zrleTile(const Canvas *tile, const uint8_t *data, ptrdiff_t length, int reuse,
         const Wire *wire, Progress *progress, Fault *fault)
{
    const ptrdiff_t size = wire->size, area = tile->width * tile->height;
    uint32_t pixels[MAX_SIDE * MAX_SIDE];
    ptrdiff_t at = 1;
    NEED(1);
    const int kind = data[0];
    if (kind == PIXELS) {
        NEED(1 + area * size);
        paintPixels(tile, data + 1, 0, area, wire);
        return 1 + area * size;
    }
    if (kind == SOLID) {
        NEED(1 + size);
        fillBox(tile->bytes, tile->stride, tile->width, tile->height,
                wireColor(data + 1, wire));
        return 1 + size;
    }
    if (kind == REUSED_PACKED || kind == REUSED_RUNS) {
        if (!reuse || !progress->colors)
            FAIL("tile type %d needs an earlier palette", kind);
    } else if (kind != PLAIN_RUNS) {
        const int colors = kind & 127;
        if (kind > MAX_PACKED && kind < PLAIN_RUNS)
            FAIL("unknown tile type %d", kind);
        NEED(1 + colors * size);
        readColors((uint8_t *)progress->palette, data + 1, colors, wire);
        progress->colors = colors;
        at += colors * size;
    }
    const ptrdiff_t used =
        kind < PLAIN_RUNS
            ? readPacked(pixels, tile, at, data, length, progress, fault)
            : readRuns(pixels, area, at, data, length, kind == PLAIN_RUNS, wire, progress,
                       fault);
    if (used > 0)
        for (ptrdiff_t y = 0; y < tile->height; y++)
            memcpy(tile->bytes + y * tile->stride, pixels + y * tile->width,
                   (size_t)tile->width * 4);
    return used;
}

ptrdiff_t
paintTiles(const Canvas *canvas, const uint8_t *data, ptrdiff_t length, ptrdiff_t size,
           int reuse, const Wire *wire, Progress *progress, Fault *fault)
{
    const ptrdiff_t tiles = tilesOf(canvas, size);
    ptrdiff_t at = 0;
    progress->needed = 0;
    for (; progress->tile < tiles; progress->tile++) {
        const Canvas tile = tileOf(canvas, size, progress->tile);
        const ptrdiff_t used =
            zrleTile(&tile, data + at, length - at, reuse, wire, progress, fault);
        if (used < 0)
            return -1;
        if (used == 0)
            break;
        at += used;
    }
    return at;
}

/* -- RRE and CoRRE -- */

ptrdiff_t
paintSubrectangles(const Canvas *canvas, const uint8_t *data, ptrdiff_t length,
                   int compact, int64_t budget, const Wire *wire, Fault *fault)
{
    const ptrdiff_t each = wire->size + (compact ? 4 : 8);
    ptrdiff_t at = 0;
    while (at + each <= length && (at == 0 || budget > 0)) {
        const uint32_t color = wireColor(data + at, wire);
        const uint8_t *p = data + at + wire->size;
        ptrdiff_t place[4];
        for (int k = 0; k < 4; k++)
            place[k] = compact ? p[k] : p[2 * k] << 8 | p[2 * k + 1];
        const ptrdiff_t x = place[0], y = place[1], width = place[2], height = place[3];
        if (x + width > canvas->width || y + height > canvas->height)
            FAIL("a subrectangle of %dx%d at %d, %d is not inside", (int)width,
                 (int)height, (int)x, (int)y);
        if (width)
            fillBox(canvas->bytes + y * canvas->stride + 4 * x, canvas->stride, width,
                    height, color);
        budget -= (int64_t)width * height;
        at += each;
    }
    return at;
}
