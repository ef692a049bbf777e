# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of what viewers can do with an X display, and of what it tells them: from viewers
to an X server that is none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from twisted.application.service import IService

from tests.framebuffers.test_x11 import X11Case
from tests.x11.keyboards import american
from tests.x11.keyboardserver import KEYBOARD_EXTENSIONS, KeyboardServer
from tests.x11.selectionserver import SelectionServer
from txrfb.client import DEFAULT_ENCODINGS
from txrfb.client.events import LedsChanged
from txrfb.encodings import constants
from txrfb.interfaces import IClipboard, IInputReceiver, ILedSource
from txrfb.keysyms import byName
from txrfb.protocol import RFBFactory
from txrfb.testing import Viewer
from txrfb.x11 import xfixes, xkb, xtest
from txrfb.x11.xkb import Event


class DesktopServer(KeyboardServer, SelectionServer):
    """
    A display with everything.
    """

    handlers: ClassVar[dict[str, Callable[[Any, bytes], None]]] = {
        **KeyboardServer.handlers,
        **SelectionServer.handlers,
    }


class ControlsCase(X11Case):
    """
    A display with everything, and viewers.
    """

    server: DesktopServer

    def makeServer(self, **options: Any) -> DesktopServer:
        """
        Make a display.
        """
        return DesktopServer(**options)

    def show(self, lacking: str = "", **options: Any) -> None:
        """
        Show a display.
        """
        names = [name for name in KEYBOARD_EXTENSIONS if name != lacking]
        self.start(**options)
        self.serve(extensions=names)
        self.viewer = self.look()

    def look(self) -> Viewer:
        """
        @return: A viewer that knows all extensions.
        """
        if not hasattr(self, "factory"):
            self.factory = RFBFactory(self.framebuffer, reactor=self.clock)
        extensions = constants.EXTENDED_CLIPBOARD, constants.QEMU_LED_STATE
        viewer = Viewer(self.factory, encodings=[*DEFAULT_ENCODINGS, *extensions])
        viewer.settle()
        return viewer

    def keyDown(self, name: str) -> None:
        """
        The viewer holds a key down.
        """
        self.viewer.keyEvent(byName(name), True)

    def wait(self, seconds: float = 1.0) -> None:
        """
        Let time pass.
        """
        for _ in range(20):
            self.server.display.now += seconds / 20
            self.viewer.advance(seconds / 20)
            self.server.pump()


class InputTests(ControlsCase):
    """
    Keyboard and pointer.
    """

    def test_text(self) -> None:
        """
        What viewers type arrives.
        """
        self.show()
        self.viewer.type("Hi 漢字!")
        self.wait()
        self.assertEqual(self.server.display.text(), "Hi 漢字!")

    def test_pointer(self) -> None:
        """
        What they point at is pointed at.
        """
        self.show()
        self.viewer.move(7, 8)
        self.viewer.buttonDown(3)
        self.wait()
        self.assertEqual((self.server.pointer, self.server.buttons), ((7, 8), {3}))

    def test_leaves(self) -> None:
        """
        All that a viewer holds comes up when it leaves, and what it typed before that
        arrives; then borrowed keys are given back.
        """
        self.show()
        keys = dict(self.server.display.keys)
        self.keyDown("Control_L")
        self.viewer.move(3, 4)
        self.viewer.buttonDown(1)
        self.viewer.type("あいうえおか")
        self.keyDown("q")
        self.viewer.disconnect()
        self.wait(2)
        self.assertEqual(self.server.display.down, set())
        self.assertEqual(self.server.buttons, set())
        self.assertEqual(self.server.display.text(), "あいうえおかq")
        self.assertEqual(self.server.display.keys, keys)

    def test_stops(self) -> None:
        """
        So it does when the server ends.
        """
        self.show()
        self.keyDown("Shift_L")
        self.viewer.type("漢")
        self.wait(0.1)
        stopped = IService(self.framebuffer).stopService()
        self.server.pump()
        self.assertEqual(self.server.display.down, set())
        self.wait()
        self.successResultOf(stopped)
        spares = {code: self.server.display.keys[code] for code in range(200, 204)}
        self.assertEqual(spares, {code: american()[code] for code in spares})

    def test_missing(self) -> None:
        """
        A display that takes no input is one to look at, which the log says once.
        """
        for name in (xtest.NAME, xkb.NAME):
            del self.events[:]
            self.setUp()
            self.show(lacking=name)
            self.assertFalse(IInputReceiver.providedBy(self.framebuffer))
            self.assertEqual(self.log.count("viewers can only look"), 1)
            self.assertIn(f"it has no {name}", self.log)
            self.viewer.type("a")
            self.viewer.buttonDown(1)
            self.wait()
            self.assertEqual(self.server.display.down, set())
            self.assertEqual(self.server.buttons, set())
            del self.factory

    def test_reconnects(self) -> None:
        """
        When the display is back, it is typed on that.
        """
        self.show(reconnect=True)
        self.viewer.type("a")
        self.wait()
        self.keyDown("b")
        self.server.end()
        self.viewer.type("lost")
        self.viewer.advance(1)
        self.serve(extensions=tuple(KEYBOARD_EXTENSIONS))
        self.viewer.keyEvent(ord("b"), False)
        self.viewer.type("漢c")
        self.wait()
        self.assertEqual(self.server.display.text(), "漢c")
        self.assertEqual(self.server.display.down, set())

    def test_private(self) -> None:
        """
        On a display at which nobody sits keys do not repeat by themselves.
        """
        self.show(private=True)
        self.assertFalse(self.server.repeats)


class NewsTests(ControlsCase):
    """
    What the display tells.
    """

    def test_bell(self) -> None:
        """
        The bell.
        """
        self.show()
        self.server.keyboardEvent(Event.BellNotify)
        self.server.flush()
        self.viewer.settle()
        self.assertEqual(self.viewer.bells, 1)

    def test_leds(self) -> None:
        """
        Lights.
        """
        self.show()
        self.assertTrue(ILedSource.providedBy(self.framebuffer))
        self.server.keyboardEvent(Event.IndicatorStateNotify, bytes(8) + b"\1")
        self.server.flush()
        self.assertEqual(self.framebuffer.leds, 4)
        self.viewer.settle()
        leds = [one.leds for one in self.viewer.events if isinstance(one, LedsChanged)]
        self.assertEqual(leds[-1], 4)

    def test_pointer(self) -> None:
        """
        Where the pointer is when no viewer has moved it.
        """
        self.show()
        places: list[tuple[int, int]] = []

        class Listener:
            def pointerMoved(self, x: int, y: int) -> None:
                places.append((x, y))

            def __getattr__(self, name: str) -> Any:
                return lambda *arguments: None

        self.framebuffer.addListener(Listener())  # type: ignore[arg-type]
        self.server.move(11, 12)
        self.wait()
        self.assertEqual(places, [(11, 12)])
        self.viewer.move(20, 21)
        self.wait()
        self.assertEqual(places, [(11, 12)])


class ClipboardTests(ControlsCase):
    """
    The clipboard.
    """

    def test_copies(self) -> None:
        """
        What a program copies is a viewer's clipboard.
        """
        self.show()
        self.server.own()
        self.server.answer("UTF8_STRING", "漢字".encode())
        self.viewer.settle()
        self.assertEqual(self.viewer.clipboard, "漢字")

    def test_pastes(self) -> None:
        """
        What a viewer copies is what programs paste.
        """
        self.show()
        self.assertTrue(IClipboard.providedBy(self.framebuffer))
        self.viewer.paste("漢字")
        self.wait()
        where = self.server.ask("UTF8_STRING")
        self.assertEqual(self.server.take(where)[2], "漢字".encode())
        self.assertEqual(list(self.server.owners), [b"CLIPBOARD"])

    def test_primary(self) -> None:
        """
        With the option also by the mouse.
        """
        self.show(primary=True)
        self.viewer.paste("text")
        self.wait()
        self.assertEqual(set(self.server.owners), {b"CLIPBOARD", b"PRIMARY"})

    def test_missing(self) -> None:
        """
        Without XFIXES there is none.
        """
        self.show(lacking=xfixes.NAME)
        self.assertFalse(IClipboard.providedBy(self.framebuffer))

    def test_fails(self) -> None:
        """
        A display of which a part fails is shown without it.
        """
        handlers = dict(DesktopServer.handlers)
        del handlers["23"]
        self.patch(DesktopServer, "handlers", handlers)
        self.show()
        self.assertFalse(IClipboard.providedBy(self.framebuffer))
        self.assertIn("a part of it failed", self.log)
        self.viewer.type("a")
        self.wait()
        self.assertEqual(self.server.display.text(), "a")
        self.flushLoggedErrors()
