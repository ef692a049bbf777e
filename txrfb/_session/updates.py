# -*- test-case-name: tests.session.test_updates -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What one viewer is sent: request, damage and room, joined.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from twisted.internet.interfaces import IPushProducer
from twisted.python.failure import Failure
from zope.interface import implementer

from txrfb._screen.display import Display
from txrfb._screen.plan import Plan
from txrfb._screen.renderedcursor import RenderedCursor
from txrfb._session.desktopsize import DesktopSize
from txrfb._session.losslessrefresh import LosslessRefresh
from txrfb._session.pacing import Pacing
from txrfb._session.pseudorectangles import PseudoRectangles
from txrfb._session.requests import UpdateRequests
from txrfb._session.writer import Writer
from txrfb._wire.messages import Bell, SetColorMapEntries
from txrfb._wire.messages.extensions import (
    BLOCK_BEFORE,
    REQUEST,
    EndOfContinuousUpdates,
    Fence,
)
from txrfb.encodings.choice import Choice, choose
from txrfb.encodings.constants import FENCE
from txrfb.geometry import Rectangle, Region
from txrfb.pixels import NATIVE, PixelFormat

if TYPE_CHECKING:
    from twisted.internet.interfaces import IConsumer, IReactorTime

    from txrfb._session.writer import ITeller
    from txrfb.interfaces import IEncoder

#: What comes back with the fences that measure the way.
MARK = b"txrfb"


@implementer(IPushProducer)
class UpdateProducer:
    """
    Sends one viewer the updates it asks for, and only what its transport has room
    for.

    An update begins when the viewer has asked for one, there is something new to
    it, and the transport is not full.  What happens meanwhile is merged: it is
    whatever is newer than the frame the viewer has.  So a slow viewer costs no
    memory: see L{Writer} for what it holds.

    @ivar serial: The number of the frame the viewer has.
    @ivar framesSent: How many updates with pixels were written.
    @ivar writer: What writes them, and the small messages between them.
    @ivar screens: What tells the viewer of size and screens.
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
        self.framesSent = 0
        self.pace = Pacing(clock, self._resume)
        self.writer = writer = Writer(
            consumer, clock, teller, self._begin, self._finish, self._broke
        )
        self.screens = DesktopSize(display, writer)
        self._display = display
        self._clock = clock
        self._failed = failed
        self._clipboardChanged = clipboardChanged
        self._wishes = UpdateRequests()
        self._notices = PseudoRectangles(display, abilities)
        # Whether what the viewer has is a whole frame and no mixture of two.
        self._isExact = False
        self._behindSince: float | None = None
        self._format = NATIVE
        self._choice = choose(())
        self._encoder: IEncoder | None = None
        self._refresher = LosslessRefresh(clock, writer.pump)

    # -- What the viewer says --------------------------------------------------------

    def request(self, incremental: bool, rectangle: Rectangle) -> None:
        """
        The viewer asks for an update (RFC 6143, section 7.5.3).

        @param incremental: Whether only what changed is wanted.

        @param rectangle: What is wanted; what is outside the screen is ignored.
        """
        wishes, screens, writer = self._wishes, self.screens, self.writer
        if incremental:
            screens.isTold = False
            if wishes.isContinuous:
                return
        else:
            screens.pixelsAsked()
        display = self._display
        if not wishes.add(incremental, rectangle, display.bounds):
            return
        if writer.plan is None and not writer.isPaused:
            display.wanted()
            # Most often there is nothing new yet: then nothing need be looked at.
            if not (
                wishes.isSimple
                and self.serial == display.serial
                and not self._notices.isDue
                and screens.newSize is None
            ):
                writer.pump()

    def setFormat(self, format: PixelFormat) -> None:
        """
        The viewer wants pixels in another format from its next update on.
        """
        self._format = format
        self._encoder = None
        if not format.trueColor:
            entries = SetColorMapEntries(0, tuple(format.colorMap()))
            self.writer.say("SetColorMapEntries", entries.toBytes(), True)

    def setEncodings(self, encodings: tuple[int, ...]) -> None:
        """
        The viewer reads these encodings.
        """
        self._choice = choose(encodings)
        self._encoder = None
        self.screens.pseudo = self._choice.pseudo
        drew = self._notices.drawsCursor
        self._notices.setPseudo(self._choice.pseudo)
        if self._notices.drawsCursor != drew:
            self._oweCursor(self._display.desktop.overlay)
        self.writer.pump()

    def setContinuous(self, enable: bool, rectangle: Rectangle) -> None:
        """
        The viewer wants updates without asking, or no more (rfbproto,
        EnableContinuousUpdates).
        """
        bounds = self._display.bounds
        self._wishes.setContinuous(rectangle if enable else None, bounds)
        if enable:
            self.screens.isTold = False
        else:
            # Even if there were none: the viewer may count these.
            end = EndOfContinuousUpdates().toBytes()
            self.writer.say("EndOfContinuousUpdates", end)
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
    def bytesSent(self) -> int:
        """
        How many bytes of updates and small messages were written.
        """
        return self.writer.bytesSent

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
        writer = self.writer
        return (
            writer.plan is None
            and not writer.isPaused
            and not writer.isStopped
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
    def _overlay(self) -> RenderedCursor | None:
        desktop = self._display.desktop
        if desktop.cursor is None or self._notices.drawsCursor:
            return None
        return desktop.overlay

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
            and self.writer.plan is None
            and self._overlay is None
        )

    def frameReady(self) -> None:
        """
        There may be something new.
        """
        if self._behindSince is None and self.serial != self._display.serial:
            self._behindSince = self._clock.seconds()
        self.writer.pump()

    def sizeChanged(self, reason: int) -> None:
        """
        Tell the viewer of the new size, as soon as it is known whether it can be
        told.

        @param reason: Why it changed; see L{txrfb.encodings.desktop}.
        """
        self.screens.sizeChanged(reason)
        self._refresher.forget()
        self.serial = 0
        self._isExact = False
        self._wishes.resized(self._display.bounds)

    def screensChanged(self, reason: int) -> None:
        """
        Tell the viewer how the screen is divided now.
        """
        self.screens.screensChanged(reason)

    def changed(self, what: str) -> None:
        """
        Tell the viewer of something, if it can be told.
        """
        self._notices.note(what)
        self.writer.pump()

    def cursorChanged(self, old: RenderedCursor | None) -> None:
        """
        Draw the cursor where it is, for a viewer that does not draw it.
        """
        if not self._notices.drawsCursor:
            self._oweCursor(old)
            self._oweCursor(self._display.desktop.overlay)
            self._resume()

    def _oweCursor(self, overlay: RenderedCursor | None) -> None:
        if overlay is not None:
            part = overlay.rectangle.intersection(self._display.bounds)
            self._wishes.owe(Region((part,)))

    def bell(self) -> None:
        """
        Ring the viewer's bell; once, if there is no room for more.
        """
        self.writer.say("Bell", Bell().toBytes(), True)

    def cutText(self, text: str, others: dict[str, bytes]) -> None:
        """
        There is something new in the clipboard.
        """
        self._clipboardChanged(text, others)

    def displayFailed(self, failure: Failure) -> None:
        """
        There will be no more pixels.
        """
        self._broke("the framebuffer failed", failure)

    # -- What the transport says -----------------------------------------------------

    @property
    def isPaused(self) -> bool:
        """
        Whether the transport has no room.
        """
        return self.writer.isPaused

    def pauseProducing(self) -> None:
        """
        See L{IPushProducer.pauseProducing}.
        """
        self.writer.isPaused = True

    def resumeProducing(self) -> None:
        """
        See L{IPushProducer.resumeProducing}.
        """
        self.writer.isPaused = False
        self._resume()

    def stopProducing(self) -> None:
        """
        See L{IPushProducer}.
        """
        self._stop()

    # -- The updates -----------------------------------------------------------------

    def _stop(self) -> None:
        self.writer.stop()
        self.pace.stop()
        self._refresher.forget()

    def _broke(self, reason: str, failure: Failure | None) -> None:
        """
        The viewer cannot be served any longer.
        """
        self._stop()
        self._failed(reason, failure)

    def _resume(self) -> None:
        """
        What held the viewer up may be gone.
        """
        if self.isReady:
            self._display.wanted()
        self.writer.pump()

    def _begin(self) -> bool:
        """
        Begin an update, if one is due.

        @return: Whether there is something to write, or something was written.
        """
        display, wishes, screens = self._display, self._wishes, self.screens
        if screens.newSize is not None:
            if screens.tellSize():
                return True
            if wishes:
                self._broke(
                    "the screen's size changed, which this viewer cannot be told", None
                )
            return False
        if not wishes or self._isHeldBack:
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
            self._sent(self.writer.writeRectangles(extras))
            return True
        wishes.begin(display.bounds, everything)
        self.writer.start(plan, extras)
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

    def _finish(self, plan: Plan, size: int) -> None:
        """
        The last byte of an update is written: the viewer has that frame.
        """
        self._sent(size)
        self.framesSent += 1
        screens = self.screens
        if screens.isOwed and not self._wishes.pixels:
            screens.pixelsSent()
        if screens.newSize is not None:
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

    def _sent(self, size: int) -> None:
        """
        An update of so many bytes was written.
        """
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
        fence = Fence(REQUEST | BLOCK_BEFORE, MARK)
        self.writer.writeMark("Fence", fence.toBytes())
        self.pace.congestion.ping()
