# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.record.frames}, L{txrfb.record.films} and C{python -m txrfb.record}.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from twisted.trial.unittest import SynchronousTestCase

from tests.interop.processes import freePort
from tests.record.making import Colors, Maker, othersFile, pictureAt
from txrfb._wire.messages import RectangleHeader, packUpdate
from txrfb.encodings.constants import CURSOR, POINTER_POSITION, RAW
from txrfb.encodings.cursor import encodeCursor
from txrfb.geometry import Rectangle
from txrfb.pixels import NATIVE, Cursor
from txrfb.record import films
from txrfb.record.__main__ import main
from txrfb.record.fbs import MAGIC, blockOf, opening, readBlocks, wholeHead
from txrfb.record.frames import Frames, Pictures, _framesOf

MADE = Maker(81, 61).squares(20)


def bands(colors: Colors) -> Any:
    """
    @return: Red, green and blue, shape (height, width, 3).
    """
    return np.stack([colors >> shift & 0xFF for shift in (16, 8, 0)], -1)


class ExportCase(SynchronousTestCase):
    """
    A recording, and the command.
    """

    def setUp(self) -> None:
        """
        Write the recording.
        """
        self.directory = Path(self.mktemp())
        self.directory.mkdir()
        self.path = MADE.write(self.directory / "made.fbs", hasIndex=True)

    def run_(self, *arguments: object) -> tuple[str, str, int]:
        """
        @return: What the command says, what it complains of, and its status.
        """
        out, err, status = io.StringIO(), io.StringIO(), 0
        with redirect_stdout(out), redirect_stderr(err):
            try:
                main([str(one) for one in arguments])
            except SystemExit as end:
                status = int(end.code or 0)
        return out.getvalue(), err.getvalue(), status

    def export(self, name: str, *arguments: object, path: Path | None = None) -> Path:
        """
        @return: What was made of the recording.
        """
        out = self.directory / name
        said = self.run_("export", path or self.path, out, *arguments)
        self.assertEqual(said, ("", "", 0))
        return out


class PictureTests(ExportCase):
    """
    Pictures, and pictures that move.
    """

    def test_png(self) -> None:
        """
        The picture of a time, to the pixel; of another program's recording as well.
        """
        data, theirs = othersFile()
        others = self.directory / "others.fbs"
        others.write_bytes(data)
        for path, pictures in ((self.path, MADE.pictures), (others, theirs)):
            for at in (0, 1.25, 1.9):
                out = self.export("out.png", "--at", at, path=path)
                with Image.open(out) as image:
                    np.testing.assert_array_equal(
                        np.asarray(image.convert("RGB")),
                        bands(pictureAt(pictures, round(at * 1000))),
                    )

    def test_moving(self) -> None:
        """
        Those that lose nothing have each picture, for its time.
        """
        for name in ("out.apng", "out.webp"):
            out = self.export(name, "--from", 0.5, "--to", 1.5)
            passed = 500.0
            shown: Any = Image.open(out)
            with shown as image:
                self.assertGreater(image.n_frames, 5)
                for number in range(image.n_frames):
                    image.seek(number)
                    image.load()
                    np.testing.assert_array_equal(
                        np.asarray(image.convert("RGB")),
                        bands(pictureAt(MADE.pictures, round(passed))),
                    )
                    passed += image.info["duration"]
            self.assertLess(abs(passed - 1600), 101)

    def test_memory(self) -> None:
        """
        What would take too much memory is not begun.
        """
        self.patch(films, "_MEMORY", 1 << 17)
        out = self.directory / "out.gif"
        _, error, status = self.run_("export", self.path, out)
        self.assertEqual(status, 1)
        self.assertIn("21 frames of 81x61 take", error)
        self.assertFalse(out.exists())

    def test_gif(self) -> None:
        """
        GIF has 256 colors, which are enough for these.
        """
        out = self.export("out.gif", "--speed", 2)
        shown: Any = Image.open(out)
        with shown as image:
            image.seek(image.n_frames - 1)
            seen = np.asarray(image.convert("RGB")).astype(int)
        self.assertLess(abs(seen - bands(MADE.pictures[2000])).mean(), 3)

    def test_pointer(self) -> None:
        """
        The pointer is drawn where it was, or is not.
        """
        white = Cursor(2, 2, 0, 0, b"\xff" * 16)
        shape = RectangleHeader(Rectangle(0, 0, 2, 2), CURSOR).toBytes()
        shape += encodeCursor(white, NATIVE)
        place = RectangleHeader(Rectangle(5, 7, 0, 0), POINTER_POSITION).toBytes()
        data = MADE.data + blockOf(packUpdate(2) + shape + place, 2000)
        path = self.directory / "pointed.fbs"
        path.write_bytes(data)
        plain = bands(MADE.pictures[2000])
        pointed = plain.copy()
        pointed[7:9, 5:7] = 255
        for arguments, wanted in (((), pointed), (("--no-pointer",), plain)):
            out = self.export("out.png", "--at", 2, *arguments, path=path)
            with Image.open(out) as image:
                np.testing.assert_array_equal(np.asarray(image), wanted)

    def test_pointerOutside(self) -> None:
        """
        A pointer that a smaller picture has not, or not all of, is drawn as far as it
        is inside.
        """
        white = Image.new("RGBA", (4, 4), "white")
        for x, y in ((79, 59), (30, 20), (0, 0), (41, 31)):
            made = Maker(80, 60)
            made.framebuffer.setCursor(white, (1, 2))
            made.framebuffer.movePointer(x, y)
            sizes = ((80, 60), (41, 31), (80, 2), (1, 60), (1, 1))
            for number, size in enumerate(sizes):
                made.framebuffer.resize(*size)
                made.framebuffer.fill("maroon")
                made.at(100 * number + 100)
            path = made.write(self.directory / "outside.fbs")
            pictures = Pictures(path)
            for number, (width, height) in enumerate(sizes):
                seen = pictures.at((100 * number + 100) / 1000)
                wanted = np.full((height, width, 3), (128, 0, 0))
                wanted[max(y - 2, 0) : y + 2, max(x - 1, 0) : x + 3] = 255
                np.testing.assert_array_equal(seen, wanted)
            pictures.close()


class FilmTests(ExportCase):
    """
    Films, which PyAV writes and reads.
    """

    def look(self, out: Path) -> tuple[str, list[float], list[Any]]:
        """
        @return: The codec, the times of the frames in seconds, and their colors.
        """
        import av

        with av.open(str(out)) as container:
            stream = container.streams.video[0]
            frames = list(container.decode(stream))
            name = stream.codec_context.codec.canonical_name
        times = [float(frame.time or 0) for frame in frames]
        return name, times, [frame.to_ndarray(format="rgb24") for frame in frames]

    def test_films(self) -> None:
        """
        Each frame shows the picture of its time, as well as such films can; sides are
        even.
        """
        for name, codecs in (("out.webm", {"vp9"}), ("out.mp4", {"h264", "av1"})):
            codec, times, frames = self.look(self.export(name))
            self.assertIn(codec, codecs)
            self.assertEqual(len(times), 21)
            for when, frame in zip(times, frames):
                self.assertEqual(frame.shape, (62, 82, 3))
                wanted = bands(pictureAt(MADE.pictures, round(when * 1000)))
                differ = abs(frame[:61, :81].astype(int) - wanted)
                self.assertLess(differ.mean(), 12, (name, when))

    def test_sizes(self) -> None:
        """
        The largest size is that of the film; it is cut, sped up, and idle times are
        not shown.
        """
        made = Maker(80, 60).squares(5)
        made.framebuffer.resize(100, 40)
        made.at(60_000, isWhole=True)
        path = made.write(self.directory / "sizes.fbs")
        _, times, frames = self.look(self.export("out.webm", path=path))
        self.assertEqual(frames[0].shape, (60, 100, 3))
        self.assertLess(abs(times[-1] - 2.5), 0.2)
        self.assertLess(frames[0][:, 80:].mean(), 10)
        self.assertLess(frames[-1][40:].mean(), 10)
        arguments = ("--speed", 4, "--idle", 0, "--fps", 5)
        _, times, _ = self.look(self.export("out.webm", *arguments, path=path))
        self.assertLess(abs(times[-1] - 15), 0.5)

    def test_broken(self) -> None:
        """
        One that is broken is a film up to there.
        """
        path = self.directory / "broken.fbs"
        path.write_bytes(MADE.data + blockOf(b"\xfa", 2500))
        _, times, frames = self.look(self.export("out.webm", path=path))
        self.assertGreaterEqual(times[-1], 2.0)
        wanted = bands(MADE.pictures[2000])
        self.assertLess(abs(frames[-1][:61, :81].astype(int) - wanted).mean(), 12)

    def test_tooWide(self) -> None:
        """
        What the codec does not take is said in a sentence.
        """
        data = MAGIC + blockOf(opening(60000, 1, "wide"), 0)
        for milliseconds in (0, 500):
            update = wholeHead(60000, 1) + packUpdate(1)
            update += RectangleHeader(Rectangle(0, 0, 60000, 1), RAW).toBytes()
            data += blockOf(update + bytes(240000), milliseconds)
        self.path.write_bytes(data)
        said, error, status = self.run_("export", self.path, self.directory / "a.mp4")
        self.assertEqual((said, status), ("", 1))
        self.assertIn("does not take 60000x1", error)

    def test_tooLarge(self) -> None:
        """
        A size that is never painted does not count.
        """
        data = MADE.data + blockOf(wholeHead(65535, 65535), 2100)
        self.path.write_bytes(data)
        frames = Frames(self.path)
        self.assertEqual((frames.width, frames.height), (81, 61))

    def test_bar(self) -> None:
        """
        On a terminal a bar shows how far it is; elsewhere there is none.
        """

        class Terminal(io.StringIO):
            def isatty(self) -> bool:
                return True

        terminal, out = Terminal(), self.directory / "out.webm"
        with redirect_stderr(terminal):
            main(["export", str(self.path), str(out)])
        self.assertIn("/21 ", terminal.getvalue())
        self.assertTrue(out.exists())

    def test_without(self) -> None:
        """
        Without PyAV it is said what to do.
        """
        modules: dict[str, Any] = sys.modules
        before = modules.get("av")
        self.addCleanup(modules.__setitem__, "av", before)
        modules["av"] = None
        _, error, status = self.run_("export", self.path, self.directory / "a.webm")
        self.assertEqual(status, 1)
        self.assertIn("pip install 'txrfb[film]'", error)


class TimeTests(SynchronousTestCase):
    """
    When there are frames.
    """

    @given(
        st.lists(st.integers(0, 100_000), min_size=1, max_size=20).map(sorted),
        st.sampled_from([0.5, 1, 4]),
        st.integers(1, 60),
        st.sampled_from([2.0, float("inf")]),
    )
    def test_times(
        self, times: list[int], speed: float, rate: int, idle: float
    ) -> None:
        """
        One follows the other without a gap, none is long, and together they have the
        length of what is shown.
        """
        frames = _framesOf(times, speed, rate, idle)
        self.assertEqual(frames[0].tick, 0)
        for one, other in pairwise(frames):
            self.assertEqual(one.tick + one.ticks, other.tick)
            self.assertLessEqual(one.seconds, other.seconds)
        gaps = [min(b - a, idle * 1000) for a, b in pairwise(times)]
        length = sum(gaps) / 1000 / speed
        last = frames[-1]
        differ = abs((last.tick + last.ticks) / rate - length)
        self.assertLessEqual(differ, 1.0001 / rate)
        self.assertTrue(all(0 < frame.ticks <= rate for frame in frames))
        self.assertEqual(last.seconds, times[-1] / 1000)


class CommandTests(ExportCase):
    """
    The rest of the command.
    """

    def test_info(self) -> None:
        """
        It says what is in a recording.
        """
        with open(f"{self.path}.idx", "a") as index:
            index.write('{"ms": 500, "event": "came", "user": "ada"}\n')
            index.write('{"ms": 700, "event": "key", "keysym": 97, "down": true}\n')
        said, error, status = self.run_("info", self.path)
        self.assertEqual((error, status), ("", 0))
        for words in (
            "a recording",
            "0:00:02.000",
            "81x61",
            f"{len(MADE.data):,} bytes",
            "whole pictures: 3",
            "0.500 s  came user=ada",
        ):
            self.assertIn(words, said)
        # It may be a password.
        self.assertNotIn("97", said)
        found = json.loads(self.run_("info", "--json", self.path)[0])
        self.assertEqual(found["seconds"], 2)
        self.assertEqual(found["sizes"], [[81, 61]])
        [event] = found["events"]
        self.assertEqual(event["user"], "ada")
        self.path.write_bytes(MADE.data[:-3])
        self.assertIn("cut off", self.run_("info", self.path)[0])
        self.path.write_bytes(MADE.data + b"\xff" * 30)
        self.assertIn(f"at byte {len(MADE.data)}", self.run_("info", self.path)[0])

    def test_hostileIndex(self) -> None:
        """
        Whatever the index has, what is said is text of lines of its own.
        """
        beside = Path(f"{self.path}.idx")
        for line in (
            '{"ms": "x", "event": "came"}',
            '{"ms": null, "event": "came"}',
            '{"ms": -1, "event": "came"}',
            f'{{"ms": {"9" * 400}, "event": "came"}}',
            '{"ms": 1, "event": {"a": ["came"]}}',
            '{"ms": 1, "event": "came", "user": "\\u001b[2J\\n\\ud800"}',
            f'{{"ms": 1, "offset": {10**30}, "key": true}}',
            "[" * 100000,
            '{"a":' * 50000,
            '{"ms": 1, "event": "came", "user": "' + "a" * 1000000,
        ):
            beside.write_text(line + "\n", "utf-8")
            for arguments in (["info"], ["info", "--json"]):
                said, error, status = self.run_(*arguments, self.path)
                self.assertEqual((error, status), ("", 0), line[:80])
                self.assertTrue(said.replace("\n", "").isprintable(), said)
                self.assertLess(len(said), 3000)
        beside.unlink()
        os.mkfifo(beside)
        self.assertEqual(self.run_("info", self.path)[2], 0)

    def test_name(self) -> None:
        """
        A name cannot do anything to a terminal.
        """
        data = MADE.data.replace(b"a recording", b"a \x1b[2J\x07ding")
        self.path.write_bytes(data)
        said = self.run_("info", self.path)[0]
        self.assertIn("\\x1b[2J\\x07", said)
        self.assertTrue(said.replace("\n", "").isprintable(), said)

    def test_dump(self) -> None:
        """
        The bytes, and nothing else.
        """
        out = self.export("dump", "--dump")
        blocks = readBlocks(io.BytesIO(MADE.data))
        self.assertEqual(out.read_bytes(), b"".join(one.data for one in blocks))

    def test_wrong(self) -> None:
        """
        What cannot be is one sentence.
        """
        gif = self.directory / "a.gif"
        gif.write_bytes(b"GIF89a")
        empty = self.directory / "empty.fbs"
        empty.write_bytes(MAGIC)
        endless = self.directory / "endless.fbs"
        end = blockOf(wholeHead(81, 61), 0xFFFFFFFF)
        endless.write_bytes(MADE.data + end)
        broken = self.directory / "broken.fbs"
        broken.write_bytes(MADE.data + b"\xff" * 30)
        pipe = self.directory / "pipe.fbs"
        os.mkfifo(pipe)
        out = self.directory / "out.png"
        film = self.directory / "out.apng"
        for arguments, words in (
            (("info", "nowhere.fbs"), "nowhere.fbs: No such file"),
            (("info", gif), "no recording"),
            (("export", gif, out), "no recording"),
            (("export", empty, out), "there is no picture"),
            (("export", self.path, "out.avi"), ".webm, .mp4"),
            (("export", self.path, self.path), "is the recording itself"),
            (("export", self.path, out, "--at", 99), "has 2 seconds"),
            (("export", self.path, out, "--at", -1), "expected seconds"),
            (("export", self.path, film, "--from", 9), "has 2 seconds"),
            (("export", self.path, film, "--fps", 0), "expected 1 to 120"),
            (("export", self.path, film, "--speed", 0), "expected 0.01 to 1000"),
            (("export", self.path, film, "--speed", 1e-300), "0.01 to 1000"),
            (("export", endless, film, "--idle", 0, "--speed", 0.1), "497 days"),
            (("export", broken, self.directory / "half", "--dump"), "a block of"),
            (("export", self.path, film, "--at", 1), "--at is for a .png"),
            (("export", self.path, self.directory / "no" / "x.png"), "No such file"),
            (("play", gif), "no recording"),
            (("info", pipe), "not an ordinary file"),
            (("export", pipe, out), "not an ordinary file"),
            (("export", "--dump", pipe, out), "not an ordinary file"),
            (("play", pipe), "not an ordinary file"),
            (("play", self.path, "--speed", 99), "expected 0.5 to 16"),
        ):
            said, error, status = self.run_(*arguments)
            self.assertEqual((said, status), ("", 1), arguments)
            self.assertIn(words, error)
            self.assertEqual(error.count("\n"), 1, error)
        self.assertFalse((self.directory / "half").exists())
        self.assertEqual(self.run_("export", self.path)[2], 2)


class ModuleTests(SynchronousTestCase):
    """
    As a program.
    """

    def test_play(self) -> None:
        """
        It is served to viewers.
        """
        directory = Path(self.mktemp())
        directory.mkdir()
        path, shot = MADE.write(directory / "a.fbs"), directory / "shot.png"
        port = str(freePort())
        command = [sys.executable, "-m", "txrfb.record", "play", str(path)]
        with subprocess.Popen(
            [*command, "--port", port, "--idle", "0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as server:
            self.addCleanup(server.kill)
            look = [sys.executable, "-m", "txrfb.client", "--timeout", "60"]
            look += [f"127.0.0.1::{port}", "shot", str(shot)]
            # Until it listens there is nobody to connect to.
            for _ in range(120):
                done = subprocess.run(look, capture_output=True, timeout=120)
                if done.returncode == 0 or server.poll() is not None:
                    break
                time.sleep(0.5)
            server.terminate()
            said, _ = server.communicate(timeout=60)
        self.assertEqual(done.returncode, 0, (done.stderr, said))
        self.assertIn(f"2 s, port {port}".encode(), said)
        with Image.open(shot) as image:
            self.assertEqual(image.size, (81, 61))

    def test_module(self) -> None:
        """
        It is run by its name.
        """
        made = subprocess.run(
            [sys.executable, "-m", "txrfb.record", "--help"],
            capture_output=True,
            text=True,
            timeout=60,
        )
        self.assertEqual(made.returncode, 0, made.stderr)
        self.assertIn("export", made.stdout)
