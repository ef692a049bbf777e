# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Damage by chance: what a fuzzer does to its input if it knows nothing of the code.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

#: What bounds are made of.
_NUMBERS = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000)

#: How long input becomes.
MAX_LENGTH = 4096


def mutated(seeds: Sequence[bytes], source: random.Random) -> bytes:
    """
    @param seeds: Some input.

    @return: One of them with a few things wrong in it; or, rarely, any bytes.
    """
    if source.random() < 0.05:
        return source.randbytes(source.randrange(200))
    data = bytearray(source.choice(seeds)[:MAX_LENGTH])
    for _ in range(1 << source.randrange(4)):
        at = source.randrange(len(data) + 1)
        way = source.randrange(7)
        if way == 0 and at < len(data):
            data[at] ^= 1 << source.randrange(8)
        elif way == 1 and at < len(data):
            data[at] = source.randrange(256)
        elif way == 2:
            size = source.choice((1, 2, 4))
            number = source.choice(_NUMBERS) % (1 << 8 * size)
            data[at : at + size] = number.to_bytes(size, "big")
        elif way == 3:
            del data[at : at + source.randrange(1, 9)]
        elif way == 4:
            data[at:at] = source.randbytes(source.randrange(1, 9))
        elif way == 5:
            other = source.choice(seeds)
            start = source.randrange(len(other) + 1)
            data[at : at + 64] = other[start : start + source.randrange(1, 65)]
        else:
            data[at:] = data[at : at + source.randrange(1, 65)] * source.randrange(1, 5)
    return bytes(data[:MAX_LENGTH])
