# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A program that asks by HTTP, without a socket, and an application for it.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from twisted.cred.credentials import IUsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.internet.address import IPv4Address
from twisted.internet.defer import maybeDeferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.resource import Resource
from twisted.web.server import Site
from zope.interface import implementer

from tests.web.scenes import Socket
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.interfaces import IClipboard, IInputReceiver, IResizable
from txrfb.protocol import RFBFactory
from txrfb.security.accounts.rights import RightfulId, Rights
from txrfb.web import ApiResource

#: How soon everything has happened that needs no time.
_SOON = 200


@implementer(IInputReceiver, IClipboard, IResizable)
class Application(MemoryFramebuffer):
    """
    Writes down what viewers do.

    @ivar events: That.
    @ivar answer: What is answered to it.
    """

    def __init__(self) -> None:
        super().__init__(64, 48, "desk")
        self.events: list[Any] = []
        self.answer: Any = None
        self.grants: Any = True

    def keyEvent(self, keysym: int, down: bool, viewer: Any) -> Any:
        """
        A key.
        """
        self.events.append((chr(keysym) if keysym < 256 else hex(keysym), down))
        return self.answer() if self.answer else None

    def pointerEvent(self, x: int, y: int, buttons: int, viewer: Any) -> Any:
        """
        The pointer.
        """
        self.events.append((x, y, buttons))
        return self.answer() if self.answer else None

    def cutTextReceived(self, text: str, viewer: Any) -> Any:
        """
        A clipboard.
        """
        self.events.append(text)
        return self.answer() if self.answer else None

    def sizeRequested(self, width: int, height: int, viewer: Any) -> Any:
        """
        Another size.
        """
        self.events.append((width, height))
        if self.grants is True:
            self.resize(width, height)
        return self.grants


class Users:
    """
    Knows users, whose names say what they may do.
    """

    credentialInterfaces = (IUsernamePassword,)

    def requestAvatarId(self, credentials: Any) -> bytes:
        """
        Let them in whose password is their name twice.
        """
        name = credentials.username
        if credentials.password != name * 2:
            raise UnauthorizedLogin()
        return RightfulId(name, Rights.fromString(name.decode("ascii")))


def basic(name: str, password: str | None = None) -> dict[str, str]:
    """
    @return: Headers by which a user of L{Users} logs in.
    """
    both = f"{name}:{name * 2 if password is None else password}"
    words = base64.b64encode(both.encode("ascii")).decode("ascii")
    return {"Authorization": f"Basic {words}"}


class Asked:
    """
    A request, and the answer to it, when there is one.
    """

    def __init__(
        self, site: Any, method: str, path: str, headers: Any, body: bytes, peer: str
    ) -> None:
        self.transport: Any = Socket(peerAddress=IPv4Address("TCP", peer, 40312))
        self.channel = site.buildProtocol(self.transport.getPeer())
        self.channel.makeConnection(self.transport)
        given = {"Host": "127.0.0.1:6080", **headers}
        if body:
            given["Content-Length"] = str(len(body))
        lines = [f"{method} {path} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in given.items() if value]
        head = "\r\n".join(lines).encode("ascii") + b"\r\n\r\n"
        self.channel.dataReceived(head + body)

    @property
    def head(self) -> list[str]:
        """
        The lines of the head.
        """
        head: bytes = self.transport.value().partition(b"\r\n\r\n")[0]
        return head.decode("latin-1").split("\r\n")

    @property
    def status(self) -> int:
        """
        The status; 0 if there was no answer.
        """
        return int(self.head[0].split()[1]) if self.head[0] else 0

    @property
    def body(self) -> bytes:
        """
        What came behind the head.
        """
        body: bytes = self.transport.value().partition(b"\r\n\r\n")[2]
        return body

    @property
    def json(self) -> Any:
        """
        That, as JSON.
        """
        return json.loads(self.body)

    def header(self, name: str) -> str | None:
        """
        @return: A header; C{None} if there is none.
        """
        for line in self.head[1:]:
            key, _, value = line.partition(": ")
            if key.lower() == name.lower():
                return value
        return None


class ProgramTestCase(SynchronousTestCase):
    """
    A server, and programs.
    """

    #: What else the factory takes.
    options: dict[str, Any] = {}  # noqa: RUF012

    def setUp(self) -> None:
        """
        Make it.
        """
        self.clock = Clock()
        self.screen = Application()
        self.factory = RFBFactory(self.screen, reactor=self.clock, **self.options)
        self.site = self.siteOf(ApiResource(self.factory, inThread=maybeDeferred))

    def siteOf(self, api: Any) -> Site:
        """
        @return: A site with it.
        """
        root = Resource()
        for path, leaf in api.leaves.items():
            root.putChild(path.encode("ascii"), leaf)
        return Site(root, timeout=None)

    def pass_(self, seconds: float = 0) -> None:
        """
        Let time pass, and all happen that needs none.
        """
        self.clock.pump([seconds / 20] * 20 + [0] * _SOON)

    def begin(
        self,
        method: str,
        path: str,
        headers: Any = None,
        body: Any = None,
        peer: str = "127.0.0.1",
    ) -> Asked:
        """
        @return: A request, to which there may be an answer later.
        """
        given = dict(headers or {})
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode("ascii")
            given.setdefault("Content-Type", "application/json")
        asked = Asked(self.site, method, path, given, body or b"", peer)
        self.pass_()
        return asked

    def get(self, path: str, headers: Any = None, **options: Any) -> Asked:
        """
        @return: The answer to a question.
        """
        return self.begin("GET", path, headers, **options)

    def post(self, name: str, headers: Any = None, **values: Any) -> Asked:
        """
        @return: The answer to an order.
        """
        return self.begin("POST", f"/api/{name}", headers, values)

    def assertProblem(self, asked: Asked, status: int, words: str) -> None:
        """
        Fail unless that is the answer, and says why.
        """
        self.assertEqual(asked.status, status, asked.body)
        self.assertEqual(asked.header("content-type"), "application/problem+json")
        told = asked.json
        self.assertEqual(told["status"], status)
        self.assertIn(words, told["detail"])
        self.assertTrue(told["detail"].endswith("."), told)
        self.assertEqual(asked.header("content-length"), str(len(asked.body)))
        self.assertEqual(asked.header("cache-control"), "no-store")
