/* Copyright (c) txrfb contributors.
 * See LICENSE for details.
 *
 * The functions that compare pixels, move them, and look for something in them:
 * Python's side of compare.c, search.c and photos.c.
 */

#include "module.h"

#include <stdlib.h>
#include <string.h>

PyObject *
findChangesFunction(PyObject *Py_UNUSED(module), PyObject *const *args,
                    Py_ssize_t count)
{
    long long oldStride, newStride, n[5];
    Py_buffer oldBuffer, newBuffer;
    Area old, new;
    if (!hasCount("findChanges", count, 10) || !readNumbers(args + 1, 1, &oldStride) ||
        !readNumbers(args + 3, 1, &newStride) || !readNumbers(args + 4, 5, n) ||
        !inRange("tile", n[4], 1, 65536))
        return NULL;
    const int masked = PyObject_IsTrue(args[9]);
    if (masked < 0 || !openArea(args[0], oldStride, n, 0, &oldBuffer, &old))
        return NULL;
    if (!openArea(args[2], newStride, n, 0, &newBuffer, &new)) {
        PyBuffer_Release(&oldBuffer);
        return NULL;
    }
    const ptrdiff_t tile = (ptrdiff_t)n[4];
    const ptrdiff_t left = (ptrdiff_t)(n[0] % tile), top = (ptrdiff_t)(n[1] % tile);
    const size_t tiles = (size_t)((left + new.width - 1) / tile + 1) *
                         (size_t)((top + new.height - 1) / tile + 1);
    uint8_t *flags = NULL;
    PyObject *result = newBytes(tiles, &flags);
    if (result) {
        int any;
        memset(flags, 0, tiles);
        WITHOUT_LOCK(new, any = findChanges(&old, &new, left, top, tile, masked, flags));
        if (!any) {
            Py_DECREF(result);
            result = PyBytes_FromStringAndSize(NULL, 0);
        }
    }
    PyBuffer_Release(&oldBuffer);
    PyBuffer_Release(&newBuffer);
    return result;
}

PyObject *
changedColumnsFunction(PyObject *Py_UNUSED(module), PyObject *const *args,
                       Py_ssize_t count)
{
    long long oldStride, newStride, n[4];
    Py_buffer oldBuffer, newBuffer;
    Area old, new;
    if (!hasCount("changedColumns", count, 8) || !readNumbers(args + 1, 1, &oldStride) ||
        !readNumbers(args + 3, 1, &newStride) || !readNumbers(args + 4, 4, n) ||
        !openArea(args[0], oldStride, n, 0, &oldBuffer, &old))
        return NULL;
    if (!openArea(args[2], newStride, n, 0, &newBuffer, &new)) {
        PyBuffer_Release(&oldBuffer);
        return NULL;
    }
    ptrdiff_t first = 0, end = 0;
    int any;
    WITHOUT_LOCK(new, any = changedColumns(&old, &new, &first, &end));
    PyBuffer_Release(&oldBuffer);
    PyBuffer_Release(&newBuffer);
    if (!any)
        Py_RETURN_NONE;
    return Py_BuildValue("(nn)", (Py_ssize_t)n[0] + first, (Py_ssize_t)(end - first));
}

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

PyObject *
findScrollFunction(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    long long oldStride, newStride, n[4];
    Py_buffer oldBuffer, newBuffer;
    Area old, new;
    if (!hasCount("findScroll", count, 8) || !readNumbers(args + 1, 1, &oldStride) ||
        !readNumbers(args + 3, 1, &newStride) || !readNumbers(args + 4, 4, n) ||
        !openArea(args[0], oldStride, n, 0, &oldBuffer, &old))
        return NULL;
    if (!openArea(args[2], newStride, n, 0, &newBuffer, &new)) {
        PyBuffer_Release(&oldBuffer);
        return NULL;
    }
    ptrdiff_t rows, top = 0, from = 0;
    WITHOUT_LOCK(new, rows = findScroll(&old, &new, &top, &from));
    PyBuffer_Release(&oldBuffer);
    PyBuffer_Release(&newBuffer);
    if (rows < 0)
        return PyErr_NoMemory();
    if (!rows)
        Py_RETURN_NONE;
    return Py_BuildValue("(nnn)", (Py_ssize_t)n[1] + top, (Py_ssize_t)rows,
                         (Py_ssize_t)n[1] + from);
}

/* Makes (x, y, width, height, color). */
static PyObject *
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
