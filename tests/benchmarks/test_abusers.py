# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{benchmarks.abusers} and L{benchmarks.abusing}.
"""

from __future__ import annotations

import socket
import struct
import zlib
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from benchmarks.abusers import ABUSES, Abuse
from benchmarks.abusing import Strangers
from benchmarks.healthy import setEncodings
from tests.wire.test_connection import connected
from txrfb._wire.messages import (
    ClientCutText,
    FramebufferUpdateRequest,
    KeyEvent,
    PointerEvent,
    SetEncodings,
    SetPixelFormat,
)
from txrfb._wire.messages.clipboard import (
    AnyClientCutText,
    CutTextPiece,
    ExtendedCutText,
)
from txrfb._wire.messages.extensions import (
    EnableContinuousUpdates,
    Fence,
    SetDesktopSize,
)
from txrfb.geometry import Rectangle

WIDTH, HEIGHT = 332, 206
SCREEN = Rectangle(0, 0, WIDTH, HEIGHT)

KINDS: dict[str, set[type[Any]]] = {
    "requests": {FramebufferUpdateRequest},
    "screens": {FramebufferUpdateRequest},
    "pixels": {FramebufferUpdateRequest},
    "flips": {SetPixelFormat, SetEncodings, FramebufferUpdateRequest},
    "pointer": {PointerEvent},
    "keys": {KeyEvent},
    "continuous": {EnableContinuousUpdates},
    "texts": {ClientCutText},
    "bombs": {ExtendedCutText},
    "colours": {SetPixelFormat},
    "peeks": {ExtendedCutText},
    "encodings": {SetEncodings},
    "fences": {Fence},
    "resizes": {SetDesktopSize},
    "deaf": {FramebufferUpdateRequest},
    "trickle": {FramebufferUpdateRequest},
    "asking": {FramebufferUpdateRequest},
}
"""
What each kind of abuser sends.
"""


class AbuseTests(SynchronousTestCase):
    """
    What abusers send.
    """

    def told(self, abuse: Abuse, number: int = 1) -> list[Any]:
        """
        What the server reads, once it has told the viewer of all that it understands.
        """
        scene = connected()
        for kind in (AnyClientCutText, Fence, EnableContinuousUpdates, SetDesktopSize):
            scene.connection.understand(kind)
        scene.connection.mergesMoves = False  # all of them are to be seen
        messages = abuse.messages(number, WIDTH, HEIGHT)
        scene.receive(b"".join(messages), [1 << 16])
        self.assertIsNone(scene.ended, abuse.name)
        told = [one for one in scene.told if not isinstance(one, CutTextPiece)]
        self.assertEqual(len(told), len(messages), abuse.name)
        return told

    def test_allKinds(self) -> None:
        """
        Every kind is either one that logs in, whose messages are what it says and all
        well-formed, or makes connections only.
        """
        logging = {name for name, abuse in ABUSES.items() if abuse.login}
        self.assertEqual(logging, set(KINDS))
        for name, kinds in KINDS.items():
            self.assertEqual({type(one) for one in self.told(ABUSES[name])}, kinds)

    def test_encodings(self) -> None:
        """
        What abusers say first is a list of encodings that is understood.
        """
        for name in KINDS:
            scene = connected()
            listed = ABUSES[name].encodings(3)
            scene.receive(setEncodings(*listed))
            self.assertEqual(scene.told, [SetEncodings(listed)], name)

    def test_requests(self) -> None:
        """
        Requests are of the whole screen or of a pixel in it, and of both kinds.
        """
        for one in self.told(ABUSES["requests"]):
            self.assertEqual((one.incremental, one.rectangle), (True, SCREEN))
        for one in self.told(ABUSES["screens"]):
            self.assertEqual((one.incremental, one.rectangle), (False, SCREEN))
        pixels = self.told(ABUSES["pixels"])
        self.assertEqual({one.incremental for one in pixels}, {False, True})
        for one in pixels:
            self.assertEqual(one.rectangle.area, 1)
            self.assertTrue(SCREEN.contains(one.rectangle))

    def test_keys(self) -> None:
        """
        Keys are pressed and released in turn, and none is the one that is noted.
        """
        keys = self.told(ABUSES["keys"])
        self.assertEqual([one.down for one in keys[:4]], [True, False] * 2)
        self.assertNotIn(ord("z"), {one.keysym for one in keys})

    def test_formats(self) -> None:
        """
        Colour maps, and formats of three depths.
        """
        colours = self.told(ABUSES["colours"])
        self.assertEqual({one.format.trueColor for one in colours}, {False})
        flips = self.told(ABUSES["flips"])
        formats = [one.format for one in flips if isinstance(one, SetPixelFormat)]
        self.assertEqual({one.bitsPerPixel for one in formats}, {8, 16, 32})

    def test_sizes(self) -> None:
        """
        Cut texts of 1 MiB; 16 of them in a small bomb; 65535 encodings.
        """
        [text] = ABUSES["texts"].messages(0, WIDTH, HEIGHT)
        self.assertEqual(struct.unpack(">B3xI", text[:8]), (6, 1 << 20))
        self.assertEqual(len(text), 8 + (1 << 20))
        [bomb] = ABUSES["bombs"].messages(0, WIDTH, HEIGHT)
        self.assertLess(len(bomb), 20000)
        self.assertEqual(len(zlib.decompress(bomb[12:])), 16 * (4 + (1 << 20)))
        [encodings] = ABUSES["encodings"].messages(0, WIDTH, HEIGHT)
        self.assertEqual(struct.unpack(">BxH", encodings[:4]), (2, 65535))
        self.assertEqual(len(encodings), 4 + 4 * 65535)

    def test_switches(self) -> None:
        """
        Continuous updates go on and off, fences want answers, and wishes for another
        size are for one that the screen does not have.
        """
        continuous = self.told(ABUSES["continuous"])
        self.assertEqual([one.enable for one in continuous[:4]], [True, False] * 2)
        self.assertEqual({one.flags for one in self.told(ABUSES["fences"])}, {1 << 31})
        for one in self.told(ABUSES["resizes"]):
            self.assertEqual((one.width, one.height), (801, 603))


class StrangersTests(SynchronousTestCase):
    """
    Connections that never log in.
    """

    def setUp(self) -> None:
        """
        A server that accepts nothing by itself, and a file that says stop.
        """
        self.server = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(self.server.close)
        self.server.settimeout(10)
        self.strangers = Strangers(self.server.getsockname()[1])
        self.stop, self.stopper = socket.socketpair()
        self.addCleanup(self.stop.close)
        self.addCleanup(self.stopper.close)

    def test_halfOpen(self) -> None:
        """
        So many connect; every third says half of a version, the others nothing.
        """
        self.stopper.send(b"\n")
        done = self.strangers.halfOpen(6, 60, self.stop)
        self.assertEqual((done.joined, done.closed), (6, 0))
        said = []
        for _ in range(6):
            accepted, _ = self.server.accept()
            accepted.settimeout(10)
            said.append(accepted.recv(64))
            accepted.close()
        self.assertEqual(sorted(said), [b""] * 4 + [b"RFB 00"] * 2)

    def test_connects(self) -> None:
        """
        Connections are made until it is enough.
        """
        done = self.strangers.connects(1000, 0.05, self.stop)
        self.assertGreater(done.joined, 0)
        self.assertEqual(done.closed, 0)
        self.stopper.send(b"\n")
        before = done.joined
        self.assertEqual(self.strangers.connects(1000, 60, self.stop).joined, before)

    def test_refused(self) -> None:
        """
        A server that is not there has closed everything.
        """
        self.server.close()
        self.stopper.send(b"\n")
        self.assertEqual(self.strangers.halfOpen(3, 60, self.stop).closed, 3)
