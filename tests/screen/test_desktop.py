# -*- test-case-name: tests.screen.test_desktop -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._screen.desktop}.
"""

from __future__ import annotations

from typing import Any

from PIL import Image
from twisted.trial.unittest import SynchronousTestCase

from tests.machine import Lights, Mouse
from txrfb._screen.desktop import DesktopState
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.geometry import Rectangle, Screen

BOUNDS = Rectangle(0, 0, 100, 80)


class Halves:
    """
    Two screens, side by side.
    """

    screens = (Screen(3, 0, 0, 50, 80, 0), Screen(4, 50, 0, 50, 80, 0))


class DesktopTests(SynchronousTestCase):
    """
    What there is beside pixels.
    """

    def setUp(self) -> None:
        """
        A framebuffer.
        """
        self.framebuffer = MemoryFramebuffer(100, 80, "its own")

    def test_plain(self) -> None:
        """
        What nobody says anything about is as simple as it can be.
        """
        desktop = DesktopState(self.framebuffer)
        self.assertEqual(desktop.leds, 0)
        self.assertFalse(desktop.wantsMotion)
        self.assertIsNone(desktop.overlay)
        self.assertEqual(desktop.pointer, (0, 0))
        self.assertEqual(desktop.screensIn(BOUNDS), (Screen(1, 0, 0, 100, 80, 0),))

    def test_name(self) -> None:
        """
        The name is the framebuffer's newest, if there is no other.
        """
        follows, has = (
            DesktopState(self.framebuffer),
            DesktopState(self.framebuffer, name=""),
        )
        self.framebuffer.name = "another"
        self.assertEqual((follows.name, follows.isNamed), ("another", False))
        self.assertEqual((has.name, has.isNamed), ("", True))

    def test_cursor(self) -> None:
        """
        The pointer has the shape it had when that was looked at last, and is drawn
        where it is.
        """
        desktop = DesktopState(self.framebuffer)
        self.framebuffer.setCursor(Image.new("RGBA", (5, 6), "red"), (2, 3))
        self.assertIsNone(desktop.cursor)
        desktop.updateCursor()
        self.assertIs(desktop.cursor, self.framebuffer.cursor)
        desktop.pointer = (40, 30)
        overlay = desktop.overlay
        assert overlay is not None
        self.assertEqual(overlay.rectangle, Rectangle(38, 27, 5, 6))

    def test_machine(self) -> None:
        """
        Lights, and whether motions are wanted, are asked for each time.
        """
        lights: Any = Lights()
        mouse: Any = Mouse()
        desktop = DesktopState(self.framebuffer, mouse, ledSource=lights)
        for leds in (0, 5):
            lights.leds = leds
            self.assertEqual(desktop.leds, leds)
        for wants in (True, False):
            mouse.wantsMotion = wants
            self.assertEqual(desktop.wantsMotion, wants)

    def test_screens(self) -> None:
        """
        Who divides the screen is believed, as long as all of it lies inside.
        """
        halves: Any = Halves()
        desktop = DesktopState(self.framebuffer, screenSource=halves)
        self.assertEqual(desktop.screensIn(BOUNDS), tuple(halves.screens))
        smaller = Rectangle(0, 0, 99, 80)
        self.assertEqual(desktop.screensIn(smaller), (Screen(1, *smaller, 0),))

    def test_numberZero(self) -> None:
        """
        No viewer gets to see a screen of number 0, which libvncclient takes for none;
        what they ask for of it the application hears of by its own number.
        """
        taken = 0x7FFFFFFF
        for others in ((1, 2), (taken, taken - 1)):
            halves: Any = Halves()
            halves.screens = [
                Screen(number, n, 0, 1, 80) for n, number in enumerate((0, *others))
            ]
            desktop = DesktopState(self.framebuffer, screenSource=halves)
            shown = desktop.screensIn(BOUNDS)
            self.assertEqual(tuple(one.id for one in shown[1:]), others)
            self.assertNotIn(shown[0].id, (0, *others))
            self.assertEqual(list(desktop.ownScreens(shown)), halves.screens)
            other = (Screen(77, 0, 0, 5, 5),)
            self.assertEqual(desktop.ownScreens(other), other)
