# -*- test-case-name: tests.session.test_writer -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._session.writer}.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from txrfb._screen.plan import CHUNK, Piece, Plan
from txrfb._session.sending import TransportSender
from txrfb._session.turns import Account, Turns
from txrfb._session.writer import Update, Writer
from txrfb._wire.events import Output
from txrfb._wire.messages import Bell
from txrfb.encodings import ENCODINGS
from txrfb.encodings.constants import RAW, ZLIB
from txrfb.encodings.level import Level
from txrfb.geometry import Rectangle
from txrfb.interfaces import IEncoder
from txrfb.pixels import NATIVE


class SlowClock(Clock):
    """
    On which time passes whenever somebody looks at it.

    @ivar step: How many seconds.
    """

    step = 0.0

    def seconds(self) -> float:
        """
        The time.
        """
        self.rightNow += self.step
        return super().seconds()


class Side:
    """
    All that a writer has to do with.

    @ivar written: What was written, a piece each.
    @ivar told: The names and sizes of what was said to be written, updates at their
        end.
    @ivar begun: What was said of updates that began: count, encoding, serial.
    @ivar size: How many bytes were said to be written of the last update.
    @ivar plans: What is to be sent, in order, each with its extras.
    @ivar finished: The plans that were, with their sizes.
    @ivar failures: What failed.
    @ivar room: How many pieces more the transport takes before it says pause.
    """

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.told: list[tuple[str, int]] = []
        self.begun: list[tuple[int, int | None, int]] = []
        self.size = 0
        self.plans: list[tuple[Plan | None, list[bytes]]] = []
        self.finished: list[tuple[Plan | None, int]] = []
        self.failures: list[tuple[str, Failure | None]] = []
        self.room = 1 << 30
        self.clock = SlowClock()
        sender = TransportSender(self)
        self.writer = Writer(
            sender,
            Turns(self.clock),
            Account(),
            self,
            lambda reason, failure: self.failures.append((reason, failure)),
        )
        self.writer.source = self
        self.writer.use(sender)

    def write(self, data: bytes) -> None:
        """
        The consumer's.
        """
        self.written.append(data)
        self.room -= 1
        if self.room <= 0:
            self.writer.isPaused = True

    def tx(self, name: str, size: int, detail: str = "") -> None:
        """
        The transcript's.
        """
        self.told.append((name, size))

    def beginUpdate(self, count: int, encoding: int | None, serial: int) -> None:
        """
        The transcript's.
        """
        self.begun.append((count, encoding, serial))
        self.size = 0

    def wrote(self, size: int) -> None:
        """
        The transcript's.
        """
        self.size += size

    def endUpdate(self) -> None:
        """
        The transcript's.
        """
        self.told.append(("FramebufferUpdate", self.size))

    def whole(self, update: list[Any]) -> None:
        """
        The transcript's.
        """
        self.told.append(("FramebufferUpdate", update[3]))

    def nextUpdate(self) -> Update | None:
        """
        The source's.
        """
        return Update(*self.plans.pop(0)) if self.plans else None

    def updateSent(self, plan: Plan | None, size: int) -> None:
        """
        The source's.
        """
        self.finished.append((plan, size))


class WriterTests(SynchronousTestCase):
    """
    What is written when.
    """

    def setUp(self) -> None:
        """
        A transport with room.
        """
        self.side = Side()
        self.writer = self.side.writer

    def plan(
        self,
        sizes: list[int],
        number: int = RAW,
        encoded: Callable[..., bytes] | None = None,
    ) -> Plan:
        """
        @return: An update of rectangles with so many bytes each.
        """
        encoder: IEncoder = ENCODINGS[number].encoder(NATIVE, Level())
        pieces = [Piece(Rectangle(0, 0, size, 1), -1) for size in sizes]

        def filled(
            encoder: IEncoder,
            rectangle: Rectangle,
            newest: int,
            kind: int,
            head: bytes,
        ) -> bytes:
            return head + bytes([rectangle.width % 251]) * rectangle.width

        return Plan(1, encoder, (), pieces, encoded or filled)

    def test_pieces(self) -> None:
        """
        An update is written in pieces that a transport likes, long rectangles in
        several; when the last is written its size is told.
        """
        plan = self.plan([100, 50_000, 50_000, 200_000, 7])
        self.side.plans.append((plan, []))
        self.writer.pump()
        written = self.side.written
        size = 4 + 100 + 50_000 * 2 + 200_000 + 7
        self.assertEqual(len(b"".join(written)), size)
        self.assertLessEqual(max(map(len, written)), CHUNK)
        self.assertEqual(written[0][:4], b"\0\0\0\5")
        self.assertEqual(b"".join(written)[-207 + 200 :], b"\7" * 7)
        self.assertEqual(self.side.finished, [(plan, size)])
        self.assertEqual(self.side.told, [("FramebufferUpdate", size)])
        self.assertEqual(self.writer.bytesSent, size)
        self.assertIsNone(self.writer.plan)

    def test_pause(self) -> None:
        """
        When there is no room nothing more is written, at whatever piece; later it
        goes on where it was.
        """
        sizes = [60_000, 60_000, 200_000, 60_000]
        self.side.plans.append((self.plan(sizes), []))
        self.writer.pump()
        whole = b"".join(self.side.written)
        count = len(self.side.written)
        for room in range(1, count):
            self.side.written.clear()
            self.side.room = room
            self.side.plans.append((self.plan(sizes), []))
            self.writer.pump()
            self.writer.pump()
            self.assertEqual(len(self.side.written), room)
            self.assertIsNotNone(self.writer.plan)
            self.side.room = 1 << 30
            self.writer.isPaused = False
            self.writer.pump()
            self.assertEqual(b"".join(self.side.written), whole)

    def test_turns(self) -> None:
        """
        A long update lets others have their turn every few milliseconds.
        """
        self.side.clock.step = 0.004
        self.side.plans.append((self.plan([60_000] * 5), []))
        self.writer.pump()
        turns = 0
        while self.writer.plan is not None:
            turn: Any
            [turn] = self.side.clock.getDelayedCalls()
            before = len(self.side.written)
            self.writer.pump()  # it is not this one's turn
            self.assertEqual(len(self.side.written), before)
            # Time passes on this clock by itself: one call only.
            act = turn.func
            turn.cancel()
            act()
            turns += 1
        self.assertGreater(turns, 1)
        self.assertEqual(len(b"".join(self.side.written)), 4 + 5 * 60_000)

    def test_begun(self) -> None:
        """
        An update is told when it begins, before anything of it is encoded, and each of
        its bytes when it is written: one that never ends is not missing.
        """
        self.side.plans.append((self.plan([200_000, 100]), [b"pseudo"]))
        self.side.room = 2
        self.writer.pump()
        self.assertEqual(self.side.begun, [(3, RAW, 1)])
        self.assertEqual(self.side.size, len(b"".join(self.side.written)))
        self.assertEqual(self.side.told, [])

    def test_begunWithoutPixels(self) -> None:
        """
        One without pixels has no encoding, and leads to no frame.
        """
        self.side.plans.append((None, [b"pseudo"]))
        self.writer.pump()
        self.assertEqual(self.side.begun, [(1, None, 0)])
        self.assertEqual(self.side.told, [("FramebufferUpdate", 4 + 6)])

    def test_begunAndFailed(self) -> None:
        """
        One that cannot be encoded has begun.
        """

        def fails(*arguments: object) -> bytes:
            raise RuntimeError("no pixels")

        self.side.plans.append((self.plan([100], encoded=fails), []))
        self.writer.pump()
        self.assertEqual(len(self.side.failures), 1)
        self.assertEqual(self.side.begun, [(1, RAW, 1)])

    def test_between(self) -> None:
        """
        Small messages are written at once, but not within an update.
        """
        bell = Bell().toBytes()
        self.writer.say(Bell())
        self.assertEqual(self.side.written, [bell])
        self.side.room = 1
        self.side.plans.append((self.plan([60_000, 60_000]), []))
        self.writer.pump()
        for _ in range(3):
            self.writer.say(Bell(), replaces="bell")
        self.side.room = 1 << 30
        self.writer.isPaused = False
        self.writer.pump()
        self.assertEqual(self.side.written[-1], bell)
        names = [name for name, _ in self.side.told]
        self.assertEqual(names, ["Bell", "FramebufferUpdate", "Bell"])
        self.assertEqual(self.writer.bytesSent, 120_004 + 2 * len(bell))

    def test_ifRoom(self) -> None:
        """
        What would come too late is dropped when there is no room, or too much waits.
        """
        self.writer.sayIfRoom(Output("Sound", b"1"))
        self.writer.isPaused = True
        self.writer.sayIfRoom(Output("Sound", b"2"))
        self.writer.isPaused = False

        def flood() -> None:
            for _ in range(100):
                self.writer.sayIfRoom(Output("Sound", b"3"))

        self.writer.together(flood)
        self.assertEqual(self.side.written, [b"1", *[b"3"] * 8])

    def test_together(self) -> None:
        """
        What is done together comes before anything is written, even if it fails.
        """

        def act() -> None:
            self.writer.say(Output("One", b"1"))
            self.assertEqual(self.side.written, [])
            raise ValueError("enough")

        self.assertRaises(ValueError, self.writer.together, act)
        self.writer.say(Output("Two", b"2"))
        self.assertEqual(self.side.written, [b"1", b"2"])

    def test_opening(self) -> None:
        """
        The first rectangle of an encoding with a stream opens it, once on a
        connection; extras come first.
        """
        encoder: IEncoder = ENCODINGS[ZLIB].encoder(NATIVE, Level())
        body = encoder.encodeSolid(Rectangle(0, 0, 8, 8), 0xFF0000)
        blob = b"h" * 12 + body

        def encoded(*arguments: Any) -> bytes:
            return blob

        extra = b"e" * 12
        for _ in range(2):
            self.side.plans.append((self.plan([8], ZLIB, encoded), [extra]))
            self.writer.pump()
        first, second = self.side.written
        self.assertEqual(first[:4], b"\0\0\0\2")
        self.assertEqual(first[4:], extra + blob[:12] + encoder.opening(body))
        self.assertEqual(second[4:], extra + blob)
        self.assertNotEqual(first, second)

    def test_rectangles(self) -> None:
        """
        Rectangles that are no pixels make an update, and a mark follows at once.
        """
        self.side.plans.append((None, [b"a" * 12, b"b" * 14]))
        self.writer.pump()
        self.writer.sayNow(Output("Fence", b"fence"))
        self.assertEqual(
            self.side.written, [b"\0\0\0\2" + b"a" * 12 + b"b" * 14, b"fence"]
        )
        self.assertEqual(self.side.finished, [(None, 30)])
        self.assertEqual(self.side.told, [("FramebufferUpdate", 30), ("Fence", 5)])

    def test_tooMany(self) -> None:
        """
        When more wait than may, the viewer is given up.
        """
        self.writer.isPaused = True
        for n in range(65):
            self.writer.say(Output("Cut", b"%d" % n))
        [(reason, failure)] = self.side.failures
        self.assertIn("64 messages", reason)
        self.assertIsNone(failure)
        self.assertTrue(self.writer.isStopped)
        self.writer.say(Output("Cut", b"one more"))
        self.writer.isPaused = False
        self.writer.pump()
        self.assertEqual(self.side.written, [])
        self.assertEqual(len(self.side.failures), 1)

    def taken(self) -> list[tuple[str, int]]:
        """
        @return: What waited, now that there is room.
        """
        self.writer.isPaused = False
        self.writer.pump()
        return self.side.told

    def test_order(self) -> None:
        """
        Messages leave in the order in which they came.
        """
        self.writer.isPaused = True
        for name, data in (("a", b"1"), ("b", b"22"), ("a", b"333")):
            self.writer.say(Output(name, data))
        self.assertEqual(self.taken(), [("a", 1), ("b", 2), ("a", 3)])

    def test_replaces(self) -> None:
        """
        A message may make older ones worthless, whatever they are called; it stands
        last.
        """
        self.writer.isPaused = True
        for name, replaces in (("a", "x"), ("b", ""), ("c", "x"), ("a", "y")):
            self.writer.say(Output(name, b"1"), replaces)
        self.assertEqual(self.taken(), [("b", 1), ("c", 1), ("a", 1)])

    def test_replacesWhenFull(self) -> None:
        """
        There is room for 64; what makes room for itself is taken even then.
        """
        self.writer.isPaused = True
        self.writer.say(Output("a", b"1"), "x")
        for _ in range(63):
            self.writer.say(Output("b", b"2"))
        self.writer.say(Output("c", b"3"), "x")
        self.assertEqual(self.side.failures, [])
        self.assertEqual(self.taken()[-1], ("c", 1))
        self.assertEqual(len(self.side.told), 64)

    def test_failure(self) -> None:
        """
        So it is when an update cannot be encoded.
        """

        def encoded(*arguments: Any) -> bytes:
            raise ZeroDivisionError("no pixels")

        self.side.plans.append((self.plan([5], RAW, encoded), []))
        self.writer.pump()
        [(_, failure)] = self.side.failures
        assert failure is not None
        failure.trap(ZeroDivisionError)
        self.assertTrue(self.writer.isStopped)
        self.assertIsNone(self.writer.plan)

    def test_stop(self) -> None:
        """
        What is stopped writes nothing more, holds nothing, and leaves no timer.
        """
        self.side.clock.step = 0.004
        self.side.plans.append((self.plan([60_000] * 5), []))
        self.writer.pump()
        self.assertEqual(len(self.side.clock.getDelayedCalls()), 1)
        before = len(self.side.written)
        self.writer.stop()
        self.writer.stop()
        self.assertEqual(self.side.clock.getDelayedCalls(), [])
        self.writer.pump()
        self.writer.say(Bell())
        self.assertEqual(len(self.side.written), before)
        self.assertIsNone(self.writer.plan)
        self.assertEqual(self.side.failures, [])
