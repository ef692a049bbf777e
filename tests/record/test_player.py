# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.record.player}, L{txrfb.record.index} and C{fbs:}.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.application.service import IService
from twisted.internet.task import Clock
from twisted.logger import globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from tests.record.making import Colors, Maker, colorsOf, othersFile, pictureAt
from tests.record.test_recorder import RecorderTestCase, blocksOf
from txrfb._wire.messages import Bell
from txrfb.error import ConnectionFailed
from txrfb.feeds import FedFramebuffer
from txrfb.framebuffers._kinds import framebufferFromString
from txrfb.framebuffers.crop import CropFramebuffer
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.geometry import Rectangle
from txrfb.interfaces import IPlayback
from txrfb.protocol import RFBFactory
from txrfb.record import RecordingFramebuffer
from txrfb.record._blocks import Blocks
from txrfb.record._playing import HOLD
from txrfb.record.fbs import MAGIC, blockOf, opening
from txrfb.record.frames import Pictures
from txrfb.record.index import Index
from txrfb.testing import Viewer

#: Half a minute of squares, of which one in ten is with a whole picture.
MADE = Maker().squares(60)

OTHERS, THEIRS = othersFile()


class Listener:
    """
    Keeps what a framebuffer tells.
    """

    def __init__(self) -> None:
        self.told: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return lambda *given, **more: self.told.append(name)


class Passing(Clock):
    """
    Time passes whenever somebody looks at the clock, as it does while work is done.
    """

    isPassing = False

    def seconds(self) -> float:
        """
        @return: Half a millisecond more each time.
        """
        if self.isPassing:
            self.rightNow += 0.0005
        return float(self.rightNow)

    def callLater(
        self, delay: float, callable: Any, *args: object, **kw: object
    ) -> Any:
        """
        Call it in another turn, as reactors do.
        """
        return super().callLater(delay + 0.1 * self.isPassing, callable, *args, **kw)


class PlayerCase(SynchronousTestCase):
    """
    A player, and a clock.
    """

    def setUp(self) -> None:
        """
        Have a clock and a place for files.
        """
        self.clock = Clock()
        directory = Path(self.mktemp())
        directory.mkdir()
        self.path = directory / "a.fbs"

    def player(self, data: bytes, **options: Any) -> RecordingFramebuffer:
        """
        @return: A player that has its first picture, and stands.
        """
        self.path.write_bytes(data)
        return self.begin(**options)

    def begin(self, **options: Any) -> RecordingFramebuffer:
        """
        @return: The same, of the file that there is.
        """
        player = RecordingFramebuffer(self.path, clock=self.clock, **options)
        service: Any = IService(player)
        service.startService()
        self.addCleanup(service.stopService)
        self.clock.advance(0)
        return player

    def assertShows(self, player: RecordingFramebuffer, picture: Colors) -> None:
        """
        Fail unless it shows this picture.
        """
        self.successResultOf(player.capture())
        np.testing.assert_array_equal(colorsOf(player.pixels), picture)

    def seek(self, player: RecordingFramebuffer, seconds: float) -> None:
        """
        Look for a place until it is found.
        """
        sought = player.seek(seconds)
        self.clock.advance(0)
        self.successResultOf(sought)


class PlayingTests(PlayerCase):
    """
    What is shown as time passes.
    """

    def test_awaited(self) -> None:
        """
        It begins when the first viewer comes.
        """
        player = self.player(MADE.data)
        self.assertEqual((player.width, player.height), (80, 60))
        self.assertEqual(player.name, "a recording")
        self.clock.advance(100)
        self.assertEqual(player.position, 0)
        self.assertFalse(player.isPlaying)
        viewer = Viewer(RFBFactory(player, reactor=self.clock))
        self.assertTrue(player.isPlaying)
        self.clock.pump([0.05] * 200)
        viewer.settle()
        self.assertEqual(player.position, player.duration)
        self.assertShows(player, MADE.pictures[6000])
        self.assertEqual(viewer.size, (80, 60))

    def test_times(self) -> None:
        """
        Each picture comes at its time, at the speed that was asked for.
        """
        for speed in (0.5, 1, 4, 16):
            player = self.player(MADE.data, speed=speed)
            player.resumeProducing()
            self.clock.advance(0.05 / speed)
            for milliseconds in range(50, 6000, 100):
                self.assertShows(player, pictureAt(MADE.pictures, milliseconds))
                self.assertAlmostEqual(player.position, milliseconds / 1000)
                self.clock.advance(0.1 / speed)
            self.assertFalse(player.isPlaying)
            self.assertEqual(player.position, 6.0)

    def test_speedChanges(self) -> None:
        """
        The speed may be changed on the way.
        """
        player = self.player(MADE.data)
        player.play()
        self.clock.pump([0.05] * 21)
        player.speed = 2
        self.clock.advance(0.5)
        self.assertAlmostEqual(player.position, 2.05)
        self.assertRaises(ValueError, setattr, player, "speed", 17)

    def test_pause(self) -> None:
        """
        It stands, and goes on from there.
        """
        player = self.player(MADE.data)
        player.resumeProducing()
        self.clock.pump([0.25] * 5)
        player.pause()
        self.clock.advance(100)
        self.assertAlmostEqual(player.position, 1.25)
        self.assertShows(player, MADE.pictures[1200])
        player.play()
        self.clock.advance(0.04)
        self.assertShows(player, MADE.pictures[1200])
        self.clock.advance(0.02)
        self.assertShows(player, MADE.pictures[1300])

    def test_late(self) -> None:
        """
        Where it stands is what is shown, though the next picture is late.
        """
        player = self.player(MADE.data)
        player.resumeProducing()
        self.clock.advance(0.05)
        self.clock.pump([0.1] * 10)
        self.clock.rightNow += 0.2
        player.pause()
        self.assertLess(player.position, 1.1)
        self.assertShows(player, pictureAt(MADE.pictures, round(player.position * 1e3)))

    def test_idle(self) -> None:
        """
        Times without anything new are cut, or not.
        """
        made = Maker().squares(3, every=60_000)
        for idle, length in ((2, 6.0), (5, 15.0), (0, 180.0)):
            player = self.player(made.data, idle=idle)
            player.resumeProducing()
            self.clock.pump([0.5] * round(2 * length - 1))
            self.assertShows(player, made.pictures[120_000])
            self.clock.advance(0.51)
            self.assertShows(player, made.pictures[180_000])
            self.assertEqual(player.position, 180)

    def test_loop(self) -> None:
        """
        It begins again, from the first picture, and the clock goes on.
        """
        player = self.player(MADE.data, loop=True)
        player.resumeProducing()
        for _ in range(3):
            self.clock.pump([0.1] * 62)
            self.assertShows(player, MADE.pictures[6000])
            self.clock.advance(HOLD - 0.1)
            self.clock.advance(0)
            self.assertShows(player, MADE.pictures[0])
            self.assertTrue(player.isPlaying)

    def test_again(self) -> None:
        """
        At its end C{play} is from the beginning.
        """
        player = self.player(MADE.data, speed=16, start=5)
        self.assertShows(player, MADE.pictures[5000])
        player.resumeProducing()
        self.clock.pump([0.1] * 20)
        self.assertFalse(player.isPlaying)
        player.play()
        self.clock.advance(0)
        self.assertEqual(player.position, 0)
        self.assertShows(player, MADE.pictures[0])

    def test_nobody(self) -> None:
        """
        While nobody looks the clock goes on and nothing is painted; who comes then
        sees the picture of that time.
        """
        player = self.player(MADE.data)
        player.resumeProducing()
        self.clock.advance(0.05)
        self.clock.pump([0.1] * 10)
        player.pauseProducing()
        self.clock.pump([0.1] * 20)
        assert player.connection is not None
        np.testing.assert_array_equal(
            colorsOf(player.connection.canvas), MADE.pictures[1000]
        )
        self.assertAlmostEqual(player.position, 3.05)
        player.resumeProducing()
        captured = player.capture()
        self.assertNoResult(captured)
        self.clock.advance(0)
        self.successResultOf(captured)
        self.assertShows(player, MADE.pictures[3000])

    def test_sameSize(self) -> None:
        """
        A whole picture that comes when it is played is no new canvas.
        """
        player = self.player(MADE.data)
        listener: Any = Listener()
        player.addListener(listener)
        player.resumeProducing()
        self.clock.pump([0.1] * 30)
        self.assertIn("damaged", listener.told)
        self.assertNotIn("resized", listener.told)

    def test_sizes(self) -> None:
        """
        A recording in which the size changes.
        """
        made = Maker().squares(12)
        made.framebuffer.resize(100, 70)
        made.at(1300, isWhole=True)
        made.squares(5)
        player = self.player(made.data)
        for seconds in (1.5, 1.1, 1.3, 0, 1.8, 1.25):
            self.seek(player, seconds)
            self.assertShows(player, pictureAt(made.pictures, round(seconds * 1000)))


class SeekTests(PlayerCase):
    """
    Places that are looked for.
    """

    def test_name(self) -> None:
        """
        Whole pictures before the first change of the name do not have it.
        """
        made = Maker().squares(12)
        made.framebuffer.name = "another"
        made.squares(12)
        player = self.player(made.data)
        for seconds, name in ((2.4, "another"), (1.1, "a recording"), (2.4, "another")):
            self.seek(player, seconds)
            self.assertEqual(player.name, name)
            self.assertShows(player, pictureAt(made.pictures, round(seconds * 1000)))

    def test_exact(self) -> None:
        """
        Forwards and backwards, each shows what was there at that time.
        """

        @settings(max_examples=30, deadline=None)
        @given(st.booleans(), st.lists(st.integers(0, 6000), max_size=8))
        def check(isOthers: bool, places: list[int]) -> None:
            pictures = THEIRS if isOthers else MADE.pictures
            player = self.player(OTHERS if isOthers else MADE.data)
            most = max(pictures)
            for place in places:
                place = min(place, most)
                self.seek(player, place / 1000)
                self.assertAlmostEqual(player.position, place / 1000)
                self.assertShows(player, pictureAt(pictures, place))

        check()

    def test_quiet(self) -> None:
        """
        Bells on the way are not rung.
        """
        data = MADE.data + blockOf(Bell().toBytes(), 6100)
        player = self.player(data)
        listener: Any = Listener()
        player.addListener(listener)
        self.seek(player, 7)
        self.assertNotIn("bell", listener.told)
        self.seek(player, 6)
        player.resumeProducing()
        self.clock.advance(1)
        self.assertIn("bell", listener.told)

    def test_playing(self) -> None:
        """
        A clock that runs goes on from there; a place beyond the end is the end.
        """
        player = self.player(MADE.data)
        player.play()
        self.seek(player, 2)
        self.clock.advance(0.5)
        self.assertAlmostEqual(player.position, 2.5)
        self.seek(player, 1e6)
        self.assertEqual(player.position, 6)
        self.assertFalse(player.isPlaying)

    def test_endAndAgain(self) -> None:
        """
        Who stands and looks for the end, or for what is beyond, is at the end: the next
        C{play} is from the beginning.
        """
        for place in (6, 1e6):
            player = self.player(MADE.data)
            player.pause()
            self.seek(player, place)
            self.assertShows(player, MADE.pictures[6000])
            self.assertEqual((player.position, player.isPlaying), (6, False))
            player.play()
            self.clock.advance(0)
            self.assertShows(player, MADE.pictures[0])
            self.clock.advance(1.05)
            self.assertAlmostEqual(player.position, 1.05)

    def test_inGap(self) -> None:
        """
        A place in a time in which nothing happened is that place; what is left of it is
        cut.
        """
        made = Maker().squares(2, every=60_000)
        player = self.player(made.data)
        player.resumeProducing()
        self.seek(player, 30)
        self.assertEqual(player.position, 30)
        self.assertShows(player, made.pictures[0])
        self.clock.advance(1)
        self.assertAlmostEqual(player.position, 31)
        self.clock.advance(1.01)
        self.assertShows(player, made.pictures[60_000])
        self.assertAlmostEqual(player.position, 60.01)

    def test_turns(self) -> None:
        """
        A long way is gone in turns, in which viewers are shown nothing; a place that
        is asked for meanwhile is the one that counts.
        """
        clock = self.clock = Passing()
        player = self.player(OTHERS)
        clock.isPassing = True
        captured, first = player.capture(), player.seek(1.9)
        turns = 0
        clock.advance(0.1)
        self.assertNoResult(first)
        self.assertNoResult(player.capture())
        second = player.seek(1.5)
        while player._goal is not None:
            clock.advance(0.1)
            turns += 1
        clock.isPassing = False
        self.assertGreater(turns, 5)
        self.successResultOf(captured)
        self.successResultOf(first)
        self.successResultOf(second)
        self.assertShows(player, THEIRS[1500])

    def test_stopped(self) -> None:
        """
        Who waits when the player is stopped is told.
        """
        player = self.player(MADE.data)
        sought = player.seek(3)
        player.stop()
        self.failureResultOf(sought, ConnectionFailed)
        self.assertEqual(self.clock.getDelayedCalls(), [])


class PlaybackTests(PlayerCase):
    """
    What L{IPlayback} says of a player.
    """

    def test_provided(self) -> None:
        """
        A player provides it, also where only a part of it is shown.
        """
        player = self.player(MADE.data)
        verifyObject(IPlayback, player)
        crop: Any = CropFramebuffer(player, Rectangle(0, 0, 20, 20))
        self.assertIs(IPlayback(crop), player)
        self.assertIsNone(IPlayback(MemoryFramebuffer(8, 8), None))
        self.assertIs(RFBFactory(crop, reactor=self.clock).application.playback, player)

    def test_keyTimes(self) -> None:
        """
        Whole pictures, of which recordings of other programs have none.
        """
        player = self.player(MADE.data)
        self.assertEqual(player.keyTimes, [0, 1, 2, 3, 4, 5, 6])
        self.assertEqual(self.player(OTHERS).keyTimes, [])

    def test_told(self) -> None:
        """
        Listeners hear of all but that time passes; one that fails is logged, and all
        else goes on.
        """
        player = self.player(MADE.data)
        told: list[float] = []
        player.addPlaybackListener(lambda: told.append(player.position))

        def failing() -> None:
            raise ZeroDivisionError

        player.addPlaybackListener(failing)
        for act in (
            player.play,
            player.pause,
            lambda: setattr(player, "speed", 2),
            lambda: setattr(player, "idle", 5),
            lambda: self.seek(player, 3),
        ):
            told.clear()
            act()
            self.assertGreater(len(told), 0)
        self.assertEqual(told[-1], 3)
        self.assertEqual(player.idle, 5)
        told.clear()
        player.play()
        self.clock.pump([0.05] * 20)
        self.assertEqual(len(told), 1)
        self.clock.pump([0.05] * 100)
        self.assertEqual(told[-1], 6)
        self.assertGreater(len(self.flushLoggedErrors(ZeroDivisionError)), 0)
        player.removePlaybackListener(failing)
        player.removePlaybackListener(failing)
        player.play()
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_jumps(self) -> None:
        """
        They hear when time was cut.
        """
        player = self.player(Maker().squares(2, every=60_000).data)
        player.play()
        told: list[float] = []
        player.addPlaybackListener(lambda: told.append(player.position))
        self.clock.pump([0.1] * 21)
        self.assertEqual([round(one) for one in told], [60])

    def test_idle(self) -> None:
        """
        To how much times are cut may be changed in their midst.
        """
        made = Maker().squares(2, every=60_000)
        player = self.player(made.data, idle=0)
        self.assertEqual(player.idle, 0)
        player.resumeProducing()
        self.clock.pump([1] * 30)
        self.assertShows(player, made.pictures[0])
        player.idle = 2
        self.clock.pump([0.5] * 3)
        self.assertShows(player, made.pictures[0])
        self.clock.advance(0.51)
        self.assertShows(player, made.pictures[60_000])
        player.idle = 0
        self.clock.pump([1] * 58)
        self.assertShows(player, made.pictures[60_000])
        for wrong in (-1, float("nan")):
            self.assertRaises(ValueError, setattr, player, "idle", wrong)

    def test_manySeeks(self) -> None:
        """
        Who does not wait any more is not kept.
        """
        player = self.player(MADE.data)
        for place in range(100):
            player.seek(place / 50).cancel()
        self.flushLoggedErrors()
        self.assertEqual(player._seeking, [])


class RecorderTests(RecorderTestCase):
    """
    What was recorded by this server.
    """

    def test_places(self) -> None:
        """
        Each place shows what all the blocks before it paint, whether the index is
        there or not, and whole pictures are gone on from.
        """
        for number in range(50):
            box = Rectangle(number * 5, number * 3, 40, 30)
            self.framebuffer.fill(f"#{number * 4567 + 99:06x}", box)
            self.pass_(1)
        self.recorder.stopService()
        [path] = self.directory.glob("*.fbs")
        for _ in range(2):
            player = RecordingFramebuffer(path, clock=self.clock)
            player.start()
            self.assertGreater(len(player._index.keys), 3)
            for seconds in (33.3, 12.1, 49, 0.5, 25, 24.9):
                sought = player.seek(seconds)
                self.clock.advance(0)
                self.successResultOf(sought)
                self.assertGreater(player._first, len(MAGIC))
                fed = FedFramebuffer(clock=self.clock)
                fed.begin()
                for block in blocksOf(path):
                    if block.milliseconds <= seconds * 1000:
                        fed.feed(block.data)
                np.testing.assert_array_equal(
                    colorsOf(player.pixels), colorsOf(fed.pixels)
                )
            player.stop()
            Path(f"{path}.idx").unlink(missing_ok=True)


class FileTests(PlayerCase):
    """
    Files that are not as they should be, or not yet.
    """

    def setUp(self) -> None:
        """
        Keep what is logged.
        """
        super().setUp()
        self.events: list[Any] = []
        observer: Any = self.events.append
        globalLogPublisher.addObserver(observer)
        self.addCleanup(globalLogPublisher.removeObserver, observer)

    def logged(self) -> list[str]:
        """
        @return: The warnings.
        """
        return [
            event["log_format"].format(**event)
            for event in self.events
            if event["log_level"].name == "warn"
        ]

    def test_cutOff(self) -> None:
        """
        One that is cut off anywhere is played up to there.
        """
        for end in (*range(len(MAGIC), 200, 11), len(MADE.data) - 1, 3000):
            player = self.player(MADE.data[:end])
            player.resumeProducing()
            self.clock.pump([0.1] * 70)
            if player.width:
                place = round(player.duration * 1000)
                self.assertShows(player, pictureAt(MADE.pictures, place))
            self.assertEqual(player.position, player.duration)
        self.assertEqual(self.logged(), [])

    def test_growing(self) -> None:
        """
        One that is still written is played to what is its end then.
        """
        half = MADE.data.index(blockOf(b"", 3100)[4:]) + 4
        player = self.player(MADE.data[:half])
        self.assertLess(player.duration, 3.2)
        player.resumeProducing()
        self.clock.pump([0.1] * 10)
        self.path.write_bytes(MADE.data)
        self.clock.pump([0.1] * 51)
        self.assertShows(player, MADE.pictures[6000])

    def test_grown(self) -> None:
        """
        One that was played to its end, and has grown since, is gone on with; what is
        written while it is played can be looked for.
        """
        half = MADE.data.index(blockOf(b"", 3100)[4:]) + 4
        player = self.player(MADE.data[:half], speed=16)
        player.play()
        self.clock.pump([0.1] * 20)
        self.assertFalse(player.isPlaying)
        self.path.write_bytes(MADE.data)
        player.play()
        self.assertAlmostEqual(player.position, 3.1)
        player.pause()
        self.seek(player, 5.5)
        self.assertEqual(player.duration, 6)
        self.assertShows(player, MADE.pictures[5500])

    def test_cutOffPlaces(self) -> None:
        """
        In one that is cut off each place shows what is there of it, and the end is that
        of the last picture that is whole.
        """
        for end in (len(MADE.data) - 3, len(MADE.data) // 2, len(MADE.data) // 3 + 1):
            player = self.player(MADE.data[:end])
            last = round(player.duration * 1000)
            for place in (last // 2, last + 5000, 0, last):
                self.seek(player, place / 1000)
                self.assertShows(player, pictureAt(MADE.pictures, min(place, last)))

    def test_broken(self) -> None:
        """
        What cannot be understood is the end: the picture before it stays, and it is
        said once where that is, and why.
        """
        index = Index(self.path, self.made())
        end = next(key for key in index.keys if key.milliseconds >= 3000).offset
        bad = blockOf(b"\xfa what is this", 3100)
        for data, words in (
            (bad, "there is no message type 250"),
            (b"\xff" * 40, "4294967295 bytes"),
        ):
            self.events.clear()
            player = self.player(MADE.data[:end] + data + MADE.data[end:], loop=True)
            player.resumeProducing()
            self.clock.pump([0.1] * 33)
            self.assertShows(player, MADE.pictures[2900])
            self.clock.pump([0.1] * 100)
            [line] = self.logged()
            self.assertIn(words, line)
            self.assertIn(f"at byte {end}", line)
            self.seek(player, 1)
            self.assertShows(player, MADE.pictures[1000])

    def test_damaged(self) -> None:
        """
        Whatever is in a file, each place that is looked for is found, be it the end.
        """

        @settings(max_examples=40, deadline=None)
        @given(
            st.sampled_from([MADE.data, OTHERS]),
            st.lists(st.tuples(st.integers(12, 20_000), st.binary(max_size=5))),
            st.lists(st.floats(0, 7), min_size=1, max_size=4),
        )
        def check(
            data: bytes, damages: list[tuple[int, bytes]], places: list[float]
        ) -> None:
            for number, other in damages:
                offset = 12 + number % (len(data) - 12)
                data = data[:offset] + other + data[offset + 4 :]
            try:
                player = self.player(data, loop=True)
            except ValueError:
                return
            player.resumeProducing()
            for place in places:
                self.clock.pump([0.5] * 4)
                sought = player.seek(place)
                self.clock.pump([0] * 5)
                self.successResultOf(sought)
                self.assertLessEqual(player.position, player.duration)

        check()

    def made(self) -> Any:
        """
        @return: The file, opened.
        """
        self.path.write_bytes(MADE.data)
        file = self.path.open("rb", buffering=0)
        self.addCleanup(file.close)
        return file

    def test_index(self) -> None:
        """
        With an index, without it, and with one that is wrong or cut off, the same
        whole pictures are found.
        """
        expected = Index(self.path, self.made())
        self.assertEqual(len(expected.keys), 7)
        MADE.write(self.path, hasIndex=True)
        beside = Path(f"{self.path}.idx")
        good = beside.read_text("utf-8")
        for text in (
            good,
            good[:-20],
            good.replace('"offset": ', '"offset": 1'),
            good.replace('"ms": ', '"ms": 1'),
            good.replace("true", "1"),
            '{"ms": 7, "event": "arrived"}\n' + good,
            "[]\n\0\n",
            f'{{"ms": 0, "offset": {10**30}, "key": true}}\n{good}',
            "[" * 100000 + "\n" + good,
            "",
        ):
            beside.write_text(text, "utf-8")
            found = Index(self.path, self.made())
            self.assertEqual(found.keys, expected.keys, text)
            self.assertEqual(
                (found.end, found.milliseconds), (expected.end, expected.milliseconds)
            )

    def test_looksLikeOurs(self) -> None:
        """
        One of another program with blocks that look like whole pictures of ours is
        played from its beginning, without losing anything.
        """
        data, pictures = othersFile(isLikeOurs=True)
        player = self.player(data)
        self.assertEqual(len(player._index.keys), 1)
        for place in (1500, 1800, 300, 1900):
            self.seek(player, place / 1000)
            self.assertShows(player, pictureAt(pictures, place))
        self.assertEqual(player._index.keys, [])
        self.assertEqual(self.logged(), [])

    def test_goneAtOnce(self) -> None:
        """
        A file that is gone between two looks at it has no pictures.
        """
        self.path.write_bytes(MADE.data)

        def fail(blocks: Blocks) -> None:
            raise OSError(2, "No such file or directory")

        self.patch(Blocks, "open", fail)
        self.assertRaises(ValueError, Pictures, self.path)

    def test_gone(self) -> None:
        """
        A file that is gone when the service starts is said to be.
        """
        self.path.write_bytes(MADE.data)
        player = RecordingFramebuffer(self.path, clock=self.clock)
        self.path.unlink()
        player.start()
        self.failureResultOf(player.prepared(), ConnectionFailed)


class OptionTests(PlayerCase):
    """
    C{fbs:} on the command line.
    """

    def test_options(self) -> None:
        """
        Each is heard.
        """
        self.path.write_bytes(MADE.data)
        made: Any = framebufferFromString(
            self.clock, f"fbs:{self.path},speed=2,loop=yes,start=3,idle=0"
        )
        self.assertEqual((made.speed, made.loop, made._start), (2, True, 3))
        self.assertEqual(made._idle, float("inf"))

    def test_wrong(self) -> None:
        """
        What cannot be is said when the daemon starts.
        """
        self.path.write_bytes(MADE.data)
        other = self.path.with_suffix(".gif")
        other.write_bytes(b"GIF89a")
        bad = self.path.with_suffix(".bad")
        bad.write_bytes(MAGIC + b"\xff" * 20)
        for argument, words in (
            ("", "there is no file"),
            (f"{self.path}x", "No such file"),
            (f"{self.path},sped=2", "speed= (0.5 to 16)"),
            (f"{self.path},speed=99", "expected 0.5 to 16"),
            (f"{self.path},speed=x", "speed=x: expected a number"),
            (f"{self.path},speed=nan", "speed nan"),
            (f"{self.path},loop=maybe", "loop=maybe: expected yes or no"),
            (f"{self.path},start=7", "start 7: the recording has 6 seconds"),
            (f"{self.path},idle=-1", "idle -1.0"),
            (str(other), "no recording: it begins with"),
            (str(bad), "4294967295 bytes"),
            (str(self.path.parent), "Is a directory"),
        ):
            with self.subTest(argument=argument):
                error = self.assertRaises(
                    ValueError, framebufferFromString, self.clock, f"fbs:{argument}"
                )
                self.assertIn(words, str(error))

    def test_noPicture(self) -> None:
        """
        A recording without any picture is not refused: it may be one that has just
        begun.
        """
        player = self.player(MAGIC + blockOf(opening(8, 8, "x"), 0))
        prepared = player.prepared()
        self.assertNoResult(prepared)
        player.stop()
        self.failureResultOf(prepared, ConnectionFailed)
