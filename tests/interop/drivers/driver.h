/*
 * Copyright (c) txrfb contributors.
 * See LICENSE for details.
 *
 * What the two drivers of viewer libraries share: their command line, and the
 * conversation over standard input and output that tests/interop/drivers.py
 * documents.
 */
#ifndef TXRFB_DRIVER_H
#define TXRFB_DRIVER_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A pixel format as SetPixelFormat carries it. bits is 0 for "not asked for". */
struct asked_format {
    int bits, depth, big_endian;
    int red_max, green_max, blue_max;
    int red_shift, green_shift, blue_shift;
};

struct arguments {
    const char *host;
    int port;
    const char *encodings;
    const char *password;
    const char *user;
    const char *authority;
    int quality;  /* -1: no JPEG */
    int compress; /* -1: the library's default */
    struct asked_format format;
};

static void usage(const char *program)
{
    fprintf(stderr,
            "usage: %s HOST PORT ENCODINGS [--password P] [--user U] [--authority FILE]\n"
            "       [--quality 0..9] [--compress 0..9]\n"
            "       [--format BITS,DEPTH,BIG,RMAX,GMAX,BMAX,RSHIFT,GSHIFT,BSHIFT]\n",
            program);
    exit(2);
}

static struct arguments parse_arguments(int argc, char **argv)
{
    struct arguments a = {0};
    a.quality = a.compress = -1;
    if (argc < 4 || argc % 2)
        usage(argv[0]);
    a.host = argv[1];
    a.port = atoi(argv[2]);
    a.encodings = argv[3];
    for (int i = 4; i < argc; i += 2) {
        const char *name = argv[i], *value = argv[i + 1];
        struct asked_format *f = &a.format;
        if (!strcmp(name, "--password"))
            a.password = value;
        else if (!strcmp(name, "--user"))
            a.user = value;
        else if (!strcmp(name, "--authority"))
            a.authority = value;
        else if (!strcmp(name, "--quality"))
            a.quality = atoi(value);
        else if (!strcmp(name, "--compress"))
            a.compress = atoi(value);
        else if (strcmp(name, "--format") ||
                 sscanf(value, "%d,%d,%d,%d,%d,%d,%d,%d,%d", &f->bits, &f->depth,
                        &f->big_endian, &f->red_max, &f->green_max, &f->blue_max,
                        &f->red_shift, &f->green_shift, &f->blue_shift) != 9)
            usage(argv[0]);
    }
    return a;
}

/* What a driver does with each command line. */
static void command_picture(void);
static void command_key(unsigned keysym, int down);
static void command_pointer(int x, int y, int buttons);
static void command_cut(const char *text);
static void command_size(int width, int height);

/* Carry out the commands that wait on standard input; 0 when it has ended. */
static int read_commands(void)
{
    static char line[65536];
    static size_t held;
    ssize_t got = read(0, line + held, sizeof line - 1 - held);
    if (got <= 0)
        return 0;
    held += (size_t)got;
    char *start = line, *end;
    while ((end = memchr(start, '\n', held - (size_t)(start - line)))) {
        unsigned keysym;
        int x, y, state;
        *end = 0;
        if (!strcmp(start, "picture"))
            command_picture();
        else if (sscanf(start, "key %u %d", &keysym, &state) == 2)
            command_key(keysym, state);
        else if (sscanf(start, "pointer %d %d %d", &x, &y, &state) == 3)
            command_pointer(x, y, state);
        else if (sscanf(start, "size %d %d", &x, &y) == 2)
            command_size(x, y);
        else if (!strncmp(start, "cut ", 4))
            command_cut(start + 4);
        else
            fprintf(stderr, "unknown command: %s\n", start);
        start = end + 1;
    }
    held -= (size_t)(start - line);
    memmove(line, start, held);
    return held < sizeof line - 1;
}

/* Send the picture: a header line, then rows of R G B. */
static void send_picture(int width, int height, unsigned long updates,
                         const unsigned char *rgb)
{
    printf("picture %d %d %lu\n", width, height, updates);
    fwrite(rgb, 3, (size_t)width * (size_t)height, stdout);
    fflush(stdout);
}

/* Tell of a new cursor: its size, its hotspot, and R G B A of its pixels. */
static void send_cursor(int width, int height, int x, int y, const unsigned char *rgba)
{
    printf("cursor %d %d %d %d ", width, height, x, y);
    for (int i = 0; i < width * height * 4; i++)
        printf("%02x", rgba[i]);
    printf("\n");
    fflush(stdout);
}

#endif
