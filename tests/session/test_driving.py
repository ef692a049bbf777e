# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb._session.driving}: who asks to drive; who does is tried in
L{tests.session.test_server}.
"""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from txrfb import RFBFactory
from txrfb.framebuffers import MemoryFramebuffer
from txrfb.security.accounts.rights import FULL, VIEW_ONLY
from txrfb.testing import Viewer


class AskTests(SynchronousTestCase):
    """
    Viewers that would like to drive, where one alone does.
    """

    def setUp(self) -> None:
        """
        Three viewers.
        """
        self.clock = Clock()
        self.factory = RFBFactory(
            MemoryFramebuffer(8, 8), exclusive=True, reactor=self.clock
        )
        self.viewers = [Viewer(self.factory) for _ in range(3)]
        self.first, self.second, self.third = self.factory.viewers
        self.told = 0

        def told() -> None:
            self.told += 1

        self.factory.watchers.append(told)

    def test_asks(self) -> None:
        """
        Who asks is on the list, in the order in which they did, until it drives or
        thinks better of it; the watchers hear of each change.
        """
        self.factory.ask(self.third)
        self.factory.ask(self.second)
        self.factory.ask(self.third)
        self.assertEqual(self.factory.asking, [self.third, self.second])
        self.assertIs(self.factory.driver, self.first)
        self.factory.ask(self.third, False)
        self.factory.ask(self.third, False)
        self.assertEqual(self.factory.asking, [self.second])
        self.assertEqual(self.told, 5)
        self.factory.handOver(self.second)
        self.assertEqual(self.factory.asking, [])
        self.assertIs(self.factory.driver, self.second)
        self.factory.ask(self.second)
        self.assertEqual(self.factory.asking, [])

    def test_inherits(self) -> None:
        """
        When the driver leaves, who asked first drives, before who came first.
        """
        self.factory.ask(self.third)
        self.viewers[0].disconnect()
        self.assertIs(self.factory.driver, self.third)
        self.assertEqual(self.factory.asking, [])

    def test_leaves(self) -> None:
        """
        Who leaves asks no more.
        """
        self.factory.ask(self.third)
        self.viewers[2].disconnect()
        self.assertEqual(self.factory.asking, [])

    def test_vacant(self) -> None:
        """
        If nobody could drive, who may now and asks does; not if the application wants
        nobody to.
        """
        for one in (self.second, self.third):
            one.rights = VIEW_ONLY
        self.viewers[0].disconnect()
        self.assertIsNone(self.factory.driver)
        self.assertRaises(ValueError, self.factory.ask, self.second)
        self.third.rights = FULL
        self.factory.ask(self.third)
        self.assertIs(self.factory.driver, self.third)
        self.factory.handOver(None)
        self.factory.ask(self.third)
        self.assertIsNone(self.factory.driver)
        self.assertEqual(self.factory.asking, [self.third])

    def test_notExclusive(self) -> None:
        """
        Where everybody drives there is nothing to ask for, and who is not connected
        cannot.
        """
        self.factory.ask(self.third)
        self.factory.exclusive = False
        self.assertEqual(self.factory.asking, [])
        self.assertRaises(ValueError, self.factory.ask, self.third)
        self.factory.exclusive = True
        self.viewers[2].disconnect()
        self.assertRaises(ValueError, self.factory.ask, self.third)

    def test_rights(self) -> None:
        """
        The watchers hear of other rights, too, and of who comes and goes.
        """
        self.third.rights = VIEW_ONLY
        self.assertEqual(self.told, 1)
        self.viewers[1].disconnect()
        self.assertEqual(self.told, 2)
