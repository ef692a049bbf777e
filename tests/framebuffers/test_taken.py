# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.framebuffers._taken}.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image
from twisted.trial.unittest import SynchronousTestCase

from txrfb.framebuffers._taken import framebufferOf
from txrfb.framebuffers.memory import MemoryFramebuffer


class Careless(MemoryFramebuffer):
    """
    A class that forgets its base.
    """

    def __init__(self) -> None:
        pass


class Undeclared:
    """
    A framebuffer that does not say that it is one.
    """

    name, width, height, stride, pixels = "x", 1, 1, 4, b"1234"
    paddingVaries = False

    def capture(self) -> None:
        """
        Bring nothing.
        """

    addListener = removeListener = pauseProducing = resumeProducing = capture


class TakenTests(SynchronousTestCase):
    """
    What is taken for a framebuffer, and what is not.
    """

    def assertRefused(self, given: Any, words: str) -> None:
        """
        It is not taken, for a reason with these words.
        """
        error = self.assertRaises(ValueError, framebufferOf, given)
        self.assertIn(words, str(error))

    def test_framebuffer(self) -> None:
        """
        A framebuffer is taken as it is, also if it does not say what it implements.
        """
        for framebuffer in (MemoryFramebuffer(2, 2), Undeclared()):
            self.assertIs(framebufferOf(framebuffer), framebuffer)

    def test_picture(self) -> None:
        """
        Of an image or an array one is made that shows it.
        """
        array = np.full((3, 5, 3), (255, 128, 0), np.uint8)
        for picture in (
            array,
            np.dstack([array, np.full((3, 5), 255, np.uint8)]),
            Image.fromarray(array),
            Image.fromarray(array).quantize(2),
        ):
            framebuffer = framebufferOf(picture)
            assert isinstance(framebuffer, MemoryFramebuffer)
            self.assertEqual((framebuffer.width, framebuffer.height), (5, 3))
            self.assertEqual(framebuffer.toImage().getpixel((4, 2)), (255, 128, 0))

    def test_wrongPicture(self) -> None:
        """
        Arrays of other shapes and types are no pictures.
        """
        for shape, kind in (((3, 5), "u1"), ((3, 5, 2), "u1"), ((3, 5, 3), "f8")):
            self.assertRefused(np.zeros(shape, kind), "uint8 of shape (height, width")
        self.assertRefused(Image.new("RGB", (0, 3)), "0x3 pixels")

    def test_others(self) -> None:
        """
        What is no framebuffer is told what to do.
        """
        self.assertRefused(None, "expected a MemoryFramebuffer")
        self.assertRefused(bytearray(64), "MemoryFramebuffer.fromBuffer(")
        self.assertRefused(MemoryFramebuffer, "make one of it first")
        self.assertRefused(Careless(), "super().__init__")
        partly = Undeclared()
        partly.name = "partly"
        del Undeclared.stride
        self.addCleanup(setattr, Undeclared, "stride", 4)
        self.assertRefused(partly, "it has no stride")
