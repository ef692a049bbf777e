# -*- test-case-name: tests.benchmarks.test_workers -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.
"""
What one process carries, in the clear, inside of TLS, and for browsers: C{python -m
benchmarks.workers}.

The office workload is played at so many frames a second, over and over, to few viewers
and to many: what the many cost more is what it takes to write a frame to one.  Viewers
have updates sent by themselves, and read them, but nothing more.
"""

from __future__ import annotations

import argparse
import selectors
import socket
import ssl
import struct
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from statistics import median
from typing import NamedTuple

from benchmarks.servers import KINDS, cpuSeconds, freePort, running
from benchmarks.workloads import workload
from txrfb.security.tls.certificates import createSelfSigned

#: How viewers come: whether inside of TLS, and whether by a WebSocket.
WAYS = {
    "plain": (False, False),
    "tls": (True, False),
    "ws": (False, True),
    "wss": (True, True),
}

#: Tight, levels and LastRect as most viewers have them, and updates by themselves.
_ENCODINGS = (7, -255, -224, -313)

_VERSION = b"RFB 003.008\n"

#: How long viewers have until all of them have the first picture, in seconds.
_SETTLING = 1.5


class Share(NamedTuple):
    """
    What a server took.

    @ivar seconds: Of a processor.
    @ivar frames: How many frames were shown meanwhile.
    @ivar elapsed: Meanwhile, in seconds.
    @ivar bytes: What viewers read.
    """

    seconds: float
    frames: int
    elapsed: float
    bytes: int


class Viewer:
    """
    One that reads, and does nothing with it.
    """

    def __init__(self, port: int, isSecure: bool, isBrowser: bool) -> None:
        """
        Connect, log in and ask for updates.
        """
        self._stream = socket.create_connection(("127.0.0.1", port), 30)
        self._stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if isSecure:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            self._stream = context.wrap_socket(self._stream)
        self._isBrowser = isBrowser
        if isBrowser:
            self._upgrade(port)
        self._say(_VERSION)
        self._say(b"\1")
        self._say(b"\1")
        size = self._readSize()
        wanted = struct.pack(f">{len(_ENCODINGS)}i", *_ENCODINGS)
        self._say(struct.pack(">BxH", 2, len(_ENCODINGS)) + wanted)
        self._say(struct.pack(">BBHHHH", 3, 0, 0, 0, *size))
        self._say(struct.pack(">BBHHHH", 150, 1, 0, 0, *size))
        self._stream.setblocking(False)

    @property
    def stream(self) -> socket.socket:
        """
        Its connection.
        """
        return self._stream

    def _upgrade(self, port: int) -> None:
        lines = (
            "GET /websockify HTTP/1.1",
            f"Host: localhost:{port}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
            "Sec-WebSocket-Version: 13",
        )
        self._stream.sendall("\r\n".join([*lines, "", ""]).encode("ascii"))

    def _say(self, data: bytes) -> None:
        if self._isBrowser:
            # With a mask of zeros, which changes nothing.
            data = bytes([0x82, 0x80 | len(data), 0, 0, 0, 0]) + data
        self._stream.sendall(data)

    def _readSize(self) -> tuple[int, int]:
        """
        @return: The screen's width and height, of ServerInit, which ends with the name.
        """
        heard = b""
        while b"benchmark" not in heard:
            more = self._stream.recv(1 << 16)
            if not more:
                raise OSError(f"the server has closed the connection after {heard!r}")
            heard += more
        at = heard.index(b"benchmark") - 24
        width, height = struct.unpack_from(">HH", heard, at)
        return width, height

    def drain(self, buffer: bytearray) -> int:
        """
        @return: How many bytes there were.
        """
        count = 0
        try:
            while True:
                got = self._stream.recv_into(buffer)
                if not got:
                    raise OSError("the server has closed a connection")
                count += got
        except (BlockingIOError, ssl.SSLWantReadError):
            return count


def watch(viewers: Sequence[Viewer], seconds: float) -> int:
    """
    Have viewers read.

    @return: How many bytes they have read.
    """
    selector, buffer, count = selectors.DefaultSelector(), bytearray(1 << 18), 0
    with selector:
        for viewer in viewers:
            selector.register(viewer.stream, selectors.EVENT_READ, viewer)
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            for key, _ in selector.select(left):
                count += key.data.drain(buffer)
    return count


def share(way: str, viewers: int, fps: int, seconds: float) -> Share:
    """
    @param way: One of L{WAYS}.

    @return: What a server took that serves so many viewers.
    """
    isSecure, isBrowser = WAYS[way]
    with tempfile.TemporaryDirectory() as directory:
        options = ["--hints=exact"]
        if isSecure:
            createSelfSigned(f"{directory}/pem", ["localhost"])
            options.append(f"--certificate={directory}/pem")
        web = freePort()
        if isBrowser:
            options.append(f"--web={web}")
        kind = replace(KINDS["txrfb+hints"], options=tuple(options))
        with running(kind, workload("office"), fps=fps) as server:
            port = web if isBrowser else server.port
            there = [Viewer(port, isSecure, isBrowser) for _ in range(viewers)]
            watch(there, _SETTLING)
            before, frames = cpuSeconds(server.pid), server.shown()
            began = time.monotonic()
            read = watch(there, seconds)
            took = cpuSeconds(server.pid) - before
            elapsed, frames = time.monotonic() - began, server.shown() - frames
            for viewer in there:
                viewer.stream.close()
    return Share(took, frames, elapsed, read)


def perFrame(few: Share, many: Share, viewers: int) -> float:
    """
    @param viewers: How many more there were the second time.

    @return: What a frame costs for one viewer more, in microseconds.
    """
    each = many.seconds / many.frames - few.seconds / few.frames
    return 1e6 * each / viewers


def main(argv: list[str]) -> int:
    """
    Measure and print it.
    """
    parser = argparse.ArgumentParser(prog="benchmarks.workers")
    parser.add_argument("--ways", default=",".join(WAYS))
    parser.add_argument("--few", type=int, default=10)
    parser.add_argument("--many", type=int, default=70)
    parser.add_argument("--fps", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=5.9)
    parser.add_argument("--runs", type=int, default=1)
    options = parser.parse_args(argv)
    ways, fps = options.ways.split(","), options.fps
    found: dict[str, list[tuple[Share, Share]]] = {way: [] for way in ways}
    for _ in range(options.runs):
        for way in ways:
            few, many = (
                share(way, count, fps, options.seconds)
                for count in (options.few, options.many)
            )
            found[way].append((few, many))
    for way, pairs in found.items():
        more = options.many - options.few
        each = median(perFrame(few, many, more) for few, many in pairs)
        core = median(many.seconds / many.elapsed for _, many in pairs)
        size = median(many.bytes / many.frames / options.many for _, many in pairs)
        print(
            f"{way:6} {each:6.1f} us a frame and viewer, {size / 1000:5.1f} kB;"
            f" {options.many} viewers at {fps} a second {100 * core:5.1f} % of a core,"
            f" so {options.many + (1 - core) * 1e6 / (each * fps):5.0f} fill it",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
