# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for what C{.ci/run} finds out from the logs of tests that failed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

CI = Path(__file__).parent.parent / ".ci"

SCRIPT = """
import os
from twisted.trial.unittest import SkipTest, SynchronousTestCase

class SomeTests(SynchronousTestCase):
    def test_good(self):
        pass

    def test_skipped(self):
        raise SkipTest("because")

    def test_wrong(self):
        self.fail("on purpose")

    def test_worse(self):
        raise RuntimeError("one\\n\\nsome.words.in.it\\nthree")

def check(self):
    if "AGAIN" not in os.environ:
        self.fail("as - it is busy")

setattr(SomeTests, "test_viewer 1_2 with blanks", check)
"""

FAILED = {"test_wrong", "test_worse", "test_viewer 1_2 with blanks"}


class FailedTests(SynchronousTestCase):
    """
    C{.ci/failed} and C{.ci/again}.
    """

    def setUp(self) -> None:
        """
        Have tests of which some fail.
        """
        self.directory = Path(self.mktemp()).absolute()
        package = self.directory / "some_viewers"
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "test_some.py").write_text(SCRIPT)

    def run_(self, *words: str, **environ: str) -> tuple[int, str]:
        """
        @return: The exit status of a Python program, and what it prints.
        """
        done = subprocess.run(
            [sys.executable, *words],
            cwd=self.directory,
            env={**os.environ, "PYTHONPATH": str(self.directory), **environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return done.returncode, done.stdout

    def assertFound(self, *words: str) -> None:
        """
        Run the tests, and assert that those that failed are named, and shown, and can
        be run again.
        """
        status, said = self.run_("-m", *words)
        self.assertTrue(status)
        log = str(self.directory / "log")
        Path(log).write_text(said)
        _, names = self.run_(str(CI / "failed"), "names", log)
        prefix = "some_viewers.test_some.SomeTests."
        self.assertEqual(set(names.splitlines()), {prefix + one for one in FAILED})
        _, why = self.run_(str(CI / "failed"), "show", log)
        self.assertIn("on purpose", why)
        self.assertNotIn("test_good", why)
        runner = "pytest" if words[0] == "pytest" else "trial"
        for name, isGood in (
            ("test_viewer 1_2 with blanks", True),
            ("test_wrong", False),
        ):
            status, said = self.run_(
                *(str(CI / "again"), runner, prefix + name, f"{prefix}test_good"),
                AGAIN="yes",
            )
            self.assertEqual(not status, isGood, said)

    def test_pytest(self) -> None:
        """
        From what pytest prints.
        """
        self.assertFound("pytest", "-ra", "-p", "no:cacheprovider", "some_viewers")

    def test_trial(self) -> None:
        """
        From what trial prints.
        """
        self.assertFound("twisted.trial", "some_viewers")

    def test_parallel(self) -> None:
        """
        From what trial prints of several processes.
        """
        self.assertFound("twisted.trial", "-j2", "some_viewers")

    def test_other(self) -> None:
        """
        Of anything else the end is shown.
        """
        log = self.directory / "log"
        log.write_text("".join(f"line {number}\n" for number in range(999)))
        self.assertEqual(self.run_(str(CI / "failed"), "names", str(log)), (0, ""))
        _, why = self.run_(str(CI / "failed"), "show", str(log))
        self.assertEqual(len(why.splitlines()), 150)
        self.assertIn("line 998", why)
