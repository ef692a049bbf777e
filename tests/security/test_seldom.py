# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.security.seldom}.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from txrfb.security.seldom import Seldom


class SeldomTests(SynchronousTestCase):
    """
    What happens often.
    """

    def test_due(self) -> None:
        """
        It is told less and less often, but never not at all; one thing does not hide
        another.
        """
        seldom = Seldom()
        told = [number for number in range(1, 300) if seldom.isDue("x")]
        self.assertEqual(told, [1, 2, 4, 8, 16, 32, 64, 128, 192, 256])
        self.assertTrue(seldom.isDue("y"))
