# -*- test-case-name: tests.test_plugin -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for C{twistd rfb}, and C{python -m txrfb}, as processes.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from twisted.trial.unittest import SynchronousTestCase

ROOT = Path(__file__).parent.parent

# Longer than anything takes; a process that is still there then is killed.
TIMEOUT = 60

TWISTD = "from twisted.scripts.twistd import run; run()"

ADOPT = """
import os, sys
given = int(sys.argv.pop(1))
if given != 3:
    os.dup2(given, 3)
    # Connections are made to a socket as long as any duplicate is open.
    os.close(given)
os.environ["LISTEN_PID"] = str(os.getpid())
os.environ["LISTEN_FDS"] = "1"
os.environ["LISTEN_FDNAMES"] = "rfb.socket"
"""

THIRD_PARTY = """
from zope.interface import implementer
from twisted.plugin import IPlugin
from txrfb.interfaces import IFramebufferFactory

@implementer(IPlugin, IFramebufferFactory)
class Acme:
    prefix, help = "acme", "acme:NAME: the Acme camera"

    def framebufferFromString(self, reactor, argument):
        from txrfb.framebuffers.memory import MemoryFramebuffer
        return MemoryFramebuffer(32, 24, "Acme " + argument)

acme = Acme()
"""


def handshake(connection: socket.socket | ssl.SSLSocket) -> bytes:
    """
    Shake hands as a viewer without a password.

    @return: What the server says of its desktop.
    """
    with connection.makefile("rb") as stream:
        for expected, answer in (
            (b"RFB 003.008\n", b"RFB 003.008\n"),
            (b"\1\1", b"\1"),
            (b"\0\0\0\0", b"\1"),
        ):
            heard = stream.read(len(expected))
            assert heard == expected, heard
            connection.sendall(answer)
        head: bytes = stream.read(24)
        return head + stream.read(int.from_bytes(head[20:24], "big"))


class ProcessTestCase(SynchronousTestCase):
    """
    What is needed to try a server as a process.
    """

    def setUp(self) -> None:
        """
        Processes run in a directory of their own.
        """
        self.directory = Path(self.mktemp()).absolute()
        self.directory.mkdir()
        self.seen: list[str] = []

    def python(
        self,
        *arguments: str,
        adopted: socket.socket | None = None,
        seconds: float = TIMEOUT,
    ) -> subprocess.Popen[str]:
        """
        @param arguments: What follows C{python}.

        @param adopted: A socket that the process inherits.

        @param seconds: When it is killed in any case.

        @return: The process, which is not there any longer when the test is over.
        """
        path = os.pathsep.join([str(ROOT), str(self.directory)])
        process = subprocess.Popen(
            [sys.executable, *arguments],
            pass_fds=[] if adopted is None else [adopted.fileno()],
            cwd=self.directory,
            env={**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # A shell has what it starts in the background ignore Ctrl-C.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        watchdog = threading.Timer(seconds, process.kill)
        watchdog.start()

        def end() -> None:
            watchdog.cancel()
            watchdog.join()
            process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()

        self.addCleanup(end)
        return process

    def port(self, process: subprocess.Popen[str]) -> int:
        """
        @return: Where a process that starts says that it serves.
        """
        assert process.stdout is not None
        for line in process.stdout:
            self.seen.append(line)
            found = re.search(r"Serving .* at 127\.0\.0\.1 port (\d+)", line)
            if found:
                return int(found[1])
        raise AssertionError("".join(self.seen))

    def connect(self, port: int) -> socket.socket:
        """
        @return: A connection, closed when the test is over.
        """
        connection = socket.create_connection(("127.0.0.1", port), TIMEOUT)
        self.addCleanup(connection.close)
        return connection

    def serverInit(self, connection: socket.socket | ssl.SSLSocket) -> bytes:
        """
        Shake hands as a viewer without a password.

        @return: What the server says of its desktop.
        """
        return handshake(connection)


class TwistdTests(ProcessTestCase):
    """
    C{twistd} knows the command C{rfb}, and it does what it says.
    """

    def twistd(
        self,
        *arguments: str,
        options: tuple[str, ...] = ("-n", "--pidfile="),
        adopted: socket.socket | None = None,
    ) -> subprocess.Popen[str]:
        """
        @param arguments: What follows C{rfb}.

        @param options: What goes before it.

        @param adopted: A socket that listens, handed over as systemd does.

        @return: The process.
        """
        command = ["-c", TWISTD]
        if adopted is not None:
            command = ["-c", ADOPT + TWISTD, str(adopted.fileno())]
        return self.python(*command, *options, "rfb", *arguments, adopted=adopted)

    def test_help(self) -> None:
        """
        C{twistd rfb --help} shows the options.
        """
        process = self.twistd("--help")
        output, _ = process.communicate()
        self.assertEqual(process.returncode, 0, output)
        self.assertIn("--framebuffer=", output)

    def test_usageError(self) -> None:
        """
        A bad value ends it with a reason and a hint, without all of the help before
        that, and with status 1.
        """
        process = self.twistd("--port", "70000")
        output, _ = process.communicate()
        self.assertEqual(process.returncode, 1, output)
        reason, hint = output.splitlines()
        self.assertIn("twistd rfb: --port '70000': expected a port number", reason)
        self.assertEqual(hint, "twistd rfb --help shows the options.")

    def test_serves(self) -> None:
        """
        It serves the test card; it is told to end, closes its viewer and ends; and
        all of it is in the log, one JSON object a line.
        """
        process = self.twistd(
            *("--port", "0", "--trace"),
            options=("-n", "--pidfile=", "--logger=txrfb.log.jsonObserver"),
        )
        connection = self.connect(self.port(process))
        self.assertIn(b"test card", self.serverInit(connection))
        process.send_signal(signal.SIGTERM)
        self.assertEqual(connection.recv(1), b"")
        output, _ = process.communicate()
        self.assertEqual(process.returncode, -signal.SIGTERM)
        lines = [*self.seen, *output.splitlines()]
        records = [json.loads(line) for line in lines]
        spoken = [
            f"{record['direction']} {record.get('name', record.get('phase'))}"
            for record in records
            if record.get("connection") == 1 and "direction" in record
        ]
        self.assertEqual(spoken[0], "BEGIN ProtocolVersion")
        for said in ("tx ProtocolVersion", "rx ProtocolVersion", "tx ServerInit"):
            self.assertIn(said, spoken)
        [closed] = [r["text"] for r in records if "closed" in r["text"].split()]
        self.assertIn("the server stops", closed)

    def until(self, path: Path, words: str) -> str:
        """
        @return: The file, when it has the words.
        """
        deadline = time.monotonic() + TIMEOUT
        while True:
            text = path.read_text("utf-8") if path.exists() else ""
            if words in text:
                return text
            self.assertLess(time.monotonic(), deadline, text)
            time.sleep(0.01)

    def gone(self, identifier: int, path: Path) -> None:
        """
        Wait for the end of a daemon.

        @param path: Its log, which tells why it does not end.
        """
        deadline = time.monotonic() + TIMEOUT
        status = Path(f"/proc/{identifier}/status")
        while True:
            try:
                os.kill(identifier, 0)
                state = status.read_text("utf-8") if status.exists() else ""
            except ProcessLookupError:
                return
            if "State:\tZ" in state:
                return
            if time.monotonic() > deadline:
                self.fail(f"still there: {state}{path.read_text('utf-8')}")
            time.sleep(0.01)

    def kill(self, identifier: int) -> None:
        """
        End a daemon, if it is still there.
        """
        with contextlib.suppress(ProcessLookupError):
            os.kill(identifier, signal.SIGKILL)

    def test_daemonLogs(self) -> None:
        """
        A daemon logs to the file that it is given, or else to C{twistd.log}, also by
        observers of ours; it reports on SIGUSR1; and when it crashes, the stacks of
        its threads are in the log after the next start.
        """
        for number, where in enumerate(("rfb.log", "rfb.log", "twistd.log")):
            path = self.directory / where
            process = self.twistd(
                *("--port", "0"),
                options=(
                    *("--pidfile", "rfb.pid", "--logger=txrfb.log.bunyanObserver"),
                    *(["--logfile", where] if where == "rfb.log" else []),
                ),
            )
            self.assertEqual(process.wait(), 0)
            words = "has crashed before" if number == 1 else "Serving"
            text = self.until(path, words)
            identifier = int((self.directory / "rfb.pid").read_text())
            self.addCleanup(self.kill, identifier)
            if number == 1:
                self.assertIn("Segmentation fault", text)
            os.kill(identifier, signal.SIGUSR1)
            # The one before it may have reported to the same file.
            self.until(path, f"process {identifier}, ")
            for line in path.read_text("utf-8").splitlines():
                self.assertEqual(json.loads(line)["v"], 0)
            os.kill(identifier, signal.SIGTERM if number else signal.SIGSEGV)
            self.gone(identifier, path)
            if number:
                self.assertIn("Server Shut Down", path.read_text("utf-8"))
            else:
                crash = (self.directory / "rfb.log.crash").read_text("utf-8")
                self.assertIn("mainLoop", crash)
                self.assertIn("Fatal Python error", crash)
                (self.directory / "rfb.pid").unlink()

    def test_hangUp(self) -> None:
        """
        On SIGHUP it reads its files again and says so, and is there as before.
        """
        path = self.directory / "password"
        path.write_text("secret\n")
        path.chmod(0o600)
        process = self.twistd("--port", "unix:rfb", "--password-file", str(path))
        assert process.stdout is not None
        for words, content, number in (
            ("Serving", "changed\n", signal.SIGHUP),
            ("Read anew: --password-file", "", signal.SIGHUP),
            ("what was read before stays: --password-file", "", signal.SIGTERM),
        ):
            for line in process.stdout:
                if words in line:
                    break
            else:
                self.fail(words)
            path.write_text(content)
            process.send_signal(number)
        output, _ = process.communicate()
        self.assertIn("Server Shut Down", output)

    def test_portInUse(self) -> None:
        """
        If the port is taken, one line says so, and the status is not 0.
        """
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            process = self.twistd("--port", str(port))
            output, _ = process.communicate()
        self.assertEqual(process.returncode, 1, output)
        self.assertNotIn("Traceback", output)
        [line] = [line for line in output.splitlines() if str(port) in line]
        self.assertIn(f"cannot listen at tcp:{port}:interface=127.0.0.1: ", line)
        self.assertIn("in use", line)

    def test_daemonPortInUse(self) -> None:
        """
        Likewise if it is to be a daemon: the command that starts it prints the
        reason, and no pid file is left behind.
        """
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            process = self.twistd("--port", str(port), options=())
            output, _ = process.communicate()
        self.assertEqual(process.returncode, 1, output)
        self.assertIn("cannot listen at", output)
        # The daemon removes it right after the command has ended.
        deadline = time.monotonic() + TIMEOUT
        while (self.directory / "twistd.pid").exists():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)

    def test_thirdParty(self) -> None:
        """
        One file in somebody's C{twisted/plugins} adds a kind of framebuffer.
        """
        plugins = self.directory / "twisted" / "plugins"
        plugins.mkdir(parents=True)
        (plugins / "acme_rfb.py").write_text(THIRD_PARTY)
        process = self.twistd("--port", "0", "--framebuffer", "acme:front")
        connection = self.connect(self.port(process))
        found = self.serverInit(connection)
        self.assertEqual(found[:4], b"\0\x20\0\x18")
        self.assertEqual(found[24:], b"Acme front")

    def test_systemd(self) -> None:
        """
        It serves at a socket that systemd listens at.
        """
        with socket.create_server(("127.0.0.1", 0)) as listening:
            process = self.twistd(
                "--port", "systemd:domain=INET:name=rfb.socket", adopted=listening
            )
            port = self.port(process)
            self.assertEqual(port, listening.getsockname()[1])
            self.assertIn(b"test card", self.serverInit(self.connect(port)))

    def test_proxy(self) -> None:
        """
        Behind a proxy, the viewer's address is in the log, not the proxy's.
        """
        process = self.twistd("--port", "haproxy:tcp:0:interface=127.0.0.1")
        connection = self.connect(self.port(process))
        connection.sendall(b"PROXY TCP4 192.0.2.7 127.0.0.1 1234 5900\r\n")
        self.serverInit(connection)
        connection.close()
        assert process.stdout is not None
        for line in process.stdout:
            if "closed" in line.split():
                break
        self.assertIn("from 192.0.2.7", line)

    def test_tls(self) -> None:
        """
        It serves inside TLS.
        """
        path = self.directory / "both.pem"
        path.write_bytes(selfSigned())
        process = self.twistd(
            f"--port=ssl:0:interface=127.0.0.1:privateKey={path}:certKey={path}"
        )
        context = ssl.create_default_context(cafile=path)
        raw = self.connect(self.port(process))
        with context.wrap_socket(raw, server_hostname="rfb.example") as connection:
            self.assertIn(b"test card", self.serverInit(connection))


class ModuleTests(ProcessTestCase):
    """
    C{python -m txrfb} is C{twistd -n rfb} in one word less.
    """

    def module(self, *arguments: str) -> subprocess.Popen[str]:
        """
        @param arguments: What follows C{txrfb}.

        @return: The process.
        """
        return self.python("-m", "txrfb", *arguments)

    def test_serves(self) -> None:
        """
        It serves the test card in the foreground until Ctrl-C, which closes its
        viewer, and leaves no file behind.
        """
        process = self.module("--port", "0")
        connection = self.connect(self.port(process))
        self.assertIn(b"test card", self.serverInit(connection))
        process.send_signal(signal.SIGINT)
        self.assertEqual(connection.recv(1), b"")
        output, _ = process.communicate()
        self.assertEqual(process.returncode, -signal.SIGINT)
        self.assertIn("the server stops", output)
        self.assertNotIn("Traceback", output)
        self.assertEqual(os.listdir(self.directory), [])

    def test_help(self) -> None:
        """
        C{--help} shows the options, and how this command is called.
        """
        process = self.module("--help")
        output, _ = process.communicate()
        self.assertEqual(process.returncode, 0, output)
        usage, *options = output.splitlines()
        self.assertEqual(usage, "Usage: python -m txrfb [options]")
        self.assertIn("--framebuffer=", "".join(options))
        self.assertNotIn("twistd", output)

    def test_usageError(self) -> None:
        """
        Bad arguments end it with a reason, without a traceback, and with status 1,
        whatever the Twisted; options of C{twistd} are none of its own.
        """
        for arguments, reason in [
            (("--port", "70000"), "--port '70000': expected a port number"),
            (("--logger", "txrfb.log.jsonObserver"), "option --logger not recognized"),
            (("5900",), "argument"),
        ]:
            process = self.module(*arguments)
            output, _ = process.communicate()
            self.assertEqual(process.returncode, 1, output)
            first, *_, last = output.splitlines()
            self.assertTrue(first.startswith("python -m txrfb: "), output)
            self.assertIn(reason, first)
            self.assertEqual(last, "python -m txrfb --help shows the options.")
            self.assertNotIn("Traceback", output)

    def test_portInUse(self) -> None:
        """
        If the port is taken, one line says so, and the status is 1.
        """
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            process = self.module("--port", str(port))
            output, _ = process.communicate()
        self.assertEqual(process.returncode, 1, output)
        self.assertIn(f"cannot listen at tcp:{port}:interface=127.0.0.1: ", output)
        self.assertNotIn("Traceback", output)


def selfSigned() -> bytes:
    """
    @return: A new key and its certificate for C{rfb.example}, in PEM format.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "rfb.example")])
    now = datetime.now(timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("rfb.example")]), False
        )
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)
