# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The test case of the page of C{twistd rfb --web} in a browser, which C{python setup.py
build_web} makes.
"""

from __future__ import annotations

import base64
import io
import os
import subprocess
import sys
from typing import Any

import numpy as np
from PIL import Image
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SkipTest

from tests.interop.devtools import Chromium, DevTools, Page
from tests.interop.processes import PATIENCE
from tests.interop.test_command import ROOT, need
from tests.interop.test_web import Screen, WebTestCase
from txrfb.web.page import BUILT

#: What is there before the page is: files that it saves are kept in place of being
#: downloaded.
BEFORE = """
window.saved = [];
const blobs = {}, urlOf = URL.createObjectURL;
URL.createObjectURL = (blob) => {
  const url = urlOf(blob);
  blobs[url] = blob;
  return url;
};
HTMLAnchorElement.prototype.click = function () {
  saved.push({ name: this.download, href: this.href, blob: blobs[this.href] });
};
"""


class PageTestCase(WebTestCase):
    """
    A test with pages in headless Chromium.
    """

    def setUp(self) -> None:
        """
        The page must have been built.
        """
        built = BUILT / "index.html"
        sources = (BUILT.parent / "browser").iterdir()
        if not built.exists() or any(
            one.stat().st_mtime > built.stat().st_mtime for one in sources
        ):
            need("npm")
            ran = subprocess.run(
                [sys.executable, "setup.py", "-q", "build_web"],
                cwd=ROOT,
                capture_output=True,
                text=True,
            )
            if ran.returncode:
                reason = f"the page cannot be built: {ran.stderr[-500:]}"
                if os.environ.get("CI"):
                    self.fail(reason)
                raise SkipTest(reason)
        super().setUp()
        # What every encoding and quality shows as it is.
        self.framebuffer = self.screen = Screen(320, 240, "desk")
        self.screen.fill("navy")
        with self.screen.draw() as canvas:
            canvas.rectangle((40, 30, 200, 120), fill="orange")

    async def open(
        self,
        query: str = "",
        width: int = 1440,
        height: int = 900,
        user: str = "",
        density: float = 1,
        isPhone: bool = False,
        isDark: bool = False,
    ) -> Page:
        """
        Open the page.

        @param density: How many of the display's pixels one of the page's has.
        """
        tools = await DevTools.connect(self.reactor, Chromium.shared())
        self.addCleanup(lambda: Deferred.fromCoroutine(tools.close()))
        page = await Page.open(tools, "about:blank")
        self.addCleanup(lambda: Deferred.fromCoroutine(page.close()))
        await page.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=density,
            mobile=isPhone,
        )
        if isPhone:
            await page.call(
                "Emulation.setTouchEmulationEnabled", enabled=True, maxTouchPoints=5
            )
        scheme = "dark" if isDark else "light"
        await page.call(
            "Emulation.setEmulatedMedia",
            # What fades in has other colors for a moment.
            features=[
                {"name": "prefers-color-scheme", "value": scheme},
                {"name": "prefers-reduced-motion", "value": "reduce"},
            ],
        )
        await page.call("Page.enable")
        await page.call(
            "Page.addScriptToEvaluateOnNewDocument",
            source=BEFORE + "window.violations = []; document.addEventListener("
            "'securitypolicyviolation', (e) => violations.push(e.violatedDirective"
            " + ' ' + e.blockedURI));",
        )
        await page.call(
            "Page.navigate", url=f"http://{user}127.0.0.1:{self.port}/{query}"
        )
        return page

    async def until(
        self, page: Page, condition: str, seconds: float = PATIENCE
    ) -> None:
        """
        Wait until something is so on the page, where C{at} finds an element.
        """
        end = self.reactor.seconds() + seconds
        found = "const at = (id) => document.getElementById(id) ?? {};"
        asked = f"(() => {{ {found} return !!({condition}); }})()"
        while not await page.evaluate(asked):
            if self.reactor.seconds() > end:
                seen = await page.evaluate("document.body?.innerText")
                self.fail(f"never: {condition}; the page has {seen!r}; {self.log}")
            await self.pause()

    async def connected(self, page: Page, word: str = "Connected") -> None:
        """
        Wait until the page is connected.
        """
        await self.until(page, f"at('state').textContent === '{word}'")

    async def shown(self, page: Page) -> Any:
        """
        @return: The pixels of the screen on the page.
        """
        data = await page.evaluate(
            "(() => { const c = document.querySelector('#screen canvas');"
            " return c.toDataURL('image/png').split(',')[1]; })()"
        )
        with Image.open(io.BytesIO(base64.b64decode(data))) as image:
            return np.asarray(image.convert("RGB")).copy()

    async def assertPicture(self, page: Page) -> None:
        """
        Fail unless the page comes to show the screen, to the pixel.
        """
        wanted = self.screen.array[:, :, 2::-1]
        end = self.reactor.seconds() + PATIENCE
        while True:
            pixels = await self.shown(page)
            if pixels.shape == wanted.shape and (pixels == wanted).all():
                return
            if self.reactor.seconds() > end:
                self.fail(f"shows {pixels.shape}, {pixels[0, 0]}, not {wanted[0, 0]}")
            await self.pause()

    async def click(self, page: Page, identifier: str) -> None:
        """
        Click an element as the mouse does, which is what browsers call user activation.
        """
        x, y = await page.evaluate(
            f"(() => {{ const r = document.getElementById('{identifier}')"
            ".getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2];"
            " })()"
        )
        await self.mouse(page, "mouseMoved", x, y)
        await self.mouse(page, "mousePressed", x, y, "left")
        await self.mouse(page, "mouseReleased", x, y, "left")

    async def mouse(
        self, page: Page, kind: str, x: float, y: float, button: str = "none"
    ) -> None:
        """
        Work the mouse.
        """
        await page.call(
            "Input.dispatchMouseEvent",
            type=kind,
            x=x,
            y=y,
            button=button,
            buttons=int(button == "left" and kind != "mouseReleased"),
            clickCount=int(kind != "mouseMoved"),
        )

    async def press(
        self, page: Page, key: str, code: str = "", number: int = 0, **more: Any
    ) -> None:
        """
        Press a key and let it go.
        """
        for kind in ("rawKeyDown", "keyUp"):
            await page.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                code=code,
                windowsVirtualKeyCode=number,
                **more,
            )

    async def saved(self, page: Page) -> tuple[str, bytes]:
        """
        @return: The name and the content of the last file that was saved.
        """
        await self.until(page, "window.saved.length")
        name, data = await page.evaluate(
            "(async () => { const { name, blob } = saved.pop();"
            " return [name, await new Promise((done) => { const r = new FileReader();"
            " r.onload = () => done(r.result); r.readAsDataURL(blob); })]; })()"
        )
        return name, base64.b64decode(data.partition(",")[2])

    async def shoot(self, page: Page, name: str) -> None:
        """
        Keep a picture of the page, to be looked at, if somebody wants to.
        """
        folder = os.environ.get("TXRFB_PAGES")
        if folder:
            taken = await page.call("Page.captureScreenshot", format="png")
            with open(f"{folder}/{name}.png", "wb") as file:
                file.write(base64.b64decode(taken["data"]))
