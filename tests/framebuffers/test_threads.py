# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.framebuffers._threads}: framebuffers in threads.
"""

from __future__ import annotations

from threading import get_ident
from typing import Any

from PIL import Image
from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase
from zope.interface import implementer

from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.geometry import Rectangle
from txrfb.interfaces import IFramebufferListener


@implementer(IFramebufferListener)
class Listener:
    """
    Notes what it is told, and in which thread.
    """

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.threads: set[int] = set()
        self.rang: Deferred[None] = Deferred()

    def __getattr__(self, name: str) -> Any:
        def told(*arguments: object, **others: bytes) -> None:
            self.heard.append(name)
            self.threads.add(get_ident())
            if name == "bell":
                self.rang.callback(None)

        return told


class ThreadTests(TestCase):
    """
    A thread that paints.
    """

    def setUp(self) -> None:
        self.framebuffer = MemoryFramebuffer(20, 10)
        self.listener = Listener()
        self.framebuffer.addListener(self.listener)

    async def test_handedOver(self) -> None:
        """
        What it reports is told in the reactor's thread, in order, and what was damaged
        is known there.
        """
        framebuffer = self.framebuffer
        await framebuffer.capture()

        def paint() -> None:
            framebuffer.fill("red", Rectangle(0, 0, 2, 2))
            framebuffer.damage((3, 3, 1, 1))
            framebuffer.copy(Rectangle(0, 0, 2, 2), 10, 0)
            framebuffer.name = "other"
            framebuffer.setCursor(None)
            framebuffer.cutText("hello")
            framebuffer.movePointer(1, 2)
            framebuffer.bell()

        await deferToThread(paint)
        await self.listener.rang
        self.assertEqual(
            self.listener.heard,
            [
                *("damaged", "damaged", "copied", "damaged", "renamed"),
                *("cutText", "pointerMoved", "bell"),
            ],
        )
        self.assertEqual(self.listener.threads, {get_ident()})
        region = await framebuffer.capture()
        self.assertEqual(region.area, 4 + 1 + 4)

    async def test_show(self) -> None:
        """
        A picture that it shows is announced there, and seen whole.
        """
        framebuffer = self.framebuffer
        await framebuffer.capture()
        red = Image.new("RGB", (20, 10), "red")

        def show() -> None:
            framebuffer.show(red)
            framebuffer.bell()

        await deferToThread(show)
        await self.listener.rang
        self.assertEqual(self.listener.heard, ["damaged", "bell"])
        self.assertEqual(self.listener.threads, {get_ident()})
        await framebuffer.capture()
        self.assertEqual(framebuffer.toImage().tobytes(), red.tobytes())

    async def test_atOnce(self) -> None:
        """
        In the reactor's thread all of it happens at once.
        """
        self.framebuffer.damage()
        self.assertEqual(self.listener.heard, ["damaged"])

    async def test_size(self) -> None:
        """
        The size cannot be changed there, as viewers may be being sent pixels.
        """
        change: Any
        for change, *arguments in (
            (self.framebuffer.resize, 5, 5),
            (self.framebuffer.useBuffer, bytearray(100), 5, 5),
        ):
            failing = deferToThread(change, *arguments)
            error = await self.assertFailure(failing, RuntimeError)
            self.assertIn("reactor.callFromThread(framebuffer.", str(error))
        self.assertEqual(self.framebuffer.width, 20)

    async def test_wrong(self) -> None:
        """
        A mistake is told to who makes it.
        """
        wrong: Any = (1, 2)
        failing = deferToThread(self.framebuffer.damage, wrong)
        await self.assertFailure(failing, ValueError)
