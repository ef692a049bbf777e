# -*- test-case-name: tests.screen.test_preparation -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What viewers wait for that come before a framebuffer knows how large it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from txrfb._callbacks import ask
from txrfb.interfaces import IPrepared

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.internet.interfaces import IDelayedCall, IReactorTime

    from txrfb._screen.display import Display

#: Seconds that a viewer waits at the most.
PATIENCE = 10.0

#: Seconds until who has more patience asks again.
_PAUSE = 2.0


class Vigil:
    """
    Somebody who wants no pixels yet: a display that it follows does not rest.
    """

    isReady = False
    isPaused = True
    wantsCopies = False

    def _ignore(self, *news: Any) -> None:
        pass

    frameReady = pictureFailed = sizeChanged = screensChanged = _ignore
    cursorChanged = changed = bell = cutText = _ignore


class Preparation:
    """
    Asks a framebuffer that is L{IPrepared} for its size, once for all viewers that wait
    at a time.
    """

    _log: ClassVar[Logger] = Logger()

    def __init__(self, display: Display, clock: IReactorTime) -> None:
        """
        @param display: What shows the framebuffer.

        @param clock: What time is taken from.
        """
        self._display = display
        self._clock = clock
        self._question: Deferred[Any] | None = None
        self._waiting: list[Deferred[None]] = []
        # The size that is in the log.
        self._told: tuple[int, int] | None = None

    @property
    def isNeeded(self) -> bool:
        """
        Whether there is anything to wait for.
        """
        return IPrepared.providedBy(self._display.framebuffer)

    def wait(self) -> Deferred[None]:
        """
        Wait until the display has the framebuffer's size.  Whoever waits follows the
        display already, so that the framebuffer is awake.

        @return: Fires when it is so; fails if the framebuffer fails, or after
            L{PATIENCE} seconds.
        """
        waiting: Deferred[None] = Deferred(self._withdraw)
        self._waiting.append(waiting)
        waiting.addTimeout(PATIENCE, self._clock)
        if self._question is None:
            prepared: Any = self._display.framebuffer
            self._question = ask(self._clock, None, prepared.prepared)
            self._question.addCallbacks(self._prepared, self._failed)
        return waiting

    def _withdraw(self, waiting: Deferred[None]) -> None:
        self._waiting.remove(waiting)
        if not self._waiting and self._question is not None:
            self._question.cancel()

    def _prepared(self, _: object) -> None:
        self._question = None
        try:
            self._display.measure()
        except BaseException:  # as for callbacks: see L{txrfb._callbacks.ask}
            self._failed(Failure())
            return
        size = self._display.width, self._display.height
        if size != self._told:
            self._told = size
            self._log.info(
                "The desktop {desktop!r} is {width}x{height}",
                desktop=self._display.desktop.name,
                width=size[0],
                height=size[1],
            )
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            one.callback(None)

    def _failed(self, failure: Failure) -> None:
        self._question = None
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            one.errback(failure)


class Anticipation:
    """
    Waits, for as long as it takes, until a display has a size: for what follows a
    display and is no viewer, such as a recording.
    """

    def __init__(self, preparation: Preparation, ready: Callable[[], None]) -> None:
        """
        @param preparation: What asks for the size.

        @param ready: Called when it is there.
        """
        self._preparation = preparation
        self._ready = ready
        self._vigil: Vigil | None = None
        self._waiting: Deferred[None] | None = None
        self._pause: IDelayedCall | None = None

    def start(self) -> None:
        """
        Wait; if there is nothing to wait for it is ready at once.
        """
        if not self._preparation.isNeeded:
            self._ready()
        elif self._vigil is None:
            self._vigil = Vigil()
            self._preparation._display.add(self._vigil)
            self._wait()

    def stop(self) -> None:
        """
        Wait no more.
        """
        waiting, self._waiting = self._waiting, None
        vigil, self._vigil = self._vigil, None
        if waiting is not None:
            waiting.cancel()
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None
        if vigil is not None:
            self._preparation._display.remove(vigil)

    def _wait(self) -> None:
        self._pause = None
        self._waiting = waiting = self._preparation.wait()
        waiting.addCallbacks(self._prepared, self._unprepared)

    def _prepared(self, _: object) -> None:
        self._waiting = None
        self._ready()
        self.stop()

    def _unprepared(self, failure: Failure) -> None:
        # Viewers are told why.
        self._waiting = None
        if self._vigil is not None:
            clock = self._preparation._clock
            self._pause = clock.callLater(_PAUSE, self._wait)
