# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
C{fbs:} seen by real viewers: at a place of the recording they show what was recorded
there, to the pixel.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
from twisted.application.service import IService
from twisted.trial.unittest import TestCase

from tests.interop.novnc import NoVNC
from tests.interop.processes import realReactor, until
from tests.interop.programs import TigerVNC
from tests.interop.test_relay import PATIENCE, closed
from tests.interop.viewers import requireViewer
from tests.record.making import Maker, pictureAt
from txrfb.framebuffers._kinds import framebufferFromString
from txrfb.protocol import RFBFactory


class PlayerTests(TestCase):
    """
    A recording, a player in this process, and viewers.
    """

    timeout = 300

    async def test_places(self) -> None:
        """
        Places forwards and backwards, and one with another size.
        """
        reactor: Any = realReactor()
        directory = Path(mkdtemp(prefix="rfb-", dir="/tmp"))
        self.addCleanup(shutil.rmtree, directory, ignore_errors=True)
        made = Maker(400, 300).squares(40)
        made.framebuffer.resize(500, 320)
        made.at(4100, isWhole=True)
        made.squares(10)
        path = made.write(directory / "made.fbs", hasIndex=True)
        player: Any = framebufferFromString(reactor, f"fbs:{path},speed=4")
        player.pause()
        service: Any = IService(player)
        service.startService()
        self.addCleanup(service.stopService)
        factory = RFBFactory(player, reactor=reactor)
        port: Any = await factory.listen("tcp:0:interface=127.0.0.1")
        self.addCleanup(port.stopListening)
        self.addCleanup(factory.disconnectAll, "the test is over")
        sessions = []
        for kind in (TigerVNC, NoVNC):
            viewer = kind(reactor)
            requireViewer(self, viewer)
            self.addCleanup(closed, viewer)
            number = port.getHost().port
            sessions.append(await viewer.open("127.0.0.1", number))
        for seconds in (2.0, 0.7, 3.3, 4.5, 1.0):
            await player.seek(seconds)
            self.assertEqual(player.position, seconds)
            colors = pictureAt(made.pictures, round(seconds * 1000))
            wanted = np.stack([colors >> shift & 0xFF for shift in (16, 8, 0)], -1)
            seen: list[Any] = []

            async def isSame(wanted: Any = wanted, seen: list[Any] = seen) -> bool:
                shown = [await session.picture() for session in sessions]
                seen[:] = [one.shape for one in shown]
                return all(np.array_equal(one, wanted) for one in shown)

            if not await until(reactor, PATIENCE, isSame, 0.2):
                self.fail(f"at {seconds} s {seen} are shown, not {wanted.shape}")
