# -*- test-case-name: tests.x11.test_connection -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
One connection to an X server, on which nothing waits: a request that has a reply is a
Deferred of it.
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from twisted.internet.defer import Deferred, fail
from twisted.internet.interfaces import (
    IDelayedCall,
    IPushProducer,
    IUNIXTransport,
)
from twisted.internet.protocol import Protocol, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from txrfb.error import DisplayError
from txrfb.x11 import core
from txrfb.x11.auth import Authority
from txrfb.x11.checks import Check, Checks
from txrfb.x11.gather import shared
from txrfb.x11.names import describedError
from txrfb.x11.wire import (
    Extension,
    Packet,
    PacketReader,
    Question,
    Request,
    Setup,
    X11Error,
    setupRequest,
)

__all__ = ["SETUP_TIMEOUT", "X11Connection"]

_Answer = TypeVar("_Answer")

#: Seconds that a server has to let us in.
SETUP_TIMEOUT = 10.0

#: Seconds after which a server that does not reply is said not to answer.
SILENCE = 5.0

#: The first byte of an error and of a reply; of events it has the number.
_ERROR, _REPLY = 0, 1

_SEQUENCE = struct.Struct("<H")

_log = Logger()


@implementer(IPushProducer)
class X11Connection(Protocol):
    """
    A connection to an X server.

    @ivar ready: Fires with this when the server has let us in; fails with
        L{DisplayError} if it does not.
    @ivar lost: Fires with a L{DisplayError} that says why when the connection has
        ended.  It never fails; callbacks return what they are given, for others.
    @ivar setup: What the server said at first.
    @ivar screen: The screen of it that was asked for.
    @ivar isFull: Whether more waits to be written than should.
    @ivar onDrained: Is called when that is over.
    @ivar onSilence: Is called with C{True} when the server has not replied for some
        seconds, and with C{False} when it does again.
    @ivar onError: Is called with the L{X11Error} of a request that has no reply; it is
        logged if this is not set.
    """

    transport: Any
    setup: Setup

    def __init__(
        self, reactor: Any, authority: Authority | None = None, screen: int = 0
    ) -> None:
        """
        @param reactor: What time is taken from.

        @param authority: What lets us in.

        @param screen: The number of the screen.
        """
        self._reactor = reactor
        self._authority = authority
        self._screenNumber = screen
        self._reader = PacketReader()
        # Questions without an answer yet, with the low bits of their numbers, and when
        # they were asked.
        self._asked: deque[tuple[int, Question[Any], Deferred[Any], float]] = deque()
        self._sequence = 0
        self._nextId = 0
        self._freeIds: list[int] = []
        self._extensions: dict[str, Deferred[Extension | None]] = {}
        self._opcodes: dict[str, Extension] = {}
        self._atoms: dict[str, Deferred[int]] = {}
        self._checks = Checks()
        self._listeners: dict[int, list[Callable[[Packet], None]]] = {}
        self._deadline: IDelayedCall | None = None
        self._isSilent = False
        self._reason: DisplayError | None = None
        self.isFull = False
        self.ready: Deferred[X11Connection] = Deferred(self._canceled)
        self.lost: Deferred[DisplayError] = Deferred()
        self.onDrained: Callable[[], None] = _nothing
        self.onSilence: Callable[[bool], None] = _nothing
        self.onError: Callable[[X11Error], None] | None = None

    # -- The transport ---------------------------------------------------------------

    def connectionMade(self) -> None:
        """
        Say who we are.
        """
        self.transport.registerProducer(self, True)
        entry = self._authority
        name, data = (b"", b"") if entry is None else (entry.name, entry.data)
        self.transport.write(setupRequest(name, data))
        self._deadline = self._reactor.callLater(SETUP_TIMEOUT, self._notSetUp)

    def _notSetUp(self) -> None:
        self._deadline = None
        self.abort(DisplayError("the display does not answer"))

    def _canceled(self, _: object) -> None:
        self.abort(DisplayError("nobody wants it any more"))

    def abort(self, reason: DisplayError) -> None:
        """
        End the connection.

        @param reason: Why: what C{lost} fires with.
        """
        self._reason = self._reason or reason
        if self.transport is not None:
            self.transport.abortConnection()

    def close(self) -> None:
        """
        End the connection, without what still waits to be written.
        """
        self.abort(DisplayError("the connection was closed"))

    def dataReceived(self, data: bytes) -> None:
        """
        The server says something.
        """
        reader = self._reader
        wasSetUp = reader.setup is not None
        try:
            for packet in reader.receive(data):
                if not wasSetUp:
                    wasSetUp = self._setUp(reader.setup)
                self._received(packet)
                if self._reason is not None:
                    return
            if not wasSetUp and reader.setup is not None:
                self._setUp(reader.setup)
        except DisplayError as error:
            self.abort(error)

    def _setUp(self, setup: Setup | None) -> bool:
        assert setup is not None
        self._stopClock()
        if self._screenNumber >= len(setup.screens):
            raise DisplayError(f"the display has no screen {self._screenNumber}")
        self.setup = setup
        self.screen = setup.screens[self._screenNumber]
        self.ready.callback(self)
        return True

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        The server is gone, or has thrown us out.
        """
        self._stopClock()
        why = self._reason
        if why is None:
            why = DisplayError(f"the display is gone: {reason.getErrorMessage()}")
            self._reason = why
        asked, self._asked = self._asked, deque()
        self._listeners = {}
        if not self.ready.called:
            self.ready.errback(why)
        for _, _, waiting, _ in asked:
            if not waiting.called:
                waiting.errback(why)
        self.lost.callback(why)

    def pauseProducing(self) -> None:
        """
        More waits than the transport likes.
        """
        self.isFull = True

    def resumeProducing(self) -> None:
        """
        It has been written.
        """
        self.isFull = False
        self.onDrained()

    def stopProducing(self) -> None:
        """
        The connection ends.
        """
        self.isFull = False

    @property
    def isLost(self) -> bool:
        """
        Whether nothing can be asked any more.
        """
        return self._reason is not None

    @property
    def sequence(self) -> int:
        """
        The number of the last request; packets have its low 16 bits.
        """
        return self._sequence

    @property
    def passesDescriptors(self) -> bool:
        """
        Whether descriptors of files can be sent.
        """
        return IUNIXTransport.providedBy(self.transport)

    # -- Requests --------------------------------------------------------------------

    def pack(self, request: Request) -> bytes:
        """
        @return: A request as it goes to this server.

        @raise DisplayError: if it is of an extension that was not found.
        """
        if not request.extension:
            return request.toBytes(0)
        try:
            return request.toBytes(self._opcodes[request.extension].opcode)
        except KeyError:
            raise DisplayError(f"the display has no {request.extension}") from None

    def send(self, *requests: Request) -> None:
        """
        Send requests that have no reply.  An error is logged when it comes.
        """
        if self._reason is None:
            self._sequence += len(requests)
            self.transport.write(b"".join(map(self.pack, requests)))

    def sendQuietly(self, *requests: Request) -> None:
        """
        Send requests that are about what others may have freed already: it is nobody's
        fault if they fail.
        """
        for request in requests:
            self.send(request)
            self._checks.ignore(self._sequence)

    def check(self, *requests: Request, descriptor: int = -1) -> Deferred[None]:
        """
        Send requests that have no reply, and find out whether they were done.

        @param descriptor: The descriptor of a file that belongs to the first of them.
            It must stay open until this has fired.

        @return: Fires when all of them were done.  Fails with the first L{X11Error} of
            them, or with L{DisplayError} if the connection ends.
        """
        if self._reason is None and descriptor >= 0:
            self.transport.sendFileDescriptor(descriptor)
        check = self._checks.begin(self._sequence + 1, len(requests))
        self.send(*requests)
        return self.ask(core.getInputFocus()).addBoth(self._checked, check)

    def _checked(self, answer: object, check: Check) -> object:
        self._checks.end(check)
        return answer if check.error is None else Failure(check.error)

    def ask(self, question: Question[_Answer]) -> Deferred[_Answer]:
        """
        Send a request that has a reply.

        @return: Fires with the answer.  Fails with L{X11Error} if that is what the
            server says, and with L{DisplayError} if the connection ends or the reply is
            wrong.  It may be canceled.
        """
        return self.askPacked(self.pack(question), 1, question)

    def askPacked(
        self, data: bytes, count: int, question: Question[_Answer]
    ) -> Deferred[_Answer]:
        """
        Send several requests of which the last has a reply.

        @param data: All of them, each made by L{pack}.

        @param count: How many they are.

        @param question: The last of them.

        @return: As of L{ask}.
        """
        if self._reason is not None:
            return fail(self._reason)
        self.transport.write(data)
        self._sequence += count
        waiting: Deferred[_Answer] = Deferred(_ignore)
        now = self._reactor.seconds()
        self._asked.append((self._sequence & 0xFFFF, question, waiting, now))
        if self._deadline is None:
            self._deadline = self._reactor.callLater(SILENCE, self._checkSilence)
        return waiting

    def flush(self) -> None:
        """
        Write what waits now, and not in the next turn of the reactor: for what somebody
        waits for.
        """
        write = getattr(self.transport, "doWrite", None)
        if write is not None and self._reason is None:
            # What is wrong is found out by the reactor.
            write()

    def newId(self) -> int:
        """
        @return: An identifier for something new.

        @raise DisplayError: if there are too many of them.
        """
        if self._freeIds:
            return self._freeIds.pop()
        mask = self.setup.idMask
        step = mask & -mask
        self._nextId += step
        if self._nextId & ~mask:
            raise DisplayError("there are no more identifiers")
        return self.setup.idBase | self._nextId

    def freeId(self, *ids: int) -> None:
        """
        Give identifiers back of what was freed.
        """
        self._freeIds.extend(ids)

    def extension(self, name: str) -> Deferred[Extension | None]:
        """
        @return: Fires with what the server says of an extension; C{None} if it has
            none of that name.  Requests of it can be sent after that.  The server is
            asked once.
        """
        found = self._extensions.get(name)
        if found is None:
            found = self.ask(core.queryExtension(name))
            found.addCallback(self._extensionFound, name)
            self._extensions[name] = found
        return shared(found)

    def _extensionFound(
        self, extension: Extension | None, name: str
    ) -> Extension | None:
        if extension is not None:
            self._opcodes[name] = extension
        return extension

    def internAtom(self, name: str) -> Deferred[int]:
        """
        @return: Fires with the atom of a name.  The server is asked once.
        """
        found = self._atoms.get(name)
        if found is None:
            found = self._atoms[name] = self.ask(core.internAtom(name))
        return shared(found)

    # -- What comes ------------------------------------------------------------------

    def addListener(
        self, extension: str, number: int, listener: Callable[[Packet], None]
    ) -> Callable[[], None]:
        """
        Call C{listener} with each event of a kind.

        @param extension: Whose event it is; L{CORE} or one that was found.

        @param number: Its number; of extensions, counted from their first.

        @return: What ends that when it is called.
        """
        first = self._opcodes[extension].event if extension else 0
        listeners = self._listeners.setdefault(first + number, [])
        listeners.append(listener)

        def remove() -> None:
            if listener in listeners:
                listeners.remove(listener)

        return remove

    def _received(self, packet: Packet) -> None:
        kind = packet[0]
        if kind == _REPLY:
            asked = self._asked
            (number,) = _SEQUENCE.unpack_from(packet, 2)
            if not asked or asked[0][0] != number:
                raise DisplayError(f"the display replies to {number}, which is wrong")
            _, question, waiting, _ = asked.popleft()
            self._speaks()
            if waiting.called:
                return
            try:
                answer = question.parse(packet)
            except (struct.error, IndexError, ValueError) as error:
                why = f"a reply to {question.name} that is wrong: {error}"
                waiting.errback(DisplayError(why))
            else:
                waiting.callback(answer)
        elif kind == _ERROR:
            self._failed(packet)
        else:
            for listener in tuple(self._listeners.get(kind & 127, ())):
                try:
                    listener(packet)
                except Exception:
                    # A defect of ours, or an event that is none.
                    _log.failure("An event of the X display was not understood")

    def _failed(self, packet: Packet) -> None:
        error = describedError(packet, self._opcodes)
        asked = self._asked
        (number,) = _SEQUENCE.unpack_from(packet, 2)
        if asked and asked[0][0] == number:
            _, _, waiting, _ = asked.popleft()
            self._speaks()
            if not waiting.called:
                waiting.errback(error)
            return
        if self._checks.takes(number, error):
            return
        if self.onError is not None:
            self.onError(error)
        else:
            _log.warn("X display: {error}", error=error)

    # -- Silence ---------------------------------------------------------------------

    def _checkSilence(self) -> None:
        """
        See since when the oldest question waits.
        """
        self._deadline = None
        if not self._asked:
            return
        left = self._asked[0][3] + SILENCE - self._reactor.seconds()
        if left > 0:
            self._deadline = self._reactor.callLater(left, self._checkSilence)
        elif not self._isSilent:
            self._isSilent = True
            self.onSilence(True)

    def _speaks(self) -> None:
        if self._isSilent:
            self._isSilent = False
            self.onSilence(False)
            if self._asked and self._deadline is None:
                self._deadline = self._reactor.callLater(SILENCE, self._checkSilence)

    def _stopClock(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def _nothing(*_: object) -> None:
    """
    Do nothing.
    """


def _ignore(waiting: Deferred[Any]) -> None:
    """
    Nobody waits for an answer any more; it is dropped when it comes.
    """
