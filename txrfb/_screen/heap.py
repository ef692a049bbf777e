# -*- test-case-name: tests.screen.test_heap -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Memory that stays with the process.

The C library of GNU gives each block of more than 128 KiB back to the kernel when it
is freed, and the end of its heap, too, as soon as more than that of it is free.  Each
update of a film frees and takes a megabyte, and the kernel then hands out every page of
it anew, filled with zeros: half of the time that uncompressed video took.

The library learns from what is freed: from then on it keeps blocks of that size, and
twice as much at the end of its heap.  So one large block, which is never written to,
is taken and freed here.  Other libraries do not mind.
"""

from __future__ import annotations

import numpy as np

#: How many bytes a block has that need not be given back; the library learns nothing
#: from those over 32 MiB.
_LARGEST = 8 << 20

_learned = 0


def keepFreed(size: int) -> None:
    """
    Let the process keep blocks of memory that it frees, and twice as much in all.

    @param size: How many bytes the largest of them have, about.
    """
    global _learned
    size = min(size, _LARGEST)
    if size > _learned:
        _learned = size
        np.empty(size, np.uint8)
