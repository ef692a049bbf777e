# -*- test-case-name: tests.broadcast.test_publisher -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What an origin writes: updates one after the other, and key frames.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from txrfb._screen.followers import Change
from txrfb._wire.clipboard import ClipboardContent
from txrfb.broadcast.engine import Engine
from txrfb.broadcast.layout import ENTRY, KEY_LIMIT, KeyFrame, Kind, Place, piecesOf
from txrfb.error import EngineError
from txrfb.protocol import TappedUpdate, UpdateTap

if TYPE_CHECKING:
    from txrfb.broadcast.address import Address
    from txrfb.protocol import RFBFactory

__all__ = ["KEY_SIZES", "FrameWriter", "epochIn"]

#: After changes of so many times the size of the last key frame there is another.
KEY_SIZES = 3

#: How many bytes, and how many entries, may be on their way to the engine while the
#: next update is made.
_BYTES, _ENTRIES = 1 << 20, 8

#: How many bytes of what is no update may come between two key frames.
_SMALL = 4 << 20

#: How a message begins that is Bell (RFC 6143, section 7.6.3).
_BELL = b"\2"


class _Tap(UpdateTap):
    """
    Tells of texts in full: what is public of a tap has them in Latin-1.

    @ivar hasNews: Whether the whole picture that is to come may have a name or a
        pointer that no update had before it.
    """

    copied: Callable[[str], None]
    hasNews = False

    def wantWhole(self) -> None:
        # What was being encoded is not handed over any more.
        if self._pieces or self._pseudo.isDue:
            self.hasNews = True
        super().wantWhole()

    def changed(self, what: Change) -> None:
        if not self.serial:
            self.hasNews = True
        super().changed(what)

    def cutText(self, content: ClipboardContent) -> None:
        self.copied(content.text)


class FrameWriter:
    """
    Writes what a factory's display shows, while its tap is started.

    @ivar epoch: When it began, in milliseconds; 0 before there was anything to publish.
    """

    def __init__(
        self, factory: RFBFactory, address: Address, jitter: Callable[[], float]
    ) -> None:
        self.epoch = 0
        self._factory = factory
        self._clock = factory.clock
        self._address = address
        self._keys = address.keys
        self._engine = Engine(address, self, factory.clock, jitter)
        self._tap = _Tap(factory, self._take, told=self._tell, failed=self._tapFailed)
        self._tap.copied = self._copied
        self._isPublishing = False
        # The entry that was written last, and the one that the last key frame is at.
        self._serial = self._keySerial = 0
        # Which of the display's frames that was; the size of the key frame, and of all
        # and of what is no update that came after it.
        self._shown = self._keySize = self._since = self._small = 0
        self._hasKey = False
        # What is on its way, and who waits for room.
        self._bytes = self._entries = 0
        self._room: Deferred[None] | None = None
        # The whole picture that is on its way: what comes after it waits for it.
        self._whole: TappedUpdate | None = None
        # Whether that has more that is new than pixels.
        self._hasNews = False

    # -- What becomes of it: see L{Publisher<txrfb.broadcast.publisher.Publisher>} -----

    def arrived(self, engine: Engine) -> None:
        """
        See L{IEngineUser.arrived<txrfb.broadcast.engine.IEngineUser.arrived>}.
        """
        raise NotImplementedError

    def left(self, engine: Engine, reason: str) -> None:
        """
        See L{IEngineUser.left<txrfb.broadcast.engine.IEngineUser.left>}.
        """
        raise NotImplementedError

    def _works(self) -> None:
        raise NotImplementedError

    def _troubled(self, failure: Failure) -> None:
        raise NotImplementedError

    def _fenced(self, why: str) -> None:
        raise NotImplementedError

    def _tapFailed(self, failure: Failure) -> None:
        raise NotImplementedError

    def _cannot(self, reason: str) -> None:
        raise NotImplementedError

    def _info(self, isOn: bool, isOver: bool = False) -> tuple[Any, ...]:
        raise NotImplementedError

    def _forget(self) -> None:
        """
        What is on its way does not count any more.
        """
        self._bytes = self._entries = 0
        self._whole = None
        self._giveRoom()

    # -- What the screen says --------------------------------------------------------

    def _take(self, update: TappedUpdate) -> Deferred[None]:
        """
        There is an update.

        @return: Fires when there is room for another.
        """
        room: Deferred[None] = Deferred()
        self._room = room
        if update.isWhole:
            self._takeKey(update)
        else:
            self._shown = update.serial
            self._add(update.toBytes())
            if self._since > KEY_SIZES * self._keySize:
                self._tap.wantWhole()
            self._checkRoom()
        return room

    def _tell(self, message: bytes) -> None:
        """
        The bell rings; texts come as they are.
        """
        if message[:1] == _BELL:
            self._addSmall(Kind.SAID, message)

    def _copied(self, text: str) -> None:
        self._addSmall(Kind.TEXT, text.encode("utf-8", "replace"))

    def _addSmall(self, kind: Kind, data: bytes) -> None:
        """
        Write something that is no update.  There is no end to it that the screen would
        hold back: what there is no room for is dropped.
        """
        if not self._hasKey or len(data) > ENTRY:
            return
        if self._small + len(data) > _SMALL or self._engine.isFull:
            return
        self._small += len(data) + 64
        self._write(kind, data)

    def _add(self, data: bytes) -> None:
        for kind, piece in piecesOf(data):
            self._write(kind, piece)

    def _write(self, kind: Kind, data: bytes) -> None:
        self._serial += 1
        place = Place(self.epoch, self._serial)
        self._since += len(data)
        self._bytes += len(data)
        self._entries += 1
        words = "XADD", self._keys.frames, place.toBytes(), kind.value, data
        written = self._engine.ask(*words)
        written.addCallback(self._written, len(data)).addErrback(self._troubled)

    def _written(self, _: object, size: int) -> None:
        if self._isPublishing:
            self._bytes = max(self._bytes - size, 0)
            self._entries = max(self._entries - 1, 0)
        self._works()
        self._checkRoom()

    def _checkRoom(self) -> None:
        # What was written before a key frame is answered before it.  An update that was
        # taken then would have a place before it, and be missing in its picture.
        isRoom = self._bytes <= _BYTES and self._entries < _ENTRIES
        if isRoom and self._whole is None and not self._engine.isFull:
            self._giveRoom()

    def _giveRoom(self) -> None:
        room, self._room = self._room, None
        if room is not None:
            room.callback(None)

    # -- Key frames ------------------------------------------------------------------

    def _takeKey(self, update: TappedUpdate) -> None:
        """
        There is a whole picture.
        """
        if update.size > KEY_LIMIT:
            self._cannot(
                f"a picture of {update.size} bytes, more than {KEY_LIMIT}, cannot be"
                " published"
            )
            return
        self._whole = update
        self._hasNews, self._tap.hasNews = self._tap.hasNews, False
        self._claim(update)

    def _claim(self, update: TappedUpdate) -> None:
        """
        See whether this is the origin still, or becomes it now.
        """
        self._engine.ask("WATCH", self._keys.origin).addErrback(self._troubled)
        asked = self._engine.ask("GET", self._keys.origin)
        asked.addCallback(self._claimed, update).addErrback(self._troubled)

    def _claimed(self, origin: Any, update: TappedUpdate) -> None:
        if update is not self._whole:
            return
        epoch = epochIn(origin)
        if epoch > self.epoch:
            self._fenced("it began later")
            return
        engine, keys = self._engine, self._keys
        isNew = not self._hasKey or update.serial != self._shown or self._hasNews
        place = Place(self.epoch, self._serial + isNew)
        frame = KeyFrame(place, update.width, update.height, update.toBytes())
        last = Place(self.epoch, self._keySerial)
        commands: list[tuple[Any, ...]] = [
            ("MULTI",),
            ("SET", keys.origin, str(self.epoch)),
            ("SET", keys.key, frame.toBytes()),
            self._info(isOn=True),
            # Who is a little late need not begin anew.
            ("XTRIM", keys.frames, "MINID", last.toBytes()),
        ]
        if isNew:
            add = "XADD", keys.frames, place.toBytes(), Kind.KEY.value, b""
            commands.append(add)
        self._serial = place.serial
        for words in commands:
            engine.ask(*words).addErrback(self._troubled)
        done = engine.ask("EXEC")
        done.addCallback(self._keyWritten, update, place).addErrback(self._troubled)

    def _keyWritten(self, answers: Any, update: TappedUpdate, place: Place) -> None:
        if update is not self._whole:
            return
        if answers is None:
            # Somebody else has claimed it meanwhile.
            self._claim(update)
            return
        for answer in answers if isinstance(answers, list) else ():
            if isinstance(answer, Exception):
                raise EngineError(str(answer))
        self._works()
        self._whole = None
        self._hasKey = True
        self._shown = update.serial
        self._keySerial = place.serial
        self._keySize = update.size
        self._since = self._small = 0
        self._checkRoom()


def epochIn(data: Any) -> int:
    """
    @return: The epoch that was read; 0 if there is none.
    """
    digits = data if isinstance(data, bytes) and len(data) < 20 else b""
    return int(digits) if digits.isdigit() else 0
