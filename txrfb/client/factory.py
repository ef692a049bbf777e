# -*- test-case-name: tests.client.test_client -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Making viewers: a factory, and a function for endpoints.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress, IStreamClientEndpoint
from twisted.internet.protocol import ClientFactory

from txrfb._arguments import checkEndpoint
from txrfb.client.login import loginFor
from txrfb.client.protocol import RFBClient

__all__ = ["RFBClientFactory", "connectViewer"]


class RFBClientFactory(ClientFactory):
    """
    Makes viewers, with the arguments of L{RFBClient}.
    """

    noisy = False
    protocol: Callable[..., RFBClient] = RFBClient

    def __init__(
        self,
        password: bytes | str | None = None,
        username: bytes | str | None = None,
        *,
        hostname: str | None = None,
        authority: bytes | None = None,
        certificate: bytes | None = None,
        hostKey: str | None = None,
        knownHosts: str | None = None,
        **options: Any,
    ) -> None:
        """
        The first seven are those of L{loginFor<txrfb.client.login.loginFor>}.

        @param password: The password, if there is one.

        @param username: The user's name, if there is one.

        @param hostname: The name that the server's certificate must have.

        @param authority: Who must have signed it, in PEM form.

        @param certificate: The viewer's certificate and its key, in PEM form.

        @param hostKey: The fingerprint of the server's host key.

        @param knownHosts: The path of a file of host keys; it needs C{hostname}.

        @param options: Arguments of L{RFBClient}.
        """
        login = loginFor(
            password,
            username,
            hostname=hostname,
            authority=authority,
            certificate=certificate,
            hostKey=hostKey,
            knownHosts=knownHosts,
        )
        self._options = {**login, **options}

    def buildProtocol(self, addr: IAddress | None) -> RFBClient:
        """
        Make a viewer.
        """
        client = self.protocol(**self._options)
        client.factory = self
        return client


def connectViewer(
    endpoint: IStreamClientEndpoint,
    password: bytes | str | None = None,
    protocol: Callable[..., RFBClient] = RFBClient,
    **options: Any,
) -> Deferred[RFBClient]:
    """
    Connect a viewer to a server, log in, and wait until there is a picture.

    @param endpoint: Where the server is.

    @param password: The password, if there is one.

    @param protocol: L{RFBClient}, or a class made from it.

    @param options: Other arguments of L{RFBClientFactory}.

    @return: Fires with the viewer.  Fails with L{ConnectionFailed}, or with what the
        endpoint fails with.

    @raise ValueError: if C{endpoint} is none, or an option cannot be.
    """
    checkEndpoint(endpoint)
    factory = RFBClientFactory(password, **options)
    factory.protocol = protocol
    connecting: Deferred[Any] = endpoint.connect(factory)
    return connecting.addCallback(lambda client: client.whenSeen())
