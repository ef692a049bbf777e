# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._session.outbox}.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from txrfb._session.outbox import Outbox
from txrfb.error import OutboxFull


class OutboxTests(SynchronousTestCase):
    """
    Messages that wait.
    """

    def setUp(self) -> None:
        """
        One with three messages.
        """
        self.outbox = Outbox()
        for name, data in (("a", b"1"), ("b", b"2"), ("a", b"3")):
            self.outbox.add(name, data)

    def taken(self) -> list[tuple[str, bytes]]:
        """
        @return: All of them.
        """
        return [self.outbox.take() for _ in range(len(self.outbox))]

    def test_order(self) -> None:
        """
        They leave in the order in which they came.
        """
        self.assertEqual(self.taken(), [("a", b"1"), ("b", b"2"), ("a", b"3")])
        self.assertRaises(IndexError, self.outbox.take)

    def test_newest(self) -> None:
        """
        A message may make older ones of its name worthless; it stands last.
        """
        self.outbox.add("a", b"4", newest=True)
        self.assertEqual(self.taken(), [("b", b"2"), ("a", b"4")])

    def test_full(self) -> None:
        """
        There is room for 64; what makes room for itself is taken even then.
        """
        for _ in range(61):
            self.outbox.add("c", b"")
        self.assertRaises(OutboxFull, self.outbox.add, "c", b"")
        self.assertRaises(OutboxFull, self.outbox.add, "new", b"", True)
        self.outbox.add("b", b"", newest=True)
        self.assertEqual(len(self.outbox), 64)

    def test_clear(self) -> None:
        """
        They can be forgotten.
        """
        self.outbox.clear()
        self.assertEqual(self.taken(), [])
