/* Copyright (c) txrfb contributors.  See LICENSE for details.
 *
 * A viewer on libvncclient that decodes what a server said, from a file:
 *
 *     decode FILE WIDTH HEIGHT UPDATES RUNS
 *
 * FILE has nothing but FramebufferUpdates in its pixel format: 32 bits, blue first.  They
 * come by a socket that another process writes to.  Prints one JSON object: the nanoseconds
 * of processor time that this thread took for each run, and a checksum of the picture. */
#include <rfb/rfbclient.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int updates;

static void finished(rfbClient *c) { (void)c; updates++; }

static void fail(const char *what) {
    fprintf(stderr, "decode: %s\n", what);
    exit(1);
}

static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static rfbClient *viewer(int fd, int width, int height) {
    rfbClient *c = rfbGetClient(8, 3, 4);
    c->FinishedFrameBufferUpdate = finished;
    c->format.redShift = 16;
    c->format.greenShift = 8;
    c->format.blueShift = 0;
    c->format.depth = 24;
    c->sock = fd;
    c->width = c->updateRect.w = width;
    c->height = c->updateRect.h = height;
    c->si.framebufferWidth = width;
    c->si.framebufferHeight = height;
    c->si.format = c->format;
    c->major = 3;
    c->minor = 8;
    if (!c->MallocFrameBuffer(c)) fail("no memory");
    memset(c->frameBuffer, 0, 4 * (size_t)width * height);
    return c;
}

/* Another process, as the time of writing is not that of reading. */
static pid_t say(int fd, int other, const uint8_t *data, size_t size) {
    pid_t child = fork();
    if (child) return child;
    close(other);
    for (size_t at = 0; at < size;) {
        ssize_t n = write(fd, data + at, size - at < 65536 ? size - at : 65536);
        if (n <= 0) _exit(1);
        at += n;
    }
    /* The viewer asks for more now and then. */
    char asked[4096];
    while (read(fd, asked, sizeof asked) > 0) {}
    _exit(0);
}

int main(int argc, char **argv) {
    if (argc != 6) {
        fprintf(stderr, "usage: decode FILE WIDTH HEIGHT UPDATES RUNS\n");
        return 2;
    }
    FILE *file = fopen(argv[1], "rb");
    if (!file) fail("cannot open the file");
    fseek(file, 0, SEEK_END);
    size_t size = ftell(file);
    rewind(file);
    uint8_t *data = malloc(size + 1);
    if (!data || fread(data, 1, size, file) != size) fail("cannot read the file");
    const int width = atoi(argv[2]), height = atoi(argv[3]), count = atoi(argv[4]);
    rfbEnableClientLogging = FALSE;
    printf("{\"ns\": [");
    uint64_t sum = 0;
    for (int run = 0; run < atoi(argv[5]); run++) {
        int pair[2];
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair)) fail("no sockets");
        pid_t child = say(pair[1], pair[0], data, size);
        close(pair[1]);
        rfbClient *c = viewer(pair[0], width, height);
        updates = 0;
        uint64_t start = now();
        while (updates < count)
            if (!HandleRFBServerMessage(c)) fail("it cannot be decoded");
        printf("%s%llu", run ? ", " : "", (unsigned long long)(now() - start));
        sum = 0;
        for (size_t k = 0; k < (size_t)width * height; k++)
            sum = sum * 31 + (((uint32_t *)c->frameBuffer)[k] & 0xffffff);
        close(pair[0]);
        waitpid(child, NULL, 0);
        c->sock = -1;
        free(c->frameBuffer);
        c->frameBuffer = NULL;
        rfbClientCleanup(c);
    }
    printf("], \"sum\": %llu}\n", (unsigned long long)(sum & 0xffffffff));
    return 0;
}
