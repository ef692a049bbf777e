# -*- test-case-name: tests.web.test_playing -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.web.playing}.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from tests.record.making import Maker, colorsOf, pictureAt
from tests.web.scenes import TEXT, Browser, frame
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.interfaces import IPlayback
from txrfb.protocol import RFBFactory
from txrfb.record import RecordingFramebuffer
from txrfb.security.accounts.rights import VIEW_ONLY, Rights
from txrfb.web import WebSocketResource

MADE = Maker().squares(100)

TALKS = {"Sec-WebSocket-Protocol": "txrfb, binary"}


@implementer(IPlayback)
class Tape(MemoryFramebuffer):
    """
    Something of an application's that is played.

    @ivar sought: What was looked for, and what fires when it is there.
    """

    position = 0.0
    duration = 60.0
    isPlaying = False
    speed = 1.0
    idle = 0.0
    keyTimes: Any = (0.0,)
    looks = 0

    def __init__(self) -> None:
        super().__init__(32, 24)
        self.listeners_: list[Any] = []
        self.sought: list[tuple[float, Deferred[None]]] = []
        self.acts: list[str] = []

    def __getattribute__(self, name: str) -> Any:
        if name == "position":
            self.looks += 1
        return super().__getattribute__(name)

    def play(self) -> None:
        """
        See L{IPlayback.play}.
        """
        self.acts.append("play")

    def pause(self) -> None:
        """
        See L{IPlayback.pause}.
        """
        self.acts.append("pause")

    def seek(self, seconds: float) -> Deferred[None]:
        """
        See L{IPlayback.seek}.
        """
        self.acts.append(f"seek {seconds:g}")
        self.sought.append((seconds, Deferred()))
        return self.sought[-1][1]

    def addPlaybackListener(self, changed: Any) -> None:
        """
        See L{IPlayback.addPlaybackListener}.
        """
        self.listeners_.append(changed)

    def removePlaybackListener(self, changed: Any) -> None:
        """
        See L{IPlayback.removePlaybackListener}.
        """
        self.listeners_.remove(changed)


class PlayingCase(SynchronousTestCase):
    """
    A server of something that is played, and pages.
    """

    def setUp(self) -> None:
        """
        Have a clock.
        """
        self.clock = Clock()

    def serve(self, framebuffer: Any, **options: Any) -> None:
        """
        Serve it.
        """
        self.factory = RFBFactory(framebuffer, reactor=self.clock, **options)
        self.resource = WebSocketResource(self.factory)

    def browse(self, watch: bool = True) -> Browser:
        """
        @return: A page that has logged in.
        """
        page = Browser(self.resource, headers=dict(TALKS)).open()
        for part in (b"RFB 003.008\n", b"\1", b"\1"):
            page.say(part)
            self.clock.advance(0)
        page.heard()
        if watch:
            self.say(page, watch=True)
        return page

    def say(self, page: Browser, **message: Any) -> None:
        """
        Have a page say something.
        """
        page.send(frame(json.dumps(message).encode("ascii"), TEXT))

    def told(self, page: Browser, subject: str) -> list[Any]:
        """
        @return: What a page was told about something, up to now.
        """
        page.heard()
        texts = [json.loads(text) for text in page.texts]
        return [one[subject] for one in texts if subject in one]

    def last(self, page: Browser, subject: str, seconds: float = 0.2) -> Any:
        """
        @return: What it was told last, after some time.
        """
        self.clock.pump([0.01] * round(seconds * 100))
        return self.told(page, subject)[-1]


class RecordingTests(PlayingCase):
    """
    A recording of ten seconds.
    """

    def setUp(self) -> None:
        """
        Play it.
        """
        super().setUp()
        path = Path(self.mktemp())
        path.write_bytes(MADE.data)
        self.player = RecordingFramebuffer(path, clock=self.clock)
        self.player.pause()
        self.player.start()
        self.addCleanup(self.player.stop)
        self.clock.advance(0)
        self.serve(self.player)

    def assertShows(self, seconds: float) -> None:
        """
        Fail unless the picture of a time is shown.
        """
        wanted = pictureAt(MADE.pictures, round(seconds * 1000))
        np.testing.assert_array_equal(colorsOf(self.player.pixels), wanted)

    def test_told(self) -> None:
        """
        Who watches is told what there is, once; again when it changes, and each second
        while it is played.
        """
        page, quiet = self.browse(), self.browse(watch=False)
        self.clock.pump([0.05] * 100)
        [told] = self.told(page, "playback")
        self.assertEqual(
            told,
            {
                **{"position": 0, "duration": 10, "playing": False, "speed": 1},
                **{"idle": 2, "mayControl": True},
            },
        )
        [keys] = self.told(page, "keys")
        self.assertEqual(keys, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
        self.player.speed = 0.5
        self.player.play()
        self.clock.pump([0.05] * 80)
        told = self.told(page, "playback")
        self.assertTrue(3 <= len(told) - 1 <= 6, len(told))
        self.assertTrue(told[-1]["playing"])
        self.assertTrue(1 < told[-1]["position"] < 2.1)
        self.player.pause()
        self.clock.advance(1)
        before = len(self.told(page, "playback"))
        self.clock.pump([0.5] * 20)
        self.assertEqual(len(self.told(page, "playback")), before)
        self.assertEqual(self.told(quiet, "playback"), [])

    def test_orders(self) -> None:
        """
        It is played, stopped, sent to a time and made faster, as a page says.
        """
        page, other = self.browse(), self.browse()
        self.say(page, seek=4.25)
        self.assertEqual(self.last(other, "playback")["position"], 4.25)
        self.assertShows(4.25)
        self.say(page, speed=16)
        self.assertEqual(self.last(other, "playback")["speed"], 16)
        self.say(page, idle=0)
        self.assertEqual(self.last(other, "playback")["idle"], 0)
        self.assertEqual(self.player.idle, 0)
        self.say(page, play=True)
        self.assertTrue(self.last(other, "playback")["playing"])
        self.say(page, play=False)
        self.assertFalse(self.last(other, "playback")["playing"])
        self.say(page, seek=1e6)
        self.assertEqual(self.last(other, "playback")["position"], 10)
        self.assertShows(10)
        self.assertEqual(self.told(page, "error"), [])

    def test_wrong(self) -> None:
        """
        What it cannot do is said to who has asked, and nobody else.
        """
        page, other = self.browse(), self.browse()
        for message in ({"speed": 17}, {"speed": 0}, {"seek": -1}, {"idle": -0.5}):
            self.say(page, **message)
            self.assertIn("That cannot be", self.last(page, "error"))
        self.assertEqual((self.player.speed, self.player.idle), (1, 2))
        self.assertEqual(self.told(other, "error"), [])

    def test_rights(self) -> None:
        """
        Who may not use the pointer cannot move what others see, and is told that it
        cannot; when it may, that is told, too.
        """
        page, other = self.browse(), self.browse()
        viewer = self.factory.viewers[1]
        for rights in (VIEW_ONLY, Rights({"keys", "clipboard"})):
            viewer.rights = rights
            self.assertFalse(self.last(other, "playback")["mayControl"])
            self.assertTrue(self.last(page, "playback")["mayControl"])
            for message in ({"seek": 5}, {"play": True}, {"speed": 2}, {"idle": 9}):
                self.say(other, **message)
                self.assertIn("may not control", self.last(other, "error"))
        self.assertEqual((self.player.position, self.player.speed), (0, 1))
        self.assertFalse(self.player.isPlaying)
        viewer.rights = Rights({"pointer"})
        self.assertTrue(self.last(other, "playback")["mayControl"])
        self.say(other, seek=5)
        self.assertEqual(self.last(page, "playback")["position"], 5)

    def test_exclusive(self) -> None:
        """
        Where one alone drives, that one controls what is played.
        """
        self.factory.exclusive = True
        self.factory.handOver(None)
        page, other = self.browse(), self.browse()
        self.factory.handOver(self.factory.viewers[0])
        self.say(other, seek=5)
        self.assertIn("may not control", self.last(other, "error"))
        self.factory.handOver(self.factory.viewers[1])
        self.assertTrue(self.last(other, "playback")["mayControl"])
        self.assertFalse(self.last(page, "playback")["mayControl"])
        self.say(other, seek=5)
        self.last(other, "playback")
        self.assertEqual(self.player.position, 5)

    def test_viewOnly(self) -> None:
        """
        With C{viewOnly} nobody controls it.
        """
        self.serve(self.player, viewOnly=True)
        page = self.browse()
        self.assertFalse(self.last(page, "playback")["mayControl"])
        self.say(page, seek=5)
        self.assertIn("may not control", self.last(page, "error"))

    def test_stopped(self) -> None:
        """
        Who looks for a place when the player is stopped is told, and nothing failed.
        """
        page = self.browse()
        self.say(page, seek=5)
        self.player.stop()
        self.assertIn("the player was stopped", self.last(page, "error"))
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_longRecording(self) -> None:
        """
        Of many whole pictures as many are told as can be seen.
        """
        index = self.player._index
        index.keys = [index.keys[0]._replace(milliseconds=n * 10) for n in range(5000)]
        index.milliseconds = 50_000
        page = self.browse()
        keys = self.last(page, "keys")
        self.assertTrue(150 < len(keys) <= 200, len(keys))
        self.assertEqual(keys, sorted(keys))
        self.assertGreater(keys[-1], 49)


class ApplicationTests(PlayingCase):
    """
    An application's, and pages that mean no good.
    """

    def setUp(self) -> None:
        """
        Serve it.
        """
        super().setUp()
        self.tape = Tape()
        self.serve(self.tape)

    def test_nothing(self) -> None:
        """
        Where nothing is played nothing is told of it, and nothing can be ordered.
        """
        self.serve(MemoryFramebuffer(32, 24))
        page = self.browse()
        self.say(page, seek=1)
        self.assertIn("Nothing is played", self.last(page, "error"))
        self.assertEqual(self.told(page, "playback") + self.told(page, "keys"), [])

    def test_unwatched(self) -> None:
        """
        Who does not watch controls nothing.
        """
        page = self.browse(watch=False)
        self.say(page, play=True)
        self.assertIn("Only who watches", self.last(page, "error"))
        self.assertEqual(self.tape.acts, [])

    def test_stranger(self) -> None:
        """
        Who has not logged in controls nothing, and is told nothing.
        """
        page = Browser(self.resource, headers=dict(TALKS)).open()
        self.say(page, watch=True)
        self.say(page, play=True)
        self.clock.pump([0.1] * 10)
        page.heard()
        self.assertEqual((page.texts, self.tape.acts), ([], []))

    def test_left(self) -> None:
        """
        When the last page has left nothing is listened to or waited for.
        """
        page, other = self.browse(), self.browse()
        self.tape.isPlaying = True
        self.say(page, seek=3)
        self.say(page, seek=4)
        page.vanish()
        self.clock.advance(0.1)
        # Its last order is not followed.
        self.assertEqual(self.tape.acts, ["seek 3"])
        other.vanish()
        self.assertEqual(self.tape.listeners_, [])
        self.clock.advance(5)
        looks = self.tape.looks
        self.clock.advance(100)
        self.assertEqual(self.tape.looks, looks)
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_flood(self) -> None:
        """
        However much a page orders, ten times a second the last of each kind is done,
        and the last of all is the last.
        """
        page, other = self.browse(), self.browse()
        self.clock.advance(1)
        self.tape.acts.clear()
        self.told(other, "playback")
        other.texts.clear()
        for number in range(500):
            self.say(page, seek=number)
            self.say(page, play=bool(number % 2))
            if number % 100 == 99:
                self.clock.advance(0.1)
        self.clock.advance(0.1)
        self.assertLessEqual(len(self.tape.acts), 2 * 7)
        self.assertEqual(self.tape.acts[-2:], ["seek 499", "play"])
        self.assertLess(len(self.told(other, "playback")), 10)

    def test_seeks(self) -> None:
        """
        However long it looks for a place, nobody waits for the one before.
        """
        page = self.browse()
        for number in range(50):
            self.say(page, seek=number)
            self.clock.advance(0.1)
        self.assertEqual(len(self.tape.sought), 50)
        waiting = [one for _, one in self.tape.sought if not one.called]
        self.assertEqual(len(waiting), 1)
        self.assertEqual(self.told(page, "error"), [])
        waiting[0].errback(ValueError("the tape is torn"))
        self.assertIn("the tape is torn", self.last(page, "error"))
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_fails(self) -> None:
        """
        One that fails is said to fail, and logged; pages stay.
        """
        page = self.browse()
        self.tape.play = lambda: 1 / 0  # type: ignore[method-assign, assignment]
        self.say(page, play=True)
        self.assertIn("server's log", self.last(page, "error"))
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.say(page, ping=1)
        self.assertEqual(self.last(page, "pong"), 1)

    def test_nonsense(self) -> None:
        """
        One that answers nonsense is not told of; when it makes sense again it is.
        """
        for name, value in (
            *(("duration", "long"), ("duration", float("nan")), ("duration", -1)),
            *(("position", None), ("speed", float("inf")), ("idle", [])),
            *(("duration", 10**400), ("position", self)),
        ):
            self.tape = Tape()
            self.serve(self.tape)
            setattr(self.tape, name, value)
            page = self.browse()
            self.clock.advance(1)
            self.assertEqual(self.told(page, "playback"), [], (name, value))
            delattr(self.tape, name)
            self.tape.listeners_[0]()
            self.assertEqual(self.last(page, "playback")["duration"], 60)
            self.assertIsNone(page.closed)
        for times in (None, "x", [1, "y"], [-1]):
            self.tape.keyTimes = times
            page = self.browse()
            self.last(page, "playback")
            self.assertEqual(self.told(page, "keys"), [])
        self.flushLoggedErrors()

    def test_hostile(self) -> None:
        """
        What can be no order ends the connection, and is none.
        """
        bystander = self.browse()
        for wrong in (
            *('{"play": 1}', '{"seek": true}', '{"seek": "1"}', '{"speed": null}'),
            *('{"seek": NaN}', '{"seek": Infinity}', '{"idle": -Infinity}'),
            *('{"seek": 1e999}', '{"speed": 1' + "0" * 400 + "}"),
            *('{"seek": {}}', '{"stop": true}', '{"play": true, "seek": 1}'),
        ):
            code = self.browse().codeAfter(wrong, self.clock)
            self.assertEqual(code, 1008, wrong)
        self.assertEqual(self.tape.acts, [])
        self.say(bystander, play=True)
        self.last(bystander, "playback")
        self.assertEqual(self.tape.acts, ["play"])

    def test_manyPages(self) -> None:
        """
        The more pages there are, the less often all are told; it is looked at once for
        all of them.
        """
        pages = [self.browse() for _ in range(30)]
        self.tape.isPlaying = True
        self.clock.advance(1)
        self.tape.looks = 0
        self.clock.pump([0.01] * 1000)
        self.assertTrue(8 <= self.tape.looks <= 10, self.tape.looks)
        self.assertTrue(all(len(self.told(one, "playback")) > 8 for one in pages))

    def test_noRoom(self) -> None:
        """
        A page that reads nothing is told the newest when it reads again.
        """
        page = self.browse()
        self.clock.advance(1)
        page.heard()
        page.transport.producer.pauseProducing()
        before = len(self.told(page, "playback"))
        for second in range(1, 10):
            self.tape.position = float(second)
            self.tape.listeners_[0]()
            self.clock.advance(1)
        self.assertEqual(len(self.told(page, "playback")), before)
        page.transport.producer.resumeProducing()
        told = self.told(page, "playback")
        self.assertEqual((len(told), told[-1]["position"]), (before + 1, 9))
