# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The page of C{twistd rfb --web} in a browser: that it connects, and how it looks.
"""

from __future__ import annotations

import json

from twisted.internet.defer import maybeDeferred

from tests.interop.pagecase import PageTestCase

TOKEN = "0123456789abcdef0123"


class PageTests(PageTestCase):
    """
    What its user sees.
    """

    async def test_shows(self) -> None:
        """
        It connects by itself, and shows the screen; nothing comes from elsewhere, and
        nothing is against its own policy.
        """
        self.start(origins=False)
        page = await self.open()
        await self.connected(page)
        await self.assertPicture(page)
        self.screen.fill("green")
        await self.assertPicture(page)
        self.assertEqual(await page.evaluate("document.title"), "desk")
        self.assertEqual(await page.evaluate("violations"), [])
        loaded = await page.evaluate(
            "performance.getEntriesByType('resource').map((one) => one.name)"
        )
        self.assertTrue(loaded)
        for one in loaded:
            if not one.startswith("data:"):
                self.assertTrue(one.startswith(f"http://127.0.0.1:{self.port}/"), one)

    async def test_password(self) -> None:
        """
        It asks for the password, says that a wrong one is wrong, and asks again.
        """
        path = f"{self.directory}/password"
        with open(path, "w") as file:
            file.write("sesame\n")
        self.start("--password-file", path, origins=False)
        page = await self.open()
        for password in ("wrong", "sesame"):
            await self.until(page, "at('login').open")
            problem = await page.evaluate(
                "document.getElementById('loginProblem').textContent"
            )
            if password == "sesame":
                self.assertIn("The server has refused", problem)
            self.assertEqual(
                await page.evaluate("document.activeElement.id"), "password"
            )
            await page.call("Input.insertText", text=password)
            await page.evaluate(
                "document.querySelector('#login form').requestSubmit(), 0"
            )
        await self.connected(page)
        await self.assertPicture(page)
        self.assertEqual(await page.evaluate("violations"), [])

    async def test_users(self) -> None:
        """
        It shows the host key's fingerprint as the log has it, once, and asks for name
        and password.
        """
        self.start(*self.users(), origins=False)
        isKnown = False
        for _ in range(2):
            page = await self.open()
            if not isKnown:
                await self.until(page, "at('verify').open")
                text = await page.evaluate(
                    "document.getElementById('fingerprint').textContent"
                )
                self.assertRegex(text, r"^(\w\w-){7}\w\w$")
                self.assertIn(f"has the fingerprint {text}", self.log)
                await page.evaluate(
                    "document.querySelector('#verify form').requestSubmit(), 0"
                )
                isKnown = True
            await self.until(page, "at('login').open")
            for identifier, typed in (("username", "ann"), ("password", "sesame")):
                await page.evaluate(f"document.getElementById('{identifier}').focus()")
                await page.call("Input.insertText", text=typed)
            await page.evaluate(
                "document.querySelector('#login form').requestSubmit(), 0"
            )
            await self.connected(page)
        self.assertIn("logged in as 'ann' by RA2ne", self.log)

    async def test_basic(self) -> None:
        """
        With HTTP Basic it is the browser that asks, and nobody is asked twice.
        """
        self.start(*self.users(), "--web-basic", origins=False)
        page = await self.open(user="ann:sesame@")
        await self.connected(page)
        await self.assertPicture(page)
        self.assertIn("logged in as 'ann' by Basic", self.log)

    async def test_token(self) -> None:
        """
        A token in the address lets in, and does not stay there.
        """
        path = f"{self.directory}/tokens"
        with open(path, "w") as file:
            file.write(f"{TOKEN}:view\n")
        self.start("--web-token-file", path, origins=False)
        page = await self.open(f"?token={TOKEN}&lang=de")
        await self.connected(page, "Verbunden")
        await self.assertPicture(page)
        self.assertEqual(await page.evaluate("location.search"), "?lang=de")
        self.assertEqual(await page.evaluate("document.documentElement.lang"), "de")
        page = await self.open()
        await self.until(page, "at('trouble').hidden === false")
        why = await page.evaluate("document.getElementById('why').textContent")
        self.assertEqual(why, "The server does not let this page in. Its log says why.")

    async def test_full(self) -> None:
        """
        A server with no room for more says so, in words, and lets it in when there is.
        """
        self.start("--max-viewers", "1", origins=False)
        first = await self.open()
        await self.connected(first)
        second = await self.open()
        await self.until(second, "at('why').textContent?.includes('too many viewers')")
        self.assertTrue(
            await second.evaluate("document.getElementById('again').textContent")
        )
        await first.evaluate("document.getElementById('leave').click()")
        await self.connected(second)

    async def test_restart(self) -> None:
        """
        When the server stops it says so, and connects again by itself.
        """
        service = self.start(origins=False)
        page = await self.open()
        await self.connected(page)
        port = self.port
        await maybeDeferred(service.stopService)
        await self.until(page, "at('trouble').hidden === false")
        why = await page.evaluate("document.getElementById('why').textContent")
        self.assertIn(why, ("The server has stopped.", "The server cannot be reached."))
        self.start(port=port, origins=False)
        self.screen.fill("purple")
        await self.connected(page)
        await self.assertPicture(page)
        self.assertTrue(
            await page.evaluate("document.getElementById('trouble').hidden")
        )

    async def test_input(self) -> None:
        """
        Keys and the clipboard arrive, and none from a page that only views.
        """
        self.start(origins=False)
        page = await self.open()
        await self.connected(page)
        await self.assertPicture(page)
        for kind in ("keyDown", "keyUp"):
            await page.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key="a",
                code="KeyA",
                windowsVirtualKeyCode=65,
            )
        await page.evaluate("document.getElementById('cad').click()")
        await page.evaluate(
            "document.getElementById('text').value = 'pasted',"
            " document.getElementById('send').click()"
        )

        def arrived() -> bool:
            return len(self.screen.keys) >= 8 and self.screen.texts == ["pasted"]

        self.assertTrue(
            await self.eventually(arrived), (self.screen.keys, self.screen.texts)
        )
        self.assertEqual(self.screen.keys[:2], [(97, True), (97, False)])
        self.assertEqual(
            [key for key, down in self.screen.keys[2:] if down],
            [0xFFE3, 0xFFE9, 0xFFFF],
        )
        self.screen.cutText("from there")
        await self.until(page, "document.getElementById('text').value === 'from there'")
        self.screen.keys.clear()
        await page.evaluate("document.getElementById('viewonly').click()")
        await page.evaluate("document.getElementById('cad').click()")
        await page.evaluate(
            "document.getElementById('text').value = 'not this',"
            " document.getElementById('send').click()"
        )
        self.screen.fill("teal")
        await self.assertPicture(page)
        self.assertEqual((self.screen.keys, self.screen.texts), ([], ["pasted"]))

    async def test_sizes(self) -> None:
        """
        The screen fits into windows of all sizes, and the tools are in them.
        """
        self.start(origins=False)
        for width, height in ((1440, 900), (390, 844)):
            for query in ("", "?bare", "?scale=actual&quality=small&view_only"):
                page = await self.open(query, width, height)
                await self.connected(page)
                await self.assertPicture(page)
                wide = await page.evaluate("document.documentElement.scrollWidth")
                self.assertLessEqual(wide, width)
                place = json.loads(
                    await page.evaluate(
                        "JSON.stringify(document.querySelector('#screen canvas')"
                        ".getBoundingClientRect())"
                    )
                )
                self.assertGreater(place["width"], 200)
                self.assertLessEqual(place["right"], width)
                self.assertLessEqual(place["bottom"], height)
                await self.shoot(page, f"{width}{query.replace('?', '-')}")

    async def test_labels(self) -> None:
        """
        Everything that can be worked has a name for those who do not see it.
        """
        self.start(origins=False)
        page = await self.open()
        await self.connected(page)
        nameless = await page.evaluate(
            "Array.from(document.querySelectorAll('button, input, select, textarea'))"
            ".filter((one) => !one.textContent.trim() && !one.labels?.length"
            " && !one.ariaLabel).map((one) => one.outerHTML)"
        )
        # noVNC has a field of its own for the keyboards of phones.
        self.assertEqual([one for one in nameless if "autocapitalize" not in one], [])
