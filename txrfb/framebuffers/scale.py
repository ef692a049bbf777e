# -*- test-case-name: tests.framebuffers.test_over -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Another framebuffer, larger or smaller.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from PIL import Image
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure
from zope.interface import implementer

from txrfb import interfaces
from txrfb.framebuffers._kinds import framebufferFromString as _fromString
from txrfb.framebuffers._maker import splitSize
from txrfb.framebuffers._over import FramebufferOver
from txrfb.framebuffers._taken import sizeOf
from txrfb.geometry import Rectangle, Region, checkSize
from txrfb.interfaces import IFramebuffer
from txrfb.pixels import Cursor, Surface

__all__ = ["ScaledFramebuffer", "framebufferFromString"]

_USAGE = "expected scale:FACTOR:KIND[:ARGUMENT] or scale:WIDTHxHEIGHT:KIND[:ARGUMENT]"

#: How many rectangles of what changed are scaled each for itself.
_RECTANGLES = 32


@implementer(IFramebuffer)
class ScaledFramebuffer(FramebufferOver):
    """
    Shows another framebuffer in another size.  A pixel that stands for many has the
    average of their colors; one that is larger stays as sharp as it is.  Only what
    changes is scaled.
    """

    _handedOn = (*FramebufferOver._handedOn, interfaces.IResizable)

    paddingVaries = False

    def __init__(
        self,
        beneath: IFramebuffer,
        factor: float | None = None,
        within: tuple[int, int] | None = None,
        application: Any = None,
    ) -> None:
        """
        Either C{factor} or C{within} is given.

        @param beneath: The framebuffer that is shown.

        @param factor: By how much it is larger: 0.5 for half of the width and height.

        @param within: Width and height in which it is as large as fits.

        @param application: See L{FramebufferOver.__init__}.

        @raise ValueError: if there can be no framebuffer of this size.
        """
        super().__init__(beneath, application)
        if (factor is None) is (within is None):
            raise ValueError("either a factor or a size within which it fits is needed")
        if factor is not None and not 0 < factor < math.inf:
            raise ValueError(f"a factor of {factor}; it must be above 0")
        if within is not None:
            checkSize(*within)
        self._factor, self._within = factor, within
        self._of = (0, 0)
        self.width = self.height = self.stride = 0
        if sizeOf(beneath) is not None:
            self._fit()

    def _prepared(self) -> None:
        self._fit()

    def _fit(self) -> bool:
        """
        Have memory for the size that it has now.

        @return: Whether that is another.
        """
        width, height = self.beneath.width, self.beneath.height
        if self._of == (width, height):
            return False
        checkSize(width, height)
        factor = self._factor
        if factor is None:
            assert self._within is not None
            factor = min(self._within[0] / width, self._within[1] / height)
        size = max(1, round(width * factor)), max(1, round(height * factor))
        checkSize(*size)
        self.width, self.height = size
        self.stride = self.width * 4
        self.pixels = np.zeros(self.height * self.stride, np.uint8)
        self._of = (width, height)
        self._isEmpty = True
        return True

    def resized(self) -> None:
        """
        The framebuffer beneath has another size, and so has this.
        """
        self._isEmpty = True
        try:
            self._fit()
        except ValueError:
            pass  # which is said when it is captured
        super().resized()

    # -- Pixels ----------------------------------------------------------------------

    def _notCaptured(self, failure: Failure) -> Failure:
        self._isEmpty = True
        return failure

    def _captured(self, region: Any) -> Region:
        if self._fit():
            super().resized()
        whole = Rectangle(0, 0, self.width, self.height)
        if self._isEmpty:
            changed = Region([whole])
        else:
            changed = Region(map(self._placeOf, self._regionBeneath(region).parts))
            changed = changed.intersection(whole).simplified(_RECTANGLES)
        below = self.beneath
        pixels = Surface(below.pixels, below.stride, below.width, below.height).array()
        target = Surface(self.pixels, self.stride, self.width, self.height).array()
        for rectangle in changed:
            self._scale(pixels, target, rectangle)
        self._isEmpty = False
        return changed

    def _placeOf(self, rectangle: Rectangle) -> Rectangle:
        """
        @return: All pixels of this that have a part in some beneath.
        """
        (width, height), (x, y) = self._of, rectangle[:2]
        left, top = x * self.width // width, y * self.height // height
        right = -(-rectangle.right * self.width // width)
        bottom = -(-rectangle.bottom * self.height // height)
        return Rectangle(left, top, right - left, bottom - top)

    def _scale(self, pixels: Any, target: Any, rectangle: Rectangle) -> None:
        """
        Scale what makes a rectangle of this.
        """
        (width, height), (x, y, columns, rows) = self._of, rectangle
        left, right = x * width / self.width, rectangle.right * width / self.width
        top, bottom = y * height / self.height, rectangle.bottom * height / self.height
        # Of the rest nothing is copied.
        x0, y0 = int(left), int(top)
        part = pixels[y0 : math.ceil(bottom), x0 : math.ceil(right)]
        # For Pillow all four bytes are bands, whatever they mean.
        image = Image.frombuffer(
            "RGBX",
            (part.shape[1], part.shape[0]),
            np.ascontiguousarray(part),
            "raw",
            "RGBX",
            0,
            1,
        )
        box = (
            left - x0,
            top - y0,
            min(right - x0, part.shape[1]),
            min(bottom - y0, part.shape[0]),
        )
        scaled = image.resize((columns, rows), Image.Resampling.BOX, box)
        target[y : rectangle.bottom, x : rectangle.right] = np.asarray(scaled)

    @property
    def cursor(self) -> Cursor | None:
        """
        The shape of the pointer, in this size.
        """
        cursor = super().cursor
        if cursor is None or not (cursor.width and cursor.height):
            return cursor
        size = (
            max(1, round(cursor.width * self.width / self._of[0])),
            max(1, round(cursor.height * self.height / self._of[1])),
        )
        image = Image.frombytes("RGBA", (cursor.width, cursor.height), cursor.pixels)
        x = min(cursor.hotspotX * size[0] // cursor.width, size[0] - 1)
        y = min(cursor.hotspotY * size[1] // cursor.height, size[1] - 1)
        scaled = image.resize(size, Image.Resampling.BOX)
        return Cursor(*size, x, y, scaled.tobytes())

    # -- Positions -------------------------------------------------------------------

    def _position(self, x: int, y: int) -> tuple[int, int]:
        width, height = self._of
        return (
            (2 * x + 1) * width // (2 * self.width),
            (2 * y + 1) * height // (2 * self.height),
        )

    def _distance(self, dx: int, dy: int) -> tuple[int, int]:
        width, height = self._of
        return round(dx * width / self.width), round(dy * height / self.height)

    def _place(self, x: int, y: int) -> tuple[int, int]:
        width, height = self._of
        return (
            min(max(x, 0), width - 1) * self.width // width,
            min(max(y, 0), height - 1) * self.height // height,
        )

    def sizeRequested(self, width: int, height: int, viewer: interfaces.IViewer) -> Any:
        """
        Ask beneath for the size that is this one when it is scaled.  What is only to
        fit has the size that it has.
        """
        if self._factor is None:
            return False
        wanted = [max(1, round(side / self._factor)) for side in (width, height)]
        if max(wanted) > 65535:
            return False
        return self._hand(interfaces.IResizable, "sizeRequested", *wanted, viewer)


def framebufferFromString(reactor: IReactorTime, argument: str) -> ScaledFramebuffer:
    """
    @param argument: A factor, or a size within which it is to fit, and the framebuffer
        that is scaled: C{"0.5:testcard"}, C{"640x480:image:photo.jpg"}.

    @raise ValueError: if it is anything else.
    """
    how, colon, beneath = argument.partition(":")
    within = splitSize(how)
    factor = None
    if within is None:
        try:
            factor = float(how)
        except ValueError:
            factor = 0.0
    if not colon or (factor is not None and not 0 < factor < math.inf):
        raise ValueError(f"{how!r} is no factor above 0 and no size; {_USAGE}")
    return ScaledFramebuffer(_fromString(reactor, beneath), factor, within)
