/*
 * Copyright (c) txrfb contributors.
 * See LICENSE for details.
 *
 * A viewer on LibVNCClient, driven over standard input and output as
 * tests/interop/drivers.py describes. It can be told everything that the library
 * can: encodings, levels and any pixel format, big-endian ones included.
 */
#include <poll.h>
#include <rfb/rfbclient.h>

#include "driver.h"

static struct arguments arguments;
static rfbClient *client;
static unsigned long updates;

static rfbBool allocate(rfbClient *c)
{
    size_t size = (size_t)c->width * (size_t)c->height * (c->format.bitsPerPixel / 8);
    free(c->frameBuffer);
    c->frameBuffer = calloc(1, size ? size : 1);
    /* Lines before "connected" are no news: rfbInitClient() allocates too. */
    if (client) {
        printf("size %d %d\n", c->width, c->height);
        fflush(stdout);
    }
    return c->frameBuffer != NULL;
}

static char *password(rfbClient *c)
{
    (void)c;
    return strdup(arguments.password ? arguments.password : "");
}

static rfbCredential *credential(rfbClient *c, int type)
{
    rfbCredential *answer = calloc(1, sizeof *answer);
    (void)c;
    if (type == rfbCredentialTypeUser) {
        answer->userCredential.username = strdup(arguments.user ? arguments.user : "");
        answer->userCredential.password = password(c);
    } else if (arguments.authority) {
        answer->x509Credential.x509CACertFile = strdup(arguments.authority);
        answer->x509Credential.x509CrlVerifyMode = rfbX509CrlVerifyNone;
    }
    return answer;
}

static void finished(rfbClient *c)
{
    (void)c;
    updates++;
}

static void bell(rfbClient *c)
{
    (void)c;
    printf("bell\n");
    fflush(stdout);
}

static void cut_text(rfbClient *c, const char *text, int length)
{
    (void)c;
    printf("cut ");
    for (int i = 0; i < length; i++)
        printf("%02x", (unsigned char)text[i]);
    printf("\n");
    fflush(stdout);
}

static unsigned char expand(uint32_t pixel, int shift, int max)
{
    uint32_t value = (pixel >> shift) & (uint32_t)max;
    return max ? (unsigned char)((value * 255 + (uint32_t)max / 2) / (uint32_t)max) : 0;
}

/* Write the R G B of a pixel as the server sends it. */
static void convert(const rfbClient *c, const uint8_t *pixel, unsigned char *rgb)
{
    const rfbPixelFormat *f = &c->format;
    int bytes = f->bitsPerPixel / 8;
    uint32_t value = 0;
    for (int b = 0; b < bytes; b++)
        value |= (uint32_t)pixel[b] << 8 * (f->bigEndian ? bytes - 1 - b : b);
    rgb[0] = expand(value, f->redShift, f->redMax);
    rgb[1] = expand(value, f->greenShift, f->greenMax);
    rgb[2] = expand(value, f->blueShift, f->blueMax);
}

static void cursor(rfbClient *c, int x, int y, int width, int height, int bytes)
{
    size_t pixels = (size_t)width * (size_t)height;
    unsigned char *rgba = malloc(pixels * 4 + 1);
    for (size_t i = 0; i < pixels; i++) {
        convert(c, c->rcSource + i * (size_t)bytes, rgba + 4 * i);
        rgba[4 * i + 3] = c->rcMask[i] ? 255 : 0;
    }
    send_cursor(width, height, x, y, rgba);
    free(rgba);
}

static void command_picture(void)
{
    size_t bytes = client->format.bitsPerPixel / 8;
    size_t pixels = (size_t)client->width * (size_t)client->height;
    unsigned char *rgb = malloc(pixels * 3 + 1);
    for (size_t i = 0; i < pixels; i++)
        convert(client, client->frameBuffer + i * bytes, rgb + 3 * i);
    send_picture(client->width, client->height, updates, rgb);
    free(rgb);
}

static void command_key(unsigned keysym, int down)
{
    SendKeyEvent(client, keysym, down ? TRUE : FALSE);
}

static void command_pointer(int x, int y, int buttons)
{
    SendPointerEvent(client, x, y, buttons);
}

static void command_cut(const char *text)
{
    char *copy = strdup(text);
    SendClientCutText(client, copy, (int)strlen(copy));
    free(copy);
}

static void command_size(int width, int height)
{
    if (!SendExtDesktopSize(client, (uint16_t)width, (uint16_t)height))
        fprintf(stderr, "the size cannot be asked for\n");
}

int main(int argc, char **argv)
{
    arguments = parse_arguments(argc, argv);
    struct asked_format *f = &arguments.format;
    rfbClient *c = f->bits ? rfbGetClient(8, 3, f->bits / 8) : rfbGetClient(8, 3, 4);
    c->serverHost = strdup(arguments.host);
    c->serverPort = arguments.port;
    c->MallocFrameBuffer = allocate;
    c->GetPassword = password;
    c->GetCredential = credential;
    c->FinishedFrameBufferUpdate = finished;
    c->Bell = bell;
    c->GotXCutText = cut_text;
    c->GotCursorShape = cursor;
    c->appData.useRemoteCursor = TRUE;
    c->canHandleNewFBSize = TRUE;
    c->appData.shareDesktop = TRUE;
    c->appData.encodingsString = arguments.encodings;
    c->appData.enableJPEG = arguments.quality >= 0;
    c->appData.qualityLevel = arguments.quality;
    if (arguments.compress >= 0)
        c->appData.compressLevel = arguments.compress;
    if (f->bits) {
        c->format.depth = (uint8_t)f->depth;
        c->format.bigEndian = (uint8_t)f->big_endian;
        c->format.redMax = (uint16_t)f->red_max;
        c->format.greenMax = (uint16_t)f->green_max;
        c->format.blueMax = (uint16_t)f->blue_max;
        c->format.redShift = (uint8_t)f->red_shift;
        c->format.greenShift = (uint8_t)f->green_shift;
        c->format.blueShift = (uint8_t)f->blue_shift;
    }
    if (!rfbInitClient(c, NULL, NULL))
        return 1;
    client = c;
    printf("connected %d %d %s\n", c->width, c->height, c->desktopName);
    fflush(stdout);
    for (;;) {
        struct pollfd ready[] = {{0, POLLIN, 0}, {c->sock, POLLIN, 0}};
        /* TLS may hold bytes that poll() does not see. */
        poll(ready, 2, 20);
        if (ready[0].revents && !read_commands())
            break;
        /* Nor does WaitForMessage() see what the library has read already. */
        while (c->buffered > 0 || WaitForMessage(c, 0))
            if (!HandleRFBServerMessage(c)) {
                fprintf(stderr, "the connection was lost\n");
                return 1;
            }
    }
    rfbClientCleanup(c);
    return 0;
}
