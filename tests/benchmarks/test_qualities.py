# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{benchmarks.qualities}: what is printed is what servers sent.
"""

from __future__ import annotations

import contextlib
import io
import math
from unittest import SkipTest

import numpy as np
from twisted.trial.unittest import SynchronousTestCase

from benchmarks import qualities
from benchmarks.qualities import Seen, Still, look, qualityTable, stills
from benchmarks.servers import KINDS, available
from txrfb import kernels

WIDTH, HEIGHT = 640, 360


class PsnrTests(SynchronousTestCase):
    """
    How near a picture is to another.
    """

    def test_psnr(self) -> None:
        """
        It is of all of the picture, or of a part.
        """
        still = Still("black", np.zeros((20, 30, 4), np.uint8))
        canvas = np.zeros((20, 30), np.uint32)
        self.assertEqual(Seen(canvas, 1).psnr(still), math.inf)
        canvas[:, :15] = 0x0A0A0A
        seen = Seen(canvas, 1)
        self.assertAlmostEqual(seen.psnr(still, (0, 0, 15, 20)), 28.13, 2)
        self.assertAlmostEqual(seen.psnr(still), 28.13 + 3.01, 2)
        self.assertEqual(seen.psnr(still, (15, 0, 15, 20)), math.inf)

    def test_channels(self) -> None:
        """
        Red is compared with red.
        """
        pixels = np.full((4, 4, 4), (10, 20, 30, 0), np.uint8)
        seen = Seen(np.full((4, 4), 0x1E140A, np.uint32), 1)
        self.assertEqual(seen.psnr(Still("brown", pixels)), math.inf)


class LookTests(SynchronousTestCase):
    """
    Servers that run.
    """

    if not kernels.NATIVE:
        skip = "the kernels in C are not built, without which nothing is measured"

    def check(self, name: str) -> list[Seen]:
        """
        Look at colored text beside a photo: exactly, and at two levels.

        @return: What was seen at those.
        """
        kind = KINDS[name]
        if not available(kind):
            raise SkipTest(f"{kind.program} cannot be run here")
        still = list(stills(WIDTH, HEIGHT))[2]
        exact, *lossy = look(kind, still, [-1, 2, 8])
        self.assertEqual(exact.psnr(still), math.inf)
        low, high = lossy
        self.assertLess(25, low.psnr(still))
        self.assertLess(low.psnr(still), high.psnr(still))
        self.assertLess(high.psnr(still), math.inf)
        self.assertLess(low.size, high.size)
        self.assertLess(high.size, exact.size)
        return lossy

    def test_ours(self) -> None:
        """
        Text is sharp at any level.
        """
        still = list(stills(WIDTH, HEIGHT))[2]
        for seen in self.check("txrfb+hints"):
            self.assertLess(seen.psnr(still) + 6, seen.psnr(still, still.text))

    def test_xvnc(self) -> None:
        """
        TigerVNC's Xvnc.
        """
        self.check("xvnc")

    def test_libvncserver(self) -> None:
        """
        libvncserver.
        """
        self.check("lvs")

    def test_table(self) -> None:
        """
        Each picture has a line a level, with what each server sent.
        """
        some = list(stills(WIDTH, HEIGHT))[1:3]
        self.patch(qualities, "SERVERS", ("txrfb+hints",))
        self.patch(qualities, "stills", lambda width, height: some)
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            qualityTable(WIDTH, HEIGHT, [-1, 8])
        photo, lossyPhoto, beside, lossyBeside = output.getvalue().splitlines()[2:]
        self.assertEqual(photo.split()[::2], ["photo", photo.split()[2]])
        self.assertEqual(photo.split()[1::2], ["-1", "equal"])
        self.assertEqual(beside.split()[:3], ["text", "beside", "-1"])
        self.assertEqual(beside.split()[4:], ["equal", "equal"])
        self.assertEqual(lossyPhoto.split()[:2], ["photo", "8"])
        size, psnr, text = lossyBeside.split()[3:]
        self.assertLess(float(size), float(beside.split()[3]))
        self.assertLess(float(psnr), math.inf if text == "equal" else float(text))
