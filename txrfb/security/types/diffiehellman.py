# -*- test-case-name: tests.security.test_diffiehellman -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Diffie-Hellman key exchange: both sides show a public number, and come to have a secret
that somebody who only listens does not.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from txrfb.error import SecurityError

__all__ = ["KeyExchange"]


@dataclass(frozen=True, slots=True)
class KeyExchange:
    """
    One side of a key exchange.

    @ivar generator: The group's generator.
    @ivar prime: The group's prime.
    @ivar exponent: This side's unpredictable bytes, which it keeps to itself.
    """

    generator: int
    prime: int
    exponent: bytes = field(repr=False)

    @property
    def public(self) -> int:
        """
        The number that is shown to the other side.
        """
        return self._power(self.generator)

    def secret(self, public: bytes, owner: str) -> int:
        """
        @param public: The other side's public number.

        @param owner: Who that is, for the error: C{"viewer"} or C{"server"}.

        @return: The secret that both sides have.

        @raise SecurityError: if the number, or the prime, is one with which the
            secret would be known to everybody.
        """
        number = int.from_bytes(public, "big")
        if self.prime % 2 == 0 or not 1 < number < self.prime - 1:
            raise SecurityError(f"the {owner}'s public number is out of range")
        return self._power(number)

    def _power(self, base: int) -> int:
        return pow(base, int.from_bytes(self.exponent, "big"), self.prime)
