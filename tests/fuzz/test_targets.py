# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of the fuzzing itself, and a little of it for each target.
"""

from __future__ import annotations

import random
import tempfile
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from shutil import rmtree

from twisted.trial.unittest import SynchronousTestCase

from tests.fuzz import targets
from tests.fuzz.__main__ import main
from tests.fuzz.findings import Findings
from tests.fuzz.mutation import MAX_LENGTH, mutated
from tests.fuzz.seeds import CORPUS, seeds

#: How much damage is done in each run of the tests: a fraction of a second.
_TRIES = 40


class TargetTests(SynchronousTestCase):
    """
    All targets.  Long runs are done by C{python -m tests.fuzz}.
    """

    def attempt(self, name: str) -> None:
        """
        Run a target with what there is for it, and with damage to that, which is the
        same each time.
        """
        begin = seeds(name)
        source = random.Random(name)
        damage = [mutated(begin, source) for _ in range(_TRIES)]
        for data in [*begin, *damage]:
            try:
                targets.TARGETS[name](data)
            except Exception as error:
                raise AssertionError(f"{name}: {data!r}") from error

    def test_seeds(self) -> None:
        """
        Each target has input to begin with, and what is in the corpus is for one.
        """
        for name in targets.TARGETS:
            self.assertGreater(len(seeds(name)), 2)
        names = {path.name for path in CORPUS.iterdir()}
        self.assertEqual(names, set(targets.TARGETS))

    def test_connection(self) -> None:
        """
        The server's side of the protocol, without input and output.
        """
        self.attempt("connection")

    def test_server(self) -> None:
        """
        The whole server.
        """
        self.attempt("server")

    def test_client(self) -> None:
        """
        A viewer and a hostile server.
        """
        self.attempt("client")

    def test_decoders(self) -> None:
        """
        The decoders of all encodings.
        """
        self.attempt("decoders")

    def test_pseudo(self) -> None:
        """
        The readers of all pseudo-rectangles.
        """
        self.attempt("pseudo")

    def test_images(self) -> None:
        """
        PNG and JPEG.
        """
        self.attempt("images")

    def test_files(self) -> None:
        """
        Files of pictures.
        """
        self.attempt("files")
        self.flushLoggedErrors()  # frames of animations that cannot be shown

    def test_clipboard(self) -> None:
        """
        The extended clipboard.
        """
        self.attempt("clipboard")

    def test_formats(self) -> None:
        """
        Pixel formats.
        """
        self.attempt("formats")

    def test_secrets(self) -> None:
        """
        Files of passwords, users and keys.
        """
        self.attempt("secrets")


class FindingTests(SynchronousTestCase):
    """
    What happens when something is found.
    """

    def setUp(self) -> None:
        """
        A target that fails with much of its input.
        """
        self.directory = Path(tempfile.mkdtemp())
        self.addCleanup(rmtree, self.directory)

        def broken(data: bytes) -> None:
            if data[:1] > b"\x40":
                raise ZeroDivisionError(data[:1])

        before = targets.TARGETS["formats"]
        targets.TARGETS["formats"] = broken
        self.addCleanup(targets.TARGETS.__setitem__, "formats", before)

    def test_kept(self) -> None:
        """
        The first input that comes to a line is written down with the traceback.
        """
        findings = Findings("formats", self.directory)
        with redirect_stdout(StringIO()) as output:
            for data in (b"\0", b"\xff", b"\xfe"):
                findings.attempt(data)
        self.assertEqual((findings.count, len(findings.places)), (3, 1))
        self.assertIn("ZeroDivisionError", output.getvalue())
        kept, told = sorted(self.directory.iterdir())
        self.assertEqual(kept.read_bytes(), b"\xff")
        self.assertIn("in broken", told.read_text("utf-8"))

    def test_command(self) -> None:
        """
        The exit status says whether something was found, and what was found is found
        again.
        """
        options = ["--blind", "--minutes", "0.0005", "--crashes", str(self.directory)]
        with redirect_stdout(StringIO()) as output:
            self.assertEqual(main([*options, "pseudo"]), 0)
            self.assertEqual(list(self.directory.iterdir()), [])
            self.assertEqual(main([*options, "pseudo", "formats"]), 1)
        self.assertIn("inputs", output.getvalue())
        [found] = [one for one in self.directory.iterdir() if one.suffix != ".txt"]
        self.assertRaises(ZeroDivisionError, main, ["--try", str(found), "formats"])

    def test_mutated(self) -> None:
        """
        Damage by the same chance is the same damage, and keeps to a length.
        """
        source, same = random.Random(1), random.Random(1)
        begin = [b"abcd" * 2000, b"", b"x"]
        for _ in range(300):
            data = mutated(begin, source)
            self.assertEqual(data, mutated(begin, same))
            self.assertLessEqual(len(data), MAX_LENGTH)
