/* Copyright (c) txrfb contributors.
 * See LICENSE for details.
 *
 * What the kernels in C for viewers share: they paint what a server sent, of which
 * nothing can be relied upon.
 */

#ifndef TXRFB_PAINT_H
#define TXRFB_PAINT_H

#include "inline.h"

/* A rectangle of colors 0xRRGGBB, uint32_t of this machine, that is painted on; its
 * first pixel is at bytes. */
typedef struct {
    uint8_t *bytes;
    ptrdiff_t stride;
    ptrdiff_t width;
    ptrdiff_t height;
} Canvas;

/* How pixels are on the wire: in size bytes, of which color k (red, green, blue) is
 * value >> shift[k] & most[k].  If it is direct, that is a whole byte of the value with
 * the least significant byte first. */
typedef struct {
    int size;
    int bigEndian;
    int direct;
    int tabled; /* whether level is filled: it is for much work, and small maxima */
    unsigned shift[3];
    uint32_t most[3];
    uint8_t level[3][256];
} Wire;

/* The kinds of pixels: PIXEL, CPIXEL, TPIXEL. */
enum { PIXEL, CPIXEL, TPIXEL };

/* The ten fields of a PIXEL_FORMAT, in their order. */
#define FIELDS 10

/* What was wrong in what a server sent. */
typedef struct {
    char text[96];
} Fault;

static inline void
store(uint8_t *p, uint32_t value)
{
    memcpy(p, &value, 4);
}

static inline uint32_t
littleEndian(const uint8_t *p)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return load(p); /* which compilers make vectors of */
#else
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
#endif
}

static inline uint32_t
wireValue(const uint8_t *p, const Wire *wire)
{
    uint32_t value = 0;
    if (wire->bigEndian)
        for (int k = 0; k < wire->size; k++)
            value = value << 8 | p[k];
    else
        for (int k = wire->size - 1; k >= 0; k--)
            value = value << 8 | p[k];
    return value;
}

/* The color, from 0 to 255, that is level of most. */
static inline uint32_t
fullLevel(uint32_t level, uint32_t most)
{
    return most == 255 ? level : (level * 255 + most / 2) / most;
}

/* A color of its three parts, which are not larger than their maxima. */
static inline uint32_t
joined(const Wire *wire, uint32_t red, uint32_t green, uint32_t blue)
{
    if (wire->direct)
        return red << 16 | green << 8 | blue;
    if (wire->tabled)
        return (uint32_t)wire->level[0][red] << 16 |
               (uint32_t)wire->level[1][green] << 8 | wire->level[2][blue];
    return fullLevel(red, wire->most[0]) << 16 | fullLevel(green, wire->most[1]) << 8 |
           fullLevel(blue, wire->most[2]);
}

static inline uint32_t
colorOf(uint32_t value, const Wire *wire)
{
    return joined(wire, value >> wire->shift[0] & wire->most[0],
                  value >> wire->shift[1] & wire->most[1],
                  value >> wire->shift[2] & wire->most[2]);
}

/* The color of one pixel. */
static inline uint32_t
wireColor(const uint8_t *p, const Wire *wire)
{
    return colorOf(wireValue(p, wire), wire);
}

/* Fills count pixels of a row. */
static inline void
fillColor(uint8_t *p, ptrdiff_t count, uint32_t color)
{
#ifdef USE_SSE2
    const __m128i colors = _mm_set1_epi32((int)color);
    for (; count >= 4; count -= 4, p += 16)
        _mm_storeu_si128((__m128i *)p, colors);
#endif
    for (; count > 0; count--, p += 4)
        store(p, color);
}

static inline void
fillBox(uint8_t *p, ptrdiff_t stride, ptrdiff_t width, ptrdiff_t height, uint32_t color)
{
    for (; height > 0; height--, p += stride)
        fillColor(p, width, color);
}

/* paint.c */

/* Makes out how pixels of a kind are written in a format, of which count will be read.
 * Returns 0 if it is not one that there is. */
int readWire(Wire *wire, const long long format[FIELDS], int kind, ptrdiff_t count);

/* Reads so many colors. */
void readColors(uint8_t *out, const uint8_t *data, ptrdiff_t count, const Wire *wire);

/* Paints so many pixels one after the other, from number first on. */
void paintPixels(const Canvas *canvas, const uint8_t *data, ptrdiff_t first,
                 ptrdiff_t count, const Wire *wire);

/* Paints pixels that are numbers of colors, in rows of a byte or a bit each, filled up
 * to bytes.  Returns the first number in data that there is no color for; else -1. */
int paintIndices(const Canvas *canvas, const uint8_t *data, const uint32_t *colors,
                 int count, int bits);

/* Paints what is left of pixels if what their neighbors let expect is added.  above has
 * the three parts of each pixel of the row above, and of the last row then. */
void undoGradient(const Canvas *canvas, const uint8_t *data, uint16_t *above,
                  const Wire *wire);

/* Undoes the filters of rows of PNG, which have a byte more that says which; pixel is how
 * many bytes a pixel has, one at the least.  Returns the first that there is not; else
 * -1. */
int undoFilters(uint8_t *out, const uint8_t *data, ptrdiff_t row, ptrdiff_t rows,
                ptrdiff_t pixel, const uint8_t *above);

/* painttiles.c: they return how many bytes were used, -1 if there is a fault. */

/* How far a rectangle in tiles was painted. */
typedef struct {
    ptrdiff_t tile;        /* the next one */
    ptrdiff_t needed;      /* how many bytes are not enough without; 0 if it is the end */
    int64_t background;    /* -1 if there is none */
    int64_t foreground;
    uint32_t palette[128]; /* the last that there was */
    int colors;            /* of it */
} Progress;

ptrdiff_t paintHextile(const Canvas *canvas, const uint8_t *data, ptrdiff_t length,
                       const Wire *wire, Progress *progress, Fault *fault);

/* Tiles of ZRLE or TRLE, which may use the palette of the one before. */
ptrdiff_t paintTiles(const Canvas *canvas, const uint8_t *data, ptrdiff_t length,
                     ptrdiff_t size, int reuse, const Wire *wire, Progress *progress,
                     Fault *fault);

/* The subrectangles of RRE or CoRRE, whole ones of which there is at least one; it stops
 * when budget pixels or more were painted. */
ptrdiff_t paintSubrectangles(const Canvas *canvas, const uint8_t *data,
                             ptrdiff_t length, int compact, int64_t budget,
                             const Wire *wire, Fault *fault);

#endif
