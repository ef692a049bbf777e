# -*- test-case-name: tests.benchmarks.test_latency -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.
"""
A slow link on this machine: a network namespace that is reached over a link with a
bandwidth, a delay and a queue.

C{tc netem} makes the link where the kernel has it.  Where it has not, packets go
through a pair of tun devices and a process of ours that does the same to them.  Both
are real networks to the programs on them: TCP runs from end to end.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import heapq
import os
import select
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_TUNSETIFF = 0x400454CA
_TUN_NO_HEADER = 0x1001
_NEW_NETWORK = 0x40000000
_PACKET = 2048

#: The addresses of both ends.
NEAR, FAR = "10.203.77.1", "10.203.77.2"


class LinkUnavailable(Exception):
    """
    There can be no such link here; the text says why.
    """


@dataclass(frozen=True)
class Shape:
    """
    What a link is like, in each direction.

    @ivar rate: Bits a second.
    @ivar delay: Seconds from one end to the other.
    @ivar limit: How many packets wait for their turn; further ones are dropped.
    """

    rate: int = 2_000_000
    delay: float = 0.04
    limit: int = 200


@dataclass(frozen=True)
class Link:
    """
    A link that is up.

    @ivar namespace: The name of the namespace at its far end, where L{FAR} is.
    @ivar how: What makes it slow, for people to read.
    """

    namespace: str
    how: str

    def command(self, *words: str) -> list[str]:
        """
        @return: The command that runs another at the far end.
        """
        return ["ip", "netns", "exec", self.namespace, *words]


def _run(*words: str) -> None:
    """
    @raise LinkUnavailable: if it fails.
    """
    try:
        done = subprocess.run(words, capture_output=True, text=True)
    except OSError as problem:
        raise LinkUnavailable(f"{words[0]}: {problem.strerror}") from None
    if done.returncode:
        raise LinkUnavailable(f"{' '.join(words)}: {done.stderr.strip()}")


@contextlib.contextmanager
def slowLink(shape: Shape) -> Iterator[Link]:
    """
    A link, as long as the block lasts.

    @raise LinkUnavailable: if there can be none.
    """
    name = f"txrfb{os.getpid()}"
    _run("ip", "netns", "add", name)
    try:
        _run("ip", "-n", name, "link", "set", "lo", "up")
        try:
            made = _netem(name, shape)
        except LinkUnavailable:
            made = _tun(name, shape)
        with made as how:
            yield Link(name, how)
    finally:
        subprocess.run(["ip", "netns", "delete", name], capture_output=True)


def _netem(name: str, shape: Shape) -> contextlib.AbstractContextManager[str]:
    """
    A pair of devices, each with a queue that delays.
    """
    near, far = f"{name[:12]}n", f"{name[:12]}f"
    delay = f"{shape.delay * 1e6:.0f}us"
    queue = ("delay", delay, "rate", f"{shape.rate}bit", "limit", f"{shape.limit}")
    _run("ip", "link", "add", near, "type", "veth", "peer", "name", far, "netns", name)
    try:
        _run("tc", "qdisc", "add", "dev", near, "root", "netem", *queue)
        inside = ("tc", "-n", name, "qdisc", "add", "dev", far, "root", "netem")
        _run(*inside, *queue)
        _addresses(name, near, far)
    except LinkUnavailable:
        _run("ip", "link", "delete", near)
        raise

    @contextlib.contextmanager
    def lasting() -> Iterator[str]:
        try:
            yield "tc netem"
        finally:
            subprocess.run(["ip", "link", "delete", near], capture_output=True)

    return lasting()


def _addresses(name: str, near: str, far: str) -> None:
    _run("ip", "address", "add", NEAR, "peer", FAR, "dev", near)
    _run("ip", "link", "set", near, "up")
    _run("ip", "-n", name, "address", "add", FAR, "peer", NEAR, "dev", far)
    _run("ip", "-n", name, "link", "set", far, "up")


@contextlib.contextmanager
def _tun(name: str, shape: Shape) -> Iterator[str]:
    """
    A pair of devices with a process between them.
    """
    near, far = f"{name[:12]}n", f"{name[:12]}f"
    words = (name, near, far, str(shape.rate), str(shape.delay), str(shape.limit))
    carrier = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.link", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parent.parent,
    )
    assert carrier.stdout is not None and carrier.stderr is not None
    try:
        if carrier.stdout.readline() != "ready\n":
            said = carrier.stderr.read().strip().splitlines()
            raise LinkUnavailable(said[-1] if said else "no tun devices")
        _addresses(name, near, far)
        yield "tun devices, as this kernel has no netem"
    finally:
        carrier.kill()
        carrier.wait()
        carrier.stdout.close()
        carrier.stderr.close()


class Lane:
    """
    One direction of a link.
    """

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._free = 0.0
        # When each packet has left, and when it arrives.
        self._leaving: list[float] = []
        self._arriving: list[tuple[float, int, bytes]] = []
        self._count = 0

    def enter(self, packet: bytes, now: float) -> bool:
        """
        A packet comes.

        @return: Whether there was room for it.
        """
        while self._leaving and self._leaving[0] <= now:
            heapq.heappop(self._leaving)
        if len(self._leaving) >= self._shape.limit:
            return False
        self._free = max(self._free, now) + len(packet) * 8 / self._shape.rate
        heapq.heappush(self._leaving, self._free)
        self._count += 1
        arrival = self._free + self._shape.delay
        heapq.heappush(self._arriving, (arrival, self._count, packet))
        return True

    @property
    def next(self) -> float:
        """
        When the next packet arrives; infinity if none is on its way.
        """
        return self._arriving[0][0] if self._arriving else float("inf")

    def take(self, now: float) -> Iterator[bytes]:
        """
        @return: What has arrived.
        """
        while self._arriving and self._arriving[0][0] <= now:
            yield heapq.heappop(self._arriving)[2]


def _device(name: str) -> int:
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(
        device, _TUNSETIFF, struct.pack("16sH22x", name.encode(), _TUN_NO_HEADER)
    )
    return device


def carry(namespace: str, near: str, far: str, shape: Shape) -> None:
    """
    Carry packets between a device here and one in a namespace, for ever.
    """
    devices = [_device(near)]
    with open(f"/run/netns/{namespace}") as place:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.setns(place.fileno(), _NEW_NETWORK):
            raise OSError(ctypes.get_errno(), "setns")
    devices.append(_device(far))
    print("ready", flush=True)
    lanes = {devices[0]: Lane(shape), devices[1]: Lane(shape)}
    other = {devices[0]: devices[1], devices[1]: devices[0]}
    while True:
        wait = min(lane.next for lane in lanes.values()) - time.monotonic()
        timeout = None if wait == float("inf") else max(wait, 0)
        for device in select.select(devices, [], [], timeout)[0]:
            with contextlib.suppress(BlockingIOError):
                while True:
                    lanes[device].enter(os.read(device, _PACKET), time.monotonic())
        now = time.monotonic()
        for device, lane in lanes.items():
            for packet in lane.take(now):
                with contextlib.suppress(OSError):
                    os.write(other[device], packet)


if __name__ == "__main__":
    _shape = Shape(int(sys.argv[4]), float(sys.argv[5]), int(sys.argv[6]))
    carry(sys.argv[1], sys.argv[2], sys.argv[3], _shape)
