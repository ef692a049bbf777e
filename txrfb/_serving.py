# -*- test-case-name: tests.test_serve -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Framebuffers that are services, where no daemon runs them: in a program that serves one
framebuffer and nothing else, and as screens of single users.
"""

from __future__ import annotations

import sys
from typing import Any

from twisted.application.service import IService, MultiService
from twisted.internet.defer import Deferred, DeferredList, maybeDeferred, succeed
from twisted.internet.error import CannotListenError
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from txrfb.interfaces import IFramebufferOwner

__all__ = ["Screens", "serveUntilEnded"]

_log = Logger()


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


@implementer(IFramebufferOwner)
class _Screen(MultiService):
    """
    What starts and stops a framebuffer that one user sees.
    """

    def __init__(self, factory: Any, source: Any) -> None:
        MultiService.__init__(self)
        self._factory = factory
        self._source = source
        source.setServiceParent(self)

    def begin(self) -> None:
        """
        Start it.
        """
        try:
            MultiService.privilegedStartService(self)
            MultiService.startService(self)
        except Exception as error:
            _log.failure("cannot start the screen of a user")
            self.framebufferEnded(str(error))

    def end(self) -> Deferred[Any]:
        """
        Stop it.

        @return: Fires when it is so, or has failed, which is logged.
        """
        self.running = False
        stopped: Deferred[Any] = maybeDeferred(self._source.stopService)
        # Somebody may come and see it again.
        stopped.addBoth(self._stopped)
        return stopped

    def _stopped(self, result: object) -> None:
        if isinstance(result, Failure):
            _log.failure("while stopping the screen of a user", result)
        self._source.disownServiceParent()

    def framebufferEnded(self, reason: str, status: int = 1) -> None:
        """
        See L{IFramebufferOwner.framebufferEnded}.  The others see other screens.
        """
        say = _log.warn if status else _log.info
        say("The framebuffer of a user has ended: {reason}", reason=reason)
        self._factory.disconnectAll(f"the framebuffer has ended: {reason}")


class Screens:
    """
    Runs the screens of single users that are services, each as long as somebody sees
    it.  One that is run by others is left to them.
    """

    def __init__(self) -> None:
        self._running: dict[Any, _Screen] = {}
        self._ending: dict[Any, Deferred[Any]] = {}

    def begin(self, factory: Any) -> None:
        """
        Somebody is there.

        @param factory: What serves the screen.
        """
        source = IService(factory.framebuffer, None)
        if source is None:
            return
        before = self._ending.get(source)
        if before is None:
            self._take(factory, source)
            return

        def take(_: object) -> None:
            # Who waited may have left.
            if factory.connections:
                self._take(factory, source)

        before.addCallback(take)

    def _take(self, factory: Any, source: Any) -> None:
        if source.parent is None and not source.running:
            self._running[source] = screen = _Screen(factory, source)
            screen.begin()

    def end(self, factory: Any) -> None:
        """
        Nobody is there any more.
        """
        source = IService(factory.framebuffer, None)
        screen = self._running.pop(source, None)
        if screen is None:
            return
        ended = self._ending[source] = screen.end()

        def forget(_: object) -> None:
            self._ending.pop(source, None)

        ended.addCallback(forget)

    def ended(self) -> Deferred[Any]:
        """
        @return: Fires when all have stopped that nobody sees any more.
        """
        if not self._ending:
            return succeed(None)
        waiting: list[Deferred[Any]] = []
        for ending in self._ending.values():
            one: Deferred[Any] = Deferred()
            waiting.append(one)
            ending.addCallback(one.callback)
        return DeferredList(waiting)
