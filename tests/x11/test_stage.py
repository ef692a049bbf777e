# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.x11.stage}, at an Xvfb.
"""

from __future__ import annotations

import struct
from typing import Any

from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase

from tests.interop.test_command import need
from txrfb.x11 import core, stage
from txrfb.x11.auth import parseDisplay, readAuthorities
from txrfb.x11.core import Core
from txrfb.x11.opening import connectDisplay
from txrfb.x11.stage import Stage
from txrfb.x11.wire import CORE, Question, Request
from txrfb.x11.xvfb import Xvfb

SIZE = (320, 200)

#: Atoms that every server has.
ATOM, WINDOW, WM_NORMAL_HINTS, WM_SIZE_HINTS, WM_TRANSIENT_FOR = 4, 33, 40, 41, 68


def focus() -> Question[int]:
    """
    Ask for the window that has the keyboard.
    """

    def parse(packet: bytes) -> int:
        return int(struct.unpack_from("<I", packet, 8)[0])

    return Question(CORE, Core.GetInputFocus, parse)


def hints(least: tuple[int, int], most: tuple[int, int]) -> tuple[int, ...]:
    """
    @return: WM_NORMAL_HINTS of a smallest and a largest size.
    """
    return 1 << 4 | 1 << 5, 0, 0, 0, 0, *least, *most


class StageTestCase(TestCase):
    """
    A display with a stage, and a client that makes windows.
    """

    timeout = 120

    async def setUp(self) -> None:  # type: ignore[override]
        """
        A display, its stage, and a client.
        """
        need("Xvfb")
        from twisted.internet import reactor

        self.reactor: Any = reactor
        self.server = Xvfb(reactor, SIZE)
        self.addCleanup(self.server.stop)
        await self.server.start()
        self.client = await self.connect()
        self.shown = 0
        await self.begin()

    async def begin(self, **options: Any) -> None:
        """
        Begin to look after windows.
        """

        def shown() -> None:
            self.shown += 1

        self.stage = one = Stage(await self.connect(), shown, **options)
        self.addCleanup(one.stop)
        await one.start()

    async def connect(self) -> Any:
        """
        @return: A connection to the display.
        """
        name = parseDisplay(self.server.display)
        entries = readAuthorities(self.server.authority)
        connection = await connectDisplay(self.reactor, name, entries)

        async def close() -> None:
            if not connection.isLost:
                connection.close()
            await connection.lost

        self.addCleanup(close)
        return connection

    def make(self, override: bool = False, **properties: Any) -> int:
        """
        @param properties: Atoms, types and values of properties.

        @return: A new window of 100x50 pixels, which is mapped.
        """
        window: int = self.client.newId()
        root = self.client.screen.root
        body = struct.pack(
            "<IIhhHHHHIII", window, root, 5, 6, 100, 50, 1, 1, 0, 1 << 9, override
        )
        self.client.send(Request(CORE, Core.CreateWindow, body))
        for atom, kind, values in properties.values():
            body = struct.pack("<IIIBxxxI", window, atom, kind, 32, len(values))
            body += struct.pack(f"<{len(values)}i", *values)
            self.client.send(Request(CORE, Core.ChangeProperty, body))
        self.client.send(Request(CORE, Core.MapWindow, struct.pack("<I", window)))
        return window

    def do(self, opcode: Core, window: int) -> None:
        """
        Ask for something that needs nothing but a window.
        """
        self.client.send(Request(CORE, opcode, struct.pack("<I", window)))

    async def assertIsAt(self, window: int, *place: int, has: bool = True) -> None:
        """
        Fail unless a window comes to be somewhere, and has the keyboard.
        """
        seen: Any = None
        for _ in range(500):
            at = await self.client.ask(core.getGeometry(window))
            focused = await self.client.ask(focus())
            seen = (at.x, at.y, at.width, at.height), focused == window
            if seen == (place, has):
                return
            await deferLater(self.reactor, 0.02)
        self.assertEqual(seen, (place, has))


class StageTests(StageTestCase):
    """
    Windows without a window manager.
    """

    async def test_main(self) -> None:
        """
        A window fills the screen, and has the keyboard; so does the next, until it is
        gone.
        """
        one = self.make()
        await self.assertIsAt(one, 0, 0, *SIZE)
        two = self.make()
        await self.assertIsAt(two, 0, 0, *SIZE)
        await self.assertIsAt(one, 0, 0, *SIZE, has=False)
        self.do(Core.UnmapWindow, two)
        await self.assertIsAt(one, 0, 0, *SIZE)
        self.do(Core.MapWindow, two)
        await self.assertIsAt(two, 0, 0, *SIZE)
        self.do(Core.DestroyWindow, two)
        await self.assertIsAt(one, 0, 0, *SIZE)

    async def test_dialogs(self) -> None:
        """
        What belongs to another window, is no normal one, or cannot have another size,
        is in the middle, and has the keyboard.
        """
        one = self.make()
        await self.assertIsAt(one, 0, 0, *SIZE)
        kind = await self.client.ask(core.internAtom("_NET_WM_WINDOW_TYPE"))
        dialog = await self.client.ask(core.internAtom("_NET_WM_WINDOW_TYPE_DIALOG"))
        normal = await self.client.ask(core.internAtom("_NET_WM_WINDOW_TYPE_NORMAL"))
        fixed = hints((100, 50), (100, 50))
        dialogs: Any = (
            {"transient": (WM_TRANSIENT_FOR, WINDOW, (one,))},
            {"type": (kind, ATOM, (dialog,))},
            {"hints": (WM_NORMAL_HINTS, WM_SIZE_HINTS, fixed)},
        )
        for properties in dialogs:
            window = self.make(**properties)
            await self.assertIsAt(window, 110, 75, 100, 50)
        others: Any = (
            {"type": (kind, ATOM, (normal, dialog))},
            {"hints": (WM_NORMAL_HINTS, WM_SIZE_HINTS, hints((1, 1), (999, 999)))},
            {"hints": (WM_NORMAL_HINTS, WM_SIZE_HINTS, (0,) * 18)},
        )
        for properties in others:
            window = self.make(**properties)
            await self.assertIsAt(window, 0, 0, *SIZE)

    async def test_menus(self) -> None:
        """
        What programs place themselves stays where it is, and gets no keyboard.
        """
        one = self.make()
        await self.assertIsAt(one, 0, 0, *SIZE)
        menu = self.make(override=True)
        two = self.make()
        await self.assertIsAt(two, 0, 0, *SIZE)
        await self.assertIsAt(menu, 5, 6, 100, 50, has=False)

    async def test_shown(self) -> None:
        """
        It is told when there is a window that has the keyboard.
        """
        await self.assertIsAt(self.make(), 0, 0, *SIZE)
        while not self.shown:
            await deferLater(self.reactor, 0.02)
        self.assertEqual(self.shown, 1)
        self.make(override=True)
        await self.assertIsAt(self.make(), 0, 0, *SIZE)
        while self.shown < 2:
            await deferLater(self.reactor, 0.02)
        self.assertEqual(self.shown, 2)

    async def test_gone(self) -> None:
        """
        A window that is gone at once does no harm.
        """
        for _ in range(20):
            self.do(Core.DestroyWindow, self.make())
        one = self.make()
        await self.assertIsAt(one, 0, 0, *SIZE)


class OtherTests(StageTestCase):
    """
    Windows that something else looks after.
    """

    async def begin(self, **options: Any) -> None:
        """
        Look at windows, and leave them alone.
        """
        await super().begin(isManaging=False)

    async def test_main(self) -> None:
        """
        They are where they like to be; that they are there is told.
        """
        window = self.make()
        while not self.shown:
            await deferLater(self.reactor, 0.02)
        await self.assertIsAt(window, 5, 6, 100, 50, has=False)
        self.do(Core.DestroyWindow, window)
        self.make(override=True)
        self.make()
        while self.shown < 2:
            await deferLater(self.reactor, 0.02)
        self.assertEqual(self.shown, 2)


class ManagerTests(StageTestCase):
    """
    Windows that a window manager looks after.
    """

    async def begin(self, **options: Any) -> None:
        """
        Have one.
        """
        await super().begin(isManaging=False, reactor=self.reactor)

    async def test_active(self) -> None:
        """
        When it says which window has the keyboard, there is one.
        """
        self.patch(stage, "_PATIENCE", 600.0)
        window = self.make(override=True)
        active = await self.client.ask(core.internAtom("_NET_ACTIVE_WINDOW"))
        root = self.client.screen.root
        for value in (0, window):
            self.assertEqual(self.shown, 0)
            body = struct.pack("<IIIBxxxIi", root, active, WINDOW, 32, 1, value)
            self.client.send(Request(CORE, Core.ChangeProperty, body))
            await self.client.ask(core.getInputFocus())
            await deferLater(self.reactor, 0.1)
        while not self.shown:
            await deferLater(self.reactor, 0.02)
        await self.assertIsAt(window, 5, 6, 100, 50, has=False)

    async def test_managed(self) -> None:
        """
        It is waited for until it says that it is there, or for a while.
        """
        self.patch(stage, "_PATIENCE", 600.0)
        managed = self.stage.managed()
        check = await self.client.ask(core.internAtom("_NET_SUPPORTING_WM_CHECK"))
        await deferLater(self.reactor, 0.1)
        self.assertNoResult(managed)
        root = self.client.screen.root
        body = struct.pack("<IIIBxxxIi", root, check, WINDOW, 32, 1, root)
        self.client.send(Request(CORE, Core.ChangeProperty, body))
        await managed
        self.patch(stage, "_PATIENCE", 0.05)
        await self.stage.managed()

    async def test_silent(self) -> None:
        """
        One that does not say it has a while for it.
        """
        self.patch(stage, "_PATIENCE", 0.05)
        self.make(override=True)
        while not self.shown:
            await deferLater(self.reactor, 0.02)
