# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb._wire.negotiation}, beyond what those of the connections on both sides
have.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from txrfb._wire.events import Output, SealRequested, TLSRequested
from txrfb._wire.negotiation import negotiate
from txrfb._wire.stepper import Stepper
from txrfb._wire.transcript import Transcript
from txrfb.error import ProtocolError, SecurityError
from txrfb.security.steps import Login, Read, Receiver, Seal, StartTLS, Unseal, Write


class Cipher:
    """
    Turns bytes upside down.

    @ivar held: What it says of bytes that wait.
    @ivar missing: What it says of bytes that lack.
    """

    def __init__(self, held: int = 0) -> None:
        self.held = held
        self.missing = 0

    def seal(self, data: bytes) -> bytes:
        """
        @return: Other bytes.
        """
        return bytes(255 - byte for byte in data)

    unseal = seal


class NegotiateTests(SynchronousTestCase):
    """
    Steps on a connection.
    """

    def begin(self, *steps: Any) -> Stepper:
        """
        @return: What runs the driver of these steps, once it has read a byte.
        """
        self.events: list[Any] = []
        self.receivers: list[Receiver | None] = []
        self.answers: list[Any] = []
        self.closed = False
        self.result: Any = "none yet"

        def type() -> Generator[Any, Any, None]:
            try:
                for step in steps:
                    self.answers.append((yield step))
            finally:
                self.closed = True

        def run() -> Generator[int, Any, None]:
            # By now there is the stepper that the driver is to be handed.
            yield 1
            self.result = yield from negotiate(
                "Any",
                type(),
                stepper,
                Transcript(0, Clock()),
                self.events.append,
                self.receivers.append,
            )

        stepper = Stepper(run())
        return stepper

    def test_login(self) -> None:
        """
        A login ends the steps, and is what comes of them.
        """
        login = Login(None)
        stepper = self.begin(Read(2), Write(b"x"), login, Write(b"never"))
        stepper.feed(b"!ab")
        self.assertEqual(self.answers, [b"ab", None])
        self.assertEqual(self.events, [Output("Any", b"x")])
        self.assertIs(self.result, login)
        self.assertTrue(self.closed)

    def test_end(self) -> None:
        """
        Steps may end without a login, as a viewer's do.
        """
        self.begin(Write(b"x")).feed(b"!")
        self.assertIsNone(self.result)

    def test_protection(self) -> None:
        """
        TLS and seals are asked for by events; whoever receives bytes is told what they
        pass through.
        """
        cipher = Cipher()
        stepper = self.begin(StartTLS("x509"), Seal(cipher, cipher), Unseal())
        stepper.feed(b"!")
        self.assertTrue(stepper.isWaiting)
        stepper.resume(b"certificate")
        self.assertEqual(
            self.events,
            [TLSRequested("x509"), SealRequested(cipher), SealRequested(None)],
        )
        self.assertEqual(self.answers, [b"certificate", None, None])
        self.assertEqual(self.receivers, [cipher, None])

    def test_uncovered(self) -> None:
        """
        Bytes that came ahead of TLS, or half a sealed message before clear bytes, end
        the connection, and the steps with it.
        """
        cipher = Cipher(held=1)
        for steps, data in (
            ([StartTLS("x509")], b"!a"),
            ([Seal(cipher, cipher), Unseal()], b"!"),
        ):
            self.assertRaises(ProtocolError, self.begin(*steps).feed, data)
            self.assertTrue(self.closed)

    def test_wrong(self) -> None:
        """
        A step that is none, or reads too much, is an error of the type.
        """
        for step in ("step", Read(8193)):
            self.assertRaises(SecurityError, self.begin(step).feed, b"!")
            self.assertTrue(self.closed)

    def test_close(self) -> None:
        """
        Steps end with the parser.
        """
        stepper = self.begin(Read(2))
        stepper.feed(b"!")
        self.assertFalse(self.closed)
        stepper.close()
        self.assertTrue(self.closed)
