# -*- test-case-name: tests.x11.test_auth -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The names of X displays, and who may open them: C{DISPLAY} and C{.Xauthority}, as
X(7) and Xsecurity(7) have them.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_address
from typing import NamedTuple

__all__ = [
    "COOKIE",
    "FAMILY_INTERNET",
    "FAMILY_INTERNET6",
    "FAMILY_LOCAL",
    "FAMILY_WILD",
    "Authority",
    "DisplayName",
    "authorityFile",
    "authorityFor",
    "packAuthorities",
    "parseDisplay",
    "readAuthorities",
    "unpackAuthorities",
    "writeAuthorities",
]

#: The name of the only kind of authorization that is spoken: 16 random bytes that both
#: sides know.
COOKIE = b"MIT-MAGIC-COOKIE-1"

#: The families of addresses in an authority file.
FAMILY_INTERNET = 0
FAMILY_INTERNET6 = 6
FAMILY_LOCAL = 256
FAMILY_WILD = 65535

#: How large an authority file may be, in bytes.
_MAX_FILE = 1 << 20

#: The port of display 0.
_PORT = 6000


class DisplayName(NamedTuple):
    """
    What C{DISPLAY} says.

    @ivar host: The machine; empty for this one, where there is a UNIX socket.
    @ivar number: The number of the display on its machine.
    @ivar screen: The number of the screen that is meant.
    @ivar path: The path of the UNIX socket, if it was given as such; else empty.
    """

    host: str
    number: int
    screen: int = 0
    path: str = ""

    def __str__(self) -> str:
        """
        The name as people write it.
        """
        screen = f".{self.screen}" if self.screen else ""
        if self.path:
            return f"{self.path}{screen}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.number}{screen}"

    @property
    def socket(self) -> str:
        """
        The path of the UNIX socket; empty if the display is reached by TCP.
        """
        if self.path:
            return self.path
        return "" if self.host else f"/tmp/.X11-unix/X{self.number}"

    @property
    def port(self) -> int:
        """
        The TCP port.
        """
        return _PORT + self.number


def parseDisplay(text: str) -> DisplayName:
    """
    @param text: What C{DISPLAY} may be: C{:0}, C{unix:0}, C{host:10.0}, C{[::1]:0},
        C{tcp/host:0}, or the path of a UNIX socket.

    @raise ValueError: if it names no display.
    """
    if text.startswith("/"):
        path, dot, screen = text.rpartition(".")
        if not (dot and screen.isascii() and screen.isdecimal()) or "/" in screen:
            path, screen = text, "0"
        name = os.path.basename(path).rpartition(":")[2].lstrip("X")
        shown = int(name) if name.isascii() and name.isdecimal() else 0
        return DisplayName("", shown, int(screen), path)
    where, colon, numbers = text.rpartition(":")
    number, dot, screen = numbers.partition(".")
    if (
        not colon
        or not _isNumber(number, 65535 - _PORT)
        or (dot and not _isNumber(screen, 255))
    ):
        raise ValueError(
            f"{text!r} is no X display; expected :NUMBER, as :0, or HOST:NUMBER"
        )
    protocol, slash, host = where.rpartition("/")
    if slash and protocol not in ("unix", "local", "tcp", "inet", "inet6"):
        raise ValueError(
            f"{text!r} is no X display: there is no protocol {protocol!r}; expected"
            " unix, tcp, inet or inet6 before the /"
        )
    if protocol in ("unix", "local") or host == "unix":
        host = ""
    elif slash and not host:
        host = "localhost"
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif host.endswith(":"):
        raise ValueError(f"{text!r} is a display of DECnet, which is not spoken here")
    return DisplayName(host, int(number), int(screen or 0))


def _isNumber(text: str, greatest: int) -> bool:
    return (
        text.isascii() and text.isdecimal() and len(text) <= 5 and int(text) <= greatest
    )


class Authority(NamedTuple):
    """
    An entry of an authority file.

    @ivar family: What kind of address it is.
    @ivar address: The address: of a FAMILY_LOCAL the name of the machine.
    @ivar number: The number of the display, in decimal digits; empty for any.
    @ivar name: The kind of authorization.
    @ivar data: What is to be known.
    """

    family: int
    address: bytes
    number: bytes
    name: bytes
    data: bytes


def unpackAuthorities(data: bytes) -> list[Authority]:
    """
    @param data: What is in an authority file.

    @return: The entries, in their order.

    @raise ValueError: if it ends in the midst of one.
    """
    entries = []
    at = 0
    try:
        while at < len(data):
            (family,) = struct.unpack_from(">H", data, at)
            at += 2
            fields = []
            for _ in range(4):
                (size,) = struct.unpack_from(">H", data, at)
                field = data[at + 2 : at + 2 + size]
                if len(field) < size:
                    raise ValueError
                fields.append(field)
                at += 2 + size
            entries.append(Authority(family, *fields))
    except (struct.error, ValueError):
        raise ValueError("it is no authority file: it ends in an entry") from None
    return entries


def packAuthorities(entries: Iterable[Authority]) -> bytes:
    """
    @return: What has these entries in an authority file.
    """
    return b"".join(
        struct.pack(">H", family)
        + b"".join(struct.pack(">H", len(field)) + field for field in fields)
        for family, *fields in entries
    )


def authorityFile(environ: Mapping[str, str]) -> str:
    """
    @param environ: The environment.

    @return: The path of the user's authority file, whether it is there or not; empty if
        there can be none.
    """
    path = environ.get("XAUTHORITY", "")
    if not path and environ.get("HOME"):
        path = os.path.join(environ["HOME"], ".Xauthority")
    return path


def readAuthorities(path: str) -> list[Authority]:
    """
    @param path: An authority file.

    @raise ValueError: if it is none.

    @raise OSError: if it cannot be read.
    """
    with open(path, "rb") as file:
        data = file.read(_MAX_FILE + 1)
    if len(data) > _MAX_FILE:
        raise ValueError(f"{path} is no authority file: it is too large")
    try:
        return unpackAuthorities(data)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def writeAuthorities(path: str, entries: Iterable[Authority]) -> None:
    """
    Write an authority file that nobody else can read.

    @param path: Where; there must be no file yet.

    @raise OSError: if it cannot be written.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with open(os.open(path, flags, 0o600), "wb") as file:
        file.write(packAuthorities(entries))


def authorityFor(
    entries: Sequence[Authority], display: DisplayName, hostname: str, peer: str = ""
) -> Authority | None:
    """
    @param entries: Those of an authority file.

    @param display: The display that is to be opened.

    @param hostname: The name of this machine.

    @param peer: The address at which the display was reached, if that was by TCP.

    @return: The first of the entries that is for this display, and which can be used;
        C{None} if there is none.
    """
    addresses = {(FAMILY_LOCAL, hostname.encode("utf-8", "surrogateescape"))}
    if display.host:
        try:
            address = ip_address(peer)
        except ValueError:
            pass
        else:
            mapped = getattr(address, "ipv4_mapped", None)
            address = address if mapped is None else mapped
            # The loopback is this machine: so do ssh's displays have it.
            if not address.is_loopback:
                addresses = set()
            family = FAMILY_INTERNET if address.version == 4 else FAMILY_INTERNET6
            addresses.add((family, address.packed))
        # What some write for machines that are known by name alone.
        addresses.add((FAMILY_LOCAL, display.host.encode("utf-8", "surrogateescape")))
    number = str(display.number).encode("ascii")
    for entry in entries:
        if entry.name != COOKIE or entry.number not in (b"", number):
            continue
        if entry.family == FAMILY_WILD or entry[:2] in addresses:
            return entry
    return None
