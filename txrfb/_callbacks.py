# -*- test-case-name: tests.test_callbacks -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The one way in which code of the application is called.

A callback may raise, answer at once, by a L{Deferred} or as a coroutine, with
something else than its interface says, never, too late, or call back into this
package.  Whoever calls it through here gets one answer or one failure, by a deadline,
and never an exception.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import (
    CancelledError,
    Deferred,
    fail,
    maybeDeferred,
    succeed,
)
from twisted.logger import Logger
from twisted.python.failure import Failure

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall, IReactorTime

#: Seconds that an application has for an answer on which little depends.
DEADLINE = 60.0

_log = Logger()


def ask(
    clock: IReactorTime,
    deadline: float | None,
    call: Callable[..., Any],
    *arguments: Any,
) -> Deferred[Any]:
    """
    Call the application.

    @param clock: What time is taken from.

    @param deadline: The seconds that it has; C{None} for as many as it likes.

    @param call: Called with the arguments.

    @return: Fires with the answer, or with what went wrong: C{TimeoutError} after the
        deadline.  Cancelling it cancels the call.  What the application says after
        that is ignored.
    """
    # Not even SystemExit gets out of this, as from nothing that a reactor calls:
    # viewers must not wait for somebody who wanted to exit.
    answer = _said(call, arguments)
    if not _isDeferred(answer):
        return succeed(answer)
    return _Question(clock, deadline, call, answer).outcome


def hear(
    clock: IReactorTime,
    deadline: float,
    answered: Callable[[Any], None],
    failed: Callable[[Failure], Any],
    call: Callable[..., Any],
    *arguments: Any,
) -> None:
    """
    Call the application, as L{ask} does, where that is done often: for most calls,
    which have answered when they return, there is no C{Deferred}.

    @param answered: Called with the answer.

    @param failed: Called with what went wrong.
    """
    answer = _said(call, arguments)
    if answer is not None and _isDeferred(answer):
        outcome = _Question(clock, deadline, call, answer).outcome
        outcome.addCallbacks(answered, failed)
        return
    try:
        answered(answer)
    except BaseException:
        _log.failure("what follows from {callback} failed", callback=nameOf(call))


def _said(call: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """
    @return: What the application has answered, if it has; else what fires when it has
        answered, or failed.
    """
    try:
        answer = call(*arguments)
    except BaseException:
        return fail(Failure())
    if answer is None:
        return None
    if not _isDeferred(answer):
        # Perhaps a coroutine, or a failure.
        answer = maybeDeferred(_same, answer)
    if answer.called and not answer.paused:
        # Most have answered already; the application may have kept its Deferred.
        result = answer.result
        # What has fired may have for a result what is no answer.
        if not (_isDeferred(result) or isinstance(result, Failure)):
            return result
    return answer


def _isDeferred(answer: Any) -> bool:
    """
    @return: Whether that is a L{Deferred}.  C{isinstance} takes twice as long, as it
        goes by way of C{abc} where a class is awaitable.
    """
    return Deferred in type(answer).__mro__


def _same(answer: Any) -> Any:
    return answer


def tell(clock: IReactorTime, call: Callable[..., Any], *arguments: Any) -> None:
    """
    Call the application, of which no answer is needed.  If it fails, that is logged.

    @param clock: What time is taken from.

    @param call: Called with the arguments.
    """
    ask(clock, DEADLINE, call, *arguments).addErrback(Complaints().failed, call)


def methodOf(part: Any, name: str) -> Callable[..., Any]:
    """
    @param part: Something that provides an interface with a method of this name.

    @return: The method; if there is none, which is a part of the interface that does
        not concern the application, what does nothing.
    """
    method: Callable[..., Any] = getattr(part, name, _nothing)
    return method


def _nothing(*arguments: object) -> None:
    """
    Do nothing, and grant nothing.
    """


class Complaints:
    """
    Logs what is wrong with callbacks: of each once, as a viewer may have them called
    as often as it likes.
    """

    def __init__(self) -> None:
        self._names: set[str] = set()

    def _isNew(self, call: Callable[..., Any]) -> bool:
        name = nameOf(call)
        isNew = name not in self._names
        self._names.add(name)
        return isNew

    def failed(self, failure: Failure, call: Callable[..., Any]) -> None:
        """
        The application failed, unless it was cancelled.

        @param call: What was called.
        """
        if not failure.check(CancelledError) and self._isNew(call):
            _log.failure("{callback} failed", failure, callback=nameOf(call))

    def isGranted(self, answer: Any, call: Callable[..., Any]) -> bool:
        """
        @param answer: The answer to a question for permission.

        @param call: What was called.

        @return: Whether it is C{True}; all else is no, and what is no answer at all
            is logged.
        """
        if answer is not True and answer is not False and self._isNew(call):
            _log.warn(
                "{callback} answered {answer!r}, which is not True and so counts as no",
                callback=nameOf(call),
                answer=answer,
            )
        return answer is True


def nameOf(call: Callable[..., Any]) -> str:
    """
    @return: The name of a callback, for people to read.
    """
    return getattr(call, "__qualname__", None) or type(call).__name__


class _Question:
    """
    A call for whose answer somebody waits.

    @ivar outcome: What fires once.
    """

    __slots__ = ("_answer", "_call", "_deadline", "_isOver", "_timer", "outcome")

    def __init__(
        self,
        clock: IReactorTime,
        deadline: float | None,
        call: Callable[..., Any],
        answer: Deferred[Any],
    ) -> None:
        self._call = call
        self._answer = answer
        self._deadline = deadline
        self._isOver = False
        self._timer: IDelayedCall | None = None
        self.outcome: Deferred[Any] = Deferred(self._cancelled)
        answer.addCallbacks(self._answered, self._failed)
        if deadline is not None and not self._isOver:
            self._timer = clock.callLater(deadline, self._expired)

    def _answered(self, answer: Any) -> Any:
        if isinstance(answer, Deferred):
            # From a coroutine that returns what it should have awaited.
            self._answer = answer
            answer.addCallbacks(self._answered, self._failed)
        elif self._isOver:
            _log.debug(
                "{callback} answered too late, and was not heard",
                callback=nameOf(self._call),
            )
        else:
            self._end()
            self.outcome.callback(answer)
        # The application may have kept its Deferred.
        return answer

    def _failed(self, failure: Failure) -> None:
        if not self._isOver:
            self._end()
            self.outcome.errback(failure)
        elif not failure.check(CancelledError):
            _log.failure(
                "{callback} failed when nobody waited for it any more",
                failure,
                callback=nameOf(self._call),
            )

    def _expired(self) -> None:
        self._timer = None
        self._end()
        self._cancel()
        self.outcome.errback(
            TimeoutError(
                f"{nameOf(self._call)} has not answered for {self._deadline:g} seconds"
            )
        )

    def _cancelled(self, _: object) -> None:
        self._end()
        self._cancel()

    def _end(self) -> None:
        self._isOver = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _cancel(self) -> None:
        # By whatever the application does when it is cancelled.
        try:
            self._answer.cancel()
        except BaseException:
            _log.failure("cancelling {callback} failed", callback=nameOf(self._call))
