# -*- test-case-name: tests.test_starting -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._starting}: no garbage is looked for while the daemon is loaded.
"""

from __future__ import annotations

import gc
import sys
from pathlib import Path

from twisted.application.service import IServiceMaker
from twisted.plugin import IPlugin, getPlugins
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from txrfb._starting import DaemonMaker, uncollected

DAEMON = """
import gc
from twisted.application.service import Service
from twisted.python import usage

seen = [gc.isenabled()]

class Options(usage.Options):
    pass

def makeService(options):
    seen.append(gc.isenabled())
    if options is None:
        raise ValueError("no options")
    return Service()
"""


class UncollectedTests(SynchronousTestCase):
    """
    The context in which there is no garbage collection.
    """

    def setUp(self) -> None:
        """
        It is on, and will be.
        """
        self.addCleanup(gc.unfreeze)
        self.addCleanup(gc.enable)
        gc.enable()

    def test_off(self) -> None:
        """
        It is off inside, and on again afterwards, even if something goes wrong.
        """
        with self.assertRaises(ZeroDivisionError), uncollected():
            self.assertFalse(gc.isenabled())
            raise ZeroDivisionError
        self.assertTrue(gc.isenabled())

    def test_wasOff(self) -> None:
        """
        Where it was off before it stays off.
        """
        gc.disable()
        with uncollected():
            pass
        self.assertFalse(gc.isenabled())

    def test_frozen(self) -> None:
        """
        What was made inside is not looked at afterwards either.
        """
        gc.unfreeze()
        with uncollected():
            made: list[object] = []
        self.assertGreater(gc.get_freeze_count(), 0)
        self.assertFalse(any(one is made for one in gc.get_objects()))


class DaemonMakerTests(SynchronousTestCase):
    """
    The plugin.
    """

    def setUp(self) -> None:
        """
        A module that writes down when there is garbage collection.
        """
        self.addCleanup(gc.unfreeze)
        self.addCleanup(gc.enable)
        gc.enable()
        directory = Path(self.mktemp())
        directory.mkdir()
        (directory / "starteddaemon.py").write_text(DAEMON)
        self.patch(sys, "path", [str(directory), *sys.path])
        self.addCleanup(sys.modules.pop, "starteddaemon", None)
        self.maker = DaemonMaker("Daemon", "starteddaemon", "A daemon.", "daemon")

    def test_loaded(self) -> None:
        """
        It is off while the module is imported and the service is made, and on when that
        is over.
        """
        options = self.maker.options
        self.assertTrue(gc.isenabled())
        self.maker.makeService(options())
        self.assertTrue(gc.isenabled())
        self.assertEqual(sys.modules["starteddaemon"].seen, [False, False])

    def test_fails(self) -> None:
        """
        It is on again if the service cannot be made.
        """
        self.assertRaises(ValueError, self.maker.makeService, None)
        self.assertTrue(gc.isenabled())

    def test_installed(self) -> None:
        """
        C{twistd rfb} is made by one.
        """
        (maker,) = (one for one in getPlugins(IServiceMaker) if one.tapname == "rfb")
        self.assertIsInstance(maker, DaemonMaker)
        verifyObject(IServiceMaker, maker)
        verifyObject(IPlugin, maker)
