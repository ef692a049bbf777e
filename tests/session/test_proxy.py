# -*- test-case-name: tests.session.test_proxy -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._session.proxy}: headers of the PROXY protocol, by themselves and in
front of a server.
"""

from __future__ import annotations

import runpy
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.address import IPv4Address, UNIXAddress
from twisted.internet.defer import succeed
from twisted.internet.error import ConnectionDone
from twisted.internet.testing import StringTransport
from twisted.logger import LogLevel, capturedLogs, formatEvent
from twisted.protocols.haproxy import _v1parser
from twisted.python.failure import Failure
from twisted.trial.unittest import SkipTest, SynchronousTestCase

from tests.scenes import serving
from txrfb._session.proxy import HeaderReader, ProxiedEndpoint
from txrfb.error import ProxyHeaderError
from txrfb.security.admission.addresses import Networks

PATCH = Path(__file__).parents[2] / "docs/upstream/twisted-haproxy-unknown.patch"

VERSION = b"RFB 003.008\n"

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"

# An IPv4 address and port of a viewer, and the proxy's own.
INET = bytes([192, 0, 2, 7, 127, 0, 0, 1, 0x9C, 0x40, 0x17, 0x0C])

INET6 = (
    bytes.fromhex("20010db8000000000000000000000007")
    + bytes(15)
    + b"\1"
    + b"\x9c\x40\x17\x0c"
)

UNIX = b"/run/app".ljust(108, b"\0") + b"/run/rfb".ljust(108, b"\0")

# What proxies tell besides: a checksum, a name, and nothing at all.
TLV = b"\3\0\4abcd\5\0\3x-y\4\0\0"


def version2(command: int, kind: int, told: bytes = b"") -> bytes:
    """
    @return: A header of version 2.
    """
    return (
        SIGNATURE + bytes([0x20 | command, kind]) + len(told).to_bytes(2, "big") + told
    )


#: Headers that say where a viewer is.
TELLING = {
    b"PROXY TCP4 192.0.2.7 127.0.0.1 40000 5900\r\n": "192.0.2.7",
    b"PROXY TCP6 2001:db8::7 ::1 40000 5900\r\n": "2001:db8::7",
    version2(1, 0x11, INET): "192.0.2.7",
    version2(1, 0x11, INET + TLV): "192.0.2.7",
    version2(1, 0x21, INET6 + TLV): "2001:db8:0:0:0:0:0:7",
}

#: Headers that do not, as the specification allows: of balancers' own connections, and
#: of viewers whose addresses are of no kind that it knows.
SILENT = [
    b"PROXY UNKNOWN\r\n",
    b"PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n",
    b"PROXY UNKNOWN 192.0.2.7 127.0.0.1 40000 5900\r\n",
    version2(0, 0x00),
    version2(0, 0x00, TLV),
    version2(0, 0x11, INET),
    version2(0, 0x31, UNIX),
    version2(0, 0x77, b"what is this"),
    version2(1, 0x00),
    version2(1, 0x00, TLV),
]

BAD = [
    b"RFB 003.008\n",
    b"GET / HTTP/1.1\r\n",
    b"PROXY\r\n",
    b"PROXY \r\n",
    b"PROXY TCP4\r\n",
    b"PROXY TCP5 192.0.2.7 127.0.0.1 40000 5900\r\n",
    b"PROXY UNKNOWNS\r\n",
    b"PROXY TCP4 192.0.2.7 127.0.0.1 40000\r\n",
    b"PROXY TCP4 192.0.2.7 127.0.0.1 40000 x\r\n",
    b"PROXY TCP4 192.0.2.7 127.0.0.1 40000 65536\r\n",
    b"PROXY TCP4 192.0.2.7 127.0.0.1 -1 5900\r\n",
    b"PROXY TCP4 192.0.2.7 127.0.0.1 40000 5900 1\r\n",
    b"PROXY TCP4 192.0.2.300 127.0.0.1 40000 5900\r\n",
    b"PROXY TCP4 localhost 127.0.0.1 40000 5900\r\n",
    b"PROXY TCP4 ::1 127.0.0.1 40000 5900\r\n",
    b"PROXY TCP6 192.0.2.7 ::1 40000 5900\r\n",
    b"PROXY TCP4 \xff\xfe 127.0.0.1 40000 5900\r\n",
    b"PROXY TCP4 uid 1000 40000 5900\r\n",
    b"PROXY UNKNOWN" + b" " * 200,
    version2(2, 0x11, INET),
    version2(1, 0x41, INET),
    version2(1, 0x13, INET),
    version2(1, 0x11, INET[:-1]),
    version2(1, 0x21, INET),
    version2(1, 0x31, UNIX[:-1]),
    version2(1, 0x11, bytes(5000)),
    SIGNATURE + b"\x11\x11\0\0",
]


class HeaderTests(SynchronousTestCase):
    """
    Headers by themselves.
    """

    def test_all(self) -> None:
        """
        All that the specification has is understood, in whatever pieces it comes, and
        nothing of what comes after it is lost.
        """
        for header in [*TELLING, *SILENT, version2(1, 0x31, UNIX)]:
            for cut in range(1, len(header)):
                reader = HeaderReader()
                self.assertIsNone(reader.feed(header[:cut]))
                self.assertEqual(reader.held, cut)
                read = reader.feed(header[cut:] + b"RFB")
                assert read is not None
                info, rest = read
                self.assertEqual((rest, reader.held), (b"RFB", 0))
                host = getattr(info.source, "host", None)
                self.assertEqual(host, TELLING.get(header))

    def test_bad(self) -> None:
        """
        Everything else is an error that says what came.
        """
        for header in BAD:
            error = self.assertRaises(ProxyHeaderError, HeaderReader().feed, header)
            self.assertRegex(str(error), "PROXY header")

    @settings(max_examples=200, deadline=None)
    @given(
        st.sampled_from([b"", b"PROXY ", b"PROXY TCP4 ", SIGNATURE, SIGNATURE + b"!"]),
        st.binary(max_size=300),
    )
    def test_anything(self, start: bytes, rest: bytes) -> None:
        """
        Whatever comes, nothing else is raised, and no more is kept than there may be.
        """
        reader = HeaderReader()
        try:
            reader.feed(start + rest)
        except ProxyHeaderError:
            return
        self.assertLessEqual(reader.held, 16 + 4096)

    def test_upstream(self) -> None:
        """
        The patch for Twisted applies, and does what it says; once Twisted has it, it
        can go, and what is here for that.
        """
        try:
            _v1parser.V1Parser.parse(b"PROXY UNKNOWN")
        except Exception:
            pass
        else:
            self.fail("Twisted takes PROXY UNKNOWN: the patch is done")
        if shutil.which("patch") is None:
            raise SkipTest("patch is not installed")
        top = Path(self.mktemp())
        package = top / "src/twisted/protocols/haproxy"
        (package / "test").mkdir(parents=True)
        source = Path(_v1parser.__file__)
        shutil.copy(source, package)
        shutil.copy(source.parent / "test/test_v1parser.py", package / "test")
        subprocess.run(
            ["patch", "-p1", "--fuzz=0", "-i", PATCH], cwd=top, check=True, stdout=-3
        )
        text = (package / "_v1parser.py").read_text("utf-8")
        # Outside of its package it cannot be imported.
        text = text.replace("from . import", "from twisted.protocols.haproxy import")
        text = text.replace("from ._", "from twisted.protocols.haproxy._")
        (package / "patched.py").write_text(text, "utf-8")
        parser = runpy.run_path(str(package / "patched.py"))["V1Parser"]()
        info, rest = parser.feed(b"PROXY UNKNOWN\r\nrest")
        self.assertEqual((info.source, info.destination, rest), (None, None, b"rest"))


class ServerTests(SynchronousTestCase):
    """
    Headers in front of a server.
    """

    def setUp(self) -> None:
        self.factory = serving()
        self.lines: list[tuple[LogLevel, str]] = []

    def connect(self, said: bytes, peer: Any = None) -> StringTransport:
        """
        Somebody connects where proxies do, says something, and goes when it is closed.

        @return: The transport.
        """

        class Endpoint:
            def listen(self, factory: Any) -> Any:
                return succeed(factory)

        endpoint: Any = Endpoint()
        wrapping: Any = self.successResultOf(
            ProxiedEndpoint(endpoint).listen(self.factory)
        )
        transport = StringTransport(
            peerAddress=peer or IPv4Address("TCP", "127.0.0.1", 1)
        )
        transport.abortConnection = transport.loseConnection  # type: ignore[method-assign]
        with capturedLogs() as events:
            self.protocol = wrapping.buildProtocol(None)
            self.protocol.makeConnection(transport)
            if said:
                self.protocol.dataReceived(said)
            if transport.disconnecting:
                self.protocol.connectionLost(Failure(ConnectionDone()))
        self.events = events
        self.lines = [(e["log_level"], formatEvent(e) or "") for e in events]
        return transport

    def test_told(self) -> None:
        """
        The viewer is where the header says.
        """
        for header, host in TELLING.items():
            self.connect(header + b"RFB 003.008\n\1\1")
            viewer = self.factory.viewers[-1]
            self.assertIn(host, viewer.peer)
            self.protocol.connectionLost(Failure(ConnectionDone()))

    def test_silent(self) -> None:
        """
        With a header that says nothing the connection is the proxy's own: it is taken,
        unless it matters where viewers are.
        """
        unix = UNIXAddress(None)
        for header in [*SILENT, version2(1, 0x31, UNIX)]:
            for peer in (IPv4Address("TCP", "127.0.0.1", 1), unix):
                self.factory.gate.networks = Networks()
                self.connect(header + b"RFB 003.008\n\1\1", peer)
                self.assertEqual(len(self.factory.viewers), 1)
                self.protocol.connectionLost(Failure(ConnectionDone()))
                for networks in (Networks(["192.0.2.0/24"]), Networks([], ["::/0"])):
                    self.factory.gate.networks = networks
                    transport = self.connect(header + b"RFB 003.008\n\1\1", peer)
                    # Of what comes by a UNIX socket nobody knows where it is.
                    isIn = header in SILENT and peer is not unix
                    isIn = isIn and networks.permit("127.0.0.1")
                    self.assertEqual(transport.disconnecting, not isIn, header)
                    if isIn:
                        self.protocol.connectionLost(Failure(ConnectionDone()))

    def test_bad(self) -> None:
        """
        A header that is missing, or bad, closes the connection, and the log says so, in
        one line; whatever the header is, nobody gets in, and nothing goes wrong.
        """
        for header in BAD:
            self.setUp()
            transport = self.connect(header)
            self.assertTrue(transport.disconnecting, header)
            [(level, line)] = self.lines
            self.assertEqual(level, LogLevel.info)
            self.assertRegex(line, "(no|a bad|a) PROXY header", header)
            self.protocol.dataReceived(b"RFB 003.008\n")

    def test_cut(self) -> None:
        """
        So does one that ends in the midst, or does not come.
        """
        self.connect(b"PROXY TCP4 192.0.2.7")
        with capturedLogs() as events:
            self.protocol.connectionLost(Failure(ConnectionDone()))
        self.assertIn(
            "the connection ended in its PROXY header", formatEvent(events[0])
        )
        transport = self.connect(b"")
        with capturedLogs() as events:
            self.factory.clock.advance(30)
        self.assertTrue(transport.disconnecting)
        self.assertIn("no PROXY header came after 30 s", formatEvent(events[0]) or "")

    def test_looksIn(self) -> None:
        """
        A proxy that looks in whether there is a server is greeted, and no line in the
        log.
        """
        for said in (b"", *SILENT):
            transport = self.connect(said)
            self.assertEqual(transport.value(), b"RFB 003.008\n")
            with capturedLogs() as events:
                self.protocol.connectionLost(Failure(ConnectionDone()))
            self.assertEqual([*self.events, *events], [])
        self.assertEqual(self.factory.connections, [])

    def test_saysNothing(self) -> None:
        """
        Of a viewer that does not say a word it is known where it is, as the header has
        said it; when it takes too long the log has that, too.
        """
        for header, host in TELLING.items():
            self.setUp()
            transport = self.connect(header)
            [connection] = self.factory.connections
            self.assertIn(host, connection.peer)
            self.assertEqual(self.lines, [])
            with capturedLogs() as events:
                self.factory.clock.advance(30)
            self.assertTrue(transport.disconnecting)
            self.assertIn("login timed out after 30 s", formatEvent(events[0]) or "")
            self.assertIn(host, formatEvent(events[0]) or "")

    def test_inTwo(self) -> None:
        """
        The log is the same whether the viewer's first word comes with the header or
        after it.
        """
        for header in TELLING:
            told = []
            for first, then in ((header + VERSION, b""), (header, VERSION)):
                self.setUp()
                self.connect(first)
                with capturedLogs() as events:
                    self.protocol.dataReceived(then)
                texts = [formatEvent(event) for event in [*self.events, *events]]
                told.append(texts)
            self.assertEqual(told[0], told[1])
            self.assertIn("passes on", str(told[0][1]))

    def test_notAProxy(self) -> None:
        """
        Only proxies that may say where viewers are are listened to.
        """
        header = next(iter(TELLING))
        here, other = (
            IPv4Address("TCP", host, 1) for host in ("127.0.0.1", "198.51.100.1")
        )
        unix = UNIXAddress(None)
        for networks, refused in (
            (Networks(["127.0.0.0/8", "::1"]), [other]),
            (Networks(["198.51.100.1"]), [here]),
        ):
            self.factory.gate.proxies = networks
            for peer in (here, other, unix):
                self.setUp()
                self.factory.gate.proxies = networks
                transport = self.connect(header + b"RFB 003.008\n\1\1", peer)
                self.assertEqual(transport.disconnecting, peer in refused, peer)
                if peer in refused:
                    self.assertEqual(transport.value(), b"")
                    self.assertIn("PROXY headers are not taken", self.lines[0][1])
