# -*- test-case-name: tests.kernels.test_reference -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests that what the kernels in numpy make of any pixels can be made pixels again.
"""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.kernels import decoders
from tests.kernels.data import (
    COLOR,
    Picture,
    Words,
    collage,
    layouts,
    masks,
    picture,
    pictures,
)
from txrfb.kernels import reference
from txrfb.pixels import PixelFormat

many = settings(max_examples=60, deadline=None)
few = settings(max_examples=40, deadline=None)


def written(values: Words, mask: int, size: int, shift: int) -> Words:
    """
    What is left of values when they are written in C{size} bytes.
    """
    result = (values & np.uint32(mask)) >> np.uint32(shift)
    return result & np.uint32((1 << 8 * size) - 1)


class RoundTripTests(SynchronousTestCase):
    """
    Results decode to what was given.  That those of the kernels in C are no others
    is said by L{tests.kernels.test_native}.
    """

    @many
    @given(pictures(), st.sampled_from([-1, 0, 1, 200, 256, 1000]))
    def test_splitSolid(self, where: Picture, minimum: int) -> None:
        """
        The pieces cover the rectangle once; those with a color have no other one,
        and are large enough.
        """
        covered = np.zeros((where.y + where.height, where.x + where.width), int)
        values = where._replace(x=0, y=0, width=covered.shape[1])
        area = values._replace(height=covered.shape[0]).array() & COLOR
        rest = False
        for x, y, width, height, color in reference.splitSolid(*where, minimum):
            piece = (slice(y, y + height), slice(x, x + width))
            covered[piece] += 1
            if color == -1:
                rest = True
            else:
                self.assertTrue((area[piece] == color).all())
                self.assertTrue(width * height >= minimum)
                self.assertFalse(rest)
        self.assertTrue((covered[where.y :, where.x :] == 1).all())
        self.assertEqual(covered.sum(), where.width * where.height)

    @few
    @given(
        st.integers(1, 200),
        st.integers(1, 200),
        st.integers(0, 1 << 32),
        st.sampled_from([-1, 0, 256, 1000]),
    )
    def test_splitPhotos(
        self, width: int, height: int, seed: int, minimum: int
    ) -> None:
        """
        The pieces cover the rectangle once; photos come first, and are large enough:
        the first by itself, others beside it.
        """
        covered = np.zeros((height, width), int)
        where = picture(collage(height, width, seed))
        photos = True
        least = minimum
        for x, y, wide, high, isPhoto in reference.splitPhotos(*where, minimum):
            covered[y : y + high, x : x + wide] += 1
            self.assertTrue(photos or not isPhoto)
            self.assertTrue(wide * high >= least or not isPhoto)
            least = minimum // 2
            photos = bool(isPhoto)
        self.assertTrue((covered == 1).all())

    @few
    @given(
        pictures(),
        st.sampled_from(
            [
                PixelFormat(32, 24, True, True, 255, 255, 255, 0, 8, 16),
                PixelFormat(32, 30, False, True, 1023, 1023, 1023, 20, 10, 0),
                PixelFormat(16, 16, False, True, 31, 63, 31, 11, 5, 0),
                PixelFormat(16, 15, True, True, 31, 31, 31, 10, 5, 0),
                PixelFormat(8, 8, False, True, 7, 7, 3, 0, 3, 6),
            ]
        ),
    )
    def test_convert(self, where: Picture, format: PixelFormat) -> None:
        """
        Pixels come out as the values that the format has for their colors.
        """
        size = format.bytesPerPixel
        data = reference.convert(*where, format.tables(), size)
        expected = [format.valueOf(int(value)) for value in where.array().flat]
        self.assertEqual(format.read(data).tolist(), expected)

    @many
    @given(pictures(), masks)
    def test_paletteHasAll(self, where: Picture, mask: int) -> None:
        """
        A palette and its numbers give the values back; there is none just where
        there are too many colors.
        """
        values = where.array() & np.uint32(mask)
        result = reference.palette(*where, mask, 256)
        if len(np.unique(values)) > 256:
            self.assertIsNone(result)
            return
        assert result is not None
        colors = np.frombuffer(result[0], np.uint32)
        numbers = decoders.paletteNumbers(
            len(colors), result[1], where.width, where.height
        )
        self.assertEqual(colors[numbers].tolist(), values.tolist())

    @few
    @given(pictures())
    def test_gradientDecodes(self, where: Picture) -> None:
        """
        What the filter wrote can be undone.
        """
        colors = decoders.gradient(
            reference.gradient(*where), where.width, where.height
        )
        self.assertEqual(colors.tolist(), (where.array() & COLOR).tolist())

    @many
    @given(pictures(), masks, layouts, st.sampled_from([64, 16, 7]))
    def test_zrle(
        self, where: Picture, mask: int, layout: tuple[int, int, bool], tile: int
    ) -> None:
        """
        Tiles decode to what was written, whatever their layout.
        """
        size, shift, big = layout
        wanted = written(where.array(), mask, size, shift).tolist()
        for deflated in (False, True):
            data = reference.zrle(*where, mask, tile, *layout, deflated)
            decoded = decoders.zrle(data, where.width, where.height, tile, size, big)
            self.assertEqual(decoded.tolist(), wanted)

    @many
    @given(pictures(60), masks, st.sampled_from([1, 2, 4]), st.booleans())
    def test_hextile(self, where: Picture, mask: int, size: int, big: bool) -> None:
        """
        A rectangle decodes to what was written, and takes little more than raw.
        """
        data = reference.hextile(*where, mask, size, big)
        decoded = decoders.hextile(data, where.width, where.height, size, big)
        self.assertEqual(
            decoded.tolist(), written(where.array(), mask, size, 0).tolist()
        )

    @many
    @given(
        pictures(60), masks, st.sampled_from([1, 2, 4]), st.booleans(), st.booleans()
    )
    def test_rre(
        self, where: Picture, mask: int, size: int, big: bool, compact: bool
    ) -> None:
        """
        A rectangle decodes to what was written, or would not have been smaller
        than its pixels.
        """
        data = reference.rre(*where, mask, size, big, compact)
        if data is None:
            return
        self.assertTrue(len(data) < where.width * where.height * size)
        decoded = decoders.rre(data, where.width, where.height, size, big, compact)
        self.assertEqual(
            decoded.tolist(), written(where.array(), mask, size, 0).tolist()
        )
