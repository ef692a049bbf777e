# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.security}: the vocabulary of steps.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from txrfb.security import Context, Login, Seal, Write
from txrfb.security.accounts.credentials import UsernamePassword


class StepsTests(SynchronousTestCase):
    """
    Steps are values that keep quiet.
    """

    def test_repr(self) -> None:
        """
        Neither bytes nor credentials nor keys print.
        """

        class Marked:
            held = missing = 0

            def __repr__(self) -> str:
                return "marked"

            def seal(self, data: bytes) -> bytes:
                return data

            unseal = seal

        for step in (
            Write(b"marked"),
            Login(UsernamePassword(b"marked", b"marked")),
            Seal(Marked(), Marked()),
        ):
            self.assertNotIn("marked", repr(step))

    def test_random(self) -> None:
        """
        A context that is told nothing draws from the system, other bytes each time.
        """
        context = Context()
        self.assertEqual(len(context.random(16)), 16)
        self.assertNotEqual(context.random(16), context.random(16))
        self.assertFalse(context.canStartTLS or context.isSecure)
