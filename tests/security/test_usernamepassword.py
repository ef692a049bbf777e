# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.security.types.usernamepassword}.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.cred.credentials import IUsernameHashedPassword, IUsernamePassword
from twisted.trial.unittest import SynchronousTestCase

from tests.security.driver import Driver, counted
from txrfb.security.steps import Context, Read, Step
from txrfb.security.types.conditions import Conditions
from txrfb.security.types.usernamepassword import UsernamePasswordType, pad, unpad


class Short(UsernamePasswordType):
    """
    Asks for one byte each.
    """

    def ask(self, context: Context) -> Generator[Step, Any, tuple[bytes, bytes]]:
        """
        See L{UsernamePasswordType.ask}.
        """
        both = yield Read(2)
        return both[:1], both[1:]


class UsernamePasswordTypeTests(SynchronousTestCase):
    """
    What is asked, and of whom.
    """

    def test_negotiate(self) -> None:
        """
        What the viewer gives are the credentials of the login.
        """
        server = Driver(Short().negotiate(Context()))
        server.receive(b"np")
        self.assertTrue(IUsernamePassword.providedBy(server.credentials))
        self.assertEqual(server.credentials.username, b"n")
        self.assertTrue(server.credentials.checkPassword(b"p"))

    def test_under(self) -> None:
        """
        It can be offered if the portal checks names and passwords.
        """
        short = Short()
        self.assertIs(short.under(Conditions(frozenset([IUsernamePassword]))), short)
        self.assertIsNone(short.under(Conditions(frozenset([IUsernameHashedPassword]))))


class FieldTests(SynchronousTestCase):
    """
    Fields of a fixed size.
    """

    @given(st.binary(max_size=9).filter(lambda data: b"\0" not in data))
    def test_roundTrip(self, text: bytes) -> None:
        """
        A text comes back; the field says by no byte how long it is.
        """
        field = pad(text, 10, counted())
        self.assertEqual(len(field), 10)
        self.assertEqual(unpad(field), text)
        self.assertEqual(field[len(text) + 1 :], counted()(9 - len(text)))

    def test_full(self) -> None:
        """
        A field without a zero is text to its end.
        """
        self.assertEqual(unpad(b"0123456789"), b"0123456789")
