# -*- test-case-name: tests.broadcast.test_edge -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What viewers of an edge do, on its way to the origin.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from txrfb.broadcast.engine import Engine
from txrfb.broadcast.layout import Act
from txrfb.error import ConnectionFailed
from txrfb.feeds.fed import FedFramebuffer
from txrfb.geometry import Screen
from txrfb.interfaces import (
    IAudience,
    IClipboard,
    IInputReceiver,
    IKeycodeReceiver,
    IViewer,
)
from txrfb.security.accounts.rights import NAMES, VIEW_ONLY, Rights

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall

    from txrfb.broadcast.address import Address

__all__ = ["EdgeControls"]

#: Seconds between two signs of life.
_BEAT = 2.0

#: How many acts may be on their way; who does more waits.
_ACTS = 64

#: How many acts are kept in the engine, about.
_KEPT = 1000

#: The longest text that is handed on, in characters.
_TEXT = 1 << 16

#: Seconds until a size has come that the origin was asked for.
_SIZE = 5.0


@implementer(IInputReceiver, IKeycodeReceiver, IClipboard, IAudience)
class EdgeControls(FedFramebuffer):
    """
    A framebuffer whose keyboard, pointer, clipboard and size are those of the origin of
    a broadcast, as far as that allows it.

    Who may use them was judged before any of this is called; the origin judges again.

    @ivar edge: What this edge is called: a number drawn at random.
    """

    _log = Logger()

    def __init__(
        self,
        address: Address,
        clock: IReactorTime,
        jitter: Callable[[], float],
        edge: str | None,
    ) -> None:
        super().__init__(address.name, clock=clock)
        self.edge = edge or uuid.uuid4().hex
        self._address = address
        self._hand = Engine(address, self, clock, jitter)
        # What the origin takes.
        self._allowed: Rights = VIEW_ONLY
        self._acts = self._sent = 0
        self._rooms: list[Deferred[None]] = []
        self._beat: IDelayedCall | None = None
        self._isWatched = False
        self._viewers: dict[int, IViewer] = {}
        self._resizing: Deferred[bool] | None = None
        self._wanted = (0, 0)
        self._giveUp: IDelayedCall | None = None
        self._handReason = ""

    # -- The edge itself -------------------------------------------------------------

    def arrived(self, engine: Engine) -> None:
        """
        See L{IEngineUser.arrived<txrfb.broadcast.engine.IEngineUser.arrived>}.
        """
        self._hello()

    def left(self, engine: Engine, reason: str) -> None:
        """
        See L{IEngineUser.left<txrfb.broadcast.engine.IEngineUser.left>}.
        """
        self._acts = 0
        self._giveRoom()
        self._stopBeating()

    def _hello(self) -> None:
        """
        Say that there is this edge, and whether anybody looks.
        """
        self._stopBeating()
        self._beat = self._clock.callLater(_BEAT, self._beaten)
        self._say(0, "view", "hello", self._audience)

    def _beaten(self) -> None:
        self._beat = None
        self._hello()

    def _stopBeating(self) -> None:
        if self._beat is not None:
            self._beat.cancel()
            self._beat = None

    @property
    def _audience(self) -> int:
        return max(len(self._viewers), 1) if self._isWatched else 0

    def _goodbye(self) -> None:
        self._say(0, "view", "bye")

    def resumeProducing(self) -> None:
        """
        Somebody looks.
        """
        self._isWatched = True
        if self._hand.isUp:
            self._hello()

    def pauseProducing(self) -> None:
        """
        Nobody does.
        """
        self._isWatched = False
        if self._hand.isUp:
            self._hello()

    def viewersChanged(self, viewers: Sequence[IViewer]) -> None:
        """
        See L{IAudience.viewersChanged}.
        """
        before, self._viewers = self._viewers, {one.number: one for one in viewers}
        for number in before.keys() - self._viewers.keys():
            if not self._allowed.viewOnly:
                self._say(number, "view", "left")

    def _say(self, viewer: int, rights: str, *what: Any) -> None:
        if not self._hand.isUp:
            return
        act = Act(self.edge, self._sent, viewer, rights, what).toBytes()
        self._sent += 1
        self._acts += 1
        key = self._address.keys.input
        words = "XADD", key, "MAXLEN", "~", _KEPT, "*", "j", act
        self._hand.ask(*words).addCallbacks(self._heard, self._unheard)

    def _heard(self, _: object) -> None:
        self._hand.works()
        self._handReason = ""
        self._done()

    def _unheard(self, failure: Failure) -> None:
        reason = failure.getErrorMessage()
        if not failure.check(ConnectionFailed) and reason != self._handReason:
            self._handReason = reason
            self._log.warn(
                "{called}: the origin cannot be told of this edge: {reason}",
                called=self._address.called,
                reason=reason,
            )
        self._done()

    def _done(self) -> None:
        self._acts = max(self._acts - 1, 0)
        if self._acts < _ACTS:
            self._giveRoom()

    def _giveRoom(self) -> None:
        rooms, self._rooms = self._rooms, []
        for room in rooms:
            room.callback(None)

    # -- What viewers do -------------------------------------------------------------

    def _do(self, right: str, viewer: IViewer, *what: Any) -> Deferred[None] | None:
        """
        Hand on what a viewer does, if the origin takes that.

        @return: Fires when there is room for more; C{None} if there is.
        """
        if not (self._allowed.allows(right) and self._hand.isUp):
            return None
        rights = viewer.rights
        names = [name for name in NAMES if rights.allows(name) is True]
        self._say(viewer.number, ",".join(names) or "view", *what)
        if self._acts < _ACTS and not self._hand.isFull:
            return None
        room: Deferred[None] = Deferred(self._rooms.remove)
        self._rooms.append(room)
        return room

    def keyEvent(
        self, keysym: int, down: bool, viewer: IViewer
    ) -> Deferred[None] | None:
        """
        See L{IInputReceiver.keyEvent}.
        """
        return self._do("keys", viewer, "key", keysym, int(down))

    def keycodeEvent(
        self, keycode: int, keysym: int, down: bool, viewer: IViewer
    ) -> Deferred[None] | None:
        """
        See L{IKeycodeReceiver.keycodeEvent}.
        """
        return self._do("keys", viewer, "code", keycode, keysym, int(down))

    def pointerEvent(
        self, x: int, y: int, buttons: int, viewer: IViewer
    ) -> Deferred[None] | None:
        """
        See L{IInputReceiver.pointerEvent}.
        """
        return self._do("pointer", viewer, "pointer", x, y, buttons)

    def cutTextReceived(self, text: str, viewer: IViewer) -> Deferred[None] | None:
        """
        See L{IClipboard.cutTextReceived}.
        """
        if len(text) > _TEXT:
            return None
        return self._do("clipboard", viewer, "cut", text)

    # -- Size and screens ------------------------------------------------------------

    def layoutRequested(
        self, width: int, height: int, screens: Sequence[Screen], viewer: IViewer
    ) -> Deferred[bool] | bool:
        """
        See L{IScreens.layoutRequested<txrfb.interfaces.IScreens.layoutRequested>}.  The
        origin does not answer: it is granted if it comes.
        """
        if not (self._allowed.allows("resize") and self._hand.isUp):
            return False
        if (width, height) == (self.width, self.height):
            return True
        self._answerSize(False)
        self._do(
            *("resize", viewer, "size", width, height),
            [list(screen) for screen in screens],
        )
        self._wanted = width, height
        self._giveUp = self._clock.callLater(_SIZE, self._answerSize, False)
        self._resizing = Deferred(self._sizeNotWanted)
        return self._resizing

    def _sizeNotWanted(self, resizing: Deferred[bool]) -> None:
        self._resizing = None
        self._cancelLate()

    def _cancelLate(self) -> None:
        if self._giveUp is not None and self._giveUp.active():
            self._giveUp.cancel()
        self._giveUp = None

    def _answerSize(self, isDone: bool) -> None:
        resizing, self._resizing = self._resizing, None
        self._cancelLate()
        if resizing is not None:
            resizing.callback(isDone)

    def _resized(self) -> None:
        super()._resized()
        if self._resizing is not None and (self.width, self.height) == self._wanted:
            self._answerSize(True)
