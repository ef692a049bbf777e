# -*- test-case-name: tests.client.test_connection -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
How a viewer and a server come to trust each other, from the viewer's side (RFC 6143,
sections 7.1 and 7.2).
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from txrfb._wire.connection import ITranscript
from txrfb._wire.messages import Limits
from txrfb._wire.negotiation import negotiate
from txrfb._wire.stepper import Stepper
from txrfb.client.events import ClientEvent
from txrfb.error import ProtocolError, SecurityError
from txrfb.security.steps import ClientSteps, Receiver

#: How many characters of a refusal's reason are told.
_REASON = 400


class ClientHandshake:
    """
    The first part of a L{txrfb.client.connection.ClientConnection}.

    @ivar minor: The minor version that is spoken: 3, 7 or 8; 0 before it is known.
    @ivar securityType: The number of the security type; 0 before it is known.
    """

    minor: int
    securityType: int
    _newest: int
    _limits: Limits
    _security: dict[int, Callable[[], ClientSteps]]
    _transcript: ITranscript
    _events: list[ClientEvent]
    _stepper: Stepper | None
    _unseal: Any

    def _output(self, name: str, data: bytes) -> None:
        raise NotImplementedError

    def _unsealed(self, data: bytes) -> bytes:
        raise NotImplementedError

    def _version(self) -> Generator[int, bytes, None]:
        """
        Agree on a version (RFC 6143, section 7.1.1): the newest that both have.
        """
        data = yield 12
        self._transcript.rx("ProtocolVersion", 12)
        numbers = (data[4:7], data[8:11])
        shape = data[:4] == b"RFB " and data[7:8] == b"." and data[11:] == b"\n"
        if not (shape and all(number.isdigit() for number in numbers)):
            raise ProtocolError(f"{data!r} is no version of RFB")
        major, minor = map(int, numbers)
        if major < 3 or (major == 3 and minor < 3):
            raise ProtocolError(f"version {major}.{minor} is older than 3.3")
        if major > 3 or minor >= 8:
            minor = 8
        elif minor < 7:
            minor = 3
        self.minor = min(minor, self._newest)
        self._output("ProtocolVersion", b"RFB 003.%03d\n" % self.minor)

    def _agree(self) -> Generator[int, Any, None]:
        """
        Agree on a security type, go through it, and hear the result (sections
        7.1.2, 7.1.3 and 7.2).
        """
        if self.minor == 3:
            chosen = int.from_bytes((yield 4), "big")
            listed = (chosen,) if chosen else ()
        else:
            listed = tuple((yield (yield 1)[0]))
        self._transcript.rx("SecurityTypes", len(listed))
        if not listed:
            reason = yield from self._reason()
            raise ProtocolError(f"the server refuses: {reason}")
        usable = [number for number in self._security if number in listed]
        if not usable:
            raise ProtocolError(
                f"the server asks for security types {', '.join(map(str, listed))};"
                f" usable are {', '.join(map(str, self._security))}"
            )
        self.securityType = chosen = usable[0]
        if self.minor > 3:
            self._output("SecurityType", bytes([chosen]))
        yield from self._negotiate(chosen)
        if chosen == 1 and self.minor < 8:
            return
        result = int.from_bytes((yield 4), "big")
        self._transcript.rx("SecurityResult", 4)
        if result:
            reason = f"result {result}"
            if self.minor == 8:
                reason = yield from self._reason()
            raise ProtocolError(f"the login failed: {reason}")

    def _reason(self) -> Generator[int, bytes, str]:
        length = int.from_bytes((yield 4), "big")
        if length > self._limits.reason:
            raise ProtocolError(f"the server refuses, for a reason of {length} bytes")
        text = (yield length).decode("utf-8", "replace")[:_REASON]
        return "".join(c if c.isprintable() else "?" for c in text)

    def _negotiate(self, number: int) -> Generator[int, Any, None]:
        """
        Go through a security type.
        """
        name, stepper = f"SecurityType{number}", self._stepper
        assert stepper is not None

        def unsealBy(receiver: Receiver | None) -> None:
            self._unseal = receiver
            if receiver is not None:
                stepper.convert(self._unsealed)

        login = yield from negotiate(
            name,
            self._security[number](),
            stepper,
            self._transcript,
            lambda event: self._events.append(event),
            unsealBy,
        )
        if login is not None:
            raise SecurityError(f"{name} has a step {login!r}")
