# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.client.automaton}: looking for pictures.
"""

from __future__ import annotations

import numpy as np
from PIL import Image
from twisted.trial.unittest import SynchronousTestCase

from txrfb.client.automaton import find


def noise(width: int, height: int) -> Image.Image:
    """
    @return: A picture of which no part is like another.
    """
    pixels = np.random.default_rng(5).integers(0, 256, (height, width, 3), np.uint8)
    return Image.fromarray(pixels)


class FindTests(SynchronousTestCase):
    """
    Tests of L{find}.
    """

    screen = noise(60, 40)

    def test_place(self) -> None:
        """
        A part is found where it is, also in the corners, and as all of the screen.
        """
        for x, y, width, height in (
            (7, 9, 12, 5),
            (0, 0, 1, 1),
            (59, 39, 1, 1),
            (50, 30, 10, 10),
            (0, 0, 60, 40),
        ):
            part = self.screen.crop((x, y, x + width, y + height))
            self.assertEqual(find(self.screen, part), (x, y))

    def test_nowhere(self) -> None:
        """
        What is larger, or has one pixel that is not there, is not found.
        """
        self.assertIsNone(find(self.screen, noise(61, 2)))
        part = self.screen.crop((20, 20, 40, 39))
        for pixel in ((0, 0), (19, 18), (7, 11)):
            other = part.copy()
            red, green, blue = other.getpixel(pixel)  # type: ignore[misc]
            other.putpixel(pixel, (red, green ^ 1, blue))
            self.assertIsNone(find(self.screen, other))
            self.assertEqual(find(self.screen, other, 1), (20, 20))

    def test_transparent(self) -> None:
        """
        Transparent pixels match everything, and nothing but these is anywhere.
        """
        part = self.screen.crop((20, 20, 40, 39)).convert("RGBA")
        for x in range(5, 15):
            part.putpixel((x, 9), (1, 2, 3, 0))
        self.assertEqual(find(self.screen, part), (20, 20))
        self.assertEqual(find(self.screen, Image.new("RGBA", (5, 5))), (0, 0))

    def test_first(self) -> None:
        """
        Of several the first from the top is found, on plain screens, too.
        """
        plain = Image.new("RGB", (60, 40), "navy")
        self.assertEqual(find(plain, Image.new("RGB", (9, 9), "navy")), (0, 0))
        plain.paste("red", (50, 5, 55, 10))
        plain.paste("red", (5, 20, 10, 25))
        self.assertEqual(find(plain, Image.new("RGB", (5, 5), "red")), (50, 5))
