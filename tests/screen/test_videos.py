# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._screen.videos}: who is sent which frames of a stream, and when there
is none.
"""

from __future__ import annotations

import struct
from itertools import pairwise
from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer
from zope.interface.verify import verifyObject

from tests.scenes import photo
from txrfb._screen.plan import Plan
from txrfb._screen.planner import Planner
from txrfb._screen.shadow import Shadow
from txrfb._screen.videos import Seen, Videos
from txrfb.encodings import ENCODINGS
from txrfb.encodings.constants import RAW, TIGHT, ZRLE
from txrfb.encodings.level import Level
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.geometry import Rectangle
from txrfb.interfaces import IEncoder, IVideoEncoder
from txrfb.pixels import NATIVE

FILM = Rectangle(10, 20, 300, 260)

NEW = Seen(77)


@implementer(IVideoEncoder)
class Encoder:
    """
    Takes down what it is asked for, and makes frames of as many bytes as it is told.

    @ivar made: All that there have been.
    @ivar size: How long the next frames are.
    @ivar seconds: How long the next frames take.
    @ivar broken: What goes wrong: the name of a method.
    @ivar keys: Of each frame, whether it was a key frame.
    @ivar isOpen: Whether it was begun, and not closed.
    """

    made: list[Encoder]
    clock: Clock
    size = 100
    seconds = 0.0
    broken = ""

    def __init__(self) -> None:
        self.made.append(self)
        self.keys: list[bool] = []
        self.isOpen = False

    def begin(self, width: int, height: int, quality: int) -> None:
        """
        Begin.
        """
        self._break("begin")
        self.isOpen = True
        self.begun = width, height, quality

    def encode(self, pixels: Any, key: bool) -> bytes:
        """
        Make a frame of its number.
        """
        self._break("encode")
        assert pixels.shape == (self.begun[1], self.begun[0], 4)
        self.clock.advance(self.seconds)
        self.keys.append(key)
        return struct.pack(">I", len(self.keys)) * (self.size // 4)

    def close(self) -> None:
        """
        End.
        """
        self._break("close")
        assert self.isOpen
        self.isOpen = False

    def _break(self, method: str) -> None:
        if self.broken == method:
            raise RuntimeError(f"{method} is broken")


class VideosTests(SynchronousTestCase):
    """
    A film in a picture, planned for viewers.
    """

    def setUp(self) -> None:
        """
        The film has played for so long that it is known to be one.
        """
        self.clock = Clock()
        self.clock.advance(1000)

        class Ours(Encoder):
            made: list[Encoder] = []  # noqa: RUF012
            clock = self.clock

        self.Encoder = Ours
        self.framebuffer = MemoryFramebuffer(400, 300)
        self.source = photo(400, 400)
        self.shadow = Shadow(400, 300, 1)
        self.videos = Videos(Ours, self.clock, self.shadow.bounds)
        self.planner = Planner(self.shadow, 1 << 20, self.videos)
        self.encoder: IEncoder = self.planner.encoder(ENCODINGS[TIGHT], NATIVE, Level())
        self.seen = self.play(50, NEW)

    def frame(self, where: Rectangle = FILM) -> None:
        """
        Show the next frame of the film, or of a part of it.
        """
        self.source = self.source.copy()
        self.source[:] = 255 - self.source
        x, y, width, height = where
        self.framebuffer.paste(self.source[y : y + height, x : x + width], x, y)
        region = self.successResultOf(self.framebuffer.capture())
        self.shadow.update(self.framebuffer, region, (), False)
        self.planner.nextFrame()
        self.clock.advance(1 / 30)

    def play(self, frames: int, seen: Seen | None = None) -> Seen:
        """
        Show frames to a viewer.

        @param seen: What it has; what there was in the beginning, if not given.

        @return: What that has then.
        """
        seen = self.seen if seen is None else seen
        for _ in range(frames):
            self.frame()
            seen = self.next(seen)[0]
        return seen

    def next(
        self, seen: Seen, serial: int | None = None
    ) -> tuple[Seen, list[tuple[int, int]]]:
        """
        Plan for a viewer that has the frame before.

        @return: What it has then, and of the frames that it is sent their numbers, and
            their flags.
        """
        since = self.shadow.serial - 1 if serial is None else serial
        plan = self.planner.plan(since, self.encoder, False, seen)
        assert plan.seen is not None
        return plan.seen, self.framesOf(plan)

    def framesOf(self, plan: Plan) -> list[tuple[int, int]]:
        """
        @return: The frames in a plan.
        """
        frames = []
        for index, piece in enumerate(plan.pieces):
            blob = plan._drawn.get(index)
            if blob is None:
                continue
            assert isinstance(blob, bytes)
            head = struct.unpack_from(">HHHHiIII", blob)
            self.assertEqual(head[:4], tuple(piece.rectangle))
            self.assertEqual(head[4:6], (50, len(blob) - 20))
            self.assertIn(index, plan.lossy)
            frames.append((head[7], head[6]))
        return frames

    def test_encoder(self) -> None:
        """
        What is used here is what is wanted.
        """
        self.assertTrue(verifyObject(IVideoEncoder, self.Encoder()))

    def test_frames(self) -> None:
        """
        A viewer is sent one frame after the other, of which only the first is a key
        frame and begins the context; all else that changes is sent as ever.
        """
        seen = self.play(3)
        (encoder,) = self.Encoder.made
        self.assertEqual(encoder.begun, (300, 260, 77))
        seen = self.play(1, seen)
        before = len(encoder.keys)
        self.framebuffer.fill("red", (350, 290, 5, 5))
        self.frame()
        plan = self.planner.plan(self.shadow.serial - 1, self.encoder, False, seen)
        self.assertEqual(self.framesOf(plan), [(before + 1, 0)])
        self.assertEqual(
            {piece.rectangle for piece in plan.pieces},
            {FILM, Rectangle(350, 290, 5, 5)},
        )
        self.assertTrue(encoder.keys[0])
        self.assertEqual(sum(encoder.keys), 1 + (before > 30))

    def test_first(self) -> None:
        """
        The first frame resets what the viewer may have from before.
        """
        self.videos.forget()
        seen: Seen = NEW
        sent: list[tuple[int, int]] = []
        for _ in range(60):
            self.frame()
            seen, frames = self.next(seen)
            sent.extend(frames)
        self.assertEqual(sent[:3], [(1, 1), (2, 0), (3, 0)])
        self.assertEqual([number for number, _ in sent], list(range(1, len(sent) + 1)))

    def test_shared(self) -> None:
        """
        A frame is encoded once for all viewers; they have the same plan.
        """
        seen = self.play(2)
        (encoder,) = self.Encoder.made
        count = len(encoder.keys)
        self.frame()
        for _ in range(5):
            self.next(seen)
        serial = self.shadow.serial - 1
        other = self.planner.encoder(ENCODINGS[ZRLE], NATIVE, Level())
        plan = self.planner.plan(serial, other, False, seen)
        self.assertEqual(self.framesOf(plan), [(count + 1, 0)])
        self.assertEqual(len(encoder.keys), count + 1)

    def test_notWanted(self) -> None:
        """
        Others are sent the same pixels as ever.
        """
        self.play(2)
        self.frame()
        plan = self.planner.plan(self.shadow.serial - 1, self.encoder, False)
        self.assertEqual(self.framesOf(plan), [])
        self.assertIsNone(plan.seen)

    def test_joins(self) -> None:
        """
        For who has no frame there is a key frame, one in a second at the most; until
        then it is sent the pixels as ever.
        """
        old = self.play(40)
        (encoder,) = self.Encoder.made
        before = len(encoder.keys)
        for _ in range(100):
            self.frame()
            old, frames = self.next(old)
            self.assertEqual(len(frames), 1)
            new, frames = self.next(NEW)
            self.assertEqual(bool(frames), any(encoder.keys[before:][-8:]))
            if frames:
                self.assertTrue(encoder.keys[frames[0][0] - 1])
                self.assertEqual(new, old)
        keys = [n for n, key in enumerate(encoder.keys) if key and n >= before]
        self.assertEqual(len(keys), 4)
        for one, other in pairwise(keys):
            self.assertEqual(other - one, 31)

    def test_joinsLater(self) -> None:
        """
        Who comes shortly after a key frame is sent all frames since then.
        """
        self.videos.forget()
        old = NEW
        for _ in range(60):
            if not old.frames:
                old = self.play(1, old)
        old = self.play(4, old)
        new, frames = self.next(NEW)
        self.assertEqual([number for number, _ in frames], [1, 2, 3, 4, 5])
        self.assertEqual(new, old)

    def test_behind(self) -> None:
        """
        Who does not have some frames is sent them, if they are few.
        """
        slow = old = self.play(3)
        old = self.play(5, old)
        slow, frames = self.next(slow, self.shadow.serial - 5)
        self.assertEqual(len(frames), 5)
        self.assertEqual(slow, old)
        self.play(9, old)
        same, frames = self.next(slow, self.shadow.serial - 9)
        self.assertEqual((same, frames), (slow, []))

    def test_behindByMuch(self) -> None:
        """
        If they have more bytes than the same as JPEG would, it is not sent them.
        """
        slow = old = self.play(3)
        self.Encoder.size = 60_000
        old = self.play(2, old)
        self.assertEqual(len(self.next(slow, self.shadow.serial - 2)[1]), 2)
        self.play(1, old)
        self.assertEqual(self.next(slow, self.shadow.serial - 3), (slow, []))

    def test_ofNoUse(self) -> None:
        """
        For who cannot decode it no frame is made.
        """
        old = self.play(40)
        (encoder,) = self.Encoder.made
        self.frame()
        newest = self.next(NEW)[0]
        self.assertTrue(encoder.keys[-1])
        self.play(12, newest)
        count = len(encoder.keys)
        self.frame()
        seen, frames = self.next(old, self.shadow.serial - 14)
        self.assertEqual((seen, frames), (old, []))
        self.assertEqual(len(encoder.keys), count)

    def test_again(self) -> None:
        """
        Who has the newest frame, and asks again, is sent the pixels as ever.
        """
        seen = self.play(2)
        same, frames = self.next(seen)
        self.assertEqual((same, frames), (seen, []))

    def test_little(self) -> None:
        """
        Where little of a video changes, that is sent as what it is.
        """
        seen = self.play(2)
        part = Rectangle(20, 30, 100, 100)
        self.frame(part)
        plan = self.planner.plan(self.shadow.serial - 1, self.encoder, False, seen)
        self.assertEqual(self.framesOf(plan), [])
        self.assertEqual(plan.seen, seen)
        for piece in plan.pieces:
            self.assertTrue(part.contains(piece.rectangle))
        self.assertEqual(len(self.next(self.play(1, seen))[0].frames), 1)

    def test_qualities(self) -> None:
        """
        Each quality has a stream of its own.
        """
        self.frame()
        for quality in (41, 77, 92):
            self.next(Seen(quality))
        begun = {encoder.begun[2] for encoder in self.Encoder.made}
        self.assertEqual(begun, {41, 77, 92})

    def test_unused(self) -> None:
        """
        A stream that nobody wants any more is ended, and in the end all are.
        """
        self.play(2)
        for _ in range(160):
            self.frame()
            self.next(Seen(41))
        self.assertEqual([one.isOpen for one in self.Encoder.made], [False, True])
        for _ in range(160):
            self.frame()
        self.assertEqual([one.isOpen for one in self.Encoder.made], [False, False])

    def test_over(self) -> None:
        """
        When the film is over its stream is ended; of the next there is another, and
        viewers are taken to have nothing of it.
        """
        seen = self.play(2)
        for _ in range(100):
            self.frame(Rectangle(350, 100, 30, 30))
            seen, frames = self.next(seen)
            self.assertEqual(frames, [])
        self.assertFalse(self.Encoder.made[0].isOpen)
        sent: list[tuple[int, int]] = []
        for _ in range(100):
            self.frame()
            seen, frames = self.next(seen)
            sent += frames
        self.assertEqual(sent[0], (1, 1))
        self.assertEqual(len(seen.frames), 1)

    def test_resized(self) -> None:
        """
        With another size of the picture all streams are ended.
        """
        self.play(2)
        self.planner.resized(Shadow(500, 400, 200))
        self.assertFalse(self.Encoder.made[0].isOpen)

    def test_everybodyLeaves(self) -> None:
        """
        With the last viewer all streams are ended.
        """
        self.play(2)
        self.planner.forget()
        self.assertFalse(self.Encoder.made[0].isOpen)

    def test_retired(self) -> None:
        """
        What a plan has of a stream stays what it was, as it is known that whoever
        follows the plan has it then.
        """
        seen = self.play(2)
        self.frame()
        plan = self.planner.plan(self.shadow.serial - 1, self.encoder, False, seen)
        frames = self.framesOf(plan)
        before = plan.chunk(0)
        self.frame()
        self.assertEqual(plan.chunk(0), before)
        self.planner.resized(Shadow(500, 400, 200))
        self.assertEqual(plan.chunk(0), before)
        self.assertEqual(self.framesOf(plan), frames)

    def test_opening(self) -> None:
        """
        A frame of a stream does not open the zlib stream of another encoding.
        """
        encoder = self.planner.encoder(ENCODINGS[ZRLE], NATIVE, Level())
        self.assertTrue(encoder.opens)
        seen = self.play(2)
        self.frame()
        plan = self.planner.plan(self.shadow.serial - 1, encoder, False, seen)
        self.assertFalse(plan.isOpening)
        plan = self.planner.plan(self.shadow.serial - 1, encoder, False)
        self.assertTrue(plan.isOpening)
        nothing = Plan(1, encoder, (), [], self.planner.encoded)
        self.assertFalse(nothing.isOpening)

    def breaks(self, method: str) -> None:
        """
        Break the encoder: nobody is told but the log, once, and there is no video.
        """
        seen = self.play(2) if method != "begin" else NEW
        if method == "begin":
            self.videos.forget()
        self.Encoder.broken = method
        for _ in range(60):
            self.frame()
            seen, frames = self.next(seen)
            self.assertEqual(frames, [])
            plan = self.planner.plan(self.shadow.serial - 1, self.encoder, False, seen)
            self.assertTrue(plan.pieces)
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)
        self.Encoder.broken = ""
        self.assertEqual(self.next(self.play(60))[1], [])
        self.assertFalse(any(one.isOpen for one in self.Encoder.made))

    def test_breaksAtOnce(self) -> None:
        """
        It cannot begin.
        """
        self.breaks("begin")

    def test_breaks(self) -> None:
        """
        It cannot go on.
        """
        self.breaks("encode")

    def test_breaksAtTheEnd(self) -> None:
        """
        That it cannot be closed does not matter.
        """
        self.play(2)
        self.Encoder.broken = "close"
        self.planner.forget()
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)

    def test_nothing(self) -> None:
        """
        An encoder that keeps frames back is broken.
        """
        seen = self.play(2)
        self.Encoder.size = 0
        self.assertEqual(self.play(2, seen), seen)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)

    def paused(self, seen: Seen) -> None:
        """
        There is no video for a minute.
        """
        self.assertFalse(any(one.isOpen for one in self.Encoder.made))
        count = len(self.Encoder.made)
        for _ in range(29):
            self.frame()
            self.clock.advance(2)
            self.next(seen)
        self.assertEqual(len(self.Encoder.made), count)
        self.Encoder.size, self.Encoder.seconds = 100, 0.0
        self.clock.advance(2)
        self.assertEqual(len(self.play(60, seen).frames), 1)

    def test_slow(self) -> None:
        """
        One that takes more time than there is has a pause.
        """
        seen = self.play(2)
        self.Encoder.seconds = 0.03
        self.play(3, seen)
        self.assertTrue(self.Encoder.made[0].isOpen)
        self.paused(self.play(10, seen))

    def test_slowTogether(self) -> None:
        """
        While those that there are take as much as one may, there is no other.
        """
        self.Encoder.seconds = 0.015
        seen, others = self.play(30), [Seen(41), Seen(92)]
        for _ in range(60):
            self.frame()
            seen, frames = self.next(seen)
            self.assertEqual(len(frames), 1)
            others = [self.next(other)[0] for other in others]
        self.assertEqual([len(other.frames) for other in others], [1, 0])
        self.assertEqual([one.isOpen for one in self.Encoder.made], [True, True])

    def test_slowAllTogether(self) -> None:
        """
        If they come to take twice as much, all have a pause.
        """
        seen, others = self.play(30), [Seen(41), Seen(92)]
        for _ in range(60):
            self.frame()
            seen, _frames = self.next(seen)
            others = [self.next(other)[0] for other in others]
        self.assertEqual([one.isOpen for one in self.Encoder.made], [True] * 3)
        self.Encoder.seconds = 0.018
        for _ in range(30):
            self.frame()
            seen, _frames = self.next(seen)
            others = [self.next(other)[0] for other in others]
        self.frame()
        for other in (seen, *others):
            self.assertEqual(self.next(other)[1], [])

    def test_large(self) -> None:
        """
        So has one that makes frames so large that too much would wait for a viewer.
        """
        seen = self.play(2)
        self.Encoder.size = 230_000
        self.frame()
        same, frames = self.next(seen)
        self.assertEqual(frames, [])
        self.paused(same)

    def test_raw(self) -> None:
        """
        The pixels around are encoded as the viewer wants them.
        """
        raw = self.planner.encoder(ENCODINGS[RAW], NATIVE, Level())
        seen = self.play(2)
        self.framebuffer.fill("red", (350, 290, 5, 5))
        self.frame()
        plan = self.planner.plan(self.shadow.serial - 1, raw, False, seen)
        data, end = plan.chunk(0)
        self.assertEqual(end, 2)
        self.assertEqual(struct.unpack_from(">BxH", data), (0, 2))
        self.assertEqual(struct.unpack_from(">HHHHi", data, 4), (350, 290, 5, 5, RAW))
        at = 4 + 12 + 100
        self.assertEqual(struct.unpack_from(">HHHHi", data, at), (*FILM, 50))
