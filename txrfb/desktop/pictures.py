# -*- test-case-name: tests.desktop.test_pictures -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Finding a picture on a screen.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from txrfb.geometry import Rectangle

__all__ = ["Picture", "find", "toPicture"]

#: Pixels as (height, width, 3): red, green, blue.
Picture = NDArray[np.uint8]

#: How many pixels of a picture are looked at before all are compared.
_PROBES = 8


def toPicture(given: Any) -> Picture:
    """
    @param given: A Pillow image, an array of red, green and blue, or the path of a
        file with a picture.

    @raise ValueError: if it is none of them.

    @raise OSError: if the file cannot be read.
    """
    if isinstance(given, str | os.PathLike):
        with Image.open(given) as image:
            return np.asarray(image.convert("RGB"))
    if isinstance(given, Image.Image):
        return np.asarray(given.convert("RGB"))
    array = np.asarray(given)
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] not in (3, 4):
        raise ValueError(
            f"{given!r:.80} is no picture; expected a Pillow image, an array of red,"
            " green and blue, or the path of a file"
        )
    return array[:, :, :3]


def find(screen: Picture, wanted: Picture, tolerance: int = 0) -> Rectangle | None:
    """
    Find a picture on a screen.

    @param screen: Where to look.

    @param wanted: What to look for.

    @param tolerance: By how much red, green or blue may be off, of 255.

    @return: Where it is, the first from the top; C{None} if it is not there.
    """
    height, width = wanted.shape[:2]
    rows, columns = screen.shape[0] - height + 1, screen.shape[1] - width + 1
    if rows < 1 or columns < 1 or not (height and width):
        return None
    places: Any = None
    for y, x in _probes(wanted):
        if places is None:
            part = screen[y : y + rows, x : x + columns]
            places = np.nonzero(_isLike(part, wanted[y, x], tolerance))
        else:
            seen = screen[places[0] + y, places[1] + x]
            alike = _isLike(seen, wanted[y, x], tolerance)
            places = places[0][alike], places[1][alike]
        if not len(places[0]):
            return None
    for top, left in zip(*places, strict=True):
        part = screen[top : top + height, left : left + width]
        if _isLike(part, wanted, tolerance).all():
            return Rectangle(int(left), int(top), width, height)
    return None


def _isLike(seen: Picture, wanted: Picture, tolerance: int) -> NDArray[np.bool_]:
    if not tolerance:
        return np.asarray((seen == wanted).all(-1))
    off = np.abs(seen.astype(np.int16) - wanted.astype(np.int16))
    return np.asarray((off <= tolerance).all(-1))


def _probes(wanted: Picture) -> list[tuple[int, int]]:
    """
    @return: Pixels by which a picture is known: those with the rarest colors, as the
        most common is the background and is everywhere; no two of the same, as long as
        there are others.
    """
    height, width = wanted.shape[:2]
    flat = wanted.reshape(-1, 3).astype(np.uint32)
    words = flat[:, 0] << 16 | flat[:, 1] << 8 | flat[:, 2]
    _, first, counts = np.unique(words, return_index=True, return_counts=True)
    rarest = first[np.argsort(counts, kind="stable")][:_PROBES]
    # And some by which pictures of the same colors differ.
    spread = np.linspace(0, height * width - 1, _PROBES).astype(int)
    return [divmod(int(at), width) for at in (*rarest, *spread)]
