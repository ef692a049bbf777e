# -*- test-case-name: tests.broadcast.test_engine -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A connection to the engine, Redis, which is made again when it is lost.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import hiredis  # noqa: F401  without it txredisapi is another, and slow
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.protocol import Factory, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from txredisapi import RedisError, RedisProtocol, ResponseError  # type: ignore[import-untyped]

from txrfb.error import ConnectionFailed, EngineError

if TYPE_CHECKING:
    from twisted.internet.interfaces import IAddress, IDelayedCall

    from txrfb.broadcast.address import Address

__all__ = ["Engine", "IEngineUser"]

#: Seconds after which an engine is looked for again that was not there: at first, and
#: at the most.
_MIN_PAUSE, _MAX_PAUSE = 0.2, 10.0

#: Seconds that it may take to end a connection.
_ENDING = 1.0

#: Seconds that it may take for an answer, besides those it is asked to wait.
PATIENCE = 10.0

#: The most bytes of an answer, if nothing else is said.
_ANSWER = 1 << 20


class IEngineUser(Protocol):
    """
    What uses a connection to an engine.
    """

    def arrived(self, engine: Engine) -> None:
        """
        It can be asked now.
        """

    def left(self, engine: Engine, reason: str) -> None:
        """
        It cannot any more, or not yet.  What was asked has failed.
        """


class _Connection(RedisProtocol):  # type: ignore[misc]
    """
    One connection.  What comes is bounded, and answers what was asked.
    """

    def __init__(self, engine: Engine) -> None:
        # Bytes stay bytes, also if they look like numbers.
        super().__init__(charset=None, convertNumbers=False)
        self._engine = engine
        self.why = ""
        self._held = 0

    def connectionMade(self) -> None:
        super().connectionMade()
        self._engine._made(self)

    def dataReceived(self, data: bytes, unpause: bool = False) -> None:
        self._held += len(data)
        try:
            super().dataReceived(data, unpause)
        except RedisError as error:
            self.end(f"it does not speak as Redis does: {error}")
            return
        if self._held > self._engine._limit:
            self.end(f"its answer has more than {self._engine._limit} bytes")

    def replyReceived(self, reply: Any) -> None:
        self._held = 0
        if not self.replyQueue.waiting:
            self.end("it answers what was not asked")
            return
        self._engine._answered()
        super().replyReceived(reply)

    def end(self, why: str) -> None:
        """
        Close the connection at once.
        """
        self.why = self.why or why
        transport: Any = self.transport
        transport.abortConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        # Who waits for an answer may ask something else at once.
        self._engine._losing(self)
        super().connectionLost(reason)
        self._engine._lost(self, self.why or _inWords(reason))


class _Connections(Factory):
    noisy = False

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def buildProtocol(self, addr: IAddress | None) -> _Connection:
        """
        See L{Factory.buildProtocol}.
        """
        return _Connection(self._engine)


class _Room:
    """
    Knows whether the engine takes what it is sent, as the producer of a transport.
    """

    def __init__(self) -> None:
        self.isFull = False
        self.waiting: list[Deferred[None]] = []

    def pauseProducing(self) -> None:
        self.isFull = True

    def resumeProducing(self) -> None:
        self.isFull = False
        waiting, self.waiting = self.waiting, []
        for one in waiting:
            one.callback(None)

    stopProducing = resumeProducing


class Engine:
    """
    One connection at a time to an engine, as long as it is started.

    @ivar isUp: Whether it can be asked.
    @ivar reason: Why it cannot; empty before that is known.
    """

    _log = Logger()

    def __init__(
        self,
        address: Address,
        user: IEngineUser,
        reactor: Any,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """
        @param address: Where it is.

        @param user: What is told when it comes and goes.

        @param reactor: What time is taken from.

        @param jitter: Makes numbers from 0 to 1, which make pauses between attempts
            unequal: after an outage not all edges come at a time.
        """
        self.isUp = False
        self.reason = ""
        self._address = address
        self._user = user
        self._clock = reactor
        self._jitter = jitter
        self._isStarted = False
        self._connection: _Connection | None = None
        self._connecting: Deferred[Any] | None = None
        self._retry: IDelayedCall | None = None
        self._failures = 0
        self._room = _Room()
        self._limit = _ANSWER
        # Until when each answer has to come, and what looks whether it has.
        self._due: deque[float] = deque()
        self._watch: IDelayedCall | None = None
        self._stopping: list[Deferred[None]] = []

    # -- The connection --------------------------------------------------------------

    def start(self) -> None:
        """
        Connect.
        """
        if not self._isStarted:
            self._isStarted = True
            self._failures = 0
            self._connect()

    def stop(self) -> Deferred[None]:
        """
        Connect no more.  What was written before is sent, if that is taken.

        @return: Fires when there is no connection.
        """
        self._isStarted = False
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        if self._connecting is not None:
            self._connecting.cancel()
        if self._connection is None:
            return succeed(None)
        stopped: Deferred[None] = Deferred()
        self._stopping.append(stopped)
        transport: Any = self._connection.transport
        # Transports do not close under a producer.
        transport.unregisterProducer()
        transport.loseConnection()
        late = self._clock.callLater(_ENDING, transport.abortConnection)

        def over(_: None) -> None:
            if late.active():
                late.cancel()

        return stopped.addCallback(over)

    def renew(self, reason: str) -> None:
        """
        Close the connection, and make another.
        """
        if self._connection is not None:
            self._connection.end(reason)

    def _connect(self) -> None:
        self._retry = None
        try:
            endpoint = self._address.endpoint(self._clock)
        except (OSError, ValueError) as error:
            self._failed(str(error))
            return
        self._connecting = endpoint.connect(_Connections(self))
        self._connecting.addCallbacks(self._connected, self._notConnected)

    def _connected(self, connection: object) -> None:
        self._connecting = None

    def _notConnected(self, failure: Failure) -> None:
        self._connecting = None
        if self._isStarted:
            self._failed(_inWords(failure))

    def _made(self, connection: _Connection) -> None:
        self._connection = connection
        self._due.clear()
        self._limit = _ANSWER
        self._room = _Room()
        transport: Any = connection.transport
        transport.registerProducer(self._room, True)
        try:
            words = self._address.login()
        except (OSError, ValueError) as error:
            connection.end(f"the password cannot be read: {error}")
            return
        if words:
            self._send(PATIENCE, "AUTH", *words).addCallbacks(
                self._begun, self._unlawful, errbackArgs=(connection,)
            )
        else:
            self._begun(None)

    def _unlawful(self, failure: Failure, connection: _Connection) -> None:
        if failure.check(EngineError):
            connection.end(failure.getErrorMessage())

    def _begun(self, _: object) -> None:
        self.isUp = True
        self.reason = ""
        self._user.arrived(self)

    def works(self) -> None:
        """
        It has done what it was asked: when the connection is lost, it is made again
        soon.
        """
        self._failures = 0

    def _losing(self, connection: _Connection) -> None:
        if connection is self._connection:
            self.isUp = False

    def _lost(self, connection: _Connection, reason: str) -> None:
        if connection is not self._connection:
            return
        self._connection = None
        self._room.stopProducing()
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        stopping, self._stopping = self._stopping, []
        if self._isStarted:
            self._failed(reason)
        for one in stopping:
            one.callback(None)

    def _failed(self, reason: str) -> None:
        self.reason = f"{self._address.called}: {reason}"
        pause = min(_MIN_PAUSE * 2**self._failures, _MAX_PAUSE)
        self._failures = min(self._failures + 1, 16)
        pause *= (1 + self._jitter()) / 2
        self._retry = self._clock.callLater(pause, self._connect)
        self._user.left(self, self.reason)

    # -- What it is asked ------------------------------------------------------------

    def ask(
        self, *words: Any, wait: float = 0.0, limit: int = _ANSWER
    ) -> Deferred[Any]:
        """
        Have it do something.

        @param words: A command and its arguments: texts, bytes or numbers.

        @param wait: The seconds that it has to wait for something to answer; it is
            taken for gone if it has not answered L{PATIENCE} seconds after that.

        @param limit: The most bytes that the answer may have; with more the connection
            is closed.

        @return: Fires with the answer: C{None}, a number, bytes, or a list of these.
            Fails with L{EngineError} if it is an error, and with C{ConnectionFailed} if
            there is no connection, or none any more.
        """
        if not self.isUp:
            return fail(ConnectionFailed(self.reason or "there is no connection yet"))
        self._limit = limit
        return self._send(wait + PATIENCE, *words)

    def _send(self, patience: float, *words: Any) -> Deferred[Any]:
        connection = self._connection
        assert connection is not None
        self._due.append(self._clock.seconds() + patience)
        if self._watch is None:
            self._watch = self._clock.callLater(patience, self._look)
        answer: Deferred[Any] = connection.execute_command(*words)
        return answer.addErrback(self._unanswered, connection)

    def _answered(self) -> None:
        # Whoever waited may have given up.
        if self._due:
            self._due.popleft()

    def _unanswered(self, failure: Failure, connection: _Connection) -> Any:
        failure.trap(RedisError)
        if failure.check(ResponseError):
            raise EngineError(failure.getErrorMessage()) from None
        raise ConnectionFailed(connection.why or failure.getErrorMessage()) from None

    def _look(self) -> None:
        self._watch = None
        if not self._due or self._connection is None:
            return
        left = self._due[0] - self._clock.seconds()
        if left <= 0:
            self._connection.end("it does not answer")
        else:
            self._watch = self._clock.callLater(left, self._look)

    @property
    def isFull(self) -> bool:
        """
        Whether it does not take what it is sent as fast as that comes.
        """
        return self._room.isFull

    def room(self) -> Deferred[None]:
        """
        @return: Fires when it takes more, or the connection is lost.
        """
        if not self._room.isFull:
            return succeed(None)
        room: Deferred[None] = Deferred()
        self._room.waiting.append(room)
        return room


def _inWords(failure: Failure) -> str:
    """
    @return: Why there is no connection, or none any more.
    """
    error = failure.value
    if type(error).__module__.partition(".")[0] in ("OpenSSL", "service_identity"):
        # Then it is loaded already.
        from txrfb.security.tls.failures import serverProblem

        return serverProblem(error, None) or str(error)
    said = failure.getErrorMessage().rstrip(".")
    return said[:1].lower() + said[1:] or type(error).__name__
