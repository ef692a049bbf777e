# -*- test-case-name: tests.web.test_api -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What an operation is, of those that programs have by HTTP, and what there is to work
with when one is called.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from twisted.cred.credentials import ICredentials

from txrfb.error import ConnectionFailed
from txrfb.web.api.caller import Caller, Door
from txrfb.web.api.fields import Field, Query
from txrfb.web.api.problems import FULL, Problem

if TYPE_CHECKING:
    from txrfb._screen.display import Display
    from txrfb.protocol import RFBFactory
    from txrfb.web.api.operator import Operator
    from txrfb.web.api.pictures import Pictures
    from txrfb.web.api.status import Meter
    from txrfb.web.visitors import Visitor

__all__ = ["Answer", "Call", "Operation", "Tools", "jsonAnswer"]


#: How a viewer begins to say why it was not let in.
_BEGINNINGS = ("the server refuses: ", "the login failed: ")


@dataclass(frozen=True)
class Answer:
    """
    What comes of an operation.

    @ivar kind: The content type.
    @ivar headers: What else is in the head.
    """

    body: bytes = b""
    kind: str = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def jsonAnswer(value: object) -> Answer:
    """
    @return: A value as JSON.
    """
    body = json.dumps(value, allow_nan=False).encode("ascii") + b"\n"
    return Answer(body, "application/json")


@dataclass(frozen=True)
class Operation:
    """
    Something that can be asked for.

    @ivar path: Where.
    @ivar method: How: C{"GET"} or C{"POST"}.
    @ivar about: What it does, in a sentence.
    @ivar act: Does it.
    @ivar query: What may be behind the path.
    @ivar fields: What is in the body.
    @ivar right: What the caller must be allowed, of
        L{NAMES<txrfb.security.accounts.rights.NAMES>}.
    @ivar isForAll: Whether nobody need log in.
    @ivar kinds: What an answer is: content types, and what JSON Schema says of them.
    @ivar others: Which answers there may be besides those that there always may, and
        why.
    """

    path: str
    method: str
    about: str
    act: Callable[[Call], Awaitable[Answer]]
    query: Sequence[Query] = ()
    fields: Sequence[Field] = ()
    right: str = "view"
    isForAll: bool = False
    kinds: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    others: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Tools:
    """
    What all operations of a server share.

    @ivar factory: The server.
    @ivar door: Judges who asks.
    @ivar pictures: Takes pictures.
    @ivar meter: Knows the rates.
    """

    factory: RFBFactory
    door: Door
    pictures: Pictures
    meter: Meter


@dataclass(frozen=True)
class Call:
    """
    A request that has come so far that it is acted on.

    @ivar request: The request.
    @ivar visitor: Who has sent it.
    @ivar proof: What it proves.
    @ivar caller: Who that is; C{None} if that does not matter, or a viewer is to be
        connected, by which it becomes known.
    @ivar values: The values of query and body.
    """

    tools: Tools
    request: Any
    visitor: Visitor
    proof: ICredentials | None
    caller: Caller | None
    values: Mapping[str, Any]

    @asynccontextmanager
    async def operator(self, right: str) -> AsyncIterator[Operator]:
        """
        Have a viewer connected, as long as it is needed.

        @param right: What it must be allowed.

        @raise Problem: if it is not let in, or not allowed.
        """
        from txrfb.web.api.operator import operatorOf

        factory = self.tools.factory
        try:
            operator = await operatorOf(factory, self.visitor, self.proof)
        except ConnectionFailed as error:
            raise self._refusal(str(error)) from None
        try:
            server = operator.server
            if not server.mayUse(right):
                if server.rights.allows(right) is True:
                    raise Problem(409, "another viewer drives")
                raise Problem(403, f"whoever is logged in here may not use {right}")
            yield operator
        except ConnectionFailed:
            raise Problem(
                409, "the application failed to take it; the server's log says why"
            ) from None
        finally:
            await operator.close()

    def _refusal(self, reason: str) -> Problem:
        factory = self.tools.factory
        for beginning in _BEGINNINGS:
            reason = reason.removeprefix(beginning)
        if reason in (factory.refusal(), FULL):
            return Problem(503, reason, {"retry-after": "10"})
        return self.tools.door.refusal(self.visitor, self.proof, reason)

    @asynccontextmanager
    async def display(self) -> AsyncIterator[Display]:
        """
        Have what shows the caller's screen, as long as it is needed.
        """
        assert self.caller is not None
        if not self.caller.hasScreen:
            yield self.tools.factory.display
            return
        # It is there as long as somebody looks at it.
        async with self.operator("view") as operator:
            yield operator.server.host.display
