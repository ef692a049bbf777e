# -*- test-case-name: tests.session.test_proxy -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The header of the PROXY protocol, versions 1 and 2, by which a proxy says where a viewer
is: read as the specification has it, however it is cut on the way.

Twisted's parsers take the addresses out of it.  What they are given here is whole, and
what they make of it is looked at: a port that is no number, or an address that is none,
would be anybody's.
"""

from __future__ import annotations

import ipaddress
from typing import Any

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import (
    IListeningPort,
    IProtocolFactory,
    IStreamServerEndpoint,
)
from twisted.internet.protocol import connectionDone
from twisted.protocols.haproxy._exceptions import InvalidProxyHeader
from twisted.protocols.haproxy._info import ProxyInfo
from twisted.protocols.haproxy._v1parser import V1Parser
from twisted.protocols.haproxy._v2parser import V2Parser
from twisted.protocols.haproxy._wrapper import HAProxyProtocolWrapper
from twisted.protocols.policies import WrappingFactory
from twisted.python.failure import Failure
from zope.interface import implementer

from txrfb.error import ProxyHeaderError

__all__ = ["HeaderReader", "ProxiedEndpoint", "ProxiedProtocol"]

#: How a header of version 1 begins, and the most bytes that it has with its end.
_V1, _V1_LENGTH = b"PROXY ", 107

#: The bytes of a header of version 2 before its addresses, and the most that are taken
#: after those 16: addresses have 216 at the most, and what else a proxy tells is short.
_V2_LENGTH, _V2_MORE = 16, 4096


class HeaderReader:
    """
    Reads one header.
    """

    def __init__(self) -> None:
        self._held = b""

    @property
    def held(self) -> int:
        """
        How many bytes have come of a header that is not whole.
        """
        return len(self._held)

    def feed(self, data: bytes) -> tuple[ProxyInfo, bytes] | None:
        """
        @param data: What came.

        @return: What the header says, with addresses of C{None} if it says none, and
            what came after it; C{None} if it is not whole.

        @raise ProxyHeaderError: if there is none, or it is not as it should be.
        """
        held = self._held = self._held + data
        if _begins(held, V2Parser.PREFIX):
            size = self._sizeOf2(held)
        elif _begins(held, _V1):
            size = self._sizeOf1(held)
        else:
            raise ProxyHeaderError(
                f"no PROXY header: the connection began with {held[:16]!r}"
            )
        if size is None or len(held) < size:
            return None
        header, self._held = held[:size], b""
        parse = _parse1 if header.startswith(_V1) else V2Parser.parse
        try:
            info = parse(header)
        # Of version 2 an address of a kind that there is not is a KeyError.
        except (InvalidProxyHeader, ValueError, KeyError):
            raise ProxyHeaderError(f"a bad PROXY header: {header[:64]!r}") from None
        return info, held[size:]

    @staticmethod
    def _sizeOf1(held: bytes) -> int | None:
        end = held.find(b"\r\n", 0, _V1_LENGTH)
        if end >= 0:
            return end + 2
        if len(held) >= _V1_LENGTH:
            raise ProxyHeaderError(f"a PROXY header without an end: {held[:64]!r}")
        return None

    @staticmethod
    def _sizeOf2(held: bytes) -> int | None:
        if len(held) < _V2_LENGTH:
            return None
        more = int.from_bytes(held[14:16], "big")
        if more > _V2_MORE:
            raise ProxyHeaderError(f"a PROXY header of {_V2_LENGTH + more} bytes")
        return _V2_LENGTH + more


def _begins(held: bytes, sign: bytes) -> bool:
    """
    @return: Whether what has come is the beginning of something, as far as it goes.
    """
    return held[: len(sign)] == sign[: len(held)]


def _parse1(header: bytes) -> ProxyInfo:
    """
    @param header: A header of version 1, with its end.

    @raise InvalidProxyHeader: if it is wrong.

    @raise ValueError: if it is, too.
    """
    line = header[:-2]
    kind, *told = line[len(_V1) :].split(b" ")
    if kind == V1Parser.UNKNOWN_PROTO:
        # With or without addresses, which are not to be looked at.  Twisted's parser
        # does not take it without.
        return ProxyInfo(line, None, None)
    info = V1Parser.parse(line)
    if len(told) != 4 or not all(port.isdigit() for port in told[2:]):
        raise InvalidProxyHeader()
    for address in (info.source, info.destination):
        assert isinstance(address, IPv4Address | IPv6Address)
        version = 4 if isinstance(address, IPv4Address) else 6
        if ipaddress.ip_address(address.host).version != version:
            raise InvalidProxyHeader()
        if address.port > 65535:
            raise InvalidProxyHeader()
    return info


class ProxiedProtocol(HAProxyProtocolWrapper):
    """
    A connection that a proxy passes on.  If there is something wrong with its header,
    or none, C{connectionLost} has the reason.
    """

    def __init__(self, factory: Any, wrapped: Any) -> None:
        super().__init__(factory, wrapped)
        self._reader = HeaderReader()
        self._problem: ProxyHeaderError | None = None

    def dataReceived(self, data: bytes) -> None:
        """
        Something came.
        """
        if self._proxyInfo is not None:
            self.wrappedProtocol.dataReceived(data)
            return
        if self._problem is not None:
            return
        try:
            read = self._reader.feed(data)
        except ProxyHeaderError as error:
            self._problem = error
            self.loseConnection()  # type: ignore[no-untyped-call]
            return
        if read is not None:
            self._proxyInfo, rest = read
            if rest:
                self.wrappedProtocol.dataReceived(rest)
            elif self._proxyInfo.source is not None:
                # A viewer may be silent for long.
                located = getattr(self.wrappedProtocol, "located", None)
                if located is not None:
                    located()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        The connection has ended.
        """
        if self._problem is None and self._reader.held:
            self._problem = ProxyHeaderError("the connection ended in its PROXY header")
        if self._problem is not None:
            reason = Failure(self._problem)
        super().connectionLost(reason)  # type: ignore[no-untyped-call]


class _ProxiedFactory(WrappingFactory):
    """
    Makes protocols for connections that a proxy passes on.
    """

    noisy = False
    protocol = ProxiedProtocol


@implementer(IStreamServerEndpoint)
class ProxiedEndpoint:
    """
    Listens at another endpoint, for connections that proxies pass on.
    """

    def __init__(self, endpoint: IStreamServerEndpoint) -> None:
        """
        @param endpoint: The other one.
        """
        self._endpoint = endpoint

    def listen(self, protocolFactory: IProtocolFactory) -> Deferred[IListeningPort]:
        """
        See L{IStreamServerEndpoint}.
        """
        wrapped: Any = _ProxiedFactory(protocolFactory)  # type: ignore[no-untyped-call]
        return self._endpoint.listen(wrapped)
