# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.security.types.none} and L{txrfb.security.types.vncauth}.
"""

from __future__ import annotations

from twisted.cred.credentials import IAnonymous, IUsernameHashedPassword
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from tests.security.driver import Driver, converse, counted
from txrfb.interfaces import ISecurityType
from txrfb.security import Context
from txrfb.security.types import none, vncauth
from txrfb.security.types.conditions import Conditions
from txrfb.security.types.none import NoSecurity
from txrfb.security.types.vncauth import VNCAuth


class NoSecurityTests(SynchronousTestCase):
    """
    Nothing is asked.
    """

    def test_negotiate(self) -> None:
        """
        The viewer logs in as nobody, without a byte said.
        """
        server, viewer = converse(NoSecurity().negotiate(Context()), none.clientSteps())
        self.assertTrue(server.finished and viewer.finished)
        self.assertIsNone(server.credentials)
        self.assertEqual(server.sent, b"")

    def test_interface(self) -> None:
        """
        Both types are security types.
        """
        verifyObject(ISecurityType, NoSecurity())
        verifyObject(ISecurityType, VNCAuth())

    def test_under(self) -> None:
        """
        It is offered only where the portal lets anybody in.
        """
        open = Conditions(frozenset([IAnonymous]))
        closed = Conditions(frozenset([IUsernameHashedPassword]))
        self.assertIsNotNone(NoSecurity().under(open))
        self.assertIsNone(NoSecurity().under(closed))
        self.assertIsNone(VNCAuth().under(open))
        self.assertIsNotNone(VNCAuth().under(closed))


class VNCAuthTests(SynchronousTestCase):
    """
    Challenge and response.
    """

    def test_challenge(self) -> None:
        """
        Sixteen random bytes go out, others each time.
        """
        context = Context(random=counted())
        first = Driver(VNCAuth().negotiate(context)).take()
        second = Driver(VNCAuth().negotiate(context)).take()
        self.assertEqual(first, bytes(range(16, 32)))
        self.assertNotEqual(first, second)

    def test_password(self) -> None:
        """
        The response to the challenge is credentials that fit the password of the
        viewer and no other, however the bytes are cut.
        """
        for piece in (1, 5, 100):
            server, _ = converse(
                VNCAuth().negotiate(Context()),
                vncauth.clientSteps(b"secret"),
                piece=piece,
            )
            credentials = server.credentials
            self.assertTrue(IUsernameHashedPassword.providedBy(credentials))
            self.assertTrue(credentials.checkPassword(b"secret"))
            self.assertFalse(credentials.checkPassword(b"Secret"))

    def test_username(self) -> None:
        """
        The credentials bear the name that the type was made with.
        """
        server, _ = converse(
            VNCAuth(b"desk").negotiate(Context()), vncauth.clientSteps(b"secret")
        )
        self.assertEqual(server.credentials.username, b"desk")
