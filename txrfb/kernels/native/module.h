/* Copyright (c) txrfb contributors.
 * See LICENSE for details.
 *
 * What the files around the kernels share, which are the only ones to know Python.
 */

#ifndef TXRFB_MODULE_H
#define TXRFB_MODULE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "kernels.h"

/* From so many pixels on the interpreter lock is released.  Smaller work takes
 * microseconds: to hand the lock to another thread meanwhile, and have to wait for
 * it, would cost more than it gains. */
#define LARGE 16384

#define WITHOUT_LOCK(area, statement)                                                  \
    do {                                                                               \
        if ((area).width * (area).height >= LARGE) {                                   \
            Py_BEGIN_ALLOW_THREADS statement;                                          \
            Py_END_ALLOW_THREADS                                                       \
        } else {                                                                       \
            statement;                                                                 \
        }                                                                              \
    } while (0)

/* arguments.c: those that return an int return 0 after setting an exception. */

/* Whether a function was given as many arguments as it wants. */
int hasCount(const char *name, Py_ssize_t given, Py_ssize_t wanted);

int readNumbers(PyObject *const *objects, int count, long long *numbers);

int inRange(const char *name, long long value, long long least, long long most);

/* Finds the rectangle (x, y, width, height) of pixels of size bytes in a buffer. */
int placeArea(const Py_buffer *buffer, int size, long long stride,
              const long long *rectangle, Area *area);

/* Opens the rectangle (x, y, width, height) of an object with the buffer protocol;
 * closed by PyBuffer_Release. */
int openArea(PyObject *object, long long stride, const long long *rectangle,
             int writable, Py_buffer *buffer, Area *area);

/* The same of pixels of size bytes. */
int openPixels(PyObject *object, int size, long long stride, const long long *rectangle,
               int writable, Py_buffer *buffer, Area *area);

/* Where a rectangle that was opened for writing begins. */
uint8_t *writableBytes(const Py_buffer *buffer, const Area *area);

/* Reads a pixel's size and shift. */
int readLayout(const long long *numbers, int bigEndian, Layout *layout);

size_t pixelCount(const Area *area);

/* Makes room for bytes; *data is where they are. */
PyObject *newBytes(size_t size, uint8_t **data);

/* The functions of the module; what they do is written down in
 * txrfb/kernels/reference.py. */
#define FUNCTION(name)                                                                 \
    PyObject *name##Function(PyObject *module, PyObject *const *args, Py_ssize_t count)

/* pysearch.c */
FUNCTION(changedBounds);
FUNCTION(findMove);
FUNCTION(likeLeft);
FUNCTION(moveRectangle);
FUNCTION(splitPhotos);
FUNCTION(splitSolid);

/* pylayouts.c */
FUNCTION(refreshTiles);

/* pyboxes.c */
FUNCTION(takeChanges);

/* pypaint.c */
FUNCTION(paintHextile);
FUNCTION(paintIndices);
FUNCTION(paintPixels);
FUNCTION(paintSubrectangles);
FUNCTION(paintTiles);
FUNCTION(readColors);
FUNCTION(undoFilters);
FUNCTION(undoGradient);

/* pyencode.c */
FUNCTION(convert);
FUNCTION(gradient);
FUNCTION(hextile);
FUNCTION(packRgb);
FUNCTION(palette);
FUNCTION(rre);
FUNCTION(swizzle);
FUNCTION(zrle);

#undef FUNCTION

#endif
