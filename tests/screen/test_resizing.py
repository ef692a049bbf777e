# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._screen.resizing}.
"""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from txrfb._screen.resizing import Resizing, SizeRequest
from txrfb.encodings.desktop import FORWARDED, GRANTED, OUT_OF_RESOURCES, PROHIBITED

#: What an application does with a request: at once or later, yes, no, or a failure; a
#: later one may have the size before or after it says so.
ANSWERS = ("yes", "no", "fails", "later")
ENDS = ("yes", "sooner", "after", "no", "fails", "never")


class Toolkit:
    """
    An application, and whoever shows it.

    @ivar has: The size that the framebuffer has.
    @ivar shows: The size that viewers were told.
    @ivar asked: What it is asked for and has not answered.
    @ivar told: What was told of each request, in order: its number and the status; a
        size that is shown counts as granted.
    """

    def __init__(self) -> None:
        self.clock = Clock()
        self.has = self.shows = (1, 1)
        self.answer = "later"
        self.asked: list[tuple[tuple[int, int], Deferred[bool]]] = []
        self.told: list[tuple[int, int]] = []
        self.requests: list[SizeRequest] = []
        self.resizing = Resizing(
            self.clock, lambda: (self.has, self.shows), lambda: None
        )

    def call(self, width: int, height: int) -> Any:
        """
        The application is asked.
        """
        if self.answer == "later":
            later: Deferred[bool] = Deferred()
            self.asked.append(((width, height), later))
            return later
        if self.answer == "fails":
            return fail(ZeroDivisionError("broken"))
        if self.answer == "yes":
            self.has = (width, height)
        return succeed(self.answer == "yes")

    def request(self, by: Any, answer: str) -> None:
        """
        A viewer asks for a size that nobody has asked for.
        """
        self.answer = answer
        number = len(self.requests)
        size = (number + 2, 1)
        self.requests.append(
            SizeRequest(
                by,
                size,
                self.call,
                size,
                lambda status: self.told.append((number, status)),
                lambda: True,
            )
        )
        self.resizing.request(self.requests[-1])

    def end(self, how: str) -> None:
        """
        The application answers.
        """
        if not self.asked:
            return
        size, later = self.asked.pop(0)
        if how == "never":
            self.clock.advance(61)
            return
        if how == "sooner":
            self.has = size
            self.frame()
        if how == "yes":
            self.has = size
        if not later.called:
            if how == "fails":
                later.errback(ZeroDivisionError("broken"))
            else:
                later.callback(how != "no")
        if how == "after":
            self.frame()
            self.has = size

    def frame(self) -> None:
        """
        What there is is shown.
        """
        if self.has != self.shows and not self.resizing.holds():
            self.shows = self.has
            shown = [n for n, one in enumerate(self.requests) if one.isShown]
            self.resizing.shown()
            for number, one in enumerate(self.requests):
                if one.isShown and number not in shown and not one.isWithdrawn:
                    self.told.append((number, GRANTED))
        self.resizing.captured()


class AnswerTests(SynchronousTestCase):
    """
    Every request is answered, and the last counts.
    """

    @given(
        st.lists(
            st.tuples(
                st.just("request"), st.sampled_from("ab"), st.sampled_from(ANSWERS)
            )
            | st.tuples(st.just("end"), st.sampled_from(ENDS))
            | st.tuples(st.just("frame"))
            | st.tuples(st.just("leave"), st.sampled_from("ab")),
            max_size=20,
        )
    )
    def test_anything(self, steps: list[Any]) -> None:
        """
        Whatever happens, each request of a viewer that has not left is told something,
        at most one thing after it was forwarded, in the end how it ended; what was
        granted was there; and nothing is left waiting.
        """
        toolkit = Toolkit()
        left: set[int] = set()
        for step in steps:
            if step[0] == "request":
                toolkit.request(*step[1:])
            elif step[0] == "end":
                toolkit.end(step[1])
            elif step[0] == "frame":
                toolkit.frame()
            else:
                toolkit.resizing.withdraw(step[1])
                left.update(
                    n for n, one in enumerate(toolkit.requests) if one.by == step[1]
                )
                if len(left) == len(toolkit.requests):
                    self.assertEqual(toolkit.clock.getDelayedCalls(), [])
        toolkit.answer = "yes"
        while toolkit.asked:
            toolkit.end("yes")
        toolkit.frame()
        toolkit.clock.advance(61)
        self.assertEqual(toolkit.clock.getDelayedCalls(), [])
        for number, one in enumerate(toolkit.requests):
            told = [status for n, status in toolkit.told if n == number]
            if number in left:
                continue
            self.assertIn(len(told), (1, 2), steps)
            self.assertNotIn(FORWARDED, told[1:])
            if len(told) == 2:
                self.assertEqual(told[0], FORWARDED)
            if one is toolkit.requests[-1]:
                self.assertNotEqual(told[-1], FORWARDED, steps)
        self.flushLoggedErrors(ZeroDivisionError, TimeoutError)

    def test_refused(self) -> None:
        """
        A failure is a refusal, as no is.
        """
        toolkit = Toolkit()
        for answer, status in (("no", PROHIBITED), ("fails", OUT_OF_RESOURCES)):
            toolkit.request("a", answer)
            self.assertEqual(toolkit.told.pop()[1], status)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_due(self) -> None:
        """
        A size that was granted and is there is to be shown, whether somebody asks for
        pixels or not.
        """
        toolkit = Toolkit()
        self.assertFalse(toolkit.resizing.isDue)
        toolkit.request("a", "yes")
        self.assertTrue(toolkit.resizing.isDue)
        toolkit.frame()
        self.assertFalse(toolkit.resizing.isDue)
