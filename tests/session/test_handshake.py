# -*- test-case-name: tests.session.test_handshake -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._session.handshake}: logins while a server is busy with what others
see.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import ITLSTransport
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import alsoProvides

from tests.session.test_turns import occupy
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.protocol import RFBFactory
from txrfb.security.accounts.realm import portalFor
from txrfb.security.admission.choice import choose
from txrfb.security.admission.gate import Gate
from txrfb.security.admission.maker import securityTypes


class BusyTests(SynchronousTestCase):
    """
    What a login is told at once, though others have much to be written.
    """

    def guarded(self, names: str, **options: Any) -> RFBFactory:
        """
        @return: A server with some security types, and a gate with options.
        """
        clock = Clock()
        types = securityTypes(choose(names), canTLS=True, hasCertificate=True)
        gate = Gate(clock, portalFor(), types, **options)
        return RFBFactory(MemoryFramebuffer(8, 8), gate=gate, reactor=clock)

    def connect(self, factory: RFBFactory) -> StringTransport:
        """
        @return: The transport of a viewer that has connected to a busy server.
        """
        occupy(factory.turns, isWriting=True)
        protocol: Any = factory.buildProtocol(None)
        self.protocol = protocol
        transport = StringTransport()
        alsoProvides(transport, ITLSTransport)
        protocol.makeConnection(transport)
        return transport

    def test_judgedLater(self) -> None:
        """
        Whoever is judged later learns what came of it, and why, before the connection
        ends; it is counted as all that is sent.
        """
        for isWelcome, result in (
            (True, b"\0\0\0\0"),
            (False, b"\0\0\0\1\0\0\0\x11access was denied"),
        ):
            judged: Deferred[bool] = Deferred()
            factory = self.guarded(
                "None", approve=lambda *_, judged=judged: judged, refusalTime=0
            )
            transport = self.connect(factory)
            self.protocol.dataReceived(b"RFB 003.008\n\1")
            self.assertEqual(transport.value(), b"RFB 003.008\n\1\1")
            transport.clear()
            occupy(factory.turns, isWriting=True)
            judged.callback(isWelcome)
            self.assertEqual(transport.value(), result)
            self.assertEqual(transport.disconnecting, not isWelcome)
            self.assertEqual(self.protocol.bytesSent, 14 + len(result))

    def test_beforeTLS(self) -> None:
        """
        That TLS is to begin is said before it does, when a login has waited for its
        turn.
        """
        written = []

        class TLS:
            """
            Looks at what was written when it is to begin.
            """

            def start(self, transport: Any, *_: Any) -> Deferred[None]:
                written.append(transport.value())
                return Deferred()

        factory = self.guarded("X509None", tls=TLS())
        transport = self.connect(factory)
        others = self.successResultOf(factory.gate._pace.turn("others"))
        self.protocol.dataReceived(b"RFB 003.008\n\x13\0\2\0\0\1\4")
        self.assertEqual(transport.value(), b"RFB 003.008\n\1\x13\0\2\0\1\0\0\1\4")
        transport.clear()
        occupy(factory.turns, isWriting=True)
        others(0)
        self.assertEqual(written, [b"\1"])

    def test_refused(self) -> None:
        """
        Who is not welcome is told so.
        """
        factory = self.guarded("None")
        self.patch(factory.gate, "objection", lambda host: "come again tomorrow")
        transport = self.connect(factory)
        self.assertIn(b"come again tomorrow", transport.value())
        self.assertTrue(transport.disconnecting)
