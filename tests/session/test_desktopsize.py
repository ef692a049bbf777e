# -*- test-case-name: tests.session.test_desktopsize -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._session.desktopsize}.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from txrfb._screen.display import Display
from txrfb._session.capabilities import Capabilities
from txrfb._session.desktopsize import DesktopSize
from txrfb._wire.messages import Message
from txrfb.encodings.constants import (
    DESKTOP_SIZE,
    EXTENDED_DESKTOP_SIZE,
    FENCE,
    QEMU_EXTENDED_KEY,
    VMWARE_DISPLAY_MODE,
)
from txrfb.encodings.desktop import (
    BY_ANOTHER_VIEWER,
    BY_SERVER,
    BY_THIS_VIEWER,
    PROHIBITED,
)
from txrfb.framebuffers.memory import MemoryFramebuffer


class Saying:
    """
    Writes down what is said.
    """

    def __init__(self) -> None:
        self.said: list[tuple[bytes, str]] = []

    def say(self, message: Message, replaces: str = "") -> None:
        """
        A message, and what it is news of.
        """
        self.said.append((message.toBytes(), replaces))


class ScreenNewsTests(SynchronousTestCase):
    """
    What a viewer is told of size and screens, by what it knows.
    """

    def setUp(self) -> None:
        """
        A screen, and a viewer that knows nothing yet.
        """
        display = Display(MemoryFramebuffer(100, 80), Clock())
        writer: Any = Saying()
        self.news = DesktopSize(display, writer)
        self.said: list[tuple[bytes, str]] = writer.said

    def know(self, *pseudo: int) -> None:
        """
        The viewer knows these pseudo-encodings.
        """
        self.news.capabilities = Capabilities.fromEncodings(pseudo)

    def header(self) -> tuple[int, ...]:
        """
        @return: Of the one update that was said: x, y, width, height and encoding of
            its one rectangle.
        """
        [(data, _)] = self.said
        self.said.clear()
        self.assertEqual(data[:4], b"\0\0\0\1")
        numbers = [int.from_bytes(data[n : n + 2], "big") for n in range(4, 12, 2)]
        return (*numbers, int.from_bytes(data[12:16], "big", signed=True))

    def test_cannotBeTold(self) -> None:
        """
        A viewer that knows of no changes of size is told nothing, and is known to
        have missed them.
        """
        self.news.sizeChanged(BY_SERVER)
        self.assertFalse(self.news.tellSize())
        self.assertEqual(self.news.newSize, BY_SERVER)
        self.news.screensChanged(BY_SERVER)
        self.news.tell(BY_THIS_VIEWER)
        self.news.pixelsAsked()
        self.assertFalse(self.news.isOwed)
        self.assertEqual(self.said, [])

    def test_size(self) -> None:
        """
        One that knows DesktopSize is told the size, as that of a rectangle, once.
        """
        self.know(DESKTOP_SIZE)
        self.news.sizeChanged(BY_SERVER)
        self.assertTrue(self.news.tellSize())
        self.assertEqual(self.header(), (0, 0, 100, 80, DESKTOP_SIZE))
        self.assertTrue(self.news.tellSize())
        self.assertEqual(self.said, [])

    def test_reasons(self) -> None:
        """
        One that knows ExtendedDesktopSize is told of the reason, too: what it asked
        for itself is answered, whatever else happens before it is told.
        """
        self.know(DESKTOP_SIZE, EXTENDED_DESKTOP_SIZE)
        for reasons, told in (
            ((BY_SERVER, BY_ANOTHER_VIEWER), BY_ANOTHER_VIEWER),
            ((BY_THIS_VIEWER, BY_SERVER), BY_THIS_VIEWER),
        ):
            for reason in reasons:
                self.news.sizeChanged(reason)
                self.news.screensChanged(reason)  # told together
            self.assertTrue(self.news.tellSize())
            self.assertEqual(self.header()[:2], (told, 0))

    def test_merged(self) -> None:
        """
        News replace older ones that still wait; answers do not, nor are replaced.
        """
        self.know(EXTENDED_DESKTOP_SIZE)
        self.news.screensChanged(BY_SERVER)
        self.news.tell(BY_THIS_VIEWER, PROHIBITED)
        [(_, replaces), (data, answerReplaces)] = self.said
        self.assertTrue(replaces)
        self.assertFalse(answerReplaces)
        self.assertEqual(data[6:8], PROHIBITED.to_bytes(2, "big"))

    def test_withPixels(self) -> None:
        """
        Each time that a viewer asks for pixels it is told of the screens, too.
        """
        self.know(EXTENDED_DESKTOP_SIZE)
        for _ in range(3):
            self.news.pixelsAsked()
            self.assertTrue(self.news.isOwed)
            self.news.tellOwed()
            self.assertFalse(self.news.isOwed)
            self.assertEqual(
                self.header(), (BY_SERVER, 0, 100, 80, EXTENDED_DESKTOP_SIZE)
            )

    def test_first(self) -> None:
        """
        That is before the pixels, but not for viewers that may take their first update
        for the picture.
        """
        for isFirst, pseudo in (
            (True, (EXTENDED_DESKTOP_SIZE,)),
            (True, (EXTENDED_DESKTOP_SIZE, QEMU_EXTENDED_KEY, FENCE)),
            (False, (EXTENDED_DESKTOP_SIZE, QEMU_EXTENDED_KEY)),
        ):
            self.know(*pseudo)
            self.assertEqual(self.news.isFirst, isFirst)

    def test_gtkVnc(self) -> None:
        """
        A viewer made with gtk-vnc, which asks for all pixels whenever it is told, is
        not told again because of that, by whatever it was told, and however many of
        its requests are under way.
        """
        self.know(EXTENDED_DESKTOP_SIZE, VMWARE_DISPLAY_MODE)
        for tell in (self.news.tellOwed, lambda: self.news.screensChanged(BY_SERVER)):
            self.news.pixelsAsked()
            self.assertTrue(self.news.isOwed)
            tell()
            self.news.isOwed = False
            self.news.pixelsAsked()
            self.assertFalse(self.news.isOwed)
        for _ in range(3):
            self.news.screensChanged(BY_SERVER)
        for _ in range(3):
            self.news.pixelsAsked()
            self.assertFalse(self.news.isOwed)
        self.news.pixelsAsked()
        self.assertTrue(self.news.isOwed)
