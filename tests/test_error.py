# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.error}.
"""

from __future__ import annotations

import ast
import builtins
import importlib
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

import txrfb
from txrfb import error

PACKAGE = Path(txrfb.__file__).parent


class TreeTests(SynchronousTestCase):
    """
    The exceptions of txrfb.
    """

    def test_base(self) -> None:
        """
        All that are named have one base, so that an embedder can catch any of them.
        """
        for name in error.__all__:
            self.assertTrue(issubclass(getattr(error, name), error.RFBError), name)

    def test_kinds(self) -> None:
        """
        Those that stand for a common kind of error can be caught as that, too.
        """
        from twisted.cred.error import LoginFailed

        self.assertTrue(issubclass(error.PixelFormatError, ValueError))
        self.assertTrue(issubclass(error.Refused, LoginFailed))

    def test_everywhere(self) -> None:
        """
        Whatever exception is defined in the package belongs to the tree, but for
        those that end the process.
        """
        found = []
        for path in PACKAGE.rglob("*.py"):
            parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                bases = node.bases if isinstance(node, ast.ClassDef) else []
                if any(
                    isinstance(base, ast.Name) and isKnown(base.id) for base in bases
                ):
                    assert isinstance(node, ast.ClassDef)
                    module = importlib.import_module(".".join(parts))
                    found.append(getattr(module, node.name))
        self.assertIn(error.RFBError, found)
        for one in found:
            self.assertTrue(issubclass(one, error.RFBError | SystemExit), one)


def isKnown(name: str) -> bool:
    """
    @return: Whether a class of that name is an exception.
    """
    kind = getattr(builtins, name, None) or getattr(error, name, None)
    return isinstance(kind, type) and issubclass(kind, Exception)
