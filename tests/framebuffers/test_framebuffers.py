# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.framebuffers} and its plugins.
"""

from __future__ import annotations

from twisted.application.service import IServiceMaker
from twisted.internet.task import Clock
from twisted.plugin import IPlugin, getPlugins
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from txrfb import framebuffers
from txrfb.framebuffers import FramebufferMaker, TestCard, splitSize
from txrfb.interfaces import IFramebuffer, IFramebufferFactory


class NameTests(SynchronousTestCase):
    """
    What the package offers.
    """

    def test_classes(self) -> None:
        """
        All framebuffers can be imported from the package.
        """
        for name in ("ImageFramebuffer", "MemoryFramebuffer", "TestCard"):
            self.assertIn(name, framebuffers.__all__)
            self.assertTrue(IFramebuffer.implementedBy(getattr(framebuffers, name)))

    def test_all(self) -> None:
        """
        The names in C{__all__} are there.
        """
        for name in framebuffers.__all__:
            self.assertTrue(hasattr(framebuffers, name), name)

    def test_unknown(self) -> None:
        """
        Another name is an error, as in any module.
        """
        error = self.assertRaises(AttributeError, getattr, framebuffers, "Camera")
        self.assertIn("Camera", str(error))


class SplitSizeTests(SynchronousTestCase):
    """
    Tests for L{splitSize}.
    """

    def test_sizes(self) -> None:
        """
        Sizes are read as they are written everywhere.
        """
        self.assertEqual(splitSize("1024x768"), (1024, 768))
        self.assertEqual(splitSize("1x65535"), (1, 65535))

    def test_others(self) -> None:
        """
        Other words are no sizes.
        """
        for text in (
            "",
            "x",
            "5x",
            "x5",
            "5",
            "-1x5",
            "5x5x5",
            "axb",
            "5 x 5",
            "\xb2x5",
        ):
            self.assertIsNone(splitSize(text), text)

    def test_impossible(self) -> None:
        """
        Sizes that no framebuffer can have are refused.
        """
        for text in ("0x5", "5x0", "65536x1", "1x99999999999"):
            error = self.assertRaises(ValueError, splitSize, text)
            self.assertIn(text, str(error))


class PluginTests(SynchronousTestCase):
    """
    What C{twistd} finds.
    """

    def test_kinds(self) -> None:
        """
        The built-in kinds are found, with a line of help that shows how they
        are written.
        """
        kinds = {kind.prefix: kind for kind in getPlugins(IFramebufferFactory)}
        for prefix in ("testcard", "image"):
            kind = kinds[prefix]
            verifyObject(IFramebufferFactory, kind)
            verifyObject(IPlugin, kind)
            self.assertTrue(kind.help.startswith(f"{prefix}:"))
            self.assertNotIn("\n", kind.help)

    def test_make(self) -> None:
        """
        A kind makes framebuffers from what follows its name.
        """
        maker = FramebufferMaker("card", "txrfb.framebuffers.testcard", "help")
        card = maker.framebufferFromString(Clock(), "320x200")
        self.assertIsInstance(card, TestCard)
        self.assertEqual((card.width, card.height), (320, 200))

    def test_service(self) -> None:
        """
        There is a command of C{twistd}.
        """
        makers = {maker.tapname: maker for maker in getPlugins(IServiceMaker)}
        self.assertIn("rfb", makers)
