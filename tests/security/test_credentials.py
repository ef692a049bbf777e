# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.security.accounts.credentials}.
"""

from __future__ import annotations

import copy
import pickle

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.cred.credentials import IUsernameHashedPassword, IUsernamePassword
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from txrfb.security.accounts.credentials import (
    ClientCertificate,
    IClientCertificate,
    UsernamePassword,
    VNCResponse,
    vncKey,
    vncResponse,
)


class ResponseTests(SynchronousTestCase):
    """
    The arithmetic of VNC authentication.
    """

    def test_key(self) -> None:
        """
        The bits of each byte stand in reverse, and short passwords are padded.
        """
        self.assertEqual(vncKey(b"\x01\x80\xf0"), bytes([0x80, 1, 0x0F, 0, 0, 0, 0, 0]))

    def test_knownAnswer(self) -> None:
        """
        A response is single DES: the published vector of the key 0123456789ABCDEF
        over "Now is t" comes out.
        """
        password = bytes(
            int(f"{b:08b}"[::-1], 2) for b in bytes.fromhex("0123456789ABCDEF")
        )
        self.assertEqual(vncResponse(password, b"Now is t").hex(), "3fa40e8a984d4815")

    @settings(max_examples=50, deadline=None)
    @given(
        st.binary(max_size=12),
        st.binary(max_size=12),
        st.binary(min_size=16, max_size=16),
    )
    def test_eightBytes(self, one: bytes, other: bytes, challenge: bytes) -> None:
        """
        Two passwords are told apart by the first eight bytes, less the lowest bit
        of parity, and by nothing else.
        """
        answer = vncResponse(one, challenge)
        credentials = VNCResponse(b"", challenge, answer)
        # DES ignores the lowest bit of each key byte, the highest of the password.
        same = [b & 127 for b in one[:8].ljust(8, b"\0")] == [
            b & 127 for b in other[:8].ljust(8, b"\0")
        ]
        self.assertEqual(credentials.checkPassword(other), same)

    def test_text(self) -> None:
        """
        Checkers may store passwords as text or as bytes.
        """
        challenge = bytes(range(16))
        response = VNCResponse(b"", challenge, vncResponse("pässe".encode(), challenge))
        plain = UsernamePassword(b"", "pässe".encode())
        for credentials in (response, plain):
            self.assertTrue(credentials.checkPassword("pässe"))
            self.assertTrue(credentials.checkPassword("pässe".encode()))
            self.assertFalse(credentials.checkPassword("passe"))
            self.assertFalse(credentials.checkPassword(b""))


class GuardedTests(SynchronousTestCase):
    """
    What credentials of every kind have in common.
    """

    all = (
        VNCResponse(b"ann", b"0123456789abcdef", b"fedcba9876543210"),
        UsernamePassword(b"ann", b"marked"),
        ClientCertificate(b"ann", b"marked"),
    )

    def test_interfaces(self) -> None:
        """
        They are the kinds of credentials that checkers know.
        """
        kinds = (IUsernameHashedPassword, IUsernamePassword, IClientCertificate)
        for credentials, kind in zip(self.all, kinds, strict=True):
            verifyObject(kind, credentials)

    def test_repr(self) -> None:
        """
        Printing shows the name and nothing that was proved.
        """
        for credentials in self.all:
            self.assertEqual(
                repr(credentials), f"<{type(credentials).__name__} b'ann'>"
            )

    def test_pickle(self) -> None:
        """
        They cannot be stored or copied by accident.
        """
        for credentials in self.all:
            self.assertRaises(TypeError, pickle.dumps, credentials)
            self.assertRaises(TypeError, copy.copy, credentials)

    def test_withUsername(self) -> None:
        """
        The same proof can be presented for another name.
        """
        for credentials in self.all:
            other = credentials.withUsername("bob")
            self.assertEqual(other.username, "bob")
            self.assertIs(type(other), type(credentials))
        self.assertTrue(self.all[1].withUsername("bob").checkPassword(b"marked"))
