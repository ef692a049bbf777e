# -*- test-case-name: tests.security.test_choice -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Which security types an administrator chooses: their names, and how they are written.

The order matters, as TigerVNC's viewer and noVNC take the first that they know.  First
comes what a third party vouches for (X509), then what people compare or remember (the
host key of RA2), then what protects from those who only listen (TLS), then the rest.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

__all__ = ["NAMES", "Choice", "choose"]

#: Every name there is, in the order in which they are best offered.
NAMES = (
    "X509Plain",
    "X509Vnc",
    "X509None",
    "RA2_256",
    "RA2",
    "TLSPlain",
    "TLSVnc",
    "TLSNone",
    "Plain",
    "ARD",
    "MSLogonII",
    "RA2ne",
    "RA2ne_256",
    "VncAuth",
    "None",
)

#: Those that are offered only if they are asked for: they are weaker than what every
#: viewer that has them has as well, or ask nothing.
_RARE = frozenset(["RA2ne_256", "TLSNone", "ARD", "MSLogonII"])

#: Those in which users give a name.
_NAMED = frozenset(["ARD", "MSLogonII", "Plain", "TLSPlain", "X509Plain"])


class Choice(NamedTuple):
    """
    What an administrator chose of security types.

    @ivar names: Some of L{NAMES}, the preferred first.
    @ivar asked: Those of them that were asked for by name.
    """

    names: tuple[str, ...]
    asked: frozenset[str]

    @property
    def needsNames(self) -> bool:
        """
        Whether users were to give names, as something with names was asked for.
        """
        return not self.asked.isdisjoint(_NAMED)

    def without(self, names: Collection[str]) -> Choice:
        """
        @return: The same, but for some.
        """
        left = tuple(name for name in self.names if name not in names)
        return Choice(left, self.asked.difference(names))


def choose(text: str = "") -> Choice:
    """
    Understand a choice of security types.

    @param text: Names with commas between them, which are offered in this order and
        no others; or names each with a plus or minus before it, which are offered
        besides what is usual, or not offered.  Case does not matter.

    @return: The choice.

    @raise ValueError: if it cannot be understood, naming what is there.
    """
    known = {name.lower(): name for name in NAMES}
    words = [word.strip() for word in text.split(",") if word.strip()]
    signs = {word[0] if word[0] in "+-" else "" for word in words}
    if len(signs) > 1 and "" in signs:
        raise ValueError(
            f"{text!r}: either all security types have + or - before them, or none has"
        )
    named = []
    for word in words:
        name = known.get(word.lstrip("+-").lower())
        if name is None:
            raise ValueError(
                f"{word!r} is no security type; there are {', '.join(NAMES)}"
            )
        named.append((word[0], name))
    names = [name for _, name in named]
    if len(set(names)) < len(names):
        raise ValueError(f"{text!r} names a security type twice")
    if signs == {""}:
        return Choice(tuple(names), frozenset(names))
    wanted = {name for sign, name in named if sign == "+"}
    unwanted = {name for sign, name in named if sign == "-"}
    usual = [
        name
        for name in NAMES
        if name in wanted or (name not in _RARE and name not in unwanted)
    ]
    return Choice(tuple(usual), frozenset(wanted))
