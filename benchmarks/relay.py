# -*- test-case-name: tests.benchmarks.test_relay -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.
"""
What a relay costs: C{python -m benchmarks.relay}.

A server, a relay of it (C{--framebuffer vnc:}), and viewers, each in a process of its
own.  First the time from a key to the pixels that it paints, at the server and through
the relay, one key here and one there; then the relay's CPU time with one viewer and
with eight, of a test card that moves, in turns.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import clientFromString
from twisted.internet.error import ConnectError
from twisted.internet.task import deferLater, react
from zope.interface import implementer

from txrfb.client import (
    DEFAULT_ENCODINGS,
    ExtensionEvent,
    RFBClient,
    Updated,
    connectViewer,
)
from txrfb.encodings.constants import CONTINUOUS_UPDATES
from txrfb.error import ConnectionFailed
from txrfb.framebuffers import MemoryFramebuffer
from txrfb.geometry import Rectangle
from txrfb.interfaces import IInputReceiver, IViewer

_ROOT = Path(__file__).parent.parent

#: Columns and rows of the screen, and of what a key paints.
_SIZE = 1920, 1080
_LETTER = 8, 16

#: What viewers list.
_ENCODINGS = (*DEFAULT_ENCODINGS, CONTINUOUS_UPDATES)

#: What moves.
_MOVING = "testcard:1920x1080"

#: Seconds between two keys.
_PAUSE = 0.02

#: How many viewers there are, in turns.
COUNTS = (1, 8)


@implementer(IInputReceiver)
class Typing(MemoryFramebuffer):
    """
    A screen on which a key paints a letter.
    """

    _painted = 0

    def keyEvent(self, keysym: int, down: bool, viewer: IViewer) -> None:
        """
        Paint.
        """
        if down:
            self._painted += 1
            x = self._painted * _LETTER[0] % (_SIZE[0] - _LETTER[0])
            color = (self._painted * 40 % 256, self._painted * 7 % 256, 200)
            self.fill(color, (x, 20, *_LETTER))

    def pointerEvent(self, x: int, y: int, buttons: int, viewer: IViewer) -> None:
        """
        Nothing.
        """


class Watcher(RFBClient):
    """
    A viewer that tells when something was painted.
    """

    painted: Deferred[float] | None = None
    updates = 0

    def extensionReceived(self, event: ExtensionEvent) -> None:
        """
        Have updates come by themselves, as TigerVNC's viewer and noVNC do.
        """
        if self.canContinue and self.isUpdating:
            self.isUpdating = False
            self.enableContinuousUpdates(Rectangle(0, 0, self.width, self.height))

    def updateReceived(self, update: Updated) -> None:
        """
        Tell.
        """
        if update.rectangles:
            self.updates += 1
            painted, self.painted = self.painted, None
            if painted is not None:
                painted.callback(time.perf_counter())


def _serveUpstream(where: str) -> None:
    """
    Be the server.
    """
    from txrfb import serve

    serve(Typing(*_SIZE, "Typing"), where)


@contextlib.contextmanager
def processes(directory: str, isMoving: bool) -> Iterator[tuple[str, str, int]]:
    """
    Run a server and a relay.

    @return: Where they are, as endpoints, and the relay's process.
    """
    upstream, relayed = f"unix:{directory}/upstream", f"unix:{directory}/relay"
    python = [sys.executable, "-m"]
    words = ["benchmarks.relay", "--upstream", upstream]
    if isMoving:
        words = ["txrfb", "--port", upstream, "--framebuffer", _MOVING]
    commands = (
        [*python, *words],
        [*python, "txrfb", "--port", relayed, "--framebuffer", f"vnc:{upstream}"],
    )
    children = [
        subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.DEVNULL)
        for command in commands
    ]
    try:
        yield upstream, relayed, children[1].pid
    finally:
        for child in children:
            child.terminate()
            child.wait()


async def join(reactor: Any, where: str) -> Watcher:
    """
    @return: A viewer, once there is a server.
    """
    while True:
        try:
            endpoint = clientFromString(reactor, where)
            viewer = await connectViewer(
                endpoint, protocol=Watcher, encodings=_ENCODINGS
            )
        except (ConnectError, ConnectionFailed):
            await deferLater(reactor, 0.1)
        else:
            assert isinstance(viewer, Watcher)
            return viewer


async def typed(reactor: Any, where: tuple[str, str], keys: int) -> dict[str, Any]:
    """
    @return: Milliseconds from keys to pixels, directly and through the relay.
    """
    viewers = [await join(reactor, one) for one in where]
    took: list[list[float]] = [[], []]
    for number in range(2 * keys):
        painted: list[Deferred[float]] = [Deferred(), Deferred()]
        for viewer, one in zip(viewers, painted, strict=True):
            viewer.painted = one
        which = number % 2
        began = time.perf_counter()
        viewers[which].keyEvent(97, True)
        viewers[which].keyEvent(97, False)
        ends = [await one for one in painted]
        took[which].append(1000 * (ends[which] - began))
        await deferLater(reactor, _PAUSE)
    return {"direct": took[0], "relay": took[1]}


async def watched(
    reactor: Any, where: tuple[str, str], count: int, seconds: float, process: int
) -> dict[str, Any]:
    """
    @return: The relay's CPU milliseconds, and updates, in so many seconds with so many
        viewers.
    """
    viewers = [await join(reactor, where[1]) for _ in range(count)]
    await deferLater(reactor, 1.0)
    before, updates = processor(process), [viewer.updates for viewer in viewers]
    await deferLater(reactor, seconds)
    cpu = processor(process) - before
    got = [viewer.updates - n for viewer, n in zip(viewers, updates, strict=True)]
    return {"cpu": cpu, "updates": min(got)}


def processor(process: int) -> float:
    """
    @return: What all threads of a process have taken, in milliseconds.
    """
    threads = Path(f"/proc/{process}/task").iterdir()
    return sum(int((one / "schedstat").read_text().split()[0]) for one in threads) / 1e6


def _inside(words: list[str]) -> dict[str, Any]:
    """
    Measure in a process of its own: a reactor runs once.
    """
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.relay", "--inside", *words],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        cwd=_ROOT,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _measureInside(words: list[str]) -> None:
    what, upstream, relayed, *rest = words
    where = upstream, relayed
    work: Callable[[Any], Awaitable[dict[str, Any]]]
    if what == "typed":
        work = lambda reactor: typed(reactor, where, int(rest[0]))  # noqa: E731
    else:
        count, seconds, process = int(rest[0]), float(rest[1]), int(rest[2])
        work = lambda reactor: watched(reactor, where, count, seconds, process)  # noqa: E731

    async def main(reactor: Any) -> None:
        print(json.dumps(await work(reactor)))

    react(main)


def main(argv: list[str]) -> int:
    """
    Measure and print it.
    """
    parser = argparse.ArgumentParser(prog="benchmarks.relay")
    parser.add_argument("--keys", type=int, default=400)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0)
    options = parser.parse_args(argv)
    with TemporaryDirectory() as directory:
        with processes(directory, False) as (upstream, relayed, _):
            found = _inside(["typed", upstream, relayed, str(options.keys)])
        for name in ("direct", "relay"):
            p95 = quantiles(found[name], n=20)[-1] if options.keys > 1 else 0.0
            print(f"{name:8} {median(found[name]):.2f} ms from key to pixels", end="")
            print(f" (p95 {p95:.2f})")
        more = median(found["relay"]) - median(found["direct"])
        print(f"relay adds {more:+.2f} ms (target +0.60)")
        costs: dict[int, list[float]] = {count: [] for count in COUNTS}
        rates: dict[int, list[float]] = {count: [] for count in COUNTS}
        with processes(directory, True) as (upstream, relayed, pid):
            for _ in range(options.runs):
                for count in COUNTS:
                    words = [str(count), str(options.seconds), str(pid)]
                    run = _inside(["watched", upstream, relayed, *words])
                    costs[count].append(run["cpu"] / options.seconds)
                    rates[count].append(run["updates"] / options.seconds)
    for count in COUNTS:
        print(
            f"{count} viewers: {median(costs[count]):.1f} ms of the relay's processor"
            f" in a second, {median(rates[count]):.1f} updates a second each"
        )
    ratio = median(costs[COUNTS[1]]) / median(costs[COUNTS[0]])
    print(
        f"with {COUNTS[1]} viewers {ratio:.2f} times as with {COUNTS[0]} (target 1.10)"
    )
    return 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--upstream"]:
        _serveUpstream(sys.argv[2])
    if sys.argv[1:2] == ["--inside"]:
        _measureInside(sys.argv[2:])
    sys.exit(main(sys.argv[1:]))
