# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Watchers see who drives: the pointer that another viewer moves, or the application, is
in the picture of TigerVNC's viewer and of noVNC, which draw none of their own then.
"""

from __future__ import annotations

from tempfile import mkdtemp

import numpy as np
from PIL import Image, ImageDraw

from tests.interop.case import (
    ViewerClass,
    ViewerTestCase,
    described,
    difference,
    each,
    paint,
)
from tests.interop.drivers import compiled
from tests.interop.novnc import NoVNC
from tests.interop.processes import PATIENCE, run, until
from tests.interop.programs import TigerVNC, WindowSession
from tests.interop.server import Server
from tests.interop.viewers import Cursor, Options, Session
from tests.interop.xserver import Picture
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.security.accounts.realm import portalFor

Place = tuple[int, int]


class WatcherTests(ViewerTestCase):
    """
    One viewer drives, the other watches; each is TigerVNC's once.
    """

    both = ((TigerVNC, NoVNC), (NoVNC, TigerVNC))

    def setUp(self) -> None:
        """
        Have an arrow with a shadow that can be seen through.
        """
        super().setUp()
        self.arrow = Image.new("RGBA", (21, 17), (0, 0, 0, 0))
        drawing = ImageDraw.Draw(self.arrow)
        drawing.rectangle((8, 6, 20, 16), (0, 0, 0, 90))
        drawing.polygon([(2, 1), (17, 8), (5, 13)], (250, 60, 10, 255))
        self.framebuffer = MemoryFramebuffer(320, 200, "Interop")
        paint(self.framebuffer)
        self.framebuffer.setCursor(self.arrow, (2, 1))

    async def start(
        self, watcherClass: ViewerClass, driverClass: ViewerClass, password: str
    ) -> tuple[Server, Session, Session]:
        """
        Serve, and connect both.

        @param password: the watcher's: C{"look"}, or C{"full"}.
        """
        # Not while something is waited for.
        await compiled(self.reactor, "xcursor", "x11 xfixes")
        server = await self.serve(self.framebuffer, portalFor("full", "look"))
        watcher = await self.view(watcherClass, server, Options(password=password))
        driver = await self.view(driverClass, server, Options(password="full"))
        await self.move(server, driver, (10, 10))
        return server, watcher, driver

    async def move(self, server: Server, session: Session, place: Place) -> None:
        """
        Move a viewer's pointer, and wait until the server has been told: the picture
        depends on whose was moved last, and a viewer may take its time.
        """
        await session.pointer(*place)

        def isHeard() -> bool:
            return bool(server.heard.pointers[-1:] == [(*place, 0)])

        if not await self.eventually(isHeard):
            self.fail(
                f"{session.__class__.__name__} did not say that its pointer is at"
                f" {place}; last came {server.heard.pointers[-5:]}"
            )

    def withArrow(self, *places: Place) -> Picture:
        """
        The picture with arrows that point to these places.
        """
        picture = self.framebuffer.toImage().convert("RGBA")
        for x, y in places:
            picture.alpha_composite(self.arrow, (x - 2, y - 1))
        return np.asarray(picture.convert("RGB"))

    async def shape(self, session: Session) -> Cursor | None:
        """
        The pointer that a viewer draws itself, C{None} if nothing of it can be seen.
        """
        if isinstance(session, WindowSession):
            program = await compiled(self.reactor, "xcursor", "x11 xfixes")
            output = await run(self.reactor, [program], session.server.environment)
            *numbers, text = output.decode("ascii").split(" ")
            width, height, x, y = map(int, numbers)
            pixels = np.frombuffer(bytes.fromhex(text), np.uint8)
            cursor = Cursor(x, y, pixels.reshape(height, width, 4))
        else:
            found = await session.cursor()
            if found is None:
                return None
            cursor = found
        return cursor if cursor.pixels[..., 3].any() else None

    async def assertSees(self, session: Session, *places: Place) -> None:
        """
        Fail unless the viewer comes to show arrows in the picture at these places, and
        nothing else; and draws one itself just if there are none.
        """
        wanted = self.withArrow(*places)
        shown: list[tuple[Picture, Cursor | None]] = []

        async def same() -> bool:
            shown[:] = [(await session.picture(), await self.shape(session))]
            [(picture, own)] = shown
            # The server and Pillow may round what can be seen through otherwise.
            return difference(picture, wanted) <= 1 and (own is None) == bool(places)

        if not await until(self.reactor, PATIENCE, same, 0.1):
            [(picture, own)] = shown
            said = "shows what is wanted"
            if difference(picture, wanted) > 1:
                said = described(picture, wanted, 1, mkdtemp("-txrfb"))
            self.fail(f"{session.__class__.__name__} {said}; its pointer is {own}")
        [(_, own)] = shown
        if own is not None:
            self.assertEqual((own.x, own.y), (2, 1))
            opaque = np.asarray(self.arrow)[..., 3] == 255
            self.assertEqual(own.pixels.shape, (17, 21, 4))
            np.testing.assert_array_equal(
                own.pixels[opaque], np.asarray(self.arrow)[opaque]
            )

    @each(both)
    async def test_rested(
        self, watcherClass: ViewerClass, driverClass: ViewerClass
    ) -> None:
        """
        Who may drive, too, draws its own while it moves it; when it has rested, the
        other's is in the picture, wherever that goes, or where the application puts it.
        """
        server, watcher, driver = await self.start(watcherClass, driverClass, "full")
        await self.move(server, watcher, (30, 150))
        await self.assertSees(watcher)
        for place in ((200, 100), (280, 160)):
            await self.move(server, driver, place)
            await self.assertSees(watcher, place)
        await self.move(server, watcher, (40, 140))
        await self.assertSees(watcher)
        await self.assertSees(driver, (40, 140))
        for place in ((80, 60), (120, 90)):
            self.framebuffer.movePointer(*place)
            await self.assertSees(watcher, place)
            await self.assertSees(driver, place)
        await self.move(server, watcher, (41, 141))
        await self.assertSees(watcher)

    @each(both)
    async def test_viewOnly(
        self, watcherClass: ViewerClass, driverClass: ViewerClass
    ) -> None:
        """
        Who may only look has it in the picture always, also while it moves its own.
        """
        server, watcher, driver = await self.start(watcherClass, driverClass, "look")
        await self.assertSees(watcher, (10, 10))
        self.framebuffer.movePointer(60, 40)
        await self.assertSees(watcher, (60, 40))
        for place in ((200, 100), (280, 160)):
            await self.move(server, driver, place)
            await self.assertSees(watcher, place)
            await watcher.pointer(30, 150)
            await self.assertSees(watcher, place)
        self.framebuffer.movePointer(80, 60)
        await self.assertSees(watcher, (80, 60))
