/* Copyright (c) txrfb contributors.
 * See LICENSE for details.
 *
 * Hextile.
 */

#include "inline.h"

#define TILE 16

/* The bits of a subencoding. */
enum { RAW = 1, BACKGROUND = 2, FOREGROUND = 4, SUBRECTANGLES = 8, COLORED = 16 };

/* A color of the tile before, if it may be relied upon. */
typedef struct {
    int known;
    uint32_t color;
} Kept;

static inline int
isKept(const Kept *kept, uint32_t color)
{
    return kept->known && kept->color == color;
}

/* A tile as runs of one color, none longer than a row. */
typedef struct {
    uint32_t palette[TILE * TILE]; /* in the order in which colors appear */
    uint16_t pixels[TILE * TILE];  /* how many each of them has */
    uint16_t run[TILE * TILE];     /* the run's pixels, a bit each */
    uint8_t row[TILE * TILE];
    uint8_t number[TILE * TILE]; /* of the color in the palette */
    int runs;
    uint16_t starts[TILE]; /* for each row where runs begin, other than at 0 */
    Numbers numbers;
} Tile;

/* Finds the runs and the palette.  Returns how many colors there are; it stops at
 * maximum. */
static int
findColors(Tile *tile, const Area *area, uint32_t mask, int maximum)
{
    int runs = 0, colors = 0;
    forgetNumbers(&tile->numbers);
    for (ptrdiff_t y = 0; y < area->height; y++) {
        const uint8_t *row = area->bytes + y * area->stride;
        unsigned found = edges(row, 0, area->width, mask);
        tile->starts[y] = (uint16_t)found;
        found |= 1u << area->width;
        for (unsigned x = 0, end; found; x = end) {
            end = lowestBit(found);
            found &= found - 1;
            uint32_t color = load(row + 4 * x) & mask;
            int number = numberOf(&tile->numbers, color, colors, TILE * TILE);
            if (number == colors) {
                if (++colors == maximum)
                    return colors;
                tile->palette[number] = color;
                tile->pixels[number] = 0;
            }
            tile->pixels[number] = (uint16_t)(tile->pixels[number] + end - x);
            tile->run[runs] = (uint16_t)((1u << end) - (1u << x));
            tile->number[runs] = (uint8_t)number;
            tile->row[runs++] = (uint8_t)y;
        }
    }
    tile->runs = runs;
    return colors;
}

/* Writes the subrectangles, as long as they take less than room.  Returns the end,
 * or NULL. */
static uint8_t *
putSubrectangles(uint8_t *out, ptrdiff_t room, const Tile *tile, const Area *area,
                 uint32_t mask, int background, int colored, Layout layout)
{
    const ptrdiff_t each = colored ? 2 + layout.size : 2;
    uint8_t *const counter = out++;
    unsigned todo[TILE] = {0};
    unsigned count = 0;
    for (int k = 0; k < tile->runs; k++)
        if (tile->number[k] != background)
            todo[tile->row[k]] |= tile->run[k];
    for (ptrdiff_t y = 0; y < area->height; y++) {
        const uint8_t *row = area->bytes + y * area->stride;
        while (todo[y]) {
            unsigned x = lowestBit(todo[y]);
            /* As far as the run goes, and there is something to do. */
            unsigned stop = (tile->starts[y] | ~todo[y]) & ~((2u << x) - 1);
            unsigned width = lowestBit(stop) - x;
            unsigned run = ((1u << width) - 1) << x;
            uint32_t color = load(row + 4 * x) & mask;
            ptrdiff_t end = y + 1;
            todo[y] &= ~run;
            for (; end < area->height; end++) {
                const uint8_t *p = area->bytes + end * area->stride + 4 * x;
                if ((todo[end] & run) != run ||
                    (tile->starts[end] & run & ~(1u << x)) ||
                    (load(p) & mask) != color)
                    break;
                todo[end] &= ~run;
            }
            room -= each;
            if (room <= 0)
                return NULL;
            if (colored)
                out = put(out, color, layout);
            *out++ = (uint8_t)(x << 4 | (unsigned)y);
            *out++ = (uint8_t)((width - 1) << 4 | (unsigned)(end - y - 1));
            count++;
        }
    }
    *counter = (uint8_t)count;
    return out;
}

static uint8_t *
putTile(uint8_t *out, Tile *tile, const Area *area, uint32_t mask, Layout layout,
        Kept *background, Kept *foreground)
{
    uint8_t *const flags = out++;
    const ptrdiff_t raw = area->width * area->height * layout.size;
    *flags = 0;
    if (isSolid(area, mask)) {
        const uint32_t color = load(area->bytes) & mask;
        if (!isKept(background, color)) {
            *flags = BACKGROUND;
            out = put(out, color, layout);
        }
        *background = (Kept){1, color};
        return out;
    }
    /* Each color but one takes a subrectangle at least: from so many colors on raw
     * is smaller. */
    const int many = 3 + (int)raw / (2 + layout.size);
    const int colors = findColors(tile, area, mask, many);
    const int colored = colors > 2;
    uint32_t most = 0, other = 0;
    uint8_t *end = NULL;
    if (colors < many) {
        int best = 0;
        for (int k = 1; k < colors; k++)
            if (tile->pixels[k] > tile->pixels[best])
                best = k;
        most = tile->palette[best];
        other = tile->palette[best ? 0 : colors - 1];
        *flags = SUBRECTANGLES | (colored ? COLORED : 0);
        if (!isKept(background, most)) {
            *flags |= BACKGROUND;
            out = put(out, most, layout);
        }
        if (!colored && !isKept(foreground, other)) {
            *flags |= FOREGROUND;
            out = put(out, other, layout);
        }
        end = putSubrectangles(out, raw - (out - flags), tile, area, mask, best,
                               colored, layout);
    }
    if (!end) {
        *flags = RAW;
        writePixels(flags + 1, area, mask, layout);
        background->known = foreground->known = 0;
        return flags + 1 + raw;
    }
    *background = (Kept){1, most};
    *foreground = (Kept){!colored, other};
    return end;
}

ptrdiff_t
hextile(uint8_t *out, const Area *area, uint32_t mask, Layout layout)
{
    uint8_t *const begin = out;
    Kept background = {0, 0}, foreground = {0, 0};
    Tile tile;
    beginNumbers(&tile.numbers);
    for (ptrdiff_t y = 0; y < area->height; y += TILE)
        for (ptrdiff_t x = 0; x < area->width; x += TILE) {
            const Area part = {area->bytes + y * area->stride + 4 * x, area->stride,
                               least(TILE, area->width - x),
                               least(TILE, area->height - y)};
            out = putTile(out, &tile, &part, mask, layout, &background, &foreground);
        }
    return out - begin;
}
