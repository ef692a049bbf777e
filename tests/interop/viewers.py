# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The contract that every viewer under test keeps, and what they have in common.

A L{Viewer} opens L{Session}s. A session shows pictures for as long as it is open, and
takes keys and the pointer. A viewer that only takes one picture and ends is a viewer
too: its session connects anew for every picture.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple
from unittest import SkipTest

from twisted.trial.unittest import SynchronousTestCase

from tests.interop.processes import PATIENCE, Reactor
from tests.interop.xserver import Picture

KEYSYMS = {
    "BackSpace": 0xFF08,
    "Tab": 0xFF09,
    "Return": 0xFF0D,
    "Escape": 0xFF1B,
    "Left": 0xFF51,
    "Up": 0xFF52,
    "Right": 0xFF53,
    "Down": 0xFF54,
    "F2": 0xFFBF,
    "F12": 0xFFC9,
    "Shift_L": 0xFFE1,
    "Control_L": 0xFFE3,
    "Delete": 0xFFFF,
}
"""
The keys that a test can name, with their keysyms. Latin-1 characters name themselves.
"""

ENCODINGS = {
    "raw": 0,
    "copyrect": 1,
    "rre": 2,
    "corre": 4,
    "hextile": 5,
    "zlib": 6,
    "tight": 7,
    "trle": 15,
    "zrle": 16,
    "jpeg": 21,
    "tightpng": -260,
}
"""
The encodings by the names that L{Options.encoding} takes.
"""


@dataclass(frozen=True)
class Format:
    """
    A pixel format, with the fields of SetPixelFormat.
    """

    bits: int = 32
    depth: int = 24
    bigEndian: bool = False
    maxima: tuple[int, int, int] = (255, 255, 255)
    shifts: tuple[int, int, int] = (16, 8, 0)

    def argument(self) -> str:
        """
        As the drivers take it.
        """
        fields = (self.bits, self.depth, int(self.bigEndian))
        return ",".join(map(str, (*fields, *self.maxima, *self.shifts)))


@dataclass(frozen=True)
class Options:
    """
    How a viewer is to connect. What a viewer cannot be told must be left alone: it
    raises C{ValueError} otherwise.

    @ivar password: the password it gives when it is asked.
    @ivar username: the name it gives when it is asked.
    @ivar security: the security types that it may take, in its own words.
    @ivar authority: the path of the certificate authority that it trusts.
    @ivar hostKey: the fingerprint of the server's host key that it trusts.
    @ivar encoding: the encoding that it asks for first, a name of L{ENCODINGS}.
    @ivar compression: the compression level, 0 to 9.
    @ivar quality: the JPEG quality level, 0 to 9; C{None} for no JPEG at all.
    @ivar colors: the number of colors, for viewers that know fewer than all.
    @ivar format: the pixel format, for viewers that can be told exactly.
    @ivar resizes: whether the server is asked for the size of the viewer's window.
    """

    password: str | None = None
    username: str | None = None
    security: str | None = None
    authority: str | None = None
    hostKey: str | None = None
    encoding: str | None = None
    compression: int | None = None
    quality: int | None = None
    colors: int | None = None
    format: Format | None = None
    resizes: bool | None = None


class Cursor(NamedTuple):
    """
    The shape of the pointer that a viewer draws.

    @ivar x: the column of the pixel that points.
    @ivar y: its row.
    @ivar pixels: (height, width, 4): red, green, blue, alpha.
    """

    x: int
    y: int
    pixels: Picture


class Session:
    """
    A viewer that is connected.
    """

    async def picture(self) -> Picture:
        """
        What the viewer shows now.

        @raise ViewerFailed: it shows nothing any more.
        """
        raise NotImplementedError

    async def key(self, name: str, down: bool) -> None:
        """
        Press or release a key.

        @param name: a character, or a name in L{KEYSYMS}.
        """
        raise NotImplementedError

    async def pointer(self, x: int, y: int, buttons: int = 0) -> None:
        """
        Move the pointer to a pixel of the picture, then press and release buttons.

        @param buttons: the mask of buttons that are down afterwards.
        """
        raise NotImplementedError

    async def cut(self, text: str) -> None:
        """
        Give the viewer clipboard text to send.
        """
        raise NotImplementedError

    async def bells(self) -> int:
        """
        How often the bell rang.
        """
        raise NotImplementedError

    async def clipboard(self) -> str | None:
        """
        The last clipboard text of the server, C{None} before there is any.
        """
        raise NotImplementedError

    async def cursor(self) -> Cursor | None:
        """
        The shape of the pointer, C{None} before the server has sent one.
        """
        raise NotImplementedError

    async def type(self, text: str) -> None:
        """
        Press and release a key for each character.
        """
        for character in text:
            await self.key(character, True)
            await self.key(character, False)

    async def close(self) -> None:
        """
        End the viewer, whatever state it is in. Closing again does nothing.
        """
        raise NotImplementedError


@dataclass
class Viewer:
    """
    A kind of viewer.

    @cvar name: what messages call it.
    @cvar programs: the programs that must be installed.
    @cvar modules: the Python modules that must be installed.
    @cvar libraries: the libraries that pkg-config must know.
    @cvar encodings: the encodings that it can be told to use.
    @cvar asksPassword: whether it can log in with a password.
    @cvar showsReason: whether it says why a server did not let it in.
    @cvar stays: whether a session stays connected between pictures.
    @cvar interacts: whether a session takes keys and the pointer.
    @cvar talks: whether a session has a bell, a clipboard and a cursor that
        tests can see.
    @cvar isWeb: whether it comes to the server's port for browsers.
    @cvar resizes: whether it follows a framebuffer that changes its size.
    @ivar patience: how many seconds it may take to connect.
    @cvar tolerance: how far a channel of its picture may be off, because it hands the
        picture over in a lossy file.
    """

    reactor: Reactor
    name: ClassVar[str]
    programs: ClassVar[tuple[str, ...]] = ()
    modules: ClassVar[tuple[str, ...]] = ()
    libraries: ClassVar[tuple[str, ...]] = ()
    encodings: ClassVar[tuple[str, ...]] = ()
    asksPassword: ClassVar[bool] = True
    showsReason: ClassVar[bool] = True
    stays: ClassVar[bool] = True
    interacts: ClassVar[bool] = True
    talks: ClassVar[bool] = False
    isWeb: ClassVar[bool] = False
    resizes: ClassVar[bool] = True
    tolerance: ClassVar[int] = 0
    patience: float = PATIENCE
    sessions: list[Session] = field(default_factory=list)

    def missing(self) -> str | None:
        """
        What is not installed, C{None} when all is there.
        """
        for program in self.programs:
            if shutil.which(program) is None:
                return f"the program {program}"
        for module in self.modules:
            if importlib.util.find_spec(module) is None:
                return f"the Python module {module}"
        for library in self.libraries:
            if subprocess.run(["pkg-config", "--exists", library]).returncode:
                return f"the library {library} with its headers"
        return None

    async def connect(self, host: str, port: int, options: Options) -> Session:
        """
        Connect, and wait until the viewer is through the handshake.

        @param host: an IPv4 address.
        @raise ViewerFailed: if the login fails.
        """
        raise NotImplementedError

    async def open(
        self, host: str, port: int, options: Options | None = None
    ) -> Session:
        """
        Connect, and remember the session for L{close}.
        """
        session = await self.connect(host, port, options or Options())
        self.sessions.append(session)
        return session

    async def capture(
        self, host: str, port: int, options: Options | None = None
    ) -> Picture:
        """
        Connect, take one picture, and end the viewer.
        """
        session = await self.open(host, port, options)
        try:
            return await session.picture()
        finally:
            await session.close()

    async def close(self) -> None:
        """
        End all sessions.
        """
        while self.sessions:
            await self.sessions.pop().close()


class OneShot(Session):
    """
    The session of a viewer that takes one picture and ends.
    """

    async def close(self) -> None:
        """
        There is nothing to end: a picture is taken by a program that ends.
        """


def refuse(viewer: Viewer, options: Options, *taken: str) -> None:
    """
    Refuse options that a viewer cannot be told.

    @param taken: the names of the options that it takes.
    @raise ValueError: another one is set.
    """
    for name, value in vars(options).items():
        if value is not None and name not in taken:
            raise ValueError(f"{viewer.name} cannot be told {name}={value!r}")
    if options.encoding is not None and options.encoding not in viewer.encodings:
        raise ValueError(
            f"{viewer.name} cannot be told encoding={options.encoding!r},"
            f" only {', '.join(viewer.encodings)}"
        )


def requireViewer(test: SynchronousTestCase, viewer: Viewer) -> None:
    """
    Skip a test whose viewer is not installed; where C{CI} is set, fail it.
    """
    missing = viewer.missing()
    if missing is None:
        return
    message = f"{viewer.name} needs {missing}, which is not installed"
    if os.environ.get("CI"):
        test.fail(message)
    raise SkipTest(message)


def keysym(name: str) -> int:
    """
    The keysym of a key.

    @param name: a Latin-1 character, or a name in L{KEYSYMS}.
    @raise KeyError: the name is not known.
    """
    return ord(name) if len(name) == 1 and ord(name) < 256 else KEYSYMS[name]
