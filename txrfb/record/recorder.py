# -*- test-case-name: tests.record.test_recorder -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What records a screen while it is served.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred, maybeDeferred, succeed
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger
from twisted.python.failure import Failure

from txrfb._screen.preparation import Vigil
from txrfb._wire.messages import PointerEvent, ServerCutText, packUpdate
from txrfb._wire.messages.extensions import ExtendedKeyEvent
from txrfb.protocol import TappedUpdate, UpdateTap
from txrfb.record.fbs import opening, wholeHead
from txrfb.record.files import Order, RecordingFiles

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall

    from txrfb._session.server import RFBServer
    from txrfb.protocol import RFBFactory

__all__ = ["KEY_SECONDS", "KEY_SIZES", "SMALL", "Recorder"]

#: After so many seconds a change is followed by a whole picture,
KEY_SECONDS = 10.0

#: and after changes of so many times the size of the last one.
KEY_SIZES = 3

#: How many bytes of what is no update may wait for the disk.
SMALL = 1 << 16

#: The seconds that the end of a recording may take.
_PATIENCE = 3.0

#: The seconds until it is asked again for a size that a screen does not have.
_PAUSE = 2.0

#: The longest recording, in seconds, as players' milliseconds have 31 bits.
_LONGEST = 24 * 86400.0

#: How much is kept of what viewers are called.
_NAME = 200

_log = Logger()


def _utc() -> datetime:
    return datetime.now(timezone.utc)


class Recorder(Service):
    """
    Records what a factory's viewers are shown, in files of the format FBS 001.000, as
    long as the service runs.

    A recording has pixels, sizes, name, bell, and shape and place of the pointer.  The
    index beside it says where whole pictures are, which viewers came and left, and who
    drove.

    Files are written by a thread, one update at a time; until an update is written,
    nothing is captured or encoded for the next.  So what waits for the disk is never
    more than one update, and twice L{SMALL} bytes of other things.  If writing fails
    the recording ends, with a line in the log; the server goes on.
    """

    def __init__(
        self,
        factory: RFBFactory,
        directory: str,
        *,
        frameRate: float = 30.0,
        fileSize: int = 0,
        fileSeconds: float = 0.0,
        clipboard: bool = False,
        input: bool = False,
        inThread: Callable[..., Deferred[Any]] | None = None,
        now: Callable[[], datetime] = _utc,
    ) -> None:
        """
        @param factory: What serves the screen.

        @param directory: Where recordings go; if it is not there it is made, for its
            owner alone.

        @param frameRate: How many updates a second there are at the most; 0 for as
            many as there are frames.

        @param fileSize: After how many bytes the next file begins, with the next
            change, unless a file has little more than a whole picture then; 0 for
            never.

        @param fileSeconds: After how many seconds it does; 0 for never, which is 24
            days.

        @param clipboard: Whether texts that the application copies are recorded, too.

        @param input: Whether the index has keys and buttons that viewers press, too:
            whoever reads it reads their passwords.

        @param inThread: Called with a function and its arguments, it has a thread call
            that, and returns a Deferred with the result; by default a thread of the
            factory's reactor.

        @param now: Says what time it is, in UTC, which the names of files are.
        """
        self._factory = factory
        self._directory = directory
        self._interval = 1 / frameRate if frameRate else 0.0
        self._fileSize = fileSize
        self._fileSeconds = min(fileSeconds or _LONGEST, _LONGEST)
        self._clipboard = clipboard
        self._input = input
        self._inThread = inThread or self._inPool
        self._now = now
        self._recording: _Recording | None = None

    def _inPool(self, *call: Any) -> Deferred[Any]:
        reactor: Any = self._factory.clock
        return deferToThreadPool(reactor, reactor.getThreadPool(), *call)

    @property
    def path(self) -> str:
        """
        The file that is being written; empty if there is none.
        """
        recording = self._recording
        isOn = recording is not None and recording.isRunning
        return recording.files.path if recording is not None and isOn else ""

    def startService(self) -> None:
        """
        Begin to record.
        """
        Service.startService(self)
        self._recording = _Recording(self)
        self._recording.start()

    def stopService(self) -> Deferred[None]:
        """
        Record no more.

        @return: Fires when what was recorded is written, or that has taken too long.
        """
        Service.stopService(self)
        recording, self._recording = self._recording, None
        return succeed(None) if recording is None else recording.stop()


class _Recording:
    """
    What is recorded between a start of a L{Recorder} and its stop.

    @ivar files: What is written to; a thread has them while L{_isWriting}.
    @ivar isRunning: Whether there may be more to record.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._factory = factory = recorder._factory
        self._clock = factory.clock
        self.files = RecordingFiles(recorder._directory)
        self.isRunning = self._isWriting = False
        self._tap = UpdateTap(
            factory, self._take, told=self._told, failed=self._tapFailed
        )
        # What is to be done next, and how much of it is no update.
        self._orders: list[Order] = []
        self._small = self._lost = 0
        # Fires when there is room for another update; the one of an update that is not
        # yet being written, all that have not fired, and what waits for its time.
        self._next: Deferred[None] | None = None
        self._rooms: list[Deferred[None]] = []
        self._pause: IDelayedCall | None = None
        # Waits for a screen that has no size yet.
        self._vigil: Vigil | None = None
        self._preparing: Deferred[None] | None = None
        self._due = 0.0
        self._ended: Deferred[None] | None = None
        # When the file began and what time its last block has, in milliseconds; the
        # whole picture before, and what came after it.
        self._hasBegun = False
        self._began = self._keyTime = 0.0
        self._last = self._keySize = self._since = 0
        self._viewers: dict[int, dict[str, Any]] = {}
        # The buttons that viewers hold down, by their numbers.
        self._buttons: dict[int, int] = {}
        self._logged = ""

    def start(self) -> None:
        """
        Begin.
        """
        self.isRunning = True
        self._factory.watchers.append(self._viewersChanged)
        if self._recorder._input:
            self._factory.inputWatchers.append(self._pressed)
        if self._factory.preparation.isNeeded:
            self._vigil = Vigil()
            self._factory.display.add(self._vigil)
            self._prepare()
        else:
            self._tap.start()

    def _prepare(self) -> None:
        """
        Wait until there is a size.
        """
        self._pause = None
        self._preparing = preparing = self._factory.preparation.wait()
        preparing.addCallbacks(self._prepared, self._unprepared)

    def _prepared(self, _: object) -> None:
        self._preparing = None
        self._tap.start()
        self._relax()

    def _unprepared(self, failure: Failure) -> None:
        # Those who would see it are told why.
        self._preparing = None
        if self.isRunning:
            self._pause = self._clock.callLater(_PAUSE, self._prepare)

    def _relax(self) -> None:
        """
        Wait no more.
        """
        preparing, self._preparing = self._preparing, None
        if preparing is not None:
            preparing.cancel()
        if self._vigil is not None:
            self._factory.display.remove(self._vigil)
            self._vigil = None

    def _halt(self) -> None:
        """
        Take no more.
        """
        self.isRunning = False
        if self._viewersChanged in self._factory.watchers:
            self._factory.watchers.remove(self._viewersChanged)
        if self._pressed in self._factory.inputWatchers:
            self._factory.inputWatchers.remove(self._pressed)
        self._tap.stop()
        self._relax()
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None
        rooms, self._rooms, self._next = self._rooms, [], None
        for room in rooms:
            room.callback(None)

    def stop(self) -> Deferred[None]:
        """
        End.

        @return: Fires when all is written.
        """
        if not self.isRunning:
            return succeed(None)
        self._halt()
        if self._hasBegun:
            self._line("stopped", {})
        self._orders.append((self.files.end, ()))
        ended = self._ended = Deferred()
        self._push()

        def late(failure: Failure) -> None:
            _log.warn(
                "Stopped without waiting for the recording {path} to be written",
                path=self.files.path or self._recorder._directory,
            )

        return ended.addTimeout(_PATIENCE, self._clock).addErrback(late)

    # -- What there is to record -----------------------------------------------------

    def _milliseconds(self) -> int:
        # Players go forth only, and clocks may be put back.
        passed = round((self._clock.seconds() - self._began) * 1000)
        self._last = max(self._last, passed)
        return self._last

    def _take(self, update: TappedUpdate) -> Deferred[None]:
        """
        There is an update.

        @return: Fires when there is room for another.
        """
        now = self._clock.seconds()
        recorder = self._recorder
        least = max(recorder._fileSize, 2 * self._keySize)
        isFull = bool(recorder._fileSize) and self.files.size >= least
        isFull = isFull or now - self._began >= recorder._fileSeconds
        data = [packUpdate(update.rectangles), *update.pieces]
        if update.isWhole:
            if isFull or not self._hasBegun:
                self._begin(update.width, update.height)
            self._keyTime, self._keySize, self._since = now, update.size, 0
            data.insert(0, wholeHead(update.width, update.height))
        else:
            self._since += update.size
            isOld = now - self._keyTime >= KEY_SECONDS
            # After a change only: a screen that rests is not written down again.
            if isFull or isOld or self._since >= KEY_SIZES * self._keySize:
                self._tap.wantWhole()
        order = data, self._milliseconds(), update.isWhole
        self._orders.append((self.files.block, order))
        self._due = now + recorder._interval
        room = self._next = Deferred()
        self._rooms.append(room)
        self._push()
        return room

    def _begin(self, width: int, height: int) -> None:
        """
        Begin a file.
        """
        self._hasBegun = True
        self._began, self._last = self._clock.seconds(), 0
        now = self._recorder._now()
        name = f"{now:%Y%m%dT%H%M%SZ}"
        self._orders.append((self.files.begin, (name,)))
        factory = self._factory
        self._line("began", {"at": f"{now:%Y-%m-%dT%H:%M:%S}Z"})
        self._viewers = {}
        self._tellViewers()
        first = [opening(width, height, factory.name)]
        self._orders.append((self.files.block, (first, 0)))

    def _told(self, message: bytes) -> None:
        """
        The bell rings, or there is something new in the clipboard.
        """
        isText = message[:1] == bytes([ServerCutText.type])
        if self._hasBegun and (self._recorder._clipboard or not isText):
            order = [message], self._milliseconds()
            self._add((self.files.block, order), len(message) + 8)
            self._push()

    def _viewersChanged(self) -> None:
        """
        Viewers may have come or left, or what they may do may have changed.
        """
        if self._hasBegun:
            self._tellViewers()
            self._push()

    def _tellViewers(self) -> None:
        before, self._viewers = self._viewers, {}
        factory = self._factory
        for viewer in factory.viewers:
            number = viewer.number
            self._viewers[number] = what = {
                "viewer": number,
                "user": viewer.transcript.user[:_NAME],
                "address": viewer.peer[:_NAME],
                "rights": str(viewer.rights)[:_NAME],
                "drives": not viewer.viewOnly and factory.mayDrive(viewer),
            }
            if number not in before:
                self._line("came", what)
            elif before[number] != what:
                self._line("changed", what)
        for number, what in before.items():
            if number not in self._viewers:
                self._buttons.pop(number, None)
                self._line("left", what)

    def _pressed(self, viewer: RFBServer, message: Any) -> None:
        """
        A viewer has pressed, released or moved something.
        """
        number = viewer.number
        if not self._hasBegun:
            return
        if isinstance(message, PointerEvent):
            x, y, buttons = message.x, message.y, message.buttons
            if buttons == self._buttons.get(number, 0):
                return  # where it went is in the picture
            self._buttons[number] = buttons
            what = {"viewer": number, "x": x, "y": y, "buttons": buttons}
            self._line("buttons", what)
        else:
            keysym, down = message.keysym, bool(message.down)
            what = {"viewer": number, "keysym": keysym, "down": down}
            if isinstance(message, ExtendedKeyEvent):
                what["keycode"] = message.keycode
            self._line("key", what)
        self._push()

    def _line(self, event: str, what: dict[str, Any]) -> None:
        """
        The index says what happened.
        """
        line = {"ms": self._milliseconds(), "event": event, **what}
        self._add((self.files.line, (line,)), len(str(line)))

    def _add(self, order: Order, size: int) -> None:
        """
        Have something small written; unless the disk is so slow that there is no room
        for it, which the index says.
        """
        if self._small and self._small + size > SMALL:
            self._lost += 1
            return
        self._small += size
        self._orders.append(order)

    # -- The thread ------------------------------------------------------------------

    def _push(self) -> None:
        """
        Have the next things done, if the last are.
        """
        if self._isWriting or not self._orders:
            return
        orders, self._orders = self._orders, []
        if self._lost:
            line = {"ms": self._last, "event": "lost", "count": self._lost}
            orders.append((self.files.line, (line,)))
        self._small = self._lost = 0
        room, self._next = self._next, None
        self._isWriting = True
        done = maybeDeferred(self._recorder._inThread, self.files.do, orders)
        done.addCallback(self._written, room).addErrback(self._broke)

    def _written(self, _: object, room: Deferred[None] | None) -> None:
        self._isWriting = False
        if self.files.path != self._logged:
            self._logged = self.files.path
            _log.info("Recording to {path}", path=self._logged)
        if room in self._rooms:
            wait = self._due - self._clock.seconds()
            if wait > 0:
                self._pause = self._clock.callLater(wait, self._giveRoom, room)
            else:
                self._giveRoom(room)
        self._push()
        self._sayEnded()

    def _giveRoom(self, room: Deferred[None]) -> None:
        self._pause = None
        self._rooms.remove(room)
        room.callback(None)

    def _sayEnded(self) -> None:
        if self._ended is not None and not self._isWriting and not self._orders:
            ended, self._ended = self._ended, None
            ended.callback(None)

    def _tapFailed(self, failure: Failure) -> None:
        # The disk has not answered for a minute, or there is no more to be had.
        self._end(failure)

    def _broke(self, failure: Failure) -> None:
        self._isWriting = False
        self._end(failure)

    def _end(self, failure: Failure) -> None:
        """
        It cannot go on.
        """
        self._orders = []
        error = failure.value
        if self.isRunning:
            self._halt()
        elif self._ended is None:
            return
        # Nothing, if it is from there that it comes.
        self._orders.append((self.files.end, ()))
        self._push()
        where = self.files.path or self._recorder._directory
        if isinstance(error, OSError):
            reason = error.strerror or str(error)
            _log.error(
                "The recording {path} ends: {reason}; the server goes on without",
                path=where,
                reason=reason,
            )
        else:
            _log.failure(
                "The recording {path} ends; the server goes on without",
                failure,
                path=where,
            )
