# -*- test-case-name: tests.client.test_reading -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The one way in from a server: what it sends is acted on in turns, so that the largest
update of the fastest server does not keep anything else from the reactor.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from txrfb._session.turns import Account, Share, Turns

if TYPE_CHECKING:
    from twisted.internet.interfaces import IReactorTime

    from txrfb.client.connection import ClientConnection
    from txrfb.client.events import ClientEvent

__all__ = ["Reading"]

#: The turns of all viewers of a reactor.
_turns: WeakValueDictionary[IReactorTime, Turns] = WeakValueDictionary()


class Reading:
    """
    Lets a connection act on what a server sent for a slice of time, and holds the rest
    until it is the viewer's turn again; then nothing more is read from the transport.
    """

    def __init__(
        self,
        connection: ClientConnection,
        clock: IReactorTime,
        act: Callable[[Callable[..., list[ClientEvent]], Any, Any], None],
    ) -> None:
        """
        @param connection: What acts on bytes.

        @param clock: What time is taken from.

        @param act: Called with a method of the connection and its arguments; calls it,
            and handles the events that follow.
        """
        turns = _turns.get(clock)
        if turns is None:
            turns = _turns[clock] = Turns(clock)
        self._turns = turns
        self._connection = connection
        self._act = act
        self._share = Share(self._work, Account(), isWriting=False)
        self._unread: list[bytes] = []
        self._paused: Any = None
        self._whenDone: Callable[[], None] | None = None
        self._isStopped = False

    @property
    def isEmpty(self) -> bool:
        """
        Whether all that has come was acted on.
        """
        return not self._unread and not self._connection.isPaused

    def received(self, data: bytes, transport: Any) -> None:
        """
        Act on bytes, or hold them until it is the viewer's turn.

        @param transport: Where they come from.
        """
        if self._isStopped:
            return
        self._unread.append(data)
        self._turns.want(self._share)
        if self._paused is None and not self._isStopped and not self.isEmpty:
            # Transports of tests may have no such thing.
            if hasattr(transport, "pauseProducing"):
                self._paused = transport
                transport.pauseProducing()

    def finish(self, whenDone: Callable[[], None]) -> None:
        """
        Nothing more will come.

        @param whenDone: Called when all that has come was acted on.
        """
        self._paused = None
        if self._isStopped or self.isEmpty:
            whenDone()
        else:
            self._whenDone = whenDone

    def stop(self) -> None:
        """
        The connection ends: nothing more is acted on.  What still comes is read, as
        TLS does not close without.
        """
        self._isStopped = True
        self._unread.clear()
        self._turns.stop(self._share)
        self._resume()

    def _resume(self) -> None:
        paused, self._paused = self._paused, None
        if paused is not None:
            paused.resumeProducing()

    def _work(self, isEnough: Callable[[], bool]) -> bool:
        data = b"".join(self._unread)
        self._unread.clear()
        self._act(self._connection.receive, data, isEnough)
        if self._isStopped:
            return False
        if self.isEmpty:
            self._resume()
            whenDone, self._whenDone = self._whenDone, None
            if whenDone is not None:
                whenDone()
            return False
        return True
