# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What embedders give by mistake is said at the call, in words that name it: each kind
here was seen to pass, or to fail as something else.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from PIL import Image
from twisted.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse
from twisted.internet.endpoints import HostnameEndpoint
from twisted.internet.task import Clock
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from txrfb.client import connectViewer
from txrfb.framebuffers import MemoryFramebuffer
from txrfb.interfaces import IInputReceiver
from txrfb.protocol import RFBFactory
from txrfb.reverse import ReverseConnection, outgoing
from txrfb.security import (
    FULL,
    LoginChecker,
    RFBRealm,
    RightfulId,
    choose,
    makeGate,
    makePortal,
    portalFor,
    securityTypes,
)
from txrfb.testing import Viewer


def login(name: str, password: str, address: str | None) -> Any:
    """
    Nobody comes in.
    """


@implementer(IInputReceiver)
class Application:
    """
    Takes nothing.
    """

    def keyEvent(self, keysym: int, down: bool, viewer: Any) -> None:
        """
        Drop it.
        """

    def pointerEvent(self, x: int, y: int, buttons: int, viewer: Any) -> None:
        """
        Drop it.
        """


class FactoryTests(SynchronousTestCase):
    """
    L{RFBFactory}.
    """

    def make(self, *arguments: Any, **options: Any) -> RFBFactory:
        """
        @return: A factory.
        """
        return RFBFactory(
            MemoryFramebuffer(9, 9), *arguments, reactor=Clock(), **options
        )

    def test_settings(self) -> None:
        """
        Each setting is of one kind, and what is of another is named, with its value.
        """
        nan = float("nan")
        for name, values in (
            ("maxViewers", ("5", 2.5, 0, -1, None, True, nan)),
            ("frameRate", ("fast", -1, None, nan)),
            ("idleTimeout", ("x", -1, None, nan)),
            ("timeLimit", ("x", -1, None, nan)),
            ("cacheSize", ("x", -1, 1.5, None)),
            ("shared", (True, "yes", None)),
            ("name", (5, b"desk")),
            ("limits", (5, {"pixels": 3})),
            ("video", (True, "h264", dict)),
            ("gate", ("x", portalFor("x"))),
            ("portal", ("x", login, portalFor)),
            ("login", ("x", 5)),
            ("securityTypes", ("VncAuth", ["VncAuth"], [])),
        ):
            for value in values:
                options: dict[str, Any] = {name: value}
                error = self.assertRaises(ValueError, self.make, **options)
                self.assertTrue(str(error).startswith(f"{name} {value!r}"), error)
        types = securityTypes(choose("VncAuth"))
        self.make(portal=portalFor("x"), securityTypes=types, frameRate=np.float64(9))

    def test_login(self) -> None:
        """
        A function that cannot be called with three arguments would refuse everybody.
        """

        def two(name: str, password: str) -> bool:
            return True

        check: Any = two
        for make in (lambda: self.make(login=check), lambda: LoginChecker(check)):
            error = self.assertRaises(ValueError, make)
            self.assertIn("must take (name, password, address)", str(error))
        self.make(login=login)
        self.make(login=lambda *arguments: None)

    def test_application(self) -> None:
        """
        What can be no application would never hear of anything.
        """
        for application, words in (
            (login, "is no application"),
            (5, "5 is no application"),
            ("paint", "'paint' is no application"),
            ([Application()], "is no application"),
            (Application, "the application is the class Application: make one"),
            (SynchronousTestCase, "the application is the class SynchronousTestCase"),
        ):
            error = self.assertRaises(ValueError, self.make, application)
            self.assertIn(words, str(error))
        self.make(Application())
        self.make(object())

    def test_others(self) -> None:
        """
        What takes a factory, or an endpoint, says what it was given instead.
        """
        framebuffer, factory = MemoryFramebuffer(9, 9), self.make()
        endpoint: Any = HostnameEndpoint(MemoryReactorClock(), "viewer.example", 5500)
        wrong: Any
        for wrong in (framebuffer, None):
            for take in (
                Viewer,
                outgoing,
                lambda one: ReverseConnection(one, endpoint, reactor=Clock()),
            ):
                error = self.assertRaises(ValueError, take, wrong)
                self.assertIn("is no factory", str(error))
        for wrong in ("localhost:5900", 5900, None):
            for use in (
                connectViewer,
                lambda one: ReverseConnection(factory, one, reactor=Clock()),
            ):
                error = self.assertRaises(ValueError, use, wrong)
                self.assertIn(f"{wrong!r} is no endpoint of a client", str(error))


class SecurityTests(SynchronousTestCase):
    """
    What logins are made of.
    """

    def test_one(self) -> None:
        """
        One, where several are wanted, is not taken letter for letter.
        """
        users: Any = InMemoryUsernamePasswordDatabaseDontUse(ada=b"x")
        portal, name = portalFor("x"), cast(Any, b"bob")
        for make, words in (
            (lambda: RFBRealm(viewOnlyUsers="bob"), "viewOnlyUsers 'bob'"),
            (lambda: portalFor("x", viewOnlyUsers=name), "viewOnlyUsers b'bob'"),
            (lambda: portalFor(checkers=users), "expected a list"),
            (lambda: makeGate(Clock(), portal, allowed="::1"), "'::1' is a text"),
            (lambda: makeGate(Clock(), portal, denied="::1"), "'::1' is a text"),
        ):
            error = self.assertRaises(ValueError, make)
            self.assertIn(words, str(error))

    def test_kinds(self) -> None:
        """
        What is of another kind is named, unless it is a password.
        """
        wrong: Any = 12345678
        for make, words in (
            (lambda: portalFor(password=wrong), "not of type int"),
            (lambda: portalFor(viewPassword=wrong), "not of type int"),
            (lambda: portalFor(checkers=[wrong]), "12345678 is no checker"),
            (lambda: makePortal(checkers=[wrong]), "12345678 is no checker"),
            (lambda: makeGate(Clock(), wrong), "portal 12345678"),
            (lambda: RightfulId(wrong, FULL), "name 12345678"),
            (lambda: RightfulId(b"ada", wrong), "rights 12345678"),
        ):
            error = self.assertRaises(ValueError, make)
            self.assertIn(words, str(error))
            if "type" in words:
                self.assertNotIn("12345678", str(error))
        checkers: Any = [login]
        error = self.assertRaises(ValueError, portalFor, checkers=checkers)
        self.assertIn("LoginChecker(function)", str(error))

    def test_choice(self) -> None:
        """
        Security types may be chosen by their names.
        """
        portal = makePortal(password="secretive", choice="VncAuth")
        for choice in ("VncAuth", choose("VncAuth")):
            gate = makeGate(Clock(), portal, choice=choice)
            self.assertEqual([one.number for one in gate.types], [2])
        error = self.assertRaises(ValueError, makeGate, Clock(), portal, choice="Rot13")
        self.assertIn("'Rot13'", str(error))


class FramebufferTests(SynchronousTestCase):
    """
    L{MemoryFramebuffer}, and what it is told.
    """

    def test_wrong(self) -> None:
        """
        What cannot be is said at the call, with what was given.
        """
        one: Any = MemoryFramebuffer(9, 9)
        make: Any = MemoryFramebuffer
        for call, words in (
            (lambda: make("640", 480), "640x480 pixels: width and height"),
            (lambda: make(640.0, 480), "640.0x480 pixels: width and height"),
            (lambda: make(None, 480), "Nonex480 pixels: width and height"),
            (lambda: make(640, 480, b"desk"), "name b'desk'"),
            (lambda: make(640, 480, 5), "name 5"),
            (lambda: one.resize("9", 9), "9x9 pixels: width and height"),
            (lambda: one.fill((1, 2)), "(1, 2) is no color"),
            (lambda: one.fill((300, 0, 0)), "(300, 0, 0) is no color"),
            (lambda: one.fill(None), "None is no color"),
            (lambda: one.fill("nocolor"), "'nocolor' is no color"),
            (lambda: one.paste("photo.jpg"), "'photo.jpg' is no picture"),
            (lambda: one.paste(None), "None is no picture"),
            (lambda: one.show(None), "None is no picture"),
            (lambda: one.setCursor("arrow"), "'arrow' is no picture"),
        ):
            error = self.assertRaises(ValueError, call)
            self.assertIn(words, str(error))
        self.assertRaises(TypeError, one.movePointer, "1", 2)
        one.setCursor(Image.new("RGBA", (4, 4)))
        make(np.int64(9), 9).movePointer(np.int64(1), 2)
