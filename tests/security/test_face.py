# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.security}: what can be imported from it, and at which price.
"""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

from twisted.trial.unittest import SynchronousTestCase

from tests.test_architecture import PACKAGE, ROOT, importedBy, moduleOf, sources
from txrfb import security


class FaceTests(SynchronousTestCase):
    """
    Public names.
    """

    def test_everything(self) -> None:
        """
        Each name that is listed can be had, and is what type checkers are told: that
        of the module where it is public.
        """
        path = PACKAGE / "security" / "__init__.py"
        names = set()
        for imported in importedBy(path, types=True):
            module, _, name = imported.rpartition(".")
            if module.startswith("txrfb."):
                home = import_module(module)
                self.assertIs(getattr(security, name), getattr(home, name))
                self.assertIn(name, home.__all__)
                names.add(name)
        self.assertEqual(names, set(security.__all__))

    def test_unknown(self) -> None:
        """
        There are no other names.
        """
        error = self.assertRaises(AttributeError, getattr, security, "makeGates")
        self.assertIn("'makeGates'", str(error))

    def test_light(self) -> None:
        """
        The package itself loads neither cryptography nor OpenSSL, and nothing of what
        it has but the steps.
        """
        program = (
            "import sys, txrfb.security;"
            "print(*[name for name in sys.modules if name.startswith("
            "('cryptography', 'OpenSSL', 'numpy', 'txrfb.security.'))])"
        )
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=True
        )
        self.assertEqual(done.stdout.split(), [b"txrfb.security.steps"])

    def test_everyModule(self) -> None:
        """
        Each module says what is public in it: what is there, and all that other
        modules import from it.
        """
        paths = {moduleOf(path): path for path in sources(PACKAGE / "security")}
        public = {
            module: set(getattr(import_module(module), "__all__", ()))
            for module in paths
        }
        for module, names in public.items():
            self.assertTrue(names or paths[module].name == "__init__.py", module)
            for name in names:
                self.assertTrue(hasattr(import_module(module), name), name)
        wrong = [
            f"{moduleOf(path)} imports {name}"
            for path in sources(PACKAGE)
            for name in importedBy(path)
            for module, _, last in [name.rpartition(".")]
            # Modules are imported as well, from their packages.
            if module in public and name not in public and last not in public[module]
        ]
        self.assertEqual(wrong, [])
