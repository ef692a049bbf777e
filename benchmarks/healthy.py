# -*- test-case-name: tests.benchmarks.test_fairness -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.
"""
The viewer that does nothing wrong: it takes Raw rectangles of a desktop on which a
window moves, asks for the next update when it has one, and presses a key now and then.

It decodes by itself, in a few lines that have nothing in common with the client of the
library, counts frames by the number that is in their pixels, and in the end knows each
pixel of the screen.
"""

from __future__ import annotations

import math
import os
import select
import socket
import struct
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from benchmarks.painting import Pixels
from benchmarks.progress import NOTED_KEY, Progress
from benchmarks.scenes import SCENES, Shot
from benchmarks.workloads import Workload, cacheDirectory, write

WIDTH, HEIGHT = 1284, 726
"""
Neither is a multiple of the tile of any server.
"""

LOOP = 240
"""
After so many frames the animation is where it began.
"""

_SIDE, _BITS, _LEFT, _TOP = 11, 8, 5, 3
_WINDOW = 150
_KEY_PAUSE = 0.047
_LATE = 0.3

NATIVE = bytes([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0])
"""
The pixel format: bytes B G R X.
"""


def animation(width: int, height: int) -> Iterator[Shot]:
    """
    A window of noise that goes round on an office desktop, and the number of the frame
    in black and white squares.  The last shot shows the same as the first, so that the
    second may follow on it.
    """
    desktop = next(SCENES["office"](width, height)).pixels
    noise = np.random.default_rng(5).integers(0, 256, (331, 331, 4), np.uint8)
    noise[..., 3] = 0
    before = (0, 0)
    for step in range(LOOP + 1):
        number = step % LOOP
        angle = 2 * math.pi * number / LOOP
        x = int((width - _WINDOW) * (0.5 + 0.43 * math.cos(angle)))
        y = int((height - _WINDOW) * (0.5 + 0.37 * math.sin(3 * angle)))
        row, column = number * 7 % 181, number * 5 % 181
        pixels = desktop.copy()
        patch = noise[row : row + _WINDOW, column : column + _WINDOW]
        pixels[y : y + _WINDOW, x : x + _WINDOW] = patch
        for bit in range(_BITS):
            left = _LEFT + bit * _SIDE
            value = 255 if number >> bit & 1 else 0
            pixels[_TOP : _TOP + _SIDE, left : left + _SIDE, :3] = value
        if step == 0:
            yield Shot(pixels, whole=True)
        else:
            left, top = min(x, before[0]), min(y, before[1])
            right, bottom = max(x, before[0]), max(y, before[1])
            area = (left, top, right + _WINDOW - left, bottom + _WINDOW - top)
            label = (_LEFT, _TOP, _BITS * _SIDE, _SIDE)
            yield Shot(pixels, damage=[label, area])
        before = (x, y)


def numberIn(canvas: Pixels) -> int:
    """
    The number of the frame that a picture shows.
    """
    middle = _LEFT + _SIDE // 2
    cells = canvas[_TOP + _SIDE // 2, middle : middle + _BITS * _SIDE : _SIDE, 0]
    return sum(1 << bit for bit, value in enumerate(cells) if value & 0x80)


def animated() -> Workload:
    """
    The animation as a workload, written anew each time.
    """
    path = cacheDirectory() / f"fairness-{WIDTH}x{HEIGHT}.frames"
    part = path.with_suffix(f".{os.getpid()}")
    write(part, animation(WIDTH, HEIGHT), WIDTH, HEIGHT)
    part.rename(path)
    return Workload(path)


def screenAfter(work: Workload, shown: int) -> Pixels:
    """
    The screen when so many frames of an animation were painted.
    """
    for number, screen in enumerate(work.screens()):
        if number == (shown - 1) % (len(work) - 1):
            return screen
    raise ValueError(f"{work.path} has no frames")


def setEncodings(*encodings: int) -> bytes:
    """
    SetEncodings; numbers from 2**31 are taken for their negatives.
    """
    numbers = [number & 0xFFFFFFFF for number in encodings]
    return struct.pack(f">BxH{len(numbers)}I", 2, len(numbers), *numbers)


def request(incremental: bool, x: int, y: int, width: int, height: int) -> bytes:
    """
    FramebufferUpdateRequest.
    """
    return struct.pack(">BBHHHH", 3, incremental, x, y, width, height)


def key(keysym: int, down: bool) -> bytes:
    """
    KeyEvent.
    """
    return struct.pack(">BBxxI", 4, down, keysym)


def login(
    port: int, room: int = 0, seconds: float = 30
) -> tuple[socket.socket, int, int]:
    """
    Log in at a server without a password.

    @param room: The size of the receive buffer; 0 for the system's.
    @return: The socket, which blocks up to so many seconds, and the size of the screen.
    @raise OSError: if it does not work out.
    """
    connection = socket.socket()
    try:
        connection.settimeout(seconds)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if room:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        connection.connect(("127.0.0.1", port))
        _read(connection, 12)
        connection.sendall(b"RFB 003.008\n")
        types = _read(connection, _read(connection, 1)[0])
        if 1 not in types:
            raise OSError(f"the server offers the security types {list(types)}")
        connection.sendall(b"\1")
        if any(_read(connection, 4)):
            raise OSError("the server refuses the viewer")
        connection.sendall(b"\1")
        width, height, name = struct.unpack(">HH16xI", _read(connection, 24))
        _read(connection, name)
    except BaseException:
        connection.close()
        raise
    return connection, width, height


def _read(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = connection.recv(size - len(data))
        if not piece:
            raise ConnectionError("the server hung up")
        data += piece
    return data


@dataclass(frozen=True)
class Watched:
    """
    What a viewer saw in a time.

    @ivar frames: A second.
    @ivar gap: The longest time between two frames, in milliseconds.
    @ivar keys: Milliseconds from each key press to the application.
    @ivar late: Key presses that had not arrived in the end.
    """

    frames: float
    gap: float
    keys: tuple[float, ...]
    late: int

    @property
    def keyP99(self) -> float:
        """
        The 99th percentile of the latencies of keys, in milliseconds; those that did
        not arrive count as infinite.
        """
        latencies = sorted(self.keys) + [math.inf] * self.late
        if not latencies:
            return math.nan
        return latencies[min(len(latencies) - 1, int(0.99 * len(latencies)))]


class Healthy:
    """
    The viewer.

    @ivar canvas: What it shows.
    @ivar trouble: Why it can go on no more; empty while it can.
    """

    def __init__(self, port: int, progress: Progress) -> None:
        """
        Log in, and ask for everything.

        @raise OSError: if that does not work out.
        """
        self._socket, self.width, self.height = login(port)
        self._progress = progress
        self.canvas: Pixels = np.zeros((self.height, self.width, 4), np.uint8)
        self.trouble = ""
        self._buffer = bytearray()
        self._parser = self._messages()
        self._wanted = next(self._parser)
        self._times: list[float] = []
        self._number = -1
        # When each key was pressed.
        self._pressed: list[float] = []
        self._socket.sendall(b"\0\0\0\0" + NATIVE + setEncodings(0))
        self._request(False)

    def close(self) -> None:
        """
        Disconnect.
        """
        self._socket.close()

    def watch(
        self, seconds: float, until: Callable[[], bool] = lambda: False
    ) -> Watched:
        """
        Watch for a time, pressing keys.

        @param until: Asked now and then; watching ends before time when it says so.
        """
        begun = time.monotonic()
        first = len(self._pressed)
        self._times = []
        due = begun
        while (now := time.monotonic()) < begun + seconds and not until():
            if self.trouble:
                # There is nothing more to wait for.
                now = begun + seconds
                break
            if now >= due:
                due = now + _KEY_PAUSE
                self._press(now)
            self._receive(min(due, begun + seconds) - now)
        # What is under way may arrive; later than that, it is late.
        rest = time.monotonic() + _LATE
        counted = list(self._times)
        while time.monotonic() < rest and not self.trouble and self._isAwaited():
            self._receive(0.02)
        marks = [begun, *counted, now]
        gaps = [after - before for before, after in pairwise(marks)]
        arrived = [
            (sent, self._progress.keyTime(number))
            for number, sent in enumerate(self._pressed[first:], first)
        ]
        keys = [1000 * (at - sent) for sent, at in arrived if at is not None]
        return Watched(
            frames=len(counted) / max(now - begun, 1e-9),
            gap=1000 * max(gaps),
            keys=tuple(keys),
            late=len(arrived) - len(keys),
        )

    def settle(self, expected: Pixels, seconds: float) -> int:
        """
        Let the screen come to rest.

        @return: How many pixels are wrong after so many seconds, or as soon as none is.
        """
        end = time.monotonic() + seconds
        while True:
            wrong = int((self.canvas[..., :3] != expected[..., :3]).any(axis=2).sum())
            if not wrong or time.monotonic() > end or self.trouble:
                return wrong
            self._receive(0.2)

    def _isAwaited(self) -> bool:
        """
        Is a key under way?
        """
        if not self._pressed:
            return False
        return self._progress.keyTime(len(self._pressed) - 1) is None

    def _press(self, now: float) -> None:
        self._pressed.append(now)
        self._send(key(NOTED_KEY, True) + key(NOTED_KEY, False))

    def _request(self, incremental: bool) -> None:
        self._send(request(incremental, 0, 0, self.width, self.height))

    def _send(self, data: bytes) -> None:
        # Some bytes now and then: only a server that has stopped reading for minutes
        # could make this wait.
        try:
            self._socket.sendall(data)
        except OSError as problem:
            self.trouble = f"the healthy viewer cannot send: {problem}"

    def _receive(self, seconds: float) -> None:
        if not select.select([self._socket], [], [], max(0.0, seconds))[0]:
            return
        try:
            data = self._socket.recv(1 << 18)
        except OSError as problem:
            self.trouble = f"the healthy viewer was disconnected: {problem}"
            return
        if not data:
            self.trouble = "the healthy viewer was disconnected"
            return
        self._buffer += data
        at = 0
        try:
            while len(self._buffer) - at >= self._wanted:
                piece = bytes(memoryview(self._buffer)[at : at + self._wanted])
                at += self._wanted
                self._wanted = self._parser.send(piece)
        except ValueError as problem:
            self.trouble = f"the healthy viewer cannot read this: {problem}"
        del self._buffer[:at]

    def _messages(self) -> Generator[int, bytes, None]:
        """
        Ask for so many bytes, again and again, and do what they say.
        """
        while True:
            kind = (yield 1)[0]
            if kind == 0:
                [count] = struct.unpack(">xH", (yield 3))
                for _ in range(count):
                    x, y, w, h, encoding = struct.unpack(">4Hi", (yield 12))
                    if encoding or x + w > self.width or y + h > self.height:
                        raise ValueError(f"rectangle {x} {y} {w} {h} {encoding}")
                    if w and h:
                        flat = np.frombuffer((yield 4 * w * h), np.uint8)
                        self.canvas[y : y + h, x : x + w] = flat.reshape(h, w, 4)
                self._updated()
            elif kind == 1:
                [count] = struct.unpack(">3xH", (yield 5))
                yield 6 * count
            elif kind == 3:
                [count] = struct.unpack(">3xI", (yield 7))
                yield count
            elif kind != 2:
                raise ValueError(f"message {kind}")

    def _updated(self) -> None:
        self._request(True)
        number = numberIn(self.canvas)
        if number != self._number:
            self._number = number
            self._times.append(time.monotonic())
