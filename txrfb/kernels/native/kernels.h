/* Copyright (c) txrfb contributors.
 * See LICENSE for details.
 *
 * What the kernels in C offer to the Python module around them (module.h).
 *
 * None of them knows Python, keeps anything from call to call, or checks bounds:
 * the module has done that.  Pixels may change while a kernel looks at them (they
 * may be memory shared with another process): results are then wrong, but nothing
 * is ever written outside of what was handed in.
 */

#ifndef TXRFB_KERNELS_H
#define TXRFB_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/* A rectangle of pixels, of four bytes unless something else is said, read only; its
 * first pixel is at bytes. */
typedef struct {
    const uint8_t *bytes;
    ptrdiff_t stride;
    ptrdiff_t width;
    ptrdiff_t height;
} Area;

/* How a pixel value is written: shifted to the right, then its low size bytes. */
typedef struct {
    int size;
    int shift;
    int bigEndian;
} Layout;

/* Bytes past the end of their result that kernels may write to, where said. */
#define SLACK 16

/* compare.c */

typedef struct {
    ptrdiff_t left;
    ptrdiff_t top;
    ptrdiff_t width;
    ptrdiff_t height;
} Bounds;

/* Finds what is around all colors in which an area differs from the like one.  Returns
 * whether there are any. */
int changedBounds(const Area *old, const Area *new, Bounds *found);

/* Copies an area to another place, which may overlap it. */
void moveRectangle(uint8_t *to, const Area *from);

/* layouts.c */

/* How many layouts there are, of which txrfb/kernels/_layouts.py tells. */
#define LAYOUTS 8

/* Bytes a pixel. */
int layoutSize(int layout);

/* Sets the flags of the tiles of area, which are all 0 before, that differ from the
 * like area of old.  left and top are where it begins in its first tile.  All that
 * differs is copied, and converted to canvas, which has four bytes a pixel.  Returns
 * whether anything differs. */
int refreshTiles(uint8_t *old, ptrdiff_t oldStride, const Area *area, uint8_t *canvas,
                 ptrdiff_t canvasStride, ptrdiff_t left, ptrdiff_t top, int layout,
                 ptrdiff_t tile, uint8_t *flags);

/* boxes.c */

/* Pixels from left and top to right and bottom, which do not belong to it; all 0 if
 * there are none.  How many of them changed is for joinBoxes to know. */
typedef struct {
    ptrdiff_t left;
    ptrdiff_t top;
    ptrdiff_t right;
    ptrdiff_t bottom;
    int64_t changed;
} Box;

/* Makes the like rectangle at old equal to area, and the boxes of the tiles, in rows of
 * columns, larger by what was different.  left and top are where area begins, from the
 * first tile on. */
void takeChanges(uint8_t *old, ptrdiff_t oldStride, const Area *area, ptrdiff_t left,
                 ptrdiff_t top, ptrdiff_t tile, int masked, Box *boxes,
                 ptrdiff_t columns);

/* The same without a look: everything counts as different. */
void takeExact(uint8_t *old, ptrdiff_t oldStride, const Area *area, ptrdiff_t left,
               ptrdiff_t top, ptrdiff_t tile, Box *boxes, ptrdiff_t columns);

/* Joins the boxes of tiles into such as do not overlap.  above is room for a number a
 * column, all 0.  Returns how many there are, which come first. */
ptrdiff_t joinBoxes(Box *boxes, ptrdiff_t columns, ptrdiff_t rows, ptrdiff_t tile,
                    ptrdiff_t *above);

/* moves.c */

/* A rectangle, and where it was before. */
typedef struct {
    ptrdiff_t left;
    ptrdiff_t top;
    ptrdiff_t width;
    ptrdiff_t height;
    ptrdiff_t fromLeft;
    ptrdiff_t fromTop;
} Move;

/* Finds what is in the newer area as it is in the older one, elsewhere.  left is the
 * column with which they begin; areas are looked for before rows if areasFirst is true.
 * Returns 1 if there is such a thing, 0 if not, -1 if
 * there is no memory. */
int findMove(const Area *old, const Area *new, ptrdiff_t left, int areasFirst,
             Move *found);

/* search.c */

/* A piece of an area, color -1 unless it is of one color. */
typedef struct {
    ptrdiff_t x;
    ptrdiff_t y;
    ptrdiff_t width;
    ptrdiff_t height;
    int32_t color;
} Piece;

/* Returns how many pieces the area was cut into, -1 if there is no memory; *pieces
 * is to be freed. */
ptrdiff_t splitSolid(const Area *area, int64_t minimum, Piece **pieces);

/* photos.c */

/* How many pixels of some rows are like the one to their left: of one row of each step,
 * which is the middle one. */
int64_t likeLeft(const Area *area, ptrdiff_t step);

/* As splitSolid, for photos: the color of those is 1, of the rest 0. */
ptrdiff_t splitPhotos(const Area *area, int64_t minimum, Piece **pieces);

/* convert.c */

/* Writes width * height * size bytes, and may touch SLACK after them. */
void writePixels(uint8_t *out, const Area *area, uint32_t mask, Layout layout);

/* Writes 4 bytes a pixel, each the byte of the pixel that order names, or 0. */
void swizzle(uint8_t *out, const Area *area, const int order[4]);

/* Writes 3 bytes a pixel, and before each row a zero byte if filtered. */
void packRgb(uint8_t *out, const Area *area, int filtered);

/* Writes size bytes a pixel. */
void convert(uint8_t *out, const Area *area, const uint32_t tables[768], int size);

/* Writes 3 bytes a pixel. */
void gradient(uint8_t *out, const Area *area);

/* tight.c */

/* Finds the colors (at most maximum) and writes the packed pixels and their length;
 * out has room for a byte a pixel.  Returns the number of colors, 0 if there are
 * more. */
int palette(uint8_t *out, ptrdiff_t *length, uint32_t *colors, const Area *area,
            uint32_t mask, int maximum);

/* Makes bits of numbers 0 and 1, each row filled up to bytes; out and numbers may be
 * the same.  Returns the length. */
ptrdiff_t packBits(uint8_t *out, const uint8_t *numbers, ptrdiff_t width,
                   ptrdiff_t height);

/* zrle.c, hextile.c: out has room for a byte more than its pixels for each tile,
 * and SLACK.  They return the length. */
ptrdiff_t zrle(uint8_t *out, const Area *area, uint32_t mask, ptrdiff_t tile,
               Layout layout, int deflated);
ptrdiff_t hextile(uint8_t *out, const Area *area, uint32_t mask, Layout layout);

/* rre.c: out has room for the pixels and SLACK.  Returns the length, 0 if it would
 * be as much as the pixels have, -1 if there is no memory. */
ptrdiff_t rre(uint8_t *out, const Area *area, uint32_t mask, Layout layout,
              int compact);

#endif
