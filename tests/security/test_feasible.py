# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.security.admission.feasible}.
"""

from __future__ import annotations

import os
from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.security.driver import temporary
from tests.security.test_tls import NOW
from txrfb.security.accounts.hashing import Hash
from txrfb.security.accounts.users import User
from txrfb.security.admission.assembly import makeGate, makePortal
from txrfb.security.admission.choice import NAMES, choose
from txrfb.security.tls.certificates import selfSigned
from txrfb.security.types.hostkey import HostKey

_KEY = HostKey.generate(1024)
_CERTIFICATE = selfSigned(["localhost"], NOW)


class FeasibleTests(SynchronousTestCase):
    """
    Choices, and what there is to judge by.
    """

    def setUp(self) -> None:
        user = User(Hash.make(b"x", bytes(16), 8, 1, 1)).line("ann").encode()
        users = temporary(self, user)
        certificate = temporary(self, _CERTIFICATE)
        self.portals: dict[str, dict[str, Any]] = {
            "nothing": {},
            "password": {"password": "x"},
            "users": {"users": users},
            "both": {"password": "x", "users": users},
            "certificates": {"clientAuthority": certificate},
        }
        self.options = {"hostKey": temporary(self, _KEY.toPEM())}
        self.options["certificate"] = certificate
        os.chmod(self.options["hostKey"], 0o600)

    def problem(self, text: str, portal: str, **options: Any) -> str:
        """
        @return: What is wrong with a choice; empty if nothing is.
        """
        choice = choose(text)
        made = makePortal(choice=choice, **self.portals[portal])
        options = {**self.options, **options}
        if portal == "certificates":
            options["clientAuthority"] = options["certificate"]
        try:
            makeGate(Clock(), made, choice=choice, **options)
        except ValueError as error:
            return str(error)
        return ""

    def test_everyType(self) -> None:
        """
        A type that is asked for by name is possible with what it can use, and an error
        that names it with anything else.
        """
        asking = [name for name in NAMES if not name.endswith("None")]
        clear = [name for name in NAMES if name.endswith(("Vnc", "VncAuth"))]
        possible = {
            "nothing": {"None", "TLSNone", "X509None"},
            "password": set(asking),
            "users": set(asking) - set(clear),
            "both": set(asking),
            "certificates": {"X509None"},
        }
        for portal, names in possible.items():
            for name in NAMES:
                for text in (name, f"+{name}"):
                    problem = self.problem(text, portal)
                    self.assertEqual(not problem, name in names, (text, portal))
                    if problem:
                        self.assertIn(f"security type {name} ", problem)

    def test_reasons(self) -> None:
        """
        The error says what is missing.
        """
        for text, portal, words in (
            ("None", "password", "asks viewers for nothing"),
            ("VncAuth,TLSNone", "password", "TLSNone asks viewers for nothing"),
            ("X509None", "users", "no authority for certificates"),
            ("VncAuth", "users", "kept in clear"),
            ("RA2,TLSVnc", "users", "TLSVnc needs a password that is kept in clear"),
            ("VncAuth", "nothing", "neither a password nor a user"),
            ("Plain", "certificates", "needs users"),
        ):
            self.assertIn(words, self.problem(text, portal))

    def test_nothingLeft(self) -> None:
        """
        So is a choice that leaves nothing that could be offered, though nothing was
        asked for by name.
        """
        text = ",".join(f"-{name}" for name in NAMES if name != "X509Plain")
        self.assertEqual(self.problem(text, "users"), "")
        for portal, reason in (
            ("nothing", "X509Plain (no password and no users)"),
            ("certificates", "X509Plain (no users)"),
        ):
            self.assertEqual(
                self.problem(text, portal),
                "no security type that is left could be offered to anybody: " + reason,
            )
        text = ",".join(f"-{name}" for name in NAMES)
        self.assertIn("to anybody: there is none", self.problem(text, "password"))
        text = "-VncAuth,-TLSVnc,-TLSPlain"
        problem = self.problem(text, "password", certificate=None, hostKey=None)
        for words in (
            "RA2_256, RA2, RA2ne (no host key)",
            "X509Plain, X509Vnc, X509None (no certificate)",
            "Plain (only inside of TLS)",
            "None (asks for nothing)",
        ):
            self.assertIn(words, problem)
        text = ",".join(f"-{name}" for name in NAMES if name != "VncAuth")
        self.assertIn("VncAuth (no password in clear)", self.problem(text, "users"))

    def test_usual(self) -> None:
        """
        What is usual is possible with everything.
        """
        for portal in self.portals:
            self.assertEqual(self.problem("", portal), "")
            if portal != "certificates":
                self.assertEqual(self.problem("", portal, certificate=None), "")
