# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
An engine in memory, on a clock: as much of Redis as a broadcast uses.  It speaks
Redis' protocol, so that the real client is tried with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import hiredis
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import ConnectionRefusedError as RefusedError
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock
from zope.interface import implementer

from txrfb.testing import Link
from txrfb.testing.wire import connect

#: The time at which clocks are 0, in milliseconds.
EPOCH = 1_700_000_000_000

Id = tuple[int, int]


class CommandError(Exception):
    """
    What is answered with an error.
    """


class FakeRedis:
    """
    What is stored, and who is connected.

    @ivar isThere: Whether it takes connections.
    @ivar isFrozen: Whether it answers nothing.
    @ivar commands: The names of all commands, in order.
    @ivar refused: Commands that are answered with an error, which this is.
    @ivar written: How many bytes came.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.isThere = True
        self.isFrozen = False
        self.commands: list[str] = []
        self.refused: dict[str, str] = {}
        self.written = 0
        self.connections: list[_Connection] = []
        self.attempts: list[float] = []
        self.empty()

    def empty(self) -> None:
        """
        Forget everything.
        """
        self.strings: dict[bytes, tuple[bytes, float]] = {}
        self.streams: dict[bytes, dict[Id, list[bytes]]] = {}
        self.tops: dict[bytes, Id] = {}
        self.changes: dict[bytes, int] = {}

    def kill(self) -> None:
        """
        End as by SIGKILL, and forget everything.
        """
        self.isThere = False
        self.empty()
        self.cut()

    def cut(self) -> None:
        """
        Cut all connections.
        """
        for one in list(self.connections):
            one.abort()

    def now(self) -> int:
        """
        @return: Milliseconds since 1970.
        """
        return EPOCH + round(self.clock.seconds() * 1000)

    def get(self, key: bytes) -> bytes | None:
        """
        @return: A string that there is.
        """
        value, until = self.strings.get(key, (None, 0.0))
        return value if self.clock.seconds() < until else None

    def entries(self, key: bytes) -> list[tuple[Id, list[bytes]]]:
        """
        @return: What is in a stream.
        """
        return list(self.streams.get(key, {}).items())

    def add(self, key: bytes, number: Id, fields: list[bytes]) -> None:
        """
        Add an entry to a stream.
        """
        if number <= self.tops.get(key, (0, 0)):
            raise CommandError(
                "ERR The ID specified in XADD is equal or smaller than the target"
                " stream top item"
            )
        self.tops[key] = number
        self.streams.setdefault(key, {})[number] = fields
        self.changed(key)
        for one in self.connections:
            self.clock.callLater(0, one.woken)

    def changed(self, key: bytes) -> None:
        """
        Somebody may watch it.
        """
        self.changes[key] = self.changes.get(key, 0) + 1


def number(word: bytes, default: int = 0) -> Id:
    """
    @return: The id of an entry.
    """
    first, _, second = word.partition(b"-")
    return int(first), int(second or default)


class _Connection(Protocol):
    """
    A connection from a client.
    """

    def __init__(self, redis: FakeRedis) -> None:
        self.redis = redis
        self.reader = hiredis.Reader()
        self.queue: list[list[bytes]] | None = None
        self.watched: dict[bytes, int] = {}
        self.waiting: list[bytes] | None = None
        self.isLate = False
        self.unread: list[list[bytes]] = []

    def connectionMade(self) -> None:
        """
        It is there.
        """
        self.redis.connections.append(self)

    def connectionLost(self, reason: Any = None) -> None:
        """
        It is gone.
        """
        if self in self.redis.connections:
            self.redis.connections.remove(self)

    def abort(self) -> None:
        """
        Cut it.
        """
        transport: Any = self.transport
        transport.abortConnection()

    def dataReceived(self, data: bytes) -> None:
        """
        Commands.
        """
        self.redis.written += len(data)
        self.reader.feed(data)
        while (words := self.reader.gets()) is not False:
            self.unread.append(words)
        self.work()

    def work(self) -> None:
        """
        Do what can be done.
        """
        while self.unread and self.waiting is None and not self.redis.isFrozen:
            words = self.unread.pop(0)
            try:
                self.answer(self.do(words))
            except CommandError as error:
                self.send(b"-" + str(error).encode() + b"\r\n")

    def send(self, data: bytes) -> None:
        """
        Answer.
        """
        transport: Any = self.transport
        transport.write(data)

    def answer(self, value: Any) -> None:
        """
        Answer.
        """
        if value is not Ellipsis:
            self.send(packed(value))

    def do(self, words: list[bytes]) -> Any:
        """
        @return: The answer to a command.
        """
        name = words[0].decode().upper()
        redis = self.redis
        redis.commands.append(name)
        if name in redis.refused:
            raise CommandError(redis.refused[name])
        if name == "MULTI":
            self.queue = []
            return True
        if name == "EXEC":
            queue, self.queue = self.queue or [], None
            watched, self.watched = self.watched, {}
            if any(redis.changes.get(key, 0) != n for key, n in watched.items()):
                return None
            answers: list[Any] = []
            for queued in queue:
                try:
                    answers.append(self.do(queued))
                except CommandError as error:
                    answers.append(error)
            return answers
        if self.queue is not None:
            self.queue.append(words)
            return "QUEUED"
        do: Callable[..., Any] = getattr(self, f"do{name.title()}")
        return do(*words[1:])

    def doAuth(self, *words: bytes) -> Any:
        """AUTH"""
        return True

    def doTime(self) -> Any:
        """TIME"""
        now = self.redis.now()
        return [b"%d" % (now // 1000), b"%d" % (now % 1000 * 1000)]

    def doWatch(self, key: bytes) -> Any:
        """WATCH"""
        self.watched[key] = self.redis.changes.get(key, 0)
        return True

    def doGet(self, key: bytes) -> Any:
        """GET"""
        return self.redis.get(key)

    def doMget(self, *keys: bytes) -> Any:
        """MGET"""
        return [self.redis.get(key) for key in keys]

    def doSet(self, key: bytes, value: bytes, *rest: bytes) -> Any:
        """SET"""
        until = float("inf")
        if rest:
            until = self.redis.clock.seconds() + int(rest[1])
        self.redis.strings[key] = value, until
        self.redis.changed(key)
        return True

    def doXadd(self, key: bytes, *words: bytes) -> Any:
        """XADD"""
        longest = None
        if words[0] == b"MAXLEN":
            longest, words = int(words[2]), words[3:]
        first, *fields = words
        top = self.redis.tops.get(key, (0, 0))
        if first == b"*":
            now = self.redis.now()
            place = (now, 0) if now > top[0] else (top[0], top[1] + 1)
        else:
            place = number(first)
        self.redis.add(key, place, fields)
        stream = self.redis.streams[key]
        while longest is not None and len(stream) > longest:
            del stream[next(iter(stream))]
        return b"%d-%d" % place

    def doXtrim(self, key: bytes, how: bytes, least: bytes) -> Any:
        """XTRIM"""
        stream = self.redis.streams.get(key, {})
        old = [place for place in stream if place < number(least)]
        for place in old:
            del stream[place]
        return len(old)

    def doXread(self, *words: bytes) -> Any:
        """XREAD"""
        found = self.found(words)
        if found:
            return found
        self.waiting = list(words)
        wait = int(words[3]) / 1000
        self.redis.clock.callLater(wait, self.expired, self.waiting)
        return Ellipsis

    def found(self, words: Sequence[bytes]) -> list[Any]:
        """
        @return: What XREAD answers; nothing if there is nothing.
        """
        _, count, _, _, _, key, after = words
        entries = [
            [b"%d-%d" % place, fields]
            for place, fields in self.redis.entries(key)
            if place > number(after)
        ]
        return [[key, entries[: int(count)]]] if entries else []

    def woken(self) -> None:
        """
        There may be something new.
        """
        words = self.waiting
        if words is None or self.redis.isFrozen:
            return
        found = self.found(words)
        if found:
            self.waiting = None
            self.answer(found)
            self.work()

    def expired(self, words: list[bytes]) -> None:
        """
        Nothing has come.
        """
        if self.waiting is words and not self.redis.isFrozen:
            self.waiting = None
            self.answer(None)
            self.work()


def packed(value: Any) -> bytes:
    """
    @return: An answer as Redis writes it.
    """
    if value is None:
        return b"*-1\r\n"
    if value is True:
        return b"+OK\r\n"
    if isinstance(value, str):
        return b"+" + value.encode() + b"\r\n"
    if isinstance(value, int):
        return b":%d\r\n" % value
    if isinstance(value, bytes):
        return b"$%d\r\n%s\r\n" % (len(value), value)
    if isinstance(value, CommandError):
        return b"-" + str(value).encode() + b"\r\n"
    assert isinstance(value, list)
    return b"*%d\r\n" % len(value) + b"".join(map(packed, value))


@implementer(IStreamClientEndpoint)
class FakeEndpoint:
    """
    Connects to an engine.

    @ivar link: What connections run over.
    @ivar isSilent: Whether attempts are never answered.
    @ivar transports: Those that were made: the engine's ends and the clients'.
    """

    def __init__(self, redis: FakeRedis, link: Link | None = None) -> None:
        self.redis = redis
        self.link = link or Link()
        self.isSilent = False
        self.transports: list[Any] = []

    def connect(self, protocolFactory: Any) -> Deferred[Any]:
        """
        Connect.
        """
        redis = self.redis
        redis.attempts.append(redis.clock.seconds())
        if self.isSilent:
            return Deferred()
        if not redis.isThere:
            return fail(RefusedError())
        server = _Connection(redis)
        client = protocolFactory.buildProtocol(None)
        port = 30000 + len(redis.attempts)
        ends = connect(redis.clock, server, client, self.link, port)
        self.transports.append(ends)
        return succeed(client)
