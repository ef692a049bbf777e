# -*- test-case-name: tests.security.test_ard -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Diffie-Hellman authentication of Apple Remote Desktop (security type 30 of the RFB
protocol): user name and password, encrypted with AES in ECB mode.  An eavesdropper does
not learn them; a man in the middle does.  What follows is sent in clear.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from zope.interface import implementer

from txrfb.error import SecurityError
from txrfb.interfaces import ISecurityType
from txrfb.security.steps import ClientSteps, Context, Read, Step, Turn, Write
from txrfb.security.types.diffiehellman import KeyExchange
from txrfb.security.types.usernamepassword import UsernamePasswordType, pad, unpad

__all__ = ["PRIME", "AppleDH", "clientSteps"]

#: The group of 2048 bits of RFC 3526, section 3, whose generator is 2.
PRIME = int(
    "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74"
    "020bbea63b139b22514a08798e3404ddef9519b3cd3a431b302b0a6df25f1437"
    "4fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed"
    "ee386bfb5a899fa5ae9f24117c4b1fe649286651ece45b3dc2007cb8a163bf05"
    "98da48361c55d39a69163fa8fd24cf5f83655d23dca3ad961c62f356208552bb"
    "9ed529077096966d670c354e4abc9804f1746c08ca18217c32905e462e36ce3b"
    "e39e772c180e86039b2783a2ec07a28fb5c55df06f4c52c9de2bcbf695581718"
    "3995497cea956ae515d2261898fa051015728e5a8aacaa68ffffffffffffffff",
    16,
)

_GENERATOR = 2
_SIZE = 256

#: The bytes of a secret exponent: 320 bits are worth more than the group is.
_EXPONENT = 40

#: The bytes that a name and a password have, with the zero that ends them.
_FIELD = 64


def _cipher(secret: int, size: int) -> Cipher[modes.ECB]:
    """
    @return: What the credentials are encrypted with.
    """
    # Apple's choice of hash and mode; nothing else depends on them.
    key = hashlib.md5(secret.to_bytes(size, "big")).digest()
    return Cipher(algorithms.AES(key), modes.ECB())


@implementer(ISecurityType)
class AppleDH(UsernamePasswordType):
    """
    Ask for user name and password.
    """

    number = 30
    name = "ARD"

    def ask(self, context: Context) -> Generator[Step, Any, tuple[bytes, bytes]]:
        """
        See L{UsernamePasswordType.ask}.
        """
        exchange = KeyExchange(_GENERATOR, PRIME, context.random(_EXPONENT))
        yield Turn()
        yield Write(
            _GENERATOR.to_bytes(2, "big")
            + _SIZE.to_bytes(2, "big")
            + PRIME.to_bytes(_SIZE, "big")
            + exchange.public.to_bytes(_SIZE, "big")
        )
        answer = yield Read(2 * _FIELD + _SIZE)
        yield Turn()
        secret = exchange.secret(answer[2 * _FIELD :], "viewer")
        clear = _cipher(secret, _SIZE).decryptor().update(answer[: 2 * _FIELD])
        return unpad(clear[:_FIELD]), unpad(clear[_FIELD:])


def clientSteps(
    username: bytes, password: bytes, random: Callable[[int], bytes]
) -> ClientSteps:
    """
    The viewer's side.

    @param username: At most 63 bytes.

    @param password: At most 63 bytes.

    @param random: Makes unpredictable bytes.

    @raise ValueError: if name or password is too long.
    """
    if len(username) >= _FIELD or len(password) >= _FIELD:
        raise ValueError("user name and password may have 63 bytes each")
    header = yield Read(4)
    generator = int.from_bytes(header[:2], "big")
    size = int.from_bytes(header[2:], "big")
    if not 64 <= size <= 1024:
        raise SecurityError(f"a prime of {size} bytes; 64 to 1024 are allowed")
    numbers = yield Read(2 * size)
    prime = int.from_bytes(numbers[:size], "big")
    exchange = KeyExchange(generator, prime, random(_EXPONENT))
    secret = exchange.secret(numbers[size:], "server")
    clear = pad(username, _FIELD, random) + pad(password, _FIELD, random)
    sealed = _cipher(secret, size).encryptor().update(clear)
    yield Write(sealed + exchange.public.to_bytes(size, "big"))
