/* Copyright (c) txrfb contributors.
 * See LICENSE for details.
 *
 * Reads the arguments of the functions, checks bounds, and makes room for results.
 */

#include "module.h"

int
hasCount(const char *name, Py_ssize_t given, Py_ssize_t wanted)
{
    if (given == wanted)
        return 1;
    PyErr_Format(PyExc_TypeError, "%s() takes %zd positional arguments but %zd %s given",
                 name, wanted, given, given == 1 ? "was" : "were");
    return 0;
}

int
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

int
inRange(const char *name, long long value, long long least, long long most)
{
    if (least <= value && value <= most)
        return 1;
    PyErr_Format(PyExc_ValueError, "%s %lld is not from %lld to %lld", name, value,
                 least, most);
    return 0;
}

/* Whether the rectangle (x, y, width, height) is inside, of pixels of each bytes. */
static int
isInside(Py_ssize_t size, int each, long long stride, const long long *rectangle)
{
    const long long x = rectangle[0], y = rectangle[1];
    const long long width = rectangle[2], height = rectangle[3];
    if (x < 0 || y < 0 || width < 1 || height < 1)
        return 0;
    /* In this order none of it can overflow. */
    const long long columns = size / each;
    if (x > columns || width > columns - x || stride < each * (x + width))
        return 0;
    const long long above = size - each * (x + width);
    if (y > above / stride)
        return 0;
    return height - 1 <= above / stride - y;
}

int
placeArea(const Py_buffer *buffer, int size, long long stride, const long long *rectangle,
          Area *area)
{
    if (!isInside(buffer->len, size, stride, rectangle)) {
        PyErr_Format(PyExc_ValueError,
                     "rectangle %lldx%lld at %lld,%lld is not inside %zd bytes in rows"
                     " of %lld",
                     rectangle[2], rectangle[3], rectangle[0], rectangle[1],
                     buffer->len, stride);
        return 0;
    }
    /* The stride of what has one row may be anything. */
    area->stride = stride <= buffer->len ? (ptrdiff_t)stride : 0;
    area->bytes = (const uint8_t *)buffer->buf + rectangle[1] * area->stride +
                  rectangle[0] * size;
    area->width = (ptrdiff_t)rectangle[2];
    area->height = (ptrdiff_t)rectangle[3];
    return 1;
}

int
openPixels(PyObject *object, int size, long long stride, const long long *rectangle,
           int writable, Py_buffer *buffer, Area *area)
{
    if (PyObject_GetBuffer(object, buffer, writable ? PyBUF_WRITABLE : PyBUF_SIMPLE) < 0)
        return 0;
    if (placeArea(buffer, size, stride, rectangle, area))
        return 1;
    PyBuffer_Release(buffer);
    return 0;
}

int
openArea(PyObject *object, long long stride, const long long *rectangle, int writable,
         Py_buffer *buffer, Area *area)
{
    return openPixels(object, 4, stride, rectangle, writable, buffer, area);
}

uint8_t *
writableBytes(const Py_buffer *buffer, const Area *area)
{
    return (uint8_t *)buffer->buf + (area->bytes - (const uint8_t *)buffer->buf);
}

int
readLayout(const long long *numbers, int bigEndian, Layout *layout)
{
    if (bigEndian < 0 || !inRange("pixel size", numbers[0], 1, 4) ||
        !inRange("shift", numbers[1], 0, 31))
        return 0;
    *layout = (Layout){(int)numbers[0], (int)numbers[1], bigEndian};
    return 1;
}

PyObject *
newBytes(size_t size, uint8_t **data)
{
    if (size > PY_SSIZE_T_MAX - 64)
        return PyErr_NoMemory();
    PyObject *result = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)size);
    if (result)
        *data = (uint8_t *)PyBytes_AsString(result);
    return result;
}

size_t
pixelCount(const Area *area)
{
    return (size_t)area->width * (size_t)area->height;
}
