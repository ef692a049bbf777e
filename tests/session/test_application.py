# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._session.application}.
"""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

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
from txrfb.encodings import constants as c
from txrfb.framebuffers.memory import MemoryFramebuffer


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
