# -*- test-case-name: tests.session.test_totals -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb._session.totals}.
"""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.protocol import RFBFactory
from txrfb.testing import Viewer


class TotalsTests(SynchronousTestCase):
    """
    What was done for all viewers.
    """

    def test_sums(self) -> None:
        """
        Nothing is lost when a viewer leaves, and nothing counts twice.
        """
        factory = RFBFactory(MemoryFramebuffer(32, 24), reactor=Clock())
        viewers = [Viewer(factory) for _ in range(3)]
        before = factory.totals
        self.assertEqual((before.viewers, before.frames), (3, 3))
        self.assertGreater(before.sent, 100)
        self.assertGreater(before.received, 30)
        for viewer in viewers:
            viewer.disconnect()
        after = factory.totals
        self.assertEqual((after.viewers, after.frames), (3, 3))
        self.assertGreaterEqual(after.sent, before.sent)
        self.assertLess(after.sent, before.sent + 100)

    def test_nobody(self) -> None:
        """
        Who never came in is no viewer; what has no transport yet has done nothing.
        """
        factory = RFBFactory(MemoryFramebuffer(32, 24), reactor=Clock())
        factory.buildProtocol(None)
        factory.maxViewers = 0
        Viewer(factory)
        self.assertEqual(factory.totals.viewers, 0)
        self.assertGreater(factory.totals.sent, 0)
