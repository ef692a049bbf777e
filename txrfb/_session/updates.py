# -*- test-case-name: tests.session.test_updates -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The updates of one viewer: request, damage and room, joined.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from twisted.internet.interfaces import IPushProducer
from twisted.python.failure import Failure
from zope.interface import implementer

from txrfb._screen.display import Display
from txrfb._screen.followers import Change
from txrfb._screen.plan import Plan
from txrfb._screen.renderedcursor import RenderedCursor
from txrfb._session.capabilities import NOTHING, Capabilities
from txrfb._session.choice import Choice
from txrfb._session.congestion import MARK
from txrfb._session.cursorsight import CursorSight
from txrfb._session.desktopsize import DesktopSize
from txrfb._session.freshness import Freshness
from txrfb._session.instep import Member
from txrfb._session.losslessrefresh import LosslessRefresh
from txrfb._session.pacing import Pacing
from txrfb._session.pseudorectangles import PseudoRectangles
from txrfb._session.requests import UpdateRequests
from txrfb._session.writer import Update, Writer
from txrfb._wire.clipboard import ClipboardContent
from txrfb._wire.messages import Bell
from txrfb._wire.messages.extensions import (
    BLOCK_BEFORE,
    REQUEST,
    EndOfContinuousUpdates,
    Fence,
)
from txrfb._wire.messages.server import colorMapOf
from txrfb.encodings.constants import FENCE
from txrfb.geometry import Rectangle
from txrfb.pixels import PixelFormat

if TYPE_CHECKING:
    from twisted.internet.interfaces import IReactorTime


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
    @ivar capabilities: What the viewer reads.
    @ivar desktopSize: What tells the viewer of size and screens.
    @ivar cursorSight: How the viewer sees the pointer.
    @ivar pacing: What holds updates back.
    @ivar member: Its place among viewers in step.
    """

    def __init__(
        self,
        display: Display,
        writer: Writer,
        clock: IReactorTime,
        failed: Callable[[str, Failure | None], None],
        clipboardChanged: Callable[[ClipboardContent], None],
        mayPoint: Callable[[], bool] = lambda: True,
    ) -> None:
        """
        @param display: What is shown.

        @param writer: What writes the updates, and messages between them.  This
            must be registered with its transport.

        @param clock: What time is taken from.

        @param failed: Called with the reason, and the exception if there was one,
            when the viewer cannot be served any longer.

        @param clipboardChanged: Called when there is something new in the clipboard.

        @param mayPoint: Says whether the viewer may move the pointer.
        """
        self.serial = self.framesSent = 0
        self.capabilities = NOTHING
        self.desktopSize = DesktopSize(display, writer)
        self._display = display
        self._writer = writer
        self._clock = clock
        self._failed = failed
        self._clipboardChanged = clipboardChanged
        self.pacing = Pacing(clock, self._resume)
        self._requests = UpdateRequests()
        self._freshness = Freshness(display)
        self._pseudo = PseudoRectangles(display)
        self.cursorSight = CursorSight(
            display, clock, self._pseudo, self._requests, mayPoint, self._resume
        )
        # Whether what the viewer has is a whole frame and no mixture of two.
        self._isExact = False
        # Whether the viewer was told of the display, and since when there is something
        # new to it that it was not sent.
        self._isStarted = False
        self._behindSince: float | None = None
        self._refresh = LosslessRefresh(clock, writer.pump)
        self._choice = Choice(display, self._requests, self.cursorSight, self._refresh)
        self.member = Member(self, display, writer, self._requests, self._choice)

    def start(self, announceable: frozenset[int] = frozenset()) -> None:
        """
        The viewer is told of the display, and may ask for updates from now on.

        @param announceable: The pseudo-encodings of what the application can do.
        """
        self._isStarted = True
        self._behindSince = self._clock.seconds()
        self._writer.source = self
        self._pseudo.start(announceable)
        self._display.add(self)
        # A viewer that has logged in may be owed the cursor, where that was in a size
        # that has changed since: nobody told this of it.
        self._requests.resized(self._display.bounds)

    # -- What the viewer says --------------------------------------------------------

    def request(self, incremental: bool, rectangle: Rectangle) -> None:
        """
        The viewer asks for an update (RFC 6143, section 7.5.3).

        @param incremental: Whether only what changed is wanted.

        @param rectangle: What is wanted; what is outside the screen is ignored.
        """
        display = self._display
        if incremental and rectangle == display.bounds and self.member.asks():
            return
        requests, desktopSize, writer = self._requests, self.desktopSize, self._writer
        if not incremental:
            desktopSize.pixelsAsked()
        elif requests.isContinuous:
            return
        wasDue = self.member.leave()
        if not incremental or self.serial == 0:
            self._freshness.asked()
        isNew = requests.add(incremental, rectangle, display.bounds)
        if not (isNew or desktopSize.isOwed or wasDue):
            return
        if writer.plan is None and not writer.isPaused:
            display.wanted()
            # Most often there is nothing new yet: then nothing need be looked at.
            if not (
                requests.isSimple
                and self.serial == display.serial
                and self._refresh.isIdle
                and not self._pseudo.isDue
                and desktopSize.newSize is None
            ):
                writer.pump()

    def setFormat(self, format: PixelFormat) -> None:
        """
        The viewer wants pixels in another format from its next update on.
        """
        if format == self._choice.format:
            return
        wasDue = self.member.leave()
        self._choice.use(self.capabilities, format)
        if not format.trueColor:
            self._writer.say(colorMapOf(format), replaces="colors")
        if wasDue:
            self._writer.pump()

    def use(self, capabilities: Capabilities) -> None:
        """
        The viewer has said what it reads.
        """
        if capabilities == self.capabilities:
            return
        self.member.leave()
        self.capabilities = self.desktopSize.capabilities = capabilities
        self._choice.use(capabilities, self._choice.format)
        self._pseudo.use(capabilities)
        self.cursorSight.update()
        self._writer.pump()

    def setContinuous(self, enable: bool, rectangle: Rectangle) -> None:
        """
        The viewer wants updates without asking, or no more (rfbproto,
        EnableContinuousUpdates).
        """
        self.member.leave()
        bounds = self._display.bounds
        self._requests.setContinuous(rectangle if enable else None, bounds)
        if not enable:
            # Even if there were none: the viewer may count these.
            self._writer.say(EndOfContinuousUpdates())
        self._resume()

    def fenceReturned(self) -> None:
        """
        A fence came back.
        """
        if self.pacing.congestion.pong():
            self._resume()

    @property
    def sendsMotions(self) -> bool:
        """
        Whether the viewer was told to send motions of the pointer, not positions.
        """
        return self._pseudo.isRelative

    @property
    def secondsBehind(self) -> float:
        """
        For how many seconds there has been something new to the viewer.
        """
        if not self._isStarted:
            return 0.0
        since = self._behindSince
        if since is None:
            since = self._display.damagedSince
        return 0.0 if since is None else max(self._clock.seconds() - since, 0.0)

    # -- What the display says -------------------------------------------------------

    @property
    def isReady(self) -> bool:
        """
        Whether an update would begin now, if there were something new.
        """
        writer = self._writer
        return (
            writer.plan is None
            and not writer.isPaused
            and not writer.isStopped
            and self._requests.isPending
            and not self.isHeldBack
        )

    @property
    def isHeldBack(self) -> bool:
        """
        Whether no update may begin now.
        """
        pacing = self.pacing
        if pacing.isHeldBack:
            return True
        if not self._requests.isContinuous:
            return False
        congestion = pacing.congestion
        return congestion.isCongested and congestion.isWaiting

    @property
    def isTimed(self) -> bool:
        """
        Whether the viewer sends fences back, by which the way is measured.
        """
        return FENCE in self.capabilities.pseudo

    @property
    def wantsCopies(self) -> bool:
        """
        Whether the viewer has the newest frame exactly, and can copy.
        """
        return (
            self.capabilities.copyRect
            and self._isExact
            and self.serial == self._display.serial
            and self._requests.isSimple
            and self._writer.plan is None
        )

    def frameReady(self) -> None:
        """
        There may be something new.
        """
        display = self._display
        if self._behindSince is None and self.serial != display.serial:
            self._behindSince = display.damagedSince
        self._writer.pump()

    def pictureFailed(self, reason: str) -> None:
        """
        Leave, if the viewer waits for pixels: who wants to know when there are some
        comes again.
        """
        if self._requests.isPending:
            self._broke(f"the framebuffer fails, and has no picture: {reason}", None)

    def sizeChanged(self, reason: int) -> None:
        """
        Tell the viewer of the new size, as soon as it is known whether it can be
        told.

        @param reason: Why it changed; see L{txrfb.encodings.desktop}.
        """
        self.member.leave()
        self.desktopSize.sizeChanged(reason)
        self._refresh.forget()
        self.serial = 0
        self._isExact = False
        self._requests.resized(self._display.bounds)

    def screensChanged(self, reason: int) -> None:
        """
        Tell the viewer how the screen is divided now.
        """
        self.desktopSize.screensChanged(reason)

    def changed(self, what: Change) -> None:
        """
        Tell the viewer of something, if it can be told.
        """
        if self._pseudo.note(what):
            self._writer.pump()

    def cursorChanged(self, old: RenderedCursor | None) -> None:
        """
        Draw the cursor where it is, for a viewer that does not draw it there.
        """
        self.cursorSight.moved(old)

    def bell(self) -> None:
        """
        Ring the viewer's bell; once, if there is no room for more.
        """
        self._writer.say(Bell(), replaces="bell")

    def cutText(self, content: ClipboardContent) -> None:
        """
        There is something new in the clipboard.
        """
        self._clipboardChanged(content)

    # -- What the transport says -----------------------------------------------------

    @property
    def isPaused(self) -> bool:
        """
        Whether the transport has no room.
        """
        return self._writer.isPaused

    def pauseProducing(self) -> None:
        """
        See L{IPushProducer.pauseProducing}.
        """
        self.member.leave()
        self._writer.isPaused = True

    def resumeProducing(self) -> None:
        """
        See L{IPushProducer.resumeProducing}.
        """
        self._writer.isPaused = False
        self._resume()

    def stopProducing(self) -> None:
        """
        See L{IPushProducer}.
        """
        self._stop()

    # -- The updates -----------------------------------------------------------------

    def _stop(self) -> None:
        self.member.leave()
        self._writer.stop()
        self.pacing.stop()
        self._refresh.forget()
        self.cursorSight.stop()

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
        self._writer.pump()

    def nextUpdate(self) -> Update | None:
        """
        See L{IUpdateSource<txrfb._session.writer.IUpdateSource>}.
        """
        if self.member.isInStep:
            if self._isUsual:
                return None
            self.member.leave()
        display, requests, pseudo = self._display, self._requests, self._pseudo
        desktopSize = self.desktopSize
        if desktopSize.newSize is not None:
            if not desktopSize.tellSize() and requests.isPending:
                self._broke(
                    "the screen's size changed, which this viewer cannot be told", None
                )
            return None
        if desktopSize.isOwed and not requests.wantsPixels:
            desktopSize.tellOwed()
            return None
        if not requests.isPending or self.isHeldBack:
            return None
        if not display.isValid or display.isFrameNear or self._freshness.isAwaited:
            return None
        if desktopSize.isOwed and desktopSize.isFirst:
            desktopSize.tellOwed()
            return None
        if requests.isContinuous and self.isTimed and self.pacing.congestion.wantsProbe:
            self.measure()
            return None
        plan, everything = self._choice.plan(self.serial, self._isExact)
        extras = pseudo.rectangles(self._choice.format)
        if plan is None and not extras:
            return None
        # What it has already, and asks for again, can wait.
        isUrgent = self.serial == 0 or not requests.wantsPixels
        requests.begin(display.bounds, everything and plan is not None)
        if self._freshness.isAskedAgain:
            requests.add(True, display.bounds, display.bounds)
        return Update(plan, extras, isUrgent)

    def updateSent(self, plan: Plan | None, size: int) -> None:
        """
        See L{IUpdateSource<txrfb._session.writer.IUpdateSource>}.  When the last
        byte of its pixels is written, the viewer has that frame.
        """
        pacing, requests = self.pacing, self._requests
        pacing.sent(size)
        if self.isTimed and (requests.isContinuous or not pacing.congestion.isWaiting):
            self.measure()
        if plan is None:
            return
        display, desktopSize = self._display, self.desktopSize
        self.framesSent += 1
        if plan.seen is not None:
            self._choice.sent(plan.seen)
        if desktopSize.newSize is not None:
            return  # what it has is of another size
        if plan.lossy or not self._refresh.isIdle:
            self._refresh.sent(plan, display.bounds)
        requests.finish()
        self.serial = plan.serial
        # If the display went on meanwhile, some pieces were newer than others.
        isNewest = plan.serial == display.serial
        self._isExact = isNewest and not requests.owed.rectangles
        if isNewest:
            self._behindSince = None
        if self.isReady:
            display.wanted()
        if self._isExact and self._isUsual:
            self.member.join(plan.encoder)

    @property
    def _isUsual(self) -> bool:
        """
        Whether there is nothing to be sent that only this viewer is.
        """
        return self._choice.isUsual and not (
            self._pseudo.isDue
            or self.desktopSize.isOwed
            or self.pacing.isLimited
            or self._freshness.isAskedAgain
        )

    def measure(self) -> None:
        """
        Find out how long the way is, and what has come to its end.
        """
        fence = Fence(REQUEST | BLOCK_BEFORE, MARK)
        self._writer.sayNow(fence)
        self.pacing.congestion.ping()
