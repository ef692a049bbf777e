# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.testing.desktops}.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from PIL import Image
from twisted.trial.unittest import SynchronousTestCase

from tests.interop.test_command import need

ROOT = Path(__file__).parent.parent.parent

#: Tests of which one passes, some fail, and one is skipped.
SCRIPT = """
from txrfb.testing import DesktopTestCase

class SomeTests(DesktopTestCase):
    async def test_passes(self):
        desktop = await self.desktop(["/bin/sh", "-c", "sleep 5; exit 3"], (320, 200))
        self.assertEqual(await desktop.ended(), 3)

    async def test_fails(self):
        await self.desktop("sleep 100", (320, 200))
        self.assertEqual(1, 2, "it is not so")

    async def test_raises(self):
        await self.desktop("sleep 100", (320, 200))
        {}["key"]

    async def test_waits(self):
        desktop = await self.desktop("sleep 100", (320, 200))
        await desktop.settled(timeout=0.1)

    def test_other(self):
        self.fail("there is no desktop")

    def test_skipped(self):
        pass

    test_skipped.skip = "not now"
"""

#: There is no Xvfb.
MISSING = """
import os
os.environ["PATH"] = "/nowhere"
"""


class CaseTests(SynchronousTestCase):
    """
    What L{DesktopTestCase} does in trial and in pytest.
    """

    def run_(self, script: str, *command: str) -> tuple[int, str]:
        """
        Run tests.

        @return: The status, and what was said.
        """
        path = Path(self.mktemp())
        path.mkdir()
        (path / "test_some.py").write_text(script)
        ran = subprocess.run(
            [sys.executable, "-m", *command, "./test_some.py"],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            cwd=path,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=150,
        )
        return ran.returncode, ran.stdout

    def assertRuns(self, *command: str) -> str:
        """
        Fail unless a runner finds out what there is, and pictures are kept.

        @return: What it says.
        """
        need("Xvfb")
        status, said = self.run_(SCRIPT, *command)
        self.assertEqual(status, 1, said)
        paths = set(re.findall(r"on the screen is in (\S+\.png)", said))
        self.assertEqual(len(paths), 3, said)
        for path in paths:
            with Image.open(path) as image:
                self.assertEqual(image.size, (320, 200))
        self.assertIn("it is not so", said)
        return said

    def test_trial(self) -> None:
        """
        A test that fails says where a picture is of what there was.
        """
        said = self.assertRuns("twisted.trial")
        self.assertRegex(said, r"skips=1")
        self.assertRegex(said, r"successes=1")

    def test_pytest(self) -> None:
        """
        So it does in pytest.
        """
        said = self.assertRuns("pytest", "-q", "-p", "no:cacheprovider")
        self.assertIn("4 failed, 1 passed, 1 skipped", said)

    def test_missing(self) -> None:
        """
        Where there is no Xvfb, tests are skipped with that reason.
        """
        script = MISSING + SCRIPT.replace('"sleep 100"', '"/bin/sleep 100"')
        _, said = self.run_(script, "twisted.trial")
        self.assertIn("there is no Xvfb; on Debian: apt-get install xvfb", said)
        self.assertIn("skips=5", said)
