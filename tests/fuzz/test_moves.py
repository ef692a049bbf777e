# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Windows that are moved, scrolled and covered by each other, of which nobody is told
more than that something has changed there: viewers that read copies are sent copies,
and when all comes to rest each has the picture exactly, however far it was behind.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from twisted.trial.unittest import SynchronousTestCase

from tests.codec import FORMATS, expected
from tests.scenes import serving
from txrfb._screen import shadow
from txrfb.encodings import constants as c
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.testing import Link, Viewer

WIDTH, HEIGHT = 400, 300

#: Lists of encodings; with copies in all but the last.
ENCODINGS = (
    (c.COPY_RECT, c.TIGHT, c.QUALITY_LEVEL_0 + 5),
    (c.COPY_RECT, c.ZRLE),
    (c.COPY_RECT, c.HEXTILE),
    (c.COPY_RECT, c.TRLE),
    (c.COPY_RECT, c.RAW),
    (c.TIGHT,),
)

_FORMATS = tuple(FORMATS[name] for name in ("native", "big", "565", "332", "map"))

#: The seconds until all that is lossy was sent again.
_REST = 8.0

viewers = st.tuples(
    st.sampled_from(ENCODINGS),
    st.sampled_from(_FORMATS),
    st.sampled_from([0, 0, 500_000, 50_000, 3000]),
)

steps = st.sampled_from([0, 1, 3, -5, 16, -40])

#: Which window goes how far, whether it scrolls instead, whether something changes in
#: it, and what time passes.
moves = st.tuples(
    st.integers(0, 2),
    steps,
    steps,
    st.booleans(),
    st.booleans(),
    st.sampled_from([0, 0.005, 0.02, 0.02, 0.1, 0.5]),
)


class Windows:
    """
    Three windows on a background.
    """

    def __init__(self, seed: int) -> None:
        random: Any = np.random.default_rng(seed)
        self._random = random
        self._back = random.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
        self._back //= (1, 64, 255)[seed % 3]
        self._windows: list[NDArray[np.uint8]] = [
            random.integers(0, 256, (height, width, 3), np.uint8)
            for width, height in ((200, 120), (90, 150), (64, 40))
        ]
        self._places = [[20, 30], [180, 60], [300, 240]]

    def move(self, number: int, dx: int, dy: int) -> None:
        """
        A window goes elsewhere; it may leave the screen in part.
        """
        place = self._places[number]
        place[0] = min(max(place[0] + dx, -30), WIDTH - 10)
        place[1] = min(max(place[1] + dy, -20), HEIGHT - 10)

    def scroll(self, number: int, rows: int) -> None:
        """
        What is in a window goes up or down, and something new comes.
        """
        window = self._windows[number]
        window[:] = np.roll(window, rows, 0)
        new = window[:rows] if rows > 0 else window[rows:]
        if rows:
            new[:] = self._random.integers(0, 256, new.shape)

    def change(self, number: int) -> None:
        """
        Something changes in a window.
        """
        window = self._windows[number]
        window[10:20, 5:50] = self._random.integers(0, 256)

    def picture(self) -> NDArray[np.uint8]:
        """
        @return: What is to be seen.
        """
        picture: NDArray[np.uint8] = self._back.copy()
        for (x, y), window in zip(self._places, self._windows, strict=True):
            left, top = max(x, 0), max(y, 0)
            part = window[top - y : HEIGHT - y, left - x : WIDTH - x]
            picture[top : top + part.shape[0], left : left + part.shape[1]] = part
        return picture


class MovesTests(SynchronousTestCase):
    """
    Tests for what is found to have moved.
    """

    def setUp(self) -> None:
        """
        Look for moves in small changes, too.
        """
        self.patch(shadow, "_MOVED_AREA", 4000)

    def play(
        self,
        seed: int,
        kinds: Sequence[tuple[tuple[int, ...], Any, int]],
        steps: list[tuple[int, int, int, bool, bool, float]],
    ) -> list[Viewer]:
        """
        Show windows to viewers, and compare what they see in the end.
        """
        windows = Windows(seed)
        framebuffer = MemoryFramebuffer(WIDTH, HEIGHT)
        framebuffer.paste(windows.picture())
        factory = serving(framebuffer)
        viewers = []
        for encodings, format, bandwidth in kinds:
            viewer = Viewer(factory, encodings=encodings, format=format)
            viewer.advance(0.2)
            viewer.link = Link(bandwidth)
            viewers.append(viewer)
        for number, dx, dy, scrolls, changes, seconds in steps:
            if scrolls:
                windows.scroll(number, dy)
            else:
                windows.move(number, dx, dy)
            if changes:
                windows.change(number)
            framebuffer.paste(windows.picture())
            viewers[0].advance(seconds)
        for viewer in viewers:
            viewer.link = Link()
        viewers[0].advance(_REST)
        for viewer in viewers:
            self.assertTrue(viewer.isConnected, viewer.log)
            colors = expected(framebuffer, viewer.client.connection.format)
            np.testing.assert_array_equal(viewer.client.canvas, colors, str(viewer.log))
            viewer.disconnect()
        return viewers

    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        st.integers(0, 99),
        st.lists(viewers, min_size=3, max_size=3),
        st.lists(moves, min_size=3, max_size=15),
    )
    def test_exact(
        self,
        seed: int,
        kinds: Sequence[tuple[tuple[int, ...], Any, int]],
        steps: list[tuple[int, int, int, bool, bool, float]],
    ) -> None:
        """
        Whatever moves, and whoever looks.
        """
        self.play(seed, kinds, steps)
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_copies(self) -> None:
        """
        What moves is sent as copies: without these nothing was tested above.
        """
        steps = [(0, 16, 3, False, False, 0.1), (1, 0, 16, True, False, 0.1)] * 3
        fast = [(encodings, _FORMATS[0], 0) for encodings in ENCODINGS]
        *copying, other = self.play(1, fast, steps)
        for viewer in copying:
            self.assertTrue(any(update.copies for update in viewer.updates))
        self.assertFalse(any(update.copies for update in other.updates))
