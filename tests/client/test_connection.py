# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.client.connection} and L{txrfb.client.picture}.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from twisted.trial.unittest import SynchronousTestCase

from tests.codec import FORMATS, MAP
from tests.encodings.test_h264 import requireLibrary
from tests.pieces import Transcript, cut, lengths
from txrfb._wire.events import Failed, Output, SealRequested, TLSRequested
from txrfb._wire.messages import (
    Bell,
    FramebufferUpdate,
    FramebufferUpdateRequest,
    KeyEvent,
    Limits,
    RectangleHeader,
    ServerCutText,
    ServerInit,
    SetColorMapEntries,
    SetEncodings,
    SetPixelFormat,
)
from txrfb.client import ClientConnection, CursorChanged, NameChanged, SizeChanged
from txrfb.client.events import ClientEvent, Updated
from txrfb.client.login import Security, securityFor
from txrfb.encodings import ENCODINGS
from txrfb.encodings.constants import (
    COPY_RECT,
    CURSOR,
    CURSOR_WITH_ALPHA,
    DESKTOP_NAME,
    DESKTOP_SIZE,
    HEXTILE,
    LAST_RECT,
    OPEN_H264,
    RAW,
    RRE,
)
from txrfb.encodings.copyrect import encodeCopyRect
from txrfb.encodings.cursor import encodeCursor
from txrfb.encodings.desktop import encodeDesktopName
from txrfb.encodings.level import Level
from txrfb.geometry import Copy, Rectangle
from txrfb.pixels import NATIVE, Cursor, PixelFormat, Surface
from txrfb.security import ClientSteps, Read, Seal, StartTLS, Unseal, Write
from txrfb.security.accounts.credentials import vncResponse

GREETING = b"RFB 003.008\n"
LIMITS = Limits(pixels=10_000, cutText=100, name=50, reason=50)


def init(format: PixelFormat = NATIVE, width: int = 60, height: int = 50) -> bytes:
    """
    @return: A ServerInit.
    """
    return ServerInit(width, height, format, "name").toBytes()


def update(*rectangles: tuple[Rectangle, int, bytes], count: int = -1) -> bytes:
    """
    @return: A FramebufferUpdate.
    """
    data = FramebufferUpdate(len(rectangles) if count < 0 else count).toBytes()
    for rectangle, encoding, body in rectangles:
        data += RectangleHeader(rectangle, encoding).toBytes() + body
    return data


def raw(rectangle: Rectangle, pixel: bytes) -> tuple[Rectangle, int, bytes]:
    """
    @return: A rectangle of one pixel's bytes.
    """
    return rectangle, RAW, pixel * rectangle.area


class Scene:
    """
    A viewer's connection, and the events that came out of it.
    """

    def __init__(self, security: Security | None = None, **options: Any) -> None:
        self.transcript = Transcript()
        options.setdefault("limits", LIMITS)
        self.connection = ClientConnection(
            securityFor(names=["None"]) if security is None else security,
            self.transcript,
            **options,
        )
        self.said = b""
        self.told: list[Any] = []
        self.failed: str | None = None
        self.act(self.connection.start())

    def act(self, events: list[ClientEvent]) -> None:
        """
        Write down what happens.
        """
        for event in events:
            if self.failed is not None:
                raise AssertionError(f"{event} came after the end")
            if isinstance(event, Output):
                self.said += event.data
            elif isinstance(event, Failed):
                self.failed = event.reason
            else:
                self.told.append(event)
                if isinstance(event, TLSRequested):
                    self.act(self.connection.tlsStarted())

    def hear(self, data: bytes, pieces: list[int] | None = None) -> bytes:
        """
        @return: What is said to it.
        """
        for piece in cut(data, pieces or [1]):
            self.act(self.connection.receive(piece))
        said, self.said = self.said, b""
        return said


def ready(format: PixelFormat = NATIVE, **options: Any) -> Scene:
    """
    @return: A viewer that is logged in.
    """
    scene = Scene(**options)
    scene.hear(GREETING + b"\1\1\0\0\0\0" + init(format))
    scene.told.clear()
    return scene


class HandshakeTests(SynchronousTestCase):
    """
    How a viewer logs in.
    """

    def test_versions(self) -> None:
        """
        The newest version is spoken that both have.
        """
        for version, newest, minor in (
            ("003.003", 8, 3),
            ("003.005", 8, 3),
            ("003.007", 8, 7),
            ("003.008", 8, 8),
            ("003.008", 7, 7),
            ("003.007", 3, 3),
            ("003.003", 7, 3),
            ("003.889", 8, 8),
            ("004.001", 8, 8),
            ("005.000", 7, 7),
        ):
            scene = Scene(newest=newest)
            answer = scene.hear(f"RFB {version}\n".encode())
            self.assertEqual(answer, b"RFB 003.%03d\n" % minor)
            self.assertEqual(scene.connection.minor, minor)

    def test_noVersion(self) -> None:
        """
        What is no version ends it.
        """
        for data in (b"SSH-2.0-Open", b"RFB 002.000\n", b"RFB 003.002\n", bytes(12)):
            scene = Scene()
            self.assertEqual(scene.hear(data), b"")
            self.assertIsNotNone(scene.failed)
        self.assertRaises(ValueError, Scene, newest=5)

    def test_none(self) -> None:
        """
        Without a password, in all versions.
        """
        for minor, chosen, result in (
            (3, b"\0\0\0\1", b""),
            (7, b"\1\1", b""),
            (8, b"\2\2\1", b"\0\0\0\0"),
        ):
            scene = Scene(shared=False)
            scene.hear(b"RFB 003.%03d\n" % minor)
            answer = scene.hear(chosen + result)
            self.assertEqual(answer, (b"\1" if minor > 3 else b"") + b"\0")
            scene.hear(init())
            self.assertEqual(scene.told, [ServerInit(60, 50, NATIVE, "name")])
            self.assertTrue(scene.connection.isReady)
            self.assertEqual(scene.connection.securityType, 1)
            self.assertEqual(scene.connection.canvas.shape, (50, 60))

    def test_password(self) -> None:
        """
        With a password, in all versions; it is used if the server asks for it.
        """
        challenge = bytes(range(16))
        for minor, chosen in ((3, b"\0\0\0\2"), (7, b"\1\2"), (8, b"\2\1\2")):
            scene = Scene(securityFor("secret", names=["VncAuth", "None"]))
            scene.hear(b"RFB 003.%03d\n" % minor)
            answer = scene.hear(chosen + challenge)
            self.assertEqual(answer[-16:], vncResponse(b"secret", challenge))
            self.assertEqual(scene.hear(b"\0\0\0\0"), b"\1")

    def test_refused(self) -> None:
        """
        The server's reason for a refusal is reported, without characters that cannot
        be printed.
        """
        reason = b"\0\0\0\x08go\n\x1baway"
        for data, expected in (
            (b"RFB 003.003\n\0\0\0\0" + reason, "the server refuses: go??away"),
            (GREETING + b"\0" + reason, "the server refuses: go??away"),
            (GREETING + b"\1\1\0\0\0\1" + reason, "the login failed: go??away"),
            (b"RFB 003.003\n\0\0\0\2" + bytes(16) + b"\0\0\0\2", "result 2"),
            (GREETING + b"\1\x13", "security types VeNCrypt; usable are"),
            (GREETING + b"\0\0\0\0\x33" + bytes(51), "a reason of 51 bytes"),
        ):
            scene = Scene(securityFor("secret", names=["VncAuth", "None"]))
            scene.hear(data)
            assert scene.failed is not None
            self.assertIn(expected, scene.failed)

    def test_steps(self) -> None:
        """
        Security types are steps: reads, writes, TLS, seals.
        """

        class Cipher:
            """
            Turns bytes upside down.
            """

            held = missing = 0

            def seal(self, data: bytes) -> bytes:
                return bytes(255 - byte for byte in data)

            unseal = seal

        got: list[object] = []

        def steps() -> ClientSteps:
            got.append((yield Read(2)))
            yield Write(b"hello")
            yield StartTLS("x509")
            yield Seal(Cipher(), Cipher())
            got.append((yield Read(1)))
            yield Unseal()

        scene = Scene({100: steps})
        self.assertEqual(scene.hear(GREETING + b"\1d"), GREETING + b"d")
        self.assertEqual(scene.hear(b"ab"), b"hello")
        scene.hear(bytes([255 - 7]))
        self.assertEqual(got, [b"ab", b"\7"])
        self.assertEqual(scene.hear(b"\0\0\0\0"), b"\1")
        tls, sealed, unsealed = scene.told
        self.assertEqual(tls, TLSRequested("x509"))
        self.assertIsInstance(sealed.send, Cipher)
        self.assertEqual(unsealed, SealRequested(None))

    def test_wrongStep(self) -> None:
        """
        A step that is none ends the connection.
        """

        def steps() -> Any:
            yield "step"

        scene = Scene({100: steps})
        scene.hear(GREETING + b"\1d")
        self.assertEqual(scene.failed, "SecurityType100 has a step 'step'")

    def test_bytesBeforeTls(self) -> None:
        """
        Bytes that came before TLS are not taken for protected ones.
        """

        def steps() -> ClientSteps:
            yield StartTLS("x509")

        scene = Scene({100: steps})
        scene.hear(GREETING + b"\1d!", [15])
        self.assertEqual(scene.failed, "bytes came between the choice and TLS")

    def test_sizes(self) -> None:
        """
        A screen of no pixels, or of too many, is not shown.
        """
        for width, height in ((0, 5), (5, 0), (101, 100), (65535, 65535)):
            scene = Scene()
            scene.hear(GREETING + b"\1\1\0\0\0\0" + init(NATIVE, width, height))
            assert scene.failed is not None
            self.assertIn(f"a screen of {width}x{height}", scene.failed)

    def test_tooSoon(self) -> None:
        """
        Before it is logged in, a viewer cannot send anything.
        """
        self.assertRaises(RuntimeError, Scene().connection.send, KeyEvent(True, 1))


class UpdateTests(SynchronousTestCase):
    """
    What servers send.
    """

    def test_raw(self) -> None:
        """
        Pixels are painted where they belong.
        """
        scene = ready()
        place = Rectangle(3, 4, 5, 6)
        scene.hear(update(raw(place, b"\1\2\3\0")))
        [told] = scene.told
        self.assertEqual(told, Updated((place,), (), frozenset([RAW])))
        canvas = scene.connection.canvas
        self.assertTrue((canvas[4:10, 3:8] == 0x030201).all())
        self.assertEqual(int((canvas != 0).sum()), 30)

    @settings(max_examples=60, deadline=None)
    @given(
        st.sampled_from(sorted(ENCODINGS)),
        st.sampled_from(sorted(FORMATS)),
        lengths,
        st.integers(0, 1 << 30),
    )
    def test_everything(
        self, number: int, name: str, pieces: list[int], seed: int
    ) -> None:
        """
        Every encoding in every format, in any pieces: what is seen is the same as
        in one piece, and updates follow each other.
        """
        format, encoding = FORMATS[name], ENCODINGS[number]
        encoder = encoding.encoder(format, Level())
        colors = np.random.default_rng(seed).integers(0, 1 << 24, 12, np.uint32)
        array = np.repeat(colors, 5 * 40).reshape(60, 40).astype("<u4")
        surface = Surface(array.tobytes(), 160, 40, 60)
        data = b""
        for turn, place in enumerate(
            (Rectangle(0, 0, 16, 16), Rectangle(7, 9, 16, 7), Rectangle(3, 30, 5, 16))
        ):
            body = encoder.encode(surface, place)
            data += update((place, number, encoder.opening(body) if not turn else body))
        scenes = []
        for how in ([len(data)], pieces):
            scene = ready()
            scene.act(scene.connection.send(SetPixelFormat(format)))
            scene.hear(data, how)
            self.assertIsNone(scene.failed)
            self.assertEqual(len(scene.told), 3)
            scenes.append(scene)
        one, other = (scene.connection.canvas for scene in scenes)
        self.assertTrue((one == other).all())

    def test_copy(self) -> None:
        """
        Copies are reported.
        """
        scene = ready()
        scene.hear(
            update(
                raw(Rectangle(0, 0, 5, 5), b"\1\1\1\1"),
                (Rectangle(10, 10, 5, 5), COPY_RECT, encodeCopyRect(0, 0)),
            )
        )
        [told] = scene.told
        self.assertEqual(told.copies, (Copy(Rectangle(10, 10, 5, 5), 0, 0),))
        self.assertEqual(int(scene.connection.canvas[12, 12]), 0x010101)

    def test_outside(self) -> None:
        """
        What is outside of the screen ends the connection.
        """
        for place in (Rectangle(56, 0, 5, 5), Rectangle(0, 46, 5, 5)):
            for encoding in (RAW, COPY_RECT, RRE):
                scene = ready()
                scene.hear(update((place, encoding, bytes(500))))
                assert scene.failed is not None
                self.assertIn("on a screen of 60x50", scene.failed)
        scene = ready()
        body = encodeCopyRect(57, 0)
        scene.hear(update((Rectangle(0, 0, 5, 5), COPY_RECT, body)))
        self.assertIsNotNone(scene.failed)

    def test_unknown(self) -> None:
        """
        An unknown encoding or message ends it, as nobody can tell how long it is.
        """
        scene = ready()
        scene.hear(update((Rectangle(0, 0, 5, 5), 12345, b"")))
        self.assertEqual(scene.failed, "a rectangle in the unknown encoding 12345")
        scene = ready()
        scene.hear(b"\x63")
        self.assertEqual(scene.failed, "there is no message type 99")

    def test_videoNotAskedFor(self) -> None:
        """
        H.264 is unknown unless it was asked for: what decodes it is large.
        """
        scene = ready()
        body = bytes(8)
        scene.hear(update((Rectangle(0, 0, 5, 5), OPEN_H264, body)))
        self.assertEqual(scene.failed, "a rectangle in the unknown encoding OpenH264")
        requireLibrary()
        scene = ready()
        scene.act(scene.connection.send(SetEncodings((OPEN_H264,))))
        scene.hear(update((Rectangle(0, 0, 5, 5), OPEN_H264, body)))
        self.assertIsNone(scene.failed)

    def test_damaged(self) -> None:
        """
        What is wrong in a rectangle is told with its place and encoding.
        """
        for encoding, body, wanted in (
            (HEXTILE, b"\0", "Hextile 5x4+3+2: a tile has no background"),
            (COPY_RECT, encodeCopyRect(57, 0), "CopyRect 5x4+3+2: "),
            (CURSOR_WITH_ALPHA, b"\0\0\0\x63", "CursorWithAlpha 5x4+3+2: "),
        ):
            scene = ready()
            scene.hear(update((Rectangle(3, 2, 5, 4), encoding, body)))
            assert scene.failed is not None
            self.assertEqual(scene.failed[: len(wanted)], wanted)

    def test_lastRect(self) -> None:
        """
        An update may end before its time.
        """
        scene = ready()
        place = Rectangle(0, 0, 2, 2)
        last = (Rectangle(0, 0, 0, 0), LAST_RECT, b"")
        scene.hear(update(raw(place, b"\1\1\1\1"), last, count=65535) + b"\2")
        self.assertEqual(scene.told[0].rectangles, (place,))
        self.assertEqual(scene.told[1], Bell())

    def test_size(self) -> None:
        """
        A new size brings a new canvas.
        """
        scene = ready()
        old = scene.connection.canvas
        scene.hear(update((Rectangle(0, 0, 9, 8), DESKTOP_SIZE, b"")))
        self.assertEqual(scene.told[0], SizeChanged(9, 8))
        self.assertIsNot(scene.connection.canvas, old)
        self.assertEqual(scene.connection.canvas.shape, (8, 9))
        scene.hear(update((Rectangle(0, 0, 6000, 6000), DESKTOP_SIZE, b"")))
        assert scene.failed is not None
        self.assertIn("a screen of 6000x6000", scene.failed)

    def test_sizesAreCheap(self) -> None:
        """
        A server may change the size as often as it likes.
        """
        scene = ready(limits=Limits(pixels=1 << 25))
        sizes = [(5000, 5000), (1, 1)] * 500
        data = b"".join(
            update((Rectangle(0, 0, *size), DESKTOP_SIZE, b"")) for size in sizes
        )
        scene.hear(data, [len(data)])
        self.assertEqual(scene.connection.canvas.shape, (1, 1))

    def test_name(self) -> None:
        """
        The desktop's name may change.
        """
        scene = ready()
        scene.hear(
            update((Rectangle(0, 0, 0, 0), DESKTOP_NAME, encodeDesktopName("é")))
        )
        self.assertEqual(scene.told[0], NameChanged("é"))
        self.assertEqual(scene.connection.name, "é")

    def test_cursor(self) -> None:
        """
        So may the pointer's shape, in every pixel format; one without pixels is
        invisible.
        """
        shape = Image.new("RGBA", (9, 3), "#ff0000").tobytes("raw", "BGRA")
        cursor = Cursor(9, 3, 2, 1, shape)
        for name, format in FORMATS.items():
            scene = ready()
            scene.act(scene.connection.send(SetPixelFormat(format)))
            scene.hear(SetColorMapEntries(0, tuple(MAP.colorMap())).toBytes())
            scene.told.clear()
            body = encodeCursor(cursor, format)
            scene.hear(update((Rectangle(2, 1, 9, 3), CURSOR, body)))
            self.assertEqual(scene.told[0], CursorChanged(cursor), name)
            scene.hear(update((Rectangle(0, 0, 0, 0), CURSOR, b"")))
            assert scene.connection.cursor is not None
            self.assertEqual(scene.connection.cursor.pixels, b"")

    def test_others(self) -> None:
        """
        Bell and text.
        """
        scene = ready()
        scene.hear(b"\2" + ServerCutText(b"hi").toBytes())
        self.assertEqual(scene.told, [Bell(), ServerCutText(b"hi")])
        scene.hear(ServerCutText(bytes(200)).toBytes())
        self.assertEqual(scene.told[2], ServerCutText(bytes(100), 100))

    def test_manyRectangles(self) -> None:
        """
        Of very many rectangles one is made, so that events stay small.
        """
        scene = ready()
        places = [Rectangle(n % 60, n // 60, 1, 1) for n in range(2500)]
        data = update(*(raw(place, b"\1\1\1\1") for place in places))
        scene.hear(data, [len(data)])
        [told] = scene.told
        self.assertLess(len(told.rectangles), 1100)
        for place in (places[0], places[1024], places[-1]):
            self.assertTrue(any(r.contains(place) for r in told.rectangles))

    def test_transcript(self) -> None:
        """
        The transcript has the sizes of all messages.
        """
        scene = ready()
        data = update(raw(Rectangle(0, 0, 2, 2), b"\1\1\1\1"))
        scene.hear(data + b"\2")
        self.assertEqual(scene.transcript.sizes["FramebufferUpdate"], len(data))
        self.assertEqual(scene.transcript.sizes["Bell"], 1)


class FormatTests(SynchronousTestCase):
    """
    Pixel formats, and when they change.
    """

    def test_pending(self) -> None:
        """
        A new format is not asked for while an update may be on its way in the old
        one; other messages do not wait.
        """
        scene = ready()
        connection = scene.connection
        request = FramebufferUpdateRequest(True, Rectangle(0, 0, 60, 50))
        scene.act(connection.send(request))
        scene.act(connection.send(SetPixelFormat(FORMATS["565"])))
        scene.act(connection.send(KeyEvent(True, 97)))
        expected = request.toBytes() + KeyEvent(True, 97).toBytes()
        self.assertEqual(scene.hear(b""), expected)
        # An update without pixels may not have been the answer.
        scene.hear(update((Rectangle(0, 0, 60, 50), DESKTOP_SIZE, b"")))
        self.assertEqual(connection.format, NATIVE)
        place = Rectangle(0, 0, 2, 2)
        said = scene.hear(update(raw(place, b"\0\0\xff\0")))
        self.assertEqual(said, SetPixelFormat(FORMATS["565"]).toBytes())
        self.assertEqual(int(connection.canvas[0, 0]), 0xFF0000)
        scene.hear(update(raw(place, b"\x1f\0")))
        self.assertEqual(int(connection.canvas[0, 0]), 0x0000FF)

    def test_requestForNothing(self) -> None:
        """
        A request for nothing on the screen is never answered, so nothing waits for
        it.
        """
        scene = ready()
        scene.act(
            scene.connection.send(
                FramebufferUpdateRequest(False, Rectangle(60, 50, 5, 5))
            )
        )
        scene.act(scene.connection.send(SetPixelFormat(FORMATS["565"])))
        self.assertEqual(scene.connection.format, FORMATS["565"])


class ColorMapTests(SynchronousTestCase):
    """
    Screens that are not true color.
    """

    def test_map(self) -> None:
        """
        Pixels have the colors of the map; what was painted changes with it.
        """
        scene = ready(MAP)
        colors = ((65535, 0, 0), (0, 65535, 0), (0x1234, 0x5678, 0x9ABC))
        scene.hear(SetColorMapEntries(5, colors).toBytes())
        scene.hear(update(raw(Rectangle(0, 0, 2, 2), b"\5")))
        scene.hear(update(raw(Rectangle(2, 0, 2, 2), b"\7")))
        canvas = scene.connection.canvas
        self.assertEqual(int(canvas[0, 0]), 0xFF0000)
        self.assertEqual(int(canvas[0, 2]), 0x12569A)
        scene.hear(SetColorMapEntries(5, ((0, 0, 65535),)).toBytes())
        self.assertEqual(int(canvas[0, 0]), 0x0000FF)
        self.assertEqual(int(canvas[0, 2]), 0x12569A)

    def test_beyondTheEnd(self) -> None:
        """
        A map may not be longer than it can be.
        """
        scene = ready(MAP)
        colors = ((65535, 0, 0),) * 100
        scene.hear(SetColorMapEntries(65500, colors).toBytes())
        self.assertIsNone(scene.failed)
        scene.hear(SetColorMapEntries(0, ()).toBytes())
        self.assertIsNone(scene.failed)

    def test_copy(self) -> None:
        """
        What is copied has changing colors, too; what was painted in true color
        before keeps its own.
        """
        scene = ready()
        scene.hear(update(raw(Rectangle(0, 0, 2, 2), b"\1\2\3\0")))
        scene.act(scene.connection.send(SetPixelFormat(MAP)))
        scene.hear(SetColorMapEntries(0, tuple(MAP.colorMap())).toBytes())
        scene.hear(update(raw(Rectangle(4, 0, 2, 2), b"\7")))
        scene.hear(update((Rectangle(10, 0, 6, 2), COPY_RECT, encodeCopyRect(0, 0))))
        canvas = scene.connection.canvas
        self.assertEqual([int(canvas[0, x]) for x in (10, 14)], [0x030201, 0xFF0000])
        scene.hear(SetColorMapEntries(7, ((0, 0, 65535),)).toBytes())
        self.assertEqual([int(canvas[0, x]) for x in (10, 14)], [0x030201, 0x0000FF])

    def test_resize(self) -> None:
        """
        A new size is one of the sheet of numbers, too.
        """
        scene = ready(MAP)
        scene.hear(update((Rectangle(0, 0, 70, 70), DESKTOP_SIZE, b"")))
        scene.hear(update(raw(Rectangle(65, 65, 2, 2), b"\7")))
        self.assertIsNone(scene.failed)


class EndTests(SynchronousTestCase):
    """
    It ends once.
    """

    def test_everyOffset(self) -> None:
        """
        It can be closed after every byte.
        """
        data = GREETING + b"\1\1\0\0\0\0" + init()
        data += update(raw(Rectangle(0, 0, 2, 2), b"\1\1\1\1"))
        for offset in range(len(data) + 1):
            scene = Scene()
            scene.hear(data[:offset])
            scene.connection.close()
            scene.connection.close()
            self.assertEqual(scene.connection.receive(data[offset:]), [])
            self.assertIsNone(scene.failed)

    def test_damagedPixels(self) -> None:
        """
        Pixels that are damaged end it, with a reason.
        """
        broken: list[Callable[[], bytes]] = [
            lambda: update((Rectangle(0, 0, 5, 5), 16, b"\0\0\0\4" + b"\xff" * 4)),
            lambda: update((Rectangle(0, 0, 5, 5), 6, b"\xff\xff\xff\xff")),
            lambda: update((Rectangle(0, 0, 5000, 5000), CURSOR, b"")),
            lambda: update((Rectangle(0, 0, 0, 0), DESKTOP_NAME, b"\xff" * 4)),
        ]
        for make in broken:
            scene = ready()
            scene.hear(make())
            self.assertTrue(scene.failed)
