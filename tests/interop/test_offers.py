# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What C{docs/viewers.rst} says of viewers and security types is what is seen.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.interop.case import ViewerTestCase, each
from tests.interop.offers import ROWS, Row, documented
from tests.interop.setups import SETUPS
from tests.interop.viewers import requireViewer


class OfferTests(ViewerTestCase):
    """
    Each viewer, with nothing forced, at each set-up.
    """

    @each((row, table) for row in ROWS for table in SETUPS)
    async def test_seen(self, row: Row, table: str) -> None:
        """
        The viewer logs in by the security types that the documentation has, and not
        where it has none.
        """
        requireViewer(self, row.kind(self.reactor))
        expected = documented(table)[row.name]
        self.assertEqual(
            await row.row(self.reactor, table, expected),
            expected,
            "python -m tests.interop.offers writes what is seen into the document",
        )


class DocumentTests(SynchronousTestCase):
    """
    The document, without viewers.
    """

    def test_rows(self) -> None:
        """
        The tables have all viewers, and no others.
        """
        for table, setUps in SETUPS.items():
            rows = documented(table)
            self.assertEqual([*rows], [row.name for row in ROWS])
            for cells in rows.values():
                self.assertEqual(len(cells), len(setUps))

    def test_everyoneComesIn(self) -> None:
        """
        With a password every viewer logs in.
        """
        for name, cells in documented("A password").items():
            self.assertNotIn("no", cells, name)
