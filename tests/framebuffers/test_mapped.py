# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.framebuffers.mapped}.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.framebuffers.test_layouts import xwd
from txrfb.framebuffers import Layout, MappedFramebuffer
from txrfb.framebuffers._kinds import framebufferFromString
from txrfb.framebuffers.layouts import FORMATS
from txrfb.protocol import RFBFactory
from txrfb.testing import Viewer, assertScreen


def written(picture: NDArray[np.uint8], format: str) -> bytes:
    """
    @param picture: Red, green and blue, shape (height, width, 3).

    @return: It, in a format, with anything where nothing is shown.
    """
    red, green, blue = (picture[..., band].astype(np.uint32) for band in range(3))
    noise = np.random.default_rng(1).integers(0, 256, red.shape, np.uint32)
    orders = {
        "R24": (blue, green, red, noise),
        "B24": (red, green, blue, noise),
        "RX": (noise, blue, green, red),
        "BX": (noise, red, green, blue),
    }
    if format == "RG16":
        value = red >> 3 << 11 | green >> 2 << 5 | blue >> 3
        return value.astype("<u2").tobytes()
    if format in ("XR15", "AR15"):
        value = noise << 15 | red >> 3 << 10 | green >> 3 << 5 | blue >> 3
        return value.astype("<u2").tobytes()
    if format == "RG24":
        bands: Any = (blue, green, red)
    elif format == "BG24":
        bands = (red, green, blue)
    elif format[1] in "XA":
        bands = orders[format[0] + "X"]
    else:
        bands = orders[format[1:]]
    return np.stack(bands, -1).astype(np.uint8).tobytes()


def shown(picture: NDArray[np.uint8], format: str) -> NDArray[np.uint8]:
    """
    @return: What is to be seen of it.
    """
    if format not in ("RG16", "XR15", "AR15"):
        return picture
    five: NDArray[np.uint8] = (picture >> 3 << 3 | picture >> 5).astype(np.uint8)
    if format == "RG16":
        five[..., 1] = picture[..., 1] >> 2 << 2 | picture[..., 1] >> 6
    return five


class MappedTestCase(SynchronousTestCase):
    """
    A file that is shown.
    """

    def setUp(self) -> None:
        """
        There is none yet.
        """
        self.path = self.mktemp()
        self.clock = Clock()
        rng = np.random.default_rng(7)
        self.picture = rng.integers(0, 256, (90, 130, 3), np.uint8)

    def write(self, data: bytes, at: int = 0) -> None:
        """
        Write into the file, as it is.
        """
        flags = os.O_RDWR | os.O_CREAT
        descriptor = os.open(self.path, flags, 0o600)
        os.pwrite(descriptor, data, at)
        os.close(descriptor)

    def look(self, framebuffer: MappedFramebuffer) -> Viewer:
        """
        @return: A viewer of it.
        """
        viewer = Viewer(RFBFactory(framebuffer, reactor=self.clock))
        viewer.advance(0.1)
        return viewer

    def assertSees(self, viewer: Viewer, picture: NDArray[np.uint8]) -> None:
        """
        Fail unless it has each pixel of a picture.
        """
        assertScreen(viewer, Image.fromarray(np.ascontiguousarray(picture)))


class FormatTests(MappedTestCase):
    """
    Pixels of all layouts.
    """

    def test_each(self) -> None:
        """
        Each is seen exactly, and so is what changes in it; with an offset, and room
        between rows.
        """
        for format, (_, size) in FORMATS.items():
            for offset, gap in ((0, 0), (4099, 5), (8192, 12)):
                stride = 130 * size + gap
                layout = Layout(130, 90, stride, offset, format)

                def put(picture: NDArray[np.uint8], layout: Layout = layout) -> None:
                    data = written(picture, layout.format)
                    row = len(data) // 90
                    for y in range(90):
                        at = layout.offset + y * layout.stride
                        self.write(data[y * row : (y + 1) * row], at)

                picture = self.picture.copy()
                put(picture)
                framebuffer = MappedFramebuffer(self.path, layout, reactor=self.clock)
                viewer = self.look(framebuffer)
                self.assertSees(viewer, shown(picture, format))
                picture[70:75, 20:100] ^= 0x5A
                put(picture)
                viewer.advance(0.1)
                self.assertSees(viewer, shown(picture, format))
                viewer.disconnect()
                viewer.advance(2)
                os.remove(self.path)

    def test_onlyChanged(self) -> None:
        """
        What is converted is what has changed, and no more is told.
        """
        self.write(written(self.picture, "XB24"))
        layout = Layout.checked(130, 90, format="XB24")
        framebuffer = MappedFramebuffer(self.path, layout, reactor=self.clock)
        self.successResultOf(framebuffer.capture())
        framebuffer.damage()
        self.assertEqual(self.successResultOf(framebuffer.capture()).rectangles, ())
        self.write(b"\1\2\3\4", 4 * (130 * 70 + 129))
        framebuffer.damage()
        [rectangle] = self.successResultOf(framebuffer.capture()).rectangles
        self.assertEqual(rectangle, (128, 64, 2, 26))

    def test_xwd(self) -> None:
        """
        An XWD file says itself what is in it, and when that changes.
        """
        start = 160 + 256 * 12
        self.write(xwd(width=130, height=90, stride=130 * 4))
        self.write(written(self.picture, "XR24"), start)
        viewer = self.look(MappedFramebuffer(self.path, isXWD=True, reactor=self.clock))
        self.assertSees(viewer, self.picture)
        self.write(xwd(width=65, height=80, stride=130 * 4))
        viewer.advance(0.2)
        self.assertSees(viewer, self.picture[:80, :65])


class LifeTests(MappedTestCase):
    """
    Files that come, go and change.
    """

    def setUp(self) -> None:
        """
        One that is not there yet.
        """
        super().setUp()
        self.layout = Layout.checked(130, 90)
        self.framebuffer = MappedFramebuffer(self.path, self.layout, reactor=self.clock)
        self.data = written(self.picture, "XR24")

    def test_later(self) -> None:
        """
        A viewer waits for a file that comes, for a while.
        """
        viewer = self.look(self.framebuffer)
        self.assertTrue(viewer.isOpen)
        self.assertFalse(viewer.isConnected)
        self.write(self.data)
        viewer.advance(0.5)
        self.assertSees(viewer, self.picture)

    def test_never(self) -> None:
        """
        If it does not come, it is refused.
        """
        viewer = self.look(self.framebuffer)
        viewer.advance(11)
        self.assertFalse(viewer.isOpen)
        self.assertIn("the desktop is not there yet", viewer.reason)

    def test_shorter(self) -> None:
        """
        A file that is too short is not read; the picture stays until it is whole again.
        """
        self.write(self.data)
        viewer = self.look(self.framebuffer)
        os.truncate(self.path, 100)
        viewer.advance(1)
        self.assertTrue(viewer.isOpen)
        self.assertSees(viewer, self.picture)
        [failure] = self.flushLoggedErrors(ValueError)
        self.assertIn("it has 100 bytes; 46800 are needed", str(failure.value))
        self.picture[:] = 17
        self.write(written(self.picture, "XR24"))
        viewer.advance(5)
        self.assertSees(viewer, self.picture)

    def test_replaced(self) -> None:
        """
        A new file in place of the old one is seen.
        """
        self.write(self.data)
        viewer = self.look(self.framebuffer)
        os.rename(self.path, f"{self.path}.old")
        viewer.advance(0.05)
        self.picture[:] = 99
        self.write(written(self.picture, "XR24"))
        viewer.advance(1)
        self.assertSees(viewer, self.picture)
        self.flushLoggedErrors(OSError)

    def test_unwatched(self) -> None:
        """
        What has changed when nobody looked is in the first picture of who looks next.
        """
        self.write(self.data)
        factory = RFBFactory(self.framebuffer, reactor=self.clock)
        viewer = Viewer(factory)
        viewer.disconnect()
        viewer.advance(2)
        self.picture[:] = 50
        self.write(written(self.picture, "XR24"))
        second = Viewer(factory)
        self.assertEqual(len(second.updates), 1)
        self.assertSees(second, self.picture)

    def test_otherLayout(self) -> None:
        """
        Size and format may change at any time, together.
        """
        self.write(self.data)
        viewer = self.look(self.framebuffer)
        self.framebuffer.layout = Layout.checked(60, 40, format="RG16")
        self.write(written(self.picture[:40, :60], "RG16"))
        viewer.advance(0.2)
        self.assertSees(viewer, shown(self.picture[:40, :60], "RG16"))

    def test_cost(self) -> None:
        """
        Nobody looks: nothing is done, and no file is open.  Somebody looks: it is
        compared as often as was asked for.  It is told what changes: only then.
        """
        self.write(self.data)
        captures = []
        capture = self.framebuffer.capture

        def counted() -> Any:
            captures.append(self.clock.seconds())
            return capture()

        self.patch(self.framebuffer, "capture", counted)
        self.clock.advance(10)
        self.assertEqual((captures, self.clock.getDelayedCalls()), ([], []))
        self.assertIsNone(self.framebuffer._file)
        viewer = self.look(self.framebuffer)
        before = len(captures)
        viewer.advance(1)
        self.assertAlmostEqual(len(captures) - before, 60, delta=2)
        self.framebuffer.tellsDamage = True
        viewer.advance(1)
        before = len(captures)
        viewer.advance(1)
        self.assertEqual(len(captures), before)
        self.framebuffer.damage((0, 0, 1, 1))
        viewer.advance(1)
        self.assertEqual(len(captures), before + 1)
        self.framebuffer.tellsDamage = False
        viewer.disconnect()
        viewer.advance(2)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_notFiles(self) -> None:
        """
        What cannot be mapped keeps nobody waiting.
        """
        pipe = self.mktemp()
        os.mkfifo(pipe)
        for path in (pipe, os.path.dirname(os.path.abspath(pipe))):
            framebuffer = MappedFramebuffer(path, self.layout, reactor=self.clock)
            viewer = self.look(framebuffer)
            viewer.advance(11)
            self.assertFalse(viewer.isOpen)


class StringTests(MappedTestCase):
    """
    What the command line says.
    """

    def test_options(self) -> None:
        """
        A file, and options in any order, with numbers of any base; there may be commas
        in its name.
        """
        made: Any = framebufferFromString(
            self.clock,
            "mmap:/dev/shm/a,b,height=768,width=1024,offset=0x3c00000,stride=8192"
            ",format=XB24,rate=30",
        )
        self.assertEqual(made.path, "/dev/shm/a,b")
        self.assertEqual(made.layout, (1024, 768, 8192, 0x3C00000, "XB24"))
        self.assertEqual(made._rate, 30)
        other: Any = framebufferFromString(self.clock, "mmap:x,format=xwd")
        self.assertTrue(other.isXWD)

    def test_wrong(self) -> None:
        """
        What is wrong or missing is named.
        """
        for argument, said in (
            ("", "there is no file"),
            ("file", "width and height missing"),
            ("file,width=5", "height missing"),
            ("file,width=5,height=x", "height=x: expected a number"),
            ("file,width=5,height=5,format=NV12", "'NV12'"),
            ("file,width=5,height=5,stride=7", "rows of 7 bytes"),
            ("file,width=5,height=5,rate=0", "a rate of 0"),
            ("file,format=xwd,width=5", "width"),
            ("file,stride=5,socket=x", "stride without width and height"),
            (f"file,socket=/{'x' * 107}", "UNIX socket has at most 107 bytes, and"),
        ):
            error = self.assertRaises(
                ValueError, framebufferFromString, self.clock, f"mmap:{argument}"
            )
            self.assertIn(said, str(error))
