# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for what C{SECURITY.rst} says.
"""

from __future__ import annotations

import datetime
import importlib
import re
import shlex
from pathlib import Path
from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.security.driver import temporary
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.passwd import main
from txrfb.security.admission.choice import NAMES
from txrfb.security.tls.certificates import selfSigned

TEXT = (Path(__file__).parents[2] / "SECURITY.rst").read_text("utf-8")


class DocumentTests(SynchronousTestCase):
    """
    It is true.
    """

    def test_tests(self) -> None:
        """
        Every test that it names is there.
        """
        table = TEXT[TEXT.index("Classes of vulnerabilities") :]
        # The right column, as one text.
        right = " ".join(line[43:].strip() for line in table.splitlines())
        found = 0
        for part in re.split(r"(?=``[\w.]+``:)", right)[1:]:
            module = re.match(r"``([\w.]+)``", part)
            assert module is not None
            *room, name = module[1].split(".")
            tests = importlib.import_module(".".join(["tests", *room, f"test_{name}"]))
            names = re.findall(r"(\w+Tests)\.(test_\w+)", part)
            self.assertTrue(names, part)
            for case, name in names:
                found += 1
                self.assertTrue(
                    hasattr(getattr(tests, case), name), f"{module[1]}: {case}.{name}"
                )
        self.assertGreater(found, 30)

    def test_claims(self) -> None:
        """
        Each promise names the tests that hold it, and these are there.
        """
        promised, _, rest = TEXT.partition("What is promised\n")[2].partition(
            "What is not\n"
        )
        for part, must in (
            (promised, True),
            (rest.partition("What is offered")[0], False),
        ):
            claims = re.findall(r"^- (.*?)(?=^- |\Z)", part, re.M | re.S)
            self.assertGreater(len(claims), 7)
            for claim in claims:
                held = re.search(r"\[(``.*)\]", " ".join(claim.split()))
                if held is None:
                    self.assertFalse(must, claim)
                    continue
                for names in held[1].split("; "):
                    module, _, cases = names.partition(": ")
                    *room, name = module.strip("`").split(".")
                    path = ".".join(["tests", *room, f"test_{name}"])
                    tests = importlib.import_module(path)
                    for one in cases.split(", "):
                        case, _, method = one.partition(".")
                        self.assertTrue(
                            hasattr(getattr(tests, case, None), method),
                            f"{path}: {one}",
                        )

    def test_names(self) -> None:
        """
        Every security type is in it.
        """
        for name in NAMES:
            self.assertIn(name, TEXT)

    def test_program(self) -> None:
        """
        Its program makes a factory that viewers with names can log in to.
        """
        [program] = re.findall(
            r"^\.\. code-block:: python\n\n((?:    .*\n|\n)+)", TEXT, re.M
        )
        names: dict[str, Any] = {}
        exec(compile(re.sub("^    ", "", program, flags=re.M), "x", "exec"), names)
        now = datetime.datetime.now(datetime.timezone.utc)
        factory = names["guarded"](
            MemoryFramebuffer(8, 8),
            Clock(),
            temporary(self, b""),
            temporary(self, selfSigned(["localhost"], now)),
        )
        self.assertIsNotNone(factory.gate.tls)

    def test_passwd(self) -> None:
        """
        Its commands for users are understood.
        """
        commands = re.findall(r"python -m txrfb\.passwd (.*)", TEXT)
        self.assertEqual(len(commands), 2)
        path = temporary(self, b"")
        for command in commands:
            words = [path, *shlex.split(command)[1:]]
            cost = {"memory": 8, "rounds": 1, "lanes": 1}
            self.assertIsNone(main(words, lambda question: "x", cost=cost))
