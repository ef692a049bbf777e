# -*- test-case-name: tests.web.test_transport -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.web.transport}.
"""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.error import ConnectionLost
from twisted.internet.protocol import Protocol, connectionDone
from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from tests.web.scenes import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    Browser,
    browserOn,
    closing,
    factoryOn,
    frame,
)
from txrfb._session.turns import Turns
from txrfb.interfaces import IExplainedClose, IViewerStream
from txrfb.web import WebSocketResource
from txrfb.web.transport import WebSocketTransport


class Stream(Protocol):
    """
    Remembers what comes.
    """

    transport: Any

    def __init__(self) -> None:
        self.received: list[bytes] = []
        self.lost: list[Failure] = []

    def dataReceived(self, data: bytes) -> None:
        """
        Keep it.
        """
        self.received.append(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        Keep the reason.
        """
        self.lost.append(reason)


class Producer:
    """
    Remembers whether it is paused.
    """

    def __init__(self) -> None:
        self.calls: list[str] = []

    def pauseProducing(self) -> None:
        """
        Pause.
        """
        self.calls.append("pause")

    def resumeProducing(self) -> None:
        """
        Resume.
        """
        self.calls.append("resume")

    def stopProducing(self) -> None:
        """
        Stop.
        """
        self.calls.append("stop")


class WebSocketTests(SynchronousTestCase):
    """
    A protocol on a WebSocket.
    """

    def setUp(self) -> None:
        """
        Open one.
        """
        self.clock = Clock()
        self.stream, self.browser = self.opened()

    def opened(self, behind: bytes = b"", ping: float = 30.0) -> tuple[Stream, Browser]:
        """
        @return: What is served, and a browser that has opened it.
        """
        stream = Stream()
        factory: Any = factoryOn(self.clock)
        factory.buildProtocol = lambda address: stream
        browser = Browser(WebSocketResource(factory, ping=ping)).open(behind)
        return stream, browser

    @property
    def content(self) -> bytes:
        """
        All that the protocol got.
        """
        return b"".join(self.stream.received)

    def settle(self) -> None:
        """
        Let whatever waits for a turn have it.
        """
        for _ in range(1000):
            self.clock.advance(0)

    def assertClosed(self, code: int, reason: str | None = None) -> None:
        """
        Fail unless the server has closed with that code.
        """
        self.browser.heard()
        assert self.browser.closed is not None, "the server has not closed"
        self.assertEqual(self.browser.closed[0], code)
        if reason is not None:
            self.assertEqual(self.browser.closed[1], reason)

    def test_interfaces(self) -> None:
        """
        It is a transport, and says what it is made of.
        """
        transport = self.stream.transport
        self.assertIsInstance(transport, WebSocketTransport)
        for interface in (IViewerStream, IExplainedClose):
            self.assertTrue(verifyObject(interface, transport))
        self.assertTrue(transport.isWebSocket)
        self.assertFalse(transport.canStartTLS or transport.isProxied)
        self.assertEqual(transport.host, "192.0.2.7")
        self.assertEqual(transport.getPeer().port, 40312)
        self.assertIsNotNone(transport.getHost())

    # -- What comes in ---------------------------------------------------------------

    def test_messages(self) -> None:
        """
        Messages of any length arrive as a stream of bytes.
        """
        for size in (1, 125, 126, 1000, 65535, 65536, 200000):
            content = bytes(range(256)) * (size // 256 + 1)
            self.browser.say(content[:size])
            self.settle()
            self.assertEqual(self.content, content[:size])
            self.stream.received.clear()
        self.assertFalse(self.browser.transport.disconnecting)

    def test_fragments(self) -> None:
        """
        So do messages in parts, with control frames between them.
        """
        self.browser.send(
            frame(b"one ", fin=False),
            frame(b"!", PING),
            frame(b"two ", CONTINUATION, fin=False),
            frame(b"", CONTINUATION, fin=False),
            frame(b"three", CONTINUATION),
        )
        self.assertEqual(self.content, b"one two three")
        self.browser.heard()
        self.assertEqual(self.browser.pongs, [b"!"])

    def test_empty(self) -> None:
        """
        Empty messages are nothing: neither an end nor an error.
        """
        self.browser.send(frame(), frame(fin=False), frame(b"", CONTINUATION))
        self.assertEqual(self.stream.received, [])
        self.browser.say(b"x")
        self.assertEqual(self.content, b"x")
        self.assertFalse(self.browser.transport.disconnecting)

    def test_behind(self) -> None:
        """
        What comes right behind the request is not lost, and neither is the rest of it.
        """
        whole = frame(b"early bird")
        for at in range(len(whole) + 1):
            self.stream, self.browser = self.opened(whole[:at])
            if whole[at:]:
                self.browser.send(whole[at:])
            self.settle()
            self.assertEqual(self.content, b"early bird")

    def test_muchBehind(self) -> None:
        """
        Nor is it if it is much.
        """
        content = bytes(range(256)) * 400
        self.stream, self.browser = self.opened(frame(content))
        self.settle()
        self.assertEqual(self.content, content)

    @settings(max_examples=50, deadline=None)
    @given(st.data())
    def test_anyPieces(self, data: st.DataObject) -> None:
        """
        Whatever pieces frames come in, the same bytes arrive.
        """
        contents = data.draw(st.lists(st.binary(max_size=300), max_size=8))
        whole = b"".join(map(frame, contents))
        cuts = data.draw(st.lists(st.integers(0, len(whole)), max_size=12))
        self.stream, self.browser = self.opened()
        ends = sorted({*cuts, len(whole)})
        for start, end in zip([0, *ends], ends):
            self.browser.send(whole[start:end])
        self.settle()
        self.assertEqual(self.content, b"".join(contents))

    @settings(max_examples=200, deadline=None)
    @given(st.lists(st.binary(max_size=64), max_size=8))
    def test_anything(self, pieces: list[bytes]) -> None:
        """
        Whatever comes, the server goes on or closes, and says nothing wrong itself.
        """
        self.stream, self.browser = self.opened()
        self.browser.send(*pieces)
        self.settle()
        self.browser.heard()
        if self.browser.closed is not None:
            code, _ = self.browser.closed
            # Its own, or the browser's given back.
            self.assertTrue(1000 <= code < 5000)
            self.assertTrue(self.browser.transport.disconnecting)
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_long(self) -> None:
        """
        A frame that says it is endless is passed on part by part: nothing is kept.
        """
        self.browser.send(frame(b"begin", size=1 << 62))
        self.assertEqual(self.content, b"begin")
        transport = self.stream.transport
        for _ in range(100):
            self.browser.send(bytes(1 << 12))
            self.settle()
            self.assertEqual(transport._incoming.held, 0)
        self.assertEqual(len(self.content), 5 + 100 * (1 << 12))

    def test_wrong(self) -> None:
        """
        Each kind of frame that may not be sent closes with the code that it should
        (section 7.4.1), and why is told to the protocol.
        """
        for wrong, code in (
            # No extension was agreed on that would have these bits.
            *((frame(b"x", reserved=bits), 1002) for bits in range(1, 8)),
            # Opcodes that mean nothing yet.
            *((frame(b"", opcode), 1002) for opcode in (3, 4, 5, 6, 7)),
            *((frame(b"", opcode), 1002) for opcode in (11, 12, 13, 14, 15)),
            (frame(b"x", mask=None), 1002),
            (frame(b"", PING, mask=None), 1002),
            # Parts of no message, and a message inside of another.
            (frame(b"x", CONTINUATION), 1002),
            (frame(b"x", CONTINUATION, fin=False), 1002),
            (frame(b"", fin=False) + frame(b"y"), 1002),
            # Control frames in parts, or too long.
            (frame(b"x", PING, fin=False), 1002),
            (frame(bytes(126), PING), 1002),
            (frame(bytes(126), PONG), 1002),
            (frame(closing(1000) + bytes(124), CLOSE), 1002),
            # Lengths that are longer than they need be, or negative.
            (frame(b"x", width=2), 1002),
            (frame(b"x", width=8), 1002),
            (frame(bytes(300), width=8), 1002),
            (frame(b"", width=8, size=1 << 63), 1002),
            # Close frames of one byte, or with codes that are not for the wire.
            (frame(b"\x03", CLOSE), 1002),
            *(
                (frame(closing(bad), CLOSE), 1002)
                for bad in (0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 65535)
            ),
            (frame(closing(1000) + b"\xff\xfe", CLOSE), 1007),
            # RFB is binary.
            (frame(b"text", TEXT), 1003),
            (frame(b"\xff\xff", TEXT), 1007),
        ):
            self.stream, self.browser = self.opened()
            self.browser.say(b"before ")
            self.browser.send(wrong)
            self.settle()
            self.browser.say(b"after")
            self.settle()
            self.assertClosed(code)
            self.assertEqual(self.content, b"before ", wrong)
            self.assertTrue(self.browser.transport.disconnecting, wrong)
            self.assertEqual(self.stream.lost, [])
            self.browser.vanish()
            [reason] = self.stream.lost
            self.assertIn(f"WebSocket, {code}", reason.getErrorMessage())

    def test_apart(self) -> None:
        """
        What is wrong is seen in whatever pieces it comes, and what was right before it
        has arrived.
        """
        whole = frame(b"good") + frame(b"x", reserved=4)
        for at in range(1, len(whole)):
            self.stream, self.browser = self.opened()
            self.browser.send(whole[:at], whole[at:])
            self.settle()
            self.assertEqual(self.content, b"good")
            self.assertClosed(1002)

    def test_flood(self) -> None:
        """
        Frames without content, as many as come, are taken apart in turns: others have
        theirs between.
        """
        # A clock on which whatever is done takes a millisecond.
        now = self.clock.seconds
        times = iter(range(1 << 30))
        self.clock.seconds = lambda: now() + next(times) / 1000  # type: ignore[method-assign]
        share = self.stream.transport._incoming._share
        turns = []
        work = share.work

        def counted(isEnough: Any) -> Any:
            turns.append(1)
            return work(isEnough)

        share.work = counted
        self.browser.send(frame() * 10000 + frame(b"end"))
        self.assertEqual(self.content, b"")
        self.assertEqual(self.browser.transport.producerState, "paused")
        self.clock.advance(0)
        self.assertGreater(len(turns), 20)
        self.assertEqual(self.content, b"end")
        self.assertEqual(self.browser.transport.producerState, "producing")

    def test_broken(self) -> None:
        """
        A protocol that raises an exception ends its connection, and nothing else.
        """
        self.stream.dataReceived = lambda data: 1 / 0  # type: ignore[assignment]
        with capturedLogs() as logs:
            self.browser.say(b"x")
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertIn("192.0.2.7", formatEvent(logs[0]))
        self.assertClosed(1011, "the server failed")

    # -- What goes out ---------------------------------------------------------------

    def test_write(self) -> None:
        """
        What is written is a binary message, and nothing is nothing.
        """
        for size in (1, 125, 126, 65535, 65536):
            self.stream.transport.write(bytes(size))
            self.assertEqual(len(self.browser.heard()), size)
        self.stream.transport.write(b"")
        self.assertEqual(self.browser.transport.value(), b"")
        self.stream.transport.writeSequence([b"a", b"b"])
        self.assertEqual(self.browser.heard(), b"ab")

    def test_producer(self) -> None:
        """
        A push producer is told when there is no room, and when there is again; one
        that comes when there is none is told so at once.
        """
        producer: Any = Producer()
        transport = self.stream.transport
        transport.registerProducer(producer, True)
        lower = self.browser.transport.producer
        lower.pauseProducing()
        lower.resumeProducing()
        lower.pauseProducing()
        transport.unregisterProducer()
        other: Any = Producer()
        transport.registerProducer(other, True)
        lower.resumeProducing()
        lower.stopProducing()
        self.assertEqual(producer.calls, ["pause", "resume", "pause"])
        self.assertEqual(other.calls, ["pause", "resume", "stop"])
        self.assertRaises(ValueError, transport.registerProducer, producer, False)

    def test_pingFlood(self) -> None:
        """
        Who pings and reads nothing has one answer wait, to the last ping.
        """
        room = self.browser.transport.producer
        room.pauseProducing()
        for number in range(1000):
            self.browser.send(frame(b"%d" % number, PING))
        self.assertEqual(self.browser.transport.value(), b"")
        room.resumeProducing()
        self.browser.heard()
        self.assertEqual(self.browser.pongs, [b"999"])
        room.pauseProducing()
        room.resumeProducing()
        self.browser.heard()
        self.assertEqual(self.browser.pongs, [b"999"])

    def test_reading(self) -> None:
        """
        The protocol can have nothing more read for a while.
        """
        transport = self.stream.transport
        transport.pauseProducing()
        transport.pauseProducing()
        self.assertEqual(self.browser.transport.producerState, "paused")
        transport.resumeProducing()
        self.assertEqual(self.browser.transport.producerState, "producing")

    # -- Whether somebody is there ---------------------------------------------------

    def test_pings(self) -> None:
        """
        There is a ping every thirty seconds, and what answers is there.
        """
        for number in range(1, 11):
            self.clock.advance(30)
            self.browser.heard()
            self.assertEqual(self.browser.pings, number)
            self.browser.send(frame(b"", PONG))
        self.assertIsNone(self.browser.closed)

    def test_unasked(self) -> None:
        """
        An answer that nobody has asked for is no error.
        """
        self.browser.send(frame(b"hello", PONG))
        self.browser.say(b"x")
        self.assertEqual(self.content, b"x")

    def test_silence(self) -> None:
        """
        Who answers nothing for two minutes is gone.
        """
        for _ in range(4):
            self.clock.advance(30)
        self.browser.heard()
        self.assertIsNone(self.browser.closed)
        self.clock.advance(30)
        self.assertClosed(1011, "no answer to a ping for 120 seconds")
        self.clock.advance(2)
        self.assertTrue(self.browser.transport.aborting)
        self.browser.vanish()
        self.assertIn("no answer", self.stream.lost[0].getErrorMessage())
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_busy(self) -> None:
        """
        Who is not read from cannot be heard, and is not gone.
        """
        self.stream.transport.pauseProducing()
        for _ in range(20):
            self.clock.advance(30)
        self.browser.heard()
        self.assertIsNone(self.browser.closed)

    def test_full(self) -> None:
        """
        No pings pile up for somebody who reads nothing.
        """
        self.browser.transport.producer.pauseProducing()
        for _ in range(4):
            self.clock.advance(30)
        self.assertEqual(self.browser.transport.value(), b"")

    def test_noPings(self) -> None:
        """
        There need be none.
        """
        self.browser.vanish()
        self.stream, self.browser = self.opened(ping=0)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    # -- The end ---------------------------------------------------------------------

    def test_loseConnection(self) -> None:
        """
        The server says that it closes, drops what comes then, and closes the
        connection when the browser has answered.
        """
        transport = self.stream.transport
        transport.write(b"last")
        transport.loseConnection()
        self.assertTrue(transport.disconnecting)
        transport.write(b"more")
        self.assertEqual(self.browser.heard(), b"last")
        self.assertClosed(1000, "")
        self.browser.say(b"too late")
        self.assertEqual(self.stream.received, [])
        self.assertFalse(self.browser.transport.disconnecting)
        self.browser.send(frame(closing(1000), CLOSE))
        self.assertTrue(self.browser.transport.disconnecting)
        self.browser.vanish()
        self.assertEqual(len(self.stream.lost), 1)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_noAnswer(self) -> None:
        """
        It does not wait for ever.
        """
        self.stream.transport.loseConnection()
        self.stream.transport.loseConnection()
        self.clock.advance(2)
        self.assertTrue(self.browser.transport.aborting)

    def test_pausedAnswer(self) -> None:
        """
        The answer is read though nothing else was to be.
        """
        self.stream.transport.pauseProducing()
        self.stream.transport.loseConnection()
        self.assertEqual(self.browser.transport.producerState, "producing")

    def test_browserCloses(self) -> None:
        """
        A browser that closes is answered with its own code, and the protocol hears of
        a clean end, however the connection goes then.
        """
        for content, code in (
            (closing(1001), 1001),
            (closing(1000, "bye"), 1000),
            (closing(3000), 3000),
            (closing(4999, "x" * 123), 4999),
        ):
            self.stream, self.browser = self.opened()
            self.browser.send(frame(b"last"), frame(content, CLOSE), frame(b"more"))
            self.assertClosed(code)
            self.assertEqual(self.content, b"last")
            self.assertTrue(self.browser.transport.disconnecting)
            self.browser.vanish(ConnectionLost())
            self.assertTrue(self.stream.lost[0].check(type(connectionDone.value)))

    def test_emptyClose(self) -> None:
        """
        A Close frame need not have a code.
        """
        self.browser.send(frame(b"", CLOSE))
        self.browser.heard()
        self.assertEqual(self.browser.closed, (0, ""))
        self.assertTrue(self.browser.transport.disconnecting)

    def test_closeFor(self) -> None:
        """
        Why the server closes is told, but for what is its own affair.
        """
        for reason, isFault, code, said in (
            ("the server is full", True, 1008, "the server is full"),
            ("idle for 600 s", False, 1000, "idle for 600 s"),
            (None, True, 1011, "the server failed"),
            ("é" * 100, False, 1000, "é" * 61),
        ):
            self.stream, self.browser = self.opened()
            self.stream.transport.closeFor(reason, isFault)
            self.assertClosed(code, said)

    def test_goAway(self) -> None:
        """
        A server that stops says so.
        """
        self.stream.transport.goAway()
        self.assertClosed(1001, "the server stops")

    def test_abort(self) -> None:
        """
        Nothing is said when the connection is aborted.
        """
        self.stream.transport.abortConnection()
        self.assertTrue(self.browser.transport.aborting)
        self.assertEqual(self.browser.transport.value(), b"")
        self.browser.say(b"x")
        self.assertEqual(self.stream.received, [])

    def test_lost(self) -> None:
        """
        A connection that is lost is over, once, whatever comes after.
        """
        failure = ConnectionLost()
        self.stream.transport.registerProducer(Producer(), True)
        self.browser.vanish(failure)
        self.assertIs(self.stream.lost[0].value, failure)
        self.stream.transport.write(b"x")
        self.stream.transport.loseConnection()
        self.assertEqual(self.browser.transport.value(), b"")
        self.assertEqual(self.clock.getDelayedCalls(), [])


class RFBTests(SynchronousTestCase):
    """
    RFB on a WebSocket.
    """

    def setUp(self) -> None:
        """
        Have a clock.
        """
        self.clock = Clock()

    def test_reasons(self) -> None:
        """
        Whoever is disconnected is told why.
        """
        browser = browserOn(self.clock)
        browser.heard()
        browser.say(b"RFB 003.008\n\x01\x01")
        self.clock.advance(0)
        self.clock.advance(0)
        self.assertIn(b"txrfb", browser.heard())
        browser.say(b"\xfe")
        self.clock.advance(0)
        browser.heard()
        assert browser.closed is not None
        code, reason = browser.closed
        self.assertEqual(code, 1008)
        self.assertIn("254", reason)

    def test_turns(self) -> None:
        """
        The resource gives viewers the turns of all others.
        """
        factory = factoryOn(self.clock)
        self.assertIsInstance(factory.turns, Turns)
        browser = Browser(WebSocketResource(factory)).open()
        [viewer] = factory.connections
        self.assertIs(viewer.transport._incoming._turns, factory.turns)
        self.assertEqual(browser.heard(), b"RFB 003.008\n")

    def test_binary(self) -> None:
        """
        All that is sent is binary.
        """
        browser = browserOn(self.clock)
        self.assertEqual(browser.transport.value()[:1], b"")
        self.assertEqual(browser._frames[0], 0x80 | BINARY)
