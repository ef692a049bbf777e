# -*- test-case-name: tests.framebuffers.test_over -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A part of another framebuffer.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.interfaces import IReactorTime
from zope.interface import implementer

from txrfb.framebuffers._base import Area, toRectangle
from txrfb.framebuffers._kinds import framebufferFromString as _fromString
from txrfb.framebuffers._over import FramebufferOver
from txrfb.framebuffers._taken import sizeOf
from txrfb.geometry import Rectangle, Region
from txrfb.interfaces import IFramebuffer

__all__ = ["CropFramebuffer", "framebufferFromString"]

_USAGE = "expected crop:X,Y,WIDTH,HEIGHT:KIND[:ARGUMENT]"


@implementer(IFramebuffer)
class CropFramebuffer(FramebufferOver):
    """
    Shows a rectangle of another framebuffer, as far as it is inside, without copying
    it.  The size is not for viewers to change.
    """

    def __init__(
        self, beneath: IFramebuffer, rectangle: Area, application: Any = None
    ) -> None:
        """
        @param beneath: The framebuffer that is shown.

        @param rectangle: Which pixels of it.

        @param application: See L{FramebufferOver.__init__}.

        @raise ValueError: if it is no rectangle, or nothing of it is inside.
        """
        super().__init__(beneath, application)
        self._rectangle = toRectangle(rectangle)
        if sizeOf(beneath) is not None:
            self._area()

    @property
    def rectangle(self) -> Rectangle:
        """
        Which pixels are shown.  It may be changed: to follow something, to look around.

        @raise ValueError: if it is set to no rectangle, or to one outside.
        """
        return self._rectangle

    @rectangle.setter
    def rectangle(self, rectangle: Area) -> None:
        before, self._rectangle = self._rectangle, toRectangle(rectangle)
        try:
            self._area()
        except ValueError:
            self._rectangle = before
            raise
        self._isMoved = True
        self.resized()
        self.damaged()

    _isMoved = False

    def _area(self) -> Rectangle:
        """
        @raise ValueError: if there is nothing to show.
        """
        bounds = Rectangle(0, 0, self.beneath.width, self.beneath.height)
        area = bounds.intersection(self._rectangle)
        if area.isEmpty:
            x, y, width, height = self._rectangle
            raise ValueError(
                f"nothing of {width}x{height}+{x}+{y} is inside of the"
                f" {bounds.width}x{bounds.height} pixels of {self.name!r}"
            )
        return area

    # -- Pixels ----------------------------------------------------------------------

    @property
    def width(self) -> int:
        """
        Columns.
        """
        return self._area().width

    @property
    def height(self) -> int:
        """
        Rows.
        """
        return self._area().height

    @property
    def stride(self) -> int:
        """
        Bytes from the start of a row to the next: those of the framebuffer beneath.
        """
        return self.beneath.stride

    @property
    def paddingVaries(self) -> bool:
        """
        As it is beneath.
        """
        return self.beneath.paddingVaries

    @property
    def pixels(self) -> memoryview:
        """
        The memory beneath, from the first pixel that is shown to the last.
        """
        area, stride = self._area(), self.stride
        start = area.y * stride + area.x * 4
        size = (area.height - 1) * stride + area.width * 4
        return memoryview(self.beneath.pixels).cast("B")[start : start + size]

    def _captured(self, region: Any) -> Region:
        area = self._area()
        if self._isMoved:
            self._isMoved = False
            return Region([Rectangle(0, 0, area.width, area.height)])
        inside = self._regionBeneath(region).intersection(area)
        return inside.translated(-area.x, -area.y)

    def copied(self, rectangle: Rectangle, x: int, y: int) -> None:
        """
        Pixels were copied beneath; of which those matter that come from here, too.
        """
        area = self._area()
        dx, dy = x - rectangle.x, y - rectangle.y
        inside = area.intersection(rectangle)
        inside = area.intersection(inside.translated(dx, dy)).translated(-dx, -dy)
        if inside.isEmpty:
            return
        target = inside.translated(-area.x, -area.y)
        for listener in self.listeners():
            listener.copied(target, target.x + dx, target.y + dy)

    # -- Positions -------------------------------------------------------------------

    def _position(self, x: int, y: int) -> tuple[int, int]:
        area = self._area()
        return x + area.x, y + area.y

    def _place(self, x: int, y: int) -> tuple[int, int]:
        area = self._area()
        return (
            min(max(x - area.x, 0), area.width - 1),
            min(max(y - area.y, 0), area.height - 1),
        )


def framebufferFromString(reactor: IReactorTime, argument: str) -> CropFramebuffer:
    """
    @param argument: A rectangle, and the framebuffer of which it is:
        C{"0,0,640,480:testcard"}.

    @raise ValueError: if it is anything else.
    """
    numbers, colon, beneath = argument.partition(":")
    parts = numbers.split(",")
    if not (colon and len(parts) == 4 and all(part.isdecimal() for part in parts)):
        raise ValueError(f"{numbers!r} is no rectangle; {_USAGE}")
    x, y, width, height = map(int, parts)
    return CropFramebuffer(_fromString(reactor, beneath), (x, y, width, height))
