# -*- test-case-name: tests.feeds.test_relay -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The viewer that a relay is at another server.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Protocol

from twisted.internet.defer import Deferred

from txrfb._session.stream import watchPeer
from txrfb._wire.events import Failed
from txrfb._wire.messages import Bell, SetColorMapEntries
from txrfb.client.events import (
    ClientEvent,
    CursorChanged,
    ExtensionEvent,
    NameChanged,
    SizeChanged,
    Updated,
)
from txrfb.client.protocol import RFBClient
from txrfb.encodings import constants as c

__all__ = ["ENCODINGS", "IRelay", "Upstream"]

#: What a relay asks for, the preferred first: what takes the fewest bytes and is
#: decoded fast, without loss.
ENCODINGS = (
    *(c.COPY_RECT, c.TIGHT, c.ZRLE, c.ZLIB, c.HEXTILE, c.TRLE, c.RAW),
    *(c.COMPRESSION_LEVEL_0 + 2, c.LAST_RECT, c.DESKTOP_SIZE, c.EXTENDED_DESKTOP_SIZE),
    *(c.DESKTOP_NAME, c.CURSOR_WITH_ALPHA, c.CURSOR, c.X_CURSOR, c.POINTER_POSITION),
    *(c.VMWARE_CURSOR_POSITION, c.FENCE, c.EXTENDED_CLIPBOARD, c.XVP),
    *(c.EXTENDED_MOUSE_BUTTONS, c.QEMU_LED_STATE, c.VMWARE_LED_STATE),
    *(c.QEMU_EXTENDED_KEY, c.QEMU_POINTER_MOTION, c.QEMU_AUDIO),
)


class IRelay(Protocol):
    """
    What an upstream connection tells its relay.
    """

    def arrived(self, upstream: Upstream) -> None:
        """
        The login is done, and the encodings have been said.
        """

    def take(self, event: ClientEvent) -> None:
        """
        See L{FedFramebuffer.take<txrfb.feeds.fed.FedFramebuffer.take>}.
        """

    def told(self, event: ExtensionEvent) -> None:
        """
        It has said something beyond RFC 6143.
        """

    def copied(self, formats: dict[str, bytes]) -> None:
        """
        It has something new in its clipboard.
        """

    def left(self, upstream: Upstream, reason: str) -> None:
        """
        The connection has ended; it may never have been logged in.
        """


class Upstream(RFBClient):
    """
    Tells a relay what it is told, and asks for pixels only when the relay does.

    @ivar isRefused: Whether the server would not have it, or cannot be understood:
        trying again soon will not help.
    """

    _PATIENCE = 5.0
    _ENDED = "The connection to the server upstream ended: {reason}{transcript}"

    def __init__(self, relay: IRelay, **options: Any) -> None:
        """
        @param relay: What is told.

        @param options: See L{RFBClient.__init__}.
        """
        super().__init__(**options)
        self.isUpdating = False
        self.isRefused = False
        self._relay = relay
        self._why = ""

    def room(self) -> Deferred[None] | None:
        """
        @return: C{None} if the server takes more; else what fires when it does.
        """
        return self._outgoing.room()

    def end(self, reason: str) -> None:
        """
        Close the connection, for a reason that the relay is told.
        """
        self._end(reason)

    def connectionMade(self) -> None:
        """
        Begin.
        """
        watchPeer(self.transport)
        super().connectionMade()

    def connectionFailed(self, reason: str) -> None:
        """
        It ends, and was not to.
        """
        self._why = reason

    def _lost(self, reason: str) -> None:
        """
        It has ended.
        """
        super()._lost(reason)
        self._relay.left(self, self._why)

    # -- What the server says --------------------------------------------------------

    def ready(self) -> None:
        """
        The login is done.
        """
        super().ready()
        self._relay.arrived(self)

    def updateReceived(self, update: Updated) -> None:
        """
        See L{RFBClient.updateReceived}.
        """
        self._relay.take(update)

    def sizeChanged(self) -> None:
        """
        See L{RFBClient.sizeChanged}.
        """
        self._relay.take(SizeChanged(self.width, self.height))

    def nameChanged(self) -> None:
        """
        See L{RFBClient.nameChanged}.
        """
        self._relay.take(NameChanged(self.name))

    def cursorChanged(self) -> None:
        """
        See L{RFBClient.cursorChanged}.
        """
        if self.cursor is not None:
            self._relay.take(CursorChanged(self.cursor))

    def colorsChanged(self) -> None:
        """
        See L{RFBClient.colorsChanged}.
        """
        self._relay.take(SetColorMapEntries(0, ()))

    def bellRang(self) -> None:
        """
        See L{RFBClient.bellRang}.
        """
        self._relay.take(Bell())

    def clipboardReceived(self, formats: dict[str, bytes]) -> None:
        """
        See L{RFBClient.clipboardReceived}.
        """
        self._relay.copied(formats)

    def extensionReceived(self, event: ExtensionEvent) -> None:
        """
        See L{RFBClient.extensionReceived}.
        """
        self._relay.take(event)
        self._relay.told(event)

    def _onRefused(self, event: Failed) -> None:
        self.isRefused = True
        self._end(event.reason)

    _EVENTS: ClassVar[dict[type[Any], Callable[[Any, Any], None]]] = {
        **RFBClient._EVENTS,
        Failed: _onRefused,
    }
