# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.broadcast.publisher}.
"""

from __future__ import annotations

from typing import Any

from tests.broadcast.case import FRAMES, INFO, KEY, ORIGIN, BroadcastCase
from tests.scenes import RemoteFramebuffer
from txrfb.broadcast import frames as module
from txrfb.broadcast.layout import Info, KeyFrame, Place
from txrfb.framebuffers import MemoryFramebuffer
from txrfb.protocol import RFBFactory
from txrfb.testing import Link, assertScreen


class FenceTests(BroadcastCase):
    """
    Two origins.
    """

    def test_second(self) -> None:
        """
        An origin that begins later takes over: the other publishes nothing more, not
        even a key frame, and says why, once; edges show the new one.
        """
        viewer = self.view(self.edge())
        self.draw(2)
        first = self.publisher
        other = MemoryFramebuffer(60, 40, "other")
        other.paste(self.picture(60, 40))
        self.publish(RFBFactory(other, reactor=self.clock))
        self.draw(4)
        self.pass_(10)
        self.assertTrue(first.isFenced)
        assertScreen(viewer, other)
        self.assertEqual(self.log.count("another origin has taken over"), 1)
        self.draw(5)
        self.pass_(10)
        assertScreen(viewer, other)
        key = KeyFrame.fromBytes(self.redis.get(KEY))
        self.assertEqual((key.width, key.height), (60, 40))
        self.assertEqual(first.report()["state"], "another origin has taken over")

    def test_idle(self) -> None:
        """
        So it is if nobody looks.
        """
        first = self.publisher
        self.publish(RFBFactory(MemoryFramebuffer(60, 40), reactor=self.clock))
        self.pass_(10)
        self.assertTrue(first.isFenced)

    def test_key(self) -> None:
        """
        One that was frozen, and wakes with a key frame in its hands, does not write it.
        """
        self.view(self.edge())
        self.redis.strings[ORIGIN] = b"9999999999999", float("inf")
        before = self.redis.get(KEY)
        self.publisher._tap.wantWhole()
        self.pass_(1)
        self.assertTrue(self.publisher.isFenced)
        self.assertEqual(self.redis.get(KEY), before)

    def test_watched(self) -> None:
        """
        Nor one that is overtaken between its look and its writing.
        """
        self.view(self.edge())
        before = self.redis.get(KEY)
        claimed = self.publisher._claimed

        def overtaken(origin: Any, update: Any) -> None:
            self.redis.strings[ORIGIN] = b"9999999999999", float("inf")
            self.redis.changed(ORIGIN)
            claimed(origin, update)

        self.publisher._claimed = overtaken
        self.publisher._tap.wantWhole()
        self.pass_(1)
        self.assertTrue(self.publisher.isFenced)
        self.assertEqual(self.redis.get(KEY), before)

    def test_clockSetBack(self) -> None:
        """
        An origin whose clock is behind that of the one before takes over all the same.
        """
        self.view(self.edge())
        self.publisher.stopService()
        self.pass_(0.1)
        publisher = self.publish()
        epoch = self.publisher.epoch
        publisher.stopService()
        self.pass_(0.1)
        publisher._now = lambda: 5
        publisher.startService()
        self.pass_(3)
        self.assertGreater(publisher.epoch, epoch)
        self.assertFalse(publisher.isFenced)


class RoomTests(BroadcastCase):
    """
    How it is held back.
    """

    def test_engine(self) -> None:
        """
        An engine that takes nothing holds the origin back: nothing is captured, and
        what waits is bounded; then edges have what there is, not what there was.
        """
        viewer = self.view(self.edge())
        self.redis.isFrozen = True
        self.draw(30)
        captures = self.origin.display.captures
        self.draw(30)
        self.assertLessEqual(self.origin.display.captures, captures)
        self.assertLess(self.publisher._entries, 10)
        self.redis.isFrozen = False
        for one in self.redis.connections:
            one.work()
            one.woken()
        self.pass_(1)
        assertScreen(viewer, self.source, within=15)

    def test_whole(self) -> None:
        """
        A key frame that is on its way holds the origin back, also when what was written
        before it is answered meanwhile: so no update has a place before a key frame
        that does not show it, and there are no two pictures of a place.
        """
        self.publisher.stopService()
        self.pass_(0.1)
        publisher = self.publish(link=Link(delay=0.1))
        viewer = self.view(self.edge())
        self.draw(8)
        self.pass_(1)
        self.paint()
        self.pass_(0.1)
        self.assertEqual(publisher._entries, 1)
        publisher._tap.wantWhole()
        self.pass_(0.05)
        self.paint()
        pictures: dict[Place, set[bytes]] = {}
        for _ in range(100):
            self.pass_(0.01)
            key = KeyFrame.fromBytes(self.redis.get(KEY))
            pictures.setdefault(key.place, set()).add(key.data)
        self.assertEqual([len(found) for found in pictures.values()], [1, 1])
        assertScreen(viewer, self.source)
        assertScreen(self.view(self.edge()), self.source)

    def test_narrow(self) -> None:
        """
        So does a narrow way to it.
        """
        self.publisher.stopService()
        self.pass_(0.1)
        self.publish(link=Link(bandwidth=50_000))
        viewer = self.view(self.edge())
        before = self.redis.written
        self.draw(100)
        # 7 KB each would be 140 KB a second.
        self.assertLess(self.redis.written - before, 5.5 * 50_000)
        assertScreen(viewer, self.source, within=10)

    def test_silent(self) -> None:
        """
        An engine that answers nothing for long is left, and looked for again.
        """
        self.view(self.edge())
        self.redis.isFrozen = True
        self.draw(3)
        self.pass_(15)
        self.assertIn("it does not answer", self.log)

    def test_bells(self) -> None:
        """
        Bells and texts without end do not fill the engine.
        """
        self.view(self.edge())
        self.patch(module, "_SMALL", 5000)
        for _ in range(200):
            self.source.bell()
            self.source.cutText("x" * 1000)
        self.pass_()
        self.assertLess(len(self.redis.entries(FRAMES)), 60)

    def test_tooLarge(self) -> None:
        """
        A picture that is larger than an edge reads is not published; that is said once.
        """
        self.patch(module, "KEY_LIMIT", 1000)
        self.edge().factory.display.wanted()
        edge = self.edge()
        edge.framebuffer.resumeProducing()
        self.pass_(100)
        self.assertIsNone(self.redis.get(KEY))
        self.assertEqual(self.log.count("cannot be published"), 1)


class TroubleTests(BroadcastCase):
    """
    What the engine refuses.
    """

    def test_refused(self) -> None:
        """
        What it refuses is said once, and tried again ever more seldom; when it is
        allowed all is well.
        """
        self.redis.refused = {"XADD": "OOM command not allowed", "EXEC": "OOM"}
        edge = self.edge()
        edge.framebuffer.resumeProducing()
        self.redis.refused.pop("XADD")
        self.redis.refused["EXEC"] = "OOM command not allowed"
        self.pass_(60)
        self.assertLess(self.redis.commands.count("EXEC"), 10)
        self.assertEqual(self.log.count("OOM command not allowed; it is tried"), 1)
        self.redis.refused = {}
        self.pass_(35)
        assertScreen(self.view(edge), self.source)

    def test_prepares(self) -> None:
        """
        What has no size yet is published when it has one.
        """
        self.publisher.stopService()
        self.pass_(0.1)
        remote = RemoteFramebuffer()
        self.publish(RFBFactory(remote, reactor=self.clock))
        edge = self.edge()
        edge.framebuffer.resumeProducing()
        self.pass_(3)
        self.assertIsNone(self.redis.get(KEY))
        remote.connected(50, 40)
        self.pass_(0.2)
        remote.deliver()
        self.pass_(0.2)
        key = KeyFrame.fromBytes(self.redis.get(KEY))
        self.assertEqual((key.width, key.height), (50, 40))

    def test_alive(self) -> None:
        """
        It says that it is alive, and what it allows; and that it ends.
        """
        self.pass_(5)
        info = Info.fromBytes(self.redis.get(INFO))
        self.assertEqual(info, Info(self.publisher.epoch, "view", False, False))
        self.view(self.edge())
        self.assertTrue(Info.fromBytes(self.redis.get(INFO)).isOn)
        self.publisher.stopService()
        self.pass_(0.1)
        self.assertTrue(Info.fromBytes(self.redis.get(INFO)).isOver)
