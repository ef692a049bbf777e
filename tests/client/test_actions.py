# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.client.actions}.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from txrfb.client.actions import keysOf, parseActions


class KeyTests(SynchronousTestCase):
    """
    How keys are written.
    """

    def test_names(self) -> None:
        """
        By names of X11, by what people say, by characters, with minus between them.
        """
        for text, keys in (
            ("a", ["a"]),
            ("é", ["é"]),
            ("F1", ["F1"]),
            ("f12", ["F12"]),
            ("home", ["Home"]),
            ("Page_Up", ["Page_Up"]),
            ("ENTER", ["Return"]),
            ("ctrl-alt-del", ["Control_L", "Alt_L", "Delete"]),
            ("-", ["-"]),
            ("ctrl--", ["Control_L", "-"]),
            ("shift-tab", ["Shift_L", "Tab"]),
        ):
            self.assertEqual(keysOf(text), keys)

    def test_unknown(self) -> None:
        """
        There are no others.
        """
        for text in ("ctrl-nothing", "", "ctrl-alt-", "\0"):
            self.assertRaises(ValueError, keysOf, text)


class ParseTests(SynchronousTestCase):
    """
    How actions are written.
    """

    def test_many(self) -> None:
        """
        One after the other.
        """
        words = "info shot - type hello key F1 click 3 4 drag 5 6 scroll -3 rest 1"
        self.assertEqual(len(parseActions(words.split())), 8)
        self.assertEqual(parseActions([]), [])

    def test_wrong(self) -> None:
        """
        What is wrong with one is said before anything is done.
        """
        for words, reason in (
            (["fly"], "there is no action 'fly'; there are shot, type"),
            (["click", "3"], "click: expected X Y"),
            (["click", "3", "-4"], "'-4' is no column or row"),
            (["move", "65536", "1"], "'65536' is no column or row"),
            (["key", "ctrl-what"], "key: there is no key 'what'"),
            (["shot", "screen"], "expected - or a file such as screen.png"),
            (["shot", "screen.xyz"], "expected - or a file"),
            (["sleep", "-1"], "'-1' is no number"),
            (["rest", "nan"], "'nan' is no number"),
            (["scroll", "up"], "'up' is no whole number"),
            (["type", "\0"], "type: "),
            (["wait", "/nonexistent.png"], "'/nonexistent.png': No such file"),
            (["wait", __file__], "cannot identify image file"),
            (["info", "now"], "there is no action 'now'"),
        ):
            error = self.assertRaises(ValueError, parseActions, words)
            self.assertIn(reason, str(error))
