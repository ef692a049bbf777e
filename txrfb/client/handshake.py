# -*- test-case-name: tests.client.test_connection -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Parsers of what a server says before the steps of a security type and after them (RFC
6143, sections 7.1 and 7.2).
"""

from __future__ import annotations

from collections.abc import Collection, Generator

from txrfb._wire.messages import Limits
from txrfb._wire.transcript import ITranscript
from txrfb.error import ProtocolError
from txrfb.security.types import SECURITY_TYPES

#: How many characters of a refusal's reason are told.
_REASON = 400


def readVersion(newest: int, transcript: ITranscript) -> Generator[int, bytes, int]:
    """
    Read the server's version (section 7.1.1).

    @param newest: The newest minor version to speak: 3, 7 or 8.

    @param transcript: The log of what is said.

    @return: The newest minor version that both have: 3, 7 or 8.
    """
    data = yield 12
    transcript.rx("ProtocolVersion", 12)
    numbers = (data[4:7], data[8:11])
    shape = data[:4] == b"RFB " and data[7:8] == b"." and data[11:] == b"\n"
    if not (shape and all(number.isdigit() for number in numbers)):
        raise ProtocolError(f"{data!r} is no version of RFB")
    major, minor = map(int, numbers)
    if major < 3 or (major == 3 and minor < 3):
        raise ProtocolError(f"version {major}.{minor} is older than 3.3")
    if major > 3 or minor >= 8:
        minor = 8
    elif minor < 7:
        minor = 3
    return min(minor, newest)


def readSecurityType(
    minor: int, usable: Collection[int], limits: Limits, transcript: ITranscript
) -> Generator[int, bytes, int]:
    """
    Read what security types the server offers (section 7.1.2).

    @param minor: The minor version that is spoken.

    @param usable: The numbers of those that may be used, the preferred first.

    @param limits: How long a reason may be.

    @param transcript: The log of what is said.

    @return: The number of the one to use.
    """
    listed: tuple[int, ...]
    if minor == 3:
        chosen = int.from_bytes((yield 4), "big")
        listed = (chosen,) if chosen else ()
    else:
        listed = tuple((yield (yield 1)[0]))
    transcript.rx("SecurityTypes", len(listed))
    if not listed:
        reason = yield from _readReason(limits)
        raise ProtocolError(f"the server refuses: {reason}")
    for number in usable:
        if number in listed:
            return number
    raise ProtocolError(
        f"the server asks for the security types {_names(listed)}; usable are"
        f" {_names(usable)}"
    )


def _names(numbers: Collection[int]) -> str:
    """
    @return: Security types, for people to read.
    """
    return ", ".join(SECURITY_TYPES.get(number, str(number)) for number in numbers)


def readResult(
    minor: int, chosen: int, limits: Limits, transcript: ITranscript
) -> Generator[int, bytes, None]:
    """
    Read what came of the login (section 7.1.3).

    @param minor: The minor version that is spoken.

    @param chosen: The number of the security type.

    @param limits: How long a reason may be.

    @param transcript: The log of what is said.

    @raise ProtocolError: if the login failed.
    """
    if chosen == 1 and minor < 8:
        return
    result = int.from_bytes((yield 4), "big")
    transcript.rx("SecurityResult", 4)
    if result:
        reason = f"result {result}"
        if minor == 8:
            reason = yield from _readReason(limits)
        raise ProtocolError(f"the login failed: {reason}")


def _readReason(limits: Limits) -> Generator[int, bytes, str]:
    length = int.from_bytes((yield 4), "big")
    if length > limits.reason:
        raise ProtocolError(f"the server refuses, for a reason of {length} bytes")
    text = (yield length).decode("utf-8", "replace")[:_REASON]
    return "".join(c if c.isprintable() else "?" for c in text)
