# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.security.offer}.
"""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from txrfb.security.conditions import Conditions
from txrfb.security.none import NoSecurity
from txrfb.security.offer import offered
from txrfb.security.realm import portalFor
from txrfb.security.vncauth import VNCAuth


class OfferedTests(SynchronousTestCase):
    """
    What one viewer is offered.
    """

    def test_portalDecides(self) -> None:
        """
        Only what the portal can check is offered: None never beside a password.
        """
        types = [VNCAuth(), NoSecurity()]
        self.assertEqual([t.number for t in offered(types, portalFor())], [1])
        self.assertEqual([t.number for t in offered(types, portalFor("x"))], [2])
        self.assertEqual(offered([NoSecurity()], portalFor("x")), [])

    def test_conditions(self) -> None:
        """
        A type learns about the transport, and that nothing can be put into TLS
        twice; it may answer with another, as with a part of itself.
        """
        seen: list[Conditions] = []

        class Picky:
            number, name = 19, "picky"

            def under(self, conditions: Conditions) -> Any:
                seen.append(conditions)
                return VNCAuth()

        answer = offered(
            [Picky()],  # type: ignore[list-item]
            portalFor(),
            canStartTLS=True,
            isSecure=True,
            webSocket=True,
        )
        self.assertIsInstance(answer[0], VNCAuth)
        self.assertFalse(seen[0].canStartTLS)
        self.assertTrue(seen[0].isSecure and seen[0].webSocket)

    def test_stranger(self) -> None:
        """
        A security type of somebody else that has no opinion is offered.
        """

        class Stranger:
            number, name = 200, "stranger"

        stranger: Any = Stranger()
        self.assertEqual(offered([stranger], portalFor()), [stranger])
