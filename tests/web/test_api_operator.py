# -*- test-case-name: tests.web.test_api_operator -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.web.api.operator}.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from tests.web.programs import Application
from txrfb.error import ConnectionFailed
from txrfb.protocol import RFBFactory
from txrfb.web.api.operator import Operator, operatorOf
from txrfb.web.visitors import Visitor


class OperatorTests(SynchronousTestCase):
    """
    A viewer in memory.
    """

    def setUp(self) -> None:
        """
        Have a server.
        """
        self.clock = Clock()
        self.screen = Application()
        self.factory = RFBFactory(self.screen, reactor=self.clock)
        address = IPv4Address("TCP", "192.0.2.1", 40312)
        self.visitor = Visitor(
            "192.0.2.1", address, True, True, False, None, ("desk",), None
        )

    def begin(self) -> Deferred[Operator]:
        """
        @return: What will be connected.
        """
        return ensureDeferred(operatorOf(self.factory, self.visitor, None))

    def connect(self) -> Operator:
        """
        @return: A viewer.
        """
        connecting = self.begin()
        self.clock.pump([0] * 50)
        return self.successResultOf(connecting)

    def test_session(self) -> None:
        """
        To the server it is a viewer from where the program is, and it leaves nothing
        behind.
        """
        operator = self.connect()
        [viewer] = self.factory.viewers
        self.assertIs(operator.server, viewer)
        self.assertEqual(viewer.peer, "192.0.2.1:40312")
        operator.keyEvent(97, True)
        taken = ensureDeferred(operator.taken())
        self.clock.pump([0] * 50)
        self.successResultOf(taken)
        self.assertEqual(self.screen.events, [("a", True)])
        closed = operator.close()
        self.clock.pump([0] * 50)
        self.successResultOf(closed)
        self.assertEqual(self.screen.events, [("a", True), ("a", False)])
        self.assertEqual(self.factory.connections, [])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_full(self) -> None:
        """
        Where there is no room it is told so, and the log is not filled by both ends.
        """
        self.factory.maxViewers = 0
        with capturedLogs() as logs:
            connecting = self.begin()
            self.clock.pump([0] * 50)
            failure = self.failureResultOf(connecting, ConnectionFailed)
        self.assertIn("the limit is 0", failure.getErrorMessage())
        lines = [str(formatEvent(one)) for one in logs]
        self.assertFalse([one for one in lines if "A viewer's" in one], lines)
        self.clock.advance(2)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_kicked(self) -> None:
        """
        One that is disconnected waits for nothing more.
        """
        operator = self.connect()
        self.screen.answer = Deferred
        operator.keyEvent(97, True)
        taken = ensureDeferred(operator.taken())
        self.clock.pump([0] * 50)
        self.assertNoResult(taken)
        self.factory.viewers[0].disconnect("enough")
        self.clock.pump([0] * 50)
        self.failureResultOf(taken, ConnectionFailed)
        closed = operator.close()
        self.clock.pump([0] * 50)
        self.successResultOf(closed)
        again: Any = ensureDeferred(operator.taken())
        self.failureResultOf(again, ConnectionFailed)

    def test_cancelled(self) -> None:
        """
        One that is not wanted any more before it is there does not come.
        """
        connecting = self.begin()
        connecting.cancel()
        self.failureResultOf(connecting)
        self.clock.pump([0] * 50)
        self.assertEqual(self.factory.connections, [])
        self.assertEqual(self.clock.getDelayedCalls(), [])
