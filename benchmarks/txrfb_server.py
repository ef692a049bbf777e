# -*- test-case-name: tests.benchmarks.test_benchmarks -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.
"""
A txrfb server that plays a workload, one frame at each key press or by itself.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from twisted.internet.endpoints import serverFromString
from twisted.internet.interfaces import IReactorFromThreads
from twisted.python.failure import Failure
from zope.interface import implementer

from benchmarks.progress import NOTED_KEY, Progress
from benchmarks.workloads import Frame, Workload
from txrfb.framebuffers import MemoryFramebuffer
from txrfb.geometry import Rectangle
from txrfb.interfaces import IClipboard, IInputReceiver, IResizable, IViewer
from txrfb.protocol import RFBFactory


@implementer(IInputReceiver)
class Player:
    """
    The application: shows the next frame when a key goes down.

    @ivar framebuffer: What it paints on.
    """

    def __init__(self, work: Workload, hints: str, copies: bool, progress: Path):
        """
        @param hints: C{"full"}: everything may have changed, each time.  C{"exact"}:
            the workload's damage is told, and of a film that all of it has changed.

        @param copies: Moves are told, and only what remains is damage.
        """
        self.framebuffer = MemoryFramebuffer(work.width, work.height, "benchmark")
        # Read in, so that no page fault is counted as anybody's work.
        self._frames = [_touched(frame) for frame in work]
        self._hints = hints
        self._isFilm = work.name == "video"
        self._copies = copies
        self._next = 0
        self._paint = 0
        self._progress = Progress(progress)

    def keyEvent(self, keysym: int, down: bool, viewer: IViewer) -> None:
        """
        Show the next frame.
        """
        if down:
            self.show()

    def pointerEvent(self, x: int, y: int, buttons: int, viewer: IViewer) -> None:
        """
        Nothing follows from the pointer.
        """

    def show(self) -> None:
        """
        Paint the next frame, and tell what changed.
        """
        frame = self._frames[self._number()]
        self._next += 1
        framebuffer = self.framebuffer
        if self._copies:
            for sx, sy, dx, dy, w, h in frame.copies:
                framebuffer.copy(Rectangle(sx, sy, w, h), dx, dy)
        start = time.thread_time_ns()
        frame.paint(framebuffer.array)
        self._paint += time.thread_time_ns() - start
        if self._hints == "full":
            framebuffer.damage()
        else:
            for rectangle in frame.residue if self._copies else frame.damage:
                framebuffer.damage(Rectangle(*rectangle), exact=self._isFilm)
        self._progress.tell(self._next, self._paint)

    def _number(self) -> int:
        return self._next % len(self._frames)


@implementer(IClipboard, IResizable)
class Animator(Player):
    """
    The application that plays by itself, over and over from the second frame, as the
    first is the scene for all others; and that takes whatever viewers send.
    """

    def show(self) -> None:
        """
        Paint, unless it is to stop.
        """
        if not self._progress.isHalted:
            super().show()

    def _number(self) -> int:
        frames = len(self._frames)
        return (
            self._next if self._next < frames else 1 + (self._next - 1) % (frames - 1)
        )

    def keyEvent(self, keysym: int, down: bool, viewer: IViewer) -> None:
        """
        Note when it came.
        """
        if down and keysym == NOTED_KEY:
            self._progress.noteKey()

    def cutTextReceived(self, text: str, viewer: IViewer) -> None:
        """
        Nothing follows from texts.
        """

    def sizeRequested(self, width: int, height: int, viewer: IViewer) -> bool:
        """
        The screen keeps its size.
        """
        return False


def _play(
    reactor: IReactorFromThreads, player: Player, frames: int, pause: float
) -> None:
    """
    Show all frames once, after a line on standard input.
    """
    sys.stdin.readline()
    for _ in range(frames):
        reactor.callFromThread(player.show)
        time.sleep(pause)


def _serveBrowsers(reactor: Any, factory: RFBFactory, place: str) -> None:
    """
    Have the page, and its WebSocket, at a place.
    """
    from txrfb.web import Forwarding, WebSocketResource
    from txrfb.web.page import pageResources
    from txrfb.web.site import WebSite, treeOf

    leaves = {**pageResources("websockify"), "websockify": WebSocketResource(factory)}
    root: Any = treeOf(leaves)
    site = WebSite(root, factory.gate, Forwarding())
    serverFromString(reactor, place).listen(site)


def _touched(frame: Frame) -> Frame:
    for patch in frame.patches:
        np.bitwise_or.reduce(patch, axis=None)
    return frame


def main(argv: list[str] | None = None) -> int:
    """
    Serve until the process is ended.
    """
    parser = argparse.ArgumentParser(prog="benchmarks.txrfb_server")
    parser.add_argument("--frames", type=Path, required=True)
    parser.add_argument("--port", required=True)
    parser.add_argument("--progress", type=Path, required=True)
    parser.add_argument("--hints", choices=("full", "exact"), default="full")
    parser.add_argument("--copies", action="store_true")
    parser.add_argument("--scroll", choices=("yes", "no"), default="yes")
    parser.add_argument("--fps", type=float, default=0.0, help="0: no limit")
    parser.add_argument("--timer", type=float, help="by itself, so many a second")
    parser.add_argument("--cache", type=int, default=64, help="MiB")
    parser.add_argument("--play", type=float, help="all frames, so many ms apart")
    parser.add_argument("--interface", default="127.0.0.1")
    parser.add_argument("--profile", type=Path, help="where to write what cProfile saw")
    parser.add_argument("--web", type=int, help="the port for browsers")
    parser.add_argument("--certificate", help="with a key: all that listens has TLS")
    parser.add_argument("--numpy", action="store_true", help="no kernels in C")
    options = parser.parse_args(argv)
    from twisted.internet import reactor as installed

    reactor: Any = installed
    work = Workload(options.frames)
    application = Animator if options.timer else Player
    player = application(work, options.hints, options.copies, options.progress)
    factory = RFBFactory(
        player.framebuffer,
        player,
        maxViewers=2000,
        frameRate=options.fps,
        findScrolls=options.scroll == "yes",
        cacheSize=options.cache << 20,
        reactor=reactor,
    )
    kind, more = "tcp", ""
    if options.certificate:
        kind = "ssl"
        more = f":privateKey={options.certificate}:certKey={options.certificate}"
    place = f"{kind}:{options.port}:interface={options.interface}{more}"
    if options.web:
        at = f"{kind}:{options.web}:interface=127.0.0.1{more}"
        _serveBrowsers(reactor, factory, at)
    endpoint = serverFromString(reactor, place)

    def failed(failure: Failure) -> None:
        # Before the reactor runs it cannot be stopped.
        reactor.callWhenRunning(reactor.stop)
        print(failure.getErrorMessage(), flush=True)

    endpoint.listen(factory).addCallbacks(
        lambda port: print("ready", flush=True), failed
    )
    if options.timer:
        from twisted.internet.task import LoopingCall

        LoopingCall(player.show).start(1 / options.timer)
    if options.play:
        reactor.callInThread(_play, reactor, player, len(work), options.play / 1000)
    gc.collect()
    gc.freeze()  # as the daemon does
    if options.profile is None:
        reactor.run()
        return 0
    import cProfile

    # By CPU time, as other processes run on this machine, too.
    profile = cProfile.Profile(time.thread_time_ns, 1e-9)
    profile.runcall(reactor.run)
    profile.dump_stats(options.profile)
    return 0


if __name__ == "__main__":
    if "--numpy" in sys.argv:
        os.environ["TXRFB_KERNELS"] = "reference"
        if not os.environ.get("BENCHMARKS_CHILD"):
            # The kernels were chosen when they were imported: start again.
            os.environ["BENCHMARKS_CHILD"] = "1"
            command = [sys.executable, "-m", "benchmarks.txrfb_server", *sys.argv[1:]]
            os.execv(sys.executable, command)
    sys.exit(main())
