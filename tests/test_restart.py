# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Restarts that nobody sees: daemons that take each other's place at a socket which
something else holds, as systemd does.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tests.test_plugin import ADOPT, TIMEOUT, TWISTD, ProcessTestCase

_VERSION = b"RFB 003.008\n"

#: How many connect at the same time.
_CLIENTS = 4

#: An incremental request for some pixels, and one for them as they are.
_REQUEST = b"\3\0\0\0\0\0\0\1\0\1"


class Load:
    """
    Connects, is greeted and leaves, again and again.

    @ivar greeted: How often.
    @ivar lost: What went wrong, each time.
    """

    def __init__(
        self,
        connect: Callable[[], socket.socket],
        greet: Callable[[socket.socket], None],
    ) -> None:
        """
        @param connect: Connects.

        @param greet: Fails unless a connection is served.
        """
        self._connect = connect
        self._greet = greet
        self._goesOn = True
        self.greeted = 0
        self.lost: list[str] = []
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._run) for _ in range(_CLIENTS)]
        for thread in self._threads:
            thread.start()

    def _run(self) -> None:
        while self._goesOn:
            problem = None
            try:
                with self._connect() as connection:
                    self._greet(connection)
            except (OSError, AssertionError) as error:
                problem = repr(error)
            with self._lock:
                if problem is None:
                    self.greeted += 1
                else:
                    self.lost.append(problem)

    def stop(self) -> None:
        """
        Connect no more.
        """
        self._goesOn = False
        for thread in self._threads:
            thread.join()


class RestartTests(ProcessTestCase):
    """
    Restarts.
    """

    def setUp(self) -> None:
        """
        A place where processes tell that they are ready.
        """
        super().setUp()
        self.top = tempfile.TemporaryDirectory()
        self.addCleanup(self.top.cleanup)
        path = f"{self.top.name}/notify"
        self.told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.told.close)
        self.told.bind(path)
        self.told.settimeout(TIMEOUT)
        self.patch(os, "environ", {**os.environ, "NOTIFY_SOCKET": path})
        self.count = 0

    def heard(self, beginning: str) -> None:
        """
        Wait until a process tells something.
        """
        while not self.told.recv(1000).decode().startswith(beginning):
            pass

    def begin(
        self, listening: socket.socket, framebuffer: str = "testcard:still"
    ) -> subprocess.Popen[str]:
        """
        @return: A server at the socket, which is ready.
        """
        self.count += 1
        family = "UNIX" if listening.family == socket.AF_UNIX else "INET"
        process = self.python(
            *("-c", ADOPT + TWISTD, str(listening.fileno())),
            *("-n", "--pidfile=", f"--logfile={self.logOf(self.count)}", "rfb"),
            *("--port", f"systemd:domain={family}:name=rfb.socket"),
            *("--framebuffer", framebuffer),
            adopted=listening,
            seconds=4 * TIMEOUT,
        )
        self.heard("READY=1")
        return process

    def logOf(self, number: int) -> Path:
        """
        @return: Where the log of a process is.
        """
        return self.directory / f"log{number}"

    def greeting(self, connection: socket.socket) -> None:
        """
        Fail unless a server says who it is.
        """
        self.assertEqual(connection.recv(12, socket.MSG_WAITALL), _VERSION)

    def login(self, connection: socket.socket) -> None:
        """
        Fail unless a server lets a viewer in.
        """
        self.serverInit(connection)

    def assertReplaced(
        self,
        listening: socket.socket,
        connect: Callable[[], socket.socket],
        greet: Callable[[socket.socket], None],
        most: int,
    ) -> None:
        """
        Replace a server three times, while viewers come, at least so many: fail unless
        all of them are greeted, and one that the first server has is served by it to
        the end.
        """
        processes = [self.begin(listening)]
        viewer = connect()
        self.addCleanup(viewer.close)
        self.serverInit(viewer)
        load = Load(connect, greet)
        self.addCleanup(load.stop)
        for _ in range(3):
            before = load.greeted
            processes.append(self.begin(listening))
            processes[-2].send_signal(signal.SIGUSR2)
            self.heard("STATUS=draining")
            # The next has some, too.
            while load.greeted < before + most // 4 and not load.lost:
                time.sleep(0.01)
        while load.greeted < most and not load.lost:
            time.sleep(0.01)
        load.stop()
        self.assertEqual(load.lost, [])
        self.assertGreaterEqual(load.greeted, most)
        for process in processes[1:3]:
            self.assertEqual(process.wait(TIMEOUT), 0)
        self.assertIsNone(processes[0].poll())
        viewer.sendall(_REQUEST)
        self.assertEqual(viewer.recv(4, socket.MSG_WAITALL), b"\0\0\0\1")
        viewer.close()
        self.assertEqual(processes[0].wait(TIMEOUT), 0)
        text = self.logOf(1).read_text()
        self.assertIn("draining: no more viewers are taken", text)
        self.assertIn("Nobody is connected any more", text)
        self.assertIsNone(processes[3].poll())

    def test_tcp(self) -> None:
        """
        By TCP, with three thousand viewers.
        """
        listening = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self.addCleanup(listening.close)
        address = listening.getsockname()

        def connect() -> socket.socket:
            return socket.create_connection(address, TIMEOUT)

        self.assertReplaced(listening, connect, self.greeting, 3000)

    def test_unix(self) -> None:
        """
        By a socket in the file system, whose viewers, all of one user, log in: those
        that do not are refused after some time.
        """
        path = f"{self.top.name}/rfb"
        listening = socket.socket(socket.AF_UNIX)
        self.addCleanup(listening.close)
        listening.bind(path)
        listening.listen(4096)

        def connect() -> socket.socket:
            connection = socket.socket(socket.AF_UNIX)
            connection.settimeout(TIMEOUT)
            connection.connect(path)
            return connection

        self.assertReplaced(listening, connect, self.login, 300)

    def test_several(self) -> None:
        """
        Several at one socket, all relays of one server, each take some of the viewers;
        when one is killed its viewers come back by the others.
        """
        path = f"{self.top.name}/desk"
        options = ("-n", "--pidfile=", "rfb", "--port", f"unix:{path}")
        self.python("-c", TWISTD, *options, seconds=4 * TIMEOUT)
        self.heard("READY=1")
        listening = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self.addCleanup(listening.close)
        relays = [self.begin(listening, f"vnc:{path}") for _ in range(2)]
        viewers = []
        while not all("logged in" in self.logOf(n).read_text() for n in (1, 2)):
            viewer = self.connect(listening.getsockname()[1])
            self.assertIn(b"test card", self.serverInit(viewer))
            viewer.sendall(_REQUEST)
            self.assertEqual(viewer.recv(4, socket.MSG_WAITALL), b"\0\0\0\1")
            viewers.append(viewer)
        relays[0].kill()
        relays[0].wait()
        for _ in viewers:
            viewer = self.connect(listening.getsockname()[1])
            self.assertIn(b"test card", self.serverInit(viewer))
