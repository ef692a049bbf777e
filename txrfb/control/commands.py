# -*- test-case-name: tests.control.test_commands -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What can be asked of a server, and ordered, while it runs.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, ClassVar, TypeAlias

from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.threads import deferToThread

from txrfb._screen.snapshot import snapshot
from txrfb._session.playback import RemoteControl
from txrfb._session.server import RFBServer
from txrfb.diagnostics import describe
from txrfb.encodings.constants import DESKTOP_NAME
from txrfb.error import RFBError
from txrfb.pixels import Surface
from txrfb.protocol import RFBFactory
from txrfb.security.accounts.rights import Rights

__all__ = ["CommandError", "Commands"]

#: What an answer has.
Answer: TypeAlias = dict[str, Any]

#: Does what takes long elsewhere.
InThread: TypeAlias = Callable[..., Deferred[bytes]]


class CommandError(RFBError):
    """
    A command that cannot be followed.  The text says why.
    """


class Commands:
    """
    The commands, by name.
    """

    def __init__(
        self,
        factory: RFBFactory,
        check: Callable[[], Sequence[str]],
        inThread: InThread = deferToThread,
        drain: Callable[[], str] | None = None,
    ) -> None:
        """
        @param factory: The server.

        @param check: What it is set up to be, lines of text.

        @param inThread: Does what takes long in a thread.

        @param drain: Has the process take no more viewers, and end when the last has
            left; returns a sentence.  C{None} if the process is there for more.
        """
        self._factory = factory
        self._check = check
        self._inThread = inThread
        self._drain = drain

    async def run(self, command: str, arguments: Sequence[str]) -> Answer:
        """
        Follow a command.

        @param command: Its name.

        @param arguments: What it takes.

        @return: What comes of it; C{text} are lines for people to read.

        @raise CommandError: if it cannot be followed.
        """
        if command not in self._COMMANDS:
            names = ", ".join(self._COMMANDS)
            raise CommandError(f"there is no command {command!r}; there are {names}")
        parameters, do = self._COMMANDS[command]
        if len(arguments) != len(parameters):
            raise CommandError(
                f"{command} takes {' and '.join(parameters) or 'nothing'}"
            )
        return await do(self, *arguments)

    def _numbered(self, number: str) -> RFBServer:
        """
        @return: The connection of that number.
        """
        for one in self._factory.connections:
            if str(one.number) == number:
                return one
        raise CommandError(f"there is no connection {number}; list has all")

    async def _list(self) -> Answer:
        connections = list(map(describe, self._factory.connections))
        text = [", ".join(_words(one)) for one in connections]
        return {"text": text or ["nobody is connected"], "connections": connections}

    async def _kick(self, number: str) -> Answer:
        one = self._numbered(number)
        one.disconnect("disconnected by the administrator")
        return {"text": [f"disconnected {one.number}, {one.peer}"]}

    async def _rights(self, number: str, names: str) -> Answer:
        one = self._numbered(number)
        try:
            rights = Rights.fromString(names)
        except ValueError as error:
            raise CommandError(str(error)) from None
        if one not in self._factory.viewers:
            raise CommandError(f"connection {number} has not logged in")
        if self._factory.viewOnly and not rights.viewOnly:
            raise CommandError("the server is for viewing only, by --view-only")
        one.rights = rights
        return {"text": [f"{one.number}, {one.peer}, has the rights {rights}"]}

    async def _screenshot(self) -> Answer:
        factory = self._factory
        try:
            surface = await snapshot(factory.display, factory.clock)
        except TimeoutError:
            raise CommandError("the framebuffer has brought no pixels") from None
        try:
            picture = await self._inThread(_png, surface)
        except ImportError:
            raise CommandError("pictures need Pillow: pip install Pillow") from None
        return {
            "text": [f"{surface.width}x{surface.height}"],
            "png": base64.b64encode(picture).decode("ascii"),
        }

    async def _say(self, text: str) -> Answer:
        factory = self._factory
        factory.display.announce(text)
        told = sum(DESKTOP_NAME in viewer.encodings for viewer in factory.viewers)
        of = f"{told} of {len(factory.viewers)} viewers"
        return {"text": [f"{of} show it beside the name" if text else f"told {of}"]}

    async def _status(self) -> Answer:
        parts = self._factory.reports()
        text = [
            ", ".join(f"{name} {what}" for name, what in one.items()) for one in parts
        ]
        viewers = len(self._factory.viewers)
        return {"text": [f"viewers {viewers}", *text], "parts": parts}

    def _remote(self) -> RemoteControl:
        playback = self._factory.application.playback
        if playback is None:
            raise CommandError("nothing is played here")
        return RemoteControl(playback, self._factory.clock)

    async def _playback(self) -> Answer:
        try:
            state = await self._remote().state()
        except (TypeError, ValueError, OverflowError) as error:
            raise CommandError(f"what is played makes no sense: {error}") from None
        told = state.told()
        words = [f"{name} {told[name]:g}" for name in ("position", "duration")]
        words.append("playing" if state.isPlaying else "paused")
        words += [f"{name} {told[name]:g}" for name in ("speed", "idle")]
        return {"text": [", ".join(words)], "playback": told}

    async def _order(self, kind: str, value: bool | str) -> Answer:
        remote = self._remote()
        try:
            await remote.order(kind, value)
        except ValueError as error:
            raise CommandError(str(error)) from None
        return await self._playback()

    async def _play(self) -> Answer:
        return await self._order("play", True)

    async def _pause(self) -> Answer:
        return await self._order("play", False)

    async def _seek(self, seconds: str) -> Answer:
        return await self._order("seek", seconds)

    async def _speed(self, times: str) -> Answer:
        return await self._order("speed", times)

    async def _idle(self, seconds: str) -> Answer:
        return await self._order("idle", seconds)

    async def _tellCheck(self) -> Answer:
        return {"text": list(self._check())}

    async def _beginDraining(self) -> Answer:
        if self._drain is None:
            raise CommandError("the process is there for more than this server")
        return {"text": [self._drain()]}

    _COMMANDS: ClassVar[
        dict[str, tuple[tuple[str, ...], Callable[..., Awaitable[Answer]]]]
    ] = {
        "list": ((), _list),
        "kick": (("NUMBER",), _kick),
        "rights": (("NUMBER", "RIGHTS"), _rights),
        "screenshot": ((), _screenshot),
        "say": (("TEXT",), _say),
        "status": ((), _status),
        "playback": ((), _playback),
        "play": ((), _play),
        "pause": ((), _pause),
        "seek": (("SECONDS",), _seek),
        "speed": (("TIMES",), _speed),
        "idle": (("SECONDS",), _idle),
        "check": ((), _tellCheck),
        "drain": ((), _beginDraining),
    }


def _words(connection: dict[str, Any]) -> list[str]:
    """
    @return: What people want to know of a connection first.
    """
    words = [f"{connection['connection']}: {connection['peer']}"]
    if "user" not in connection:
        return [*words, connection["phase"], f"{connection['seconds']:.0f} s"]
    if connection["user"]:
        words.append(f"user {connection['user']!r}")
    return [
        *words,
        f"by {connection['security']}",
        f"rights {connection['rights']}",
        connection["encoding"],
        f"{connection['sent']} bytes sent",
        f"{connection['seconds']:.0f} s",
    ]


def _png(surface: Surface) -> bytes:
    """
    @return: A picture, as a PNG file.
    """
    from PIL import Image

    size = surface.width, surface.height
    image = Image.frombuffer(
        "RGB", size, surface.pixels, "raw", "BGRX", surface.stride, 1
    )
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()
