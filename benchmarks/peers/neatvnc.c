/* Copyright (c) txrfb contributors.  See LICENSE for details.
 *
 * A VNC server on neatvnc that plays a workload, one frame at each key press.
 *
 *   neatvnc FRAMES PORT PROGRESS
 */
#include <neatvnc.h>
#include <aml.h>
#include <pixman.h>

#include "frames.h"

#define XR24 0x34325258

static Frames frames;
static Progress *progress;
static struct nvnc_display *display;
static struct nvnc_fb *screen;
static int next;

static void key(struct nvnc_client *client, uint32_t sym, bool down) {
    if (!down) return;
    Frame frame = getFrame(&frames, next++ % frames.frames);
    uint64_t start = clockNs(CLOCK_THREAD_CPUTIME_ID);
    paintFrame(&frames, &frame, nvnc_fb_get_addr(screen));
    progress->paint_ns += clockNs(CLOCK_THREAD_CPUTIME_ID) - start;
    pixman_region16_t damage;
    pixman_region_init(&damage);
    for (int k = 0; k < frame.ndamages; k++) {
        const Damage *d = frame.damages + k;
        pixman_region_union_rect(&damage, &damage, d->x, d->y, d->w, d->h);
    }
    nvnc_display_feed_buffer(display, screen, &damage);
    pixman_region_fini(&damage);
    progress->shown = next;
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: neatvnc FRAMES PORT PROGRESS\n");
        return 2;
    }
    frames = openFrames(argv[1]);
    progress = mapFile(argv[3], 1, NULL);
    nvnc_set_log_level(NVNC_LOG_ERROR);
    struct aml *loop = aml_new();
    if (!loop) return 2;
    aml_set_default(loop);
    struct nvnc *server = nvnc_open("127.0.0.1", atoi(argv[2]));
    if (!server) { fprintf(stderr, "neatvnc: cannot listen on %s\n", argv[2]); return 2; }
    display = nvnc_display_new(0, 0);
    screen = nvnc_fb_new(frames.width, frames.height, XR24, frames.width);
    if (!display || !screen) return 2;
    memset(nvnc_fb_get_addr(screen), 0, 4 * (size_t)frames.width * frames.height);
    nvnc_add_display(server, display);
    nvnc_set_name(server, "neatvnc");
    nvnc_set_key_fn(server, key);
    pixman_region16_t all;
    pixman_region_init_rect(&all, 0, 0, frames.width, frames.height);
    nvnc_display_feed_buffer(display, screen, &all);
    pixman_region_fini(&all);
    puts("ready");
    fflush(stdout);
    return aml_run(loop);
}
