# -*- test-case-name: tests.web.test_service -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The service behind C{twistd rfb --web}: it listens for browsers, and says in the log
where.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from twisted.application.service import MultiService
from twisted.internet.address import UNIXAddress
from twisted.internet.defer import Deferred, gatherResults, maybeDeferred
from twisted.internet.interfaces import IListeningPort
from twisted.logger import Logger

from txrfb.service import (
    Listener,
    PortService,
    isLoopback,
    isOpenToAll,
    placeOf,
)
from txrfb.web.forwarded import Forwarding
from txrfb.web.options import WebListener, WebOptions
from txrfb.web.origins import Origins
from txrfb.web.page import pageResources
from txrfb.web.proofs import guarded
from txrfb.web.resource import WebSocketResource
from txrfb.web.site import WebSite, treeOf

if TYPE_CHECKING:
    from txrfb.protocol import RFBFactory

__all__ = ["WebService", "webService"]

#: Addresses that mean all of a machine's.
_EVERYWHERE = ("0.0.0.0", "::")


class WebService(MultiService):
    """
    Serves browsers at all endpoints of C{--web}.
    """

    _log = Logger()

    def __init__(
        self,
        factory: RFBFactory,
        listeners: Sequence[WebListener],
        failed: Callable[[str], None],
        origins: Origins,
        forwarding: Forwarding,
        path: str = "websockify",
        prefix: str = "",
        ancestors: Sequence[str] = (),
        basic: bool = False,
        api: bool = False,
    ) -> None:
        """
        @param factory: What serves viewers.

        @param listeners: Where to listen.

        @param failed: Called with the reason if listening fails later than at once.

        @param origins: From which pages a WebSocket may be opened.

        @param forwarding: The proxies whose word counts.

        @param path: Where the WebSocket is.

        @param prefix: A path below which all of it is.

        @param ancestors: The origins of pages that may frame those from here.

        @param basic: Whether the page asks for name and password by HTTP Basic.

        @param api: Whether there is what programs use.
        """
        MultiService.__init__(self)
        self._gate = factory.gate
        self._prefix = prefix
        self._webSocket = WebSocketResource(factory, origins, forwarding, basic=basic)
        page = pageResources(path)
        if basic:
            page = guarded(page, factory.gate, forwarding)
        leaves = {**page, path: self._webSocket}
        maxBody, nothing = 0, None
        if api:
            # Needed by few, and takes time to load.
            from txrfb.web.api.resource import MAX_BODY, ApiResource, Nothing

            maxBody, nothing = MAX_BODY, Nothing()
            leaves = {**ApiResource(factory, origins, forwarding).leaves, **leaves}
        root: Any = treeOf(leaves, prefix, nothing)
        self._site = WebSite(root, factory.gate, forwarding, ancestors, maxBody)
        self._ports: list[PortService] = []
        for listener in listeners:
            port = PortService(
                listener, self._site, self._nowListening, failed, factory.clock
            )
            MultiService.addService(self, port)
            self._ports.append(port)

    def stopService(self) -> Deferred[None]:
        """
        Listen no more, and tell browsers that the server stops.
        """
        stopped = maybeDeferred(MultiService.stopService, self)
        self._webSocket.goAway()
        self._site.close()
        return stopped.addCallback(lambda _: None)

    def drain(self) -> Deferred[None]:
        """
        Listen no more, and answer nothing more on connections that were kept; those
        that had begun are answered, and those with a viewer stay.

        @return: A L{Deferred} that fires when it is so.
        """
        self._site.drain()
        stopped = gatherResults([port.drain() for port in self._ports])
        return stopped.addCallback(lambda _: None)

    def _nowListening(self, listener: Listener, port: IListeningPort) -> None:
        """
        Log where browsers are served, and to whom.
        """
        assert isinstance(listener, WebListener)
        address: Any = port.getHost()
        isUnix = isinstance(address, UNIXAddress)
        isLocal = isLoopback(address)
        isOpen = self._gate.isOpen()
        if isUnix:
            place, audience = placeOf(address, False), "those who may open it"
        else:
            place = urlOf(address, listener.isSecure, self._prefix)
            audience = "this machine only" if isLocal else "all who can reach it"
        self._log.info(
            "Serving browsers at {place} to {audience}, {protection}",
            place=place,
            audience=audience,
            protection="without a password" if isOpen else "who must log in",
        )
        if isUnix and isOpenToAll(address):
            self._log.warn(
                "Everybody on this machine can open {place}; without mode= it would be"
                " its owner alone",
                place=place,
            )
        if not isOpen:
            return
        if listener.bare:
            self._log.info(
                "To open it to other machines, give --password-file FILE; or, for"
                " everybody without a password, --web tcp:{port}",
                port=getattr(address, "port", "PORT"),
            )
        elif listener.description.startswith("haproxy:") or not (isLocal or isUnix):
            self._log.warn(
                "Nothing protects {place}: whoever can reach it sees the screen;"
                " --password-file FILE would ask for a password",
                place=place,
            )


def urlOf(address: Any, isSecure: bool, prefix: str) -> str:
    """
    @param address: Where something listens, by IP.

    @return: What to type into a browser.
    """
    scheme, usual = ("https", 443) if isSecure else ("http", 80)
    host = address.host.partition("%")[0]
    if host in _EVERYWHERE:
        host = socket.gethostname()
    elif ":" in host:
        host = f"[{host}]"
    port = "" if address.port == usual else f":{address.port}"
    return f"{scheme}://{host}{port}/{prefix}" + "/" * bool(prefix)


def webService(
    config: WebOptions, factory: RFBFactory, failed: Callable[[str], None]
) -> WebService:
    """
    @param config: Options that have been parsed, and say where to listen.

    @param factory: What serves viewers.

    @param failed: Called with the reason if listening fails later than at once.

    @return: The service that the options describe.
    """
    return WebService(
        factory,
        config.webListeners,
        failed,
        config.webOrigins,
        config.webForwarding,
        config["web-path"],
        config["web-prefix"],
        config["web-frame-ancestors"],
        bool(config["web-basic"]),
        bool(config["web-api"]),
    )
