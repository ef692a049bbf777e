# -*- test-case-name: tests.feeds.test_relay -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What viewers of a relay do, for the server upstream, and what that answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from twisted.internet.defer import Deferred
from zope.interface import Interface, alsoProvides, implementer, noLongerProvides

from txrfb._wire.messages.extensions import XVP_FAIL, XVP_INIT, AudioMessage, Xvp
from txrfb.client.events import (
    Announced,
    ExtensionEvent,
    MotionsWanted,
    ScreensChanged,
)
from txrfb.encodings.constants import QEMU_AUDIO, QEMU_EXTENDED_KEY
from txrfb.feeds._sound import Sound
from txrfb.feeds.fed import FedFramebuffer
from txrfb.feeds.upstream import Upstream
from txrfb.geometry import Screen
from txrfb.interfaces import (
    IAudioSource,
    IClipboard,
    IInputReceiver,
    IKeycodeReceiver,
    IPointerMotionReceiver,
    IPowerControl,
    IRichClipboard,
    IViewer,
)

__all__ = ["RelayedControls"]

#: Seconds in which a server says that it could not do what xvp asks for: of success it
#: says nothing.
_POWER = 2.0

#: Seconds in which a size comes that a server has passed on to somebody else.
_SIZE = 2.0

#: What a server may be able to do, found out with each connection.
_ABILITIES: tuple[type[Interface], ...] = (
    IKeycodeReceiver,
    IPointerMotionReceiver,
    IRichClipboard,
    IPowerControl,
    IAudioSource,
)

#: The status of a size that the server has passed on (L{txrfb.encodings.desktop}).
_FORWARDED = 4


@implementer(IInputReceiver, IClipboard)
class RelayedControls(FedFramebuffer):
    """
    A framebuffer whose keyboard, pointer, clipboard, size, power and sound are those of
    a server upstream.

    Who may use them was judged before any of this is called.
    """

    _upstream: Upstream | None = None

    def __init__(self, name: str, clock: Any) -> None:
        super().__init__(name, clock=clock)
        self._sound = Sound()
        # Who waits for another size, and for the server to say that it cannot.
        self._resizing: Deferred[bool] | None = None
        self._wanted = (0, 0)
        self._switching: Deferred[bool] | None = None

    @property
    def upstream(self) -> Upstream | None:
        """
        The connection to the server, while it is logged in and has not ended.
        """
        upstream = self._upstream
        return upstream if upstream is not None and upstream.isReady else None

    def _offer(self, interface: type[Interface], isOffered: bool) -> None:
        """
        Viewers that come from now on can do this, or not.
        """
        if isOffered and not interface.providedBy(self):
            alsoProvides(self, interface)
        elif not isOffered and interface.providedBy(self):
            noLongerProvides(self, interface)

    def _begin(self, upstream: Upstream) -> None:
        """
        There is a connection: what it can do, it has to say.
        """
        self._upstream = upstream
        for ability in _ABILITIES:
            self._offer(ability, False)

    def _stop(self) -> None:
        """
        There is none any more.
        """
        self._upstream = None
        self._answerSize(False)
        self._answerPower(False)
        self._sound.lost()

    def told(self, event: ExtensionEvent) -> None:
        """
        The server has said something beyond RFC 6143, which the framebuffer has taken.
        """
        if isinstance(event, ScreensChanged):
            self._sizeTold(event)
        elif isinstance(event, MotionsWanted):
            self._offer(IPointerMotionReceiver, True)
            for listener in self.listeners():
                listener.pointerModeChanged()
        elif isinstance(event, Announced):
            if event.encoding == QEMU_EXTENDED_KEY:
                self._offer(IKeycodeReceiver, True)
            elif event.encoding == QEMU_AUDIO:
                self._offer(IAudioSource, True)
                self._sound.use(self.upstream)
        elif isinstance(event, AudioMessage):
            self._sound.heard(event)
        elif isinstance(event, Xvp):
            if event.code == XVP_INIT:
                self._offer(IPowerControl, True)
            elif event.code == XVP_FAIL:
                self._answerPower(False)

    def _updated(self) -> None:
        """
        An update has come, and with the first what the server says that it can do.
        """
        if self.upstream is not None and self.upstream.clipboard.isExtended:
            self._offer(IRichClipboard, True)

    # -- Keyboard and pointer --------------------------------------------------------

    def keyEvent(
        self, keysym: int, down: bool, viewer: IViewer
    ) -> Deferred[None] | None:
        """
        See L{IInputReceiver.keyEvent}.
        """
        if self.upstream is None:
            return None
        self.upstream.keyEvent(keysym, down)
        return self.upstream.room()

    def keycodeEvent(
        self, keycode: int, keysym: int, down: bool, viewer: IViewer
    ) -> Deferred[None] | None:
        """
        See L{IKeycodeReceiver.keycodeEvent}.
        """
        upstream = self.upstream
        if upstream is None:
            return None
        if IKeycodeReceiver.providedBy(self):
            upstream.keycodeEvent(keycode, keysym, down)
        elif keysym:
            # The server is another now than when the viewer came.
            upstream.keyEvent(keysym, down)
        return upstream.room()

    def pointerEvent(
        self, x: int, y: int, buttons: int, viewer: IViewer
    ) -> Deferred[None] | None:
        """
        See L{IInputReceiver.pointerEvent}.
        """
        if self.upstream is None:
            return None
        self.upstream.pointerEvent(x, y, buttons & self.upstream.buttonMask)
        return self.upstream.room()

    @property
    def wantsMotion(self) -> bool:
        """
        See L{IPointerMotionReceiver}.
        """
        return self.upstream is not None and self.upstream.isRelative

    def pointerMotion(
        self, dx: int, dy: int, buttons: int, viewer: IViewer
    ) -> Deferred[None] | None:
        """
        See L{IPointerMotionReceiver.pointerMotion}.
        """
        if self.upstream is None:
            return None
        self.upstream.moveBy(dx, dy, buttons & self.upstream.buttonMask)
        return self.upstream.room()

    # -- The clipboard ---------------------------------------------------------------

    def copied(self, formats: dict[str, bytes]) -> None:
        """
        The server has something new in its clipboard.
        """
        others = dict(formats)
        text = others.pop("text", b"").decode("utf-8", "replace")
        self.cutText(text, **others)

    def cutTextReceived(self, text: str, viewer: IViewer) -> Deferred[None] | None:
        """
        See L{IClipboard.cutTextReceived}.
        """
        return self._give(text, {})

    def clipboardReceived(
        self, formats: dict[str, bytes], viewer: IViewer
    ) -> Deferred[None] | None:
        """
        See L{IRichClipboard.clipboardReceived}.
        """
        others = dict(formats)
        text = others.pop("text", b"").decode("utf-8", "replace")
        return self._give(text, others)

    def _give(self, text: str, others: dict[str, bytes]) -> Deferred[None] | None:
        if self.upstream is None:
            return None
        self.upstream.cutText(text, **others)
        return self.upstream.room()

    # -- Size and screens ------------------------------------------------------------

    def layoutRequested(
        self, width: int, height: int, screens: Sequence[Screen], viewer: IViewer
    ) -> Deferred[bool] | bool:
        """
        See L{IScreens.layoutRequested<txrfb.interfaces.IScreens.layoutRequested>}.
        """
        if self.upstream is None or not self.upstream.screens:
            return False
        self._answerSize(False)
        self._wanted = width, height
        self.upstream.setDesktopSize(width, height, screens)
        self._resizing = Deferred(self._sizeNotWanted)
        return self._resizing

    def _sizeNotWanted(self, resizing: Deferred[bool]) -> None:
        self._resizing = None

    def _answerSize(self, isDone: bool) -> None:
        resizing, self._resizing = self._resizing, None
        if resizing is not None:
            resizing.callback(isDone)

    def _sizeTold(self, event: ScreensChanged) -> None:
        if self._resizing is None:
            return
        if event.reason == 1 and event.status == _FORWARDED:
            resizing = self._resizing
            late = self._clock.callLater(_SIZE, self._sizeNeverCame, resizing)

            def come(answer: bool) -> bool:
                if late.active():
                    late.cancel()
                return answer

            resizing.addCallback(come)
        elif event.reason == 1:
            self._answerSize(event.status == 0)
        elif (event.width, event.height) == self._wanted and not event.status:
            self._answerSize(True)

    def _sizeNeverCame(self, resizing: Deferred[bool]) -> None:
        if self._resizing is resizing:
            self._answerSize(False)

    # -- Power and sound -------------------------------------------------------------

    def powerRequested(self, action: str, viewer: IViewer) -> Deferred[bool] | bool:
        """
        See L{IPowerControl.powerRequested}.
        """
        if self.upstream is None or self._switching is not None:
            return False
        switching = self._switching = Deferred(self._powerNotWanted)
        late = self._clock.callLater(_POWER, self._answerPower, True)

        def answered(answer: Any) -> Any:
            if late.active():
                late.cancel()
            return answer

        switching.addBoth(answered)
        self.upstream.power(action)
        return switching

    def _powerNotWanted(self, switching: Deferred[bool]) -> None:
        self._switching = None

    def _answerPower(self, isDone: bool) -> None:
        switching, self._switching = self._switching, None
        if switching is not None:
            switching.callback(isDone)

    def startAudio(self, format: Any, sink: Any) -> None:
        """
        See L{IAudioSource.startAudio}.
        """
        self._sound.start(format, sink)

    def stopAudio(self, sink: Any) -> None:
        """
        See L{IAudioSource.stopAudio}.
        """
        self._sound.stop(sink)
