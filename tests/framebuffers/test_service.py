# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.framebuffers._service}.
"""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from txrfb.framebuffers._service import FramebufferService


class ServiceTests(SynchronousTestCase):
    """
    A service starts its framebuffer and stops it.
    """

    def test_both(self) -> None:
        """
        It is over when the framebuffer has ended.
        """
        said: list[str] = []
        ended: Deferred[None] = Deferred()

        class Framebuffer:
            def start(self) -> None:
                said.append("start")

            def stop(self) -> Deferred[None]:
                said.append("stop")
                return ended

        service = FramebufferService(Framebuffer())
        service.startService()
        self.assertEqual((said, service.running), (["start"], 1))
        self.assertIs(service.stopService(), ended)
        self.assertEqual((said, service.running), (["start", "stop"], 0))
