# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What the tests of parsers have in common: bytes in pieces, and a transcript.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TypeVar

from hypothesis import strategies

from txrfb._wire.stepper import Stepper

T = TypeVar("T")

#: Lengths of the pieces in which bytes arrive, repeated as needed.
lengths = strategies.lists(strategies.integers(1, 40), min_size=1, max_size=8)


def cut(data: bytes, pieces: list[int]) -> Iterator[bytes]:
    """
    @return: C{data} in pieces of these lengths, which are repeated as needed.
    """
    at = turn = 0
    while at < len(data):
        size = pieces[turn % len(pieces)]
        yield data[at : at + size]
        at += size
        turn += 1


def parsed(
    parser: Generator[int, bytes, T], data: bytes, pieces: list[int] | None = None
) -> T:
    """
    @param pieces: Lengths of the pieces in which the bytes arrive; one by one if not
        given.

    @return: What the parser returns, which must take exactly these bytes.
    """
    results: list[T] = []

    def parse() -> Generator[int, bytes, None]:
        results.append((yield from parser))

    stepper = Stepper(parse())
    for piece in cut(data, pieces or [1]):
        if results:
            raise AssertionError("the parser came to its end before the bytes did")
        stepper.feed(piece)
    if not results:
        raise AssertionError("the parser wants more bytes")
    if stepper.held:
        raise AssertionError(f"{stepper.held} bytes are left over")
    return results[0]


class Transcript:
    """
    Keeps what is logged.

    @ivar lines: Kind and name of all of it.
    @ivar sizes: How many bytes came by the name of the message.
    @ivar raw: How many came before ClientInit.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.sizes: dict[str, int] = {}
        self.raw = 0
        self.asked = ""

    def begin(self, phase: str) -> None:
        """
        A phase begins.
        """
        self.lines.append(f"BEGIN {phase}")

    def end(self, phase: str) -> None:
        """
        A phase ends.
        """
        self.lines.append(f"END {phase}")

    def rx(self, name: str, size: int, detail: str = "") -> None:
        """
        Something came.
        """
        self.lines.append(f"rx {name}")
        self.sizes[name] = self.sizes.get(name, 0) + size

    def came(self, size: int) -> None:
        """
        Bytes came, whatever they are.
        """
        self.raw += size

    def tx(self, name: str, size: int, detail: str = "") -> None:
        """
        Something went.
        """
        self.lines.append(f"tx {name}")
