/* Copyright (c) txrfb contributors.  See LICENSE for details.
 *
 * The frames of a workload (benchmarks/workloads.py describes the file), a screen that
 * shows them, and the page on which a server tells the drain client how far it is. */
#ifndef TXRFB_FRAMES_H
#define TXRFB_FRAMES_H

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#pragma pack(push, 1)
typedef struct { char magic[8]; uint32_t width, height, frames, zero; } FramesHeader;
typedef struct { uint32_t damages, copies, residues, top, bottom, zero; uint64_t bits; } Record;
typedef struct { uint32_t x, y, w, h; uint64_t pixels; } Damage;
typedef struct { uint32_t sx, sy, dx, dy, w, h; } Copy;
typedef struct { uint32_t x, y, w, h; } Rect;
#pragma pack(pop)

typedef struct {
    const uint8_t *base;
    int width, height, frames;
} Frames;

typedef struct {
    const Damage *damages;
    const Copy *copies;
    const Rect *residues;
    const uint8_t *bits;
    int ndamages, ncopies, nresidues, top, bottom;
} Frame;

/* What a server tells: frames shown so far, and the CPU time that it spent on painting
 * them into its framebuffer, which is the application's work and not the server's; how
 * often NOTED_KEY was pressed, and when it was the last times.  And what it is told: to
 * paint nothing more.  benchmarks/progress.py is the same in Python. */
#define NOTED_KEY 'z'
#define NOTED_KEYS 500
typedef struct {
    volatile uint64_t shown, paint_ns, halted, pressed, times[NOTED_KEYS];
} Progress;

/* Mapped and read in, so that no page fault is counted as anybody's work. */
static inline void *mapFile(const char *path, int writable, size_t *size) {
    struct stat st;
    int fd = open(path, writable ? O_RDWR : O_RDONLY);
    if (fd < 0 || fstat(fd, &st) < 0) { perror(path); exit(2); }
    void *map = mmap(NULL, st.st_size, writable ? PROT_READ | PROT_WRITE : PROT_READ,
                     MAP_SHARED | MAP_POPULATE, fd, 0);
    if (map == MAP_FAILED) { perror(path); exit(2); }
    close(fd);
    if (size) *size = st.st_size;
    return map;
}

static inline Frames openFrames(const char *path) {
    size_t size;
    Frames f;
    f.base = mapFile(path, 0, &size);
    const FramesHeader *h = (const FramesHeader *)f.base;
    if (size < sizeof *h || memcmp(h->magic, "TXRFBWL1", 8)) {
        fprintf(stderr, "%s: not a workload\n", path);
        exit(2);
    }
    f.width = h->width; f.height = h->height; f.frames = h->frames;
    return f;
}

static inline Frame getFrame(const Frames *f, int n) {
    uint64_t at;
    memcpy(&at, f->base + sizeof(FramesHeader) + 8 * (size_t)n, 8);
    const Record *r = (const Record *)(f->base + at);
    Frame x;
    x.ndamages = r->damages; x.ncopies = r->copies; x.nresidues = r->residues;
    x.top = r->top; x.bottom = r->bottom;
    x.bits = f->base + r->bits;
    x.damages = (const Damage *)(r + 1);
    x.copies = (const Copy *)(x.damages + x.ndamages);
    x.residues = (const Rect *)(x.copies + x.ncopies);
    return x;
}

/* Bring a screen of packed rows that shows the frame before up to date. */
static inline void paintFrame(const Frames *f, const Frame *x, uint8_t *screen) {
    for (int k = 0; k < x->ndamages; k++) {
        const Damage *d = x->damages + k;
        const uint8_t *from = f->base + d->pixels;
        uint8_t *to = screen + 4 * ((size_t)d->y * f->width + d->x);
        for (uint32_t y = 0; y < d->h; y++)
            memcpy(to + 4 * (size_t)y * f->width, from + 4 * (size_t)y * d->w, 4 * d->w);
    }
}

static inline uint64_t clockNs(clockid_t id) {
    struct timespec t;
    if (clock_gettime(id, &t)) return 0;
    return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static inline void noteKey(Progress *progress) {
    progress->times[progress->pressed % NOTED_KEYS] = clockNs(CLOCK_MONOTONIC);
    progress->pressed++;
}

/* Frame number `next` of an animation that goes on for ever: from the second one again,
 * as the first is the scene for all others. */
static inline int inTheRound(int next, int frames) {
    return next < frames ? next : 1 + (next - 1) % (frames - 1);
}

/* The microseconds until the next tick of an animation; 0 when it is due, and then the
 * next one is set.  Ticks that were missed are left out. */
static inline uint64_t untilTick(uint64_t *tick, int fps) {
    uint64_t now = clockNs(CLOCK_MONOTONIC), period = 1000000000ull / fps;
    if (!*tick) *tick = now;
    if (now < *tick) return (*tick - now) / 1000 + 1;
    *tick += period * ((now - *tick) / period + 1);
    return 0;
}
#endif
