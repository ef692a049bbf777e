# -*- test-case-name: tests.security.test_passwords -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Files with a password in them.
"""

from __future__ import annotations

import codecs
from typing import NamedTuple

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from twisted.logger import Logger

from txrfb.error import UnusableFile
from txrfb.security.accounts.credentials import VNCPassword, vncKey
from txrfb.security.accounts.files import secretWarnings

__all__ = [
    "Passwords",
    "obfuscated",
    "parsePasswords",
    "passwordsIn",
    "readPasswords",
    "warningsFor",
]

#: The key under which C{vncpasswd} hides passwords from being read over a shoulder.
_OBFUSCATION = vncKey(bytes([23, 82, 107, 6, 35, 78, 88, 7]))

#: No password file is longer.
_MAX_LENGTH = 4096

_log = Logger()


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


def _isText(data: bytes) -> bool:
    """
    @return: Whether somebody may have written this as text: what C{vncpasswd} writes is
        as good as never without control characters, and UTF-8.
    """
    if any((byte < 32 and byte not in b"\t\r\n") or byte == 127 for byte in data):
        return False
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        # It may be of an older character set, if vncpasswd does not write so much: the
        # last of what that writes may look like the end of a line.
        return not {len(data), len(data.rstrip(b"\r\n"))} & {8, 16}
    return True


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
    or 16 bytes that cannot be text.

    @raise ValueError: if there is no password in it, or too much.
    """
    if len(data) > _MAX_LENGTH:
        raise ValueError(f"it is longer than {_MAX_LENGTH} bytes")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and b"\0" in data:
        raise ValueError("it is text in UTF-16; save it as UTF-8")
    found: list[bytes]
    if _isText(data):
        data = data.removeprefix(codecs.BOM_UTF8)
        found = [line.rstrip(b"\r") for line in data.split(b"\n")]
        while found and not found[-1]:
            del found[-1]
        if len(found) > 2:
            raise ValueError(
                "it has more than two lines: the password, and the view-only password"
            )
    elif len(data) in (8, 16):
        found = [_revealed(data[at : at + 8]) for at in range(0, len(data), 8)]
    else:
        raise ValueError(
            f"its {len(data)} bytes are neither text nor what vncpasswd writes: that"
            " has 8 bytes, or 16"
        )
    if not found or not found[0]:
        raise ValueError("the password is empty")
    more = found[1] if len(found) == 2 and found[1] else None
    return Passwords(found[0], more)


def passwordsIn(path: str) -> Passwords:
    """
    Read a password file, once; see L{parsePasswords}.

    @raise OSError: if it cannot be read.

    @raise UnusableFile: if there is no password in it.
    """
    with open(path, "rb") as file:
        data = file.read(_MAX_LENGTH + 1)
    try:
        return parsePasswords(data)
    except ValueError as error:
        raise UnusableFile(path, str(error)) from None


def readPasswords(path: str) -> Passwords:
    """
    Read a password file, as L{passwordsIn} does, and tell the log what it is.

    @raise OSError: if it cannot be read.

    @raise UnusableFile: if there is no password in it.
    """
    passwords = passwordsIn(path)
    isObscured = isinstance(passwords.password, VNCPassword)
    _log.info(
        "password file {path!r}: a password{more}, {kind}",
        path=path,
        more="" if passwords.viewPassword is None else " and a view-only password",
        kind="as vncpasswd writes it" if isObscured else "as text",
    )
    return passwords


def warningsFor(path: str, passwords: Passwords) -> list[str]:
    """
    @param path: The path of a password file.

    @param passwords: What was read there: a pipe can be read but once.

    @return: What the administrator should know about it, in sentences for the log.
    """
    warnings = secretWarnings(path, "the password file")
    if any(len(one) > 8 for one in passwords if one):
        warnings.append(
            f"a password in {path!r} is longer than eight bytes: security type"
            " VncAuth looks at the first eight only"
        )
    return warnings
