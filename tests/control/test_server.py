# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.control.server}.
"""

from __future__ import annotations

import json
import os
import stat
from typing import Any, cast

from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.interfaces import IProtocolFactory
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock
from twisted.internet.testing import MemoryReactorClock
from twisted.logger import capturedLogs, formatEvent
from twisted.python.usage import UsageError
from twisted.test import iosim
from twisted.trial.unittest import SynchronousTestCase

from txrfb.control.commands import Commands
from txrfb.control.server import ControlEndpoint, ControlFactory, controlService
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.protocol import RFBFactory
from txrfb.testing import Viewer


class Client(Protocol):
    """
    The other end.
    """

    def __init__(self) -> None:
        self.said = b""
        self.isLost = False

    def dataReceived(self, data: bytes) -> None:
        """
        Keep it.
        """
        self.said += data

    def connectionLost(self, reason: Any = None) -> None:
        """
        The server has ended the connection.
        """
        self.isLost = True


class ControlTests(SynchronousTestCase):
    """
    Questions and answers.
    """

    def setUp(self) -> None:
        """
        A server.
        """
        self.clock = Clock()
        self.server = RFBFactory(MemoryFramebuffer(64, 48), reactor=self.clock)
        self.commands = Commands(self.server, self.check, maybeDeferred)
        self.trouble: Exception | None = None

    def check(self) -> list[str]:
        """
        Tell what is set up, or fail.
        """
        if self.trouble is not None:
            raise self.trouble
        return ["all"]

    def ask(self, *pieces: bytes) -> tuple[Client, iosim.FakeTransport, Any]:
        """
        @return: A client that has said all pieces.
        """
        factory = ControlFactory(self.commands)
        client = Client()
        protocol = factory.buildProtocol(None)
        server = iosim.FakeTransport(protocol, isServer=True)
        end = iosim.FakeTransport(client, isServer=False)
        pump = iosim.connect(protocol, server, client, end)
        for piece in pieces:
            end.write(piece)
            pump.flush()
        return client, end, pump

    def answer(self, *pieces: bytes) -> dict[str, Any]:
        """
        @return: The only answer, after which the connection ends.
        """
        client, _, pump = self.ask(*pieces)
        pump.flush()
        [line, end] = client.said.split(b"\n")
        self.assertEqual(end, b"")
        self.assertTrue(client.isLost)
        answer: dict[str, Any] = json.loads(line)
        return answer

    def question(self, command: str, *arguments: str) -> bytes:
        """
        @return: The line that asks.
        """
        return json.dumps({"command": command, "arguments": arguments}).encode() + b"\n"

    def test_answers(self) -> None:
        """
        A question has its answer, however it comes; and is in the log.
        """
        question = self.question("check")
        for pieces in (
            (question,),
            tuple(question[at : at + 1] for at in range(len(question))),
            (question + self.question("list"),),
        ):
            with capturedLogs() as events:
                self.assertEqual(self.answer(*pieces), {"text": ["all"]})
            self.assertEqual(list(map(formatEvent, events)), ["Control: check"])

    def test_viewers(self) -> None:
        """
        What it says is done to viewers.
        """
        viewer = Viewer(self.server)
        self.assertEqual(len(self.answer(self.question("list"))["text"]), 1)
        self.assertIn("disconnected 1", str(self.answer(self.question("kick", "1"))))
        self.clock.advance(1)
        self.assertFalse(viewer.isOpen)

    def test_refused(self) -> None:
        """
        What cannot be followed has an error for an answer, in a sentence.
        """
        expected = "expected a JSON object with command and arguments"
        for line, reason in (
            (b"list\n", expected),
            (b"\xff\n", expected),
            (b"[]\n", expected),
            (b"{}\n", expected),
            (b'{"command": "list", "arguments": 7}\n', expected),
            (b'{"command": ["list"], "arguments": []}\n', expected),
            (b'{"command": "kick", "arguments": [7]}\n', expected),
            (self.question("kick", "7"), "there is no connection 7; list has all"),
        ):
            self.assertEqual(self.answer(line), {"error": reason})

    def test_breaks(self) -> None:
        """
        If a command breaks, its traceback is in the log, and not in the answer; a
        mistake of the administrator's is told.
        """
        self.trouble = UsageError("--users 'x': No such file or directory")
        self.assertEqual(
            self.answer(self.question("check")), {"error": str(self.trouble)}
        )
        self.trouble = ZeroDivisionError("secret")
        self.assertEqual(
            self.answer(self.question("check")),
            {"error": "it failed with ZeroDivisionError, see the log"},
        )
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_endless(self) -> None:
        """
        A line without an end is not kept.
        """
        client, _, pump = self.ask(*[b"x" * 8192] * 4)
        pump.flush()
        self.assertTrue(client.isLost)
        self.assertEqual(client.said, b"")


class EndpointTests(SynchronousTestCase):
    """
    Where the questions come.
    """

    def test_mode(self) -> None:
        """
        Only its owner can open the socket, from its first moment on, and the process's
        mask is what it was.
        """
        from twisted.internet import reactor

        path = os.path.join("/tmp", self.mktemp().replace("/", "-")[-60:])
        modes: list[int] = []
        self.patch(os, "chmod", lambda *_: modes.append(os.stat(path).st_mode))
        before = os.umask(0o022)
        os.umask(before)
        listening: Deferred[Any] = ControlEndpoint(reactor, path).listen(
            cast(IProtocolFactory, Factory.forProtocol(Client))
        )
        port = self.successResultOf(listening)
        port.stopListening()
        self.assertEqual(list(map(stat.S_IMODE, modes)), [0o600])
        self.assertEqual(os.umask(before), before)

    def test_service(self) -> None:
        """
        It listens when it is started, and the log says where.
        """
        reactor: Any = MemoryReactorClock()
        service = controlService("/run/x", Commands(None, list), reactor, self.fail)  # type: ignore[arg-type]
        with capturedLogs() as events:
            service.startService()
        [(path, _, _, mode, _)] = reactor.unixServers
        self.assertEqual((path, mode), ("/run/x", 0o600))
        [text] = map(formatEvent, events)
        self.assertEqual(text, "Control socket at /run/x, for its owner only")
        self.successResultOf(service.stopService())
