/* Copyright (c) txrfb contributors.
 * See LICENSE for details.
 *
 * A server made with libvncserver, for our viewer: a picture of 64x48 pixels, and
 * a line on standard output for what it hears.  Its argument is the password. */

#include <rfb/rfb.h>
#include <stdio.h>

#define WIDTH 64
#define HEIGHT 48

static void heardKey(rfbBool down, rfbKeySym keysym, rfbClientPtr client)
{
    printf("key %u %d\n", (unsigned)keysym, down != 0);
}

static void heardPointer(int buttons, int x, int y, rfbClientPtr client)
{
    printf("pointer %d %d %d\n", x, y, buttons);
}

static void heardText(char *text, int length, rfbClientPtr client)
{
    printf("cut %.*s\n", length, text);
}

int main(int argc, char **argv)
{
    static uint32_t pixels[WIDTH * HEIGHT];
    char *passwords[] = {argc > 1 ? argv[1] : "", NULL};
    int none = 0;
    rfbScreenInfoPtr screen = rfbGetScreen(&none, NULL, WIDTH, HEIGHT, 8, 3, 4);
    if (screen == NULL)
        return 1;
    setvbuf(stdout, NULL, _IOLBF, 0);
    rfbLogEnable(0);
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            pixels[y * WIDTH + x] = 4 * x | 5 * y << 8 | 128 << 16;
    screen->frameBuffer = (char *)pixels;
    screen->desktopName = "libvncserver";
    screen->kbdAddEvent = heardKey;
    screen->ptrAddEvent = heardPointer;
    screen->setXCutText = heardText;
    screen->setXCutTextUTF8 = heardText;
    screen->authPasswdData = passwords;
    screen->passwordCheck = rfbCheckPasswordByList;
    screen->autoPort = TRUE;
    screen->cursor = NULL;
    rfbInitServer(screen);
    if (screen->port <= 0)
        return 1;
    printf("port %d\n", screen->port);
    rfbRunEventLoop(screen, 10000, FALSE);
    return 0;
}
