# -*- test-case-name: tests.test_updates -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What one viewer is sent: request, damage and room, joined.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from twisted.internet.interfaces import IPushProducer
from twisted.python.failure import Failure
from zope.interface import implementer

from txrfb.display import Display
from txrfb.encodings.choice import Choice, choose
from txrfb.encodings.constants import DESKTOP_SIZE, EXTENDED_DESKTOP_SIZE, FENCE
from txrfb.encodings.desktop import (
    BY_SERVER,
    BY_THIS_VIEWER,
    GRANTED,
    encodeExtendedDesktopSize,
)
from txrfb.extensions import BLOCK_BEFORE, REQUEST, EndOfContinuousUpdates, Fence
from txrfb.geometry import Rectangle, Region
from txrfb.messages import (
    Bell,
    FramebufferUpdate,
    RectangleHeader,
    SetColorMapEntries,
)
from txrfb.notices import Notices
from txrfb.outbox import Outbox, OutboxFull
from txrfb.overlay import Overlay
from txrfb.pace import Pace
from txrfb.pixels import NATIVE, PixelFormat
from txrfb.plan import CHUNK, Plan
from txrfb.refresh import Refresher
from txrfb.wishes import Wishes

if TYPE_CHECKING:
    from twisted.internet.interfaces import IConsumer, IDelayedCall, IReactorTime

    from txrfb.interfaces import IEncoder

#: For how long one viewer's update may keep the reactor from other things.
_TURN = 0.005

#: Of small messages that must not be late, no more than so many wait.
_ROOM = 8

#: What comes back with the fences that measure the way.
MARK = b"txrfb"


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
    L{Plan}, and a few small messages.

    @ivar serial: The number of the frame the viewer has.
    @ivar bytesSent: How many bytes of updates and small messages were written.
    @ivar framesSent: How many updates with pixels were written.
    @ivar pace: When the next update may begin.
    """

    def __init__(
        self,
        display: Display,
        consumer: IConsumer,
        clock: IReactorTime,
        teller: ITeller,
        failed: Callable[[str, Failure | None], None],
        clipboardChanged: Callable[[str, dict[str, bytes]], None],
        abilities: frozenset[int] = frozenset(),
    ) -> None:
        """
        @param display: What is shown.

        @param consumer: What is written to: the transport, with which this must be
            registered.

        @param clock: What time is taken from.

        @param teller: Who is told what was sent.

        @param failed: Called with the reason, and the exception if there was one,
            when the viewer cannot be served any longer.

        @param clipboardChanged: Called with the text, and what else there is, when
            there is something new in the clipboard.

        @param abilities: The pseudo-encodings of what the application can do.
        """
        self.serial = 0
        self.bytesSent = 0
        self.framesSent = 0
        self.pace = Pace(clock, self._resume)
        self._display = display
        self._consumer = consumer
        self._clock = clock
        self._teller = teller
        self._failed = failed
        self._clipboardChanged = clipboardChanged
        self._wishes = Wishes()
        self._notices = Notices(display, abilities)
        # Whether what the viewer has is a whole frame and no mixture of two.
        self._isExact = False
        self._behindSince: float | None = None
        self._format = NATIVE
        self._choice = choose(())
        self._encoder: IEncoder | None = None
        self._refresher = Refresher(clock, self._pump)
        self._opened: set[int] = set()
        self._outbox = Outbox()
        self._newSize: int | None = None
        # Whether the viewer was told of its screens since it asked for changes, and
        # is to be told of them after the pixels it asked for.
        self._toldScreens = False
        self._owesScreens = False
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
        wishes = self._wishes
        if incremental:
            self._toldScreens = False
            if wishes.isContinuous:
                return
        elif not self._toldScreens and EXTENDED_DESKTOP_SIZE in self._choice.pseudo:
            # A viewer may answer with one more such request, for ever; so not
            # before it has asked for changes.
            self._toldScreens = self._owesScreens = True
        display = self._display
        if not wishes.add(incremental, rectangle, display.bounds):
            return
        if self._plan is None and not self._isPaused:
            display.wanted()
            # Most often there is nothing new yet: then nothing need be looked at.
            if not (
                wishes.isSimple
                and self.serial == display.serial
                and not self._notices.isDue
                and self._newSize is None
            ):
                self._pump()

    def setFormat(self, format: PixelFormat) -> None:
        """
        The viewer wants pixels in another format from its next update on.
        """
        self._format = format
        self._encoder = None
        if not format.trueColor:
            entries = SetColorMapEntries(0, tuple(format.colorMap()))
            self.say("SetColorMapEntries", entries.toBytes(), True)

    def setEncodings(self, encodings: tuple[int, ...]) -> None:
        """
        The viewer reads these encodings.
        """
        self._choice = choose(encodings)
        self._encoder = None
        drew = self._notices.drawsCursor
        self._notices.setPseudo(self._choice.pseudo)
        if self._notices.drawsCursor != drew:
            self._oweCursor(self._display.overlay)
        self._pump()

    def setContinuous(self, enable: bool, rectangle: Rectangle) -> None:
        """
        The viewer wants updates without asking, or no more (rfbproto,
        EnableContinuousUpdates).
        """
        bounds = self._display.bounds
        self._wishes.setContinuous(rectangle if enable else None, bounds)
        if enable:
            self._toldScreens = False
        else:
            # Even if there were none: the viewer may count these.
            self.say("EndOfContinuousUpdates", EndOfContinuousUpdates().toBytes())
        self._resume()

    def fenceReturned(self) -> None:
        """
        A fence came back.
        """
        if self.pace.congestion.pong():
            self._resume()

    @property
    def choice(self) -> Choice:
        """
        What was made of the viewer's list of encodings.
        """
        return self._choice

    @property
    def sendsMotions(self) -> bool:
        """
        Whether the viewer was told to send motions of the pointer, not positions.
        """
        return self._notices.isRelative

    @property
    def secondsBehind(self) -> float:
        """
        For how many seconds there has been something new to the viewer.
        """
        since = self._behindSince
        return 0.0 if since is None else self._clock.seconds() - since

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
            and bool(self._wishes)
            and not self._isHeldBack
        )

    @property
    def _isHeldBack(self) -> bool:
        pace = self.pace
        if pace.isHeldBack:
            return True
        if not self._wishes.isContinuous:
            return False
        congestion = pace.congestion
        return congestion.isCongested and congestion.isWaiting

    @property
    def _overlay(self) -> Overlay | None:
        display = self._display
        if display.cursor is None or self._notices.drawsCursor:
            return None
        return display.overlay

    @property
    def wantsCopies(self) -> bool:
        """
        Whether the viewer has the newest frame exactly, and can copy.
        """
        return (
            self._choice.copyRect
            and self._isExact
            and self.serial == self._display.serial
            and self._wishes.isSimple
            and self._plan is None
            and self._overlay is None
        )

    def frameReady(self) -> None:
        """
        There may be something new.
        """
        if self._behindSince is None and self.serial != self._display.serial:
            self._behindSince = self._clock.seconds()
        self._pump()

    def sizeChanged(self, reason: int) -> None:
        """
        Tell the viewer of the new size, as soon as it is known whether it can be
        told.

        @param reason: Why it changed; see L{txrfb.encodings.desktop}.
        """
        if self._newSize != BY_THIS_VIEWER:  # which it must be told, if late
            self._newSize = reason
        self._refresher.forget()
        self.serial = 0
        self._isExact = False
        self._wishes.resized(self._display.bounds)

    def screensChanged(self, reason: int) -> None:
        """
        Tell the viewer how the screen is divided now.
        """
        if self._newSize is None:
            self.tellScreens(reason)

    def changed(self, what: str) -> None:
        """
        Tell the viewer of something, if it can be told.
        """
        self._notices.note(what)
        self._pump()

    def cursorChanged(self, old: Overlay | None) -> None:
        """
        Draw the cursor where it is, for a viewer that does not draw it.
        """
        if not self._notices.drawsCursor:
            self._oweCursor(old)
            self._oweCursor(self._display.overlay)
            self._resume()

    def _oweCursor(self, overlay: Overlay | None) -> None:
        if overlay is not None:
            part = overlay.rectangle.intersection(self._display.bounds)
            self._wishes.owe(Region((part,)))

    def bell(self) -> None:
        """
        Ring the viewer's bell; once, if there is no room for more.
        """
        self.say("Bell", Bell().toBytes(), True)

    def cutText(self, text: str, others: dict[str, bytes]) -> None:
        """
        There is something new in the clipboard.
        """
        self._clipboardChanged(text, others)

    def displayFailed(self, failure: Failure) -> None:
        """
        There will be no more pixels.
        """
        self._stop()
        self._failed("the framebuffer failed", failure)

    # -- What the transport says -----------------------------------------------------

    @property
    def isPaused(self) -> bool:
        """
        Whether the transport has no room.
        """
        return self._isPaused

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
        self._resume()

    def stopProducing(self) -> None:
        """
        See L{IPushProducer.stopProducing}.
        """
        self._stop()

    # -- Small messages --------------------------------------------------------------

    def say(self, name: str, data: bytes, newest: bool = False) -> None:
        """
        Send a small message, between updates.

        @param name: What it is, for the log.

        @param newest: Whether one of the same name that still waits is worth
            nothing any more.
        """
        if self._isStopped:
            return
        try:
            self._outbox.add(name, data, newest)
        except OutboxFull as full:
            self._stop()
            self._failed(str(full), None)
            return
        self._pump()

    def sayIfRoom(self, name: str, data: bytes) -> None:
        """
        Send a small message, between updates, that is worth nothing when it is
        late: if there is no room now, it is dropped.
        """
        if not (self._isPaused or self._isStopped) and len(self._outbox) < _ROOM:
            self.say(name, data)

    def tellScreens(self, reason: int, status: int = GRANTED) -> None:
        """
        Tell the viewer of size and screens, if it can be told.

        @param reason: Why.

        @param status: What became of what it asked for.
        """
        if EXTENDED_DESKTOP_SIZE not in self._choice.pseudo:
            return
        display = self._display
        where = Rectangle(reason, status, display.width, display.height)
        # Each wish is answered; of other news only the newest counts.
        isAnswer = reason == BY_THIS_VIEWER
        self._sayRectangle(
            "ExtendedDesktopSize" if isAnswer else "ExtendedDesktopSize (news)",
            RectangleHeader(where, EXTENDED_DESKTOP_SIZE).toBytes()
            + encodeExtendedDesktopSize(display.screens),
            not isAnswer,
        )

    def _sayRectangle(self, name: str, rectangle: bytes, newest: bool = False) -> None:
        self.say(name, FramebufferUpdate(1).toBytes() + rectangle, newest)

    def _tellSize(self, reason: int) -> None:
        """
        The size has changed; a viewer that cannot be told cannot stay.
        """
        pseudo = self._choice.pseudo
        if EXTENDED_DESKTOP_SIZE in pseudo:
            self._newSize = None
            self.tellScreens(reason)
        elif DESKTOP_SIZE in pseudo:
            self._newSize = None
            header = RectangleHeader(self._display.bounds, DESKTOP_SIZE)
            self._sayRectangle("DesktopSize", header.toBytes())
        elif self._wishes:
            self._stop()
            self._failed(
                "the screen's size changed, which this viewer cannot be told", None
            )

    # -- The updates -----------------------------------------------------------------

    def _stop(self) -> None:
        self._isStopped = True
        self._plan = None
        self._rest = b""
        self._outbox.clear()
        self.pace.stop()
        self._refresher.forget()
        if self._turn is not None:
            self._turn.cancel()
            self._turn = None

    def _resume(self) -> None:
        """
        What held the viewer up may be gone.
        """
        if self.isReady:
            self._display.wanted()
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
                if self._newSize is not None:
                    self._tellSize(self._newSize)
                if self._outbox:
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

    def together(self, act: Callable[[], None]) -> None:
        """
        Do something, and write nothing before it is done.
        """
        self._isRunning = True
        try:
            act()
        finally:
            self._isRunning = False
        self._pump()

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
        while self._outbox:
            name, data = self._outbox.take()
            self._teller.tx(name, len(data))
            self.bytesSent += len(data)
            for start in range(0, len(data), CHUNK):
                self._consumer.write(data[start : start + CHUNK])

    def _begin(self) -> bool:
        """
        Begin an update, if one is due.

        @return: Whether something was written.
        """
        display, wishes = self._display, self._wishes
        if not wishes or self._newSize is not None or self._isHeldBack:
            return False
        if not display.isValid or display.isFrameNear:
            return False
        if (
            wishes.isContinuous
            and FENCE in self._choice.pseudo
            and self.pace.congestion.wantsProbe
        ):
            self._measure()
            return False
        encoder = self._encoder
        if encoder is None:
            choice = self._choice
            encoder = self._encoder = display.planner.encoder(
                choice.encodingFor(self._format), self._format, choice.level
            )
        overlay = self._overlay
        if overlay is not None or not wishes.isSimple:
            chosen = wishes.choose(display.damageSince(self.serial))
            everything = False
            plan = None
            if chosen:
                plan = display.planner.planFor(encoder, chosen.rectangles, overlay)
        else:
            everything = True
            if self.serial != display.serial:
                copies = self._choice.copyRect and self._isExact
                plan = display.planner.plan(self.serial, encoder, copies)
            else:
                plan = self._planRefresh()
        extras = self._notices.rectangles(self._format)
        if plan is None and not extras:
            return False
        if plan is None:
            wishes.begin(display.bounds)
            self._writeAlone(extras)
            return True
        wishes.begin(display.bounds, everything)
        encoder = plan.encoder
        opening = bool(
            plan.pieces and encoder.opens and encoder.number not in self._opened
        )
        if opening:
            self._opened.add(encoder.number)
        self._plan = plan
        self._planBytes = 0
        if extras or opening:
            data, self._next = plan.head(extras, opening)
        else:
            data, self._next = plan.chunk(0)
        self._send(data)
        return True

    def _planRefresh(self) -> Plan | None:
        """
        Plan to send again, without loss, what has rested, as there is nothing new.
        """
        rectangles = self._refresher.due()
        if not rectangles:
            return None
        choice = self._choice
        encoder = self._display.planner.encoder(
            choice.lossless, self._format, choice.level.lossless()
        )
        return self._display.planner.planFor(encoder, rectangles)

    def _finish(self, plan: Plan) -> None:
        """
        The last byte of an update is written: the viewer has that frame.
        """
        self._plan = None
        self._sent(self._planBytes, plan.count)
        self.framesSent += 1
        if self._owesScreens and not self._wishes.pixels:
            # After the pixels: not every viewer looks for more when it has been
            # told something.
            self._owesScreens = False
            self.tellScreens(BY_SERVER)
        if self._newSize is not None:
            return  # what it has is of another size
        self._refresher.sent(plan, self._display.bounds)
        self._wishes.finish()
        self.serial = plan.serial
        # If the display went on meanwhile, some pieces were newer than others.
        isNewest = plan.serial == self._display.serial
        self._isExact = isNewest and not self._wishes.owed
        if isNewest:
            self._behindSince = None
        if self.isReady:
            self._display.wanted()

    def _writeAlone(self, rectangles: list[bytes]) -> None:
        """
        Write an update of rectangles that are no pixels.
        """
        data = FramebufferUpdate(len(rectangles)).toBytes() + b"".join(rectangles)
        self._consumer.write(data)
        self._sent(len(data), len(rectangles))

    def _sent(self, size: int, count: int) -> None:
        """
        An update was written.
        """
        self._teller.tx("FramebufferUpdate", size, f"{count} rectangles")
        self.bytesSent += size
        pace = self.pace
        pace.sent(size)
        if FENCE in self._choice.pseudo and (
            self._wishes.isContinuous or not pace.congestion.isWaiting
        ):
            self._measure()

    def _measure(self) -> None:
        """
        Find out how long the way is, and what has come to its end.
        """
        data = Fence(REQUEST | BLOCK_BEFORE, MARK).toBytes()
        self._teller.tx("Fence", len(data))
        self._consumer.write(data)
        self.pace.congestion.ping()
