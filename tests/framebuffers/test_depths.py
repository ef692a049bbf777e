# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.x11.depths}: displays of sixteen bits, whose pixels a viewer sees as
GetImage says.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.framebuffers.test_x11live import LiveCase
from tests.interop.processes import pause
from txrfb.error import DisplayError
from txrfb.framebuffers.run import RunFramebuffer
from txrfb.x11 import core, shm, view
from txrfb.x11.capture import ConnectionImages, SegmentImages, SharedPixmap
from txrfb.x11.depths import ConvertedPixels, pixelKind
from txrfb.x11.wire import Format, ScreenInfo, Setup, Visual


class KindTests(SynchronousTestCase):
    """
    Which pixels can be shown.
    """

    def kind(self, depth: int, bits: int, *masks: int) -> tuple[int, int | None]:
        """
        @return: What pixels are.
        """
        formats = (Format(1, 1, 32), Format(depth, bits, 32))
        visual = Visual(1, 4, *masks) if masks else None
        screen = ScreenInfo(1, 10, 10, depth, visual)
        setup = Setup("", 1, 1, 1, 1, False, 8, 255, formats, (screen,))
        kind = pixelKind(setup, screen)
        return kind.size, kind.layout

    def test_shown(self) -> None:
        """
        Those of four bytes as they are or with red and blue exchanged, and those of
        two.
        """
        for depth in (24, 32):
            self.assertEqual(self.kind(depth, 32, 0xFF0000, 0xFF00, 0xFF), (4, None))
        self.assertEqual(self.kind(24, 32, 0xFF, 0xFF00, 0xFF0000), (4, 1))
        self.assertEqual(self.kind(16, 16, 0xF800, 0x7E0, 0x1F), (2, 6))
        self.assertEqual(self.kind(15, 16, 0x7C00, 0x3E0, 0x1F), (2, 7))

    def test_others(self) -> None:
        """
        Others are refused with what they are.
        """
        for arguments, reason in (
            ((8, 8, 0, 0, 0), "a depth of 8 bits; it must be 15, 16, 24 or 32"),
            ((24, 24, 0xFF0000, 0xFF00, 0xFF), "a depth of 24 bits; it must be"),
            ((30, 32, 0x3FF00000, 0xFFC00, 0x3FF), "a depth of 30 bits"),
            (
                (16, 16, 0x1F, 0x7E0, 0xF800),
                "masks 0x1f, 0x7e0, 0xf800 in pixels of 16",
            ),
            ((24, 32), "masks none"),
        ):
            with self.assertRaises(DisplayError) as caught:
                self.kind(*arguments)
            self.assertIn(reason, str(caught.exception))

    def test_run(self) -> None:
        """
        A display of one's own has one of those that Xvfb has and that can be shown.
        """
        for depth in (0, 8, 30, 32):
            error = self.assertRaises(
                ValueError, RunFramebuffer, "true", depth=depth, reactor=Clock()
            )
            self.assertEqual(str(error), f"a depth of {depth}; expected 15, 16 or 24")


class PixelsTests(LiveCase):
    """
    Pixels of two bytes, in each of the ways to them.
    """

    # Rows of an odd number of such pixels have two bytes more.
    size = (641, 401)

    depth = 16

    async def displayed(self) -> NDArray[np.uint8]:
        """
        @return: What is on the display: red, green and blue, of which the lower bits
            repeat the upper ones.
        """
        root = self.other.screen.root
        geometry = await self.other.ask(core.getGeometry(root))
        width, height = geometry.width, geometry.height
        rows = []
        for y in range(0, height, 50):
            count = min(50, height - y)
            data = await self.other.ask(core.getImage(root, 0, y, width, count, 2))
            values = np.frombuffer(data, np.uint16)[: (width + 1 & ~1) * count]
            rows.append(values.reshape(count, -1)[:, :width].astype(np.uint32))
        pixels = np.concatenate(rows)
        colors = []
        for shift, bits in (
            ((11, 5), (5, 6), (0, 5))
            if self.depth == 16
            else (
                (10, 5),
                (5, 5),
                (0, 5),
            )
        ):
            part = pixels >> shift & (1 << bits) - 1
            colors.append(part << 8 - bits | part >> 2 * bits - 8)
        return np.stack(colors, axis=2).astype(np.uint8)

    async def seeAll(self, kind: type) -> None:
        """
        Text scrolls, a window moves, the size changes.
        """
        await self.show()
        viewer = await self.look()
        source: Any = self.framebuffer._view.source  # type: ignore[union-attr]
        self.assertIsInstance(source, ConvertedPixels)
        self.assertIsInstance(source._source, kind)
        await self.assertSeen(viewer)
        script = "i=0; while [ $i -lt 300 ]; do ls --color=always -l /etc | head -40;"
        script += " i=$((i+100)); done; sleep 99"
        colors = ["-fg", "#3f7fbf", "-bg", "#102035"]
        for x, y in ((3, 5), (301, 101)):
            where = f"50x20+{x}+{y}"
            self.run_("xterm", *colors, "-geometry", where, "-e", "sh", "-c", script)

        async def isColored() -> bool:
            return len(np.unique(self.seen(viewer))) > 4

        await self.until(isColored)
        await pause(self.reactor, 0.3)
        await self.assertSeen(viewer)
        screens = self.framebuffer.screens
        done: Any = self.framebuffer.layoutRequested(333, 217, screens, viewer)
        self.assertTrue(await done)
        await self.assertSeen(viewer)
        self.assertEqual(viewer.image().size, (333, 217))

    async def test_pixmap(self) -> None:
        """
        A pixmap in shared memory.
        """
        await self.seeAll(SharedPixmap)

    async def test_segment(self) -> None:
        """
        Images in shared memory.
        """
        self.patch(view, "SharedPixmap", SegmentImages)
        await self.seeAll(SegmentImages)

    async def test_connection(self) -> None:
        """
        Images through the connection.
        """
        self.patch(shm, "NAME", "NO-SHM")
        await self.seeAll(ConnectionImages)


class FifteenTests(PixelsTests):
    """
    The same of fifteen bits.
    """

    depth = 15
