# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What the encoders make, read by the decoders of vncdotool and by plain zlib.
"""

from __future__ import annotations

import struct
import warnings
import zlib
from typing import Any

import numpy as np
from twisted.internet.testing import StringTransport
from twisted.trial import unittest

from tests.codec import CONTENTS, differing, surfaceOf
from txrfb.encodings import ENCODINGS, constants
from txrfb.encodings.level import Level
from txrfb.geometry import Rectangle
from txrfb.pixels import NATIVE, Words

try:
    from vncdotool import rfb  # type: ignore[import-untyped]

    Client: Any = rfb.RFBClient
except ImportError:
    Client = None


def painting(width: int, height: int) -> Any:
    """
    @return: A vncdotool client that is connected, and paints what it is sent.
    """

    with warnings.catch_warnings():
        # vncdotool announces changes to whoever overrides its methods.
        warnings.simplefilter("ignore", FutureWarning)

        class Painting(Client):  # type: ignore[misc]
            def __init__(self) -> None:
                Client.__init__(self)
                self.canvas = np.zeros((height, width), np.uint32)
                self.updates = 0

            def updateRectangle(
                self, x: int, y: int, w: int, h: int, data: bytes
            ) -> None:
                pixels = np.frombuffer(data, "<u4").reshape(h, w) & 0xFFFFFF
                self.canvas[y : y + h, x : x + w] = pixels

            def fillRectangle(
                self, x: int, y: int, w: int, h: int, data: bytes
            ) -> None:
                self.updateRectangle(x, y, w, h, data * (w * h))

            def commitUpdate(self, rectangles: Any = None) -> None:
                self.updates += 1

    client = Painting()
    client.factory = type(
        "Factory", (), {"shared": 1, "password": None, "username": ""}
    )
    client.makeConnection(StringTransport())
    client.dataReceived(b"RFB 003.008\n")
    client.dataReceived(b"\x01\x01")
    client.dataReceived(b"\0\0\0\0")
    client.dataReceived(struct.pack(">HH", width, height) + NATIVE.toBytes())
    client.dataReceived(b"\0\0\0\4name")
    return client


class VncdotoolTests(unittest.SynchronousTestCase):
    """
    Tests with the decoders of vncdotool.
    """

    def setUp(self) -> None:
        if Client is None:
            self.skipTest("vncdotool is not installed")

    def assertShown(self, number: int, widths: tuple[int, ...]) -> None:
        """
        The client paints what was encoded, several rectangles one after the other.
        """
        random = np.random.default_rng(1)
        encoder = ENCODINGS[number].encoder(NATIVE, Level())
        opens = encoder.opens
        client = painting(200, 150)
        for turn, content in enumerate(CONTENTS):
            for width in widths:
                colors: Words = content(random, width, 70)
                surface, where = surfaceOf(colors)
                body = encoder.encode(surface, where)
                if opens:
                    body = encoder.opening(body)
                    opens = False
                # vncdotool takes the place of the first rectangle for the origin.
                to = Rectangle(0, turn, width, 70)
                client.dataReceived(
                    struct.pack(">BBHHHHHi", 0, 0, 1, *to, number) + body
                )
                got = client.canvas[to.y : to.bottom, : to.right]
                self.assertEqual(differing(got, colors), 0, content.__name__)
        self.assertEqual(client.updates, len(CONTENTS) * len(widths))

    def test_raw(self) -> None:
        """
        Raw.
        """
        self.assertShown(constants.RAW, (1, 67))

    def test_rre(self) -> None:
        """
        RRE.
        """
        self.assertShown(constants.RRE, (1, 67))

    def test_hextile(self) -> None:
        """
        Hextile.
        """
        self.assertShown(constants.HEXTILE, (1, 67, 200))

    def test_zrle(self) -> None:
        """
        ZRLE, at widths of whole bytes: vncdotool does not fill rows up to bytes.
        """
        self.assertShown(constants.ZRLE, (64, 136))


class ZlibTests(unittest.SynchronousTestCase):
    """
    Tests with plain zlib, as viewers use it that know nothing but Zlib.
    """

    def test_oneStream(self) -> None:
        """
        All bodies of a connection are one zlib stream.
        """
        random = np.random.default_rng(2)
        encoder = ENCODINGS[constants.ZLIB].encoder(NATIVE, Level())
        stream = zlib.decompressobj()
        for turn, content in enumerate(CONTENTS):
            colors = content(random, 50, 30)
            surface, where = surfaceOf(colors)
            body = encoder.encode(surface, where)
            if turn == 0:
                body = encoder.opening(body)
            self.assertEqual(
                stream.decompress(body[4:]), colors.astype("<u4").tobytes()
            )
