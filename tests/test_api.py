# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of what txrfb says is public.
"""

from __future__ import annotations

from difflib import unified_diff
from importlib import import_module

from twisted.trial.unittest import SynchronousTestCase

import txrfb
from tests import api


class ListTests(SynchronousTestCase):
    """
    The list of public names.
    """

    def test_list(self) -> None:
        """
        The list in the repository is what there is, so that a change of it is seen
        in review.  C{python -m tests.api} writes it.
        """
        listed = api.FILE.read_text("utf-8").splitlines()
        changes = list(unified_diff(listed, list(api.lines()), "listed", "there", n=0))
        self.assertEqual(changes, [])

    def test_everyModule(self) -> None:
        """
        Every module that the package's docstring names as public is in the list.
        """
        assert txrfb.__doc__ is not None
        for module in api.MODULES[1:]:
            self.assertIn(f"L{{{module}}}", txrfb.__doc__)

    def test_public(self) -> None:
        """
        What is public can be had, has a docstring if it is a class or a function of
        ours, and is not called private.
        """
        for module in api.MODULES:
            found = import_module(module)
            self.assertEqual(len(set(found.__all__)), len(found.__all__), module)
            for name in found.__all__:
                value = getattr(found, name)
                self.assertFalse(name.startswith("_") and name != "__version__", name)
                if callable(value) and value.__module__.startswith("txrfb."):
                    self.assertTrue(value.__doc__, f"{module}.{name}")


class PackageTests(SynchronousTestCase):
    """
    The package itself.
    """

    def test_names(self) -> None:
        """
        What it offers is the same thing that the modules offer.
        """
        from txrfb.framebuffers.memory import MemoryFramebuffer
        from txrfb.protocol import RFBFactory, serve

        self.assertIs(txrfb.RFBFactory, RFBFactory)
        self.assertIs(txrfb.MemoryFramebuffer, MemoryFramebuffer)
        self.assertIs(txrfb.serve, serve)

    def test_unknown(self) -> None:
        """
        A name that is not there is an error like that of any module.
        """
        with self.assertRaises(AttributeError) as caught:
            getattr(txrfb, "RFBFactoryy")  # noqa: B009
        self.assertIn("'RFBFactoryy'", str(caught.exception))
