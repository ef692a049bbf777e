# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What is recorded, said to viewers as other programs play it: byte for byte, whatever
they ask for.  TightVNC's viewer in Java knows what its player does, and no more.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock

from tests.interop.case import ViewerTestCase, paint
from tests.interop.java import JavaTightVNC
from tests.scenes import serving
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.pixels import Cursor
from txrfb.record import Recorder
from txrfb.record.fbs import readBlocks


class Playback(Protocol):
    """
    Says what was recorded, when the viewer has said its first: as rfbproxy plays.
    """

    factory: Any
    transport: Any

    def connectionMade(self) -> None:
        """
        Version, security and ServerInit are a block of their own.
        """
        self.transport.write(self.factory.blocks[0])
        self._heard = 0

    def dataReceived(self, data: bytes) -> None:
        """
        After the version and ClientInit, there is all the rest.
        """
        before, self._heard = self._heard, self._heard + len(data)
        if before < 13 <= self._heard:
            self.transport.writeSequence(self.factory.blocks[1:])


class Playing(Factory):
    """
    Has a recording.
    """

    protocol: Any = Playback
    noisy = False

    def __init__(self, path: str) -> None:
        with open(path, "rb") as file:
            self.blocks = [block.data for block in readBlocks(file)]


class RecordingTests(ViewerTestCase):
    """
    A recording with a pointer, a bell, moves and another size.
    """

    def recorded(self) -> tuple[MemoryFramebuffer, str]:
        """
        @return: What is shown at the end, and the recording.
        """
        framebuffer = MemoryFramebuffer(320, 200, "recorded")
        factory = serving(framebuffer)
        directory = Path(self.mktemp())
        recorder = Recorder(factory, str(directory), inThread=lambda call, *a: call(*a))
        recorder.startService()
        clock = factory.clock
        assert isinstance(clock, Clock)
        framebuffer.cursor = Cursor(6, 5, 1, 1, b"\x10\x20\x30\x80" * 30)
        for seed in range(4):
            if seed == 2:
                framebuffer.resize(397, 211)
            paint(framebuffer, seed)
            framebuffer.bell()
            clock.pump([0.05] * 20)
        clock.pump([0.5] * 30)
        framebuffer.cursor = Cursor(0, 0, 0, 0, b"")
        paint(framebuffer, 9)
        clock.pump([0.05] * 20)
        path = recorder.path
        recorder.stopService()
        return framebuffer, path

    async def test_java(self) -> None:
        """
        The last picture is that of the framebuffer.
        """
        framebuffer, path = self.recorded()
        playing: Any = Playing(path)
        listening = self.reactor.listenTCP(0, playing, interface="127.0.0.1")
        self.addCleanup(listening.stopListening)
        session = await self.view(JavaTightVNC, cast(Any, listening.getHost()))
        await self.assertShows(JavaTightVNC, session, framebuffer)
