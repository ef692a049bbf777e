# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._callbacks}.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import CancelledError, Deferred, fail, succeed
from twisted.internet.task import Clock
from twisted.logger import LogLevel, globalLogPublisher
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from txrfb._callbacks import Complaints, ask, hear, tell


def raising(error: BaseException) -> Any:
    """
    @return: What raises it.
    """

    def call() -> None:
        raise error

    return call


class AskTests(SynchronousTestCase):
    """
    Whatever the application does, there is one answer.
    """

    def setUp(self) -> None:
        """
        A clock, and what is logged.
        """
        self.clock = Clock()
        self.events: list[Any] = []
        observer: Any = self.events.append
        globalLogPublisher.addObserver(observer)
        self.addCleanup(globalLogPublisher.removeObserver, observer)

    def ask(self, call: Any, *arguments: Any) -> Deferred[Any]:
        """
        Ask, for ten seconds.
        """
        return ask(self.clock, 10, call, *arguments)

    def logged(self, level: LogLevel) -> list[str]:
        """
        @return: What was logged at a level.
        """
        return [
            event["log_format"] for event in self.events if event["log_level"] is level
        ]

    def test_atOnce(self) -> None:
        """
        An answer is there at once if it was given at once, in whatever way; no timer
        is made for it.
        """

        async def coroutine(value: int) -> int:
            return value

        async def both(value: int) -> Deferred[int]:
            return succeed(value)

        for call in (lambda value: value, succeed, coroutine, both):
            self.assertEqual(self.successResultOf(self.ask(call, 5)), 5)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_later(self) -> None:
        """
        An answer that comes before the deadline is one.
        """
        answer: Deferred[int] = Deferred()

        async def coroutine() -> int:
            return await answer + 1

        outcomes = [self.ask(lambda: answer), self.ask(coroutine)]
        self.clock.advance(9)
        for outcome in outcomes:
            self.assertNoResult(outcome)
        answer.callback(5)
        self.assertEqual([self.successResultOf(one) for one in outcomes], [5, 6])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_keptDeferred(self) -> None:
        """
        The application may return the same L{Deferred} each time.
        """
        answer = succeed(True)
        for _ in range(3):
            outcome = self.ask(lambda: answer)
            outcome.addCallback(lambda _: None)
        self.assertIs(self.successResultOf(answer), True)

    def test_fails(self) -> None:
        """
        Whatever is raised is a failure, even what is meant to end the process.
        """

        async def coroutine() -> None:
            raise ZeroDivisionError

        for call, error in (
            (raising(ZeroDivisionError()), ZeroDivisionError),
            (raising(SystemExit(3)), SystemExit),
            (raising(KeyboardInterrupt()), KeyboardInterrupt),
            (lambda: fail(ZeroDivisionError()), ZeroDivisionError),
            (coroutine, ZeroDivisionError),
            (None, TypeError),
        ):
            self.failureResultOf(self.ask(call), error)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_never(self) -> None:
        """
        Who never answers is cancelled at the deadline; what it says after that is
        ignored, and noted for those who look for it.
        """
        answers: list[Deferred[int]] = [Deferred(lambda _: None) for _ in range(2)]
        for answer in answers:
            outcome = self.ask(lambda answer=answer: answer)
            self.clock.advance(9.9)
            self.assertNoResult(outcome)
            self.clock.advance(0.1)
            failure = self.failureResultOf(outcome, TimeoutError)
            self.assertIn("not answered for 10 seconds", failure.getErrorMessage())
            self.assertIsNone(self.successResultOf(answer))
        self.assertEqual(self.logged(LogLevel.debug), [])

    def test_late(self) -> None:
        """
        So is who answers in spite of having been cancelled.
        """

        class Stubborn(Deferred[int]):
            def cancel(self) -> None:
                """
                Go on.
                """

        good, bad = Stubborn(), Stubborn()
        outcomes = [self.ask(lambda: good), self.ask(lambda: bad)]
        self.clock.advance(10)
        for outcome in outcomes:
            self.failureResultOf(outcome, TimeoutError)
        good.callback(5)
        bad.errback(ZeroDivisionError())
        self.assertEqual(len(self.logged(LogLevel.debug)), 1)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_withoutDeadline(self) -> None:
        """
        Some may take as long as they like.
        """
        answer: Deferred[int] = Deferred()
        outcome = ask(self.clock, None, lambda: answer)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        answer.callback(1)
        self.assertEqual(self.successResultOf(outcome), 1)

    def test_cancel(self) -> None:
        """
        Who does not want the answer any more cancels the call.
        """
        cancelled: list[object] = []
        answer: Deferred[int] = Deferred(cancelled.append)
        outcome = self.ask(lambda: answer)
        outcome.cancel()
        self.assertEqual(cancelled, [answer])
        self.failureResultOf(outcome, CancelledError)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_cancellerFails(self) -> None:
        """
        That it cannot be cancelled changes nothing for who waited.
        """

        def canceller(_: object) -> None:
            raise ZeroDivisionError

        for end in (lambda _: self.clock.advance(10), lambda one: one.cancel()):
            outcome = self.ask(lambda: Deferred(canceller))
            end(outcome)
            self.failureResultOf(outcome, TimeoutError, CancelledError)
            self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_tell(self) -> None:
        """
        A failure of who is only told something is logged, by its name.
        """
        tell(self.clock, raising(ZeroDivisionError()))
        tell(self.clock, lambda: Deferred())
        self.clock.advance(60)
        [first, second] = [e for e in self.events if "log_failure" in e]
        self.assertIn("raising", first["callback"])
        self.assertIn("test_tell", second["callback"])
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertEqual(len(self.flushLoggedErrors(TimeoutError)), 1)

    def test_isGranted(self) -> None:
        """
        Only C{True} is yes; what is neither yes nor no is told, once.
        """
        complaints = Complaints()
        self.assertTrue(complaints.isGranted(True, tell))
        self.assertFalse(complaints.isGranted(False, tell))
        self.assertEqual(self.logged(LogLevel.warn), [])
        for answer in (None, 1, "yes", object()):
            self.assertFalse(complaints.isGranted(answer, tell))
        self.assertEqual(len(self.logged(LogLevel.warn)), 1)

    def test_complaints(self) -> None:
        """
        Of each callback one failure is logged.
        """
        complaints = Complaints()
        for call in (tell, ask, tell, ask):
            complaints.failed(Failure(CancelledError()), call)
            complaints.failed(Failure(ZeroDivisionError()), call)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 2)


class HearTests(SynchronousTestCase):
    """
    What is called often is told of answers, at once or later.
    """

    def setUp(self) -> None:
        """
        Nothing was said yet.
        """
        self.clock = Clock()
        self.answers: list[Any] = []
        self.failures: list[Failure] = []

    def hear(self, call: Any, *arguments: Any) -> None:
        """
        Call, and listen for ten seconds.
        """
        hear(
            self.clock,
            10,
            self.answers.append,
            self.failures.append,
            call,
            *arguments,
        )

    def test_atOnce(self) -> None:
        """
        An answer is told before this returns if it is there, in whatever way.
        """

        async def coroutine(value: object) -> object:
            return value

        for call in (lambda value: value, succeed, coroutine):
            for value in (None, False, "x", [1]):
                self.hear(call, value)
                self.assertEqual(self.answers.pop(), value)
        self.assertEqual(self.failures, [])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_later(self) -> None:
        """
        It is told when it comes, or that it does not.
        """
        answer: Deferred[int] = Deferred()
        self.hear(lambda: answer)
        self.assertEqual(self.answers, [])
        answer.callback(5)
        self.assertEqual(self.answers, [5])
        self.hear(Deferred)
        self.clock.advance(10)
        (failure,) = self.failures
        failure.trap(TimeoutError)

    def test_failed(self) -> None:
        """
        So is what is raised, whatever it is, or returned as a failure.
        """
        for error in (ValueError("no"), SystemExit()):
            self.hear(raising(error))
            self.hear(fail, error)
            self.hear(Failure, error)
            self.assertEqual([one.value for one in self.failures], [error] * 3)
            self.failures.clear()
        self.assertEqual(self.answers, [])

    def test_whatFollows(self) -> None:
        """
        What goes wrong with what follows is nothing that the caller can do much about.
        """
        hear(self.clock, 10, raising(OSError()), self.failures.append, int)
        self.assertEqual(len(self.flushLoggedErrors(TypeError, OSError)), 1)
        self.assertEqual(self.failures, [])
