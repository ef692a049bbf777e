# -*- test-case-name: tests.security.test_ard -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Diffie-Hellman authentication of Apple Remote Desktop (security type 30 of the RFB
protocol): user name and password, encrypted with AES in ECB mode.  Who only listens
does not learn them; who is in between does.  What follows is sent in clear.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from twisted.cred.credentials import IUsernamePassword
from zope.interface import implementer

from txrfb.error import SecurityError
from txrfb.interfaces import ISecurityType
from txrfb.security.accounts.credentials import UsernamePassword
from txrfb.security.steps import ClientSteps, Context, Login, Read, Steps, Write
from txrfb.security.types.conditions import Conditions

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
class AppleDH:
    """
    Ask for user name and password.
    """

    number = 30
    name = "ARD"

    def under(self, conditions: Conditions) -> AppleDH | None:
        """
        @return: This, if the portal can check names and passwords.
        """
        return self if conditions.canCheck(IUsernamePassword) else None

    def negotiate(self, context: Context) -> Steps:
        """
        See L{ISecurityType.negotiate}.
        """
        exponent = int.from_bytes(context.random(_EXPONENT), "big")
        public = pow(_GENERATOR, exponent, PRIME)
        yield Write(
            _GENERATOR.to_bytes(2, "big")
            + _SIZE.to_bytes(2, "big")
            + PRIME.to_bytes(_SIZE, "big")
            + public.to_bytes(_SIZE, "big")
        )
        answer = yield Read(2 * _FIELD + _SIZE)
        theirs = int.from_bytes(answer[2 * _FIELD :], "big")
        if not 1 < theirs < PRIME - 1:
            raise SecurityError("the viewer's public number is out of range")
        secret = pow(theirs, exponent, PRIME)
        clear = _cipher(secret, _SIZE).decryptor().update(answer[: 2 * _FIELD])
        name, password = (
            clear[at : at + _FIELD].partition(b"\0")[0] for at in (0, _FIELD)
        )
        yield Login(UsernamePassword(name, password))


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
    theirs = int.from_bytes(numbers[size:], "big")
    if prime % 2 == 0 or not 1 < theirs < prime - 1:
        raise SecurityError("the server's public number is out of range")
    exponent = int.from_bytes(random(_EXPONENT), "big")
    clear = b"".join(
        one + b"\0" + random(_FIELD - 1 - len(one)) for one in (username, password)
    )
    sealed = _cipher(pow(theirs, exponent, prime), size).encryptor().update(clear)
    yield Write(sealed + pow(generator, exponent, prime).to_bytes(size, "big"))
