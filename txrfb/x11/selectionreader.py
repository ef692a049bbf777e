# -*- test-case-name: tests.x11.test_selections -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Reading a selection of an X display from the client that owns it ("Inter-Client
Communication Conventions Manual", sections 2.4 and 2.7.2).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from twisted.logger import Logger
from twisted.python.failure import Failure

from txrfb.x11 import properties
from txrfb.x11.properties import Property
from txrfb.x11.wire import Packet

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall

    from txrfb.x11.connection import X11Connection

__all__ = ["SelectionReader", "Target"]

#: Seconds that an owner has for what comes next.
TIMEOUT = 5.0

#: How many bytes are asked for at once of what comes piece by piece.
_PIECE = 1 << 24


class Target:
    """
    A form in which a selection can be asked for.

    @ivar atom: What it is called.
    @ivar decode: Makes text of it.
    """

    def __init__(self, atom: int, codec: str) -> None:
        self.atom = atom
        self._codec = codec

    def decode(self, data: bytes) -> str:
        """
        @return: The text.
        """
        return data.decode(self._codec, "replace")


class SelectionReader:
    """
    Reads one selection, once.
    """

    _log = Logger()

    def __init__(
        self,
        reactor: Any,
        connection: X11Connection,
        window: int,
        property: int,
        incr: int,
        targets: Sequence[Target],
        limit: int,
        done: Callable[[str | None], None],
    ) -> None:
        """
        @param window: Our window, which gets it.

        @param property: The property of it, which nobody else uses meanwhile.

        @param incr: The atom of INCR.

        @param targets: The forms to ask for, one after the other.

        @param limit: How many bytes it may have at the most.

        @param done: Called with the text; with C{None} if there is none.
        """
        self._reactor = reactor
        self._connection = connection
        self._window = window
        self.property = property
        self._incr = incr
        self._targets = list(targets)
        self._limit = limit
        self._done: Callable[[str | None], None] | None = done
        self._selection = self._time = 0
        self._pieces: list[bytes] = []
        self._size = 0
        self._isIncremental = False
        self._isTooLong = False
        self._timer: IDelayedCall | None = None

    def start(self, selection: int, time: int) -> None:
        """
        Ask for it.

        @param selection: Its atom.

        @param time: Since when its owner has it.
        """
        self._selection, self._time = selection, time
        self._ask()

    def cancel(self) -> None:
        """
        It is not wanted any more.
        """
        if self.isOver:
            return
        self._done = _forget
        if self._isIncremental:
            self._pieces = []
            self._isTooLong = True
        else:
            self._finish(None)

    @property
    def isOver(self) -> bool:
        """
        Whether there is nothing more to come.
        """
        return self._done is None

    def _ask(self) -> None:
        self._restart()
        self._connection.send(
            properties.deleteProperty(self._window, self.property),
            properties.convertSelection(
                *(self._window, self._selection, self._targets[0].atom),
                *(self.property, self._time),
            ),
        )

    def notified(self, target: int, property: int) -> None:
        """
        The owner says where it is, or that it is not to be had.

        @param property: Where; 0 for nowhere.
        """
        if self.isOver or self._isIncremental or target != self._targets[0].atom:
            return
        if property == self.property:
            self._restart()
            # A property of a selection that is too long is left where it is.
            self._get(self._limit + 4 & ~3, self._first)
        elif not property:
            del self._targets[0]
            if self._targets:
                self._ask()
            else:
                self._finish(None)

    def propertyChanged(self, property: int, isDeleted: bool) -> None:
        """
        A property of our window has changed.
        """
        if self.isOver or not self._isIncremental:
            return
        if property == self.property and not isDeleted:
            self._restart()
            if self._isTooLong:
                # Who owns it waits for this, and would be stuck without it.
                self._delete()
            else:
                self._get(_PIECE, self._next)

    def _get(self, length: int, found: Callable[[Property], None]) -> None:
        answer = self._connection.ask(
            properties.getProperty(self._window, self.property, length)
        )
        answer.addCallback(lambda value: None if self.isOver else found(value))
        answer.addErrback(self._failed)

    def _first(self, found: Property) -> None:
        if found.type == self._incr:
            self._isIncremental = True
            if len(found.value) >= 4:
                (announced,) = struct.unpack_from("<I", found.value)
                if announced > self._limit:
                    self._tooLong(announced)
        elif found.left or len(found.value) > self._limit:
            self._tooLong(len(found.value) + found.left)
            self._delete()
            self._finish(None)
        elif found.format != 8:
            self._finish(None)
        else:
            self._finish(found.value)

    def _next(self, found: Property) -> None:
        if not found.value:
            self._finish(b"".join(self._pieces) if found.type else None)
            return
        self._size += len(found.value)
        if self._size > self._limit or found.left:
            self._tooLong(self._size)
            self._delete()
        else:
            self._pieces.append(found.value)

    def _delete(self) -> None:
        self._connection.send(properties.deleteProperty(self._window, self.property))

    def _tooLong(self, size: int) -> None:
        self._pieces = []
        self._isTooLong = True
        self._log.info(
            "The clipboard of the X display is too long, and was not passed on:"
            " {size} bytes, of which {limit} are allowed",
            size=size,
            limit=self._limit,
        )

    # -- The end ---------------------------------------------------------------------

    def stop(self) -> None:
        """
        Leave all as it is.
        """
        self._done = None
        self._pieces = []
        self._stopClock()

    def _finish(self, data: bytes | None) -> None:
        self._stopClock()
        done, self._done = self._done, None
        self._pieces = []
        if done is not None:
            done(None if data is None else self._targets[0].decode(data))

    def _failed(self, failure: Failure) -> None:
        if not self._connection.isLost:
            self._log.warn("X display: {error}", error=failure.value)
        if not self.isOver:
            self._finish(None)

    def _restart(self) -> None:
        if self._timer is None:
            self._timer = self._reactor.callLater(TIMEOUT, self._expired)
        else:
            self._timer.reset(TIMEOUT)

    def _stopClock(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _expired(self) -> None:
        self._timer = None
        if not self._isTooLong:
            self._log.info(
                "A program on the X display has a clipboard, but does not give it"
            )
        self._finish(None)

    def receive(self, event: Packet) -> None:
        """
        A PropertyNotify or a SelectionNotify.
        """
        if event[0] & 127 == properties.SELECTION_NOTIFY:
            selection, target, property = properties.selectionOf(event)
            if selection == self._selection:
                self.notified(target, property)
        else:
            window, property, isDeleted = properties.propertyOf(event)
            if window == self._window:
                self.propertyChanged(property, isDeleted)


def _forget(text: str | None) -> None:
    """
    Nobody wants it any more.
    """
