# -*- test-case-name: tests.screen.test_display -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The display: one framebuffer, and all that follow it.

A display takes the framebuffer's pixels when some viewer has asked for them and has
room, compares them with its own copy of what it took before (the shadow), and gives
every tile that really changed the serial number of the frame.  A viewer remembers
the serial number of the picture it has, and so can be told what is new to it
whenever it likes.  Everything is encoded from the shadow: a frame is one instant,
whatever the application draws meanwhile.

A framebuffer that fails, or does not answer, is tried again after a pause that grows;
meanwhile viewers keep the picture that they have, and those that come are sent it.  If
there is none, since it fails from the beginning, they are told so after a second.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from twisted.python.failure import Failure
from zope.interface import implementer

from txrfb._screen.desktop import DesktopState
from txrfb._screen.followers import IFollower
from txrfb._screen.news import DesktopNews
from txrfb._screen.planner import Planner
from txrfb._screen.resizing import Resizing
from txrfb._screen.shadow import Shadow
from txrfb._screen.source import Source
from txrfb._screen.videos import Videos
from txrfb._wire.messages import FramebufferUpdateRequest
from txrfb.encodings.desktop import BY_ANOTHER_VIEWER, BY_SERVER, BY_THIS_VIEWER
from txrfb.geometry import Copy, Rectangle, Region
from txrfb.interfaces import IFramebufferListener

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall, IReactorTime

    from txrfb.interfaces import IFramebuffer, IVideoEncoder

#: How many announced copies are kept between two frames; they are only hints.
_COPIES = 32


@implementer(IFramebufferListener)
class Display(DesktopNews):
    """
    Shows one framebuffer to any number of viewers.

    @ivar isValid: Whether the shadow holds a picture yet.
    @ivar isFrameNear: Whether a frame is taken in this turn of the reactor, or under
        way: who waits for it gets something newer than the shadow.
    @ivar isDamaged: Whether there are pixels that no frame has yet.
    @ivar isWanted: Whether somebody is ready for a frame.
    @ivar serial: The number of the newest frame; it grows by one with each frame in
        which something changed.
    @ivar captures: The number of the newest capture that did not fail, whether
        something had changed or not.
    @ivar bounds: All of the newest frame.
    @ivar surface: The pixels of the newest frame.
    @ivar isAnswered: Whether what is drawn now answers what a viewer does: then it is
        L{answer} that has it taken.
    @ivar request: What a viewer says that wants whatever changes in the newest frame.
    @ivar planner: What plans the updates of the viewers, and encodes for them.
    @ivar resizing: The sizes that viewers ask for.
    """

    def __init__(
        self,
        framebuffer: IFramebuffer,
        clock: IReactorTime,
        frameRate: float = 60.0,
        cacheSize: int = 64 << 20,
        findScrolls: bool = True,
        desktop: DesktopState | None = None,
        video: Callable[[], IVideoEncoder] | None = None,
    ) -> None:
        """
        @param framebuffer: What is shown.

        @param clock: What time is taken from.

        @param frameRate: How many frames are taken in a second at the most; 0 for
            as many as the viewers take.

        @param cacheSize: How many bytes of encoded rectangles are kept at the
            most, for all viewers together.

        @param findScrolls: Whether scrolling is looked for in what changed.

        @param desktop: What there is besides the pixels, if the framebuffer does not
            have all of it.

        @param video: Makes what encodes videos; C{None} if they are not told from the
            rest.

        @raise ValueError: if the frame rate is negative, or the framebuffer has a size
            that there cannot be.
        """
        if not frameRate >= 0:
            raise ValueError(f"a frame rate of {frameRate}: it must be 0 or more")
        super().__init__(desktop or DesktopState(framebuffer), clock)
        self.framebuffer = framebuffer
        self._source = Source(framebuffer, clock, self)
        self.isValid = False
        self.isFrameNear = False
        self.isAnswered = self._isAnswer = False
        self.captures = self._begun = 0
        self._clock = clock
        self._interval = 1.0 / frameRate if frameRate else 0.0
        self._findScrolls = findScrolls
        self._copies: list[Copy] = []
        self.isDamaged = True
        self.isWanted = False
        # Whether everything is to be compared, whatever is said to have changed; and
        # whether the shadow is of the time before the viewers came that there are.
        self._isUncertain = False
        self._isOld = True
        self._timer: IDelayedCall | None = None
        self._due = 0.0
        self.resizing = Resizing(clock, self._sizes, self.wanted)
        # Of a size that is not known yet, nobody is told.
        self._shadow = Shadow(*self._source.size if self._source.isKnown else (1, 1), 1)
        self.serial = self._shadow.serial
        self.bounds = self._shadow.bounds
        self.surface = self._shadow.surface
        self.request = FramebufferUpdateRequest(True, self.bounds).toBytes()
        videos = None if video is None else Videos(video, clock, self.bounds)
        self.planner = Planner(self._shadow, cacheSize, videos)

    # -- What it is ------------------------------------------------------------------

    @property
    def width(self) -> int:
        """
        Columns of the newest frame.
        """
        return self.surface.width

    @property
    def height(self) -> int:
        """
        Rows of the newest frame.
        """
        return self.surface.height

    @property
    def nextCapture(self) -> int:
        """
        Which of the L{captures} has all that the framebuffer has said until now that
        there is: one that has come, one that is under way, or the next to begin.
        """
        if self.isDamaged:
            return self._begun + 1
        return self._begun if self._source.isCapturing else self.captures

    @property
    def isLate(self) -> bool:
        """
        Whether the framebuffer fails, or takes its time: viewers are served from the
        shadow until it brings something, if that is of the time of any of them.
        """
        return self._source.isLate and not self._isOld

    @property
    def damagedSince(self) -> float | None:
        """
        Since when there are pixels that no frame has yet; C{None} if there are none.
        """
        return self._source.damagedSince

    # -- Who follows it --------------------------------------------------------------

    def add(self, follower: IFollower) -> None:
        """
        Serve somebody from now on.
        """
        if not self.followers:
            self._isOld = self.isDamaged = True
            self._source.begin()
            self.desktop.updateCursor()
            try:
                if self._source.isKnown:
                    self.measure()
            except BaseException:
                self._source.failed(Failure())
            self._source.wake()
        self.followers.add(follower)
        self._noteSharing()

    def measure(self) -> None:
        """
        Have the size that the framebuffer has, before there is a frame of it.

        @raise Exception: if that is none.
        """
        if self._source.size != self.surface[2:] and not self.resizing.holds():
            self._resize()
            self.isDamaged = True

    def remove(self, follower: IFollower) -> None:
        """
        Serve somebody no more.  It is no error if it is not served now.
        """
        if follower not in self.followers:
            return
        self.followers.remove(follower)
        self._noteSharing()
        self.resizing.withdraw(follower)
        if self.followers:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.isFrameNear = self._isAnswer = self.isWanted = False
        self._pointer.stop()
        self.planner.forget()
        self._source.rest()

    def wanted(self) -> None:
        """
        Somebody has become ready for a frame.
        """
        self.isWanted = True
        if self.isDamaged:
            self._schedule()

    # -- What the framebuffer tells --------------------------------------------------

    def damaged(self) -> None:
        """
        See L{IFramebufferListener.damaged}.
        """
        self.isDamaged = True
        self._source.damaged()
        if self.isWanted and not self._isAnswer:
            self._schedule(self.isAnswered)

    def answer(self) -> None:
        """
        The application was told what a viewer does: take what it has drawn, if a frame
        may be taken.
        """
        self.isAnswered = False
        if self._isAnswer:
            self._isAnswer = False
            self._frame()

    def copied(self, rectangle: Rectangle, x: int, y: int) -> None:
        """
        See L{IFramebufferListener.copied}.
        """
        if len(self._copies) < _COPIES:
            self._copies.append(Copy(rectangle, x, y))
        self.damaged()

    def resized(self) -> None:
        """
        See L{IFramebufferListener.resized}.
        """
        self._isUncertain = True
        self.damaged()

    def screensChanged(self) -> None:
        """
        See L{IFramebufferListener.screensChanged}.
        """
        framebuffer = self.framebuffer
        # If the size changes, too, both are told together when it does.
        if (framebuffer.width, framebuffer.height) == self.surface[2:]:
            self._tellOfScreens()

    def _tellOfScreens(self) -> None:
        reason = self._resizeReason()
        self.followers.tell(lambda follower: follower.screensChanged(reason(follower)))

    def _resizeReason(self) -> Callable[[IFollower], int]:
        """
        Size or screens have changed.

        @return: What says why, as a follower's viewer is told.
        """
        by = self.resizing.shown()

        def reason(follower: IFollower) -> int:
            if by is None:
                return BY_SERVER
            return BY_THIS_VIEWER if follower is by else BY_ANOTHER_VIEWER

        return reason

    # -- A frame ---------------------------------------------------------------------

    def _schedule(self, isAnswer: bool = False) -> None:
        """
        Take a frame as soon as it may be taken: in the next turn of the reactor
        after a pause, so that what the application draws in this turn and the
        requests that arrive in it meet; a frame's time after the last otherwise.

        @param isAnswer: Whether it need not be the next turn, as L{answer} is called in
            this one: that saves a tenth of what a typed letter takes.
        """
        if self._source.isCapturing:
            return
        now = self._clock.seconds()
        delay = self._due - now
        timer = self._timer
        if delay > 0.0 or timer is not None:
            # A frame's time is the most that is waited, or the pause of a framebuffer
            # that failed: if the next frame seems further away, the clock was set back.
            longest = max(self._interval, self._source.pause)
            if timer is not None:
                if timer.getTime() - now <= longest:
                    return
                timer.cancel()
            delay = min(delay, longest)
        self.isFrameNear = delay <= 0.0
        if isAnswer and self.isFrameNear:
            self._isAnswer = True
            return
        self._timer = self._clock.callLater(max(delay, 0.0), self._frame)

    def _frame(self) -> None:
        self._timer = None
        self.isFrameNear = False
        if not (self.followers.isAnyReady or self.resizing.isDue):
            self.isWanted = False
            return
        if self.resizing.holds() or not self._source.wake():
            return
        now = self._clock.seconds()
        late = now - self._due
        isInTime = abs(late) < self._interval
        self._due = (self._due if isInTime else now) + self._interval
        self.isDamaged = False
        self.isFrameNear = True
        self._begun += 1
        self._source.capture()

    def sourceFailed(self) -> None:
        """
        There are no new pixels: keep what there is, and try again after a pause.
        """
        self.isFrameNear = False
        # What was said of damage and copies may have been lost.
        self.isDamaged = self._isUncertain = True
        self._copies.clear()
        if self._isOld:
            self.isValid = False
            reason = self._source.hopeless
            if reason is not None:
                self.followers.tell(lambda follower: follower.pictureFailed(reason))
        self._due = self._clock.seconds() + self._source.pause
        if self.isWanted:
            self._schedule()

    def sourceIsLate(self) -> None:
        """
        A capture takes long.
        """
        self.isFrameNear = False
        if not self._isOld:
            self.followers.frameReady()

    def captured(self, region: Any) -> None:
        """
        There may be new pixels: see L{ISourceAudience<txrfb._screen.source>}.
        """
        self.isFrameNear = False
        if not self.followers:
            self.isValid = False  # everything is compared when somebody comes
            return
        try:
            self._take(region)
        except BaseException:  # as for callbacks: see L{txrfb._callbacks.ask}
            self._source.failed(Failure())
            return
        self.captures = self._begun
        self._source.works()
        self.resizing.captured()
        self.followers.frameReady()
        self._source.shown()
        if self.isDamaged and self.isWanted:
            self._schedule()

    def _take(self, region: Any) -> None:
        """
        The pixels stand still: see what is new.

        @param region: What the framebuffer says has changed.
        """
        if self._source.size != self.surface[2:]:
            # At once, even if the pixels cannot be read: who comes next knows the size.
            self._resize()
        if self._isUncertain or not self.isValid:
            region = Region((self.bounds,))
        else:
            region = self._source.regionOf(region, self.bounds)
        told, self._copies = self._copies, []
        copying = self.isValid and self.followers.canCopy
        # If this fails it has a mixture of two frames, which is for nobody to see.
        self.isValid = False
        try:
            isNew = self._shadow.update(
                self.framebuffer,
                region,
                told if copying else (),
                copying and self._findScrolls,
            )
        finally:
            if self.serial != self._shadow.serial:
                self.serial = self._shadow.serial
                self.planner.nextFrame()
        if isNew:
            self._noteSharing()
        self.isValid = True
        self._isUncertain = self._isOld = False

    def _noteSharing(self) -> None:
        """
        What is encoded is kept if somebody else may want it.
        """
        self.planner.isShared = self.followers.areSharing

    # -- What there is to send -------------------------------------------------------

    def damageSince(self, serial: int) -> list[Rectangle]:
        """
        @param serial: The number of a frame.

        @return: Rectangles, which do not overlap, of all that is newer.
        """
        return self._shadow.damageSince(serial)

    def _sizes(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """
        @return: The size of the framebuffer, if there can be one of that, and the one
            that is shown.
        """
        shown = self.width, self.height
        try:
            return self._source.size, shown
        except BaseException:  # it will be told when it is captured
            return shown, shown

    def _resize(self) -> None:
        shadow = Shadow(*self._source.size, self.serial + 1)
        self._shadow = shadow
        self.serial = shadow.serial
        self.bounds = shadow.bounds
        self.surface = shadow.surface
        self.request = FramebufferUpdateRequest(True, self.bounds).toBytes()
        self.planner.resized(shadow)
        self._copies.clear()
        self.isValid = False
        reason = self._resizeReason()
        self.followers.tell(lambda follower: follower.sizeChanged(reason(follower)))
