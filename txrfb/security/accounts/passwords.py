# -*- test-case-name: tests.security.test_passwords -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Files with a password in them.
"""

from __future__ import annotations

import os
import stat
from typing import NamedTuple

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

from txrfb.error import UnusableFile
from txrfb.security.accounts.credentials import VNCPassword, vncKey

__all__ = [
    "Passwords",
    "obfuscated",
    "parsePasswords",
    "readPasswords",
    "readableByOthers",
    "warningsFor",
]

#: The key under which C{vncpasswd} hides passwords from being read over a shoulder.
_OBFUSCATION = vncKey(bytes([23, 82, 107, 6, 35, 78, 88, 7]))

#: No password file is longer.
_MAX_LENGTH = 4096


class Passwords(NamedTuple):
    """
    What a password file says.

    @ivar password: The password for full access.
    @ivar viewPassword: The view-only password, or C{None}.
    """

    password: bytes
    viewPassword: bytes | None

    def __repr__(self) -> str:
        return "<Passwords>"


def readableByOthers(path: str) -> bool:
    """
    @return: Whether the group or everybody may read the file.

    @raise OSError: if there is no such file.
    """
    return bool(os.stat(path).st_mode & (stat.S_IRGRP | stat.S_IROTH))


def _isObfuscated(data: bytes) -> bool:
    return len(data) in (8, 16) and not all(
        32 <= byte < 127 or byte in b"\t\r\n" for byte in data
    )


def obfuscated(password: bytes) -> bytes:
    """
    @return: The eight bytes that C{vncpasswd} writes for a password, of which
        only the first eight count.
    """
    encryptor = Cipher(TripleDES(_OBFUSCATION * 3), modes.ECB()).encryptor()
    return encryptor.update(password[:8].ljust(8, b"\0")) + encryptor.finalize()


def _revealed(data: bytes) -> VNCPassword:
    decryptor = Cipher(TripleDES(_OBFUSCATION * 3), modes.ECB()).decryptor()
    clear = decryptor.update(data) + decryptor.finalize()
    return VNCPassword(clear.rstrip(b"\0"))


def parsePasswords(data: bytes) -> Passwords:
    """
    Understand a password file: lines of text, the first with the password and the
    second, if there is one, with the view-only password; or what C{vncpasswd} writes, 8
    or 16 bytes.

    @raise ValueError: if there is no password in it, or too much.
    """
    if len(data) > _MAX_LENGTH:
        raise ValueError(f"it is longer than {_MAX_LENGTH} bytes")
    if _isObfuscated(data):
        found: list[bytes] = [
            _revealed(data[at : at + 8]) for at in range(0, len(data), 8)
        ]
    else:
        found = [line.rstrip(b"\r") for line in data.split(b"\n")]
        while found and not found[-1]:
            del found[-1]
        if len(found) > 2:
            raise ValueError(
                "it has more than two lines: the password, and the view-only password"
            )
    if not found or not found[0]:
        raise ValueError("the password is empty")
    return Passwords(found[0], found[1] if len(found) == 2 and found[1] else None)


def readPasswords(path: str) -> Passwords:
    """
    Read a password file; see L{parsePasswords}.

    @raise OSError: if it cannot be read.

    @raise UnusableFile: if there is no password in it.
    """
    with open(path, "rb") as file:
        data = file.read(_MAX_LENGTH + 1)
    try:
        return parsePasswords(data)
    except ValueError as error:
        raise UnusableFile(path, str(error)) from None


def warningsFor(path: str, passwords: Passwords) -> list[str]:
    """
    @param path: The path of a password file.

    @param passwords: What was read there: a pipe can be read but once.

    @return: What the administrator should know about it, in sentences for the log.
    """
    warnings = []
    if readableByOthers(path):
        warnings.append(
            f"the password file {path!r} can be read by others;"
            f" chmod 600 {path} keeps it to yourself"
        )
    if any(len(one) > 8 for one in passwords if one):
        warnings.append(
            f"a password in {path!r} is longer than eight bytes: security type"
            " VncAuth looks at the first eight only"
        )
    return warnings
