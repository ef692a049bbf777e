# -*- test-case-name: tests.security.test_rsaaes -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The host key, by which viewers that use RSA-AES recognize a server.
"""

from __future__ import annotations

import contextlib
import hashlib
from typing import NoReturn

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPublicKey,
    RSAPublicNumbers,
    generate_private_key,
)

from txrfb.error import UnusableFile
from txrfb.security.accounts.files import WRITE, createSecret, openToOthers

__all__ = [
    "BITS",
    "MAX_BITS",
    "MIN_BITS",
    "HostKey",
    "decodeKey",
    "encodeKey",
    "fingerprint",
]

#: The bits of keys that are made here, and those that others' keys may have.
BITS, MIN_BITS, MAX_BITS = 3072, 1024, 8192

#: The bits that a host key may have: one of 8192 would take the server 40 ms for each
#: viewer that comes so far.
_MAX_HOST_BITS = 4096

#: The bits that the exponent of a key may have.  All viewers have 65537; with one as
#: long as the key, encrypting would cost as much as decrypting does.
_MAX_EXPONENT = 32

#: The largest file that may be a key.
_MAX_SIZE = 65536


def encodeKey(key: RSAPublicKey) -> bytes:
    """
    @return: The key as RSA-AES sends and hashes it: its bits as a C{U32}, modulus
        and exponent, both as long as the modulus.
    """
    numbers = key.public_numbers()
    size = (key.key_size + 7) // 8
    return (
        key.key_size.to_bytes(4, "big")
        + numbers.n.to_bytes(size, "big")
        + numbers.e.to_bytes(size, "big")
    )


def decodeKey(encoded: bytes) -> RSAPublicKey:
    """
    @param encoded: What L{encodeKey} makes.

    @return: The key.

    @raise ValueError: if there can be no such key, or using it would take too long.
    """
    size = (len(encoded) - 4) // 2
    modulus = int.from_bytes(encoded[4 : 4 + size], "big")
    exponent = int.from_bytes(encoded[4 + size :], "big")
    if exponent.bit_length() > _MAX_EXPONENT:
        raise ValueError(f"an exponent of {exponent.bit_length()} bits")
    return RSAPublicNumbers(exponent, modulus).public_key()


def fingerprint(encoded: bytes) -> str:
    """
    @param encoded: A public key as L{encodeKey} makes it.

    @return: What viewers show to their users to compare: eight bytes, like
        C{"d9-7a-4f-65-8d-91-92-78"}.
    """
    return hashlib.sha1(encoded).digest()[:8].hex("-")


class HostKey:
    """
    An RSA key of a server.

    @ivar encoded: The public key, as L{encodeKey} makes it.
    @ivar size: The bytes of what is encrypted for it.
    """

    def __init__(self, key: RSAPrivateKey) -> None:
        """
        @raise ValueError: if viewers would not accept a key of that length, or it takes
            too much time.
        """
        if not MIN_BITS <= key.key_size <= _MAX_HOST_BITS:
            raise ValueError(
                f"an RSA key of {key.key_size} bits:"
                f" {MIN_BITS} to {_MAX_HOST_BITS} are allowed"
            )
        self._key = key
        self.encoded = encodeKey(key.public_key())
        self.size = (key.key_size + 7) // 8

    @property
    def fingerprint(self) -> str:
        """
        What L{fingerprint} says of the public key.
        """
        return fingerprint(self.encoded)

    @classmethod
    def generate(cls, bits: int = BITS) -> HostKey:
        """
        @return: A new key.  It takes a tenth of a second.
        """
        return cls(generate_private_key(65537, bits))

    @classmethod
    def fromPEM(cls, data: bytes) -> HostKey:
        """
        @param data: A private key, PKCS#1 or PKCS#8, not encrypted.

        @raise ValueError: if it is something else.
        """
        try:
            key = serialization.load_pem_private_key(data, None)
        except TypeError:
            raise ValueError("the key is encrypted by a password") from None
        except (ValueError, UnsupportedAlgorithm):
            # The message of the library is long, and not for administrators.
            raise ValueError("it is not a private key in PEM form") from None
        if not isinstance(key, RSAPrivateKey):
            raise ValueError("it is not an RSA key")
        return cls(key)

    @classmethod
    def load(cls, path: str) -> HostKey:
        """
        Read a key from a file.

        @raise OSError: if it cannot be read.

        @raise UnusableFile: if there is no usable key in it, or others can change it.
        """
        with open(path, "rb") as file:
            isOpen = openToOthers(file.fileno(), WRITE)
            data = file.read(_MAX_SIZE)
        if isOpen:
            raise UnusableFile(
                path,
                f"the key can be changed by others; chmod 600 {path} keeps it to"
                " yourself",
            )
        try:
            return cls.fromPEM(data)
        except ValueError as error:
            raise UnusableFile(path, str(error)) from None

    @classmethod
    def loadOrCreate(cls, path: str) -> HostKey:
        """
        Read a key from a file; if there is none, make one and keep it there,
        readable by its owner only.  Of two servers that do so at once the first
        wins, and both have the same key.

        @raise OSError: if it can be neither read nor made.

        @raise UnusableFile: as L{load} does.
        """
        with contextlib.suppress(FileNotFoundError):
            return cls.load(path)
        createSecret(path, cls.generate().toPEM())
        return cls.load(path)

    def toPEM(self) -> bytes:
        """
        @return: The private key, PKCS#8, not encrypted.
        """
        return self._key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )

    def decrypt(self, data: bytes) -> bytes:
        """
        @param data: L{size} bytes.

        @return: What was encrypted for this key; if nothing sensible was, bytes of
            any length, or an error.

        @raise ValueError: if it cannot be decrypted.
        """
        return self._key.decrypt(data, padding.PKCS1v15())

    def __repr__(self) -> str:
        return f"<HostKey {self.fingerprint}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("keys are stored by toPEM only")
