# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{benchmarks.videos}: what is measured is what is said.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from benchmarks import videos
from benchmarks.videos import cost, likeness
from tests.encodings.test_h264 import requireLibrary
from txrfb import kernels
from txrfb.encodings.h264 import H264Encoder


class VideosTests(SynchronousTestCase):
    """
    A small film.
    """

    if not kernels.NATIVE:
        skip = "the kernels in C are not built, without which nothing is measured"

    def setUp(self) -> None:
        """
        There is an encoder.
        """
        requireLibrary()
        self.patch(videos, "_SCREEN", (640, 480))

    def test_cost(self) -> None:
        """
        A film takes fewer bytes as H.264, as many for each of several viewers.
        """
        one, two = (cost(320, 256, count, 5) for count in (1, 2))
        for found in (one, two):
            self.assertGreater(min(found.jpeg, found.h264), 0)
            self.assertLess(found.h264Size * 3, found.jpegSize)
        self.assertEqual(one.h264Size, two.h264Size)
        self.assertEqual(one.jpegSize, two.jpegSize)

    def test_likeness(self) -> None:
        """
        What is compared is what a viewer was sent.
        """
        jpeg, isVideo = likeness(None, 320, 256, 5)
        self.assertFalse(isVideo)
        self.assertTrue(25 < jpeg < 60, jpeg)
        h264, isVideo = likeness(H264Encoder, 320, 256, 5)
        self.assertTrue(isVideo)
        self.assertTrue(25 < h264 < 60, h264)
        self.assertNotEqual(jpeg, h264)
