# -*- test-case-name: tests.web.test_api_playing -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.web.api.playing}.
"""

from __future__ import annotations

from pathlib import Path

from twisted.internet.defer import maybeDeferred

from tests.record.making import Maker
from tests.web.programs import ProgramTestCase
from txrfb.protocol import RFBFactory
from txrfb.record import RecordingFramebuffer
from txrfb.web import ApiResource


class PlaybackTests(ProgramTestCase):
    """
    A recording of two seconds.
    """

    def setUp(self) -> None:
        """
        Play it.
        """
        super().setUp()
        path = Path(self.mktemp())
        path.write_bytes(Maker().squares(20).data)
        self.player = RecordingFramebuffer(path, clock=self.clock)
        self.player.pause()
        self.player.start()
        self.addCleanup(self.player.stop)
        self.serve()

    def serve(self, viewOnly: bool = False) -> None:
        """
        Serve it.
        """
        factory = RFBFactory(self.player, reactor=self.clock, viewOnly=viewOnly)
        self.site = self.siteOf(ApiResource(factory, inThread=maybeDeferred))

    def test_playback(self) -> None:
        """
        It is told how it goes on, and ordered about.
        """
        told = self.get("/api/playback").json
        self.assertEqual(
            told,
            {"position": 0, "duration": 2, "playing": False, "speed": 1, "idle": 2},
        )
        told = self.post("playback", seek=1.25, speed=4, idle=0).json
        self.assertEqual((told["position"], told["speed"], told["idle"]), (1.25, 4, 0))
        self.assertTrue(self.post("playback", action="play").json["playing"])
        self.assertFalse(self.post("playback", action="pause").json["playing"])
        self.assertEqual(self.post("playback", seek=99).json["position"], 2)

    def test_wrong(self) -> None:
        """
        What cannot be is refused.
        """
        self.assertProblem(self.post("playback"), 400, "nothing in it")
        for name, value in (("seek", -1), ("speed", 17), ("action", "stop")):
            self.assertProblem(self.post("playback", None, **{name: value}), 400, name)

    def test_rights(self) -> None:
        """
        Who may not use the pointer only sees how it goes on.
        """
        self.serve(viewOnly=True)
        self.assertEqual(self.get("/api/playback").status, 200)
        self.assertProblem(self.post("playback", seek=1), 403, "pointer")
        self.assertEqual(self.player.position, 0)

    def test_nothing(self) -> None:
        """
        Where nothing is played that is said.
        """
        self.site = self.siteOf(ApiResource(self.factory, inThread=maybeDeferred))
        self.assertProblem(self.get("/api/playback"), 409, "othing is played")
        self.assertProblem(self.post("playback", seek=1), 409, "othing is played")
