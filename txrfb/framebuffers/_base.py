# -*- test-case-name: tests.framebuffers.test_memory -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What framebuffers have in common: listeners, a name, a cursor, damage.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from operator import index
from typing import Any

from twisted.internet.defer import Deferred, succeed
from zope.interface import implementer

from txrfb.framebuffers._threads import inReactorThread
from txrfb.geometry import ExactRectangle, Rectangle, Region, joined
from txrfb.interfaces import ICursorSource, IFramebuffer, IFramebufferListener
from txrfb.pixels import Cursor

__all__ = ["Announcer", "Area", "BaseFramebuffer", "toRectangle"]

#: A rectangle, or what can be taken for one: column, row, width, height.
Area = Rectangle | tuple[int, int, int, int]

#: How many rectangles of damage are kept apart before they are merged.
_DAMAGE = 256

#: Rows that are taken for one when neighbors are looked for to be merged.
_BAND = 64


class Announcer:
    """
    What has listeners.
    """

    def __init__(self) -> None:
        self._listeners: tuple[IFramebufferListener, ...] = ()
        # Where the pointer was moved when nobody listened.
        self._missed: tuple[int, int] | None = None

    def addListener(self, listener: IFramebufferListener) -> None:
        """
        Call C{listener} from now on when something happens to the pixels.
        """
        if listener not in self._listeners:
            self._listeners = (*self._listeners, listener)
        missed, self._missed = self._missed, None
        if missed is not None:
            listener.pointerMoved(*missed)

    def removeListener(self, listener: IFramebufferListener) -> None:
        """
        Call C{listener} no more.
        """
        self._listeners = tuple(one for one in self._listeners if one is not listener)

    def listeners(self) -> Iterator[IFramebufferListener]:
        """
        The listeners, one after the other, without those that are removed
        meanwhile: any listener may remove itself or others when it is called.
        An event for which there is no method here is sent like this::

            for listener in framebuffer.listeners():
                listener.ledsChanged()
        """
        listeners = self._listeners
        for listener in listeners:
            if listeners is self._listeners or listener in self._listeners:
                yield listener


@implementer(IFramebuffer, ICursorSource)
class BaseFramebuffer(Announcer):
    """
    A framebuffer whose pixels are in this process.  A subclass sets C{width},
    C{height}, C{stride} and C{pixels}.

    @ivar paddingVaries: See L{IFramebuffer}.  If it is C{False} and should not be,
        viewers are sent pixels again that look the same, never wrong ones.
    """

    width: int
    height: int
    stride: int
    pixels: Any
    paddingVaries = False

    def __init__(self, name: str) -> None:
        """
        @param name: The desktop's name, shown by viewers.
        """
        super().__init__()
        self._name = _checked(name)
        self._cursor: Cursor | None = None
        self._damage: list[Rectangle] = [_EVERYTHING]
        self._isDamaged = False

    def damage(self, rectangle: Area | None = None, exact: bool = False) -> None:
        """
        Report that pixels have changed.  It may be called at any rate, and from any
        thread: damage is merged until the next L{capture}.

        @param rectangle: Which pixels; C{None} for all.  It may be larger than
            what changed, as viewers are sent only what is really new; it is clipped
            to the framebuffer.

        @param exact: Whether all of these pixels are to be sent without comparing
            them: for films and games, of which nearly all pixels change.  If few did,
            viewers are sent more than need be.

        @raise ValueError: if it is no rectangle.
        """
        area = _EVERYTHING if rectangle is None else toRectangle(rectangle)
        if exact:
            whole = Rectangle(0, 0, self.width, self.height)
            area = ExactRectangle(*whole.intersection(area))
        self._damaged((area,))

    @inReactorThread
    def _damaged(self, rectangles: Iterable[Rectangle]) -> None:
        damage = self._damage
        for rectangle in rectangles:
            if not damage or damage[-1] != rectangle:
                damage.append(rectangle)
        if len(damage) > _DAMAGE:
            damage[:] = _merged(damage)
        self._isDamaged = True
        # Each time: who was told once may have been kept from capturing it.
        for listener in self.listeners():
            listener.damaged()

    def _inside(self, rectangles: Iterable[Rectangle]) -> Region:
        bounds = Rectangle(0, 0, self.width, self.height)
        return Region(rectangles).intersection(bounds)

    def capture(self) -> Deferred[Region]:
        """
        @return: A L{Deferred} that has fired already, with what was damaged.
        """
        region = self._inside(self._damage)
        self._damage = []
        self._isDamaged = False
        return succeed(region)

    @inReactorThread
    def _renamed(self) -> None:
        for listener in self.listeners():
            listener.renamed()

    @inReactorThread
    def _cursorChanged(self) -> None:
        for listener in self.listeners():
            listener.cursorChanged()

    def _resized(self) -> None:
        """
        The pixels have moved to another buffer, or their size has changed: notify
        listeners.
        """
        self._damage = [_EVERYTHING]
        for listener in self.listeners():
            listener.resized()
        self._damaged(())

    def pauseProducing(self) -> None:
        """
        The last viewer has left.
        """

    def resumeProducing(self) -> None:
        """
        The first viewer has come.
        """

    @property
    def name(self) -> str:
        """
        The desktop's name.  Viewers show a change at once.
        """
        return self._name

    @name.setter
    def name(self, name: str) -> None:
        if name != self._name:
            self._name = _checked(name)
            self._renamed()

    @property
    def cursor(self) -> Cursor | None:
        """
        The shape of the pointer, or C{None} if it has none of its own.
        """
        return self._cursor

    @cursor.setter
    def cursor(self, cursor: Cursor | None) -> None:
        if cursor != self._cursor:
            self._cursor = cursor
            self._cursorChanged()

    @inReactorThread
    def bell(self) -> None:
        """
        Ring the bell of all viewers.
        """
        for listener in self.listeners():
            listener.bell()

    @inReactorThread
    def cutText(self, text: str, **others: bytes) -> None:
        """
        Send something to the clipboards of all viewers.

        @param text: As text.

        @param others: The same as C{rtf} or as C{html}, for viewers that take
            that.
        """
        for listener in self.listeners():
            listener.cutText(text, **others)

    @inReactorThread
    def movePointer(self, x: int, y: int) -> None:
        """
        Move the pointer of all viewers that support it, or of those that come next if
        there are none.
        """
        # Said here, and not when somebody looks.
        x, y = index(x), index(y)
        if not self._listeners:
            self._missed = (x, y)
        for listener in self.listeners():
            listener.pointerMoved(x, y)


def _checked(name: str) -> str:
    """
    @raise ValueError: if a desktop cannot be called so.
    """
    if not isinstance(name, str):
        raise ValueError(f"name {name!r}: expected a text")
    return name


_EVERYTHING = Rectangle(0, 0, 65535, 65535)


def _merged(damage: list[Rectangle]) -> list[Rectangle]:
    """
    @return: Half as many rectangles as are kept, or less, with the same pixels and
        more; so merging is done seldom.  They may overlap: to make them disjoint could
        make many more of them.
    """
    ordered = sorted(set(damage), key=lambda one: (one.y // _BAND, one.x))
    return joined(ordered, _DAMAGE // 2)


def toRectangle(area: Area) -> Rectangle:
    """
    @param area: A rectangle, or column, row, width and height.

    @return: The rectangle.

    @raise ValueError: if it is something else.
    """
    try:
        x, y, width, height = map(index, area)
    except (TypeError, ValueError):
        raise ValueError(
            f"{area!r} is no rectangle; expected Rectangle(x, y, width, height), or a"
            " tuple of these four whole numbers"
        ) from None
    return Rectangle(x, y, width, height)
