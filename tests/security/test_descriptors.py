# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.security.admission.descriptors}.
"""

from __future__ import annotations

import resource

from twisted.trial.unittest import SynchronousTestCase

from txrfb.security.admission import descriptors
from txrfb.security.admission.descriptors import connectionLimit


class LimitTests(SynchronousTestCase):
    """
    Descriptors, and connections.
    """

    def test_limit(self) -> None:
        """
        There are never more connections than descriptors, less some for other
        things.
        """
        self.patch(descriptors, "descriptors", lambda: 1000)
        self.assertEqual(connectionLimit(), 936)
        self.assertEqual(connectionLimit(100), 100)
        self.assertEqual(connectionLimit(5000), 936)
        self.assertEqual(connectionLimit(5000, reserve=2000), 1)

    def test_unknown(self) -> None:
        """
        Where there is no limit, what is wanted counts.
        """
        self.patch(descriptors, "descriptors", lambda: None)
        self.assertEqual(connectionLimit(), 0)
        self.assertEqual(connectionLimit(100), 100)

    def test_system(self) -> None:
        """
        The system is asked.
        """
        limit = (60, 100)
        self.patch(resource, "getrlimit", lambda which: limit)
        self.assertEqual(descriptors.descriptors(), 60)
        limit = (resource.RLIM_INFINITY, 0)
        self.assertIsNone(descriptors.descriptors())
