/* Copyright (c) txrfb contributors.
 * See LICENSE for details.
 *
 * The function that brings pixels of other layouts up to date: Python's side of
 * layouts.c.
 */

#include "module.h"

#include <string.h>

PyObject *
refreshTilesFunction(PyObject *Py_UNUSED(module), PyObject *const *args,
                     Py_ssize_t count)
{
    /* The strides of old, new and canvas; the rectangle, the layout, the tile. */
    long long strides[3], n[6];
    Py_buffer buffers[3];
    Area areas[3];
    if (!hasCount("refreshTiles", count, 12))
        return NULL;
    for (int k = 0; k < 3; k++)
        if (!readNumbers(args + 2 * k + 1, 1, strides + k))
            return NULL;
    if (!readNumbers(args + 6, 6, n) || !inRange("layout", n[4], 0, LAYOUTS - 1) ||
        !inRange("tile", n[5], 1, 65536))
        return NULL;
    const int layout = (int)n[4], size = layoutSize(layout);
    const int sizes[3] = {size, size, 4};
    int opened = 0;
    while (opened < 3 && openPixels(args[2 * opened], sizes[opened], strides[opened], n,
                                    opened != 1, buffers + opened, areas + opened))
        opened++;
    PyObject *result = NULL;
    if (opened == 3) {
        const Area *new = areas + 1;
        const ptrdiff_t tile = (ptrdiff_t)n[5];
        const ptrdiff_t left = (ptrdiff_t)(n[0] % tile), top = (ptrdiff_t)(n[1] % tile);
        const size_t tiles = (size_t)((left + new->width - 1) / tile + 1) *
                             (size_t)((top + new->height - 1) / tile + 1);
        uint8_t *flags = NULL;
        result = newBytes(tiles, &flags);
        if (result) {
            uint8_t *old = writableBytes(buffers, areas);
            uint8_t *canvas = writableBytes(buffers + 2, areas + 2);
            int any;
            memset(flags, 0, tiles);
            WITHOUT_LOCK(*new, any = refreshTiles(old, areas[0].stride, new, canvas,
                                                  areas[2].stride, left, top, layout,
                                                  tile, flags));
            if (!any) {
                Py_DECREF(result);
                result = PyBytes_FromStringAndSize(NULL, 0);
            }
        }
    }
    while (opened-- > 0)
        PyBuffer_Release(buffers + opened);
    return result;
}
