# -*- test-case-name: tests.broadcast.test_edges -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A viewer of an edge, as the origin's application knows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from txrfb._callbacks import DEADLINE, ask
from txrfb._session.input import ViewerInput
from txrfb._session.sizerequests import SizeRequests
from txrfb._wire.messages import KeyEvent, PointerEvent
from txrfb._wire.messages.extensions import ExtendedKeyEvent, SetDesktopSize
from txrfb.error import InputFlood
from txrfb.geometry import Screen
from txrfb.interfaces import IViewer
from txrfb.security.accounts.rights import VIEW_ONLY, IRights, Rights, least

if TYPE_CHECKING:
    from txrfb.broadcast.layout import Act
    from txrfb.protocol import RFBFactory

__all__ = ["RemoteViewer"]


class _Sizes:
    """
    What becomes of the sizes that a viewer asks for: its edge sees it by itself.
    """

    newSize = None

    @property
    def desktopSize(self) -> _Sizes:
        return self

    def tell(self, reason: int, status: int) -> None:
        pass


@implementer(IViewer)
class RemoteViewer:
    """
    Does at the origin what a viewer of an edge does there, if it may.

    What it may is the least of what the edge says of it, what the broadcast allows, and
    what the server does.
    """

    _log = Logger()

    avatarId = b""
    encoding = ""
    bytesSent = framesSent = memory = 0
    encodings: tuple[int, ...] = ()
    latency: float | None = None
    secondsBehind = 0.0

    def __init__(
        self, factory: RFBFactory, number: int, peer: str, limit: Rights, tap: Any
    ) -> None:
        """
        @param factory: What serves the screen.

        @param number: Its number here, which is negative.

        @param peer: Where it is, for people to read.

        @param limit: What it may do at the most.

        @param tap: What follows the display for it.
        """
        factory.application.find()
        self.host = factory
        self.application = factory.application.copy()
        self.number = number
        self.peer = peer
        self.viewer = self
        self._limit = limit
        self._tap = tap
        self._said = ""
        self._rights: IRights = VIEW_ONLY
        self._input = ViewerInput(self.application, self, factory.clock, self._failed)
        self._sizes = _Sizes()
        sizes: Any = self, self._sizes
        self._sizeRequests = SizeRequests(*sizes)
        # Whether a text is being handed over, and the one after it.
        self._isHanding = False
        self._text: str | None = None
        self._isOver = False

    # -- What it may -----------------------------------------------------------------

    @property
    def rights(self) -> IRights:
        """
        See L{IViewer}.
        """
        return self._rights

    @rights.setter
    def rights(self, rights: IRights) -> None:
        self._rights = rights
        if not self.mayUse("keys"):
            self._input.releaseKeys()
        if not self.mayUse("pointer"):
            self._input.releaseButtons()

    @property
    def viewOnly(self) -> bool:
        """
        See L{IViewer}.
        """
        return self._rights.viewOnly

    def mayUse(self, right: str) -> bool:
        """
        @return: Whether it may do that.
        """
        host: Any = self.host
        isAllowed = self._rights.allows(right) is True and not host.viewOnly
        isItsTurn = right not in ("keys", "pointer") or host.mayDrive(self)
        return isAllowed and isItsTurn and not self._isOver

    def _judge(self, said: str) -> None:
        """
        @param said: What the edge says that it may.
        """
        if said == self._said:
            return
        self._said = said
        try:
            self.rights = least(Rights.fromString(said), self._limit)
        except ValueError:
            self.rights = VIEW_ONLY

    # -- What it does ----------------------------------------------------------------

    @property
    def pointer(self) -> tuple[int, int] | None:
        """
        See L{IViewer}.
        """
        return self._input.place

    def act(self, act: Act) -> None:
        """
        It does something.
        """
        self._judge(act.rights)
        kind, *values = act.what
        try:
            if kind == "pointer":
                self._point(*values)
            elif kind == "cut":
                self._cut(*values)
            elif kind == "size":
                self._size(*values)
            else:
                self._key(kind, *values)
        except InputFlood as error:
            self.disconnect(str(error))

    def _tell(self, message: Any) -> None:
        viewer: Any = self
        for call in self.host.inputWatchers:
            call(viewer, message)

    def _key(self, kind: str, *values: int) -> None:
        if not self.mayUse("keys"):
            return
        *numbers, isDown = values
        down = bool(isDown)
        if kind == "code":
            keycode, keysym = numbers
            self._tell(ExtendedKeyEvent(down, keysym, keycode))
            self._input.keycode(keycode, keysym, down)
        else:
            self._tell(KeyEvent(down, numbers[0]))
            self._input.key(numbers[0], down)

    def _point(self, x: int, y: int, buttons: int) -> None:
        if not self.mayUse("pointer"):
            return
        self._tell(PointerEvent(buttons, x, y))
        input, display = self._input, self.host.display
        input.pointer(x, y, buttons, display.bounds, False)
        # The edge knows it; it would come back late.
        display.movePointer(input.x, input.y, self._tap)

    def _cut(self, text: str) -> None:
        if not self.mayUse("clipboard"):
            return
        self._text = text
        self._hand()

    def _hand(self) -> None:
        """
        Hand the newest text to the application, if it has taken the one before.
        """
        if self._isHanding or self._isOver or self._text is None:
            return
        text, self._text = self._text, None
        rich, plain = self.application.richClipboard, self.application.clipboard
        what: Any = text
        if rich is not None:
            call, what = (
                rich.clipboardReceived,
                {"text": text.encode("utf-8", "replace")},
            )
        elif plain is not None:
            call = plain.cutTextReceived
        else:
            return
        self._isHanding = True
        self.host.display.desktop.copied(text)
        asked = ask(self.host.clock, DEADLINE, call, what, self)
        asked.addErrback(self._failed).addCallback(self._handed)

    def _handed(self, _: object) -> None:
        self._isHanding = False
        self._hand()

    def _size(self, width: int, height: int, screens: tuple[Any, ...]) -> None:
        if self.mayUse("resize"):
            layout = tuple(Screen(*screen) for screen in screens)
            self._sizeRequests.received(SetDesktopSize(width, height, layout))

    # -- The end ---------------------------------------------------------------------

    def _failed(self, failure: Failure) -> None:
        self._log.failure("the application failed with {peer}", failure, peer=self.peer)
        self.disconnect("the application failed")

    def disconnect(self, reason: str) -> None:
        """
        Heed nothing more of what it does.

        @param reason: Why, for the log.
        """
        if not self._isOver:
            self._log.info(
                "{peer}: nothing more of what it does is heeded: {reason}",
                peer=self.peer,
                reason=reason,
            )
            self.leave()

    def leave(self) -> None:
        """
        It is gone: release what it holds down.
        """
        self._isOver = True
        self._input.isLeaving = True
        self._input.release()
        self._input.tellTaken()
        sizes: Any = self._sizes
        self.host.display.resizing.withdraw(sizes)

    def limitRate(self, bytesPerSecond: float = 0, framesPerSecond: float = 0) -> None:
        """
        See L{IViewer.limitRate}.  What it is sent is its edge's.
        """
