# -*- test-case-name: tests.screen.test_source -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The framebuffer as a display sees it: something of the application's that may fail.
"""

from __future__ import annotations

from operator import index
from typing import TYPE_CHECKING, Any, Protocol

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from txrfb._callbacks import DEADLINE, ask, hear, tell
from txrfb.framebuffers._taken import sizeOf
from txrfb.geometry import Rectangle, Region, checkSize

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall, IReactorTime

    from txrfb.interfaces import IFramebuffer

#: Seconds that a framebuffer has for a capture.
_CAPTURE_DEADLINE = 10.0

#: Seconds that viewers wait for a capture before they are served from the shadow: a
#: frame's time.
_MOMENT = 1 / 60

#: Seconds for which a framebuffer may fail while viewers wait for a first picture.
_GRACE = 1.0

#: Seconds after which a framebuffer that failed is tried again, the first time and
#: at the most.
_MIN_PAUSE, _MAX_PAUSE = 0.1, 10.0


class ISourceAudience(Protocol):
    """
    What a source is captured for, besides a listener of the framebuffer's: see
    L{txrfb._screen.display.Display}.
    """

    def damaged(self) -> None:
        """
        There are new pixels.
        """

    def captured(self, region: Any) -> None:
        """
        A capture has come to its end.

        @param region: What the framebuffer says has changed.
        """

    def sourceFailed(self) -> None:
        """
        It failed: any pixel may have changed.
        """

    def sourceIsLate(self) -> None:
        """
        A capture takes longer than a moment.
        """


class Source:
    """
    Has a framebuffer captured, one capture at a time, and finds out when it fails.

    Of an outage the first failure is logged, with its traceback, and the end; each
    failure makes the pause longer after which it is to be tried again.

    @ivar isAwake: Whether the framebuffer knows that it is shown.
    @ivar isCapturing: Whether a capture is under way.
    @ivar isLate: Whether it does not bring what there is: it failed, or takes longer
        than a moment.
    @ivar pause: For how many seconds it is left alone after it failed; 0 while it
        works.
    """

    _log = Logger()

    def __init__(
        self,
        framebuffer: IFramebuffer,
        clock: IReactorTime,
        audience: ISourceAudience,
    ) -> None:
        """
        @param framebuffer: What is captured.

        @param clock: What time is taken from.

        @param audience: What is told of changes while it is awake, and of captures.
        """
        self.isAwake = False
        self.isCapturing = False
        self.isLate = False
        self.pause = 0.0
        self._framebuffer = framebuffer
        self._clock = clock
        self._audience = audience
        self._listener: Any = audience
        self._moment: IDelayedCall | None = None
        self._failures = 0
        self._failingSince = self._wokenAt = 0.0
        self._reason = ""
        self._hasComplained = False
        # The last size that was found to be possible.
        self._checked: tuple[int, int] | None = None
        # Since when there is damage that waits for a capture, and that is in one.
        self._damagedAt: float | None = None
        self._capturedAt: float | None = None

    @property
    def size(self) -> tuple[int, int]:
        """
        Width and height of the framebuffer.

        @raise ValueError: if there can be no such framebuffer.
        """
        framebuffer = self._framebuffer
        size = framebuffer.width, framebuffer.height
        if size != self._checked:
            checkSize(*size)
            self._checked = size
        return size

    @property
    def isKnown(self) -> bool:
        """
        Whether the size is none that is still to come.

        @raise ValueError: if there can be no such framebuffer.
        """
        return sizeOf(self._framebuffer) is not None

    @property
    def hopeless(self) -> str | None:
        """
        What went wrong last, if it has failed for longer than who waits for a first
        picture should be left waiting; C{None} if not.
        """
        waited = self._clock.seconds() - max(self._failingSince, self._wokenAt)
        return self._reason if self._failures and waited >= _GRACE else None

    @property
    def damagedSince(self) -> float | None:
        """
        Since when there are pixels that no frame has yet; C{None} if there are none.
        """
        return self._damagedAt if self._capturedAt is None else self._capturedAt

    def begin(self) -> None:
        """
        Somebody comes, and is the first.
        """
        self._wokenAt = self._clock.seconds()
        self.damaged()

    def damaged(self) -> None:
        """
        There is something to capture.
        """
        if self._damagedAt is None:
            self._damagedAt = self._clock.seconds()

    # -- Waking and resting ----------------------------------------------------------

    def wake(self) -> bool:
        """
        Let the framebuffer know that it is shown.

        @return: Whether it did not fail at once.
        """
        if not self.isAwake:
            self.isAwake = True
            ask(self._clock, DEADLINE, self._begin).addErrback(self._notAwake)
        return self.isAwake

    def _begin(self) -> Deferred[None] | None:
        self._framebuffer.addListener(self._listener)
        return self._framebuffer.resumeProducing()

    def _notAwake(self, failure: Failure) -> None:
        if self.isAwake:
            self.isAwake = False
            self.failed(failure)

    def rest(self) -> None:
        """
        Let it know that it is not.
        """
        self.isAwake = False
        self._stopWaiting()
        tell(self._clock, self._framebuffer.removeListener, self._listener)
        tell(self._clock, self._framebuffer.pauseProducing)

    # -- Capturing -------------------------------------------------------------------

    def capture(self) -> None:
        """
        Have it captured.
        """
        self._capturedAt, self._damagedAt = self.damagedSince, None
        self.isCapturing = True
        capture = self._framebuffer.capture
        known = self._captured, self._notCaptured
        hear(self._clock, _CAPTURE_DEADLINE, *known, capture)
        if self.isCapturing and self.isAwake:
            self._moment = self._clock.callLater(_MOMENT, self._isOver)

    def _isOver(self) -> None:
        self._moment = None
        self.isLate = True
        self._audience.sourceIsLate()

    def _stopWaiting(self) -> None:
        if self._moment is not None:
            self._moment.cancel()
            self._moment = None

    def _captured(self, region: Any) -> None:
        self.isCapturing = False
        self._stopWaiting()
        self._audience.captured(region)

    def _notCaptured(self, failure: Failure) -> None:
        self.isCapturing = False
        self._stopWaiting()
        self.failed(failure)

    def regionOf(self, region: Any, bounds: Rectangle) -> Region:
        """
        @param region: What the framebuffer says has changed.

        @param bounds: All of it.

        @return: The same if it is a region; everything if not.
        """
        try:
            if isinstance(region, Region):
                for rectangle in region.parts:
                    list(map(index, rectangle))
                return region
        except TypeError:
            pass
        # What brings such things may have forgotten other duties, too.
        self._audience.damaged()
        if not self._hasComplained:
            self._hasComplained = True
            self._log.warn(
                "capture() of the framebuffer brought {region!r}, which is no Region of"
                " whole pixels: everything is compared, which is slow",
                region=region,
            )
        return Region((bounds,))

    def failed(self, failure: Failure) -> None:
        """
        It failed, or what it has cannot be used.
        """
        self._capturedAt, self._damagedAt = None, self.damagedSince
        self.damaged()
        if not self._failures:
            self._failingSince = self._clock.seconds()
            self._log.failure(
                "the framebuffer failed; viewers keep the last picture, and it is"
                " tried again",
                failure,
            )
        self._failures += 1
        self._reason = failure.getErrorMessage()
        self.isLate = True
        self.pause = min(max(2 * self.pause, _MIN_PAUSE), _MAX_PAUSE)
        self._audience.sourceFailed()

    def shown(self) -> None:
        """
        Viewers have been told of what was captured.
        """
        self._capturedAt = None

    def works(self) -> None:
        """
        What was captured can be used.
        """
        self.isLate = False
        if not self._failures:
            return
        self._log.info(
            "the framebuffer works again, after {failures} failures in {seconds:.1f}"
            " seconds",
            failures=self._failures,
            seconds=max(self._clock.seconds() - self._failingSince, 0.0),
        )
        self._failures = 0
        self.pause = 0.0
