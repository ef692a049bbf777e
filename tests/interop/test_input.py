# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What is typed and clicked in a viewer arrives at the application as the right keysyms,
buttons and positions.
"""

from __future__ import annotations

from tests.interop.case import STAYING, ViewerClass, ViewerTestCase, each, paint
from tests.interop.server import Server
from tests.interop.viewers import KEYSYMS, Session, keysym
from txrfb.framebuffers.memory import MemoryFramebuffer

INTERACTING = [viewer for viewer in STAYING if viewer.interacts]
MODIFIERS = {KEYSYMS["Shift_L"], KEYSYMS["Control_L"]}


class InputTests(ViewerTestCase):
    """
    Keyboard and pointer.
    """

    async def start(self, viewerClass: ViewerClass) -> tuple[Server, Session]:
        """
        Serve a picture, and wait until the viewer shows it.
        """
        framebuffer = MemoryFramebuffer(397, 211, "Interop")
        paint(framebuffer)
        server = await self.serve(framebuffer)
        session = await self.view(viewerClass, server)
        await self.assertShows(viewerClass, session, framebuffer)
        return server, session

    async def assertKeys(self, server: Server, wanted: list[tuple[int, bool]]) -> None:
        """
        Fail unless exactly these key events arrive, Shift aside: some viewers send
        it around a capital letter, others only the letter.
        """

        def heard() -> list[tuple[int, bool]]:
            return [event for event in server.heard.keys if event[0] not in MODIFIERS]

        await self.eventually(lambda: len(heard()) >= len(wanted))
        self.assertEqual(heard(), wanted)

    @each(INTERACTING)
    async def test_characters(self, viewerClass: ViewerClass) -> None:
        """
        Letters, small and capital, and digits arrive as their keysyms, each pressed
        and released.
        """
        server, session = await self.start(viewerClass)
        await session.type("aB9")
        downs = [(keysym(character), True) for character in "aB9"]
        await self.eventually(lambda: len(server.heard.keys) >= 6)
        pressed = [e for e in server.heard.keys if e[1] and e[0] not in MODIFIERS]
        self.assertEqual(pressed, downs)
        released = [e for e in server.heard.keys if not e[1]]
        for name in "a9":
            self.assertIn((keysym(name), False), released)

    @each(INTERACTING)
    async def test_namedKeys(self, viewerClass: ViewerClass) -> None:
        """
        Keys that print nothing arrive as their keysyms.
        """
        server, session = await self.start(viewerClass)
        names = ["Return", "Escape", "Left", "Up", "F2", "BackSpace", "Delete", "Tab"]
        wanted = []
        for name in names:
            await session.key(name, True)
            await session.key(name, False)
            wanted += [(keysym(name), True), (keysym(name), False)]
        await self.assertKeys(server, wanted)

    @each(INTERACTING)
    async def test_heldModifier(self, viewerClass: ViewerClass) -> None:
        """
        A modifier that is held arrives before the key, and is released after it.
        """
        server, session = await self.start(viewerClass)
        for name, down in (
            ("Control_L", True),
            ("c", True),
            ("c", False),
            ("Control_L", False),
        ):
            await session.key(name, down)
        await self.eventually(lambda: len(server.heard.keys) >= 4)
        self.assertEqual(
            server.heard.keys,
            [
                (KEYSYMS["Control_L"], True),
                (ord("c"), True),
                (ord("c"), False),
                (KEYSYMS["Control_L"], False),
            ],
        )

    @each(INTERACTING)
    async def test_pointer(self, viewerClass: ViewerClass) -> None:
        """
        Positions arrive to the pixel, corners included, and buttons 1 to 3 go down
        and up there.
        """
        server, session = await self.start(viewerClass)
        for x, y in ((200, 100), (0, 0), (396, 210), (123, 45)):
            await session.pointer(x, y)
            await self.assertPointer(server, (x, y, 0))
        for buttons in (1, 2, 4):
            await session.pointer(123, 45, buttons)
            await self.assertPointer(server, (123, 45, buttons))
            await session.pointer(130, 50, buttons)
            await self.assertPointer(server, (130, 50, buttons))
            await session.pointer(130, 50, 0)
            await self.assertPointer(server, (130, 50, 0))

    async def assertPointer(self, server: Server, wanted: tuple[int, int, int]) -> None:
        """
        Fail unless this becomes the last that was heard of the pointer.
        """
        await self.eventually(lambda: server.heard.pointers[-1:] == [wanted])
        self.assertEqual(server.heard.pointers[-1:], [wanted])
