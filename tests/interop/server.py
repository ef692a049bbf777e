# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The server under test: txrfb, on a real port of this process.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from twisted.cred.portal import Portal
from twisted.internet.defer import maybeDeferred
from twisted.internet.interfaces import IListeningPort
from zope.interface import implementer

from tests.interop.processes import Reactor
from txrfb.encodings import ENCODINGS
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.interfaces import (
    IClipboard,
    IEncoder,
    IEncoding,
    IInputReceiver,
    ISecurityType,
    IViewer,
)
from txrfb.pixels import PixelFormat
from txrfb.protocol import RFBFactory
from txrfb.security.accounts.realm import portalFor
from txrfb.security.admission.gate import Gate
from txrfb.security.tls.server import TLS


@implementer(IInputReceiver, IClipboard)
class Heard:
    """
    An application that remembers all input.

    @ivar keys: each key event: the keysym, and whether the key went down.
    @ivar pointers: each pointer event: x, y, buttons.
    @ivar texts: each text that came from a clipboard.
    """

    def __init__(self) -> None:
        self.keys: list[tuple[int, bool]] = []
        self.pointers: list[tuple[int, int, int]] = []
        self.texts: list[str] = []

    def keyEvent(self, keysym: int, down: bool, viewer: IViewer) -> None:
        """
        Remember a key.
        """
        self.keys.append((keysym, down))

    def pointerEvent(self, x: int, y: int, buttons: int, viewer: IViewer) -> None:
        """
        Remember the pointer.
        """
        self.pointers.append((x, y, buttons))

    def cutTextReceived(self, text: str, viewer: IViewer) -> None:
        """
        Remember the text.
        """
        self.texts.append(text)


class _Recording:
    """
    An encoding that remembers that it was used.
    """

    def __init__(self, encoding: IEncoding, used: set[int]) -> None:
        self._encoding = encoding
        self._used = used

    def __getattr__(self, name: str) -> Any:
        return getattr(self._encoding, name)

    def encoder(self, format: PixelFormat, level: Any) -> IEncoder:
        """
        Remember it.
        """
        self._used.add(self._encoding.number)
        return self._encoding.encoder(format, level)


def recordEncodings() -> tuple[set[int], Callable[[], None]]:
    """
    Remember which encodings are used.

    @return: their numbers, as they come; and what ends the remembering.
    """
    used: set[int] = set()
    before = dict(ENCODINGS)
    for number, encoding in before.items():
        ENCODINGS[number] = cast(Any, _Recording(encoding, used))
    return used, lambda: ENCODINGS.update(before)


class Server:
    """
    A framebuffer that is served.

    @ivar port: the port on 127.0.0.1.
    @ivar heard: what viewers typed and clicked.
    @ivar used: the numbers of the encodings that viewers were served with.
    """

    port = 0

    def __init__(
        self,
        reactor: Reactor,
        framebuffer: MemoryFramebuffer,
        portal: Portal | None = None,
        securityTypes: Sequence[ISecurityType] | None = None,
        tls: TLS | None = None,
        used: set[int] | None = None,
        application: Any = None,
        video: Any = None,
    ) -> None:
        self.heard: Any = Heard() if application is None else application
        self.used = set() if used is None else used
        self._reactor = reactor
        gate = None
        if securityTypes is not None:
            gate = Gate(reactor, portal or portalFor(), securityTypes, tls=tls)
            portal = None
        self.factory = RFBFactory(
            *(framebuffer, self.heard),
            **{"portal": portal, "gate": gate, "video": video, "reactor": reactor},
        )

    def transcripts(self) -> str:
        """
        What was said to and by the viewers that are there, for a test that fails.
        """
        return "".join(
            f"\n{viewer!r}\n    " + "\n    ".join(viewer.transcript.lines())
            for viewer in self.factory.viewers
        )

    async def start(self) -> None:
        """
        Listen.
        """
        self._listening: IListeningPort = self._reactor.listenTCP(
            0, cast(Any, self.factory), interface="127.0.0.1"
        )
        self.port = cast(Any, self._listening.getHost()).port

    async def stop(self) -> None:
        """
        Listen no more, and end all connections.
        """
        await maybeDeferred(self._listening.stopListening)
        await self.factory.disconnectAll("the test is over")
