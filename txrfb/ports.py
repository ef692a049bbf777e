# -*- test-case-name: tests.test_ports -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The options C{--port} and C{--connect}: where to listen, as a port number or as an
endpoint, and which viewers that listen to connect to.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, NamedTuple

from twisted.internet.endpoints import HostnameEndpoint
from twisted.internet.interfaces import (
    IReactorTime,
    IStreamClientEndpoint,
)
from twisted.python.usage import Options, UsageError

from txrfb._endpoints import (
    checkedEndpoint,
    clientEndpoint,
    endpointProblem,
    parsed,
    portEndpoint,
)
from txrfb.security.admission.addresses import Networks, parseAddress
from txrfb.service import Listener

__all__ = ["PortOptions", "Target", "checkReachable", "isPublic", "listenerFor"]

# What is served where nothing else is said.
_DEFAULT_PORT = 5900

# The number of a display, as viewers and other servers have it: :1 is port 5901.
_DISPLAY = re.compile(r":(\d\d?)", re.ASCII)

# Where viewers listen, and where UltraVNC's repeater does for servers.
_LISTENING_PORT = 5500

_HOST = re.compile(r"(?P<host>\[[\w:.%]+\]|[\w.-]+)(:(?P<port>\d+))?", re.ASCII)

_KINDS = ("tcp", "tcp6", "ssl", "tls", "unix", "systemd")

# What is no host but a kind of endpoint.
_CLIENTS = ("tcp", "tls", "ssl", "unix")

_HELP = (
    "a port number, 0 to 65535, or an endpoint such as tcp:5900,"
    " tcp6:5900:interface=\\:\\:1, unix:/run/rfb.sock,"
    " tls:/etc/certificates:port=5900, haproxy:unix:/run/rfb.sock,"
    " systemd:domain=INET:name=rfb.socket"
)


class PortOptions(Options):
    """
    The part of the options of C{twistd rfb} that is about where to listen.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)  # type: ignore[no-untyped-call]
        self["port"] = []
        self["connect"] = []

    def opt_port(self, value: str) -> None:
        """
        Listen at a port number, a display such as :1, which is port 5901, or an
        endpoint; may be repeated. [default: 5900]
        """
        self["port"].append(value)

    opt_p = opt_port

    def opt_connect(self, value: str) -> None:
        """
        Connect to a viewer that listens, HOST, HOST:PORT or an endpoint of a client,
        and again when that ends; with ID:NUMBER@ before that, by way of UltraVNC's
        repeater.  It may be repeated; the server listens then only if there is --port,
        too.
        """
        self["connect"].append(value)

    def makeListeners(self, reactor: IReactorTime, isProtected: bool) -> list[Listener]:
        """
        @param reactor: What endpoints are made for.

        @param isProtected: Whether viewers must log in.

        @return: What the values of C{--port} stand for.

        @raise UsageError: if one stands for nothing.
        """
        values = self["port"]
        if not values and not self["connect"]:
            values = [str(_DEFAULT_PORT)]
        return [listenerFor("port", value, reactor, isProtected) for value in values]

    def makeTargets(self, reactor: IReactorTime, networks: Networks) -> list[Target]:
        """
        @param reactor: What endpoints are made for.

        @param networks: The addresses where viewers may be.

        @return: What the values of C{--connect} stand for.

        @raise UsageError: if one stands for nothing, or for an address that is not
            allowed.
        """
        targets = [_target(value, reactor) for value in self["connect"]]
        for one in targets:
            if parseAddress(one.host) and not networks.permit(one.host):
                raise UsageError(
                    f"--connect {one.where!r}: --allow and --deny leave out {one.host}"
                )
        return targets


class Target(NamedTuple):
    """
    A viewer that listens, or a repeater.

    @ivar where: The value of the option.
    @ivar endpoint: Where to connect.
    @ivar host: The same as an address or a name, if it is one.
    @ivar repeaterID: What a repeater knows this server by; C{None} if there is none.
    """

    where: str
    endpoint: IStreamClientEndpoint
    host: str | None
    repeaterID: str | None


def _target(value: str, reactor: IReactorTime) -> Target:
    """
    @return: What a value of C{--connect} stands for.
    """
    rest, identifier = value, None
    try:
        if value.startswith("ID:"):
            identifier, _, rest = value.removeprefix("ID:").partition("@")
            # Needed by few.
            from txrfb.reverse import repeaterBlock

            repeaterBlock(identifier)
            if not rest:
                raise ValueError("where is the repeater?")
        plain = _HOST.fullmatch(rest)
        if plain is None or plain["host"] in _CLIENTS:
            endpoint = clientEndpoint(reactor, rest)
            return Target(value, endpoint, None, identifier)
    except Exception as error:
        raise UsageError(
            f"--connect {value!r}: {endpointProblem(rest, error)}; expected HOST,"
            " HOST:PORT, or an endpoint such as tcp:HOST:5500 or tls:HOST:5500, with"
            " ID:NUMBER@ before it for a repeater"
        ) from error
    host = plain["host"].strip("[]")
    port = int(plain["port"] or _LISTENING_PORT)
    if not 0 < port < 65536:
        raise UsageError(f"--connect {value!r}: {port} is no port number")
    return Target(value, HostnameEndpoint(reactor, host, port), host, identifier)


def checkReachable(listeners: Collection[Listener], networks: Networks) -> list[str]:
    """
    Refuse listeners at which no viewer could come from an address that is allowed.

    @param listeners: Where to listen.

    @param networks: The addresses from which viewers may connect.

    @return: Of which of them that is true, if not of all, in sentences.

    @raise UsageError: if it is true of all.
    """
    sentences = []
    for one in listeners:
        if _isReachable(one.description, networks):
            continue
        hint = ""
        if one.bare and not networks.permitNobody():
            port = parsed(one.description)[1][0]
            hint = (
                "; without a password a port number is for this machine only, and"
                f" --port tcp:{port} for others, too"
            )
        sentences.append(
            "--allow and --deny leave nobody who could connect to"
            f" {one.description}{hint}"
        )
    if sentences and len(sentences) == len(listeners):
        raise UsageError(sentences[0])
    return sentences


def _isReachable(description: str, networks: Networks) -> bool:
    """
    @return: Whether a viewer may come there from an address that is allowed, as far as
        can be told.
    """
    kind, _, named = parsed(description)
    isProxied = description.startswith("haproxy:")
    if kind == "unix" and not isProxied:
        return True
    if isProxied or isPublic(description):
        return not networks.permitNobody()
    return networks.permit(named["interface"].replace("localhost", "127.0.0.1"))


def listenerFor(
    option: str, value: str, reactor: IReactorTime, isProtected: bool
) -> Listener:
    """
    @param option: The name of an option.

    @param value: Its value: a port number, or an endpoint; or the number of a display.

    @param reactor: What endpoints are made for.

    @param isProtected: Whether viewers must log in; if not, a port number is open to
        this machine only.

    @return: Where that is to listen.

    @raise UsageError: if it is neither.
    """
    display = _DISPLAY.fullmatch(value) if option == "port" else None
    if display:
        value = str(_DEFAULT_PORT + int(display[1]))
    if value.isascii() and value.isdigit():
        if len(value) > 9 or int(value) > 65535:
            raise UsageError(f"--{option} {value!r}: expected {_HELP}")
        return Listener(*portEndpoint(reactor, int(value), isProtected), bare=True)
    try:
        endpoint = checkedEndpoint(reactor, value)
    except ValueError as error:
        # Who knows the kind needs no list of kinds.
        hint = "" if parsed(value)[0] in _KINDS else f"; expected {_HELP}"
        place = _HOST.fullmatch(value)
        # A single word is more likely a kind that is misspelt.
        if place and place["port"] and re.search(r"\.|:.*:|^localhost", value):
            host = place["host"].strip("[]").replace(":", "\\:")
            kind = "tcp6" if ":" in host else "tcp"
            hint = (
                "; to listen at one address of this machine, that is"
                f" {kind}:{place['port']}:interface={host}"
            )
        raise UsageError(f"--{option} {value!r}: {error}{hint}") from error
    return Listener(value, endpoint, bare=False)


def isPublic(description: str) -> bool:
    """
    @return: Whether strangers may reach an endpoint, as far as its description
        tells.
    """
    if description.startswith("haproxy:"):
        # The proxy is there to let them.
        return True
    plain = description.replace("\\", "")
    if plain.startswith("unix:"):
        return False
    return not re.search(r"interface=(127\.|::1|localhost)", plain)
