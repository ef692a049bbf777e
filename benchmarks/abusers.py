# -*- test-case-name: tests.benchmarks.test_abusers -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.
"""
What viewers send who mean harm, or are broken: one L{Abuse} a kind.

All of it is well-formed RFB; what hurts is how much of it there is.
"""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.healthy import NATIVE, key, request, setEncodings
from txrfb.encodings import constants as c

Messages = Callable[[int, int, int], list[bytes]]
"""
What is sent over and over, by the number of the abuser and the size of the screen.
"""

_TEXT = 1 << 20
_RGB565 = bytes([16, 16, 0, 1, 0, 31, 0, 63, 0, 31, 11, 5, 0, 0, 0, 0])
_COLOUR_MAP = bytes([8, 8, 0, 0]) + bytes(12)
_PSEUDO = (
    *(c.CURSOR, c.X_CURSOR, c.DESKTOP_SIZE, c.LAST_RECT, c.EXTENDED_DESKTOP_SIZE),
    *(c.DESKTOP_NAME, c.QEMU_EXTENDED_KEY, c.FENCE, c.CONTINUOUS_UPDATES),
    *(c.EXTENDED_CLIPBOARD, c.QUALITY_LEVEL_0, c.QUALITY_LEVEL_0 + 6),
)
_REQUEST = 1 << 31
_PEEK, _PROVIDE = 1 << 26, 1 << 28
_FORMATS = 16


def _requests(number: int, width: int, height: int) -> list[bytes]:
    return [request(True, 0, 0, width, height)] * 3000


def _screens(number: int, width: int, height: int) -> list[bytes]:
    return [request(False, 0, 0, width, height)] * 10


def _pixels(number: int, width: int, height: int) -> list[bytes]:
    rng = random.Random(number)
    return [
        request(rng.random() < 0.5, rng.randrange(width), rng.randrange(height), 1, 1)
        for _ in range(3000)
    ]


def _flips(number: int, width: int, height: int) -> list[bytes]:
    rng = random.Random(number)
    found = []
    for _ in range(20):
        for form in (NATIVE, _RGB565, _COLOUR_MAP):
            for encoding in (c.RAW, c.RRE, c.HEXTILE, c.ZLIB, c.TIGHT, c.TRLE, c.ZRLE):
                x, y = rng.randrange(width - 71), rng.randrange(height - 53)
                found.append(b"\0\0\0\0" + form)
                found.append(setEncodings(encoding, *_PSEUDO))
                found.append(request(False, x, y, 71, 53))
    return found


def _pointer(number: int, width: int, height: int) -> list[bytes]:
    rng = random.Random(number)
    return [
        struct.pack(">BBHH", 5, 0, rng.randrange(width), rng.randrange(height))
        for _ in range(5000)
    ]


def _keys(number: int, width: int, height: int) -> list[bytes]:
    # Neither modifiers, which would change what others type, nor the noted key.
    return [key(ord("a") + n // 2 % 25, n % 2 == 0) for n in range(5000)]


def _continuous(number: int, width: int, height: int) -> list[bytes]:
    area = struct.pack(">4H", 0, 0, width, height)
    return [b"\x96\1" + area, b"\x96\0" + area] * 1000


def _texts(number: int, width: int, height: int) -> list[bytes]:
    text = bytes(random.Random(number).choices(range(0x20, 0x7F), k=_TEXT))
    return [struct.pack(">B3xI", 6, _TEXT) + text]


def _clipboard(flags: int, body: bytes = b"") -> bytes:
    """
    An extended cut text: its length is negative.
    """
    return struct.pack(">B3xiI", 6, -4 - len(body), flags) + body


def _bombs(number: int, width: int, height: int) -> list[bytes]:
    one = struct.pack(">I", _TEXT) + bytes(_TEXT)
    formats = (1 << _FORMATS) - 1
    return [_clipboard(_PROVIDE | formats, zlib.compress(one * _FORMATS, 9))]


def _colourMaps(number: int, width: int, height: int) -> list[bytes]:
    return [b"\0\0\0\0" + _COLOUR_MAP] * 3000


def _peeks(number: int, width: int, height: int) -> list[bytes]:
    return [_clipboard(_PEEK)] * 3000


def _encodings(number: int, width: int, height: int) -> list[bytes]:
    rng = random.Random(number)
    return [setEncodings(*(rng.randrange(-400, 400) for _ in range(65535)))]


def _fences(number: int, width: int, height: int) -> list[bytes]:
    return [struct.pack(">B3xIB", 248, _REQUEST, 64) + bytes(64)] * 1000


def _resizes(number: int, width: int, height: int) -> list[bytes]:
    screen = struct.pack(">I4HI", 1, 0, 0, 801, 603, 0)
    return [struct.pack(">BxHHBx", 251, 801, 603, 1) + screen] * 1000


def _asks(number: int, width: int, height: int) -> list[bytes]:
    return [request(False, 0, 0, width, height), request(True, 0, 0, width, height)]


def _first(number: int, width: int, height: int) -> list[bytes]:
    return [request(False, 0, 0, width, height)]


def _either(number: int) -> tuple[int, ...]:
    """
    One of the encodings that viewers prefer, in turn.
    """
    return ((c.TIGHT, c.ZRLE, c.HEXTILE, c.ZLIB)[number % 4], c.QUALITY_LEVEL_0 + 6)


@dataclass(frozen=True)
class Abuse:
    """
    A kind of it.

    @ivar name: How the options and the tables call it.
    @ivar text: What it is, in words.
    @ivar messages: What is sent.
    @ivar encodings: What an abuser says first that it takes, by its number.
    @ivar pause: Seconds from one time to the next; 0: as fast as the server takes it.
    @ivar once: It is sent only once.
    @ivar reads: How many bytes are read a second; C{None}: all that come.
    @ivar viewers: How many there are of this kind, whatever the options say.
    @ivar own: Bytes that the server may hold of what an abuser is just sending.
    @ivar login: Abusers log in; else connections are all that they make.
    """

    name: str
    text: str
    messages: Messages = lambda number, width, height: []
    encodings: Callable[[int], tuple[int, ...]] = lambda number: (c.RAW,)
    pause: float = 0.0
    once: bool = False
    reads: int | None = None
    viewers: int | None = None
    own: int = 0
    login: bool = True


def _takes(*encodings: int) -> Callable[[int], tuple[int, ...]]:
    return lambda number: encodings


ABUSES = {
    abuse.name: abuse
    for abuse in (
        Abuse("requests", "incremental requests", _requests),
        Abuse("screens", "requests of the whole screen", _screens, _either),
        Abuse("pixels", "requests of 1x1 pixels", _pixels),
        Abuse("flips", "other formats and encodings, and requests", _flips),
        Abuse("pointer", "pointer moves", _pointer),
        Abuse("keys", "key presses", _keys),
        Abuse(
            "continuous",
            "continuous updates on and off",
            _continuous,
            _takes(c.TIGHT, c.FENCE, c.CONTINUOUS_UPDATES),
        ),
        Abuse("texts", "cut texts of 1 MiB", _texts, own=_TEXT),
        Abuse(
            "bombs",
            "clipboards of 16 formats, 1 MiB each, in 16 KiB",
            _bombs,
            _takes(c.RAW, c.EXTENDED_CLIPBOARD),
            own=_TEXT,
        ),
        Abuse("colours", "formats with a colour map", _colourMaps),
        Abuse(
            "peeks",
            "clipboard peeks",
            _peeks,
            _takes(c.RAW, c.EXTENDED_CLIPBOARD),
        ),
        Abuse("encodings", "lists of 65535 encodings", _encodings),
        Abuse(
            "fences",
            "fences that want an answer",
            _fences,
            _takes(c.RAW, c.FENCE, c.CONTINUOUS_UPDATES),
        ),
        Abuse(
            "resizes",
            "wishes for another size",
            _resizes,
            _takes(c.RAW, c.EXTENDED_DESKTOP_SIZE),
        ),
        Abuse("halfopen", "connections that never log in", viewers=1000, login=False),
        Abuse("connects", "connections a second", viewers=100, login=False),
        Abuse(
            "deaf",
            "viewers that ask once and never read",
            _first,
            once=True,
            reads=0,
            viewers=200,
        ),
        Abuse(
            "trickle",
            "viewers that read a byte a second",
            _first,
            once=True,
            reads=1,
            viewers=200,
        ),
        Abuse(
            "asking",
            "viewers that never read and ask every 50 ms",
            _asks,
            _takes(c.TIGHT),
            pause=0.05,
            reads=0,
            viewers=200,
        ),
    )
}
"""
All kinds, by name, in the order of the tables.
"""
