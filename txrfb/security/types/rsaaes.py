# -*- test-case-name: tests.security.test_rsaaes -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The RSA-AES security types of the RFB protocol, known as RA2: both sides show an RSA
key, and agree on AES keys by it.  Then user name and password are sealed, and in
some of the types the rest of the connection.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator
from hmac import compare_digest
from typing import Any

from cryptography.hazmat.primitives.asymmetric import padding
from twisted.cred.credentials import IUsernamePassword
from zope.interface import implementer

from txrfb.error import SecurityError
from txrfb.interfaces import ISecurityType
from txrfb.security.accounts.credentials import IPassword, Password, UsernamePassword
from txrfb.security.steps import (
    ClientSteps,
    Context,
    Login,
    Read,
    Seal,
    Step,
    Steps,
    Turn,
    Unseal,
    Write,
)
from txrfb.security.types.conditions import Conditions
from txrfb.security.types.hostkey import MAX_BITS, MIN_BITS, HostKey, decodeKey
from txrfb.security.types.sealing import Opener, Sealer

__all__ = ["NAMES", "NUMBERS", "RSAAES", "clientSteps"]

#: What is asked of the viewer.
_NAME_AND_PASSWORD, _PASSWORD = 1, 2

#: Name and number, bytes of the random numbers and keys, whether all is sealed.
_KINDS = {
    "RA2_256": (129, 32, True),
    "RA2": (5, 16, True),
    "RA2ne": (6, 16, False),
    "RA2ne_256": (130, 32, False),
}

NAMES = tuple(_KINDS)
NUMBERS = {number: name for name, (number, _, _) in _KINDS.items()}


def _digest(size: int, *parts: bytes) -> bytes:
    """
    @return: The hash that belongs to keys of C{size} bytes, whole.
    """
    joined = b"".join(parts)
    return (hashlib.sha256 if size == 32 else hashlib.sha1)(joined).digest()


def _readKey(asked: str = "") -> Generator[Step, Any, bytes]:
    """
    @param asked: See L{Read.asked}.

    @return: The other side's public key, not yet looked at beyond its length.
    """
    header = yield Read(4, asked)
    bits = int.from_bytes(header, "big")
    if not MIN_BITS <= bits <= MAX_BITS:
        raise SecurityError(
            f"an RSA key of {bits} bits; {MIN_BITS} to {MAX_BITS} are allowed"
        )
    body = yield Read((bits + 7) // 8 * 2)
    return bytes(header + body)


def _encrypted(key: bytes, data: bytes) -> bytes:
    """
    @return: C{data} for the owner of a key, with its length.

    @raise SecurityError: if it is no key.
    """
    try:
        encrypted = decodeKey(key).encrypt(data, padding.PKCS1v15())
    except ValueError:
        raise SecurityError("the other side's RSA key is not usable") from None
    # In one piece: noVNC waits for the length only.
    return len(encrypted).to_bytes(2, "big") + encrypted


def _readRandom(key: HostKey, fallback: bytes) -> Generator[Step, Any, bytes]:
    """
    @param fallback: What to go on with if what came does not decrypt: it will fail
        soon, and nobody learns by what.

    @return: The other side's random number.
    """
    size = yield Read(2)
    if int.from_bytes(size, "big") != key.size:
        raise SecurityError(
            f"a random number of {int.from_bytes(size, 'big')} bytes for an RSA key"
            f" of {key.size}"
        )
    encrypted = yield Read(key.size)
    try:
        random = key.decrypt(encrypted)
    except ValueError:
        return fallback
    return random if len(random) == len(fallback) else fallback


@implementer(ISecurityType)
class RSAAES:
    """
    One of the four types.

    @ivar number: 129, 5, 6 or 130.
    @ivar name: C{"RA2_256"}, C{"RA2"}, C{"RA2ne"} or C{"RA2ne_256"}.
    @ivar isLastResort: Whether it is better offered behind all others.
    """

    isLastResort = False

    def __init__(self, name: str, hostKey: HostKey, asked: bool = False) -> None:
        """
        @param name: One of L{NAMES}.

        @param hostKey: The server's key.

        @param asked: Whether the administrator asked for it by name, and so for its
            place, too.
        """
        self._asked = asked
        self.number, self._size, self._sealsAll = _KINDS[name]
        self.name = name
        self._hostKey = hostKey
        self._nameless = False

    def under(self, conditions: Conditions) -> RSAAES | None:
        """
        @return: This, if the portal can check passwords; one that does not ask for
            names, if names do not matter to it.  Browsers know only RA2ne, and that
            only where they do cryptography.
        """
        if conditions.webSocket and not (self.number == 6 and conditions.secureContext):
            return None
        if conditions.canCheck(IUsernamePassword):
            return self
        if conditions.canCheck(IPassword):
            nameless = RSAAES(self.name, self._hostKey, self._asked)
            nameless._nameless = True
            # noVNC takes the first that it knows, and this even on pages where the
            # browser has no cryptography for it, those without https.  Where there
            # are no names, VncAuth asks for the same password.
            nameless.isLastResort = not (self._sealsAll or self._asked)
            return nameless
        return None

    def negotiate(self, context: Context) -> Steps:
        """
        See L{ISecurityType.negotiate}.
        """
        key = self._hostKey
        yield Write(key.encoded)
        theirKey = yield from _readKey(
            "to accept the host key, which browsers can do by https only"
        )
        random = context.random(self._size)
        # One for both keys: viewers wait for this random number before, or do not, or
        # send theirs at once.
        yield Turn()
        yield Write(_encrypted(theirKey, random))
        theirs = yield from _readRandom(key, context.random(self._size))
        yield Seal(
            Opener(_digest(self._size, random, theirs)[: self._size]),
            Sealer(_digest(self._size, theirs, random)[: self._size]),
        )
        yield Write(_digest(self._size, key.encoded, theirKey))
        expected = _digest(self._size, theirKey, key.encoded)
        answer = yield Read(len(expected))
        if not compare_digest(answer, expected):
            raise SecurityError("key hash mismatch: somebody is in between")
        yield Write(bytes([_PASSWORD if self._nameless else _NAME_AND_PASSWORD]))
        length = yield Read(1)
        both = yield Read(length[0] + 1)
        password = (yield Read(both[-1])) if both[-1] else b""
        if not self._sealsAll:
            yield Unseal()
        if self._nameless:
            yield Login(Password(b"", password))
        else:
            yield Login(UsernamePassword(both[:-1], password))


def clientSteps(
    name: str,
    username: bytes,
    password: bytes,
    random: Callable[[int], bytes],
    trust: Callable[[bytes], bool] = lambda encoded: True,
    hostKey: HostKey | None = None,
    proved: Callable[[bytes], None] = lambda encoded: None,
) -> ClientSteps:
    """
    The viewer's side.

    @param name: One of L{NAMES}.

    @param username: At most 255 bytes; not sent if the server does not ask.

    @param password: At most 255 bytes.

    @param random: Makes unpredictable bytes.

    @param trust: Is asked whether the server's public key, as
        L{txrfb.security.types.hostkey.encodeKey} makes it, is the right one.

    @param hostKey: The viewer's own key; by default a new one of 2048 bits.

    @param proved: Is told the server's public key once the server has shown that it has
        the private one.

    @raise ValueError: if name or password is too long.
    """
    _, size, sealsAll = _KINDS[name]
    if len(username) > 255 or len(password) > 255:
        raise ValueError("user name and password may have 255 bytes each")
    key = HostKey.generate(2048) if hostKey is None else hostKey
    theirKey = yield from _readKey()
    if not trust(theirKey):
        raise SecurityError("the server's key is not trusted")
    yield Write(key.encoded)
    mine = random(size)
    yield Write(_encrypted(theirKey, mine))
    theirs = yield from _readRandom(key, random(size))
    yield Seal(
        Opener(_digest(size, mine, theirs)[:size]),
        Sealer(_digest(size, theirs, mine)[:size]),
    )
    yield Write(_digest(size, key.encoded, theirKey))
    expected = _digest(size, theirKey, key.encoded)
    answer = yield Read(len(expected))
    if not compare_digest(answer, expected):
        raise SecurityError("key hash mismatch: somebody is in between")
    proved(theirKey)
    asked = yield Read(1)
    if asked[0] not in (_NAME_AND_PASSWORD, _PASSWORD):
        raise SecurityError(f"the server asks for credentials of kind {asked[0]}")
    if asked[0] == _PASSWORD:
        username = b""
    yield Write(bytes([len(username)]) + username + bytes([len(password)]) + password)
    if not sealsAll:
        yield Unseal()
