# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
HAProxy in front of two servers, all of them processes, set up as the documentation has
it: only addresses, places of files, and times are others.
"""

from __future__ import annotations

import itertools
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
from pathlib import Path
from typing import Any

from tests.interop.processes import freePort
from tests.interop.test_command import need
from tests.test_deploy import Places, block, commands
from tests.test_plugin import TIMEOUT, TWISTD, ProcessTestCase
from tests.web.scenes import USUAL, frame
from txrfb.security.accounts.credentials import vncResponse

_VERSION = b"RFB 003.008\n"

#: An incremental request for a pixel as it is, and the beginning of the answer.
_REQUEST, _ANSWER = b"\3\0\0\0\0\0\0\1\0\1", b"\0\0\0\1"

#: Where the servers are.
_HOSTS = ("127.0.0.11", "127.0.0.12")

#: An address that they do not let in.
_DENIED = "127.0.0.66"

#: What is in the documentation, without what keeps those that are idle.
_PLAIN = """
listen plain
    mode tcp
    bind 127.0.0.1:{plain}
    server desk2 127.0.0.12:{rfb} send-proxy-v2
"""


class Server:
    """
    A server.

    @ivar log: The path of its log.
    """

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self.process = process
        self.log = log

    def text(self) -> str:
        """
        @return: What it has logged.
        """
        return self.log.read_text("utf-8")


class HAProxyTests(ProcessTestCase):
    """
    Two servers behind HAProxy.
    """

    def setUp(self) -> None:
        """
        Start all of them.
        """
        super().setUp()
        program = shutil.which("haproxy", path=f"{os.environ['PATH']}:/usr/sbin")
        if program is None:
            need("haproxy")
        self.places = Places()
        self.addCleanup(self.places.remove)
        self.patch(os, "environ", {**os.environ, "XDG_STATE_HOME": self.places.top})
        self.rfb, self.web, self.http, self.tcp = (freePort() for _ in range(4))
        self.plain = freePort()
        self.logs = (self.directory / f"log{n}" for n in itertools.count())
        self.servers = [self.serve(host) for host in _HOSTS]
        self.begin(program or "haproxy")

    def serve(self, host: str) -> Server:
        """
        @return: A server at an address, which listens.
        """
        [line] = [one for one in commands("twistd") if "--proxy-from" in one]
        words = self.places.words(line.replace("192.0.2.9", "127.0.0.1"))
        words = words[words.index("rfb") :]
        for at, word in enumerate(words):
            for usual, number in ((":5900", self.rfb), (":6080", self.web)):
                if word.endswith(usual):
                    place = word.removesuffix(usual)
                    words[at] = f"{place}:{number}:interface={host}"
        log = next(self.logs)
        process = self.python(
            *("-c", TWISTD, "-n", "--pidfile=", f"--logfile={log}", *words),
            *("--framebuffer", "testcard:still", "--deny", _DENIED),
            seconds=4 * TIMEOUT,
        )
        while not (log.exists() and "Serving browsers" in log.read_text("utf-8")):
            assert process.poll() is None, process.communicate()
        return Server(process, log)

    def begin(self, program: str) -> None:
        """
        Start HAProxy.
        """
        text = self.places.placed(block("# haproxy-many.cfg"))
        for usual, here in (
            ("bind :5900", f"bind 127.0.0.1:{self.tcp}"),
            ("bind :443", f"bind 127.0.0.1:{self.http}"),
            *((f"192.0.2.{n}:5900", f"127.0.0.{n}:{self.rfb}") for n in (11, 12)),
            *((f"192.0.2.{n}:6080", f"127.0.0.{n}:{self.web}") for n in (11, 12)),
            ("timeout client 60s", "timeout client 4s"),
            ("timeout server 60s", "timeout server 4s"),
            ("inter 2s", "inter 100ms"),
        ):
            self.assertIn(usual, text)
            text = text.replace(usual, here)
        text += _PLAIN.format(plain=self.plain, rfb=self.rfb)
        path = self.directory / "haproxy.cfg"
        path.write_text(text, "utf-8")
        with open(self.directory / "haproxy.log", "wb") as output:
            process = subprocess.Popen(
                [program, "-db", "-f", path], stdout=output, stderr=output
            )
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.haproxy = process

    def dial(self, port: int, host: str) -> socket.socket:
        """
        @return: A connection to HAProxy, from an address of this machine.
        """
        while True:
            try:
                made = socket.create_connection(
                    ("127.0.0.1", port), TIMEOUT, source_address=(host, 0)
                )
            except ConnectionRefusedError:
                output = (self.directory / "haproxy.log").read_text()
                assert self.haproxy.poll() is None, output
                continue
            self.addCleanup(made.close)
            return made

    def greeted(self, host: str = "127.0.0.5") -> socket.socket:
        """
        @return: A connection on which some server says who it is.
        """
        connection = self.dial(self.tcp, host)
        self.assertEqual(connection.recv(12, socket.MSG_WAITALL), _VERSION)
        return connection

    def viewer(self, host: str) -> socket.socket:
        """
        @return: A viewer that has logged in.
        """
        connection = self.greeted(host)
        connection.sendall(_VERSION)
        count = connection.recv(1)[0]
        self.assertIn(2, connection.recv(count, socket.MSG_WAITALL))
        connection.sendall(b"\2")
        challenge = connection.recv(16, socket.MSG_WAITALL)
        connection.sendall(vncResponse(b"secret", challenge) + b"\1")
        self.assertEqual(connection.recv(4, socket.MSG_WAITALL), b"\0\0\0\0")
        head = connection.recv(24, socket.MSG_WAITALL)
        size = int.from_bytes(head[20:], "big")
        self.assertIn(b"test card", connection.recv(size, socket.MSG_WAITALL))
        return connection

    def assertServed(self, viewer: socket.socket) -> None:
        """
        Fail unless a viewer is sent pixels.
        """
        viewer.sendall(_REQUEST)
        self.assertEqual(viewer.recv(len(_ANSWER), socket.MSG_WAITALL), _ANSWER)
        viewer.recv(16, socket.MSG_WAITALL)

    def hostOf(self, viewer: socket.socket) -> Server:
        """
        @return: The one server in whose log a viewer is, with its address.
        """
        host, port = viewer.getsockname()
        name = re.compile(rf"\b{re.escape(host)}:{port}\b")
        [found] = [one for one in self.servers if name.search(one.text())]
        return found

    def told(self, server: Server) -> list[int]:
        """
        @return: The numbers of the connections of which a log has lines.
        """
        return sorted(
            {int(n) for n in re.findall(r"\bConnection (\d+)", server.text())}
        )

    def test_viewers(self) -> None:
        """
        Viewers are spread, at their own addresses, which may be denied; one that does
        nothing outlives the time-outs; when a server is killed, or drains, the other
        has all that come; and of the checks there is not a line.
        """
        viewers = [self.viewer(f"127.0.0.{number}") for number in (5, 6)]
        first, second = map(self.hostOf, viewers)
        self.assertIsNot(first, second)
        denied = self.greeted(_DENIED)
        denied.sendall(_VERSION)
        while denied.recv(100):
            pass
        said = first.text() + second.text()
        self.assertRegex(said, rf"{_DENIED}.*address not allowed")
        # Where there is no time-out for tunnels one that does nothing is cut off.
        cut = self.dial(self.plain, "127.0.0.8")
        self.assertEqual(cut.recv(100), _VERSION)
        self.assertEqual(cut.recv(1), b"")
        for viewer in viewers:
            self.assertServed(viewer)
        first.process.kill()
        first.process.wait()
        self.assertEqual(viewers[0].recv(1), b"")
        for _ in range(20):
            self.greeted().close()
        # Another comes to its place.
        self.servers.remove(first)
        host = _HOSTS[0] if _HOSTS[0] in first.text() else _HOSTS[1]
        third = self.serve(host)
        self.servers.append(third)
        while True:
            latest = self.viewer("127.0.0.7")
            if self.hostOf(latest) is third:
                break
            latest.close()
        second.process.send_signal(signal.SIGUSR2)
        for _ in range(100):
            self.greeted().close()
        self.assertServed(viewers[1])
        viewers[1].close()
        self.assertEqual(second.process.wait(TIMEOUT), 0)
        self.assertServed(latest)
        # Each had checks before all that the log tells of, which has their numbers.
        numbers = self.told(third)
        self.assertEqual(len(numbers), 1, third.text())
        self.assertGreater(self.told(second)[-1], len(self.told(second)) + 10)
        for server in (first, second, third):
            self.assertNotIn("#warn", server.text().partition("Connection")[2])

    def look(self, host: str, **headers: str) -> tuple[socket.socket, str]:
        """
        @return: A browser's WebSocket, on which a server has said who it is, and the
            head of its answer.
        """
        context = ssl.create_default_context(cafile=self.places.files["fullchain.pem"])
        connection = context.wrap_socket(
            self.dial(self.http, host), server_hostname="localhost"
        )
        own = {**USUAL, "Host": f"localhost:{self.http}", **headers}
        lines = [f"{name}: {value}" for name, value in own.items()]
        request = "\r\n".join(["GET /websockify HTTP/1.1", *lines, "", ""])
        connection.sendall(request.encode("ascii"))
        heard = b""
        while _VERSION not in heard:
            more = connection.recv(1000)
            self.assertTrue(more, heard)
            heard += more
        connection.sendall(frame(_VERSION))
        connection.recv(1000)
        return connection, heard.partition(b"\r\n\r\n")[0].decode("ascii")

    def test_browsers(self) -> None:
        """
        So are browsers, which by their cookie come back to the server where they were.
        """
        browser, head = self.look("127.0.0.5")
        self.assertIn(" 101 ", head)
        cookie = re.findall(r"(?mi)^set-cookie: ([^;]+);", head)
        self.assertEqual(len(cookie), 1, head)
        others: list[Any] = [
            self.look("127.0.0.6", Cookie=cookie[0])[0] for _ in range(4)
        ]
        [there] = [one for one in self.servers if "127.0.0.5" in one.text()]
        self.assertEqual(len(re.findall(r"opened by 127\.0\.0\.6\b", there.text())), 4)
        elsewhere, head = self.look("127.0.0.7")
        self.assertIn("set-cookie: ", head.lower())
        self.assertNotIn("127.0.0.7", there.text())
        for one in (browser, elsewhere, *others):
            one.close()
