# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._wire.stepper}.
"""

from __future__ import annotations

import random
from collections.abc import Generator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.pieces import cut, lengths
from txrfb._wire.stepper import WAIT, Stepper
from txrfb.encodings import Wanted


def reading(
    sizes: list[int], into: list[Any], ending: str = "end"
) -> Generator[int, Any, None]:
    """
    A parser that asks for these sizes.
    """
    for size in sizes:
        into.append((yield size))
    into.append(ending)


class StepperTests(SynchronousTestCase):
    """
    A parser gets what it asks for, however it arrives.
    """

    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.integers(0, 30), max_size=12), lengths)
    def test_anyPieces(self, sizes: list[int], pieces: list[int]) -> None:
        """
        It makes no difference in what pieces bytes arrive.
        """
        data = bytes(at % 251 for at in range(sum(sizes)))
        got: list[Any] = []
        stepper = Stepper(reading(sizes, got))
        for piece in cut(data, pieces):
            stepper.feed(piece)
        stepper.feed(b"")
        expected: list[Any] = []
        at = 0
        for size in sizes:
            expected.append(data[at : at + size])
            at += size
        self.assertEqual(got, [*expected, "end"])
        self.assertTrue(stepper.isDone)
        self.assertEqual(stepper.consumed, len(data))
        self.assertEqual(stepper.held, 0)

    @settings(max_examples=40, deadline=None)
    @given(
        st.lists(st.sampled_from([0, 3, 4096, 50000]), max_size=5),
        st.lists(
            st.sampled_from([1, 7, 4000, 4096, 9000, 70000]), min_size=1, max_size=40
        ),
    )
    def test_long(self, sizes: list[int], pieces: list[int]) -> None:
        """
        The same if what is asked for comes in many pieces, long and short; what is held
        is what has come and was not asked for.
        """
        data = random.Random(1).randbytes(sum(sizes) + 100)
        got: list[Any] = []
        stepper = Stepper(reading([*sizes, 1000], got))
        fed = 0
        for piece in cut(data, pieces):
            stepper.feed(piece)
            fed += len(piece)
            taken = sum(map(len, got))
            self.assertEqual(stepper.held, fed - taken)
            self.assertEqual(stepper.consumed, taken)
        self.assertEqual(b"".join(got), data[: sum(sizes)])
        self.assertEqual(stepper.missing, 900)

    def test_startsAtOnce(self) -> None:
        """
        The parser runs up to its first question when the stepper is made.
        """
        got: list[Any] = []

        def parser() -> Generator[int, bytes, None]:
            got.append("started")
            yield 1

        Stepper(parser())
        self.assertEqual(got, ["started"])

    def test_holdsWhatIsNotAskedFor(self) -> None:
        """
        Bytes that nobody asked for yet are kept and counted.
        """
        got: list[Any] = []
        stepper = Stepper(reading([2, 5], got))
        stepper.feed(b"abcd")
        self.assertEqual(got, [b"ab"])
        self.assertEqual((stepper.held, stepper.consumed), (2, 2))
        self.assertFalse(stepper.isDone)

    def test_afterTheEnd(self) -> None:
        """
        What comes after the parser's end is only held.
        """
        got: list[Any] = []
        stepper = Stepper(reading([1], got))
        stepper.feed(b"abc")
        stepper.feed(b"d")
        self.assertEqual(got, [b"a", "end"])
        self.assertEqual(stepper.held, 3)

    def test_wait(self) -> None:
        """
        A parser that waits for a decision gets no bytes until it is there, and then
        those that came meanwhile.
        """
        got: list[Any] = []
        stepper = Stepper(reading([1, WAIT, 2], got))
        stepper.feed(b"abc")
        self.assertTrue(stepper.isWaiting)
        self.assertEqual((got, stepper.held), ([b"a"], 2))
        stepper.resume("decision")
        self.assertEqual(got, [b"a", "decision", b"bc", "end"])
        self.assertFalse(stepper.isWaiting)

    def test_resumeWithoutWait(self) -> None:
        """
        Only a parser that waits can be resumed.
        """
        stepper = Stepper(reading([1], []))
        self.assertRaises(RuntimeError, stepper.resume)

    def test_resumedByItsOwnEffect(self) -> None:
        """
        What a parser waits for may be decided in the middle of a feed; nothing is
        then taken twice or out of order.
        """
        got: list[Any] = []
        steppers: list[Stepper] = []

        def parser() -> Generator[int, Any, None]:
            got.append((yield 1))
            got.append((yield from asking()))
            got.append((yield 2))
            got.append((yield 1))

        def asking() -> Generator[int, Any, Any]:
            return (yield WAIT)

        class Eager(Stepper):
            """
            Decides at once.
            """

            def _step(self, value: Any) -> None:
                super()._step(value)
                if self.isWaiting and steppers:
                    self.resume("now")

        stepper = Eager(parser())
        steppers.append(stepper)
        stepper.feed(b"abcdef")
        self.assertEqual(got, [b"a", "now", b"bc", b"d"])
        self.assertEqual(stepper.held, 2)

    def test_convert(self) -> None:
        """
        What is held can be replaced, in the middle of a feed, too: from there on
        bytes mean something else.
        """
        got: list[Any] = []
        steppers: list[Stepper] = []

        def parser() -> Generator[int, bytes, None]:
            got.append((yield 1))
            steppers[0].convert(bytes.upper)
            got.append((yield 2))
            got.append((yield 1))

        stepper = Stepper(parser())
        steppers.append(stepper)
        stepper.feed(b"abcd")
        self.assertEqual(got, [b"a", b"BC", b"D"])
        self.assertEqual(stepper.consumed, 4)

    def test_convertToLess(self) -> None:
        """
        What is held may become shorter: the rest of it comes later.
        """
        got: list[Any] = []
        steppers: list[Stepper] = []

        def parser() -> Generator[int, bytes, None]:
            got.append((yield 1))
            steppers[0].convert(lambda data: b"")
            got.append((yield 2))

        stepper = Stepper(parser())
        steppers.append(stepper)
        stepper.feed(b"abcd")
        self.assertEqual((got, stepper.held), ([b"a"], 0))
        stepper.feed(b"ef")
        self.assertEqual(got, [b"a", b"ef"])

    def test_errors(self) -> None:
        """
        What the parser raises comes out of the feed, and what it had taken is gone.
        """

        def parser() -> Generator[int, bytes, None]:
            yield 3
            raise ValueError("no")

        stepper = Stepper(parser())
        stepper.feed(b"ab")
        self.assertRaises(ValueError, stepper.feed, b"cd")
        self.assertEqual(stepper.held, 1)

    def test_close(self) -> None:
        """
        A closed parser does what it has to at its end, and holds nothing.
        """
        got: list[Any] = []

        def parser() -> Generator[int, bytes, None]:
            try:
                yield 10
            finally:
                got.append("closed")

        stepper = Stepper(parser())
        stepper.feed(b"abc")
        stepper.close()
        self.assertEqual((got, stepper.held), (["closed"], 0))
        self.assertTrue(stepper.isDone)
        stepper.feed(b"0123456789")
        self.assertEqual(got, ["closed"])


class WantedTests(SynchronousTestCase):
    """
    Parsers that can make use of any number of bytes.
    """

    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.integers(1, 9), max_size=30), lengths)
    def test_anyPieces(self, sizes: list[int], pieces: list[int]) -> None:
        """
        Such a parser reads the same, in whatever pieces bytes arrive; what it gives
        back it is sent again, and what follows gets the rest.
        """
        got: list[Any] = []

        def read() -> Generator[int, Any, None]:
            left, unused = len(sizes), 0
            while left:
                # A number, and as many bytes.
                data = yield Wanted(1, 20, unused)
                self.assertLessEqual(len(data), 20)
                at = 0
                while left and at + data[at] < len(data):
                    got.append(data[at + 1 : at + 1 + data[at]])
                    at += 1 + data[at]
                    left -= 1
                    if at == len(data):
                        break
                unused = len(data) - at
                if left and unused:
                    data = yield Wanted(1 + data[at], 20, unused)
                    unused = len(data)
            yield Wanted(0, 0, unused)
            got.append((yield 3))

        data = b"".join(bytes([size]) + bytes(range(size)) for size in sizes) + b"end"
        stepper = Stepper(read())
        for piece in cut(data, pieces):
            stepper.feed(piece)
        self.assertEqual(got, [*(bytes(range(size)) for size in sizes), b"end"])
        self.assertTrue(stepper.isDone)
        self.assertEqual((stepper.consumed, stepper.held), (len(data), 0))


class EnoughTests(SynchronousTestCase):
    """
    A parser can be stopped between two steps.
    """

    def test_enough(self) -> None:
        """
        It goes on when it is told to, with what came before and meanwhile; at least
        one step at a time.
        """
        got: list[Any] = []
        stepper = Stepper(reading([1, 2, 3, 4], got))
        stepper.feed(b"abbcccd", lambda: True)
        self.assertEqual((got, stepper.isPaused), ([b"a"], True))
        self.assertEqual((stepper.held, stepper.missing), (6, 0))
        stepper.feed(b"dd")
        self.assertEqual(got, [b"a"])
        stepper.goOn(lambda: len(got) == 3)
        self.assertEqual((got[1:], stepper.isPaused), ([b"bb", b"ccc"], False))
        self.assertEqual(stepper.missing, 1)
        stepper.goOn()
        stepper.feed(b"d", lambda: True)
        self.assertEqual((got[3:], stepper.isDone), ([b"dddd", "end"], True))

    def test_nothingLeft(self) -> None:
        """
        It is not stopped where it waits for more anyway.
        """
        got: list[Any] = []
        stepper = Stepper(reading([1, 2], got))
        stepper.feed(b"ab", lambda: True)
        self.assertFalse(stepper.isPaused)
        self.assertEqual(stepper.missing, 1)
        stepper.close()
        self.assertEqual((stepper.held, stepper.isDone), (0, True))
