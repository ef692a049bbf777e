# -*- test-case-name: tests.session.test_outbox -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Small messages that wait for their turn between updates.
"""

from __future__ import annotations

from collections import deque

from txrfb.error import OutboxFull

#: How many messages wait for a viewer that reads nothing.
_MAX_MESSAGES = 64


class Outbox:
    """
    A short queue of messages.
    """

    def __init__(self) -> None:
        self._messages: deque[tuple[str, bytes]] = deque()

    def __len__(self) -> int:
        return len(self._messages)

    def add(self, name: str, data: bytes, newest: bool = False) -> None:
        """
        Add a message.

        @param name: What it is.

        @param newest: Whether those of the same name that still wait are worth
            nothing any more.

        @raise OutboxFull: if too many wait.
        """
        messages = self._messages
        if newest:
            for waiting in list(messages):
                if waiting[0] == name:
                    messages.remove(waiting)
        if len(messages) >= _MAX_MESSAGES:
            raise OutboxFull(
                f"{_MAX_MESSAGES} messages wait, and the viewer reads none"
            )
        messages.append((name, data))

    def take(self) -> tuple[str, bytes]:
        """
        @return: The name and the bytes of the oldest message, which waits no more.

        @raise IndexError: if there is none.
        """
        return self._messages.popleft()

    def clear(self) -> None:
        """
        Forget all messages.
        """
        self._messages.clear()
