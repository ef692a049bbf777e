# -*- test-case-name: tests.web.test_service -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
An endpoint inside TLS, whose certificate is read again when its file has changed.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import (
    IListeningPort,
    IProtocolFactory,
    IStreamServerEndpoint,
)
from twisted.protocols.tls import TLSMemoryBIOFactory
from zope.interface import implementer

__all__ = ["SecureEndpoint"]


@implementer(IStreamServerEndpoint)
class SecureEndpoint:
    """
    TLS at another endpoint.
    """

    def __init__(
        self, endpoint: IStreamServerEndpoint, certificate: str, key: str | None = None
    ) -> None:
        """
        @param endpoint: Where to listen.

        @param certificate: As for L{ReloadingTLS
            <txrfb.security.tls.server.ReloadingTLS>}.

        @param key: Likewise.

        @raise OSError: if one of the files cannot be read.

        @raise UnusableFile: if they are not what they should be.
        """
        from txrfb.security.tls.server import ReloadingTLS

        self._endpoint = endpoint
        self._creator: Any = ReloadingTLS(certificate, key)

    def listen(self, protocolFactory: IProtocolFactory) -> Deferred[IListeningPort]:
        """
        See L{IStreamServerEndpoint<twisted.internet.interfaces.IStreamServerEndpoint>}.
        """
        factory: Any = protocolFactory
        inside = TLSMemoryBIOFactory(self._creator, False, factory)
        listening: Deferred[IListeningPort] = self._endpoint.listen(inside)
        return listening
