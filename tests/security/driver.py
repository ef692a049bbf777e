# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Drives the steps of security types in tests: bytes in, bytes out.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from typing import Any

from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase, TestCase

from txrfb.interfaces import ISecurityType
from txrfb.security import (
    ClientSteps,
    Login,
    Read,
    Seal,
    StartTLS,
    Steps,
    Turn,
    Unseal,
    Write,
)
from txrfb.security.steps import Receiver, Sender, Step
from txrfb.security.types.vencrypt import SubType, VeNCrypt


def counted() -> Callable[[int], bytes]:
    """
    @return: A source of bytes that are the same in each run: 1, 2, 3 ...
    """
    count = 0

    def random(size: int) -> bytes:
        nonlocal count
        count += 1
        return bytes((count * 16 + at) % 256 for at in range(size))

    return random


def temporary(test: SynchronousTestCase | TestCase, data: bytes | None = None) -> str:
    """
    @param data: What is to be in the file; C{None} if it is not to exist.

    @return: The path of a file that lives as long as the test, in a directory of
        its own.
    """
    directory = tempfile.mkdtemp()
    test.addCleanup(shutil.rmtree, directory)
    path = os.path.join(directory, "file")
    if data is not None:
        with open(path, "wb") as file:
            file.write(data)
        os.chmod(path, 0o600)
    return path


class Pool(MemoryReactorClock):
    """
    A reactor whose threads do their work when the test says so.

    @ivar begun: What threads were begun for and have not done.
    """

    def __init__(self) -> None:
        super().__init__()
        self.begun: list[Callable[[], None]] = []

    def start(self, run: Callable[[], None]) -> None:
        """
        Begin a thread.
        """
        self.begun.append(run)

    def callFromThread(self, callable: Any, *args: Any, **kwargs: Any) -> None:
        """
        Call something in the reactor's thread, which all of them are.
        """
        callable(*args, **kwargs)

    def finish(self) -> None:
        """
        The thread that was begun first does its work and ends.
        """
        self.begun.pop(0)()


def flat(types: Iterable[ISecurityType]) -> list[str]:
    """
    @return: The names of types, those of VeNCrypt's own sub-types in their place.
    """
    names: list[str] = []
    for one in types:
        if isinstance(one, VeNCrypt):
            names += [each.name for each in one.subTypes if isinstance(each, SubType)]
        else:
            names.append(one.name)
    return names


def within(types: Iterable[ISecurityType]) -> list[str]:
    """
    @return: The names of all that VeNCrypt offers, if it is among the types.
    """
    return [
        each.name for one in types if isinstance(one, VeNCrypt) for each in one.subTypes
    ]


class Driver:
    """
    One side of a negotiation.

    @ivar sent: What went out, in order, since it was last taken.
    @ivar credentials: What the login step holds.
    @ivar finished: Whether it came to its end.
    @ivar turns: How often it asked to compute.
    @ivar upgrades: The kinds of TLS that were begun, in order.
    @ivar unread: What came, in clear, and was not read yet.
    """

    def __init__(self, steps: Steps | ClientSteps, certificate: bytes | None = None):
        self._steps = steps
        self._certificate = certificate
        self.unread = b""
        self._step: Step | None = None
        self._receiver: Receiver | None = None
        self._sender: Sender | None = None
        self.sent = b""
        self.turns = 0
        self.credentials: Any = None
        self.finished = False
        self.upgrades: list[str] = []
        self._advance(None)

    @property
    def sealed(self) -> bool:
        """
        Whether bytes are sealed now.
        """
        return self._sender is not None

    def take(self) -> bytes:
        """
        @return: What went out since it was last asked.
        """
        sent, self.sent = self.sent, b""
        return sent

    def receive(self, data: bytes) -> None:
        """
        Take bytes from the other side.
        """
        if self._receiver is not None:
            data = self._receiver.unseal(data)
        self.unread += data
        self._run()

    def write(self, data: bytes) -> None:
        """
        Write as the driver itself would, after the steps.
        """
        self.sent += data if self._sender is None else self._sender.seal(data)

    @property
    def handshaking(self) -> bool:
        """
        Whether a TLS handshake is under way.
        """
        return isinstance(self._step, StartTLS)

    def secured(self) -> None:
        """
        The TLS handshake is done.
        """
        assert self.unread == b"", self.unread
        self._advance(self._certificate)

    def _run(self) -> None:
        while isinstance(self._step, Read) and len(self.unread) >= self._step.size:
            size = self._step.size
            assert size <= 8192, size
            data, self.unread = self.unread[:size], self.unread[size:]
            self._advance(data)

    def _advance(self, answer: bytes | None) -> None:
        while True:
            try:
                step = self._steps.send(answer)
            except StopIteration:
                self.finished = True
                self._step = None
                return
            answer = None
            self._step = step
            if isinstance(step, Write):
                self.write(step.data)
            elif isinstance(step, Turn):
                self.turns += 1
            elif isinstance(step, StartTLS):
                assert self.unread == b"", self.unread
                self.upgrades.append(step.kind)
                return
            elif isinstance(step, Seal):
                self._receiver, self._sender = step.receive, step.send
                self.unread = self._receiver.unseal(self.unread)
            elif isinstance(step, Unseal):
                self._receiver = self._sender = None
            elif isinstance(step, Login):
                self.credentials = step.credentials
                self.finished = True
                self._steps.close()
                return
            else:
                return self._run()


def converse(
    steps: Steps,
    client: ClientSteps,
    certificate: bytes | None = None,
    piece: int = 1 << 20,
) -> tuple[Driver, Driver]:
    """
    Let a server's and a viewer's steps talk until both have nothing to say.

    @param piece: How many bytes arrive at a time.

    @return: The server's and the viewer's driver.
    """
    server, viewer = Driver(steps, certificate), Driver(client)
    while True:
        down, up = server.take(), viewer.take()
        if not down and not up:
            if not (server.handshaking and viewer.handshaking):
                return server, viewer
            server.secured()
            viewer.secured()
        for at in range(0, len(down), piece):
            viewer.receive(down[at : at + piece])
        for at in range(0, len(up), piece):
            server.receive(up[at : at + piece])
