# -*- test-case-name: tests.benchmarks.test_browser -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.
"""
Browsers: C{python -m benchmarks.browser}.

txrfb serves them itself; libvncserver has websockify before it, and a page with noVNC's
modules as npm has them.  Both play the same
workload, and are told what changed.  Measured are the processor time of
all of a server's processes for 1 and for 16 clients that read as noVNC does, and in
headless Chromium: the bytes and requests of the page, the time from its address to its
first picture, and the time from a key to new pixels.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import json
import os
import select
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.building import complain
from benchmarks.servers import KINDS, Running, available, cpuSeconds, freePort, running
from benchmarks.workloads import Workload, workload
from txrfb.encodings import constants as c

NAMES = ("txrfb", "libvncserver + websockify")

#: What noVNC lists, by default.
ENCODINGS = (
    *(c.COPY_RECT, c.TIGHT, c.TIGHT_PNG, c.ZRLE, c.HEXTILE, c.RRE, c.RAW),
    *(c.QUALITY_LEVEL_0 + 6, c.COMPRESSION_LEVEL_0 + 2, c.DESKTOP_SIZE, c.LAST_RECT),
)

#: How often a client asks for what is new, in a second.
ASKS = 60

_MODULES = Path(__file__).parent.parent / "tests" / "interop" / "node_modules"

_PAGE = """<!DOCTYPE html><meta charset="utf-8"><title>noVNC</title>
<div id="screen" style="height: 95vh"></div><script type="module">
import RFB from "./core/rfb.js";
new RFB(document.getElementById("screen"), `ws://${location.host}/websockify`);
</script>"""

#: When the visible picture was drawn first, and last.
_WATCH = """
window.drawn = [];
const draw = CanvasRenderingContext2D.prototype.drawImage;
CanvasRenderingContext2D.prototype.drawImage = function (...all) {
  draw.apply(this, all);
  if (this.canvas.isConnected && this.canvas.width > 64) drawn.push(performance.now());
};
window.keyToPixels = () => new Promise((done) => {
  const count = drawn.length, start = performance.now();
  const key = { key: "a", code: "KeyA", keyCode: 65, bubbles: true, cancelable: true };
  const target = document.getElementById("typing") ?? document.querySelector("canvas");
  target.dispatchEvent(new KeyboardEvent("keydown", key));
  const look = () => {
    if (drawn.length > count) {
      target.dispatchEvent(new KeyboardEvent("keyup", key));
      done(drawn[count] - start);
    } else if (performance.now() - start > 2000) {
      done(null);
    } else {
      setTimeout(look, 1);
    }
  };
  look();
});
"""


@dataclass(frozen=True)
class Result:
    """
    What came of a server.

    @ivar cpu: Seconds of processor time in a second, by the number of clients.
    @ivar first: Milliseconds from the address to the first picture, medians all.
    @ivar key: Milliseconds from a key to new pixels.
    @ivar size: Bytes of the page, as they are sent.
    @ivar requests: In how many requests.
    """

    server: str
    cpu: dict[int, float]
    first: float
    key: float
    size: int
    requests: int


class Client:
    """
    A client by WebSocket that takes what comes, and asks for more.
    """

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._raw = self._data = b""
        self.bytes = 0
        self._isOver = False
        key = base64.b64encode(os.urandom(16)).decode("ascii")
        lines = [
            "GET /websockify HTTP/1.1",
            f"Host: 127.0.0.1:{port}",
            f"Origin: http://127.0.0.1:{port}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Protocol: binary",
        ]
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode("ascii"))
        while b"\r\n\r\n" not in self._raw:
            self._raw += self._received()
        head, _, self._raw = self._raw.partition(b"\r\n\r\n")
        if b" 101 " not in head.partition(b"\r\n")[0]:
            raise OSError(f"no WebSocket at port {port}: {head[:100]!r}")
        self._read(12)
        self._say(b"RFB 003.008\n")
        [count] = self._read(1)
        self._read(count)
        self._say(b"\1")
        self._read(4)
        self._say(b"\1")
        width, height = struct.unpack(">HH", self._read(20)[:4])
        [size] = struct.unpack(">I", self._read(4))
        self._read(size)
        listed = struct.pack(f">BxH{len(ENCODINGS)}i", 2, len(ENCODINGS), *ENCODINGS)
        self._say(listed)
        self._ask = struct.pack(">BBHHHH", 3, 1, 0, 0, width, height)
        self._say(struct.pack(">BBHHHH", 3, 0, 0, 0, width, height))
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _received(self) -> bytes:
        data = self._socket.recv(1 << 18)
        if not data:
            raise OSError("the server has closed the connection")
        return data

    def _say(self, data: bytes) -> None:
        head = bytes((0x82, 0x80 | len(data))) + bytes(4)
        self._socket.sendall(head + data)

    def _read(self, size: int) -> bytes:
        """
        Read as much of RFB, while all frames are short.
        """
        while len(self._data) < size:
            while len(self._raw) < 2 or len(self._raw) < 2 + (self._raw[1] & 127):
                self._raw += self._received()
            length = self._raw[1] & 127
            self._data += self._raw[2 : 2 + length]
            self._raw = self._raw[2 + length :]
        data, self._data = self._data[:size], self._data[size:]
        return data

    def _run(self) -> None:
        due = time.monotonic()
        with contextlib.suppress(OSError):
            while not self._isOver:
                wait = max(0.0, due - time.monotonic())
                if select.select([self._socket], [], [], wait)[0]:
                    self.bytes += len(self._received())
                if time.monotonic() >= due:
                    self._say(self._ask)
                    due = time.monotonic() + 1 / ASKS

    def close(self) -> None:
        """
        Leave.
        """
        self._isOver = True
        self._thread.join(1)
        self._socket.close()


def family(pid: int) -> list[int]:
    """
    @return: A process, and all that descend from it.
    """
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                parents[int(entry.name)] = int(fields[1])
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


@contextlib.contextmanager
def _websockify(server: Running) -> Iterator[tuple[int, list[int]]]:
    port = freePort()
    with tempfile.TemporaryDirectory() as directory:
        novnc = _MODULES / "@novnc" / "novnc"
        for folder in ("core", "vendor"):
            shutil.copytree(novnc / folder, Path(directory, folder))
        Path(directory, "index.html").write_text(_PAGE)
        words = ["websockify", "--web", directory, f"127.0.0.1:{port}"]
        process = subprocess.Popen(
            [*words, f"127.0.0.1:{server.port}"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _awaited(port)
            yield port, [server.pid, process.pid]
        finally:
            process.terminate()
            process.wait()


def _awaited(port: int) -> None:
    for _ in range(1500):
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        time.sleep(0.02)
    raise OSError(f"nothing listens on {port}")


@contextlib.contextmanager
def serving(name: str, work: Workload, fps: int) -> Iterator[tuple[int, list[int]]]:
    """
    A server for browsers.

    @param fps: As L{running} has it.

    @return: Its port, and its processes, whose descendants count, too.
    """
    if name == "txrfb":
        port = freePort()
        kind = KINDS["txrfb"]
        kind = type(kind)(
            kind.name,
            kind.program,
            compares=True,
            options=("--hints=exact", f"--web={port}"),
        )
        with running(kind, work, fps=fps) as server:
            _awaited(port)
            yield port, [server.pid]
    else:
        with (
            running(KINDS["lvs"], work, fps=fps) as server,
            _websockify(server) as (port, pids),
        ):
            yield port, pids


def measureCPU(name: str, work: Workload, clients: int, seconds: float) -> float:
    """
    @return: Seconds of processor time that a server takes in a second.
    """
    with serving(name, work, 30) as (port, pids):
        several = [Client(port) for _ in range(clients)]
        time.sleep(1.5)

        def used() -> float:
            return sum(cpuSeconds(one) for pid in pids for one in family(pid))

        bytesBefore = [one.bytes for one in several]
        before, start = used(), time.monotonic()
        time.sleep(seconds)
        taken = (used() - before) / (time.monotonic() - start)
        read = [one.bytes - had for one, had in zip(several, bytesBefore, strict=True)]
        for one in several:
            one.close()
        if min(read) == 0:
            raise OSError(f"{name}: a client was sent nothing")
        return taken


async def _browse(port: int, loads: int, keys: int) -> tuple[float, float, int, int]:
    """
    Load the page several times, and press keys.

    @return: As L{Result} has them: first, key, size, requests.
    """
    from tests.interop.devtools import Chromium, DevTools, Page
    from tests.interop.processes import pause, realReactor

    reactor = realReactor()
    tools = await DevTools.connect(reactor, Chromium.shared())
    firsts: list[float] = []
    sizes = 0, 0
    samples: list[float] = []
    for number in range(loads):
        page = await Page.open(tools, "about:blank")
        await page.call("Page.enable")
        await page.call("Network.enable")
        await page.call("Network.setCacheDisabled", cacheDisabled=True)
        await page.call("Page.addScriptToEvaluateOnNewDocument", source=_WATCH)
        await page.call("Page.navigate", url=f"http://127.0.0.1:{port}/")
        end = time.monotonic() + 20
        while not await page.evaluate("window.drawn?.length"):
            if time.monotonic() > end:
                raise OSError("the page shows nothing")
            await pause(reactor, 0.01)
        firsts.append(await page.evaluate("drawn[0]"))
        await pause(reactor, 0.5)
        told = await page.evaluate(
            "[...performance.getEntriesByType('navigation'),"
            " ...performance.getEntriesByType('resource')]"
            ".filter((one) => one.name.startsWith('http'))"
            ".map((one) => one.transferSize)"
        )
        sizes = sum(told), len(told)
        if number == loads - 1:
            for _ in range(keys):
                sample = await page.evaluate("keyToPixels()")
                if sample is not None:
                    samples.append(sample)
                await pause(reactor, 0.05)
        await page.close()
    await tools.close()
    if len(samples) < keys / 2:
        raise OSError(f"only {len(samples)} of {keys} keys were followed by pixels")
    return statistics.median(firsts), statistics.median(samples), *sizes


def measureBrowser(
    name: str, work: Workload, loads: int, keys: int
) -> tuple[float, float, int, int]:
    """
    @return: What L{_browse} finds.
    """
    from twisted.internet import reactor as installed
    from twisted.internet.defer import Deferred

    reactor: Any = installed
    found: list[Any] = []

    def browse() -> None:
        work = Deferred.fromCoroutine(_browse(port, loads, keys))
        work.addBoth(found.append)
        work.addCallback(lambda _: reactor.stop())

    with serving(name, work, 0) as (port, _):
        reactor.callWhenRunning(browse)
        reactor.run()
    [result] = found
    if not isinstance(result, tuple):
        raise OSError(str(result.value))
    return result


def main(argv: list[str] | None = None) -> int:
    """
    Measure, in turns, and print what came of it.
    """
    parser = argparse.ArgumentParser(prog="benchmarks.browser", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--clients", type=int, nargs="*", default=[1, 16])
    parser.add_argument("--workload", default="office")
    parser.add_argument("--keys", type=int, default=60)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    work = workload(options.workload)
    if options.inside:
        # A reactor runs once.
        print(json.dumps(measureBrowser(options.inside, work, 3, options.keys)))
        return 0
    names = [NAMES[0]]
    if shutil.which("websockify") is None:
        complain("websockify", "websockify")
    elif available(KINDS["lvs"]) and (_MODULES / "@novnc").is_dir():
        names.append(NAMES[1])
    cpu: dict[str, dict[int, list[float]]] = {name: {} for name in names}
    seen: dict[str, list[Any]] = {name: [] for name in names}
    for _ in range(options.rounds):
        for clients in options.clients:
            for name in names:
                taken = measureCPU(name, work, clients, options.seconds)
                cpu[name].setdefault(clients, []).append(taken)
        for name in names:
            words = ["--inside", name, "--workload", options.workload]
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks.browser", *words],
                stdout=subprocess.PIPE,
                text=True,
                check=True,
                cwd=Path(__file__).parent.parent,
            )
            seen[name].append(json.loads(done.stdout.splitlines()[-1]))
    for name in names:
        first, key, size, requests = zip(*seen[name], strict=True)
        result = Result(
            name,
            {count: statistics.median(taken) for count, taken in cpu[name].items()},
            statistics.median(first),
            statistics.median(key),
            size[0],
            requests[0],
        )
        if options.json:
            print(json.dumps(asdict(result)))
            continue
        loads = ", ".join(
            f"{one} {100 * part:.1f} %" for one, part in result.cpu.items()
        )
        print(
            f"{name}: processor for clients {loads}; page {size[0]} bytes in"
            f" {requests[0]} requests, first picture {result.first:.0f} ms,"
            f" key to pixels {result.key:.1f} ms"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
