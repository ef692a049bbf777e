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
    uint32_t color[TILE * TILE];
    uint16_t run[TILE * TILE]; /* its pixels, a bit each */
    uint8_t row[TILE * TILE];
    int runs;
    uint16_t starts[TILE]; /* for each row where runs begin, other than at 0 */
    Numbers numbers;
} Tile;

static inline unsigned
bitCount(unsigned bits)
{
    bits = bits - (bits >> 1 & 0x5555);
    bits = (bits & 0x3333) + (bits >> 2 & 0x3333);
    bits = (bits + (bits >> 4)) & 0x0f0f;
    return (bits + (bits >> 8)) & 31;
}

static void
findRuns(Tile *tile, const Area *area, uint32_t mask)
{
    int runs = 0;
    for (ptrdiff_t y = 0; y < area->height; y++) {
        const uint8_t *row = area->bytes + y * area->stride;
        unsigned found = edges(row, 0, area->width, mask);
        tile->starts[y] = (uint16_t)found;
        /* Each run's bits are what is below the next start, and not below its
         * own. */
        unsigned x = 0;
        found |= 1u << area->width;
        do {
            unsigned end = found & (0u - found);
            found &= found - 1;
            tile->color[runs] = load(row + 4 * x) & mask;
            tile->run[runs] = (uint16_t)(end - (1u << x));
            tile->row[runs++] = (uint8_t)y;
            if (!found)
                break;
            x = lowestBit(end);
        } while (1);
    }
    tile->runs = runs;
}

/* Finds the color that most pixels have, and one that others have.  Returns how
 * many colors there are; it stops at maximum. */
static int
findColors(Tile *tile, int maximum, uint32_t *most, uint32_t *other)
{
    uint16_t pixels[TILE * TILE];
    uint32_t colors[TILE * TILE];
    int count = 0;
    for (int k = 0; k < tile->runs; k++) {
        uint32_t color = tile->color[k];
        int number;
        if (count && color == colors[0])
            number = 0;
        else if (count > 1 && color == colors[1])
            number = 1;
        else if (count < 2)
            number = count;
        else {
            if (count == 2) {
                forgetNumbers(&tile->numbers);
                numberOf(&tile->numbers, colors[0], 0, TILE * TILE);
                numberOf(&tile->numbers, colors[1], 1, TILE * TILE);
            }
            number = numberOf(&tile->numbers, color, count, TILE * TILE);
        }
        if (number == count) {
            if (count == maximum)
                break;
            colors[count] = color;
            pixels[count++] = 0;
        }
        pixels[number] = (uint16_t)(pixels[number] + bitCount(tile->run[k]));
    }
    int best = 0;
    for (int k = 1; k < count; k++)
        if (pixels[k] > pixels[best])
            best = k;
    *most = colors[best];
    *other = colors[best == 0 ? count - 1 : 0];
    return count;
}

/* Writes the subrectangles, as long as they take less than room.  Returns the end,
 * or NULL. */
static uint8_t *
putSubrectangles(uint8_t *out, ptrdiff_t room, const Tile *tile, const Area *area,
                 uint32_t mask, uint32_t background, int colored, Layout layout)
{
    const ptrdiff_t each = colored ? 2 + layout.size : 2;
    uint8_t *const counter = out++;
    unsigned todo[TILE] = {0};
    unsigned count = 0;
    for (int k = 0; k < tile->runs; k++)
        if (tile->color[k] != background)
            todo[tile->row[k]] |= tile->run[k];
    for (ptrdiff_t y = 0; y < area->height; y++) {
        const uint8_t *row = area->bytes + y * area->stride;
        while (todo[y]) {
            unsigned x = lowestBit(todo[y]);
            /* As far as the run goes, and there is something to do. */
            unsigned stop = (tile->starts[y] | ~todo[y]) & ~((2u << x) - 1);
            unsigned run = (stop & (0u - stop)) - (1u << x);
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
            *out++ = (uint8_t)((bitCount(run) - 1) << 4 | (unsigned)(end - y - 1));
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
    uint32_t most, other;
    *flags = 0;
    if (isSolid(area, mask)) {
        most = load(area->bytes) & mask;
        if (!isKept(background, most)) {
            *flags = BACKGROUND;
            out = put(out, most, layout);
        }
        *background = (Kept){1, most};
        return out;
    }
    findRuns(tile, area, mask);
    /* Each color but one takes a subrectangle at least: from so many colors on raw
     * is smaller. */
    const int many = 3 + (int)raw / (2 + layout.size);
    const int colors = findColors(tile, many, &most, &other);
    const int colored = colors > 2;
    uint8_t *end = NULL;
    if (colors < many) {
        *flags = SUBRECTANGLES | (colored ? COLORED : 0);
        if (!isKept(background, most)) {
            *flags |= BACKGROUND;
            out = put(out, most, layout);
        }
        if (!colored && !isKept(foreground, other)) {
            *flags |= FOREGROUND;
            out = put(out, other, layout);
        }
        end = putSubrectangles(out, raw - (out - flags), tile, area, mask, most,
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
