# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Any bytes, in any pieces, into the server.
"""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.error import ConnectionDone
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.fuzz.damage import HANDSHAKES, damaged, damages, fromViewers
from tests.pieces import Transcript, cut, lengths
from tests.scenes import Application, serving
from txrfb._wire.connection import ServerConnection
from txrfb._wire.events import ClientInit, Failed, LoginRequested
from txrfb._wire.messages import Limits
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.interfaces import ISecurityType
from txrfb.pixels import NATIVE
from txrfb.protocol import RFBFactory
from txrfb.security.accounts.realm import portalFor
from txrfb.security.types.none import NoSecurity
from txrfb.security.types.vncauth import VNCAuth
from txrfb.testing import Viewer, assertScreen

LIMITS = Limits(cutText=500, encodings=20)

prefixes = st.sampled_from([b"", b"RFB ", b"RFB 003.008\n", *HANDSHAKES])
conversations = st.lists(st.tuples(fromViewers, damages), max_size=12).map(
    lambda parts: b"".join(damaged(one.toBytes(), how) for one, how in parts)
)


class ConnectionTests(SynchronousTestCase):
    """
    L{ServerConnection}, which has no input or output.
    """

    def say(
        self, data: bytes, pieces: list[int], types: tuple[ISecurityType, ...]
    ) -> None:
        """
        Feed a connection, and assert that L{Failed} is its last event.
        """
        connection = ServerConnection(Transcript(), LIMITS)
        events = connection.start(types)
        for piece in cut(data, pieces):
            events = connection.receive(piece)
            while events:
                last = events[-1]
                self.assertFalse(any(isinstance(e, Failed) for e in events[:-1]))
                if isinstance(last, Failed):
                    self.assertTrue(last.reason)
                    self.assertEqual(connection.receive(b"more"), [])
                    return
                if isinstance(last, LoginRequested):
                    events = connection.loginSucceeded()
                elif isinstance(last, ClientInit):
                    events = connection.initialize(100, 80, NATIVE, "name")
                else:
                    break
            stepper = connection._stepper
            assert stepper is not None
            self.assertLess(stepper.held, 5000)

    @settings(max_examples=150, deadline=None)
    @given(prefixes, st.binary(max_size=300), lengths)
    def test_anyBytes(self, prefix: bytes, data: bytes, pieces: list[int]) -> None:
        """
        Any bytes, from the beginning or after the handshake.
        """
        self.say(prefix + data, pieces, (NoSecurity(), VNCAuth()))
        self.say(prefix + data, pieces, (VNCAuth(),))

    @settings(max_examples=100, deadline=None)
    @given(st.sampled_from(HANDSHAKES), conversations, lengths)
    def test_messages(self, start: bytes, data: bytes, pieces: list[int]) -> None:
        """
        Messages of which some are damaged.
        """
        self.say(start + data, pieces, (NoSecurity(),))


class ServerTests(SynchronousTestCase):
    """
    The whole server, on a transport, while another viewer watches.
    """

    def setUp(self) -> None:
        """
        A server and a viewer that behaves.
        """
        self.framebuffer = MemoryFramebuffer(100, 80)
        self.application = Application()
        self.factory = serving(
            self.framebuffer, self.application, limits=LIMITS, maxViewers=10
        )
        self.viewer = Viewer(self.factory)
        self.turn = 0

    def say(
        self, data: bytes, pieces: list[int], factory: RFBFactory | None = None
    ) -> None:
        """
        Let a viewer say something, while the picture moves; assert that nothing but
        a clean close comes of it, and that the other viewer sees all.
        """
        factory = factory or self.factory
        server = factory.buildProtocol(None)
        assert server is not None
        transport = StringTransport()
        aborted: list[bool] = []
        transport.abortConnection = (  # type: ignore[method-assign]
            lambda: aborted.append(True)
        )
        server.makeConnection(transport)
        for turn, piece in enumerate(cut(data, pieces)):
            if turn % 8 == 0:
                self.turn += 1
                self.framebuffer.fill(((self.turn * 7) % 256, self.turn % 256, 9))
                factory.clock.advance(0.02)
            if transport.disconnecting:
                break
            server.dataReceived(piece)
            self.assertLess(len(transport.value()), 1 << 24)
            transport.clear()
        factory.clock.advance(0.1)
        server.connectionLost(Failure(ConnectionDone()))
        # An exception would be in the log.
        self.assertEqual(self.flushLoggedErrors(), [])
        assertScreen(self.viewer, self.framebuffer)
        self.assertEqual(self.factory.viewers, [self.viewer.server])
        # Whatever was pressed was released, by the same viewer.
        isDown = {(key, number): down for key, down, number in self.application.keys}
        self.assertNotIn(True, isDown.values())

    @settings(max_examples=80, deadline=None)
    @given(prefixes, st.binary(max_size=200), lengths)
    def test_anyBytes(self, prefix: bytes, data: bytes, pieces: list[int]) -> None:
        """
        Any bytes, before and after the login.
        """
        self.say(prefix + data, pieces)

    @settings(max_examples=80, deadline=None)
    @given(st.sampled_from(HANDSHAKES), conversations, lengths)
    def test_messages(self, start: bytes, data: bytes, pieces: list[int]) -> None:
        """
        Messages of which some are damaged.
        """
        self.say(start + data, pieces)

    @settings(max_examples=40, deadline=None)
    @given(st.sampled_from([0, 1, 2]), st.binary(max_size=60), lengths)
    def test_password(self, version: int, data: bytes, pieces: list[int]) -> None:
        """
        Any bytes where a password is asked for: nobody is logged in.
        """
        factory = serving(self.framebuffer, portal=portalFor("secret"))
        start = (b"RFB 003.003\n", b"RFB 003.007\n\2", b"RFB 003.008\n\2")[version]
        self.say(start + data, pieces, factory)
        self.assertEqual(factory.viewers, [])
        self.assertEqual(factory.clock.getDelayedCalls(), [])
