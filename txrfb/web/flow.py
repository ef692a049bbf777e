# -*- test-case-name: tests.web.test_transport -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Flow control of a WebSocket: what has come and waits for its turn, and whether there is
room for what is to go out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer

from txrfb._session.turns import Account, Share, Turns

__all__ = ["Incoming", "Room"]

#: How many bytes are taken apart at a time, which takes a millisecond if frames have no
#: content.  As few as a key or a motion of the pointer has need not wait.
_PIECE, _FEW = 1 << 10, 1 << 7


class Incoming:
    """
    What has come of frames, taken apart in the turns of all viewers: frames without
    content, which the protocol never sees, cost time, too.
    """

    def __init__(
        self,
        turns: Turns,
        take: Callable[[bytes], None],
        changed: Callable[[], None],
    ) -> None:
        """
        @param turns: The turns of all viewers.

        @param take: Takes a piece apart.

        @param changed: Called when L{isHolding} may have changed.
        """
        self._turns = turns
        self._take = take
        self._changed = changed
        self._share = Share(self._work, Account(), isWriting=False)
        self._unread: deque[bytes] = deque()
        # How much of the first of them was taken apart.
        self._at = 0

    @property
    def isHolding(self) -> bool:
        """
        Whether something waits.
        """
        return bool(self._unread)

    @property
    def held(self) -> int:
        """
        How many bytes wait.
        """
        return sum(map(len, self._unread)) - self._at

    def received(self, data: bytes) -> None:
        """
        Take bytes apart, or hold them until it is their turn.
        """
        if not self._unread and len(data) <= _FEW:
            self._take(data)
            return
        self._unread.append(data)
        self._share.isMuch = True
        self._turns.want(self._share)
        self._changed()

    def drop(self) -> None:
        """
        Forget what waits.
        """
        self._turns.stop(self._share)
        self._unread.clear()
        self._at = 0

    def _work(self, isEnough: Callable[[], bool]) -> bool:
        """
        Take apart what has come, until it is enough.

        @return: Whether there is more.
        """
        unread = self._unread
        while unread:
            data, start = unread[0], self._at
            self._at = end = start + _PIECE
            if end >= len(data):
                unread.popleft()
                self._at = 0
            self._take(data[start:end])
            if isEnough():
                break
        self._changed()
        return bool(unread)


@implementer(IPushProducer)
class Room:
    """
    Is told whether there is room for more, and tells the protocol's producer.

    @ivar isFull: Whether there is none.
    """

    def __init__(self, came: Callable[[], None]) -> None:
        """
        @param came: Called when there is room again, before the producer is.
        """
        self.isFull = False
        self._came = came
        self._producer: IPushProducer | None = None

    def use(self, producer: IPushProducer | None) -> None:
        """
        @param producer: The protocol's producer, if there is one.
        """
        self._producer = producer
        if producer is not None and self.isFull:
            producer.pauseProducing()

    def pauseProducing(self) -> None:
        """
        See L{IPushProducer.pauseProducing}.
        """
        self.isFull = True
        if self._producer is not None:
            self._producer.pauseProducing()

    def resumeProducing(self) -> None:
        """
        See L{IPushProducer.resumeProducing}.
        """
        self.isFull = False
        self._came()
        if self._producer is not None:
            self._producer.resumeProducing()

    def stopProducing(self) -> None:
        """
        See L{IPushProducer}: the connection is lost.
        """
        if self._producer is not None:
            self._producer.stopProducing()
