# -*- test-case-name: tests.control.test_server -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The server's end of the control socket.
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Callable
from typing import Any, cast

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import UNIXServerEndpoint
from twisted.internet.interfaces import (
    IAddress,
    IListeningPort,
    IProtocolFactory,
    IStreamServerEndpoint,
)
from twisted.internet.protocol import Factory
from twisted.logger import Logger
from twisted.protocols.basic import LineOnlyReceiver
from twisted.python.failure import Failure
from twisted.python.usage import UsageError
from zope.interface import implementer

from txrfb.control.commands import CommandError, Commands
from txrfb.service import Listener, PortService

__all__ = ["ControlEndpoint", "ControlFactory", "controlService"]

_log = Logger()


@implementer(IStreamServerEndpoint)
class ControlEndpoint:
    """
    A Unix socket that nobody but its owner can open, not for a moment.
    """

    def __init__(self, reactor: Any, path: str) -> None:
        """
        @param reactor: What listens.

        @param path: Where the socket is.
        """
        self._endpoint = UNIXServerEndpoint(reactor, path, mode=0o600, wantPID=True)

    def listen(self, protocolFactory: IProtocolFactory) -> Deferred[IListeningPort]:
        """
        See L{IStreamServerEndpoint.listen}.
        """
        # The mode is set when the socket is there already.
        before = os.umask(0o177)
        try:
            listening: Deferred[IListeningPort] = self._endpoint.listen(protocolFactory)
            return listening
        finally:
            os.umask(before)


class _Control(LineOnlyReceiver):
    """
    One question, and its answer.
    """

    delimiter = b"\n"

    def __init__(self, commands: Commands) -> None:
        self._commands = commands
        self._asked = False

    def lineReceived(self, line: bytes) -> None:
        """
        The question.
        """
        if self._asked:
            return
        self._asked = True
        answered = Deferred.fromCoroutine(self._answer(line))
        answered.addErrback(self._failed).addCallback(self._say)

    async def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            question = json.loads(line)
            command, arguments = question["command"], question["arguments"]
            if not all(isinstance(one, str) for one in (command, *arguments)):
                raise TypeError
        except (ValueError, TypeError, KeyError):
            return {"error": "expected a JSON object with command and arguments"}
        try:
            answer = await self._commands.run(command, arguments)
        except (CommandError, UsageError) as error:
            return {"error": str(error)}
        _log.info("Control: {words}", words=shlex.join([command, *arguments]))
        return answer

    def _failed(self, failure: Failure) -> dict[str, Any]:
        _log.failure("a command has failed", failure)
        return {"error": f"it failed with {type(failure.value).__name__}, see the log"}

    def _say(self, answer: dict[str, Any]) -> None:
        assert self.transport is not None
        line = json.dumps(answer, default=str).encode("ascii")
        self.transport.write(line + self.delimiter)
        self.transport.loseConnection()


def controlService(
    path: str, commands: Commands, reactor: Any, failed: Callable[[str], None]
) -> PortService:
    """
    @param path: Where the socket is to be.

    @param commands: What can be asked there.

    @param reactor: What listens.

    @param failed: Called with the reason if listening fails later than at once.

    @return: What listens.
    """

    def listening(listener: Listener, port: object) -> None:
        _log.info("Control socket at {path}, for its owner only", path=path)

    # Its description is what an error says.
    listener = Listener(f"--control {path}", ControlEndpoint(reactor, path), bare=False)
    return PortService(
        listener,
        cast(IProtocolFactory, ControlFactory(commands)),
        listening,
        failed,
        reactor,
    )


class ControlFactory(Factory):
    """
    Answers at the control socket.
    """

    noisy = False

    def __init__(self, commands: Commands) -> None:
        """
        @param commands: What can be asked.
        """
        self._commands = commands

    def buildProtocol(self, addr: IAddress | None) -> _Control:
        """
        Make the protocol for a connection.
        """
        return _Control(self._commands)
