# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.x11.connection}.
"""

from __future__ import annotations

import os
import struct
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.logger import ILogObserver, globalLogPublisher
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.x11.fake import ROOT, SETUP, FakeServer, UNIXTransport
from txrfb.error import DisplayError
from txrfb.x11 import core, shm
from txrfb.x11.auth import COOKIE, FAMILY_WILD, Authority
from txrfb.x11.connection import SETUP_TIMEOUT, SILENCE, X11Connection
from txrfb.x11.wire import CORE, GENERIC_EVENT, X11Error

ENTRY = Authority(FAMILY_WILD, b"", b"", COOKIE, b"0123456789abcdef")


class ConnectionCase(SynchronousTestCase):
    """
    A connection to a server that is none.
    """

    def setUp(self) -> None:
        """
        Be let in.
        """
        self.clock = Clock()
        self.server = FakeServer()
        self.connection = X11Connection(self.clock, ENTRY)
        self.server.connect(self.connection)

    def failure(self, deferred: Deferred[Any]) -> str:
        """
        @return: The text of the DisplayError that it has failed with.
        """
        return str(self.failureResultOf(deferred, DisplayError).value)


class SetupTests(ConnectionCase):
    """
    Being let in.
    """

    def test_ready(self) -> None:
        """
        We say what we know, and are told of screens.
        """
        self.assertIs(self.successResultOf(self.connection.ready), self.connection)
        self.assertEqual(self.server.authority, (ENTRY.name, ENTRY.data))
        self.assertEqual(self.connection.screen[:4], (ROOT, 64, 48, 24))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def connected(self, **options: Any) -> X11Connection:
        """
        @return: A connection to another server.
        """
        connection = X11Connection(self.clock, None, options.pop("screen", 0))
        FakeServer(**options).connect(connection)
        return connection

    def test_refused(self) -> None:
        """
        If the server refuses that is the reason of all.
        """
        connection = self.connected(refusal="Invalid MIT-MAGIC-COOKIE-1 key")
        connection.connectionLost(Failure(ConnectionDone()))
        reason = "the display refuses: Invalid MIT-MAGIC-COOKIE-1 key"
        self.assertEqual(self.failure(connection.ready), reason)
        self.assertEqual(str(self.successResultOf(connection.lost)), reason)

    def test_noSuchScreen(self) -> None:
        """
        A screen that there is not cannot be had.
        """
        connection = self.connected(screen=1)
        self.assertTrue(connection.transport.disconnecting or connection.isLost)
        connection.connectionLost(Failure(ConnectionDone()))
        self.assertIn("no screen 1", self.failure(connection.ready))

    def test_silentServer(self) -> None:
        """
        A server that says nothing at first is given up.
        """
        connection = X11Connection(self.clock)
        connection.makeConnection(StringTransport())
        self.clock.advance(SETUP_TIMEOUT)
        self.assertTrue(connection.transport.disconnected)
        connection.connectionLost(Failure(ConnectionDone()))
        self.assertIn("does not answer", self.failure(connection.ready))

    def test_canceled(self) -> None:
        """
        Who does not want to wait any more closes the connection.
        """
        connection = X11Connection(self.clock)
        connection.makeConnection(StringTransport())
        connection.ready.cancel()
        self.assertTrue(connection.transport.disconnected)
        connection.connectionLost(Failure(ConnectionDone()))
        self.failureResultOf(connection.ready, CancelledError)

    @given(st.binary(min_size=32, max_size=300))
    def test_anything(self, data: bytes) -> None:
        """
        Whatever a server says after it has let us in, nothing is raised, and what was
        asked has an answer or fails.
        """
        clock = Clock()
        connection = X11Connection(clock)
        connection.makeConnection(StringTransport())
        connection.dataReceived(SETUP)
        asked = [connection.ask(core.getGeometry(ROOT)) for _ in range(3)]
        connection.dataReceived(struct.pack("<BBHI", 1, 0, 1, 0) + data)
        connection.connectionLost(Failure(ConnectionDone()))
        for one in asked:
            one.addErrback(lambda failure: failure.trap(DisplayError))
            self.assertNoResultLeft(one)
        self.flushLoggedErrors()

    def assertNoResultLeft(self, deferred: Deferred[Any]) -> None:
        """
        Assert that it has fired.
        """
        self.successResultOf(deferred)


class QuestionTests(ConnectionCase):
    """
    Requests, and what comes back.
    """

    def test_answers(self) -> None:
        """
        Answers come to those who asked, in order.
        """
        geometry = self.connection.ask(core.getGeometry(ROOT))
        atom = self.connection.internAtom("A")
        self.assertNoResult(geometry)
        self.server.pump()
        self.assertEqual(self.successResultOf(geometry)[:2], (ROOT, 24))
        self.assertEqual(self.successResultOf(atom), 100)

    def test_askedOnce(self) -> None:
        """
        For atoms and extensions the server is asked once, and whoever is canceled takes
        nothing from others.
        """
        first, second = (self.connection.internAtom("A") for _ in range(2))
        one, two = (self.connection.extension(shm.NAME) for _ in range(2))
        first.cancel()
        self.server.pump()
        self.failureResultOf(first, CancelledError)
        self.assertEqual(self.successResultOf(second), 100)
        self.assertEqual(self.successResultOf(one), self.successResultOf(two))
        self.assertEqual(self.successResultOf(self.connection.internAtom("A")), 100)
        self.assertEqual(self.server.log, ["16", "98"])

    def test_error(self) -> None:
        """
        An error of a question is its failure.
        """
        answer = self.connection.ask(core.getGeometry(5))
        self.server.pump()
        error = self.failureResultOf(answer, X11Error).value
        self.assertEqual(str(error), "BadDrawable (0x5) in GetGeometry")

    def test_errorOfNoQuestion(self) -> None:
        """
        An error of a request that has no reply is logged with the names of request and
        extension, or handed to who wants it.
        """
        events: list[Any] = []
        observer = cast(ILogObserver, events.append)
        globalLogPublisher.addObserver(observer)
        self.addCleanup(globalLogPublisher.removeObserver, observer)
        self.connection.extension(shm.NAME)
        self.server.hasPixmaps = False
        self.server.pump()
        request = shm.createPixmap(1, 2, 3, 4, 24, 5)
        self.connection.send(request)
        self.server.pump()
        [event] = [event for event in events if "error" in event]
        text = "BadImplementation (0x0) in MIT-SHM CreatePixmap"
        self.assertEqual(str(event["error"]), text)
        taken: list[X11Error] = []
        self.connection.onError = taken.append
        self.connection.send(request)
        self.server.pump()
        self.assertEqual([str(error) for error in taken], [text])

    def test_errorOfExtension(self) -> None:
        """
        An error of an extension's own says so.
        """
        self.connection.extension(shm.NAME)
        self.server.pump()
        taken: list[X11Error] = []
        self.connection.onError = taken.append
        error = struct.pack("<BBHIHB", 0, 128, 9, 7, 4, 130).ljust(32, b"\0")
        self.connection.dataReceived(error)
        self.assertEqual(str(taken[0]), "MIT-SHM error 0 (0x7) in MIT-SHM GetImage")
        self.connection.dataReceived(error[:10] + b"\xc8".ljust(22, b"\0"))
        self.assertIn("request 200.4", str(taken[1]))

    def test_checked(self) -> None:
        """
        Requests without a reply can be checked: what fails is the first error of them,
        and no other's.
        """
        self.connection.extension(shm.NAME)
        self.server.pump()
        self.server.hasPixmaps = False
        good = self.connection.check(core.freeGC(1), core.freeGC(2))
        bad = self.connection.check(
            core.freeGC(1), shm.createPixmap(1, 2, 3, 4, 24, 5), core.freeGC(1)
        )
        late = self.connection.check(core.freeGC(1))
        self.assertNoResult(bad)
        self.server.pump()
        self.successResultOf(good)
        self.successResultOf(late)
        error = self.failureResultOf(bad, X11Error).value
        self.assertIn("MIT-SHM CreatePixmap", str(error))

    def test_checkedWhenLost(self) -> None:
        """
        A check fails if the connection ends, or has ended.
        """
        check = self.connection.check(core.freeGC(1))
        self.connection.connectionLost(Failure(ConnectionDone()))
        self.assertIn("gone", self.failure(check))
        self.assertIn("gone", self.failure(self.connection.check(core.freeGC(1))))

    def test_noExtension(self) -> None:
        """
        Requests of an extension that there is not are refused here.
        """
        found = self.connection.extension("FOO")
        self.server.pump()
        self.assertIsNone(self.successResultOf(found))
        with self.assertRaisesRegex(DisplayError, "has no MIT-SHM"):
            self.connection.ask(shm.queryVersion())

    def test_wrongReply(self) -> None:
        """
        A reply to what was not asked ends the connection, and all that waits.
        """
        answer = self.connection.ask(core.getGeometry(ROOT))
        self.connection.dataReceived(struct.pack("<BBH", 1, 0, 77).ljust(32, b"\0"))
        self.assertTrue(self.server.transport.disconnected)
        self.connection.connectionLost(Failure(ConnectionDone()))
        self.assertIn("replies to 77", self.failure(answer))

    def test_shortReply(self) -> None:
        """
        A reply that is too short for an answer is a failure of that one.
        """
        answer = self.connection.ask(core.getImage(ROOT, 0, 0, 4, 4))
        self.connection.dataReceived(struct.pack("<BBH", 1, 0, 1).ljust(32, b"\0"))
        self.assertIn("a reply to GetImage that is wrong", self.failure(answer))
        self.assertFalse(self.connection.isLost)

    def test_canceledQuestion(self) -> None:
        """
        Of a question that nobody waits for the answer is dropped.
        """
        first = self.connection.ask(core.getGeometry(ROOT))
        second = self.connection.ask(core.getGeometry(ROOT))
        first.cancel()
        self.failureResultOf(first, CancelledError)
        self.server.pump()
        self.successResultOf(second)

    def test_lost(self) -> None:
        """
        When the connection ends, what waits fails with the reason, and so does what is
        asked later.
        """
        answer = self.connection.ask(core.getGeometry(ROOT))
        self.connection.connectionLost(Failure(ConnectionDone()))
        self.assertIn("the display is gone", self.failure(answer))
        self.assertIn("gone", str(self.successResultOf(self.connection.lost)))
        later = self.connection.ask(core.getGeometry(ROOT))
        self.assertIn("the display is gone", self.failure(later))
        self.connection.send(core.freeGC(1))
        self.assertTrue(self.connection.isLost)

    def test_manyRequests(self) -> None:
        """
        Numbers of requests begin anew after 65535.
        """
        self.connection.send(*[core.freeGC(1)] * 65534)
        for _ in range(3):
            answer = self.connection.ask(core.getGeometry(ROOT))
            self.server.pump()
            self.successResultOf(answer)

    def test_identifiers(self) -> None:
        """
        Identifiers are those that the server has for us, and are used again.
        """
        first, second = self.connection.newId(), self.connection.newId()
        self.assertEqual((first, second), (0x200001, 0x200002))
        self.connection.freeId(first)
        self.assertEqual(self.connection.newId(), first)
        setup = self.connection.setup
        self.connection.setup = setup._replace(idMask=0x3)
        self.connection.newId()
        with self.assertRaisesRegex(DisplayError, "no more identifiers"):
            self.connection.newId()

    def test_descriptors(self) -> None:
        """
        Descriptors of files go where there is a UNIX socket.
        """
        self.assertTrue(self.connection.passesDescriptors)
        self.connection.extension(shm.NAME)
        self.server.pump()
        reading, writing = os.pipe()
        self.addCleanup(os.close, reading)
        self.addCleanup(os.close, writing)
        self.connection.check(shm.attachFd(3), descriptor=reading)
        transport = self.server.transport
        assert isinstance(transport, UNIXTransport)
        [descriptor] = transport.descriptors
        self.assertEqual(os.fstat(descriptor), os.fstat(reading))
        os.close(descriptor)
        self.server.isLocal = False
        other = X11Connection(self.clock)
        FakeServer(isLocal=False).connect(other)
        self.assertFalse(other.passesDescriptors)


class EventTests(ConnectionCase):
    """
    Events.
    """

    def test_listeners(self) -> None:
        """
        An event comes to those who listen for its number, whether a client or the
        server sent it, and whatever one of them does.
        """
        seen: list[bytes] = []

        def breaks(packet: bytes) -> None:
            raise ValueError(packet)

        self.connection.addListener(CORE, 22, breaks)
        remove = self.connection.addListener(CORE, 22, seen.append)
        self.connection.dataReceived(bytes([22]).ljust(32, b"a"))
        self.connection.dataReceived(bytes([22 | 128]).ljust(32, b"b"))
        self.connection.dataReceived(bytes([23]).ljust(32, b"c"))
        self.assertEqual([packet[1:2] for packet in seen], [b"a", b"b"])
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 2)
        remove()
        remove()
        self.connection.dataReceived(bytes([22]).ljust(32, b"a"))
        self.assertEqual(len(seen), 2)
        self.flushLoggedErrors(ValueError)

    def test_ofExtension(self) -> None:
        """
        Events of extensions are counted from their first.
        """
        self.connection.extension(shm.NAME)
        self.server.pump()
        seen: list[bytes] = []
        self.connection.addListener(shm.NAME, 0, seen.append)
        self.connection.dataReceived(bytes([65]).ljust(32, b"a"))
        self.assertEqual(len(seen), 1)

    def test_long(self) -> None:
        """
        A generic event comes with all its bytes.
        """
        seen: list[bytes] = []
        self.connection.addListener(CORE, GENERIC_EVENT, seen.append)
        head = struct.pack("<BBHI", GENERIC_EVENT, 0, 0, 2)
        self.connection.dataReceived(head.ljust(40, b"x"))
        self.assertEqual([len(packet) for packet in seen], [40])


class FlowTests(ConnectionCase):
    """
    A server that reads slowly, or not at all.
    """

    def test_full(self) -> None:
        """
        Whether the transport is full is known, and when it is no longer.
        """
        drained: list[bool] = []
        self.connection.onDrained = lambda: drained.append(self.connection.isFull)
        transport = self.server.transport
        assert transport.producer is not None
        transport.producer.pauseProducing()
        self.assertTrue(self.connection.isFull)
        transport.producer.resumeProducing()
        self.assertEqual(drained, [False])

    def test_silence(self) -> None:
        """
        A server that does not reply for some seconds is said to be silent, once, and
        that it speaks again, once; where nothing is asked there is no clock.
        """
        said: list[bool] = []
        self.connection.onSilence = said.append
        self.server.isStopped = True
        answer = self.connection.ask(core.getGeometry(ROOT))
        self.clock.advance(SILENCE / 2)
        later = self.connection.ask(core.getGeometry(ROOT))
        self.assertEqual(said, [])
        self.clock.advance(SILENCE / 2)
        self.assertEqual(said, [True])
        self.clock.advance(SILENCE * 2)
        self.assertEqual(said, [True])
        self.server.isStopped = False
        self.server.pump()
        self.assertEqual(said, [True, False])
        self.successResultOf(answer)
        self.successResultOf(later)
        self.clock.advance(SILENCE)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_notSilent(self) -> None:
        """
        One that replies, each time after a while, is not silent.
        """
        said: list[bool] = []
        self.connection.onSilence = said.append
        for _ in range(5):
            self.connection.ask(core.getGeometry(ROOT))
            self.clock.advance(SILENCE * 0.9)
            self.server.pump()
        self.assertEqual(said, [])
