# -*- test-case-name: tests.transcript.test_replay -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A viewer that does again what another did, as far as a log tells.

A log has the names and the sizes of messages, and never what was typed, pasted or
pointed at.  So the kinds of messages, their sizes, their order and their times are
those of the log, and what is in them is neutral: the key is always C{x}, the text as
many times C{x} as there were characters, the request for all of the screen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from txrfb._wire.messages import (
    ClientCutText,
    FramebufferUpdateRequest,
    KeyEvent,
    PointerEvent,
    SetEncodings,
    SetPixelFormat,
)
from txrfb._wire.messages.extensions import EnableContinuousUpdates, ExtendedKeyEvent
from txrfb.client import DEFAULT_ENCODINGS, RFBClient, Updated
from txrfb.encodings.constants import NAMES
from txrfb.geometry import Rectangle
from txrfb.pixels import NATIVE
from txrfb.transcript.records import Record

__all__ = ["Recording", "Replay", "Said", "recordingOf"]

# A message as it was traced, and as it stands in the transcript of a connection that
# failed.
_TRACED = re.compile(r"Connection \d+: rx (\w+), (\d+) bytes")
_KEPT = re.compile(r"\s*(\d+\.\d+) rx\s+(\w+)(?: x (\d+))?, (\d+) bytes")

_READS = re.compile(r"Connection \d+: logged in .*; it reads (.*)")

# The key that is pressed: its key symbol, and its scan code on most keyboards.
_KEY = ord("x")
_KEYCODE = 0x2D

# How many seconds the server gets to answer the last message.
_PATIENCE = 1.0

_NUMBERS = {name: number for number, name in NAMES.items()}


class Said(NamedTuple):
    """
    A message of the viewer.

    @ivar time: How many seconds after the first.
    @ivar name: Its kind.
    @ivar size: How many bytes it had.
    """

    time: float
    name: str
    size: int


@dataclass
class Recording:
    """
    A viewer's side of one connection.

    @ivar messages: What it said after the handshake.
    @ivar encodings: What it could read; C{None} if the log does not tell.
    """

    messages: list[Said] = field(default_factory=list)
    encodings: tuple[int, ...] | None = None


def recordingOf(records: Iterable[Record], connection: int) -> Recording:
    """
    @param records: A log: best one with C{--trace}.  Without, what the transcript of
        a connection that failed has kept.

    @param connection: The number of the connection.

    @return: What its viewer said.

    @raise ValueError: if the log does not tell that.
    """
    recording = Recording()
    traced: list[Said] = []
    kept: list[Said] = []
    for record in records:
        if record.connection != connection:
            continue
        reads = _READS.match(record.text)
        if reads:
            recording.encodings = _encodingsIn(reads[1])
        said = _TRACED.match(record.text)
        if said and record.time is not None:
            traced.append(Said(record.time.timestamp(), said[1], int(said[2])))
        for line in (*record.text.split("\n"), *record.more):
            kept.extend(_keptIn(line))
    messages = traced or kept
    names = [one.name for one in messages]
    if "ClientInit" in names:
        del messages[: names.index("ClientInit") + 1]
    if not messages:
        raise ValueError(
            f"nothing that the viewer of connection {connection} said: twistd rfb"
            " --trace logs that"
        )
    start = messages[0].time
    recording.messages = [one._replace(time=one.time - start) for one in messages]
    return recording


def _encodingsIn(text: str) -> tuple[int, ...]:
    """
    @return: The numbers of encodings by their names in the log.
    """
    found = []
    for name in text.split(", "):
        if name in _NUMBERS:
            found.append(_NUMBERS[name])
        elif re.fullmatch(r"-?\d+", name):
            found.append(int(name))
    return tuple(found)


def _keptIn(line: str) -> list[Said]:
    """
    @return: The messages of one line of a transcript.
    """
    found = _KEPT.match(line)
    if found is None:
        return []
    time, name, number, size = found.groups()
    count = int(number or 1)
    return [Said(float(time), name, int(size) // count)] * count


class Replay(RFBClient):
    """
    Says what is in a recording, and hears what the server says to it.

    @ivar done: Fires when all is said, or when the connection has ended before; with
        this.
    @ivar said: How many messages were sent.
    @ivar skipped: The names of those that were not, as they could do harm, or mean
        nothing without their content, and how many there were.
    @ivar updates: How many updates came.
    @ivar reason: Why the connection ended; empty if it did not, before the end.
    """

    def __init__(
        self, recording: Recording, *, clock: IReactorTime, **options: Any
    ) -> None:
        """
        @param recording: What to say.

        @param clock: What time is taken from.

        @param options: Arguments of L{RFBClient}.
        """
        super().__init__(clock=clock, **options)
        self.isUpdating = False
        self.done: Deferred[Replay] = Deferred()
        self.said = 0
        self.skipped: dict[str, int] = {}
        self.updates = 0
        self.reason = ""
        self._recording = recording
        self._start = 0.0
        self._next = 0
        self._counts: dict[str, int] = {}

    def ready(self) -> None:
        """
        The login is done: begin.
        """
        self._start = self._clock.seconds()
        self._say()

    def updateReceived(self, update: Updated) -> None:
        """
        Count it.
        """
        self.updates += 1

    def connectionFailed(self, reason: str) -> None:
        """
        The server has ended it.
        """
        self.reason = reason
        self._finish()

    def _finish(self) -> None:
        if not self.done.called:
            self.done.callback(self)

    def _say(self) -> None:
        """
        Send all that is due, and wait for the next.
        """
        messages = self._recording.messages
        elapsed = self._clock.seconds() - self._start
        while self.isReady and self._next < len(messages):
            one = messages[self._next]
            if one.time > elapsed:
                self._clock.callLater(one.time - elapsed, self._say)
                return
            self._next += 1
            message = self._neutral(one)
            if message is None:
                self.skipped[one.name] = self.skipped.get(one.name, 0) + 1
            else:
                self.send(message)
                self.said += 1
        if self.isReady:
            self._clock.callLater(_PATIENCE, self._finish)

    def _neutral(self, one: Said) -> Any:
        """
        @return: A message of that kind and size; C{None} if it has to be left out.
        """
        count = self._counts[one.name] = self._counts.get(one.name, 0) + 1
        isOdd = count % 2 == 1
        screen = Rectangle(0, 0, self.width, self.height)
        match one.name:
            case "SetPixelFormat":
                return SetPixelFormat(NATIVE)
            case "SetEncodings":
                known = self._recording.encodings
                return SetEncodings(DEFAULT_ENCODINGS if known is None else known)
            case "FramebufferUpdateRequest":
                return FramebufferUpdateRequest(count > 1, screen)
            case "KeyEvent":
                return KeyEvent(isOdd, _KEY)
            case "ExtendedKeyEvent":
                return ExtendedKeyEvent(isOdd, _KEY, _KEYCODE)
            case "PointerEvent":
                # It moves, as those that stay are nothing new.
                return PointerEvent(0, count % max(self.width, 1), 0, one.size == 7)
            case "ClientCutText":
                return ClientCutText(b"x" * max(one.size - 8, 0))
            case "EnableContinuousUpdates":
                return EnableContinuousUpdates(isOdd, screen)
            case _:
                return None
