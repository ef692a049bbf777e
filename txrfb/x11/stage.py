# -*- test-case-name: tests.x11.test_stage -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A screen for one program, where there is no window manager: its windows fill the screen,
its dialogs are in the middle, and the newest of them has the keyboard.

What it has to know of windows is in ICCCM, section 4.1, and EWMH,
C{_NET_WM_WINDOW_TYPE}.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Generator
from typing import Any

from twisted.internet.defer import Deferred, inlineCallbacks
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from txrfb.error import DisplayError
from txrfb.x11 import core
from txrfb.x11.connection import X11Connection
from txrfb.x11.core import Core
from txrfb.x11.wire import CORE, Packet, Question, Request, X11Error

__all__ = ["Stage"]

#: Asks for events of the windows in a window, and of its properties.
_SUBSTRUCTURE_NOTIFY_MASK, _PROPERTY_CHANGE_MASK = 1 << 19, 1 << 22

#: Seconds in which a window manager gives a new window the keyboard, if it is of those
#: that do not say that they have.
_PATIENCE = 2.0

#: Seconds for which a window manager has nothing to say when it is ready: some say that
#: they are there a moment before that, and lose windows that come then.
_QUIET = 0.25

#: Events.
_DESTROY_NOTIFY, _UNMAP_NOTIFY, _MAP_NOTIFY, _PROPERTY_NOTIFY = 17, 18, 19, 28

#: Atoms that every server has.
_WM_NORMAL_HINTS, _WM_TRANSIENT_FOR = 40, 68

#: What is said in WM_NORMAL_HINTS: that there is a smallest and a largest size.
_P_MIN_SIZE, _P_MAX_SIZE = 1 << 4, 1 << 5

#: Where the keyboard goes when the window that has it is gone: where the pointer is.
_POINTER_ROOT = 1

#: The values of a window that are changed: place, size, border, and what is above it.
_X, _Y, _WIDTH, _HEIGHT, _BORDER, _STACK = 1, 2, 4, 8, 16, 64
_ABOVE = 0

_log = Logger()


def _getProperty(window: int, property: int) -> Question[list[int]]:
    """
    Ask for a property of numbers; there are none if there is no such property.
    """

    def parse(packet: Packet) -> list[int]:
        (count,) = struct.unpack_from("<I", packet, 16)
        if packet[1] != 32:
            return []
        return list(struct.unpack_from(f"<{min(count, 32)}i", packet, 32))

    body = struct.pack("<IIIII", window, property, 0, 0, 32)
    return Question(CORE, Core.GetProperty, parse, body)


def _configure(window: int, **values: int) -> Request:
    """
    Change where a window is, and how large.
    """
    bits = {"x": _X, "y": _Y, "width": _WIDTH, "height": _HEIGHT}
    bits.update(border=_BORDER, stack=_STACK)
    mask = sum(bits[name] for name in values)
    ordered = [values[name] for name in bits if name in values]
    body = struct.pack(f"<IHxx{len(ordered)}i", window, mask, *ordered)
    return Request(CORE, Core.ConfigureWindow, body)


def _setInputFocus(window: int) -> Request:
    """
    Give a window the keyboard.
    """
    body = struct.pack("<II", window, 0)
    return Request(CORE, Core.SetInputFocus, body, _POINTER_ROOT)


class Stage:
    """
    Looks after the windows on a screen.
    """

    def __init__(
        self,
        connection: X11Connection,
        shown: Callable[[], object] = lambda: None,
        isManaging: bool = True,
        reactor: Any = None,
    ) -> None:
        """
        @param connection: A connection for nothing else, on which the server has let us
            in: what is wanted of the root window is wanted once for each.

        @param shown: Called when there is a window, which has the keyboard.

        @param isManaging: Whether windows are to be looked after here.

        @param reactor: If a window manager looks after them, what it is waited with
            until that has given one the keyboard.
        """
        self._connection = connection
        self._shown = shown
        self._isManaging = isManaging
        self._reactor = reactor
        self._patience: IDelayedCall | None = None
        self._quiet: IDelayedCall | None = None
        # The windows, the newest last, and whether they fill the screen.
        self._windows: dict[int, bool] = {}
        self._type = self._normal = self._active = self._check = 0
        self._waiting: list[Deferred[None]] = []

    @inlineCallbacks
    def start(self) -> Generator[Deferred[Any], Any, None]:
        """
        Be told of windows from now on.
        """
        connection = self._connection
        # A window may be gone before it is looked at.
        connection.onError = _ignore
        self._type = yield connection.internAtom("_NET_WM_WINDOW_TYPE")
        self._normal = yield connection.internAtom("_NET_WM_WINDOW_TYPE_NORMAL")
        self._active = yield connection.internAtom("_NET_ACTIVE_WINDOW")
        self._check = yield connection.internAtom("_NET_SUPPORTING_WM_CHECK")
        for number, listener in (
            (_MAP_NOTIFY, self._mapNotify),
            (_UNMAP_NOTIFY, self._unmapNotify),
            (_DESTROY_NOTIFY, self._unmapNotify),
            (core.CONFIGURE_NOTIFY, self._configureNotify),
            (_PROPERTY_NOTIFY, self._propertyNotify),
        ):
            connection.addListener(CORE, number, listener)
        mask = core.STRUCTURE_NOTIFY_MASK | _SUBSTRUCTURE_NOTIFY_MASK
        if self._reactor is not None:
            mask |= _PROPERTY_CHANGE_MASK
        connection.send(core.selectEvents(connection.screen.root, mask))
        yield connection.ask(core.getInputFocus())

    # -- What happens ----------------------------------------------------------------

    def _mapNotify(self, packet: Packet) -> None:
        window, isOverride = struct.unpack_from("<IB", packet, 8)
        if self._reactor is not None:
            # It is the frame of one, which the window manager has made.
            if self._patience is None:
                self._patience = self._reactor.callLater(_PATIENCE, self._shown)
        # Menus and the like are their programs' affair.
        elif not isOverride:
            self._mapped(window).addErrback(self._notSeen)

    def _unmapNotify(self, packet: Packet) -> None:
        if not self._isManaging:
            return
        (window,) = struct.unpack_from("<I", packet, 8)
        if self._windows.pop(window, None) is not None and self._windows:
            self._connection.send(_setInputFocus(next(reversed(self._windows))))

    def _propertyNotify(self, packet: Packet) -> None:
        root, atom = struct.unpack_from("<II", packet, 4)
        if root != self._connection.screen.root:
            return
        if self._waiting and (atom == self._check or self._quiet is not None):
            self._stopQuiet()
            self._quiet = self._reactor.callLater(_QUIET, self._managed)
        if atom == self._active:
            active = self._connection.ask(_getProperty(root, atom))
            active.addCallbacks(self._isActive, self._notSeen)

    def _isActive(self, windows: list[int]) -> None:
        if any(windows):
            self._shown()

    def managed(self) -> Deferred[None]:
        """
        A window manager was started.

        @return: Fires when it is there, or has had time for it: windows that are older
            it would not give the keyboard.
        """
        waiting: Deferred[None] = Deferred()
        self._waiting.append(waiting)
        late = self._reactor.callLater(_PATIENCE, self._managed)

        def there(_: None) -> None:
            if late.active():
                late.cancel()

        return waiting.addCallback(there)

    def _stopQuiet(self) -> None:
        if self._quiet is not None and self._quiet.active():
            self._quiet.cancel()
        self._quiet = None

    def _managed(self) -> None:
        self._stopQuiet()
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            one.callback(None)

    def stop(self) -> None:
        """
        Wait for nothing any more.
        """
        self._managed()
        if self._patience is not None and self._patience.active():
            self._patience.cancel()

    def _configureNotify(self, packet: Packet) -> None:
        window, _, _, _, width, height = struct.unpack_from("<IIhhHH", packet, 8)
        if window != self._connection.screen.root:
            return
        for one, fills in self._windows.items():
            if fills:
                self._connection.send(_configure(one, width=width, height=height))

    def _notSeen(self, failure: Failure) -> None:
        if not failure.check(X11Error, DisplayError):
            _log.failure("A window cannot be placed", failure)

    # -- What is done ----------------------------------------------------------------

    @inlineCallbacks
    def _mapped(self, window: int) -> Generator[Deferred[Any], Any, None]:
        """
        There is a new window.
        """
        connection = self._connection
        if not self._isManaging:
            self._shown()
            return
        self._windows.pop(window, None)
        self._windows[window] = False
        asked: list[Deferred[Any]] = [
            connection.ask(core.getGeometry(connection.screen.root)),
            connection.ask(core.getGeometry(window)),
            connection.ask(_getProperty(window, _WM_TRANSIENT_FOR)),
            connection.ask(_getProperty(window, self._type)),
            connection.ask(_getProperty(window, _WM_NORMAL_HINTS)),
        ]
        for one in asked:
            # It may be gone already.
            one.addErrback(_pass)
        answers = []
        for one in asked:
            answers.append((yield one))
        if None in answers or window not in self._windows:
            return
        screen, its, transient, types, hints = answers
        isMain = not any(transient) and (not types or types[0] == self._normal)
        if isMain and _isResizable(hints):
            self._windows[window] = True
            place = {"x": 0, "y": 0, "width": screen.width, "height": screen.height}
            connection.send(_configure(window, **place, border=0, stack=_ABOVE))
        else:
            x = max(0, (screen.width - its.width) // 2)
            y = max(0, (screen.height - its.height) // 2)
            connection.send(_configure(window, x=x, y=y, stack=_ABOVE))
        connection.send(_setInputFocus(window))
        yield connection.ask(core.getInputFocus())
        self._shown()


def _isResizable(hints: list[int]) -> bool:
    """
    @param hints: WM_NORMAL_HINTS.

    @return: Whether a window may have another size.
    """
    if len(hints) < 9 or not (hints[0] & _P_MIN_SIZE and hints[0] & _P_MAX_SIZE):
        return True
    return hints[5:7] != hints[7:9]


def _pass(failure: Failure) -> None:
    failure.trap(X11Error, DisplayError)


def _ignore(error: X11Error) -> None:
    """
    It is known.
    """
