# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.x11.selections}, L{txrfb.x11.indicators} and L{txrfb.x11.pointer} with
real programs on a real X server.
"""

from __future__ import annotations

from tests.interop.processes import until
from tests.x11.real import XvfbCase
from txrfb.x11 import xtest
from txrfb.x11.indicators import Indicators
from txrfb.x11.pointer import PointerWatch
from txrfb.x11.selections import Selections

TEXT = "Größe 漢字 😀\r\n\ttab\n"


class SelectionTests(XvfbCase):
    """
    The clipboard.
    """

    programs = ("xclip",)

    async def begin(self, primary: bool = False) -> None:
        """
        Connect.
        """
        self.told: list[str] = []
        self.selections = Selections(
            *(self.reactor, await self.connect(), self.told.append, primary, 8 << 20)
        )
        await self.selections.start()
        self.selections.watch(True)

    async def copy(self, text: str, *options: str) -> None:
        """
        A program copies.
        """
        path = self.mktemp()
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        self.start("xclip", "-quiet", "-i", *options, path)

        async def isTold() -> bool:
            return bool(self.told)

        self.assertTrue(await until(self.reactor, 30.0, isTold))

    async def paste(self, *options: str) -> bytes:
        """
        A program pastes.
        """
        return await self.run_("xclip", "-o", *options)

    async def pastes(self, wanted: bytes, *options: str) -> None:
        """
        Programs come to paste a text: that there is another is known to the server
        only a moment later.
        """
        pasted = b""

        async def isPasted() -> bool:
            nonlocal pasted
            pasted = await self.paste(*options)
            return pasted == wanted

        self.assertTrue(await until(self.reactor, 30.0, isPasted), pasted[:50])

    async def check(self, count: int) -> None:
        """
        A text goes both ways to the byte.
        """
        text = TEXT * count
        await self.copy(text, "-selection", "clipboard")
        self.assertTrue(self.told == [text], self.told[0][:50])
        back = text[::-1]
        self.selections.provide(back)
        for target in ("UTF8_STRING", "TEXT"):
            selection = "-selection", "clipboard", "-target", target
            await self.pastes(back.encode(), *selection)
        self.assertEqual(self.told, [text])

    async def test_small(self) -> None:
        """
        A few words.
        """
        await self.begin()
        await self.check(1)

    async def test_large(self) -> None:
        """
        So much that it goes piece by piece.
        """
        await self.begin()
        await self.check(100_000)

    async def test_primary(self) -> None:
        """
        What is selected with the mouse, if that is wanted.
        """
        await self.begin(True)
        await self.copy("selected", "-selection", "primary")
        self.assertEqual(self.told, ["selected"])
        self.selections.provide("from a viewer")
        for selection in ("primary", "clipboard"):
            await self.pastes(b"from a viewer", "-selection", selection)

    async def test_later(self) -> None:
        """
        What is copied while nobody looks is told to who comes.
        """
        await self.begin()
        self.selections.watch(False)
        await self.run_(
            "sh", "-c", "printf later | xclip -i -selection clipboard >&- 2>&-"
        )
        self.assertEqual(self.told, [])
        self.selections.watch(True)

        async def isTold() -> bool:
            return bool(self.told)

        self.assertTrue(await until(self.reactor, 30.0, isTold))
        self.assertEqual(self.told, ["later"])


class IndicatorsTests(XvfbCase):
    """
    Lights and the bell.
    """

    programs = ("xdotool", "xterm")

    async def test_all(self) -> None:
        """
        Locks light up, and a terminal rings.
        """
        leds: list[int] = []
        rings: list[bool] = []
        indicators = Indicators(
            self.reactor,
            await self.connect(),
            lambda: leds.append(indicators.leds),
            lambda: rings.append(True),
        )
        await indicators.start()
        self.assertTrue(indicators.offers)
        for name in ("Caps_Lock", "Num_Lock", "Caps_Lock", "Num_Lock"):
            await self.run_("xdotool", "key", name)

        async def isDark() -> bool:
            return leds[3:] == [0]

        self.assertTrue(await until(self.reactor, 30.0, isDark), leds)
        self.assertEqual(leds, [4, 6, 2, 0])
        self.assertEqual(rings, [])
        self.start("xterm", "-e", "sh", "-c", "printf '\\a'; sleep 100")

        async def hasRung() -> bool:
            return bool(rings)

        self.assertTrue(await until(self.reactor, 30.0, hasRung))


class PointerTests(XvfbCase):
    """
    The pointer.
    """

    async def test_moved(self) -> None:
        """
        It is told where somebody moves it.
        """
        places: list[tuple[int, int]] = []
        watch = PointerWatch(
            self.reactor, await self.connect(), lambda x, y: places.append((x, y))
        )
        await watch.start()
        watch.watch(True)
        self.addCleanup(watch.stop)
        other = await self.connect()
        await other.extension(xtest.NAME)
        for place in ((123, 45), (67, 89)):
            other.send(xtest.fakeMotion(other.screen.root, *place))

        async def isThere() -> bool:
            return places[-1:] == [(67, 89)]

        self.assertTrue(await until(self.reactor, 30.0, isThere), places)
