# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
C{python -m txrfb.client} at the servers of others: TigerVNC's and libvncserver.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from tempfile import mkdtemp

from PIL import Image
from twisted.trial.unittest import SkipTest, TestCase

from tests.interop.drivers import compiled
from tests.interop.processes import (
    PATIENCE,
    Child,
    realReactor,
    run,
    start,
    startXvnc,
    until,
)
from tests.interop.programs import obscured

PASSWORD = "secret"

ROOT = Path(__file__).parent.parent.parent


def need(*programs: str) -> None:
    """
    Skip the test if a program is missing; fail in CI.
    """
    for program in programs:
        if shutil.which(program) is None:
            reason = f"{program} is not installed: tests/interop/install.sh"
            raise RuntimeError(reason) if os.environ.get("CI") else SkipTest(reason)


class CommandTests(TestCase):
    """
    Pictures and input.
    """

    timeout = 300

    def setUp(self) -> None:
        self.reactor = realReactor()
        self.directory = Path(mkdtemp(prefix="txrfb-command-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.password = self.directory / "password"
        self.password.write_bytes(obscured(PASSWORD))

    async def act(self, server: str, *arguments: object) -> int:
        """
        Run the command.

        @return: Its status.
        """
        command = [sys.executable, "-m", "txrfb.client"]
        options = ["--password-file", str(self.password), *map(str, arguments)]
        at = options.index("AT")
        child = start(
            self.reactor,
            Child(),
            [*command, *options[:at], server, *options[at + 1 :]],
            {"PYTHONPATH": str(ROOT)},
        )
        self.addCleanup(child.stop)
        await child.ended()
        assert child.code is not None
        self.said = child.said()
        return child.code

    async def shot(self, server: str, *arguments: object) -> Image.Image:
        """
        @return: A picture of a server.
        """
        path = self.directory / "shot.png"
        status = await self.act(server, *arguments, "AT", "shot", path)
        self.assertEqual(status, 0, self.said)
        return Image.open(path).convert("RGB")

    async def test_xvnc(self) -> None:
        """
        TigerVNC's server, by each security type and encoding that it has: its picture
        is seen, and the pointer goes where it is moved.
        """
        need("Xvnc", "xdotool")
        socket = self.directory / "socket"
        server, display = await startXvnc(
            self,
            self.reactor,
            *("-geometry", "200x100", "-br", "-rfbunixpath", str(socket)),
            *("-rfbport", "-1", "-SecurityTypes", "TLSVnc,VncAuth", "-PasswordFile"),
            *(str(self.password), "-nolisten", "tcp", "-AcceptSetDesktopSize=0"),
        )

        async def isThere() -> bool:
            server.check()
            return socket.exists()

        await until(self.reactor, PATIENCE, isThere)
        where = f"unix:{socket}"
        for security in ("VncAuth", "TLSVnc"):
            for encoding in ("Tight", "ZRLE", "Hextile", "Raw"):
                options = ("--security", security, "--encodings", encoding)
                seen = await self.shot(where, *options)
                self.assertEqual(seen.getcolors(), [(20000, (0, 0, 0))], options)
        self.assertEqual(await self.act(where, "AT", "move", 77, 55), 0, self.said)
        environment = {"DISPLAY": display}
        told = await run(self.reactor, ["xdotool", "getmouselocation"], environment)
        self.assertIn(b"x:77 y:55", told)
        self.password = self.directory / "another"
        self.password.write_bytes(obscured("wrong"))
        self.assertEqual(await self.act(where, "AT"), 4, self.said)

    async def test_libvncserver(self) -> None:
        """
        libvncserver: its picture is seen, and it hears keys, pointer and text.
        """
        need("cc", "pkg-config")
        try:
            await run(self.reactor, ["pkg-config", "--exists", "libvncserver"])
        except Exception:
            raise SkipTest("libvncserver-dev is not installed") from None
        program = await compiled(self.reactor, "libvncserver", "libvncserver")
        server = start(self.reactor, Child(), [program, PASSWORD])
        self.addCleanup(server.stop)

        async def isThere() -> bool:
            server.check()
            return b"\n" in server.output

        await until(self.reactor, PATIENCE, isThere)
        where = f"127.0.0.1::{int(server.output.split()[1])}"
        for encoding in ("Tight", "ZRLE", "Hextile", "Zlib", "Raw"):
            seen = await self.shot(where, "--encodings", encoding)
            self.assertEqual(seen.size, (64, 48))
            for x, y in ((0, 0), (63, 0), (0, 47), (31, 17)):
                self.assertEqual(seen.getpixel((x, y)), (4 * x, 5 * y, 128), encoding)
        status = await self.act(
            *(where, "AT", "type", "a", "click", 7, 9),
            *("paste", "hello", "paste", "to the \N{RIGHTWARDS ARROW}"),
        )
        self.assertEqual(status, 0, self.said)
        heard = server.output.decode().splitlines()[1:]
        for line in ("key 97 1", "key 97 0", "pointer 7 9 1", "pointer 7 9 0"):
            self.assertIn(line, heard)
        self.assertIn("cut hello", heard)
        self.assertIn("to the \N{RIGHTWARDS ARROW}", "".join(heard))
