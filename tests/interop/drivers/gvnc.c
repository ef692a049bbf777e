/*
 * Copyright (c) txrfb contributors.
 * See LICENSE for details.
 *
 * A viewer on GVnc, the library under gtk-vnc, driven over standard input and
 * output as tests/interop/drivers.py describes. ENCODINGS are numbers here, sent as
 * they are.
 */
#include <glib-unix.h>
#include <vncbaseaudio.h>
#include <vncbaseframebuffer.h>
#include <vncconnection.h>

#include "driver.h"

static struct arguments arguments;
static VncConnection *connection;
static GMainLoop *loop;
static guint8 *pixels;
static int width, height, status;
static unsigned long updates;
static gboolean asked, hears;

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why ? why : "");
    status = 1;
    g_main_loop_quit(loop);
}

static void new_framebuffer(void)
{
    /* Bytes B G R X on the x86 and ARM machines that the tests run on. */
    VncPixelFormat local = {32, 24, G_LITTLE_ENDIAN, 1, 255, 255, 255, 16, 8, 0};
    VncBaseFramebuffer *framebuffer;
    guint8 *old = pixels;
    width = vnc_connection_get_width(connection);
    height = vnc_connection_get_height(connection);
    pixels = g_malloc0((gsize)width * (gsize)height * 4 + 1);
    framebuffer =
        vnc_base_framebuffer_new(pixels, (guint16)width, (guint16)height, width * 4,
                                 &local, vnc_connection_get_pixel_format(connection));
    vnc_connection_set_framebuffer(connection, VNC_FRAMEBUFFER(framebuffer));
    g_object_unref(framebuffer);
    g_free(old);
}

static void request(gboolean incremental)
{
    vnc_connection_framebuffer_update_request(connection, incremental, 0, 0,
                                              (guint16)width, (guint16)height);
}

/* What is neither picture nor talk: "note", a word, and numbers. */
static void on_pointer_mode(VncConnection *c, gboolean absolute, gpointer data)
{
    (void)c, (void)data;
    printf("note absolute %d\n", absolute);
    fflush(stdout);
}

/* There is a signal for it, which version 1.3 does not emit. */
static void look_at_leds(void)
{
    static int before;
    int leds = vnc_connection_get_ledstate(connection);
    if (leds != before)
        printf("note leds %d\n", before = leds);
    fflush(stdout);
}

static gboolean on_playback_start(VncBaseAudio *audio, VncAudioFormat *format,
                                  gpointer data)
{
    (void)audio, (void)data;
    printf("note start %d %d %u\n", format->format, format->nchannels,
           format->frequency);
    fflush(stdout);
    return TRUE;
}

static gboolean on_playback_stop(VncBaseAudio *audio, gpointer data)
{
    (void)audio, (void)data;
    printf("note stop\n");
    fflush(stdout);
    return TRUE;
}

static gboolean on_playback_data(VncBaseAudio *audio, VncAudioSample *sample,
                                 gpointer data)
{
    (void)audio, (void)data;
    printf("note sound ");
    for (guint32 i = 0; i < sample->length; i++)
        printf("%02x", sample->data[i]);
    printf("\n");
    fflush(stdout);
    return TRUE;
}

static void hear(void)
{
    VncAudioFormat format = {VNC_AUDIO_FORMAT_RAW_S16, 2, 22050};
    VncBaseAudio *audio;
    char *text = g_strdup_printf(" %s ", arguments.encodings);
    hears = strstr(text, " -259 ") != NULL;
    g_free(text);
    if (!hears)
        return;
    audio = vnc_base_audio_new();
    g_signal_connect(audio, "vnc-audio-playback-start", G_CALLBACK(on_playback_start),
                     NULL);
    g_signal_connect(audio, "vnc-audio-playback-stop", G_CALLBACK(on_playback_stop),
                     NULL);
    g_signal_connect(audio, "vnc-audio-playback-data", G_CALLBACK(on_playback_data),
                     NULL);
    vnc_connection_set_audio(connection, VNC_AUDIO(audio));
    vnc_connection_set_audio_format(connection, &format);
}

static void on_initialized(VncConnection *c, gpointer data)
{
    gint32 encodings[64];
    int count = 0;
    struct asked_format *f = &arguments.format;
    char *text = strdup(arguments.encodings), *rest = text, *word;
    (void)data;
    while (count < 64 && (word = strtok_r(rest, " ", &rest)))
        encodings[count++] = atoi(word);
    free(text);
    if (f->bits) {
        VncPixelFormat format = {(guint8)f->bits,
                                 (guint8)f->depth,
                                 f->big_endian ? G_BIG_ENDIAN : G_LITTLE_ENDIAN,
                                 1,
                                 (guint16)f->red_max,
                                 (guint16)f->green_max,
                                 (guint16)f->blue_max,
                                 (guint8)f->red_shift,
                                 (guint8)f->green_shift,
                                 (guint8)f->blue_shift};
        vnc_connection_set_pixel_format(c, &format);
    }
    new_framebuffer();
    vnc_connection_set_encodings(c, count, encodings);
    hear();
    request(FALSE);
    printf("connected %d %d %s\n", width, height, vnc_connection_get_name(c));
    fflush(stdout);
}

static gboolean ask_again(gpointer data)
{
    (void)data;
    look_at_leds();
    /* That the server can be heard is known after the first update. */
    if (hears) {
        hears = FALSE;
        vnc_connection_audio_enable(connection);
    }
    asked = FALSE;
    updates++;
    if (vnc_connection_is_open(connection))
        request(TRUE);
    return G_SOURCE_REMOVE;
}

static void on_update(VncConnection *c, guint16 x, guint16 y, guint16 w, guint16 h,
                      gpointer data)
{
    (void)c, (void)x, (void)y, (void)w, (void)h, (void)data;
    /* The signal comes for each rectangle; one request is enough for all of them. */
    if (!asked) {
        asked = TRUE;
        g_idle_add(ask_again, NULL);
    }
}

static void on_resize(VncConnection *c, guint16 w, guint16 h, gpointer data)
{
    (void)c, (void)data;
    /* gtk-vnc's widget keeps its framebuffer, too, if the size is the same: its library
       makes this request one for changes, which would not fill a new one. */
    if (w != width || h != height)
        new_framebuffer();
    printf("size %d %d\n", w, h);
    fflush(stdout);
    request(FALSE);
}

static void on_bell(VncConnection *c, gpointer data)
{
    (void)c, (void)data;
    printf("bell\n");
    fflush(stdout);
}

static void on_cursor(VncConnection *c, VncCursor *cursor, gpointer data)
{
    (void)c, (void)data;
    if (cursor)
        send_cursor(vnc_cursor_get_width(cursor), vnc_cursor_get_height(cursor),
                    vnc_cursor_get_hotx(cursor), vnc_cursor_get_hoty(cursor),
                    vnc_cursor_get_data(cursor));
}

static void on_cut_text(VncConnection *c, const char *text, gpointer data)
{
    (void)c, (void)data;
    printf("cut ");
    for (; *text; text++)
        printf("%02x", (unsigned char)*text);
    printf("\n");
    fflush(stdout);
}

G_GNUC_BEGIN_IGNORE_DEPRECATIONS
static void on_choose_type(VncConnection *c, GValueArray *types, gpointer data)
{
    (void)data;
    vnc_connection_set_auth_type(
        c, (unsigned)g_value_get_enum(g_value_array_get_nth(types, 0)));
}

static void on_choose_subtype(VncConnection *c, unsigned type, GValueArray *types,
                              gpointer data)
{
    (void)type, (void)data;
    vnc_connection_set_auth_subtype(
        c, (unsigned)g_value_get_enum(g_value_array_get_nth(types, 0)));
}

static void on_credential(VncConnection *c, GValueArray *asked_for, gpointer data)
{
    (void)data;
    for (guint i = 0; i < asked_for->n_values; i++) {
        int type = g_value_get_enum(g_value_array_get_nth(asked_for, i));
        const char *answer = type == VNC_CONNECTION_CREDENTIAL_PASSWORD
                                 ? arguments.password
                             : type == VNC_CONNECTION_CREDENTIAL_USERNAME
                                 ? arguments.user
                                 : "txrfb";
        vnc_connection_set_credential(c, type, answer ? answer : "");
    }
}
G_GNUC_END_IGNORE_DEPRECATIONS

static void on_auth_failure(VncConnection *c, const char *reason, gpointer data)
{
    (void)c, (void)data;
    fail("authentication failed", reason);
}

static void on_error(VncConnection *c, const char *message, gpointer data)
{
    (void)c, (void)data;
    fail("error", message);
}

static void on_disconnected(VncConnection *c, gpointer data)
{
    (void)c, (void)data;
    fail("the connection was lost", NULL);
}

static void command_picture(void)
{
    size_t count = (size_t)width * (size_t)height;
    unsigned char *rgb = g_malloc(count * 3 + 1);
    for (size_t i = 0; i < count; i++)
        for (int channel = 0; channel < 3; channel++)
            rgb[3 * i + channel] = pixels[4 * i + 2 - channel];
    send_picture(width, height, updates, rgb);
    g_free(rgb);
}

static void command_key(unsigned keysym, int down)
{
    vnc_connection_key_event(connection, down, keysym, 0);
}

static void command_pointer(int x, int y, int buttons)
{
    vnc_connection_pointer_event(connection, (guint8)buttons, (guint16)x, (guint16)y);
}

static void command_cut(const char *text)
{
    vnc_connection_client_cut_text(connection, text, strlen(text));
}

static void command_size(int asked_width, int asked_height)
{
    vnc_connection_set_size(connection, (guint)asked_width, (guint)asked_height);
}

static gboolean on_command(gint fd, GIOCondition condition, gpointer data)
{
    (void)fd, (void)condition, (void)data;
    if (read_commands())
        return G_SOURCE_CONTINUE;
    g_main_loop_quit(loop);
    return G_SOURCE_REMOVE;
}

int main(int argc, char **argv)
{
    char port[16];
    arguments = parse_arguments(argc, argv);
    loop = g_main_loop_new(NULL, FALSE);
    connection = vnc_connection_new();
    vnc_connection_set_shared(connection, TRUE);
#define ON(signal, handler) \
    g_signal_connect(connection, signal, G_CALLBACK(handler), NULL)
    ON("vnc-initialized", on_initialized);
    ON("vnc-framebuffer-update", on_update);
    ON("vnc-desktop-resize", on_resize);
    ON("vnc-bell", on_bell);
    ON("vnc-cursor-changed", on_cursor);
    ON("vnc-pointer-mode-changed", on_pointer_mode);
    ON("vnc-server-cut-text", on_cut_text);
    ON("vnc-auth-choose-type", on_choose_type);
    ON("vnc-auth-choose-subtype", on_choose_subtype);
    ON("vnc-auth-credential", on_credential);
    ON("vnc-auth-failure", on_auth_failure);
    ON("vnc-error", on_error);
    ON("vnc-disconnected", on_disconnected);
    snprintf(port, sizeof port, "%d", arguments.port);
    if (!vnc_connection_open_host(connection, arguments.host, port))
        return 1;
    g_unix_fd_add(0, G_IO_IN | G_IO_HUP, on_command, NULL);
    g_main_loop_run(loop);
    return status;
}
