# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.ports}.
"""

from __future__ import annotations

import datetime
import os
import re
from typing import Any
from unittest import SkipTest

from twisted.internet.endpoints import (
    HostnameEndpoint,
    TCP4ClientEndpoint,
    UNIXClientEndpoint,
    clientFromString,
)
from twisted.internet.testing import MemoryReactorClock
from twisted.python.usage import UsageError
from twisted.trial.unittest import SynchronousTestCase

import twisted
from txrfb._anywhere import AnywhereEndpoint
from txrfb._endpoints import endpointProblem
from txrfb.ports import PortOptions, Target, checkReachable, isPublic
from txrfb.security.admission.addresses import Networks
from txrfb.security.tls.certificates import selfSigned
from txrfb.service import Listener

NOW = datetime.datetime.now(datetime.timezone.utc)

#: Too long for a UNIX socket, by one byte and more.
LONG = f"/{'x' * 107}"

TOO_LONG = (
    f"the path of a UNIX socket has at most 107 bytes, and {LONG!r} has 108; a shorter"
    " one is needed, such as one in /run"
)


class PortTestCase(SynchronousTestCase):
    """
    What is needed to try the option.
    """

    def setUp(self) -> None:
        """
        Endpoints are made for a reactor in memory.
        """
        self.reactor: Any = MemoryReactorClock()

    def listening(
        self, *arguments: str, isProtected: bool = False
    ) -> list[tuple[str, bool]]:
        """
        @return: The endpoints that the arguments make, and whether they are bare.
        """
        options = PortOptions()
        options.parseOptions(list(arguments))
        listeners = options.makeListeners(self.reactor, isProtected)
        return [(listener.description, listener.bare) for listener in listeners]

    def refusal(self, value: str) -> str:
        """
        @return: Why a value is refused, without what all refusals have.
        """
        error = self.assertRaises(UsageError, self.listening, f"--port={value}")
        text, begin = str(error), f"--port {value!r}: "
        self.assertTrue(text.startswith(begin), text)
        expected = "expected a port number, 0 to 65535, or an endpoint such as"
        reason, found, _ = text[len(begin) :].partition(expected)
        isKnown = re.match(r"(haproxy:)?(tcp6?|ssl|tls|unix|systemd)(:|$)", value)
        self.assertEqual(bool(found), not isKnown, text)
        return reason.removesuffix("; ")


class PortTests(PortTestCase):
    """
    Where to listen.
    """

    def test_default(self) -> None:
        """
        Without authentication, a number means loopback; so does the default.
        """
        loopback = "tcp:5900:interface=127.0.0.1"
        self.assertEqual(self.listening(), [(loopback, True)])
        self.assertEqual(self.listening("--port", "5900"), [(loopback, True)])
        self.assertEqual(self.listening("-p", "05900"), [(loopback, True)])

    def test_protected(self) -> None:
        """
        With authentication a number means all of the machine's addresses, also those
        of IPv6.
        """
        options = PortOptions()
        options.parseOptions(["--port", "5900"])
        [listener] = options.makeListeners(self.reactor, isProtected=True)
        self.assertIsInstance(listener.endpoint, AnywhereEndpoint)
        self.assertEqual(self.listening(isProtected=True), [("tcp:5900", True)])
        found = self.listening("--port", "0", isProtected=True)
        self.assertEqual(found, [("tcp:0", True)])

    def test_display(self) -> None:
        """
        The number of a display is that of a port, as viewers have it.
        """
        for display, port in ((":0", 5900), (":1", 5901), (":99", 5999)):
            loopback = f"tcp:{port}:interface=127.0.0.1"
            self.assertEqual(self.listening("--port", display), [(loopback, True)])
        for other in (":", ":100", ":x", ":1:2", ":\u0661"):
            self.refusal(other)

    def test_description(self) -> None:
        """
        An endpoint is taken as it is.
        """
        for description in (
            "tcp:5900",
            "tcp6:5900:interface=\\:\\:1",
            "unix:/run/rfb.sock:mode=600",
            "haproxy:tcp:5900",
        ):
            self.assertEqual(
                self.listening("--port", description), [(description, False)]
            )

    def test_several(self) -> None:
        """
        There may be several.
        """
        self.assertEqual(
            [name for name, _ in self.listening("--port", "5901", "-p", "tcp6:5902")],
            ["tcp:5901:interface=127.0.0.1", "tcp6:5902"],
        )

    def test_wrong(self) -> None:
        """
        Whatever an endpoint's parser raises, the refusal has the value, what is wrong
        with it, in words for administrators, and what is allowed.
        """
        for value, reason in (
            ("65536", ""),
            ("-1", "unknown endpoint type: '-1'"),
            ("", "unknown endpoint type: ''"),
            ("5900x", "unknown endpoint type: '5900x'"),
            ("nosuch:5900", "unknown endpoint type: 'nosuch'"),
            ("haproxy:nosuch:1", "unknown endpoint type: 'nosuch'"),
            ("tcp:http?", "'http?' is not a number"),
            ("tcp:", "'' is not a number"),
            ("tcp", "endpoints tcp: need port"),
            ("tcp:65536", "65536 is no port number"),
            ("haproxy:tcp:port=-1", "-1 is no port number"),
            ("tcp:5900:nosuch=1", "endpoints tcp: have no argument 'nosuch'"),
            (
                "tcp6:5900:interface=::1",
                "it has too many arguments; a colon inside of one is written \\:",
            ),
            (
                "tcp:1:::::",
                "it has too many arguments; a colon inside of one is written \\:",
            ),
            ("unix:", "endpoints unix: need a path"),
            ("unix:/run/x:mode=rwx", "'rwx' is not a number"),
            *((f"{kind}{LONG}", TOO_LONG) for kind in ("unix:", "haproxy:unix:")),
            (f"unix:mode=600:address={LONG}", TOO_LONG),
            ("tls:/nonexistent:port=1", "there is no directory '/nonexistent'"),
            (
                "ssl:1:privateKey=/nonexistent",
                "'/nonexistent': No such file or directory",
            ),
        ):
            self.assertEqual(self.refusal(value), reason, value)

    def test_hostAndPort(self) -> None:
        """
        Who writes a host and a port learns how that is written.
        """
        for value, meant in (
            ("localhost:5900", "tcp:5900:interface=localhost"),
            ("192.0.2.1:5901", "tcp:5901:interface=192.0.2.1"),
            ("[::1]:5900", r"tcp6:5900:interface=\:\:1"),
        ):
            error = self.assertRaises(UsageError, self.listening, f"--port={value}")
            self.assertTrue(str(error).startswith(f"--port {value!r}: "))
            self.assertTrue(str(error).endswith(f" that is {meant}"), error)
            self.listening("--port", meant)

    def test_digits(self) -> None:
        """
        Digits of other scripts are no port number.
        """
        self.assertIn("unknown", self.refusal("\u0665\u0669\u0660\u0660"))

    def test_systemd(self) -> None:
        """
        Sockets of systemd are passed on to services only.
        """
        for socket in ("index=99", "name=rfb.socket"):
            reason = self.refusal(f"systemd:domain=INET:{socket}")
            self.assertIn("systemd has passed no such socket to this process", reason)

    def test_mysterious(self) -> None:
        """
        Of an exception that was meant for programmers nothing is shown.
        """
        for error in (AssertionError("self._x"), TypeError("x"), AttributeError("y")):
            self.assertEqual(endpointProblem("tcp:1", error), "it cannot be understood")

    def test_client(self) -> None:
        """
        What is wrong with endpoints of clients is explained likewise.
        """
        for value, reason in (
            ("nosuch:1", "unknown endpoint type: 'nosuch'"),
            ("tcp:host:http", "'http' is not a number"),
        ):
            error = self.assertRaises(ValueError, clientFromString, self.reactor, value)
            self.assertEqual(endpointProblem(value, error), reason)

    def test_reachable(self) -> None:
        """
        A listener is of no use if no address is allowed that could connect to it.
        Those of Unix sockets always are, and behind a proxy there may be any.
        """
        elsewhere, nowhere = Networks(["192.0.2.0/24"]), Networks(["::1"], ["::/0"])
        for description, networks, expected in (
            ("tcp:1", elsewhere, True),
            ("tcp:1", nowhere, False),
            ("tcp:1:interface=127.0.0.1", elsewhere, False),
            ("tcp:1:interface=localhost", elsewhere, False),
            ("tcp6:1:interface=\\:\\:1", elsewhere, False),
            ("tcp6:1:interface=\\:\\:1", Networks(["::1"]), True),
            ("haproxy:tcp:1:interface=127.0.0.1", elsewhere, True),
            ("haproxy:unix:/run/x", nowhere, False),
            ("unix:/run/x", nowhere, True),
        ):
            listener = Listener(description, object(), bare=False)  # type: ignore[arg-type]
            other = Listener("unix:/run/y", object(), bare=False)  # type: ignore[arg-type]
            found = checkReachable([listener, other], networks)
            self.assertEqual(not found, expected, description)
            if not expected:
                error = self.assertRaises(
                    UsageError, checkReachable, [listener], networks
                )
                self.assertIn(description, str(error))

    def test_isPublic(self) -> None:
        """
        Strangers reach what listens at more than this machine's own addresses, or
        behind a proxy.
        """
        for description in (
            "tcp:5900",
            "haproxy:tcp6:1",
            "haproxy:unix:/run/x",
            "haproxy:tcp:1:interface=127.0.0.1",
            "tls:x:interface=192.0.2.1",
        ):
            self.assertTrue(isPublic(description), description)
        for description in (
            "unix:/run/x",
            "tcp:1:interface=127.0.0.1",
            "tcp6:1:interface=\\:\\:1",
        ):
            self.assertFalse(isPublic(description), description)


class TargetTests(SynchronousTestCase):
    """
    Whom to connect to.
    """

    def targets(self, *values: str, networks: Networks | None = None) -> list[Target]:
        """
        @return: What values of the option make.
        """
        options = PortOptions()
        options.parseOptions([f"--connect={value}" for value in values])
        return options.makeTargets(MemoryReactorClock(), networks or Networks())

    def test_taken(self) -> None:
        """
        A host, a host and a port, an endpoint; each by way of a repeater or not.
        """
        for value, host, port, identifier in (
            ("viewer.example", "viewer.example", 5500, None),
            ("viewer.example:80", "viewer.example", 80, None),
            ("192.0.2.1", "192.0.2.1", 5500, None),
            ("[2001:db8::1]:5501", "2001:db8::1", 5501, None),
            ("ID:1234@viewer.example", "viewer.example", 5500, "1234"),
            ("ID:desk 7@viewer.example:5502", "viewer.example", 5502, "desk 7"),
        ):
            [target] = self.targets(value)
            self.assertEqual(target.where, value)
            self.assertEqual((target.host, target.repeaterID), (host, identifier))
            self.assertIsInstance(target.endpoint, HostnameEndpoint)
            self.assertIn(f":{port}", str(target.endpoint).replace("]", ""))
        plain, unix = self.targets("tcp:viewer.example:5500", "ID:7@unix:/run/viewer")
        self.assertIsInstance(plain.endpoint, TCP4ClientEndpoint)
        self.assertIsInstance(unix.endpoint, UNIXClientEndpoint)
        self.assertEqual(unix.repeaterID, "7")

    def test_listening(self) -> None:
        """
        Who connects to others does not listen unless told so.
        """
        for words, count in (([], 0), (["--port=5900"], 1)):
            options = PortOptions()
            options.parseOptions(["--connect=viewer.example", *words])
            listeners = options.makeListeners(MemoryReactorClock(), False)
            self.assertEqual(len(listeners), count)

    def test_wrong(self) -> None:
        """
        The refusal has the value, what is wrong with it and what is allowed.
        """
        for value, reason in (
            ("", "unknown endpoint type: ''"),
            ("nosuch:viewer:5500", "unknown endpoint type: 'nosuch'"),
            ("viewer.example:0", "0 is no port number"),
            ("viewer.example:65536", "65536 is no port number"),
            ("tcp:viewer:http", "'http' is not a number"),
            ("tcp:5500", "endpoints tcp: need port"),
            ("ID:@viewer", "'' is no identifier for a repeater"),
            ("ID:1234", "where is the repeater?"),
            (f"unix:{LONG}", TOO_LONG),
            (f"ID:1@unix:path={LONG}", TOO_LONG),
        ):
            error = self.assertRaises(UsageError, self.targets, value)
            self.assertIn(f"--connect {value!r}: {reason}", str(error))

    def test_notAllowed(self) -> None:
        """
        An address that is not allowed would be refused once there is a connection.
        """
        networks = Networks(["192.0.2.0/24"])
        self.targets("192.0.2.1", "viewer.example", networks=networks)
        error = self.assertRaises(
            UsageError, self.targets, "198.51.100.1", networks=networks
        )
        self.assertIn("leave out 198.51.100.1", str(error))


class DirectoryTests(PortTestCase):
    """
    Directories of certificates, for endpoints C{tls:}.
    """

    def directory(self, **files: bytes) -> str:
        """
        @return: The path of a directory with these files, each with its C{.pem}.
        """
        path: str = self.mktemp()
        os.makedirs(path)
        for name, data in files.items():
            with open(os.path.join(path, f"{name}.pem"), "wb") as file:
                file.write(data)
        return path

    def test_good(self) -> None:
        """
        Certificates with a DNS name, whose keys are there, are good.
        """
        if tuple(map(int, twisted.__version__.split(".")[:2])) < (26, 4):
            raise SkipTest("this Twisted has no endpoints tls:")
        both = selfSigned(["desk.example"], NOW)
        key, begin, certificate = both.partition(b"-----BEGIN CERT")
        apart = {"key": key, "certificate": begin + certificate}
        for files in ({"both": both}, apart):
            description = f"tls:{self.directory(**files)}:port=5901"
            self.assertEqual(
                self.listening("--port", description), [(description, False)]
            )

    def test_useless(self) -> None:
        """
        Where there is none that could be used, every connection would fail.
        """
        certificate = selfSigned(["desk.example"], NOW)
        certificate = certificate[certificate.index(b"-----BEGIN CERT") :]
        for files in (
            {},
            {"address": selfSigned(["192.0.2.1"], NOW)},
            {"keyless": certificate},
        ):
            path = self.directory(**files)
            reason = self.refusal(f"tls:{path}:port=5901")
            self.assertTrue(reason.startswith(f"no .pem file in {path!r} has"), reason)
            self.assertIn("a DNS name in its subjectAltName", reason)

    def test_ssl(self) -> None:
        """
        A file that C{ssl:} cannot use is told in words.
        """
        path = self.mktemp()
        with open(path, "wb") as file:
            file.write(b"rubbish")
        reason = self.refusal(f"ssl:1:privateKey={path}")
        self.assertIn("a key or a certificate of it cannot be used", reason)

    def test_rubbish(self) -> None:
        """
        A file that is something else is named.
        """
        rubbish = b"-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n"
        path = self.directory(rubbish=rubbish)
        reason = self.refusal(f"tls:{path}:port=5901")
        self.assertIn(f"{path}/rubbish.pem' has something in it", reason)
