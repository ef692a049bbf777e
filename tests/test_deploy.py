# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The recipes of the documentation for administrators, as they are written: only the
places of files are others.
"""

from __future__ import annotations

import datetime
import json
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import textwrap
from pathlib import Path
from typing import Any
from unittest import mock

from twisted.application.app import ReactorSelectionMixin
from twisted.internet.interfaces import IStreamServerEndpointStringParser
from twisted.plugin import getPlugins
from twisted.scripts._twistd_unix import ServerOptions
from twisted.trial.unittest import SkipTest, SynchronousTestCase

from txrfb.passwd import main
from txrfb.security.tls.certificates import selfSigned

# Older Twisteds have no endpoints tls:.
HAS_TLS = any(
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


def units(name: str) -> dict[str, str]:
    """
    @return: The units of systemd of a recipe, by their files' names.
    """
    text = block(f"# /etc/systemd/system/{name}.socket")
    parts = re.split(r"^# /etc/systemd/system/(\S+)\n", text, flags=re.M)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


class Places:
    """
    The files that the recipes have, in a directory of their own.

    @ivar top: The directory.
    @ivar files: Where each is that has a name in the recipes.
    """

    def __init__(self) -> None:
        self.top = tempfile.mkdtemp()
        now = datetime.datetime.now(datetime.timezone.utc)
        pem = selfSigned(["localhost"], now)
        begin = pem.index(b"-----BEGIN CERT")
        users = Path(self.top, "made")
        with mock.patch("sys.stdin", mock.Mock(readline=lambda: "secretive\n")):
            main([str(users), "ada", "--stdin"])
        self.files: dict[str, str] = {}
        for name, data in {
            "/etc/rfb-password": b"secret\nviewonly\n",
            "/etc/rfb-users": users.read_bytes(),
            "/etc/rfb.pem": pem,
            "/etc/rfb-certificates": b"",
            "/etc/rfb-tokens": b"0123456789abcdef0123\n",
            "/run/rfb/socket": b"",
            "/run/rfb/control": b"",
            "/run/rfb/web": b"",
            "/run/secrets/password": b"secret\n",
            "/var/lib/txrfb": b"",
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

    def remove(self) -> None:
        """
        Remove them.
        """
        shutil.rmtree(self.top, ignore_errors=True)

    def placed(self, word: str) -> str:
        """
        @return: A word of a command, with these places.
        """
        for name in sorted(self.files, key=len, reverse=True):
            pattern = rf"(?<![\w/.-]){re.escape(name)}(?![\w/.-])"
            word = re.sub(pattern, self.files[name], word)
        return word

    def words(self, line: str) -> list[str]:
        """
        @return: The words of a command, with these places.
        """
        words = shlex.split(line.partition(" | ")[0])
        at = words.index("rfb") + 1
        # "password" is the name of an option's file, not of the option.
        return [
            self.placed(word) if "/" in word or number >= at else word
            for number, word in enumerate(words)
        ]


class RecipeTests(SynchronousTestCase):
    """
    Commands.
    """

    def setUp(self) -> None:
        """
        Have the files that the recipes have.
        """
        self.places = Places()
        self.addCleanup(self.places.remove)

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
            if "tls:" in line and not HAS_TLS:
                continue
            given = self.places.words(line)[1:]
            options: Any = ServerOptions()
            try:
                with mock.patch.object(ReactorSelectionMixin, "opt_reactor"):
                    options.parseOptions(given)
            except SystemExit as ended:
                self.assertIn("--check", given)
                self.assertEqual(ended.code, 0, line)
            else:
                self.assertEqual(options.subCommand, "rfb", line)

    def test_container(self) -> None:
        """
        What a container runs is a command that twistd takes, too.
        """
        text = block("# Containerfile").replace("\\\n", " ")
        begun, more = (
            json.loads(re.findall(rf"^{name} (.*)$", text, re.M)[0])
            for name in ("ENTRYPOINT", "CMD")
        )
        self.assertEqual(begun[0], "/opt/txrfb/bin/twistd")
        self.assertIn("python3 -m venv /opt/txrfb", text)
        options: Any = ServerOptions()
        options.parseOptions([self.places.placed(word) for word in [*begun[1:], *more]])
        self.assertEqual(options["nodaemon"], 1)
        self.assertEqual([*options.subOptions["port"]], ["5900"])

    def test_desktop(self) -> None:
        """
        So is that of one with a desktop in a browser.
        """
        text = block("# Desktop in a browser").replace("\\\n", " ")
        command = json.loads(re.findall(r"^CMD (.*)$", text, re.M)[0])
        self.assertEqual(command[0], "/opt/txrfb/bin/twistd")
        options: Any = ServerOptions()
        with mock.patch("shutil.which", return_value="/bin/true"):
            options.parseOptions([self.places.placed(word) for word in command[1:]])
        [listener] = options.subOptions.webListeners
        self.assertEqual(listener.description, "tcp:6080")
        self.assertTrue(options.subOptions["web-api"])

    def test_passwd(self) -> None:
        """
        Each that sets a password sets one.
        """
        lines = commands("python -m txrfb.passwd")
        self.assertGreater(len(lines), 2)
        for line in lines:
            words = shlex.split(line)[3:]
            given = [self.places.placed(words[0]), *words[1:]]
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
        for name in ("rfb", "desk"):
            paths = []
            for unit, text in units(name).items():
                path = Path(self.places.top, unit)
                path.write_text(text.replace("/opt/txrfb/bin/twistd", "/bin/true"))
                # A template is looked at as one of its instances.
                paths.append(str(path).replace("@.", "@1."))
            self.assertEqual(len(paths), 2)
            done = subprocess.run(
                [program, "verify", "--man=no", *paths], capture_output=True, text=True
            )
            said = re.findall(rf".*\b{name}[.@].*", done.stderr)
            self.assertEqual(said, [])
