# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.x11.inputs} with real programs on a real X server: what C{cat} reads in
an xterm is what was typed.
"""

from __future__ import annotations

import os
import signal

from tests.interop.processes import pause
from tests.x11.keyboards import keysyms
from tests.x11.real import XvfbCase
from tests.x11.terminals import HAN, MIXED, Terminal
from txrfb.keysyms import byName
from txrfb.x11.inputs import Inputs


class TypingTests(XvfbCase):
    """
    Any character, on any layout.
    """

    programs = ("xterm", "setxkbmap", "xmodmap", "xdotool")

    async def begin(self, isPrivate: bool, layout: str = "us") -> None:
        """
        Have a terminal on a display with a layout.
        """
        await self.run_("setxkbmap", layout)
        connection = await self.connect()
        self.inputs = Inputs(self.reactor, connection, isPrivate)
        connection.onDrained = self.inputs.goOn
        await self.inputs.start()
        self.assertTrue(self.inputs.offers)
        self.addCleanup(self.inputs.stop)
        self.terminal = Terminal(self)
        self.inputs.pointerEvent(100, 100, 0, "viewer")
        await self.terminal.ready(self.type)

    def key(self, name: str, down: bool) -> None:
        """
        Press or release a key that is called so.
        """
        self.inputs.keyEvent(byName(name), down, "viewer")

    def type(self, text: str) -> None:
        """
        Type, without any pause.
        """
        for keysym in keysyms(text):
            self.inputs.keyEvent(keysym, True, "viewer")
            self.inputs.keyEvent(keysym, False, "viewer")

    async def check(self, *texts: str) -> None:
        """
        What is typed arrives.
        """
        for text in texts:
            self.type(text)
            self.assertEqual(await self.terminal.read(len(text)), text)

    async def checkAll(self, *texts: str) -> None:
        """
        What is typed arrives; also with Caps Lock, with a Shift that is held, and with
        both.
        """
        await self.check(*texts)
        self.key("Caps_Lock", True)
        self.key("Caps_Lock", False)
        await self.check(*texts)
        self.key("Shift_L", True)
        await self.check(MIXED)
        self.key("Caps_Lock", True)
        self.key("Caps_Lock", False)
        await self.check(*texts)
        self.key("Shift_L", False)
        await self.check("aB")

    async def test_private(self) -> None:
        """
        On a display of our own.
        """
        await self.begin(True)
        await self.checkAll(MIXED, HAN)

    async def test_foreign(self) -> None:
        """
        On somebody else's display, whose keys are as they were at the end.
        """
        before = await self.run_("xmodmap", "-pke")
        await self.begin(False)
        await self.check(MIXED, HAN)
        self.assertNotEqual(await self.run_("xmodmap", "-pke"), before)
        await self.inputs.stop()
        self.assertEqual(await self.run_("xmodmap", "-pke"), before)

    async def test_german(self) -> None:
        """
        With a German layout.
        """
        await self.begin(True, "de")
        await self.checkAll(MIXED)
        await self.check(HAN)

    async def test_french(self) -> None:
        """
        With a French layout.
        """
        await self.begin(True, "fr")
        await self.checkAll(MIXED)
        await self.check(HAN)

    async def test_twoGroups(self) -> None:
        """
        With two layouts, in either.
        """
        await self.begin(False, "us,ru")
        await self.check(MIXED)
        self.assertEqual(await self.run_("xdotool", "key", "ISO_Next_Group"), b"")
        await self.check(MIXED)

    async def test_otherLayout(self) -> None:
        """
        When another layout is chosen meanwhile, the same is typed.
        """
        await self.begin(False)
        await self.check(MIXED)
        await self.run_("setxkbmap", "fr")
        await self.check(MIXED)
        await self.run_("setxkbmap", "us")
        await self.check(MIXED)

    async def test_anotherProgram(self) -> None:
        """
        While another program holds Shift.
        """
        await self.begin(False)
        await self.run_("xdotool", "keydown", "Shift_L")
        await self.check(MIXED)
        await self.run_("xdotool", "keyup", "Shift_L")
        await self.check(MIXED)

    async def test_hangs(self) -> None:
        """
        What is typed while the X server hangs arrives when it goes on.
        """
        await self.begin(False)
        await self.check("漢字" + MIXED)
        pid = self.server.process.pid
        os.kill(pid, signal.SIGSTOP)
        text = HAN[:60] + "abc" + MIXED
        self.type(text)
        await pause(self.reactor, 1.0)
        os.kill(pid, signal.SIGCONT)
        self.assertEqual(await self.terminal.read(len(text)), text)

    async def test_repeats(self) -> None:
        """
        On a display of our own a key that is held repeats as often as viewers say, and
        not by itself.
        """
        await self.begin(True)
        for _ in range(4):
            self.inputs.keyEvent(ord("a"), True, "viewer")
        # The server would begin after 0.66 seconds.
        await pause(self.reactor, 1.5)
        self.inputs.keyEvent(ord("a"), False, "viewer")
        self.type("b")
        self.assertEqual(await self.terminal.read(5), "aaaab")
