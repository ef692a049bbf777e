/* Copyright (c) txrfb contributors.
 * See LICENSE for details.
 *
 * Looking for what was moved: scrolled rows, and areas that went anywhere.
 */

#include <stdlib.h>

#include "inline.h"

/* A scroll of fewer rows is not worth looking for. */
#define SCROLL 16

/* Sixteen pixels each; a row is known by them. */
#define WINDOWS 12

/* What is moved is recognized by squares of this side. */
#define ANCHOR 16

/* How many rows are looked at for squares in which there is something to recognize: a
 * row of it has so many pixels that differ from the one to the left; and how many of
 * these squares are looked for. */
#define LINES 16
#define EDGES 4
#define ANCHORS 4

/* How many places are looked at where there is such a square. */
#define PLACES 4

/* How far things move, and how many pixels there must be. */
#define REACH 256
#define MIN_MOVED 4096

/* Where the windows begin.  They begin where lines of a cache do, as a rule, so that
 * each needs only one: left is the column of memory that the area begins with. */
static ptrdiff_t
placeWindows(ptrdiff_t width, ptrdiff_t left, ptrdiff_t places[WINDOWS])
{
    const ptrdiff_t windows = least(width / 16, WINDOWS);
    for (ptrdiff_t j = 0; j < windows; j++) {
        ptrdiff_t at = (width - 16) * j / most(windows - 1, 1);
        at -= (left + at) & 15;
        if (at < 0)
            at = least(at + 16, width - 16);
        places[j] = at * 4;
    }
    return windows;
}

static void
hashRows(const Area *area, ptrdiff_t left, uint64_t *hashes)
{
    ptrdiff_t places[WINDOWS];
    const ptrdiff_t windows = placeWindows(area->width, left, places);
    const uint32_t mask = colorMask();
    for (ptrdiff_t y = 0; y < area->height; y++) {
        const uint8_t *row = lineOf(area, y);
        uint32_t lanes[16];
        for (uint32_t k = 0; k < 16; k++)
            lanes[k] = k + 1;
#ifdef USE_SSE2
        const __m128i masks = _mm_set1_epi32((int)mask);
        __m128i sums[4];
        load16(sums, (const uint8_t *)lanes);
#endif
        for (ptrdiff_t j = 0; j < windows; j++) {
            const uint8_t *p = row + places[j];
            /* Times 31, by what all machines have vectors for. */
#ifdef USE_SSE2
            __m128i here[4];
            load16(here, p);
            for (int k = 0; k < 4; k++)
                sums[k] = _mm_add_epi32(
                    _mm_sub_epi32(_mm_slli_epi32(sums[k], 5), sums[k]),
                    _mm_and_si128(here[k], masks));
#else
            for (int k = 0; k < 16; k++)
                lanes[k] = (lanes[k] << 5) - lanes[k] + (load(p + 4 * k) & mask);
#endif
        }
#ifdef USE_SSE2
        for (int k = 0; k < 4; k++)
            _mm_storeu_si128((__m128i *)(lanes + 4 * k), sums[k]);
#endif
        uint64_t hash = 0;
        for (int k = 0; k < 8; k++)
            hash = (hash ^ lanes[k] ^ (uint64_t)lanes[k + 8] << 32) *
                   0x9E3779B97F4A7C15u;
        hashes[y] = hash ^ hash >> 29;
    }
}

/* In the table of rows by their hash: the slot's row has this hash, and another
 * row has it, too. */
#define SEVERAL ((ptrdiff_t)1 << (sizeof(ptrdiff_t) * 8 - 2))
#define NONE ((ptrdiff_t)-1)

static size_t
slotOf(uint64_t hash, const ptrdiff_t *table, size_t slots, const uint64_t *hashes)
{
    size_t slot = (size_t)(hash >> 20) & (slots - 1);
    while (table[slot] != NONE && hashes[table[slot] & ~SEVERAL] != hash)
        slot = (slot + 1) & (slots - 1);
    return slot;
}

/* Finds rows that went up or down: returns 1 if there are enough, 0 if not, -1 if there
 * is no memory. */
static int
findScroll(const Area *old, const Area *new, ptrdiff_t left, Move *found)
{
    const ptrdiff_t height = new->height, width = new->width;
    size_t slots = 64;
    while (slots < 2 * (size_t)height)
        slots *= 2;
    uint64_t *was = malloc((size_t)height * 2 * sizeof *was);
    ptrdiff_t *table = malloc(slots * sizeof *table);
    ptrdiff_t *votes = calloc(2 * (size_t)height, sizeof *votes);
    ptrdiff_t longest = -1;
    if (!was || !table || !votes)
        goto done;
    longest = 0;
    uint64_t *now = was + height;
    hashRows(old, left, was);
    hashRows(new, left, now);

    for (size_t k = 0; k < slots; k++)
        table[k] = NONE;
    for (ptrdiff_t y = 0; y < height; y++) {
        size_t slot = slotOf(was[y], table, slots, was);
        table[slot] = table[slot] == NONE ? y : table[slot] | SEVERAL;
    }
    for (ptrdiff_t y = 0; y < height; y++) {
        if (now[y] == was[y])
            continue;
        ptrdiff_t row = table[slotOf(now[y], table, slots, was)];
        if (row != NONE && !(row & SEVERAL))
            votes[row - y + height]++;
    }
    ptrdiff_t best = 0;
    for (ptrdiff_t k = 1; k < 2 * height; k++)
        if (votes[k] > votes[best])
            best = k;
    if (votes[best] < SCROLL / 2)
        goto done;

    const ptrdiff_t distance = best - height;
    ptrdiff_t run = 0;
    for (ptrdiff_t y = 0; y < height; y++) {
        ptrdiff_t from = y + distance;
        if (from >= 0 && from < height && now[y] == was[from] &&
            !differs(lineOf(new, y), lineOf(old, from), width, 1)) {
            run++;
            if (run > longest) {
                longest = run;
                const ptrdiff_t top = y + 1 - run;
                *found = (Move){0, top, width, run, 0, top + distance};
            }
        } else
            run = 0;
    }
done:
    free(was);
    free(table);
    free(votes);
    return longest < 0 ? -1 : longest >= SCROLL;
}

/* How many of the sixteen pixels of a row from x on differ from the one to the left. */
static int
edgesAt(const uint8_t *row, ptrdiff_t x, ptrdiff_t width, uint32_t mask)
{
    int count = 0;
    for (unsigned bits = edges(row, x, width, mask); bits; bits &= bits - 1)
        count++;
    return count;
}

/* Whether the square of old at x, y is that of new at anchorX, anchorY. */
static int
isAnchor(const Area *old, ptrdiff_t x, ptrdiff_t y, const Area *new, ptrdiff_t anchorX,
         ptrdiff_t anchorY)
{
    for (ptrdiff_t k = 0; k < ANCHOR; k++)
        if (differs(lineOf(old, y + k) + 4 * x, lineOf(new, anchorY + k) + 4 * anchorX, ANCHOR,
                    1))
            return 0;
    return 1;
}

/* In which of the sixteen columns of a row from x on there are two colors side by
 * side. */
static unsigned
pairs(const uint8_t *row, uint32_t first, uint32_t second, uint32_t mask)
{
#ifdef USE_SSE2
    const __m128i firsts = _mm_set1_epi32((int)first);
    const __m128i seconds = _mm_set1_epi32((int)second);
    __m128i here[4], next[4], alike[4];
    load16(here, row);
    load16(next, row + 4);
    for (int k = 0; k < 4; k++)
        alike[k] = _mm_or_si128(_mm_xor_si128(here[k], firsts),
                                _mm_xor_si128(next[k], seconds));
    const __m128i zeros[4] = {_mm_setzero_si128(), _mm_setzero_si128(),
                              _mm_setzero_si128(), _mm_setzero_si128()};
    return 0xffffu ^ differing(alike, zeros, mask);
#else
    unsigned found = 0;
    for (int k = 0; k < 16; k++)
        if (!(((load(row + 4 * k) ^ first) | (load(row + 4 * k + 4) ^ second)) & mask))
            found |= 1u << k;
    return found;
#endif
}

/* Makes a row's part from left to right shorter, until there is nothing in it that
 * differs; what lies at middle does not. */
static void
shorten(const uint8_t *a, const uint8_t *b, ptrdiff_t middle, ptrdiff_t *left,
        ptrdiff_t *right)
{
    const uint32_t mask = colorMask();
    if (!differs(a + 4 * *left, b + 4 * *left, *right - *left, 1))
        return;
    ptrdiff_t x = middle;
    while (x < *right && !((load(a + 4 * x) ^ load(b + 4 * x)) & mask))
        x++;
    *right = x;
    x = middle;
    while (x > *left && !((load(a + 4 * x - 4) ^ load(b + 4 * x - 4)) & mask))
        x--;
    *left = x;
}

/* Finds the rows around one of what was moved, above it (step is -1) or below it, that
 * make it largest: returns how many they are. */
static ptrdiff_t
grow(const Area *old, const Area *new, ptrdiff_t dx, ptrdiff_t dy, ptrdiff_t middle,
     ptrdiff_t y, ptrdiff_t step, ptrdiff_t rows, ptrdiff_t *left, ptrdiff_t *right)
{
    ptrdiff_t l = *left, r = *right, best = 0, size = rows * (r - l);
    for (ptrdiff_t k = 1; l < r; k++) {
        const ptrdiff_t row = y + k * step, from = row - dy;
        if (row < 0 || from < 0 || row >= new->height || from >= new->height)
            break;
        shorten(lineOf(new, row), lineOf(old, from) - 4 * dx, middle, &l, &r);
        if (middle >= r || (rows + k) * (r - l) < size / 2)
            break;
        if ((rows + k) * (r - l) > size) {
            size = (rows + k) * (r - l);
            best = k;
            *left = l;
            *right = r;
        }
    }
    return best;
}

/* Finds how large is what was moved by dx, dy, of which the square at x, y is a part. */
static Move
moved(const Area *old, const Area *new, ptrdiff_t x, ptrdiff_t y, ptrdiff_t dx,
      ptrdiff_t dy)
{
    const ptrdiff_t middle = x + ANCHOR / 2, line = y + ANCHOR / 2;
    ptrdiff_t left = most(0, dx), right = least(new->width, new->width + dx);
    shorten(lineOf(new, line), lineOf(old, line - dy) - 4 * dx, middle, &left, &right);
    if (middle < left || middle >= right)
        return (Move){0, 0, 0, 0, 0, 0};
    const ptrdiff_t below =
        grow(old, new, dx, dy, middle, line, 1, 1, &left, &right);
    const ptrdiff_t above =
        grow(old, new, dx, dy, middle, line, -1, 1 + below, &left, &right);
    const ptrdiff_t top = line - above;
    return (Move){left, top, right - left, above + 1 + below, left - dx, top - dy};
}

/* In which of sixteen columns from u on there may be a square whose row at column
 * begins with two colors. */
static unsigned
candidates(const Area *old, const uint8_t *line, ptrdiff_t u, ptrdiff_t column,
           const uint32_t colors[2], uint32_t mask)
{
    /* The sixteenth of them has a pixel to its right. */
    if (u + column + 17 <= old->width)
        return pairs(line + 4 * u, colors[0], colors[1], mask);
    unsigned bits = 0;
    for (ptrdiff_t k = 0; k < 16 && u + k + ANCHOR <= old->width; k++) {
        const uint8_t *p = line + 4 * (u + k);
        if (!(((load(p) ^ colors[0]) | (load(p + 4) ^ colors[1])) & mask))
            bits |= 1u << k;
    }
    return bits;
}

/* Looks in old for the square that new has at x, y, in the nearest rows first, and for
 * what was moved with it.  It is done when that is half of all; found is the largest. */
static void
findAround(const Area *old, const Area *new, ptrdiff_t x, ptrdiff_t y, Move *found)
{
    const uint32_t mask = colorMask();
    const uint8_t *row = lineOf(new, y) + 4 * x;
    /* Two pixels of it that differ are what is looked for first. */
    ptrdiff_t column = 0;
    while (!((load(row + 4 * column) ^ load(row + 4 * column + 4)) & mask))
        if (++column == ANCHOR - 1)
            return;
    const uint32_t colors[2] = {load(row + 4 * column), load(row + 4 * column + 4)};
    const ptrdiff_t left = most(0, x - REACH);
    const ptrdiff_t right = least(old->width - ANCHOR, x + REACH);
    const int64_t half = (int64_t)new->width * new->height / 2;
    int places = 0;
    for (ptrdiff_t k = 0; k <= 2 * REACH; k++) {
        const ptrdiff_t v = k % 2 ? y + (k + 1) / 2 : y - k / 2;
        if (v < 0 || v + ANCHOR > old->height)
            continue;
        const uint8_t *line = lineOf(old, v) + 4 * column;
        for (ptrdiff_t u = left; u <= right; u += 16) {
            unsigned bits = candidates(old, line, u, column, colors, mask);
            for (; bits; bits &= bits - 1) {
                const ptrdiff_t here = u + lowestBit(bits);
                if (here > right || (here == x && v == y) ||
                    !isAnchor(old, here, v, new, x, y))
                    continue;
                const Move one = moved(old, new, x, y, x - here, y - v);
                if (one.width * one.height > found->width * found->height)
                    *found = one;
                if (found->width * found->height >= half || ++places == PLACES)
                    return;
            }
        }
    }
}

/* Finds an area that went anywhere: returns whether it is large enough. */
static int
findArea(const Area *old, const Area *new, Move *found)
{
    const ptrdiff_t width = new->width, height = new->height;
    const uint32_t mask = colorMask();
    *found = (Move){0, 0, 0, 0, 0, 0};
    int tried = 0;
    for (ptrdiff_t k = 0; k < LINES && tried < ANCHORS; k++) {
        /* From the middle on, where most of what was moved is. */
        const ptrdiff_t part = k % 2 ? LINES / 2 - (k + 1) / 2 : LINES / 2 + k / 2;
        const ptrdiff_t y = (height - ANCHOR) * part / LINES;
        const uint8_t *row = lineOf(new, y);
        ptrdiff_t x = 0;
        int best = EDGES - 1;
        for (ptrdiff_t at = 0; at + ANCHOR <= width; at += ANCHOR) {
            const int count = edgesAt(row, at, width, mask);
            if (count > best && !isAnchor(old, at, y, new, at, y)) {
                best = count;
                x = at;
            }
        }
        if (best < EDGES)
            continue;
        tried++;
        findAround(old, new, x, y, found);
        if (found->width * found->height >= MIN_MOVED)
            return 1;
    }
    return 0;
}

int
findMove(const Area *old, const Area *new, ptrdiff_t left, int areasFirst, Move *found)
{
    if (new->width < ANCHOR || new->height < SCROLL)
        return 0;
    if (areasFirst && findArea(old, new, found))
        return 1;
    const int scrolled = findScroll(old, new, left, found);
    if (scrolled || areasFirst)
        return scrolled;
    return findArea(old, new, found);
}
