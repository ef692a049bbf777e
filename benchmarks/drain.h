/* Copyright (c) txrfb contributors.  See LICENSE for details.
 *
 * The framing of what an RFB server sends: where messages, updates and rectangles end,
 * without decoding pixels.  Fed in pieces of any size. */
#ifndef TXRFB_DRAIN_H
#define TXRFB_DRAIN_H

#include <stdint.h>
#include <string.h>

typedef struct {
    int x, y, w, h;
    int32_t encoding;
} Framed;

typedef struct Parser Parser;
struct Parser {
    int bpp, cpixel, tpixel;             /* bytes a pixel, a ZRLE pixel, a Tight pixel */
    void (*rectangle)(Parser *, const Framed *); /* a rectangle begins */
    void (*update)(Parser *);            /* an update has ended */
    const char *error;                   /* set when the stream makes no sense */
    int state, have, need, left, last;   /* left: rectangles; last: until LastRect */
    uint64_t skip;                       /* bytes to pass over */
    uint64_t rectangles, updates, bytes;
    uint8_t head[32];
    Framed rect;
    int tx, ty, tw, th;                  /* the tile of Hextile and TRLE */
    int palette, run, control, length;   /* run: of pixels, not of palette entries */
    long remaining;                      /* pixels still to come of a tile of runs */
};

enum {
    MESSAGE, UPDATE, RECTANGLE, LENGTH, COUNTED, HEXTILE, HEXCOUNT, TIGHT, FILTER,
    COLORS, COMPACT, NAME, SCREENS, COLORMAP, CUTTEXT, FENCE, TRLE, RUNPIXEL, RUNINDEX,
    RUNLENGTH, END
};

static inline void expect(Parser *p, int state, int need) {
    p->state = state;
    p->need = need;
    p->have = 0;
}

static inline uint32_t be32(const uint8_t *b) {
    return (uint32_t)b[0] << 24 | b[1] << 16 | b[2] << 8 | b[3];
}

static inline void parserInit(Parser *p, int bpp, int depth24) {
    memset(p, 0, sizeof *p);
    p->bpp = bpp;
    p->cpixel = p->tpixel = bpp == 4 && depth24 ? 3 : bpp;
    expect(p, MESSAGE, 1);
}

static inline void nextRectangle(Parser *p) {
    if (p->left > 0 || p->last) {
        expect(p, RECTANGLE, 12);
        return;
    }
    expect(p, END, 0); /* taken when the bytes still to be passed over are here */
}

static inline void endRectangle(Parser *p) {
    if (!p->last) p->left--;
    nextRectangle(p);
}

/* Go to the first or next tile of 16x16. */
static inline void tile(Parser *p, int first) {
    int state = p->rect.encoding == 5 ? HEXTILE : TRLE;
    if (first) {
        p->tx = p->ty = 0;
        p->palette = 0;
    } else if ((p->tx += 16) >= p->rect.w) {
        p->tx = 0;
        p->ty += 16;
    }
    if (p->ty >= p->rect.h || p->rect.w == 0) {
        endRectangle(p);
        return;
    }
    p->tw = p->rect.w - p->tx < 16 ? p->rect.w - p->tx : 16;
    p->th = p->rect.h - p->ty < 16 ? p->rect.h - p->ty : 16;
    expect(p, state, 1);
}

static inline void runs(Parser *p) {
    if (p->remaining < 0) p->error = "a run longer than its tile";
    else if (p->remaining == 0) tile(p, 0);
    else if (p->run) expect(p, RUNPIXEL, p->cpixel);
    else expect(p, RUNINDEX, 1);
}

/* The data of a Tight rectangle of this many bytes before compression. */
static inline void tightData(Parser *p, long size) {
    if (size < 12) {
        p->skip = size;
        endRectangle(p);
        return;
    }
    p->length = 0;
    expect(p, COMPACT, 1);
}

static inline void startRectangle(Parser *p) {
    Framed *r = &p->rect;
    const uint8_t *b = p->head;
    r->x = b[0] << 8 | b[1];
    r->y = b[2] << 8 | b[3];
    r->w = b[4] << 8 | b[5];
    r->h = b[6] << 8 | b[7];
    r->encoding = (int32_t)be32(b + 8);
    long pixels = (long)r->w * r->h;
    if (r->encoding == -224) {
        p->last = p->left = 0;
        nextRectangle(p);
        return;
    }
    p->rectangles++;
    if (r->encoding >= 0 || r->encoding == -260) p->rectangle(p, r);
    switch (r->encoding) {
    case 0: p->skip = pixels * p->bpp; endRectangle(p); break;
    case 1: p->skip = 4; endRectangle(p); break;
    case 2: case 4: case 6: case 16: expect(p, LENGTH, 4); break;
    case 5: case 15: tile(p, 1); break;
    case 7: case -260: expect(p, TIGHT, 1); break;
    case -239:
        p->skip = pixels * p->bpp + (r->w + 7) / 8 * (long)r->h;
        endRectangle(p);
        break;
    case -223: case -232: endRectangle(p); break;
    case -307: expect(p, NAME, 4); break;
    case -308: expect(p, SCREENS, 4); break;
    default: p->error = "a rectangle of an encoding that was not asked for"; break;
    }
}

static inline void step(Parser *p) {
    const uint8_t *b = p->head;
    int c = b[0];
    Framed *r = &p->rect;
    switch (p->state) {
    case MESSAGE:
        switch (c) {
        case 0: expect(p, UPDATE, 3); break;
        case 1: expect(p, COLORMAP, 5); break;
        case 2: expect(p, MESSAGE, 1); break;
        case 3: expect(p, CUTTEXT, 7); break;
        case 150: expect(p, MESSAGE, 1); break;
        case 248: expect(p, FENCE, 8); break;
        default: p->error = "a message of unknown type"; break;
        }
        break;
    case UPDATE:
        p->left = b[1] << 8 | b[2];
        p->last = p->left == 0xffff;
        nextRectangle(p);
        break;
    case RECTANGLE: startRectangle(p); break;
    case END:
        expect(p, MESSAGE, 1);
        p->updates++;
        p->update(p);
        break;
    case LENGTH:
        if (r->encoding == 6 || r->encoding == 16) p->skip = be32(b);
        else p->skip = p->bpp + (uint64_t)be32(b) * (p->bpp + (r->encoding == 2 ? 8 : 4));
        endRectangle(p);
        break;
    case HEXTILE:
        p->control = c;
        if (c & 1) {
            p->skip = (uint64_t)p->tw * p->th * p->bpp;
            tile(p, 0);
            break;
        }
        p->skip = ((c & 2 ? 1 : 0) + (c & 4 ? 1 : 0)) * p->bpp;
        if (c & 8) expect(p, HEXCOUNT, 1);
        else tile(p, 0);
        break;
    case HEXCOUNT:
        p->skip = c * (p->control & 16 ? 2 + p->bpp : 2);
        tile(p, 0);
        break;
    case TIGHT: {
        int kind = c >> 4;
        p->control = c;
        if (kind == 8) {
            p->skip = p->tpixel;
            endRectangle(p);
        } else if (kind == 9 || kind == 10) {
            p->length = 0;
            expect(p, COMPACT, 1);
        } else if (kind > 10) {
            p->error = "Tight: an unknown compression";
        } else if (kind & 4) {
            expect(p, FILTER, 1);
        } else {
            tightData(p, (long)r->w * r->h * p->tpixel);
        }
        break;
    }
    case FILTER:
        if (c == 1) expect(p, COLORS, 1);
        else if (c == 0 || c == 2) tightData(p, (long)r->w * r->h * p->tpixel);
        else p->error = "Tight: an unknown filter";
        break;
    case COLORS: {
        /* The palette is passed over together with what follows it when that is short,
         * else before the length, which tightData waits for. */
        int colors = c + 1;
        long size = colors == 2 ? (long)(r->w + 7) / 8 * r->h : (long)r->w * r->h;
        tightData(p, size);
        p->skip += (uint64_t)colors * p->tpixel;
        break;
    }
    case COMPACT:
        /* Up to three bytes of 7, 7 and 8 bits: length counts the bytes in its top. */
        {
            int at = p->length >> 28, value = p->length & 0xfffffff;
            value |= (at == 2 ? c : c & 127) << 7 * at;
            if (at < 2 && c & 128) {
                p->length = value | (at + 1) << 28;
                expect(p, COMPACT, 1);
            } else {
                p->skip = value;
                endRectangle(p);
            }
        }
        break;
    case NAME: p->skip = be32(b); endRectangle(p); break;
    case SCREENS: p->skip = 16 * c; endRectangle(p); break;
    case COLORMAP: p->skip = 6 * (b[3] << 8 | b[4]); expect(p, MESSAGE, 1); break;
    case CUTTEXT: p->skip = be32(b + 3); expect(p, MESSAGE, 1); break;
    case FENCE: p->skip = b[7]; expect(p, MESSAGE, 1); break;
    case TRLE: {
        long pixels = (long)p->tw * p->th;
        p->remaining = pixels;
        int reuse = c == 127 || c == 129;
        if (reuse && !p->palette) { p->error = "TRLE: no palette to use again"; break; }
        if (c == 0) { p->skip = pixels * p->cpixel; tile(p, 0); }
        else if (c == 1) { p->skip = p->cpixel; tile(p, 0); }
        else if (c <= 16 || c == 127) {
            if (c != 127) p->palette = c;
            int bits = p->palette == 2 ? 1 : p->palette <= 4 ? 2 : 4;
            p->skip = (uint64_t)(p->tw * bits + 7) / 8 * p->th;
            if (c != 127) p->skip += (uint64_t)p->palette * p->cpixel;
            tile(p, 0);
        } else if (c == 128) {
            p->run = 1;
            expect(p, RUNPIXEL, p->cpixel);
        } else if (c >= 129) {
            p->run = 0;
            if (c > 129) {
                p->palette = c - 128;
                p->skip = (uint64_t)p->palette * p->cpixel;
            }
            expect(p, RUNINDEX, 1);
        } else p->error = "TRLE: an unknown kind of tile";
        break;
    }
    case RUNINDEX:
        p->length = 1;
        if (c & 128) expect(p, RUNLENGTH, 1);
        else { p->remaining--; runs(p); }
        break;
    case RUNPIXEL: p->length = 1; expect(p, RUNLENGTH, 1); break;
    case RUNLENGTH:
        p->length += c;
        if (c == 255) expect(p, RUNLENGTH, 1);
        else {
            p->remaining -= p->length;
            runs(p);
        }
        break;
    }
}

static inline void feed(Parser *p, const uint8_t *data, size_t size) {
    p->bytes += size;
    while (!p->error) {
        if (p->skip) {
            size_t n = size < p->skip ? size : p->skip;
            p->skip -= n;
            data += n;
            size -= n;
            if (p->skip) return;
        }
        if (p->have < p->need) {
            size_t n = p->need - p->have;
            if (n > size) n = size;
            memcpy(p->head + p->have, data, n);
            p->have += n;
            data += n;
            size -= n;
            if (p->have < p->need) return;
        }
        step(p);
    }
}
#endif
