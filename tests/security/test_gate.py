# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.security.admission.gate}.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from twisted.cred.checkers import (
    AllowAnonymousAccess,
    ICredentialsChecker,
    InMemoryUsernamePasswordDatabaseDontUse,
)
from twisted.cred.credentials import IAnonymous, IUsernamePassword
from twisted.cred.error import LoginFailed, UnauthorizedLogin
from twisted.cred.portal import IRealm, Portal
from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.defer import CancelledError, Deferred, fail, succeed
from twisted.internet.interfaces import ISSLTransport, ITLSTransport
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import directlyProvides, implementer

from tests.security.test_realm import ODD
from txrfb._session.stream import streamOf
from txrfb.error import Refused
from txrfb.interfaces import IViewerStream
from txrfb.security.accounts.credentials import (
    Certified,
    ClientCertificate,
    IPassword,
    Password,
    UsernamePassword,
    VNCResponse,
    vncResponse,
)
from txrfb.security.accounts.realm import RFBRealm, portalFor
from txrfb.security.accounts.rights import FULL, IRights
from txrfb.security.admission.addresses import Networks
from txrfb.security.admission.gate import Gate, Visit, shortRefusal
from txrfb.security.admission.judge import reasonOf
from txrfb.security.types.none import NoSecurity
from txrfb.security.types.vencrypt import NAMES, VeNCrypt, subTypes
from txrfb.security.worker import patient


@implementer(ICredentialsChecker)
class Slow:
    """
    A checker whose answers the test gives.
    """

    credentialInterfaces = (IUsernamePassword, IAnonymous)

    def __init__(self) -> None:
        self.asked: list[Deferred[Any]] = []
        self.cancelled = 0

    def _cancel(self, deferred: Deferred[Any]) -> None:
        self.cancelled += 1

    def requestAvatarId(self, credentials: Any) -> Deferred[Any]:
        self.asked.append(Deferred(self._cancel))
        return self.asked[-1]


@implementer(ICredentialsChecker)
class Refusing:
    """
    A checker to which no password is right.
    """

    credentialInterfaces = (IPassword,)

    def __init__(self, clock: Clock, asked: list[float]) -> None:
        """
        @param asked: Is told when it is asked.
        """
        self._clock, self._asked = clock, asked

    def requestAvatarId(self, credentials: Any) -> Deferred[Any]:
        self._asked.append(self._clock.seconds())
        return fail(UnauthorizedLogin())


def someone() -> Any:
    """
    @return: A viewer, as far as a login knows it.
    """
    return SimpleNamespace(avatarId=b"?")


NO = "authentication failed"

GOOD, BAD = UsernamePassword(b"ann", b"good"), UsernamePassword(b"ann", b"bad")


def transport(host: str | None = "192.0.2.1") -> StringTransport:
    """
    @return: A connection from there.
    """
    address: Any = UNIXAddress(None)
    if host is not None:
        kind = IPv6Address if ":" in host else IPv4Address
        address = kind("TCP", host, 1)
    return StringTransport(peerAddress=address)


def arrive(gate: Gate, transport: StringTransport) -> Visit:
    """
    @return: The visit of a connection that was just made.
    """
    visit = gate.visit(lambda reason: None)
    visit.arrive(streamOf(transport))
    return visit


class GateTests(SynchronousTestCase):
    """
    From the connection to the login.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.checker = Slow()

    def gate(self, portal: Any = None, **options: Any) -> Gate:
        """
        @return: A gate whose portal lets everybody in whose password is "good", or
            another.
        """
        portal = portal or portalFor("good", names=True)
        return Gate(self.clock, portal, [NoSecurity()], **options)

    def slow(self, **options: Any) -> Gate:
        """
        @return: A gate whose portal asks the test.
        """
        return self.gate(Portal(RFBRealm(), [self.checker]), **options)

    def visit(self, gate: Gate, host: str | None = "192.0.2.1") -> Visit:
        """
        @return: A visit from there, which is welcome.
        """
        visit = arrive(gate, transport(host))
        self.assertIsNone(visit.objection())
        return visit

    # -- Arriving --------------------------------------------------------------------

    def test_shortRefusal(self) -> None:
        """
        A refusal is version 3.3 that offers nothing, and says why.
        """
        self.assertEqual(shortRefusal("no"), b"RFB 003.003\n\0\0\0\0\0\0\0\x02no")

    def test_networks(self) -> None:
        """
        An address that is not allowed is not answered.
        """
        gate = self.gate(networks=Networks(["198.51.100.0/24"]))
        self.assertEqual(arrive(gate, transport()).objection(), "")
        self.visit(gate, "198.51.100.7")
        self.visit(gate, None)

    def crowd(self, gate: Gate, hosts: list[str | None]) -> list[str]:
        """
        Connections come, one after the other.

        @return: Which of them were closed for others, by their number and host.
        """
        dropped: list[str] = []
        for number, host in enumerate(hosts):

            def drop(reason: str, name: str = f"{number} {host}") -> None:
                dropped.append(name)

            visit = gate.visit(drop)
            self.assertIsNone(visit.arrive(streamOf(transport(host))))
        return dropped

    def test_full(self) -> None:
        """
        If too many connections are about to log in, the next one is welcome
        nevertheless: one that chance decides is closed of the address that has most of
        them, or of those addresses; also if it is this machine's.
        """
        one, two, three = (f"192.0.2.{number}" for number in range(1, 4))
        for hosts, dropped in (
            ([one, two, one, three], [f"0 {one}"]),
            ([one, two, two, three, three], [f"1 {two}", f"3 {three}"]),
            ([one, one, one, one, two], [f"0 {one}", f"1 {one}"]),
            ([one, None, None, two, None], ["1 None", "2 None"]),
            ([one, "127.0.0.1", "127.0.0.1", two], ["1 127.0.0.1"]),
            ([one, two, three, "192.0.2.4"], [f"0 {one}"]),
        ):
            gate = self.gate(maxWaiting=3, choose=lambda crowd: crowd[0])
            self.assertEqual(self.crowd(gate, list(hosts)), dropped)
            self.assertEqual(gate.waiting, 3)

    def test_chance(self) -> None:
        """
        Where each connection has an address of its own any of them may have to go, but
        for the one that has just come: nobody is driven out for sure.
        """
        sizes: list[int] = []

        def choose(crowd: Any) -> Any:
            sizes.append(len(crowd))
            return crowd[-1]

        hosts = [f"192.0.2.{number}" for number in range(6)]
        gate = self.gate(maxWaiting=4, choose=choose)
        self.assertEqual(self.crowd(gate, [*hosts]), [f"3 {hosts[3]}", f"4 {hosts[4]}"])
        self.assertEqual(sizes, [4, 4])
        self.assertEqual(len(self.crowd(self.gate(maxWaiting=1), [None] * 3)), 2)

    def test_penalties(self) -> None:
        """
        Whoever connects again and again without a login is told to wait; a login costs
        nothing, being late costs more, and where many share an address nothing does.
        """
        gate = self.gate()
        for number in range(150):
            visit = self.visit(gate)
            if number >= 99:
                self.successResultOf(visit.login(GOOD, someone()))
                visit.late()
            visit.leave()
        self.visit(gate).late()
        self.assertEqual(gate.penalties.wait("192.0.2.1"), 10)
        with capturedLogs() as events:
            self.assertEqual(
                arrive(gate, transport()).objection(),
                "too many connections without a login; try again in 10 seconds",
            )
        self.assertIn("too many connections without", formatEvent(events[0]) or "")
        self.clock.advance(11)
        self.visit(gate)
        for host in (None, "127.0.0.1"):
            for _ in range(300):
                self.visit(gate, host).late()

    def test_silentCrowd(self) -> None:
        """
        64 silent connections, 8 from each of 8 addresses, keep out nobody else; and 20
        people behind one address all get to the door.
        """
        gate = self.gate()
        for crowd in range(8):
            self.crowd(gate, [f"192.0.2.{crowd}"] * 8)
        self.assertEqual(gate.waiting, 64)
        self.visit(gate, "198.51.100.1")
        self.assertEqual(gate.waiting, 64)
        self.assertEqual(self.crowd(self.gate(), ["192.0.2.1"] * 20), [])

    def test_waiting(self) -> None:
        """
        One that has logged in, was refused, or disconnected no longer counts.
        """
        gate = self.gate(maxWaiting=3, networks=Networks(denied=["192.0.2.9"]))
        visits = [self.visit(gate, f"192.0.2.{number}") for number in range(3)]
        arrive(gate, transport("192.0.2.9"))
        self.assertEqual(gate.waiting, 3)
        visits[0].stopWaiting()
        self.visit(gate)
        self.assertEqual(gate.waiting, 3)
        visits[1].leave()
        self.assertEqual(gate.waiting, 2)
        self.assertEqual(gate.connections, 4)

    def test_leaveTwice(self) -> None:
        """
        However often a viewer leaves, it is counted once, and nothing is kept of it.
        """
        gate = self.gate()
        visit, other = self.visit(gate), self.visit(gate)
        for _ in range(3):
            visit.stopWaiting()
            visit.leave()
        self.assertEqual(gate.waiting, 1)
        other.leave()
        self.assertEqual((gate.waiting, gate._waiting._waiting), (0, {}))

    def test_room(self) -> None:
        """
        If there are as many connections as there may be there is no room, until one
        ends; the log has one line for the beginning and one for the end, however
        many come between.
        """
        gate = self.gate(maxConnections=2)
        with capturedLogs() as events:
            visits = []
            for _ in range(2):
                self.assertTrue(gate.hasRoom())
                visits.append(arrive(gate, transport()))
            for _ in range(50):
                self.assertFalse(gate.hasRoom())
            visits[0].stopWaiting()
            self.assertFalse(gate.hasRoom())
            visits[0].leave()
            self.assertTrue(gate.hasRoom())
        self.assertEqual(len(events), 2)
        self.assertTrue(self.gate().hasRoom())

    def test_roomInTurns(self) -> None:
        """
        If the last place is free and taken and free again all the time, the log hears
        of it once a minute.
        """
        gate = self.gate(maxConnections=1)
        with capturedLogs() as events:
            for number in range(600):
                visit = arrive(gate, transport(f"192.0.2.{number % 9}"))
                self.assertFalse(gate.hasRoom())
                visit.leave()
                self.clock.advance(0.2)
        self.assertEqual(len(events), 4)

    def test_refusals(self) -> None:
        """
        A connection that is refused is a line in the log; many of them are two a
        minute.
        """
        gate = self.gate(networks=Networks(denied=["192.0.2.0/24"]))
        for _ in range(5):
            gate.doorkeeper.failed("198.51.100.7")
        with capturedLogs() as events:
            for number in range(700):
                arrive(gate, transport(f"192.0.2.{number % 7}")).leave()
                arrive(gate, transport("198.51.100.7")).leave()
            self.clock.advance(60)
            self.clock.advance(3600)
        self.assertEqual(
            [formatEvent(event) for event in events],
            [
                "refused connection from 192.0.2.0: address not allowed",
                "1399 connections more in 60 s: 700 refused: too many failed logins,"
                " 699 refused: address not allowed; from 700 198.51.100.7,"
                " 100 192.0.2.1, 100 192.0.2.2, 100 192.0.2.3, 100 192.0.2.4,"
                " 299 others",
            ],
        )
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_proxied(self) -> None:
        """
        Behind a proxy nobody is judged by the proxy's address, but by what the proxy
        says it is.
        """
        gate = self.gate(networks=Networks(denied=["192.0.2.1"]))
        for _ in range(5):
            gate.doorkeeper.failed("198.51.100.8")

        proxied: Any = transport("192.0.2.1")
        directlyProvides(proxied, IViewerStream)
        proxied.isProxied, proxied.host = True, "127.0.0.1"
        visits = [arrive(gate, proxied) for _ in range(3)]
        for visit in visits:
            self.assertFalse(visit.isLocated)
            self.assertIsNone(visit.objection())
        hosts = ["198.51.100.7", "198.51.100.8", "192.0.2.1"]
        answers = []
        for visit, host in zip(visits, hosts, strict=True):
            answers.append(visit.locate(streamOf(transport(host))))
            self.assertTrue(visit.isLocated)
            self.assertEqual(visit.host, host)
        self.assertIsNone(answers[0])
        self.assertIn("too many failed logins", answers[1] or "")
        self.assertEqual(answers[2], "")
        for visit in visits:
            visit.leave()
        self.assertEqual(gate._waiting._waiting, {})

    # -- What is offered -------------------------------------------------------------

    def test_offer(self) -> None:
        """
        What the transport can do decides what is offered.
        """
        portal = portalFor("x", names=True)
        types = [VeNCrypt(subTypes(NAMES))]
        plain, capable, secure, nested = (transport() for _ in range(4))
        directlyProvides(capable, ITLSTransport)
        directlyProvides(secure, ISSLTransport)
        directlyProvides(nested, ISSLTransport, ITLSTransport)

        def names(gate: Gate, transport: Any, webSocket: bool = False) -> list[str]:
            stream: Any = streamOf(transport)
            stream.isWebSocket = webSocket
            offer: Any = gate.offer(stream)
            return [one.name for one in offer[0].subTypes] if offer else []

        tls: Any = object()
        with_ = Gate(self.clock, portal, types, tls=tls)
        without = Gate(self.clock, portal, types)
        self.assertEqual(names(with_, plain), [])
        self.assertEqual(
            names(with_, capable), ["X509Plain", "X509Vnc", "TLSPlain", "TLSVnc"]
        )
        self.assertEqual(names(without, capable), [])
        self.assertEqual(names(with_, capable, webSocket=True), [])
        for gate in (with_, without):
            self.assertEqual(names(gate, secure), ["Plain"])
            self.assertEqual(names(gate, nested), ["Plain"])
            self.assertEqual(names(gate, secure, webSocket=True), ["Plain"])

    def test_startTLS(self) -> None:
        """
        Beginning TLS is the business of who knows TLS.
        """

        class Fake:
            def start(self, *arguments: Any) -> Any:
                return arguments

        gate = self.gate(tls=Fake())
        transport: Any = object()
        begun = gate.startTLS(transport, "x509", print)
        self.assertEqual(begun, (transport, "x509", self.clock, print))

    def test_isOpen(self) -> None:
        """
        A gate knows whether anybody may log in without credentials.
        """
        self.assertTrue(self.gate(portalFor()).isOpen())
        self.assertFalse(self.gate().isOpen())

    def test_patience(self) -> None:
        """
        A login takes longer if people are asked.
        """
        gate = self.gate(approvalTime=45)
        self.assertEqual(gate.patience, 0 if gate.approve is None else 45)

    # -- Logging in ------------------------------------------------------------------

    def test_good(self) -> None:
        """
        A good login is so at once, and the mind knows who it is.
        """
        mind = someone()
        got = self.successResultOf(self.visit(self.gate()).login(GOOD, mind))
        self.assertIs(got[0], IRights)
        self.assertEqual(mind.avatarId, b"")
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_nothingAsked(self) -> None:
        """
        A viewer that was asked nothing is nobody.
        """
        visit = self.visit(self.gate(portalFor()))
        self.successResultOf(visit.login(None, someone()))

    def test_unaware(self) -> None:
        """
        A portal that knows nothing of certificates is asked about the password beside
        it, unless that is somebody else's; and lets in who has a certificate if it lets
        in everybody.
        """
        ann = ClientCertificate(b"ann", b"")
        for name, good in ((b"ann", True), (b"bob", False), (b"", True)):
            proof = UsernamePassword(name, b"good")
            visit = self.visit(self.gate())
            login = visit.login(Certified(ann, proof), someone())
            if good:
                self.successResultOf(login)
                self.assertEqual(visit.host, "192.0.2.1")
            else:
                self.clock.advance(1)
                self.failureResultOf(login, LoginFailed)
        self.successResultOf(self.visit(self.gate(portalFor())).login(ann, someone()))
        login = self.visit(self.gate()).login(ann, someone())
        self.clock.advance(1)
        self.failureResultOf(login, LoginFailed)

    def test_host(self) -> None:
        """
        A checker can see where the viewer is.
        """
        gate, credentials = self.slow(), UsernamePassword(b"ann", b"x")
        self.assertIsNone(credentials.host)
        self.visit(gate).login(credentials, someone())
        self.assertEqual(credentials.host, "192.0.2.1")

    def test_fixedTime(self) -> None:
        """
        A refusal comes one second after the credentials, whether the checker takes no
        time, some, or more than that.
        """
        for taken in (0.0, 0.3, 0.999, 3.0):
            login = self.visit(self.slow()).login(BAD, someone())
            self.clock.advance(taken)
            self.checker.asked[-1].errback(UnauthorizedLogin())
            if taken < 1:
                self.clock.advance(0.999 - taken)
                self.assertNoResult(login)
                self.clock.advance(0.001001)
            self.failureResultOf(login, UnauthorizedLogin)

    def test_lock(self) -> None:
        """
        Five failures close the door to an address: for new connections, and for one
        that was there before, even with the right password.
        """
        gate = self.gate()
        early = self.visit(gate)
        for _ in range(5):
            visit = self.visit(gate)
            failed = visit.login(BAD, someone())
            visit.leave()
            self.clock.advance(1)
            self.failureResultOf(failed, UnauthorizedLogin)
        self.assertIn(
            "try again in 9 seconds", arrive(gate, transport()).objection() or ""
        )
        self.visit(gate, "192.0.2.2")
        login = early.login(GOOD, someone())
        self.assertNoResult(login)
        self.clock.advance(1)
        failure = self.failureResultOf(login, Refused)
        self.assertIn("too many", reasonOf(failure.value))
        # It was no try, and makes nothing worse.
        self.clock.advance(9)
        self.visit(gate)
        self.successResultOf(early.login(GOOD, someone()))

    def test_cleared(self) -> None:
        """
        A good login makes up for bad ones.
        """
        gate = self.gate()
        for credentials in [BAD] * 4 + [GOOD] + [BAD] * 4:
            visit = self.visit(gate)
            login = visit.login(credentials, someone())
            login.addErrback(lambda failure: failure.trap(LoginFailed))
            visit.leave()
            self.clock.advance(1)
        self.visit(gate)

    def test_unhandled(self) -> None:
        """
        Credentials that nobody can check are a bad login.
        """
        login = self.visit(self.gate()).login(None, someone())
        self.clock.advance(1)
        failure = self.failureResultOf(login, LoginFailed)
        self.assertEqual(reasonOf(failure.value), "authentication failed")

    def test_broken(self) -> None:
        """
        A checker that breaks is a bad login; the log knows by what kind of error, and
        nothing of what the checker was given.
        """
        login = self.visit(self.slow()).login(BAD, someone())
        with capturedLogs() as events:
            self.checker.asked[0].errback(RuntimeError("marked"))
        self.clock.advance(1)
        failure = self.failureResultOf(login, UnauthorizedLogin)
        self.assertEqual([event["error"] for event in events], ["RuntimeError"])
        self.assertNotIn("marked", repr(events) + failure.getTraceback())

    def test_noId(self) -> None:
        """
        An answer that is no avatar id is a bad login, even C{True}.
        """
        for answer in ODD:
            with self.subTest(repr(answer)), capturedLogs() as events:
                login = self.visit(self.slow()).login(BAD, someone())
                self.checker.asked.pop().callback(answer)
                self.clock.advance(1)
                self.failureResultOf(login, UnauthorizedLogin)
                self.assertIn("no avatar id", formatEvent(events[0]))

    def test_noAvatar(self) -> None:
        """
        What a realm answers that is no avatar is a bad login; the log says what it is.
        """

        @implementer(IRealm)
        class Realm:
            """
            Answers what it is told.
            """

            answer: Any = None

            def requestAvatar(self, *arguments: Any) -> Any:
                """
                Answer.
                """
                return self.answer

        realm = Realm()
        gate = self.gate(Portal(realm, [AllowAnonymousAccess()]))
        for answer, culprit in (
            (None, "NoneType"),
            (True, "bool"),
            ((IRights, FULL), "tuple"),
            ((IRights, None, list), "NoneType"),
            ((IRights, "full", list), "str"),
            ((IRights, FULL, 7), "int"),
            (succeed((IRights, FULL)), "tuple"),
        ):
            with self.subTest(repr(answer)), capturedLogs() as events:
                realm.answer = answer
                login = self.visit(gate, f"192.0.2.{len(culprit)}").login(
                    None, someone()
                )
                self.clock.advance(1)
                self.failureResultOf(login, UnauthorizedLogin)
                self.assertIn(f"no avatar: {culprit};", formatEvent(events[0]))
        realm.answer = (IRights, FULL, list)
        login = self.visit(gate, "192.0.2.99").login(None, someone())
        self.assertEqual(self.successResultOf(login), realm.answer)

    def test_cancelled(self) -> None:
        """
        If a viewer disconnects during the login, the checker is cancelled, no timer
        stays, and it counts as a failure: it has cost the work.
        """
        gate = self.slow()
        for _ in range(5):
            login = self.visit(gate).login(BAD, someone())
            login.cancel()
            self.failureResultOf(login, CancelledError)
        self.assertEqual(self.checker.cancelled, 5)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(gate.doorkeeper.wait("192.0.2.1"), 10)

    def test_oneAfterTheOther(self) -> None:
        """
        Logins from one address are judged one after the other, those from others
        meanwhile; so guesses that come together are as few as guesses that do not.
        """
        gate = self.slow()
        logins = [self.visit(gate).login(BAD, someone()) for _ in range(9)]
        self.visit(gate, "192.0.2.2").login(BAD, someone())
        self.assertEqual(len(self.checker.asked), 2)
        logins[1].cancel()
        self.failureResultOf(logins[1], CancelledError)
        for number in (0, 2, 3, 4, 5):
            self.checker.asked[number].errback(UnauthorizedLogin())
        self.assertEqual(len(self.checker.asked), 6)
        self.clock.advance(1)
        for login in (logins[0], *logins[2:6]):
            self.failureResultOf(login, UnauthorizedLogin)
        for login in logins[6:]:
            failure = self.failureResultOf(login, Refused)
            self.assertIn("too many failed logins", reasonOf(failure.value))

    def test_parallel(self) -> None:
        """
        Guesses that are judged at the same time, from many addresses of one network,
        are as few as those that come one after the other: they count when they begin.
        What turns out to be good does not count.
        """
        gate = self.slow()
        hosts = [f"2001:db8:0:{number:x}::1" for number in range(61)]
        *visits, late = [self.visit(gate, host) for host in hosts]
        logins = [visit.login(BAD, someone()) for visit in visits]
        self.assertEqual(len(self.checker.asked), 20)
        for asked in self.checker.asked[:15]:
            asked.callback(b"ann")
        for asked in self.checker.asked[15:]:
            asked.errback(UnauthorizedLogin())
        self.clock.advance(1)
        for login in logins[:15]:
            self.successResultOf(login)
        for login in logins[15:]:
            self.failureResultOf(login, LoginFailed)
        late.login(BAD, someone())
        self.assertEqual(len(self.checker.asked), 21)

    def test_busy(self) -> None:
        """
        A login that was refused for want of time or memory is no guess.
        """
        gate = self.slow()
        for _ in range(9):
            login = self.visit(gate).login(BAD, someone())
            self.checker.asked[-1].errback(Refused("busy"))
            self.clock.advance(1)
            self.failureResultOf(login, Refused)
        self.assertEqual(len(gate.doorkeeper), 0)

    def test_shared(self) -> None:
        """
        Where many share an address nobody is locked out for others: a login without a
        name is judged after a pause, and one that disconnects in it leaves nothing.
        """
        gate = self.gate(portalFor("good"))
        good = Password(b"", b"good")
        for _ in range(7):
            gate.doorkeeper.failed("127.0.0.1")
        login = self.visit(gate, "127.0.0.1").login(good, someone())
        self.clock.advance(3.9)
        self.assertNoResult(login)
        self.clock.advance(0.2)
        self.successResultOf(login)
        for _ in range(7):
            gate.doorkeeper.failed(None)
        login = self.visit(gate, None).login(good, someone())
        login.cancel()
        self.failureResultOf(login, CancelledError)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_sharedNames(self) -> None:
        """
        Where many share an address, guesses lock out the name that is tried; a password
        of VNC authentication comes with no name, whatever name its checker is told.
        """
        users = [
            InMemoryUsernamePasswordDatabaseDontUse(ann=b"good", bob=b"own", vnc=b"v")
        ]
        gate = self.gate(portalFor(checkers=users))
        bob = UsernamePassword(b"bob", b"own")
        for host in (None, "127.0.0.1"):
            failing = [self.visit(gate, host).login(BAD, someone()) for _ in range(7)]
            self.clock.advance(1)
            reasons = [reasonOf(self.failureResultOf(one).value) for one in failing]
            self.assertEqual(reasons[4:], [NO, *["too many failed logins"] * 2])
            self.successResultOf(self.visit(gate, host).login(bob, someone()))
            locked = self.visit(gate, host).login(GOOD, someone())
            self.clock.advance(1)
            self.failureResultOf(locked, Refused)
            self.clock.advance(10)
            self.successResultOf(self.visit(gate, host).login(GOOD, someone()))
            for _ in range(5):
                guess = VNCResponse(b"vnc", bytes(16), bytes(16))
                failed = self.visit(gate, host).login(guess, someone())
                self.clock.advance(1)
                self.failureResultOf(failed, UnauthorizedLogin)
            self.assertEqual(gate.doorkeeper.wait(host, b"vnc"), 0)
            self.assertEqual(gate.doorkeeper.pause(host), 1)

    def test_guessesWithoutName(self) -> None:
        """
        60 guesses without a name that come together from an address that many share,
        and come again when they are refused, are judged one after the other: 13 in the
        first minute, and 6 a minute from then on.
        """
        for host in (None, "127.0.0.1"):
            self.clock = clock = Clock()
            guesses: list[float] = []
            gate = self.gate(Portal(RFBRealm(), [Refusing(clock, guesses)]))

            def guess(gate: Gate = gate, host: str | None = host) -> None:
                login = gate.judge(host, Password(b"", b"bad"), someone())
                login.addErrback(lambda _: gate.clock.callLater(4, guess))

            for _ in range(60):
                guess()
            clock.pump([1] * 180)
            self.assertEqual(guesses[:13], [*[0] * 5, 1, 3, 7, 15, 25, 35, 45, 55])
            for minute in (1, 2):
                begun = [at for at in guesses if 0 <= at - 60 * minute < 60]
                self.assertEqual(len(begun), 6)

    def test_honestAmongGuesses(self) -> None:
        """
        An honest login among such guesses is judged within a minute, or told at once
        that there are too many; one with a name, or of a user whom the system tells, is
        judged at once.
        """
        bad = VNCResponse(b"vnc", bytes(16), bytes(16))
        good = VNCResponse(b"vnc", bytes(16), vncResponse(b"good", bytes(16)))
        for guessers in (1, 5, 6, 12, 13, 60):
            self.clock = Clock()
            gate = self.gate(portalFor("good", names=True))
            for _ in range(guessers):
                gate.judge(None, bad, someone()).addErrback(bool)
            login = self.visit(gate, None).login(good, someone())
            for host, credentials in ((None, GOOD), ("uid 1000", good)):
                other = gate.judge(host, credentials, someone())
                self.successResultOf(other)
            outcome: list[Any] = []
            login.addBoth(outcome.append)
            self.clock.advance(1)
            if guessers > 12:
                self.assertIn("too many logins", reasonOf(outcome[0].value))
                continue
            self.clock.pump([1] * 59)
            self.assertIs(outcome[0][0], IRights)

    def test_guessesWithManyNames(self) -> None:
        """
        Guesses with ever different names at a password that is good with any are judged
        like those without one, but for the first 32.  Where each name has its own
        password they keep nobody out: another name is judged after ten seconds.
        """
        users = InMemoryUsernamePasswordDatabaseDontUse(ann=b"good")
        for password in ("shared", None):
            self.clock = Clock()
            gate = self.gate(portalFor(password, checkers=[users]))
            refused: list[Any] = []
            for number in range(100):
                guess = UsernamePassword(b"%d" % number, b"bad")
                login = gate.judge("127.0.0.1", guess, someone())
                login.addErrback(refused.append)
            login = gate.judge("127.0.0.1", GOOD, someone())
            outcome: list[Any] = []
            login.addBoth(outcome.append)
            self.clock.pump([1] * 60)
            reasons = [reasonOf(failure.value) for failure in refused]
            self.assertEqual(len(reasons), 100)
            if password is None:
                self.assertIs(outcome[0][0], IRights)
                self.assertEqual(set(reasons), {NO})
            else:
                self.assertIn("too many logins", reasonOf(outcome[0].value))
                self.assertEqual(reasons.count(NO), 32 + 13)

    def test_longRow(self) -> None:
        """
        Of one address so many logins wait as have their turn in time; more are told to
        come again.
        """
        gate = self.slow()
        logins = [self.visit(gate).login(GOOD, someone()) for _ in range(19)]
        self.clock.advance(1)
        for login in logins[:17]:
            self.assertNoResult(login)
        for login in logins[17:]:
            reason = reasonOf(self.failureResultOf(login, Refused).value)
            self.assertIn("too many logins are waiting", reason)
        for number, login in enumerate(logins[:17]):
            self.checker.asked[number].callback(b"ann")
            self.successResultOf(login)
        self.assertEqual(len(gate._judging), 0)

    def test_patient(self) -> None:
        """
        What is computed for those who have failed lately waits for the others.
        """
        seen: list[bool] = []

        @implementer(ICredentialsChecker)
        class Asking:
            credentialInterfaces = (IUsernamePassword,)
            takesBytes = True

            async def ask(self) -> bytes:
                seen.append(patient.get())
                raise UnauthorizedLogin()

            def requestAvatarId(self, credentials: Any) -> Deferred[Any]:
                return Deferred.fromCoroutine(self.ask())

        gate = self.gate(portalFor(checkers=[Asking()]))
        for host in ("192.0.2.1", "192.0.2.1", "192.0.2.2", "127.0.0.1", "127.0.0.1"):
            self.visit(gate, host).login(BAD, someone()).addErrback(lambda _: None)
            self.clock.advance(1)
        self.assertEqual(seen, [False, True, False, False, True])
        self.assertFalse(patient.get())

    def test_ownLogin(self) -> None:
        """
        Somebody who may log in wins nothing by it for guesses at others' passwords; nor
        by the view-only password for guesses at the other one.
        """
        own = UsernamePassword(b"ann", b"own")
        db = InMemoryUsernamePasswordDatabaseDontUse(ann=b"own", admin=b"secret")
        for portal, good in (
            (portalFor(checkers=[db]), own),
            (portalFor("secret", "own", names=True), UsernamePassword(b"x", b"own")),
        ):
            gate = self.gate(portal)
            for number in range(5):
                guess = UsernamePassword(b"admin", b"%d" % number)
                failed = self.visit(gate).login(guess, someone())
                self.clock.advance(1)
                self.failureResultOf(failed, UnauthorizedLogin)
                if number < 4:
                    self.successResultOf(self.visit(gate).login(good, someone()))
            self.assertEqual(gate.doorkeeper.wait("192.0.2.1"), 9)

    def test_cancelledRefusal(self) -> None:
        """
        One that disconnects while it waits for its refusal leaves no timer, and has
        failed.
        """
        gate = self.gate()
        login = self.visit(gate).login(BAD, someone())
        login.cancel()
        self.failureResultOf(login, CancelledError)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(len(gate.doorkeeper), 1)


class ApproveTests(GateTests):
    """
    The application has its say, after all that is above.
    """

    def gate(self, portal: Any = None, **options: Any) -> Gate:
        """
        @return: A gate that asks, and is answered yes.
        """
        options.setdefault("approve", lambda mind, credentials: succeed(True))
        return super().gate(portal, **options)

    def asking(self, answer: Any) -> tuple[Any, Any, list[Any]]:
        """
        @return: A login that waits for an answer, the mind, and what was asked.
        """
        asked: list[Any] = []

        def approve(*arguments: Any) -> Any:
            asked.append(arguments)
            if isinstance(answer, Exception):
                raise answer
            return answer

        mind = someone()
        login = self.visit(self.gate(approve=approve)).login(GOOD, mind)
        return login, mind, asked

    def refused(self, login: Any, word: str) -> None:
        """
        The viewer is not let in, with that reason.
        """
        self.clock.advance(1)
        reason = reasonOf(self.failureResultOf(login, Refused).value)
        self.assertIn(word, reason)

    def test_later(self) -> None:
        """
        It is asked with viewer and credentials about those whose password is right,
        and its answer may take a while.
        """
        answer: Deferred[bool] = Deferred()
        login, mind, asked = self.asking(answer)
        self.assertEqual(asked, [(mind, GOOD)])
        self.assertEqual(mind.avatarId, b"")
        self.clock.advance(59)
        self.assertNoResult(login)
        answer.callback(True)
        self.successResultOf(login)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_notAsked(self) -> None:
        """
        It is not bothered with those whose password is wrong.
        """
        asked: list[Any] = []
        gate = self.gate(approve=lambda *arguments: asked.append(arguments))
        login = self.visit(gate).login(BAD, someone())
        self.clock.advance(1)
        self.failureResultOf(login, UnauthorizedLogin)
        self.assertEqual(asked, [])

    def test_no(self) -> None:
        """
        No is no, and so is everything that is not yes.  It is not held against the
        viewer's address.
        """
        for answer in (False, succeed(False), None, "yes", fail(RuntimeError())):
            with capturedLogs():
                login, _, _ = self.asking(answer)
                self.refused(login, "denied")

    def test_breaks(self) -> None:
        """
        If it breaks it is no, too, and the log has the kind of error.
        """
        with capturedLogs() as events:
            login, _, _ = self.asking(RuntimeError("marked"))
            self.refused(login, "denied")
        self.assertIn("RuntimeError", [event.get("error") for event in events])
        self.assertNotIn("marked", repr(events))

    def test_timeLimit(self) -> None:
        """
        No answer in time is a no, and the approval is cancelled.
        """
        cancelled: list[Any] = []
        login, _, _ = self.asking(Deferred(cancelled.append))
        self.clock.advance(60)
        self.assertEqual(len(cancelled), 1)
        self.refused(login, "nobody")

    def test_goesAway(self) -> None:
        """
        If the viewer disconnects the approval is cancelled, and the avatar logged out.
        """
        cancelled: list[Any] = []
        left: list[bool] = []

        class Realm(RFBRealm):
            def requestAvatar(self, *arguments: Any) -> Any:
                interface, rights, _ = super().requestAvatar(*arguments)
                return interface, rights, lambda: left.append(True)

        gate = self.gate(
            Portal(Realm(), [self.checker]),
            approve=lambda *ignored: Deferred(cancelled.append),
        )
        login = self.visit(gate).login(None, someone())
        self.checker.asked[0].callback(())
        self.assertEqual((cancelled, left), ([], []))
        login.cancel()
        self.failureResultOf(login, CancelledError)
        self.assertEqual((len(cancelled), left), (1, [True]))
        self.assertEqual(self.clock.getDelayedCalls(), [])
