# -*- test-case-name: tests.session.test_tap -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A tap on the display: its updates as bytes, for something else than a viewer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from twisted.logger import Logger
from twisted.python.failure import Failure

from txrfb._callbacks import DEADLINE, ask
from txrfb._screen.followers import Change
from txrfb._session.capabilities import Capabilities
from txrfb._session.pseudorectangles import PseudoRectangles
from txrfb._wire.clipboard import ClipboardContent
from txrfb._wire.messages import Bell, ServerCutText, packUpdate
from txrfb.encodings import constants
from txrfb.pixels import NATIVE

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall, IReactorTime

    from txrfb._screen.display import Display
    from txrfb._screen.plan import Plan
    from txrfb._screen.renderedcursor import RenderedCursor

__all__ = ["TAPPED", "TappedUpdate", "UpdateTap"]

#: What a tap is sent if nothing else is said: Tight without loss, which every viewer
#: reads, at the level that most viewers ask for, the name and the pointer.
TAPPED = (
    constants.TIGHT,
    constants.COPY_RECT,
    constants.CURSOR_WITH_ALPHA,
    constants.CURSOR,
    constants.POINTER_POSITION,
    constants.DESKTOP_NAME,
    constants.COMPRESSION_LEVEL_0 + 2,
)

#: How many bytes C{FramebufferUpdate} has before its rectangles.
_HEAD = len(packUpdate(0))


class TappedUpdate(NamedTuple):
    """
    What leads from one picture to a newer one.

    @ivar base: The serial number of the picture that it is to be painted on; 0 if it
        is the whole picture, whatever there was before.
    @ivar serial: The number of the picture that there is then; that of L{base} if there
        is something new besides pixels only.
    @ivar width: Columns of the picture.
    @ivar height: Rows of it.
    @ivar rectangles: How many rectangles it has.
    @ivar pieces: Their bytes, with their headers, one after the other.
    """

    base: int
    serial: int
    width: int
    height: int
    rectangles: int
    pieces: list[bytes]

    @property
    def isWhole(self) -> bool:
        """
        Whether who has nothing yet can begin with it.
        """
        return self.base == 0

    @property
    def size(self) -> int:
        """
        How many bytes it has as a message.
        """
        return _HEAD + sum(map(len, self.pieces))

    def toBytes(self) -> bytes:
        """
        @return: It as a message: FramebufferUpdate (RFC 6143, section 7.6.1).
        """
        return b"".join([packUpdate(self.rectangles), *self.pieces])


class IShown(Protocol):
    """
    What serves a display: see L{RFBFactory<txrfb.protocol.RFBFactory>}.
    """

    display: Display
    clock: IReactorTime


class UpdateTap:
    """
    Follows a display as a viewer does, and hands its updates to a callback: what is
    encoded for viewers that read the same is used for it, too, and the other way round.

    No compressed stream goes from one update to the next.  So each can be read by who
    has the picture that it is based on, and the first is a whole one, as is the next
    after L{wantWhole}.

    While the callback has not ended (its Deferred has not fired) nothing is captured or
    encoded for the tap.  Then it is handed what leads from that to what there is.

    @ivar serial: The number of the picture that was handed over last; 0 for none.
    @ivar knownName: The name that the desktop has, as far as is known where the updates
        go: it is not told there before there is another.
    """

    _log = Logger()
    knownName: str | None = None

    def __init__(
        self,
        factory: IShown,
        updated: Callable[[TappedUpdate], Any],
        *,
        encodings: Sequence[int] = TAPPED,
        told: Callable[[bytes], Any] | None = None,
        failed: Callable[[Failure], Any] | None = None,
    ) -> None:
        """
        @param factory: What serves the display.

        @param updated: Called with a L{TappedUpdate}; it may return a Deferred.  If it
            fails, or has not answered for a minute, the tap ends.

        @param encodings: What can be read: numbers as of SetEncodings (section 7.5.2).
            Pixels have 32 bits, as Tight takes them to be red, green and blue.

        @param told: Called with messages that are no updates: Bell, and ServerCutText
            in Latin-1 (sections 7.6.3 and 7.6.4); C{None} to leave them out.

        @param failed: Called when the tap has ended because C{updated} failed; if it is
            not given that is logged.
        """
        self.serial = 0
        self._display = display = factory.display
        self._clock = factory.clock
        self._updated = updated
        self._told = told
        self._failed = failed
        self._capabilities = Capabilities.fromEncodings(encodings)
        self._encoder = display.planner.encoder(
            self._capabilities.encodingFor(NATIVE), NATIVE, self._capabilities.level
        )
        self._pseudo = PseudoRectangles(display)
        self._isRunning = self._isBusy = self._isExact = False
        # Grows when what is being encoded has become useless.
        self._beginnings = 0
        self._pieces: list[bytes] = []
        self._turn: IDelayedCall | None = None

    @property
    def isRunning(self) -> bool:
        """
        Whether there may be updates.
        """
        return self._isRunning

    def start(self) -> None:
        """
        Follow the display.  The first update is a whole picture, and has what else
        there is: the name, and the shape and place of the pointer.
        """
        if self._isRunning:
            return
        self._isRunning = True
        self._pseudo.use(self._capabilities)
        self._begin()
        self._display.add(self)
        self._soon()

    def stop(self) -> None:
        """
        Follow it no more.  What was being encoded is not handed over.
        """
        if not self._isRunning:
            return
        self._isRunning = False
        if self._turn is not None:
            self._turn.cancel()
            self._turn = None
        self._pieces = []
        self._display.remove(self)

    def wantWhole(self) -> None:
        """
        Have the next update be a whole picture, also if nothing has changed.
        """
        self._begin()
        if self.isReady:
            self._soon()

    def _begin(self) -> None:
        self.serial = 0
        self._isExact = False
        self._beginnings += 1
        if self._display.desktop.name != self.knownName:
            self._pseudo.note(Change.NAME)
        for what in (Change.CURSOR, Change.POINTER):
            self._pseudo.note(what)

    # -- What a display knows of it: see IFollower ------------------------------------

    @property
    def isReady(self) -> bool:
        """
        Whether it would begin an update now.
        """
        return self._isRunning and not self._isBusy

    @property
    def isPaused(self) -> bool:
        """
        Whether the callback has not ended.
        """
        return self._isBusy

    @property
    def wantsCopies(self) -> bool:
        """
        Whether it has the newest picture, and can copy.
        """
        return (
            self.isReady
            and self._isExact
            and self._capabilities.copyRect
            and self.serial == self._display.serial
        )

    def frameReady(self) -> None:
        """
        There may be something new.
        """
        display = self._display
        if not self.isReady or not display.isValid or display.isFrameNear:
            return
        if self.serial != display.serial:
            canCopy = self._isExact and self._capabilities.copyRect
            plan = display.planner.plan(self.serial, self._encoder, canCopy)
        elif self._pseudo.isDue:
            plan = None
        else:
            return
        self._isBusy = True
        extras = self._pseudo.rectangles(NATIVE)
        self._pieces = extras
        self._encode(plan, len(extras), self._beginnings, 0)

    def pictureFailed(self, reason: str) -> None:
        """
        There is none yet: there may be one later.
        """

    def sizeChanged(self, reason: int) -> None:
        """
        The next update is a whole picture.
        """
        self._begin()

    def screensChanged(self, reason: int) -> None:
        """
        It is about pixels, not about where they are shown.
        """

    def cursorChanged(self, old: RenderedCursor | None) -> None:
        """
        The cursor is told of, not drawn.
        """

    def changed(self, what: Change) -> None:
        """
        Something else has changed, which the next update has.
        """
        if what is Change.NAME:
            self.knownName = None
        if self._pseudo.note(what) and self.isReady:
            self._soon()

    def bell(self) -> None:
        """
        The bell rings.
        """
        self._tell(Bell().toBytes())

    def cutText(self, content: ClipboardContent) -> None:
        """
        There is something new in the clipboard.
        """
        self._tell(ServerCutText(content.latin).toBytes())

    def _tell(self, message: bytes) -> None:
        if self._told is not None:
            ask(self._clock, DEADLINE, self._told, message).addErrback(self._broke)

    # -- An update -------------------------------------------------------------------

    def _soon(self) -> None:
        """
        See what there is to tell, and have a frame taken if there may be one.
        """
        self._display.wanted()
        if self._turn is None:
            self._turn = self._clock.callLater(0, self._look)

    def _look(self) -> None:
        self._turn = None
        self.frameReady()

    def _encode(self, plan: Plan | None, extras: int, era: int, start: int) -> None:
        """
        Make some pieces; others have their turn between them.

        @param extras: How many rectangles come before those of the plan.

        @param era: How often there was a beginning when it began.

        @param start: The index of the piece that comes next.
        """
        self._turn = None
        if plan is not None:
            data, start = plan.chunk(start)
            isFirst = len(self._pieces) == extras
            self._pieces.append(data[_HEAD:] if isFirst else data)
            if start < len(plan.pieces):
                turn = self._encode, plan, extras, era, start
                self._turn = self._clock.callLater(0, *turn)
                return
        display = self._display
        pieces, self._pieces = self._pieces, []
        if era != self._beginnings:
            # The size has changed, or a whole picture is wanted, in the midst of it.
            self._isBusy = False
            self._soon()
            return
        base = self.serial
        if plan is not None:
            self.serial = plan.serial
            # What a later frame has changed meanwhile may be in it in part.
            self._isExact = plan.serial == display.serial
        count = extras + (plan.count if plan is not None else 0)
        width, height = display.width, display.height
        update = TappedUpdate(base, self.serial, width, height, count, pieces)
        asked = ask(self._clock, DEADLINE, self._updated, update)
        asked.addCallbacks(self._taken, self._broke)

    def _taken(self, answer: object) -> None:
        self._isBusy = False
        if self._isRunning:
            self._soon()

    def _broke(self, failure: Failure) -> None:
        """
        The callback failed: nobody else notices.
        """
        self._isBusy = False
        if not self._isRunning:
            return
        self.stop()
        if self._failed is None:
            self._log.failure("a tap on the display ends", failure)
        else:
            ask(self._clock, DEADLINE, self._failed, failure).addErrback(self._lost)

    def _lost(self, failure: Failure) -> None:
        self._log.failure("a tap on the display cannot say how it ended", failure)
