# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The page of C{twistd rfb --web} among others: other viewers, pages that frame it, those
who cannot see or use a mouse, and programs on a display.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from twisted.trial.unittest import SkipTest

from tests.interop.case import paint
from tests.interop.devtools import Page
from tests.interop.pagecase import PageTestCase
from tests.interop.pages import ELSEWHERE, MODULES, Pages
from tests.interop.processes import PATIENCE, pause
from tests.interop.programs import TigerVNC
from tests.interop.test_command import need
from tests.interop.viewers import requireViewer

AXE = MODULES / "axe-core" / "axe.min.js"


class CompanyTests(PageTestCase):
    """
    Viewers together.
    """

    async def native(self) -> Any:
        """
        Connect TigerVNC's viewer.
        """
        requireViewer(self, TigerVNC(self.reactor))
        [port] = [
            int(str(event["place"]).split()[-1])
            for event in self.events
            if str(event.get("place")).startswith("127.0.0.1 port")
        ]
        viewer = TigerVNC(self.reactor)
        self.addCleanup(viewer.close)
        return await viewer.open("127.0.0.1", port, None)

    async def test_together(self) -> None:
        """
        Two browsers and TigerVNC's viewer show the same, and know of each other.
        """
        requireViewer(self, TigerVNC(self.reactor))
        self.start("--port", "tcp:0:interface=127.0.0.1", origins=False)
        native = await self.native()
        pages = [await self.open("?quality=exact"), await self.open("?quality=exact")]
        for page in pages:
            await self.connected(page)
        for seed in range(2):
            paint(self.screen, seed)
            for page in pages:
                await self.assertPicture(page)
            await self.assertShows(TigerVNC, native, self.screen)
        for page in pages:
            await self.until(page, "at('count').textContent === '3'")
        await native.close()
        for page in pages:
            await self.until(page, "at('count').textContent === '2'")

    async def test_handOver(self) -> None:
        """
        Where one alone drives, another asks, is seen to ask, and is handed it; then its
        keys count, and those of the first no more.
        """
        self.start("--exclusive", origins=False)
        first = await self.open("?panel=crowd")
        await self.connected(first)
        second = await self.open("?panel=crowd", 390, 844)
        await self.connected(second)
        await self.until(second, "at('ask').hidden === false")
        await self.shoot(second, "390-crowd")
        await second.evaluate("document.getElementById('cad').click()")
        await second.evaluate("document.getElementById('ask').click()")
        await self.until(first, "at('notice').textContent.includes('asks for control')")
        await self.until(second, "at('ask').ariaPressed === 'true'")
        self.assertEqual(self.screen.keys, [])
        await self.shoot(first, "1440-crowd")
        await first.evaluate("document.querySelector('#viewers button').click()")
        await self.until(second, "at('ask').hidden")
        await self.until(first, "at('ask').hidden === false")
        await first.evaluate("document.getElementById('cad').click()")
        await second.evaluate("document.querySelector('[data-key=F5]').click()")
        await self.eventually(lambda: len(self.screen.keys) >= 2)
        self.assertEqual(self.screen.keys, [(0xFFC2, True), (0xFFC2, False)])

    async def test_names(self) -> None:
        """
        Those who have logged in are known by their names.
        """
        self.start(*self.users(), "--web-basic", origins=False)
        page = await self.open("?panel=crowd", user="ann:sesame@")
        await self.connected(page)
        await self.until(page, "at('viewers').innerText?.includes('ann')")

    async def test_stalled(self) -> None:
        """
        A tab that stands still for eight seconds, as in its debugger, costs nothing
        while everything changes; it shows what there is when it goes on.
        """
        service = self.start(origins=False)
        page = await self.open("?quality=exact")
        await self.connected(page)
        await self.assertPicture(page)
        [viewer] = service.factory.viewers
        tcp = viewer.transport._transport
        await page.call("Debugger.enable")
        await page.call("Debugger.pause")
        random = np.random.default_rng(1)
        held = []
        end = self.reactor.seconds() + 8
        while self.reactor.seconds() < end:
            self.screen.paste(random.integers(0, 256, (240, 320, 3), np.uint8))
            await pause(self.reactor, 0.02)
            buffered = len(tcp.dataBuffer) - tcp.offset + tcp._tempDataLen
            held.append(buffered + viewer.memory)
        half = len(held) // 2
        self.assertLess(max(held), 1 << 20)
        self.assertLess(max(held[half:]), max(held[:half]) + (1 << 17))
        await page.call("Debugger.resume")
        await page.call("Debugger.disable")
        paint(self.screen, 7)
        await self.assertPicture(page)

    async def test_frame(self) -> None:
        """
        A page that frames it, and may, hears what happens, and can say what to do; one
        that may not is shown nothing.
        """
        origin = Pages.shared().origin()
        self.start("--web-frame-ancestors", origin, origins=False)
        inner = quote(f"http://127.0.0.1:{self.port}/?bare", safe="")
        page = await self.open()
        await page.call(
            "Page.navigate", url=Pages.shared().url(f"framing.html?page={inner}")
        )
        await self.until(page, "window.heard?.some((one) => one.txrfb === 'connected')")
        said = await page.evaluate("heard.find((one) => one.txrfb === 'connected')")
        own = f"http://127.0.0.1:{self.port}"
        self.assertEqual(said, {"txrfb": "connected", "name": "desk", "origin": own})
        await page.evaluate("say({ txrfb: 'keys' })")
        await self.eventually(lambda: len(self.screen.keys) >= 6)
        self.assertEqual(len(self.screen.keys), 6)
        await page.evaluate("say({ txrfb: 'clipboard', text: 'framed' })")
        await self.eventually(lambda: self.screen.texts == ["framed"])
        self.assertEqual(self.screen.texts, ["framed"])
        await page.evaluate("say({ txrfb: 'picture' })")
        await self.until(page, "heard.some((one) => one.blob?.size > 100)")
        await page.evaluate("say({ txrfb: 'nonsense' }), say(null), say('text')")
        await page.evaluate("say({ txrfb: 'disconnect' })")
        await self.until(page, "heard.some((one) => one.txrfb === 'disconnected')")
        await page.evaluate("heard.length = 0")
        other = Pages.shared().url(f"framing.html?page={inner}", ELSEWHERE)
        await page.call("Page.navigate", url=other)
        await self.until(page, "document.title.includes('frames')")
        await pause(self.reactor, 1.0)
        self.assertEqual(await page.evaluate("heard"), [])

    async def test_program(self) -> None:
        """
        What is typed into a terminal on a display of its own is done there, and seen.
        """
        need("Xvfb", "xterm")
        said = Path(self.directory, "said")
        self.start("--framebuffer", "run:size=640x400 xterm", origins=False)
        page = await self.open("?quality=exact")
        await self.connected(page)
        await self.until(
            page, "document.querySelector('#screen canvas').width === 640", PATIENCE
        )
        # A shell has a prompt, which is some black on white.
        black = (
            "document.querySelector('#screen canvas').getContext('2d')"
            ".getImageData(0, 0, 400, 200).data.filter((v, i) => i % 4 < 3 && v < 80)"
            ".length"
        )
        light = (
            "document.querySelector('#screen canvas').getContext('2d')"
            ".getImageData(0, 0, 400, 200).data.filter((v, i) => i % 4 < 3 && v > 200)"
            ".length"
        )
        await self.until(page, f"{light} > 100000 && {black} > 20", PATIENCE)
        before = await page.evaluate(black)
        for one in f"echo Hi > {said}":
            await self.press(page, one)
        await self.until(page, f"{black} > {before} + 100", PATIENCE)
        await self.press(page, "Enter", "Enter", 13)
        done = await self.eventually(
            lambda: said.exists() and said.stat().st_size > 0, PATIENCE
        )
        self.assertTrue(done)
        self.assertEqual(said.read_text(), "Hi\n")


class AccessTestCase(PageTestCase):
    """
    A test with what finds out whether something is in somebody's way.
    """

    async def assertAccessible(self, page: Page, name: str) -> None:
        """
        Fail if axe finds something that is in somebody's way.
        """
        if not AXE.exists():
            reason = "axe-core is not installed (npm ci --prefix tests/interop)"
            raise RuntimeError(reason) if os.environ.get("CI") else SkipTest(reason)
        await page.evaluate(AXE.read_text("utf-8") + "; 0")
        found = await page.evaluate(
            "axe.run(document).then((all) => JSON.stringify(all.violations.map((one)"
            " => [one.id, one.nodes.map((node) => node.html + node.failureSummary)])))"
        )
        self.assertEqual(json.loads(found), [], name)


class AccessTests(AccessTestCase):
    """
    Those who cannot see, or have no mouse.
    """

    async def test_axe(self) -> None:
        """
        Nothing is in the way, on phone and desktop, light and dark, in both languages,
        with panels open, and after the end.
        """
        self.start("--exclusive", origins=False)
        for width, height in ((1440, 900), (390, 844)):
            for isDark in (False, True):
                language = "de" if isDark else "en"
                for panel in ("crowd", "keyrow", "clip", "choices"):
                    page = await self.open(
                        f"?lang={language}&panel={panel}", width, height, isDark=isDark
                    )
                    await self.connected(page, "Verbunden" if isDark else "Connected")
                    await self.until(page, "at('viewers').children?.length")
                    await self.until(page, "at('latency').innerText")
                    name = f"{width}-{language}-{panel}"
                    await self.assertAccessible(page, name)
                    await self.shoot(page, name)
                await page.evaluate("document.getElementById('leave').click()")
                await self.until(page, "at('trouble').hidden === false")
                await self.assertAccessible(page, f"{width}-{language}-trouble")
                await self.shoot(page, f"{width}-{language}-trouble")

    async def test_dialogues(self) -> None:
        """
        Nothing is in the way in those that ask for a key and for a password.
        """
        self.start(*self.users(), origins=False)
        for width, isDark in ((1440, True), (390, False)):
            page = await self.open("", width, 844, isDark=isDark)
            await self.until(page, "at('verify').open || at('login').open")
            if await page.evaluate("document.getElementById('verify').open"):
                await self.assertAccessible(page, f"{width}-verify")
                await self.shoot(page, f"{width}-verify")
                await page.evaluate(
                    "document.querySelector('#verify form').requestSubmit(), 0"
                )
            await self.until(page, "at('login').open")
            await self.assertAccessible(page, f"{width}-login")
            await self.shoot(page, f"{width}-login")

    async def test_keyboard(self) -> None:
        """
        By the keyboard alone a panel is opened and left, and every tool is reached.
        """
        self.start(origins=False)
        page = await self.open("?view_only")
        await self.connected(page)
        await page.evaluate(
            "document.querySelector('#tools button:not([hidden])').focus()"
        )
        reached = set()
        for _ in range(12):
            reached.add(await page.evaluate("document.activeElement.id"))
            await self.press(page, "ArrowRight", "ArrowRight", 39)
        shown = await page.evaluate(
            "Array.from(document.querySelectorAll('#tools button:not([hidden])'),"
            " (one) => one.id)"
        )
        self.assertEqual(reached, set(shown))
        await page.evaluate("document.getElementById('settings').focus()")
        for kind, text in (("keyDown", "\r"), ("keyUp", "")):
            await page.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key="Enter",
                code="Enter",
                text=text,
                windowsVirtualKeyCode=13,
            )
        await self.until(page, "at('choices').hidden === false")
        await page.evaluate("document.getElementById('scale').focus()")
        await self.press(page, "Escape", "Escape", 27)
        await self.until(page, "at('choices').hidden")
        self.assertEqual(await page.evaluate("document.activeElement.id"), "settings")
