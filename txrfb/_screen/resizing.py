# -*- test-case-name: tests.screen.test_resizing -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The sizes that viewers ask for (rfbproto, SetDesktopSize): the application is asked for
one at a time, and the last counts.

Every request is answered: at once where it is plain what becomes of it, else with the
status that says so, and again when it is plain.  A request that waits for the
application is overtaken by the next, of whichever viewer; one that was granted, and
whose size is still to come, keeps nobody waiting.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from txrfb._callbacks import DEADLINE, Complaints, ask
from txrfb.encodings.desktop import FORWARDED, GRANTED, OUT_OF_RESOURCES, PROHIBITED

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall, IReactorTime

    from txrfb._screen.followers import IFollower

#: Width and height.
Size = tuple[int, int]

#: For how many seconds a size is not shown that was overtaken before it could be: a
#: viewer whose window follows it would have the window jump back under the user's hand,
#: and forget what it wanted.
_HOLD = 1.0


@dataclass(eq=False)
class SizeRequest:
    """
    A size that a viewer asks for.

    @ivar by: Whose viewer.
    @ivar size: Which size.
    @ivar call: What of the application is called.
    @ivar arguments: And with what.
    @ivar tell: Tells the viewer a status (L{txrfb.encodings.desktop}).
    @ivar isAllowed: Tells whether the viewer may ask for it.
    @ivar isAnswered: Whether the viewer was told anything.
    @ivar isShown: Whether everybody is told that there is the size.
    @ivar isWithdrawn: Whether the viewer has left.
    """

    by: IFollower
    size: Size
    call: Callable[..., Any]
    arguments: tuple[Any, ...]
    tell: Callable[[int], None]
    isAllowed: Callable[[], bool]
    isAnswered: bool = False
    isShown: bool = False
    isWithdrawn: bool = False

    def answer(self, status: int) -> None:
        """
        Tell the viewer what becomes of it, if that is still to be told.
        """
        if not (self.isShown or self.isWithdrawn):
            self.isAnswered = True
            self.tell(status)

    def forward(self) -> None:
        """
        Tell the viewer that it may be told later, if it was not told anything.
        """
        if not (self.isAnswered or self.isWithdrawn):
            self.isAnswered = True
            self.tell(FORWARDED)


class Resizing:
    """
    Puts the sizes that viewers ask for to the application, and knows whose request
    is behind the size that there is next.
    """

    _log: ClassVar[Logger] = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        sizes: Callable[[], tuple[Size, Size]],
        changed: Callable[[], None],
    ) -> None:
        """
        @param clock: What time is taken from.

        @param sizes: Tells the size that the framebuffer has, and the one that is
            shown.

        @param changed: Called when there may be a size to be shown.
        """
        self._clock = clock
        self._sizes = sizes
        self._whenChanged = changed
        self._complaints = Complaints()
        # What is with the application, what is put to it next, and what it granted.
        self._asked: SizeRequest | None = None
        self._next: SizeRequest | None = None
        self._granted: SizeRequest | None = None
        self._question: Deferred[None] | None = None
        # Whether the framebuffer had the size that was granted; and what gives it up.
        self._hadSize = False
        self._overdue: IDelayedCall | None = None
        # What ends the hold of a size; and whether it has ended already.
        self._holding: IDelayedCall | None = None
        self._wasHeld = False

    @property
    def isDue(self) -> bool:
        """
        Whether somebody waits for a size that the framebuffer has already.
        """
        if self._granted is None:
            return False
        has, shows = self._sizes()
        return has != shows

    def holds(self) -> bool:
        """
        @return: Whether the size that the framebuffer has is not to be shown yet, as
            another is on its way.
        """
        isOvertaken = self._next is not None or (
            self._asked is not None and self._granted is not None
        )
        if self._wasHeld or not isOvertaken:
            return False
        has, shows = self._sizes()
        if has == shows:
            return False
        if self._holding is None:
            self._holding = self._clock.callLater(_HOLD, self._held)
        return True

    def _held(self) -> None:
        self._holding = None
        self._wasHeld = True
        self._whenChanged()

    def _stopHolding(self) -> None:
        self._wasHeld = False
        if self._holding is not None:
            self._holding.cancel()
            self._holding = None

    def request(self, request: SizeRequest) -> None:
        """
        A viewer asks for a size.
        """
        if self._granted is not None:
            self._granted.forward()
        if self._asked is None:
            self._ask(request)
        else:
            self._next = request
            request.forward()

    def withdraw(self, by: IFollower) -> None:
        """
        A viewer leaves: what it asked for is not wanted any more.
        """
        if self._next is not None and self._next.by is by:
            self._next = None
        if self._granted is not None and self._granted.by is by:
            self._forget()
        asked = self._asked
        if asked is not None and asked.by is by:
            asked.isWithdrawn = True
            if self._question is not None:
                self._question.cancel()
        if self._asked is None:
            self._stopHolding()
        self._whenChanged()

    def shown(self) -> IFollower | None:
        """
        Everybody is about to be told of another size, or of other screens.

        @return: Whose viewer asked for it; C{None} if none did.
        """
        asked, granted = self._asked, self._granted
        request = granted or asked
        if asked is not None and self._sizes()[0] == asked.size:
            request = asked
        if granted is not None:
            self._forget()
        self._stopHolding()
        if request is None or request.isShown or request.isWithdrawn:
            return None
        request.isShown = True
        return request.by

    def captured(self) -> None:
        """
        A frame was taken.
        """
        granted = self._granted
        if granted is not None and self._hadSize and not self.isDue:
            # It was taken back before anybody saw it.
            self._forget()
            granted.answer(OUT_OF_RESOURCES)

    # -- The application -------------------------------------------------------------

    def _ask(self, request: SizeRequest) -> None:
        self._asked = request
        question = ask(self._clock, DEADLINE, request.call, *request.arguments)
        question.addCallbacks(
            self._answered, self._failed, (request,), errbackArgs=(request,)
        )
        if self._asked is request:
            self._question = question
            if not request.isShown:
                request.forward()
            if request.isWithdrawn:
                question.cancel()

    def _answered(self, answer: Any, request: SizeRequest) -> None:
        self._asked = self._question = None
        if not self._complaints.isGranted(answer, request.call):
            request.answer(PROHIBITED)
        elif not (request.isShown or request.isWithdrawn):
            self._grant(request)
        self._askNext()

    def _failed(self, failure: Failure, request: SizeRequest) -> None:
        self._asked = self._question = None
        self._complaints.failed(failure, request.call)
        request.answer(OUT_OF_RESOURCES)
        self._askNext()

    def _askNext(self) -> None:
        request, self._next = self._next, None
        if request is not None:
            if request.isAllowed():
                self._ask(request)
            else:
                request.answer(PROHIBITED)
        self._whenChanged()

    # -- What it has granted ---------------------------------------------------------

    def _grant(self, request: SizeRequest) -> None:
        """
        It is granted when the framebuffer has the size, and viewers are told so when
        it is shown.
        """
        self._forget()
        has, shows = self._sizes()
        if has == shows == request.size:
            request.answer(GRANTED)
            return
        self._granted, self._hadSize = request, has != shows
        self._overdue = self._clock.callLater(DEADLINE, self._neverCame)
        if not self._hadSize:
            request.forward()

    def _forget(self) -> None:
        self._granted = None
        if self._overdue is not None:
            self._overdue.cancel()
            self._overdue = None

    def _neverCame(self) -> None:
        self._overdue = None
        granted, self._granted = self._granted, None
        if granted is not None:
            self._log.warn(
                "a size of {width}x{height} that was granted has not come for"
                " {seconds:g} seconds",
                width=granted.size[0],
                height=granted.size[1],
                seconds=DEADLINE,
            )
            granted.answer(OUT_OF_RESOURCES)
