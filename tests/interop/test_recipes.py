# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The recipes for administrators with the programs that they are for: daemons, systemd's
sockets, HAProxy and nginx.  Only places of files and numbers of ports are others.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.endpoints import (
    TCP4ClientEndpoint,
    UNIXClientEndpoint,
    connectProtocol,
)
from twisted.internet.error import ConnectError
from twisted.internet.protocol import DatagramProtocol, Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase

from tests.interop.processes import Child, freePort, pause, realReactor, start
from tests.interop.test_command import need
from tests.scenes import serving
from tests.test_deploy import HAS_TLS, Places, block, commands
from tests.test_plugin import ROOT, TWISTD
from txrfb._endpoints import serverEndpoint

_VERSION = b"RFB 003.008\n"

#: What nginx needs around the documentation's part.
_NGINX = """
load_module {module};
user root;
daemon off;
master_process off;
pid {top}/pid;
error_log {top}/errors;
events {{}}
{text}
"""

#: Where Debian, and nginx's own packages, have nginx's module.
_MODULES = (
    "/usr/lib/nginx/modules/ngx_stream_module.so",
    "/usr/lib64/nginx/modules/ngx_stream_module.so",
)


class Hearing(Protocol):
    """
    Waits for a greeting.
    """

    def __init__(self) -> None:
        self.heard: Deferred[bytes] = Deferred()

    def dataReceived(self, data: bytes) -> None:
        """
        Keep it.
        """
        if not self.heard.called:
            self.heard.callback(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """
        There will be none.
        """
        if not self.heard.called:
            self.heard.errback(reason)


class Told(DatagramProtocol):
    """
    What systemd is told.
    """

    def __init__(self) -> None:
        self.said = ""

    def datagramReceived(self, datagram: bytes, address: Any) -> None:
        """
        Keep it.
        """
        self.said += datagram.decode() + "\n"


class RecipeTestCase(TestCase):
    """
    What is needed to follow a recipe.
    """

    # A slow machine starts many daemons slowly.
    timeout = 300

    def setUp(self) -> None:
        """
        Have the files that the recipes have.
        """
        self.reactor: Any = realReactor()
        self.places = Places()
        self.top = self.places.top
        self.addCleanup(self.places.remove)
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            # Not that of whoever runs the test.
            "XDG_STATE_HOME": os.path.join(self.top, "state"),
        }

    def begin(self, *command: str) -> Child:
        """
        Start a program, which is stopped when the test is over.
        """
        child = start(self.reactor, Child(), command, self.environment)
        self.addCleanup(lambda: Deferred.fromCoroutine(child.stop()))
        return child

    async def viewer(self, endpoint: Any, child: Child) -> Any:
        """
        @return: A viewer that has been greeted, by what C{child} may still have to
            open.
        """
        while True:
            try:
                viewer = await connectProtocol(endpoint, Hearing())
                break
            except ConnectError:
                child.check()
                await pause(self.reactor, 0.05)
        self.assertEqual(await viewer.heard, _VERSION)
        return viewer


class DaemonTests(RecipeTestCase):
    """
    The commands that start a server start one.
    """

    count = 0

    def adapted(self, line: str) -> list[str]:
        """
        @return: A command, at ports that the system chooses, with a socket of its own,
            and in the foreground.
        """
        words = self.places.words(line)
        self.count += 1
        path = self.places.files["/run/rfb/socket"]
        words = [word.replace(path, f"{path}{self.count}") for word in words]
        for at, word in enumerate(words):
            if words[at - 1] in ("--port", "--web"):
                words[at] = re.sub(r"^\d+$|(?<=\btcp:)\d+|(?<=:port=)\d+", "0", word)
        if "--port" not in words:
            words += ["--port", "0"]
        if "-n" not in words:
            # With its log where it would have been.
            words.insert(1, "-n")
        return ["-c", TWISTD, "--pidfile=", *words[1:]]

    async def served(self, line: str) -> None:
        """
        Follow one of them, and look whether it serves.
        """
        words = self.adapted(line)
        child = start(self.reactor, Child(), [sys.executable, *words], self.environment)
        try:
            found = None
            while found is None:
                child.check()
                said = child.output.decode() + child.errors.decode()
                if "--logfile" in words:
                    path = Path(words[words.index("--logfile") + 1])
                    said += path.read_text("utf-8") if path.exists() else ""
                found = re.search(
                    r"Serving .*? at (\S+)(?: and ::)?( port (\d+))?", said
                )
                await pause(self.reactor, 0.05)
            if re.search("haproxy:|tls:|--web|--allow", line):
                # These are for others, and have tests of their own.
                return
            endpoint: Any = UNIXClientEndpoint(self.reactor, found[1])
            if found[3]:
                endpoint = TCP4ClientEndpoint(self.reactor, "127.0.0.1", int(found[3]))
            viewer = await self.viewer(endpoint, child)
            viewer.transport.loseConnection()
        finally:
            await child.stop()

    async def test_served(self) -> None:
        """
        Each serves, and greets viewers.
        """
        lines = [
            line
            for line in commands("twistd")
            # What these need is tried in other tests; the last does not listen.
            if not re.search("--check|pam:|systemd:|--connect", line)
            and (HAS_TLS or "tls:" not in line)
        ]
        self.assertGreater(len(lines), 12)
        # A few at a time.
        for at in range(0, len(lines), 4):
            await gatherResults(
                [
                    Deferred.fromCoroutine(self.served(line))
                    for line in lines[at : at + 4]
                ],
                consumeErrors=True,
            )


class SystemdTests(RecipeTestCase):
    """
    The units, by the programs of systemd.
    """

    async def test_activated(self) -> None:
        """
        systemd listens; the server is started by the first viewer, serves it, and tells
        that it is ready, and that it stops.
        """
        need("systemd-socket-activate")
        text = block("# /etc/systemd/system/rfb.service").replace("\\\n", " ")
        begun = re.search(r"^ExecStart=(.*)$", text, re.M)
        stream = re.search(r"^ListenStream=(.*):\d+$", text, re.M)
        assert begun is not None and stream is not None
        credentials = os.path.join(self.top, "credentials")
        os.mkdir(credentials)
        shutil.copy(self.places.files["password"], f"{credentials}/password")
        words = begun[1].replace("${CREDENTIALS_DIRECTORY}", credentials).split()
        self.assertEqual(words.pop(0), "/opt/txrfb/bin/twistd")
        told, path = Told(), os.path.join(self.top, "notify")
        port = self.reactor.listenUNIXDatagram(path, told)
        self.addCleanup(port.stopListening)
        number = freePort()
        given = {
            "PYTHONPATH": str(ROOT),
            "NOTIFY_SOCKET": path,
            "WATCHDOG_USEC": "30000000",
            "STATE_DIRECTORY": os.path.join(self.top, "state"),
        }
        child = self.begin(
            *("systemd-socket-activate", "--fdname=rfb.socket"),
            *("-l", f"{stream[1]}:{number}"),
            *(f"-E{name}={value}" for name, value in given.items()),
            *(sys.executable, "-c", TWISTD, *words),
        )
        endpoint = TCP4ClientEndpoint(self.reactor, "127.0.0.1", number)
        viewer = await self.viewer(endpoint, child)
        while "READY=1" not in told.said:
            child.check()
            await pause(self.reactor, 0.02)
        viewer.transport.loseConnection()
        child.process.signalProcess("TERM")
        await child.ended()
        self.assertIn("STOPPING=1", told.said)


class ProxyTests(RecipeTestCase):
    """
    Proxies that speak the PROXY protocol.
    """

    async def serve(self) -> None:
        """
        Serve where the recipe says, in this process.
        """
        self.factory = serving()
        [words] = [
            line
            for line in commands("twistd")
            if "/etc/rfb-password" in line and "haproxy:unix" in line
        ]
        found = re.search(r"--port (\S+)", words)
        assert found is not None
        endpoint = serverEndpoint(self.reactor, self.places.placed(found[1]))
        port: Any = await endpoint.listen(self.factory)
        self.addCleanup(port.stopListening)

    async def assertPassedOn(self, child: Child, number: int) -> None:
        """
        Fail unless a viewer of the proxy is where it is.
        """
        endpoint = TCP4ClientEndpoint(self.reactor, "127.0.0.1", number)
        viewer = await self.viewer(endpoint, child)
        viewer.transport.write(b"RFB 003.008\n\1\1")
        while not self.factory.viewers:
            child.check()
            await pause(self.reactor, 0.02)
        host = viewer.transport.getHost()
        self.assertEqual(self.factory.viewers[0].peer, f"127.0.0.1:{host.port}")
        viewer.transport.loseConnection()
        await child.stop()
        while self.factory.connections:
            await pause(self.reactor, 0.02)

    async def test_haproxy(self) -> None:
        """
        HAProxy, whose own checks are no viewers.
        """
        program = shutil.which("haproxy", path=f"{os.environ['PATH']}:/usr/sbin")
        if program is None:
            need("haproxy")
        await self.serve()
        number = freePort()
        text = self.places.placed(block("# haproxy.cfg"))
        text = text.replace("bind :5900", f"bind 127.0.0.1:{number}")
        path = os.path.join(self.top, "haproxy.cfg")
        Path(path).write_text(text, "utf-8")
        child = self.begin(program or "haproxy", "-db", "-f", path)
        await self.assertPassedOn(child, number)

    async def test_nginx(self) -> None:
        """
        nginx.
        """
        program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
        module = next(filter(os.path.exists, _MODULES), None)
        if program is None or module is None:
            need("nginx", "ngx_stream_module.so")
        await self.serve()
        number = freePort()
        text = self.places.placed(block("libnginx-mod-stream"))
        text = text.replace("listen 5900;", f"listen 127.0.0.1:{number};")
        text = text.replace("listen [::]:5900;", "")
        path = os.path.join(self.top, "nginx.conf")
        Path(path).write_text(
            _NGINX.format(module=module, top=self.top, text=text), "utf-8"
        )
        child = self.begin(program or "nginx", "-c", path, "-e", f"{self.top}/errors")
        await self.assertPassedOn(child, number)
