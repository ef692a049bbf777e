# -*- test-case-name: tests.wire.test_negotiation -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The driver of security types: takes the steps of one side, server's or viewer's, on its
connection.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

from txrfb._wire.events import Output, SealRequested, TLSRequested
from txrfb._wire.stepper import WAIT, Stepper
from txrfb.error import ProtocolError, SecurityError
from txrfb.security.steps import (
    ClientSteps,
    Login,
    Read,
    Receiver,
    Seal,
    StartTLS,
    Steps,
    Turn,
    Unseal,
    Write,
)

if TYPE_CHECKING:
    from txrfb._wire.transcript import ITranscript

#: The most bytes that a step may ask for.
_MAX_READ = 8192


def negotiate(
    name: str,
    steps: Steps | ClientSteps,
    stepper: Stepper,
    transcript: ITranscript,
    emit: Callable[[Output | TLSRequested | SealRequested], None],
    unsealBy: Callable[[Receiver | None], None],
    askTurn: Callable[[float], None] | None = None,
) -> Generator[int, Any, Login | None]:
    """
    Take steps until they end, or come to a login.

    @param name: The security type, for the log.

    @param steps: What the security type yields.

    @param stepper: The parser that runs this generator.

    @param transcript: The log of what is said.

    @param emit: Takes an event for whoever drives the connection.

    @param unsealBy: Takes what all bytes pass through from here on, those that came
        already and were not read too; C{None} if they are clear again.

    @param askTurn: Asks for a turn to compute, see L{Turn.later}; a side without it
        takes none.

    @return: The login; C{None} if the steps ended without one.

    @raise ProtocolError: if the peer sends bytes that a change of protection does not
        cover.

    @raise SecurityError: if a step is none that can be taken.
    """
    answer: Any = None
    receiver: Receiver | None = None
    try:
        while True:
            try:
                step = steps.send(answer)
            except StopIteration:
                return None
            answer = None
            if isinstance(step, Write):
                emit(Output(name, step.data))
            elif isinstance(step, Read):
                if step.size > _MAX_READ:
                    raise SecurityError(f"{name} asks for {step.size} bytes")
                transcript.asked = step.asked
                answer = yield step.size
                transcript.asked = ""
                transcript.rx(name, step.size)
            elif isinstance(step, Turn) and askTurn is not None:
                askTurn(step.later)
                yield WAIT
            elif isinstance(step, StartTLS):
                # What came ahead of TLS was not protected by it.
                if stepper.held:
                    raise ProtocolError("bytes came between the choice and TLS")
                transcript.begin("TLS")
                emit(TLSRequested(step.kind))
                answer = yield WAIT
                transcript.end("TLS")
            elif isinstance(step, Seal):
                receiver = step.receive
                emit(SealRequested(step.send))
                unsealBy(receiver)
            elif isinstance(step, Unseal):
                if receiver is not None and receiver.held:
                    raise ProtocolError("a part of a sealed message was left over")
                receiver = None
                emit(SealRequested(None))
                unsealBy(None)
            elif isinstance(step, Login):
                return step
            else:
                raise SecurityError(f"{name} has a step {step!r}")
    finally:
        steps.close()
