# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Framebuffers that fail now and then, in any way, under viewers at different paces: when
all rests, everybody sees exactly what there is.
"""

from __future__ import annotations

import random
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred, fail
from twisted.trial.unittest import SynchronousTestCase

from tests.scenes import serving
from txrfb.encodings.constants import (
    COPY_RECT,
    DESKTOP_SIZE,
    HEXTILE,
    QUALITY_LEVEL_0,
    RAW,
    TIGHT,
    ZRLE,
)
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.geometry import Rectangle, Region
from txrfb.testing import Link, Viewer, assertScreen

ENCODINGS = (
    (RAW, DESKTOP_SIZE),
    (COPY_RECT, ZRLE, DESKTOP_SIZE),
    (COPY_RECT, TIGHT, DESKTOP_SIZE, QUALITY_LEVEL_0 + 3),
    (HEXTILE, DESKTOP_SIZE),
)


class Failing(MemoryFramebuffer):
    """
    A framebuffer of which some captures fail, and forget what was damaged.
    """

    def __init__(self, source: random.Random) -> None:
        super().__init__(320, 280)
        self.source = source
        self.likelihood = 0.0

    def _isTime(self) -> bool:
        return self.source.random() < self.likelihood

    @property
    def paddingVaries(self) -> bool:  # type: ignore[override]
        """
        Where reading the pixels fails.
        """
        if self._isTime():
            raise OSError("gone while it was read")
        return False

    def capture(self) -> Any:
        """
        Capture, or fail.
        """
        captured = super().capture()
        if not self._isTime():
            return captured
        return self.source.choice(
            (
                lambda: fail(OSError("no round trip")),
                lambda: None,
                lambda: Deferred(),
                lambda: self.pixels.nothing,
                lambda: [(1, 2)],
                lambda: Region((Rectangle(0.5, 0, 3, 3),)),  # type: ignore[arg-type]
            )
        )()


class OutageTests(SynchronousTestCase):
    """
    Viewers that come and go while things happen.
    """

    @settings(max_examples=15, deadline=None)
    @given(st.integers(0, 1 << 32))
    def test_exactInTheEnd(self, seed: int) -> None:
        """
        Whatever failed, what is seen in the end is exact.
        """
        source = random.Random(seed)
        framebuffer = Failing(source)
        factory = serving(framebuffer)
        viewers: list[Viewer] = []
        framebuffer.likelihood = 0.3
        for _ in range(40):
            match source.randrange(7):
                case 0 | 1:
                    x, y = source.randrange(250), source.randrange(200)
                    framebuffer.fill(
                        tuple(source.randbytes(3)),  # type: ignore[arg-type]
                        Rectangle(x, y, source.randrange(1, 99), 70),
                    )
                case 2:
                    noise = np.random.default_rng(source.randrange(99))
                    part = framebuffer.array[:260, :300]
                    part[:] = noise.integers(0, 256, part.shape, np.uint8)
                    framebuffer.damage()
                case 3:
                    area = Rectangle(0, 20, framebuffer.width, 200)
                    framebuffer.copy(area, 0, source.randrange(20))
                case 4:
                    if source.random() < 0.3:
                        framebuffer.resize(
                            source.randrange(100, 400), source.randrange(100, 400)
                        )
                case 5:
                    speed = source.choice((0, 0, 3e5, 1e6))
                    viewers.append(
                        Viewer(
                            factory,
                            encodings=source.choice(ENCODINGS),
                            link=Link(speed, 0.01) if speed else None,
                        )
                    )
                case 6:
                    if len(viewers) > 2:
                        viewers.pop(source.randrange(len(viewers))).disconnect()
            factory.clock.advance(source.choice((0, 0.01, 0.3, 2)))
        framebuffer.likelihood = 0.0
        viewers.append(Viewer(factory))
        for _ in range(600):
            factory.clock.advance(0.1)
        for viewer in viewers:
            # Who came in an outage may have been told so.
            if viewer.isConnected or "and has no picture" not in str(viewer.log):
                self.assertTrue(viewer.isConnected, viewer.log)
                assertScreen(viewer, framebuffer)
        self.assertTrue(viewers[-1].isConnected)
        self.flushLoggedErrors()
