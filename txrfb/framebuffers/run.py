# -*- test-case-name: tests.framebuffers.test_run -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A program on a display of its own, as a framebuffer.
"""

from __future__ import annotations

import os
import pwd
import shlex
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any

from twisted.internet.defer import (
    Deferred,
    TimeoutError,
    gatherResults,
    inlineCallbacks,
)
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from txrfb.error import DisplayError
from txrfb.framebuffers._x11controls import DisplayPart
from txrfb.framebuffers.x11 import X11Framebuffer
from txrfb.geometry import checkSize
from txrfb.interfaces import IFramebufferOwner
from txrfb.x11.auth import parseDisplay
from txrfb.x11.connection import X11Connection
from txrfb.x11.opening import connectDisplay
from txrfb.x11.processes import Program, findProgram
from txrfb.x11.stage import Stage
from txrfb.x11.view import ScreenView
from txrfb.x11.xvfb import Xvfb, XvfbFailed, findXvfb

__all__ = ["RunFramebuffer"]

#: The size of the screen, unless something else is said; and that which it can have
#: later, unless it begins with a larger one.
_SIZE, _LARGEST = (1280, 800), (3840, 2160)

#: Seconds after which a program is started again: at first, and at the most.
_MIN_PAUSE, _MAX_PAUSE = 1.0, 30.0

#: A program that has run for so many seconds has not failed at once.
_LONG = 10.0

#: Seconds in which an X server has ended whose connections are lost.
_SERVER_ENDS = 2.0

#: The bits of a color that Xvfb can have and that can be shown.
_DEPTHS = (15, 16, 24)

#: The Debian packages of programs that are not called as they are.
_PACKAGES = {
    "chrome": "chromium",
    "firefox": "firefox-esr",
    "google-chrome": "chromium",
    "idle": "idle",
    "libreoffice": "libreoffice",
    "matchbox-window-manager": "matchbox-window-manager",
    "soffice": "libreoffice",
    "twm": "twm",
    "x-terminal-emulator": "xterm",
    "xclock": "x11-apps",
    "xeyes": "x11-apps",
    "xfce4-session": "xfce4",
    "xfwm4": "xfwm4",
}


def _resolved(command: str | Sequence[str], what: str) -> list[str]:
    """
    @return: A command with the path of its program.

    @raise ValueError: if there is no such program.
    """
    words = shlex.split(command) if isinstance(command, str) else list(command)
    if not words:
        raise ValueError(f"there is no {what}")
    path = findProgram(words[0])
    if path is None:
        name = os.path.basename(words[0])
        if os.path.exists(words[0]) and os.path.dirname(words[0]):
            raise ValueError(f"{words[0]!r} cannot be run: it is no program")
        package = _PACKAGES.get(name, name)
        raise ValueError(
            f"there is no {what} {words[0]!r}; on Debian: apt-get install {package}"
        )
    return [path, *words[1:]]


class RunFramebuffer(X11Framebuffer):
    """
    Shows a program on an X server of its own (Xvfb).  Both run while its service does
    (C{IService(framebuffer)}), which C{twistd rfb} and C{serve} start; when the program
    ends, it is over.

    @ivar hasWindow: Whether the program has shown a window yet.
    @ivar onWindow: Called when it shows one.
    """

    _log = Logger()

    def __init__(
        self,
        command: str | Sequence[str],
        size: tuple[int, int] = _SIZE,
        *,
        depth: int = 24,
        windowManager: str | Sequence[str] = "",
        restart: bool = False,
        primary: bool = False,
        environment: Mapping[str, str] | None = None,
        reactor: Any = None,
    ) -> None:
        """
        @param command: A program and its arguments: as a shell takes them, or a list.

        @param size: Width and height of the screen, until a viewer asks for others.

        @param depth: How many bits a color has: 15, 16 or 24.

        @param windowManager: A window manager and its arguments, likewise.  If it is
            empty, windows fill the screen, dialogs are in its middle, and the newest
            has the keyboard; if it is C{"none"}, they are where they like to be.

        @param restart: Whether the program is started again when it has ended.

        @param primary: Whether what is selected with the mouse belongs to the
            clipboard, both ways, besides what is copied.

        @param environment: Variables for the environment of the program, besides those
            of this process.

        @param reactor: What runs it; the global reactor if not given.

        @raise ValueError: if there is no such program, no Xvfb, or no such size.
        """
        width, height = size
        checkSize(width, height)
        if depth not in _DEPTHS:
            raise ValueError(f"a depth of {depth}; expected 15, 16 or 24")
        self._command = _resolved(command, "program")
        # Whether windows are looked after here.
        self._isManaging = not windowManager
        self._manager = (
            []
            if windowManager in ("", "none", [], ["none"])
            else _resolved(windowManager, "window manager")
        )
        findXvfb()
        super().__init__(
            ":0", authority=(), primary=primary, private=True, reactor=reactor
        )
        name = os.path.basename(self._command[0])
        self._name = name
        self._wanted = (width, height)
        self._restarts = restart
        self._environment = dict(environment or {})
        largest = max(width, _LARGEST[0]), max(height, _LARGEST[1])
        self._xvfb = Xvfb(self._reactor, largest, depth)
        self._stage: Stage | None = None
        self.hasWindow = False
        self.onWindow: Callable[[], object] | None = None
        self._programs: list[Program] = []
        self._startedAt = 0.0
        self._again: IDelayedCall | None = None
        self._isRunning = False

    @property
    def environment(self) -> dict[str, str]:
        """
        The environment of programs on this display.
        """
        return self._xvfb.environment({**_ownEnvironment(), **self._environment})

    # -- From the beginning to the end -----------------------------------------------

    def start(self) -> None:
        """
        Run X server and program.
        """
        if self._isRunning:
            return
        self._isRunning = True
        self._backoff = _MIN_PAUSE
        self._startServer()

    def _startServer(self) -> None:
        self._again = None
        try:
            started = self._xvfb.start()
        except (OSError, ValueError) as error:
            self._end(str(error))
            return
        started.addCallbacks(self._serverStarted, self._serverFailed)

    def _serverStarted(self, _: object) -> None:
        self.display = parseDisplay(self._xvfb.display)
        self._authority = self._xvfb.authority
        super().start()

    def _serverFailed(self, failure: Failure) -> None:
        failure.trap(XvfbFailed)
        self._end(str(failure.value))

    def _makeParts(
        self, connection: X11Connection, view: ScreenView
    ) -> list[DisplayPart]:
        """
        The program is a part of it, and the last: it is started when the screen has the
        size that it should have.
        """
        parts = super()._makeParts(connection, view)
        return [*parts, _StagePart(self), _Programs(self)]

    def makeStage(self, connection: X11Connection) -> Stage:
        """
        @return: What looks after windows, or at them.
        """
        reactor = self._reactor if self._manager else None
        self._stage = Stage(connection, self.windowShown, self._isManaging, reactor)
        return self._stage

    def windowShown(self) -> None:
        """
        There is a window.
        """
        self.hasWindow = True
        if self.onWindow is not None:
            self.onWindow()

    def connect(self) -> Deferred[X11Connection]:
        """
        @return: Another connection to the display.
        """
        return connectDisplay(self._reactor, self.display, self._authorities)

    @inlineCallbacks
    def startPrograms(self) -> Generator[Deferred[Any], Any, None]:
        """
        Give the screen its size, and run window manager and program.
        """
        width, height = self._wanted
        if self._screens is not None:
            isDone = yield self._screens.resize(width, height)
            if not isDone:
                self._log.warn(
                    "The screen could not be made {width}x{height}",
                    width=width,
                    height=height,
                )
        self._log.info(
            "Running {command} on display {display}",
            command=shlex.join(self._command),
            display=self.display,
        )
        if self._manager:
            manager = self._run(self._manager)
            if manager is not None:
                manager.whenEnded().addCallback(self._managerEnded, manager)
                assert self._stage is not None
                yield self._stage.managed()
                if manager not in self._programs:
                    # It was stopped meanwhile.
                    return
        self._startProgram()

    def _startProgram(self) -> None:
        self._again = None
        self._startedAt = self._reactor.seconds()
        program = self._run(self._command)
        if program is not None:
            program.whenEnded().addCallback(self._programEnded, program)

    def _run(self, command: Sequence[str]) -> Program | None:
        program = Program(
            self._reactor,
            command,
            self.environment,
            says=lambda line: self._log.info(
                "{program}: {line}", program=program.name, line=line
            ),
        )
        try:
            program.start()
        except OSError as error:
            self._end(f"{command[0]} cannot be run: {error.strerror or error}")
            return None
        self._programs.append(program)
        return program

    def _managerEnded(self, status: int, manager: Program) -> None:
        if self._isRunning and manager in self._programs:
            self._log.warn("The window manager is gone: {why}", why=manager.why())

    def _programEnded(self, status: int, program: Program) -> None:
        if not self._isRunning or program not in self._programs:
            return
        if not self._restarts:
            self._end(program.why(), status)
            return
        # What it has left behind is not to be there twice.
        self._programs.remove(program)
        program.stop()
        self._again = self._reactor.callLater(
            self._nextPause(program.why()), self._startProgram
        )

    def _nextPause(self, why: str) -> float:
        """
        @return: After how many seconds to begin anew.
        """
        if self._reactor.seconds() - self._startedAt > _LONG:
            self._backoff = _MIN_PAUSE
        pause, self._backoff = self._backoff, min(self._backoff * 2, _MAX_PAUSE)
        self._log.warn(
            "{why}; it is started again in {seconds:g} seconds", why=why, seconds=pause
        )
        return pause

    def _over(self, reason: str) -> None:
        """
        There is no connection to the display any more.
        """
        if self._isRunning:
            self._serverGone(reason)

    @inlineCallbacks
    def _serverGone(self, reason: str) -> Generator[Deferred[Any], Any, None]:
        ended = self._xvfb.whenEnded()
        try:
            # As a rule it has ended, and why it has is the better reason.
            reason = yield ended.addTimeout(_SERVER_ENDS, self._reactor)
        except TimeoutError:
            pass
        yield self._halt()
        self._end(reason)

    def _end(self, reason: str, status: int = 1) -> None:
        """
        It is over, or begins anew.
        """
        if not self._isRunning or self._again is not None:
            return
        if self._restarts:
            self._again = self._reactor.callLater(
                self._nextPause(reason), self._startServer
            )
            return
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            if not one.called:
                one.errback(DisplayError(reason))
        owner = IFramebufferOwner(self._service.parent, None)
        if owner is None:
            self._log.error("{reason}", reason=reason)
        else:
            owner.framebufferEnded(reason, status)

    @inlineCallbacks
    def _halt(self) -> Generator[Deferred[Any], Any, None]:
        """
        End programs and X server.
        """
        if self._again is not None:
            self._again.cancel()
            self._again = None
        programs, self._programs = self._programs, []
        yield gatherResults([program.stop() for program in programs])
        yield X11Framebuffer.stop(self)
        yield self._xvfb.stop()

    @inlineCallbacks
    def stop(self) -> Generator[Deferred[Any], Any, None]:
        """
        End program and X server.
        """
        self._isRunning = False
        yield self._halt()


class _StagePart(DisplayPart):
    """
    What looks after windows.
    """

    def __init__(self, framebuffer: RunFramebuffer) -> None:
        self._framebuffer = framebuffer
        self._connection: X11Connection | None = None
        self._stage: Stage | None = None

    @inlineCallbacks
    def start(self) -> Generator[Deferred[Any], Any, None]:
        """
        Connect, and begin.
        """
        framebuffer = self._framebuffer
        self._connection = connection = yield framebuffer.connect()
        self._stage = framebuffer.makeStage(connection)
        yield self._stage.start()

    def watch(self, isWanted: bool) -> None:
        """
        It does so whether somebody looks or not.
        """

    def stop(self) -> None:
        """
        Leave the windows alone.
        """
        if self._stage is not None:
            self._stage.stop()
        if self._connection is not None and not self._connection.isLost:
            self._connection.close()


class _Programs(DisplayPart):
    """
    What runs on the display.
    """

    def __init__(self, framebuffer: RunFramebuffer) -> None:
        self._framebuffer = framebuffer

    def start(self) -> Deferred[None]:
        """
        Run it.
        """
        return self._framebuffer.startPrograms()

    def watch(self, isWanted: bool) -> None:
        """
        It runs, whether somebody looks or not.
        """

    def stop(self) -> None:
        """
        It is ended before.
        """


def _ownEnvironment() -> dict[str, str]:
    """
    @return: The environment of this process; if it has become another user's since it
        was started, with that user's home.
    """
    environment = dict(os.environ)
    home = environment.get("HOME", "")
    if not os.access(home, os.W_OK):
        try:
            user = pwd.getpwuid(os.geteuid())
        except KeyError:
            return environment
        environment.update(HOME=user.pw_dir, USER=user.pw_name, LOGNAME=user.pw_name)
        environment.pop("XDG_RUNTIME_DIR", None)
    return environment
