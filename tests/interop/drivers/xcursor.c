/*
 * Copyright (c) txrfb contributors.
 * See LICENSE for details.
 *
 * Says which cursor an X server shows: its width, height, hotspot, and R G B A of each
 * pixel in hexadecimal. XFixes has them multiplied by A.
 */
#include <X11/Xlib.h>
#include <X11/extensions/Xfixes.h>
#include <stdio.h>

int main(void)
{
    int event, error;
    Display *display = XOpenDisplay(NULL);
    XFixesCursorImage *image;
    if (!display || !XFixesQueryExtension(display, &event, &error))
        return 1;
    image = XFixesGetCursorImage(display);
    if (!image)
        return 1;
    printf("%d %d %d %d ", image->width, image->height, image->xhot, image->yhot);
    for (int i = 0; i < image->width * image->height; i++) {
        unsigned long argb = image->pixels[i];
        printf("%02lx%02lx%02lx%02lx", argb >> 16 & 255, argb >> 8 & 255, argb & 255,
               argb >> 24 & 255);
    }
    printf("\n");
    return 0;
}
