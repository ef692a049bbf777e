# -*- test-case-name: tests.feeds.test_vnc -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
C{vnc:} on the command line.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from txrfb.client._places import endpointOf
from txrfb.encodings.constants import QUALITY_LEVEL_0
from txrfb.feeds.passwordfile import passwordReader
from txrfb.feeds.relay import RelayFramebuffer
from txrfb.feeds.upstream import ENCODINGS
from txrfb.security.admission.choice import NAMES

__all__ = ["framebufferFromString"]

#: Seconds that a connection may take.
_TIMEOUT = 10.0

#: The options.
_OPTIONS = (
    *("user", "password-file", "password-env", "password", "security", "ca"),
    *("hostname", "certificate", "host-key", "known-hosts", "quality"),
)

_USAGE = (
    "expected vnc:SERVER, which is HOST, HOST:DISPLAY, HOST:PORT (100 or more),"
    " HOST::PORT, [ADDRESS]:PORT, or the path of a UNIX socket; after commas there may"
    " be user=, password-file=, password-env=, security=, ca=, hostname=, certificate=,"
    " host-key=, known-hosts= and quality="
)


def framebufferFromString(reactor: Any, argument: str) -> RelayFramebuffer:
    """
    @param argument: A server, and options after commas:
        C{"localhost:1,password-file=secret"}.  A password and a user's name may be in
        the environment as well, as C{VNC_PASSWORD} and C{VNC_USERNAME}.

    @raise ValueError: if it is anything else, or a file is not what it should be.
    """
    server, *rest = re.split(f",({'|'.join(_OPTIONS)})=", argument)
    given = dict(zip(rest[::2], rest[1::2]))
    if not server:
        raise ValueError(f"there is no server; {_USAGE}")
    if "," in server:
        option = server.partition(",")[2]
        raise ValueError(f"there is no option {option!r}; {_USAGE}")
    if "password" in given:
        raise ValueError(
            "password=: a password would be seen by everybody who lists processes; put"
            " it into a file, password-file=FILE, or into the environment, VNC_PASSWORD"
        )
    endpoint, host = endpointOf(reactor, server, _TIMEOUT)
    names = given.get("security")
    unknown = set(names.split(",") if names else ()) - set(NAMES)
    if unknown:
        raise ValueError(
            f"security={names}: there is no {', '.join(sorted(unknown))}; there are"
            f" {', '.join(NAMES)}"
        )
    byName = any(name in given for name in ("ca", "hostname", "known-hosts"))
    return RelayFramebuffer(
        endpoint,
        _passwordOf(given),
        given.get("user") or os.environ.get("VNC_USERNAME"),
        called=f"vnc:{server}",
        encodings=_encodings(given.get("quality")),
        reactor=reactor,
        hostname=(given.get("hostname") or host or None) if byName else None,
        authority=_contents("ca", given),
        certificate=_contents("certificate", given),
        hostKey=given.get("host-key"),
        knownHosts=given.get("known-hosts"),
        names=names.split(",") if names else None,
    )


def _passwordOf(given: dict[str, str]) -> Callable[[], bytes | str | None]:
    """
    @return: What reads the password: a file may have another when there is another
        connection.

    @raise ValueError: if there is none now where there should be.
    """
    path = given.get("password-file")
    if path is not None:
        return passwordReader(path)
    variable = given.get("password-env")
    if variable is not None and variable not in os.environ:
        raise ValueError(f"password-env={variable}: there is no such variable")
    password = os.environ.get(variable or "VNC_PASSWORD")
    return lambda: password


def _encodings(quality: str | None) -> tuple[int, ...]:
    """
    @return: What is asked for.

    @raise ValueError: if there is no such quality.
    """
    if quality is None:
        return ENCODINGS
    if not re.fullmatch("[0-9]", quality):
        raise ValueError(
            f"quality={quality}: expected 0 to 9, at which photos are JPEG"
        )
    return (*ENCODINGS, QUALITY_LEVEL_0 + int(quality))


def _contents(option: str, given: dict[str, str]) -> bytes | None:
    """
    @return: What is in a file that was named.

    @raise ValueError: if it cannot be read.
    """
    path = given.get(option)
    if path is None:
        return None
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise ValueError(f"{option}={path}: {error.strerror}") from None
