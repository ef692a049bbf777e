# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.security.admission.choice}.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from txrfb.security.admission.choice import NAMES, choose


class ChooseTests(SynchronousTestCase):
    """
    What administrators write.
    """

    usual = (
        "X509Plain X509Vnc X509None RA2_256 RA2 TLSPlain TLSVnc Plain RA2ne VncAuth"
        " None"
    ).split()

    def test_usual(self) -> None:
        """
        Nothing said is what is usual, in the order that lets every viewer in.
        """
        for text in ("", " ", ","):
            choice = choose(text)
            self.assertEqual(list(choice.names), self.usual)
            self.assertEqual(choice.asked, frozenset())
            self.assertFalse(choice.needsNames)

    def test_exact(self) -> None:
        """
        Names are those and no others, in their order, however they are spelled.
        """
        choice = choose("vncauth, x509plain,RA2")
        self.assertEqual(choice.names, ("VncAuth", "X509Plain", "RA2"))
        self.assertEqual(choice.asked, set(choice.names))
        self.assertTrue(choice.needsNames)

    def test_change(self) -> None:
        """
        What is usual can be added to, at the place where it is best, and be taken
        from.
        """
        choice = choose("+ARD,-VncAuth,-ra2")
        expected = [name for name in NAMES if name in {*self.usual, "ARD"}]
        expected.remove("VncAuth")
        expected.remove("RA2")
        self.assertEqual(list(choice.names), expected)
        self.assertEqual(choice.asked, {"ARD"})
        self.assertEqual(expected.index("ARD"), expected.index("RA2ne") - 1)

    def test_wrong(self) -> None:
        """
        What is not understood is an error that says what there is.
        """
        for text, word in (
            ("Tight", "there are X509Plain"),
            ("VncAuth,+ARD", "all security types have"),
            ("RA2,ra2", "twice"),
            ("+ARD,-ARD", "twice"),
            ("+", "there are X509Plain"),
        ):
            error = self.assertRaises(ValueError, choose, text)
            self.assertIn(word, str(error))
