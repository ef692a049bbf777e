# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Valid input for each of the L{tests.fuzz.targets}, made by what makes it in life:
fuzzing begins with it.  C{corpus} has input that reaches more of the code, as atheris
found it, and what a target once failed with: a directory for each target.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from tests.codec import CONTENTS, FORMATS, photo, surfaceOf, text
from tests.fuzz.targets import PSEUDO, _hostKey
from txrfb._wire.messages import (
    FramebufferUpdate,
    FramebufferUpdateRequest,
    KeyEvent,
    PointerEvent,
    RectangleHeader,
    SetColorMapEntries,
    SetEncodings,
    SetPixelFormat,
)
from txrfb._wire.messages.extensions import (
    EnableContinuousUpdates,
    ExtendedKeyEvent,
    Fence,
    SetDesktopSize,
    Xvp,
)
from txrfb.encodings import ENCODINGS, Level, constants
from txrfb.encodings.cursor import encodeCursor, encodeXCursor
from txrfb.encodings.desktop import encodeExtendedDesktopSize
from txrfb.encodings.png import encodePng
from txrfb.encodings.tight import compactLength
from txrfb.geometry import Rectangle, Screen
from txrfb.pixels import NATIVE, Cursor
from txrfb.security.accounts.hashing import Hash
from txrfb.security.accounts.passwords import obfuscated

CORPUS = Path(__file__).parent / "corpus"

_GREETING = b"RFB 003.008\n"
_WIDTH, _HEIGHT = 40, 30


def _talk() -> bytes:
    """
    What a viewer says after its login.
    """
    provided = (1 << 28 | 1).to_bytes(4, "big") + zlib.compress(b"\0\0\0\5text\0")
    messages = (
        SetPixelFormat(FORMATS["565"]),
        SetEncodings((constants.COPY_RECT, constants.TIGHT, *PSEUDO)),
        FramebufferUpdateRequest(False, Rectangle(0, 0, 100, 80)),
        KeyEvent(True, 65),
        PointerEvent(1, 9, 9),
        SetEncodings((constants.ZRLE, *PSEUDO)),
        SetPixelFormat(FORMATS["map"]),
        FramebufferUpdateRequest(True, Rectangle(0, 0, 100, 80)),
        Fence(1 << 31, b"mark"),
        EnableContinuousUpdates(True, Rectangle(0, 0, 60, 60)),
        ExtendedKeyEvent(True, 66, 30),
        SetDesktopSize(120, 90, (Screen(1, 0, 0, 120, 90),)),
        Xvp(1, 2),
        KeyEvent(False, 65),
    )
    parts = [message.toBytes() for message in messages]
    parts.append(b"\6\0\0\0" + (1 << 32 - 1).to_bytes(4, "big"))
    parts.append(b"\6\0\0\0" + (-len(provided) % (1 << 32)).to_bytes(4, "big"))
    return b"".join(parts) + provided + b"\6\0\0\0\0\0\0\4text"


def _connection() -> Iterator[bytes]:
    for kind in range(5):
        yield bytes([kind, 0, kind & 1]) + _GREETING + b"\2" * 40
        yield bytes([kind | 128, 255, 0]) + b"\0\0\0\5" * 12
    yield b"\x80\0\0\1" + _talk()
    yield b"\0\0\0RFB 003.003\n\1" + _talk()


def _server() -> Iterator[bytes]:
    yield b"\x80\0" + _talk()
    yield b"\x80\xff" + _talk()
    yield b"\1\0" + _GREETING + b"\2" + b"r" * 16
    yield b"\0\0RFB 003.007\n\1\1" + _talk()


def _bodies() -> Iterator[tuple[int, bytes]]:
    """
    Pixels in each encoding: its number and a body, of 40x30 pixels.
    """
    random = np.random.default_rng(1)
    for content in CONTENTS:
        surface, rectangle = surfaceOf(content(random, _WIDTH, _HEIGHT))
        for number, encoding in ENCODINGS.items():
            encoder = encoding.encoder(NATIVE, Level(quality=50))
            body = encoder.encode(surface, rectangle)
            if encoder.opens:
                body = encoder.opening(body)
            if len(body) < 3000:
                yield number, body


def _others() -> Iterator[tuple[int, bytes]]:
    """
    What other servers send and ours does not, of 40x30 pixels.
    """
    area = _WIDTH * _HEIGHT
    rows = bytes(range(256)) * 20
    for head, size in (
        (b"", area * 3),
        (b"\1\1" + bytes(6), _HEIGHT * (_WIDTH // 8)),
        (b"\1\5" + bytes(18), area),
        (b"\2", area * 3),
    ):
        kind = 0x40 * bool(head)
        # Without zlib, and a stream that goes on from one rectangle to the next.
        yield constants.TIGHT, bytes([0xA0 | kind]) + head + rows[:size]
        deflater = zlib.compressobj()
        for reset in (1, 0):
            data = deflater.compress(rows[:size]) + deflater.flush(zlib.Z_SYNC_FLUSH)
            length = compactLength(len(data))
            yield constants.TIGHT, bytes([kind | reset]) + head + length + data
    tiles = b"\x02" + b"abcdef" + bytes(32 * 8)  # packed
    tiles += b"\x7f" + bytes(32) + b"\x81\x80\xff\x00"  # reused, of the rest
    yield constants.TRLE, tiles
    yield constants.TRLE, b"\x80abc\xff\x00" + b"\x83abcdefghi\x81\xfe\x00" * 3
    subrectangles = bytes(8) + b"\0\x28\0\x1e"
    yield constants.RRE, b"\0\0\0\x40" + bytes(4) + subrectangles * 64
    yield constants.HEXTILE, b"\x1a" + bytes(4) + b"\2" + b"abcd\0\0efgh\x11\x11\0\0"


def _decoders() -> Iterator[bytes]:
    kinds = [*ENCODINGS]
    for number, body in (*_bodies(), *_others()):
        for look in (0, 1, 8):
            yield bytes([kinds.index(number), look, _WIDTH, _HEIGHT]) + body
            yield bytes([kinds.index(number) | 128, look, 20, 15]) + body
    yield bytes([len(kinds), 0, 5, 5]) + b"\0\1\0\1"


def _cursor() -> Cursor:
    pixels = bytes(range(256)) * 3
    return Cursor(16, 12, 3, 4, pixels)


def _pseudo() -> Iterator[bytes]:
    cursor = _cursor()
    bodies = {
        constants.CURSOR: encodeCursor(cursor, NATIVE),
        constants.X_CURSOR: encodeXCursor(cursor),
        constants.EXTENDED_DESKTOP_SIZE: encodeExtendedDesktopSize(
            [Screen(1, 0, 0, 9, 9), Screen(2, 9, 0, 9, 9)]
        ),
        constants.DESKTOP_NAME: b"\0\0\0\4name",
    }
    for at, number in enumerate(PSEUDO):
        body = bodies.get(number, b"\0\0\0\4abcd")
        yield bytes([at, 0, 1, 1, 5, 4]) + body


def _client() -> Iterator[bytes]:
    screen = Rectangle(10, 10, _WIDTH, _HEIGHT)
    for number, body in (*_bodies(), *_others()):
        header = RectangleHeader(screen, number).toBytes()
        update = FramebufferUpdate(1).toBytes() + header + body
        yield b"\x80\0" + update + update[:30]
    for body in _pseudo():
        number = PSEUDO[body[0]]
        header = RectangleHeader(Rectangle(3, 4, 16, 12), number).toBytes()
        yield b"\x80\0" + FramebufferUpdate(1).toBytes() + header + body[6:]
    colors = SetColorMapEntries(0, ((1, 2, 3), (4, 5, 6))).toBytes()
    yield b"\x88\0" + colors + b"\2\3\0\0\0\0\0\0\4text"
    for number in (2, 19, 5, 30, 113):
        yield b"\0\0" + _GREETING + bytes([1, number]) + b"\0\2" * 100


def _images() -> Iterator[bytes]:
    random = np.random.default_rng(2)
    for content in (photo, text):
        colors = content(random, _WIDTH, _HEIGHT)
        bands = [colors >> np.uint32(n) & np.uint32(255) for n in (16, 8, 0)]
        image = Image.fromarray(np.stack(bands, 2).astype(np.uint8))
        for kind, one in (("PNG", image), ("PNG", image.quantize(9)), ("JPEG", image)):
            file = BytesIO()
            one.save(file, kind)
            yield bytes([kind == "JPEG", _WIDTH, _HEIGHT]) + file.getvalue()
    rows = zlib.compress(b"\0" + b"\1" * 5 + b"\0" + b"\0" * 5)
    yield bytes([0, 5, 2]) + encodePng(5, 2, 8, b"abcdef", rows)


def _files() -> Iterator[bytes]:
    images = [Image.new("RGB", (9, 7), color) for color in ("red", "blue", "lime")]
    for kind in ("GIF", "PNG", "WEBP", "TIFF", "BMP", "ICO", "TGA", "PPM"):
        file = BytesIO()
        more = {"save_all": True, "append_images": images[1:], "duration": 100}
        isFilm = kind in ("GIF", "PNG", "WEBP", "TIFF")
        images[0].save(file, kind, **(more if isFilm else {}))
        yield file.getvalue()


def _clipboard() -> Iterator[bytes]:
    packed = zlib.compress(b"\0\0\0\5text\0\0\0\0\4<p>\0")
    yield b"\7\4\5" + packed
    for action in range(4):
        yield bytes([4, action, 1]) + b"\0\0\0\x10" * 3
    yield b"\0\0\0" + b"\x10\0\0\1" + packed


def _formats() -> Iterator[bytes]:
    for format in FORMATS.values():
        yield format.toBytes()


def _secrets() -> Iterator[bytes]:
    yield b"\0secret\nlook\n"
    yield b"\0" + obfuscated(b"secret")
    salted = Hash.make(b"secret", b"s" * 16, memory=8, rounds=1, lanes=1)
    yield b"\1# users\nada:%s\nbob:%s:view\n" % ((str(salted).encode(),) * 2)
    yield b"\2" + str(salted).encode()
    yield b"\3" + _hostKey().toPEM()
    yield b"\4" + _hostKey().encoded
    yield b"\x05192.0.2.0/24,2001:db8::/32,::ffff:1.2.3.4,fe80::1%eth0"


_SEEDS: dict[str, Callable[[], Iterator[bytes]]] = {
    "connection": _connection,
    "server": _server,
    "client": _client,
    "decoders": _decoders,
    "pseudo": _pseudo,
    "images": _images,
    "files": _files,
    "clipboard": _clipboard,
    "formats": _formats,
    "secrets": _secrets,
}


def seeds(target: str) -> list[bytes]:
    """
    @param target: The name of a target.

    @return: What fuzzing it begins with: valid input, and what was found before.
    """
    found = sorted((CORPUS / target).glob("*"))
    return [*_SEEDS[target](), *(path.read_bytes() for path in found)]
