# -*- test-case-name: tests.web.test_options -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The options of the command line for viewers in browsers.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, TypeVar

from twisted.cred.portal import Portal
from twisted.internet.interfaces import IReactorTime
from twisted.python.usage import Options, UsageError

from txrfb.error import UnusableFile
from txrfb.ports import isPublic, listenerFor
from txrfb.security.accounts.files import secretWarnings
from txrfb.security.accounts.tokens import TokensFile
from txrfb.security.admission.gate import Gate
from txrfb.security.admission.offer import offered
from txrfb.service import Listener

__all__ = ["WebListener", "WebOptions"]

_Made = TypeVar("_Made")

#: A path below a site, without its ends.
_PATH = re.compile(r"[\w.~-]+(/[\w.~-]+)*", re.ASCII)

#: Where noVNC looks for the WebSocket.
_USUAL_PATH = "websockify"

#: The options that mean nothing without C{--web}.
_HELPERS = (
    "web-path",
    "web-prefix",
    "web-origin",
    "web-trusted-proxy",
    "web-frame-ancestors",
    "web-token-file",
    "web-basic",
    "web-api",
)


class WebListener(Listener):
    """
    Where to listen for browsers.

    @ivar isSecure: Whether it is https.
    """

    def __init__(self, listener: Listener, isSecure: bool) -> None:
        super().__init__(listener.description, listener.endpoint, listener.bare)
        self.isSecure = isSecure


def _path(option: str) -> Callable[[str], str]:
    """
    @return: What makes a path without its ends of the value of an option.
    """

    def coerce(value: str) -> str:
        path = value.strip("/")
        steps = path.split("/")
        if (path and not _PATH.fullmatch(path)) or "." in steps or ".." in steps:
            raise UsageError(f"--{option} {value!r}: expected a path such as desk/1")
        return path

    return coerce


def _websocketPath(value: str) -> str:
    """
    @return: The value of C{--web-path}.
    """
    path = _path("web-path")(value)
    if not path:
        raise UsageError(f"--web-path {value!r}: expected a path such as websockify")
    return path


class WebOptions(Options):
    """
    Options to be mixed into those of a command.

    @ivar webListeners: Where to listen for browsers, when all options are known.
    @ivar warnings: What the administrator should know, in sentences.
    """

    warnings: list[str]

    optFlags = [  # noqa: RUF012
        [
            "web-basic",
            None,
            "Have browsers ask for name and password by HTTP Basic, before there is a"
            " page.",
        ],
        [
            "web-api",
            None,
            "Serve programs, too: pictures of the screen, state, numbers for"
            " Prometheus, and keys, text, pointer, clipboard and size, by HTTP; see"
            " /openapi.json.",
        ],
    ]

    optParameters: list[list[Any]] = [  # noqa: RUF012
        [
            "web-path",
            None,
            _USUAL_PATH,
            "Where the WebSocket is, below --web-prefix.",
            _websocketPath,
        ],
        [
            "web-token-file",
            None,
            None,
            "A file of tokens, a line TOKEN or TOKEN:RIGHTS each: whoever opens the"
            " WebSocket with one is logged in.  Without passwords and users nobody is"
            " who has none.",
        ],
        [
            "web-prefix",
            None,
            "",
            "The path below which all of the site is, for proxies that pass it on.",
            _path("web-prefix"),
        ],
    ]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)  # type: ignore[no-untyped-call]
        for name in ("", "-origin", "-trusted-proxy", "-frame-ancestors"):
            self[f"web{name}"] = []
        self.webListeners: list[WebListener] = []

    def opt_web(self, value: str) -> None:
        """
        Serve viewers in browsers at a port number or an endpoint, besides --port; it
        may be repeated.  A port number is https where there is --tls-certificate.
        """
        self["web"].append(value)

    def opt_web_origin(self, value: str) -> None:
        """
        The origin of pages of another site that may open a WebSocket here, like
        https://desk.example; * for all, and it may be repeated.
        """
        self["web-origin"].append(value)

    def opt_web_trusted_proxy(self, value: str) -> None:
        """
        An address, or a network, of proxies whose headers X-Forwarded-For and Forwarded
        say where viewers are; unix for who may open a Unix socket, and it may be
        repeated.
        """
        self["web-trusted-proxy"].append(value)

    def opt_web_frame_ancestors(self, value: str) -> None:
        """
        The origin of pages that may show those from here in a frame, like
        https://desk.example; it may be repeated.
        """
        self["web-frame-ancestors"].append(value)

    def takeTokens(self, portal: Portal) -> None:
        """
        Have a portal judge tokens, if there are any.

        @raise UsageError: if their file is not what it should be.
        """
        path = self["web-token-file"]
        if path is None:
            return
        if self.get("tls-client-ca") is not None:
            raise UsageError(
                "--web-token-file: it would let in those who have no certificate, which"
                " --tls-client-ca asks for"
            )
        try:
            portal.registerChecker(TokensFile(path))
        except OSError as error:
            raise UsageError(f"--web-token-file {path!r}: {error.strerror}") from error
        except UnusableFile as error:
            raise UsageError(f"--web-token-file {error}") from error
        self.warnings.extend(secretWarnings(path, "the file of tokens"))

    def makeWebListeners(
        self, reactor: IReactorTime, isProtected: bool
    ) -> list[WebListener]:
        """
        @param reactor: What endpoints are made for.

        @param isProtected: Whether viewers must log in.

        @return: What the values of C{--web} stand for.

        @raise UsageError: if one stands for nothing, or another option for browsers is
            wrong, or of no use.
        """
        if not self["web"]:
            for name in _HELPERS:
                if self[name] not in ([], "", None, 0, _USUAL_PATH):
                    raise UsageError(f"--{name}: it is of no use without --web")
            return []
        if self["web-basic"] and not isProtected:
            raise UsageError(
                "--web-basic: there is nobody who could log in; --password-file or"
                " --users says who can"
            )
        if find_spec("wsproto") is None:
            raise UsageError("--web needs wsproto: pip install txrfb[web]")
        # Only now: they load twisted.web.
        from txrfb.web.forwarded import Forwarding
        from txrfb.web.origins import Origin, Origins

        self.webOrigins = _tried("web-origin", lambda: Origins(self["web-origin"]))
        self.webForwarding = _tried(
            "web-trusted-proxy", lambda: Forwarding(self["web-trusted-proxy"])
        )
        _tried(
            "web-frame-ancestors",
            lambda: list(map(Origin.parse, self["web-frame-ancestors"])),
        )
        return [self._webListener(one, reactor, isProtected) for one in self["web"]]

    def _webListener(
        self, value: str, reactor: IReactorTime, isProtected: bool
    ) -> WebListener:
        listener = listenerFor("web", value, reactor, isProtected)
        certificate = self.get("tls-certificate")
        kind = listener.description.removeprefix("haproxy:")
        if not listener.bare or certificate is None:
            return WebListener(listener, kind.startswith(("ssl:", "tls:")))
        from txrfb.web.https import SecureEndpoint

        try:
            listener.endpoint = SecureEndpoint(
                listener.endpoint, certificate, self.get("tls-key")
            )
        except OSError as error:
            raise UsageError(
                f"--tls-certificate {error.filename!r}: {error.strerror}"
            ) from error
        except UnusableFile as error:
            raise UsageError(f"--tls-certificate {error}") from error
        return WebListener(listener, True)

    def webWarnings(self, gate: Gate) -> list[str]:
        """
        @param gate: What decides about viewers.

        @return: What the administrator should know of browsers, in sentences.
        """
        said = []
        for one in self.webListeners:
            able = offered(
                gate.types, gate.portal, isSecure=one.isSecure, webSocket=True
            )
            isFar = not one.isSecure and isPublic(one.description)
            far = offered(
                gate.types, gate.portal, webSocket=True, secureContext=not isFar
            )
            if not able:
                said.append(
                    f"--web {one.description}: no browser can log in there, as none of"
                    " the security types that are offered is one that browsers have"
                )
            elif isFar and not far and not self["web-trusted-proxy"]:
                said.append(
                    f"--web {one.description}: by http browsers can log in from this"
                    " machine only; a port number with --tls-certificate is https, and"
                    " so is an endpoint tls:"
                )
            elif (
                isFar
                and not (gate.isOpen() and self["web-token-file"] is None)
                and not self["web-trusted-proxy"]
            ):
                said.append(
                    f"--web {one.description}: what is shown and typed passes by http,"
                    " in the clear; a port number with --tls-certificate is https"
                )
        return said


def _tried(option: str, make: Callable[[], _Made]) -> _Made:
    try:
        return make()
    except ValueError as error:
        raise UsageError(f"--{option}: {error}") from error
