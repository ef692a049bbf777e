# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.security.admission.state}, and for what a server offers that was told
of a password and of nothing else.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from twisted.internet.interfaces import ITLSTransport
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.logger import capturedLogs, formatEvent
from twisted.python.usage import UsageError
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import directlyProvides

from tests.scenes import serving
from txrfb._session import handshake
from txrfb._session.stream import streamOf
from txrfb.security.accounts.realm import portalFor
from txrfb.security.admission.gate import Gate
from txrfb.security.admission.options import SecurityOptions
from txrfb.security.admission.state import OwnKeys, stateDirectory
from txrfb.security.tls.certificates import fingerprintOf, pinOf
from txrfb.security.types.hostkey import HostKey
from txrfb.testing import Viewer


class DirectoryTests(SynchronousTestCase):
    """
    Where it is.
    """

    def test_usual(self) -> None:
        """
        It is systemd's for a service, and for others that of XDG, or where that is if
        nobody says.
        """
        home = os.path.expanduser("~")
        for environ, expected in (
            ({}, f"{home}/.local/state/txrfb"),
            ({"XDG_STATE_HOME": "/x/state"}, "/x/state/txrfb"),
            ({"XDG_STATE_HOME": "not/absolute"}, f"{home}/.local/state/txrfb"),
            (
                {"XDG_STATE_HOME": "/x", "STATE_DIRECTORY": "/var/lib/rfb"},
                "/var/lib/rfb",
            ),
            ({"STATE_DIRECTORY": "/var/lib/rfb:/var/lib/more"}, "/var/lib/rfb"),
        ):
            self.assertEqual(stateDirectory(environ), expected)

    def test_made(self) -> None:
        """
        It is made for its owner alone, and what is in it is the same at the next start.
        """
        top = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, top)
        path = os.path.join(top, "some", "where")
        certificate = OwnKeys(path).certificate()
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o700)
        self.assertEqual(os.stat(certificate).st_mode & 0o777, 0o600)
        before = Path(certificate).read_bytes()
        with capturedLogs() as events:
            OwnKeys(path).certificate()
        self.assertEqual(Path(certificate).read_bytes(), before)
        line = formatEvent(events[0]) or ""
        self.assertIn(fingerprintOf(before), line)
        self.assertIn(f"pin-sha256={pinOf(certificate)}", line)


class StateTestCase(SynchronousTestCase):
    """
    Options, in a directory of their own.
    """

    def setUp(self) -> None:
        self.directory = os.path.join(tempfile.mkdtemp(), "state")
        self.addCleanup(shutil.rmtree, os.path.dirname(self.directory))

    def parse(self, *words: str) -> SecurityOptions:
        """
        @return: The options.
        """
        options = SecurityOptions()
        options.parseOptions(["--state", self.directory, *words])
        return options

    def gate(self, *words: str, password: str | None = "secret") -> Gate:
        """
        @return: The gate that the options make, for a password.
        """
        return self.parse(*words).securityGate(Clock(), portalFor(password))

    def names(self, gate: Gate) -> list[list[str]]:
        """
        @return: What a viewer is offered, and what there is inside of VeNCrypt.
        """
        transport: Any = StringTransport()
        directlyProvides(transport, ITLSTransport)
        outer, inner = [], []
        for one in gate.offer(streamOf(transport)):
            outer.append(one.name)
            inner += [each.name for each in getattr(one, "subTypes", ())]
        return [outer, inner]


class StateOptionsTests(StateTestCase):
    """
    What the first start makes.
    """

    def test_password(self) -> None:
        """
        With a password and nothing else there is a host key; what is strong comes
        first, and VncAuth after it, for viewers with nothing else.  A certificate that
        nobody has signed is not offered: viewers would choose it, and refuse it.
        """
        with capturedLogs() as events:
            outer, inner = self.names(self.gate())
        self.assertEqual(outer[0], "RA2_256")
        for strong in ("RA2_256", "RA2", "VeNCrypt"):
            self.assertLess(outer.index(strong), outer.index("VncAuth"))
        self.assertIn("TLSVnc", inner)
        self.assertFalse([name for name in inner if name.startswith("X509")])
        said = "".join(formatEvent(event) or "" for event in events)
        key = HostKey.load(os.path.join(self.directory, "hostkey.pem"))
        self.assertIn(key.fingerprint, said)
        self.gate()
        again = HostKey.load(os.path.join(self.directory, "hostkey.pem"))
        self.assertEqual(again.encoded, key.encoded)

    def test_certificate(self) -> None:
        """
        It is made where X509 is asked for by name, and the log has its fingerprint.
        """
        with capturedLogs() as events:
            _, inner = self.names(self.gate("--security=+X509Vnc"))
        self.assertIn("X509Vnc", inner)
        said = "".join(formatEvent(event) or "" for event in events)
        self.assertIn("(SHA-256); TigerVNC's viewer shows pin-sha256=", said)

    def test_closed(self) -> None:
        """
        C{--security=-VncAuth} closes it.
        """
        outer, inner = self.names(self.gate("--security=-VncAuth"))
        self.assertNotIn("VncAuth", outer + inner)
        self.assertIn("RA2_256", outer)

    def test_nothingNeeded(self) -> None:
        """
        Where nobody must log in nothing is made, unless it is asked for by name; nor
        where it is not offered, or the administrator has another.
        """
        self.gate(password=None)
        self.assertFalse(os.path.exists(self.directory))
        self.gate("--security=VncAuth,TLSVnc")
        self.assertFalse(os.path.exists(self.directory))
        self.gate("--security=X509None", password=None)
        self.assertEqual(os.listdir(self.directory), ["certificate.pem"])
        other = os.path.join(os.path.dirname(self.directory), "key.pem")
        self.gate("--host-key", other)
        self.assertEqual(os.listdir(self.directory), ["certificate.pem"])

    def test_given(self) -> None:
        """
        A certificate of the administrator's comes before all others.
        """
        certificate = OwnKeys(self.directory).certificate()
        outer, inner = self.names(self.gate("--tls-certificate", certificate))
        self.assertEqual((outer[0], inner[0]), ("VeNCrypt", "X509Vnc"))

    def test_unusable(self) -> None:
        """
        A place that cannot be used is an error if it was named, and a warning if not,
        without what it is for.
        """
        with open(self.directory, "w", encoding="utf-8"):
            pass
        error = self.assertRaises(UsageError, self.gate)
        self.assertIn(f"--state {self.directory!r}: it is no directory", str(error))
        self.patch(os, "environ", {**os.environ, "STATE_DIRECTORY": self.directory})
        options = SecurityOptions()
        options.parseOptions([])
        gate = options.securityGate(Clock(), portalFor("secret"))
        self.assertEqual(self.names(gate)[0], ["VeNCrypt", "VncAuth"])
        [warning] = options.warnings
        self.assertIn("there is no host key", warning)
        options = SecurityOptions()
        options.parseOptions(["--security=RA2"])
        error = self.assertRaises(UsageError, options.securityChoice)
        self.assertIn("--security: RA2 needs --host-key", str(error))

    def test_rubbish(self) -> None:
        """
        What is there and is something else is named.
        """
        os.mkdir(self.directory)
        path = Path(self.directory) / "certificate.pem"
        path.write_bytes(b"rubbish")
        error = self.assertRaises(UsageError, self.gate, "--security=+X509Vnc")
        self.assertIn("--state: ", str(error))
        path.unlink()
        (path.parent / "hostkey.pem").write_bytes(b"rubbish")
        error = self.assertRaises(UsageError, self.gate)
        self.assertIn("hostkey.pem", str(error))


class VncAuthTests(SynchronousTestCase):
    """
    VNC authentication, while there is better.
    """

    def test_told(self) -> None:
        """
        That somebody has logged in by it is a line in the log, unless it is from this
        machine; a wrong guess is none.
        """
        for local, password, lines in (
            (False, b"secret", 1),
            (False, b"wrong", 0),
            (True, b"secret", 0),
        ):
            self.patch(handshake, "isLocal", lambda host, local=local: local)
            with capturedLogs() as events:
                Viewer(serving(portal=portalFor("secret")), password)
            said = [formatEvent(event) or "" for event in events]
            found = [line for line in said if "VncAuth was used" in line]
            self.assertEqual(len(found), lines, said)
            for line in found:
                self.assertIn("--security=-VncAuth closes it", line)
