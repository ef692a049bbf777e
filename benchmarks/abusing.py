# -*- test-case-name: tests.benchmarks.test_abusers -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.
"""
Many abusers in one process: C{python -m benchmarks.abusing KIND COUNT PORT}.

They log in at a server on loopback, and the process prints C{ready}.  After a line on
standard input they send, as fast as the server takes it, until standard input ends or
the time is over.  Then it prints one JSON object.  What abusers send is made before;
what they get is thrown away in the kernel: this process must not be what limits the
load.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from benchmarks.abusers import ABUSES, Abuse
from benchmarks.building import HERE
from benchmarks.healthy import login, request, setEncodings

_SMALL = 8192
_FILL = 0.5
_PIECE = 1 << 20
_RATE = 100
_ENDED = select.EPOLLHUP | select.EPOLLERR | select.EPOLLRDHUP


@dataclass
class Done:
    """
    What abusers did.

    @ivar joined: How many logged in; or, of those who do not, how many have tried.
    @ivar closed: How many of them the server has closed, or did not let in.
    @ivar messages: How many messages were sent once the kernel's buffers had filled,
        in the first half second: what the server takes then, but in steps of a
        megabyte, as the kernel makes room.
    @ivar seconds: For how long after that.
    @ivar cpu: The CPU time that it took.
    """

    joined: int = 0
    closed: int = 0
    messages: int = 0
    seconds: float = 0.0
    cpu: float = 0.0


class Abuser:
    """
    One viewer that has logged in.
    """

    def __init__(self, abuse: Abuse, number: int, port: int) -> None:
        """
        Log in.

        @raise OSError: if that does not work out.
        """
        self.abuse = abuse
        room = 0 if abuse.reads is None else _SMALL
        self.socket, width, height = login(port, room)
        try:
            # What comes says that the server knows the encodings, and with them the
            # messages that may be sent.
            first = setEncodings(*abuse.encodings(number)) + request(False, 0, 0, 1, 1)
            self.socket.sendall(first)
            if not self.socket.recv(64):
                raise ConnectionError("the server hung up")
        except BaseException:
            self.socket.close()
            raise
        self.socket.setblocking(False)
        messages = abuse.messages(number, width, height)
        self._count = len(messages)
        self._data = memoryview(b"".join(messages))
        self._at = 0
        self.sent = 0
        # What may still be sent before the next time; without end at line rate.
        self._left = math.inf
        if abuse.once or abuse.pause:
            self._left = len(self._data)
        self._due = time.monotonic() + abuse.pause

    @property
    def messages(self) -> int:
        """
        How many messages were sent.
        """
        return self.sent * self._count // len(self._data)

    def tick(self, now: float) -> bool:
        """
        Time has passed for one who pauses.

        @return: Whether there is something to send.
        """
        if now >= self._due:
            self._due = now + self.abuse.pause
            # What the server did not take in time is not made up for.
            self._left = self._left or len(self._data)
        return self._left > 0

    def send(self) -> bool:
        """
        Send what the kernel takes.

        @return: Whether there is more to send.
        @raise OSError: if the server has closed the connection.
        """
        with contextlib.suppress(BlockingIOError):
            sent = self.socket.send(self._data[self._at :])
            self.sent += sent
            self._at = (self._at + sent) % len(self._data)
            self._left -= sent
        return self._left > 0

    def read(self, buffer: bytearray) -> None:
        """
        Throw away what came, as much as would fill a buffer.

        @raise OSError: if the server has closed the connection.
        """
        with contextlib.suppress(BlockingIOError):
            # Linux does not even copy it: tcp(7), MSG_TRUNC.
            if not self.socket.recv_into(buffer, len(buffer), socket.MSG_TRUNC):
                raise ConnectionError("the server hung up")


class Crowd:
    """
    The abusers of one kind that have logged in.
    """

    def __init__(self, abuse: Abuse, count: int, port: int) -> None:
        self.abuse = abuse
        self.done = Done()
        self._abusers: dict[int, Abuser] = {}
        # What those have sent whom the server has closed.
        self._before = 0
        for number in range(count):
            try:
                abuser = Abuser(abuse, number, port)
            except OSError:
                self.done.closed += 1
            else:
                self._abusers[abuser.socket.fileno()] = abuser
                self.done.joined += 1

    def run(self, seconds: float, stop: Any) -> Done:
        """
        Send and read.

        @param stop: A file that becomes readable when it is enough.
        """
        abuse = self.abuse
        reading = select.EPOLLIN if abuse.reads is None else 0
        buffer = bytearray(_PIECE)
        begun = self._counted = sip = time.monotonic()
        isFilled = False
        with select.epoll() as poll:
            poll.register(stop, select.EPOLLIN)
            for number in self._abusers:
                poll.register(number, reading | select.EPOLLOUT | _ENDED)
            while (now := time.monotonic()) < begun + seconds:
                for number, event in poll.poll(0.05):
                    if number == stop.fileno():
                        return self._over()
                    abuser = self._abusers[number]
                    try:
                        if event & select.EPOLLIN:
                            abuser.read(buffer)
                        if event & select.EPOLLOUT and not abuser.send():
                            poll.modify(number, reading | _ENDED)
                        if event & _ENDED:
                            raise ConnectionError("the server hung up")
                    except OSError:
                        self._lost(poll, number)
                if not isFilled and now >= begun + _FILL:
                    isFilled = True
                    self._counted = now
                    self.done.messages = -self._sent()
                if abuse.pause:
                    for number, abuser in self._abusers.items():
                        if abuser.tick(now):
                            poll.modify(number, reading | select.EPOLLOUT | _ENDED)
                if abuse.reads and now >= sip:
                    sip = now + 1 / abuse.reads
                    for number, abuser in list(self._abusers.items()):
                        try:
                            abuser.read(bytearray(1))
                        except OSError:
                            self._lost(poll, number)
        return self._over()

    def _sent(self) -> int:
        return self._before + sum(one.messages for one in self._abusers.values())

    def _lost(self, poll: select.epoll, number: int) -> None:
        poll.unregister(number)
        abuser = self._abusers.pop(number)
        abuser.socket.close()
        self._before += abuser.messages
        self.done.closed += 1

    def _over(self) -> Done:
        self.done.messages += self._sent()
        self.done.seconds = time.monotonic() - self._counted
        for abuser in self._abusers.values():
            abuser.socket.close()
        return self.done


@dataclass
class Strangers:
    """
    Connections that never log in.

    @ivar port: Where they connect.
    @ivar done: What came of it.
    """

    port: int
    done: Done = field(default_factory=Done)

    def _connect(self) -> socket.socket | None:
        connection = socket.socket()
        connection.setblocking(False)
        try:
            connection.connect(("127.0.0.1", self.port))
        except BlockingIOError:
            pass
        except OSError:
            connection.close()
            self.done.closed += 1
            return None
        self.done.joined += 1
        return connection

    def halfOpen(self, count: int, seconds: float, stop: Any) -> Done:
        """
        So many at a time, of which every third sends half of a version; what the
        server closes is opened again once a second.
        """
        begun = time.monotonic()
        known: list[socket.socket] = []
        left = seconds
        while left > 0:
            for number in range(len(known), count):
                connection = self._connect()
                if connection is not None:
                    known.append(connection)
                    if number % 3 == 0:
                        with contextlib.suppress(OSError):
                            connection.send(b"RFB 00")
            isEnough = bool(select.select([stop], [], [], min(1.0, left))[0])
            known = [one for one in known if self._isOpen(one)]
            left = 0.0 if isEnough else begun + seconds - time.monotonic()
        for connection in known:
            connection.close()
        self.done.seconds = time.monotonic() - begun
        return self.done

    def _isOpen(self, connection: socket.socket) -> bool:
        try:
            while connection.recv(4096):
                pass
        except BlockingIOError:
            return True
        except OSError:
            pass
        self.done.closed += 1
        connection.close()
        return False

    def connects(self, rate: int, seconds: float, stop: Any) -> Done:
        """
        So many a second, each closed after a twentieth of a second.
        """
        begun = due = time.monotonic()
        known: list[tuple[float, socket.socket]] = []
        while (now := time.monotonic()) < begun + seconds:
            if select.select([stop], [], [], max(0.0, due - now))[0]:
                break
            due += 1 / rate
            connection = self._connect()
            if connection is not None:
                known.append((now + 0.05, connection))
            while known and known[0][0] < now:
                known.pop(0)[1].close()
        for _, connection in known:
            connection.close()
        self.done.seconds = time.monotonic() - begun
        return self.done


class Abusing:
    """
    The process, as seen by who started it.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def isReady(self) -> bool:
        """
        Have all logged in who are let in?
        """
        assert self._process.stdout is not None
        return bool(select.select([self._process.stdout], [], [], 0)[0])

    def begin(self) -> None:
        """
        Let them send.

        @raise OSError: if the process has failed.
        """
        process = self._process
        assert process.stdin is not None and process.stdout is not None
        if process.stdout.readline() != "ready\n":
            raise OSError(f"{process.args!r} has failed")
        process.stdin.write("\n")
        process.stdin.flush()

    def end(self, seconds: float = 20) -> Done:
        """
        Stop them.

        @raise OSError: if the process has failed.
        """
        try:
            said, _ = self._process.communicate(timeout=seconds)
            return Done(**json.loads(said))
        except (subprocess.TimeoutExpired, ValueError):
            raise OSError(f"{self._process.args!r} has failed") from None


@contextlib.contextmanager
def abusing(abuse: Abuse, count: int, port: int, seconds: float) -> Iterator[Abusing]:
    """
    The process, from its start to its end.
    """
    words = [abuse.name, str(count), str(port), f"--seconds={seconds}"]
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.abusing", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=HERE.parent,
        text=True,
    )
    try:
        yield Abusing(process)
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()


def main(argv: list[str]) -> int:
    """
    Abuse a server, for a time.
    """
    parser = argparse.ArgumentParser(prog="benchmarks.abusing", description=__doc__)
    parser.add_argument("kind", choices=sorted(ABUSES))
    parser.add_argument("count", type=int)
    parser.add_argument("port", type=int, help="on this machine")
    parser.add_argument("--seconds", type=float, default=4.0, help="at the most")
    options = parser.parse_args(argv)
    abuse = ABUSES[options.kind]
    # They are not to take the core that the healthy viewer needs.
    os.nice(19)
    strangers = Strangers(options.port)
    crowd = Crowd(abuse, options.count, options.port) if abuse.login else None
    print("ready", flush=True)
    if not sys.stdin.readline():
        return 1
    begun = time.process_time()
    if crowd is not None:
        done = crowd.run(options.seconds, sys.stdin)
    elif abuse.name == "halfopen":
        done = strangers.halfOpen(options.count, options.seconds, sys.stdin)
    else:
        done = strangers.connects(options.count, options.seconds, sys.stdin)
    done.cpu = time.process_time() - begun
    print(json.dumps(vars(done)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
