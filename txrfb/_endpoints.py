# -*- test-case-name: tests.test_endpoints -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Descriptions of endpoints, which mean what they mean to Twisted but for four things: a
UNIX socket is its owner's unless something else is said, C{haproxy:} takes all headers
that the PROXY protocol has, and no others, TLS does not fail for ALPN, and what
C{systemd:} has passed is left as it is.
"""

from __future__ import annotations

import os
import re
from typing import Any

from twisted.internet.endpoints import (
    AdoptedStreamServerEndpoint,
    clientFromString,
    serverFromString,
)
from twisted.internet.interfaces import (
    IStreamClientEndpoint,
    IStreamServerEndpoint,
)

from txrfb._anywhere import AnywhereEndpoint
from txrfb._session.proxy import ProxiedEndpoint
from txrfb._systemd import InheritedEndpoint
from txrfb._unixpath import checkUnixPath

__all__ = [
    "checkedEndpoint",
    "clientEndpoint",
    "endpointAt",
    "endpointProblem",
    "parsed",
    "portEndpoint",
    "serverEndpoint",
]

_PROXY = "haproxy:"

#: Twisted's is 666.
_MODE = ":mode=600"

#: The kinds of endpoints that have a port, and where it stands among the arguments.
_PORT_AT = {"tcp": 0, "tcp6": 0, "ssl": 0, "tls": 1}


def parsed(description: str) -> tuple[str, list[str], dict[str, str]]:
    """
    @return: The kind of an endpoint, behind whatever proxy it is, its arguments
        without names, and those with names.
    """
    words = re.split(r"(?<!\\):", description.removeprefix(_PROXY))
    plain, named = [], {}
    for word in words[1:]:
        name, equals, value = re.sub(r"\\(.)", r"\1", word).partition("=")
        if equals:
            named[name] = value
        else:
            plain.append(name)
    return words[0], plain, named


def portEndpoint(
    reactor: Any, port: int, isProtected: bool
) -> tuple[str, IStreamServerEndpoint]:
    """
    @param reactor: What it is made for.

    @param port: A port's number, of which nothing more was said.

    @param isProtected: Whether viewers must log in.

    @return: What that stands for, as a description, and the endpoint: all of the
        machine's addresses if viewers must log in, and this machine only if not.
    """
    if isProtected:
        return f"tcp:{port}", AnywhereEndpoint(reactor, port)
    description = f"tcp:{port}:interface=127.0.0.1"
    return description, serverEndpoint(reactor, description)


def endpointAt(
    reactor: Any, where: str | int, isProtected: bool
) -> IStreamServerEndpoint:
    """
    @param reactor: What it is made for.

    @param where: A port's number, or an endpoint's description.

    @param isProtected: Whether viewers must log in.

    @return: What that stands for.

    @raise ValueError: if it stands for nothing.
    """
    if isinstance(where, str) and not (where.isascii() and where.isdigit()):
        return checkedEndpoint(reactor, where)
    if isinstance(where, bool) or not str(where).isdigit() or int(where) > 65535:
        raise ValueError(
            f"{where} is no port number, which is 0 to 65535, and no endpoint, such as"
            " 'tcp:5900'"
        )
    return portEndpoint(reactor, int(where), isProtected)[1]


def serverEndpoint(reactor: Any, description: str) -> IStreamServerEndpoint:
    """
    @param reactor: What it is made for.

    @param description: See L{twisted.internet.endpoints.serverFromString}.

    @return: What it stands for.

    @raise Exception: if it stands for nothing; of many kinds, as parsers are plugins.
    """
    plain = description.removeprefix(_PROXY)
    kind, arguments, named = parsed(plain)
    # Address and mode are the first that need no name.
    if kind == "unix" and len([*arguments, *named.keys() & {"address", "mode"}]) < 2:
        plain += _MODE
    endpoint = serverFromString(reactor, plain)
    if kind in ("ssl", "tls"):
        _takeALPN(endpoint)
    if isinstance(endpoint, AdoptedStreamServerEndpoint):
        endpoint = InheritedEndpoint(reactor, endpoint.fileno, endpoint.addressFamily)
    return ProxiedEndpoint(endpoint) if description.startswith(_PROXY) else endpoint


def _takeALPN(endpoint: Any) -> None:
    """
    Let viewers begin TLS that name protocols (ALPN), of which RFB is none: Twisted
    answers with an empty name, and that is an error to OpenSSL.

    @param endpoint: An endpoint of C{ssl:} or C{tls:}, as Twisted makes them.
    """
    from txrfb.security.tls.server import noProtocol

    options = getattr(endpoint, "_sslContextFactory", None)
    if options is not None:
        options.getContext().set_alpn_select_callback(noProtocol)
    creator = getattr(endpoint, "connectionCreator", None)
    lookUp = getattr(creator, "_contextLookup", None)
    if creator is None or lookUp is None:
        return

    def found(name: bytes | None) -> Any:
        context = lookUp(name)
        if context is not None:
            context.set_alpn_select_callback(noProtocol)
        return context

    creator._contextLookup = found


def checkedEndpoint(reactor: Any, description: str) -> IStreamServerEndpoint:
    """
    @param reactor: What it is made for.

    @param description: An endpoint's.

    @return: What it stands for.

    @raise ValueError: if it stands for nothing, or could not work, in words for
        administrators.
    """
    kind, plain, named = parsed(description)
    endpoint: IStreamServerEndpoint
    try:
        if kind == "tls":
            _checkDirectory(named.get("path") or "".join(plain[:1]))
        if kind == "unix":
            path = named.get("address") or "".join(plain[:1])
            if not path:
                raise ValueError("endpoints unix: need a path")
            checkUnixPath(path)
        endpoint = serverEndpoint(reactor, description)
    # Parsers of endpoints, which are plugins, raise anything.
    except Exception as error:
        raise ValueError(endpointProblem(description, error)) from error
    at = _PORT_AT.get(kind)
    if at is not None:
        port = named.get("port") or "".join(plain[at : at + 1])
        if port and not 0 <= int(port) <= 65535:
            raise ValueError(f"{port} is no port number")
    return endpoint


def clientEndpoint(reactor: Any, description: str) -> IStreamClientEndpoint:
    """
    @param reactor: What it is made for.

    @param description: See L{twisted.internet.endpoints.clientFromString}.

    @return: What it stands for.

    @raise ValueError: if it stands for nothing, or could not work, in words for
        administrators.
    """
    kind, plain, named = parsed(description)
    try:
        if kind == "unix":
            checkUnixPath(named.get("path") or "".join(plain[:1]))
        endpoint: IStreamClientEndpoint = clientFromString(reactor, description)
    # Parsers of endpoints, which are plugins, raise anything.
    except Exception as error:
        raise ValueError(endpointProblem(description, error)) from error
    return endpoint


def endpointProblem(description: str, error: Exception) -> str:
    """
    @param description: An endpoint, of a server or a client.

    @param error: What its parser has raised, in the words of a programming language.

    @return: What is wrong with it, in words for administrators.
    """
    kind, _, _ = parsed(description)
    text = str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename!r}: {error.strerror}"
    if kind == "systemd" and isinstance(error, LookupError):
        return (
            "systemd has passed no such socket to this process; it does so to services"
            " that a .socket unit starts"
        )
    number = re.match(r"invalid literal for int\(\) with base \d+: (.*)", text)
    if number:
        return f"{number[1]} is not a number"
    if isinstance(error, TypeError):
        stranger = re.search(r"unexpected keyword argument '(\w+)'", text)
        if stranger:
            return f"endpoints {kind}: have no argument {stranger[1]!r}"
        if "missing" in text:
            names = re.findall(r"'(\w+)'", text)
            return f"endpoints {kind}: need {' and '.join(names) or 'more'}"
        if "positional argument" in text or "multiple values" in text:
            return "it has too many arguments; a colon inside of one is written \\:"
    if kind in ("ssl", "tls") and type(error).__module__.startswith("OpenSSL"):
        return "a key or a certificate of it cannot be used; expected PEM files"
    if type(error) is ValueError and text:
        return text[0].lower() + text[1:]
    return "it cannot be understood"


def _checkDirectory(path: str) -> None:
    """
    Refuse directories for C{tls:} endpoints that have no certificate which these would
    use: they would listen, and then fail with each connection.
    """
    if not path:
        return
    if not os.path.isdir(path):
        raise ValueError(f"there is no directory {path!r}")
    from txrfb.security.tls.certificates import namesIn

    if not namesIn(path):
        raise ValueError(
            f"no .pem file in {path!r} has a certificate with a DNS name in its"
            " subjectAltName and, in the same or another file, its key"
        )
