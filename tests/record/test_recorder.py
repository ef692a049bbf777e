# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.record.recorder} and L{txrfb.record.files}.
"""

from __future__ import annotations

import errno
import json
import os
import stat
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet import reactor as _reactor
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.task import Clock, deferLater
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase, TestCase

from tests.scenes import Application, serving
from txrfb._wire.messages import Bell, ServerCutText
from txrfb.client.events import ClientEvent, Updated
from txrfb.encodings.constants import (
    COPY_RECT,
    CURSOR,
    DESKTOP_NAME,
    DESKTOP_SIZE,
    POINTER_POSITION,
    TIGHT,
)
from txrfb.feeds import FedFramebuffer
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.geometry import Rectangle
from txrfb.pixels import Cursor
from txrfb.protocol import RFBFactory
from txrfb.record import Recorder, files
from txrfb.record._recording import KEY_REST, KEY_SECONDS, SMALL
from txrfb.record.fbs import Block, readBlocks
from txrfb.record.index import Index
from txrfb.security import VIEW_ONLY
from txrfb.testing import Viewer, assertScreen

reactor: Any = _reactor

START = datetime(2026, 11, 30, 12, 0, 0, tzinfo=timezone.utc)


class Disk:
    """
    Calls functions as a thread does, when it is told to, and fails when it is told to.

    @ivar isSlow: Whether what is to be called waits for L{go}.
    @ivar left: How many more writes there are before one fails; C{None} for all.
    """

    def __init__(self) -> None:
        self.isSlow = False
        self.left: int | None = None
        self.waiting: list[tuple[Deferred[Any], tuple[Any, ...]]] = []
        self.most = 0

    def __call__(self, *call: Any) -> Deferred[Any]:
        """
        Be a thread.
        """
        done: Deferred[Any] = Deferred()
        self.waiting.append((done, call))
        self.most = max(self.most, len(self.waiting))
        if not self.isSlow:
            self.go()
        return done

    def go(self) -> None:
        """
        Do what waits.
        """
        waiting, self.waiting = self.waiting, []
        for done, call in waiting:
            maybeDeferred(*call).chainDeferred(done)

    def opened(self, path: str) -> BinaryIO:
        """
        @return: A new file of this disk.
        """
        disk = self

        class File:
            def __init__(self) -> None:
                self._file = open(path, "xb", buffering=0)
                os.chmod(path, 0o600)

            def write(self, data: bytes) -> None:
                if disk.left is not None:
                    disk.left -= 1
                    if disk.left < 0:
                        self._file.write(data[: len(data) // 2])
                        raise OSError(errno.ENOSPC, "No space left on device")
                self._file.write(data)

            def writelines(self, parts: list[bytes]) -> None:
                for part in parts:
                    self.write(part)

            def __getattr__(self, name: str) -> Any:
                return getattr(self._file, name)

        file: BinaryIO = cast(Any, File())
        return file


def played(path: str | Path, until: int | None = None) -> FedFramebuffer:
    """
    @param until: How many bytes of it there are.

    @return: What is shown at the end of a recording.
    """
    fed = FedFramebuffer(clock=Clock())
    fed.begin()
    for block in blocksOf(path, until):
        fed.feed(block.data)
    return fed


def blocksOf(path: str | Path, until: int | None = None) -> list[Block]:
    """
    @return: The blocks of a recording.
    """
    with open(path, "rb") as file:
        blocks = list(readBlocks(file))
    return [one for one in blocks if until is None or one.offset < until]


def encodingsOf(path: str | Path) -> frozenset[int]:
    """
    @return: The encodings, and pseudo-encodings, that a recording has.
    """
    met: set[int] = set()

    class Fed(FedFramebuffer):
        def take(self, event: ClientEvent) -> None:
            if isinstance(event, Updated):
                met.update(event.encodings)
            super().take(event)

    fed = Fed(clock=Clock())
    fed.begin()
    for block in blocksOf(path):
        fed.feed(block.data)
    return frozenset(met)


class RecorderTestCase(SynchronousTestCase):
    """
    A display that is recorded.
    """

    def setUp(self) -> None:
        """
        A recording begins.
        """
        self.framebuffer = MemoryFramebuffer(300, 200)
        self.factory = serving(self.framebuffer)
        self.clock: Any = self.factory.clock
        self.disk = Disk()
        self.directory = Path(self.mktemp())
        self.recorder = self.record()

    def record(self, **options: Any) -> Recorder:
        """
        Begin to record.
        """
        start = self.clock.seconds()

        def now() -> datetime:
            return START + timedelta(seconds=self.clock.seconds() - start)

        recorder = Recorder(
            self.factory, str(self.directory), inThread=self.disk, now=now, **options
        )
        recorder.startService()
        self.pass_()
        return recorder

    def again(self, **options: Any) -> Recorder:
        """
        Record with other options, into another directory.
        """
        self.recorder.stopService()
        self.directory = Path(self.mktemp())
        self.recorder = self.record(**options)
        return self.recorder

    def pass_(self, seconds: float = 0.3) -> None:
        """
        Let time pass.
        """
        self.clock.pump([0.01] * round(seconds * 100))

    def noise(self, seed: int = 1) -> None:
        """
        Paint what cannot be compressed.
        """
        shape = self.framebuffer.array.shape
        noise = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
        self.framebuffer.array[:] = noise
        self.framebuffer.damage()

    def files(self) -> list[str]:
        """
        @return: The names of all recordings.
        """
        return sorted(path.name for path in self.directory.glob("*.fbs"))

    def lines(self, path: str | None = None) -> list[dict[str, Any]]:
        """
        @return: The lines of an index.
        """
        index = Path((path or self.recorder.path) + ".idx")
        return [json.loads(line) for line in index.read_text("ascii").splitlines()]

    def events(self, path: str | None = None) -> list[str]:
        """
        @return: What happened, as an index says.
        """
        return [line["event"] for line in self.lines(path) if "event" in line]

    def assertPlays(self, path: str | None = None) -> FedFramebuffer:
        """
        Fail unless the recording ends with what is there.
        """
        fed = played(path or self.recorder.path)
        shown = fed.pixels.view(np.uint8).reshape(*fed.pixels.shape, 4)
        np.testing.assert_array_equal(shown[..., :3], self.framebuffer.array[..., :3])
        return fed


class FileTests(RecorderTestCase):
    """
    What is written.
    """

    def test_begins(self) -> None:
        """
        A file has the time for a name, and begins with a whole picture; it, its index
        and its directory are their owner's alone.
        """
        path = self.recorder.path
        self.assertEqual(self.files(), ["20261130T120000Z.fbs"])
        first, whole = blocksOf(path)
        self.assertTrue(first.data.startswith(b"RFB 003.003\n"))
        self.assertTrue(whole.isWhole)
        self.assertPlays()
        for one, mode in ((path, 0o600), (f"{path}.idx", 0o600)):
            self.assertEqual(stat.S_IMODE(os.stat(one).st_mode), mode)
        self.assertEqual(stat.S_IMODE(os.stat(self.directory).st_mode), 0o700)

    def test_changes(self) -> None:
        """
        What changed follows, with its time.
        """
        self.pass_(2)
        self.framebuffer.fill("red", Rectangle(10, 10, 30, 20))
        self.pass_()
        *_, last = blocksOf(self.recorder.path)
        self.assertFalse(last.isWhole)
        self.assertLess(len(last.data), 200)
        self.assertAlmostEqual(last.milliseconds, 2300, delta=50)
        self.assertPlays()

    def test_rest(self) -> None:
        """
        While nothing happens nothing is captured and nothing written.
        """
        size = os.path.getsize(self.recorder.path)
        captures = self.factory.display.captures
        self.pass_(3 * KEY_SECONDS)
        self.assertEqual(self.factory.display.captures, captures)
        self.assertEqual(os.path.getsize(self.recorder.path), size)

    def test_film(self) -> None:
        """
        Where everything changes all the time, two seconds at the least are between
        whole pictures.
        """
        for seed in range(150):
            self.noise(seed)
            self.pass_(0.04)
        times = [
            one.milliseconds for one in blocksOf(self.recorder.path) if one.isWhole
        ]
        self.assertGreater(len(times), 2)
        for before, after in pairwise(times):
            self.assertGreaterEqual(after - before, KEY_REST * 1000)
        self.assertPlays()

    def test_keys(self) -> None:
        """
        After some time, and after many bytes, a change is followed by a whole picture,
        which the index finds.
        """
        self.noise()
        self.pass_(KEY_SECONDS + 1)
        before = len([one for one in blocksOf(self.recorder.path) if one.isWhole])
        for wait, number in ((0, 1), (1, 1), (KEY_SECONDS, 2)):
            self.pass_(wait)
            self.framebuffer.fill("red", Rectangle(10, 10, 30, 20 + number + int(wait)))
            self.pass_()
            wholes = [one for one in blocksOf(self.recorder.path) if one.isWhole]
            self.assertEqual(len(wholes), before + number)
        for seed in range(8):
            self.noise(seed)
            self.pass_(0.7)
        wholes = [one for one in blocksOf(self.recorder.path) if one.isWhole]
        self.assertEqual(len(wholes), before + 4)
        keys = [line for line in self.lines() if "key" in line]
        self.assertEqual(
            [(line["ms"], line["offset"]) for line in keys],
            [(one.milliseconds, one.offset) for one in wholes],
        )
        # From any of them on the picture is right, and players know them.
        with open(self.recorder.path, "rb", buffering=0) as file:
            index = Index(Path(self.recorder.path), file)
        self.assertTrue(index.isOurs)
        self.assertEqual(
            [(key.milliseconds, key.offset) for key in index.keys],
            [(line["ms"], line["offset"]) for line in keys],
        )
        with open(self.recorder.path, "rb") as file:
            first = next(readBlocks(file)).data
            for key in keys:
                fed = FedFramebuffer(clock=Clock())
                fed.begin()
                fed.feed(first)
                for block in readBlocks(file, key["offset"]):
                    fed.feed(block.data)
                np.testing.assert_array_equal(
                    fed.pixels & 0xFFFFFF, played(self.recorder.path).pixels & 0xFFFFFF
                )

    def test_rate(self) -> None:
        """
        There are no more pictures a second than was asked for.
        """
        for options, low, high in (({}, 28, 33), ({"frameRate": 5}, 5, 7)):
            self.again(**options)
            before = len(blocksOf(self.recorder.path))
            for n in range(240):
                self.framebuffer.fill((n, 0, 0), Rectangle(n, 0, 9, 9))
                self.clock.pump([1 / 480] * 2)
            found = blocksOf(self.recorder.path)[before:]
            self.assertTrue(low <= len(found) <= high, len(found))
            self.pass_(0.5)
            self.assertPlays()

    def test_others(self) -> None:
        """
        Pointer, name and bell are recorded; the clipboard if that was asked for.
        """
        for isAsked in (False, True):
            self.again(clipboard=isAsked)
            self.framebuffer.name = f"another, {isAsked}"
            self.framebuffer.cursor = Cursor(3, 2, 1, 1, b"\x10\x20\x30\xff" * 6)
            self.framebuffer.bell()
            self.framebuffer.cutText("caf\u00e9")
            self.pass_()
            fed = self.assertPlays()
            self.assertEqual(fed.name, f"another, {isAsked}")
            self.assertEqual(fed.cursor, self.framebuffer.cursor)
            said = [block.data for block in blocksOf(self.recorder.path)]
            self.assertIn(Bell().toBytes(), said)
            text = ServerCutText("caf\u00e9".encode("latin-1")).toBytes()
            self.assertEqual(text in said, isAsked)

    def test_old(self) -> None:
        """
        There is nothing in a recording that players do not read which know no more than
        TightVNC's does: the name is told when there is another, and in each whole
        picture from then on, to the end of the file.
        """
        known = {TIGHT, COPY_RECT, CURSOR, POINTER_POSITION, DESKTOP_SIZE}
        self.again(fileSize=1 << 20)
        self.framebuffer.cursor = Cursor(3, 2, 1, 1, b"\x10\x20\x30\x80" * 6)
        for seed in range(3):
            self.noise(seed)
            self.pass_(11)
        path = self.recorder.path
        said = encodingsOf(path)
        self.assertGreater(len(blocksOf(path)), 3)
        self.assertLessEqual({TIGHT, CURSOR, DESKTOP_SIZE}, said)
        self.assertLessEqual(said, known)
        self.framebuffer.name = "another"
        self.pass_()
        name = self.framebuffer.name
        while self.recorder.path == path:
            self.assertEqual(played(path).name, name)
            self.noise()
            self.pass_(11)
        self.assertIn(DESKTOP_NAME, encodingsOf(path))
        for seed in range(3):
            self.noise(seed)
            self.pass_(11)
        self.assertEqual(played(self.recorder.path).name, "another")
        self.assertLessEqual(encodingsOf(self.recorder.path), known)

    def test_later(self) -> None:
        """
        A screen that has no size yet is recorded when it has one.
        """
        fed = FedFramebuffer(clock=self.clock)
        self.factory = RFBFactory(fed, reactor=self.clock)
        self.again()
        self.pass_(30)
        self.assertEqual(self.files(), [])
        source = MemoryFramebuffer(64, 48)
        source.fill("blue")
        self.framebuffer = source
        factory = RFBFactory(source, reactor=self.clock)
        other = Recorder(factory, self.mktemp(), inThread=self.disk)
        other.startService()
        self.pass_()
        fed.begin()
        for block in blocksOf(other.path):
            fed.feed(block.data)
        other.stopService()
        self.pass_(2.5)
        self.assertPlays()

    @settings(max_examples=15, deadline=None)
    @given(st.data())
    def test_anything(self, data: st.DataObject) -> None:
        """
        Whatever is painted, copied and resized, however slow the disk is: in the end
        the recording shows it, and wherever it is cut off it can be read.
        """
        self.setUp()
        if data.draw(st.booleans()):
            self.again(fileSize=20_000)
        source = np.random.default_rng(data.draw(st.integers(0, 1 << 32)))
        framebuffer = self.framebuffer
        for _ in range(12):
            what = data.draw(st.integers(0, 5))
            if what == 0:
                framebuffer.resize(int(source.integers(1, 200)), 90)
            elif what == 1:
                self.noise(int(source.integers(0, 99)))
            elif what == 2:
                height = framebuffer.height - 7
                framebuffer.copy(Rectangle(0, 7, framebuffer.width, height), 0, 0)
            elif what == 3:
                self.disk.isSlow = not self.disk.isSlow
                if not self.disk.isSlow:
                    self.disk.go()
            elif what == 4:
                framebuffer.bell()
            else:
                framebuffer.fill("red", Rectangle(0, 0, 1, 50))
            self.pass_(data.draw(st.sampled_from((0, 0.01, 0.05, 6))))
        self.disk.isSlow = False
        self.disk.go()
        self.pass_()
        path = self.recorder.path
        self.assertPlays()
        size = os.path.getsize(path)
        played(path, data.draw(st.integers(100, size)))
        self.recorder.stopService()
        self.assertEqual(self.clock.getDelayedCalls(), [])


class RotationTests(RecorderTestCase):
    """
    More than one file.
    """

    def test_sizeOfIndex(self) -> None:
        """
        What the index has counts, too: the lines of a recording in which much is
        pressed and little changes.
        """
        self.again(fileSize=100_000, input=True)
        viewer = Viewer(self.factory)
        for number in range(60):
            for _ in range(30):
                viewer.press("a")
            self.framebuffer.fill(f"#{number:06x}", Rectangle(0, 0, 9, 9))
            self.pass_(0.05)
        [first, *_] = self.files()
        path = self.directory / first
        self.assertGreater(len(self.files()), 1)
        self.assertLess(path.stat().st_size, 50_000)
        both = path.stat().st_size + Path(f"{path}.idx").stat().st_size
        self.assertTrue(100_000 <= both < 150_000, both)

    def test_size(self) -> None:
        """
        When a file has so many bytes, the next begins with a whole picture, after a
        change.
        """
        self.noise()
        self.again(fileSize=400_000)
        for seed in range(12):
            self.noise(seed)
            self.pass_(1)
        names = self.files()
        self.assertGreater(len(names), 2)
        for name in names:
            path = self.directory / name
            _, second, *_ = blocksOf(path)
            self.assertEqual((second.isWhole, second.milliseconds), (True, 0))
            played(path)
            self.assertLess(os.path.getsize(path), 1_200_000)
            self.assertEqual(self.events(str(path))[0], "began")
        self.assertPlays()
        self.pass_(99)
        self.assertEqual(self.files(), names)

    def test_tooSmall(self) -> None:
        """
        A file has more than a whole picture, however little it shall have.
        """
        self.noise()
        self.again(fileSize=1)
        for number in range(20):
            self.framebuffer.fill((number, 0, 0), Rectangle(0, 0, 3, 3))
            self.pass_()
        self.assertEqual(len(self.files()), 1)

    def test_time(self) -> None:
        """
        Likewise after some time.
        """
        self.again(fileSeconds=60)
        for number in range(13):
            self.framebuffer.fill((number, 0, 0))
            self.pass_(10)
        self.assertEqual(
            self.files(),
            ["20261130T120000Z.fbs", "20261130T120100Z.fbs", "20261130T120200Z.fbs"],
        )
        self.assertPlays()

    def test_names(self) -> None:
        """
        No file is written over.
        """
        path = Path(self.recorder.path)
        before = path.read_bytes()
        (self.directory / "20261130T120000Z-2.fbs.idx").write_text("mine")
        (self.directory / "20261130T120000Z-3.fbs").symlink_to("elsewhere")
        other = self.record()
        self.assertEqual(Path(other.path).name, "20261130T120000Z-4.fbs")
        self.assertEqual(path.read_bytes(), before)
        other.stopService()

    def test_again(self) -> None:
        """
        A recorder that has stopped may start again: that is another file.
        """
        first = self.recorder.path
        stopped = self.recorder.stopService()
        self.successResultOf(stopped)
        self.assertEqual(self.recorder.path, "")
        self.assertEqual(self.factory.watchers, [])
        self.assertFalse(self.factory.display.followers)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.framebuffer.fill("red")
        self.pass_()
        size = os.path.getsize(first)
        self.assertEqual(self.events(first), ["began", "stopped"])
        self.recorder.startService()
        self.pass_()
        self.assertPlays()
        self.assertEqual(len(self.files()), 2)
        self.assertEqual(os.path.getsize(first), size)


class ViewerTests(RecorderTestCase):
    """
    Who was there.
    """

    def test_viewers(self) -> None:
        """
        The index says who came, what they were called and may do, and when they left;
        that of each file who is there.
        """
        viewer = Viewer(self.factory)
        self.pass_()
        [server] = self.factory.viewers
        server.rights = VIEW_ONLY
        path = self.recorder.path
        other = self.record()
        viewer.disconnect()
        self.pass_()
        self.assertEqual(self.events(path), ["began", "came", "changed", "left"])
        self.assertEqual(self.events(other.path), ["began", "came", "left"])
        _, came, changed, left = [one for one in self.lines(path) if "event" in one]
        self.assertEqual(came["viewer"], server.number)
        self.assertEqual((came["user"], came["address"]), ("", server.peer))
        self.assertEqual((came["rights"], changed["rights"]), ("full", "view"))
        self.assertGreater(left["ms"], came["ms"])
        other.stopService()

    def test_drives(self) -> None:
        """
        So it does who drives.
        """
        first, second = Viewer(self.factory), Viewer(self.factory)
        self.pass_()
        self.factory.exclusive = True
        self.factory.handOver(self.factory.viewers[1])
        events = [line for line in self.lines() if line.get("event") == "changed"]
        self.assertEqual(
            [(line["viewer"], line["drives"]) for line in events[-2:]],
            [(self.factory.viewers[0].number, False), (2, True)],
        )
        first.disconnect()
        second.disconnect()

    def test_input(self) -> None:
        """
        Keys and buttons are in the index if that was asked for: of who may press them,
        and without mere moves.
        """
        application = Application()
        self.factory = serving(self.framebuffer, application)
        self.clock = self.factory.clock
        self.again()
        other = self.record(input=True)
        viewer = Viewer(self.factory)
        viewer.press("a")
        viewer.move(30, 40)
        viewer.buttonDown()
        viewer.move(31, 40)
        viewer.buttonUp()
        self.pass_()
        self.factory.viewers[0].rights = VIEW_ONLY
        viewer.press("b")
        viewer.click(5, 5)
        self.pass_()
        self.assertEqual(len(application.keys), 2)
        number = self.factory.viewers[0].number
        found = [line for line in self.lines(other.path) if "event" in line]
        found = [line for line in found if line["event"] in ("key", "buttons")]
        for line in found:
            del line["ms"]
        key = {"event": "key", "viewer": number, "keysym": 97}
        button = {"event": "buttons", "viewer": number}
        self.assertEqual(
            found,
            [
                {**key, "down": True},
                {**key, "down": False},
                {**button, "x": 30, "y": 40, "buttons": 1},
                {**button, "x": 31, "y": 40, "buttons": 0},
            ],
        )
        self.assertNotIn("key", self.events())
        self.assertNotIn("buttons", self.events())
        # What looks for whole pictures does not take keys for them.
        with open(other.path, "rb", buffering=0) as file:
            index = Index(Path(other.path), file)
        self.assertEqual(len(index.keys), 1)
        other.stopService()
        self.assertEqual(self.factory.inputWatchers, [])

    def test_beside(self) -> None:
        """
        Viewers beside a recorder whose disk hangs see all there is, and nothing is
        captured twice.
        """
        self.disk.isSlow = True
        first = Viewer(self.factory)
        for number in range(20):
            self.framebuffer.fill((number, 9, 9))
            self.pass_(0.05)
        second = Viewer(self.factory)
        assertScreen(first, self.framebuffer)
        assertScreen(second, self.framebuffer)
        captures = self.factory.display.captures
        self.framebuffer.fill("red")
        self.disk.isSlow = False
        self.disk.go()
        self.pass_()
        self.assertLessEqual(self.factory.display.captures, captures + 1)
        self.assertPlays()


class TroubleTests(RecorderTestCase):
    """
    Disks that are slow, or full.
    """

    def patchDisk(self) -> None:
        """
        Have all new files be those of the disk.
        """
        self.patch(files, "_created", self.disk.opened)

    def test_budgetOfFilm(self) -> None:
        """
        Of a film on a screen of 3840x2160 one update is held, and no more, however far
        the disk is behind.
        """
        self.framebuffer.resize(3840, 2160)
        self.again()
        self.disk.isSlow = True
        recording: Any = self.recorder._recording
        pixels = self.framebuffer.array
        random = np.random.default_rng(1)
        film = random.integers(0, 256, (720, 3840, 4), np.uint8)
        held, largest = [], 0
        for number in range(30):
            pixels[: film.shape[0]] = np.roll(film, number * 97, 1)
            self.framebuffer.damage(Rectangle(0, 0, 3840, 720))
            self.pass_(0.04)
            waiting = [one for _, call in self.disk.waiting for one in call[1]]
            sizes = [
                sum(map(len, arguments[0]))
                for act, arguments in (*recording._orders, *waiting)
                if act == recording.files.block
            ]
            held.append(sum(sizes))
            largest = max(largest, *sizes, 0)
            if number % 6 == 5:
                self.disk.go()
        self.assertGreater(largest, film.size // 2)
        self.assertLess(max(held), largest + 2 * SMALL)

    def test_budget(self) -> None:
        """
        While the disk is slow, one update waits and no more, and what else happens is
        bounded; how much of that is missing is in the index.
        """
        self.disk.isSlow = True
        self.noise(0)
        self.pass_()
        captures = self.factory.display.captures
        recording: Any = self.recorder._recording
        for seed in range(20):
            self.noise(seed)
            self.pass_(0.1)
            for _ in range(1000):
                self.framebuffer.bell()
        blocks = [order[1][0] for order in recording._orders]
        largest = sum(len(part) for data in blocks for part in data)
        self.assertLessEqual(largest, SMALL)
        self.assertEqual(self.factory.display.captures, captures)
        self.assertEqual(len(self.disk.waiting), 1)
        self.disk.isSlow = False
        self.disk.go()
        self.pass_()
        self.assertEqual(self.disk.most, 1)
        [lost] = [line for line in self.lines() if line.get("event") == "lost"]
        bells = len([b for b in blocksOf(self.recorder.path) if b.data == b"\2"])
        self.assertEqual(lost["count"] + bells, 20_000)
        self.assertPlays()

    @settings(max_examples=15, deadline=None)
    @given(st.integers(0, 60))
    def test_full(self, writes: int) -> None:
        """
        When the disk is full the recording ends, with one line in the log; what was
        written plays, and the server goes on.
        """
        self.setUp()
        self.patchDisk()
        self.recorder.stopService()
        self.directory = Path(self.mktemp())
        viewer = Viewer(self.factory)
        self.disk.left = writes
        with _errors() as said:
            self.recorder = self.record()
            for seed in range(30):
                self.noise(seed)
                self.pass_(0.1)
            self.assertEqual(self.recorder.path, "")
        [line] = said
        names = self.files()
        path = self.directory / "20261130T120000Z.fbs"
        self.assertEqual(
            line,
            f"The recording {path} ends: No space left on device; the server goes on"
            " without",
        )
        for name in names:
            data = path.read_bytes()
            blocks = blocksOf(path)
            end = blocks[-1].offset + 8 + (len(blocks[-1].data) + 3) // 4 * 4
            self.assertEqual((name, end), (path.name, len(data)))
            played(path)
            for index in self.lines(str(path)):
                self.assertLess(index.get("offset", 0), len(data))
        if not names:
            self.assertEqual(os.listdir(self.directory), [])
        assertScreen(viewer, self.framebuffer)
        viewer.disconnect()
        self.assertFalse(self.factory.display.followers)
        self.successResultOf(self.recorder.stopService())
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_noDirectory(self) -> None:
        """
        So it is if there can be no file from the beginning.
        """
        self.recorder.stopService()
        self.directory = Path(self.mktemp())
        self.directory.write_text("a file")
        with _errors() as said:
            self.record()
        [line] = said
        self.assertEqual(
            line,
            f"The recording {self.directory} ends: File exists; the server goes on"
            " without",
        )

    def test_hangs(self) -> None:
        """
        A disk that does not answer for a minute ends the recording; when it answers
        later, the file is closed.
        """
        self.disk.isSlow = True
        self.framebuffer.fill("red")
        with _errors() as said:
            self.clock.pump([1] * 62)
        [line] = said
        self.assertIn("has not answered for 60 seconds", line)
        recording: Any = self.recorder._recording
        self.disk.isSlow = False
        self.disk.go()
        self.assertIsNone(recording.files._file)
        self.assertPlays(recording.files.path)

    def test_stopWaits(self) -> None:
        """
        The end waits for what is being written, but not for long.
        """
        self.disk.isSlow = True
        self.framebuffer.fill("red")
        self.pass_()
        path = self.recorder.path
        stopped = self.recorder.stopService()
        self.assertNoResult(stopped)
        self.disk.go()
        self.assertNoResult(stopped)
        self.disk.go()
        self.successResultOf(stopped)
        self.assertPlays(path)
        self.assertEqual(self.events(path)[-1], "stopped")
        self.recorder.startService()
        self.pass_()
        with _errors() as said:
            stopped = self.recorder.stopService()
            self.pass_(4)
        self.successResultOf(stopped)
        self.assertEqual(len(said), 1)
        self.assertIn("Stopped without waiting for the recording", said[0])
        self.disk.go()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_cutOff(self) -> None:
        """
        A recording whose program was killed has all updates but one.
        """
        self.framebuffer.fill("red")
        self.pass_()
        self.assertPlays()
        path = self.recorder.path
        data = Path(path).read_bytes()
        self.noise()
        self.pass_()
        whole = Path(path).read_bytes()
        self.assertTrue(whole.startswith(data))
        Path(path).write_bytes(whole[: len(data) + 5000])
        self.assertEqual(played(path).pixels[0, 0] & 0xFFFFFF, 0xFF0000)


class ThreadTests(TestCase):
    """
    Real threads.
    """

    async def test_thread(self) -> None:
        """
        The reactor's threads write.
        """
        framebuffer = MemoryFramebuffer(64, 48)
        factory = RFBFactory(framebuffer, reactor=reactor)
        recorder = Recorder(factory, self.mktemp())
        recorder.startService()
        while not recorder.path:
            await deferLater(reactor, 0.01)
        path = recorder.path
        await recorder.stopService()
        self.assertEqual(played(path).width, 64)


class _errors:
    """
    Notes what is logged of level warn and above, while it is entered.
    """

    def __enter__(self) -> list[str]:
        self.lines: list[str] = []
        self._logs = capturedLogs()
        self._events = self._logs.__enter__()
        return self.lines

    def __exit__(self, *error: Any) -> None:
        self._logs.__exit__(*error)
        self.lines += [
            formatEvent(event)
            for event in self._events
            if event["log_level"].name in ("warn", "error", "critical")
        ]
