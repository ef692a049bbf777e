# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.security.types.ard}.
"""

from __future__ import annotations

import secrets
import struct

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.cred.credentials import IUsernameHashedPassword, IUsernamePassword
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from tests.security.driver import Driver, converse
from txrfb.error import SecurityError
from txrfb.interfaces import ISecurityType
from txrfb.security import Context
from txrfb.security.types import ard
from txrfb.security.types.ard import PRIME, AppleDH
from txrfb.security.types.conditions import Conditions

_text = st.binary(max_size=63).filter(lambda data: b"\0" not in data)


class AppleDHTests(SynchronousTestCase):
    """
    Diffie-Hellman, and what is encrypted by it.
    """

    @settings(max_examples=15, deadline=None)
    @given(_text, _text, st.sampled_from([1, 50, 1000]))
    def test_login(self, name: bytes, password: bytes, piece: int) -> None:
        """
        Names and passwords of up to 63 bytes arrive.
        """
        server, viewer = converse(
            AppleDH().negotiate(Context()),
            ard.clientSteps(name, password, secrets.token_bytes),
            piece=piece,
        )
        self.assertTrue(viewer.finished)
        self.assertTrue(IUsernamePassword.providedBy(server.credentials))
        self.assertEqual(server.credentials.username, name)
        self.assertEqual(server.credentials.password, password)

    def test_interface(self) -> None:
        """
        It is a security type for portals that check names and passwords.
        """
        verifyObject(ISecurityType, AppleDH())
        for interface in (IUsernamePassword, IUsernameHashedPassword):
            under = AppleDH().under(Conditions(frozenset([interface])))
            self.assertEqual(under is None, interface is IUsernameHashedPassword)

    def test_prime(self) -> None:
        """
        The prime is a safe one of 2048 bits, as far as a test of Fermat's tells.
        """
        self.assertEqual(PRIME.bit_length(), 2048)
        for number in (PRIME, (PRIME - 1) // 2):
            self.assertEqual(pow(3, number - 1, number), 1)

    def test_publicNumbers(self) -> None:
        """
        Numbers that make the secret known to everybody are refused by both sides.
        """
        for number in (0, 1, PRIME - 1, PRIME, PRIME + 1):
            encoded = number.to_bytes(256, "big")
            server = Driver(AppleDH().negotiate(Context()))
            self.assertRaises(SecurityError, server.receive, bytes(128) + encoded)
            viewer = Driver(ard.clientSteps(b"", b"", secrets.token_bytes))
            self.assertRaises(
                SecurityError,
                viewer.receive,
                struct.pack(">HH", 2, 256) + PRIME.to_bytes(256, "big") + encoded,
            )

    def test_viewerRefuses(self) -> None:
        """
        A viewer takes no prime of a strange size, and says what does not fit.
        """
        for size in (0, 63, 1025, 65535):
            viewer = Driver(ard.clientSteps(b"", b"", secrets.token_bytes))
            self.assertRaises(
                SecurityError, viewer.receive, struct.pack(">HH", 2, size)
            )
        for name, password in ((b"x" * 64, b""), (b"", b"x" * 64)):
            steps = ard.clientSteps(name, password, secrets.token_bytes)
            self.assertRaises(ValueError, next, steps)

    def test_unterminated(self) -> None:
        """
        Fields without the zero that ends them are read to their end.
        """
        server = Driver(AppleDH().negotiate(Context()))
        server.receive(bytes(range(1, 129)) + (2).to_bytes(256, "big"))
        self.assertLessEqual(len(server.credentials.username), 64)
        self.assertTrue(server.finished)
