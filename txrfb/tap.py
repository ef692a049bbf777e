# -*- test-case-name: tests.test_tap -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
C{twistd rfb}: the server as a daemon.
"""

from __future__ import annotations

import atexit
import ipaddress
import math
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from twisted.application.service import MultiService, Service
from twisted.cred.credentials import IUsernameHashedPassword
from twisted.cred.portal import Portal
from twisted.cred.strcred import AuthOptionMixin
from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.defer import Deferred, gatherResults, maybeDeferred
from twisted.internet.endpoints import serverFromString
from twisted.internet.interfaces import IListeningPort, IStreamServerEndpoint
from twisted.logger import Logger
from twisted.plugin import getPlugins
from twisted.python.failure import Failure
from twisted.python.usage import (
    CompleteFiles,
    CompleteList,
    Completions,
    UsageError,
)
from twisted.python.usage import Options as UsageOptions
from zope.interface import Interface

from txrfb import __version__, kernels
from txrfb.interfaces import IFramebuffer, IFramebufferFactory
from txrfb.log import traceMessages
from txrfb.protocol import RFBFactory
from txrfb.security.passwords import readPasswords, warningsFor
from txrfb.security.realm import portalFor

__all__ = ["CannotServe", "Options", "RFBService", "makeService"]

# What is served where nothing else is said.
_DEFAULT_PORT = 5900

# How long viewers get to take what has been written to them when the server stops.
_STOPPING_SECONDS = 5.0

_SHARED = ("honor", "always", "never")

_PORT_HELP = (
    "a port number, 0 to 65535, or an endpoint such as tcp:5900,"
    " tcp6:5900:interface=\\:\\:1, unix:/run/rfb.sock:mode=600,"
    " tls:/etc/certificates:port=5900, haproxy:tcp:5900, systemd:domain=INET:index=0"
)

_log = Logger()


def framebufferFactories() -> dict[str, IFramebufferFactory]:
    """
    @return: The kinds of framebuffers that are installed, by their prefixes, in
        the order of the alphabet.
    """
    found: dict[str, IFramebufferFactory] = {}
    for factory in getPlugins(IFramebufferFactory):
        found.setdefault(factory.prefix, factory)
    return dict(sorted(found.items()))


class _Prefixes:
    """
    The prefixes of L{framebufferFactories}, looked for only when a shell asks.
    """

    def __iter__(self) -> Iterator[str]:
        return iter(framebufferFactories())


def _wholeNumber(option: str, least: int) -> Callable[[str], int]:
    """
    @return: What makes a number of the value of C{option}.
    """

    def coerce(value: str) -> int:
        try:
            number = int(value)
        except ValueError:
            number = least - 1
        if number < least:
            raise UsageError(
                f"--{option} {value!r}: a whole number is needed, {least} or more"
            )
        return number

    return coerce


def _frameRate(value: str) -> float:
    """
    @return: The value of C{--frame-rate}.
    """
    try:
        rate = float(value)
    except ValueError:
        rate = -1
    if not 0 <= rate < math.inf:
        raise UsageError(
            f"--frame-rate {value!r}: a number of frames a second is needed, or 0"
            " for as many as viewers take"
        )
    return rate


def _shared(value: str) -> str:
    """
    @return: The value of C{--shared}.
    """
    if value not in _SHARED:
        raise UsageError(f"--shared {value!r}: one of {', '.join(_SHARED)} is needed")
    return value


class Options(UsageOptions, AuthOptionMixin):
    """
    The options of C{twistd rfb}.

    @ivar framebuffer: What is to be shown, made of the option by that name when
        all options are known.
    @ivar listeners: Where to listen, likewise.
    @ivar portal: Who may come in, likewise; C{None} for everybody.
    @ivar warnings: What the administrator should know, in sentences.
    """

    synopsis = "[options]"

    longdesc = (
        "Show a framebuffer to VNC viewers, and take keys and pointer from them."
        " Without any authentication, a bare port number is open to viewers on"
        " this machine only; with --password-file or --auth it is open to all."
        " An endpoint description is taken as it is."
    )

    # What security types can have checked.
    supportedInterfaces: Sequence[type[Interface]] = (IUsernameHashedPassword,)

    optFlags = [  # noqa: RUF012
        ["view-only", None, "Drop the keys and the pointer of all viewers."],
        ["trace", None, "Log every message of every viewer by name and size."],
    ]

    optParameters = [  # noqa: RUF012
        [
            "framebuffer",
            "f",
            "testcard",
            "What to show, KIND or KIND:ARGUMENT; see --help-framebuffer.",
        ],
        ["name", None, None, "The desktop's name, instead of the framebuffer's own."],
        [
            "password-file",
            None,
            None,
            "A file whose first line is the password, and whose second, if there is"
            " one, the password for looking on; or one made by vncpasswd.",
        ],
        [
            "view-password-file",
            None,
            None,
            "A file whose first line is the password for looking on.",
        ],
        [
            "shared",
            None,
            "honor",
            "Whether viewers share the screen: honor what each asks for, always, or"
            " never: a new viewer puts out those before it.",
            _shared,
        ],
        [
            "max-viewers",
            None,
            100,
            "How many viewers there may be at a time.",
            _wholeNumber("max-viewers", 1),
        ],
        [
            "frame-rate",
            None,
            60.0,
            "How many frames a second there may be; 0 for as many as viewers take.",
            _frameRate,
        ],
    ]

    compData = Completions(
        descriptions={"framebuffer": "what to show", "port": "where to listen"},
        multiUse=["port", "auth"],
        optActions={
            "framebuffer": CompleteList(_Prefixes()),
            "password-file": CompleteFiles(),
            "view-password-file": CompleteFiles(),
            "shared": CompleteList(_SHARED),
        },
    )

    def __init__(self, reactor: Any = None) -> None:
        """
        @param reactor: What endpoints and framebuffers are made for; the global
            reactor if not given.
        """
        UsageOptions.__init__(self)
        self["port"] = []
        self._reactor = reactor
        self.framebuffer: IFramebuffer | None = None
        self.listeners: list[Listener] = []
        self.portal: Portal | None = None
        self.warnings: list[str] = []

    @property
    def reactor(self) -> Any:
        """
        What endpoints and framebuffers are made for.
        """
        if self._reactor is None:
            # By now twistd has installed the reactor that was asked for.
            from twisted.internet import reactor

            self._reactor = reactor
        return self._reactor

    def opt_port(self, value: str) -> None:
        """
        Where to listen: a port number or an endpoint description. May be given
        more than once. [default: 5900]
        """
        self["port"].append(value)

    opt_p = opt_port

    def opt_help_framebuffer(self) -> None:
        """
        Show what can be given to --framebuffer.
        """
        factories = framebufferFactories()
        width = max((len(prefix) for prefix in factories), default=0)
        lines = ["Usage: --framebuffer KIND[:ARGUMENT]", ""]
        for prefix, factory in factories.items():
            lines.append(f"  {prefix.ljust(width)}  {factory.help}")
        self.authOutput.write("\n".join(lines) + "\n")
        raise SystemExit(0)

    def postOptions(self) -> None:
        """
        Make of the options what they stand for.

        @raise UsageError: if a value does not stand for anything.
        """
        self.portal = self._makePortal()
        ports = self["port"] or [str(_DEFAULT_PORT)]
        self.listeners = [self._makeListener(value) for value in ports]
        self.framebuffer = self._makeFramebuffer(self["framebuffer"])
        if self["name"] is not None:
            self.framebuffer.name = self["name"]

    def _makePortal(self) -> Portal | None:
        """
        @return: Who may come in, or C{None} if nothing was said about it.
        """
        password = viewPassword = None
        if self["password-file"] is not None:
            password, viewPassword = self._passwords("password-file")
        if self["view-password-file"] is not None:
            if viewPassword is not None:
                raise UsageError(
                    f"--view-password-file {self['view-password-file']!r}: the"
                    f" second line of {self['password-file']!r} is a password for"
                    " looking on already; only one of them is needed"
                )
            viewPassword, more = self._passwords("view-password-file")
            if more is not None:
                raise UsageError(
                    f"--view-password-file {self['view-password-file']!r}: it has two"
                    " passwords; one is needed"
                )
        checkers = self.get("credCheckers", [])
        if password is None and viewPassword is None and not checkers:
            return None
        return portalFor(
            password=password, viewPassword=viewPassword, checkers=checkers
        )

    def _passwords(self, option: str) -> tuple[bytes, bytes | None]:
        """
        @return: The passwords in the file that an option names.
        """
        path = self[option]
        try:
            found = readPasswords(path)
            self.warnings.extend(warningsFor(path))
        except OSError as error:
            raise UsageError(
                f"--{option} {path!r}: a file that can be read is needed:"
                f" {error.strerror}"
            ) from error
        except ValueError as error:
            raise UsageError(f"--{option} {path!r}: {error}") from error
        return found.password, found.viewPassword

    def _makeListener(self, value: str) -> Listener:
        """
        @return: What a value of C{--port} stands for.
        """
        number = value.isascii() and value.isdigit()
        description = value
        if number:
            if int(value) > 65535:
                raise UsageError(f"--port {value!r}: needed is {_PORT_HELP}")
            description = f"tcp:{int(value)}"
            if self.portal is None:
                description += ":interface=127.0.0.1"
        try:
            endpoint = serverFromString(self.reactor, description)
        # Parsers of endpoints, which are plugins, raise anything.
        except Exception as error:
            reason = str(error) or type(error).__name__
            raise UsageError(
                f"--port {value!r}: {reason}; needed is {_PORT_HELP}"
            ) from error
        return Listener(description, endpoint, bare=number)

    def _makeFramebuffer(self, value: str) -> IFramebuffer:
        """
        @return: What a value of C{--framebuffer} stands for.
        """
        prefix, _, argument = value.partition(":")
        factories = framebufferFactories()
        if prefix not in factories:
            raise UsageError(
                f"--framebuffer {value!r}: there is no kind {prefix!r}; there are"
                f" {', '.join(factories)}"
            )
        try:
            return factories[prefix].framebufferFromString(self.reactor, argument)
        except (ValueError, OSError, ImportError) as error:
            raise UsageError(f"--framebuffer {value!r}: {error}") from error


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


def exitWithStatusOne() -> None:
    """
    Let the process end with status 1 when it ends.  C{twistd} has no other way to
    say so for what happens while the reactor runs.
    """

    def leave() -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(1)

    atexit.register(leave)


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


class _PortService(Service):
    """
    Listens at one endpoint, or ends the process.
    """

    def __init__(
        self,
        listener: Listener,
        factory: RFBFactory,
        listening: Callable[[Listener, IListeningPort], None],
        failed: Callable[[str], None],
    ) -> None:
        """
        @param listener: Where to listen.

        @param factory: What connections are for.

        @param listening: Called when it listens.

        @param failed: Called with the reason if listening fails later than at
            once.
        """
        self._listener = listener
        self._factory = factory
        self._listening = listening
        self._failed = failed
        self._waiting: Deferred[IListeningPort | None] | None = None

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
            reason = failure.getErrorMessage() or type(failure.value).__name__
            error = getattr(failure.value, "socketError", failure.value)
            if isinstance(error, OSError) and error.strerror:
                reason = error.strerror
            reason = f"cannot listen at {self._listener.description}: {reason}"
            _log.critical("{reason}", reason=reason)
            if atOnce:
                trouble.append(reason)
            else:
                self._failed(reason)

        self._waiting = maybeDeferred(self._listener.endpoint.listen, self._factory)
        self._waiting.addCallbacks(listening, failed)
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
        waiting, self._waiting = self._waiting, None
        if waiting is None:
            return maybeDeferred(lambda: None)
        waiting.cancel()
        return waiting.addCallback(
            lambda port: None if port is None else port.stopListening()
        )


class RFBService(MultiService):
    """
    Serves one framebuffer at all endpoints.

    @ivar factory: The L{RFBFactory} of all of them.
    """

    def __init__(
        self,
        factory: RFBFactory,
        framebuffer: IFramebuffer,
        listeners: Sequence[Listener],
        reactor: Any,
        isProtected: bool,
        viewOnly: bool = False,
        warnings: Sequence[str] = (),
    ) -> None:
        """
        @param factory: What connections are for.

        @param framebuffer: What is shown.

        @param listeners: Where to listen.

        @param reactor: What stops when listening fails late, and times the end.

        @param isProtected: Whether viewers must log in.

        @param viewOnly: Whether the input of all viewers is dropped.

        @param warnings: What to log as the service starts.
        """
        MultiService.__init__(self)
        self.factory = factory
        self._framebuffer = framebuffer
        self._reactor = reactor
        self._isProtected = isProtected
        self._viewOnly = viewOnly
        self._warnings = tuple(warnings)
        self._greeted = False
        for listener in listeners:
            _PortService(
                listener, factory, self._nowListening, self._giveUp
            ).setServiceParent(self)

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
        closed = self.factory.disconnectAll("the server stops")
        both = gatherResults([stopped, closed], consumeErrors=True)
        both.addTimeout(_STOPPING_SECONDS, self._reactor)

        def done(result: object) -> None:
            if isinstance(result, Failure):
                _log.warn("Stopped without waiting for all viewers to close")

        return both.addBoth(done)

    def _greet(self) -> None:
        """
        Log, once, what this is.
        """
        if self._greeted:
            return
        self._greeted = True
        if kernels.NATIVE:
            how = "kernels in C"
        else:
            how = "kernels in numpy, which are slower than those in C"
        _log.info("txrfb {version}, {kernels}", version=__version__, kernels=how)
        for warning in self._warnings:
            _log.warn("{warning}", warning=warning)

    def _nowListening(self, listener: Listener, port: IListeningPort) -> None:
        """
        Log what is served where to whom, and what to think of it.
        """
        address: object = port.getHost()
        place = _place(address)
        local = _isLoopback(address)
        if isinstance(address, UNIXAddress):
            audience = "those who may open it"
        else:
            audience = "this machine only" if local else "all who can reach it"
        framebuffer = self._framebuffer
        _log.info(
            "Serving {name!r}, {width}x{height}, at {place} to {audience},"
            " {protection}{rights}",
            name=framebuffer.name,
            width=framebuffer.width,
            height=framebuffer.height,
            place=place,
            audience=audience,
            protection="who must log in" if self._isProtected else "without a password",
            rights=", to look on only" if self._viewOnly else "",
        )
        if self._isProtected:
            return
        if listener.bare:
            number = getattr(address, "port", _DEFAULT_PORT)
            _log.info(
                "To open it to other machines, give --password-file FILE; or, for"
                " everybody without a password, --port tcp:{port}",
                port=number,
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

    def _giveUp(self, reason: str) -> None:
        """
        End the process, in error.
        """
        exitWithStatusOne()
        self._reactor.stop()


def _place(address: object) -> str:
    """
    @return: An address for people to read.
    """
    if isinstance(address, IPv4Address | IPv6Address):
        return f"{address.host} port {address.port}"
    if isinstance(address, UNIXAddress) and address.name is not None:
        name = address.name
        return os.fsdecode(name)
    return str(address)


def _isLoopback(address: object) -> bool:
    """
    @return: Whether only this machine can reach an address.
    """
    if not isinstance(address, IPv4Address | IPv6Address):
        return False
    try:
        return ipaddress.ip_address(address.host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def makeService(config: Options) -> RFBService:
    """
    Make the service that the options describe.

    @param config: Options that have been parsed.

    @return: The service, which listens when it is started.
    """
    framebuffer = config.framebuffer
    assert framebuffer is not None, "the options have not been parsed"
    if config["trace"]:
        traceMessages()
    factory = RFBFactory(
        framebuffer,
        portal=config.portal,
        shared=config["shared"],
        maxViewers=config["max-viewers"],
        frameRate=config["frame-rate"],
        viewOnly=bool(config["view-only"]),
        reactor=config.reactor,
    )
    return RFBService(
        factory,
        framebuffer,
        config.listeners,
        config.reactor,
        isProtected=config.portal is not None,
        viewOnly=bool(config["view-only"]),
        warnings=config.warnings,
    )
