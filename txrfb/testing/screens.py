# -*- test-case-name: tests.testing.test_viewer -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Comparing what a viewer sees with what it should see.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from txrfb.geometry import Rectangle

if TYPE_CHECKING:
    from txrfb.testing.viewer import Viewer

__all__ = ["Difference", "assertScreen", "difference"]


class Difference(NamedTuple):
    """
    The difference of two pictures.

    @ivar pixels: How many pixels do; 0 if the sizes do.
    @ivar bounds: The smallest rectangle around them; empty if the sizes differ.
    @ivar text: All of it in words.
    """

    pixels: int
    bounds: Rectangle
    text: str


def difference(
    seen: Image.Image, expected: Image.Image, tolerance: int = 0
) -> Difference | None:
    """
    @param seen: A picture.

    @param expected: What it should be.  Transparency does not matter.

    @param tolerance: By how much red, green or blue may be off, of 255.

    @return: The difference; C{None} if there is none.
    """
    if seen.size != expected.size:
        (width, height), (w, h) = seen.size, expected.size
        text = f"the picture is {width}x{height}, expected was {w}x{h}"
        return Difference(0, Rectangle(0, 0, 0, 0), text)
    ours = np.asarray(seen.convert("RGB")).astype(np.int16)
    theirs = np.asarray(expected.convert("RGB")).astype(np.int16)
    off = np.abs(ours - theirs).max(2) > tolerance
    rows, columns = np.nonzero(off)
    if not len(rows):
        return None
    x, y = int(columns.min()), int(rows.min())
    bounds = Rectangle(x, y, int(columns.max()) - x + 1, int(rows.max()) - y + 1)
    at, above = int(columns[0]), int(rows[0])
    text = (
        f"{len(rows)} of {off.size} pixels differ, all of them within"
        f" {bounds.width}x{bounds.height}+{x}+{y};"
        f" the first is at ({at}, {above}): {_color(ours[above, at])},"
        f" expected was {_color(theirs[above, at])}"
    )
    return Difference(len(rows), bounds, text)


def _color(parts: NDArray[np.int16]) -> str:
    red, green, blue = map(int, parts)
    return f"#{red:02x}{green:02x}{blue:02x}"


class _Picture(Protocol):
    def toImage(self) -> Image.Image:
        """
        @return: The picture as a Pillow image.
        """


def assertScreen(
    viewer: Viewer,
    expected: Image.Image | _Picture,
    tolerance: int = 0,
    within: float = 1.0,
) -> None:
    """
    Assert that a viewer sees a picture, now or soon.

    Time passes until the picture is there and nothing more happens; if something
    happens all the time, it is enough that the picture was there once.

    @param viewer: The viewer.

    @param expected: A Pillow image, or something with a method C{toImage}, such as a
        L{MemoryFramebuffer<txrfb.framebuffers.memory.MemoryFramebuffer>}.

    @param tolerance: By how much red, green or blue may be off, of 255: encodings
        may be lossy, and pixel formats coarse.

    @param within: For how many seconds of the clock to wait at the most.

    @raise AssertionError: if it does not, saying where the pictures differ, and what
        was said on the connection.
    """
    found: Difference | None = None
    wasThere = False

    def look() -> bool:
        nonlocal found, wasThere
        picture = expected if isinstance(expected, Image.Image) else expected.toImage()
        found = difference(viewer.image(), picture, tolerance)
        wasThere = wasThere or found is None
        return found is None

    rests = viewer.restsWhen(look, within)
    if found is not None and (rests or not wasThere):
        raise AssertionError(f"{found.text}\n{viewer.log}")
