# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Viewers that go away, or say anything, at any byte of a login; and more viewers than
there are descriptors.
"""

from __future__ import annotations

import resource
import select
import socket
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.interfaces import ITLSTransport
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.logger import LogLevel, capturedLogs
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import alsoProvides

from tests.security.driver import counted
from txrfb._wire.events import Output, SealRequested
from txrfb._wire.transcript import Transcript
from txrfb.client.connection import ClientConnection
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.protocol import RFBFactory
from txrfb.security.accounts.realm import portalFor
from txrfb.security.admission.choice import choose
from txrfb.security.admission.gate import Gate
from txrfb.security.admission.maker import securityTypes
from txrfb.security.client import securityFor
from txrfb.security.types import rsaaes
from txrfb.security.types.hostkey import HostKey

SERVER, VIEWER = HostKey.generate(1024), HostKey.generate(1024)

#: Types that need no TLS, and what is sealed in them.
NAMES = ("VncAuth", "Plain", "RA2", "RA2ne_256", "ARD", "MSLogonII")


class Fake:
    """
    TLS that never comes to its end.
    """

    def start(self, transport: Any, kind: str, clock: Any, tell: Any) -> Any:
        return Deferred()


class Scene:
    """
    A server on a clock, and what it is sent.

    @ivar transport: The server's transport.
    """

    def __init__(self, name: str, tls: Any = None) -> None:
        self.clock = Clock()
        portal = portalFor("secret", names=True)
        types = securityTypes(
            choose(name), hostKey=SERVER, canTLS=True, hasCertificate=True
        )
        self.gate = Gate(self.clock, portal, types, tls=tls)
        self.factory = RFBFactory(
            MemoryFramebuffer(8, 8),
            gate=self.gate,
            reactor=self.clock,
            random=counted(),
        )
        self.connect()

    def connect(self) -> None:
        """
        A viewer comes.
        """
        self.transport = StringTransport()
        self.transport.abortConnection = (  # type: ignore[method-assign]
            self.transport.loseConnection
        )
        alsoProvides(self.transport, ITLSTransport)
        protocol = self.factory.buildProtocol(None)
        assert protocol is not None
        self.protocol = protocol
        protocol.makeConnection(self.transport)

    def lose(self, reason: Exception) -> None:
        """
        The viewer goes.
        """
        self.protocol.connectionLost(Failure(reason))

    def leftovers(self) -> list[Any]:
        """
        @return: Whatever is still there of viewers.
        """
        rest: list[Any] = list(self.factory.viewers)
        rest += self.clock.getDelayedCalls()
        rest += [self.gate.waiting] if self.gate.waiting else []
        rest += [self.gate.connections] if self.gate.connections else []
        return rest


def record(name: str) -> bytes:
    """
    @return: All that a viewer sends, from its version to ClientInit.
    """
    scene = Scene(name)
    random = counted()
    security: Any = securityFor("secret", "ann", [name], random=random)
    if name in rsaaes.NAMES:
        [number] = security
        security[number] = lambda: rsaaes.clientSteps(
            name, b"ann", b"secret", random, hostKey=VIEWER
        )
    client = ClientConnection(security, Transcript(0, scene.clock))
    said = b""
    sealer: Any = None
    events = client.start()
    while True:
        new = b""
        for event in events:
            if isinstance(event, SealRequested):
                sealer = event.send
            elif isinstance(event, Output):
                new += event.data if sealer is None else sealer.seal(event.data)
        said += new
        scene.protocol.dataReceived(new)
        heard = scene.transport.value()
        scene.transport.clear()
        if scene.factory.viewers:
            scene.lose(ConnectionDone())
            return said
        assert heard, (name, said)
        events = client.receive(heard)


class TeardownTests(SynchronousTestCase):
    """
    Logins that stop in the middle.
    """

    def assertQuiet(self, events: Sequence[dict[str, Any]]) -> None:
        """
        Nothing was logged that is a fault of the server.
        """
        for event in events:
            self.assertNotEqual(event["log_level"], LogLevel.critical, event)
            self.assertNotIn("log_failure", event)

    def test_everyOffset(self) -> None:
        """
        Wherever a login is cut off, after any byte, nothing stays of it, and nothing
        breaks.
        """
        for name in NAMES:
            said = record(name)
            for end in range(0, len(said), 1 if len(said) < 100 else 13):
                scene = Scene(name)
                with capturedLogs() as events:
                    scene.protocol.dataReceived(said[:end])
                    self.assertFalse(scene.transport.disconnecting, (name, end))
                    scene.lose(ConnectionLost() if end % 2 else ConnectionDone())
                self.assertEqual(scene.leftovers(), [], (name, end))
                self.assertQuiet(events)

    def test_byteByByte(self) -> None:
        """
        Logins arrive in pieces of one byte as well as in one.  (What is not sealed
        any more cannot be in one with what is: no viewer goes on before the result.)
        """
        for name in NAMES:
            said = record(name)
            for piece in (1, len(said) - ("ne" in name)):
                scene = Scene(name)
                for at in range(0, len(said), piece):
                    scene.protocol.dataReceived(said[at : at + piece])
                self.assertEqual(len(scene.factory.viewers), 1, (name, piece))
                scene.lose(ConnectionDone())

    def test_duringTLS(self) -> None:
        """
        A viewer that disconnects while TLS begins is gone; so is one that never begins,
        when its time is up.
        """
        for stays in (False, True):
            scene = Scene("TLSVnc", Fake())
            scene.protocol.dataReceived(b"RFB 003.008\n\x13\0\2\0\0\1\2")
            if stays:
                scene.clock.advance(121)
                self.assertTrue(scene.transport.disconnecting)
            scene.lose(ConnectionLost())
            self.assertEqual(scene.leftovers(), [])

    def test_turns(self) -> None:
        """
        What takes the server long to compute waits for its turn; a viewer that leaves
        meanwhile, or is too slow, leaves nothing.
        """
        for name in ("RA2", "ARD", "TLSVnc"):
            said = b"RFB 003.008\n\x13\0\2\0\0\1\2"
            if name != "TLSVnc":
                said = record(name)
            for end in ("turn", "leaves", "late"):
                scene = Scene(name, Fake())
                done = self.successResultOf(scene.gate._pace.turn("somebody else"))
                for at in range(len(said)):
                    scene.protocol.dataReceived(said[at : at + 1])
                scene.clock.advance(100)
                self.assertEqual(scene.factory.viewers, [])
                self.assertFalse(scene.transport.disconnecting)
                if end == "turn":
                    done(0)
                    scene.clock.pump([1, 1])
                    isIn = bool(scene.factory.viewers)
                    self.assertEqual(isIn, name != "TLSVnc")
                elif end == "late":
                    scene.clock.advance(21)
                    self.assertTrue(scene.transport.disconnecting)
                scene.lose(ConnectionDone())
                self.assertEqual(scene.leftovers(), [], (name, end))

    def test_silence(self) -> None:
        """
        A viewer that sends nothing, or stops after any byte, times out: after half a
        minute, or after two if it is asked for a password.
        """
        said = record("VncAuth")
        for end in range(len(said)):
            scene = Scene("VncAuth")
            scene.protocol.dataReceived(said[:end])
            limit = 120 if 13 <= end < 29 else 30
            scene.clock.advance(limit - 1)
            self.assertFalse(scene.transport.disconnecting, end)
            scene.clock.advance(2)
            self.assertTrue(scene.transport.disconnecting, end)
            scene.lose(ConnectionLost())
            self.assertEqual(scene.leftovers(), [])

    @settings(max_examples=150, deadline=None)
    @given(st.sampled_from(NAMES), st.binary(max_size=400), st.integers(0, 30))
    def test_anything(self, name: str, data: bytes, keep: int) -> None:
        """
        Any bytes after any beginning of a login are refused, or wait for more; they
        let nobody in, and break nothing.
        """
        said = _RECORDED.setdefault(name, record(name))
        scene = Scene(name)
        with capturedLogs() as events:
            scene.protocol.dataReceived(said[:keep] + data)
            scene.clock.advance(2)
            isIn = bool(scene.factory.viewers)
            scene.lose(ConnectionLost())
            scene.clock.advance(2)
        # The last byte is ClientInit, which may be anything.
        isGood = (said[:keep] + data).startswith(said[:-1])
        self.assertTrue(isGood or not isIn)
        self.assertEqual(scene.leftovers(), [])
        self.assertQuiet(events)


_RECORDED: dict[str, bytes] = {}

#: A server that listens until its standard input ends.
PROGRAM = """
import sys
from twisted.internet import reactor, stdio, protocol
from twisted.logger import globalLogPublisher, textFileLogObserver
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.protocol import RFBFactory
from txrfb.security.admission.assembly import makeGate, makePortal
from txrfb.security.admission.descriptors import connectionLimit

class Control(protocol.Protocol):
    def connectionLost(self, reason):
        reactor.stop()

most = connectionLimit(reserve=40)
gate = makeGate(reactor, makePortal(), maxConnections=most)
factory = RFBFactory(MemoryFramebuffer(8, 8), gate=gate, reactor=reactor)
port = reactor.listenTCP(0, factory, interface="127.0.0.1", backlog=200)
globalLogPublisher.addObserver(textFileLogObserver(sys.stderr))
stdio.StandardIO(Control())
print(port.getHost().port, most, flush=True)
reactor.run()
"""


class DescriptorTests(SynchronousTestCase):
    """
    A crowd.
    """

    def connect(self, number: int, port: int) -> list[socket.socket]:
        """
        @return: So many connections.
        """
        made = []
        for _ in range(number):
            made.append(socket.create_connection(("127.0.0.1", port), 10))
            self.addCleanup(made[-1].close)
        return made

    def greeted(self, connections: list[socket.socket]) -> list[socket.socket]:
        """
        @return: Those that were greeted; all others were closed.
        """
        greeted = []
        for one in connections:
            ready, _, _ = select.select([one], [], [], 10)
            self.assertTrue(ready, "neither greeted nor closed")
            try:
                data = one.recv(12)
            except ConnectionError:
                data = b""
            if data:
                self.assertEqual(data, b"RFB 003.008\n")
                greeted.append(one)
        return greeted

    def test_crowd(self) -> None:
        """
        With few descriptors and many connections as many are served as can be, all
        others closed at once; when some leave others are served again.  It never runs
        out of descriptors, and the log has two lines about it all.
        """
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        program = (
            f"import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (80, {hard}))"
            + PROGRAM
        )
        server = subprocess.Popen(
            [sys.executable, "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        assert server.stdout is not None
        port, most = map(int, server.stdout.readline().split())
        self.assertEqual(most, 40)
        crowd = self.connect(120, port)
        inside = self.greeted(crowd)
        self.assertEqual(len(inside), most)
        for one in crowd:
            if one not in inside:
                one.close()
        for one in inside[:30]:
            # It is closed in order: the server has seen it when it closes, too.
            one.shutdown(socket.SHUT_WR)
            one.settimeout(10)
            self.assertEqual(one.recv(1), b"")
            one.close()
        self.assertEqual(len(self.greeted(self.connect(30, port))), 30)
        _, log = server.communicate(timeout=60)
        text = log.decode()
        self.assertEqual(text.count("more are closed at once"), 1, text)
        self.assertNotIn("EMFILE", text)
        self.assertNotIn("Too many open files", text)
        self.assertNotIn("Traceback", text)
