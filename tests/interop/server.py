# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The server under test: txrfb, on a real port of this process.
"""

from __future__ import annotations

from typing import Any, cast

from twisted.internet.defer import maybeDeferred
from twisted.internet.interfaces import IListeningPort
from zope.interface import implementer

from tests.interop.processes import Reactor
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.interfaces import IInputReceiver, IViewer
from txrfb.protocol import RFBFactory
from txrfb.security.realm import portalFor


@implementer(IInputReceiver)
class Heard:
    """
    An application that remembers all input.

    @ivar keys: each key event: the keysym, and whether the key went down.
    @ivar pointers: each pointer event: x, y, buttons.
    """

    def __init__(self) -> None:
        self.keys: list[tuple[int, bool]] = []
        self.pointers: list[tuple[int, int, int]] = []

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


class Server:
    """
    A framebuffer that is served.

    @ivar port: the port on 127.0.0.1.
    @ivar heard: what viewers typed and clicked.
    """

    port = 0

    def __init__(
        self, reactor: Reactor, framebuffer: MemoryFramebuffer, password: str | None
    ) -> None:
        self.heard = Heard()
        self._reactor = reactor
        portal = None
        if password is not None:
            portal = portalFor(password.encode("ascii"))
        self.factory = RFBFactory(
            framebuffer, self.heard, portal=portal, reactor=reactor
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
