# -*- test-case-name: tests.security.test_mslogon -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
MSLogonII of UltraVNC (security type 113 of the RFB protocol).  Its Diffie-Hellman
group has 64 bits: an eavesdropper can compute the password.  It is here for networks
without any, and is offered only if asked for by name.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from zope.interface import implementer

from txrfb.interfaces import ISecurityType
from txrfb.security.accounts.credentials import vncKey
from txrfb.security.steps import ClientSteps, Context, Read, Step, Write
from txrfb.security.types.diffiehellman import KeyExchange
from txrfb.security.types.usernamepassword import UsernamePasswordType, pad, unpad

__all__ = ["MSLogonII", "clientSteps"]

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
class MSLogonII(UsernamePasswordType):
    """
    Ask for user name and password.
    """

    number = 113
    name = "MSLogonII"

    def ask(self, context: Context) -> Generator[Step, Any, tuple[bytes, bytes]]:
        """
        See L{UsernamePasswordType.ask}.
        """
        exchange = KeyExchange(_GENERATOR, _PRIME, context.random(8))
        numbers = (_GENERATOR, _PRIME, exchange.public)
        yield Write(b"".join(one.to_bytes(8, "big") for one in numbers))
        answer = yield Read(8 + _NAME + _PASSWORD)
        secret = exchange.secret(answer[:8], "viewer")
        name = _cipher(secret).decryptor().update(answer[8 : 8 + _NAME])
        password = _cipher(secret).decryptor().update(answer[8 + _NAME :])
        return unpad(name), unpad(password)


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
    generator = int.from_bytes(numbers[:8], "big")
    prime = int.from_bytes(numbers[8:16], "big")
    exchange = KeyExchange(generator, prime, random(8))
    secret = exchange.secret(numbers[16:], "server")
    sealed = (
        _cipher(secret).encryptor().update(pad(one, size, random))
        for one, size in ((username, _NAME), (password, _PASSWORD))
    )
    yield Write(exchange.public.to_bytes(8, "big") + b"".join(sealed))
