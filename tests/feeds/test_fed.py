# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.feeds.fed}, with what a server says written by hand, and a viewer.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from tests.client.test_connection import init, raw, update
from tests.pieces import Transcript, cut, lengths
from txrfb._wire.clipboard import ClipboardContent
from txrfb._wire.messages import Bell, ServerCutText, SetColorMapEntries
from txrfb._wire.messages.clipboard import ExtendedCutText
from txrfb.client import ClientConnection, securityFor
from txrfb.encodings import constants as c
from txrfb.encodings.copyrect import encodeCopyRect
from txrfb.encodings.cursor import encodeCursor
from txrfb.encodings.desktop import encodeDesktopName, encodeExtendedDesktopSize
from txrfb.error import ConnectionFailed, ProtocolError
from txrfb.feeds import FedFramebuffer
from txrfb.feeds.fed import PATIENCE
from txrfb.geometry import Rectangle, Screen
from txrfb.interfaces import IFramebuffer, ILedSource, IPrepared
from txrfb.pixels import NATIVE, Cursor, PixelFormat
from txrfb.protocol import RFBFactory
from txrfb.testing import Viewer

RED, GREEN, BLUE = b"\0\0\xff\0", b"\0\xff\0\0", b"\xff\0\0\0"
WHOLE = Rectangle(0, 0, 60, 50)
NOWHERE = Rectangle(0, 0, 0, 0)


def opening(width: int = 60, height: int = 50, format: PixelFormat = NATIVE) -> bytes:
    """
    @return: What a server says before its first message, in RFB 3.3.
    """
    return b"RFB 003.003\n" + b"\0\0\0\1" + init(format, width, height)


class Listener:
    """
    Keeps what a framebuffer tells.
    """

    def __init__(self) -> None:
        self.told: list[Any] = []

    def __getattr__(self, name: str) -> Any:
        return lambda *given, **more: self.told.append((name, *given, *more.items()))


class FedCase(SynchronousTestCase):
    """
    A framebuffer, a feed of bytes, and a viewer.
    """

    def setUp(self) -> None:
        """
        Begin.
        """
        self.clock = Clock()
        self.fed = FedFramebuffer("later", clock=self.clock)
        self.fed.begin()

    def view(self, **options: Any) -> Viewer:
        """
        @return: A viewer that is in.
        """
        return Viewer(RFBFactory(self.fed, reactor=self.clock), **options)

    def told(self, data: bytes) -> list[Any]:
        """
        @return: What listeners are told of because of so many bytes.
        """
        listener: Any = Listener()
        self.fed.addListener(listener)
        self.fed.feed(data)
        self.fed.removeListener(listener)
        told: list[Any] = listener.told
        return told


class PictureTests(FedCase):
    """
    What is shown, and when.
    """

    def test_interface(self) -> None:
        """
        It is a framebuffer that is known later.
        """
        verifyObject(IFramebuffer, self.fed)
        verifyObject(IPrepared, self.fed)

    def test_first(self) -> None:
        """
        Viewers come in when there is a first picture, and see it.
        """
        prepared = self.fed.prepared()
        self.fed.feed(opening())
        self.assertNoResult(prepared)
        self.fed.feed(update(raw(WHOLE, RED)))
        self.successResultOf(prepared)
        viewer = self.view()
        viewer.settle()
        self.assertEqual(viewer.size, (60, 50))
        self.assertEqual(viewer.name, "name")
        self.assertEqual(viewer.color(59, 49), "#ff0000")

    def test_withoutCopy(self) -> None:
        """
        What is shown is what is painted on.
        """
        self.fed.feed(opening() + update(raw(WHOLE, RED)))
        assert self.fed.connection is not None
        self.assertIs(self.fed.pixels, self.fed.connection.canvas)

    def test_damage(self) -> None:
        """
        What an update painted is what is captured after it, once.
        """
        self.fed.feed(opening() + update(raw(WHOLE, RED)))
        self.successResultOf(self.fed.capture())
        one, other = Rectangle(1, 2, 3, 4), Rectangle(20, 20, 5, 6)
        self.fed.feed(update(raw(one, GREEN), raw(other, BLUE)))
        region = self.successResultOf(self.fed.capture())
        self.assertEqual(sorted(region.parts), [one, other])
        self.assertEqual(list(self.successResultOf(self.fed.capture()).parts), [])

    def test_copies(self) -> None:
        """
        Copies are told as copies, in their order, before what is damaged.
        """
        self.fed.feed(opening() + update(raw(WHOLE, RED)))
        target = Rectangle(0, 0, 10, 10)
        copy = (target, c.COPY_RECT, encodeCopyRect(7, 8))
        told = self.told(update(copy, raw(Rectangle(0, 10, 10, 1), BLUE)))
        self.assertEqual(told, [("copied", target, 7, 8), ("damaged",)])

    def test_scrolls(self) -> None:
        """
        A viewer is sent a copy as one.
        """
        self.fed.feed(opening() + update(raw(WHOLE, RED)))
        noise = np.random.default_rng(1).integers(0, 1 << 24, 40 * 30, np.uint32)
        patch = Rectangle(0, 0, 40, 30)
        self.fed.feed(update((patch, c.RAW, noise.tobytes())))
        viewer = self.view()
        viewer.settle()
        target = Rectangle(10, 5, 40, 30)
        self.fed.feed(update((target, c.COPY_RECT, encodeCopyRect(0, 0))))
        viewer.settle()
        self.assertTrue(viewer.updates[-1].copies)
        assert self.fed.connection is not None
        seen = np.asarray(viewer.image())[..., ::-1]
        shown = self.fed.connection.canvas.view(np.uint8).reshape(50, 60, 4)[..., :3]
        np.testing.assert_array_equal(seen, shown)

    def test_whole(self) -> None:
        """
        Of an update that has come in part nothing is seen; who looks in its midst waits
        for the rest.
        """
        self.fed.feed(opening() + update(raw(WHOLE, RED)))
        self.successResultOf(self.fed.capture())
        upper, lower = Rectangle(0, 0, 60, 25), Rectangle(0, 25, 60, 25)
        data = update(raw(upper, GREEN), raw(lower, GREEN))
        self.assertEqual(self.told(data[:-1]), [])
        captured = self.fed.capture()
        self.assertNoResult(captured)
        self.fed.feed(data[-1:])
        region = self.successResultOf(captured)
        self.assertEqual(sorted(region.parts), [upper, lower])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_slow(self) -> None:
        """
        Who looks in the midst of an update that comes slowly sees so much of it as
        there is from time to time.
        """
        self.fed.feed(opening())
        half = Rectangle(0, 0, 60, 25)
        prepared = self.fed.prepared()
        data = update(raw(half, GREEN), raw(Rectangle(0, 25, 60, 25), BLUE))
        self.fed.feed(data[: len(data) // 2 + 10])
        self.clock.advance(PATIENCE)
        self.successResultOf(prepared)
        viewer = self.view()
        viewer.advance(PATIENCE + 0.1)
        self.assertEqual(viewer.color(0, 0), "#00ff00")
        self.assertEqual(viewer.color(0, 49), "#000000")
        self.fed.feed(data[len(data) // 2 + 10 :])
        viewer.settle()
        self.assertEqual(viewer.color(0, 49), "#0000ff")

    def test_withdrawn(self) -> None:
        """
        Who waits may give up.
        """
        self.fed.feed(opening())
        for waiting in (self.fed.capture(), self.fed.prepared()):
            waiting.addErrback(lambda failure: None)
            waiting.cancel()
        self.fed.feed(update(raw(WHOLE, RED)))
        self.successResultOf(self.fed.prepared())

    def test_resized(self) -> None:
        """
        With a new size comes a new picture; the one before stays until then.
        """
        self.fed.feed(opening() + update(raw(WHOLE, RED)))
        viewer = self.view()
        viewer.settle()
        self.fed.feed(update((Rectangle(0, 0, 80, 40), c.DESKTOP_SIZE, b"")))
        viewer.settle()
        self.assertEqual((viewer.size, viewer.color(0, 0)), ((60, 50), "#ff0000"))
        self.fed.feed(update(raw(Rectangle(0, 0, 80, 40), BLUE)))
        viewer.settle()
        self.assertEqual((viewer.size, viewer.color(79, 39)), ((80, 40), "#0000ff"))

    def test_colorMap(self) -> None:
        """
        Other colors of a map are seen.
        """
        format = PixelFormat(8, 8, False, False, 0, 0, 0, 0, 0, 0)
        colors = SetColorMapEntries(0, ((65535, 0, 0), (0, 65535, 0))).toBytes()
        self.fed.feed(opening(format=format) + colors + update(raw(WHOLE, b"\0")))
        viewer = self.view()
        viewer.settle()
        self.assertEqual(viewer.color(5, 5), "#ff0000")
        self.fed.feed(SetColorMapEntries(0, ((0, 0, 65535),)).toBytes())
        viewer.settle()
        self.assertEqual(viewer.color(5, 5), "#0000ff")

    @settings(deadline=None, max_examples=25)
    @given(st.lists(st.sampled_from((RED, GREEN, BLUE)), min_size=1), st.data())
    def test_anyPieces(self, colors: list[bytes], data: st.DataObject) -> None:
        """
        However the bytes are cut, the picture is the same at the end, and each that is
        captured before is one that there was.
        """
        said = opening() + b"".join(update(raw(WHOLE, color)) for color in colors)
        clock = Clock()
        fed = FedFramebuffer(clock=clock)
        fed.begin()
        seen: list[int] = []

        def look(region: object) -> None:
            found = np.unique(fed.pixels)
            self.assertEqual(len(found), 1)
            seen.append(int(found[0]))

        for piece in cut(said, data.draw(lengths)):
            fed.feed(piece)
            if fed.width:
                fed.capture().addCallback(look)
        self.assertEqual(seen[-1], int.from_bytes(colors[-1], "little"))


class EndTests(FedCase):
    """
    A feed that ends, and the next.
    """

    def test_stays(self) -> None:
        """
        The picture stays when the feed is lost, and until the next has one.
        """
        self.fed.feed(opening() + update(raw(WHOLE, RED)))
        viewer = self.view()
        viewer.settle()
        self.fed.lost("it went away")
        self.fed.begin()
        self.fed.feed(opening(70, 30))
        self.fed.damage()
        viewer.settle()
        self.assertEqual((viewer.size, viewer.color(0, 0)), ((60, 50), "#ff0000"))
        self.fed.feed(update(raw(Rectangle(0, 0, 70, 30), GREEN)))
        viewer.settle()
        self.assertEqual((viewer.size, viewer.color(69, 29)), ((70, 30), "#00ff00"))

    def test_never(self) -> None:
        """
        Who waits for a picture that never comes is told why; so is who comes later.
        """
        prepared, captured = self.fed.prepared(), self.fed.capture()
        self.fed.lost("it went away")
        for waiting in (prepared, captured, self.fed.prepared()):
            error = self.failureResultOf(waiting, ConnectionFailed).value
            self.assertEqual(str(error), "it went away")

    def test_inTheMidst(self) -> None:
        """
        If it is lost in the midst of an update, what there is can be seen.
        """
        self.fed.feed(opening() + update(raw(WHOLE, RED)))
        self.fed.feed(update(raw(WHOLE, GREEN))[:-10])
        captured = self.fed.capture()
        self.assertNoResult(captured)
        self.fed.lost("it went away")
        self.successResultOf(captured)
        self.successResultOf(self.fed.capture())

    def test_nonsense(self) -> None:
        """
        Bytes that are no server's are an error that says so.
        """
        error = self.assertRaises(ProtocolError, self.fed.feed, b"GET / HTTP/1.1\r\n")
        self.assertIn("no version of RFB", str(error))

    def test_nothingBegun(self) -> None:
        """
        Bytes before anything began are a mistake.
        """
        fed = FedFramebuffer(clock=self.clock)
        self.assertRaises(RuntimeError, fed.feed, b"RFB 003.003\n")

    def test_ready(self) -> None:
        """
        A connection that is logged in already is used as well.
        """
        connection = ClientConnection(
            securityFor(names=["None"]), Transcript(), newest=3
        )
        connection.start()
        connection.receive(opening())
        self.fed.use(connection)
        self.assertEqual(self.fed.name, "name")
        for event in connection.receive(update(raw(WHOLE, RED))):
            self.fed.take(event)
        self.successResultOf(self.fed.prepared())


class RestTests(FedCase):
    """
    What there is besides pixels.
    """

    def setUp(self) -> None:
        """
        Have a picture.
        """
        super().setUp()
        self.fed.feed(opening() + update(raw(WHOLE, RED)))

    def test_name(self) -> None:
        """
        The name changes.
        """
        self.told(update((NOWHERE, c.DESKTOP_NAME, encodeDesktopName("other"))))
        self.assertEqual(self.fed.name, "other")

    def test_cursor(self) -> None:
        """
        The pointer has a shape; one that comes before the first picture is known with
        it, and that of an earlier feed is forgotten.
        """
        shape = Cursor(1, 1, 0, 0, b"\1\2\3\xff")
        data = update((Rectangle(0, 0, 1, 1), c.CURSOR, encodeCursor(shape, NATIVE)))
        self.assertEqual(self.told(data), [("cursorChanged",)])
        self.assertEqual(self.fed.cursor, shape)
        self.fed.begin()
        self.fed.feed(opening() + update(raw(WHOLE, RED)))
        self.assertIs(self.fed.cursor, None)
        later = FedFramebuffer(clock=self.clock)
        later.begin()
        later.feed(opening() + data)
        self.assertIs(later.cursor, None)
        later.feed(update(raw(WHOLE, RED)))
        self.assertEqual(later.cursor, shape)

    def test_pointer(self) -> None:
        """
        The pointer moves.
        """
        moved = (Rectangle(7, 9, 0, 0), c.POINTER_POSITION, b"")
        self.assertEqual(self.told(update(moved)), [("pointerMoved", 7, 9)])

    def test_screens(self) -> None:
        """
        The screens are the feed's; with another size they come with its picture.
        """
        self.assertEqual(self.fed.screens, (Screen(1, 0, 0, 60, 50),))
        two = (Screen(5, 0, 0, 30, 50), Screen(6, 30, 0, 30, 50))
        body = encodeExtendedDesktopSize(two)
        told = self.told(update((WHOLE, c.EXTENDED_DESKTOP_SIZE, body)))
        self.assertEqual(told, [("screensChanged",)])
        self.assertEqual(self.fed.screens, two)
        refused = (Rectangle(1, 3, 90, 90), c.EXTENDED_DESKTOP_SIZE, body)
        self.assertEqual(self.told(update(refused)), [])
        larger = (Screen(7, 0, 0, 90, 80),)
        body = encodeExtendedDesktopSize(larger)
        size = Rectangle(0, 0, 90, 80)
        self.assertEqual(self.told(update((size, c.EXTENDED_DESKTOP_SIZE, body))), [])
        self.assertEqual(self.fed.screens, two)
        told = self.told(update(raw(size, BLUE)))
        self.assertEqual(told, [("resized",), ("damaged",), ("screensChanged",)])
        self.assertEqual(self.fed.screens, larger)
        viewer: Any = None
        self.assertFalse(self.fed.layoutRequested(9, 9, larger, viewer))

    def test_leds(self) -> None:
        """
        It has lights when the feed has said something of them.
        """
        self.assertFalse(ILedSource.providedBy(self.fed))
        told = self.told(update((NOWHERE, c.QEMU_LED_STATE, b"\4")))
        self.assertEqual(told, [("ledsChanged",)])
        self.assertTrue(ILedSource.providedBy(self.fed))
        self.assertEqual(self.fed.leds, 4)
        self.fed.begin()
        self.assertFalse(ILedSource.providedBy(self.fed))

    def test_bell(self) -> None:
        """
        It rings.
        """
        self.assertEqual(self.told(Bell().toBytes()), [("bell",)])

    def test_clipboard(self) -> None:
        """
        Text is copied.
        """
        told = self.told(ServerCutText("Größe".encode("latin-1")).toBytes())
        self.assertEqual(told, [("cutText", "Größe")])

    def test_extendedClipboard(self) -> None:
        """
        What a feed provides unasked of a clipboard is copied, from a connection that
        takes it.
        """
        packed = ClipboardContent("漢字", {"html": b"<b>"}).packed(["text", "html"])
        provide = b"\x10\0\0\5"
        listener: Any = Listener()
        self.fed.addListener(listener)
        self.fed.take(ExtendedCutText(provide + packed, type=3))
        self.assertEqual(listener.told, [("cutText", "漢字", ("html", b"<b>"))])
