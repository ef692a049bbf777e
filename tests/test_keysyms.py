# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.keysyms}.
"""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from txrfb.keysyms import byName, fromUnicode, nameOf, toUnicode

#: Key symbols as RFC 6143, section 7.5.4, lists them.
RFC = {
    "BackSpace": 0xFF08,
    "Tab": 0xFF09,
    "Return": 0xFF0D,
    "Escape": 0xFF1B,
    "Insert": 0xFF63,
    "Delete": 0xFFFF,
    "Home": 0xFF50,
    "End": 0xFF57,
    "Page_Up": 0xFF55,
    "Page_Down": 0xFF56,
    "Left": 0xFF51,
    "Up": 0xFF52,
    "Right": 0xFF53,
    "Down": 0xFF54,
    "F1": 0xFFBE,
    "F12": 0xFFC9,
    "Shift_L": 0xFFE1,
    "Shift_R": 0xFFE2,
    "Control_L": 0xFFE3,
    "Control_R": 0xFFE4,
    "Meta_L": 0xFFE7,
    "Meta_R": 0xFFE8,
    "Alt_L": 0xFFE9,
    "Alt_R": 0xFFEA,
}


class NameTests(SynchronousTestCase):
    """
    Tests for L{nameOf} and L{byName}.
    """

    def test_rfc(self) -> None:
        """
        The keys that the specification lists have their numbers.
        """
        self.assertEqual({name: byName(name) for name in RFC}, RFC)

    def test_names(self) -> None:
        """
        Names are X11's, from all corners of its tables.
        """
        for code, name in (
            (0x20, "space"),
            (0x61, "a"),
            (0xE9, "eacute"),
            (0x1A1, "Aogonek"),
            (0x6C1, "Cyrillic_a"),
            (0x7E1, "Greek_alpha"),
            (0x20AC, "EuroSign"),
            (0xFE03, "ISO_Level3_Shift"),
            (0xFE51, "dead_acute"),
            (0xFF55, "Prior"),
            (0xFFB5, "KP_5"),
            (0xFFEB, "Super_L"),
            (0x1000174, "Wcircumflex"),
            (0x1008FF12, "XF86AudioMute"),
            (0xFFFFFF, "VoidSymbol"),
        ):
            self.assertEqual((nameOf(code), byName(name)), (name, code))

    def test_nameless(self) -> None:
        """
        What X11 has no name for is named by its number.
        """
        self.assertEqual(nameOf(0x101F600), "U1F600")
        self.assertEqual(nameOf(0x12345678), "0x12345678")

    @given(st.integers(0, 0xFFFFFFFF) | st.integers(0, 0x10FFFF + 0x1000000))
    @settings(max_examples=200, deadline=None)
    def test_roundTrip(self, keysym: int) -> None:
        """
        Every number has a name, and the name leads back to a key symbol that
        prints the same.
        """
        back = byName(nameOf(keysym))
        if back != keysym:
            self.assertEqual(toUnicode(back), toUnicode(keysym))

    def test_everyNameLeadsBack(self) -> None:
        """
        For all numbers that a key of X11 may have, the name is unambiguous.
        """
        for keysym in (*range(0x10000), *range(0x1008FE00, 0x10090000)):
            self.assertEqual(byName(nameOf(keysym)), keysym)

    def test_latinByNumber(self) -> None:
        """
        A character of Latin-1 has one key symbol, also when it is named by
        its code point.
        """
        self.assertEqual(byName("U00E9"), 0xE9)

    def test_unknown(self) -> None:
        """
        Names that mean nothing are refused by name.
        """
        for name in ("", "Retrun", "U110000", "0x", "Uxyzw", "U+20AC"):
            error = self.assertRaises(ValueError, byName, name)
            self.assertIn(repr(name), str(error))


class CharacterTests(SynchronousTestCase):
    """
    Tests for L{toUnicode} and L{fromUnicode}.
    """

    def test_printing(self) -> None:
        """
        Keys print their characters, whichever of X11's ways says so.
        """
        for name, character in (
            ("a", "a"),
            ("space", " "),
            ("ssharp", "\xdf"),
            ("EuroSign", "\u20ac"),
            ("Cyrillic_ya", "\u044f"),
            ("Greek_omega", "\u03c9"),
            ("kana_A", "\u30a2"),
            ("KP_7", "7"),
            ("KP_Add", "+"),
            ("KP_Divide", "/"),
            ("KP_Equal", "="),
            ("KP_Space", " "),
            ("U1F600", "\U0001f600"),
            ("emopencircle", "\u25cb"),
        ):
            self.assertEqual(toUnicode(byName(name)), character, name)

    def test_silent(self) -> None:
        """
        Keys that do something rather than print have no character.
        """
        for name in (
            *("Return", "Tab", "BackSpace", "Escape", "Delete", "Shift_L", "F5"),
            *("dead_acute", "KP_Enter", "KP_Home", "KP_Tab", "VoidSymbol", "UD800"),
            *("0x0", "0x7f", "0x80", "0x1000007", "0xffffffff"),
        ):
            self.assertIsNone(toUnicode(byName(name)), name)

    def test_typed(self) -> None:
        """
        Characters are typed with the key symbols that viewers send.
        """
        for character, name in (
            ("A", "A"),
            ("\xe9", "eacute"),
            ("\u20ac", "EuroSign"),
            ("\u044f", "Cyrillic_ya"),
            ("\U0001f600", "U1F600"),
            ("\n", "Return"),
            ("\r", "Return"),
            ("\t", "Tab"),
            ("\b", "BackSpace"),
            ("\x1b", "Escape"),
            ("\x7f", "Delete"),
        ):
            self.assertEqual(nameOf(fromUnicode(character)), name)

    @given(st.characters(min_codepoint=0x20, exclude_categories=["Cs", "Cc"]))
    @settings(max_examples=200, deadline=None)
    def test_roundTrip(self, character: str) -> None:
        """
        What can be printed is what was typed.
        """
        printed = toUnicode(fromUnicode(character))
        if printed is None:
            self.assertFalse(character.isprintable())
        else:
            self.assertEqual(printed, character)

    def test_untypable(self) -> None:
        """
        What is not one character that can be typed is refused.
        """
        for text in ("", "ab", "\x00", "\x80", "\ud800"):
            error = self.assertRaises(ValueError, fromUnicode, text)
            self.assertIn(repr(text), str(error))
