# -*- test-case-name: tests.wire.test_transcript -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb._wire.transcript}.
"""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.logger import (
    LogLevel,
    LogPublisher,
    capturedLogs,
    eventAsText,
)
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from txrfb._wire.transcript import Transcript
from txrfb.log import jsonObserver, traceMessages


def failureOf(error: Exception) -> Failure:
    """
    @return: C{error} as if it had just been caught.
    """
    try:
        raise error
    except type(error):
        return Failure()


class TranscriptTests(SynchronousTestCase):
    """
    What a L{Transcript} keeps, and what it logs.
    """

    def setUp(self) -> None:
        """
        A connection that began at 1000 seconds.
        """
        self.patch(Transcript, "tracing", False)
        self.clock = Clock()
        self.clock.advance(1000)
        self.transcript = Transcript(7, self.clock)

    def test_lines(self) -> None:
        """
        The lines say when, what, which and how large, in order, and a detail if
        there is one.
        """
        self.transcript.begin("version")
        self.transcript.tx("ProtocolVersion", 12)
        self.clock.advance(0.25)
        self.transcript.rx("ProtocolVersion", 12, "RFB 003.008")
        self.transcript.end("version")
        self.assertEqual(
            self.transcript.lines(),
            [
                "    0.000 BEGIN version",
                "    0.000 tx    ProtocolVersion, 12 bytes",
                "    0.250 rx    ProtocolVersion, 12 bytes (RFB 003.008)",
                "    0.250 END   version",
            ],
        )

    def test_runs(self) -> None:
        """
        Messages of one kind in a row share a line with their number and the sum of
        their sizes; another direction or another detail begins a new line.
        """
        for _ in range(3):
            self.transcript.rx("PointerEvent", 6)
        self.transcript.tx("PointerEvent", 6)
        self.transcript.tx("PointerEvent", 6, "x")
        self.assertEqual(
            [line[10:] for line in self.transcript.lines()],
            [
                "rx    PointerEvent x 3, 18 bytes",
                "tx    PointerEvent, 6 bytes",
                "tx    PointerEvent, 6 bytes (x)",
            ],
        )

    def test_bounded(self) -> None:
        """
        However long the connection lasts, the last messages and all phases are
        kept, and the lines say how much is not.
        """
        transcript = Transcript(7, self.clock, size=4)
        transcript.begin("version")
        transcript.end("version")
        for size in range(1000):
            transcript.rx(f"Message{size}", size)
        self.assertEqual(
            [line[10:] for line in transcript.lines()],
            ["BEGIN version", "END   version"]
            + ["rlier lines are not kept"]
            + [f"rx    Message{size}, {size} bytes" for size in range(996, 1000)],
        )
        self.assertIn("... 996 earlier lines are not kept", transcript.lines())

    def test_manyPhases(self) -> None:
        """
        Phases without end do not make it grow without end either.
        """
        for _ in range(10000):
            self.transcript.begin("again")
            self.transcript.end("again")
        self.assertLess(len(self.transcript.lines()), 200)

    @given(
        st.lists(
            st.sampled_from(["begin", "end", "tx", "rx", "update", "done"]),
            max_size=60,
        ),
        st.integers(1, 9),
    )
    @settings(max_examples=100, deadline=None)
    def test_nothingIsLostCount(self, calls: list[str], size: int) -> None:
        """
        Lines that are shown and lines that are counted add up to what was told.
        """
        transcript = Transcript(1, Clock(), size)
        done = 0
        for number, call in enumerate(calls):
            if call in ("update", "done"):
                # The end of an update completes its line.
                if transcript.isUpdating:
                    transcript.endUpdate()
                if call == "update":
                    transcript.beginUpdate(number, 7, number)
                done += call == "done"
            elif call in ("begin", "end"):
                getattr(transcript, call)("phase")
            else:
                getattr(transcript, call)(f"m{number}", 1)
        lines = transcript.lines()
        forgotten = sum(int(line.split()[1]) for line in lines if line[:3] == "...")
        shown = [line for line in lines if line[:3] != "..."]
        self.assertEqual(len(shown) + forgotten, len(calls) - done)

    def test_sizeMustBePositive(self) -> None:
        """
        A transcript that could keep nothing is refused.
        """
        error = self.assertRaises(ValueError, Transcript, 1, self.clock, 0)
        self.assertIn("0", str(error))

    def test_totals(self) -> None:
        """
        The bytes of both directions are summed.
        """
        self.transcript.tx("A", 3)
        self.transcript.tx("B", 4)
        self.transcript.rx("C", 5)
        self.assertEqual((self.transcript.sent, self.transcript.received), (7, 5))

    def test_phase(self) -> None:
        """
        How far the connection has come is the innermost open phase, or the last
        that ended; the end of a phase ends those that lie in it.
        """
        seen = [self.transcript.phase]
        for call, phase in [
            ("begin", "handshake"),
            ("begin", "version"),
            ("end", "version"),
            ("begin", "security"),
            ("end", "handshake"),
        ]:
            getattr(self.transcript, call)(phase)
            seen.append(self.transcript.phase)
        self.assertEqual(
            seen,
            [
                "before anything was said",
                "in handshake",
                "in version",
                "in handshake",
                "in security",
                "after handshake",
            ],
        )

    def test_endOfUnknownPhase(self) -> None:
        """
        The end of a phase whose beginning was not told is a line like others.
        """
        self.transcript.end("odd")
        self.assertEqual(self.transcript.phase, "after odd")

    def test_quiet(self) -> None:
        """
        Phases and messages are no events of the log by themselves.
        """
        with capturedLogs() as events:
            self.transcript.begin("version")
            self.transcript.tx("A", 3)
            self.transcript.rx("B", 3)
            self.transcript.end("version")
        self.assertEqual(list(events), [])

    def test_tracing(self) -> None:
        """
        When messages are traced, each phase and message is an event at debug level
        whose fields have names.
        """
        traceMessages()
        with capturedLogs() as events:
            self.transcript.begin("version")
            self.transcript.tx("A", 3)
            self.transcript.rx("B", 4, "detail")
        self.assertEqual({event["log_level"] for event in events}, {LogLevel.debug})
        self.assertEqual(
            [
                (e["connection"], e["direction"], e.get("name"), e.get("size"))
                for e in events
            ],
            [(7, "BEGIN", None, None), (7, "tx", "A", 3), (7, "rx", "B", 4)],
        )
        self.assertEqual(events[0]["phase"], "version")

    def test_tracingEnds(self) -> None:
        """
        Tracing can be turned off again.
        """
        traceMessages()
        traceMessages(False)
        with capturedLogs() as events:
            self.transcript.tx("A", 3)
        self.assertEqual(list(events), [])

    def test_opened(self) -> None:
        """
        An opened connection is one line with its number and its peer.
        """
        with capturedLogs() as events:
            self.transcript.opened("192.0.2.1:1234")
        self.assertEqual(
            textsOf(events),
            [("info", "Connection 7: opened by 192.0.2.1:1234")],
        )

    def test_cameFrom(self) -> None:
        """
        Where the viewer is behind a proxy is one line, if it is elsewhere.
        """
        with capturedLogs() as events:
            self.transcript.opened("127.0.0.1:1234")
            self.transcript.cameFrom("127.0.0.1:1234")
            self.transcript.cameFrom("192.0.2.1:4321")
            self.transcript.closed("it left")
        self.assertEqual(
            [text for _, text in textsOf(events)][1:2],
            ["Connection 7: 127.0.0.1:1234 passes on 192.0.2.1:4321"],
        )
        self.assertEqual(len(events), 3)
        self.assertEqual(events[-1]["peer"], "192.0.2.1:4321")

    def test_closed(self) -> None:
        """
        A closed connection is one line: who, how far, how long, how much, why.
        """
        self.transcript.peer = "192.0.2.1:1234"
        self.transcript.begin("version")
        self.transcript.tx("ProtocolVersion", 12)
        self.clock.advance(1.5)
        with capturedLogs() as events:
            self.transcript.closed("the viewer left")
        self.assertEqual(
            textsOf(events),
            [
                (
                    "info",
                    "Connection 7: from 192.0.2.1:1234 closed in version, after"
                    " 1.500 s, 0 bytes received, 12 sent: the viewer left",
                )
            ],
        )

    def test_failed(self) -> None:
        """
        A failed connection is one event with all lines of the transcript, which
        show how far it got.
        """
        self.transcript.begin("version")
        self.transcript.tx("ProtocolVersion", 12)
        with capturedLogs() as events:
            self.transcript.failed("the viewer said 'GET /'")
        self.assertEqual(
            textsOf(events),
            [
                (
                    "warn",
                    "Connection 7: from ? FAILED in version, after 0.000 s, 0 bytes"
                    " received, 12 sent: the viewer said 'GET /'; its transcript:\n"
                    "        0.000 BEGIN version\n"
                    "        0.000 tx    ProtocolVersion, 12 bytes",
                )
            ],
        )
        self.assertEqual(events[0]["transcript"], self.transcript.lines())

    def test_failedByException(self) -> None:
        """
        If it failed by an exception on this side, the traceback is in the log, and
        it is an error.
        """
        with capturedLogs() as events:
            self.transcript.failed("an error", failureOf(RuntimeError("broken")))
        [(level, text)] = textsOf(events)
        self.assertEqual(level, "error")
        self.assertIn("an error", text)
        text = eventAsText(events[0])
        self.assertEqual(text.count("in failureOf"), 1)
        self.assertEqual(text.count("RuntimeError: broken"), 1)
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)

    def update(self, count: int = 3, size: int = 5000, serial: int = 1) -> None:
        """
        An update that is written at once.
        """
        self.transcript.beginUpdate(count, 7, serial)
        self.transcript.wrote(size)
        self.transcript.endUpdate()

    def test_update(self) -> None:
        """
        An update is one line: bytes, rectangles, encoding and frame; and the seconds
        that it took, if it did.
        """
        self.update()
        self.update(count=1, serial=2)
        self.transcript.beginUpdate(2, None, 0)
        self.transcript.wrote(30)
        self.clock.advance(2.5)
        self.transcript.endUpdate()
        self.assertEqual(
            self.transcript.lines(),
            [
                "    0.000 tx    FramebufferUpdate, 5000 bytes"
                " (3 rectangles, Tight, frame 1)",
                "    0.000 tx    FramebufferUpdate, 5000 bytes"
                " (1 rectangle, Tight, frame 2)",
                "    0.000 tx    FramebufferUpdate, 30 bytes"
                " (2 rectangles, no pixels, in 2.500 s)",
            ],
        )

    def test_updatesInARow(self) -> None:
        """
        Updates that are alike share a line, which says of which frames they are; not
        with one that took long, or is under way.
        """
        for serial in range(1, 6):
            self.update(serial=serial)
        self.transcript.beginUpdate(3, 7, 6)
        self.transcript.wrote(100)
        self.assertEqual(
            [line[10:] for line in self.transcript.lines()],
            [
                "tx    FramebufferUpdate x 5, 25000 bytes"
                " (3 rectangles, Tight, frames 1-5)",
                "BEGIN FramebufferUpdate, 100 bytes so far"
                " (3 rectangles, Tight, frame 6)",
            ],
        )

    def test_updateUnderWay(self) -> None:
        """
        An update that has begun is where the connection is, its bytes count, and
        however much the viewer says meanwhile, it is not forgotten.
        """
        self.transcript.begin("Messages")
        self.transcript.beginUpdate(3, 7, 1)
        self.transcript.wrote(65536)
        self.transcript.wrote(1)
        for _ in range(100):
            self.transcript.rx("PointerEvent", 6)
        self.assertEqual(self.transcript.phase, "in FramebufferUpdate")
        self.assertEqual(self.transcript.sent, 65537)
        self.assertEqual(
            [line[10:] for line in self.transcript.lines()],
            [
                "BEGIN Messages",
                "BEGIN FramebufferUpdate, 65537 bytes so far"
                " (3 rectangles, Tight, frame 1)",
                "lier lines are not kept",
                "rx    PointerEvent x 64, 384 bytes",
            ],
        )
        self.transcript.endUpdate()
        self.assertEqual(self.transcript.phase, "in Messages")
        self.assertEqual(len(self.transcript.lines()), 3)

    def test_tracedUpdate(self) -> None:
        """
        When messages are traced, an update is two events: when it begins, and when it
        is written.
        """
        traceMessages()
        with capturedLogs() as events:
            self.transcript.beginUpdate(3, 7, 1)
            self.transcript.wrote(5000)
            self.clock.advance(0.5)
            self.transcript.endUpdate()
        self.assertEqual(
            [text for _, text in textsOf(events)],
            [
                "Connection 7: BEGIN FramebufferUpdate 1, 3 rectangles, Tight",
                "Connection 7: END FramebufferUpdate 1, 3 rectangles, Tight, 5000 bytes"
                " in 0.500 s",
            ],
        )
        self.assertEqual(events[1]["serial"], 1)
        self.assertEqual(events[1]["rectangles"], 3)
        self.assertEqual(events[1]["encoding"], "Tight")

    def test_login(self) -> None:
        """
        Who has logged in, how, with which rights, and what the viewer reads, is one
        line, once.
        """
        with capturedLogs() as events:
            self.transcript.opened("192.0.2.1:1234")
            self.transcript.tries("RA2_256", b"ada")
            self.transcript.loggedIn(b"ada", "full")
            self.transcript.reads((7, 16, -239, 4711))
            self.transcript.reads((0,))
            self.transcript.closed("it left")
        self.assertEqual(
            [text for _, text in textsOf(events)][1:],
            [
                "Connection 7: logged in as 'ada' by RA2_256, rights full, from"
                " 192.0.2.1:1234; it reads Tight, ZRLE, Cursor, 4711",
                "Connection 7: from 192.0.2.1:1234, as 'ada' by RA2_256, closed before"
                " anything was said, after 0.000 s, 0 bytes received, 0 sent: it left",
            ],
        )
        self.assertEqual(events[1]["encodings"], [7, 16, -239, 4711])
        self.assertEqual(events[1]["user"], "ada")

    def test_loginOfNobody(self) -> None:
        """
        One that gave no name has none, and one that lists nothing is logged as well,
        at the end if not before.
        """
        with capturedLogs() as events:
            self.transcript.tries("VncAuth", "")
            self.transcript.loggedIn(b"", "view")
            self.transcript.closed("it left")
        [(_, login), (_, end)] = textsOf(events)
        self.assertEqual(
            login,
            "Connection 7: logged in by VncAuth, rights view, from ?; it reads no"
            " encoding but Raw",
        )
        self.assertNotIn(" as ", end)

    def test_manyEncodings(self) -> None:
        """
        However many a viewer lists, the line has an end.
        """
        self.transcript.tries("None", "")
        self.transcript.loggedIn(b"", "full")
        with capturedLogs() as events:
            self.transcript.reads(range(1 << 16))
        [(_, text)] = textsOf(events)
        self.assertTrue(text.endswith(", 47, 65488 more"), text)
        self.assertEqual(len(events[0]["encodings"]), 48)

    def test_failedLogin(self) -> None:
        """
        A failed login says whom the viewer gave itself out as: no more than a name,
        whatever was sent for one.
        """
        self.transcript.tries("Plain", b"' closed\n\x1b[1m\xff" + b"x" * 1000)
        with capturedLogs() as events:
            self.transcript.failed("login failed: authentication failed")
        [(_, text)] = textsOf(events)
        self.assertIn("as '\\' closed\\n\\x1b[1m\\xff" + "x" * 40, text)
        self.assertIn("...' by Plain, FAILED", text)
        self.assertLess(len(text), 300)

    def test_closedInFirstUpdate(self) -> None:
        """
        A viewer that has said nothing since its first update, which may be what it
        could not read, leaves its transcript behind; one that has does not.
        """
        for after in (0, 1):
            self.transcript = Transcript(7, self.clock)
            self.transcript.rx("FramebufferUpdateRequest", 10)
            self.update()
            for _ in range(after):
                self.transcript.rx("FramebufferUpdateRequest", 10)
            with capturedLogs() as events:
                self.transcript.closed("it left")
            self.assertEqual("transcript" in events[0], not after)
            self.assertEqual(events[0]["log_level"], LogLevel.info)

    def test_failedAtOnce(self) -> None:
        """
        Of a connection on which nothing was said there is no transcript.
        """
        with capturedLogs() as events:
            self.transcript.failed("address not allowed")
        [(_, text)] = textsOf(events)
        self.assertTrue(text.endswith(": address not allowed"), text)

    def test_endsOnce(self) -> None:
        """
        A connection ends once in the log, by the first reason.
        """
        with capturedLogs() as events:
            self.transcript.failed("first")
            self.transcript.closed("second")
            self.transcript.failed("third")
        self.assertEqual([event["reason"] for event in events], ["first"])

    def test_noForgedLines(self) -> None:
        """
        What a viewer may have a hand in cannot begin a new line of the log, send
        an escape to a terminal or fill the log.
        """
        nasty = "a\n2026 forged \x1b[31m\u202e" + "x" * 10000
        self.transcript.rx("A", 1, nasty)
        with capturedLogs() as events:
            self.transcript.opened(nasty)
            self.transcript.failed(nasty)
        for _, text in textsOf(events):
            self.assertNotIn("\n2026", text)
            self.assertNotIn("\x1b", text)
            self.assertNotIn("\u202e", text)
            self.assertIn("\\n2026 forged \\x1b[31m\\u202e", text)
            self.assertLess(len(text), 2000)


def textsOf(events: Any) -> list[tuple[str, str]]:
    """
    @return: The level and the text of each of the events.
    """
    publisher = LogPublisher()
    out = StringIO()
    publisher.addObserver(jsonObserver(out))
    for event in events:
        publisher(event)
    records = [json.loads(line) for line in out.getvalue().splitlines()]
    return [(record["level"], record["text"]) for record in records]
