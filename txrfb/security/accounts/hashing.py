# -*- test-case-name: tests.security.test_users -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Passwords as Argon2id keeps them, in the PHC string format that other programs use.
"""

from __future__ import annotations

import base64
import re
import threading
from hmac import compare_digest
from typing import NamedTuple

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

__all__ = ["Hash"]

_FORMAT = re.compile(
    r"\$argon2id\$v=19\$m=(\d{1,8}),t=(\d{1,4}),p=(\d{1,3})"
    r"\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{14,172})"
)

#: Held while a hash is computed.  Two of several lanes at once, in two threads, wait
#: for each other for ever in OpenSSL's pool of threads (seen with 4.0.3); and one at a
#: time is all the memory that this may take.
_computing = threading.Lock()


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii").rstrip("=")


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


class Hash(NamedTuple):
    """
    A password that can be recognized and not be read.

    @ivar memory: KiB of memory that recognizing takes.
    @ivar rounds: How often it goes over the memory.
    @ivar lanes: How many of its parts could be done at once.
    @ivar salt: What makes equal passwords look different.
    @ivar digest: The result.
    """

    memory: int
    rounds: int
    lanes: int
    salt: bytes
    digest: bytes

    @classmethod
    def make(
        cls,
        password: bytes,
        salt: bytes,
        memory: int = 65536,
        rounds: int = 3,
        lanes: int = 1,
    ) -> Hash:
        """
        Hash a password.  With the defaults it takes about a fifth of a second and 64
        MiB.

        There is one lane, as more would not make guessing dearer, and would take all
        processors from whoever is viewing while somebody logs in.

        @param salt: 16 unpredictable bytes.
        """
        blank = cls(memory, rounds, lanes, salt, bytes(32))
        return blank._replace(digest=blank._derive(password))

    @classmethod
    def fromString(cls, text: str) -> Hash:
        """
        @param text: Something like C{"$argon2id$v=19$m=65536,t=3,p=4$...$..."}.

        @raise ValueError: if it is something else, or would take more than a GiB.
        """
        match = _FORMAT.fullmatch(text)
        if match is None:
            raise ValueError("it is not an Argon2id hash in PHC form")
        memory, rounds, lanes = map(int, match.groups()[:3])
        if not (lanes and rounds and 8 * lanes <= memory <= 1 << 20):
            raise ValueError(
                f"the cost m={memory},t={rounds},p={lanes} is out of range"
            )
        return cls(memory, rounds, lanes, _decode(match[4]), _decode(match[5]))

    def _derive(self, password: bytes) -> bytes:
        with _computing:
            return Argon2id(
                salt=self.salt,
                length=len(self.digest),
                iterations=self.rounds,
                lanes=self.lanes,
                memory_cost=self.memory,
            ).derive(password)

    @property
    def cost(self) -> int:
        """
        How much work recognizing is: the KiB that are gone over in all rounds.
        """
        return self.memory * self.rounds

    def padding(self, dearest: Hash) -> Hash | None:
        """
        @param dearest: A hash that costs as much, or more.

        @return: A hash of the work by which C{dearest} costs more; C{None} if that is
            nothing.  To recognize both takes as long as to recognize C{dearest}, as far
            as it depends on the work.
        """
        missing = dearest.cost - self.cost
        rounds = -(-missing // dearest.memory)
        if rounds < 1 or missing // rounds < 8 * dearest.lanes:
            return None
        return dearest._replace(memory=missing // rounds, rounds=rounds)

    def fits(self, password: bytes) -> bool:
        """
        @return: Whether this is the hash of that password.  It takes its time, and
            can be called in any thread.

        @raise MemoryError: if there is not enough memory to tell.
        """
        return compare_digest(self._derive(password), self.digest)

    def __str__(self) -> str:
        return (
            f"$argon2id$v=19$m={self.memory},t={self.rounds},p={self.lanes}"
            f"${_encode(self.salt)}${_encode(self.digest)}"
        )

    def __repr__(self) -> str:
        return "<Hash>"
