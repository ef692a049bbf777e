/* Copyright (c) txrfb contributors.  See LICENSE for details.
 *
 * Viewers of a desktop that somebody else works on: each asks for the next update as soon
 * as it has one, and decodes nothing.
 *
 *     spectators PORT VIEWERS ENCODINGS SECONDS KEYS
 *
 * Prints "ready" when all have the first picture, waits for a line, watches for so many
 * seconds, and prints one JSON object: updates and bytes of a viewer, on average.  If KEYS
 * is not 0, viewer 0 presses a key every so many milliseconds, and the object has the
 * median time from a key to the end of the next update. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "drain.h"

#define MOST 1025

typedef struct {
    Parser parser; /* first: the callbacks cast */
    int fd, ended, width, height;
} Viewer;

static Viewer viewers[MOST];
static int count, lines, epoll;
static uint64_t pressed, latencies[1 << 16];
static size_t presses;

static void fail(const char *what) {
    fprintf(stderr, "spectators: %s\n", what);
    exit(1);
}

static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static void onRectangle(Parser *p, const Framed *r) { (void)p, (void)r; }

static void onUpdate(Parser *p) { ((Viewer *)p)->ended = 1; }

static void sendAll(int fd, const void *data, size_t size) {
    if (send(fd, data, size, MSG_NOSIGNAL) != (ssize_t)size) fail("cannot send");
}

static void recvAll(int fd, void *data, size_t size) {
    for (size_t got = 0; got < size;) {
        ssize_t n = recv(fd, (char *)data + got, size - got, 0);
        if (n <= 0) fail("the server hung up in the handshake");
        got += n;
    }
}

static void request(Viewer *v, int incremental) {
    uint8_t m[10] = {3, incremental, 0, 0, 0, 0, v->width >> 8, v->width & 255,
                     v->height >> 8, v->height & 255};
    sendAll(v->fd, m, sizeof m);
}

static void join(Viewer *v, int port, const char *list) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    v->fd = socket(AF_INET, SOCK_STREAM, 0);
    int one = 1;
    if (v->fd < 0) fail("no socket");
    setsockopt(v->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(v->fd, (struct sockaddr *)&to, sizeof to)) fail("cannot connect");
    uint8_t b[256];
    recvAll(v->fd, b, 12);
    sendAll(v->fd, "RFB 003.008\n", 12);
    recvAll(v->fd, b, 1);
    recvAll(v->fd, b + 1, b[0]);
    if (!b[0] || !memchr(b + 1, 1, b[0])) fail("the server wants a password");
    sendAll(v->fd, "\1", 1);
    recvAll(v->fd, b, 4);
    sendAll(v->fd, "\1", 1);
    recvAll(v->fd, b, 24);
    v->width = b[0] << 8 | b[1];
    v->height = b[2] << 8 | b[3];
    for (uint32_t n = be32(b + 20); n; n -= n > 200 ? 200 : n)
        recvAll(v->fd, b + 24, n > 200 ? 200 : n);
    static const uint8_t bgrx[20] = {0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8};
    sendAll(v->fd, bgrx, 20);
    parserInit(&v->parser, 4, 1);
    v->parser.rectangle = onRectangle;
    v->parser.update = onUpdate;
    uint8_t m[4 + 4 * 64] = {2};
    char *copy = strdup(list);
    for (char *e = strtok(copy, ","); e && m[3] < 64; e = strtok(NULL, ",")) {
        uint32_t number = htonl((uint32_t)atoi(e));
        memcpy(m + 4 + 4 * m[3]++, &number, 4);
    }
    free(copy);
    sendAll(v->fd, m, 4 + 4 * m[3]);
    request(v, 0);
}

static void take(Viewer *v) {
    static uint8_t buffer[1 << 18];
    ssize_t got = recv(v->fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) fail("the server hung up");
    feed(&v->parser, buffer, got);
    if (v->parser.error) fail(v->parser.error);
    if (!v->ended) return;
    v->ended = 0;
    if (v == viewers && pressed) {
        latencies[presses++ % (1 << 16)] = now() - pressed;
        pressed = 0;
    }
    request(v, 1);
}

static void turn(int timeout) {
    struct epoll_event events[MOST];
    int n = epoll_wait(epoll, events, MOST, timeout);
    for (int k = 0; k < n; k++) {
        if (events[k].data.u32 == MOST) {
            char line[64];
            if (read(0, line, sizeof line) <= 0) exit(0);
            lines++;
        } else {
            take(viewers + events[k].data.u32);
        }
    }
}

static void press(int number) {
    uint32_t key = htonl(number % 60 == 59 ? 0xff0d : 'a' + number % 26);
    uint8_t m[16] = {4, 1, [8] = 4};
    memcpy(m + 4, &key, 4);
    memcpy(m + 12, &key, 4);
    pressed = now();
    sendAll(viewers[0].fd, m, sizeof m);
}

static int ascending(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

int main(int argc, char **argv) {
    if (argc != 6) fail("PORT VIEWERS ENCODINGS SECONDS KEYS are needed");
    int port = atoi(argv[1]), keys = atoi(argv[5]);
    double seconds = atof(argv[4]);
    count = atoi(argv[2]);
    if (count < 1 || count >= MOST) fail("too many viewers");
    epoll = epoll_create1(0);
    struct epoll_event input = {.events = EPOLLIN, .data.u32 = MOST};
    epoll_ctl(epoll, EPOLL_CTL_ADD, 0, &input);
    for (int k = 0; k < count; k++) {
        join(viewers + k, port, argv[3]);
        struct epoll_event e = {.events = EPOLLIN, .data.u32 = k};
        epoll_ctl(epoll, EPOLL_CTL_ADD, viewers[k].fd, &e);
        uint64_t until = now() + 20000000000ull;
        while (!viewers[k].parser.updates) {
            turn(100);
            if (now() > until) fail("no first picture");
        }
    }
    puts("ready");
    fflush(stdout);
    while (!lines) turn(1000);
    int64_t updates = 0, bytes = 0;
    for (int k = 0; k < count; k++) {
        updates -= viewers[k].parser.updates;
        bytes -= viewers[k].parser.bytes;
    }
    uint64_t begin = now(), end = begin + seconds * 1e9, next = begin;
    for (int number = 0; now() < end;) {
        if (keys && now() >= next) {
            press(number++);
            next += keys * 1000000ull;
        }
        turn(keys ? 1 : 50);
    }
    for (int k = 0; k < count; k++) {
        updates += viewers[k].parser.updates;
        bytes += viewers[k].parser.bytes;
    }
    qsort(latencies, presses, sizeof *latencies, ascending);
    printf("{\"updates\": %.1f, \"bytes\": %.0f, \"keys\": %zu, \"p50_ms\": %.2f}\n",
           (double)updates / count, (double)bytes / count, presses,
           presses ? latencies[presses / 2] / 1e6 : 0.0);
    return 0;
}
