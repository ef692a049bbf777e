# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.x11.directories}.
"""

from __future__ import annotations

import fcntl
import os
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from unittest import SkipTest

from twisted.trial.unittest import SynchronousTestCase

from tests.x11.test_processes import ROOT
from txrfb.x11 import directories
from txrfb.x11.directories import COOKIES, PrivateDirectory

#: Makes one, has a child that holds it, says where it is, and is killed.
KILLED = """
import os, subprocess, sys
from txrfb.x11.directories import COOKIES, PrivateDirectory

one = PrivateDirectory()
open(os.path.join(one.path, COOKIES), "w").close()
child = subprocess.Popen(["cat"], pass_fds=[one.descriptor])
print(one.path, flush=True)
os.kill(os.getpid(), 9)
"""


class DirectoryTests(SynchronousTestCase):
    """
    Directories for cookies.
    """

    def setUp(self) -> None:
        """
        A place of our own.
        """
        self.place = Path(self.mktemp()).absolute()
        self.place.mkdir()
        self.patch(
            os, "environ", {**os.environ, "XDG_RUNTIME_DIR": os.fspath(self.place)}
        )

    def make(self) -> PrivateDirectory:
        """
        @return: One, in which there is something.
        """
        one = PrivateDirectory()
        Path(one.path, COOKIES).write_text("")
        return one

    def test_private(self) -> None:
        """
        Each is another, for its user alone, and is gone when it was removed.
        """
        one, two = self.make(), self.make()
        self.assertEqual(stat.S_IMODE(os.stat(one.path).st_mode), 0o700)
        self.assertEqual(
            {one.path, two.path}, {str(path) for path in self.place.iterdir()}
        )
        one.remove()
        self.assertEqual([str(path) for path in self.place.iterdir()], [two.path])
        two.remove()

    def test_elsewhere(self) -> None:
        """
        Where there is no place for such things it is where temporary files are.
        """
        self.patch(os, "environ", {"XDG_RUNTIME_DIR": str(self.place / "none")})
        self.patch(tempfile, "tempdir", str(self.place))
        self.assertEqual(Path(self.make().path).parent, self.place)

    def test_killed(self) -> None:
        """
        That of a process that was killed is removed by the next that makes one, but not
        while a child lives that was given it.
        """
        with subprocess.Popen(
            [sys.executable, "-c", KILLED],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdin is not None and process.stdout is not None
            left = Path(process.stdout.readline().strip())
            self.assertEqual(process.wait(), -9)
            mine = self.make()
            self.assertTrue((left / COOKIES).exists())
            mine.remove()
            # The child ends with its input; what else it has open is closed after that.
            process.stdin.close()
            process.stdin = None
            self.assertEqual(process.stdout.read(), "")
        deadline = time.monotonic() + 30
        while True:
            mine = self.make()
            found = [str(path) for path in self.place.iterdir()]
            if found == [mine.path] or time.monotonic() > deadline:
                break
            mine.remove()
        self.assertEqual(found, [mine.path])
        mine.remove()

    def test_others(self) -> None:
        """
        What looks alike is left alone: files, links, what has another name, what others
        may look into, and what somebody has put something into.
        """
        outside = self.place / "outside"
        outside.mkdir(0o700)
        for name in ("txrfb-display-open", "txrfb-display-full", "txrfb-other"):
            (self.place / name).mkdir(0o700)
            (self.place / name / COOKIES).write_text("")
        (self.place / "txrfb-display-open").chmod(0o755)
        (self.place / "txrfb-display-full" / "mine").write_text("")
        (self.place / "txrfb-display-file").write_text("")
        (self.place / "txrfb-display-link").symlink_to(outside)
        os.mkfifo(self.place / "txrfb-display-fifo")
        before = sorted(self.place.rglob("*"))
        self.make().remove()
        self.assertEqual(sorted(self.place.rglob("*")), before)

    def test_otherUser(self) -> None:
        """
        So is another user's.
        """
        if os.geteuid() != 0:
            raise SkipTest("only root can be somebody else")
        theirs = self.place / "txrfb-display-theirs"
        theirs.mkdir(0o700)
        os.chown(theirs, 65534, 65534)
        self.make().remove()
        self.assertTrue(theirs.exists())

    def test_race(self) -> None:
        """
        One that is removed by somebody else before it was locked is made anew.
        """
        lock = directories._lock
        taken: list[int] = []

        def late(descriptor: int) -> bool | None:
            if not taken:
                taken.append(descriptor)
                (path,) = self.place.iterdir()
                path.rmdir()
            return lock(descriptor)

        self.patch(directories, "_lock", late)
        one = self.make()
        self.assertTrue(os.path.isdir(one.path))
        one.remove()

    def test_noLocks(self) -> None:
        """
        Where there are no locks nothing is removed.
        """

        def fail(descriptor: int, operation: int) -> None:
            raise OSError(37, "No locks available")

        left = self.place / "txrfb-display-left"
        left.mkdir(0o700)
        self.patch(fcntl, "flock", fail)
        self.make().remove()
        self.assertTrue(left.exists())
        self.patch(directories, "_parent", lambda: "/nowhere")
        self.assertRaises(OSError, PrivateDirectory)
