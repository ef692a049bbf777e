# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The page of C{twistd rfb --web} when a recording is played: its player.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tests.interop import pagecase
from tests.interop.devtools import Page
from tests.interop.pagecase import PageTestCase
from tests.interop.processes import PATIENCE, pause
from tests.interop.test_page_company import AccessTestCase
from tests.record.making import Maker, pictureAt

#: A minute of squares, two minutes of nothing, and ten seconds of squares.
MADE = Maker(320, 240).squares(600)
MADE.framebuffer.fill("green")
MADE.at(170_000, isWhole=True)
MADE.squares(100)

#: How long that is, in seconds.
LENGTH = 180

#: Before a page runs: what it is told besides RFB is late.
_LATE = """
const told = Object.getOwnPropertyDescriptor(WebSocket.prototype, "onmessage");
Object.defineProperty(WebSocket.prototype, "onmessage", {
  ...told,
  set(take) {
    told.set.call(this, (event) => {
      setTimeout(() => take(event), typeof event.data === "string" ? 400 : 0);
    });
  },
});
"""


class PlayerCase(PageTestCase):
    """
    A server that plays a recording.
    """

    def play(self, *arguments: str, options: str = "") -> Any:
        """
        Serve it.

        @return: What plays it.
        """
        path = MADE.write(Path(self.directory, "made.fbs"), hasIndex=True)
        argument = f"fbs:{path}{options}"
        service = self.start("--framebuffer", argument, *arguments, origins=False)
        self.factory = service.factory
        self.player: Any = service.factory.framebuffer
        return self.player

    async def opened(self, query: str = "?quality=exact", **options: Any) -> Page:
        """
        @return: The page, which knows that something is played.
        """
        page = await self.open(query, **options)
        await self.until(page, "at('player').hidden === false")
        return page

    async def assertTime(self, page: Page, seconds: float) -> None:
        """
        Fail unless it comes to show the picture of a time, to the pixel.
        """
        colors = pictureAt(MADE.pictures, round(seconds * 1000))
        wanted = np.stack([colors >> shift & 0xFF for shift in (16, 8, 0)], -1)
        end = self.reactor.seconds() + PATIENCE
        while True:
            pixels = await self.shown(page)
            if np.array_equal(pixels, wanted):
                return
            if self.reactor.seconds() > end:
                self.fail(f"{seconds} s is not shown, but {pixels.shape}")
            await self.pause()

    async def reaches(self, seconds: float, within: float = 0.5) -> None:
        """
        Fail unless the player comes to some place.
        """
        await self.eventually(lambda: abs(self.player.position - seconds) < within)
        self.assertApproximates(self.player.position, seconds, within)

    async def find(self, page: Page, part: float) -> None:
        """
        Click on the seek bar.

        @param part: Where: 0 is its beginning, 1 its end.
        """
        x, y, width = await page.evaluate(
            "(() => { const r = document.getElementById('seek')"
            ".getBoundingClientRect(); return [r.x, r.y + r.height / 2, r.width]; })()"
        )
        place = x + 7 + (width - 14) * part
        for kind in ("mousePressed", "mouseReleased"):
            await self.mouse(page, kind, place, y, "left")


class PlayerTests(PlayerCase):
    """
    What its user does, and sees.
    """

    async def test_seek(self) -> None:
        """
        Where the bar is clicked, or keys say, is shown to the pixel, by all who look.
        """
        player = self.play(options=",speed=1")
        player.pause()
        page, other = await self.opened(), await self.opened()
        await self.until(page, "at('time').textContent === '0:00 / 3:00'")
        await self.assertTime(page, 0)
        for part in (0.25, 0.1, 0.97, 0.5):
            await self.find(page, part)
            await self.reaches(part * LENGTH, 1)
            for one in (page, other):
                await self.assertTime(one, player.position)
        await page.evaluate("document.getElementById('seek').focus()")
        for key, number, seconds in (
            *(("Home", 36, 0), ("ArrowRight", 39, 5), ("ArrowRight", 39, 10)),
            *(("ArrowLeft", 37, 5), ("End", 35, LENGTH)),
        ):
            await self.press(page, key, key, number)
            await self.reaches(seconds)
            await self.assertTime(other, player.position)
        self.assertEqual(await page.evaluate("violations"), [])

    async def test_quickKeys(self) -> None:
        """
        Each key counts, also when it comes before the server has told of the last.
        """
        self.patch(pagecase, "BEFORE", pagecase.BEFORE + _LATE)
        player = self.play(options=",speed=1")
        player.pause()
        page = await self.opened()
        await page.evaluate("document.getElementById('seek').focus()")
        for _ in range(8):
            await self.press(page, "ArrowRight", "ArrowRight", 39)
            await pause(self.reactor, 0.15)
        await self.reaches(40)
        # Another's place counts as soon as it is known.
        player.seek(100)
        await self.until(page, "at('time').textContent === '1:40 / 3:00'")
        await self.press(page, "ArrowRight", "ArrowRight", 39)
        await self.reaches(105)

    async def test_play(self) -> None:
        """
        It is played, stopped by the space bar, and made faster.
        """
        player = self.play()
        page = await self.opened()
        await self.until(page, "at('play').title === 'Pause'")
        await self.until(page, "at('time').textContent.startsWith('0:02')")
        self.assertEqual(await page.evaluate("document.activeElement.id"), "seek")
        await self.press(page, " ", "Space", 32)
        await self.until(page, "at('play').title === 'Play'")
        self.assertFalse(player.isPlaying)
        await self.assertTime(page, player.position)
        await page.evaluate(
            "(() => { const s = document.getElementById('speed'); s.value = '16';"
            " s.dispatchEvent(new Event('change')); })()"
        )
        await self.eventually(lambda: player.speed == 16)
        await self.click(page, "play")
        await self.until(page, "at('play').title === 'Pause'")
        await self.eventually(lambda: player.position > 10)
        await self.click(page, "play")
        await self.until(page, "at('play').title === 'Play'")
        await self.assertTime(page, player.position)
        self.assertEqual(self.screen.keys, [])

    async def test_idle(self) -> None:
        """
        Idle times are cut to two seconds unless the button says otherwise.
        """
        player = self.play(options=",start=58")
        page = await self.opened()
        await self.until(page, "at('skip').ariaPressed === 'true'")
        await self.eventually(lambda: player.position >= 170)
        self.assertGreaterEqual(player.position, 170)
        await self.until(page, "at('time').textContent.startsWith('2:5')")
        await self.click(page, "skip")
        await self.until(page, "at('skip').ariaPressed === 'false'")
        self.assertEqual(player.idle, 0)
        await self.click(page, "skip")
        await self.eventually(lambda: player.idle == 2)
        self.assertEqual(player.idle, 2)

    async def test_link(self) -> None:
        """
        A link to a time is copied, and leads there when it is opened; so does one that
        is opened in a page that is there.
        """
        player = self.play()
        player.pause()
        page = await self.opened()
        await page.call(
            "Browser.grantPermissions",
            permissions=["clipboardReadWrite", "clipboardSanitizedWrite"],
        )
        sought = player.seek(83.9)
        await self.eventually(lambda: sought.called)
        await self.until(page, "at('time').textContent.startsWith('1:23')")
        await self.click(page, "link")
        await self.until(page, "at('notice').textContent")
        copied = await page.evaluate("navigator.clipboard.readText()")
        self.assertEqual(await page.evaluate("location.href"), copied)
        self.assertTrue(copied.endswith("/?quality=exact#t=1m23s"), copied)
        player.seek(0)
        query = copied.partition(f":{self.port}/")[2]
        for link, seconds in (
            *((query, 83), ("?quality=exact&t=12.5", 12.5)),
            ("?quality=exact#t=1:02", 62),
        ):
            other = await self.opened(link)
            await self.reaches(seconds, 0.001)
            self.assertEqual(player.position, seconds)
            await self.assertTime(other, seconds)
        await other.evaluate("location.hash = 't=4s', 0")
        await self.eventually(lambda: player.position == 4)
        await self.assertTime(other, 4)

    async def test_rights(self) -> None:
        """
        Who may only view sees how it goes on, and cannot change it.
        """
        player = self.play("--view-only")
        page = await self.opened("?quality=exact#t=1m")
        await self.until(page, "at('notice').textContent.includes('may not control')")
        await self.until(page, "at('time').textContent.startsWith('0:03')")
        able = await page.evaluate(
            "Array.from(document.querySelectorAll('#player :enabled'), (e) => e.id)"
        )
        self.assertEqual(able, ["link"])
        self.assertTrue(player.isPlaying)

    async def test_live(self) -> None:
        """
        What is not played has no player.
        """
        self.start(origins=False)
        page = await self.open()
        await self.connected(page)
        await self.until(page, "at('count').textContent === '1'")
        await self.until(page, "at('latency').innerText")
        self.assertTrue(await page.evaluate("document.getElementById('player').hidden"))

    async def test_bare(self) -> None:
        """
        A page that is bare, or is asked to have none, has no player.
        """
        self.play()
        for query, isHidden in (
            *(("?bare", True), ("?player=0", True), ("?bare&player", False)),
        ):
            page = await self.open(query)
            await self.until(page, "at('time').textContent")
            hidden = await page.evaluate("document.getElementById('player').hidden")
            self.assertEqual(hidden, isHidden, query)

    async def test_ticks(self) -> None:
        """
        The bar has a mark for each whole picture.
        """
        player = self.play()
        player.pause()
        page = await self.opened()
        await self.until(page, "at('ticks').getAttribute('d')")
        count = await page.evaluate(
            "document.getElementById('ticks').getAttribute('d').split('M').length - 1"
        )
        self.assertEqual(count, len(player.keyTimes))


class PlayerAccessTests(PlayerCase, AccessTestCase):
    """
    Those who cannot see, or have no mouse, or a phone.
    """

    async def test_axe(self) -> None:
        """
        Nothing is in the way, on phone and desktop, light and dark, in both languages,
        for those who may and for those who may not.
        """
        player = self.play()
        player.pause()
        for width, height, isDark in (
            *((1440, 900, False), (1440, 900, True), (390, 844, False)),
            *((390, 844, True), (320, 568, False)),
        ):
            language = "de" if isDark else "en"
            for isAlone in (False, True):
                self.factory.exclusive = isAlone
                if isAlone:
                    self.factory.handOver(None)
                sought = player.seek(71)
                page = await self.opened(
                    f"?lang={language}", width=width, height=height, isDark=isDark
                )
                await sought
                await self.until(page, "at('time').textContent.startsWith('1:11')")
                await self.until(page, "at('latency').innerText")
                name = f"{width}-player-{language}{'-watches' if isAlone else ''}"
                await self.assertAccessible(page, name)
                await self.shoot(page, name)
                overflows = await page.evaluate(
                    "document.getElementById('player').scrollWidth > innerWidth"
                )
                self.assertFalse(overflows, name)

    async def test_keyboard(self) -> None:
        """
        By the keyboard alone every part of it is reached from the tools.
        """
        self.play().pause()
        page = await self.opened()
        await page.evaluate("document.getElementById('leave').focus()")
        reached = []
        for _ in range(5):
            await self.press(page, "Tab", "Tab", 9)
            reached.append(await page.evaluate("document.activeElement.id"))
        self.assertEqual(reached, ["play", "seek", "speed", "skip", "link"])
