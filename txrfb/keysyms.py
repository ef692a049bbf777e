# -*- test-case-name: tests.test_keysyms -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Key symbols: how a viewer names the key that was pressed (RFC 6143, section
7.5.4), their names in X11, and the characters that they print.

>>> nameOf(0xFF0D), toUnicode(0xE9), byName("Page_Up") == byName("Prior")
('Return', '\N{LATIN SMALL LETTER E WITH ACUTE}', True)
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

__all__ = ["byName", "fromUnicode", "nameOf", "toUnicode"]

#: Where the key symbols that are Unicode code points begin.
_UNICODE = 0x1000000

#: What L{nameOf} says of key symbols without a name.
_NUMBERED = re.compile("U([0-9A-Fa-f]{4,6})|0x([0-9A-Fa-f]+)")

#: Characters that are typed with a key which prints nothing.
_COMMANDS = {
    "\b": 0xFF08,
    "\t": 0xFF09,
    "\n": 0xFF0D,
    "\r": 0xFF0D,
    "\x1b": 0xFF1B,
    "\x7f": 0xFFFF,
}


class _Tables(NamedTuple):
    """
    @ivar names: The name of each key symbol.
    @ivar codes: The key symbol of each name.
    @ivar characters: What key symbols print of which the number is no code point.
    @ivar typed: The key symbols for characters, likewise.
    """

    names: dict[int, str]
    codes: dict[str, int]
    characters: dict[int, str]
    typed: dict[str, int]


@cache
def _tables() -> _Tables:
    from txrfb._keysymtable import TABLE

    tables = _Tables({}, {}, {}, {})
    code = -1
    for word in TABLE.split():
        code += 1
        start, colon, rest = word.rpartition(":")
        if colon:
            code = int(start, 16)
        naming, slash, point = rest.partition("/")
        names = naming.split("=")
        tables.names[code] = names[0]
        for name in names:
            tables.codes[name] = code
        if slash:
            character = chr(int(point.lstrip("~"), 16))
            tables.characters[code] = character
            if not point.startswith("~"):
                tables.typed.setdefault(character, code)
    # The keypad's digits and signs are numbered like ASCII's.
    for code in (0xFF80, *range(0xFFAA, 0xFFBA), 0xFFBD):
        tables.characters[code] = chr(code & 0x7F)
    tables.characters[0xFF80] = " "
    return tables


def nameOf(keysym: int) -> str:
    """
    @param keysym: Any number.

    @return: The name that X11 has for it (C{"a"}, C{"Return"}, C{"Control_L"},
        C{"XF86AudioMute"}); where it has none, C{"U1F600"} for a character and
        C{"0x12345678"} for anything else.  L{byName} takes all of them.
    """
    name = _tables().names.get(keysym)
    if name is not None:
        return name
    if _UNICODE <= keysym <= _UNICODE + 0x10FFFF:
        return f"U{keysym - _UNICODE:04X}"
    return f"0x{keysym:x}"


def byName(name: str) -> int:
    """
    @param name: A name of X11, which may be one of several names for the same
        key symbol, or what L{nameOf} returns for those that have none.

    @return: The key symbol.

    @raise ValueError: if there is none of that name.
    """
    code = _tables().codes.get(name)
    if code is not None:
        return code
    numbered = _NUMBERED.fullmatch(name)
    if numbered is not None:
        point, number = (int(part or "-1", 16) for part in numbered.groups())
        if number >= 0:
            return number
        if point <= 0x10FFFF:
            return point if _isLatin(point) else _UNICODE + point
    raise ValueError(f"no key symbol is called {name!r}")


def toUnicode(keysym: int) -> str | None:
    """
    @param keysym: Any number.

    @return: The character that the key prints, or C{None} if it is not for
        printing: a modifier, a function key, or one such as Return, Tab and
        BackSpace, which are better told apart by their names.
    """
    if _isLatin(keysym):
        return chr(keysym)
    if _UNICODE + 0x20 <= keysym <= _UNICODE + 0x10FFFF:
        character = chr(keysym - _UNICODE)
        return character if character.isprintable() or character.isspace() else None
    return _tables().characters.get(keysym)


def fromUnicode(character: str) -> int:
    """
    @param character: One character.  The controls for backspace, tab, newline,
        carriage return, escape and delete stand for the keys of these names;
        newline is the Return key.

    @return: The key symbol that a viewer sends when somebody types it.

    @raise ValueError: if it is not one character that can be typed.
    """
    if len(character) == 1:
        point = ord(character)
        if _isLatin(point):
            return point
        known = _COMMANDS.get(character) or _tables().typed.get(character)
        if known is not None:
            return known
        if point >= 0xA0 and not 0xD800 <= point <= 0xDFFF:
            return _UNICODE + point
    raise ValueError(f"{character!r}: expected one character that can be typed")


def _isLatin(number: int) -> bool:
    """
    @return: Whether a key symbol is a printing character of ISO 8859-1, and
        its own code point.
    """
    return 0x20 <= number <= 0x7E or 0xA0 <= number <= 0xFF
