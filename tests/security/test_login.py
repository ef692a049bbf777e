# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Logins of every kind, from connecting to the picture, over real sockets.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from typing import Any

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import IUsernameHashedPassword, IUsernamePassword
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import (
    TCP4ClientEndpoint,
    TCP4ServerEndpoint,
    connectProtocol,
)
from twisted.logger import (
    LogLevel,
    capturedLogs,
    formatEvent,
    globalLogPublisher,
    jsonFileLogObserver,
    textFileLogObserver,
)
from twisted.protocols.haproxy import proxyEndpoint
from twisted.trial.unittest import TestCase
from zope.interface import implementer

from tests.security.driver import temporary
from tests.security.test_tls import NOW, PROXY, Authority, Side
from txrfb.client import RFBClient
from txrfb.client.events import Updated
from txrfb.client.factory import connectViewer
from txrfb.error import ConnectionFailed
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.log import jsonObserver, traceMessages
from txrfb.protocol import RFBFactory
from txrfb.security.accounts.checkers import CertificateChecker
from txrfb.security.accounts.credentials import IPassword
from txrfb.security.accounts.realm import portalFor
from txrfb.security.admission.assembly import makeGate, makePortal
from txrfb.security.admission.choice import NAMES, choose
from txrfb.security.admission.gate import Gate
from txrfb.security.client import securityFor
from txrfb.security.tls.certificates import selfSigned
from txrfb.security.tls.client import viewerTLS
from txrfb.security.types.hostkey import HostKey
from txrfb.security.types.sealing import EAX
from txrfb.security.types.vencrypt import NAMES as INSIDE

#: What no output may have in it.  VncAuth looks at the first eight bytes.
MARK = "Zq7!xKw9 and more"

#: The types that ask for a password.
ASKING = tuple(name for name in NAMES if not name.endswith("None"))

_KEY = HostKey.generate(1024)
_CERTIFICATE = selfSigned(["127.0.0.1", "localhost"], NOW)


class Looking(RFBClient):
    """
    A viewer that tells of its first picture.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.seen: Deferred[None] = Deferred()
        self.gone: Deferred[None] = Deferred()

    def updateReceived(self, update: Updated) -> None:
        if not self.seen.called:
            self.seen.callback(None)

    def connectionLost(self, *reason: Any) -> None:
        super().connectionLost(*reason)
        self.gone.callback(None)


class Base(TestCase):
    """
    A server for a picture of one color, and viewers.
    """

    timeout = 15

    def setUp(self) -> None:
        self.framebuffer = MemoryFramebuffer(80, 60, "memorable")
        with self.framebuffer.draw() as image:
            image.rectangle((0, 0, 80, 60), (10, 200, 30))
        self.viewers: list[Looking] = []
        self.certificate = temporary(self, _CERTIFICATE)
        self.key = temporary(self)
        with open(self.key, "wb") as file:
            file.write(_KEY.toPEM())
        os.chmod(self.key, 0o600)

    def gate(self, names: str = "", portal: Any = None, **options: Any) -> Gate:
        """
        @return: A gate for a password, or for users with one.
        """
        choice = choose(names)
        portal = portal or makePortal(password=MARK, choice=choice)
        options.setdefault("certificate", self.certificate)
        options.setdefault("refusalTime", 0.02)
        return makeGate(reactor, portal, choice=choice, hostKey=self.key, **options)

    async def serve(self, gate: Gate, proxied: bool = False) -> RFBFactory:
        """
        @return: A factory that listens.
        """
        factory = RFBFactory(self.framebuffer, gate=gate, reactor=reactor)
        endpoint: Any = TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1")
        if proxied:
            endpoint = proxyEndpoint(endpoint)
        port = await endpoint.listen(factory)
        self.port = port.getHost().port
        self.addCleanup(port.stopListening)
        self.addCleanup(factory.disconnectAll)
        return factory

    async def connect(
        self,
        password: str = MARK,
        names: Any = NAMES,
        own: bytes | None = None,
        authority: bytes = _CERTIFICATE,
        user: str = "ann",
        protocol: Callable[..., Looking] = Looking,
    ) -> Looking:
        """
        @return: A viewer that has logged in.

        @raise ConnectionFailed: if it is not let in.
        """

        def made(*arguments: Any, **options: Any) -> Looking:
            viewer = protocol(*arguments, **options)
            self.viewers.append(viewer)
            self.addCleanup(lambda: viewer.gone)
            return viewer

        endpoint = TCP4ClientEndpoint(reactor, "127.0.0.1", self.port)
        await connectViewer(
            endpoint,
            protocol=made,
            security=securityFor(password, user, names),
            startTLS=viewerTLS("127.0.0.1", authority, own),
            clock=reactor,
        )
        viewer = self.viewers[-1]
        self.addCleanup(viewer.disconnect)
        return viewer

    async def assertPicture(self, viewer: Looking) -> None:
        """
        The viewer gets the picture.
        """
        await viewer.seen
        self.assertEqual(set(viewer.canvas.ravel().tolist()), {0x0AC81E})

    async def assertRefused(self, words: str, **options: Any) -> None:
        """
        The viewer is not let in, for a reason with these words.
        """
        try:
            await self.connect(**options)
        except ConnectionFailed as error:
            self.assertIn(words, str(error))
        else:
            self.fail("it was let in")


class LoginTests(Base):
    """
    Every security type, to the picture.
    """

    async def test_everyType(self) -> None:
        """
        With each type that asks for a password the right one leads to the picture and
        a wrong one to a refusal.
        """
        for name in ASKING:
            await self.serve(self.gate(name))
            viewer = await self.connect(names=[name])
            await self.assertPicture(viewer)
            viewer.disconnect()
            await self.assertRefused(
                "authentication failed", names=[name], password="wrong"
            )

    async def test_nothingAsked(self) -> None:
        """
        With the types that ask nothing it is seen at once.
        """
        for name in ("None", "TLSNone", "X509None"):
            await self.serve(self.gate(name, makePortal()))
            viewer = await self.connect(names=[name])
            await self.assertPicture(viewer)

    async def test_sealed(self) -> None:
        """
        RA2 and RA2_256 let nothing be heard of what is shown, nor TLS; others do.
        """
        heard: list[bytes] = []

        class Listening(Looking):
            def makeConnection(self, transport: Any) -> None:
                super().makeConnection(transport)
                read = transport._dataReceived

                def listened(data: bytes) -> Any:
                    heard.append(data)
                    return read(data)

                transport._dataReceived = listened

        for name in ("RA2", "RA2_256", "RA2ne", "TLSVnc", "VncAuth"):
            await self.serve(self.gate(name))
            heard.clear()
            viewer = await self.connect(names=[name], protocol=Listening)
            await self.assertPicture(viewer)
            clear = b"memorable" in b"".join(heard)
            self.assertEqual(clear, name in ("RA2ne", "VncAuth"), name)

    async def test_clientCertificate(self) -> None:
        """
        A certificate of the right authority logs in whom it names; none, or another's,
        does not.
        """
        authority = Authority()
        trusted = temporary(self, authority.certificate)
        portal = portalFor(checkers=[CertificateChecker(["ann"])])
        factory = await self.serve(
            self.gate("X509None", portal, clientAuthority=trusted)
        )
        viewer = await self.connect(names=["X509None"], own=authority.issue("ann"))
        await self.assertPicture(viewer)
        self.assertEqual(factory.viewers[0].avatarId, b"ann")
        await self.assertRefused(
            "authentication failed", names=["X509None"], own=authority.issue("bob")
        )
        for own, reason in (
            (Authority().issue("ann"), "the authority that it names has not signed it"),
            (None, "the viewer showed no certificate"),
        ):
            with capturedLogs() as events:
                await self.assertRefused("", names=["X509None"], own=own)
                await factory.disconnectAll()
            lines = [formatEvent(event) or "" for event in events if "reason" in event]
            [line] = [line for line in lines if "FAILED in TLS" in line]
            self.assertIn(reason, line)

    async def test_wrongAuthority(self) -> None:
        """
        A viewer that trusts another authority does not send its password.
        """
        gate = self.gate("X509Plain")
        await self.serve(gate)
        await self.assertRefused(
            "nobody but itself has signed it",
            names=["X509Plain"],
            authority=Authority().certificate,
        )
        self.assertEqual(len(gate.doorkeeper), 0)

    async def test_lockedOut(self) -> None:
        """
        After five failures the sixth connection is told to come back later, before it
        is asked anything.  (It comes from this machine, which would not be locked out.)
        """
        gate = self.gate("VncAuth")
        self.patch(gate.doorkeeper, "isShared", lambda host: False)
        await self.serve(gate)
        for _ in range(5):
            await self.assertRefused("authentication failed", password="wrong")
        await self.assertRefused("too many failed logins; try again in 10 seconds")

    async def test_network(self) -> None:
        """
        From a network that may not come there is no answer.
        """
        await self.serve(self.gate(denied=["127.0.0.0/8"]))
        await self.assertRefused("closed")

    async def test_proxied(self) -> None:
        """
        Behind a proxy the viewer's address counts, which the proxy tells; TLS goes
        through it.
        """

        class Proxied(Looking):
            def connectionMade(self) -> None:
                assert self.transport is not None
                self.transport.write(PROXY)
                super().connectionMade()

        for name in ("VncAuth", "X509Vnc", "RA2"):
            factory = await self.serve(
                self.gate(name, denied=["127.0.0.0/8"]), proxied=True
            )
            viewer = await self.connect(names=[name], protocol=Proxied)
            await self.assertPicture(viewer)
            self.assertEqual(factory.viewers[0].peer, "198.51.100.7:1")
        await self.serve(self.gate(denied=["198.51.100.0/24"]), proxied=True)
        await self.assertRefused("access was denied", protocol=Proxied)
        gate = self.gate("VncAuth")
        for _ in range(5):
            gate.doorkeeper.failed("198.51.100.7")
        await self.serve(gate, proxied=True)
        await self.assertRefused("too many failed logins", protocol=Proxied)

    async def test_approve(self) -> None:
        """
        The application is asked about the viewer, and has the last word.
        """
        answers = [True, False]
        asked: list[Any] = []

        def approve(viewer: Any, credentials: Any) -> bool:
            asked.append((viewer.peer.partition(":")[0], type(credentials)))
            return answers.pop(0)

        await self.serve(self.gate("VncAuth", approve=approve))
        await self.assertPicture(await self.connect())
        await self.assertRefused("access was denied")
        self.assertEqual([peer for peer, _ in asked], ["127.0.0.1"] * 2)

    async def test_viewPassword(self) -> None:
        """
        The view-only password lets its owner view only.
        """
        portal = makePortal(password=MARK, viewPassword="look")
        factory = await self.serve(self.gate("RA2,VncAuth", portal))
        for name in ("RA2", "VncAuth"):
            viewer = await self.connect(password="look", names=[name])
            await self.assertPicture(viewer)
        self.assertTrue(all(one.viewOnly for one in factory.viewers))
        self.assertEqual(len(factory.viewers), 2)

    async def test_early(self) -> None:
        """
        Bytes sent between the choice of TLS and its beginning end the connection:
        nothing that was not protected is taken for something that was.
        """
        gate = self.gate("TLSVnc")
        await self.serve(gate)
        side = Side()
        endpoint = TCP4ClientEndpoint(reactor, "127.0.0.1", self.port)
        await connectProtocol(endpoint, side)
        side.transport.write(b"RFB 003.008\n\x13\0\x02\0\0\x01\x02" + b"\x16\x03\x01")
        await side.lost
        self.assertTrue(side.heard.endswith(b"\0\1\0\0\1\2\1"), side.heard)
        self.assertEqual(gate.waiting, 0)

    async def test_nothingStays(self) -> None:
        """
        Connections that logged in, were refused, or disconnected leave nothing behind.
        """
        gate = self.gate("X509Vnc,RA2,VncAuth")
        factory = await self.serve(gate)
        for name in ("X509Vnc", "RA2", "VncAuth"):
            viewer = await self.connect(names=[name])
            await self.assertRefused("failed", names=[name], password="wrong")
            viewer.disconnect()
        await factory.disconnectAll()
        self.assertEqual(gate.waiting, 0)
        self.assertEqual(gate.connections, 0)


@implementer(ICredentialsChecker)
class Breaking:
    """
    A checker that fails, and says what it was given.
    """

    credentialInterfaces = (IUsernamePassword, IUsernameHashedPassword, IPassword)

    def requestAvatarId(self, credentials: Any) -> Any:
        given = getattr(credentials, "password", b"")
        given += b"".join(
            getattr(credentials, name, b"") for name in ("_challenge", "_response")
        )
        raise RuntimeError(f"I was given {given!r} and {given.hex()}")


class SecretTests(Base):
    """
    Passwords, challenges, responses and keys are nowhere but where they belong.
    """

    def setUp(self) -> None:
        super().setUp()
        self.output = io.StringIO()
        observers = [
            textFileLogObserver(self.output),
            jsonFileLogObserver(self.output),
            jsonObserver(self.output),
        ]
        for observer in observers:
            globalLogPublisher.addObserver(observer)
            self.addCleanup(globalLogPublisher.removeObserver, observer)
        traceMessages(True)
        self.addCleanup(traceMessages, False)
        # Session keys, and random bytes as challenges are.
        self.secrets = [MARK.encode(), MARK.encode()[:8], b"Wr0ng-" + MARK.encode()]
        make = EAX.__init__

        def noted(eax: EAX, key: bytes) -> None:
            self.secrets.append(key)
            make(eax, key)

        self.patch(EAX, "__init__", noted)

    def random(self, size: int) -> bytes:
        """
        @return: Random bytes, which are noted.
        """
        import secrets

        made = secrets.token_bytes(size)
        self.secrets.append(made)
        return made

    def assertNothing(self) -> None:
        """
        No output, and no transcript, has a secret in it, in any form.
        """
        texts = [self.output.getvalue()]
        for viewer in self.viewers:
            texts.append("\n".join(viewer.transcript.lines()))
            texts.append(repr(viewer))
        output = "\n".join(texts)
        self.assertGreater(len(self.secrets), 3)
        for secret in self.secrets:
            forms = {secret.hex(), repr(secret)[2:-1], secret.decode("latin-1")}
            forms.add(ascii(secret.decode("latin-1"))[1:-1])
            for form in forms:
                self.assertNotIn(form, output)

    async def test_everyLogin(self) -> None:
        """
        Every type, with the right password and a wrong one, at debug level with each
        message traced, as text and as JSON.
        """
        names = [name for name in ASKING if name not in INSIDE] + [
            "X509Plain",
            "TLSVnc",
            "Plain",
        ]
        for name in names:
            factory = await self.serve(self.gate(name))
            factory.random = self.random
            viewer = await self.connect(names=[name])
            await self.assertPicture(viewer)
            viewer.disconnect()
            await self.assertRefused("", names=[name], password="Wr0ng-" + MARK)
        self.assertIn("Login", self.output.getvalue())
        self.assertIn(LogLevel.debug.name, self.output.getvalue())
        self.assertNothing()

    async def test_whoTried(self) -> None:
        """
        A failed login names whom the viewer gave itself out as, and nobody if it gave
        its password for a name as well.
        """
        for name in ("X509Plain", "Plain"):
            await self.serve(self.gate(name))
            wrong = "Wr0ng-" + MARK
            await self.assertRefused("", names=[name], password=wrong, user="an\nn")
            self.assertIn(f", as 'an\\nn' by {name}, FAILED", self.output.getvalue())
            await self.assertRefused("", names=[name], password=wrong, user=wrong)
        await self.serve(self.gate("VncAuth"))
        await self.assertRefused("", names=["VncAuth"], password=wrong, user="x")
        self.assertNotIn("by VncAuth, FAILED", self.output.getvalue())
        self.secrets.extend([wrong.encode(), wrong.encode()[:10]])
        self.assertNothing()

    async def test_breakingChecker(self) -> None:
        """
        A checker that breaks, and tells all it knows, does not tell the log.
        """
        for name in ("VncAuth", "Plain", "RA2"):
            for wrapped in (False, True):
                portal = portalFor(checkers=[Breaking()])
                if not wrapped:
                    for interface in Breaking.credentialInterfaces:
                        portal.checkers[interface] = Breaking()
                factory = await self.serve(self.gate(name, portal))
                factory.random = self.random
                await self.assertRefused("authentication failed", names=[name])
        self.assertIn("RuntimeError", self.output.getvalue())
        self.assertNothing()
