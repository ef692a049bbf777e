/* Copyright (c) txrfb contributors.  See LICENSE for details.
 *
 * Many viewers of low cost in one process: they ask for updates, find where these end
 * (drain.h), and throw the pixels away.
 *
 * Lock step.  The server shows the next frame of a workload at a key press of viewer 0.
 * A viewer holds frame n when the rectangles that it got since that key press cover every
 * pixel that must come: those that changed (the workload's bit map), or with --cover
 * damage all that the application reported, for servers that send just that.  So a
 * server may split a frame over several updates, or send more than it must; if it sent
 * fewer updates than there were frames to send ("expected"), it merged some.  When all
 * viewers hold the frame, the next key is pressed.  A frame that changes nothing counts
 * as held --idle milliseconds after the server says that it has painted it.
 *
 * With --fps the key is pressed at that rate instead, and viewers that do not hold the
 * frame by then are counted as behind; but as unread, if what they lack waits in their
 * sockets, as then it is this program that is late.  --rounds plays the workload several times.
 * --skip leaves the first frames of it out of all numbers.
 *
 * With --watch only viewer 0 reads, for so many seconds, a server that animates by
 * itself; the others have asked for an update and take nothing any more.  After a line
 * "watching" the object tells the intervals between the updates of viewer 0.
 * Prints one JSON object.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "drain.h"
#include "peers/frames.h"

typedef struct {
    Parser parser; /* first: the callbacks cast */
    int fd, ended, holds;
    int count, room;
    Framed *rects;
    uint64_t hash;
} Viewer;

static Frames frames;
static Progress *progress;
static Viewer *viewers;
static int nviewers = 1, current = -1, held, coverDamage, warming = 1;
static int copies;
static uint64_t pressed, *latencies;
static size_t nlatencies;
static uint64_t *needed, *scratch;
static size_t pitch;
static int top, bottom;

/* Whether a list of rectangles covers the frame, by the list's hash: viewers in step get
 * the same list. */
#define KNOWN 4096
static struct { uint64_t hash; int frame, covers; } known[KNOWN];

static void fail(const char *what) {
    fprintf(stderr, "drain: %s (frame %d, %d of %d viewers hold it)\n", what, current, held,
            nviewers);
    exit(1);
}

static uint64_t now(void) { return clockNs(CLOCK_MONOTONIC); }

static void fillRect(uint64_t *map, int x, int y, int w, int h, int set) {
    if (x + w > frames.width || y + h > frames.height) fail("a rectangle off the screen");
    int y0 = y < top ? top : y, y1 = y + h > bottom ? bottom : y + h;
    if (w <= 0 || y0 >= y1) return;
    size_t a = x / 64, b = (x + w - 1) / 64;
    uint64_t ma = ~0ull << (x & 63), mb = ~0ull >> (63 - ((x + w - 1) & 63));
    if (a == b) ma = mb = ma & mb;
    for (int r = y0; r < y1; r++) {
        uint64_t *row = map + (r - top) * pitch;
        if (set) {
            row[a] |= ma;
            for (size_t k = a + 1; k < b; k++) row[k] = ~0ull;
            row[b] |= mb;
        } else {
            row[a] &= ~ma;
            for (size_t k = a + 1; k < b; k++) row[k] = 0;
            row[b] &= ~mb;
        }
    }
}

static int covers(const Viewer *v) {
    unsigned slot = v->hash % KNOWN;
    if (known[slot].hash == v->hash && known[slot].frame == current) return known[slot].covers;
    size_t words = pitch * (bottom - top), k = 0;
    memcpy(scratch, needed, 8 * words);
    for (int n = 0; n < v->count; n++)
        fillRect(scratch, v->rects[n].x, v->rects[n].y, v->rects[n].w, v->rects[n].h, 0);
    while (k < words && !scratch[k]) k++;
    known[slot].hash = v->hash;
    known[slot].frame = current;
    return known[slot].covers = k == words;
}

static void onRectangle(Parser *p, const Framed *r) {
    Viewer *v = (Viewer *)p;
    if (v->count == v->room) {
        v->room = v->room ? 2 * v->room : 64;
        v->rects = realloc(v->rects, v->room * sizeof *v->rects);
        if (!v->rects) fail("no memory");
    }
    v->rects[v->count++] = *r;
    uint64_t word = (uint64_t)r->x << 48 | (uint64_t)r->y << 32 | r->w << 16 | r->h;
    v->hash = (v->hash ^ word) * 0x9e3779b97f4a7c15ull;
    v->hash ^= v->hash >> 29;
}

static void onUpdate(Parser *p) { ((Viewer *)p)->ended = 1; }

static void sendAll(int fd, const void *data, size_t size) {
    if (send(fd, data, size, MSG_NOSIGNAL) != (ssize_t)size) fail("cannot send");
}

static void request(Viewer *v, int incremental) {
    uint8_t m[10] = {3, incremental, 0, 0, 0, 0, frames.width >> 8, frames.width & 255,
                     frames.height >> 8, frames.height & 255};
    sendAll(v->fd, m, sizeof m);
}

static void recvAll(int fd, void *data, size_t size) {
    for (size_t got = 0; got < size;) {
        ssize_t n = recv(fd, (char *)data + got, size - got, 0);
        if (n <= 0) fail("the server hung up in the handshake");
        got += n;
    }
}

static void setFormat(int fd, const char *name, Parser *p) {
    uint8_t bgrx[20] = {0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0};
    uint8_t rgb565[20] = {0, 0, 0, 0, 16, 16, 0, 1, 0, 31, 0, 63, 0, 31, 11, 5, 0};
    uint8_t bgr233[20] = {0, 0, 0, 0, 8, 8, 0, 1, 0, 7, 0, 7, 0, 3, 0, 3, 6};
    if (!strcmp(name, "bgrx")) parserInit(p, 4, 1);
    else if (!strcmp(name, "rgb565")) parserInit(p, 2, 0);
    else if (!strcmp(name, "bgr233")) parserInit(p, 1, 0);
    else fail("--format is bgrx, rgb565 or bgr233");
    if (fd >= 0) sendAll(fd, p->bpp == 4 ? bgrx : p->bpp == 2 ? rgb565 : bgr233, 20);
}

static void join(Viewer *v, int port, const char *format, const char *list) {
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
    if ((b[0] << 8 | b[1]) != frames.width || (b[2] << 8 | b[3]) != frames.height)
        fail("the server's screen has another size than the workload");
    for (uint32_t n = be32(b + 20); n; n -= n > 200 ? 200 : n)
        recvAll(v->fd, b + 24, n > 200 ? 200 : n);
    setFormat(v->fd, format, &v->parser);
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

/* Make frame `current` the one that viewers must come to hold; does anything change? */
static int prepare(int round) {
    Frame f = getFrame(&frames, current);
    top = coverDamage ? 0 : f.top;
    bottom = coverDamage ? frames.height : f.bottom;
    memset(needed, 0, 8 * pitch * frames.height);
    if (coverDamage) {
        for (int k = 0; k < (copies ? f.nresidues : f.ndamages); k++) {
            const Damage *d = f.damages + k;
            const Rect *r = f.residues + k;
            if (copies) fillRect(needed, r->x, r->y, r->w, r->h, 1);
            else fillRect(needed, d->x, d->y, d->w, d->h, 1);
        }
        for (int k = 0; copies && k < f.ncopies; k++) {
            const Copy *c = f.copies + k;
            fillRect(needed, c->dx, c->dy, c->w, c->h, 1);
        }
    } else if (bottom > top) {
        memcpy(needed, f.bits, 8 * pitch * (bottom - top));
    }
    for (int k = 0; k < nviewers; k++) {
        viewers[k].count = viewers[k].holds = 0;
        viewers[k].hash = 1;
    }
    held = 0;
    /* When the workload begins anew, the bit map says nothing: it is that against black. */
    if (round && !current && !coverDamage) bottom = top;
    return coverDamage ? f.ndamages > 0 : bottom > top;
}

static void press(void) {
    static const uint8_t keys[16] = {4, 1, 0, 0, 0, 0, 0, 0x61, 4, 0, 0, 0, 0, 0, 0, 0x61};
    pressed = now();
    sendAll(viewers[0].fd, keys, sizeof keys);
}

static void settle(Viewer *v) {
    v->ended = 0;
    request(v, 1);
    if (v->holds) return;
    if (warming || covers(v)) {
        v->holds = 1;
        held++;
        if (!warming) latencies[nlatencies++] = now() - pressed;
    }
}

static int poll(int ep, int timeout) {
    static uint8_t buffer[1 << 18];
    struct epoll_event events[64];
    int n = epoll_wait(ep, events, 64, timeout);
    for (int k = 0; k < n; k++) {
        Viewer *v = viewers + events[k].data.u32;
        ssize_t got = recv(v->fd, buffer, sizeof buffer, MSG_DONTWAIT);
        if (got < 0 && errno == EAGAIN) continue;
        if (got <= 0) fail("the server hung up");
        feed(&v->parser, buffer, got);
        if (v->parser.error) fail(v->parser.error);
        if (v->ended) settle(v);
    }
    return n;
}

/* Whether something has come that was not read yet. */
static int waits(int fd) {
    int size = 0;
    return !ioctl(fd, FIONREAD, &size) && size;
}

static void awaitAll(int ep, uint64_t limit) {
    uint64_t until = now() + limit * 1000000ull;
    while (held < nviewers)
        if (poll(ep, 100) == 0 && now() > until) fail("a frame did not come");
}

static void rest(int ep, int ms) {
    for (uint64_t until = now() + ms * 1000000ull; now() < until;) poll(ep, 1);
}

/* Anonymous resident memory of a process, KiB. */
static long anonymous(int pid) {
    char path[64], line[256];
    long kib = 0;
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "RssAnon: %ld", &kib) == 1) break;
    if (file) fclose(file);
    return kib;
}

static int ascending(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static double quantile(double q) {
    if (!nlatencies) return 0;
    size_t k = q * nlatencies;
    return latencies[k < nlatencies ? k : nlatencies - 1] / 1e6;
}

/* --watch: see above. */
static int watch(int ep, int seconds) {
    Viewer *v = viewers;
    size_t room = 1 << 20;
    uint64_t begin = now(), last = begin, *intervals = calloc(room, sizeof *intervals);
    if (!intervals) fail("no memory");
    for (int k = 1; k < nviewers; k++) epoll_ctl(ep, EPOLL_CTL_DEL, viewers[k].fd, NULL);
    puts("watching");
    fflush(stdout);
    latencies = intervals;
    uint64_t updates = v->parser.updates, bytes = v->parser.bytes;
    while (now() - begin < seconds * 1000000000ull) {
        poll(ep, 100);
        v->count = 0;
        if (v->parser.updates == updates) continue;
        updates = v->parser.updates;
        if (nlatencies < room) intervals[nlatencies++] = now() - last;
        last = now();
    }
    qsort(intervals, nlatencies, sizeof *intervals, ascending);
    printf("{\"updates\": %zu, \"bytes\": %llu, \"p50_ms\": %.2f, \"p99_ms\": %.2f, "
           "\"max_ms\": %.2f}\n", nlatencies, (unsigned long long)(v->parser.bytes - bytes),
           quantile(0.5), quantile(0.99), quantile(1.0));
    return 0;
}

static void printRectangle(Parser *p, const Framed *r) {
    (void)p;
    printf("rectangle %d %d %d %d %d\n", r->x, r->y, r->w, r->h, r->encoding);
}

static void printUpdate(Parser *p) { printf("update %llu\n", (unsigned long long)p->updates); }

/* What a server sends after the handshake, from stdin in pieces: for tests. */
static int parse(const char *format, int chunk) {
    static uint8_t buffer[1 << 16];
    Parser p;
    size_t n;
    setFormat(-1, format, &p);
    p.rectangle = printRectangle;
    p.update = printUpdate;
    if (chunk < 1 || chunk > (int)sizeof buffer) fail("bad --chunk");
    while (!p.error && (n = fread(buffer, 1, chunk, stdin)) > 0) feed(&p, buffer, n);
    if (p.error) printf("error %s\n", p.error);
    else if (p.state != MESSAGE || p.skip) printf("unfinished\n");
    return 0;
}

int main(int argc, char **argv) {
    const char *format = "bgrx", *list = "0", *path = NULL, *report = NULL;
    int port = 0, pid = 0, idle = 15, chunk = 0, fps = 0, rounds = 1, limit = 20000, skip = 0, seconds = 0;
    for (int k = 1; k + 1 < argc; k += 2) {
        const char *o = argv[k], *value = argv[k + 1];
        if (!strcmp(o, "--format")) format = value;
        else if (!strcmp(o, "--encodings")) list = value;
        else if (!strcmp(o, "--frames")) path = value;
        else if (!strcmp(o, "--progress")) report = value;
        else if (!strcmp(o, "--port")) port = atoi(value);
        else if (!strcmp(o, "--pid")) pid = atoi(value);
        else if (!strcmp(o, "--viewers")) nviewers = atoi(value);
        else if (!strcmp(o, "--idle")) idle = atoi(value);
        else if (!strcmp(o, "--parse")) chunk = atoi(value);
        else if (!strcmp(o, "--fps")) fps = atoi(value);
        else if (!strcmp(o, "--rounds")) rounds = atoi(value);
        else if (!strcmp(o, "--watch")) seconds = atoi(value);
        else if (!strcmp(o, "--skip")) skip = atoi(value);
        else if (!strcmp(o, "--limit")) limit = atoi(value);
        else if (!strcmp(o, "--cover")) coverDamage = !strcmp(value, "damage");
        else if (!strcmp(o, "--copies")) copies = !strcmp(value, "yes");
        else { fprintf(stderr, "drain: unknown option %s\n", o); return 2; }
    }
    if (chunk) return parse(format, chunk);
    if (!path || !report || !port || !pid || nviewers < 1 || skip < 0) {
        fprintf(stderr, "drain: --frames, --progress, --port and --pid are needed\n");
        return 2;
    }
    struct rlimit files = {8192, 8192};
    setrlimit(RLIMIT_NOFILE, &files);
    frames = openFrames(path);
    progress = mapFile(report, 0, NULL);
    if (skip >= frames.frames) fail("--skip leaves nothing");
    pitch = (frames.width + 63) / 64;
    needed = calloc(8 * pitch, frames.height);
    scratch = calloc(8 * pitch, frames.height);
    viewers = calloc(nviewers, sizeof *viewers);
    latencies = calloc((size_t)nviewers * frames.frames * rounds, sizeof *latencies);
    double *cpuOf = calloc(frames.frames, sizeof *cpuOf);
    uint64_t *bytesOf = calloc(frames.frames, sizeof *bytesOf);
    uint64_t *behindOf = calloc(frames.frames, sizeof *behindOf);
    if (!needed || !scratch || !viewers || !latencies || !cpuOf || !bytesOf || !behindOf) fail("no memory");
    clockid_t clock;
    if (clock_getcpuclockid(pid, &clock)) fail("no such process as --pid");
    long before = anonymous(pid), peak = 0;

    /* Everybody joins and holds the first, black screen. */
    int ep = epoll_create1(0);
    for (int k = 0; k < nviewers; k++) {
        join(viewers + k, port, format, list);
        struct epoll_event e = {.events = EPOLLIN, .data.u32 = k};
        epoll_ctl(ep, EPOLL_CTL_ADD, viewers[k].fd, &e);
        while (held <= k)
            if (poll(ep, limit) == 0) fail("no first screen");
    }
    rest(ep, 100);
    if (seconds) return watch(ep, seconds);
    warming = 0;
    long joined = anonymous(pid);
    uint64_t updates = 0, expected = 0, rectangles = 0, paint = 0, cpu = 0, wall = 0, bytes = 0;
    uint64_t tick = now(), worst = 0, behind = 0, unread = 0, shown = 0, lastCpu = 0, lastBytes = 0;
    for (int round = 0; round < rounds; round++) {
        for (current = 0; current < frames.frames; current++, shown++) {
            int changes = prepare(round);
            if (!round && current == skip) {
                rest(ep, 20);
                paint = progress->paint_ns;
                wall = tick = now();
                lastCpu = cpu = clockNs(clock);
                lastBytes = viewers[0].parser.bytes;
                nlatencies = 0;
                for (int k = 0; k < nviewers; k++) {
                    bytes -= viewers[k].parser.bytes;
                    updates -= viewers[k].parser.updates;
                    rectangles -= viewers[k].parser.rectangles;
                }
            }
            if (changes && (round || current >= skip)) expected += nviewers;
            press();
            if (fps && (round || current >= skip)) {
                tick += 1000000000ull / fps;
                while (now() < tick) poll(ep, 1);
                for (int k = 0; changes && k < nviewers; k++) {
                    if (viewers[k].holds) continue;
                    if (waits(viewers[k].fd)) {
                        unread++;
                    } else {
                        behind++;
                        behindOf[current]++;
                    }
                }
                if (now() - tick > worst) worst = now() - tick;
            } else if (changes) {
                awaitAll(ep, limit);
            } else {
                uint64_t until = now() + 1000000ull * limit;
                while (progress->shown <= shown && now() < until) poll(ep, 1);
                rest(ep, idle);
            }
            uint64_t c = clockNs(clock);
            cpuOf[current] += (c - lastCpu) / 1e6 / rounds;
            bytesOf[current] += viewers[0].parser.bytes - lastBytes;
            lastCpu = c;
            lastBytes = viewers[0].parser.bytes;
            long size = anonymous(pid);
            if (size > peak) peak = size;
        }
    }
    wall = now() - wall;
    rest(ep, 50);
    cpu = clockNs(clock) - cpu;
    paint = progress->paint_ns - paint;
    for (int k = 0; k < nviewers; k++) {
        bytes += viewers[k].parser.bytes;
        updates += viewers[k].parser.updates;
        rectangles += viewers[k].parser.rectangles;
    }
    qsort(latencies, nlatencies, sizeof *latencies, ascending);
    printf("{\"frames\": %d, \"viewers\": %d, \"cpu_ms\": %.3f, \"paint_ms\": %.3f, "
           "\"wall_ms\": %.1f, \"bytes\": %llu, \"expected\": %llu, \"updates\": %llu, "
           "\"rectangles\": %llu, ",
           frames.frames * rounds - skip, nviewers, cpu / 1e6, paint / 1e6, wall / 1e6,
           (unsigned long long)bytes, (unsigned long long)expected,
           (unsigned long long)updates,
           (unsigned long long)rectangles);
    printf("\"memory_start_kib\": %ld, \"memory_joined_kib\": %ld, \"memory_peak_kib\": %ld, "
           "\"p50_ms\": %.3f, \"p99_ms\": %.3f, \"max_ms\": %.3f, \"behind\": %llu, \"unread\": %llu, "
           "\"worst_tick_ms\": %.3f, \"client_cpu_ms\": %.1f, ",
           before, joined, peak, quantile(0.5), quantile(0.99), quantile(1.0),
           (unsigned long long)behind, (unsigned long long)unread, worst / 1e6,
           clockNs(CLOCK_PROCESS_CPUTIME_ID) / 1e6);
    printf("\"frame_cpu_ms\": [");
    for (int k = 0; k < frames.frames; k++) printf("%s%.3f", k ? ", " : "", cpuOf[k]);
    printf("], \"frame_bytes\": [");
    for (int k = 0; k < frames.frames; k++)
        printf("%s%llu", k ? ", " : "", (unsigned long long)bytesOf[k] / rounds);
    printf("], \"frame_behind\": [");
    for (int k = 0; k < frames.frames; k++)
        printf("%s%llu", k ? ", " : "", (unsigned long long)behindOf[k]);
    printf("]}\n");
    return 0;
}
