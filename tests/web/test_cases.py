# -*- test-case-name: tests.web.test_cases -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What the Autobahn test suite asks of servers, by the numbers of its cases.  The suite
itself needs Python 2.  Where it sends text, which is no RFB, these send binary
messages; what becomes of text is a case of its own.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.web.scenes import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    Browser,
    closing,
    factoryOn,
    frame,
)
from txrfb.web import WebSocketResource

HELLO = b"Hello, world!"

#: A Close frame that ends a case in which nothing is wrong.
BYE = frame(closing(1000), CLOSE)


class Echo(Protocol):
    """
    Sends back what comes, as the suite wants it.
    """

    transport: Any

    def dataReceived(self, data: bytes) -> None:
        """
        Send it back.
        """
        self.transport.write(data)


def parts(*contents: bytes) -> bytes:
    """
    @return: A message in parts.
    """
    last = len(contents) - 1
    return b"".join(
        frame(content, CONTINUATION if number else BINARY, fin=number == last)
        for number, content in enumerate(contents)
    )


#: By the number of a case: what is sent, what comes back of messages and of pings, and
#: the code with which the connection is closed.
CASES: dict[str, tuple[bytes, bytes, list[bytes], int]] = {
    # Messages of all sizes.
    **{
        f"1.2.{number}": (frame(bytes([0xFE]) * size), b"\xfe" * size, [], 1000)
        for number, size in enumerate(
            (0, 125, 126, 127, 128, 65535, 65536, 65536), start=1
        )
    },
    # Pings and pongs.
    "2.1": (frame(b"", PING), b"", [b""], 1000),
    "2.2": (frame(HELLO, PING), b"", [HELLO], 1000),
    "2.3": (
        frame(b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff", PING),
        b"",
        [b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff"],
        1000,
    ),
    "2.4": (frame(b"\xfe" * 125, PING), b"", [b"\xfe" * 125], 1000),
    "2.5": (frame(b"\xfe" * 126, PING), b"", [], 1002),
    "2.6": (frame(b"\xfe" * 125, PING), b"", [b"\xfe" * 125], 1000),
    "2.7": (frame(b"", PONG), b"", [], 1000),
    "2.8": (frame(b"unsolicited pong payload", PONG), b"", [], 1000),
    "2.9": (frame(b"unsolicited", PONG) + frame(b"ping", PING), b"", [b"ping"], 1000),
    **{
        number: (
            b"".join(frame(b"payload-%d" % n, PING) for n in range(10)),
            b"",
            [b"payload-%d" % n for n in range(10)],
            1000,
        )
        for number in ("2.10", "2.11")
    },
    # Reserved bits.
    "3.1": (frame(HELLO, reserved=4), b"", [], 1002),
    **{
        f"3.{bits}": (
            frame(HELLO) + frame(HELLO, reserved=bits) + frame(b"", PING),
            HELLO,
            [],
            1002,
        )
        for bits in (2, 3, 4)
    },
    "3.5": (frame(b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff", reserved=5), b"", [], 1002),
    "3.6": (frame(HELLO, PING, reserved=6), b"", [], 1002),
    "3.7": (frame(closing(1000), CLOSE, reserved=7), b"", [], 1002),
    # Opcodes that mean nothing.
    **{
        f"4.{group}.{number}": (
            frame(HELLO) * (number > 2) + frame(content, opcode) + frame(b"", PING),
            HELLO * (number > 2),
            [],
            1002,
        )
        for group, first in ((1, 3), (2, 11))
        for number, (opcode, content) in enumerate(
            zip(range(first, first + 5), (b"", HELLO, b"", HELLO, b""), strict=True),
            start=1,
        )
    },
    # Messages in parts, with other frames between.
    "5.1": (frame(b"a", PING, fin=False) + frame(b"b", CONTINUATION), b"", [], 1002),
    "5.2": (frame(b"a", PONG, fin=False) + frame(b"b", CONTINUATION), b"", [], 1002),
    **{
        number: (parts(b"fragment1", b"fragment2"), b"fragment1fragment2", [], 1000)
        for number in ("5.3", "5.4", "5.5")
    },
    **{
        number: (
            frame(b"fragment1", fin=False)
            + frame(b"ping", PING)
            + frame(b"fragment2", CONTINUATION),
            b"fragment1fragment2",
            [b"ping"],
            1000,
        )
        for number in ("5.6", "5.7", "5.8")
    },
    **{
        number: (frame(b"x", CONTINUATION, fin=isLast) + frame(HELLO), b"", [], 1002)
        for number, isLast in (
            *(("5.9", True), ("5.10", True), ("5.11", True)),
            *(("5.12", False), ("5.13", False), ("5.14", False)),
        )
    },
    "5.15": (
        parts(b"fragment1", b"fragment2")
        + frame(b"fragment3", CONTINUATION, fin=False)
        + frame(b"fragment4"),
        b"fragment1fragment2",
        [],
        1002,
    ),
    **{
        number: (
            (frame(b"f1", CONTINUATION, fin=isLast) + frame(b"f2", fin=False)) * 2,
            b"",
            [],
            1002,
        )
        for number, isLast in (("5.16", False), ("5.17", True))
    },
    "5.18": (
        frame(b"fragment1", fin=False) + frame(b"fragment2"),
        b"fragment1",
        [],
        1002,
    ),
    **{
        number: (
            frame(b"fragment1", fin=False)
            + frame(b"fragment2", CONTINUATION, fin=False)
            + frame(b"ping 1", PING)
            + frame(b"fragment3", CONTINUATION, fin=False)
            + frame(b"fragment4", CONTINUATION, fin=False)
            + frame(b"ping 2", PING)
            + frame(b"fragment5", CONTINUATION),
            b"".join(b"fragment%d" % n for n in range(1, 6)),
            [b"ping 1", b"ping 2"],
            1000,
        )
        for number in ("5.19", "5.20")
    },
    # The end.
    "7.1.1": (frame(HELLO) + BYE, HELLO, [], 1000),
    "7.1.2": (BYE + BYE, b"", [], 1000),
    "7.1.3": (BYE + frame(b"", PING), b"", [], 1000),
    "7.1.4": (BYE + frame(HELLO), b"", [], 1000),
    "7.1.5": (
        frame(b"fragment1", fin=False) + BYE + frame(b"fragment2", CONTINUATION),
        b"fragment1",
        [],
        1000,
    ),
    "7.1.6": (
        frame(bytes(1 << 18)) + frame(HELLO) + BYE + frame(b"", PING),
        bytes(1 << 18) + HELLO,
        [],
        1000,
    ),
    "7.3.1": (frame(b"", CLOSE), b"", [], 0),
    "7.3.2": (frame(b"a", CLOSE), b"", [], 1002),
    "7.3.3": (frame(closing(1000), CLOSE), b"", [], 1000),
    "7.3.4": (frame(closing(1000, "Hello World!"), CLOSE), b"", [], 1000),
    "7.3.5": (frame(closing(1000, "*" * 123), CLOSE), b"", [], 1000),
    "7.3.6": (frame(closing(1000, "*" * 124), CLOSE), b"", [], 1002),
    "7.5.1": (frame(closing(1000) + b"\xce\xba\xed\xa0\x80", CLOSE), b"", [], 1007),
    **{
        f"7.7.{number}": (frame(closing(code), CLOSE), b"", [], code)
        for number, code in enumerate(
            (
                *(1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011),
                *(3000, 3999, 4000, 4999),
            ),
            start=1,
        )
    },
    **{
        f"7.9.{number}": (frame(closing(code), CLOSE), b"", [], 1002)
        for number, code in enumerate(
            (0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999), start=1
        )
    },
    "7.13.1": (frame(closing(5000), CLOSE), b"", [], 1002),
    "7.13.2": (frame(closing(65535), CLOSE), b"", [], 1002),
    "10.1.1": (parts(b"*" * 1300, *([b"*" * 1300] * 50)), b"*" * 1300 * 51, [], 1000),
}


class CaseTests(SynchronousTestCase):
    """
    All cases but those of UTF-8 and of compression, which there is none.
    """

    def setUp(self) -> None:
        """
        Have a clock.
        """
        self.clock = Clock()

    def played(self, *pieces: bytes) -> tuple[bytes, list[bytes], int | None]:
        """
        @return: What came of messages, of pings, and the code of the end.
        """
        factory: Any = factoryOn(self.clock)
        factory.buildProtocol = lambda address: Echo()
        browser = Browser(WebSocketResource(factory, ping=0)).open()
        heard = b""
        for piece in pieces:
            browser.send(piece)
            for _ in range(1000):
                self.clock.advance(0)
            heard += browser.heard()
        return heard, browser.pongs, browser.closed and browser.closed[0]

    def test_cases(self) -> None:
        """
        Each comes to its end as it should.
        """
        wrong = []
        for number, (sent, heard, pongs, code) in CASES.items():
            sent += BYE * (code == 1000)
            found = self.played(sent)
            if found != (heard, pongs, code):
                wrong.append((number, found[1:], found[0][:40]))
        self.assertEqual(wrong, [])

    def test_chopped(self) -> None:
        """
        It is all the same in what pieces a case comes (its variants with chops).
        """
        for number in ("2.6", "3.4", "4.1.4", "5.8", "5.15", "5.20", "7.1.5", "7.3.4"):
            sent, heard, pongs, code = CASES[number]
            sent += BYE * (code == 1000)
            found = self.played(*(sent[at : at + 1] for at in range(len(sent))))
            self.assertEqual(found, (heard, pongs, code), number)

    def test_text(self) -> None:
        """
        Text is no RFB: it is refused with the code for that (section 7.4.1), where the
        suite, which plays with echoes, would have it come back (1.1.1 to 1.1.8, and
        what begins with text: 3.2 to 3.4, 4.1.3 to 4.1.5, 4.2.3 to 4.2.5, 7.1.1).
        """
        for content in (b"", b"*" * 125, b"*" * 65536):
            self.assertEqual(self.played(frame(content, TEXT)), (b"", [], 1003))
        found = self.played(frame(HELLO, TEXT) + frame(HELLO, 5) + frame(b"", PING))
        self.assertEqual(found, (b"", [], 1003))
