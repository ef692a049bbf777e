# -*- test-case-name: tests.wire.test_stepper -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What parsers and decoders ask for, if not for a number of bytes.
"""

from __future__ import annotations

__all__ = ["Wanted"]


class Wanted(int):
    """
    What a parser wants that can make use of any number of bytes: so many at least.

    A parser of small things that come in large numbers takes what has come at once,
    and gives back what does not belong to it, or is of no use yet.

    @ivar most: How many bytes it can make use of at the most.
    @ivar unused: How many of the bytes that it was sent last are given back.  They are
        the first of what it is sent next.
    """

    most: int
    unused: int

    def __new__(cls, least: int, most: int, unused: int = 0) -> Wanted:
        """
        @param least: How many bytes it cannot do without, those that are given back
            among them.
        """
        self = int.__new__(cls, least)
        self.most = most
        self.unused = unused
        return self
