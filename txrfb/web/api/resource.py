# -*- test-case-name: tests.web.test_api -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
HTTP for programs, as a resource.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import (
    CancelledError,
    TimeoutError,
    ensureDeferred,
)
from twisted.internet.threads import deferToThread
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.http import Request
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from txrfb.web.api.caller import Door
from txrfb.web.api.doing import DOING
from txrfb.web.api.fields import bodyOf, queryOf
from txrfb.web.api.looking import LOOKING
from txrfb.web.api.openapi import describeOperations
from txrfb.web.api.operations import Answer, Call, Operation, Tools, jsonAnswer
from txrfb.web.api.pictures import InThread, Pictures
from txrfb.web.api.playing import PLAYING
from txrfb.web.api.problems import Problem, answerProblem
from txrfb.web.api.status import Meter
from txrfb.web.forwarded import Forwarding
from txrfb.web.origins import Origins
from txrfb.web.visitors import headerOf

if TYPE_CHECKING:
    from txrfb.protocol import RFBFactory

__all__ = ["MAX_BODY", "OPERATIONS", "ApiResource", "Nothing"]

#: How many bytes a body may have: a text for the clipboard, of characters that JSON
#: writes with six or twelve.
MAX_BODY = 1 << 19

#: The seconds after which there is no other answer than that: longer than an
#: application may take, and than is waited for anything.
_DEADLINE = 90.0


async def _description(call: Call) -> Answer:
    return jsonAnswer(describeOperations(OPERATIONS))


#: All that there is.
OPERATIONS = (
    *LOOKING,
    *DOING,
    *PLAYING,
    Operation(
        "openapi.json",
        "GET",
        "This description.  Nobody need log in for that.",
        _description,
        isForAll=True,
        kinds={"application/json": {"type": "object", "required": ["openapi"]}},
    ),
)


class _Strict(Resource):
    """
    A resource that has JSON for what is not there.
    """

    def __init__(self) -> None:
        Resource.__init__(self)

    def getChild(self, path: bytes, request: Request) -> Resource:
        """
        See C{Resource.getChild}.
        """
        return Nothing()

    def render(self, request: Any) -> bytes:
        """
        There is nothing.
        """
        return answerProblem(request, Problem(404, "there is nothing here"))


class Nothing(_Strict):
    """
    What is not there.
    """

    isLeaf = True


class ApiResource(_Strict):
    """
    What programs can ask and do at an L{RFBFactory<txrfb.protocol.RFBFactory>}: by the
    same logins, rights and limits as viewers.

    Put it anywhere on a site; all paths are below it::

        site.putChild(b"screen", ApiResource(factory))

    @ivar leaves: What there is, by its path.
    """

    def __init__(
        self,
        factory: RFBFactory,
        origins: Iterable[str] | Origins = (),
        proxies: Iterable[str] | Forwarding = (),
        inThread: InThread = deferToThread,
    ) -> None:
        """
        @param factory: The server.

        @param origins: The origins of pages that may ask, besides those that come from
            the same host and port as this; C{"*"} for all.

        @param proxies: The addresses and networks of proxies that say who asks; see
            L{WebSocketResource<txrfb.web.WebSocketResource>}.

        @param inThread: Does what takes long in a thread.

        @raise ValueError: if an origin or a network is none.
        """
        super().__init__()
        if not isinstance(origins, Origins):
            origins = Origins(origins)
        if not isinstance(proxies, Forwarding):
            proxies = Forwarding(proxies)
        factory.display.desktop.keepsClipboard = True
        tools = Tools(
            factory,
            Door(factory, origins, proxies),
            Pictures(factory.clock, inThread),
            Meter(factory),
        )
        methods: dict[str, dict[str, Operation]] = {}
        for one in OPERATIONS:
            methods.setdefault(one.path, {})[one.method] = one
        self.leaves: dict[str, Resource] = {}
        below = _Strict()
        for path, there in methods.items():
            _, slash, name = path.rpartition("/")
            leaf = _Leaf(tools, there)
            (below if slash else self).putChild(name.encode("ascii"), leaf)
            if not slash:
                self.leaves[path] = leaf
        self.putChild(b"api", below)
        self.leaves["api"] = below


class _Leaf(_Strict):
    """
    What there is at one path.
    """

    _log = Logger()

    def __init__(self, tools: Tools, methods: Mapping[str, Operation]) -> None:
        super().__init__()
        self._tools = tools
        self._methods = methods

    def render(self, request: Any) -> Any:
        """
        Answer.
        """
        for name, value in (
            ("x-content-type-options", "nosniff"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cache-control", "no-store"),
            # A token may stand in the address.
            ("referrer-policy", "no-referrer"),
        ):
            request.setHeader(name, value)
        answered = ensureDeferred(self._answer(request))
        answered.addTimeout(_DEADLINE, self._tools.factory.clock)

        def gone(_: Failure) -> None:
            # Whoever asked does not wait for it any more.
            answered.cancel()

        request.notifyFinish().addErrback(gone)
        answered.addCallback(self._say, request)
        answered.addErrback(self._refuse, request)
        return NOT_DONE_YET

    async def _answer(self, request: Any) -> Answer:
        method = request.method.decode("latin-1")
        one = self._methods.get("GET" if method == "HEAD" else method)
        if one is None:
            names = [*self._methods] + ["HEAD"] * ("GET" in self._methods)
            allow = ", ".join(sorted(names))
            raise Problem(405, f"there is {allow} here", {"allow": allow})
        tools = self._tools
        visitor = tools.door.visitor(request)
        if one.isForAll:
            return await one.act(Call(tools, request, visitor, None, None, {}))
        # First of all it is to be known who asks.
        proof = tools.door.proof(request)
        caller = None
        if one.method == "GET":
            caller = await tools.door.login(visitor, proof)
        try:
            if caller is not None and caller.rights.allows(one.right) is not True:
                raise Problem(403, f"whoever is logged in here may not use {one.right}")
            values = queryOf(one.query, request.args or {})
            if one.fields:
                values |= bodyOf(one.fields, _body(request))
            return await one.act(Call(tools, request, visitor, proof, caller, values))
        finally:
            if caller is not None:
                caller.logOut()

    def _say(self, answer: Answer, request: Any) -> None:
        request.setResponseCode(answer.status)
        for name, value in answer.headers.items():
            request.setHeader(name, value)
        if answer.kind:
            request.setHeader("content-type", answer.kind)
        else:
            request.responseHeaders.removeHeader("content-type")
        if answer.status not in (204, 304):
            request.setHeader("content-length", str(len(answer.body)))
        _finish(request, answer.body)

    def _refuse(self, failure: Failure, request: Any) -> None:
        problem: Any = failure.value
        if failure.check(CancelledError):
            return
        if failure.check(TimeoutError):
            problem = Problem(504, f"there was no answer in {_DEADLINE:g} seconds")
        elif not isinstance(problem, Problem):
            self._log.failure("a request has failed", failure)
            problem = Problem(500, "the server failed; its log says why")
        body = answerProblem(request, problem)
        request.setHeader("content-length", str(len(body)))
        _finish(request, body)


def _finish(request: Any, body: bytes) -> None:
    # None is there any more if whoever asked has left.
    if request.channel is not None:
        if body:
            request.write(body)
        request.finish()


def _body(request: Any) -> bytes:
    """
    @return: The body of a request.

    @raise Problem: if it is no JSON, or too long.
    """
    kind = (headerOf(request, "content-type") or "").partition(";")[0].strip().lower()
    if kind != "application/json":
        # No form of a strange page can say that.
        raise Problem(
            415,
            "the content type must be application/json",
            {"accept-post": "application/json"},
        )
    data: bytes = request.content.read(MAX_BODY + 1)
    if len(data) > MAX_BODY:
        raise Problem(413, f"the body is longer than {MAX_BODY} bytes")
    return data
