# -*- test-case-name: tests.benchmarks.test_decoders -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{benchmarks.decoders}.
"""

from __future__ import annotations

import contextlib
import io

from twisted.trial.unittest import SynchronousTestCase

from benchmarks import decoders
from benchmarks.building import built
from txrfb import kernels


class DecoderTests(SynchronousTestCase):
    """
    Both viewers see what was written.
    """

    if not kernels.NATIVE:
        skip = "the kernels in C are not built"

    def setUp(self) -> None:
        self.patch(decoders, "WIDTH", 300)
        self.patch(decoders, "HEIGHT", 200)

    def test_streams(self) -> None:
        """
        Each encoding is decoded to the picture that it was made of; by libvncclient,
        too, where that is there.
        """
        peer = built("decode")
        names = set()
        for stream in decoders.streams(["photo"]):
            cost, other = decoders.compare(stream, 1, peer)
            self.assertGreater(cost, 0)
            if peer is not None and stream.isKnown:
                self.assertGreater(other, 0)
            names.add(stream.name)
        self.assertLessEqual({"Hextile", "Tight", "ZRLE", "TRLE", "CopyRect"}, names)

    def test_main(self) -> None:
        """
        A table is printed, whatever is in it.
        """
        with contextlib.redirect_stdout(io.StringIO()) as out:
            self.assertIn(decoders.main(["text", "--runs", "1"]), (0, 1))
        self.assertIn("Hextile", out.getvalue())
