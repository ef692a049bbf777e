/* Copyright (c) txrfb contributors.  See LICENSE for details.
 *
 * Plays a workload on an X display through shared memory, as a program would that draws
 * its windows itself: XShmPutImage inside the damaged rectangles, XCopyArea for moves.
 *
 *   xfeed FRAMES PROGRESS copies|plain keys
 *       one frame at each key press.
 *   xfeed FRAMES PROGRESS copies|plain MILLISECONDS
 *       the first frame after a line on stdin, the others after another line with this
 *       pause: what the X server costs without viewers.
 *   xfeed FRAMES PROGRESS copies|plain FPSfps
 *       so many frames a second, over and over; keys are noted in the progress page.
 */
#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <X11/extensions/XShm.h>
#include <poll.h>
#include <sys/ipc.h>
#include <sys/shm.h>

#include "frames.h"

static Frames frames;
static Progress *progress;
static Display *display;
static Window root;
static GC gc;
static XImage *image;
static int useCopies;

static void put(int x, int y, int w, int h) {
    XShmPutImage(display, root, gc, image, x, y, x, y, w, h, False);
}

static void show(int n, int number) {
    Frame frame = getFrame(&frames, number);
    paintFrame(&frames, &frame, (uint8_t *)image->data);
    if (useCopies) {
        for (int k = 0; k < frame.ncopies; k++) {
            const Copy *c = frame.copies + k;
            XCopyArea(display, root, root, gc, c->sx, c->sy, c->w, c->h, c->dx, c->dy);
        }
        for (int k = 0; k < frame.nresidues; k++) {
            const Rect *r = frame.residues + k;
            put(r->x, r->y, r->w, r->h);
        }
    } else {
        for (int k = 0; k < frame.ndamages; k++) {
            const Damage *d = frame.damages + k;
            put(d->x, d->y, d->w, d->h);
        }
    }
    /* The next frame is painted into the same memory. */
    XSync(display, False);
    progress->shown = n + 1;
}

static void animate(int fps) {
    uint64_t tick = 0;
    for (int n = 0;;) {
        while (XPending(display)) {
            XEvent event;
            XNextEvent(display, &event);
            if (event.type == KeyPress && XLookupKeysym(&event.xkey, 0) == NOTED_KEY)
                noteKey(progress);
        }
        uint64_t pause = untilTick(&tick, fps);
        struct pollfd connection = {.fd = ConnectionNumber(display), .events = POLLIN};
        if (pause) {
            poll(&connection, 1, (pause + 999) / 1000);
        } else if (!progress->halted) {
            show(n, inTheRound(n, frames.frames));
            n++;
        }
    }
}

int main(int argc, char **argv) {
    if (argc != 5) {
        fprintf(stderr,
                "usage: xfeed FRAMES PROGRESS copies|plain keys|MILLISECONDS|FPSfps\n");
        return 2;
    }
    frames = openFrames(argv[1]);
    progress = mapFile(argv[2], 1, NULL);
    useCopies = !strcmp(argv[3], "copies");
    display = XOpenDisplay(NULL);
    if (!display || !XShmQueryExtension(display)) {
        fprintf(stderr, "xfeed: no display with shared memory\n");
        return 2;
    }
    int screen = DefaultScreen(display);
    root = RootWindow(display, screen);
    XGCValues values = {.graphics_exposures = False, .subwindow_mode = IncludeInferiors};
    gc = XCreateGC(display, root, GCGraphicsExposures | GCSubwindowMode, &values);
    XSetForeground(display, gc, BlackPixel(display, screen));
    XFillRectangle(display, root, gc, 0, 0, frames.width, frames.height);

    /* An invisible cursor: nobody's pixels but the workload's. */
    Pixmap none = XCreatePixmap(display, root, 1, 1, 1);
    GC clear = XCreateGC(display, none, 0, NULL);
    XFillRectangle(display, none, clear, 0, 0, 1, 1);
    XColor black = {0};
    XDefineCursor(display, root,
                  XCreatePixmapCursor(display, none, none, &black, &black, 0, 0));

    XShmSegmentInfo segment;
    image = XShmCreateImage(display, DefaultVisual(display, screen),
                            DefaultDepth(display, screen), ZPixmap, NULL, &segment,
                            frames.width, frames.height);
    if (!image || image->bits_per_pixel != 32 || image->bytes_per_line != 4 * frames.width) {
        fprintf(stderr, "xfeed: the display has no pixels of 32 bits\n");
        return 2;
    }
    segment.shmid = shmget(IPC_PRIVATE, (size_t)image->bytes_per_line * frames.height,
                           IPC_CREAT | 0600);
    segment.shmaddr = image->data = shmat(segment.shmid, NULL, 0);
    segment.readOnly = True;
    XShmAttach(display, &segment);
    XGrabKeyboard(display, root, True, GrabModeAsync, GrabModeAsync, CurrentTime);
    XSync(display, False);
    shmctl(segment.shmid, IPC_RMID, NULL);
    puts("ready");
    fflush(stdout);

    if (strstr(argv[4], "fps")) animate(atoi(argv[4]));
    int n = 0;
    if (strcmp(argv[4], "keys")) {
        for (; n < frames.frames; n++) {
            if (n < 2 && getchar() == EOF) return 2;
            show(n, n);
            usleep(1000 * atoi(argv[4]));
        }
        return 0;
    }
    for (;;) {
        XEvent event;
        XNextEvent(display, &event);
        if (event.type != KeyPress) continue;
        show(n, n % frames.frames);
        n++;
    }
}
