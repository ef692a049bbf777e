# -*- test-case-name: tests.x11.test_selections -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Asking for many atoms at once.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred, inlineCallbacks

from txrfb.error import DisplayError

if TYPE_CHECKING:
    from txrfb.x11.connection import X11Connection

__all__ = ["internAtoms"]


@inlineCallbacks
def internAtoms(
    connection: X11Connection, *names: str
) -> Generator[Deferred[int], int, list[int]]:
    """
    @return: Fires with the atoms of names, after one round trip.
    """
    asked = [connection.internAtom(name) for name in names]
    atoms = []
    try:
        while asked:
            atoms.append((yield asked[0]))
            del asked[0]
    except DisplayError:
        for one in asked[1:]:
            one.addErrback(_ignore)
        raise
    return atoms


def _ignore(failure: object) -> None:
    """
    The first has said why.
    """
