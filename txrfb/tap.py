# -*- test-case-name: tests.test_tap -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
C{twistd rfb}: the server as a daemon.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

from twisted.application.service import MultiService
from twisted.cred.credentials import IUsernameHashedPassword, IUsernamePassword
from twisted.cred.portal import Portal
from twisted.cred.strcred import (
    AuthOptionMixin,
    InvalidAuthArgumentString,
    InvalidAuthType,
    UnsupportedInterfaces,
    makeChecker,
)
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.usage import (
    CompleteDirs,
    CompleteFiles,
    CompleteList,
    Completions,
    UsageError,
)
from zope.interface import Interface

import twisted
from txrfb import __version__
from txrfb._daemon import DaemonService, Endings, HangUp
from txrfb._draining import Drain
from txrfb._unixpath import checkUnixPath
from txrfb.broadcast.options import BroadcastOptions
from txrfb.diagnostics import Diagnostics, LogOptions
from txrfb.framebuffers._kinds import framebufferFactories, framebufferFromString
from txrfb.interfaces import IFramebuffer
from txrfb.limits import LimitOptions
from txrfb.log import traceMessages
from txrfb.monotonic import useMonotonicTime
from txrfb.ports import PortOptions, Target, checkReachable, isPublic
from txrfb.protocol import SHARING, Limits, RFBFactory
from txrfb.record.options import RecordOptions
from txrfb.security.accounts.realm import portalFor
from txrfb.security.admission.gate import Gate
from txrfb.security.admission.passwordoptions import PasswordOptions
from txrfb.security.admission.weaknesses import weaknesses
from txrfb.service import Listener, RFBService
from txrfb.web.options import WebOptions

__all__ = ["Options", "framebufferFactories", "makeService"]


# The options whose files are read again on SIGHUP.
_SECRETS = (
    "password-file",
    "view-password-file",
    "users",
    "host-key",
    "tls-certificate",
    "tls-key",
    "tls-client-ca",
    "tls-client-crl",
    "tls-client-names",
    "web-token-file",
)

_log = Logger()


class _Prefixes:
    """
    The prefixes of L{framebufferFactories}, looked for only when a shell asks.
    """

    def __iter__(self) -> Iterator[str]:
        return iter(framebufferFactories())


class Options(
    PortOptions,
    WebOptions,
    LimitOptions,
    PasswordOptions,
    RecordOptions,
    BroadcastOptions,
    LogOptions,
    AuthOptionMixin,
):
    """
    The options of C{twistd rfb}.

    @ivar framebuffer: What is to be shown, made of the option by that name when
        all options are known.
    @ivar listeners: Where to listen, likewise.
    @ivar targets: Where to connect, likewise.
    @ivar portal: Who may log in, likewise; C{None} for everybody.
    @ivar gate: Lets viewers in, likewise.
    """

    #: What people type to come here.
    command = "twistd rfb"

    synopsis = "[options]"

    longdesc = (
        "Show a framebuffer to VNC viewers, and take keys and pointer from them."
        " Without any authentication, a bare port number is open to viewers on"
        " this machine only; with --password-file, --users, --auth or"
        " --tls-client-ca it is open to all. An endpoint description is taken as it is."
    )

    # The credentials that security types can have checked.
    supportedInterfaces: Sequence[type[Interface]] = (
        IUsernameHashedPassword,
        IUsernamePassword,
    )

    optFlags = [  # noqa: RUF012
        ["view-only", None, "Ignore the keys and the pointer of all viewers."],
        [
            "exclusive",
            None,
            "Have only one viewer drive, while the others watch: the first, until it"
            " leaves, or hands over to another, as pages of --web can.",
        ],
        ["check", None, "Say what these options come to, and exit."],
        ["trace", None, "Log every message of every viewer by name and size."],
    ]

    optParameters: list[list[Any]] = [  # noqa: RUF012
        [
            "framebuffer",
            "f",
            "testcard",
            "What to show, KIND or KIND:ARGUMENT; see --help-framebuffer.",
        ],
        [
            "control",
            None,
            None,
            "A Unix socket, which only its owner can open, for the questions and orders"
            " of python -m txrfb.control.",
        ],
        ["name", None, None, "The desktop's name, instead of the framebuffer's own."],
    ]

    compData = Completions(
        descriptions={"framebuffer": "what to show", "port": "where to listen"},
        multiUse=["port", "web", "connect", "auth", "allow", "deny", "proxy"],
        optActions={
            "framebuffer": CompleteList(_Prefixes()),
            "password-file": CompleteFiles(),
            "view-password-file": CompleteFiles(),
            "control": CompleteFiles(),
            "record": CompleteDirs(),
            "users": CompleteFiles(),
            "host-key": CompleteFiles(),
            "tls-certificate": CompleteFiles(),
            "tls-key": CompleteFiles(),
            "tls-client-ca": CompleteFiles(),
            "tls-client-crl": CompleteFiles(),
            "tls-client-names": CompleteFiles(),
            "web-token-file": CompleteFiles(),
            "shared": CompleteList(SHARING),
        },
    )

    def __init__(self, reactor: IReactorTime | None = None) -> None:
        """
        @param reactor: What endpoints and framebuffers are made for; the global
            reactor if not given.
        """
        super().__init__()
        self._reactor = reactor
        self.framebuffer: IFramebuffer | None = None
        self.listeners: list[Listener] = []
        self.targets: list[Target] = []
        self.portal: Portal | None = None
        self.gate: Gate | None = None

    @property
    def reactor(self) -> IReactorTime:
        """
        What endpoints and framebuffers are made for.
        """
        if self._reactor is None:
            # By now twistd has installed the reactor that was asked for.
            from twisted.internet import reactor

            self._reactor = cast(IReactorTime, reactor)
        return self._reactor

    def parseOptions(self, options: Sequence[str] | None = None) -> None:
        """
        Parse the command line.

        @raise UsageError: if there is something wrong with it; but not in a process of
            C{twistd}'s, which would print all of the help before that.

        @raise SystemExit: in such a process, with what is wrong as its reason, which
            makes the status 1.
        """
        try:
            super().parseOptions(options)  # type: ignore[no-untyped-call]
        except UsageError as error:
            if self.parent is None:
                raise
            command = self.command
            raise SystemExit(
                f"{command}: {error}\n{command} --help shows the options."
            ) from None

    def opt_auth(self, description: str) -> None:
        """
        A checker of names and passwords, KIND or KIND:ARGUMENT, see --help-auth; it may
        be repeated.
        """
        kind = description.partition(":")[0]
        try:
            self.addChecker(makeChecker(description))  # type: ignore[no-untyped-call]
        except InvalidAuthType:
            reason = "there is no such kind; --help-auth lists those that there are"
        except UnsupportedInterfaces:
            reason = "it checks nothing that viewers have"
        except (InvalidAuthArgumentString, ValueError, OSError) as error:
            reason = str(error)
        except Exception as error:
            reason = f"it failed with {type(error).__name__}"
        else:
            return
        # Without the argument, which may be a password.
        raise UsageError(f"--auth {kind}: {reason}")

    def getUsage(self, width: int | None = None) -> str:
        """
        @return: The help, without the blanks that docstrings have at the beginning of
            their lines.
        """
        self.docs = {name: " ".join(doc.split()) for name, doc in self.docs.items()}
        return super().getUsage(width)

    def parseArgs(self, *arguments: str) -> None:
        """
        Refuse what is no option.
        """
        if arguments:
            raise UsageError(f"{arguments[0]!r}: there are no arguments but options")

    def opt_version(self) -> None:
        """
        Show the version and exit.
        """
        self.authOutput.write(f"txrfb {__version__}, Twisted {twisted.__version__}\n")
        raise SystemExit(0)

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
        if self["vnc-user"] is not None and not self.get("credCheckers"):
            raise UsageError(
                f"--vnc-user {self['vnc-user']!r}: it is of no use without --auth"
            )
        self.gate = gate = self._makeGate()
        if self["control"] is not None:
            try:
                checkUnixPath(self["control"])
            except ValueError as error:
                raise UsageError(f"--control: {error}") from error
        self.checkRecording()
        self.makeVideo()
        self.checkBroadcast()
        self.listeners = self.makeListeners(self.reactor, self.portal is not None)
        self.webListeners = self.makeWebListeners(self.reactor, self.portal is not None)
        everywhere: list[Listener] = [*self.listeners, *self.webListeners]
        self.warnings.extend(checkReachable(everywhere, gate.networks))
        self.targets = self.makeTargets(self.reactor, gate.networks)
        isOutside = bool(self.targets) or any(
            isPublic(listener.description) for listener in self.listeners
        )
        self.warnings.extend(self.webWarnings(gate))
        if self.portal is not None and isOutside:
            self.warnings.extend(weaknesses(gate.types, gate.portal))
        elif self.targets:
            self.warnings.append(
                "without a password, whoever listens where --connect says sees the"
                " screen"
                + ("" if self["view-only"] else ", and has its keyboard and pointer")
            )
        self.framebuffer = self._makeFramebuffer(self["framebuffer"])
        if self["check"]:
            self.authOutput.write("\n".join(self.summary()) + "\n")
            raise SystemExit(0)

    def summary(self) -> list[str]:
        """
        @return: What the options come to, lines of text.
        """
        # Needed by few.
        from txrfb.check import check

        assert self.framebuffer is not None and self.gate is not None
        lines = check(
            self.framebuffer,
            self["name"],
            self.gate,
            self.listeners,
            self.targets,
            self.whoMayLogIn(),
            self.warnings,
            self["max-viewers"],
            bool(self["view-only"]),
            self.webListeners,
            self.whatIsRecorded(),
            self.whatIsPublished(),
        )
        return list(lines)

    def _makeGate(self) -> Gate:
        """
        @return: What lets viewers in.
        """
        self.portal = self.makePortal()
        portal = self.portal or portalFor()
        self.takeTokens(portal)
        return self.securityGate(
            self.reactor,
            portal,
            maxViewers=self["max-viewers"],
            maxWaiting=self["max-logins"],
        )

    def reload(self) -> None:
        """
        Read certificates, keys, passwords and users again.  If there is something wrong
        with one of them, all stay as they were.
        """
        assert self.gate is not None, "the options have not been parsed"
        before, self.warnings = self.portal, []
        try:
            self.gate.adopt(self._makeGate())
        except UsageError as error:
            self.portal = before
            _log.error(
                "Cannot read the files anew, what was read before stays: {reason}",
                reason=error,
            )
            return
        files = [option for option in _SECRETS if self[option] is not None]
        _log.info(
            "Read anew: {files}; whoever is logged in stays",
            files=", ".join(f"--{one} {self[one]}" for one in files) or "no files",
        )
        for warning in self.warnings:
            _log.warn("{advice}", advice=warning)

    def _makeFramebuffer(self, value: str) -> IFramebuffer:
        """
        @return: What a value of C{--framebuffer} stands for.
        """
        try:
            return framebufferFromString(self.reactor, value)
        except (ValueError, OSError, ImportError) as error:
            raise UsageError(f"--framebuffer {value!r}: {error}") from error


def makeService(config: Options) -> RFBService:
    """
    Make the service that the options describe.

    @param config: Options that have been parsed.

    @return: The service, which listens when it is started.  In a process of C{twistd}'s
        it also looks after what concerns the whole of that: L{DaemonService},
        L{Diagnostics}.  In others it leaves the process alone.
    """
    framebuffer = config.framebuffer
    assert framebuffer is not None, "the options have not been parsed"
    if config["trace"]:
        traceMessages()
    isDaemon = config.parent is not None
    if isDaemon:
        useMonotonicTime(config.reactor)
    factory = RFBFactory(
        framebuffer,
        name=config["name"],
        gate=config.gate,
        shared=config["shared"],
        maxViewers=config["max-viewers"],
        frameRate=config["frame-rate"],
        viewOnly=bool(config["view-only"]),
        exclusive=bool(config["exclusive"]),
        idleTimeout=config["idle-timeout"],
        timeLimit=config["time-limit"],
        limits=Limits(loginTimeout=config["login-timeout"]),
        video=config.makeVideo(),
        reactor=config.reactor,
    )
    service = (DaemonService if isDaemon else RFBService)(
        factory,
        framebuffer,
        config.listeners,
        config.reactor,
        isProtected=config.portal is not None,
        viewOnly=bool(config["view-only"]),
        warnings=config.warnings,
    )
    drain: Drain | None = None
    if isDaemon:
        config.setLogFile()
        path = config.logFile
        crashFile = None if path is None else f"{path}.crash"
        drain = Drain(service, config.reactor, config["drain-timeout"])
        listening = (
            HangUp(config.reactor, config.reload),
            drain,
            Diagnostics(factory, config.reactor, crashFile),
            Endings(config.reactor),
        )
        for part in listening:
            MultiService.addService(service, part)
            # Before the ports: when it is said that it serves, signals may come.
            service.services.insert(0, service.services.pop())
    if config.targets:
        # Needed by few, and takes time to load.
        from txrfb.reverse import ReverseConnection

        for one in config.targets:
            connection = ReverseConnection(
                factory, one.endpoint, one.where, one.repeaterID, config.reactor
            )
            MultiService.addService(service, connection)
            service.doors.append(connection.drain)
    if config.webListeners:
        # Likewise.
        from txrfb.web.service import webService

        web = webService(config, factory, service.cannotListen)
        MultiService.addService(service, web)
        service.doors.append(web.drain)
    recorder = config.makeRecorder(factory)
    if recorder is not None:
        MultiService.addService(service, recorder)
    publisher = config.makePublisher(factory)
    if publisher is not None:
        MultiService.addService(service, publisher)
    if config["control"] is not None:
        # Likewise.
        from txrfb.control.commands import Commands
        from txrfb.control.server import controlService

        control = controlService(
            config["control"],
            Commands(factory, config.summary, drain=drain.begin if drain else None),
            config.reactor,
            service.cannotListen,
        )
        MultiService.addService(service, control)
    return service
