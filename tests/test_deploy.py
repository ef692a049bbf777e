# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The recipes of the documentation for administrators, as they are written: only the
places of files are others.
"""

from __future__ import annotations

import datetime
import os
import re
import shlex
import shutil
import socket
import subprocess
import tempfile
import textwrap
from pathlib import Path
from typing import Any
from unittest import mock

from twisted.application.app import ReactorSelectionMixin
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.error import ConnectError
from twisted.internet.interfaces import IStreamServerEndpointStringParser
from twisted.internet.protocol import ProcessProtocol, Protocol
from twisted.internet.task import deferLater
from twisted.plugin import getPlugins
from twisted.scripts._twistd_unix import ServerOptions
from twisted.trial.unittest import SkipTest, SynchronousTestCase, TestCase

from tests.scenes import serving
from txrfb._endpoints import serverEndpoint
from txrfb.passwd import main
from txrfb.security.tls.certificates import selfSigned

# Older Twisteds have no endpoints tls:.
_HAS_TLS = any(
    parser.prefix == "tls" for parser in getPlugins(IStreamServerEndpointStringParser)
)

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "docs/howto-deploy.rst", ROOT / "SECURITY.rst"]

#: Blocks that are to be typed, or to be put into a file.
BLOCKS = re.compile(r"::\n\n((?:    .*\n|\n)+)")


def blocks() -> list[str]:
    """
    @return: All blocks of the pages.
    """
    texts = [page.read_text("utf-8") for page in PAGES]
    return [textwrap.dedent(one) for text in texts for one in BLOCKS.findall(text)]


def commands(program: str) -> list[str]:
    """
    @return: The command lines of the pages that begin with that.
    """
    lines = "\n".join(blocks()).replace("\\\n", " ").splitlines()
    return [line for line in lines if line.startswith(program)]


def block(beginning: str) -> str:
    """
    @return: The block that has such a comment in it.
    """
    [found] = [one for one in blocks() if beginning in one]
    return found


class RecipeTests(SynchronousTestCase):
    """
    Commands.
    """

    def setUp(self) -> None:
        """
        Have the files that the recipes have.
        """
        self.top = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.top)
        now = datetime.datetime.now(datetime.timezone.utc)
        pem = selfSigned(["localhost"], now)
        begin = pem.index(b"-----BEGIN CERT")
        users = Path(self.top, "made")
        with mock.patch("sys.stdin", mock.Mock(readline=lambda: "secretive\n")):
            self.assertIsNone(main([str(users), "ada", "--stdin"]))
        self.files: dict[str, str] = {}
        for name, data in {
            "/etc/rfb-password": b"secret\nviewonly\n",
            "/etc/rfb-users": users.read_bytes(),
            "/etc/rfb.pem": pem,
            "/etc/rfb-certificates": b"",
            "/etc/rfb-tokens": b"0123456789abcdef0123\n",
            "/run/rfb/socket": b"",
            "/var/log/rfb.log": b"",
            "password": b"secret\n",
            "users": users.read_bytes(),
            "key.pem": b"",
            "fullchain.pem": pem[begin:],
            "privkey.pem": pem[:begin],
        }.items():
            path = self.files[name] = os.path.join(self.top, f"{len(self.files)}.pem")
            if data:
                Path(path).write_bytes(data)
                os.chmod(path, 0o600)
        directory = Path(self.files["/etc/rfb-certificates"])
        directory.mkdir()
        (directory / "localhost.pem").write_bytes(pem)

    def placed(self, word: str) -> str:
        """
        @return: A word of a command, with the places of this test.
        """
        for name in sorted(self.files, key=len, reverse=True):
            pattern = rf"(?<![\w/.-]){re.escape(name)}(?![\w/.-])"
            word = re.sub(pattern, self.files[name], word)
        return word

    def test_twistd(self) -> None:
        """
        Each command that starts a server, or checks what its options come to, is one
        that twistd takes.
        """
        lines = commands("twistd")
        self.assertGreater(len(lines), 12)
        for line in lines:
            if "systemd:" in line or "pam:" in line:
                # They want what is tried in test_plugin, and in security.test_pam.
                continue
            if "tls:" in line and not _HAS_TLS:
                continue
            words = shlex.split(line.partition(" | ")[0])[1:]
            at = words.index("rfb") + 1
            # "password" is the name of an option's file, not of the option.
            given = words[:at] + [self.placed(word) for word in words[at:]]
            options: Any = ServerOptions()
            try:
                with mock.patch.object(ReactorSelectionMixin, "opt_reactor"):
                    options.parseOptions(given)
            except SystemExit as ended:
                self.assertIn("--check", given)
                self.assertEqual(ended.code, 0, line)
            else:
                self.assertEqual(options.subCommand, "rfb", line)

    def test_passwd(self) -> None:
        """
        Each that sets a password sets one.
        """
        lines = commands("python -m txrfb.passwd")
        self.assertGreater(len(lines), 2)
        for line in lines:
            words = shlex.split(line)[3:]
            given = [self.placed(words[0]), *words[1:]]
            self.assertIsNone(main(given, lambda question: "secretive"), line)

    def test_noSecrets(self) -> None:
        """
        No recipe has a password on a command line, where everybody on the machine and
        the shell's history can read it.
        """
        for text in blocks():
            self.assertNotRegex(text, r"printf|echo|memory:")

    def test_systemd(self) -> None:
        """
        systemd takes the units.
        """
        program = shutil.which("systemd-analyze")
        if program is None:
            raise SkipTest("systemd-analyze is not installed")
        text = block("# /etc/systemd/system/rfb.socket")
        paths = []
        for part in re.split(r"(?=^# /etc/systemd)", text, flags=re.M)[1:]:
            name = re.match(r"# /etc/systemd/system/(\S+)\n", part)
            assert name is not None
            path = Path(self.top, name[1])
            path.write_text(part.replace("/opt/txrfb/bin/twistd", "/bin/true"), "utf-8")
            paths.append(str(path))
        self.assertEqual(len(paths), 2)
        done = subprocess.run(
            [program, "verify", "--man=no", *paths], capture_output=True, text=True
        )
        said = [line for line in done.stderr.splitlines() if "rfb." in line]
        self.assertEqual(said, [])


class Hearing(Protocol):
    """
    Waits for a greeting.
    """

    def __init__(self) -> None:
        self.heard: Deferred[bytes] = Deferred()

    def dataReceived(self, data: bytes) -> None:
        if not self.heard.called:
            self.heard.callback(data)


class HAProxyTests(TestCase):
    """
    HAProxy, as it is set up there.
    """

    timeout = 60

    async def test_proxy(self) -> None:
        """
        It passes on viewers, which are where they are; its own checks are no lines.
        """
        program = shutil.which("haproxy", path=f"{os.environ['PATH']}:/usr/sbin")
        if program is None:
            raise SkipTest("haproxy is not installed")
        top = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, top)
        path = os.path.join(top, "socket")
        with socket.create_server(("127.0.0.1", 0)) as one:
            number = one.getsockname()[1]
        text = block("# haproxy.cfg").replace("bind :5900", f"bind 127.0.0.1:{number}")
        text = text.replace("/run/rfb/socket", path)
        configuration = os.path.join(top, "haproxy.cfg")
        Path(configuration).write_text(text, "utf-8")
        factory = serving()
        [words] = [
            line
            for line in commands("twistd")
            if "/etc/rfb-password" in line and "haproxy:" in line
        ]
        description = re.search(r"--port (\S+)", words)
        assert description is not None
        endpoint = serverEndpoint(
            reactor, description[1].replace("/run/rfb/socket", path)
        )
        port = await endpoint.listen(factory)
        self.addCleanup(port.stopListening)
        ended: Deferred[None] = Deferred()

        class Ending(ProcessProtocol):
            def processEnded(self, reason: Any) -> None:
                ended.callback(None)

        spawn: Any = reactor
        process = spawn.spawnProcess(
            Ending(), program, [program, "-db", "-f", configuration]
        )
        viewer = None
        while viewer is None:
            try:
                viewer = await connectProtocol(
                    TCP4ClientEndpoint(reactor, "127.0.0.1", number), Hearing()
                )
            except ConnectError:
                await deferLater(spawn, 0.05)
        self.assertEqual(await viewer.heard, b"RFB 003.008\n")
        assert viewer.transport is not None
        viewer.transport.write(b"RFB 003.008\n\1\1")
        while not factory.viewers:
            await deferLater(spawn, 0.02)
        host = viewer.transport.getHost()
        self.assertEqual(factory.viewers[0].peer, f"127.0.0.1:{host.port}")
        viewer.transport.loseConnection()
        process.signalProcess("TERM")
        await ended
        while factory.connections:
            await deferLater(spawn, 0.02)
