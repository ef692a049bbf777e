# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Many strangers at once, and what is left for honest viewers beside them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import IUsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from tests.security.driver import Pool
from tests.security.test_gate import someone
from tests.security.test_teardown import Scene, record
from txrfb.error import Refused
from txrfb.security.accounts.credentials import UsernamePassword
from txrfb.security.accounts.realm import portalFor
from txrfb.security.admission.gate import Gate
from txrfb.security.types.sealing import EAX
from txrfb.security.worker import Worker
from txrfb.testing import Viewer

#: The seconds that a hash of Argon2id takes, with 64 MiB and three rounds.
HASH = 0.09


class Hashing(Pool):
    """
    A reactor in whose threads a hash takes its time.
    """

    def start(self, run: Callable[[], None]) -> None:
        """
        Begin a thread.
        """
        self.callLater(HASH, run)


@implementer(ICredentialsChecker)
class Hashes:
    """
    A checker that computes a hash for each guess, as that for a file of users does.
    """

    credentialInterfaces = (IUsernamePassword,)
    takesBytes = True

    def __init__(self, reactor: Hashing) -> None:
        self._worker = Worker(1, reactor=reactor, start=reactor.start)

    async def _check(self, credentials: Any) -> bytes | tuple[()]:
        if not await self._worker.call(credentials.checkPassword, b"good"):
            raise UnauthorizedLogin()
        name: bytes = credentials.username
        return name

    def requestAvatarId(self, credentials: Any) -> Deferred[bytes | tuple[()]]:
        """
        Check a password.
        """
        return Deferred.fromCoroutine(self._check(credentials))


class GuessersTests(SynchronousTestCase):
    """
    56 of them, each with an address of its own, who guess again when they are refused.
    """

    def setUp(self) -> None:
        self.clock = Hashing()
        self.gate = Gate(self.clock, portalFor(checkers=[Hashes(self.clock)]), [])
        # To lock them out would be the end of it.
        self.gate.doorkeeper.free = 1 << 20
        for number in range(56):
            self.guess(f"192.0.2.{number}")

    def guess(self, host: str) -> None:
        """
        Somebody there guesses.
        """
        login = self.gate.judge(host, UsernamePassword(b"ann", b"bad"), someone())
        login.addErrback(lambda _: self.clock.callLater(0, self.guess, host))

    def login(self, host: str) -> list[Any]:
        """
        @return: What becomes of an honest login, and when.
        """
        outcome: list[Any] = []
        began = self.clock.seconds()
        login = self.gate.judge(host, UsernamePassword(b"bob", b"good"), someone())
        login.addBoth(lambda came: outcome.extend((came, self.clock.seconds() - began)))
        return outcome

    def test_longest(self) -> None:
        """
        An honest login waits for the hash that is being computed, and for one of theirs
        at the most; then for its own.
        """
        self.clock.pump([0.01] * 800)
        times = []
        for number in range(40):
            outcome = self.login(f"198.51.100.{number}")
            self.clock.pump([0.01] * (41 + number % 9))
            self.assertIsInstance(outcome[0], tuple)
            times.append(outcome[1])
        self.assertLess(max(times), 3 * HASH + 0.04)

    def test_atFirst(self) -> None:
        """
        Those of whom nobody has failed yet are people like any other: more than can
        wait hear at once that there are too many.  That is over when each of them has
        failed once.
        """
        outcome = self.login("198.51.100.1")
        self.clock.pump([0.01] * 101)
        outcome[0].trap(Refused)
        self.assertIn("too many logins are waiting", str(outcome[0].value))
        self.clock.pump([0.01] * 800)
        outcome = self.login("198.51.100.1")
        self.clock.pump([0.01] * 30)
        self.assertIsInstance(outcome[0], tuple)


class EmptyTests(SynchronousTestCase):
    """
    Sealed messages that say nothing, of which each would cost a check of its tag.
    """

    def test_nothingIsComputed(self) -> None:
        """
        Four strangers who send a thousand each are closed at the first one, before
        anything is computed for it; a viewer has each frame meanwhile.
        """
        sent = record("RA2")
        scene = Scene("RA2")
        viewer = Viewer(scene.factory, "secret", "ann")
        self.assertTrue(viewer.isConnected)
        framebuffer: Any = scene.factory.framebuffer
        bodies: list[bytes] = []
        openIt = EAX.open

        def opening(eax: EAX, header: bytes, body: bytes, tag: bytes) -> bytes:
            bodies.append(body)
            return openIt(eax, header, body, tag)

        self.patch(EAX, "open", opening)
        # Up to the random number: what follows is sealed.
        start = sent[: 12 + 1 + (4 + 256) + (2 + 128)]
        for shade in range(30):
            if shade % 8 == 0:
                scene.connect()
                scene.protocol.dataReceived(start)
                self.assertFalse(scene.transport.disconnecting)
                scene.protocol.dataReceived(bytes(18) * 1000)
                self.assertTrue(scene.transport.disconnecting)
                scene.lose(ConnectionDone())
            with framebuffer.draw() as image:
                image.rectangle((0, 0, 8, 8), (shade, 0, 0))
            viewer.advance(1 / 30)
            self.assertEqual(viewer.color(0, 0), f"#{shade:02x}0000")
        self.assertNotIn(b"", bodies)
