/* Copyright (c) txrfb contributors.
 * See LICENSE for details.
 *
 * The functions that make bytes of pixels: Python's side of convert.c, tight.c,
 * zrle.c, hextile.c and rre.c.
 */

#include "module.h"

#include <stdlib.h>
#include <string.h>

PyObject *
swizzleFunction(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    long long n[8];
    Py_buffer buffer;
    Area area;
    if (!hasCount("swizzle", count, 10) || !readNumbers(args + 1, 8, n) ||
        !inRange("red", n[5], 0, 3) || !inRange("green", n[6], 0, 3) ||
        !inRange("blue", n[7], 0, 3))
        return NULL;
    if (n[5] == n[6] || n[6] == n[7] || n[7] == n[5])
        return PyErr_Format(PyExc_ValueError,
                            "red %lld, green %lld, blue %lld are not distinct", n[5],
                            n[6], n[7]);
    int order[4] = {-1, -1, -1, -1};
    order[n[5]] = 2;
    order[n[6]] = 1;
    order[n[7]] = 0;
    char *prefix;
    Py_ssize_t length;
    if (PyBytes_AsStringAndSize(args[9], &prefix, &length) < 0 ||
        !openArea(args[0], n[0], n + 1, 0, &buffer, &area))
        return NULL;
    uint8_t *data = NULL;
    PyObject *result = newBytes(pixelCount(&area) * 4 + (size_t)length, &data);
    if (result) {
        memcpy(data, prefix, (size_t)length);
        data += length;
        WITHOUT_LOCK(area, swizzle(data, &area, order));
    }
    PyBuffer_Release(&buffer);
    return result;
}

PyObject *
packRgbFunction(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    long long n[5];
    Py_buffer buffer;
    Area area;
    if (!hasCount("packRgb", count, 7) || !readNumbers(args + 1, 5, n))
        return NULL;
    const int filtered = PyObject_IsTrue(args[6]);
    if (filtered < 0 || !openArea(args[0], n[0], n + 1, 0, &buffer, &area))
        return NULL;
    uint8_t *data = NULL;
    PyObject *result = newBytes(
        pixelCount(&area) * 3 + (filtered ? (size_t)area.height : 0), &data);
    if (result)
        WITHOUT_LOCK(area, packRgb(data, &area, filtered));
    PyBuffer_Release(&buffer);
    return result;
}

PyObject *
convertFunction(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    long long n[5], size;
    Py_buffer buffer, tablesBuffer;
    Area area;
    uint32_t tables[768];
    if (!hasCount("convert", count, 8) || !readNumbers(args + 1, 5, n) ||
        !readNumbers(args + 7, 1, &size))
        return NULL;
    if (size != 1 && size != 2 && size != 4)
        return PyErr_Format(PyExc_ValueError, "pixel size %lld is not 1, 2 or 4", size);
    if (PyObject_GetBuffer(args[6], &tablesBuffer, PyBUF_SIMPLE) < 0)
        return NULL;
    const Py_ssize_t length = tablesBuffer.len;
    if (length == sizeof tables)
        memcpy(tables, tablesBuffer.buf, sizeof tables);
    PyBuffer_Release(&tablesBuffer);
    if (length != sizeof tables)
        return PyErr_Format(PyExc_ValueError, "tables of %zd bytes: they have 3072",
                            length);
    if (!openArea(args[0], n[0], n + 1, 0, &buffer, &area))
        return NULL;
    uint8_t *data = NULL;
    PyObject *result = newBytes(pixelCount(&area) * (size_t)size, &data);
    if (result)
        WITHOUT_LOCK(area, convert(data, &area, tables, (int)size));
    PyBuffer_Release(&buffer);
    return result;
}

PyObject *
paletteFunction(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    long long n[7];
    Py_buffer buffer;
    Area area;
    uint32_t colors[256];
    if (!hasCount("palette", count, 8) || !readNumbers(args + 1, 7, n) ||
        !inRange("mask", n[5], 0, 0xffffffff) || !inRange("maximum", n[6], 2, 256) ||
        !openArea(args[0], n[0], n + 1, 0, &buffer, &area))
        return NULL;
    uint8_t *data = NULL;
    ptrdiff_t length = 0;
    int found = -1;
    PyObject *packed = newBytes(pixelCount(&area), &data);
    if (packed)
        WITHOUT_LOCK(area, found = palette(data, &length, colors, &area,
                                           (uint32_t)n[5], (int)n[6]));
    PyBuffer_Release(&buffer);
    if (found == 0) {
        Py_DECREF(packed);
        Py_RETURN_NONE;
    }
    if (found > 0 && found <= 2) {
        PyObject *bits = PyBytes_FromStringAndSize((const char *)data, length);
        Py_DECREF(packed);
        packed = bits;
    }
    if (!packed)
        return NULL;
    return Py_BuildValue("(y#N)", (const char *)colors, (Py_ssize_t)found * 4, packed);
}

PyObject *
gradientFunction(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    long long n[5];
    Py_buffer buffer;
    Area area;
    if (!hasCount("gradient", count, 6) || !readNumbers(args + 1, 5, n) ||
        !openArea(args[0], n[0], n + 1, 0, &buffer, &area))
        return NULL;
    uint8_t *data = NULL;
    PyObject *result = newBytes(pixelCount(&area) * 3, &data);
    if (result)
        WITHOUT_LOCK(area, gradient(data, &area));
    PyBuffer_Release(&buffer);
    return result;
}

/* Makes room for the pixels, and a byte for each tile. */
static uint8_t *
newRoom(const Area *area, size_t tile, Layout layout)
{
    const size_t tiles = ((size_t)area->width + tile - 1) / tile *
                         (((size_t)area->height + tile - 1) / tile);
    uint8_t *room = malloc(pixelCount(area) * (size_t)layout.size + tiles + SLACK);
    if (!room)
        PyErr_NoMemory();
    return room;
}

/* Makes bytes of what was written to it. */
static PyObject *
fromRoom(uint8_t *room, ptrdiff_t length)
{
    PyObject *result = PyBytes_FromStringAndSize((const char *)room, length);
    free(room);
    return result;
}

PyObject *
zrleFunction(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    long long n[9];
    Py_buffer buffer;
    Area area;
    Layout layout;
    if (!hasCount("zrle", count, 12) || !readNumbers(args + 1, 9, n) ||
        !inRange("mask", n[5], 0, 0xffffffff) || !inRange("tile", n[6], 1, 64) ||
        !readLayout(n + 7, PyObject_IsTrue(args[10]), &layout))
        return NULL;
    const int deflated = PyObject_IsTrue(args[11]);
    if (deflated < 0 || !openArea(args[0], n[0], n + 1, 0, &buffer, &area))
        return NULL;
    ptrdiff_t length = 0;
    uint8_t *room = newRoom(&area, (size_t)n[6], layout);
    if (room)
        WITHOUT_LOCK(area, length = zrle(room, &area, (uint32_t)n[5], (ptrdiff_t)n[6],
                                         layout, deflated));
    PyBuffer_Release(&buffer);
    return room ? fromRoom(room, length) : NULL;
}

PyObject *
hextileFunction(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    long long n[8];
    Py_buffer buffer;
    Area area;
    Layout layout;
    if (!hasCount("hextile", count, 9) || !readNumbers(args + 1, 7, n))
        return NULL;
    n[7] = 0;
    if (!inRange("mask", n[5], 0, 0xffffffff) ||
        !readLayout(n + 6, PyObject_IsTrue(args[8]), &layout) ||
        !openArea(args[0], n[0], n + 1, 0, &buffer, &area))
        return NULL;
    ptrdiff_t length = 0;
    uint8_t *room = newRoom(&area, 16, layout);
    if (room)
        WITHOUT_LOCK(area, length = hextile(room, &area, (uint32_t)n[5], layout));
    PyBuffer_Release(&buffer);
    return room ? fromRoom(room, length) : NULL;
}

PyObject *
rreFunction(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    long long n[8];
    Py_buffer buffer;
    Area area;
    Layout layout;
    if (!hasCount("rre", count, 10) || !readNumbers(args + 1, 7, n))
        return NULL;
    n[7] = 0;
    const int compact = PyObject_IsTrue(args[9]);
    if (compact < 0 || !inRange("mask", n[5], 0, 0xffffffff) ||
        !readLayout(n + 6, PyObject_IsTrue(args[8]), &layout) ||
        !openArea(args[0], n[0], n + 1, 0, &buffer, &area))
        return NULL;
    const long long most = compact ? 255 : 65535;
    uint8_t *room = NULL;
    ptrdiff_t length = 0;
    if (inRange("width", n[3], 1, most) && inRange("height", n[4], 1, most))
        room = newRoom(&area, 65536, layout);
    if (room)
        WITHOUT_LOCK(area,
                     length = rre(room, &area, (uint32_t)n[5], layout, compact));
    PyBuffer_Release(&buffer);
    if (!room)
        return NULL;
    if (length > 0)
        return fromRoom(room, length);
    free(room);
    if (length < 0)
        return PyErr_NoMemory();
    Py_RETURN_NONE;
}
