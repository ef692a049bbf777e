# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.security.types.mslogon}.
"""

from __future__ import annotations

import secrets

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.cred.credentials import IUsernameHashedPassword, IUsernamePassword
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from tests.security.driver import Driver, converse
from txrfb.error import SecurityError
from txrfb.interfaces import ISecurityType
from txrfb.security import Context
from txrfb.security.types import mslogon
from txrfb.security.types.conditions import Conditions
from txrfb.security.types.mslogon import MSLogonII

_PRIME = (1 << 64) - 59


def _text(size: int) -> st.SearchStrategy[bytes]:
    return st.binary(max_size=size).filter(lambda data: b"\0" not in data)


class MSLogonIITests(SynchronousTestCase):
    """
    The weak one.
    """

    @settings(max_examples=30, deadline=None)
    @given(_text(255), _text(63), st.sampled_from([1, 50, 1000]))
    def test_login(self, name: bytes, password: bytes, piece: int) -> None:
        """
        Names of up to 255 and passwords of up to 63 bytes arrive.
        """
        server, viewer = converse(
            MSLogonII().negotiate(Context()),
            mslogon.clientSteps(name, password, secrets.token_bytes),
            piece=piece,
        )
        self.assertTrue(viewer.finished)
        self.assertEqual(server.credentials.username, name)
        self.assertEqual(server.credentials.password, password)

    def test_interface(self) -> None:
        """
        It is a security type for portals that check names and passwords.
        """
        verifyObject(ISecurityType, MSLogonII())
        for interface in (IUsernamePassword, IUsernameHashedPassword):
            under = MSLogonII().under(Conditions(frozenset([interface])))
            self.assertEqual(under is None, interface is IUsernameHashedPassword)

    def test_publicNumbers(self) -> None:
        """
        Numbers that make the secret known to everybody are refused by both sides.
        """
        for number in (0, 1, _PRIME - 1, _PRIME, 0xFFFFFFFFFFFFFFFF):
            encoded = number.to_bytes(8, "big")
            server = Driver(MSLogonII().negotiate(Context()))
            self.assertRaises(SecurityError, server.receive, encoded + bytes(320))
            viewer = Driver(mslogon.clientSteps(b"", b"", secrets.token_bytes))
            self.assertRaises(
                SecurityError,
                viewer.receive,
                (5).to_bytes(8, "big") + _PRIME.to_bytes(8, "big") + encoded,
            )

    def test_tooLong(self) -> None:
        """
        A viewer says what does not fit.
        """
        for name, password in ((b"x" * 256, b""), (b"", b"x" * 64)):
            steps = mslogon.clientSteps(name, password, secrets.token_bytes)
            self.assertRaises(ValueError, next, steps)
