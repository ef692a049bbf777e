# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The tools of the page of C{twistd rfb --web}, in a browser.
"""

from __future__ import annotations

import io
import math
import struct
from typing import Any

import numpy as np
from PIL import Image
from zope.interface import implementer

from tests.interop.case import paint
from tests.interop.devtools import Page
from tests.interop.pagecase import PageTestCase
from tests.interop.processes import PATIENCE
from tests.interop.test_web import Screen
from txrfb.interfaces import (
    IAudioSink,
    IAudioSource,
    IPointerMotionReceiver,
    IResizable,
    IViewer,
)

CONTROL, ALT_GR, BACKSPACE = 0xFFE3, 0xFE03, 0xFF08


@implementer(IResizable)
class Elastic(Screen):
    """
    A screen that has whatever size viewers want.
    """

    def sizeRequested(self, width: int, height: int, viewer: IViewer) -> bool:
        """
        Have it.
        """
        self.resize(width, height)
        self.fill("teal")
        return True


@implementer(IPointerMotionReceiver)
class Game(Screen):
    """
    A screen with a mouse that knows only how far it moved.
    """

    wantsMotion = True

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.moves: list[tuple[int, int, int]] = []

    def pointerMotion(self, dx: int, dy: int, buttons: int, viewer: IViewer) -> None:
        """
        Remember a move.
        """
        self.moves.append((dx, dy, buttons))


@implementer(IAudioSource)
class Radio(Screen):
    """
    A screen with sound.
    """

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.sinks: dict[Any, Any] = {}

    def startAudio(self, format: Any, sink: IAudioSink) -> None:
        """
        Remember who listens, and how.
        """
        self.sinks[sink] = format

    def stopAudio(self, sink: IAudioSink) -> None:
        """
        Forget it.
        """
        del self.sinks[sink]


class ToolTests(PageTestCase):
    """
    What can be done with it.
    """

    async def text(self, page: Page, identifier: str) -> str:
        """
        @return: What an element says.
        """
        said = await page.evaluate(f"document.getElementById('{identifier}').innerText")
        return str(said)

    async def heard(self, *keysyms: int) -> None:
        """
        Wait until these keys were pressed, one after the other, and forget them.
        """

        def pressed() -> list[int]:
            return [key for key, down in self.screen.keys if down]

        await self.eventually(lambda: len(pressed()) >= len(keysyms))
        self.assertEqual(pressed(), list(keysyms))
        self.screen.keys.clear()

    async def test_status(self) -> None:
        """
        The status line says how fast it is, by what, and how large.
        """
        self.start(origins=False)
        page = await self.open()
        await self.connected(page)
        await self.until(page, "/^[\\d.]+ ms$/.test(at('latency').innerText)")
        self.assertRegex(await self.text(page, "latency"), r"^[\d.]+ ms$")
        for number in range(1000):
            self.screen.fill(("navy", "teal")[number % 2])
            await self.pause()
            if (await self.text(page, "frames")) not in ("", "0 fps"):
                break
        self.assertRegex(await self.text(page, "frames"), r"^[\d.]+ fps$")
        self.assertRegex(await self.text(page, "bytes"), r"^[\d.]+ [kM]B/s$")
        self.assertEqual(await self.text(page, "encoding"), "Tight")
        self.assertEqual(
            await self.text(page, "dimensions"), "320 \N{MULTIPLICATION SIGN} 240"
        )
        self.assertRegex(await self.text(page, "zoom"), r"^\d+ %$")
        page = await self.open("?status=0")
        await self.connected(page)
        self.assertTrue(await page.evaluate("document.getElementById('status').hidden"))

    async def test_lossless(self) -> None:
        """
        Without loss noise, photographs and text are equal, to the pixel.
        """
        self.start(origins=False)
        page = await self.open("?quality=exact")
        await self.connected(page)
        for seed in range(3):
            paint(self.screen, seed)
            await self.assertPicture(page)

    async def test_picture(self) -> None:
        """
        A picture is saved as it is on the remote side, whatever is seen of it here.
        """
        self.start(origins=False)
        page = await self.open("?scale=actual", 200, 200)
        await self.connected(page)
        paint(self.screen, 3)
        await self.until(page, "document.querySelector('#screen canvas').width")
        wanted = self.screen.array[:, :, 2::-1]
        end = self.reactor.seconds() + PATIENCE
        while True:
            await page.evaluate("document.getElementById('shot').click()")
            name, data = await self.saved(page)
            with Image.open(io.BytesIO(data)) as image:
                pixels = np.asarray(image.convert("RGB")).astype(int)
            self.assertEqual(pixels.shape, wanted.shape)
            # By default photographs have some loss.
            if np.abs(pixels - wanted).mean() < 8:
                break
            self.assertLess(self.reactor.seconds(), end)
        self.assertRegex(name, r"^desk-[\dT-]+\.png$")

    async def test_film(self) -> None:
        """
        A film is recorded in the browser, which can show it.
        """
        self.start(origins=False)
        page = await self.open()
        await self.connected(page)
        await page.evaluate("document.getElementById('record').click()")
        await self.until(page, "at('record').ariaPressed === 'true'")
        for color in ("red", "green", "blue") * 5:
            self.screen.fill(color)
            await self.assertPicture(page)
        await page.evaluate("document.getElementById('record').click()")
        await self.until(page, "window.saved.length")
        size = await page.evaluate(
            "new Promise((done) => { const video = document.createElement('video');"
            " video.onloadeddata = () => done([video.videoWidth, video.videoHeight]);"
            " video.onerror = () => done(video.error.message);"
            " video.src = saved[0].href; })"
        )
        self.assertEqual(size, [320, 240])
        name, data = await self.saved(page)
        self.assertRegex(name, r"\.webm$")
        self.assertEqual(data[:4], b"\x1a\x45\xdf\xa3")
        self.assertEqual(await page.evaluate("violations"), [])

    async def test_drag(self) -> None:
        """
        What is larger than the window is dragged by a hand, and nothing is clicked;
        without the hand it is clicked where it is seen.
        """
        self.framebuffer = self.screen = Screen(2000, 1500, "large")
        self.screen.fill("navy")
        with self.screen.draw() as canvas:
            canvas.rectangle((900, 600, 1999, 1499), fill="orange")
        self.start(origins=False)
        page = await self.open("?scale=actual", 800, 700)
        await self.connected(page)
        await self.until(page, "at('hand').hidden === false")
        await self.click(page, "hand")
        self.screen.pointers.clear()
        await self.mouse(page, "mouseMoved", 700, 600)
        await self.mouse(page, "mousePressed", 700, 600, "left")
        await self.mouse(page, "mouseMoved", 400, 400, "left")
        await self.mouse(page, "mouseMoved", 100, 100, "left")
        await self.mouse(page, "mouseReleased", 100, 100, "left")
        corner = (
            "Array.from(document.querySelector('#screen canvas').getContext('2d')"
            ".getImageData({}, 1, 1).data.slice(0, 3)).join()"
        )
        # The canvas shows what begins at 600, 500 now.
        await self.until(page, f"{corner.format('310, 110')} === '255,165,0'")
        self.assertEqual(await page.evaluate(corner.format("290, 110")), "0,0,128")
        self.assertFalse([one for one in self.screen.pointers if one[2]])
        await self.click(page, "hand")
        top = await page.evaluate(
            "document.querySelector('#screen canvas').getBoundingClientRect().top"
        )
        await self.mouse(page, "mouseMoved", 50, top + 20)
        await self.mouse(page, "mousePressed", 50, top + 20, "left")
        await self.mouse(page, "mouseReleased", 50, top + 20, "left")
        await self.eventually(lambda: (650, 520, 1) in self.screen.pointers)
        self.assertIn((650, 520, 1), self.screen.pointers)

    async def test_density(self) -> None:
        """
        On a display with many pixels one of them is a remote one, and a desktop that
        is to fit gets as many as there are.
        """
        self.framebuffer = self.screen = Elastic(320, 240, "desk")
        self.screen.fill("navy")
        self.start(origins=False)
        page = await self.open("?scale=actual", density=2)
        await self.connected(page)
        box = "document.querySelector('#screen canvas').getBoundingClientRect()"
        self.assertEqual(
            await page.evaluate(f"[{box}.width, {box}.height]"), [160, 120]
        )
        for query, factor in (("", 2), ("&density=1", 1)):
            page = await self.open(f"?scale=remote{query}", 800, 700, density=2)
            await self.connected(page)

            def isWide(width: int = 800 * factor) -> bool:
                return self.screen.width == width

            self.assertTrue(await self.eventually(isWide), self.screen.width)
            await self.assertPicture(page)
            self.assertEqual(await page.evaluate(f"{box}.width"), 800)

    async def test_pointerLock(self) -> None:
        """
        Where motions are wanted the pointer can be locked, and moves without end.
        """
        game = Game(320, 240, "game")
        self.framebuffer = self.screen = game
        self.screen.fill("navy")
        self.start(origins=False)
        page = await self.open()
        await self.connected(page)
        await self.until(page, "at('lock').hidden === false")
        # Positions are motions, too, if it is not locked.
        await self.mouse(page, "mouseMoved", 600, 400)
        await self.mouse(page, "mouseMoved", 640, 400)
        self.assertTrue(
            await self.eventually(lambda: any(dx > 0 for dx, _, _ in game.moves))
        )
        self.assertTrue(all(abs(dx) < 320 for dx, _, _ in game.moves))
        await self.click(page, "lock")
        await self.until(page, "document.pointerLockElement !== null")
        game.moves.clear()
        await self.mouse(page, "mouseMoved", 700, 450)
        await self.eventually(lambda: bool(game.moves))
        await self.mouse(page, "mouseMoved", 730, 490)

        def moved() -> bool:
            return (30, 40, 0) in game.moves

        self.assertTrue(await self.eventually(moved), game.moves)
        await self.mouse(page, "mousePressed", 730, 490, "left")
        await self.eventually(lambda: any(one[2] == 1 for one in game.moves))
        self.assertTrue(any(one[2] == 1 for one in game.moves))
        game.wantsMotion = False
        for listener in self.screen.listeners():
            listener.pointerModeChanged()
        await self.until(page, "document.pointerLockElement === null")
        await self.until(page, "at('lock').hidden")

    async def test_text(self) -> None:
        """
        What input methods compose arrives when it is complete; dead keys and AltGr
        make one letter.
        """
        self.start(origins=False)
        page = await self.open()
        await self.connected(page)
        await self.until(page, "document.activeElement.id === 'typing'")
        await page.call(
            "Input.imeSetComposition", text="にほ", selectionStart=2, selectionEnd=2
        )
        await page.call("Input.insertText", text="日本")
        await self.heard(0x1000000 + ord("日"), 0x1000000 + ord("本"))
        await self.press(page, "Dead", "Equal", 229)
        await self.press(page, "é", "KeyE", 69)
        await self.heard(0xE9)
        await page.call(
            "Input.dispatchKeyEvent", type="rawKeyDown", key="AltGraph", code="AltRight"
        )
        await self.press(page, "@", "KeyQ", 81)
        await page.call(
            "Input.dispatchKeyEvent", type="keyUp", key="AltGraph", code="AltRight"
        )
        await self.heard(ALT_GR, ord("@"))
        await self.press(page, "Tab", "Tab", 9)
        await self.heard(0xFF09)
        # There is a way out by the keyboard, too.
        await self.press(page, "F6", "F6", 117, modifiers=2 | 8)
        await self.until(page, "document.activeElement.classList.contains('tool')")
        self.assertFalse([key for key, down in self.screen.keys if down])

    async def test_sticky(self) -> None:
        """
        A modifier of the panel stays down until it is pressed again; others are
        pressed once.
        """
        self.start(origins=False)
        page = await self.open("?panel=keyrow")
        await self.connected(page)
        for _ in range(2):
            await page.evaluate(
                "document.querySelector('[data-key=ControlLeft]').click()"
            )
            await page.evaluate("document.querySelector('[data-key=F5]').click()")
        await self.eventually(lambda: len(self.screen.keys) >= 6)
        f5 = [(0xFFC2, True), (0xFFC2, False)]
        self.assertEqual(
            self.screen.keys, [(CONTROL, True), *f5, (CONTROL, False), *f5]
        )

    async def test_phone(self) -> None:
        """
        Fingers click, with one or two, and the on-screen keyboard types letters as
        they come, and takes them back.
        """
        self.start(origins=False)
        page = await self.open("", 390, 844, density=3, isPhone=True)
        await self.connected(page)
        left, top, width = await page.evaluate(
            "(() => { const r = document.querySelector('#screen canvas')"
            ".getBoundingClientRect(); return [r.left, r.top, r.width]; })()"
        )
        self.assertEqual(width, 390)

        async def touch(*points: tuple[float, float]) -> None:
            at = [{"x": x, "y": y, "id": n} for n, (x, y) in enumerate(points)]
            await page.call(
                "Input.dispatchTouchEvent", type="touchStart", touchPoints=at
            )
            await page.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

        scale = width / 320
        x, y = left + 100 * scale, top + 50 * scale
        await touch((x, y))
        self.assertTrue(
            await self.eventually(lambda: (100, 50, 1) in self.screen.pointers),
            self.screen.pointers,
        )
        await touch((x, y), (x + 10, y + 10))
        self.assertTrue(
            await self.eventually(lambda: any(o[2] == 4 for o in self.screen.pointers)),
            self.screen.pointers,
        )
        mode = "document.getElementById('typing').inputMode"
        self.assertEqual(await page.evaluate(mode), "none")
        await page.evaluate("document.getElementById('keyboard').click()")
        self.assertEqual(await page.evaluate(mode), "text")
        self.screen.keys.clear()
        for text in ("h", "hi"):
            await page.call(
                "Input.imeSetComposition", text=text, selectionStart=1, selectionEnd=1
            )
        await self.heard(ord("h"), ord("i"))
        await page.call("Input.insertText", text="ho")
        await self.heard(BACKSPACE, ord("o"))
        await page.evaluate("document.execCommand('delete')")
        await self.heard(BACKSPACE)
        self.assertEqual(await page.evaluate("violations"), [])

    async def test_sound(self) -> None:
        """
        Sound is heard when the user wants it, as it was made, and no more when not.
        """
        radio = Radio(320, 240, "radio")
        self.framebuffer = self.screen = radio
        self.screen.fill("navy")
        self.start(origins=False)
        page = await self.open()
        await self.connected(page)
        await self.until(page, "at('sound').hidden === false")
        await page.evaluate(
            "window.played = [], AudioBufferSourceNode.prototype.start = function () {"
            " played.push(...this.buffer.getChannelData(0)); }, 0"
        )
        self.assertEqual(radio.sinks, {})
        await self.click(page, "sound")
        await self.until(page, "at('sound').ariaPressed === 'true'")
        self.assertTrue(await self.eventually(lambda: bool(radio.sinks)))
        [(sink, format)] = radio.sinks.items()
        self.assertEqual(
            (format.sample, format.channels, format.frequency), (3, 2, 44100)
        )
        tone = [round(20000 * math.sin(n / 10)) for n in range(2000)]
        sink.audioReceived(b"".join(struct.pack("<hh", one, 0) for one in tone))
        await self.until(page, "window.played.length >= 2000")
        played = await page.evaluate(
            "window.played.map((one) => Math.round(one * 32768))"
        )
        self.assertEqual(played, tone)
        await self.click(page, "sound")
        self.assertTrue(await self.eventually(lambda: not radio.sinks))
        await self.until(page, "at('sound').ariaPressed === 'false'")

    async def test_clipboard(self) -> None:
        """
        Where the browser allows it, text goes there and back by itself.
        """
        self.start(origins=False)
        page = await self.open()
        await page.call("Emulation.setFocusEmulationEnabled", enabled=True)
        await page.tools.call(
            "Browser.grantPermissions",
            permissions=["clipboardReadWrite", "clipboardSanitizedWrite"],
            origin=f"http://127.0.0.1:{self.port}",
        )
        self.addCleanup(page.tools.call, "Browser.resetPermissions")
        await self.connected(page)
        # Other tests have left something in the browser's.
        there = "from there, in this test alone"
        self.screen.cutText(there)
        end = self.reactor.seconds() + PATIENCE
        while await page.evaluate("navigator.clipboard.readText()") != there:
            self.assertLess(self.reactor.seconds(), end)
            await self.pause()
        await page.evaluate("navigator.clipboard.writeText('from here')")
        await page.evaluate("window.dispatchEvent(new Event('focus')), 0")
        await self.eventually(lambda: "from here" in self.screen.texts)
        # What came from there does not go back.
        self.assertEqual(self.screen.texts[-1], "from here")
        self.assertNotIn(there, self.screen.texts)

    async def test_viewOnly(self) -> None:
        """
        A page that only views sends nothing, by whatever way.
        """
        self.start(origins=False)
        page = await self.open("?view_only&panel=keyrow")
        await self.connected(page)
        await self.assertPicture(page)
        await self.press(page, "a", "KeyA", 65)
        await page.call("Input.insertText", text="text")
        await page.evaluate("document.getElementById('cad').click()")
        await page.evaluate("document.querySelector('[data-key=F5]').click()")
        await self.mouse(page, "mouseMoved", 700, 450)
        await self.mouse(page, "mousePressed", 700, 450, "left")
        await self.mouse(page, "mouseReleased", 700, 450, "left")
        # What it had sent would have come before the answer to this.
        await page.evaluate(
            "document.getElementById('viewonly').click(),"
            " document.getElementById('cad').click(), 0"
        )
        await self.heard(CONTROL, 0xFFE9, 0xFFFF)
        self.assertEqual(self.screen.pointers, [])
