# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.desktop.pictures}.
"""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from twisted.trial.unittest import SynchronousTestCase

from txrfb.desktop.pictures import Picture, find, toPicture
from txrfb.geometry import Rectangle


def slowly(screen: Picture, wanted: Picture, tolerance: int) -> Rectangle | None:
    """
    @return: What L{find} should find, by looking everywhere.
    """
    height, width = wanted.shape[:2]
    for y in range(screen.shape[0] - height + 1):
        for x in range(screen.shape[1] - width + 1):
            part = screen[y : y + height, x : x + width].astype(int)
            if (np.abs(part - wanted) <= tolerance).all():
                return Rectangle(x, y, width, height)
    return None


class FindTests(SynchronousTestCase):
    """
    Tests of L{find}.
    """

    @settings(deadline=None, max_examples=200)
    @given(
        st.integers(0, 2**32 - 1),
        st.integers(1, 3),
        st.tuples(st.integers(1, 9), st.integers(1, 9)),
        st.tuples(st.integers(1, 6), st.integers(1, 6)),
        st.integers(0, 2),
        st.booleans(),
    )
    def test_anything(
        self,
        seed: int,
        colors: int,
        size: tuple[int, int],
        part: tuple[int, int],
        tolerance: int,
        isThere: bool,
    ) -> None:
        """
        It is the first place where the picture is.
        """
        random = np.random.default_rng(seed)
        screen = random.integers(0, colors, (*size, 3), np.uint8)
        wanted = random.integers(0, colors, (*part, 3), np.uint8)
        if isThere:
            wanted = screen[size[0] // 3 :, size[1] // 2 :][: part[0], : part[1]]
        self.assertEqual(
            find(screen, wanted, tolerance), slowly(screen, wanted, tolerance)
        )

    def test_large(self) -> None:
        """
        It is found on a large screen of one color, too, and what is larger than the
        screen is not.
        """
        screen = np.full((1080, 1920, 3), 200, np.uint8)
        screen[700:710, 1000:1020] = np.arange(20, dtype=np.uint8)[None, :, None]
        wanted = screen[690:720, 990:1030]
        self.assertEqual(find(screen, wanted), Rectangle(990, 690, 40, 30))
        self.assertIsNone(find(wanted, screen))

    def test_given(self) -> None:
        """
        Pictures are given in many ways.
        """
        image = Image.new("RGB", (3, 2), (1, 2, 3))
        path = self.mktemp() + ".png"
        image.save(path)
        for one in (
            image,
            image.convert("RGBA"),
            path,
            np.asarray(image),
            np.asarray(image.convert("RGBA")),
        ):
            self.assertEqual(toPicture(one).tolist(), [[[1, 2, 3]] * 3] * 2)
        error = self.assertRaises(ValueError, toPicture, 7)
        self.assertIn("7 is no picture; expected", str(error))
        self.assertRaises(FileNotFoundError, toPicture, "nowhere.png")
