# -*- test-case-name: tests.broadcast.test_address -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Where a broadcast is, as people write it: C{redis://HOST/NAME}.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from twisted.internet.endpoints import (
    HostnameEndpoint,
    UNIXClientEndpoint,
    wrapClientTLS,
)
from twisted.internet.interfaces import IStreamClientEndpoint

from txrfb._unixpath import checkUnixPath
from txrfb.broadcast.layout import Keys

__all__ = ["Address"]

#: Redis' own.
_PORT = 6379

#: Seconds that a connection may take.
_TIMEOUT = 10.0

_USAGE = (
    "expected redis://HOST/NAME, with USER@ before the host and :PORT after it as"
    " needed, redis:///PATH/OF/A/SOCKET/NAME, or rediss:// for TLS; after commas there"
    " may be password-file=, ca= and hostname="
)

_URL = re.compile(
    r"(?P<kind>rediss?)://(?:(?P<user>[^/@:]+)(?P<secret>:[^/@]*)?@)?"
    r"(?:(?P<host>\[[0-9a-fA-F:.%]+\]|[^/@:\[\],]+)(?::(?P<port>\d{1,5}))?"
    r"|(?P<path>/.+))?/(?P<name>[^/]*)"
)

#: What makes an endpoint, for a reactor.
Endpoints = Callable[[Any], IStreamClientEndpoint]

#: What says who it is: a name and a password, a password, or nothing.
Login = Callable[[], tuple[bytes | str, ...]]


def _nobody() -> tuple[bytes | str, ...]:
    return ()


class Address:
    """
    An engine, and a broadcast there.

    @ivar called: What it is called in the log.
    @ivar name: What the broadcast is called.
    @ivar keys: What it has in the engine.
    @ivar endpoint: Makes the endpoint where the engine is, for a reactor.
    @ivar login: Says who we are, asked for each connection: a user's name and a
        password, a password, or nothing; it may raise C{OSError} or C{ValueError}.
    """

    def __init__(
        self, endpoint: Endpoints, name: str, called: str = "", login: Login = _nobody
    ) -> None:
        """
        @param endpoint: See L{endpoint}.

        @param name: See L{name}.

        @param called: See L{called}.

        @param login: See L{login}.

        @raise ValueError: if a broadcast cannot be called so.
        """
        self.keys = Keys.of(name)
        self.name = name
        self.called = called or f"the engine of {name}"
        self.endpoint = endpoint
        self.login = login

    def __repr__(self) -> str:
        return f"<Address {self.called}>"

    @classmethod
    def fromString(cls, text: str) -> Address:
        """
        @param text: A URL, and options after commas:
            C{"rediss://edge@host/lobby,password-file=secret,ca=ca.pem"}.

        @raise ValueError: if it is anything else, a file is not what it should be, or
            a library is missing.
        """
        for module in ("txredisapi", "hiredis"):
            if find_spec(module) is None:
                raise ValueError(
                    f"it needs {module}, which is not installed: pip install"
                    " 'txrfb[redis]'"
                )
        url, *rest = re.split(r",(password-file|ca|hostname)=", text)
        given = dict(zip(rest[::2], rest[1::2]))
        found = _URL.fullmatch(url)
        if found is None:
            raise ValueError(_USAGE)
        if found["secret"] is not None:
            raise ValueError(
                "a password in the URL would be seen by everybody who lists processes;"
                " put it into a file, password-file=FILE"
            )
        where, called = _placeOf(found, given)
        login = _loginOf(found["user"], given.get("password-file"))
        return cls(where, found["name"], called, login)


def _placeOf(found: re.Match[str], given: dict[str, str]) -> tuple[Endpoints, str]:
    """
    @return: Where it is, and what it is called.
    """
    path, name = found["path"], found["name"]
    isSecure = found["kind"] == "rediss"
    for option in ("ca", "hostname"):
        if option in given and not isSecure:
            raise ValueError(f"{option}=: it is of no use without TLS, rediss://")
    if path is not None:
        if isSecure:
            raise ValueError("there is no TLS on UNIX sockets")
        checkUnixPath(path)
        called = f"redis://{path}/{name}"
        return lambda reactor: UNIXClientEndpoint(reactor, path, _TIMEOUT), called
    host = (found["host"] or "localhost").strip("[]")
    port = int(found["port"] or _PORT)
    if not 0 < port < 1 << 16:
        raise ValueError(f"{port}: a port is from 1 to 65535")
    at = f":{port}" if port != _PORT else ""
    called = f"{found['kind']}://{found['host'] or host}{at}/{name}"

    def plain(reactor: Any) -> IStreamClientEndpoint:
        return HostnameEndpoint(reactor, host, port, _TIMEOUT)

    if not isSecure:
        return plain, called
    creator = _creatorFor(given.get("hostname") or host, given.get("ca"))
    return lambda reactor: wrapClientTLS(creator("x509"), plain(reactor)), called


def _creatorFor(hostname: str, path: str | None) -> Any:
    """
    @param hostname: What the engine's certificate has to be for.

    @param path: A file of certificates that sign it; C{None} for those that the system
        trusts.

    @return: What makes connections of TLS.
    """
    try:
        from txrfb.security.tls.client import viewerTLS
    except ImportError:
        raise ValueError("TLS needs pyOpenSSL: pip install 'txrfb[tls]'") from None
    try:
        authority = None if path is None else Path(path).read_bytes()
        return viewerTLS(hostname, authority)
    except OSError as error:
        raise ValueError(f"ca={path}: {error.strerror}") from None
    except ValueError as error:
        raise ValueError(f"ca={path}: {error}") from None


def _loginOf(user: str | None, path: str | None) -> Login:
    """
    @return: What reads the password: a file may have another when there is another
        connection.

    @raise ValueError: if there is none now where there should be.
    """
    if path is None:
        if user is not None:
            raise ValueError(f"the user {user} needs password-file=FILE")
        return _nobody
    # An origin has no other use for feeds.
    from txrfb.feeds.passwordfile import passwordReader

    read = passwordReader(path)
    return lambda: (read(),) if user is None else (user, read())
