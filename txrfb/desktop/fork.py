# -*- test-case-name: tests.desktop.test_fork -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
One framebuffer, shown by several at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from twisted.internet.defer import Deferred, maybeDeferred
from twisted.python.failure import Failure
from zope.interface import Interface, implementer

from txrfb import interfaces
from txrfb.framebuffers._over import FramebufferOver
from txrfb.geometry import Rectangle, Region, Screen

__all__ = ["Branch", "Fork"]

#: How many rectangles are kept for a branch that does not ask for them.
_MAX_NEWS = 256

_EVERYTHING = Rectangle(0, 0, 65535, 65535)


class Fork:
    """
    Captures a framebuffer for its branches: what is captured for one is news for all.

    @ivar beneath: The framebuffer.
    """

    def __init__(self, beneath: Any) -> None:
        """
        @param beneath: The framebuffer, which nothing else shows.
        """
        self.beneath = beneath
        self._branches: list[Branch] = []
        self._waiting: list[Branch] = []
        self._capture: Deferred[Any] | None = None

    def branch(self) -> Branch:
        """
        @return: A framebuffer that shows the same.
        """
        return Branch(self)

    def resume(self, branch: Branch) -> Any:
        """
        Somebody watches a branch.
        """
        self.beneath.addListener(branch)
        if branch in self._branches:
            return None
        self._branches.append(branch)
        if len(self._branches) > 1:
            return None
        return self.beneath.resumeProducing()

    def pause(self, branch: Branch) -> Any:
        """
        Nobody watches it any more.
        """
        self.beneath.removeListener(branch)
        if branch in self._branches:
            self._branches.remove(branch)
            if self._branches:
                return None
        return None if self._branches else self.beneath.pauseProducing()

    def capture(self, branch: Branch) -> None:
        """
        Capture what there is now, and tell the branch.
        """
        self._waiting.append(branch)
        # One that is under way may have been too early.
        if self._capture is None:
            self._next()

    def _next(self) -> None:
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        self._capture = captured = maybeDeferred(self.beneath.capture)
        captured.addBoth(self._captured, waiting)

    def _captured(self, result: Any, waiting: Sequence[Branch]) -> None:
        if not isinstance(result, Failure):
            region = result if isinstance(result, Region) else Region([_EVERYTHING])
            for branch in [*self._branches, *waiting]:
                branch.note(region)
        # Until all have read it nothing new is captured.
        for branch in waiting:
            branch.bring(result if isinstance(result, Failure) else None)
        self._capture = None
        self._next()


@implementer(interfaces.IFramebuffer)
class Branch(FramebufferOver):
    """
    Shows what a L{Fork} captures, and hands on what viewers do.  It is no service: what
    runs the framebuffer beneath does that for all.
    """

    _handedOn = (
        *FramebufferOver._handedOn,
        interfaces.IResizable,
        interfaces.IScreens,
    )

    def __init__(self, fork: Fork) -> None:
        """
        @param fork: What captures.
        """
        super().__init__(fork.beneath)
        self._fork = fork
        self._news: list[Rectangle] = [_EVERYTHING]
        self._pending: Deferred[Region] | None = None

    def __conform__(self, interface: type[Interface]) -> Any:
        """
        It is adapted to nothing.
        """
        return None

    # -- Pixels ----------------------------------------------------------------------

    @property
    def width(self) -> int:
        """
        Columns.
        """
        return self.beneath.width

    @property
    def height(self) -> int:
        """
        Rows.
        """
        return self.beneath.height

    @property
    def stride(self) -> int:
        """
        Bytes from the start of a row to the next.
        """
        return self.beneath.stride

    @property
    def pixels(self) -> Any:
        """
        The pixels beneath.
        """
        return self.beneath.pixels

    @property
    def paddingVaries(self) -> bool:
        """
        As it is beneath.
        """
        return self.beneath.paddingVaries

    def note(self, region: Region) -> None:
        """
        Something was captured, be it for this or for another.
        """
        self._news.extend(region.parts)
        if len(self._news) > _MAX_NEWS:
            self._news = list(Region(self._news).simplified())

    def capture(self) -> Deferred[Region]:
        """
        See L{interfaces.IFramebuffer}.
        """
        pending: Deferred[Region] = Deferred(self._forget)
        self._pending = pending
        self._fork.capture(self)
        return pending

    def _forget(self, _: object) -> None:
        self._pending = None

    def bring(self, failure: Failure | None) -> None:
        """
        It was captured for this.
        """
        pending, self._pending = self._pending, None
        if pending is None:
            return
        if failure is not None:
            pending.errback(failure)
            return
        news, self._news = self._news, []
        bounds = Rectangle(0, 0, self.width, self.height)
        pending.callback(Region(news).intersection(bounds))

    def resumeProducing(self) -> Any:
        """
        Somebody watches.
        """
        return self._fork.resume(self)

    def pauseProducing(self) -> Any:
        """
        Nobody watches.
        """
        return self._fork.pause(self)

    # -- What is told, and done ------------------------------------------------------

    def _position(self, x: int, y: int) -> tuple[int, int]:
        return x, y

    _place = _position

    def copied(self, rectangle: Rectangle, x: int, y: int) -> None:
        """
        Pixels were copied beneath.
        """
        for listener in self.listeners():
            listener.copied(rectangle, x, y)

    def resized(self) -> None:
        """
        The framebuffer beneath has another size.
        """
        self._news = [_EVERYTHING]
        super().resized()

    def screensChanged(self) -> None:
        """
        The framebuffer beneath has other screens.
        """
        for listener in self.listeners():
            listener.screensChanged()

    def sizeRequested(self, *arguments: Any) -> Any:
        """
        See L{interfaces.IResizable}.
        """
        return self._hand(interfaces.IResizable, "sizeRequested", *arguments)

    @property
    def screens(self) -> Sequence[Screen]:
        """
        See L{interfaces.IScreens}.
        """
        screens: Sequence[Screen] = self._taker(interfaces.IScreens).screens
        return screens

    def layoutRequested(self, *arguments: Any) -> Any:
        """
        See L{interfaces.IScreens}.
        """
        return self._hand(interfaces.IScreens, "layoutRequested", *arguments)
