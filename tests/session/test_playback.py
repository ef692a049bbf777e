# -*- test-case-name: tests.session.test_playback -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._session.playback}.
"""

from __future__ import annotations

import json
from itertools import count
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from txrfb._session.playback import MAX_KEYS, RemoteControl

_ANYTHING = st.one_of(
    st.none(), st.booleans(), st.floats(), st.integers(), st.text(), st.lists(st.none())
)


def tape(**what: Any) -> Any:
    """
    @return: Something that is played.
    """
    usual = {"position": 5, "duration": 60, "isPlaying": True, "speed": 2, "idle": 0}
    return SimpleNamespace(**{**usual, "keyTimes": [0, 10], **what})


class RemoteTests(SynchronousTestCase):
    """
    What is asked, and ordered.
    """

    def remote(self, playback: Any) -> RemoteControl:
        """
        @return: What asks it.
        """
        self.clock = Clock()
        return RemoteControl(playback, self.clock)

    def test_state(self) -> None:
        """
        All that there is, the position within the recording.
        """
        state = self.successResultOf(self.remote(tape(position=61.5)).state())
        self.assertEqual(state, (60, 60, True, 2, 0))
        self.assertEqual(state.told()["position"], 60)

    @given(_ANYTHING, _ANYTHING, _ANYTHING, st.lists(_ANYTHING, max_size=5))
    def test_anything(self, one: Any, two: Any, three: Any, keys: Any) -> None:
        """
        Whatever it answers, what is told is JSON that browsers read, or nothing is.
        """
        remote = self.remote(tape(position=one, duration=two, speed=three))
        remote.playback.keyTimes = keys
        for asked in (remote.state(), remote.keyTimes()):
            results: list[Any] = []
            asked.addBoth(results.append)
            [result] = results
            if not isinstance(result, Failure):
                said = result if isinstance(result, list) else result.told()
                self.assertTrue(json.dumps(said, allow_nan=False))

    def test_endless(self) -> None:
        """
        Times of whole pictures without end are looked at for a while, and most are left
        out.
        """
        for times in (count(0, 0.001), iter(lambda: 0.0, 1)):
            remote = self.remote(tape(keyTimes=times))
            found = self.successResultOf(remote.keyTimes())
            self.assertLessEqual(len(found), MAX_KEYS)

    def test_unknown(self) -> None:
        """
        What cannot be is not ordered.
        """
        remote = self.remote(tape(seek=self.fail))
        for kind, value in (
            *(("seek", -1), ("seek", float("nan")), ("seek", "x"), ("seek", 1e30)),
            *(("speed", 0.4), ("speed", 16.1), ("idle", float("inf"))),
        ):
            self.assertRaises(ValueError, remote.order, kind, value)
        self.assertEqual((remote.playback.speed, remote.playback.idle), (2, 0))

    def test_slow(self) -> None:
        """
        One that never finds a place is not waited for without end; nor is it once
        another is looked for.
        """
        sought: list[Deferred[None]] = []

        def seek(seconds: float) -> Deferred[None]:
            sought.append(Deferred())
            return sought[-1]

        remote = self.remote(tape(seek=seek))
        first, second = remote.order("seek", 1), remote.order("seek", 2)
        failure = self.failureResultOf(first, CancelledError)
        self.assertEqual(remote.objection(failure), "")
        self.assertNoResult(second)
        self.clock.advance(60)
        self.failureResultOf(second, TimeoutError)
        self.assertTrue(all(one.called for one in sought))
        self.assertEqual(self.clock.getDelayedCalls(), [])
