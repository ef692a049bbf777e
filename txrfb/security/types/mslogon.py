# -*- test-case-name: tests.security.test_mslogon -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
MSLogonII of UltraVNC (security type 113 of the RFB protocol).  Its Diffie-Hellman
group has 64 bits: whoever listens can have the password.  It is here for networks
where nobody can, and is offered only if asked for by name.
"""

from __future__ import annotations

from collections.abc import Callable

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from twisted.cred.credentials import IUsernamePassword
from zope.interface import implementer

from txrfb.error import SecurityError
from txrfb.interfaces import ISecurityType
from txrfb.security.accounts.credentials import UsernamePassword, vncKey
from txrfb.security.steps import ClientSteps, Context, Login, Read, Steps, Write
from txrfb.security.types.conditions import Conditions

#: The largest prime below 2 ** 64, and a generator.
_PRIME, _GENERATOR = 0xFFFFFFFFFFFFFFC5, 5

#: The bytes that name and password have, with the zero that ends them.
_NAME, _PASSWORD = 256, 64


def _cipher(secret: int) -> Cipher[modes.CBC]:
    """
    @return: What name and password are encrypted with, each by itself: DES with
        the bits of the key in VNC's order.
    """
    key = secret.to_bytes(8, "big")
    return Cipher(TripleDES(vncKey(key) * 3), modes.CBC(key))


@implementer(ISecurityType)
class MSLogonII:
    """
    Ask for user name and password.
    """

    number = 113
    name = "MSLogonII"

    def under(self, conditions: Conditions) -> MSLogonII | None:
        """
        @return: This, if the portal can check names and passwords.
        """
        return self if conditions.canCheck(IUsernamePassword) else None

    def negotiate(self, context: Context) -> Steps:
        """
        See L{ISecurityType.negotiate}.
        """
        exponent = int.from_bytes(context.random(8), "big")
        public = pow(_GENERATOR, exponent, _PRIME)
        yield Write(
            b"".join(one.to_bytes(8, "big") for one in (_GENERATOR, _PRIME, public))
        )
        answer = yield Read(8 + _NAME + _PASSWORD)
        theirs = int.from_bytes(answer[:8], "big")
        if not 1 < theirs < _PRIME - 1:
            raise SecurityError("the viewer's public number is out of range")
        secret = pow(theirs, exponent, _PRIME)
        name, password = (
            _cipher(secret).decryptor().update(one).partition(b"\0")[0]
            for one in (answer[8 : 8 + _NAME], answer[8 + _NAME :])
        )
        yield Login(UsernamePassword(name, password))


def clientSteps(
    username: bytes, password: bytes, random: Callable[[int], bytes]
) -> ClientSteps:
    """
    The viewer's side.

    @param username: At most 255 bytes.

    @param password: At most 63 bytes.

    @param random: Makes unpredictable bytes.

    @raise ValueError: if name or password is too long.
    """
    if len(username) >= _NAME or len(password) >= _PASSWORD:
        raise ValueError("a user name may have 255 bytes, a password 63")
    numbers = yield Read(24)
    generator, prime, theirs = (
        int.from_bytes(numbers[at : at + 8], "big") for at in (0, 8, 16)
    )
    if not 1 < theirs < prime - 1:
        raise SecurityError("the server's public number is out of range")
    exponent = int.from_bytes(random(8), "big")
    secret = pow(theirs, exponent, prime)
    sealed = (
        _cipher(secret).encryptor().update(one + b"\0" + random(size - 1 - len(one)))
        for one, size in ((username, _NAME), (password, _PASSWORD))
    )
    yield Write(pow(generator, exponent, prime).to_bytes(8, "big") + b"".join(sealed))
