/* Copyright (c) txrfb contributors.
 * See LICENSE for details.
 *
 * The Python module txrfb.kernels._native: reads arguments, checks bounds, makes
 * room for results, and calls the kernels.  What its functions do is written down
 * in txrfb/kernels/reference.py, which has the same ones.
 *
 * It is written for the stable ABI of Python 3.11, and keeps no state.
 */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdlib.h>
#include <string.h>

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

static int
hasCount(const char *name, Py_ssize_t given, Py_ssize_t wanted)
{
    if (given == wanted)
        return 1;
    PyErr_Format(PyExc_TypeError, "%s() takes %zd positional arguments but %zd %s given",
                 name, wanted, given, given == 1 ? "was" : "were");
    return 0;
}

static int
readNumbers(PyObject *const *objects, int count, long long *numbers)
{
    for (int k = 0; k < count; k++) {
        numbers[k] = PyLong_AsLongLong(objects[k]);
        if (numbers[k] == -1 && PyErr_Occurred()) {
            if (PyErr_ExceptionMatches(PyExc_OverflowError))
                PyErr_Format(PyExc_ValueError, "%R is out of range", objects[k]);
            return 0;
        }
    }
    return 1;
}

static int
inRange(const char *name, long long value, long long least, long long most)
{
    if (least <= value && value <= most)
        return 1;
    PyErr_Format(PyExc_ValueError, "%s %lld is not from %lld to %lld", name, value,
                 least, most);
    return 0;
}

/* Whether the rectangle (x, y, width, height) is inside. */
static int
isInside(Py_ssize_t size, long long stride, const long long *rectangle)
{
    const long long x = rectangle[0], y = rectangle[1];
    const long long width = rectangle[2], height = rectangle[3];
    if (x < 0 || y < 0 || width < 1 || height < 1)
        return 0;
    /* In this order none of it can overflow. */
    const long long columns = size / 4;
    if (x > columns || width > columns - x || stride < 4 * (x + width))
        return 0;
    const long long above = size - 4 * (x + width);
    if (y > above / stride)
        return 0;
    return height - 1 <= above / stride - y;
}

/* Opens a rectangle of an object with the buffer protocol; closed by
 * PyBuffer_Release. */
static int
openArea(PyObject *object, long long stride, const long long *rectangle, int writable,
         Py_buffer *buffer, Area *area)
{
    if (PyObject_GetBuffer(object, buffer, writable ? PyBUF_WRITABLE : PyBUF_SIMPLE) < 0)
        return 0;
    if (!isInside(buffer->len, stride, rectangle)) {
        PyErr_Format(PyExc_ValueError,
                     "rectangle %lldx%lld at %lld,%lld is not inside %zd bytes in rows"
                     " of %lld",
                     rectangle[2], rectangle[3], rectangle[0], rectangle[1],
                     buffer->len, stride);
        PyBuffer_Release(buffer);
        return 0;
    }
    /* The stride of what has one row may be anything. */
    area->stride = stride <= buffer->len ? (ptrdiff_t)stride : 0;
    area->bytes = (const uint8_t *)buffer->buf + rectangle[1] * area->stride +
                  rectangle[0] * 4;
    area->width = (ptrdiff_t)rectangle[2];
    area->height = (ptrdiff_t)rectangle[3];
    return 1;
}

/* Where a rectangle that was opened for writing begins. */
static uint8_t *
writableBytes(const Py_buffer *buffer, const Area *area)
{
    return (uint8_t *)buffer->buf + (area->bytes - (const uint8_t *)buffer->buf);
}

static int
readLayout(const long long *numbers, int bigEndian, Layout *layout)
{
    if (bigEndian < 0 || !inRange("pixel size", numbers[0], 1, 4) ||
        !inRange("shift", numbers[1], 0, 31))
        return 0;
    *layout = (Layout){(int)numbers[0], (int)numbers[1], bigEndian};
    return 1;
}

/* Makes room for bytes; *data is where they are. */
static PyObject *
newBytes(size_t size, uint8_t **data)
{
    if (size > PY_SSIZE_T_MAX - 64)
        return PyErr_NoMemory();
    PyObject *result = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)size);
    if (result)
        *data = (uint8_t *)PyBytes_AsString(result);
    return result;
}

static size_t
pixelCount(const Area *area)
{
    return (size_t)area->width * (size_t)area->height;
}

static PyObject *
compare(const char *name, PyObject *const *args, Py_ssize_t count, int copying)
{
    long long oldStride, newStride, n[5];
    Py_buffer oldBuffer, newBuffer;
    Area old, new;
    if (!hasCount(name, count, 10) || !readNumbers(args + 1, 1, &oldStride) ||
        !readNumbers(args + 3, 1, &newStride) || !readNumbers(args + 4, 5, n) ||
        !inRange("tile", n[4], 1, 65536))
        return NULL;
    const int masked = PyObject_IsTrue(args[9]);
    if (masked < 0 || !openArea(args[0], oldStride, n, copying, &oldBuffer, &old))
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
        uint8_t *bytes = writableBytes(&oldBuffer, &old);
        int any;
        memset(flags, 0, tiles);
        WITHOUT_LOCK(new, any = compareTiles(bytes, old.stride, &new, left, top, tile,
                                             masked, copying, flags));
        if (!any) {
            Py_DECREF(result);
            result = PyBytes_FromStringAndSize(NULL, 0);
        }
    }
    PyBuffer_Release(&oldBuffer);
    PyBuffer_Release(&newBuffer);
    return result;
}

static PyObject *
compareTilesFunction(PyObject *Py_UNUSED(module), PyObject *const *args,
                     Py_ssize_t count)
{
    return compare("compareTiles", args, count, 1);
}

static PyObject *
findChangesFunction(PyObject *Py_UNUSED(module), PyObject *const *args,
                    Py_ssize_t count)
{
    return compare("findChanges", args, count, 0);
}

static PyObject *
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

static PyObject *
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

static PyObject *
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

static PyObject *
splitSolidFunction(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    long long n[6];
    Py_buffer buffer;
    Area area;
    if (!hasCount("splitSolid", count, 7) || !readNumbers(args + 1, 6, n) ||
        !openArea(args[0], n[0], n + 1, 0, &buffer, &area))
        return NULL;
    Piece *pieces = NULL;
    ptrdiff_t found;
    WITHOUT_LOCK(area, found = splitSolid(&area, n[5], &pieces));
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

static PyObject *
swizzleFunction(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    long long n[8];
    Py_buffer buffer;
    Area area;
    if (!hasCount("swizzle", count, 9) || !readNumbers(args + 1, 8, n) ||
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
    if (!openArea(args[0], n[0], n + 1, 0, &buffer, &area))
        return NULL;
    uint8_t *data = NULL;
    PyObject *result = newBytes(pixelCount(&area) * 4, &data);
    if (result)
        WITHOUT_LOCK(area, swizzle(data, &area, order));
    PyBuffer_Release(&buffer);
    return result;
}

static PyObject *
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

static PyObject *
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

static PyObject *
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

static PyObject *
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

static PyObject *
zrleFunction(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    long long n[9];
    Py_buffer buffer;
    Area area;
    Layout layout;
    if (!hasCount("zrle", count, 11) || !readNumbers(args + 1, 9, n) ||
        !inRange("mask", n[5], 0, 0xffffffff) || !inRange("tile", n[6], 1, 64) ||
        !readLayout(n + 7, PyObject_IsTrue(args[10]), &layout) ||
        !openArea(args[0], n[0], n + 1, 0, &buffer, &area))
        return NULL;
    ptrdiff_t length = 0;
    uint8_t *room = newRoom(&area, (size_t)n[6], layout);
    if (room)
        WITHOUT_LOCK(area, length = zrle(room, &area, (uint32_t)n[5], (ptrdiff_t)n[6],
                                         layout));
    PyBuffer_Release(&buffer);
    return room ? fromRoom(room, length) : NULL;
}

static PyObject *
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

static PyObject *
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

#define FUNCTION(name)                                                                 \
    {                                                                                  \
        #name, (PyCFunction)(void (*)(void))name##Function, METH_FASTCALL,             \
            "See txrfb.kernels.reference." #name "."                                   \
    }

static PyMethodDef functions[] = {
    FUNCTION(changedColumns),
    FUNCTION(compareTiles), FUNCTION(convert),       FUNCTION(findChanges),
    FUNCTION(findScroll),
    FUNCTION(gradient),     FUNCTION(hextile),       FUNCTION(moveRectangle),
    FUNCTION(packRgb),      FUNCTION(palette),       FUNCTION(rre),
    FUNCTION(splitSolid),   FUNCTION(swizzle),       FUNCTION(zrle),
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {
#ifdef Py_GIL_DISABLED
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

static PyModuleDef definition = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "txrfb.kernels._native",
    .m_doc = "The kernels in C.",
    .m_methods = functions,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit__native(void)
{
    return PyModuleDef_Init(&definition);
}
