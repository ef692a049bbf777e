# -*- test-case-name: tests.framebuffers.test_shared -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Memory that another program shares, and a socket at which it says more, and is told what
viewers do.

What is said on the socket is objects of JSON, one a line; C{docs/howto-memory.rst} has
all of them.
"""

from __future__ import annotations

import base64
import json
import os
from operator import index
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.interfaces import IDelayedCall, IPushProducer
from twisted.internet.protocol import Factory, connectionDone
from twisted.logger import Logger
from twisted.protocols.basic import LineOnlyReceiver
from twisted.python.failure import Failure
from zope.interface import implementer

from txrfb._unixpath import checkUnixPath
from txrfb.framebuffers.layouts import Layout
from txrfb.framebuffers.mapped import MappedFramebuffer
from txrfb.geometry import Rectangle
from txrfb.interfaces import (
    IFramebufferOwner,
    IInputReceiver,
    IKeycodeReceiver,
    IResizable,
    IViewer,
)
from txrfb.pixels import Cursor

__all__ = ["SharedFramebuffer"]

#: How long a line may be, in bytes: a cursor of 256x256 pixels, and more.
_MAX_LINE = 1 << 19

#: How wide and high a cursor may be.
_MAX_CURSOR = 256

#: Seconds that a program has to have the size that a viewer asks for.
_SIZE_TIMEOUT = 5.0

#: Seconds that a program may read nothing of what there is for it.
_READ_TIMEOUT = 10.0

_log = Logger()


@implementer(IInputReceiver, IKeycodeReceiver, IResizable)
class SharedFramebuffer(MappedFramebuffer):
    """
    Shows the pixels in a file, and hands keys, pointer and wishes for another size on
    to the program that connects to a socket: one at a time.

    The socket is there while the service is started to which this can be adapted
    (C{IService(framebuffer)}).
    """

    def __init__(
        self, path: str, socket: str, layout: Layout | None = None, **options: Any
    ) -> None:
        """
        @param path: The file.

        @param socket: Where the socket is to be.

        @param layout: Where the pixels are in the file, until the program says
            something else.

        @param options: As L{MappedFramebuffer} takes them.

        @raise ValueError: if the path of the socket is too long for one.
        """
        super().__init__(path, layout, **options)
        checkUnixPath(socket)
        self.control = _Control(self, socket, self._clock)
        self._program: _Program | None = None
        self._wish: tuple[tuple[int, int], Deferred[bool]] | None = None

    @property
    def isConnected(self) -> bool:
        """
        Whether a program is at the socket.
        """
        return self._program is not None

    def disconnect(self) -> None:
        """
        Close the connection, if there is one.
        """
        if self._program is not None:
            self._program.transport.abortConnection()

    # -- What the program says -------------------------------------------------------

    def connected(self, program: _Program | None) -> None:
        """
        A program has connected, or left.
        """
        self._program = program
        if program is None:
            self.tellsDamage = False
            self._answer(None)

    def layoutReceived(self, said: dict[str, Any]) -> None:
        """
        The pixels are elsewhere, or of another size, from now on.
        """
        self.layout = Layout.checked(**said)
        self.isXWD = False
        self._answer(self.layout[:2])
        self.damage()

    def damageReceived(self, said: list[int]) -> None:
        """
        Pixels have changed.
        """
        rectangle = Rectangle(*map(index, said))
        if not self.tellsDamage:
            self.tellsDamage = True
        self.damage(rectangle)

    def cursorReceived(self, said: dict[str, Any] | None) -> None:
        """
        The pointer has another shape, or none.
        """
        if said is None:
            self.cursor = None
            return
        width, height, x, y = (index(said[name]) for name in _CURSOR)
        pixels = base64.b64decode(said["pixels"], validate=True)
        if not (0 < width <= _MAX_CURSOR and 0 < height <= _MAX_CURSOR):
            raise ValueError(f"a cursor of {width}x{height}")
        if len(pixels) != width * height * 4 or not (
            0 <= x < width and 0 <= y < height
        ):
            raise ValueError(f"{len(pixels)} bytes of a cursor that points {x}, {y}")
        self.cursor = Cursor(width, height, x, y, pixels)

    # -- What viewers do -------------------------------------------------------------

    def _say(self, **what: Any) -> Deferred[None] | None:
        return None if self._program is None else self._program.say(what)

    def keyEvent(
        self, keysym: int, down: bool, viewer: IViewer
    ) -> Deferred[None] | None:
        """
        See L{IInputReceiver}.
        """
        return self._say(key=keysym, down=down)

    def keycodeEvent(
        self, keycode: int, keysym: int, down: bool, viewer: IViewer
    ) -> Deferred[None] | None:
        """
        See L{IKeycodeReceiver}.
        """
        return self._say(key=keysym, down=down, code=keycode)

    def pointerEvent(
        self, x: int, y: int, buttons: int, viewer: IViewer
    ) -> Deferred[None] | None:
        """
        See L{IInputReceiver}.
        """
        return self._say(pointer=[x, y], buttons=buttons)

    def sizeRequested(
        self, width: int, height: int, viewer: IViewer
    ) -> Deferred[bool] | bool:
        """
        See L{IResizable}.  The next layout is the answer.
        """
        if self._program is None:
            return False
        self._say(size=[width, height])
        wish: Deferred[bool] = Deferred(lambda _: self._forget())
        self._wish = (width, height), wish
        wish.addTimeout(_SIZE_TIMEOUT, self._clock)
        wish.addErrback(_tooLate)
        return wish

    def _forget(self) -> None:
        self._wish = None

    def _answer(self, size: tuple[int, ...] | None) -> None:
        if self._wish is not None:
            (wanted, wish), self._wish = self._wish, None
            wish.callback(wanted == size)


#: What says how large a cursor is, and where it points.
_CURSOR = ("width", "height", "x", "y")


def _tooLate(failure: Failure) -> bool:
    failure.trap(TimeoutError)
    return False


@implementer(IPushProducer)
class _Program(LineOnlyReceiver):
    """
    The program at the other end.
    """

    delimiter = b"\n"
    MAX_LENGTH = _MAX_LINE

    transport: Any

    def __init__(self, framebuffer: SharedFramebuffer, clock: Any) -> None:
        self._framebuffer = framebuffer
        self._clock = clock
        self._waiting: list[Deferred[None]] = []
        self._deadline: IDelayedCall | None = None
        self._isPaused = False

    def connectionMade(self) -> None:
        """
        It is there.
        """
        self.transport.registerProducer(self, True)
        self._framebuffer.connected(self)
        _log.info("A program is at the socket")

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        It is gone.
        """
        self._go()
        self._framebuffer.connected(None)
        _log.info("The program at the socket is gone: {reason}", reason=reason.value)

    def lineReceived(self, line: bytes) -> None:
        """
        It says something: one or more of what there is to say.  What is wrong ends the
        connection, after it was told.
        """
        framebuffer = self._framebuffer
        takers: dict[str, Any] = {
            "layout": framebuffer.layoutReceived,
            "damage": framebuffer.damageReceived,
            "cursor": framebuffer.cursorReceived,
        }
        try:
            said = json.loads(line)
            for what, value in said.items():
                takers[what](value)
        except (
            ValueError,
            TypeError,
            KeyError,
            AttributeError,
            RecursionError,
        ) as error:
            self._refuse(f"{type(error).__name__}: {error}")

    def lineLengthExceeded(self, line: bytes) -> None:
        """
        It says too much at once.
        """
        self._refuse(f"a line is longer than {_MAX_LINE} bytes")

    def _refuse(self, reason: str) -> None:
        _log.warn("What the program at the socket says: {reason}", reason=reason)
        self.say({"error": reason})
        self.transport.unregisterProducer()
        self.transport.loseConnection()

    def say(self, what: dict[str, Any]) -> Deferred[None] | None:
        """
        Tell it something.

        @return: Fires when it can be told more; C{None} if it can at once.
        """
        self.transport.write(json.dumps(what).encode("ascii") + self.delimiter)
        if not self._isPaused:
            return None
        waiting: Deferred[None] = Deferred(self._waiting.remove)
        self._waiting.append(waiting)
        return waiting

    def pauseProducing(self) -> None:
        """
        It reads slowly, or not at all: it has a while for that.
        """
        self._isPaused = True
        self._deadline = self._clock.callLater(_READ_TIMEOUT, self._drop)

    def _drop(self) -> None:
        self._deadline = None
        _log.warn("The program at the socket does not read what it is told: closed")
        self.transport.abortConnection()

    def resumeProducing(self) -> None:
        """
        It has read.
        """
        self._go()

    def stopProducing(self) -> None:
        """
        It is gone.
        """

    def _go(self) -> None:
        self._isPaused = False
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            one.callback(None)


class _Programs(Factory):
    """
    Lets in one program at a time.
    """

    noisy = False

    def __init__(self, framebuffer: SharedFramebuffer, clock: Any) -> None:
        self._framebuffer = framebuffer
        self._clock = clock

    def buildProtocol(self, addr: object) -> _Program | None:
        """
        Make the protocol for a program, if there is none.
        """
        if self._framebuffer.isConnected:
            _log.warn("Another program is at the socket already")
            return None
        return _Program(self._framebuffer, self._clock)


class _Control(Service):
    """
    The socket, which nobody but its owner can open.
    """

    def __init__(self, framebuffer: SharedFramebuffer, path: str, clock: Any) -> None:
        self._factory = _Programs(framebuffer, clock)
        self._framebuffer = framebuffer
        self._path = path
        self._reactor = clock
        self._port: Any = None

    def privilegedStartService(self) -> None:
        """
        Listen.
        """
        self._listen()

    def startService(self) -> None:
        """
        Listen, if it was not done before.
        """
        Service.startService(self)
        self._listen()

    def _listen(self) -> None:
        if self._port is not None:
            return
        # The mode is set when the socket is there already.
        before = os.umask(0o177)
        try:
            self._port = self._reactor.listenUNIX(
                self._path, self._factory, mode=0o600, wantPID=True
            )
        except Exception as error:
            reason = getattr(error, "socketError", error)
            why = getattr(reason, "strerror", None) or str(reason)
            said = f"cannot listen at {self._path}: {why}"
            owner = IFramebufferOwner(self.parent, None)
            if owner is None:
                raise
            owner.framebufferEnded(said)
        finally:
            os.umask(before)

    def stopService(self) -> Any:
        """
        Listen no more, and close the connection.
        """
        Service.stopService(self)
        self._framebuffer.disconnect()
        port, self._port = self._port, None
        return None if port is None else port.stopListening()
