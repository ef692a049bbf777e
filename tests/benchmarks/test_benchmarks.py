# -*- test-case-name: tests.benchmarks.test_benchmarks -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.
"""
The parts of the benchmarks that must be right for their numbers to mean anything:
workloads that are the same every time, and the framing of updates.
"""

from __future__ import annotations

import struct
import subprocess
import zlib
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import skipIf

import numpy as np
from twisted.trial.unittest import SynchronousTestCase

from benchmarks.building import built
from benchmarks.encode import encodeOurs
from benchmarks.scenes import SCENES, Shot
from benchmarks.workloads import Workload, applyCopies, changedBoxes, write

DRAIN = built("drain")
WIDTH, HEIGHT = 640, 360


class DamageTests(SynchronousTestCase):
    """
    L{changedBoxes}.
    """

    def test_nothing(self) -> None:
        """
        No changed pixel, no rectangle.
        """
        self.assertEqual(changedBoxes(np.zeros((HEIGHT, WIDTH), bool)), [])

    def test_everything(self) -> None:
        """
        A changed screen is one rectangle, clipped to its size.
        """
        changed = np.ones((HEIGHT, WIDTH), bool)
        self.assertEqual(changedBoxes(changed), [(0, 0, WIDTH, HEIGHT)])

    def test_exact(self) -> None:
        """
        Each thing has its own rectangle, to the pixel; what is near is one thing.
        """
        changed = np.zeros((HEIGHT, WIDTH), bool)
        changed[70:75, 64:128] = changed[79, 100] = changed[10, 300] = True
        self.assertEqual(changedBoxes(changed), [(300, 10, 1, 1), (64, 70, 64, 10)])

    def test_inside(self) -> None:
        """
        What lies within the rectangle of another belongs to it.
        """
        changed = np.zeros((HEIGHT, WIDTH), bool)
        changed[0, :200] = changed[:100, 0] = changed[60, 100] = True
        self.assertEqual(changedBoxes(changed), [(0, 0, 200, 100)])

    def test_disjointCover(self) -> None:
        """
        Every changed pixel is in exactly one rectangle.
        """
        rng = np.random.default_rng(1)
        changed = rng.random((HEIGHT, WIDTH)) < 0.0005
        count = np.zeros((HEIGHT, WIDTH), int)
        for x, y, w, h in changedBoxes(changed):
            count[y : y + h, x : x + w] += 1
        self.assertEqual(int(count.max()), 1)
        self.assertTrue(bool(count[changed].all()))


class WorkloadTests(SynchronousTestCase):
    """
    The files of workloads.
    """

    def fresh(self) -> Path:
        """
        A path for a file that is gone after the test.
        """
        directory = TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        return Path(directory.name) / "workload"

    def file(self, name: str) -> Workload:
        """
        A small edition of a workload.
        """
        path = self.fresh()
        write(path, SCENES[name](WIDTH, HEIGHT), WIDTH, HEIGHT)
        return Workload(path)

    def test_same(self) -> None:
        """
        A workload is the same bytes every time.
        """
        for name in ("typing", "video", "noise"):
            one, other = self.file(name), self.file(name)
            self.assertEqual(one.path.read_bytes(), other.path.read_bytes())

    def test_screens(self) -> None:
        """
        Painting the damage of each frame shows what the scene showed, and so does
        doing the moves and painting only what remains.
        """
        work = self.file("office")
        shots = list(SCENES["office"](WIDTH, HEIGHT))
        self.assertEqual(len(work), len(shots))
        before = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
        moves = 0
        for frame, shot, screen in zip(work, shots, work.screens()):
            self.assertTrue(np.array_equal(screen, shot.pixels))
            applyCopies(before, frame.copies)
            for x, y, w, h in frame.residue:
                before[y : y + h, x : x + w] = screen[y : y + h, x : x + w]
            self.assertTrue(np.array_equal(before, screen))
            moves += len(frame.copies)
        self.assertGreater(moves, 10)

    def test_changedPixels(self) -> None:
        """
        The bit map of a frame names the pixels that differ from the frame before.
        """
        work = self.file("video")
        before = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
        for frame, screen in zip(work, work.screens()):
            differs = (screen != before).any(axis=2)
            named = np.zeros((HEIGHT, WIDTH), bool)
            named[frame.top : frame.bottom] = frame.changed(WIDTH)
            self.assertTrue(np.array_equal(differs, named))
            before = screen.copy()

    def test_nothingChanges(self) -> None:
        """
        A frame without change has damage if its application says so, and an empty
        bit map.
        """
        pixels = np.full((HEIGHT, WIDTH, 4), 7, np.uint8)
        path = self.fresh()
        shots = iter([Shot(pixels), Shot(pixels, whole=True), Shot(pixels)])
        write(path, shots, WIDTH, HEIGHT)
        frames = list(Workload(path))
        self.assertEqual([len(f.damage) for f in frames], [1, 1, 0])
        self.assertEqual([f.bottom - f.top for f in frames], [HEIGHT, 0, 0])

    def test_photo(self) -> None:
        """
        Deflate takes photos as it takes real ones: they shrink, but by less than
        half.
        """
        shot = next(SCENES["photo"](640, 360))
        rgb = shot.pixels[..., :3].tobytes()
        ratio = len(rgb) / len(zlib.compress(rgb, 1))
        self.assertGreater(ratio, 1.4)
        self.assertLess(ratio, 2.3)

    def test_ownDamage(self) -> None:
        """
        An application may tell of its damage more exactly, or less, than by tiles.
        """
        pixels = np.full((HEIGHT, WIDTH, 4), 7, np.uint8)
        other = pixels.copy()
        other[5:8, 5:9] = 99
        path = self.fresh()
        shots = iter([Shot(pixels), Shot(other, damage=[(3, 5, 7, 3)])])
        write(path, shots, WIDTH, HEIGHT)
        work = Workload(path)
        self.assertEqual(work[1].damage, [(3, 5, 7, 3)])
        *_, screen = work.screens()
        self.assertTrue(np.array_equal(screen, other))

    def test_encoded(self) -> None:
        """
        The encoders take a workload: a screen of text is fewer bytes than its pixels.
        """
        cpu, size = encodeOurs(self.file("office").path, [7, -255])
        self.assertGreater(cpu, 0)
        self.assertGreater(size, 1000)
        self.assertLess(size, 60 * WIDTH * HEIGHT)

    def test_noWorkload(self) -> None:
        """
        A file that is no workload is refused.
        """
        path = self.fresh()
        path.write_bytes(bytes(4096))
        self.assertRaises(ValueError, Workload, path)


def update(*rectangles: bytes) -> bytes:
    """
    A FramebufferUpdate.
    """
    return struct.pack(">BxH", 0, len(rectangles)) + b"".join(rectangles)


def rectangle(encoding: int, body: bytes, w: int = 20, h: int = 18) -> bytes:
    """
    One rectangle at 5, 6.
    """
    return struct.pack(">HHHHi", 5, 6, w, h, encoding) + body


def measured(body: bytes) -> bytes:
    """
    A body after its length as an U32.
    """
    return struct.pack(">I", len(body)) + body


TRLE = (
    b"\x02" + bytes(6) + bytes(2 * 16)  # two colors, a bit a pixel
    + b"\x7f" + bytes(1 * 16)  # the same palette for 4 columns
    + b"\x80" + bytes(3) + b"\x1f"  # one run of 32 pixels
    + b"\x82" + bytes(6) + b"\x80\x05" + b"\x01\x01"  # palette runs: 6 and 1 and 1
)  # fmt: skip

BODIES = {
    "raw": rectangle(0, bytes(20 * 18 * 4)),
    "copyrect": rectangle(1, bytes(4)),
    "rre": rectangle(2, struct.pack(">I", 3) + bytes(4 + 3 * 12)),
    "corre": rectangle(4, struct.pack(">I", 2) + bytes(4 + 2 * 8)),
    # Tiles of 16x16, 4x16, 16x2, 4x2: raw; background; colored subrectangles; all.
    "hextile": rectangle(
        5,
        b"\x01" + bytes(16 * 16 * 4) + b"\x02" + bytes(4)
        + b"\x18\x02" + bytes(2 * 6) + b"\x0e" + bytes(8) + b"\x03" + bytes(3 * 2),
    ),
    "zlib": rectangle(6, measured(bytes(99))),
    "zrle": rectangle(16, measured(bytes(77))),
    "trle": rectangle(15, TRLE),
    "tight fill": rectangle(7, b"\x80abc"),
    "tight jpeg": rectangle(7, b"\x90" + b"\x81\x80\x01" + bytes(1 + (1 << 14))),
    "tight plain": rectangle(7, b"\x00" + b"\x05" + bytes(5)),
    "tight gradient": rectangle(7, b"\x40\x02" + b"\x90\x01" + bytes(0x90)),
    "tight palette": rectangle(7, b"\x50\x01\x03" + bytes(12) + b"\x07" + bytes(7)),
    "tight mono": rectangle(7, b"\x40\x01\x01" + bytes(6) + b"\x09" + bytes(9)),
    "tight short": rectangle(7, b"\x00" + bytes(9), 3, 1),
    "tight short mono": rectangle(7, b"\x40\x01\x01" + bytes(6) + bytes(3), 7, 3),
    "tight png": rectangle(-260, b"\xa0" + b"\x04" + bytes(4)),
}  # fmt: skip
"""
A rectangle of each kind, written by hand from the specification.
"""


@skipIf(DRAIN is None, "there is no C compiler")
class FramingTests(SynchronousTestCase):
    """
    The drain client's idea of where updates end.
    """

    def parse(self, stream: bytes, chunk: int = 65536) -> list[str]:
        """
        What the client finds in a stream that comes in pieces.
        """
        command = [str(DRAIN), "--parse", str(chunk)]
        done = subprocess.run(command, input=stream, capture_output=True, check=True)
        return done.stdout.decode().splitlines()

    def test_kinds(self) -> None:
        """
        Every kind of rectangle ends where the specification says, whatever the pieces.
        """
        copy = rectangle(1, bytes(4), 1, 1)
        for name, body in BODIES.items():
            head = struct.unpack(">HHHHi", body[:12])
            expected = [
                "rectangle " + " ".join(map(str, head)),
                "rectangle 5 6 1 1 1",
                "update 1",
                "rectangle 5 6 1 1 1",
                "update 2",
            ]
            stream = update(body, copy) + b"\x02" + update(copy)
            for chunk in (65536, 1, 7):
                self.assertEqual(self.parse(stream, chunk), expected, name)

    def test_lastByte(self) -> None:
        """
        An update has not ended before its last byte is there.
        """
        for name, body in BODIES.items():
            found = self.parse(update(body)[:-1])
            self.assertNotIn("update 1", found, name)
            self.assertEqual(found[-1], "unfinished", name)

    def test_lastRect(self) -> None:
        """
        An update of unknown length ends with LastRect.
        """
        raw = rectangle(0, bytes(4), 1, 1)
        last = rectangle(-224, b"", 0, 0)
        stream = struct.pack(">BxH", 0, 0xFFFF) + raw + raw + last + update()
        self.assertEqual(
            self.parse(stream), ["rectangle 5 6 1 1 0"] * 2 + ["update 1", "update 2"]
        )

    def test_otherMessages(self) -> None:
        """
        Messages between updates and pseudo-rectangles are passed over.
        """
        stream = (
            struct.pack(">B3xI", 3, 5) + b"hello"
            + struct.pack(">BxHH", 1, 0, 2) + bytes(12)
            + update(
                rectangle(-239, bytes(4 * 4 * 4 + 4), 4, 4),
                rectangle(-307, measured(b"name"), 0, 0),
                rectangle(-308, b"\x01" + bytes(3 + 16)),
                rectangle(-223, b""),
            )
        )  # fmt: skip
        self.assertEqual(self.parse(stream), ["update 1"])

    def test_nonsense(self) -> None:
        """
        A message or rectangle that nobody asked for is an error, not a guess.
        """
        self.assertIn("error", self.parse(b"\x63")[-1])
        self.assertIn("error", self.parse(update(rectangle(21, b"")))[-1])
        self.assertIn("error", self.parse(update(rectangle(7, b"\xf0")))[-1])
