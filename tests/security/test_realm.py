# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.security.accounts.realm} and L{txrfb.security.accounts.rights}.
"""

from __future__ import annotations

from typing import Any
from unittest import mock

from twisted.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse
from twisted.cred.credentials import (
    Anonymous,
    IAnonymous,
    IUsernameHashedPassword,
    IUsernamePassword,
)
from twisted.cred.error import UnauthorizedLogin
from twisted.cred.portal import IRealm
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import directlyProvides, implementer
from zope.interface.verify import verifyObject

from txrfb.error import UnusableAnswer
from txrfb.security.accounts.credentials import (
    IPassword,
    Password,
    UsernamePassword,
    VNCPassword,
    VNCResponse,
    vncResponse,
)
from txrfb.security.accounts.realm import (
    PasswordChecker,
    RFBRealm,
    portalFor,
)
from txrfb.security.accounts.rights import (
    FULL,
    NAMES,
    VIEW_ONLY,
    IRights,
    RightfulId,
    Rights,
    least,
)

#: What is no avatar id; of some, C{bytes} could be made.
ODD: tuple[Any, ...] = (True, False, None, 42, 2**40, ("ann",), [], 1.5, object())


class Mind:
    """
    Learns who logged in.
    """

    avatarId = b"?"


def response(password: bytes) -> VNCResponse:
    """
    @return: What a viewer with that password answers.
    """
    challenge = bytes(range(16))
    return VNCResponse(b"vnc", challenge, vncResponse(password, challenge))


class RightsTests(SynchronousTestCase):
    """
    Sets of rights.
    """

    def test_viewOnly(self) -> None:
        """
        A viewer with neither keys nor pointer is view-only.
        """
        verifyObject(IRights, FULL)
        self.assertFalse(FULL.viewOnly)
        self.assertTrue(VIEW_ONLY.viewOnly)
        self.assertTrue(Rights(["clipboard"]).viewOnly)
        self.assertFalse(Rights(["pointer"]).viewOnly)

    def test_allows(self) -> None:
        """
        A right is had or not; viewing always.
        """
        rights = Rights(["keys"])
        self.assertEqual(
            [name for name in NAMES if rights.allows(name)], ["view", "keys"]
        )

    def test_fromString(self) -> None:
        """
        Rights are written as the words for all and none, or by name, and read back.
        """
        for text in ("full", "view", "view,keys,clipboard"):
            self.assertEqual(str(Rights.fromString(text)), text)
        self.assertEqual(Rights.fromString("keys, view"), Rights(["keys"]))

    def test_least(self) -> None:
        """
        The least of several rights is what all of them allow, whoever made them.
        """
        self.assertIs(least(FULL), FULL)
        self.assertEqual(least(FULL, VIEW_ONLY), VIEW_ONLY)
        some = Rights(["keys", "pointer"]), Rights(["pointer", "clipboard"])
        self.assertEqual(least(FULL, *some), Rights(["pointer"]))

        @implementer(IRights)
        class Odd:
            viewOnly = False

            def allows(self, name: str) -> Any:
                return True if name == "keys" else "yes"

        self.assertEqual(least(FULL, Odd()), Rights(["keys"]))

    def test_stranger(self) -> None:
        """
        A right that does not exist is an error that names it and those there are.
        """
        for text in ("fly", "", "keys,,view"):
            error = self.assertRaises(ValueError, Rights.fromString, text)
            self.assertIn("there are full, view, keys", str(error))


class PortalTests(SynchronousTestCase):
    """
    From credentials to rights.
    """

    def rights(self, portal: Any, credentials: Any, who: bytes = b"") -> Rights:
        """
        @return: What logging in gives; C{who} must be the name that the mind learns.
        """
        mind = Mind()
        got = self.successResultOf(portal.login(credentials, mind, IRights))
        self.assertIs(got[0], IRights)
        self.assertIsNone(got[2]())
        self.assertEqual(mind.avatarId, who)
        rights: Rights = got[1]
        return rights

    def refused(self, portal: Any, credentials: Any) -> None:
        """
        Assert that there is no way in.
        """
        self.failureResultOf(
            portal.login(credentials, Mind(), IRights), UnauthorizedLogin
        )

    def test_open(self) -> None:
        """
        Without any password everybody is let in and may do everything, or what is
        said.
        """
        portal = portalFor()
        self.assertEqual(portal.listCredentialsInterfaces(), [IAnonymous])
        self.assertEqual(self.rights(portal, Anonymous()), FULL)
        portal = portalFor(anonymousRights=VIEW_ONLY)
        self.assertEqual(self.rights(portal, Anonymous()), VIEW_ONLY)

    def test_passwords(self) -> None:
        """
        Two passwords open two doors, by challenge or in clear; no other does.
        """
        portal = portalFor("control", b"look")
        for make in (response, lambda password: Password(b"", password)):
            self.assertEqual(self.rights(portal, make(b"control")), FULL)
            self.assertEqual(self.rights(portal, make(b"look")), VIEW_ONLY)
            self.refused(portal, make(b"other"))
            self.refused(portal, make(b""))
        self.assertNotIn(IAnonymous, portal.listCredentialsInterfaces())

    def test_names(self) -> None:
        """
        With a password alone nobody needs a name; it can be had that names are asked
        for, and do not matter.
        """
        self.assertEqual(
            set(portalFor("x").listCredentialsInterfaces()),
            {IPassword, IUsernameHashedPassword},
        )
        portal = portalFor("x", names=True)
        self.assertEqual(self.rights(portal, UsernamePassword(b"whoever", b"x")), FULL)

    def test_viewPasswordAlone(self) -> None:
        """
        There may be a view-only password alone.
        """
        portal = portalFor(viewPassword=b"look")
        self.assertEqual(self.rights(portal, response(b"look")), VIEW_ONLY)
        self.refused(portal, response(b""))

    def test_empty(self) -> None:
        """
        An empty password, which would let in everybody who sends nothing, is an
        error.
        """
        self.assertRaises(ValueError, portalFor, "")
        self.assertRaises(ValueError, portalFor, "good", b"")
        self.assertRaises(ValueError, PasswordChecker, None)

    def test_sameEightBytes(self) -> None:
        """
        Two passwords that VNC authentication could not tell apart are an error, however
        long they are; it does not quote them.
        """
        for password, view in (
            ("sesame.1.full", "sesame.1.view"),
            (b"sesame", b"sesame"),
            (VNCPassword(b"sesame.1"), "sesame.1 and more"),
        ):
            error = self.assertRaises(ValueError, portalFor, password, view)
            self.assertIn("same eight bytes", str(error))
            self.assertNotIn("sesame", str(error))

    def test_lesserRight(self) -> None:
        """
        Of passwords that fit, the one that allows less counts.
        """
        portal = portalFor("open", "look", names=True)
        fitsAll = mock.Mock(spec=VNCResponse)
        fitsAll.checkPassword = lambda stored: True
        directlyProvides(fitsAll, IUsernameHashedPassword)
        self.assertEqual(self.rights(portal, fitsAll), VIEW_ONLY)

    def test_lesserUser(self) -> None:
        """
        Nor is a user, who may do less, the shared password whose first eight bytes are
        its own; whichever checker is asked first.
        """
        viewer = InMemoryUsernamePasswordDatabaseDontUse(vnc=b"eight.by and more")
        other = InMemoryUsernamePasswordDatabaseDontUse(vnc=b"eight.by or less")
        for options in (
            {"password": "eight.by all", "checkers": [viewer]},
            {"checkers": [other, viewer]},
        ):
            portal = portalFor(**options, viewOnlyUsers=["vnc"])
            mind = Mind()
            got = portal.login(response(b"eight.by"), mind, IRights)
            self.assertEqual(self.successResultOf(got)[1], VIEW_ONLY)
            self.refused(portal, response(b"eight.xy"))

    def test_vncpasswd(self) -> None:
        """
        Of a password that C{vncpasswd} wrote eight bytes are known, and no more are
        compared, by whatever it is proved.
        """
        full, view = (VNCPassword(one) for one in (b"sesame.1", b"look"))
        portal = portalFor(full, view)
        for make in (response, lambda password: Password(b"", password)):
            for typed in (b"sesame.1", b"sesame.1 and more"):
                self.assertEqual(self.rights(portal, make(typed)), FULL)
            self.assertEqual(self.rights(portal, make(b"look")), VIEW_ONLY)
            for typed in (b"sesame.", b"look and more", b""):
                self.refused(portal, make(typed))
        portal = portalFor(full, names=True)
        named = UsernamePassword(b"ann", b"sesame.1 and more")
        self.assertEqual(self.rights(portal, named), FULL)

    def test_checkers(self) -> None:
        """
        Checkers work together with a password and with each other, and users can be
        restricted by name.
        """
        first = InMemoryUsernamePasswordDatabaseDontUse(ann=b"a")
        second = InMemoryUsernamePasswordDatabaseDontUse(ann=b"A", bob=b"b")
        portal = portalFor("shared", checkers=[first, second], viewOnlyUsers=["bob"])
        for name, password, rights, who in (
            (b"ann", b"a", FULL, b"ann"),
            (b"ann", b"A", FULL, b"ann"),
            (b"bob", b"b", VIEW_ONLY, b"bob"),
            (b"bob", b"shared", VIEW_ONLY, b""),
            (b"eve", b"shared", FULL, b""),
        ):
            credentials = UsernamePassword(name, password)
            self.assertEqual(self.rights(portal, credentials, who), rights)
        self.refused(portal, UsernamePassword(b"bob", b"a"))
        self.assertEqual(
            set(portal.listCredentialsInterfaces()),
            {IUsernamePassword, IUsernameHashedPassword},
        )

    def test_rightfulId(self) -> None:
        """
        An avatar id may bring its rights; a user named like another's kind of
        password gets nothing by it.
        """
        realm = RFBRealm(viewOnlyUsers=[b"bob"])
        verifyObject(IRealm, realm)
        keys = Rights(["keys"])
        self.assertEqual(realm.rightsOf(RightfulId(b"ann", keys)), keys)
        self.assertEqual(realm.rightsOf(RightfulId(b"bob", FULL)), VIEW_ONLY)
        self.assertEqual(realm.rightsOf(b"view"), FULL)

    def test_noId(self) -> None:
        """
        What is no avatar id is nobody, of whatever C{bytes} could be made.
        """
        realm = RFBRealm()
        for answer in ODD:
            with self.subTest(repr(answer)):
                with self.assertRaisesRegex(UnusableAnswer, type(answer).__name__):
                    realm.requestAvatar(answer, Mind(), IRights)

    def test_otherInterface(self) -> None:
        """
        The realm has nothing else to give.
        """
        self.assertRaises(
            NotImplementedError, RFBRealm().requestAvatar, b"", None, IRealm
        )
