# -*- test-case-name: tests.x11.test_xvfb -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
An X server without a screen, which only those can open who are told how: Xvfb(1).
"""

from __future__ import annotations

import errno
import os
import secrets
import socket
import tempfile
from collections.abc import Mapping
from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.logger import Logger

from txrfb.error import DisplayError
from txrfb.x11.auth import (
    COOKIE,
    FAMILY_LOCAL,
    FAMILY_WILD,
    Authority,
    writeAuthorities,
)
from txrfb.x11.directories import COOKIES, PrivateDirectory
from txrfb.x11.processes import Program, findProgram

__all__ = ["NoXvfb", "Xvfb", "XvfbFailed", "findXvfb", "takeNumber"]

#: Seconds that it has to start.
_START = 30.0

#: Where X servers have their sockets, and by which file each says that it is there.
_SOCKETS = "/tmp/.X11-unix"
_LOCK = "/tmp/.X{number}-lock"

#: The numbers of displays that are tried: those below are people's.
_NUMBERS = range(100, 10_000)

#: What programs would rather open than an X display, and what tells of others'.
_HIDDEN = (
    *("WAYLAND_DISPLAY", "WAYLAND_SOCKET", "SESSION_MANAGER", "DESKTOP_STARTUP_ID"),
    *("XDG_ACTIVATION_TOKEN", "WINDOWID"),
)

_log = Logger()


class NoXvfb(DisplayError, ValueError):
    """
    There is no Xvfb.
    """


class XvfbFailed(DisplayError):
    """
    Xvfb has not started; the text says why.
    """


def findXvfb() -> str:
    """
    @return: The path of Xvfb.

    @raise NoXvfb: if there is none.
    """
    found = findProgram("Xvfb")
    if found is None:
        raise NoXvfb("there is no Xvfb; on Debian: apt-get install xvfb")
    return found


class Xvfb:
    """
    An Xvfb of our own: its display has the first number that is free, and is open to
    those alone that know its cookie.

    @ivar display: What goes into C{DISPLAY}; empty while it does not run.
    @ivar authority: The path of the file with the cookie, likewise.
    """

    def __init__(self, reactor: Any, size: tuple[int, int], depth: int = 24) -> None:
        """
        @param reactor: What runs it.

        @param size: The width and the height that its screen has, and can have at the
            most.

        @param depth: The bits of a color.
        """
        self._reactor = reactor
        self._size = size
        self._depth = depth
        self.display = ""
        self.authority = ""
        self._directory: PrivateDirectory | None = None
        self._program: Program | None = None
        self._lock: int | None = None
        self._heardNumber = b""
        self._ready: Deferred[None] | None = None

    def start(self) -> Deferred[None]:
        """
        Run it.

        @return: Fires when programs can open the display; fails with L{XvfbFailed}.

        @raise NoXvfb: if there is none.

        @raise OSError: if it cannot be run.
        """
        path = findXvfb()
        _makeRoomForSockets()
        directory = self._directory = PrivateDirectory()
        authority = os.path.join(directory.path, COOKIES)
        width, height = self._size
        try:
            _writeCookie(authority)
            number = self._lock = takeNumber()
            command = [
                *(path, f":{number}", "-displayfd", "3", "-auth", authority),
                # The abstract socket has no permissions that would protect it.
                *("-nolisten", "tcp", "-nolisten", "local"),
                # It stays when its last client has left, and never goes blank.
                *("-noreset", "-s", "0", "-dpi", "96"),
                *("-screen", "0", f"{width}x{height}x{self._depth}"),
            ]
            # It is ended by the gentler signal: so it takes its socket with it.
            self._program = program = Program(
                self._reactor,
                command,
                os.environ,
                death="TERM",
                says=lambda line: _log.debug("Xvfb: {line}", line=line),
                hears=self._heard,
                # It needs the directory for as long as it runs, with or without us.
                holds=directory.descriptor,
            )
            program.start()
        except BaseException:
            self._forget()
            raise
        self.authority = authority
        self._heardNumber = b""
        ready: Deferred[None] = Deferred(lambda _: None)
        self._ready = ready
        program.whenEnded().addCallback(lambda _: self._fail(program.why()))
        late = self._reactor.callLater(
            _START, self._fail, f"Xvfb has not started in {_START:g} seconds"
        )

        def inTime(result: Any) -> Any:
            if late.active():
                late.cancel()
            return result

        return ready.addBoth(inTime)

    def _heard(self, data: bytes) -> None:
        self._heardNumber += data
        if self._ready is not None and self._heardNumber.endswith(b"\n"):
            ready, self._ready = self._ready, None
            self.display = f":{int(self._heardNumber)}"
            ready.callback(None)

    def _fail(self, reason: str) -> None:
        if self._ready is not None:
            ready, self._ready = self._ready, None
            ready.errback(XvfbFailed(reason))

    def environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        """
        @param environ: An environment.

        @return: What it is for programs that are to open this display.
        """
        made = {name: value for name, value in environ.items() if name not in _HIDDEN}
        made["DISPLAY"], made["XAUTHORITY"] = self.display, self.authority
        made["XDG_SESSION_TYPE"] = "x11"
        return made

    def whenEnded(self) -> Deferred[str]:
        """
        @return: Fires when it has ended, with how.
        """
        program = self._program
        assert program is not None, "it was not started"
        return program.whenEnded().addCallback(lambda _: program.why())

    def stop(self) -> Deferred[None]:
        """
        End it, and remove what it leaves behind.

        @return: Fires when it is so.
        """
        program = self._program
        if program is None:
            return succeed(None)
        self._fail("Xvfb was stopped")
        return program.stop().addCallback(lambda _: self._forget())

    def _forget(self) -> None:
        self._program = None
        if self._lock is not None:
            _returnNumber(self._lock)
            self._lock = None
        if self._directory is not None:
            self._directory.remove()
            self._directory = None
        self.display = self.authority = ""


def _writeCookie(path: str) -> None:
    """
    Write a new cookie, for any display of this machine.
    """
    cookie = secrets.token_bytes(16)
    host = os.fsencode(socket.gethostname())
    writeAuthorities(
        path,
        [
            Authority(FAMILY_LOCAL, host, b"", COOKIE, cookie),
            # Programs that have another idea of the host's name look for this.
            Authority(FAMILY_WILD, b"", b"", COOKIE, cookie),
        ],
    )


def _makeRoomForSockets() -> None:
    """
    Make the directory of the sockets if there is none, as in a container: X servers do
    so only if they are run by root.
    """
    try:
        os.mkdir(_SOCKETS)
        os.chmod(_SOCKETS, 0o1777)
    except OSError:
        # It is there, or Xvfb will say what is wrong.
        pass


def takeNumber() -> int:
    """
    Take the number of a display, as X servers do: with -displayfd they do not do it
    themselves, and so would take each other's.

    @return: The first of L{_NUMBERS} that is free.

    @raise OSError: if none can be taken.
    """
    handle, mine = tempfile.mkstemp(prefix=".txrfb-", dir=os.path.dirname(_LOCK))
    try:
        with open(handle, "w", encoding="ascii") as file:
            file.write(f"{os.getpid():>10}\n")
        os.chmod(mine, 0o444)
        for number in _NUMBERS:
            if not _isServed(number) and _link(mine, _LOCK.format(number=number)):
                return number
    finally:
        os.unlink(mine)
    raise OSError(errno.EADDRINUSE, "all numbers of displays are taken")


def _link(mine: str, lock: str) -> bool:
    """
    @return: Whether a lock was free, or its owner is no more, and now is ours.
    """
    for _ in range(2):
        try:
            os.link(mine, lock)
            return True
        except FileExistsError:
            pass
        try:
            with open(lock, encoding="ascii") as file:
                owner = int(file.read(16))
            os.kill(owner, 0)
            return False
        except ProcessLookupError:
            os.unlink(lock)
        except FileNotFoundError:
            # Its owner has just gone.
            pass
        except (OSError, ValueError):
            return False
    return False


def _isServed(number: int) -> bool:
    """
    @return: Whether a server listens, which need not have a lock.
    """
    with socket.socket(socket.AF_UNIX) as probe:
        probe.setblocking(False)
        try:
            probe.connect(f"{_SOCKETS}/X{number}")
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        except OSError:
            # It is busy.
            return True
    return True


def _returnNumber(number: int) -> None:
    """
    Remove lock and socket of a server of ours that has ended.
    """
    for path in (f"{_SOCKETS}/X{number}", _LOCK.format(number=number)):
        try:
            os.unlink(path)
        except OSError:
            # It has done it itself.
            pass
