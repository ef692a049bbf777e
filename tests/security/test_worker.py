# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.security.worker}.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase, TestCase

from tests.security.driver import Pool
from txrfb.error import Refused
from txrfb.security.worker import Worker, patient


class WorkerTests(SynchronousTestCase):
    """
    Jobs, and threads that the test lets go on.
    """

    def setUp(self) -> None:
        self.pool = Pool()
        self.done: list[int] = []

    def worker(self, threads: int = 1, maxWaiting: int = 3) -> Worker:
        """
        @return: A worker in the test's threads.
        """
        return Worker(threads, maxWaiting, self.pool, self.pool.start)

    def job(self, worker: Worker, number: int) -> Deferred[int]:
        """
        @return: What comes of a job that makes a number larger.
        """

        def work(number: int) -> int:
            self.done.append(number)
            return number + 100

        return worker.call(work, number)

    def test_order(self) -> None:
        """
        No more jobs run at a time than there are places, the others in the order in
        which they came.
        """
        worker = self.worker(threads=2)
        answers = [self.job(worker, number) for number in range(5)]
        self.assertEqual(len(self.pool.begun), 2)
        for number, answer in enumerate(answers):
            self.assertNoResult(answer)
            self.pool.finish()
            self.assertEqual(self.successResultOf(answer), number + 100)
        self.assertEqual(self.done, [0, 1, 2, 3, 4])

    def test_cancelled(self) -> None:
        """
        To cancel a job that runs is not to end it: it keeps its place until its thread
        returns.  One that waits never begins.
        """
        worker = self.worker()
        running, waiting, last = (self.job(worker, number) for number in range(3))
        for answer in (running, waiting):
            answer.cancel()
            self.failureResultOf(answer, CancelledError)
        self.assertEqual(len(self.pool.begun), 1)
        self.pool.finish()
        self.pool.finish()
        self.assertEqual(self.successResultOf(last), 102)
        self.assertEqual(self.done, [0, 2])

    def test_full(self) -> None:
        """
        A job for which there is no room is refused at once, in words for the viewer;
        one that is given up makes room.
        """
        worker = self.worker()
        answers = [self.job(worker, number) for number in range(4)]
        refused = self.failureResultOf(self.job(worker, 4), Refused)
        self.assertIn("too many logins are waiting", str(refused.value))
        answers[3].cancel()
        self.failureResultOf(answers[3], CancelledError)
        self.assertNoResult(self.job(worker, 5))

    def patiently(self, worker: Worker, number: int) -> Deferred[int]:
        """
        @return: What comes of a job of somebody whose logins have failed.
        """
        token = patient.set(True)
        try:
            return self.job(worker, number)
        finally:
            patient.reset(token)

    def test_patient(self) -> None:
        """
        Those whose logins have failed wait for the others, but not for ever.
        """
        worker = self.worker(maxWaiting=30)
        self.job(worker, 0)
        for number in range(10):
            self.patiently(worker, 100 + number)
        for number in range(1, 11):
            self.job(worker, number)
        for _ in range(21):
            self.pool.finish()
        first = [0, 1, 2, 3, 4, 100, 5, 6, 7, 8, 101, 9, 10]
        self.assertEqual(self.done, [*first, *range(102, 110)])

    def test_fullOfPatient(self) -> None:
        """
        If only those wait whose logins have failed there is room for others: the last
        of them is told at once that there are too many.
        """
        worker = self.worker()
        answers = [self.patiently(worker, number) for number in range(4)]
        self.failureResultOf(self.patiently(worker, 4), Refused)
        others = [self.job(worker, number) for number in range(10, 13)]
        for answer in answers[1:]:
            refused = self.failureResultOf(answer, Refused)
            self.assertIn("too many logins are waiting", str(refused.value))
        self.failureResultOf(self.job(worker, 13), Refused)
        for _ in range(4):
            self.pool.finish()
        self.assertEqual(self.done, [0, 10, 11, 12])
        self.assertEqual(list(map(self.successResultOf, others)), [110, 111, 112])

    def test_failure(self) -> None:
        """
        Whatever a job raises is its result, and frees its place.
        """
        worker = self.worker()
        for error in (ValueError, MemoryError, SystemExit):

            def work(error: type[BaseException] = error) -> None:
                raise error("x")

            answer = worker.call(work)
            self.pool.finish()
            failure = self.failureResultOf(answer, error)
            self.assertIsNone(failure.__dict__.get("tb"))
        self.job(worker, 0)
        self.assertEqual(len(self.pool.begun), 1)

    def test_noThread(self) -> None:
        """
        If the system has no thread left that job fails, and its place is free.
        """
        broken = [True]

        def start(run: Any) -> None:
            if broken.pop():
                raise RuntimeError("can't start new thread")
            self.pool.start(run)

        broken.insert(0, False)
        worker = Worker(1, 3, self.pool, start)
        self.failureResultOf(self.job(worker, 0), RuntimeError)
        answer = self.job(worker, 1)
        self.pool.finish()
        self.successResultOf(answer)

    def test_stop(self) -> None:
        """
        When the reactor stops, jobs that wait are dropped, new ones refused, and
        running ones waited for, but not for ever.
        """
        for returns in (True, False):
            self.pool = Pool()
            worker = self.worker()
            running, waiting = self.job(worker, 0), self.job(worker, 1)
            triggers = self.pool.triggers["during"]["shutdown"]
            self.assertEqual([trigger[0] for trigger in triggers], [worker.stop])
            stopped = worker.stop()
            self.failureResultOf(waiting, Refused)
            self.failureResultOf(self.job(worker, 2), Refused)
            self.assertNoResult(stopped)
            if returns:
                self.pool.finish()
                self.successResultOf(running)
            else:
                self.pool.advance(2)
                self.assertNoResult(running)
            self.successResultOf(stopped)
            self.assertEqual(self.pool.getDelayedCalls(), [])
            self.successResultOf(worker.stop())

    def test_stopIdle(self) -> None:
        """
        A worker that has nothing to do stops at once, even if it never had.
        """
        worker = self.worker()
        self.successResultOf(self.worker().stop())
        self.job(worker, 0)
        self.pool.finish()
        self.successResultOf(worker.stop())


#: Stops its reactor while a check runs that never returns.
PROGRAM = """
import threading
from twisted.internet import reactor
from txrfb.security.worker import Worker

Worker().call(threading.Event().wait)
reactor.callWhenRunning(reactor.stop)
reactor.run()
print("ended")
"""


class ThreadTests(TestCase):
    """
    Real ones.
    """

    timeout = 20

    async def test_thread(self) -> None:
        """
        It is another thread that works, and the reactor's that hears of it.
        """
        worked = await Worker().call(threading.current_thread)
        self.assertIsNot(worked, threading.current_thread())
        self.assertTrue(worked.daemon)

    def test_processEnds(self) -> None:
        """
        A check that never returns does not keep the process from ending.
        """
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM], capture_output=True, timeout=60, check=True
        )
        self.assertEqual((done.stdout, done.stderr), (b"ended\n", b""))
