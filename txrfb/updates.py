# -*- test-case-name: tests.test_updates -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What one viewer is sent: request, damage and room, joined.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import TYPE_CHECKING, Protocol

from twisted.internet.interfaces import IPushProducer
from twisted.python.failure import Failure
from zope.interface import implementer

from txrfb.display import Display
from txrfb.encodings.choice import Choice, choose
from txrfb.encodings.constants import CURSOR, DESKTOP_NAME, DESKTOP_SIZE
from txrfb.encodings.cursor import cursorRectangle, encodeCursor
from txrfb.encodings.desktop import encodeDesktopName
from txrfb.geometry import Rectangle, Region
from txrfb.messages import (
    Bell,
    FramebufferUpdate,
    RectangleHeader,
    ServerCutText,
    SetColorMapEntries,
)
from txrfb.pixels import NATIVE, Cursor, PixelFormat
from txrfb.plan import CHUNK, Plan
from txrfb.refresh import REST, LossyTiles

if TYPE_CHECKING:
    from twisted.internet.interfaces import IConsumer, IDelayedCall, IReactorTime

    from txrfb.interfaces import IEncoder

#: For how long one viewer's update may keep the reactor from other things.
_TURN = 0.005

_NOTHING = Region()

#: What a viewer that has drawn a cursor is sent when there is none any more.
_NO_CURSOR = Cursor(0, 0, 0, 0, b"")


class ITeller(Protocol):
    """
    Who is told what is sent; see L{txrfb.log.Transcript}.
    """

    def tx(self, name: str, size: int, detail: str = "") -> None: ...


@implementer(IPushProducer)
class UpdateProducer:
    """
    Sends one viewer the updates it asks for, and only what its transport has room
    for.

    An update begins when the viewer has asked for one, there is something new to
    it, and the transport is not full.  What happens meanwhile is merged: it is
    whatever is newer than the frame the viewer has.  So a slow viewer costs no
    memory: what it holds is one piece of an update that waits to be written, one
    L{Plan}, and the newest of each kind of small message.

    @ivar serial: The number of the frame the viewer has.
    @ivar bytesSent: How many bytes of updates and small messages were written.
    @ivar framesSent: How many updates with pixels were written.
    """

    def __init__(
        self,
        display: Display,
        consumer: IConsumer,
        clock: IReactorTime,
        teller: ITeller,
        failed: Callable[[str, Failure | None], None],
    ) -> None:
        """
        @param display: What is shown.

        @param consumer: What is written to: the transport, with which this must be
            registered.

        @param clock: What time is taken from.

        @param teller: Who is told what was sent.

        @param failed: Called with the reason, and the exception if there was one,
            when the viewer cannot be served any longer.
        """
        self.serial = 0
        self.bytesSent = 0
        self.framesSent = 0
        self._display = display
        self._consumer = consumer
        self._clock = clock
        self._teller = teller
        self._failed = failed
        # What was asked for: everything that changes, changes somewhere, pixels.
        self._asksAll = False
        self._asksSome = _NOTHING
        self._asksPixels = _NOTHING
        # What is older than the viewer's frame, as it did not ask for it.
        self._owed = _NOTHING
        self._owedNext = _NOTHING
        # Whether what the viewer has is a whole frame and no mixture of two.
        self._isExact = False
        self._format = NATIVE
        self._choice = choose(())
        self._encoder: IEncoder | None = None
        self._lossy: LossyTiles | None = None
        self._refreshment: IDelayedCall | None = None
        self._opened: set[int] = set()
        self._small: dict[str, bytes] = {}
        self._newSize = False
        self._newName = False
        self._newCursor = False
        # The update under way, where it is, and what is left of a long piece.
        self._plan: Plan | None = None
        self._next = 0
        self._rest = b""
        self._restFrom = 0
        self._planBytes = 0
        self._isPaused = False
        self._isStopped = False
        self._isRunning = False
        self._turn: IDelayedCall | None = None

    # -- What the viewer says --------------------------------------------------------

    def request(self, incremental: bool, rectangle: Rectangle) -> None:
        """
        The viewer asks for an update (RFC 6143, section 7.5.3).

        @param incremental: Whether only what changed is wanted.

        @param rectangle: What is wanted; what is outside the screen is ignored.
        """
        bounds = self._display.bounds
        wanted = rectangle.intersection(bounds)
        if wanted.isEmpty:
            return
        if not incremental:
            self._asksPixels = self._asksPixels.union(wanted).simplified()
        elif wanted == bounds:
            self._asksAll = True
        else:
            self._asksSome = self._asksSome.union(wanted).simplified()
        if self._plan is None and not self._isPaused:
            self._display.wanted()
            self._pump()

    def setFormat(self, format: PixelFormat) -> None:
        """
        The viewer wants pixels in another format from its next update on.
        """
        self._format = format
        self._encoder = None
        if not format.trueColor:
            entries = SetColorMapEntries(0, tuple(format.colorMap()))
            self._say("SetColorMapEntries", entries.toBytes())

    def setEncodings(self, encodings: tuple[int, ...]) -> None:
        """
        The viewer reads these encodings.
        """
        old, self._choice = self._choice, choose(encodings)
        self._encoder = None
        if CURSOR in self._choice.pseudo and CURSOR not in old.pseudo:
            self._newCursor = self._display.cursor is not None

    @property
    def choice(self) -> Choice:
        """
        What was made of the viewer's list of encodings.
        """
        return self._choice

    # -- What the display says -------------------------------------------------------

    @property
    def isReady(self) -> bool:
        """
        Whether an update would begin now, if there were something new.
        """
        return (
            self._plan is None
            and not self._isPaused
            and not self._isStopped
            and bool(self._asksAll or self._asksSome or self._asksPixels)
        )

    @property
    def wantsCopies(self) -> bool:
        """
        Whether the viewer has the newest frame exactly, and can copy.
        """
        return (
            self._choice.copyRect
            and self._isExact
            and self.serial == self._display.serial
            and self._asksAll
            and not self._owed
            and self._plan is None
        )

    def frameReady(self) -> None:
        """
        There may be something new.
        """
        self._pump()

    def sizeChanged(self) -> None:
        """
        Tell the viewer of the new size when it asks for something next.
        """
        self._newSize = True
        self._lossy = None
        self.serial = 0
        self._isExact = False
        self._owed = self._owedNext = _NOTHING
        bounds = self._display.bounds
        self._asksPixels = self._asksPixels.intersection(bounds)
        self._asksSome = self._asksSome.intersection(bounds)

    def nameChanged(self) -> None:
        """
        Tell the viewer the new name, if it can be told.
        """
        self._newName = DESKTOP_NAME in self._choice.pseudo
        self._pump()

    def cursorChanged(self) -> None:
        """
        Tell the viewer the cursor's new shape, if it draws cursors.
        """
        self._newCursor = CURSOR in self._choice.pseudo
        self._pump()

    def bell(self) -> None:
        """
        Ring the viewer's bell; once, if there is no room for more.
        """
        self._say("Bell", Bell().toBytes())

    def cutText(self, text: str) -> None:
        """
        Tell the viewer of new text, in Latin-1; what that does not have becomes a
        question mark.
        """
        data = text.encode("latin-1", "replace")
        self._say("ServerCutText", ServerCutText(data).toBytes())

    def displayFailed(self, failure: Failure) -> None:
        """
        There will be no more pixels.
        """
        self._stop()
        self._failed("the framebuffer failed", failure)

    # -- What the transport says -----------------------------------------------------

    def pauseProducing(self) -> None:
        """
        See L{IPushProducer.pauseProducing}.
        """
        self._isPaused = True

    def resumeProducing(self) -> None:
        """
        See L{IPushProducer.resumeProducing}.
        """
        self._isPaused = False
        if self._plan is None and self.isReady:
            self._display.wanted()
        self._pump()

    def stopProducing(self) -> None:
        """
        See L{IPushProducer.stopProducing}.
        """
        self._stop()

    # -- The updates -----------------------------------------------------------------

    def _stop(self) -> None:
        self._isStopped = True
        self._plan = None
        self._rest = b""
        self._small.clear()
        for call in (self._turn, self._refreshment):
            if call is not None:
                call.cancel()
        self._turn = self._refreshment = None

    def _say(self, name: str, data: bytes) -> None:
        """
        Send a small message between updates; of each kind only the newest waits.
        """
        self._small.pop(name, None)
        self._small[name] = data
        self._pump()

    def _pump(self) -> None:
        """
        Write as long as there is something to write, and room.
        """
        # A write may call pauseProducing or resumeProducing before it returns.
        if self._isRunning or self._turn is not None:
            return
        self._isRunning = True
        try:
            self._write()
        except Exception:
            failure = Failure()
            self._stop()
            self._failed("an update failed", failure)
        finally:
            self._isRunning = False

    def _write(self) -> None:
        seconds = self._clock.seconds
        start = seconds()
        while not (self._isPaused or self._isStopped):
            if self._plan is None:
                if self._small:
                    self._writeSmall()
                    continue
                if not self._begin():
                    return
            if self._rest:
                data = self._rest[self._restFrom : self._restFrom + CHUNK]
                self._restFrom += CHUNK
                if self._restFrom >= len(self._rest):
                    self._rest = b""
                self._consumer.write(data)
                continue
            plan = self._plan
            if plan is None:
                continue
            if self._next >= len(plan.pieces):
                self._finish(plan)
                continue
            if seconds() - start > _TURN:
                # Let others have their turn: their keys are as urgent as these
                # pixels.
                self._turn = self._clock.callLater(0, self._nextTurn)
                return
            data, self._next = plan.chunk(self._next)
            self._send(data)

    def _nextTurn(self) -> None:
        self._turn = None
        self._pump()

    def _send(self, data: bytes) -> None:
        self._planBytes += len(data)
        if len(data) > CHUNK:
            self._rest, self._restFrom = data, 0
        else:
            self._consumer.write(data)

    def _writeSmall(self) -> None:
        small, self._small = self._small, {}
        for name, data in small.items():
            self._teller.tx(name, len(data))
            self.bytesSent += len(data)
            for start in range(0, len(data), CHUNK):
                self._consumer.write(data[start : start + CHUNK])

    def _begin(self) -> bool:
        """
        Begin an update, if one is due.

        @return: Whether something was written.
        """
        display = self._display
        if not (self._asksAll or self._asksSome or self._asksPixels):
            return False
        if self._newSize:
            if DESKTOP_SIZE not in self._choice.pseudo:
                self._stop()
                self._failed(
                    "the screen's size changed, which this viewer cannot be told",
                    None,
                )
                return False
            self._newSize = False
            self._asksNothing()
            self._writeAlone(RectangleHeader(display.bounds, DESKTOP_SIZE).toBytes())
            return True
        if not display.isValid or display.isFrameNear:
            return False
        encoder = self._encoder
        if encoder is None:
            choice = self._choice
            encoder = self._encoder = display.encoder(
                choice.encoding, self._format, choice.level
            )
        if self._asksPixels or self._owed or not self._asksAll:
            plan = self._planSome(encoder)
        elif self.serial != display.serial:
            copies = self._choice.copyRect and self._isExact
            plan = display.plan(self.serial, encoder, copies)
            self._owedNext = _NOTHING
        else:
            plan = self._planRefresh()
        extras = self._extras()
        if plan is None:
            if not extras:
                return False
            self._asksNothing()
            self._writeAlone(*extras)
            return True
        self._asksNothing()
        self._plan = plan
        self._planBytes = 0
        encoder = plan.encoder
        opening = encoder.opens and encoder.number not in self._opened
        if plan.pieces and opening:
            self._opened.add(encoder.number)
        if extras or opening:
            data, self._next = plan.head(extras, opening)
        else:
            data, self._next = plan.chunk(0)
        self._send(data)
        return True

    def _planSome(self, encoder: IEncoder) -> Plan | None:
        """
        Plan an update for a viewer that does not simply ask for all that is new.
        """
        display = self._display
        new = Region(display.damageSince(self.serial)).union(self._owed)
        changed = new if self._asksAll else new.intersection(self._asksSome)
        wanted = changed.union(self._asksPixels)
        if not wanted:
            return None
        self._owedNext = new.subtract(wanted).simplified()
        return display.planFor(encoder, wanted.rectangles)

    def _planRefresh(self) -> Plan | None:
        """
        Plan to send again, without loss, what has rested, as there is nothing new.
        """
        lossy = self._lossy
        if lossy is None:
            return None
        rectangles = lossy.due(self._clock.seconds())
        if not rectangles:
            return None
        choice = self._choice
        encoder = self._display.encoder(
            choice.lossless, self._format, choice.level.lossless()
        )
        return self._display.planFor(encoder, rectangles)

    def _noteLossy(self, plan: Plan) -> None:
        """
        Remember what of an update the viewer has only approximately, and see to it
        that it is sent again.
        """
        lossy = self._lossy
        if lossy is None:
            if not plan.lossy:
                return
            lossy = self._lossy = LossyTiles(self._display.bounds)
        now = self._clock.seconds()
        lossy.sent(plan, now)
        oldest = lossy.oldest
        if oldest == inf:
            self._lossy = None
        elif self._refreshment is None:
            self._refreshment = self._clock.callLater(
                max(0.0, oldest + REST - now), self._refresh
            )

    def _refresh(self) -> None:
        self._refreshment = None
        self._pump()
        if self._lossy is not None and self._refreshment is None:
            self._refreshment = self._clock.callLater(REST, self._refresh)

    def _finish(self, plan: Plan) -> None:
        """
        The last byte of an update is written: the viewer has that frame.
        """
        self._plan = None
        self._teller.tx(
            "FramebufferUpdate", self._planBytes, f"{plan.count} rectangles"
        )
        self.bytesSent += self._planBytes
        self.framesSent += 1
        if self._newSize:
            return  # what it has is of another size
        self._noteLossy(plan)
        self.serial = plan.serial
        self._owed = self._owedNext
        # If the display went on meanwhile, some pieces were newer than others.
        self._isExact = plan.serial == self._display.serial and not self._owed
        if self.isReady:
            self._display.wanted()

    def _asksNothing(self) -> None:
        self._asksAll = False
        self._asksSome = _NOTHING
        self._asksPixels = _NOTHING

    def _extras(self) -> list[bytes]:
        """
        @return: The rectangles that are no pixels, and are due.
        """
        extras = []
        if self._newName:
            self._newName = False
            header = RectangleHeader(Rectangle(0, 0, 0, 0), DESKTOP_NAME).toBytes()
            extras.append(header + encodeDesktopName(self._display.name))
        if self._newCursor:
            self._newCursor = False
            cursor = self._display.cursor or _NO_CURSOR
            header = RectangleHeader(cursorRectangle(cursor), CURSOR).toBytes()
            extras.append(header + encodeCursor(cursor, self._format))
        return extras

    def _writeAlone(self, *rectangles: bytes) -> None:
        """
        Write an update of rectangles that are no pixels.
        """
        data = FramebufferUpdate(len(rectangles)).toBytes() + b"".join(rectangles)
        self._teller.tx("FramebufferUpdate", len(data), f"{len(rectangles)} rectangles")
        self.bytesSent += len(data)
        self._consumer.write(data)
