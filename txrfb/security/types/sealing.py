# -*- test-case-name: tests.security.test_sealing -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Sealed streams, as the RSA-AES security types of the RFB protocol have them: every
message is encrypted and authenticated with AES in EAX mode.
"""

from __future__ import annotations

from collections.abc import Iterable
from hmac import compare_digest
from typing import Any, NoReturn

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC
from twisted.internet.interfaces import ITransport
from zope.interface import directlyProvides, providedBy

from txrfb.security.steps import Sender

__all__ = ["EAX", "PIECE", "TAG", "Opener", "SealedTransport", "Sealer"]

#: The bytes of an authentication tag.
TAG = 16

#: How many bytes we put into one message.  65535 are allowed; larger messages cost
#: less, smaller ones are complete sooner.
PIECE = 32768


class EAX:
    """
    One direction of a sealed stream: AES-EAX (Bellare, Rogaway, Wagner 2004) whose
    nonce is the number of the message, a little-endian integer of 16 bytes.
    """

    def __init__(self, key: bytes, count: int = 0) -> None:
        """
        @param key: 16 or 32 bytes.

        @param count: The number of the first message.
        """
        self._aes = algorithms.AES(key)
        self._count = count
        # Each starts with the block that tells nonce, header and body apart.
        self._macs = []
        for purpose in range(3):
            mac = CMAC(self._aes)
            mac.update(bytes([*bytes(15), purpose]))
            self._macs.append(mac)

    def _mac(self, purpose: int, data: bytes) -> int:
        mac = self._macs[purpose].copy()
        mac.update(data)
        return int.from_bytes(mac.finalize(), "big")

    def _begin(self, header: bytes) -> tuple[bytes, int]:
        nonce = self._mac(0, self._count.to_bytes(16, "little"))
        self._count += 1
        return nonce.to_bytes(16, "big"), nonce ^ self._mac(1, header)

    def seal(self, header: bytes, data: bytes) -> bytes:
        """
        @param header: Bytes that are authenticated, and not part of the result.

        @param data: Bytes that are encrypted and authenticated.

        @return: The encrypted bytes, and 16 bytes of tag.
        """
        nonce, tag = self._begin(header)
        body = Cipher(self._aes, modes.CTR(nonce)).encryptor().update(data)
        return body + (tag ^ self._mac(2, body)).to_bytes(TAG, "big")

    def open(self, header: bytes, body: bytes, tag: bytes) -> bytes:
        """
        @param header: The bytes that came before the body.

        @param body: The encrypted bytes.

        @param tag: The 16 bytes after the body.

        @return: The clear bytes.

        @raise ValueError: if they are not what the owner of the key sealed as its
            next message.
        """
        nonce, expected = self._begin(header)
        expected ^= self._mac(2, body)
        if not compare_digest(expected.to_bytes(TAG, "big"), tag):
            raise ValueError("a sealed message is forged or damaged")
        return Cipher(self._aes, modes.CTR(nonce)).decryptor().update(body)

    def __reduce__(self) -> NoReturn:
        raise TypeError("keys are not to be stored")


class Sealer:
    """
    Seals what goes out.
    """

    def __init__(self, key: bytes) -> None:
        """
        @param key: 16 or 32 bytes.
        """
        self._eax = EAX(key)

    def seal(self, data: bytes) -> bytes:
        """
        @param data: Any number of bytes.

        @return: The messages that carry them; none if there are none.
        """
        messages = []
        for at in range(0, len(data), PIECE):
            piece = bytes(data[at : at + PIECE])
            header = len(piece).to_bytes(2, "big")
            messages += [header, self._eax.seal(header, piece)]
        return b"".join(messages)


class Opener:
    """
    Unseals what comes in.  It holds at most one message that is not complete, of
    65535 bytes and what belongs to it.
    """

    def __init__(self, key: bytes) -> None:
        """
        @param key: 16 or 32 bytes.
        """
        self._eax = EAX(key)
        self._held = bytearray()

    @property
    def held(self) -> int:
        """
        How many bytes wait for the rest of their message.
        """
        return len(self._held)

    @property
    def missing(self) -> int:
        """
        How many bytes are missing of the message that has begun; 0 if none has.
        """
        if len(self._held) < 2:
            return 2 - len(self._held) if self._held else 0
        return 2 + int.from_bytes(self._held[:2], "big") + TAG - len(self._held)

    def unseal(self, data: bytes) -> bytes:
        """
        @param data: What came, cut anywhere.

        @return: The clear bytes of all messages that are now complete.

        @raise ValueError: if a message is forged, or empty: nobody has to say nothing,
            and the check of its tag costs the same.
        """
        self._held += data
        clear = []
        at = 0
        while len(self._held) - at >= 2:
            header = bytes(self._held[at : at + 2])
            size = int.from_bytes(header, "big")
            if not size:
                raise ValueError("a sealed message is empty")
            end = at + 2 + size
            if len(self._held) < end + TAG:
                break
            body = bytes(self._held[at + 2 : end])
            clear.append(
                self._eax.open(header, body, bytes(self._held[end : end + TAG]))
            )
            at = end + TAG
        del self._held[:at]
        return b"".join(clear)


class SealedTransport:
    """
    A transport that seals what is written.  In everything else it is the transport
    that it writes to: producers hear from that one whether there is room.

    @ivar transport: That transport.
    """

    def __init__(self, transport: ITransport, sender: Sender) -> None:
        """
        @param sender: What seals.
        """
        self.transport = transport
        self._seal = sender.seal
        directlyProvides(self, providedBy(transport))

    def write(self, data: bytes) -> None:
        """
        Seal bytes, and write them.
        """
        self.transport.write(self._seal(data))

    def writeSequence(self, data: Iterable[bytes]) -> None:
        """
        Seal bytes, and write them.
        """
        self.write(b"".join(data))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.transport, name)
