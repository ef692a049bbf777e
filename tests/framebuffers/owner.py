# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What owns the service of a framebuffer in tests.
"""

from __future__ import annotations

from twisted.application.service import MultiService
from zope.interface import implementer

from txrfb.interfaces import IFramebufferOwner


@implementer(IFramebufferOwner)
class Owner(MultiService):
    """
    A parent that keeps what it is told.
    """

    def __init__(self) -> None:
        MultiService.__init__(self)
        self.reasons: list[str] = []

    def framebufferEnded(self, reason: str, status: int = 1) -> None:
        """
        It is over.
        """
        self.reasons.append(reason)
