/* Copyright (c) txrfb contributors.
 * See LICENSE for details.
 *
 * The function that takes over what has changed: Python's side of boxes.c.
 */

#include "module.h"

#include <stdlib.h>

/* What takeChanges works on: two memories, and the same rectangles of both. */
typedef struct {
    Py_buffer oldBuffer;
    Py_buffer newBuffer;
    long long oldStride;
    long long newStride;
    long long (*rectangles)[4];
    Py_ssize_t count;
    long long exact; /* so many of the first are not compared */
    ptrdiff_t tile;
    int masked;
} Work;

/* The tiles that are around all rectangles. */
typedef struct {
    ptrdiff_t column;
    ptrdiff_t row;
    ptrdiff_t columns;
    ptrdiff_t rows;
} Grid;

/* Reads a list of (x, y, width, height), each of which must be inside. */
static int
readRectangles(PyObject *list, Work *work)
{
    work->count = PyList_Size(list);
    if (work->count < 0)
        return 0;
    work->rectangles = malloc((size_t)work->count * sizeof *work->rectangles + 1);
    if (!work->rectangles) {
        PyErr_NoMemory();
        return 0;
    }
    for (Py_ssize_t k = 0; k < work->count; k++) {
        /* Held, as numbers may be objects that do anything, even to the list. */
        PyObject *one = PySequence_GetItem(list, k), *numbers[4];
        Area area;
        int isRead = one && PyTuple_Size(one) == 4;
        for (int j = 0; isRead && j < 4; j++)
            numbers[j] = PyTuple_GetItem(one, j);
        if (one && !isRead && !PyErr_Occurred())
            PyErr_Format(PyExc_ValueError, "%R is no rectangle", one);
        isRead = isRead && readNumbers(numbers, 4, work->rectangles[k]) &&
                 placeArea(&work->oldBuffer, 4, work->oldStride, work->rectangles[k],
                           &area) &&
                 placeArea(&work->newBuffer, 4, work->newStride, work->rectangles[k],
                           &area);
        Py_XDECREF(one);
        if (!isRead)
            return 0;
    }
    return 1;
}

/* Finds the tiles around all, and how many pixels there are. */
static Grid
gridAround(const Work *work, Area *size)
{
    long long left = 0, top = 0, right = 0, bottom = 0;
    *size = (Area){NULL, 0, 0, 1};
    for (Py_ssize_t k = 0; k < work->count; k++) {
        const long long *one = work->rectangles[k];
        left = k && left < one[0] ? left : one[0];
        top = k && top < one[1] ? top : one[1];
        right = right > one[0] + one[2] ? right : one[0] + one[2];
        bottom = bottom > one[1] + one[3] ? bottom : one[1] + one[3];
        /* So many that the lock is released is all that need be known. */
        if (size->width < LARGE)
            size->width += one[2] * one[3] < LARGE ? one[2] * one[3] : LARGE;
    }
    Grid grid = {left / work->tile, top / work->tile, 0, 0};
    grid.columns = (right - 1) / work->tile - grid.column + 1;
    grid.rows = (bottom - 1) / work->tile - grid.row + 1;
    return grid;
}

static ptrdiff_t
takeAll(const Work *work, const Grid *grid, Box *boxes, ptrdiff_t *above)
{
    for (Py_ssize_t k = 0; k < work->count; k++) {
        const long long *one = work->rectangles[k];
        Area old, new;
        if (!placeArea(&work->oldBuffer, 4, work->oldStride, one, &old) ||
            !placeArea(&work->newBuffer, 4, work->newStride, one, &new))
            continue; /* both have been found before */
        uint8_t *bytes = writableBytes(&work->oldBuffer, &old);
        const ptrdiff_t left = one[0] - grid->column * work->tile;
        const ptrdiff_t top = one[1] - grid->row * work->tile;
        if (k < work->exact)
            takeExact(bytes, old.stride, &new, left, top, work->tile, boxes,
                      grid->columns);
        else
            takeChanges(bytes, old.stride, &new, left, top, work->tile, work->masked,
                        boxes, grid->columns);
    }
    return joinBoxes(boxes, grid->columns, grid->rows, work->tile, above);
}

/* Makes (x, y, width, height). */
static PyObject *
boxTuple(const Box *box, const Grid *grid, ptrdiff_t tile)
{
    const Py_ssize_t x = grid->column * tile + box->left;
    const Py_ssize_t y = grid->row * tile + box->top;
    const Py_ssize_t numbers[4] = {x, y, box->right - box->left, box->bottom - box->top};
    PyObject *result = PyTuple_New(4);
    for (int k = 0; result && k < 4; k++) {
        PyObject *number = PyLong_FromSsize_t(numbers[k]);
        if (!number || PyTuple_SetItem(result, k, number) < 0)
            Py_CLEAR(result);
    }
    return result;
}

static PyObject *
takeRectangles(const Work *work)
{
    if (!work->count)
        return PyList_New(0);
    Area size;
    const Grid grid = gridAround(work, &size);
    Box *boxes = calloc((size_t)grid.columns * (size_t)grid.rows, sizeof *boxes);
    ptrdiff_t *above = calloc((size_t)grid.columns, sizeof *above);
    PyObject *result = NULL;
    if (boxes && above) {
        ptrdiff_t found;
        WITHOUT_LOCK(size, found = takeAll(work, &grid, boxes, above));
        result = PyList_New(found);
        for (ptrdiff_t k = 0; result && k < found; k++) {
            PyObject *box = boxTuple(&boxes[k], &grid, work->tile);
            if (!box || PyList_SetItem(result, k, box) < 0)
                Py_CLEAR(result);
        }
    } else
        PyErr_NoMemory();
    free(boxes);
    free(above);
    return result;
}

PyObject *
takeChangesFunction(PyObject *Py_UNUSED(module), PyObject *const *args,
                    Py_ssize_t count)
{
    Work work = {.rectangles = NULL};
    long long tile;
    if (!hasCount("takeChanges", count, 8) || !readNumbers(args + 1, 1, &work.oldStride) ||
        !readNumbers(args + 3, 1, &work.newStride) ||
        !readNumbers(args + 5, 1, &work.exact) || !readNumbers(args + 6, 1, &tile) ||
        !inRange("tile", tile, 1, 65536))
        return NULL;
    work.tile = (ptrdiff_t)tile;
    work.masked = PyObject_IsTrue(args[7]);
    if (work.masked < 0 ||
        PyObject_GetBuffer(args[0], &work.oldBuffer, PyBUF_WRITABLE) < 0)
        return NULL;
    PyObject *result = NULL;
    if (PyObject_GetBuffer(args[2], &work.newBuffer, PyBUF_SIMPLE) == 0) {
        if (readRectangles(args[4], &work))
            result = takeRectangles(&work);
        PyBuffer_Release(&work.newBuffer);
    }
    PyBuffer_Release(&work.oldBuffer);
    free(work.rectangles);
    return result;
}
