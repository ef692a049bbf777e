# -*- test-case-name: tests.x11.test_connection -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The names of requests and of errors, for people.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from enum import IntEnum

from txrfb.x11 import core, damage, randr, shm, xfixes, xinput, xkb, xtest
from txrfb.x11.wire import CORE, Extension, Packet, X11Error

__all__ = ["describedError"]

#: The opcodes of requests, by extension.
_OPCODES: dict[str, type[IntEnum]] = {
    CORE: core.Core,
    damage.NAME: damage.Damage,
    randr.NAME: randr.RandR,
    shm.NAME: shm.Shm,
    xfixes.NAME: xfixes.XFixes,
    xinput.NAME: xinput.XInput,
    xkb.NAME: xkb.Xkb,
    xtest.NAME: xtest.XTest,
}

#: The first opcode, and the first number of an error, of extensions.
_FIRST = 128


def describedError(packet: Packet, extensions: Mapping[str, Extension]) -> X11Error:
    """
    @param packet: An error.

    @param extensions: The extensions that the server has, by name.

    @return: It, with its name and that of the request, as far as they are known.
    """
    minor, major = struct.unpack_from("<HB", packet, 8)
    return X11Error(
        packet,
        _requestName(major, minor, extensions),
        _errorName(packet[1], extensions),
    )


def _requestName(major: int, minor: int, extensions: Mapping[str, Extension]) -> str:
    extension, number = CORE, major
    if major >= _FIRST:
        for name, numbers in extensions.items():
            if numbers.opcode == major:
                extension, number = name, minor
                break
        else:
            return ""
    try:
        name = _OPCODES[extension](number).name
    except (KeyError, ValueError):
        name = str(number) if extension else ""
    return f"{extension} {name}".strip()


def _errorName(code: int, extensions: Mapping[str, Extension]) -> str:
    found = [
        (numbers.error, name)
        for name, numbers in extensions.items()
        if _FIRST <= numbers.error <= code
    ]
    if not found:
        return ""
    first, name = max(found)
    return f"{name} error {code - first}"
