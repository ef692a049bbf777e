/* Copyright (c) txrfb contributors.  See LICENSE for details.
 *
 * A VNC server on libvncserver that plays a workload, one frame at each key press.
 *
 *   lvs serve FRAMES PORT PROGRESS copies|plain [FPS]
 *       over TCP; the drain client presses the keys.  With FPS it plays by itself, over
 *       and over, and notes keys in the progress page.
 *   lvs encode FRAMES ENCODINGS copies|plain SKIP
 *       one viewer inside the process whose bytes are counted and thrown away: what the
 *       encoder costs without sockets.  The first SKIP frames are not counted.  Prints
 *       one JSON object.
 */
#include <dlfcn.h>
#include <errno.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <rfb/rfb.h>

#include "frames.h"

static Frames frames;
static Progress *progress;
static int next, useCopies, fps, swallow = -1;
static uint64_t swallowed;

/* The library's writes to the viewer inside the process come here. */
ssize_t write(int fd, const void *data, size_t size) {
    if (fd == swallow && fd >= 0) {
        swallowed += size;
        return size;
    }
    return syscall(SYS_write, fd, data, size);
}

static void mark(rfbScreenInfoPtr screen, int x, int y, int w, int h) {
    rfbMarkRectAsModified(screen, x, y, x + w, y + h);
}

static void announce(rfbScreenInfoPtr screen, const Frame *frame) {
    if (!useCopies) {
        for (int k = 0; k < frame->ndamages; k++) {
            const Damage *d = frame->damages + k;
            mark(screen, d->x, d->y, d->w, d->h);
        }
        return;
    }
    for (int k = 0; k < frame->ncopies; k++) {
        const Copy *c = frame->copies + k;
        rfbScheduleCopyRect(screen, c->dx, c->dy, c->dx + c->w, c->dy + c->h,
                            (int)c->dx - (int)c->sx, (int)c->dy - (int)c->sy);
    }
    for (int k = 0; k < frame->nresidues; k++) {
        const Rect *r = frame->residues + k;
        mark(screen, r->x, r->y, r->w, r->h);
    }
}

static void show(rfbScreenInfoPtr screen) {
    int number = fps ? inTheRound(next, frames.frames) : next % frames.frames;
    Frame frame = getFrame(&frames, number);
    next++;
    uint64_t start = clockNs(CLOCK_THREAD_CPUTIME_ID);
    paintFrame(&frames, &frame, (uint8_t *)screen->frameBuffer);
    if (progress) progress->paint_ns += clockNs(CLOCK_THREAD_CPUTIME_ID) - start;
    announce(screen, &frame);
    if (progress) progress->shown = next;
}

static void key(rfbBool down, rfbKeySym sym, rfbClientPtr client) {
    if (!down) return;
    if (!fps) show(client->screen);
    else if (sym == NOTED_KEY) noteKey(progress);
}

static rfbScreenInfoPtr makeScreen(void) {
    int argc = 1;
    char name[] = "lvs", *argv[] = {name, NULL};
    rfbLogEnable(0);
    rfbScreenInfoPtr s = rfbGetScreen(&argc, argv, frames.width, frames.height, 8, 3, 4);
    if (!s) exit(2);
    size_t size = 4 * (size_t)frames.width * frames.height;
    s->frameBuffer = malloc(size);
    if (!s->frameBuffer) exit(2);
    memset(s->frameBuffer, 0, size);
    s->serverFormat.redShift = 16;
    s->serverFormat.greenShift = 8;
    s->serverFormat.blueShift = 0;
    /* Announcing moves without a cursor crashes libvncserver 0.9.14: an empty one. */
    s->cursor = useCopies ? rfbMakeXCursor(1, 1, " ", " ") : NULL;
    s->alwaysShared = TRUE;
    s->deferUpdateTime = 0;
    s->desktopName = "lvs";
    s->kbdAddEvent = key;
    s->httpDir = NULL;
    return s;
}

static int serve(int port) {
    rfbScreenInfoPtr s = makeScreen();
    s->autoPort = FALSE;
    s->port = port;
    s->ipv6port = -1;
    s->listenInterface = htonl(INADDR_LOOPBACK);
    rfbInitServer(s);
    if (s->listenSock < 0) { fprintf(stderr, "lvs: cannot listen on %d\n", port); return 2; }
    puts("ready");
    fflush(stdout);
    uint64_t tick = 0;
    while (rfbIsActive(s)) {
        uint64_t pause = fps ? untilTick(&tick, fps) : 200000;
        if (pause) rfbProcessEvents(s, pause);
        else if (!progress->halted) show(s);
    }
    return 0;
}

static void say(int fd, const void *data, size_t size) {
    if (syscall(SYS_write, fd, data, size) != (ssize_t)size) { perror("lvs"); exit(2); }
}

static void process(rfbScreenInfoPtr s, int turns) {
    while (turns--) rfbProcessEvents(s, 0);
}

static int encode(const char *list, int skip) {
    rfbScreenInfoPtr s = makeScreen();
    s->autoPort = FALSE;
    s->port = 0;
    s->ipv6port = 0;
    rfbInitServer(s);
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair)) { perror("socketpair"); return 2; }
    swallow = pair[0];
    rfbClientPtr client = rfbNewClient(s, pair[0]);
    if (!client) { fprintf(stderr, "lvs: no client\n"); return 2; }
    int me = pair[1];
    say(me, "RFB 003.008\n", 12);
    process(s, 1);
    say(me, "\1", 1);
    process(s, 1);
    say(me, "\1", 1);
    process(s, 1);
    static const uint8_t format[20] = {0, 0, 0, 0, 32, 24, 0, 1, 0, 255,
                                       0, 255, 0, 255, 16, 8, 0};
    say(me, format, sizeof format);
    uint8_t message[4 + 4 * 64] = {2};
    int count = 0;
    char *copy = strdup(list);
    for (char *one = strtok(copy, ","); one && count < 64; one = strtok(NULL, ",")) {
        uint32_t number = htonl((uint32_t)atoi(one));
        memcpy(message + 4 + 4 * count++, &number, 4);
    }
    message[3] = count;
    say(me, message, 4 + 4 * count);
    uint8_t request[10] = {3, 0, 0, 0, 0, 0, frames.width >> 8, frames.width & 255,
                           frames.height >> 8, frames.height & 255};
    say(me, request, sizeof request);
    process(s, 6);
    request[1] = 1;
    uint64_t cpu = 0, bytes = 0;
    for (int n = 0; n < frames.frames; n++) {
        uint64_t before = swallowed;
        show(s);
        say(me, request, sizeof request);
        uint64_t start = clockNs(CLOCK_THREAD_CPUTIME_ID);
        for (int k = 0; k < 3 && swallowed == before; k++) rfbProcessEvents(s, 0);
        if (n < skip) continue;
        cpu += clockNs(CLOCK_THREAD_CPUTIME_ID) - start;
        bytes += swallowed - before;
    }
    printf("{\"frames\": %d, \"cpu_ns\": %llu, \"bytes\": %llu}\n", frames.frames - skip,
           (unsigned long long)cpu, (unsigned long long)bytes);
    return 0;
}

int main(int argc, char **argv) {
    if ((argc == 6 || argc == 7) && !strcmp(argv[1], "serve")) {
        frames = openFrames(argv[2]);
        progress = mapFile(argv[4], 1, NULL);
        useCopies = !strcmp(argv[5], "copies");
        fps = argc == 7 ? atoi(argv[6]) : 0;
        return serve(atoi(argv[3]));
    }
    if (argc == 6 && !strcmp(argv[1], "encode")) {
        frames = openFrames(argv[2]);
        useCopies = !strcmp(argv[4], "copies");
        return encode(argv[3], atoi(argv[5]));
    }
    fprintf(stderr, "usage: lvs serve FRAMES PORT PROGRESS copies|plain [FPS]\n"
                    "       lvs encode FRAMES ENCODINGS copies|plain SKIP\n");
    return 2;
}
