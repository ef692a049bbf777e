# -*- test-case-name: tests.test_arguments -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What programs that embed a server give to it by mistake, said at the call: otherwise it
would be seen when the first viewer comes, or never.
"""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

from txrfb._wire.messages import Limits
from txrfb.interfaces import ISecurityType, IVideoEncoder

__all__ = ["SHARING", "checkEndpoint", "checkFactory", "checkLogins", "checkSettings"]

#: What C{shared} may be.
SHARING = ("always", "honor", "never")


def _checkNumber(name: str, value: Any, least: int, kind: type = Real) -> None:
    """
    @raise ValueError: if it is no number of that kind, or one below C{least}.
    """
    isNumber = isinstance(value, kind) and not isinstance(value, bool)
    # So it is for what is not a number (NaN).
    if not isNumber or not value >= least:
        whole = "whole " if kind is Integral else ""
        raise ValueError(f"{name} {value!r}: expected a {whole}number, {least} or more")


def checkSettings(
    shared: Any,
    maxViewers: Any,
    frameRate: Any,
    idleTimeout: Any,
    timeLimit: Any,
    cacheSize: Any,
    name: Any,
    limits: Any,
    video: Any = None,
) -> None:
    """
    See L{RFBFactory.__init__<txrfb.protocol.RFBFactory.__init__>}.

    @raise ValueError: if one cannot be, with its name and its value.
    """
    if shared not in SHARING:
        raise ValueError(f"shared {shared!r}; it is one of {', '.join(SHARING)}")
    _checkNumber("maxViewers", maxViewers, 1, Integral)
    _checkNumber("frameRate", frameRate, 0)
    _checkNumber("idleTimeout", idleTimeout, 0)
    _checkNumber("timeLimit", timeLimit, 0)
    _checkNumber("cacheSize", cacheSize, 0, Integral)
    if not isinstance(name, str | None):
        raise ValueError(f"name {name!r}: expected a text")
    if not isinstance(limits, Limits | None):
        raise ValueError(f"limits {limits!r}: expected Limits(...)")
    if video is not None:
        encoder = video() if callable(video) else None
        if not IVideoEncoder.providedBy(encoder):
            raise ValueError(
                f"video {video!r}: expected what makes an IVideoEncoder, such as"
                " H264Encoder"
            )


def checkLogins(login: Any, portal: Any, gate: Any, securityTypes: Any) -> None:
    """
    See L{RFBFactory.__init__<txrfb.protocol.RFBFactory.__init__>}.

    @raise ValueError: if they contradict each other, or one cannot be.
    """
    if login is not None and (portal is not None or gate is not None):
        raise ValueError(
            "login= judges logins, and so do portal= and gate=: give one of them"
        )
    if portal is not None and not hasattr(portal, "login"):
        raise ValueError(
            f"portal {portal!r} has no login(); expected a twisted.cred Portal,"
            " such as portalFor(password=...) or portalFor(checkers=[...]) makes;"
            " a function of name, password and address is given by login="
        )
    if gate is not None and not hasattr(gate, "visit"):
        raise ValueError(
            f"gate {gate!r} is no gate; expected one that makeGate(reactor, portal)"
            " makes; a portal is given by portal="
        )
    if securityTypes is None:
        return
    if gate is not None:
        raise ValueError("a gate has its own portal and security types")
    strange = [one for one in securityTypes if not ISecurityType.providedBy(one)]
    if strange or not securityTypes:
        raise ValueError(
            f"securityTypes {securityTypes!r}: expected at least one, and objects that"
            " provide ISecurityType, as securityTypes(choose('VncAuth')) makes them"
        )


def checkFactory(factory: Any) -> None:
    """
    @raise ValueError: if it is no L{RFBFactory<txrfb.protocol.RFBFactory>}.
    """
    if not hasattr(factory, "buildProtocol"):
        raise ValueError(
            f"{factory!r} is no factory; expected an RFBFactory, as"
            " RFBFactory(framebuffer) makes it"
        )


def checkEndpoint(endpoint: Any) -> None:
    """
    @raise ValueError: if it is no endpoint of a client.
    """
    if not hasattr(endpoint, "connect"):
        raise ValueError(
            f"{endpoint!r} is no endpoint of a client; expected one such as"
            " HostnameEndpoint(reactor, 'viewer.example', 5500), or as"
            " clientFromString(reactor, 'tcp:viewer.example:5500') makes it"
        )
