# -*- test-case-name: tests.test_service -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The service behind C{twistd rfb}: it listens, and says in the log what is served where
to whom.  It may be one of many in a process.
"""

from __future__ import annotations

import ipaddress
import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twisted.application.service import IService, MultiService, Service
from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.defer import (
    CancelledError,
    Deferred,
    gatherResults,
    maybeDeferred,
)
from twisted.internet.interfaces import (
    IListeningPort,
    IProtocolFactory,
    IReactorTime,
    IReadDescriptor,
    IStreamServerEndpoint,
)
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from txrfb import __version__, kernels
from txrfb._lastones import LAST_SECONDS, acceptAll, beginNoMore
from txrfb.framebuffers._taken import sizeInWords
from txrfb.interfaces import IFramebufferOwner

if TYPE_CHECKING:
    from txrfb.interfaces import IFramebuffer
    from txrfb.protocol import RFBFactory

__all__ = [
    "CannotServe",
    "Listener",
    "PortService",
    "RFBService",
    "isLoopback",
    "isOpenToAll",
    "placeOf",
]

# How long viewers get to take what has been written to them when the server stops.
_STOPPING_SECONDS = 5.0

_log = Logger()


class CannotServe(SystemExit, Exception):
    """
    The server cannot listen where it should.

    It is raised while the service starts, when the log has the reason already.  As
    an C{Exception}, it makes twistd clean up and tell the process that waits for
    the daemon; as a C{SystemExit}, it ends the process with status 1 and without a
    traceback.
    """

    def __init__(self, reason: str) -> None:
        """
        @param reason: Where it cannot listen and why.
        """
        super().__init__(reason)
        self.code = 1


class Listener:
    """
    Where to listen, and what is said about it.

    @ivar description: The endpoint, as a description.
    @ivar endpoint: The endpoint.
    @ivar bare: Whether the user gave a port number, and nothing more.
    """

    def __init__(
        self, description: str, endpoint: IStreamServerEndpoint, bare: bool
    ) -> None:
        self.description = description
        self.endpoint = endpoint
        self.bare = bare


def _isNoSocket(path: object) -> bool:
    """
    @return: Whether there is something at a path that is no socket.
    """
    if not isinstance(path, str | bytes) or not os.path.exists(path):
        return False
    return not stat.S_ISSOCK(os.stat(path).st_mode)


def _closed(port: IListeningPort | None) -> Any:
    """
    Close a port, if there is one.
    """
    return None if port is None else port.stopListening()


class PortService(Service):
    """
    Listens at one endpoint.
    """

    def __init__(
        self,
        listener: Listener,
        factory: IProtocolFactory,
        listening: Callable[[Listener, IListeningPort], None],
        failed: Callable[[str], None],
        reactor: IReactorTime,
    ) -> None:
        """
        @param listener: Where to listen.

        @param factory: What connections are for.

        @param listening: Called when it listens.

        @param failed: Called with the reason if listening fails later than at
            once.

        @param reactor: What times the end of draining.
        """
        self._listener = listener
        self._factory = factory
        self._listening = listening
        self._failed = failed
        self._reactor = reactor
        self._waiting: Deferred[IListeningPort | None] | None = None
        self._settling: Deferred[Any] | None = None
        self._stopping = False

    def privilegedStartService(self) -> None:
        """
        Listen.

        @raise CannotServe: if that fails.
        """
        Service.privilegedStartService(self)
        trouble: list[str] = []
        atOnce = True

        def listening(port: IListeningPort) -> IListeningPort:
            self._listening(self._listener, port)
            return port

        def failed(failure: Failure) -> None:
            if self._stopping and failure.check(CancelledError):
                return
            reason = failure.getErrorMessage() or type(failure.value).__name__
            error = getattr(failure.value, "socketError", failure.value)
            if isinstance(error, OSError):
                reason = error.strerror or str(error)
            if _isNoSocket(getattr(failure.value, "port", None)):
                # To the system that is an address in use.
                reason = "there is something else than a socket at that path"
            reason = f"cannot listen at {self._listener.description}: {reason}"
            _log.critical("{reason}", reason=reason)
            if atOnce:
                trouble.append(reason)
            else:
                self._failed(reason)

        def listen() -> Deferred[IListeningPort]:
            return self._listener.endpoint.listen(self._factory)

        self._stopping = False
        self._waiting = maybeDeferred(listen).addCallbacks(listening, failed)
        atOnce = False
        if trouble:
            raise CannotServe(trouble[0])

    def startService(self) -> None:
        """
        Listen, if L{privilegedStartService} was not called.
        """
        Service.startService(self)
        if self._waiting is None:
            self.privilegedStartService()

    def stopService(self) -> Deferred[None]:
        """
        Listen no more.

        @return: A L{Deferred} that fires when it is so.
        """
        Service.stopService(self)
        return self.stopListening()

    def stopListening(self) -> Deferred[None]:
        """
        Listen no more, with all else as it was.

        @return: A L{Deferred} that fires when it is so.
        """
        self._stopping = True
        if self._settling is not None:
            self._settling.cancel()
        waiting, self._waiting = self._waiting, None
        if waiting is None:
            return maybeDeferred(lambda: None)
        waiting.cancel()
        return waiting.addCallback(_closed)

    def drain(self) -> Deferred[None]:
        """
        Listen no more, when all connections are accepted that had begun.

        @return: A L{Deferred} that fires when it is so.
        """
        waiting = self._waiting
        if waiting is None or not waiting.called:
            return self.stopListening()
        self._stopping, self._waiting = True, None
        return waiting.addCallback(self._settled).addCallback(_closed)

    def _settled(self, port: IListeningPort | None) -> Any:
        """
        @return: A port, or a L{Deferred} that fires with it, when nobody waits there.
        """
        if port is not None and beginNoMore(port):
            self._settling = deferLater(self._reactor, LAST_SECONDS)
            # Cut short if the service stops.
            return self._settling.addBoth(lambda _: port)
        if IReadDescriptor.providedBy(port):
            # It is closed in the next turn, behind what is to be done there already.
            self._reactor.callLater(0, acceptAll, port)
        return port


@implementer(IFramebufferOwner)
class RFBService(MultiService):
    """
    Serves one framebuffer at all endpoints.

    @ivar factory: The L{RFBFactory} of all of them.
    @ivar doors: Each way in by which viewers come is closed by one of these functions,
        which return whatever tells when that is done; whoever adds a way adds one.
    """

    def __init__(
        self,
        factory: RFBFactory,
        framebuffer: IFramebuffer,
        listeners: Sequence[Listener],
        reactor: IReactorTime,
        isProtected: bool,
        viewOnly: bool = False,
        warnings: Sequence[str] = (),
    ) -> None:
        """
        @param factory: What connections are for.

        @param framebuffer: What is shown.

        @param listeners: Where to listen.

        @param reactor: What times the end.

        @param isProtected: Whether viewers must log in.

        @param viewOnly: Whether the input of all viewers is dropped.

        @param warnings: What to warn of in the log when the service starts.
        """
        MultiService.__init__(self)
        self.factory = factory
        self._framebuffer = framebuffer
        self._reactor = reactor
        self._isProtected = isProtected
        self._viewOnly = viewOnly
        self._warnings = tuple(warnings)
        self._why = "the server stops"
        self._greeted = False
        self.doors: list[Callable[[], object]] = []
        source = IService(framebuffer, None)
        if source is not None:
            # Before the ports: it is there for the first viewer.
            source.setServiceParent(self)
        for listener in listeners:
            port = PortService(
                listener, factory, self._nowListening, self.cannotListen, reactor
            )
            MultiService.addService(self, port)
            self.doors.append(port.drain)

    def privilegedStartService(self) -> None:
        """
        Listen at all endpoints.
        """
        self._greet()
        MultiService.privilegedStartService(self)

    def startService(self) -> None:
        """
        Listen at all endpoints that are not listened at already.
        """
        self._greet()
        MultiService.startService(self)

    def stopService(self) -> Deferred[None]:
        """
        Listen no more, and close the viewers.

        @return: A L{Deferred} that fires when it is so, or when it has taken too
            long.
        """
        stopped = maybeDeferred(MultiService.stopService, self)
        closed = self.factory.disconnectAll(self._why)
        both = gatherResults([stopped, closed], consumeErrors=True)
        both.addTimeout(_STOPPING_SECONDS, self._reactor)

        def done(result: object) -> None:
            if isinstance(result, Failure):
                _log.warn("Stopped without waiting for all viewers to close")

        return both.addBoth(done)

    def drain(self) -> Deferred[None]:
        """
        Take no more viewers than have connected, and serve them on.

        @return: A L{Deferred} that fires when nobody is connected any more.
        """

        def failed(failure: Failure) -> None:
            _log.failure("while no more viewers were to be taken", failure)

        closed = [maybeDeferred(close).addErrback(failed) for close in self.doors]
        return gatherResults(closed).addCallback(lambda _: self.factory.whenEmpty())

    def _greet(self) -> None:
        """
        Log, once, what this is.
        """
        if self._greeted:
            return
        self._greeted = True
        which = "C" if kernels.NATIVE else "numpy"
        _log.info(
            "txrfb {version}, kernels in {kernels}", version=__version__, kernels=which
        )
        if not kernels.NATIVE and os.environ.get("TXRFB_KERNELS") != "reference":
            _log.warn(
                "Encoding is slow: txrfb was built without its kernels in C.  Install a"
                " C compiler and Python's headers (on Debian: apt-get install gcc"
                " libc6-dev python3-dev), then install txrfb again; in a checkout, pip"
                " install -e . builds them beside the sources, which run there"
            )
        for warning in self._warnings:
            # Not "warning": to others, such events are warnings of Python's.
            _log.warn("{advice}", advice=warning)

    def _nowListening(self, listener: Listener, port: IListeningPort) -> None:
        """
        Log what is served where to whom, and what to think of it.
        """
        address: object = port.getHost()
        place = placeOf(address, listener.bare)
        local = isLoopback(address)
        if isinstance(address, UNIXAddress):
            audience = "those who may open it"
        else:
            audience = "this machine only" if local else "all who can reach it"
        _log.info(
            "Serving {desktop!r}, {size}, at {place} to {audience},"
            " {protection}{rights}",
            desktop=self.factory.name,
            size=sizeInWords(self._framebuffer),
            place=place,
            audience=audience,
            protection="who must log in" if self._isProtected else "without a password",
            rights=", view only" if self._viewOnly else "",
        )
        if isinstance(address, UNIXAddress) and isOpenToAll(address):
            _log.warn(
                "Everybody on this machine can open {place}; without mode= it would be"
                " its owner alone",
                place=place,
            )
        if self._isProtected:
            return
        if listener.bare:
            _log.info(
                "To open it to other machines, give --password-file FILE; or, for"
                " everybody without a password, --port tcp:{port}",
                port=getattr(address, "port", "PORT"),
            )
        # What comes by way of a proxy can be from anywhere.
        elif listener.description.startswith("haproxy:") or not (
            local or isinstance(address, UNIXAddress)
        ):
            _log.warn(
                "Nothing protects {place}: whoever can reach it sees the screen{more};"
                " --password-file FILE would ask for a password",
                place=place,
                more="" if self._viewOnly else " and has its keyboard and pointer",
            )

    def framebufferEnded(self, reason: str, status: int = 1) -> None:
        """
        See L{IFramebufferOwner.framebufferEnded}.  The process may be there for other
        things, too: this service stops, and leaves it to them.
        """
        self._sayEnded(reason, status)
        parent = maybeDeferred(self._leave)
        parent.addErrback(lambda failure: _log.failure("while stopping", failure))

    def _leave(self) -> object:
        if self.parent is None:
            return self.stopService()
        leave: Callable[[], object] = self.disownServiceParent
        return leave()

    def _sayEnded(self, reason: str, status: int) -> None:
        say = _log.critical if status else _log.info
        say("The framebuffer has ended: {reason}", reason=reason)
        self._why = f"the framebuffer has ended: {reason}"

    def cannotListen(self, reason: str) -> None:
        """
        Listening has failed later than while the service was started.  That is in the
        log; the other endpoints are served on.

        @param reason: Where, and why.
        """


def placeOf(address: object, bare: bool) -> str:
    """
    @param bare: Whether the user gave a port number, and nothing more.

    @return: An address for people to read.
    """
    if isinstance(address, IPv4Address | IPv6Address):
        if bare and address.host == "::":
            return f"0.0.0.0 and :: port {address.port}"
        return f"{address.host} port {address.port}"
    if isinstance(address, UNIXAddress):
        return os.fsdecode(address.name) if address.name else "a Unix socket"
    return str(address)


def isOpenToAll(address: UNIXAddress) -> bool:
    """
    @return: Whether everybody on this machine may open a UNIX socket.
    """
    path = os.fsdecode(address.name or b"")
    if path.startswith("\0"):
        # It is no file, and nothing protects it.
        return True
    try:
        each = [Path(path), *Path(path).absolute().parents]
        modes = [one.stat().st_mode for one in each]
    except OSError:
        return False
    own, *above = modes
    return bool(own & stat.S_IWOTH) and all(mode & stat.S_IXOTH for mode in above)


def isLoopback(address: object) -> bool:
    """
    @return: Whether only this machine can reach an address.
    """
    if not isinstance(address, IPv4Address | IPv6Address):
        return False
    try:
        return ipaddress.ip_address(address.host.partition("%")[0]).is_loopback
    except ValueError:
        return False
