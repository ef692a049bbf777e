# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A headless Chromium, worked over the Chrome DevTools Protocol.
"""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any, cast

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.interfaces import ITCPTransport
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, Ping, Request, TextMessage

from tests.interop.pages import ELSEWHERE
from tests.interop.processes import Reactor, ViewerFailed, startShared


class Chromium:
    """
    A browser, with a profile of its own that is thrown away.

    @ivar port: the port of its DevTools on 127.0.0.1.
    @ivar path: the path of the browser's own DevTools.
    """

    _shared: Chromium | None = None

    @classmethod
    def shared(cls) -> Chromium:
        """
        The one of this process, started when first asked for.
        """
        if cls._shared is None:
            cls._shared = cls()
        return cls._shared

    def __init__(self) -> None:
        profile = Path(tempfile.mkdtemp(prefix="txrfb-chromium-"))
        atexit.register(shutil.rmtree, profile, ignore_errors=True)
        process = startShared(
            [
                *("chromium", "--headless", "--no-sandbox", "--disable-gpu"),
                *("--disable-quic", "--no-first-run", "--disable-sync"),
                *("--disable-background-networking", "--disable-component-update"),
                # A page that nobody looks at runs at full speed all the same.
                *("--disable-background-timer-throttling", "--mute-audio"),
                *("--disable-renderer-backgrounding", "--disable-dev-shm-usage"),
                # A page in a file may import modules that are files.
                "--allow-file-access-from-files",
                *("--force-color-profile=srgb", "--window-size=1280,1024"),
                # See tests.interop.pages.
                f"--host-resolver-rules=MAP {ELSEWHERE} 127.0.0.1",
                *("--remote-debugging-port=0", f"--user-data-dir={profile}"),
                "about:blank",
            ],
            log=str(profile / "log"),
        )
        told = profile / "DevToolsActivePort"
        end = time.monotonic() + 30.0
        while not (told.exists() and "\n" in told.read_text()):
            if process.poll() is not None or time.monotonic() > end:
                said = (profile / "log").read_text()[-2000:]
                raise ViewerFailed(f"chromium did not start: {said}")
            time.sleep(0.02)
        port, self.path = told.read_text().split("\n")[:2]
        self.port = int(port)


class DevTools(Protocol):
    """
    A connection to the browser.
    """

    def __init__(self, host: str, path: str) -> None:
        self._websocket = WSConnection(ConnectionType.CLIENT)
        self._request = Request(host=host, target=path)
        self._opened: Deferred[None] = Deferred()
        self._calls: dict[int, Deferred[dict[str, Any]]] = {}
        self._text = ""
        self._number = 0
        self.lost: Deferred[None] = Deferred()

    @classmethod
    async def connect(cls, reactor: Reactor, browser: Chromium) -> DevTools:
        """
        Connect to a browser.
        """
        endpoint = TCP4ClientEndpoint(reactor, "127.0.0.1", browser.port)
        made = cls(f"127.0.0.1:{browser.port}", browser.path)
        await connectProtocol(endpoint, made)
        await made._opened
        return made

    @property
    def link(self) -> ITCPTransport:
        """
        The transport, as what it is.
        """
        return cast(ITCPTransport, self.transport)

    def connectionMade(self) -> None:
        """
        Begin the WebSocket.
        """
        self.link.setTcpNoDelay(True)
        self.link.write(self._websocket.send(self._request))

    def dataReceived(self, data: bytes) -> None:
        """
        Take answers apart.
        """
        self._websocket.receive_data(data)
        for event in self._websocket.events():
            if isinstance(event, AcceptConnection):
                self._opened.callback(None)
            elif isinstance(event, Ping):
                self.link.write(self._websocket.send(event.response()))
            elif isinstance(event, TextMessage):
                self._text += event.data
                if event.message_finished:
                    text, self._text = self._text, ""
                    self._message(json.loads(text))

    def _message(self, message: dict[str, Any]) -> None:
        waiting = self._calls.pop(message.get("id", 0), None)
        if waiting is None:
            return
        if "error" in message:
            waiting.errback(ViewerFailed(str(message["error"])))
        else:
            waiting.callback(message["result"])

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        All that is still waited for fails.
        """
        calls, self._calls = self._calls, {}
        for waiting in calls.values():
            waiting.errback(ViewerFailed("the connection to chromium was lost"))
        if not self._opened.called:
            self._opened.errback(ViewerFailed("chromium takes no DevTools connection"))
        self.lost.callback(None)

    async def call(
        self, method: str, session: str | None = None, **parameters: Any
    ) -> dict[str, Any]:
        """
        Call a method of the DevTools Protocol.

        @param session: the session of a page, for its own methods.
        @return: what it answers.
        @raise ViewerFailed: it answers with an error.
        """
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        answer: Deferred[dict[str, Any]] = Deferred()
        number = self._number
        self._calls[number] = answer
        self.link.write(self._websocket.send(TextMessage(json.dumps(message))))
        try:
            return await answer
        finally:
            self._calls.pop(number, None)

    async def close(self) -> None:
        """
        Close the connection; the browser lives on.
        """
        self.link.abortConnection()
        await self.lost


class Page:
    """
    A page of the browser.
    """

    def __init__(self, tools: DevTools, target: str, session: str) -> None:
        self.tools = tools
        self._target = target
        self._session = session

    @classmethod
    async def open(cls, tools: DevTools, url: str) -> Page:
        """
        Open a page in a browser context of its own.
        """
        target = (await tools.call("Target.createTarget", url=url))["targetId"]
        attached = await tools.call(
            "Target.attachToTarget", targetId=target, flatten=True
        )
        return cls(tools, target, attached["sessionId"])

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """
        Call a DevTools method of the page.
        """
        return await self.tools.call(method, self._session, **parameters)

    async def evaluate(self, expression: str) -> Any:
        """
        The value of a JavaScript expression; a promise is waited for.

        @raise ViewerFailed: it throws.
        """
        answer = await self.call(
            "Runtime.evaluate",
            expression=expression,
            awaitPromise=True,
            returnByValue=True,
        )
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            thrown = details.get("exception", {})
            raise ViewerFailed(
                str(thrown.get("value") or thrown.get("description") or details)
            )
        return answer["result"].get("value")

    async def close(self) -> None:
        """
        Close the page.
        """
        await self.tools.call("Target.closeTarget", targetId=self._target)
