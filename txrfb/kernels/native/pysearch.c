/* Copyright (c) txrfb contributors.
 * See LICENSE for details.
 *
 * The functions that compare pixels, move them, and look for something in them:
 * Python's side of compare.c, moves.c, search.c and photos.c.
 */

#include "module.h"

#include <stdlib.h>
#include <string.h>

PyObject *
moveRectangleFunction(PyObject *Py_UNUSED(module), PyObject *const *args,
                      Py_ssize_t count)
{
    long long n[7];
    Py_buffer buffer, again;
    Area from, to;
    if (!hasCount("moveRectangle", count, 8) || !readNumbers(args + 1, 7, n) ||
        !openArea(args[0], n[0], n + 1, 1, &buffer, &from))
        return NULL;
    const long long target[4] = {n[5], n[6], n[3], n[4]};
    const int inside = openArea(args[0], n[0], target, 1, &again, &to);
    if (inside) {
        uint8_t *bytes = writableBytes(&again, &to);
        WITHOUT_LOCK(from, moveRectangle(bytes, &from));
        PyBuffer_Release(&again);
    }
    PyBuffer_Release(&buffer);
    if (!inside)
        return NULL;
    Py_RETURN_NONE;
}

/* Opens the same rectangle of two memories.  Returns whether it could. */
static int
openPair(PyObject *const *args, long long *n, Py_buffer buffers[2], Area areas[2])
{
    long long strides[2];
    if (!readNumbers(args + 1, 1, &strides[0]) || !readNumbers(args + 3, 1, &strides[1]) || !readNumbers(args + 4, 4, n) ||
        !openArea(args[0], strides[0], n, 0, &buffers[0], &areas[0]))
        return 0;
    if (openArea(args[2], strides[1], n, 0, &buffers[1], &areas[1]))
        return 1;
    PyBuffer_Release(&buffers[0]);
    return 0;
}

static void
closePair(Py_buffer buffers[2])
{
    PyBuffer_Release(&buffers[0]);
    PyBuffer_Release(&buffers[1]);
}

PyObject *
changedBoundsFunction(PyObject *Py_UNUSED(module), PyObject *const *args,
                      Py_ssize_t count)
{
    long long n[4];
    Py_buffer buffers[2];
    Area areas[2];
    if (!hasCount("changedBounds", count, 8) || !openPair(args, n, buffers, areas))
        return NULL;
    Bounds found;
    int any;
    WITHOUT_LOCK(areas[1], any = changedBounds(&areas[0], &areas[1], &found));
    closePair(buffers);
    if (!any)
        Py_RETURN_NONE;
    return Py_BuildValue("(nnnn)", (Py_ssize_t)(n[0] + found.left),
                         (Py_ssize_t)(n[1] + found.top), (Py_ssize_t)found.width,
                         (Py_ssize_t)found.height);
}

PyObject *
findMoveFunction(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    long long n[4];
    Py_buffer buffers[2];
    Area areas[2];
    if (!hasCount("findMove", count, 9))
        return NULL;
    const int areasFirst = PyObject_IsTrue(args[8]);
    if (areasFirst < 0 || !openPair(args, n, buffers, areas))
        return NULL;
    Move found;
    int any;
    WITHOUT_LOCK(areas[1], any = findMove(&areas[0], &areas[1], (ptrdiff_t)n[0],
                                          areasFirst, &found));
    closePair(buffers);
    if (any < 0)
        return PyErr_NoMemory();
    if (!any)
        Py_RETURN_NONE;
    const Py_ssize_t x = (Py_ssize_t)n[0], y = (Py_ssize_t)n[1];
    return Py_BuildValue("(nnnnnn)", x + found.left, y + found.top,
                         (Py_ssize_t)found.width, (Py_ssize_t)found.height,
                         x + found.fromLeft, y + found.fromTop);
}

PyObject *
pieceTuple(const Piece *piece, long long x, long long y)
{
    const long long numbers[5] = {x + piece->x, y + piece->y, piece->width,
                                  piece->height, piece->color};
    PyObject *result = PyTuple_New(5);
    for (int k = 0; result && k < 5; k++) {
        PyObject *number = PyLong_FromLongLong(numbers[k]);
        if (!number || PyTuple_SetItem(result, k, number) < 0)
            Py_CLEAR(result);
    }
    return result;
}

/* Cuts a rectangle into pieces. */
static PyObject *
splitInto(const char *name, PyObject *const *args, Py_ssize_t count,
          ptrdiff_t (*split)(const Area *area, int64_t minimum, Piece **pieces))
{
    long long n[6];
    Py_buffer buffer;
    Area area;
    if (!hasCount(name, count, 7) || !readNumbers(args + 1, 6, n) ||
        !openArea(args[0], n[0], n + 1, 0, &buffer, &area))
        return NULL;
    Piece *pieces = NULL;
    ptrdiff_t found;
    WITHOUT_LOCK(area, found = split(&area, n[5], &pieces));
    PyBuffer_Release(&buffer);
    PyObject *result = found < 0 ? PyErr_NoMemory() : PyList_New(found);
    for (ptrdiff_t k = 0; result && k < found; k++) {
        PyObject *piece = pieceTuple(&pieces[k], n[1], n[2]);
        if (!piece || PyList_SetItem(result, k, piece) < 0)
            Py_CLEAR(result);
    }
    free(pieces);
    return result;
}

PyObject *
splitSolidFunction(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    return splitInto("splitSolid", args, count, splitSolid);
}

PyObject *
splitPhotosFunction(PyObject *Py_UNUSED(module), PyObject *const *args,
                    Py_ssize_t count)
{
    return splitInto("splitPhotos", args, count, splitPhotos);
}

PyObject *
likeLeftFunction(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    long long n[6];
    Py_buffer buffer;
    Area area;
    if (!hasCount("likeLeft", count, 7) || !readNumbers(args + 1, 6, n) ||
        !openArea(args[0], n[0], n + 1, 0, &buffer, &area))
        return NULL;
    int64_t found = -1;
    if (inRange("step", n[5], 1, area.height))
        found = likeLeft(&area, (ptrdiff_t)n[5]);
    PyBuffer_Release(&buffer);
    return found < 0 ? NULL : PyLong_FromLongLong(found);
}
