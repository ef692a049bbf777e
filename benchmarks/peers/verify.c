/* Copyright (c) txrfb contributors.  See LICENSE for details.
 *
 * A viewer on libvncclient that decodes a workload and compares every frame: presses a
 * key, and waits until its picture is that of the next frame.
 *
 *   verify FRAMES PORT ENCODINGS COMPRESS QUALITY PSNR
 *
 * ENCODINGS are libvncclient's names, with spaces.  QUALITY -1: no JPEG.  PSNR 0: equal
 * in every pixel; else the peak signal-to-noise ratio in dB that every frame must reach
 * within the damage.  Prints one JSON object.
 */
#include <math.h>

#include <rfb/rfbclient.h>

#include "frames.h"

static Frames frames;
static uint32_t *expected;
static int updates;

static rfbBool reserve(rfbClient *c) {
    if (c->width != frames.width || c->height != frames.height) return FALSE;
    c->frameBuffer = calloc(4, (size_t)c->width * c->height);
    return c->frameBuffer != NULL;
}

static void finished(rfbClient *c) { (void)c; updates++; }

/* The PSNR within the frame's damage; infinite where equal.  Elsewhere the picture was
 * right before and is compared whole at the end. */
static double compare(const uint8_t *got, const Frame *f, int whole, int *x, int *y) {
    double error = 0;
    long pixels = 0;
    for (int k = 0; k < (whole ? 1 : f->ndamages); k++) {
        Damage all = {0, 0, frames.width, frames.height, 0}, d = whole ? all : f->damages[k];
        for (uint32_t j = d.y; j < d.y + d.h; j++) {
            const uint32_t *a = (const uint32_t *)got + (size_t)j * frames.width + d.x;
            const uint32_t *b = expected + (size_t)j * frames.width + d.x;
            for (uint32_t i = 0; i < d.w; i++) {
                if ((a[i] ^ b[i]) & 0xffffff) {
                    for (int s = 0; s < 24; s += 8) {
                        int e = (int)(a[i] >> s & 255) - (int)(b[i] >> s & 255);
                        error += e * e;
                    }
                    *x = d.x + i;
                    *y = j;
                }
            }
        }
        pixels += (long)d.w * d.h;
    }
    return error ? 10 * log10(255.0 * 255 * 3 * pixels / error) : INFINITY;
}

static void press(rfbClient *c) {
    SendKeyEvent(c, 0x61, TRUE);
    SendKeyEvent(c, 0x61, FALSE);
}

int main(int argc, char **argv) {
    if (argc != 7) {
        fprintf(stderr, "usage: verify FRAMES PORT ENCODINGS COMPRESS QUALITY PSNR\n");
        return 2;
    }
    frames = openFrames(argv[1]);
    double floor = atof(argv[6]), worst = INFINITY;
    expected = calloc(4, (size_t)frames.width * frames.height);
    rfbEnableClientLogging = FALSE;
    rfbClient *c = rfbGetClient(8, 3, 4);
    c->MallocFrameBuffer = reserve;
    c->FinishedFrameBufferUpdate = finished;
    c->canHandleNewFBSize = FALSE;
    c->format.redShift = 16;
    c->format.greenShift = 8;
    c->format.blueShift = 0;
    c->appData.encodingsString = argv[3];
    c->appData.compressLevel = atoi(argv[4]);
    c->appData.enableJPEG = atoi(argv[5]) >= 0;
    c->appData.qualityLevel = c->appData.enableJPEG ? atoi(argv[5]) : 9;
    c->appData.useRemoteCursor = FALSE;
    c->serverHost = strdup("127.0.0.1");
    c->serverPort = atoi(argv[2]);
    if (!rfbInitClient(c, NULL, NULL)) { fprintf(stderr, "verify: cannot connect\n"); return 1; }
    int n = -1, x = 0, y = 0;
    uint64_t deadline = clockNs(CLOCK_MONOTONIC) + 10000000000ull;
    Frame frame = {0};
    for (;;) {
        int here = WaitForMessage(c, 100000);
        int before = updates;
        if (here < 0 || (here && !HandleRFBServerMessage(c))) {
            fprintf(stderr, "verify: the connection broke at frame %d\n", n);
            return 1;
        }
        if (clockNs(CLOCK_MONOTONIC) > deadline) {
            fprintf(stderr, "verify: frame %d is wrong, for instance at %d, %d: %08x for %08x\n",
                    n, x, y, ((uint32_t *)c->frameBuffer)[y * frames.width + x],
                    expected[y * frames.width + x]);
            return 1;
        }
        /* A frame that changes nothing brings no update, and is held at once. */
        int quiet = n >= 0 && frame.top == frame.bottom && !here;
        if (updates == before && !quiet) continue;
        double psnr = n < 0 ? INFINITY : compare(c->frameBuffer, &frame, 0, &x, &y);
        if (isfinite(psnr) && (!floor || psnr < floor)) continue;
        if (psnr < worst) worst = psnr;
        if (++n == frames.frames) break;
        frame = getFrame(&frames, n);
        paintFrame(&frames, &frame, (uint8_t *)expected);
        deadline = clockNs(CLOCK_MONOTONIC) + 10000000000ull;
        press(c);
    }
    double end = compare(c->frameBuffer, &frame, 1, &x, &y);
    if (isfinite(end) && (!floor || end < floor)) {
        fprintf(stderr, "verify: the last picture is wrong at %d, %d\n", x, y);
        return 1;
    }
    printf("{\"frames\": %d, \"updates\": %d, \"psnr\": %.1f}\n", n, updates,
           isfinite(worst) ? worst : 0.0);
    return 0;
}
