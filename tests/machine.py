# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Parts of applications that have more than pixels, keys and pointer; viewers with all
extensions; and scenes with both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import numpy as np
from twisted.internet.defer import Deferred
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from tests.scenes import Application, serving
from txrfb._session.server import RFBServer
from txrfb._wire.messages.extensions import AudioFormat
from txrfb.client.input import Message
from txrfb.encodings import constants as c
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.geometry import Screen
from txrfb.interfaces import (
    IAudioSink,
    IAudioSource,
    IClipboard,
    IInputReceiver,
    IKeycodeReceiver,
    ILedSource,
    IPointerMotionReceiver,
    IPowerControl,
    IResizable,
    IRichClipboard,
    IScreens,
    IViewer,
)
from txrfb.protocol import RFBFactory
from txrfb.testing import Viewer, assertScreen

T = TypeVar("T")

#: All pseudo-encodings of which a rectangle or a message may come.
PSEUDO = (
    c.DESKTOP_SIZE,
    c.EXTENDED_DESKTOP_SIZE,
    c.DESKTOP_NAME,
    c.LAST_RECT,
    c.CURSOR_WITH_ALPHA,
    c.POINTER_POSITION,
    c.FENCE,
    c.CONTINUOUS_UPDATES,
    c.QEMU_EXTENDED_KEY,
    c.QEMU_LED_STATE,
    c.QEMU_POINTER_MOTION,
    c.QEMU_AUDIO,
    c.EXTENDED_MOUSE_BUTTONS,
    c.EXTENDED_CLIPBOARD,
    c.XVP,
)

GREETING = b"RFB 003.008\n\1\1"


class Part:
    """
    Records its calls.

    @ivar heard: The arguments of each.
    @ivar answer: What it answers, or a function that does something first.
    """

    def __init__(self) -> None:
        self.heard: list[Any] = []
        self.answer: Any = None

    def hear(self, *what: Any) -> Any:
        """
        Record a call, and answer.
        """
        self.heard.append(what)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer() if callable(self.answer) else self.answer


@implementer(IInputReceiver)
class Desk(Part):
    """
    Has keys and a pointer.
    """

    def keyEvent(self, keysym: int, down: bool, viewer: IViewer) -> Any:
        """
        A key.
        """
        return self.hear("key", keysym, down)

    def pointerEvent(self, x: int, y: int, buttons: int, viewer: IViewer) -> Any:
        """
        The pointer.
        """
        return self.hear(x, y, buttons)


@implementer(IKeycodeReceiver)
class Keyboard(Desk):
    """
    Has keys by their place on the keyboard, too.
    """

    def keycodeEvent(
        self, keycode: int, keysym: int, down: bool, viewer: IViewer
    ) -> None:
        """
        A key.
        """
        self.hear("code", keycode, keysym, down)


@implementer(IPointerMotionReceiver)
class Mouse(Part):
    """
    Takes relative motions only.
    """

    wantsMotion = True

    def pointerMotion(self, dx: int, dy: int, buttons: int, viewer: IViewer) -> Any:
        """
        A motion.
        """
        return self.hear(dx, dy, buttons)


@implementer(IResizable)
class Elastic(Part):
    """
    Takes any size that is asked for.
    """

    def __init__(self, framebuffer: MemoryFramebuffer) -> None:
        super().__init__()
        self.framebuffer = framebuffer
        self.answer = self.grant

    def grant(self) -> bool:
        """
        Take the size that was asked for last.
        """
        self.framebuffer.resize(*self.heard[-1][:2])
        return True

    def sizeRequested(self, width: int, height: int, viewer: IViewer) -> Any:
        """
        A size.
        """
        return self.hear(width, height)


@implementer(IScreens)
class Screens(Part):
    """
    Has several screens.
    """

    def __init__(self, framebuffer: MemoryFramebuffer) -> None:
        super().__init__()
        self.framebuffer = framebuffer
        width, height = framebuffer.width, framebuffer.height
        left, right = width // 2, width - width // 2
        self.screens: tuple[Screen, ...] = (
            Screen(7, 0, 0, left, height),
            Screen(8, left, 0, right, height),
        )
        self.answer = self.grant

    def grant(self) -> bool:
        """
        Take the size that was asked for last.
        """
        width, height, self.screens = self.heard[-1]
        size = self.framebuffer.width, self.framebuffer.height
        if size != (width, height):
            self.framebuffer.resize(width, height)
        for listener in self.framebuffer.listeners():
            listener.screensChanged()
        return True

    def layoutRequested(
        self, width: int, height: int, screens: Sequence[Screen], viewer: IViewer
    ) -> Any:
        """
        A layout.
        """
        return self.hear(width, height, screens)


@implementer(IPowerControl)
class Switch(Part):
    """
    Can be switched.
    """

    def powerRequested(self, action: str, viewer: IViewer) -> Any:
        """
        An action.
        """
        return self.hear(action)


@implementer(IAudioSource)
class Speaker(Part):
    """
    Can be heard.

    @ivar sinks: Who hears.
    """

    def __init__(self) -> None:
        super().__init__()
        self.sinks: list[IAudioSink] = []

    def startAudio(self, format: AudioFormat, sink: IAudioSink) -> Any:
        """
        Somebody listens.
        """
        self.sinks.append(sink)
        return self.hear("start", format)

    def stopAudio(self, sink: IAudioSink) -> None:
        """
        Somebody does not.
        """
        self.sinks.remove(sink)
        self.hear("stop")


@implementer(IClipboard)
class Clipboard(Part):
    """
    Takes text.
    """

    def cutTextReceived(self, text: str, viewer: IViewer) -> Any:
        """
        A text.
        """
        return self.hear(text)


@implementer(IRichClipboard)
class RichClipboard(Part):
    """
    Takes all there is.
    """

    def clipboardReceived(self, formats: dict[str, bytes], viewer: IViewer) -> Any:
        """
        Some formats.
        """
        return self.hear(formats)


class Everything(Application, Elastic, Switch, Speaker, RichClipboard):
    """
    Has all of it, and gets no larger than it may.
    """

    def __init__(self, framebuffer: MemoryFramebuffer, pixels: int) -> None:
        """
        @param pixels: How many the screen may have.
        """
        Application.__init__(self)
        Speaker.__init__(self)
        Elastic.__init__(self, framebuffer)
        self._pixels = pixels

    def grant(self) -> bool:
        """
        Take the size that was asked for last, unless it is too large.
        """
        width, height = self.heard[-1]
        return width * height <= self._pixels and super().grant()

    def hear(self, *what: Any) -> Any:
        """
        Record a call, and answer if it asks for a size.
        """
        self.heard.append(what)
        isSize = len(what) == 2 and all(type(one) is int for one in what)
        return self.grant() if isSize else None


@implementer(ILedSource)
class Lights:
    """
    Has lights.
    """

    leds = 0


class Knowing(Viewer):
    """
    A viewer that supports all extensions.
    """

    def __init__(
        self,
        factory: RFBFactory,
        pseudo: Iterable[int] = PSEUDO,
        encodings: Iterable[int] = (c.COPY_RECT, c.ZRLE),
        **options: Any,
    ) -> None:
        super().__init__(factory, encodings=(*encodings, *pseudo), **options)

    def said(self, kind: type[T]) -> list[T]:
        """
        @return: The events of a kind since the last call.
        """
        found: list[T] = [event for event in self.events if isinstance(event, kind)]
        self.events[:] = [e for e in self.events if not isinstance(e, kind)]
        return found


def raw(
    factory: RFBFactory, *messages: bytes | Message
) -> tuple[RFBServer, StringTransport]:
    """
    @return: The server's protocol for a viewer that is logged in and has sent the
        messages, and the transport, with what was written after ServerInit.
    """
    server = factory.buildProtocol(None)
    assert server is not None
    transport = StringTransport()
    transport.abortConnection = transport.loseConnection  # type: ignore[method-assign]
    server.makeConnection(transport)
    server.dataReceived(GREETING)
    transport.clear()
    say(server, *messages)
    return server, transport


def say(server: RFBServer, *messages: bytes | Message) -> None:
    """
    Send messages to a server's protocol, one after the other.
    """
    for message in messages:
        data = message if isinstance(message, bytes) else message.toBytes()
        server.dataReceived(data)


def later(fired: list[Deferred[Any]]) -> Callable[[], Deferred[Any]]:
    """
    @return: Makes answers that come later, when those in C{fired} are fired.
    """

    def answer() -> Deferred[Any]:
        fired.append(Deferred())
        return fired[-1]

    return answer


class Scene(SynchronousTestCase):
    """
    A framebuffer, an application, a viewer that knows all, and a bystander who must
    notice nothing of what it does.
    """

    def begin(self, application: Any = None, **options: Any) -> None:
        """
        Have all of these.
        """
        self.framebuffer = MemoryFramebuffer(100, 80, "first")
        self.factory = serving(self.framebuffer, application, **options)
        self.bystander = Viewer(self.factory)
        self.viewer = Knowing(self.factory)
        self.viewer.settle()

    def clog(self) -> None:
        """
        Let the viewer read nothing, and have something that it does not read.
        """
        self.viewer.pauseReading()
        source = np.random.default_rng(5)
        noise = source.integers(0, 256, (300, 200, 3), np.uint8)
        self.framebuffer.resize(200, 300)
        self.framebuffer.paste(noise)
        self.viewer.advance(0.5)
        server: Any = self.viewer.server
        self.assertTrue(server.producer.isPaused)

    def unharmed(self) -> None:
        """
        Assert that the bystander is as well as ever.
        """
        self.framebuffer.fill("green")
        assertScreen(self.bystander, self.framebuffer)

    def closed(self, reason: str) -> None:
        """
        Assert that the viewer was closed for a reason, and the bystander was not.
        """
        self.viewer.advance(0)
        self.assertFalse(self.viewer.isConnected)
        server: Any = self.viewer.server
        self.assertIn(reason, server.transcript.reason)
        self.unharmed()
