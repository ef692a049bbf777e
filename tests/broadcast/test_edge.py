# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.broadcast.edge} and L{txrfb.broadcast.hands}, with an origin, an engine
and viewers on one clock.
"""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from zope.interface.verify import verifyObject

from tests.broadcast.case import FRAMES, INFO, KEY, ORIGIN, BroadcastCase
from tests.broadcast.fake import EPOCH
from txrfb.broadcast import edge as module
from txrfb.broadcast.layout import ENTRY, KeyFrame, Place
from txrfb.geometry import Rectangle
from txrfb.interfaces import IFramebuffer, IInputReceiver, IPrepared, IScreens
from txrfb.pixels import Cursor
from txrfb.testing import Link, Viewer, assertScreen


class PictureTests(BroadcastCase):
    """
    What viewers of edges see.
    """

    def test_first(self) -> None:
        """
        A viewer of an edge sees what the origin shows, and its name.
        """
        viewer = self.view(self.edge())
        assertScreen(viewer, self.source)
        self.assertEqual(viewer.name, "lobby's")

    def test_interfaces(self) -> None:
        """
        An edge is a framebuffer like others.
        """
        framebuffer = self.edge().framebuffer
        for interface in (IFramebuffer, IPrepared, IScreens, IInputReceiver):
            verifyObject(interface, framebuffer)

    def test_changes(self) -> None:
        """
        All viewers of all edges see whatever changes, as it does; what is published is
        published once.
        """
        viewers = [self.view(self.edge()) for _ in range(3)]
        before = self.redis.commands.count("XADD")
        for _ in range(5):
            self.draw()
            for viewer in viewers:
                assertScreen(viewer, self.source)
        frames = [fields[0] for _, fields in self.redis.entries(FRAMES)]
        self.assertEqual(frames.count(b"b"), 5)
        self.assertGreater(self.redis.commands.count("XADD"), before)

    def test_late(self) -> None:
        """
        An edge that comes late shows the same.
        """
        first = self.view(self.edge())
        self.draw(8)
        second = self.view(self.edge())
        assertScreen(second, self.source)
        self.draw()
        assertScreen(first, self.source)
        assertScreen(second, self.source)

    def test_keys(self) -> None:
        """
        Key frames keep the stream short; viewers in step see no more of them than of
        other entries.
        """
        edge = self.edge()
        viewer = self.view(edge)
        self.draw(120)
        assertScreen(viewer, self.source)
        self.assertLess(len(self.redis.entries(FRAMES)), 40)
        self.assertGreater(self.redis.commands.count("EXEC"), 5)
        self.assertEqual(edge.framebuffer.report()["keyFrames"], 1)
        # The changes are 60x40 pixels each.
        assert viewer.server is not None
        self.assertLess(viewer.server.bytesSent, (120 + 8) * 60 * 40 * 3.2)

    def test_resize(self) -> None:
        """
        Another size comes to viewers that are there and to those that come after it.
        """
        edge = self.edge()
        viewer = self.view(edge)
        self.source.resize(200, 50)
        self.source.paste(self.picture(200, 50))
        self.pass_()
        assertScreen(viewer, self.source)
        assertScreen(self.view(edge), self.source)
        assertScreen(self.view(self.edge()), self.source)

    def test_rest(self) -> None:
        """
        Name, shape and place of the pointer, bell and text come, too; those that there
        are when a viewer comes, as well.
        """
        edge = self.edge()
        viewer = self.view(edge)
        self.source.name = "other"
        self.source.cursor = Cursor(2, 2, 1, 0, bytes([9, 8, 7, 255]) * 4)
        self.source.bell()
        self.source.cutText("smile \u263a")
        self.pass_()
        self.assertEqual(viewer.bells, 1)
        self.assertEqual(viewer.name, "other")
        self.assertEqual(edge.framebuffer.cursor, self.source.cursor)
        self.assertEqual(viewer.clipboard, "smile ?")
        late = self.view(self.edge())
        self.assertEqual(late.name, "other")

    def test_restInKey(self) -> None:
        """
        Also if they change just before or after a key frame is wanted, and no pixel
        does: then the key frame has them.  Edges in step read none without news.
        """
        edge = self.edge()
        viewer = self.view(edge)
        self.draw(2)
        keys = self.redis.commands.count("EXEC")
        self.publisher._tap.wantWhole()
        self.pass_()
        self.assertEqual(edge.framebuffer.report()["keyFrames"], 1)
        self.publisher._tap.wantWhole()
        self.source.name = "other"
        self.pass_()
        self.assertEqual(viewer.name, "other")
        self.source.cursor = Cursor(2, 2, 1, 0, bytes([9, 8, 7, 255]) * 4)
        self.publisher._tap.wantWhole()
        self.pass_()
        self.assertEqual(edge.framebuffer.cursor, self.source.cursor)
        self.publisher._tap.wantWhole()
        self.pass_()
        self.assertEqual(self.redis.commands.count("EXEC"), keys + 4)
        self.assertEqual(edge.framebuffer.report()["keyFrames"], 3)

    def test_copies(self) -> None:
        """
        What moves is copied on its way.
        """
        viewer = self.view(self.edge())
        before = self.redis.written
        self.source.copy(Rectangle(0, 20, 120, 60), 0, 0)
        self.pass_()
        assertScreen(viewer, self.source)
        self.assertLess(self.redis.written - before, 6000)

    def test_more(self) -> None:
        """
        An update that is longer than an entry may be is divided.
        """
        self.patch(module, "ENTRY", 1000)
        from txrfb.broadcast import layout

        self.patch(layout, "ENTRY", 1000)
        viewer = self.view(self.edge())
        self.source.paste(self.picture(40, 40))
        self.pass_()
        assertScreen(viewer, self.source)
        kinds = [fields[0] for _, fields in self.redis.entries(FRAMES)]
        self.assertIn(b"m", kinds)
        sizes = [len(fields[1]) for _, fields in self.redis.entries(FRAMES)]
        self.assertLessEqual(max(sizes), 1000)


class HealTests(BroadcastCase):
    """
    What goes wrong, and is right again.
    """

    def test_cut(self) -> None:
        """
        An edge whose connection is cut has the picture soon after; viewers are told
        beside the name, and stay.
        """
        edge = self.edge()
        viewer = self.view(edge)
        self.redis.isThere = False
        edge.cut()
        self.draw(3)
        self.assertIn("the connection to the broadcast is lost", viewer.name)
        self.assertFalse(edge.framebuffer.isLive)
        self.redis.isThere = True
        self.pass_(5)
        self.draw()
        assertScreen(viewer, self.source)
        self.assertEqual(viewer.name, "lobby's")
        self.assertTrue(edge.framebuffer.isLive)
        self.assertEqual(self.log.count("viewers keep the last picture"), 1)

    def test_frozen(self) -> None:
        """
        An edge that reads nothing for so long that it has missed entries heals by the
        key frame; the origin was not held up by it, nor another edge.
        """
        edge, other = self.edge(), self.edge()
        viewer, happy = self.view(edge), self.view(other)
        heals = edge.framebuffer._heals
        edge.freeze()
        self.draw(150)
        assertScreen(happy, self.source)
        edge.freeze(False)
        self.pass_(1)
        assertScreen(viewer, self.source)
        self.assertGreater(edge.framebuffer._heals, heals)

    def test_engineDies(self) -> None:
        """
        The engine dies and returns empty: the origin publishes a key frame first, and
        all edges heal.
        """
        viewers = [self.view(self.edge()) for _ in range(2)]
        self.redis.kill()
        self.draw(5)
        self.redis.isThere = True
        self.pass_(12)
        self.draw(2)
        for viewer in viewers:
            assertScreen(viewer, self.source)
            self.assertEqual(viewer.name, "lobby's")

    def test_originGone(self) -> None:
        """
        When the origin is gone viewers keep the picture, and are told so, once; when
        there is another it is shown.
        """
        edge = self.edge()
        viewer = self.view(edge)
        before = self.source.toImage()
        self.successResultOf(self.stopped(self.publisher))
        self.pass_(5)
        self.assertIn("the origin of the broadcast is gone", viewer.name)
        assertScreen(viewer, before)
        self.pass_(30)
        self.assertEqual(self.log.count("the origin has ended"), 1)
        self.source.paste(self.picture(120, 80))
        self.publish()
        self.pass_(5)
        assertScreen(viewer, self.source)
        self.assertEqual(viewer.name, "lobby's")

    def test_left(self) -> None:
        """
        What an origin left that is gone is shown to who comes, and not called live.
        """
        edge = self.edge()
        viewer = self.view(edge)
        self.draw(3)
        self.successResultOf(self.stopped(self.publisher))
        self.pass_(4)
        viewer.disconnect()
        self.pass_(4)
        viewer = self.view(edge)
        self.pass_(4)
        self.assertIn("the origin of the broadcast is gone", viewer.name)
        assertScreen(viewer, self.source)
        self.assertNotIn("live again", self.log.partition("the origin has ended")[2])

    def stopped(self, publisher: Any) -> Any:
        """
        @return: What has fired when it has stopped.
        """
        done = publisher.stopService()
        self.pass_(0.1)
        return done

    def test_originVanishes(self) -> None:
        """
        An origin that says nothing any more is gone after a while.
        """
        viewer = self.view(self.edge())
        self.endpoint.isSilent = True
        for server, _ in self.endpoint.transports:
            server.abortConnection()
        self.pass_(20)
        self.assertIn("the origin of the broadcast is gone", viewer.name)
        self.assertIn("there is no sign of an origin", self.log)

    def test_waits(self) -> None:
        """
        A viewer that comes before there is an origin waits for it.
        """
        self.successResultOf(self.stopped(self.publisher))
        self.redis.empty()
        edge = self.edge()
        self.pass_(1)
        self.clock.callLater(3, self.publish)
        viewer = Viewer(edge.factory)
        assertScreen(viewer, self.source, within=5)
        self.assertGreater(self.clock.seconds(), 3)

    def test_nowhere(self) -> None:
        """
        A viewer of an edge that has no engine is told so.
        """
        self.redis.isThere = False
        edge = self.edge()
        viewer = Viewer(edge.factory)
        self.pass_(15)
        self.assertFalse(viewer.isConnected)
        self.assertIn("the desktop is not there", viewer.reason)
        self.assertIn("redis://here/lobby: connection was refused", self.log)

    def test_stale(self) -> None:
        """
        Who comes when nobody has looked for long never sees what there was then.
        """
        edge = self.edge()
        viewer = self.view(edge)
        viewer.disconnect()
        self.pass_(20)
        self.assertFalse(self.publisher._isPublishing)
        self.source.paste(self.picture(120, 80))
        viewer = self.view(edge)
        assertScreen(viewer, self.source)
        self.assertEqual(len([one for one in viewer.updates if one.rectangles]), 1)

    def test_returns(self) -> None:
        """
        Who comes back at once goes on in step.
        """
        edge = self.edge()
        viewer = self.view(edge)
        heals = edge.framebuffer._heals
        viewer.disconnect()
        viewer = self.view(edge)
        assertScreen(viewer, self.source)
        self.assertLessEqual(edge.framebuffer._heals, heals + 1)

    def test_slowWay(self) -> None:
        """
        Over a long way all is the same.
        """
        viewer = self.view(self.edge(Link(delay=0.1)))
        self.draw(10)
        assertScreen(viewer, self.source, within=3)


class NothingTests(BroadcastCase):
    """
    What is not done when nobody looks.
    """

    def test_noEdge(self) -> None:
        """
        Without an edge nothing is captured, encoded or published.
        """
        self.draw(5)
        self.assertEqual(self.redis.entries(FRAMES), [])
        self.assertIsNone(self.redis.get(KEY))
        self.assertEqual(self.origin.display.captures, 0)

    def test_noViewer(self) -> None:
        """
        An edge without viewers wants nothing; when the last has left, the origin rests
        soon.
        """
        edge = self.edge()
        self.pass_(5)
        self.assertEqual(self.redis.entries(FRAMES), [])
        self.assertEqual(self.redis.commands.count("XREAD") < 10, True)
        viewer = self.view(edge)
        self.assertTrue(self.publisher._isPublishing)
        viewer.disconnect()
        self.pass_(4)
        self.assertFalse(self.publisher._isPublishing)
        captures = self.origin.display.captures
        before = len(self.redis.commands)
        self.draw(5)
        self.pass_(10)
        self.assertEqual(self.origin.display.captures, captures)
        # Signs of life alone.
        self.assertLess(len(self.redis.commands) - before, 40)

    def test_vanished(self) -> None:
        """
        An edge that says nothing any more is not waited for.
        """
        edge = self.edge()
        self.view(edge)
        self.redis.refused = {}
        for server, _ in edge.endpoint.transports:
            server.pauseProducing()
        self.pass_(12)
        self.assertFalse(self.publisher._isPublishing)
        self.assertEqual(self.publisher.report()["edges"], 0)


class HostileTests(BroadcastCase):
    """
    What is in the engine may be anything.
    """

    def garbage(self, fields: list[bytes], serial: int | None = None) -> None:
        """
        Add an entry where the next is expected.
        """
        epoch, last = self.redis.tops[FRAMES]
        self.redis.add(FRAMES, (epoch, serial or last + 1), fields)

    def test_garbage(self) -> None:
        """
        Entries that are none are logged once and not looped on; the picture is right
        again with the next key frame.
        """
        viewer = self.view(self.edge())
        for fields in (
            [b"b", b"\xff\xff"],
            [b"x", b""],
            [b"b"],
            [b"b", b"a", b"c", b""],
        ):
            self.garbage(fields)
            before = len(self.redis.commands)
            self.pass_(3)
            self.assertLess(len(self.redis.commands) - before, 60)
        self.assertLessEqual(self.log.count("cannot be read"), 4)
        # The origin has been fenced by these.
        self.draw()
        self.pass_(1)
        self.assertTrue(self.publisher.isFenced)
        self.publish()
        self.pass_(15)
        assertScreen(viewer, self.source)

    def test_halfUpdate(self) -> None:
        """
        An entry that ends in the midst of an update is none.
        """
        edge = self.edge()
        viewer = self.view(edge)
        self.garbage([b"b", b"\0\0\0\1\0\0"])
        self.pass_(0.2)
        self.assertIn("in the midst", self.log)
        assertScreen(viewer, self.source, within=5)

    def test_tooLong(self) -> None:
        """
        An entry of any length is not kept, and the connection is made again.
        """
        self.patch(module, "_LIMIT", 10_000)
        edge = self.edge()
        viewer = self.view(edge)
        before = len(self.redis.attempts)
        self.garbage([b"b", bytes(200_000)])
        self.pass_(10)
        self.assertIn("more than 10000 bytes", self.log)
        self.assertLess(len(self.redis.attempts) - before, 12)
        self.assertTrue(viewer.isConnected)

    def test_key(self) -> None:
        """
        A key frame that is none is not looped on either.
        """
        for key in (b"", b"short", b"RFB1" + bytes(60), b"RFB9" + bytes(60)):
            self.redis.strings[KEY] = key, float("inf")
            edge = self.edge()
            viewer = Viewer(edge.factory)
            before = len(self.redis.commands)
            self.pass_(0.5)
            self.assertLess(len(self.redis.commands) - before, 60)
            viewer.disconnect()

    def test_oldKey(self) -> None:
        """
        A key frame of an origin whose time is over is not shown.
        """
        self.view(self.edge())
        place = Place(EPOCH - 5, 3)
        frame = KeyFrame(place, 120, 80, b"\0\0\0\0")
        self.successResultOf(self.ended())
        self.redis.strings[KEY] = frame.toBytes(), float("inf")
        edge = self.edge()
        viewer = Viewer(edge.factory)
        self.pass_(1)
        self.assertFalse(viewer.updates)

    def ended(self) -> Any:
        """
        @return: What has fired when the origin has ended.
        """
        done = self.publisher.stopService()
        self.pass_(0.1)
        return done

    def test_info(self) -> None:
        """
        An origin that says nonsense of itself is none.
        """
        edge = self.edge()
        viewer = self.view(edge)
        self.successResultOf(self.ended())
        for nonsense in (b"", b"[" * 5000, b'{"epoch": "x"}', b"\xff"):
            self.redis.strings[INFO] = nonsense, float("inf")
            self.pass_(3)
            self.assertIn("the origin of the broadcast is gone", viewer.name)

    def test_forgotten(self) -> None:
        """
        An engine that has forgotten everything, and stays, is no riddle.
        """
        viewer = self.view(self.edge())
        self.redis.empty()
        self.draw(3)
        self.pass_(20)
        self.draw()
        assertScreen(viewer, self.source, within=5)
        self.assertIsNotNone(self.redis.get(ORIGIN))

    def test_sizes(self) -> None:
        """
        What is read at once is bounded by what entries are known to have.
        """
        edge = self.edge()
        self.view(edge)
        self.assertLessEqual(edge.framebuffer._largest, ENTRY)
        edge.framebuffer._largest = ENTRY
        count = module._EXPECTED // edge.framebuffer._largest
        self.assertLessEqual(count * ENTRY, module._LIMIT)


class AnythingTests(BroadcastCase):
    """
    Any entries.
    """

    @settings(max_examples=10, deadline=None)
    @given(
        st.lists(
            st.tuples(
                st.sampled_from([b"b", b"m", b"k", b"t", b"?"]),
                st.binary(max_size=60),
                st.integers(1, 3),
            ),
            max_size=6,
        )
    )
    def test_any(self, entries: list[tuple[bytes, bytes, int]]) -> None:
        """
        Whatever comes, viewers stay and nothing is done all the time.
        """
        self.setUp()
        edge = self.edge()
        viewer = self.view(edge)
        for kind, data, step in entries:
            epoch, last = self.redis.tops[FRAMES]
            self.redis.add(FRAMES, (epoch, last + step), [kind, data])
            self.pass_(0.05)
        before = len(self.redis.commands)
        self.pass_(2)
        self.assertLess(len(self.redis.commands) - before, 60)
        self.assertTrue(viewer.isConnected)
        self.doCleanups()
