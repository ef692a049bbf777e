# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._screen.photos}.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from twisted.trial.unittest import SynchronousTestCase

from tests.scenes import photo
from txrfb import kernels
from txrfb._screen.photos import Photos
from txrfb.geometry import Rectangle
from txrfb.pixels import Surface

WHERE = Rectangle(0, 0, 320, 240)


def surfaceOf(picture: Any) -> Surface:
    """
    @return: Red, green and blue as a surface.
    """
    height, width = picture.shape[:2]
    pixels = np.zeros((height, width, 4), np.uint8)
    pixels[..., :3] = picture[..., ::-1]
    return Surface(pixels.tobytes(), width * 4, width, height)


class PhotosTests(SynchronousTestCase):
    """
    Frame after frame.
    """

    def setUp(self) -> None:
        """
        Count how often a rectangle is looked at closely.
        """
        self.looks = 0
        self.photos = Photos()
        split = kernels.splitPhotos

        def counted(*arguments: Any) -> Any:
            self.looks += 1
            return split(*arguments)

        self.patch(kernels, "splitPhotos", counted)

    def split(self, picture: Any, serial: int) -> list[int]:
        """
        @return: Which parts of a frame are photos.
        """
        surface = surfaceOf(picture)
        self.isFilm = self.photos.isFilm(surface, WHERE, serial)
        if self.isFilm:
            return [1]
        parts, self.isFilm = self.photos.split(surface, WHERE, 4096, serial)
        self.assertEqual(sum(part[2] * part[3] for part in parts), WHERE.area)
        return [part[4] for part in parts]

    def test_film(self) -> None:
        """
        Of a film few frames are looked at closely.
        """
        for serial in range(33):
            self.assertEqual(self.split(photo(320, 240, serial % 3), serial), [1])
            self.assertEqual(self.isFilm, serial >= 3)
        self.assertEqual(self.looks, 3 + 4)

    def test_other(self) -> None:
        """
        Where a film becomes something else, that is seen at once.
        """
        for serial in range(10):
            self.split(photo(320, 240, serial % 3), serial)
        text = np.full((240, 320, 3), 255, np.uint8)
        text[::7, 5:200:3] = 0
        self.assertEqual(self.split(text, 10), [0])
        self.assertFalse(self.isFilm)
        self.assertEqual(self.split(photo(320, 240), 11), [1])
        self.assertEqual(self.split(text, 12), [0])

    def test_caption(self) -> None:
        """
        What is drawn over it is seen a few frames later.
        """
        for serial in range(1, 10):
            self.split(photo(320, 240, serial % 3), serial)
        for serial in range(10, 17):
            picture = photo(320, 240, serial % 3)
            picture[100:120:2, 50:200] = (255, 255, 0)
            picture[100:120, 50:200:9] = (255, 255, 0)
            found = self.split(picture, serial)
        self.assertIn(0, found)

    def test_edged(self) -> None:
        """
        What is no photo as a whole any more when it is looked at closely, as some of it
        has one color, is no film after that.
        """
        picture = surfaceOf(photo(320, 240))
        for serial in range(1, 8):
            self.split(photo(320, 240), serial)
        self.assertTrue(self.isFilm)
        self.assertFalse(self.photos.isFilm(picture, WHERE, 8))
        self.assertFalse(self.photos.isFilm(picture, WHERE, 9))

    def test_now(self) -> None:
        """
        Photos one after the other, with pauses, are each looked at closely.
        """
        for serial in range(0, 20, 2):
            self.split(photo(320, 240, serial % 3), serial)
            self.assertFalse(self.isFilm)
        self.assertEqual(self.looks, 10)

    def test_few(self) -> None:
        """
        Few films are remembered.
        """
        surface = surfaceOf(photo(320, 240))
        for serial in range(5):
            for x in range(0, 160, 16):
                where = Rectangle(x, 0, 100, 100)
                self.assertFalse(self.photos.isFilm(surface, where, serial))
                self.photos.split(surface, where, 4096, serial)
        self.assertEqual(self.looks, 50)
