# -*- test-case-name: tests.broadcast.test_publisher -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The origin of a broadcast: publishes what a server shows, for edges to show.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred, gatherResults
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from txrfb._screen.preparation import Anticipation
from txrfb.broadcast.address import Address
from txrfb.broadcast.edges import Edges
from txrfb.broadcast.engine import Engine
from txrfb.broadcast.frames import FrameWriter, epochIn
from txrfb.broadcast.layout import Info
from txrfb.error import ConnectionFailed, EngineError
from txrfb.interfaces import IReporting
from txrfb.security.accounts.rights import VIEW_ONLY, Rights

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall

    from txrfb.protocol import RFBFactory

__all__ = ["Publisher"]

#: Seconds between two signs of life, and after which there is none any more.
_BEAT, _LIFE = 3.0, 10

#: Seconds until it is tried again what the engine has refused: at first, and at the
#: most.
_MIN_PAUSE, _MAX_PAUSE = 0.5, 30.0


def _milliseconds() -> int:
    return int(time.time() * 1000)


@implementer(IReporting)
class Publisher(FrameWriter, Service):
    """
    Publishes what a factory's viewers are shown, as long as the service runs.

    While no edge has viewers nothing is captured or encoded for it.  While the engine
    does not take what it is sent, neither.

    @ivar epoch: When it began, in milliseconds; 0 before there was anything to publish.
    @ivar isFenced: Whether it has ended, as another origin has taken over.
    """

    _log = Logger()

    def __init__(
        self,
        factory: RFBFactory,
        address: Address,
        *,
        rights: Rights = VIEW_ONLY,
        now: Callable[[], int] = _milliseconds,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """
        @param factory: What serves the screen.

        @param address: Where it is published.

        @param rights: What viewers of edges may do at the most.  Beware: whoever may
            write to the engine has these rights.

        @param now: Says what time it is, in milliseconds since 1970.

        @param jitter: See L{Engine<txrfb.broadcast.engine.Engine>}.
        """
        super().__init__(factory, address, jitter)
        self._rights = rights
        self._now = now
        self._edges = Edges(factory, address, rights, self._lookAgain, jitter)
        self._edges.tap = self._tap
        self._anticipation = Anticipation(factory.preparation, self._tap.start)
        self.isFenced = False
        self._beat: IDelayedCall | None = None
        self._pause: IDelayedCall | None = None
        self._failures = 0
        self._reason = ""

    # -- The service -----------------------------------------------------------------

    def startService(self) -> None:
        """
        Connect, and publish when somebody looks.
        """
        Service.startService(self)
        self._factory.reporting.append(self)
        self.isFenced = False
        self.epoch = 0
        self._reason = ""
        self._engine.start()
        self._edges.start()

    def stopService(self) -> Deferred[Any]:
        """
        Publish no more.

        @return: Fires when there is no connection.
        """
        Service.stopService(self)
        if self in self._factory.reporting:
            self._factory.reporting.remove(self)
        if self._engine.isUp and self.epoch and not self.isFenced:
            self._sayAlive(isOver=True)
        return self._leave()

    def _leave(self) -> Deferred[Any]:
        self._halt()
        self._cancel()
        return gatherResults([self._engine.stop(), self._edges.stop()])

    def _cancel(self) -> None:
        for timer in (self._beat, self._pause):
            if timer is not None:
                timer.cancel()
        self._beat = self._pause = None

    def report(self) -> dict[str, object]:
        """
        See L{IReporting.report}.
        """
        return {
            "to": self._address.called,
            "state": self._state,
            "entries": self._serial,
            "edges": self._edges.count,
            "viewers": self._edges.viewers,
        }

    @property
    def _state(self) -> str:
        if self.isFenced:
            return "another origin has taken over"
        if not self._engine.isUp:
            return self._engine.reason or "not connected"
        return self._reason or ("publishing" if self._isPublishing else "nobody looks")

    # -- The engine ------------------------------------------------------------------

    def arrived(self, engine: Engine) -> None:
        """
        See L{IEngineUser.arrived<txrfb.broadcast.engine.IEngineUser.arrived>}.
        """
        if self.epoch:
            self._begun(None)
            return
        engine.ask("WATCH", self._keys.origin).addErrback(self._troubled)
        asked = engine.ask("GET", self._keys.origin)
        asked.addCallback(self._choose).addErrback(self._troubled)

    def _choose(self, before: Any) -> None:
        """
        It is known which origin there was: this one is later.
        """
        epoch = max(self._now(), epochIn(before) + 1)
        engine = self._engine
        engine.ask("MULTI").addErrback(self._troubled)
        setting = engine.ask("SET", self._keys.origin, str(epoch))
        setting.addErrback(self._troubled)
        done = engine.ask("EXEC")
        done.addCallback(self._chosen, epoch).addErrback(self._troubled)

    def _chosen(self, answer: Any, epoch: int) -> None:
        if answer is None:
            # There is another that has begun just now.
            self.arrived(self._engine)
            return
        self.epoch = epoch
        self._serial = self._keySerial = 0
        self._begun(answer)

    def _begun(self, _: object) -> None:
        self._log.info("{called}: connected", called=self._address.called)
        self._keepAlive()
        self._look()

    def left(self, engine: Engine, reason: str) -> None:
        """
        See L{IEngineUser.left<txrfb.broadcast.engine.IEngineUser.left>}.
        """
        self._halt()
        self._cancel()
        self._complain(reason)

    def _complain(self, reason: str) -> None:
        if reason != self._reason:
            self._reason = reason
            self._log.warn("{reason}; it is tried again", reason=reason)

    def _works(self) -> None:
        """
        The engine has taken something.
        """
        self._engine.works()
        self._failures = 0
        self._reason = ""

    def _troubled(self, failure: Failure) -> None:
        """
        The engine has refused something, or is gone.
        """
        if failure.check(ConnectionFailed) or not self.running or self.isFenced:
            return  # that is told by left()
        if self._pause is not None:
            return  # what follows from the first
        self._halt()
        if not failure.check(EngineError):
            self._log.failure("publishing failed", failure)
        reason = failure.getErrorMessage()
        if "equal or smaller" in reason:
            self._fenced("the stream has newer entries")
            return
        self._complain(f"{self._address.called}: {reason}")
        pause = min(_MIN_PAUSE * 2**self._failures, _MAX_PAUSE)
        self._failures = min(self._failures + 1, 16)
        self._pause = self._clock.callLater(pause, self._tryAgain)

    def _tryAgain(self) -> None:
        self._pause = None
        if not self._engine.isUp:
            return
        if self.epoch:
            self._look()
        else:
            self.arrived(self._engine)

    def _fenced(self, why: str) -> None:
        """
        Somebody else publishes.
        """
        self.isFenced = True
        self._log.error(
            "{called}: another origin has taken over ({why}); nothing more is published"
            " from here until it is started again",
            called=self._address.called,
            why=why,
        )
        self._leave()

    def _keepAlive(self) -> None:
        """
        Say that there is an origin, if it is this one.
        """
        self._beat = self._clock.callLater(_BEAT, self._keepAlive)
        asked = self._engine.ask("GET", self._keys.origin)
        asked.addCallback(self._stillThere).addErrback(self._troubled)

    def _stillThere(self, origin: Any) -> None:
        if epochIn(origin) > self.epoch:
            self._fenced("it began later")
        elif not self.isFenced:
            if not origin and self._hasKey:
                # The engine has forgotten everything.
                self._tap.wantWhole()
            self._sayAlive()

    def _sayAlive(self, isOver: bool = False) -> None:
        self._engine.ask(*self._info(self._hasKey, isOver)).addErrback(self._troubled)

    def _info(self, isOn: bool, isOver: bool = False) -> tuple[Any, ...]:
        info = Info(self.epoch, str(self._rights), isOver, isOn).toBytes()
        return "SET", self._keys.info, info, "EX", _LIFE

    # -- Whether there is anything to do ---------------------------------------------

    def _lookAgain(self) -> None:
        """
        Edges or viewers of them have come or gone.
        """
        if self.running:
            self._look()

    def _look(self) -> None:
        """
        Publish, if somebody looks and it can be done.
        """
        isWanted = (
            self._engine.isUp
            and bool(self.epoch)
            and not self.isFenced
            and self._pause is None
            and self._edges.viewers > 0
        )
        if not isWanted:
            wasOn = self._hasKey
            self._halt()
            if wasOn and self._engine.isUp:
                self._sayAlive()
        elif not self._isPublishing:
            self._isPublishing = True
            self._hasKey = False
            self._anticipation.start()

    def _halt(self) -> None:
        """
        Publish nothing until it is wanted.
        """
        self._isPublishing = self._hasKey = False
        self._tap.stop()
        self._anticipation.stop()
        self._forget()

    def _tapFailed(self, failure: Failure) -> None:
        if self._isPublishing:
            self._troubled(failure)

    def _cannot(self, reason: str) -> None:
        """
        There is something that cannot be published.
        """
        self._halt()
        self._complain(f"{self._address.called}: {reason}")
        self._pause = self._clock.callLater(_MAX_PAUSE, self._tryAgain)
