# -*- test-case-name: tests.session.test_reader -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The one way in from a viewer: what it sends is read in turns.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from txrfb._session.turns import SLICE, Account, Share, Turns

if TYPE_CHECKING:
    from twisted.internet.interfaces import IPushProducer

#: How many bytes are acted on at a time, if they are not of one long message: between
#: two such pieces others may have their turn.
PIECE = 1 << 7

#: How many of them are acted on in one turn, however little time they take.
MAX_PIECES = 512


class Reader:
    """
    Holds what a viewer sent, while it is not its turn; then nothing more is read from
    its transport.

    @ivar isEmpty: Whether what has come was acted on, and what comes is to be.
    """

    def __init__(
        self,
        turns: Turns,
        account: Account,
        receive: Callable[[bytes], None],
        missing: Callable[[], int],
    ) -> None:
        """
        @param turns: The turns of all viewers.

        @param account: The viewer's account of them.

        @param receive: Acts on bytes.

        @param missing: Tells how many bytes are missing before there is anything to
            be acted on.
        """
        self._turns = turns
        self._receive = receive
        self._missing = missing
        self._share = Share(self._work, account, isWriting=False)
        self._unread: deque[bytes] = deque()
        self.isEmpty = True
        # How much of the first of them was acted on.
        self._at = 0
        self._paused: IPushProducer | None = None
        self._isStopped = False

    @property
    def held(self) -> int:
        """
        How many bytes have come and were not acted on yet.
        """
        return sum(map(len, self._unread)) - self._at

    def received(self, data: bytes, transport: IPushProducer) -> None:
        """
        Act on bytes, or hold them until it is the viewer's turn.

        @param transport: Where they come from.
        """
        if self._isStopped:
            return
        self._unread.append(data)
        self.isEmpty = False
        if not self._share.isWaiting:
            self._share.isMuch = len(data) > PIECE
        self._turns.want(self._share)
        if self._unread and self._paused is None and not self._isStopped:
            self._paused = transport
            transport.pauseProducing()

    def finish(self) -> None:
        """
        Nothing more will come: act on what has, though it may be others' turn, for
        the time of a slice.
        """
        self._paused = None
        if self._unread:
            seconds = self._turns.clock.seconds
            start = seconds()
            self._work(lambda: seconds() - start >= SLICE)

    def stop(self) -> None:
        """
        The connection ends: nothing more is read.
        """
        self._isStopped = True
        self.isEmpty = False
        self._unread.clear()
        self._at = 0
        self._paused = None
        self._turns.stop(self._share)

    def _work(self, isEnough: Callable[[], bool]) -> bool:
        unread = self._unread
        for _ in range(MAX_PIECES):
            if not unread:
                break
            data, start = unread[0], self._at
            end = len(data)
            if end - start > PIECE:
                end = min(end, start + max(PIECE, self._missing()))
            if end < len(data):
                self._at = end
            else:
                unread.popleft()
                self._at = 0
            self._receive(data[start:end])
            if unread and isEnough():
                break
        self.isEmpty = not (unread or self._isStopped)
        if not unread and self._paused is not None:
            paused, self._paused = self._paused, None
            paused.resumeProducing()
        return bool(unread)
