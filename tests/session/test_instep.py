# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._session.instep}: what is done once for viewers that are alike, and who
is one of them.
"""

from __future__ import annotations

import random
from typing import Any

import numpy as np
from twisted.trial.unittest import SynchronousTestCase

from tests.scenes import serving
from txrfb._session.congestion import ECHO, PROBE
from txrfb._session.instep import InStep
from txrfb._wire.connection import ServerConnection
from txrfb._wire.messages import KeyEvent
from txrfb.encodings.constants import (
    CONTINUOUS_UPDATES,
    COPY_RECT,
    DESKTOP_NAME,
    DESKTOP_SIZE,
    FENCE,
    HEXTILE,
    QUALITY_LEVEL_0,
    RAW,
    TIGHT,
    ZRLE,
)
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.geometry import Rectangle
from txrfb.pixels import PixelFormat
from txrfb.testing import Link, Viewer, assertScreen

SCREEN = Rectangle(0, 0, 100, 80)

RGB565 = PixelFormat(16, 16, False, True, 31, 63, 31, 11, 5, 0)


class InStepTests(SynchronousTestCase):
    """
    Several viewers of one picture.
    """

    def setUp(self) -> None:
        """
        Nobody has come yet.
        """
        self.framebuffer = MemoryFramebuffer(100, 80)
        self.factory = serving(self.framebuffer)

    def come(self, encodings: tuple[int, ...] = (ZRLE,), **options: Any) -> Viewer:
        """
        A viewer comes, and is sent what there is.
        """
        viewer = Viewer(self.factory, encodings=encodings, **options)
        self.draw(len(self.factory.viewers))
        viewer.advance(0.1)
        return viewer

    def draw(self, number: int) -> None:
        """
        Paint something new.
        """
        self.framebuffer.fill((number, 2 * number, 99), Rectangle(number, 3, 30, 20))

    def groups(self) -> list[InStep]:
        """
        @return: The groups that there are.
        """
        groups: Any = self.factory.display.followers.groups
        return list(groups.values())

    def isInStep(self, viewer: Viewer) -> bool:
        """
        @return: Whether a viewer is in one of them.
        """
        server: Any = viewer.server
        return bool(server.producer.member.isInStep)

    def stepped(self, *viewers: Viewer) -> None:
        """
        Draw something, and see that it comes.
        """
        for number in range(3):
            self.draw(40 + number)
            for viewer in viewers:
                assertScreen(viewer, self.framebuffer, within=0.1)

    def test_together(self) -> None:
        """
        Those that read the same are one group, and the plan of a frame is asked for
        once.
        """
        viewers = [self.come() for _ in range(5)]
        self.stepped(*viewers)
        self.assertEqual(len(self.groups()), 1)
        self.assertTrue(all(map(self.isInStep, viewers)))
        planner = self.factory.display.planner
        asked: list[Any] = []
        real = planner.plan

        def plan(*arguments: Any) -> Any:
            asked.append(arguments)
            return real(*arguments)

        self.patch(planner, "plan", plan)
        self.draw(60)
        for viewer in viewers:
            viewer.advance(0.1)
            assertScreen(viewer, self.framebuffer, within=0)
        self.assertEqual(len(asked), 1)

    def test_apart(self) -> None:
        """
        Those that read something else are another.
        """
        viewers = [
            self.come((ZRLE,)),
            self.come((TIGHT,)),
            self.come((TIGHT, COPY_RECT)),
            self.come((TIGHT, COPY_RECT)),
        ]
        self.stepped(*viewers)
        self.assertEqual(len(self.groups()), 3)

    def test_everyoneLeaves(self) -> None:
        """
        A group that nobody is in is forgotten.
        """
        viewers = [self.come() for _ in range(2)]
        self.stepped(*viewers)
        for viewer in viewers:
            transport: Any = viewer.client.transport
            transport.loseConnection()
            viewer.advance(0.1)
        self.assertEqual(self.groups(), [])

    def test_counted(self) -> None:
        """
        What is sent to a group counts for each: updates, bytes, and in the transcript.
        """
        viewers = [self.come() for _ in range(2)]
        self.stepped(*viewers)
        one, other = (viewer.server for viewer in viewers)
        assert one is not None and other is not None
        before = one.framesSent, one.bytesSent
        size = other.bytesSent - one.bytesSent
        self.draw(70)
        viewers[0].advance(0.1)
        self.assertEqual(one.framesSent, before[0] + 1)
        self.assertGreater(one.bytesSent, before[1])
        self.assertEqual(other.bytesSent - one.bytesSent, size)
        last = [line for line in one.transcript.lines() if "Update" in line][-2:]
        self.assertIn("FramebufferUpdate", " ".join(last))
        self.assertGreaterEqual(one.transcript.sent, one.bytesSent)

    def test_fallsBehind(self) -> None:
        """
        Who does not ask for a frame is out of step, and in again when it has the
        newest.
        """
        viewers = [self.come() for _ in range(3)]
        self.stepped(*viewers)
        late = viewers[1]
        late.client.isUpdating = False
        self.draw(61)
        late.advance(0.1)
        self.draw(62)
        late.advance(0.1)
        self.assertFalse(self.isInStep(late))
        self.assertGreater(late.server.secondsBehind, 0)  # type: ignore[union-attr]
        late.client.isUpdating = True
        late.client.requestUpdate()
        late.advance(0.1)
        assertScreen(late, self.framebuffer, within=0)
        self.assertTrue(self.isInStep(late))
        self.stepped(*viewers)

    def test_readsSlowly(self) -> None:
        """
        Who has no room is out of step, and keeps no other waiting.
        """
        fast = self.come()
        slow = self.come(link=Link(20_000, 0.01))
        for number in range(12):
            picture = bytes((i * i * (number + 7) >> 3) & 255 for i in range(24000))
            self.framebuffer.array[..., :3].flat[:] = list(picture)
            self.framebuffer.damage()
            fast.advance(0.02)
            assertScreen(fast, self.framebuffer, within=0.02)
        assertScreen(slow, self.framebuffer, within=20)
        self.stepped(fast, slow)

    def test_long(self) -> None:
        """
        Of a frame that is more than is written at once each is sent as much as it has
        room for.
        """
        self.framebuffer.resize(400, 300)
        fast = self.come((RAW, DESKTOP_SIZE))
        slow = self.come((RAW, DESKTOP_SIZE), link=Link(100_000, 0.01))
        for number in range(3):
            self.framebuffer.array[..., :3] = number * 9
            self.framebuffer.damage()
            fast.advance(0.1)
            assertScreen(fast, self.framebuffer, within=0)
        assert slow.server is not None
        self.assertLess(slow.server.memory, 1 << 20)
        assertScreen(slow, self.framebuffer, within=20)
        self.stepped(fast)

    def test_lossy(self) -> None:
        """
        What is lossy is noted once for all that were sent the same, and made exact for
        each when it rests.
        """
        self.framebuffer.resize(320, 240)
        reads = (TIGHT, QUALITY_LEVEL_0, DESKTOP_SIZE)
        viewers = [self.come(reads) for _ in range(4)]
        ramp = np.arange(240 * 320 * 3, dtype=np.uint32).reshape(240, 320, 3)
        for number in range(4):
            picture = (np.sin(ramp / (7 + number)) * 90 + 120).astype(np.uint8)
            self.framebuffer.array[..., :3] = picture
            self.framebuffer.damage()
            for viewer in viewers:
                viewer.advance(0.05)
        (one,) = {self.lossyOf(viewer) for viewer in viewers}
        self.assertIsNotNone(one)
        self.assertTrue(all(map(self.isInStep, viewers)))
        self.assertEqual(len(self.groups()), 1)
        for viewer in viewers:
            assertScreen(viewer, self.framebuffer, within=10)
        self.assertEqual({self.lossyOf(viewer) for viewer in viewers}, {None})
        self.stepped(*viewers)
        self.assertEqual(len(self.groups()), 1)

    def lossyOf(self, viewer: Viewer) -> Any:
        """
        @return: What a viewer has only approximately.
        """
        server: Any = viewer.server
        return server.producer._choice.lossy

    def test_formatChanges(self) -> None:
        """
        Who reads another format from now on is sent it.
        """
        viewers = [self.come() for _ in range(2)]
        self.stepped(*viewers)
        viewers[0].client.setPixelFormat(RGB565)
        viewers[0].advance(0.1)
        self.draw(63)
        viewers[1].advance(0.1)
        assertScreen(viewers[1], self.framebuffer, within=0)
        assertScreen(viewers[0], self.framebuffer, tolerance=8, within=0.1)

    def test_encodingChanges(self) -> None:
        """
        So does who reads another encoding, and its stream is opened.
        """
        viewers = [self.come() for _ in range(2)]
        self.stepped(*viewers)
        viewers[0].client.setEncodings((HEXTILE,))
        self.stepped(*viewers)
        self.assertIn(HEXTILE, viewers[0].updates[-1].encodings)
        viewers[0].client.setEncodings((ZRLE,))
        self.stepped(*viewers)

    def test_asksForPixels(self) -> None:
        """
        Who asks for pixels that have not changed gets them.
        """
        viewers = [self.come() for _ in range(2)]
        self.stepped(*viewers)
        before = len(viewers[0].updates)
        viewers[0].client.requestUpdate(False, Rectangle(5, 5, 10, 10))
        viewers[0].advance(0.1)
        self.assertIn(Rectangle(5, 5, 10, 10), viewers[0].updates[before].rectangles)
        self.stepped(*viewers)

    def test_asksForPart(self) -> None:
        """
        Who asks for a part gets no more, and is not in step.
        """
        viewers = [self.come() for _ in range(2)]
        self.stepped(*viewers)
        part = viewers[0]
        part.client.isUpdating = False
        self.draw(64)
        part.advance(0.1)
        part.client.requestUpdate(True, Rectangle(90, 70, 10, 10))
        self.framebuffer.fill("red")
        part.advance(0.1)
        self.assertEqual(part.color(95, 75), "#ff0000")
        self.assertNotEqual(part.color(5, 5), "#ff0000")
        self.assertFalse(self.isInStep(part))

    def test_otherNews(self) -> None:
        """
        What is to be told beside pixels is told, and comes before what is drawn next.
        """
        viewer = self.come((ZRLE, DESKTOP_NAME))
        self.stepped(viewer)
        self.framebuffer.name = "other"
        viewer.advance(0.1)
        self.assertEqual(viewer.client.name, "other")
        self.stepped(viewer)

    def test_resized(self) -> None:
        """
        Another size is told to each, and they are in step again.
        """
        viewers = [self.come((ZRLE, DESKTOP_SIZE)) for _ in range(2)]
        self.stepped(*viewers)
        self.framebuffer.resize(120, 90)
        for viewer in viewers:
            assertScreen(viewer, self.framebuffer, within=0.2)
        self.stepped(*viewers)
        self.assertTrue(all(map(self.isInStep, viewers)))

    def test_limited(self) -> None:
        """
        Whose rate is limited is sent no more than that.
        """
        viewer = self.come()
        self.stepped(viewer)
        assert viewer.server is not None
        viewer.server.limitRate(framesPerSecond=1)
        sent = viewer.server.framesSent
        for number in range(20):
            self.draw(number)
            viewer.advance(0.1)
        self.assertLessEqual(viewer.server.framesSent - sent, 3)
        assertScreen(viewer, self.framebuffer, within=2)

    def test_continuous(self) -> None:
        """
        Those that do not ask for each update are in step, too; while much is on its
        way to one of them, it is not.
        """
        flow = (ZRLE, CONTINUOUS_UPDATES, FENCE)
        near, far = self.come(flow), self.come(flow, link=Link(50_000, 0.2))
        for viewer in (near, far):
            viewer.client.isUpdating = False
            viewer.client.enableContinuousUpdates(SCREEN)
            viewer.advance(1)
        for number in range(40):
            self.draw(number)
            near.advance(0.05)
            assertScreen(near, self.framebuffer, within=0)
        assertScreen(far, self.framebuffer, within=2)
        near.client.enableContinuousUpdates(None)
        near.advance(1)
        before = len(near.updates)
        self.draw(50)
        near.advance(1)
        self.assertEqual(len(near.updates), before)

    def test_fence(self) -> None:
        """
        The fence behind an update is sent with it; that it comes back is noticed
        without the parser, and written down.
        """
        parsed: list[bytes] = []
        receive = ServerConnection.receive

        def received(connection: ServerConnection, data: bytes) -> Any:
            parsed.append(data)
            return receive(connection, data)

        self.patch(ServerConnection, "receive", received)
        viewer = self.come((ZRLE, CONTINUOUS_UPDATES, FENCE))
        viewer.client.isUpdating = False
        viewer.client.enableContinuousUpdates(SCREEN)
        self.stepped(viewer)
        viewer.advance(1)
        server: Any = viewer.server
        written: list[bytes] = []
        write = server.writer._sender.write

        def wrote(data: bytes) -> None:
            written.append(data)
            write(data)

        self.patch(server.writer._sender, "write", wrote)
        sent, totals = server.bytesSent, server.transcript.sent
        self.assertTrue(parsed)
        parsed.clear()
        self.stepped(viewer)
        viewer.advance(0.1)
        self.assertEqual(len(written), 3)
        self.assertTrue(all(data.endswith(PROBE) for data in written))
        self.assertEqual(parsed, [])
        congestion = server.producer.pacing.congestion
        self.assertEqual(congestion.underWay, 0)
        self.assertFalse(congestion.isWaiting)
        updates = sum(map(len, written)) - 3 * len(PROBE)
        self.assertEqual(server.bytesSent - sent, updates)
        self.assertEqual(server.transcript.sent - totals, updates + 3 * len(PROBE))
        said = server.transcript.lines()[-6:]
        self.assertIn("rx    Fence, 14 bytes", said[-1])
        self.assertIn("tx    Fence, 14 bytes", said[-2])

    def test_strangeFence(self) -> None:
        """
        What looks like a fence that came back, and was never sent, is read like all
        else.
        """
        viewer = self.come((ZRLE, FENCE))
        self.stepped(viewer)
        viewer.advance(0.1)
        server: Any = viewer.server
        transport: Any = viewer.client.transport
        transport.write(2 * ECHO)
        viewer.advance(0.1)
        self.assertEqual(server.producer.pacing.congestion.underWay, 0)
        self.stepped(viewer)
        self.assertTrue(self.isInStep(viewer))

    def test_anything(self) -> None:
        """
        Whatever viewers do, in whatever order, in the end each has the picture.
        """
        for seed in range(12):
            self.random(random.Random(seed))

    def random(self, source: random.Random) -> None:
        """
        Do a hundred things to a few viewers.
        """
        self.framebuffer = MemoryFramebuffer(100, 80)
        self.factory = serving(self.framebuffer)
        extras = (DESKTOP_SIZE, FENCE, CONTINUOUS_UPDATES, DESKTOP_NAME)
        lists = [
            (code, *extras[: source.randrange(5)], *more)
            for code in (ZRLE, TIGHT, HEXTILE, RAW)
            for more in ((), (COPY_RECT,), (QUALITY_LEVEL_0,))
        ]
        links = (None, None, None, Link(100_000, 0.02))
        viewers = [self.come(source.choice(lists), link=link) for link in links]
        for step in range(100):
            viewer = source.choice(viewers)
            client, deed = viewer.client, source.randrange(13)
            part = Rectangle(source.randrange(90), source.randrange(70), 10, 10)
            if deed == 0:
                client.isUpdating = not client.isUpdating
            elif deed == 1:
                client.setEncodings((*source.choice(lists)[:1], *extras))
            elif deed == 2:
                client.requestUpdate(source.random() < 0.7, part)
            elif deed == 3:
                client.requestUpdate(source.random() < 0.7)
            elif deed == 4 and self.isContinuable(viewer):
                area = source.choice((SCREEN, part, None))
                client.enableContinuousUpdates(area)
            elif deed == 5:
                self.framebuffer.name = f"name {step}"
            elif deed == 6:
                self.framebuffer.copy(part, source.randrange(90), source.randrange(70))
            else:
                self.draw(source.randrange(70))
            viewer.advance(source.choice((0, 0.001, 0.02, 0.1)))
        for viewer in viewers:
            if self.isContinuable(viewer):
                viewer.client.enableContinuousUpdates(None)
            viewer.client.isUpdating = True
            viewer.client.requestUpdate(False)
        for viewer in viewers:
            assertScreen(viewer, self.framebuffer, within=20)
        for _ in range(3):
            self.draw(source.randrange(70))
            for viewer in viewers:
                assertScreen(viewer, self.framebuffer, within=20)

    def isContinuable(self, viewer: Viewer) -> bool:
        """
        @return: Whether a viewer may want updates without asking.
        """
        assert viewer.server is not None
        return CONTINUOUS_UPDATES in viewer.server.encodings

    def test_failure(self) -> None:
        """
        What cannot be encoded is the end of those whom it is encoded for, and of
        nobody else.
        """
        good, bad = self.come((ZRLE,)), self.come((HEXTILE,))
        self.stepped(good, bad)
        server: Any = bad.server

        def broken(*_: object) -> bytes:
            raise RuntimeError("broken")

        self.patch(server.producer._choice.encoder, "encode", broken)
        self.patch(server.producer._choice.encoder, "encodeSolid", broken)
        self.draw(65)
        good.advance(0.1)
        assertScreen(good, self.framebuffer, within=0)
        self.assertTrue(server.hasEnded)
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)

    def test_repeatedRequest(self) -> None:
        """
        Bytes that look like the request that most viewers send are no request where
        they are part of something else.
        """
        viewer = self.come()
        self.stepped(viewer)
        viewer.client.isUpdating = False
        self.draw(66)
        viewer.advance(0.1)
        request = self.factory.display.request
        text = b"\x06\0\0\0" + (2 * len(request)).to_bytes(4, "big")
        before = len(viewer.updates)
        transport: Any = viewer.client.transport
        for piece in (text, request, request):
            transport.write(piece)
            viewer.advance(0.1)
        self.draw(67)
        viewer.advance(0.1)
        self.assertEqual(len(viewer.updates), before)
        transport.write(request)
        viewer.advance(0.1)
        self.assertEqual(len(viewer.updates), before + 1)
        assertScreen(viewer, self.framebuffer, within=0)

    def test_requestWithMore(self) -> None:
        """
        What comes in one piece with the request that most viewers send is acted on,
        after it.
        """
        viewer = self.come()
        self.stepped(viewer)
        viewer.client.isUpdating = False
        self.draw(66)
        viewer.advance(0.1)
        before = len(viewer.updates)
        keys: list[tuple[int, bool]] = []
        server: Any = viewer.server
        self.patch(server._controls._input, "key", lambda *key: keys.append(key))
        request = self.factory.display.request
        key = KeyEvent(True, 0x61).toBytes()
        transport: Any = viewer.client.transport
        transport.write(request + key + request[:3])
        self.draw(67)
        viewer.advance(0.1)
        self.assertEqual(keys, [(0x61, True)])
        self.assertEqual(len(viewer.updates), before + 1)
        transport.write(request[3:])
        self.draw(68)
        viewer.advance(0.1)
        self.assertEqual(len(viewer.updates), before + 2)
        assertScreen(viewer, self.framebuffer, within=0)
        lines = [line for line in server.transcript.lines() if " rx " in line]
        self.assertIn("KeyEvent", lines[-2])
