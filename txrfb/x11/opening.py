# -*- test-case-name: tests.x11.test_opening -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Ways to a display: a UNIX socket, one without a file, or TCP.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Generator, Iterator, Sequence
from typing import Any

from twisted.internet.abstract import isIPAddress, isIPv6Address
from twisted.internet.defer import Deferred, inlineCallbacks
from twisted.internet.endpoints import (
    HostnameEndpoint,
    TCP4ClientEndpoint,
    TCP6ClientEndpoint,
    UNIXClientEndpoint,
)
from twisted.internet.error import ConnectError
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import Factory

from txrfb.error import DisplayError
from txrfb.x11.auth import Authority, DisplayName, authorityFor
from txrfb.x11.connection import SETUP_TIMEOUT, X11Connection

__all__ = ["connectDisplay"]


class _Factory(Factory):
    noisy = False

    def __init__(self, opener: _Opener) -> None:
        self._opener = opener

    def buildProtocol(self, addr: IAddress | None) -> X11Connection:
        return self._opener.build(addr)


class _Opener:
    """
    Connects to a display, in whatever way there is.
    """

    def __init__(
        self,
        reactor: Any,
        display: DisplayName,
        authorities: Sequence[Authority],
        timeout: float,
    ) -> None:
        self._reactor = reactor
        self._display = display
        self._authorities = authorities
        self._timeout = timeout
        self._hasAuthority = False

    @inlineCallbacks
    def open(self) -> Generator[Deferred[Any], Any, X11Connection]:
        """
        Try one way after the other.
        """
        factory = _Factory(self)
        why = ""
        for endpoint, where in self._ways():
            try:
                connection = yield endpoint.connect(factory)
            except ConnectError as error:
                # The reason of the first is the one that people know.
                why = why or f"{where}: {_reason(error)}"
            else:
                break
        else:
            raise DisplayError(f"cannot connect to {self._display} at {why}")
        try:
            return (yield connection.ready)  # type: ignore[no-any-return]
        except DisplayError as error:
            if self._hasAuthority:
                raise
            raise DisplayError(
                f"{error} (there is no authority for {self._display})"
            ) from None

    def _ways(self) -> Iterator[tuple[Any, str]]:
        display, timeout = self._display, self._timeout
        path = display.socket
        if path:
            yield UNIXClientEndpoint(self._reactor, path, timeout), path
            if not display.path and sys.platform.startswith("linux"):
                # The same name without a file, which containers share with their host.
                yield UNIXClientEndpoint(self._reactor, f"\0{path}", timeout), path
        else:
            host, port = display.host, display.port
            where = f"{host}, port {port}"
            kind: Any = HostnameEndpoint
            if isIPAddress(host):
                kind = TCP4ClientEndpoint
            elif isIPv6Address(host):
                kind = TCP6ClientEndpoint
            yield kind(self._reactor, host, port, timeout), where

    def build(self, address: IAddress | None) -> X11Connection:
        """
        Make a connection, with what is to let us in.
        """
        peer = getattr(address, "host", "")
        entry = authorityFor(
            self._authorities, self._display, socket.gethostname(), peer
        )
        self._hasAuthority = entry is not None
        return X11Connection(self._reactor, entry, self._display.screen)


def _reason(error: Exception) -> str:
    number = getattr(error, "osError", None)
    if isinstance(number, int):
        return os.strerror(number)
    return str(error)


def connectDisplay(
    reactor: Any,
    display: DisplayName,
    authorities: Sequence[Authority] = (),
    timeout: float = SETUP_TIMEOUT,
) -> Deferred[X11Connection]:
    """
    Connect to a display.

    @param authorities: What may let us in, as
        L{readAuthorities<txrfb.x11.auth.readAuthorities>} finds it.

    @param timeout: Seconds that it may take to connect.

    @return: Fires with a connection on which the server has let us in.  Fails with
        L{DisplayError}, which says why.
    """
    return _Opener(reactor, display, authorities, timeout).open()
