/* Copyright (c) txrfb contributors.
 * See LICENSE for details.
 *
 * The functions that paint what a server sent: Python's side of paint.c and painttiles.c.
 */

#include "module.h"

#include "paint.h"

/* What all of them are given: a rectangle to paint on, bytes, and how pixels are in
 * them. */
typedef struct {
    Py_buffer memory;
    Py_buffer data;
    Canvas canvas;
    const uint8_t *bytes;
    ptrdiff_t length;
} Work;

static int
readFormat(PyObject *format, int kind, ptrdiff_t count, Wire *wire)
{
    long long fields[FIELDS];
    if (!PyTuple_Check(format) || PyTuple_Size(format) != FIELDS) {
        PyErr_Format(PyExc_TypeError, "%R is no pixel format", format);
        return 0;
    }
    for (int k = 0; k < FIELDS; k++) {
        PyObject *field = PyTuple_GetItem(format, k);
        if (!readNumbers(&field, 1, fields + k))
            return 0;
    }
    if (readWire(wire, fields, kind, count))
        return 1;
    PyErr_Format(PyExc_ValueError, "%R is not a format of pixels", format);
    return 0;
}

static void
endWork(Work *work)
{
    PyBuffer_Release(&work->memory);
    PyBuffer_Release(&work->data);
}

/* Opens the first seven arguments; closed by endWork. */
static int
beginWork(PyObject *const *args, Work *work)
{
    long long n[5];
    Area area;
    if (!readNumbers(args + 1, 5, n) ||
        !openArea(args[0], n[0], n + 1, 1, &work->memory, &area))
        return 0;
    if (PyObject_GetBuffer(args[6], &work->data, PyBUF_SIMPLE) < 0) {
        PyBuffer_Release(&work->memory);
        return 0;
    }
    work->canvas = (Canvas){writableBytes(&work->memory, &area), area.stride, area.width,
                            area.height};
    work->bytes = work->data.buf;
    work->length = work->data.len;
    return 1;
}

/* Whether there are as many bytes as rows of so many need. */
static int
hasRows(const Work *work, ptrdiff_t row)
{
    if (row <= PTRDIFF_MAX / work->canvas.height &&
        work->length == row * work->canvas.height)
        return 1;
    PyErr_Format(PyExc_ValueError, "%zd bytes for %zd rows of %zd", work->length,
                 work->canvas.height, row);
    return 0;
}

static ptrdiff_t
areaOf(const Work *work)
{
    return work->canvas.width * work->canvas.height;
}

PyObject *
paintPixelsFunction(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    long long n[2];
    Work work;
    Wire wire;
    if (!hasCount("paintPixels", count, 10) || !readNumbers(args + 7, 2, n) ||
        !inRange("kind", n[1], PIXEL, TPIXEL) || !beginWork(args, &work))
        return NULL;
    PyObject *result = NULL;
    const ptrdiff_t area = areaOf(&work);
    if (inRange("pixel", n[0], 0, area) &&
        readFormat(args[9], (int)n[1], work.length, &wire)) {
        const ptrdiff_t pixels = work.length / wire.size, first = (ptrdiff_t)n[0];
        if (work.length % wire.size || pixels > area - first) {
            PyErr_Format(PyExc_ValueError, "%zd bytes of pixels from %zd on of %zdx%zd",
                         work.length, first, work.canvas.width, work.canvas.height);
        } else {
            WITHOUT_LOCK(work.canvas,
                         paintPixels(&work.canvas, work.bytes, first, pixels, &wire));
            result = Py_NewRef(Py_None);
        }
    }
    endWork(&work);
    return result;
}

PyObject *
readColorsFunction(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    long long kind;
    Py_buffer data;
    Wire wire;
    if (!hasCount("readColors", count, 3) || !readNumbers(args + 1, 1, &kind) ||
        !inRange("kind", kind, PIXEL, TPIXEL) ||
        PyObject_GetBuffer(args[0], &data, PyBUF_SIMPLE) < 0)
        return NULL;
    PyObject *result = NULL;
    if (readFormat(args[2], (int)kind, data.len, &wire)) {
        uint8_t *colors;
        const ptrdiff_t pixels = data.len / wire.size;
        if (data.len % wire.size)
            PyErr_Format(PyExc_ValueError, "%zd bytes of pixels of %d", data.len,
                         wire.size);
        else if ((result = newBytes((size_t)pixels * 4, &colors)))
            readColors(colors, data.buf, pixels, &wire);
    }
    PyBuffer_Release(&data);
    return result;
}

/* Reads colors, uint32_t of this machine, and returns how many there are; at least one;
 * or 0 after setting an exception. */
static int
readPalette(PyObject *object, ptrdiff_t least, ptrdiff_t most, uint32_t *colors)
{
    Py_buffer buffer;
    if (PyObject_GetBuffer(object, &buffer, PyBUF_SIMPLE) < 0)
        return -1;
    const ptrdiff_t length = buffer.len;
    const int isRight = length % 4 == 0 && length >= least * 4 && length <= most * 4;
    if (isRight && length)
        memcpy(colors, buffer.buf, (size_t)length);
    PyBuffer_Release(&buffer);
    if (isRight)
        return (int)(length / 4);
    PyErr_Format(PyExc_ValueError, "a palette of %zd bytes", length);
    return -1;
}

PyObject *
paintIndicesFunction(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    long long bits;
    uint32_t colors[256] = {0};
    Work work;
    if (!hasCount("paintIndices", count, 9) || !readNumbers(args + 8, 1, &bits))
        return NULL;
    if (bits != 1 && bits != 8)
        return PyErr_Format(PyExc_ValueError, "%lld bits: 1 or 8", bits);
    const int most = readPalette(args[7], 1, bits == 1 ? 2 : 256, colors);
    if (most < 0 || !beginWork(args, &work))
        return NULL;
    PyObject *result = NULL;
    const ptrdiff_t width = work.canvas.width;
    if (hasRows(&work, bits == 1 ? (width + 7) / 8 : width)) {
        int wrong = -1;
        WITHOUT_LOCK(work.canvas, wrong = paintIndices(&work.canvas, work.bytes, colors,
                                                       most, (int)bits));
        if (wrong < 0)
            result = Py_NewRef(Py_None);
        else
            PyErr_Format(PyExc_ValueError, "color index %d in a palette of %d", wrong,
                         most);
    }
    endWork(&work);
    return result;
}

PyObject *
undoGradientFunction(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    Work work;
    Wire wire;
    Py_buffer above;
    if (!hasCount("undoGradient", count, 9) ||
        PyObject_GetBuffer(args[7], &above, PyBUF_SIMPLE) < 0)
        return NULL;
    PyObject *result = NULL;
    if (beginWork(args, &work)) {
        const ptrdiff_t row = work.canvas.width * 6;
        uint8_t *parts;
        if (above.len != row)
            PyErr_Format(PyExc_ValueError, "a row above of %zd bytes: it has %zd",
                         above.len, row);
        else if (readFormat(args[8], TPIXEL, areaOf(&work), &wire) &&
                 hasRows(&work, work.canvas.width * wire.size) &&
                 (result = newBytes((size_t)row, &parts))) {
            memcpy(parts, above.buf, (size_t)row);
            WITHOUT_LOCK(work.canvas, undoGradient(&work.canvas, work.bytes,
                                                   (uint16_t *)(void *)parts, &wire));
        }
        endWork(&work);
    }
    PyBuffer_Release(&above);
    return result;
}

static PyObject *
faulty(const Fault *fault)
{
    PyErr_SetString(PyExc_ValueError, fault->text);
    return NULL;
}

PyObject *
paintHextileFunction(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    long long n[3];
    Work work;
    Wire wire;
    if (!hasCount("paintHextile", count, 11) || !readNumbers(args + 7, 3, n) ||
        !inRange("tile", n[0], 0, 1 << 30) ||
        !inRange("background", n[1], -1, COLOR) ||
        !inRange("foreground", n[2], -1, COLOR) || !beginWork(args, &work))
        return NULL;
    PyObject *result = NULL;
    if (readFormat(args[10], PIXEL, work.length, &wire)) {
        Fault fault;
        ptrdiff_t used = -1;
        Progress now = {
            .tile = (ptrdiff_t)n[0], .background = n[1], .foreground = n[2]};
        WITHOUT_LOCK(work.canvas, used = paintHextile(&work.canvas, work.bytes,
                                                      work.length, &wire, &now, &fault));
        result = used < 0 ? faulty(&fault)
                          : Py_BuildValue("(nnnLL)", used, now.needed, now.tile,
                                          (long long)now.background,
                                          (long long)now.foreground);
    }
    endWork(&work);
    return result;
}

PyObject *
paintTilesFunction(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    long long n[2];
    Work work;
    Wire wire;
    Progress now = {0};
    if (!hasCount("paintTiles", count, 12) || !readNumbers(args + 7, 2, n) ||
        !inRange("size", n[0], 1, 64) || !inRange("tile", n[1], 0, 1 << 30))
        return NULL;
    now.tile = (ptrdiff_t)n[1];
    now.colors = readPalette(args[9], 0, 127, now.palette);
    const int reuse = PyObject_IsTrue(args[10]);
    if (now.colors < 0 || reuse < 0 || !beginWork(args, &work))
        return NULL;
    PyObject *result = NULL;
    if (readFormat(args[11], CPIXEL, work.length, &wire)) {
        Fault fault;
        ptrdiff_t used = -1;
        WITHOUT_LOCK(work.canvas,
                     used = paintTiles(&work.canvas, work.bytes, work.length,
                                       (ptrdiff_t)n[0], reuse, &wire, &now, &fault));
        result = used < 0 ? faulty(&fault)
                          : Py_BuildValue("(nnny#)", used, now.needed, now.tile,
                                          (const char *)now.palette,
                                          (Py_ssize_t)now.colors * 4);
    }
    endWork(&work);
    return result;
}

PyObject *
paintSubrectanglesFunction(PyObject *Py_UNUSED(module), PyObject *const *args,
                           Py_ssize_t count)
{
    long long budget;
    Work work;
    Wire wire;
    if (!hasCount("paintSubrectangles", count, 10) ||
        !readNumbers(args + 8, 1, &budget))
        return NULL;
    const int compact = PyObject_IsTrue(args[7]);
    if (compact < 0 || !beginWork(args, &work))
        return NULL;
    PyObject *result = NULL;
    if (readFormat(args[9], PIXEL, work.length, &wire)) {
        Fault fault;
        ptrdiff_t used = -1;
        WITHOUT_LOCK(work.canvas,
                     used = paintSubrectangles(&work.canvas, work.bytes, work.length,
                                               compact, budget, &wire, &fault));
        result = used < 0 ? faulty(&fault) : PyLong_FromSsize_t(used);
    }
    endWork(&work);
    return result;
}

PyObject *
undoFiltersFunction(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    long long pixel;
    Py_buffer data, above;
    if (!hasCount("undoFilters", count, 3) || !readNumbers(args + 1, 1, &pixel) ||
        !inRange("pixel", pixel, 1, 8) ||
        PyObject_GetBuffer(args[0], &data, PyBUF_SIMPLE) < 0)
        return NULL;
    PyObject *result = NULL;
    if (PyObject_GetBuffer(args[2], &above, PyBUF_SIMPLE) == 0) {
        const ptrdiff_t row = above.len;
        uint8_t *out;
        if (data.len % (row + 1))
            PyErr_Format(PyExc_ValueError, "%zd bytes of rows of %zd", data.len, row);
        else if ((result = newBytes((size_t)(data.len / (row + 1) * row), &out))) {
            const int wrong = undoFilters(out, data.buf, row, data.len / (row + 1),
                                          (ptrdiff_t)pixel, above.buf);
            if (wrong >= 0) {
                Py_DECREF(result);
                result = PyErr_Format(PyExc_ValueError, "unknown PNG filter %d", wrong);
            }
        }
        PyBuffer_Release(&above);
    }
    PyBuffer_Release(&data);
    return result;
}
