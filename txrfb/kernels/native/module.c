/* Copyright (c) txrfb contributors.
 * See LICENSE for details.
 *
 * The Python module txrfb.kernels._native: the table of its functions.  What they do
 * is written down in txrfb/kernels/reference.py, which has the same ones.
 *
 * It is written for the stable ABI of Python 3.11, and keeps no state.
 */

#include "module.h"

#define ENTRY(name)                                                                    \
    {                                                                                  \
        #name, (PyCFunction)(void (*)(void))name##Function, METH_FASTCALL,             \
            "See txrfb.kernels.reference." #name "."                                   \
    }

static PyMethodDef functions[] = {
    ENTRY(changedBounds),
    ENTRY(convert),
    ENTRY(findMove),
    ENTRY(gradient),
    ENTRY(hextile),
    ENTRY(likeLeft),
    ENTRY(moveRectangle),
    ENTRY(packRgb),
    ENTRY(paintHextile),
    ENTRY(paintIndices),
    ENTRY(paintPixels),
    ENTRY(paintSubrectangles),
    ENTRY(paintTiles),
    ENTRY(palette),
    ENTRY(readColors),
    ENTRY(refreshTiles),
    ENTRY(rre),
    ENTRY(splitPhotos),
    ENTRY(splitSolid),
    ENTRY(swizzle),
    ENTRY(takeChanges),
    ENTRY(undoFilters),
    ENTRY(undoGradient),
    ENTRY(zrle),
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
