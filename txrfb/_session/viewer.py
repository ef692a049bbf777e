# -*- test-case-name: tests.test_protocol -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A session as the application sees it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from txrfb._session.contracts import ConnectionState, ISessionHost

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred

    from txrfb._session.controls import Controls
    from txrfb._session.extensions import Extensions
    from txrfb._session.reader import Reader
    from txrfb._session.updates import UpdateProducer
    from txrfb._session.writer import Writer
    from txrfb._wire.connection import ServerConnection


class SessionViewer:
    """
    What the application is told of a viewer: most of L{IViewer<txrfb.interfaces>}.  The
    rest is what ends a session, L{RFBServer<txrfb._session.server.RFBServer>}.
    """

    host: ISessionHost
    state: ConnectionState
    producer: UpdateProducer
    writer: Writer
    _rights: Any
    _controls: Controls
    _reader: Reader
    _connection: ServerConnection
    _extensions: Extensions

    @property
    def viewOnly(self) -> bool:
        """
        See L{IViewer}.
        """
        return bool(self._rights.viewOnly)

    @property
    def rights(self) -> Any:
        """
        See L{IViewer}.
        """
        return self._rights

    @rights.setter
    def rights(self, rights: Any) -> None:
        self._rights = rights
        self.releaseForbidden()
        self.host.rightsChanged()

    @property
    def encodings(self) -> tuple[int, ...]:
        """
        See L{IViewer}.
        """
        return self.producer.capabilities.encodings

    @property
    def encoding(self) -> str:
        """
        See L{IViewer}.
        """
        if self.state in (ConnectionState.CONNECTING, ConnectionState.HANDSHAKE):
            return ""
        return self.producer.capabilities.encoding.name

    @property
    def bytesSent(self) -> int:
        """
        See L{IViewer}.
        """
        return self.writer.bytesSent

    @property
    def framesSent(self) -> int:
        """
        See L{IViewer}.
        """
        return self.producer.framesSent

    @property
    def latency(self) -> float | None:
        """
        See L{IViewer}.
        """
        return self.producer.pacing.congestion.roundTrip

    @property
    def pointer(self) -> tuple[int, int] | None:
        """See L{IViewer}."""
        return self._controls.pointer

    @property
    def secondsBehind(self) -> float:
        """
        See L{IViewer}.
        """
        return self.producer.secondsBehind

    @property
    def memory(self) -> int:
        """
        See L{IViewer}.
        """
        read = self._reader.held + self._connection.held + self._extensions.held
        return read + self.writer.held

    def limitRate(self, bytesPerSecond: float = 0, framesPerSecond: float = 0) -> None:
        """
        See L{IViewer.limitRate}.
        """
        self.producer.pacing.limit(bytesPerSecond, framesPerSecond)

    def whenTaken(self) -> Deferred[Any]:
        """
        @return: Fires when the application has taken what the viewer has sent, or has
            failed to, or the viewer has left.
        """
        taken = self._controls.whenTaken()
        return taken.addCallback(lambda _: self._extensions.whenPasted())

    def releaseForbidden(self) -> None:
        """
        Release, on behalf of the viewer, what it holds down and may not.
        """
        self._controls.releaseForbidden()
