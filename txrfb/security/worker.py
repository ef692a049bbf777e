# -*- test-case-name: tests.security.test_worker -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Threads for checks that take long: hashes of passwords, PAM.

What a thread has begun cannot be taken back: to cancel the wait for it is not to cancel
the work.  So a job keeps its place until its thread has returned, whoever still waits
for it, and strangers cannot start more work at a time than there are places.

Those whose logins have failed lately are patient: they wait for the others.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, ParamSpec, TypeAlias, TypeVar

from twisted.internet.defer import Deferred, fail, succeed
from twisted.python.failure import Failure

from txrfb.error import Refused

__all__ = ["Start", "Worker", "patient", "startThread"]

_Given = ParamSpec("_Given")
_Made = TypeVar("_Made")

#: Has something done in a thread.
Start: TypeAlias = Callable[[Callable[[], None]], None]

#: Whether the login that is being judged is one of those that wait for others.
patient: ContextVar[bool] = ContextVar("patient", default=False)

#: After how many jobs of others one of the patient has its turn.
_TURNS = 4

#: How many seconds the process waits for running jobs when it stops.
_STOPPING = 2.0


def startThread(run: Callable[[], None]) -> None:
    """
    Run something in a thread that does not keep the process from ending.
    """
    threading.Thread(target=run, name=__name__, daemon=True).start()


class Worker:
    """
    A bounded number of threads, and a bounded queue for them.

    A thread is started for each job: that costs a thousandth of the work, and leaves
    none that waits, or has to be ended.  When the reactor stops, running jobs get two
    seconds; then the process ends without them.
    """

    def __init__(
        self,
        threads: int = 1,
        maxWaiting: int = 32,
        reactor: Any = None,
        start: Start = startThread,
    ) -> None:
        """
        @param threads: How many jobs may run at a time.

        @param maxWaiting: How many more may wait.

        @param reactor: The reactor in whose thread results arrive; the global reactor
            if not given.

        @param start: Has something done in a thread.
        """
        self._places = threads
        self._maxWaiting = maxWaiting
        self._givenReactor = reactor
        self._start = start
        self._reactor: Any = None
        self._running = 0
        self._waiting: dict[Deferred[Any], Callable[[], Any]] = {}
        # Those of them that wait for the others.
        self._patient: dict[Deferred[Any], None] = {}
        self._passed = 0
        self._stopped: Deferred[None] | None = None

    def call(
        self,
        function: Callable[_Given, _Made],
        *given: _Given.args,
        **options: _Given.kwargs,
    ) -> Deferred[_Made]:
        """
        Call a function in a thread.

        @return: A L{Deferred} that fires with what the function returns, or raises; if
            too many jobs wait, it fails with L{Refused} at once.  If it is cancelled,
            a job that has not begun never does; one that has begun goes on in its
            place, and its result is dropped.
        """
        isPatient = patient.get()
        if self._stopped is not None or not self._makeRoom(isPatient):
            return fail(_tooMany())
        if self._reactor is None:
            self._reactor = self._findReactor()
            self._reactor.addSystemEventTrigger("during", "shutdown", self.stop)
        answer: Deferred[_Made] = Deferred(self._forget)
        self._waiting[answer] = lambda: function(*given, **options)
        if isPatient:
            self._patient[answer] = None
        self._next()
        return answer

    def stop(self) -> Deferred[None]:
        """
        Take no more jobs, and drop those that wait.

        @return: A L{Deferred} that fires when those that run have returned, or after
            two seconds.
        """
        if self._stopped is not None:
            return succeed(None)
        stopped = self._stopped = Deferred()
        dropped, self._waiting = self._waiting, {}
        self._patient.clear()
        for answer in dropped:
            answer.errback(Refused("the server stops"))
        if self._running:
            late = self._reactor.callLater(_STOPPING, self._idle)
            stopped.addCallback(lambda _: late.cancel() if late.active() else None)
        else:
            self._idle()
        return stopped

    def _findReactor(self) -> Any:
        if self._givenReactor is not None:
            return self._givenReactor
        from twisted.internet import reactor

        return reactor

    def _forget(self, answer: Deferred[Any]) -> None:
        self._waiting.pop(answer, None)
        self._patient.pop(answer, None)

    def _makeRoom(self, isPatient: bool) -> bool:
        """
        @return: Whether there is room for one more, if need be instead of the last of
            the patient.
        """
        if len(self._waiting) < self._maxWaiting:
            return True
        if isPatient or not self._patient:
            return False
        last = next(reversed(self._patient))
        self._forget(last)
        last.errback(_tooMany())
        return True

    def _idle(self) -> None:
        if self._stopped is not None and not self._stopped.called:
            self._stopped.callback(None)

    def _next(self) -> None:
        while self._waiting and self._running < self._places:
            answer = self._first()
            job = self._waiting.pop(answer)
            self._patient.pop(answer, None)
            self._begin(answer, job)

    def _first(self) -> Deferred[Any]:
        """
        @return: Whose turn it is of those that wait.
        """
        if self._passed < _TURNS:
            for answer in self._waiting:
                if answer not in self._patient:
                    self._passed += bool(self._patient)
                    return answer
        self._passed = 0
        return next(iter(self._patient or self._waiting))

    def _begin(self, answer: Deferred[Any], job: Callable[[], Any]) -> None:
        def run() -> None:
            # Of this thread: whatever happens, the place must become free.
            outcome: Any = RuntimeError("the job ended without a result")
            try:
                outcome = job()
            except BaseException as error:
                outcome = Failure(error)
                # Its frames hold the credentials.
                outcome.cleanFailure()
            finally:
                self._reactor.callFromThread(self._ended, answer, outcome)

        self._running += 1
        try:
            self._start(run)
        except RuntimeError as error:
            # The system has no thread left.
            self._ended(answer, Failure(error))

    def _ended(self, answer: Deferred[Any], outcome: Any) -> None:
        self._running -= 1
        self._next()
        if not answer.called:
            # A failure is taken for what it is.
            answer.callback(outcome)
        if not self._running:
            self._idle()


def _tooMany() -> Refused:
    return Refused("too many logins are waiting; try again in a moment")
