# -*- test-case-name: tests.session.test_totals -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What a server has done since it began, for all viewers together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from txrfb._session.contracts import ConnectionState

if TYPE_CHECKING:
    from txrfb._session.server import RFBServer


@dataclass
class Totals:
    """
    Sums, of connections that have ended, or of all.

    @ivar viewers: How many viewers have logged in.
    @ivar frames: How many updates were sent.
    @ivar sent: How many bytes were.
    @ivar received: How many bytes came.
    """

    viewers: int = 0
    frames: int = 0
    sent: int = 0
    received: int = 0

    def add(self, connection: RFBServer) -> None:
        """
        Count what a connection has done so far.
        """
        if connection.state is ConnectionState.CONNECTING:
            return
        self.frames += connection.framesSent
        self.sent += connection.transcript.sent
        self.received += connection.transcript.received

    def including(self, connections: Iterable[RFBServer]) -> Totals:
        """
        @param connections: Those that there are.

        @return: The sums of all that there were and are.
        """
        sums = Totals(self.viewers, self.frames, self.sent, self.received)
        for one in connections:
            sums.add(one)
        return sums
