# -*- test-case-name: tests.test_serve -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A program that serves one framebuffer, and nothing else.
"""

from __future__ import annotations

import sys
from typing import Any

from twisted.application.service import IService, MultiService
from twisted.internet.defer import Deferred
from twisted.internet.error import CannotListenError
from zope.interface import implementer

from txrfb.interfaces import IFramebufferOwner

__all__ = ["serveUntilEnded"]


@implementer(IFramebufferOwner)
class _Owner(MultiService):
    """
    What starts and stops a framebuffer that is a service.

    @ivar ended: Fails when the program is to end.
    """

    def __init__(self, factory: Any) -> None:
        MultiService.__init__(self)
        self._factory = factory
        self.ended: Deferred[None] = Deferred()
        source = IService(factory.framebuffer, None)
        if source is not None:
            source.setServiceParent(self)

    def framebufferEnded(self, reason: str, status: int = 1) -> None:
        """
        See L{IFramebufferOwner.framebufferEnded}.
        """
        why = f"the framebuffer has ended: {reason}"
        sys.stderr.write(f"{why}\n")

        def end(_: object) -> None:
            if not self.ended.called:
                self.ended.errback(SystemExit(status))

        self._factory.disconnectAll(why).addBoth(end)


async def serveUntilEnded(reactor: Any, factory: Any, where: str | int) -> None:
    """
    Listen, and have the framebuffer started and stopped, until it is over for good.

    @param reactor: The reactor.

    @param factory: The L{RFBFactory<txrfb.protocol.RFBFactory>}.

    @param where: Where to listen, as for its C{listen}.

    @raise SystemExit: always; with the reason if it cannot listen.
    """
    owner = _Owner(factory)
    try:
        await factory.listen(where)
    except (CannotListenError, ValueError) as error:
        reason = getattr(error, "socketError", error)
        raise SystemExit(
            f"cannot listen at {where}: {getattr(reason, 'strerror', reason)}"
        ) from None
    MultiService.startService(owner)
    reactor.addSystemEventTrigger("before", "shutdown", owner.stopService)
    await owner.ended
