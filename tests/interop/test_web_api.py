# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
HTTP for programs, as the documentation has it, with C{curl}; and as its description has
it, with C{schemathesis}.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from PIL import Image
from twisted.internet.defer import ensureDeferred, maybeDeferred
from twisted.internet.endpoints import UNIXClientEndpoint
from twisted.trial.unittest import SkipTest, TestCase

from tests.interop.processes import Child, freePort, pause, realReactor, start
from tests.interop.test_command import need
from txrfb import tap
from txrfb.client import connectViewer
from txrfb.testing.screens import difference

PAGE = Path(__file__).parent.parent.parent / "docs" / "howto-http.rst"


def lines(beginning: str) -> list[str]:
    """
    @return: The lines of the page's blocks that begin with that.
    """
    text = PAGE.read_text("utf-8")
    found = (line.strip() for line in text.splitlines() if line.startswith("    "))
    return [line for line in found if line.startswith(beginning)]


class ProgramTests(TestCase):
    """
    The daemon.
    """

    timeout = 240

    def setUp(self) -> None:
        """
        Start it as the documentation does.
        """
        self.reactor: Any = realReactor()
        self.top = mkdtemp(prefix="rfb-api-")
        self.addCleanup(shutil.rmtree, self.top, ignore_errors=True)
        Path(self.top, "password").write_text("secret\n")
        os.chmod(f"{self.top}/password", 0o600)
        self.port = freePort()
        [line] = lines("twistd")
        words = shlex.split(
            line.replace("/etc/rfb-password", f"{self.top}/password").replace(
                "6080", f"tcp:{self.port}:interface=127.0.0.1"
            )
        )
        options = tap.Options(self.reactor)
        options.parseOptions(
            [
                *words[words.index("rfb") + 1 :],
                *("--framebuffer", "testcard:320x240:still"),
                *("--port", f"unix:{self.top}/rfb"),
            ]
        )
        self.service: Any = tap.makeService(options)
        self.service.privilegedStartService()
        self.service.startService()
        self.addCleanup(lambda: ensureDeferred(self.stop()))

    async def stop(self) -> None:
        """
        Stop the daemon.
        """
        await maybeDeferred(self.service.stopService)
        # Connections that are aborted end in the next turn of the reactor.
        await pause(self.reactor, 0)

    async def run_(self, *command: str) -> tuple[int, bytes, str]:
        """
        @return: The status of a program, what it said, and that with its errors.
        """
        child = start(self.reactor, Child(), command)
        self.addCleanup(lambda: ensureDeferred(child.stop()))
        await child.ended()
        assert child.code is not None
        return child.code, child.output, child.said()

    async def test_curl(self) -> None:
        """
        The documentation's commands do what they say.
        """
        need("curl")
        answers: list[bytes] = []
        commands = lines("curl")
        self.assertGreater(len(commands), 12)
        for line in commands:
            words = shlex.split(line.replace("6080", str(self.port)))
            for kept in ("screen.png", "part.png"):
                words = [f"{self.top}/{kept}" if w == kept else w for w in words]
            # Debian 12 has 7.88.
            status, spoken, said = await self.run_(
                *(words[0], "-sS", "--fail-with-body", *words[1:])
            )
            self.assertEqual(status, 0, f"{line}\n{said}")
            answers.append(spoken)
        self.assertEqual(Image.open(f"{self.top}/part.png").size, (100, 50))
        whole = Image.open(f"{self.top}/screen.png")
        self.assertEqual(whole.size, (320, 240))
        found = [json.loads(one) for one in answers if one.startswith(b"{")]
        self.assertIn({"status": "ok"}, found)
        self.assertIn({"text": "for the clipboard"}, found)
        self.assertIn({"width": 1280, "height": 720}, found)
        self.assertIn(b"txrfb_viewers 0.0", b"".join(answers))

    async def test_picture(self) -> None:
        """
        A picture has the pixels that a viewer sees.
        """
        need("curl")
        path = f"{self.top}/seen.png"
        url = f"http://127.0.0.1:{self.port}/screenshot.png"
        status, _, said = await self.run_(
            *("curl", "-sS", "-f", "-u", ":secret", "-o", path, url)
        )
        self.assertEqual(status, 0, said)
        viewer: Any = await connectViewer(
            UNIXClientEndpoint(self.reactor, f"{self.top}/rfb"), "secret"
        )
        seen = viewer.image()
        viewer.disconnect()
        self.assertIsNone(difference(seen, Image.open(path)))

    async def test_schema(self) -> None:
        """
        Whatever is asked that the description allows or forbids, the answer is one that
        it has, and none is a failure of the server's.
        """
        if find_spec("schemathesis") is None:
            if "CI" in os.environ:
                self.fail("there is no schemathesis")
            raise SkipTest("there is no schemathesis")
        url = f"http://127.0.0.1:{self.port}"
        status, _, said = await self.run_(
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{url}/openapi.json"),
            *("--url", url, "--auth", "any:secret", "--seed", "1", "--no-color"),
            *("--max-examples", "5", "--phases", "examples,coverage,fuzzing"),
            # A word may be no key, and a place on no screen: that is 422.
            *("--exclude-checks", "positive_data_acceptance"),
            # This takes the time that is asked for, and 504 is an answer to it.
            *("--exclude-path", "/api/settled"),
            *("--request-timeout", "60", "--generation-database", "none"),
            *("--max-time", "30"),
        )
        self.assertEqual(status, 0, said)
        self.assertEqual(self.service.factory.connections, [])
        self.assertEqual(self.flushLoggedErrors(), [])
