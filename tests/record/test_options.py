# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.record.options}.
"""

from __future__ import annotations

import os
from io import StringIO
from pathlib import Path
from typing import Any

from twisted.internet.testing import MemoryReactorClock

from tests.test_tap import TapTestCase
from txrfb.record import Recorder
from txrfb.tap import Options, makeService


class RecordOptionsTests(TapTestCase):
    """
    What the options of recordings come to.
    """

    def recorders(self, *arguments: str) -> list[Any]:
        """
        @return: The recorders of the service that the arguments make.
        """
        service = makeService(self.parse(*arguments))
        return [part for part in service if isinstance(part, Recorder)]

    def test_none(self) -> None:
        """
        Nothing is recorded unless it is asked for.
        """
        self.assertEqual(self.recorders(), [])

    def test_all(self) -> None:
        """
        All is taken as what it is; nothing is made before the service starts.
        """
        directory = self.mktemp()
        [usual] = self.recorders("--record", directory)
        [recorder] = self.recorders(
            *("--record", directory, "--record-size=1.5", "--record-time=60"),
            *("--record-rate=10", "--record-clipboard", "--record-input"),
        )
        wanted = recorder._settings
        self.assertEqual(wanted.directory, os.path.abspath(directory))
        self.assertEqual(wanted.fileSize, 3 << 19)
        self.assertEqual(wanted.fileSeconds, 3600)
        self.assertEqual(wanted.interval, 0.1)
        self.assertTrue(wanted.clipboard and wanted.input)
        self.assertFalse(usual._settings.input)
        self.assertEqual(
            (usual._settings.fileSize, usual._settings.clipboard), (0, False)
        )
        self.assertEqual(usual._settings.interval, 1 / 30)
        self.assertFalse(os.path.exists(directory))

    def test_wrong(self) -> None:
        """
        What cannot be is refused, with the reason.
        """
        path = self.file(b"")
        below = os.path.join(path, "below")
        for arguments, reason in (
            (["--record", path], f"--record {path!r}: it is no directory"),
            (
                ["--record", below],
                f"--record {below!r}: {os.path.abspath(path)} is no directory",
            ),
            (["--record", ""], "--record '': expected the path of a directory"),
            (
                ["--record-size", "5"],
                "--record-size: it is of no use without --record",
            ),
            (
                ["--record-clipboard"],
                "--record-clipboard: it is of no use without --record",
            ),
            (
                ["--record-size", "big"],
                "--record-size 'big': expected a number of MiB, or 0 for one file"
                " however large",
            ),
            (
                ["--record-time", "-1"],
                "--record-time '-1': expected a number of minutes, or 0 for one file"
                " however long",
            ),
            (
                ["--record-rate", "inf"],
                "--record-rate 'inf': expected a number of pictures a second, or 0 for"
                " all there are",
            ),
        ):
            self.assertEqual(self.refusal(*arguments), reason)

    def test_notWritable(self) -> None:
        """
        So is a directory that cannot be written to.
        """
        directory = self.mktemp()
        os.mkdir(directory)
        self.patch(os, "access", lambda path, mode: mode != os.W_OK | os.X_OK)
        self.assertEqual(
            self.refusal("--record", directory),
            f"--record {directory!r}: it cannot be written to",
        )

    def test_check(self) -> None:
        """
        C{--check} says what is recorded and where, and makes nothing.
        """
        directory = Path(self.mktemp()).absolute()
        for arguments, words in (
            (
                [],
                ["the screen, and who comes and leaves, up to 30 pictures", "one file"],
            ),
            (
                ["--record-input"],
                [
                    "the screen, keys and buttons, and who",
                    "Warnings:\n  --record-input: recordings have all keys",
                ],
            ),
            (
                ["--record-size=10", "--record-time=60", "--record-clipboard"],
                [
                    "the screen, the clipboard, and who",
                    "a file for 10 MiB or 60 minutes",
                ],
            ),
        ):
            options = Options(MemoryReactorClock())
            options.authOutput = StringIO()
            self.assertRaises(
                SystemExit,
                options.parseOptions,
                ["--check", "--record", str(directory), *arguments],
            )
            text = options.authOutput.getvalue()
            for part in ["It is recorded:\n", f"  in {directory}, ", *words]:
                self.assertIn(part, text)
        self.assertFalse(directory.exists())

    def test_help(self) -> None:
        """
        The help has all of them, and what there is to beware of.
        """
        text = " ".join(str(Options(self.reactor)).split())
        for part in (
            "--record=",
            "--record-size=",
            "--record-time=",
            "may be among",
            "Beware",
        ):
            self.assertIn(part, text)
