# -*- test-case-name: tests.framebuffers.test_over -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A framebuffer over a framebuffer: what is shown is another's pixels, seen differently.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from twisted.application.service import IService
from twisted.internet.defer import Deferred, gatherResults, maybeDeferred
from twisted.python.failure import Failure
from zope.interface import Interface, implementedBy, implementer
from zope.interface.declarations import Declaration

from txrfb import interfaces
from txrfb._callbacks import methodOf
from txrfb.framebuffers._base import Announcer
from txrfb.framebuffers._taken import checkApplication
from txrfb.geometry import Rectangle, Region
from txrfb.pixels import Cursor

__all__ = ["FramebufferOver"]

#: What is handed on, if the framebuffer beneath or the application takes it.
_HANDED_ON: tuple[type[Interface], ...] = (
    interfaces.IInputReceiver,
    interfaces.IKeycodeReceiver,
    interfaces.IPointerMotionReceiver,
    interfaces.IClipboard,
    interfaces.IRichClipboard,
    interfaces.IPowerControl,
    interfaces.IAudioSource,
    interfaces.ILedSource,
    interfaces.IAudience,
    interfaces.IPrepared,
)


@implementer(interfaces.ICursorSource, interfaces.IFramebufferListener)
class FramebufferOver(Announcer):
    """
    Shows another framebuffer, which nothing else shows at the same time.  A subclass
    says where each pixel is.

    What viewers do is handed on, with positions as the framebuffer beneath has them.

    @ivar beneath: The framebuffer that is shown.
    """

    #: What of the application's interfaces is handed on.
    _handedOn = _HANDED_ON

    def __init__(self, beneath: interfaces.IFramebuffer, application: Any = None):
        """
        @param beneath: The framebuffer that is shown.

        @param application: What takes keys, pointer, text and so on, as
            L{RFBFactory<txrfb.protocol.RFBFactory>} takes it.  What it does not
            provide, the framebuffer beneath may.
        """
        super().__init__()
        self.beneath = beneath
        self._parts = [part for part in (application, beneath) if part is not None]
        for part in self._parts:
            checkApplication(part)

    @property
    def __providedBy__(self) -> Declaration:
        """
        What this provides, which changes with what is beneath.
        """
        taken = [one for one in self._handedOn if self._taker(one) is not None]
        own: Any = self.__dict__.get("__provides__", ())
        declared: Any = implementedBy
        return Declaration(*taken, own, declared(type(self)))

    def __conform__(self, interface: type[Interface]) -> Any:
        """
        What is beneath may be a service, which is started and stopped in its own right,
        and may be played.
        """
        if interface not in (IService, interfaces.IPlayback):
            return None
        wanted: Any = interface
        return wanted(self.beneath, None)

    def _taker(self, interface: type[Interface]) -> Any:
        for part in self._parts:
            if interface.providedBy(part):
                return part
        return None

    # -- What a subclass says --------------------------------------------------------

    def _position(self, x: int, y: int) -> tuple[int, int]:
        """
        @return: Where a pixel of this is beneath.
        """
        raise NotImplementedError(
            f"{type(self).__name__} does not say where pixels are"
        )

    def _distance(self, dx: int, dy: int) -> tuple[int, int]:
        """
        @return: How far a motion on this goes beneath.
        """
        return dx, dy

    def _place(self, x: int, y: int) -> tuple[int, int]:
        """
        @return: Where a pixel beneath is on this, or the nearest that is.
        """
        raise NotImplementedError(
            f"{type(self).__name__} does not say where pixels are"
        )

    def _captured(self, region: Any) -> Region:
        """
        The framebuffer beneath has new pixels.

        @param region: Where.

        @return: Where there are new pixels on this.
        """
        raise NotImplementedError(f"{type(self).__name__} does not capture")

    # -- What is shown ---------------------------------------------------------------

    @property
    def name(self) -> str:
        """
        The desktop's name.
        """
        return self.beneath.name

    @property
    def cursor(self) -> Cursor | None:
        """
        The shape of the pointer.
        """
        below: Any = self.beneath
        if not interfaces.ICursorSource.providedBy(below):
            return None
        cursor: Cursor | None = below.cursor
        return cursor

    def capture(self) -> Deferred[Region]:
        """
        Capture the framebuffer beneath.
        """
        captured: Deferred[Any] = maybeDeferred(self.beneath.capture)
        captured.addErrback(self._notCaptured)
        return captured.addCallback(self._captured)

    def _notCaptured(self, failure: Failure) -> Failure:
        """
        The framebuffer beneath failed, and may have forgotten what changed.
        """
        return failure

    def prepared(self) -> Any:
        """
        See L{interfaces.IPrepared}.
        """
        prepared = maybeDeferred(self._taker(interfaces.IPrepared).prepared)
        return prepared.addCallback(lambda _: self._prepared())

    def _prepared(self) -> None:
        """
        It is known how large the framebuffer beneath is.
        """

    def _regionBeneath(self, region: Any) -> Region:
        """
        @return: What a capture says has changed: everything, if it says nonsense.
        """
        if isinstance(region, Region):
            return region
        below = self.beneath
        return Region([Rectangle(0, 0, below.width, below.height)])

    def resumeProducing(self) -> Any:
        """
        Somebody watches.
        """
        self.beneath.addListener(self)
        return self.beneath.resumeProducing()

    def pauseProducing(self) -> Any:
        """
        Nobody watches.
        """
        self.beneath.removeListener(self)
        return self.beneath.pauseProducing()

    # -- What is told ----------------------------------------------------------------

    def damaged(self) -> None:
        """
        There are new pixels beneath.
        """
        for listener in self.listeners():
            listener.damaged()

    def copied(self, rectangle: Rectangle, x: int, y: int) -> None:
        """
        Pixels were copied beneath.
        """

    def resized(self) -> None:
        """
        The framebuffer beneath has another size.
        """
        for listener in self.listeners():
            listener.resized()

    def screensChanged(self) -> None:
        """
        The screens beneath are not those of this.
        """

    def renamed(self) -> None:
        """
        It has another name.
        """
        for listener in self.listeners():
            listener.renamed()

    def cursorChanged(self) -> None:
        """
        Its pointer has another shape.
        """
        for listener in self.listeners():
            listener.cursorChanged()

    def pointerMoved(self, x: int, y: int) -> None:
        """
        Its pointer was moved.
        """
        place = self._place(x, y)
        for listener in self.listeners():
            listener.pointerMoved(*place)

    def pointerModeChanged(self) -> None:
        """
        It wants motions now, or positions.
        """
        for listener in self.listeners():
            listener.pointerModeChanged()

    def ledsChanged(self) -> None:
        """
        Its lights have changed.
        """
        for listener in self.listeners():
            listener.ledsChanged()

    def bell(self) -> None:
        """
        Its bell rings.
        """
        for listener in self.listeners():
            listener.bell()

    def cutText(self, text: str, **others: bytes) -> None:
        """
        It has something new in its clipboard.
        """
        for listener in self.listeners():
            listener.cutText(text, **others)

    # -- What viewers do -------------------------------------------------------------

    def _hand(self, interface: type[Interface], name: str, *arguments: object) -> Any:
        return methodOf(self._taker(interface), name)(*arguments)

    def keyEvent(self, *arguments: Any) -> Any:
        """
        See L{interfaces.IInputReceiver}.
        """
        return self._hand(interfaces.IInputReceiver, "keyEvent", *arguments)

    def pointerEvent(
        self, x: int, y: int, buttons: int, viewer: interfaces.IViewer
    ) -> Any:
        """
        See L{interfaces.IInputReceiver}.
        """
        where = self._position(x, y)
        taker = interfaces.IInputReceiver
        return self._hand(taker, "pointerEvent", *where, buttons, viewer)

    def keycodeEvent(self, *arguments: Any) -> Any:
        """
        See L{interfaces.IKeycodeReceiver}.
        """
        return self._hand(interfaces.IKeycodeReceiver, "keycodeEvent", *arguments)

    @property
    def wantsMotion(self) -> bool:
        """
        See L{interfaces.IPointerMotionReceiver}.
        """
        return bool(self._taker(interfaces.IPointerMotionReceiver).wantsMotion)

    def pointerMotion(
        self, dx: int, dy: int, buttons: int, viewer: interfaces.IViewer
    ) -> Any:
        """
        See L{interfaces.IPointerMotionReceiver}.
        """
        way = self._distance(dx, dy)
        taker = interfaces.IPointerMotionReceiver
        return self._hand(taker, "pointerMotion", *way, buttons, viewer)

    def cutTextReceived(self, *arguments: Any) -> Any:
        """
        See L{interfaces.IClipboard}.
        """
        return self._hand(interfaces.IClipboard, "cutTextReceived", *arguments)

    def clipboardReceived(self, *arguments: Any) -> Any:
        """
        See L{interfaces.IRichClipboard}.
        """
        return self._hand(interfaces.IRichClipboard, "clipboardReceived", *arguments)

    def powerRequested(self, *arguments: Any) -> Any:
        """
        See L{interfaces.IPowerControl}.
        """
        return self._hand(interfaces.IPowerControl, "powerRequested", *arguments)

    def startAudio(self, *arguments: Any) -> Any:
        """
        See L{interfaces.IAudioSource}.
        """
        return self._hand(interfaces.IAudioSource, "startAudio", *arguments)

    def stopAudio(self, *arguments: Any) -> Any:
        """
        See L{interfaces.IAudioSource}.
        """
        return self._hand(interfaces.IAudioSource, "stopAudio", *arguments)

    @property
    def leds(self) -> int:
        """
        See L{interfaces.ILedSource}.
        """
        leds: int = self._taker(interfaces.ILedSource).leds
        return leds

    def viewersChanged(self, viewers: Sequence[interfaces.IViewer]) -> Any:
        """
        See L{interfaces.IAudience}.  All are told who want to know.
        """
        answers = [
            maybeDeferred(part.viewersChanged, viewers)
            for part in self._parts
            if interfaces.IAudience.providedBy(part)
        ]
        return gatherResults(answers, consumeErrors=True)
