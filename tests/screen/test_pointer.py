# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._screen.pointer}, on a clock.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from txrfb._screen.desktop import DesktopState
from txrfb._screen.followers import Change, Followers
from txrfb._screen.pointer import PointerNews
from txrfb._screen.renderedcursor import RenderedCursor
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.pixels import Cursor


class Listener:
    """
    A follower that remembers what it was told.

    @ivar places: Where the pointer was each time.
    @ivar old: Where the cursor was drawn before, each time.
    """

    def __init__(self, desktop: DesktopState) -> None:
        self.places: list[tuple[int, int]] = []
        self.old: list[tuple[int, int] | None] = []
        self._desktop = desktop

    def changed(self, what: Change) -> None:
        """
        Something has changed.
        """
        assert what is Change.POINTER
        self.places.append(self._desktop.pointer)

    def cursorChanged(self, old: RenderedCursor | None) -> None:
        """
        The cursor is elsewhere.
        """
        self.old.append(None if old is None else old.rectangle[:2])


class PointerTests(SynchronousTestCase):
    """
    Two that follow, and a third that nobody has added yet.
    """

    def setUp(self) -> None:
        """
        The pointer is at 0, 0, with a shape.
        """
        self.clock = Clock()
        framebuffer = MemoryFramebuffer(80, 60)
        framebuffer.cursor = Cursor(1, 1, 0, 0, bytes([255] * 4))
        self.desktop = DesktopState(framebuffer)
        self.desktop.updateCursor()
        followers = Followers()
        self.news = PointerNews(self.clock, self.desktop, followers)
        self.one, self.other = Listener(self.desktop), Listener(self.desktop)
        self.followers: Any = followers
        self.add(self.one)
        self.add(self.other)

    def add(self, listener: Any) -> None:
        """
        Somebody follows.
        """
        self.followers.add(listener)

    def move(self, x: int, y: int, by: Any = None) -> None:
        """
        The pointer is moved.
        """
        self.news.move(x, y, by)

    def test_atOnce(self) -> None:
        """
        A move after a rest is told at once, to all but the one that made it; where the
        cursor was drawn is told to that, too.
        """
        self.move(3, 4, by=self.one)
        self.assertEqual(self.one.places, [])
        self.assertEqual(self.other.places, [(3, 4)])
        self.assertEqual(self.one.old, [(0, 0)])

    def test_merged(self) -> None:
        """
        A thousand moves in a second are told sixty times, and the last of them in the
        end; nothing is left to do then.
        """
        for n in range(1, 1001):
            self.move(n % 70, n % 50, by=self.one)
            self.clock.advance(0.001)
        self.assertLess(len(self.other.places), 64)
        self.clock.pump([0.1, 0.1])
        self.assertEqual(self.other.places[-1], (1000 % 70, 1000 % 50))
        # Where it was drawn last is where it was told to be last.
        self.assertEqual(self.other.old[1:], self.other.places[:-1])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_several(self) -> None:
        """
        Of several that move it, the last knows where it is; the others are told.
        """
        self.move(1, 1)
        self.move(2, 2, by=self.one)
        self.move(3, 3, by=self.other)
        self.clock.advance(1)
        self.assertEqual(self.one.places, [(1, 1), (3, 3)])
        self.assertEqual(self.other.places, [(1, 1)])

    def test_same(self) -> None:
        """
        Where it is already it is not moved to.
        """
        self.move(0, 0)
        self.assertEqual(self.one.places + self.one.old, [])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_nobody(self) -> None:
        """
        If nobody is there it is moved all the same, and nothing waits.
        """
        self.move(1, 1)
        self.followers.remove(self.one)
        self.followers.remove(self.other)
        self.news.stop()
        self.move(5, 5)
        self.assertEqual(self.desktop.pointer, (5, 5))
        self.assertEqual(self.clock.getDelayedCalls(), [])
