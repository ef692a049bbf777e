# -*- test-case-name: tests.test_interfaces -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.interfaces}: of the contracts, and of the package's classes that
implement them.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

from twisted.trial.unittest import SynchronousTestCase
from zope.interface.interface import InterfaceClass
from zope.interface.verify import verifyClass, verifyObject

import txrfb
from tests.scenes import serving
from txrfb import interfaces
from txrfb.interfaces import IViewer, application, framebuffer, wire
from txrfb.testing import Viewer

ROOMS = (application, framebuffer, wire)

#: What the package itself has something of that provides it.
PROVIDED = {
    "IAudience",
    "IAudioSink",
    "IClipboard",
    "ICursorSource",
    "IDecoder",
    "IEncoder",
    "IEncoding",
    "IFramebuffer",
    "IFramebufferFactory",
    "IFramebufferListener",
    "IInputReceiver",
    "IPlayback",
    "IResizable",
    "ISecurityType",
    "IViewer",
}


def shipped() -> Iterator[tuple[InterfaceClass, type[Any]]]:
    """
    @return: The contracts that the package's classes implement, with the class.
    """
    contracts = [getattr(interfaces, name) for name in interfaces.__all__]
    for found in walk_packages(txrfb.__path__, "txrfb."):
        try:
            module = import_module(found.name)
        except ImportError as error:
            # What only some need, and is not installed here.
            if error.name is None or error.name.startswith("txrfb"):
                raise
            continue
        for kind in vars(module).values():
            if isinstance(kind, type) and kind.__module__ == found.name:
                for contract in contracts:
                    if contract.implementedBy(kind):
                        yield contract, kind


class ContractTests(SynchronousTestCase):
    """
    The contracts themselves.
    """

    def test_all(self) -> None:
        """
        Each contract of the rooms can be imported from the package.
        """
        there = {
            name: contract
            for room in ROOMS
            for name, contract in vars(room).items()
            if isinstance(contract, InterfaceClass) and contract.__name__ != "Interface"
        }
        self.assertEqual(sorted(there), sorted(interfaces.__all__))
        for name, contract in there.items():
            self.assertIs(getattr(interfaces, name), contract)

    def test_described(self) -> None:
        """
        Everything in a contract says what it means.
        """
        wrong = [
            f"{contract}.{name}"
            for contract in (getattr(interfaces, name) for name in interfaces.__all__)
            for name, what in contract.namesAndDescriptions()
            if not what.getDoc().strip()
        ]
        self.assertEqual(wrong, [])


class ProviderTests(SynchronousTestCase):
    """
    Classes of the package that implement a contract.
    """

    def test_shipped(self) -> None:
        """
        Every class of the package has the methods, with the arguments, of the
        contracts that it names.
        """
        found = set()
        for contract, kind in shipped():
            verifyClass(contract, kind)
            found.add(contract.__name__)
        self.assertEqual(PROVIDED - found, set())

    def test_viewer(self) -> None:
        """
        A viewer has all that L{IViewer} promises, from the moment it is
        connected until it has disconnected.
        """
        viewer = Viewer(serving())
        server = viewer.server
        verifyObject(IViewer, server)
        viewer.disconnect()
        viewer.advance(1)
        verifyObject(IViewer, server)
