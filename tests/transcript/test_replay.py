# -*- test-case-name: tests.transcript.test_replay -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.transcript.replay}.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.machine import Keyboard
from tests.scenes import Application, serving
from tests.transcript.logs import ENCODINGS, Observed, converse
from txrfb.client import securityFor
from txrfb.encodings.constants import (
    CONTINUOUS_UPDATES,
    FENCE,
    QEMU_EXTENDED_KEY,
)
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.protocol import RFBFactory
from txrfb.security.accounts.realm import portalFor
from txrfb.testing import Link
from txrfb.testing.wire import connect
from txrfb.transcript.records import Record, recordsOf
from txrfb.transcript.replay import Recording, Replay, Said, recordingOf


class RecordingTests(SynchronousTestCase):
    """
    Tests for L{recordingOf}.
    """

    def test_traced(self) -> None:
        """
        A log with all messages has the viewer's side: kinds, sizes and, as far as the
        log has them, times; and what it could read.
        """
        with Observed() as outs:
            session = converse()
        for out in outs.values():
            recording = recordingOf(recordsOf(out.getvalue().splitlines()), 1)
            self.assertEqual(recording.encodings, ENCODINGS)
            names = [one.name for one in recording.messages]
            self.assertEqual(
                names[:3],
                ["SetPixelFormat", "SetEncodings", "FramebufferUpdateRequest"],
            )
            self.assertEqual(names.count("KeyEvent"), 4)
            self.assertEqual(names.count("PointerEvent"), 1)
            self.assertIn(
                Said(0, "ClientCutText", 8 + 11)[1:],
                [m[1:] for m in recording.messages],
            )
            handshake = session.transcript.received - sum(
                one.size for one in recording.messages
            )
            self.assertEqual(handshake, 12 + 1 + 1)

    def test_failed(self) -> None:
        """
        A log without messages has at least what the transcript of a failed connection
        has kept, and that with its times.
        """
        with Observed(trace=False) as outs:
            converse(failing=True)
        for out in outs.values():
            recording = recordingOf(recordsOf(out.getvalue().splitlines()), 1)
            self.assertEqual(recording.encodings, ENCODINGS)
            names = [one.name for one in recording.messages]
            self.assertEqual(names[:2], ["SetPixelFormat", "SetEncodings"])
            self.assertEqual(names.count("KeyEvent"), 4)
            self.assertIn(0.5, [one.time for one in recording.messages])

    def test_nothing(self) -> None:
        """
        If a log does not tell, that is said, and what would.
        """
        records = [Record(None, "info", "Connection 2: opened by x", 2)]
        for connection in (1, 2):
            error = self.assertRaises(ValueError, recordingOf, records, connection)
            self.assertIn("--trace", str(error))


class ReplayTests(SynchronousTestCase):
    """
    Tests for L{Replay}.
    """

    def replay(
        self,
        recording: Recording,
        factory: RFBFactory,
        seconds: float = 5,
        **options: Any,
    ) -> Replay:
        """
        @return: What has replayed a recording, if it took no longer than that.
        """
        clock = factory.clock
        assert isinstance(clock, Clock)
        viewer = Replay(recording, clock=clock, **options)
        server = factory.buildProtocol(None)
        assert server is not None
        connect(clock, server, viewer, Link(), 1234)
        clock.pump([0.01] * round(seconds * 100))
        self.assertIs(self.successResultOf(viewer.done), viewer)
        return viewer

    def heard(self, log: str) -> list[tuple[str, int]]:
        """
        @return: What a server heard, by its log.
        """
        recording = recordingOf(recordsOf(log.splitlines()), 1)
        return [(one.name, one.size) for one in recording.messages]

    def test_sameAgain(self) -> None:
        """
        The server hears messages of the same kinds and sizes in the same order as
        when they were recorded, and draws a picture for them; nothing of what the
        viewer had typed or pasted is there.
        """
        with Observed() as recorded:
            converse()
        log = recorded["json"].getvalue()
        recording = recordingOf(recordsOf(log.splitlines()), 1)
        application = Application()
        framebuffer = MemoryFramebuffer(100, 80)
        with Observed() as again:
            viewer = self.replay(recording, serving(framebuffer, application))
        self.assertEqual(self.heard(again["json"].getvalue()), self.heard(log))
        self.assertEqual(viewer.reason, "")
        self.assertEqual(viewer.skipped, {})
        self.assertEqual(viewer.said, len(recording.messages))
        self.assertGreaterEqual(viewer.updates, 1)
        self.assertEqual({keysym for keysym, _, _ in application.keys}, {ord("x")})
        self.assertEqual(application.texts, [("x" * 11, 1)])

    def test_times(self) -> None:
        """
        Messages are sent when they were.
        """
        factory = serving()
        recording = Recording([Said(0, "KeyEvent", 8), Said(7.5, "KeyEvent", 8)])
        clock = factory.clock
        viewer = Replay(recording, clock=clock)
        server: Any = factory.buildProtocol(None)
        connect(clock, server, viewer, Link(), 1234)
        clock.pump([0.1] * 70)
        self.assertEqual(viewer.said, 1)
        clock.pump([0.1] * 10)
        self.assertEqual(viewer.said, 2)
        self.assertNoResult(viewer.done)
        clock.advance(1)
        self.successResultOf(viewer.done)

    def test_kinds(self) -> None:
        """
        What can be said without knowing more is said, and the rest is counted: it
        could do harm, or means nothing.
        """
        names = (
            *("ExtendedKeyEvent", "ExtendedKeyEvent"),
            *("EnableContinuousUpdates", "EnableContinuousUpdates"),
            *("Fence", "Fence", "Xvp", "SetDesktopSize", "Unheard"),
        )
        # Not before the server has told that it knows them.
        recording = Recording(
            [Said(0, "SetEncodings", 16), *(Said(1, name, 12) for name in names)],
            (QEMU_EXTENDED_KEY, FENCE, CONTINUOUS_UPDATES),
        )
        application = Keyboard()
        viewer = self.replay(recording, serving(application=application))
        self.assertEqual(viewer.said, 5)
        self.assertEqual(
            viewer.skipped, {"Fence": 2, "Xvp": 1, "SetDesktopSize": 1, "Unheard": 1}
        )
        self.assertEqual(viewer.reason, "")
        codes = [heard[1:] for heard in application.heard if heard[0] == "code"]
        self.assertEqual(codes, [(0x2D, ord("x"), True), (0x2D, ord("x"), False)])

    def test_refused(self) -> None:
        """
        If the server ends the connection, that is the end.
        """
        factory = serving(portal=portalFor(b"secret"))
        recording = Recording([Said(0, "KeyEvent", 8)])
        viewer = self.replay(recording, factory)
        self.assertNotEqual(viewer.reason, "")
        self.assertEqual(viewer.said, 0)
        viewer = self.replay(recording, factory, security=securityFor("secret"))
        self.assertEqual((viewer.reason, viewer.said), ("", 1))

    def test_endsInBetween(self) -> None:
        """
        Also in the midst of it.
        """
        factory = serving(timeLimit=2)
        recording = Recording([Said(0, "KeyEvent", 8), Said(3, "KeyEvent", 8)])
        viewer = self.replay(recording, factory)
        self.assertIn("closed the connection", viewer.reason)
        self.assertEqual(viewer.said, 1)
