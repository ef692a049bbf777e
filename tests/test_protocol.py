# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.protocol} and L{txrfb._session.server}.
"""

from __future__ import annotations

from typing import Any

from PIL import Image
from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import IUsernameHashedPassword
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.task import Clock
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.logger import LogLevel, formatEvent, globalLogPublisher
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from tests.scenes import Application, serving
from txrfb._anywhere import AnywhereEndpoint
from txrfb._wire.messages import (
    ClientCutText,
    FramebufferUpdateRequest,
    KeyEvent,
    Limits,
    PointerEvent,
    ServerInit,
    SetEncodings,
    SetPixelFormat,
)
from txrfb.encodings import constants as c
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.geometry import Rectangle
from txrfb.pixels import NATIVE
from txrfb.protocol import RFBFactory
from txrfb.security import makeGate
from txrfb.security.accounts.credentials import vncResponse
from txrfb.security.accounts.realm import portalFor
from txrfb.security.accounts.rights import VIEW_ONLY
from txrfb.security.admission.choice import choose
from txrfb.security.admission.maker import securityTypes
from txrfb.security.types.hostkey import HostKey
from txrfb.testing import Viewer, assertScreen

GREETING = b"RFB 003.008\n"


class ServerTestCase(SynchronousTestCase):
    """
    Collects the log.
    """

    def setUp(self) -> None:
        """
        Collect.
        """
        self.events: list[dict[str, Any]] = []
        observer: Any = self.events.append
        globalLogPublisher.addObserver(observer)
        self.addCleanup(globalLogPublisher.removeObserver, observer)

    def logged(self, level: LogLevel) -> list[str]:
        """
        @return: The reasons in events of a level.
        """
        return [
            event["reason"]
            for event in self.events
            if event.get("log_level") is level and "reason" in event
        ]

    def connect(
        self, factory: RFBFactory, host: str = "192.168.1.1"
    ) -> tuple[Any, StringTransport]:
        """
        @return: A server's protocol, and the transport it writes to.
        """
        server = factory.buildProtocol(None)
        assert server is not None
        transport = StringTransport(peerAddress=IPv4Address("TCP", host, 54321))
        transport.abortConnection = transport.loseConnection  # type: ignore[method-assign]
        server.makeConnection(transport)
        return server, transport


class ComingTests(ServerTestCase):
    """
    Who is let in.
    """

    def test_init(self) -> None:
        """
        A viewer is told size, format and name.
        """
        server, transport = self.connect(serving(MemoryFramebuffer(30, 20, "été")))
        server.dataReceived(GREETING + b"\1\1")
        init = ServerInit(30, 20, NATIVE, "été").toBytes()
        self.assertEqual(transport.value(), GREETING + b"\1\1\0\0\0\0" + init)

    def test_picture(self) -> None:
        """
        A picture is shown, and the next can be pasted on the framebuffer that was made.
        """
        factory = RFBFactory(Image.new("RGB", (30, 20), "red"), reactor=Clock())
        viewer = Viewer(factory)
        self.assertEqual((viewer.size, viewer.color(29, 19)), ((30, 20), "#ff0000"))
        framebuffer: Any = factory.framebuffer
        framebuffer.paste(Image.new("RGB", (30, 20), "lime"))
        viewer.waitFor(lambda: viewer.color(29, 19) == "#00ff00")

    def test_listen(self) -> None:
        """
        A factory listens where it is told, at ports for this machine only while
        everybody is let in.
        """
        reactor: Any = MemoryReactorClock()
        factory = RFBFactory(MemoryFramebuffer(4, 4), reactor=reactor)
        for where in (5901, "5902", "tcp:5903:interface=192.0.2.1"):
            self.successResultOf(factory.listen(where))
        servers = [(port, where) for port, _, _, where in reactor.tcpServers]
        here = "127.0.0.1"
        self.assertEqual(servers, [(5901, here), (5902, here), (5903, "192.0.2.1")])

    def test_listenProtected(self) -> None:
        """
        Where viewers must log in, a port is at all addresses, those of IPv6 among them.
        """
        reactor: Any = MemoryReactorClock()
        listening: list[int] = []

        def listen(self: Any, factory: object) -> Any:
            listening.append(self._port)
            return succeed(None)

        self.patch(AnywhereEndpoint, "listen", listen)
        factory = RFBFactory(
            MemoryFramebuffer(4, 4), portal=portalFor(b"x"), reactor=reactor
        )
        for where in (5901, "5902"):
            self.successResultOf(factory.listen(where))
        self.assertEqual((listening, reactor.tcpServers), ([5901, 5902], []))

    def test_listenNowhere(self) -> None:
        """
        What is no place is an error that says what is wrong with it.
        """
        factory = RFBFactory(MemoryFramebuffer(4, 4), reactor=MemoryReactorClock())
        where: Any
        for where, reason in (
            ("carrier-pigeon:1", "unknown endpoint type: 'carrier-pigeon'"),
            ("tcp:http", "'http' is not a number"),
            ("tcp:5900:host=x", "endpoints tcp: have no argument 'host'"),
            ("tls:/nonexistent:port=1", "there is no directory '/nonexistent'"),
            (70000, "70000 is no port number"),
            (-1, "-1 is no port number"),
            (True, "True is no port number"),
            (None, "None is no port number"),
        ):
            failure = self.failureResultOf(factory.listen(where), ValueError)
            self.assertTrue(failure.getErrorMessage().startswith(reason), where)

    def test_noPortal(self) -> None:
        """
        What cannot judge logins is no portal, which is said before anybody comes.
        """
        wrong: Any
        for wrong in (lambda name, password: True, SlowChecker()):
            error = self.assertRaises(
                ValueError, RFBFactory, MemoryFramebuffer(4, 4), portal=wrong
            )
            self.assertIn("expected a twisted.cred Portal", str(error))

    def test_name(self) -> None:
        """
        The name of the factory, if it has one, is told in place of the
        framebuffer's.
        """
        viewer = Viewer(serving(name="the factory's"))
        self.assertEqual(viewer.name, "the factory's")

    def test_deadline(self) -> None:
        """
        Who is not in after 30 seconds is closed, however far it came.
        """
        data = GREETING + b"\1"
        for offset in range(len(data) + 1):
            factory = serving()
            server, transport = self.connect(factory)
            server.dataReceived(data[:offset])
            factory.clock.advance(29.9)
            self.assertFalse(transport.disconnecting)
            factory.clock.advance(0.1)
            self.assertTrue(transport.disconnecting)
        self.assertEqual(
            set(self.logged(LogLevel.warn)),
            {"login timed out after 30 s"},
        )

    def test_noDeadlineForTheQuiet(self) -> None:
        """
        Who is in may be quiet for as long as it likes.
        """
        factory = serving()
        server, transport = self.connect(factory)
        server.dataReceived(GREETING + b"\1\1")
        factory.clock.advance(1e6)
        self.assertFalse(transport.disconnecting)
        self.assertEqual(factory.clock.getDelayedCalls(), [])

    def test_deadlineIsDropped(self) -> None:
        """
        Of a connection that has ended no timer is left.
        """
        factory = serving()
        server, _ = self.connect(factory)
        server.dataReceived(b"GET / HTTP/1.1\r\n")
        server.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(factory.clock.getDelayedCalls(), [])

    def test_pending(self) -> None:
        """
        Only so many connections may be in their handshake; those that are in do not
        count.  One more is welcome, and another one is closed.
        """
        factory = serving(limits=Limits(pending=2))
        inside = Viewer(factory)
        waiting = [self.connect(factory)[1] for _ in range(2)]
        for _ in range(2):
            self.assertTrue(Viewer(factory).isConnected)
            closed = [one for one in waiting if one.disconnecting]
            self.assertEqual(len(closed), 1)
        self.assertTrue(inside.isConnected)

    def test_viewers(self) -> None:
        """
        Only so many viewers are let in; who comes too late hears why.
        """
        application = Application()
        factory = serving(application=application, maxViewers=2)
        viewers = [Viewer(factory) for _ in range(3)]
        self.assertEqual([v.isConnected for v in viewers], [True, True, False])
        self.assertIn("too many viewers: the limit is 2", viewers[2].reason)
        viewers[0].disconnect()
        self.assertTrue(Viewer(factory).isConnected)
        self.assertEqual(application.audiences, [[1], [1, 2], [2], [2, 4]])

    def test_refusalsCount(self) -> None:
        """
        The bytes of a refusal are counted as sent, whether it comes before the version
        or in place of the security types; who is given no reason is sent nothing.
        """
        factory = serving(maxViewers=1)
        Viewer(factory)
        gate = factory.gate
        for host, objection in (("192.0.2.1", None), ("192.0.2.2", "no"), ("::1", "")):
            self.patch(gate, "objection", lambda host, answer=objection: answer)
            server, transport = self.connect(factory, host)
            if objection is None:
                server.dataReceived(GREETING)
            self.assertTrue(transport.disconnecting)
            self.assertEqual(server.transcript.sent, len(transport.value()))
            self.assertEqual(bool(transport.value()), objection != "")

    def test_viewersAtTheSameTime(self) -> None:
        """
        The limit holds for viewers that are in their handshake together, too.
        """
        factory = serving(maxViewers=1)
        both = [self.connect(factory) for _ in range(2)]
        for server, _ in both:
            server.dataReceived(GREETING + b"\1")
        for server, _ in both:
            server.dataReceived(b"\1")
        self.assertEqual([t.disconnecting for _, t in both], [False, True])
        self.assertEqual(factory.viewers, [both[0][0]])

    def test_arguments(self) -> None:
        """
        Words and numbers that mean nothing are refused.
        """
        for options in (
            {"shared": "sometimes"},
            {"maxViewers": 0},
            {"frameRate": -1},
            {"frameRate": float("nan")},
        ):
            self.assertRaises(ValueError, serving, **options)

    def test_globalReactor(self) -> None:
        """
        Without a clock, time is the reactor's.
        """
        from twisted.internet import reactor

        self.assertIs(RFBFactory(MemoryFramebuffer(1, 1)).clock, reactor)


class SharingTests(ServerTestCase):
    """
    Viewers that would have the screen for themselves.
    """

    def come(self, policy: str, shared: bool) -> list[bool]:
        """
        @return: Which of two viewers is in when the second has come so.
        """
        factory = serving(shared=policy)
        first = Viewer(factory, shared=True)
        second = Viewer(factory, shared=shared)
        first.advance(2)
        return [first.isConnected, second.isConnected]

    def test_always(self) -> None:
        """
        Everybody may come, and nobody is sent away.
        """
        self.assertEqual(self.come("always", True), [True, True])
        self.assertEqual(self.come("always", False), [True, True])

    def test_honor(self) -> None:
        """
        A viewer that wants the screen for itself gets it.
        """
        self.assertEqual(self.come("honor", True), [True, True])
        self.assertEqual(self.come("honor", False), [False, True])

    def test_never(self) -> None:
        """
        Who is there first stays alone.
        """
        self.assertEqual(self.come("never", True), [True, False])
        self.assertEqual(self.come("never", False), [True, False])


class InputTests(ServerTestCase):
    """
    What viewers do reaches the application.
    """

    def test_everything(self) -> None:
        """
        Keys, pointer and text arrive, with the viewer they come from.
        """
        application = Application()
        factory = serving(application=application)
        Viewer(factory)
        viewer = Viewer(factory)
        viewer.press("Return")
        viewer.click(3, 4, 3)
        viewer.paste("né")
        self.assertEqual(application.keys, [(0xFF0D, True, 2), (0xFF0D, False, 2)])
        self.assertEqual(
            application.pointers, [(3, 4, 0, 2), (3, 4, 4, 2), (3, 4, 0, 2)]
        )
        self.assertEqual(application.texts, [("né", 2)])

    def test_pointerStaysInside(self) -> None:
        """
        The pointer never leaves the screen.
        """
        application = Application()
        viewer = Viewer(serving(application=application))
        viewer.move(100, 80)
        viewer.move(65535, 0)
        self.assertEqual(application.pointers, [(99, 79, 0, 1), (99, 0, 0, 1)])

    def test_held(self) -> None:
        """
        Keys and buttons that a viewer holds when it leaves are released, in the
        order in which they went down; those that it let go are not.
        """
        application = Application()
        factory = serving(application=application)
        viewer = Viewer(factory)
        for keysym in (65, 66, 67):
            viewer.keyEvent(keysym, True)
        viewer.keyEvent(66, False)
        viewer.move(5, 6)
        viewer.buttonDown(1)
        application.keys.clear()
        application.pointers.clear()
        viewer.disconnect()
        self.assertEqual(application.keys, [(65, False, 1), (67, False, 1)])
        self.assertEqual(application.pointers, [(5, 6, 0, 1)])

    def test_nothingHeld(self) -> None:
        """
        A viewer that holds nothing leaves without a trace.
        """
        application = Application()
        viewer = Viewer(serving(application=application))
        viewer.click(1, 1)
        before = list(application.pointers)
        viewer.disconnect()
        self.assertEqual((application.keys, application.pointers), ([], before))

    def test_manyKeysHeld(self) -> None:
        """
        Nobody has more fingers than 64: the key that is held longest is released for
        one more, so that what is remembered of keys is bounded.
        """
        application = Application()
        viewer = Viewer(serving(application=application))
        for keysym in range(1000, 1100):
            viewer.keyEvent(keysym, True)
        down = {k for k, isDown, _ in application.keys if isDown} - {
            k for k, isDown, _ in application.keys if not isDown
        }
        self.assertEqual(down, set(range(1036, 1100)))
        viewer.disconnect()
        released = [k for k, isDown, _ in application.keys if not isDown]
        self.assertEqual(sorted(released), list(range(1000, 1100)))

    def test_repeatedKeys(self) -> None:
        """
        A key that repeats goes down again and again, and is released once.
        """
        application = Application()
        viewer = Viewer(serving(application=application))
        for _ in range(3):
            viewer.keyEvent(97, True)
        viewer.disconnect()
        self.assertEqual(application.keys, [(97, True, 1)] * 3 + [(97, False, 1)])

    def test_viewOnly(self) -> None:
        """
        What viewers do that may only look on is dropped, by the factory's word or
        by their own rights.
        """
        for options, password in (
            ({"viewOnly": True}, None),
            ({"portal": portalFor("full", "view")}, "view"),
        ):
            application = Application()
            factory = serving(application=application, **options)
            viewer = Viewer(factory, password)
            assert viewer.server is not None
            self.assertTrue(viewer.server.viewOnly)
            viewer.press("a")
            viewer.click(1, 1)
            viewer.paste("text")
            viewer.disconnect()
            self.assertEqual(application.keys, [])
            self.assertEqual(application.pointers, [])
            self.assertEqual(application.texts, [])

    def test_rightsTaken(self) -> None:
        """
        When the right to press keys is taken away, what is held is released.
        """
        application = Application()
        viewer = Viewer(serving(application=application))
        viewer.keyEvent(97, True)
        assert viewer.server is not None
        viewer.server.rights = VIEW_ONLY
        viewer.keyEvent(98, True)
        self.assertEqual(application.keys, [(97, True, 1), (97, False, 1)])

    def test_noReceiver(self) -> None:
        """
        Without anybody to take it, input is dropped.
        """
        viewer = Viewer(serving())
        viewer.press("a")
        viewer.click(1, 1)
        viewer.paste("text")
        self.assertTrue(viewer.isConnected)

    def test_framebufferReceives(self) -> None:
        """
        What the application does not take, the framebuffer may.
        """

        class Screen(Application, MemoryFramebuffer):
            """
            A screen that is an application.
            """

            def __init__(self) -> None:
                Application.__init__(self)
                MemoryFramebuffer.__init__(self, 10, 10)

        screen = Screen()
        viewer = Viewer(serving(screen))
        viewer.press("a")
        self.assertEqual(len(screen.keys), 2)

    def test_longText(self) -> None:
        """
        A text beyond the limit is cut, which is logged, and the connection lives.
        """
        application = Application()
        factory = serving(application=application, limits=Limits(cutText=10))
        viewer = Viewer(factory)
        viewer.paste("0123456789abc")
        self.assertEqual(application.texts, [("0123456789", 1)])
        self.assertEqual([e["dropped"] for e in self.events if "dropped" in e], [3])
        self.assertTrue(viewer.isConnected)


class FailureTests(ServerTestCase):
    """
    What goes wrong ends one connection, and no other.
    """

    def setUp(self) -> None:
        """
        One viewer that fails, one that looks on.
        """
        super().setUp()
        self.application = Application()
        self.framebuffer = MemoryFramebuffer(100, 80)
        self.factory = serving(self.framebuffer, self.application)
        self.victim = Viewer(self.factory)
        self.other = Viewer(self.factory)

    def unharmed(self) -> None:
        """
        Assert that the other viewer lives and sees, and the victim is gone.
        """
        self.victim.advance(2)
        self.assertFalse(self.victim.isOpen)
        self.framebuffer.fill("orange")
        assertScreen(self.other, self.framebuffer)
        self.assertEqual(self.factory.viewers, [self.other.server])
        self.assertEqual(self.application.audiences[-1], [2])

    def test_malformed(self) -> None:
        """
        A byte that means nothing ends the connection with a reason, and the
        transcript in the log.
        """
        assert self.victim.server is not None
        self.victim.server.dataReceived(b"\x63")
        self.assertEqual(self.logged(LogLevel.warn), ["there is no message type 99"])
        [event] = [e for e in self.events if "transcript" in e]
        self.assertIn("FramebufferUpdateRequest", str(event["transcript"]))
        self.unharmed()

    def test_illegalFormat(self) -> None:
        """
        So does a pixel format that the specification does not allow.
        """
        assert self.victim.server is not None
        illegal = SetPixelFormat(NATIVE._replace(bitsPerPixel=24))
        self.victim.server.dataReceived(illegal.toBytes())
        [reason] = self.logged(LogLevel.warn)
        self.assertEqual(reason, "24 bits per pixel: 8, 16 and 32 are allowed")
        self.unharmed()

    def test_inputReceiver(self) -> None:
        """
        An exception of the application that takes input ends the connection of that
        viewer alone, with traceback and transcript in the log.
        """
        for message in (
            KeyEvent(True, 97),
            PointerEvent(1, 1, 1),
            ClientCutText(b"text"),
        ):
            self.setUp()
            self.application.broken = ZeroDivisionError("in the application")
            self.victim.send(message)
            [failure] = self.flushLoggedErrors(ZeroDivisionError)
            [event] = [e for e in self.events if e.get("log_failure") is failure]
            self.assertIn("ServerInit", str(event["transcript"]))
            self.unharmed()

    def test_whileReleasing(self) -> None:
        """
        So it is if the exception comes while keys are released, and the connection
        is closed all the same.
        """
        self.victim.keyEvent(97, True)
        self.application.broken = ZeroDivisionError()
        self.victim.disconnect()
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.unharmed()

    def test_audience(self) -> None:
        """
        An exception of the application that is told of its audience harms nobody.
        """
        self.application.broken = ZeroDivisionError()
        third = Viewer(self.factory)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertTrue(third.isConnected)
        third.disconnect()
        self.victim.disconnect()
        self.unharmed()

    def test_capture(self) -> None:
        """
        An exception of the framebuffer's capture ends no connection: it is logged once,
        with the traceback, and viewers get their pixels when it works again.
        """
        real = self.framebuffer.capture

        def capture() -> Any:
            self.framebuffer.capture = real  # type: ignore[method-assign]
            raise ZeroDivisionError("in the framebuffer")

        self.framebuffer.capture = capture  # type: ignore[method-assign]
        self.framebuffer.fill("red")
        self.victim.advance(2)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        for viewer in (self.victim, self.other, Viewer(self.factory)):
            self.assertTrue(viewer.isOpen)
            assertScreen(viewer, self.framebuffer)

    def test_resting(self) -> None:
        """
        An exception of a framebuffer that is to rest, as the last viewer leaves,
        keeps no connection open; after one of a framebuffer that is to begin, viewers
        wait for a moment until it does.
        """

        def fail() -> None:
            raise ZeroDivisionError("in the framebuffer")

        self.other.disconnect()
        self.framebuffer.pauseProducing = fail  # type: ignore[method-assign]
        self.victim.disconnect()
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.victim.advance(2)
        self.assertEqual((self.victim.isOpen, self.factory.viewers), (False, []))
        self.framebuffer.resumeProducing = fail  # type: ignore[method-assign]
        framebuffer = self.framebuffer
        self.factory.clock.callLater(0.9, delattr, framebuffer, "resumeProducing")
        viewer = Viewer(self.factory)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        del self.framebuffer.pauseProducing
        assertScreen(viewer, self.framebuffer)
        viewer.disconnect()
        self.assertEqual(self.factory.viewers, [])
        self.assertEqual(self.factory.clock.getDelayedCalls(), [])

    def test_lost(self) -> None:
        """
        A connection that breaks is no failure, and leaves nothing behind.
        """
        self.victim.server.transport.abortConnection()  # type: ignore[union-attr]
        self.assertEqual(self.logged(LogLevel.warn), [])
        self.unharmed()


class EndTests(ServerTestCase):
    """
    There is one way to end, at every moment.
    """

    DATA = GREETING + b"\1\1" + SetEncodings((16, 1, -223)).toBytes()
    DATA += KeyEvent(True, 97).toBytes() + PointerEvent(1, 2, 3).toBytes()
    DATA += FramebufferUpdateRequest(False, Rectangle(0, 0, 100, 80)).toBytes()

    def ending(self, offset: int, how: str) -> None:
        """
        End a connection after so many bytes, and assert that nothing is left.
        """
        application = Application()
        framebuffer = MemoryFramebuffer(100, 80)
        factory = serving(framebuffer, application)
        server, transport = self.connect(factory)
        server.dataReceived(self.DATA[:offset])
        if how == "lost":
            server.connectionLost(Failure(ConnectionLost()))
        elif how == "disconnect":
            server.disconnect("enough")
        elif how == "all":
            factory.disconnectAll()
        elif how == "garbage":
            server.dataReceived(b"\xff" * 30)
        written = len(transport.value())
        server.disconnect("again")
        server.dataReceived(self.DATA[offset:])
        framebuffer.fill("red")
        factory.clock.advance(5)
        server.connectionLost(Failure(ConnectionDone()))
        factory.clock.advance(50)
        where = f"{how} at {offset}"
        self.assertEqual(len(transport.value()), written, where)
        if how != "lost":  # what is lost holds nothing that matters
            self.assertIsNone(transport.producer, where)
        self.assertEqual(factory.viewers, [], where)
        self.assertEqual(factory.clock.getDelayedCalls(), [], where)
        self.assertEqual([k for k in application.keys if k[1]], application.keys[:1])
        self.assertEqual(len(application.keys) % 2, 0, where)
        self.assertEqual(application.audiences[1:], application.audiences[:1] and [[]])

    def test_everyOffset(self) -> None:
        """
        A connection may end after every byte, from either side, in any way, and more
        than once.
        """
        for offset in range(len(self.DATA) + 1):
            for how in ("lost", "disconnect", "all"):
                self.ending(offset, how)
        self.flushLoggedErrors()

    def test_garbage(self) -> None:
        """
        Garbage ends it between any two messages.
        """
        for offset in (0, 12, 13, 14, 30, 38, 44, 54):
            self.ending(offset, "garbage")

    def test_oneReason(self) -> None:
        """
        Only the first reason is told.
        """
        factory = serving()
        server, _ = self.connect(factory)
        server.dataReceived(GREETING + b"\1\1")
        server.disconnect("the first")
        server.disconnect("the second")
        server.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(
            [e["reason"] for e in self.events if "reason" in e], ["the first"]
        )

    def test_patience(self) -> None:
        """
        A viewer that reads nothing is closed by force after a second.
        """
        framebuffer = MemoryFramebuffer(1000, 800)
        factory = serving(framebuffer)
        viewer = Viewer(factory, encodings=(0,))
        viewer.pauseReading()
        framebuffer.fill("red")
        viewer.advance(1)
        self.assertGreater(viewer.backlog, 65536)
        assert viewer.server is not None
        viewer.server.disconnect("enough")
        viewer.advance(0.9)
        self.assertFalse(viewer.server.transport.disconnected)
        viewer.advance(0.2)
        self.assertTrue(viewer.server.transport.disconnected)
        self.assertEqual(factory.clock.getDelayedCalls(), [])

    def test_refusedPolitely(self) -> None:
        """
        What a viewer is to be told before it is closed is told.
        """
        viewer = Viewer(serving(portal=portalFor("right")), "wrong")
        self.assertEqual(viewer.reason, "the login failed: authentication failed")
        self.assertFalse(viewer.isOpen)

    def test_neverConnected(self) -> None:
        """
        A protocol that was made and is never connected is none of them.
        """
        factory = serving()
        factory.buildProtocol(None)
        self.successResultOf(factory.disconnectAll())

    def test_disconnectAll(self) -> None:
        """
        All connections are closed, in their handshake or not, and somebody hears
        when they are; also if there were none.
        """
        factory = serving()
        Viewer(factory)
        stuck = Viewer(factory)
        stuck.pauseReading()
        server, transport = self.connect(factory)
        emptied = factory.disconnectAll("the end")
        factory.clock.advance(2)
        self.assertNoResult(emptied)
        self.assertTrue(transport.disconnecting)
        server.connectionLost(Failure(ConnectionDone()))
        self.successResultOf(emptied)
        self.successResultOf(factory.disconnectAll())
        self.assertEqual(factory.clock.getDelayedCalls(), [])


@implementer(ICredentialsChecker)
class SlowChecker:
    """
    Takes its time.
    """

    credentialInterfaces = (IUsernameHashedPassword,)

    def __init__(self) -> None:
        self.asked: list[Deferred[Any]] = []
        self.cancelled: list[Deferred[Any]] = []

    def requestAvatarId(self, credentials: Any) -> Deferred[Any]:
        """
        Later.
        """
        self.asked.append(Deferred(self.cancelled.append))
        return self.asked[-1]


class LoginTests(ServerTestCase):
    """
    The portal's judgment, in time.
    """

    def setUp(self) -> None:
        """
        A portal that takes its time.
        """
        super().setUp()
        self.checker = SlowChecker()
        self.factory = serving(portal=portalFor(checkers=[self.checker]))
        self.server, self.transport = self.connect(self.factory)
        self.server.dataReceived(GREETING + b"\2" + bytes(16))
        self.transport.clear()

    def test_later(self) -> None:
        """
        A judgment may come later; until then nothing is said.
        """
        self.factory.clock.advance(5)
        self.assertEqual(self.transport.value(), b"")
        self.checker.asked[0].callback(b"ada")
        self.assertEqual(self.transport.value(), b"\0\0\0\0")
        self.assertEqual(self.server.avatarId, b"ada")

    def test_person(self) -> None:
        """
        A login that a person decides may take longer; a viewer that does not come so
        far gets no more time.
        """
        asked: list[Deferred[bool]] = []

        def approve(*_: Any) -> Deferred[bool]:
            asked.append(Deferred())
            return asked[-1]

        # Those of one address are judged one after the other.
        self.checker.asked[0].callback(b"bob")
        self.factory.gate.approve = approve
        limit = self.factory.limits.handshakeTimeout
        late, _ = self.connect(self.factory)
        late.dataReceived(GREETING)
        early, _ = self.connect(self.factory)
        early.dataReceived(GREETING + b"\2" + bytes(16))
        self.checker.asked[1].callback(b"ada")
        self.factory.clock.advance(limit + 1)
        self.assertTrue(late.hasEnded)
        self.assertFalse(early.hasEnded)
        asked[0].callback(True)
        early.dataReceived(b"\1")
        self.assertEqual(self.factory.viewers, [early])

    def test_typing(self) -> None:
        """
        Somebody who is asked for a password has two minutes to type it, however long it
        took to come so far; and then the judgment may take as long.
        """
        server, transport = self.connect(self.factory)
        self.factory.clock.advance(29)
        server.dataReceived(GREETING + b"\2")
        self.factory.clock.advance(119)
        self.assertFalse(transport.disconnecting)
        server.dataReceived(bytes(16))
        self.factory.clock.advance(119)
        self.assertFalse(transport.disconnecting)
        self.factory.clock.advance(2)
        self.assertTrue(transport.disconnecting)

    def test_class(self) -> None:
        """
        Twenty people behind one address who are asked for their passwords at the same
        time, and take a while, all get in.
        """
        self.checker.asked[0].callback(b"ada")
        self.factory.gate.portal = portalFor("right")
        people = [self.connect(self.factory) for _ in range(20)]
        for server, _ in people:
            server.dataReceived(GREETING + b"\2")
        self.factory.clock.advance(60)
        for server, transport in people:
            challenge = transport.value()[-16:]
            server.dataReceived(vncResponse(b"right", challenge) + b"\1")
        self.assertEqual(self.factory.viewers, [server for server, _ in people])

    def test_flood(self) -> None:
        """
        Who sends much meanwhile is closed.
        """
        self.server.dataReceived(bytes(1025))
        self.assertTrue(self.transport.disconnecting)

    def test_gone(self) -> None:
        """
        If the viewer is gone before, the judgment is not waited for any longer.
        """
        self.server.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(self.checker.cancelled, self.checker.asked)
        self.assertEqual(self.factory.clock.getDelayedCalls(), [])

    def test_broken(self) -> None:
        """
        A checker that fails lets nobody in, and what it says of it, which may be
        secret, is not logged.
        """
        self.checker.asked[0].errback(ZeroDivisionError("password123"))
        self.assertEqual(self.transport.value(), b"")
        self.factory.clock.advance(self.factory.gate.refusalTime)
        self.assertEqual(self.transport.value()[:4], b"\0\0\0\1")
        self.assertNotIn("password123", repr(self.events))
        errors = [e for e in self.events if e.get("log_level") is LogLevel.error]
        self.assertEqual([e["error"] for e in errors], ["ZeroDivisionError"])


class LogTests(ServerTestCase):
    """
    What is written down.
    """

    def test_numbers(self) -> None:
        """
        Every connection has a number, and every event of it names it.
        """
        factory = serving()
        for _ in range(2):
            Viewer(factory).disconnect()
        numbers = [e["connection"] for e in self.events if "connection" in e]
        self.assertEqual(numbers, [1, 1, 1, 2, 2, 2])

    def test_probe(self) -> None:
        """
        A connection that ends before it says anything is one line at level info.
        """
        factory = serving()
        server, _ = self.connect(factory)
        server.connectionLost(Failure(ConnectionDone()))
        [event] = [e for e in self.events if "connection" in e]
        self.assertEqual(event["log_level"], LogLevel.info)
        self.assertEqual(event["reason"], "disconnected during login")
        self.assertEqual(event["peer"], "192.168.1.1:54321")

    def test_healthCheck(self) -> None:
        """
        From this machine, or one that is known for a proxy, it is none: something looks
        every other second whether there is a server.  One that has said something is.
        """
        gate = makeGate(Clock(), portalFor(), shared=["192.0.2.9"])
        factory = serving(gate=gate)
        for peer, said, count in (
            ("127.0.0.1", b"", 0),
            ("::1", b"", 0),
            ("192.0.2.9", b"", 0),
            ("192.0.2.8", b"", 1),
            ("127.0.0.1", b"RFB", 2),
        ):
            self.events.clear()
            server, _ = self.connect(factory, peer)
            if said:
                server.dataReceived(said)
            server.connectionLost(Failure(ConnectionDone()))
            told = [e for e in self.events if "connection" in e]
            self.assertEqual(len(told), count, (peer, said))
            self.assertEqual(factory.connections, [])

    def test_left(self) -> None:
        """
        The log says what a viewer left for: a choice of which it knew nothing, or a
        host key.
        """
        key = HostKey.generate(1024)
        types = securityTypes(choose("RA2,TLSVnc"), hostKey=key, canTLS=True)
        for said, asked in (
            (b"", ""),
            (
                b"RFB 003.008\n",
                " when asked to choose a security type of RA2, VeNCrypt",
            ),
            (
                b"RFB 003.008\n\x13\x00\x02",
                " when asked to choose a type in VeNCrypt of RA2, TLSVnc",
            ),
            (
                b"RFB 003.008\n\x05",
                " when asked to accept the host key, which browsers can do by https"
                " only",
            ),
            (b"RFB 003.008\n\x05" + key.encoded, ""),
        ):
            self.events.clear()
            factory = serving(portal=portalFor("x"), securityTypes=types)
            self.patch(factory.gate, "canStartTLS", lambda stream: True)
            server, _ = self.connect(factory)
            server.dataReceived(said)
            server.connectionLost(Failure(ConnectionDone()))
            reasons = [e["reason"] for e in self.events if "reason" in e]
            self.assertEqual(reasons, [f"disconnected during login{asked}"])

    def test_flood(self) -> None:
        """
        However many connections come to nothing, whatever they say, the log has a
        bounded number of lines about them, and counts the others.
        """
        factory = serving(portal=portalFor("right"))
        for said in (b"", b"GET / HTTP/1.1\r\n", GREETING, GREETING + b"\7"):
            for number in range(500):
                server, _ = self.connect(factory, f"192.0.2.{number % 250}")
                server.dataReceived(said)
                server.connectionLost(Failure(ConnectionDone()))
        factory.clock.advance(60)
        lines = [formatEvent(event) for event in self.events]
        self.assertLess(len(lines), 130)
        self.assertIn("1940 connections more in 60 s", lines[-1])
        self.assertIn("1000 ended in Security, 940 ended in Prot", lines[-1])
        self.assertEqual(factory.clock.getDelayedCalls(), [])

    def test_loginInFlood(self) -> None:
        """
        A viewer that logs in has its three lines in a flood, too; but not if everybody
        may log in, as it would be a part of the flood then.
        """
        for password, lines in (("right", 3), (None, 0)):
            factory = serving(portal=portalFor(password))
            for _ in range(100):
                self.connect(factory)[0].connectionLost(Failure(ConnectionDone()))
            self.events.clear()
            viewer = Viewer(factory, password or "")
            self.assertTrue(viewer.isConnected)
            viewer.disconnect()
            said = [event for event in self.events if "connection" in event]
            self.assertEqual(len(said), lines)

    def test_refusedIsOneLine(self) -> None:
        """
        A connection that is refused has one line, which is not its own.
        """
        factory = serving(portal=portalFor("right"))
        for _ in range(5):
            factory.gate.doorkeeper.failed("192.168.1.1")
        self.events.clear()
        server, transport = self.connect(factory)
        self.assertIn(b"try again in 10 seconds", transport.value())
        factory.clock.advance(2)
        server.connectionLost(Failure(ConnectionDone()))
        [event] = self.events
        self.assertIn("try again in 10 seconds", formatEvent(event))
        self.assertIn("try again in 10 seconds", server.transcript.reason)

    def test_clean(self) -> None:
        """
        A viewer that comes, logs in and goes is three lines at level info.
        """
        Viewer(serving()).disconnect()
        levels = [e["log_level"] for e in self.events if "connection" in e]
        self.assertEqual(levels, [LogLevel.info] * 3)
        self.assertEqual(
            self.logged(LogLevel.info), ["the viewer closed the connection"]
        )

    def texts(self) -> list[str]:
        """
        @return: The texts of all events of connections.
        """
        return [formatEvent(e) for e in self.events if "connection" in e]

    def test_login(self) -> None:
        """
        Who comes stands in one line: from where, by which security type, with which
        rights, and what it reads; also if it never says that.
        """
        portal = portalFor(b"secret", viewPassword=b"view")
        factory = serving(portal=portal)
        Viewer(factory, b"view", encodings=(c.TIGHT, c.CURSOR))
        [line] = [text for text in self.texts() if "logged in" in text]
        self.assertRegex(
            line,
            r"^Connection 1: logged in by VncAuth, rights view, from 127\.0\.0\.1:\d+;"
            r" it reads Tight, Cursor$",
        )
        server, _ = self.connect(serving())
        server.dataReceived(GREETING + b"\1\1")
        self.assertNotIn("logged in", self.texts()[-1])
        server.connectionLost()
        self.assertIn("logged in by None, rights full", self.texts()[-2])

    def test_requestBeforeEncodings(self) -> None:
        """
        A viewer that asks for pixels has said what it reads: Raw.
        """
        server, _ = self.connect(serving())
        server.dataReceived(GREETING + b"\1\1")
        request = FramebufferUpdateRequest(True, Rectangle(0, 0, 1, 1)).toBytes()
        server.dataReceived(request * 2)
        self.assertIn("it reads no encoding but Raw", self.texts()[-1])
        self.assertEqual(len(self.texts()), 2)

    def test_diesInFirstUpdate(self) -> None:
        """
        A viewer that is gone before its first picture is whole leaves a transcript
        that says of which update how much was sent, and the bytes are counted.
        """
        factory = serving(MemoryFramebuffer(400, 300))
        server, transport = self.connect(factory)
        server.dataReceived(GREETING + b"\1\1" + SetEncodings((c.RAW,)).toBytes())
        write = transport.write

        def writeAndPause(data: bytes) -> None:
            write(data)
            server.producer.pauseProducing()

        self.patch(transport, "write", writeAndPause)
        everything = Rectangle(0, 0, 400, 300)
        server.dataReceived(FramebufferUpdateRequest(False, everything).toBytes())
        factory.clock.advance(1)
        self.assertEqual(server.framesSent, 0)
        server.connectionLost(Failure(ConnectionDone()))
        [failed] = [e for e in self.events if "transcript" in e]
        self.assertEqual(failed["log_level"], LogLevel.warn)
        self.assertEqual(failed["phase"], "in FramebufferUpdate")
        self.assertEqual(failed["sent"], len(transport.value()))
        self.assertGreater(failed["sent"], 50_000)
        self.assertRegex(
            failed["transcript"][-1],
            r"BEGIN FramebufferUpdate, \d+ bytes so far \(\d+ rectangles?, Raw",
        )
