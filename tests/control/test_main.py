# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.control.__main__}, with a real daemon at a real socket.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from io import StringIO
from pathlib import Path

from PIL import Image

from tests.test_plugin import TIMEOUT, ProcessTestCase
from txrfb.control.__main__ import main


class MainTests(ProcessTestCase):
    """
    The command.
    """

    def control(self, *arguments: str) -> str:
        """
        @return: What the command prints.
        """
        output = StringIO()
        problem = main(arguments, {"TXRFB_CONTROL": str(self.path)}, output)
        self.assertIsNone(problem)
        return output.getvalue()

    def setUp(self) -> None:
        """
        The path of a socket must be short, which C{mktemp}'s need not be.
        """
        super().setUp()
        directory = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, directory)
        self.path = Path(directory) / "control"

    def test_everything(self) -> None:
        """
        A daemon is asked and told everything that there is.
        """
        server = self.python(
            *("-m", "txrfb", "--port", "0", "--name", "desk"),
            *("--control", str(self.path)),
        )
        port = self.port(server)
        assert server.stdout is not None
        while not self.path.exists():
            self.assertTrue(server.stdout.readline(), "the server has ended")
        self.assertEqual(self.control("list"), "nobody is connected\n")
        self.serverInit(self.connect(port))
        self.assertIn("1: 127.0.0.1:", self.control("list"))
        self.assertEqual(
            self.control("rights", "1", "view").rpartition(" has")[2],
            " the rights view\n",
        )
        [connection] = json.loads(self.control("--json", "list"))["connections"]
        self.assertEqual(connection["rights"], "view")
        file = str(self.directory / "shot.png")
        self.assertEqual(self.control("screenshot", file), "")
        self.assertEqual(Image.open(file).size, (1024, 768))
        self.assertIn("0 of 1 viewers", self.control("say", "Back at 5"))
        self.assertIn("'desk', 1024x768\n", self.check())
        self.assertIn("disconnected 1", self.control("kick", "1"))
        error = main(["--control", str(self.path), "kick", "99"], {})
        self.assertEqual(error, "there is no connection 99; list has all")
        # The last order: nobody is there any more.
        self.assertIn("draining: no more viewers", self.control("drain"))
        output, _ = server.communicate()
        self.assertEqual(server.returncode, 0)
        self.assertIn("disconnected by the administrator", output)
        self.assertFalse(self.path.exists())

    def check(self) -> str:
        """
        @return: What a process of the command prints of the set-up.
        """
        done = subprocess.run(
            [sys.executable, "-m", "txrfb.control", "--control", self.path, "check"],
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=True,
        )
        return done.stdout

    def test_problems(self) -> None:
        """
        A server that is not there, or is none, and a file that cannot be written, are
        sentences.
        """
        missing = str(self.path.parent / "missing")
        self.assertEqual(
            main(["--control", missing, "list"], {}),
            f"{missing}: No such file or directory; is the server running with"
            f" --control {missing}?",
        )
        for words, text in (
            (["list"], "TXRFB_CONTROL"),
            ([], "a COMMAND is missing"),
            (["hang"], "invalid choice: 'hang'"),
            (["--control", f"/{'x' * 200}", "list"], "at most 107 bytes, and '/xxx"),
            (["kick"], "number"),
            (["rights", "1"], "rights"),
        ):
            stderr = StringIO()
            self.patch(sys, "stderr", stderr)
            self.assertRaises(SystemExit, main, words, {})
            self.assertIn(text, stderr.getvalue())

    def test_strangers(self) -> None:
        """
        So is something else that answers there.
        """
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(self.path))
            listening.listen()

            def answer() -> None:
                connection, _ = listening.accept()
                with connection:
                    connection.recv(1000)
                    connection.sendall(b"RFB 003.008\n")

            thread = threading.Thread(target=answer)
            thread.start()
            problem = main(["--control", str(self.path), "list"], {})
            thread.join()
        self.assertEqual(problem, f"{self.path}: that is no server's control socket")
