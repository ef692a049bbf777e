# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.security.types.diffiehellman}.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from txrfb.error import SecurityError
from txrfb.security.types.diffiehellman import KeyExchange

_PRIME = (1 << 64) - 59


class KeyExchangeTests(SynchronousTestCase):
    """
    Two sides.
    """

    @given(st.integers(3, _PRIME - 3), st.integers(3, _PRIME - 3))
    def test_secret(self, one: int, other: int) -> None:
        """
        Both sides come to the same secret.
        """
        ours = KeyExchange(5, _PRIME, one.to_bytes(8, "big"))
        theirs = KeyExchange(5, _PRIME, other.to_bytes(8, "big"))
        self.assertEqual(
            ours.secret(theirs.public.to_bytes(8, "big"), "viewer"),
            theirs.secret(ours.public.to_bytes(8, "big"), "server"),
        )

    def test_outOfRange(self) -> None:
        """
        Numbers that make the secret known are refused, saying whose they are; so are
        groups in which nothing else is possible.
        """
        for prime, number in (
            *((_PRIME, number) for number in (0, 1, _PRIME - 1, _PRIME)),
            (0, 2),
            (1, 2),
            (3, 2),
            (1 << 16, 7),
        ):
            exchange = KeyExchange(5, prime, b"\7")
            error = self.assertRaises(
                SecurityError, exchange.secret, number.to_bytes(8, "big"), "viewer"
            )
            self.assertIn("the viewer's public number", str(error))

    def test_repr(self) -> None:
        """
        The exponent does not print.
        """
        self.assertNotIn("\\x07", repr(KeyExchange(5, _PRIME, b"\7")))
