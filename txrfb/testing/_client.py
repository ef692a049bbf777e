# -*- test-case-name: tests.testing.test_viewer -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The protocol of a viewer for tests.
"""

from __future__ import annotations

from typing import Any

from txrfb._wire.messages import SetEncodings
from txrfb.client import ExtensionEvent, RFBClient, Updated
from txrfb.client.input import Message
from txrfb.encodings.constants import RAW, nameOf

__all__ = ["KeepingClient"]


class KeepingClient(RFBClient):
    """
    A viewer's protocol that keeps what a test may want to check.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.asked = {RAW}
        self.updates: list[Updated] = []
        self.bells = 0
        self.texts: list[str] = []
        self.events: list[ExtensionEvent] = []
        self.reason = ""
        super().__init__(*arguments, **options)

    def send(self, message: Message) -> None:
        """
        Note what encodings were asked for, and send.
        """
        if isinstance(message, SetEncodings):
            self.asked.update(message.encodings)
        super().send(message)

    def updateReceived(self, update: Updated) -> None:
        """
        Keep the update.
        """
        wrong = update.encodings - self.asked
        if wrong:
            names = ", ".join(map(nameOf, sorted(wrong)))
            raise AssertionError(f"the server sent {names}, which was not asked for")
        self.updates.append(update)

    def bellRang(self) -> None:
        """
        Count.
        """
        self.bells += 1

    def cutTextReceived(self, text: str) -> None:
        """
        Keep the text.
        """
        self.texts.append(text)

    def extensionReceived(self, event: ExtensionEvent) -> None:
        """
        Keep what is beyond RFC 6143.
        """
        self.events.append(event)

    def connectionFailed(self, reason: str) -> None:
        """
        Keep the reason.
        """
        self.reason = reason
