# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.broadcast.engine}.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.broadcast.fake import FakeEndpoint, FakeRedis
from txrfb.broadcast import Address
from txrfb.broadcast.engine import Engine
from txrfb.error import ConnectionFailed, EngineError


class EngineTests(SynchronousTestCase):
    """
    A connection, and what it is asked.
    """

    def setUp(self) -> None:
        """
        Connect.
        """
        self.clock = Clock()
        self.redis = FakeRedis(self.clock)
        self.arrivals = 0
        self.reasons: list[str] = []
        self.endpoint = FakeEndpoint(self.redis)
        self.words: Any = ()
        self.engine = Engine(
            Address(lambda _: self.endpoint, "lobby", "redis://here/lobby", self.login),
            self,
            self.clock,
            lambda: 1.0,
        )
        self.addCleanup(self.end)

    def end(self) -> None:
        """
        Stop.
        """
        done = self.engine.stop()
        self.pass_(0.1)
        self.successResultOf(done)
        self.assertEqual(
            [one for one in self.clock.getDelayedCalls() if "Engine" in repr(one)], []
        )

    def login(self) -> Any:
        """
        @return: Who we are.
        """
        if isinstance(self.words, Exception):
            raise self.words
        return self.words

    def arrived(self, engine: Engine) -> None:
        """
        It can be asked.
        """
        self.arrivals += 1

    def left(self, engine: Engine, reason: str) -> None:
        """
        It cannot.
        """
        self.reasons.append(reason)

    def start(self) -> None:
        """
        Start.
        """
        self.engine.start()
        self.pass_(0.1)

    def pass_(self, seconds: float) -> None:
        """
        Let time pass.
        """
        self.clock.pump([0.01] * round(seconds * 100))

    def ask(self, *words: Any, **options: Any) -> Any:
        """
        @return: The answer.
        """
        asked = self.engine.ask(*words, **options)
        self.pass_(0.1)
        return self.successResultOf(asked)

    def test_asks(self) -> None:
        """
        Answers come as they are: bytes stay bytes.
        """
        self.start()
        self.assertEqual(self.arrivals, 1)
        self.assertEqual(self.ask("SET", b"a", b"12"), b"OK")
        self.assertEqual(self.ask("GET", b"a"), b"12")
        self.assertEqual(self.ask("MGET", b"a", b"b"), [b"12", None])

    def test_error(self) -> None:
        """
        An error fails alone.
        """
        self.start()
        self.redis.refused["GET"] = "NOPERM no"
        asked = self.engine.ask("GET", b"a")
        self.pass_(0.1)
        self.failureResultOf(asked, EngineError)
        self.assertEqual(self.ask("SET", b"a", b"1"), b"OK")

    def test_login(self) -> None:
        """
        It logs in, and begins only then.
        """
        self.words = ("edge", b"sesame")
        self.start()
        self.assertEqual(self.redis.commands, ["AUTH"])
        self.assertEqual(self.arrivals, 1)

    def test_refused(self) -> None:
        """
        A login that is refused, or a password that cannot be read, is tried again ever
        more seldom.
        """
        self.words = (b"wrong",)
        self.redis.refused["AUTH"] = "WRONGPASS invalid"
        self.start()
        self.pass_(60)
        self.assertEqual(self.arrivals, 0)
        self.assertLess(len(self.redis.attempts), 14)
        self.assertIn("WRONGPASS", self.reasons[0])
        self.words = OSError("gone")
        self.pass_(20)
        self.assertIn("the password cannot be read: gone", self.reasons[-1])

    def test_again(self) -> None:
        """
        It comes back by itself; pauses grow while it does not.
        """
        self.start()
        self.redis.isThere = False
        self.redis.cut()
        self.pass_(40)
        pauses = [
            after - before
            for before, after in zip(self.redis.attempts[1:], self.redis.attempts[2:])
        ]
        self.assertEqual(pauses, sorted(pauses))
        self.assertLessEqual(max(pauses), 10.1)
        asked = self.engine.ask("GET", b"a")
        self.failureResultOf(asked, ConnectionFailed)
        self.redis.isThere = True
        self.pass_(11)
        self.assertEqual(self.arrivals, 2)

    def test_silent(self) -> None:
        """
        Without an answer it is left; who waits is told.
        """
        self.start()
        self.redis.isFrozen = True
        asked = self.engine.ask("GET", b"a", wait=2)
        self.pass_(11)
        self.assertNoResult(asked)
        self.pass_(2)
        failure = self.failureResultOf(asked, ConnectionFailed)
        self.assertIn("it does not answer", str(failure.value))

    def test_limit(self) -> None:
        """
        An answer that is too long is not kept.
        """
        self.start()
        self.redis.strings[b"a"] = bytes(100_000), float("inf")
        asked = self.engine.ask("GET", b"a", limit=5000)
        self.pass_(0.2)
        self.failureResultOf(asked, ConnectionFailed)
        self.assertIn("more than 5000 bytes", self.reasons[0])

    def test_nonsense(self) -> None:
        """
        What is no Redis, or says what it was not asked, is left.
        """
        for data, words in (
            (b"HTTP/1.1 400 Bad Request\r\n\r\n", "does not speak as Redis does"),
            (b"+OK\r\n", "what was not asked"),
        ):
            self.start()
            self.pass_(12)
            self.redis.connections[0].send(data)
            self.pass_(0.05)
            self.assertIn(words, self.reasons[-1])

    def test_cancelled(self) -> None:
        """
        Who does not wait any more does not confuse what others are answered.
        """
        self.start()
        first = self.engine.ask("SET", b"a", b"1")
        second = self.engine.ask("GET", b"a")
        first.addErrback(lambda failure: None)
        first.cancel()
        self.pass_(0.1)
        self.assertEqual(self.successResultOf(second), b"1")
        self.pass_(30)
        self.assertEqual(self.reasons, [])

    def test_room(self) -> None:
        """
        It is known when it takes no more, and when it does again.
        """
        self.start()
        self.endpoint.transports[0][0].pauseProducing()
        for _ in range(4):
            self.engine.ask("SET", b"a", bytes(100_000)).addErrback(lambda _: None)
        self.assertTrue(self.engine.isFull)
        room = self.engine.room()
        self.assertNoResult(room)
        self.endpoint.transports[0][0].resumeProducing()
        self.pass_(0.2)
        self.assertFalse(self.engine.isFull)
        self.successResultOf(room)
