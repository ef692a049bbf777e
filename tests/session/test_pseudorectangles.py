# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._session.pseudorectangles}: the rectangles without pixels, to the byte,
and as viewers read them.
"""

from __future__ import annotations

from typing import Any

from PIL import Image
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from tests.machine import Desk, Keyboard, Knowing, Lights, Mouse, Speaker
from tests.scenes import serving
from txrfb._screen.desktop import DesktopState
from txrfb._screen.display import Display
from txrfb._screen.followers import Change
from txrfb._session.capabilities import Capabilities
from txrfb._session.pseudorectangles import PseudoRectangles
from txrfb.client.events import LedsChanged, MotionsWanted, PointerMoved
from txrfb.encodings import constants as c
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.interfaces import ILedSource
from txrfb.pixels import NATIVE, PixelFormat
from txrfb.testing import Viewer, assertScreen

RGB565 = PixelFormat(16, 16, False, True, 31, 63, 31, 11, 5, 0)
RED, CLEAR = (255, 0, 0, 255), (0, 0, 0, 0)

#: Two pixels: a red one, and one that is not seen.
SHAPE = Image.new("RGBA", (2, 1))
SHAPE.putdata([RED, CLEAR])


def header(x: int, y: int, width: int, height: int, encoding: int) -> bytes:
    """
    @return: What stands before a rectangle.
    """
    four = b"".join(n.to_bytes(2, "big") for n in (x, y, width, height))
    return four + encoding.to_bytes(4, "big", signed=True)


class BytesTests(SynchronousTestCase):
    """
    Each rectangle is what rfbproto says it is.
    """

    def setUp(self) -> None:
        """
        A display with a pointer.
        """
        self.framebuffer = MemoryFramebuffer(100, 80, "première")
        self.framebuffer.setCursor(SHAPE, (1, 0))
        self.lights: Any = Lights()
        self.mouse: Any = Mouse()
        desktop = DesktopState(self.framebuffer, self.mouse, ledSource=self.lights)
        self.display = Display(self.framebuffer, Clock(), desktop=desktop)

    def told(
        self, kind: Change, *pseudo: int, format: PixelFormat = NATIVE
    ) -> list[bytes]:
        """
        @return: What a viewer is told that knows these pseudo-encodings.
        """
        notices = PseudoRectangles(self.display)
        notices.use(Capabilities.fromEncodings(pseudo))
        notices.rectangles(format)
        self.assertFalse(notices.isDue)
        notices.note(kind)
        self.assertEqual(notices.isDue, bool(pseudo))
        return notices.rectangles(format)

    def test_name(self) -> None:
        """
        DesktopName: nothing but the name, in UTF-8.
        """
        name = "première".encode()
        self.assertEqual(
            self.told(Change.NAME, c.DESKTOP_NAME),
            [header(0, 0, 0, 0, -307) + b"\0\0\0\x09" + name],
        )

    def test_cursorWithAlpha(self) -> None:
        """
        CursorWithAlpha: raw, red first, alpha multiplied in.
        """
        self.assertEqual(
            self.told(Change.CURSOR, c.CURSOR_WITH_ALPHA),
            [header(1, 0, 2, 1, -314) + bytes(4) + bytes((*RED, *CLEAR))],
        )

    def test_vmwareCursor(self) -> None:
        """
        VMwareCursor: of the kind with alpha, red first.
        """
        self.assertEqual(
            self.told(Change.CURSOR, c.VMWARE_CURSOR),
            [header(1, 0, 2, 1, 0x574D5664) + b"\1\0" + bytes((*RED, *CLEAR))],
        )

    def test_cursor(self) -> None:
        """
        Cursor: pixels in the viewer's format, and a mask.
        """
        native = bytes((0, 0, 255, 0, 0, 0, 0, 0))
        self.assertEqual(
            self.told(Change.CURSOR, c.CURSOR),
            [header(1, 0, 2, 1, -239) + native + b"\x80"],
        )
        self.assertEqual(
            self.told(Change.CURSOR, c.CURSOR, format=RGB565),
            [header(1, 0, 2, 1, -239) + b"\x00\xf8\0\0\x80"],
        )

    def test_xCursor(self) -> None:
        """
        XCursor: two colors, which of them, and a mask.
        """
        [data] = self.told(Change.CURSOR, c.X_CURSOR)
        self.assertEqual(data[:12], header(1, 0, 2, 1, -240))
        self.assertEqual(data[12:15], b"\xff\0\0")
        self.assertEqual(data[18:], b"\x80\x80")

    def test_best(self) -> None:
        """
        Of several ways the best is taken, and only that.
        """
        ways = [c.CURSOR_WITH_ALPHA, c.VMWARE_CURSOR, c.CURSOR, c.X_CURSOR]
        while ways:
            [data] = self.told(Change.CURSOR, *ways)
            self.assertEqual(data[8:12], ways[0].to_bytes(4, "big", signed=True))
            ways.pop(0)

    def test_noCursor(self) -> None:
        """
        When the pointer has no shape any more, that is told by one without pixels.
        """
        self.framebuffer.setCursor(None)
        self.display = Display(self.framebuffer, Clock())
        for way, body in (
            (c.CURSOR_WITH_ALPHA, bytes(4)),
            (c.VMWARE_CURSOR, b"\1\0"),
            (c.CURSOR, b""),
            (c.X_CURSOR, b""),
        ):
            self.assertEqual(
                self.told(Change.CURSOR, way), [header(0, 0, 0, 0, way) + body]
            )

    def test_pointer(self) -> None:
        """
        PointerPos, and VMware's, have nothing but the place.
        """
        self.display.movePointer(7, 300)
        self.assertEqual(
            self.told(Change.POINTER, c.POINTER_POSITION), [header(7, 79, 0, 0, -232)]
        )
        self.assertEqual(
            self.told(Change.WARP, c.VMWARE_CURSOR_POSITION),
            [header(7, 79, 0, 0, 0x574D5666)],
        )

    def test_leds(self) -> None:
        """
        The lights in a byte, or in four.
        """
        self.lights.leds = 0xFD
        self.assertEqual(
            self.told(Change.LEDS, c.QEMU_LED_STATE), [header(0, 0, 0, 0, -261) + b"\5"]
        )
        self.assertEqual(
            self.told(Change.LEDS, c.VMWARE_LED_STATE),
            [header(0, 0, 0, 0, 0x574D5668) + b"\0\0\0\5"],
        )

    def test_motion(self) -> None:
        """
        Whether motions or positions are wanted is told by x.
        """
        self.assertEqual(
            self.told(Change.MOTION, c.QEMU_POINTER_MOTION),
            [header(0, 0, 100, 80, -257)],
        )
        self.mouse.wantsMotion = False
        self.assertEqual(
            self.told(Change.MOTION, c.QEMU_POINTER_MOTION),
            [header(1, 0, 100, 80, -257)],
        )

    def test_announced(self) -> None:
        """
        What is announced is an empty rectangle, once; only what the application can
        do.
        """
        every = (c.QEMU_EXTENDED_KEY, c.EXTENDED_MOUSE_BUTTONS, c.QEMU_AUDIO)
        for able in every:
            notices = PseudoRectangles(self.display)
            notices.start(frozenset((able,)))
            notices.use(Capabilities.fromEncodings(every))
            self.assertEqual(notices.rectangles(NATIVE), [header(0, 0, 0, 0, able)])
            notices.use(Capabilities.fromEncodings(()))
            notices.use(Capabilities.fromEncodings(every))
            self.assertEqual(notices.rectangles(NATIVE), [])

    def test_unable(self) -> None:
        """
        Who cannot be told is not told.
        """
        for kind in Change:
            self.assertEqual(self.told(kind), [])

    def test_merged(self) -> None:
        """
        Of each thing only the newest is told, and not what the viewer says that it no
        longer knows.
        """
        notices = PseudoRectangles(self.display)
        notices.use(Capabilities.fromEncodings((c.DESKTOP_NAME, c.POINTER_POSITION)))
        for x in range(5):
            self.display.movePointer(x, 0)
            notices.note(Change.POINTER)
            notices.note(Change.NAME)
        notices.use(Capabilities.fromEncodings((c.POINTER_POSITION,)))
        self.assertEqual(notices.rectangles(NATIVE), [header(4, 0, 0, 0, -232)])


class ReadTests(SynchronousTestCase):
    """
    What viewers make of it.
    """

    def test_cursors(self) -> None:
        """
        The shape arrives by every way; by the last two without degrees of
        transparency.
        """
        framebuffer = MemoryFramebuffer(100, 80)
        framebuffer.setCursor(SHAPE, (1, 0))
        factory = serving(framebuffer)
        for way in (c.CURSOR_WITH_ALPHA, c.VMWARE_CURSOR, c.CURSOR, c.X_CURSOR):
            viewer = Knowing(factory, (way,))
            cursor = viewer.cursor
            assert cursor is not None
            self.assertEqual(cursor[:4], (2, 1, 1, 0))
            self.assertEqual(cursor.pixels[:4], bytes((0, 0, 255, 255)))
            self.assertEqual(cursor.pixels[7], 0)
            framebuffer.setCursor(None)
            viewer.settle()
            self.assertEqual(viewer.cursor, (0, 0, 0, 0, b""))
            framebuffer.setCursor(SHAPE, (1, 0))

    def test_pointerOfOthers(self) -> None:
        """
        Who knows where the pointer is hears when another moves it, and when the
        application does; not when it does so itself.
        """
        framebuffer = MemoryFramebuffer(100, 80)
        factory = serving(framebuffer, Desk())
        one = Knowing(factory, (c.POINTER_POSITION, c.CURSOR))
        other = Knowing(factory, (c.VMWARE_CURSOR_POSITION, c.POINTER_POSITION))
        one.move(5, 6)
        one.settle()
        self.assertEqual(one.said(PointerMoved), [])
        self.assertEqual(other.said(PointerMoved), [PointerMoved(5, 6)])
        framebuffer.movePointer(50, 60)
        one.settle()
        self.assertEqual(one.said(PointerMoved), [PointerMoved(50, 60)])
        self.assertIn(PointerMoved(50, 60), other.said(PointerMoved))

    def test_pointerWhileNobodyLooked(self) -> None:
        """
        A pointer that the application moved while there was no viewer is there for the
        next: drawn, told by either way, and where motions begin.
        """
        framebuffer = MemoryFramebuffer(100, 80)
        framebuffer.setCursor(Image.new("RGBA", (1, 1), "red"))
        framebuffer.movePointer(20, 30)
        factory = serving(framebuffer, Desk())
        for x, y in ((20, 30), (50, 60), (0, 0)):
            framebuffer.movePointer(x, y)
            drawing = Viewer(factory, encodings=(c.RAW,))
            self.assertEqual(drawing.color(x, y), "#ff0000")
            for way in (c.POINTER_POSITION, c.VMWARE_CURSOR_POSITION):
                viewer = Knowing(factory, (way,))
                told = [PointerMoved(x, y)] * ((x, y) != (0, 0))
                self.assertEqual(viewer.said(PointerMoved), told)
                viewer.disconnect()
            drawing.disconnect()
        drawing = Viewer(factory, encodings=(c.RAW,))
        drawing.move(7, 8)
        viewer = Knowing(factory, (c.VMWARE_CURSOR_POSITION,))
        self.assertEqual(viewer.said(PointerMoved), [])

    def test_pointerOutside(self) -> None:
        """
        An application that puts it outside finds it at the edge.
        """
        framebuffer = MemoryFramebuffer(100, 80)
        viewer = Knowing(serving(framebuffer, Desk()))
        for x, y, seen in (
            (-5, -6, (0, 0)),
            (1 << 20, 5, (99, 5)),
            (3, 80, (3, 79)),
        ):
            framebuffer.movePointer(50, 50)
            framebuffer.movePointer(x, y)
            viewer.settle()
            self.assertEqual(viewer.client.pointer, seen)

    def test_leds(self) -> None:
        """
        The lights are told at first and when they change, by both ways, whether the
        framebuffer has them or another part of the application.
        """

        @implementer(ILedSource)
        class Lit(MemoryFramebuffer):
            leds = 2

        lit = Lit(100, 80)
        lights = Lights()
        lights.leds = 2
        framebuffer: Any
        source: Any
        for framebuffer, application, source in (
            (lit, None, lit),
            (MemoryFramebuffer(100, 80), lights, lights),
        ):
            factory = serving(framebuffer, application)
            for way in (c.QEMU_LED_STATE, c.VMWARE_LED_STATE):
                viewer = Knowing(factory, (way,))
                self.assertEqual(viewer.said(LedsChanged), [LedsChanged(2)])
                source.leds = 5
                for listener in framebuffer.listeners():
                    listener.ledsChanged()
                viewer.settle()
                self.assertEqual(viewer.client.leds, 5)
                source.leds = 2

    def test_noLeds(self) -> None:
        """
        Where there are no lights, nothing is told of them.
        """
        viewer = Knowing(serving())
        self.assertIsNone(viewer.client.leds)

    def test_motionsOnlyIfWanted(self) -> None:
        """
        An application that never wants motions does not speak of them.
        """
        viewer = Knowing(serving(application=Desk()))
        self.assertEqual(viewer.said(MotionsWanted), [])

    def test_everything(self) -> None:
        """
        An application that can do all is understood by a viewer that can do all.
        """

        @implementer(ILedSource)
        class Machine(Keyboard, Mouse, Speaker):
            leds = 7

        framebuffer = MemoryFramebuffer(100, 80)
        framebuffer.setCursor(SHAPE)
        viewer = Knowing(serving(framebuffer, Machine()))
        self.assertEqual(
            viewer.client.announced,
            {c.QEMU_EXTENDED_KEY, c.EXTENDED_MOUSE_BUTTONS, c.QEMU_AUDIO},
        )
        self.assertEqual(viewer.client.leds, 7)
        self.assertTrue(viewer.client.isRelative)
        self.assertIsNotNone(viewer.cursor)
        framebuffer.fill("red")
        assertScreen(viewer, framebuffer)

    def test_notUnasked(self) -> None:
        """
        Nothing of this is told before the viewer asks for an update.
        """
        framebuffer = MemoryFramebuffer(100, 80)
        viewer = Viewer(serving(framebuffer), encodings=(c.ZRLE, c.DESKTOP_NAME))
        viewer.client.isUpdating = False
        framebuffer.fill("red")
        viewer.settle()
        framebuffer.name = "another"
        viewer.settle()
        self.assertEqual(viewer.name, "txrfb")
        viewer.client.requestUpdate()
        viewer.settle()
        self.assertEqual(viewer.name, "another")
