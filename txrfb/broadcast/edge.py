# -*- test-case-name: tests.broadcast.test_edge -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
An edge of a broadcast: a framebuffer that shows what an origin publishes, so that the
viewers of many machines see what one has encoded.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from twisted.application.service import IService
from twisted.internet.defer import CancelledError, Deferred, gatherResults
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import Interface, implementer

from txrfb._session.turns import SLICE
from txrfb.broadcast.engine import Engine
from txrfb.broadcast.hands import EdgeControls
from txrfb.broadcast.layout import (
    ENTRY,
    KEY_LIMIT,
    Entry,
    Info,
    KeyFrame,
    Kind,
    Place,
    entriesOf,
    entryOf,
)
from txrfb.client.events import ClientEvent, NameChanged
from txrfb.error import ConnectionFailed, EngineError, ProtocolError
from txrfb.feeds.opening import opening, wholeHead
from txrfb.framebuffers._service import FramebufferService
from txrfb.interfaces import IReporting
from txrfb.security.accounts.rights import VIEW_ONLY, Rights

if TYPE_CHECKING:
    from txrfb.broadcast.address import Address

__all__ = ["BroadcastFramebuffer"]

#: For how many milliseconds the engine is asked to wait for something new.
_BLOCK = 2000

#: How many entries are read at once at the most, how many bytes they are expected to
#: have together, and how many they may.
_COUNT, _EXPECTED, _LIMIT = 32, 16 << 20, 64 << 20

#: Seconds until it is tried again what could not be read: at first, and at the most.
_MIN_PAUSE, _MAX_PAUSE = 0.1, 10.0

#: What viewers are told.
_GONE = "the origin of the broadcast is gone"
_LOST = "the connection to the broadcast is lost"
_UNREADABLE = "what is broadcast cannot be read"

#: Besides a key frame, what an answer has that has it.
_MORE = 1 << 16


@implementer(IReporting)
class BroadcastFramebuffer(EdgeControls):
    """
    Shows what the origin of a broadcast publishes, and hands on to it what viewers do.

    It connects when its service is started (C{IService(framebuffer)}), which
    C{twistd rfb} and C{serve} do by themselves.  Nothing is read while nobody looks.
    When the engine or the origin is gone, viewers keep the picture that they have, and
    are told so beside the desktop's name.

    @ivar isLive: Whether what is shown is what the origin shows.
    """

    _log = Logger()

    def __init__(
        self,
        address: Address,
        *,
        reactor: Any = None,
        jitter: Callable[[], float] = random.random,
        edge: str | None = None,
    ) -> None:
        """
        @param address: Where the broadcast is.

        @param reactor: What time is taken from; the global reactor if not given.

        @param jitter: Makes numbers from 0 to 1, which make pauses between attempts
            unequal: after an outage not all edges come at a time.

        @param edge: What this edge is called, which no other is; by default a number
            drawn at random.
        """
        if reactor is None:
            from twisted.internet import reactor
        super().__init__(address, reactor, jitter, edge)
        self.isLive = False
        self._jitter = jitter
        self._service = FramebufferService(self)
        self._eye = Engine(address, _Eye(self), reactor, jitter)
        self._following: Deferred[Any] | None = None
        # After which entry the picture is, and whether in the midst of a message.
        self._place: Place | None = None
        self._isMidway = False
        # The key frame that was begun with, and the last entry that was in order.
        self._healed: Place | None = None
        self._furthest = Place(0, 0)
        self._largest = ENTRY
        self._failures = self._heals = self._read = 0
        # What the desktop is called, and what is wrong.
        self._title = address.name
        self._trouble = ""
        # What the origin says of itself.
        self._info: Info | None = None

    def __conform__(self, interface: type[Interface]) -> Any:
        """
        The connections are a service.
        """
        return self._service if interface is IService else None

    def report(self) -> dict[str, object]:
        """
        See L{IReporting.report}.
        """
        return {
            "from": self._address.called,
            "state": self._trouble or ("live" if self.isLive else "nobody looks"),
            "edge": self.edge,
            "entries": self._read,
            "keyFrames": self._heals,
        }

    # -- The service -----------------------------------------------------------------

    def start(self) -> None:
        """
        Connect.
        """
        self._hand.start()
        self._eye.start()

    def stop(self) -> Deferred[Any]:
        """
        Connect no more.

        @return: Fires when there is no connection.
        """
        self._goodbye()
        self._answerSize(False)
        self._stopBeating()
        self._rest()
        self.lost("the server stops")
        return gatherResults([self._hand.stop(), self._eye.stop()])

    def resumeProducing(self) -> None:
        """
        Somebody looks.
        """
        super().resumeProducing()
        if self._following is None:
            # What is shown is of a time before who looks came.
            self._isStale = self._eye.isUp and bool(self.width)
        self._follow()

    def pauseProducing(self) -> None:
        """
        Nobody does.
        """
        # What follows ends with the next that comes, if nobody looks again by then.
        super().pauseProducing()

    # -- What is wrong ---------------------------------------------------------------

    def take(self, event: ClientEvent) -> None:
        """
        See L{FedFramebuffer.take<txrfb.feeds.fed.FedFramebuffer.take>}.
        """
        if type(event) is NameChanged:
            self._title = event.name
            self._entitle()
        else:
            super().take(event)

    def _entitle(self) -> None:
        self.name = f"{self._title} ({self._trouble})" if self._trouble else self._title

    def _goneWrong(self, trouble: str, reason: str) -> None:
        """
        @param trouble: What viewers are told.

        @param reason: What the log is told.
        """
        self.isLive = False
        if trouble == self._trouble:
            return
        self._trouble = trouble
        self._log.warn(
            "{called}: {reason}; it is tried again{more}",
            called=self._address.called,
            reason=reason.removeprefix(f"{self._address.called}: "),
            more=", and viewers keep the last picture" if self.width else "",
        )
        self._entitle()

    def _goneWell(self) -> None:
        self.isLive = True
        if self._trouble:
            self._trouble = ""
            self._log.info("{called}: live again", called=self._address.called)
            self._entitle()

    # -- Following -------------------------------------------------------------------

    def _engineLeft(self, reason: str) -> None:
        self._rest()
        self._isStale = False
        self._goneWrong(_LOST, reason)
        if not self.width:
            self.lost(reason)

    def _follow(self) -> None:
        """
        Read what there is, if somebody looks and it can be read.
        """
        if self._following is None and self._isWatched and self._eye.isUp:
            self._ending = ""
            self._place = self._healed = None
            self._following = following = Deferred.fromCoroutine(self._goOn())
            following.addCallbacks(self._ended, self._broken)

    def _rest(self) -> None:
        following, self._following = self._following, None
        if following is not None:
            following.cancel()
        self._place = None

    def _ended(self, _: object) -> None:
        """
        Nobody looks any more, or what follows was cancelled or lost.
        """
        self._following = None
        self.isLive = False

    def _broken(self, failure: Failure) -> None:
        self._following = None
        if not failure.check(CancelledError, ConnectionFailed):
            self._log.failure("following a broadcast failed", failure)
            self._eye.renew("it cannot be followed")

    async def _goOn(self) -> None:
        while self._isWatched:
            try:
                if self._place is None:
                    await self._heal()
                else:
                    await self._next(self._place)
            except (EngineError, ProtocolError, ValueError) as error:
                self._place = None
                self._goneWrong(_UNREADABLE, str(error))
                await self._wait()

    async def _wait(self) -> None:
        pause = min(_MIN_PAUSE * 2**self._failures, _MAX_PAUSE)
        self._failures = min(self._failures + 1, 16)
        pause *= (1 + self._jitter()) / 2
        await deferLater(self._clock, pause)

    async def _heal(self) -> None:
        """
        Show the whole picture, if there is one.
        """
        frame = await self._key()
        if frame is not None:
            if frame.place == self._healed:
                # From there it went wrong before.
                await self._wait()
            self._healed = frame.place
            # What an origin left that rests is of a time before who looks came.
            if self._info is not None and self._info.isOn:
                self._isStale = False
            await self._showWhole(frame)
            if self._info is not None and not self._info.isOver:
                self._goneWell()
            return
        # There is none yet: wait for anything that is written.
        reply = await self._wake(Place(0, 0), 1)
        if reply:
            await self._wait()

    async def _key(self) -> KeyFrame | None:
        keys = self._address.keys
        words = "MGET", keys.origin, keys.key, keys.info
        reply = await self._eye.ask(*words, limit=KEY_LIMIT + _MORE)
        origin, key, info = reply
        self._hear(info)
        if key is None:
            return None
        frame = KeyFrame.fromBytes(key)
        if origin is not None and origin != b"%d" % frame.place.epoch:
            # It is of an origin whose time is over.
            return None
        return frame

    async def _showWhole(self, frame: KeyFrame) -> None:
        """
        Show a whole picture.
        """
        connection = self.connection
        data = frame.data
        if connection is None or self._isMidway or not connection.isReady:
            self.begin()
            first = opening(frame.width, frame.height, self.name)
            await self._paint(first)
        elif (connection.width, connection.height) != (frame.width, frame.height):
            data = wholeHead(frame.width, frame.height) + data
        self._isMidway = True
        await self._paint(data)
        self._isMidway = False
        self._heals += 1
        self._place = frame.place
        self._largest = max(min(len(data), ENTRY), _MORE)

    async def _paint(self, data: bytes) -> None:
        """
        Paint in slices.
        """
        while True:
            self.feed(data, partial(self._isPast, self._clock.seconds() + SLICE))
            connection = self.connection
            if connection is None or not connection.isPaused:
                return
            data = b""
            await deferLater(self._clock, 0)

    def _isPast(self, time: float) -> bool:
        return bool(self._clock.seconds() >= time)

    async def _wake(self, place: Place, count: int) -> list[tuple[bytes, list[Any]]]:
        """
        @return: What comes after a place, some of it; nothing if nothing has come.
        """
        key = self._address.keys.frames
        words = "XREAD", "COUNT", count, "BLOCK", _BLOCK, "STREAMS", key
        reply = await self._eye.ask(
            *words, place.toBytes(), wait=_BLOCK / 1000, limit=_LIMIT
        )
        self._eye.works()
        if reply is None:
            await self._look()
        return entriesOf(reply, key)

    async def _next(self, place: Place) -> None:
        """
        Paint what comes next.
        """
        count = max(min(_EXPECTED // self._largest, _COUNT), 1)
        for number, fields in await self._wake(place, count):
            entry = entryOf(number, fields)
            if self._place is None or entry.place != self._place.next:
                self._place = None
                return
            self._isStale = False
            if entry.kind is Kind.KEY:
                await self._overtake(entry.place)
            else:
                await self._apply(entry)
                self._place = entry.place
                self._read += 1
                self._largest = max(self._largest, len(entry.data))
            if entry.place > self._furthest:
                self._furthest = entry.place
                self._failures = 0
        if self._trouble and self._place != place:
            # It may be what an origin left that is gone.
            await self._look()

    async def _apply(self, entry: Entry) -> None:
        if entry.kind is Kind.TEXT:
            self.cutText(entry.data.decode("utf-8", "replace"))
            return
        self._isMidway = True
        await self._paint(entry.data)
        connection = self.connection
        isWhole = connection is not None and not connection.isPainting
        if entry.kind is Kind.SAID and not isWhole:
            raise ProtocolError(
                f"entry {entry.place.epoch}-{entry.place.serial} ends in the midst of"
                " an update"
            )
        self._isMidway = entry.kind is Kind.MORE

    async def _overtake(self, place: Place) -> None:
        """
        What is new is in the key frame.
        """
        frame = await self._key()
        if frame is None or frame.place < place:
            self._place = None
            await self._wait()
            return
        await self._showWhole(frame)

    async def _look(self) -> None:
        """
        Nothing has come for a while: see whether there is an origin.
        """
        keys = self._address.keys
        origin, info = await self._eye.ask("MGET", keys.origin, keys.info)
        self._hear(info)
        place = self._place
        if place is not None and origin != b"%d" % place.epoch:
            # There is another, or the engine has forgotten everything.
            self._place = None

    def _hear(self, data: Any) -> None:
        """
        @param data: What the origin says of itself; C{None} if it does not.
        """
        self._info, self._allowed = None, VIEW_ONLY
        if data is not None:
            with suppress(ValueError):
                self._info = Info.fromBytes(data)
                self._allowed = Rights.fromString(self._info.rights)
        if self._info is None:
            self._goneWrong(_GONE, "there is no sign of an origin")
        elif self._info.isOver:
            self._goneWrong(_GONE, "the origin has ended")
        elif self._place is not None:
            self._goneWell()


class _Eye:
    """
    What is told of the connection that reads.
    """

    def __init__(self, framebuffer: BroadcastFramebuffer) -> None:
        self._framebuffer = framebuffer

    def arrived(self, engine: Engine) -> None:
        self._framebuffer._follow()

    def left(self, engine: Engine, reason: str) -> None:
        self._framebuffer._engineLeft(reason)
