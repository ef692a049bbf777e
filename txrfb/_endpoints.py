# -*- test-case-name: tests.test_endpoints -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Descriptions of endpoints, which mean what they mean to Twisted but for three things: a
UNIX socket is its owner's unless something else is said, C{haproxy:} takes all headers
that the PROXY protocol has, and no others, and TLS does not fail for ALPN.
"""

from __future__ import annotations

import re
from typing import Any

from twisted.internet.endpoints import serverFromString
from twisted.internet.interfaces import IStreamServerEndpoint

from txrfb._session.proxy import ProxiedEndpoint

__all__ = ["parsed", "serverEndpoint"]

_PROXY = "haproxy:"

#: Twisted's is 666.
_MODE = ":mode=600"


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
