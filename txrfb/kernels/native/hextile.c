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
    uint16_t rest[TILE];   /* for each row which pixels are not of the background */
    Numbers numbers;
} Tile;

/* Sets the rest of a tile with a background.  Returns how many pixels that has. */
static ptrdiff_t
setRest(Tile *tile, const Area *area, uint32_t mask, uint32_t background)
{
    ptrdiff_t count = 0;
#ifdef USE_SSE2
    if (area->width == TILE) {
        const __m128i masks = _mm_set1_epi32((int)mask);
        const __m128i color = _mm_set1_epi32((int)background);
        __m128i counts = _mm_setzero_si128();
        for (ptrdiff_t y = 0; y < area->height; y++) {
            __m128i like[4];
            load16(like, area->bytes + y * area->stride);
            for (int k = 0; k < 4; k++)
                like[k] = _mm_cmpeq_epi32(_mm_and_si128(like[k], masks), color);
            /* A byte each, of which what is true is -1. */
            like[0] = _mm_packs_epi16(_mm_packs_epi32(like[0], like[1]),
                                      _mm_packs_epi32(like[2], like[3]));
            counts = _mm_sub_epi8(counts, like[0]);
            tile->rest[y] = (uint16_t)~_mm_movemask_epi8(like[0]);
        }
        counts = _mm_sad_epu8(counts, _mm_setzero_si128());
        return _mm_cvtsi128_si32(counts) + _mm_extract_epi16(counts, 4);
    }
#endif
    for (ptrdiff_t y = 0; y < area->height; y++) {
        const uint8_t *row = area->bytes + y * area->stride;
        unsigned rest = 0;
        for (ptrdiff_t x = 0; x < area->width; x++) {
            const int isOther = (load(row + 4 * x) & mask) != background;
            rest |= (unsigned)isOther << x;
            count += !isOther;
        }
        tile->rest[y] = (uint16_t)rest;
    }
    return count;
}

/* How many bits are set: of each two, four, eight and then all. */
static inline int
countBits(uint64_t bits)
{
    bits -= bits >> 1 & 0x5555555555555555u;
    bits = (bits & 0x3333333333333333u) + (bits >> 2 & 0x3333333333333333u);
    bits = (bits + (bits >> 4)) & 0x0f0f0f0f0f0f0f0fu;
    return (int)(bits * 0x0101010101010101u >> 56);
}

/* Which pixels of a row differ from the one above. */
static unsigned
belowOthers(const uint8_t *row, ptrdiff_t stride, ptrdiff_t width, uint32_t mask)
{
#ifdef USE_SSE2
    if (width == TILE) {
        __m128i here[4], above[4];
        load16(here, row);
        load16(above, row - stride);
        return differing(here, above, mask);
    }
#endif
    unsigned found = 0;
    for (ptrdiff_t x = 0; x < width; x++) {
        const uint8_t *p = row + 4 * x;
        found |= (unsigned)(((load(p) ^ load(p - stride)) & mask) != 0) << x;
    }
    return found;
}

/* How many subrectangles the rest takes at the least: what differs from the left and from
 * above is the corner of one. */
static int
countCorners(const Tile *tile, const Area *area, uint32_t mask)
{
    int count = 0;
    uint64_t some = 0;
    for (ptrdiff_t y = 0; y < area->height; y++) {
        const uint8_t *row = area->bytes + y * area->stride;
        unsigned corners = tile->rest[y] & (tile->starts[y] | 1u);
        if (y)
            corners &= belowOthers(row, area->stride, area->width, mask);
        some = some << 16 | corners;
        if (y % 4 == 3) {
            count += countBits(some);
            some = 0;
        }
    }
    return count + countBits(some);
}

/* Finds where runs begin.  Returns whether there are so many that it must be a photo:
 * three quarters of the pixels of the first rows. */
static int
findStarts(Tile *tile, const Area *area, uint32_t mask)
{
    uint64_t some = 0;
    for (ptrdiff_t y = 0; y < area->height; y++) {
        const unsigned found =
            edges(area->bytes + y * area->stride, 0, area->width, mask);
        tile->starts[y] = (uint16_t)found;
        if (y < 4)
            some |= (uint64_t)found << 16 * y;
    }
    return countBits(some) > 48;
}

/* Whether an area has so many colors for sure: of those with the same hash one counts. */
static int
hasMany(const Area *area, uint32_t mask, int many)
{
    uint8_t seen[SLOTS];
    int count = 0;
    memset(seen, 0, sizeof seen);
    for (ptrdiff_t y = 0; y < area->height && count < many; y++) {
        const uint8_t *row = area->bytes + y * area->stride;
        for (ptrdiff_t x = 0; x < area->width; x++) {
            const unsigned slot = (load(row + 4 * x) & mask) * 0x9E3779B1u >> 22;
            count += !seen[slot];
            seen[slot] = 1;
        }
    }
    return count >= many;
}

/* Finds out whether one color has more than half of the pixels, at three places where it
 * would most often be, and sets the rest then. */
static int
findMajority(Tile *tile, const Area *area, uint32_t mask, uint32_t *color)
{
    const ptrdiff_t width = area->width, height = area->height;
    const ptrdiff_t places[3] = {0, (height - 1) * area->stride + 4 * (width - 1),
                                 height / 2 * area->stride + 4 * (width / 2)};
    uint32_t seen[3];
    for (int k = 0; k < 3; k++) {
        seen[k] = load(area->bytes + places[k]) & mask;
        if ((k && seen[k] == seen[0]) || (k > 1 && seen[k] == seen[1]))
            continue;
        if (2 * setRest(tile, area, mask, seen[k]) > width * height) {
            *color = seen[k];
            return 1;
        }
    }
    return 0;
}

/* Whether all of the rest, which is not empty, has one color, which is found. */
static int
isOneColor(const Tile *tile, const Area *area, uint32_t mask, uint32_t *color)
{
    int isFound = 0;
    for (ptrdiff_t y = 0; y < area->height; y++) {
        const uint8_t *row = area->bytes + y * area->stride;
        for (unsigned rest = tile->rest[y]; rest; rest &= rest - 1) {
            const uint32_t here = load(row + 4 * lowestBit(rest)) & mask;
            if (isFound && here != *color)
                return 0;
            *color = here;
            isFound = 1;
        }
    }
    return 1;
}

/* Finds the runs and the palette.  Returns how many colors there are; it stops at
 * maximum. */
static int
findColors(Tile *tile, const Area *area, uint32_t mask, int maximum)
{
    int runs = 0, colors = 0;
    forgetNumbers(&tile->numbers);
    for (ptrdiff_t y = 0; y < area->height; y++) {
        const uint8_t *row = area->bytes + y * area->stride;
        unsigned found = tile->starts[y] | 1u << area->width;
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

/* Sets the rest of a tile of which the runs are known. */
static void
setRestOfRuns(Tile *tile, int background)
{
    memset(tile->rest, 0, sizeof tile->rest);
    for (int k = 0; k < tile->runs; k++)
        if (tile->number[k] != background)
            tile->rest[tile->row[k]] |= tile->run[k];
}

/* Writes the subrectangles, as long as they take less than room.  Returns the end,
 * or NULL. */
static uint8_t *
putSubrectangles(uint8_t *out, ptrdiff_t room, const Tile *tile, const Area *area,
                 uint32_t mask, int colored, Layout layout)
{
    const ptrdiff_t each = colored ? 2 + layout.size : 2;
    uint8_t *const counter = out++;
    unsigned todo[TILE];
    unsigned count = 0;
    for (ptrdiff_t y = 0; y < area->height; y++)
        todo[y] = tile->rest[y];
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
    uint32_t most = 0, other = 0;
    int colored = 0, isFew = 1;
    /* Each color but one takes a subrectangle at least: from so many colors on raw is
     * smaller. */
    const int many = 3 + (int)raw / (2 + layout.size);
    const int isPhoto = findStarts(tile, area, mask);
    if (isPhoto && hasMany(area, mask, many))
        isFew = 0;
    else if (!isPhoto && findMajority(tile, area, mask, &most)) {
        colored = !isOneColor(tile, area, mask, &other);
    } else {
        const int colors = findColors(tile, area, mask, many);
        isFew = colors < many;
        if (isFew) {
            int best = 0;
            for (int k = 1; k < colors; k++)
                if (tile->pixels[k] > tile->pixels[best])
                    best = k;
            most = tile->palette[best];
            other = tile->palette[best ? 0 : colors - 1];
            colored = colors > 2;
            setRestOfRuns(tile, best);
        }
    }
    uint8_t *end = NULL;
    if (isFew) {
        *flags = SUBRECTANGLES | (colored ? COLORED : 0);
        if (!isKept(background, most)) {
            *flags |= BACKGROUND;
            out = put(out, most, layout);
        }
        if (!colored && !isKept(foreground, other)) {
            *flags |= FOREGROUND;
            out = put(out, other, layout);
        }
        const ptrdiff_t room = raw - (out - flags);
        const ptrdiff_t each = colored ? 2 + layout.size : 2;
        if (!isPhoto || countCorners(tile, area, mask) * each < room)
            end = putSubrectangles(out, room, tile, area, mask, colored, layout);
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
