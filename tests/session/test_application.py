# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._session.application}.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import classImplements

from tests.machine import (
    Clipboard,
    Desk,
    Elastic,
    Keyboard,
    Lights,
    Mouse,
    RichClipboard,
    Screens,
    Speaker,
    Switch,
)
from tests.scenes import Application as Audience
from txrfb._session.application import Application
from txrfb.client import RFBClient
from txrfb.encodings import constants as c
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.interfaces import IAudioSource, IInputReceiver, IViewer
from txrfb.protocol import RFBFactory
from txrfb.testing import Viewer


class ApplicationTests(SynchronousTestCase):
    """
    What an application can do is what its parts provide.
    """

    def test_nothing(self) -> None:
        """
        An application may be nothing, and then can do nothing.
        """
        application = Application(None)
        for name in (
            *("input", "keycodes", "motion", "clipboard", "richClipboard"),
            *("resizable", "screens", "power", "audio", "leds"),
        ):
            self.assertIsNone(getattr(application, name), name)
        self.assertEqual(application.audience, [])
        self.assertEqual(application.pseudo, frozenset())

    def test_each(self) -> None:
        """
        Each interface is found, and what viewers must be told of it is known.
        """
        framebuffer = MemoryFramebuffer(4, 4)
        buttons = c.EXTENDED_MOUSE_BUTTONS
        part: Any
        for part, names, pseudo in (
            (Desk(), ["input"], {buttons}),
            (Keyboard(), ["input", "keycodes"], {buttons, c.QEMU_EXTENDED_KEY}),
            (Mouse(), ["motion"], {buttons, c.QEMU_POINTER_MOTION}),
            (Clipboard(), ["clipboard"], {c.EXTENDED_CLIPBOARD}),
            (RichClipboard(), ["richClipboard"], {c.EXTENDED_CLIPBOARD}),
            (Elastic(framebuffer), ["resizable"], set()),
            (Screens(framebuffer), ["screens"], set()),
            (Switch(), ["power"], {c.XVP}),
            (Speaker(), ["audio"], {c.QEMU_AUDIO}),
            (Lights(), ["leds"], {c.QEMU_LED_STATE, c.VMWARE_LED_STATE}),
        ):
            application = Application(part, framebuffer)
            for name in names:
                self.assertIs(getattr(application, name), part, name)
            self.assertEqual(application.pseudo, frozenset(pseudo), names)

    def test_first(self) -> None:
        """
        Of several that can do the same, the first counts; but all are told of the
        audience.
        """
        first, second = Audience(), Audience()
        application = Application(None, first, second)
        self.assertIs(application.input, first)
        self.assertEqual(application.audience, [first, second])


def declared(kind: type[Any], interface: Any) -> Any:
    """
    @return: One of a class that says that it implements an interface, whether it does
        or not.
    """
    provide: Any = classImplements  # of which more is known than of the class
    provide(kind, interface)
    return kind()


class Clicks:
    """
    Has a method of L{IInputReceiver}, and does not say so.
    """

    def __init__(self) -> None:
        self.clicks: list[tuple[int, int]] = []

    def pointerEvent(self, x: int, y: int, buttons: int, viewer: IViewer) -> None:
        """
        Keep where a button is down.
        """
        if buttons:
            self.clicks.append((x, y))


class MistakeTests(SynchronousTestCase):
    """
    Mistakes that would otherwise be seen by nothing happening.
    """

    def assertRefused(self, part: Any, words: str) -> None:
        """
        An application is refused, for a reason with these words.
        """
        error = self.assertRaises(ValueError, Application, part)
        self.assertIn(words, str(error))

    def test_undeclared(self) -> None:
        """
        A class that has a method of an interface must say that it implements it.
        """
        self.assertRefused(
            Clicks(),
            "Clicks has pointerEvent, which would never be called: write"
            " @implementer(interfaces.IInputReceiver)",
        )

        class Sheet(MemoryFramebuffer, Clicks):
            """
            A framebuffer is an application, too.
            """

        error = self.assertRaises(ValueError, RFBFactory, Sheet(4, 4), reactor=Clock())
        self.assertIn("IInputReceiver", str(error))

    def test_arguments(self) -> None:
        """
        A method that cannot be called with what there is to tell is said at once.
        """

        class Keys:
            def keyEvent(self, key: int, down: bool) -> None: ...

        self.assertRefused(
            declared(Keys, IInputReceiver), "it must take (keysym, down, viewer)"
        )

        class Others:
            def keyEvent(self, *told: object) -> None: ...

        others = declared(Others, IInputReceiver)
        self.assertIs(Application(others).input, others)

    def test_nothing(self) -> None:
        """
        Who says that it implements an interface has something of it.
        """

        class Nothing:
            pass

        nothing = declared(Nothing, IInputReceiver)
        self.assertRefused(nothing, "has no keyEvent or pointerEvent")

    def test_class(self) -> None:
        """
        An application is an object and not its class.
        """
        self.assertRefused(Desk, "the application is the class Desk: make one of it")

    def test_viewer(self) -> None:
        """
        A viewer, which can be a part of a program that hands screens on, has methods
        of the same names by which it sends.
        """
        Application(RFBClient(clock=Clock()))

    def test_partly(self) -> None:
        """
        What an application does not have of an interface is no failure.
        """
        clicks = declared(type("Declared", (Clicks,), {}), IInputReceiver)
        viewer = Viewer(RFBFactory(MemoryFramebuffer(9, 9), clicks, reactor=Clock()))
        viewer.type("abc")
        viewer.click(3, 4)
        self.assertEqual(clicks.clicks, [(3, 4)])
        self.assertTrue(viewer.isConnected)
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_partlyAudio(self) -> None:
        """
        So it is with sound that needs not be stopped.
        """

        class Source:
            def startAudio(self, format: object, sink: object) -> None: ...

        source = declared(Source, IAudioSource)
        factory = RFBFactory(MemoryFramebuffer(9, 9), source, reactor=Clock())
        viewer = Viewer(factory, encodings=[0, c.QEMU_AUDIO])
        viewer.client.listen()
        viewer.settle()
        viewer.client.listen(False)
        viewer.settle()
        self.assertTrue(viewer.isConnected)
        self.assertEqual(self.flushLoggedErrors(), [])
