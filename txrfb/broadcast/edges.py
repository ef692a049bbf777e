# -*- test-case-name: tests.broadcast.test_edges -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The edges of a broadcast as its origin knows them: whether somebody looks, and what
their viewers do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from txrfb.broadcast.engine import Engine
from txrfb.broadcast.layout import Act, Place, entriesOf
from txrfb.broadcast.remote import RemoteViewer
from txrfb.error import ConnectionFailed

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall

    from txrfb.broadcast.address import Address
    from txrfb.protocol import RFBFactory
    from txrfb.security.accounts.rights import Rights

__all__ = ["LIFE", "Edges"]

#: Seconds after which an edge is gone that has said nothing.
LIFE = 8.0

#: Seconds between two looks for such.
_SWEEP = 2.0

#: Seconds after which what a viewer has done is too old to be done here.
_OLD = 5.0

#: How many acts are read at once, for how many milliseconds they are waited for, and
#: how many bytes they may have.
_COUNT, _BLOCK, _LIMIT = 64, 2000, 20 << 20

#: How many edges there may be, and how many viewers of an edge may act at a time.
_EDGES, _PEOPLE = 1024, 256

#: Seconds until it is tried again what the engine has refused.
_PAUSE = 5.0


class _Edge:
    """
    An edge.

    @ivar seen: When it said something last.
    @ivar next: How many acts it has done.
    @ivar viewers: How many viewers it has.
    @ivar people: Those that have done something, by their numbers there.
    """

    def __init__(self, act: Act) -> None:
        self.seen = 0.0
        self.next = act.order
        self.viewers = 0
        self.people: dict[int, RemoteViewer] = {}

    def release(self) -> None:
        """
        Have its viewers let go of everything.
        """
        people, self.people = self.people, {}
        for viewer in people.values():
            viewer.leave()


class Edges:
    """
    Reads what edges say.

    @ivar tap: What follows the display for the edges.
    """

    _log = Logger()

    tap: Any = None

    def __init__(
        self,
        factory: RFBFactory,
        address: Address,
        rights: Rights,
        changed: Callable[[], None],
        jitter: Callable[[], float],
    ) -> None:
        """
        @param factory: What serves the screen.

        @param address: Where the broadcast is.

        @param rights: What viewers of edges may do at the most.

        @param changed: Called when edges or viewers of them have come or gone.

        @param jitter: See L{Engine}.
        """
        self._factory = factory
        self._clock = factory.clock
        self._key = address.keys.input
        self._called = address.called
        self._rights = rights
        self._changed = changed
        self._engine = Engine(address, self, factory.clock, jitter)
        self._edges: dict[str, _Edge] = {}
        self._people = 0
        self._last = Place(0, 0)
        # What the engine's time is ahead of ours, in milliseconds.
        self._ahead = 0.0
        self._sweeping: IDelayedCall | None = None
        self._pause: IDelayedCall | None = None
        self._isComplained = False
        self._reason = ""

    @property
    def count(self) -> int:
        """
        How many edges there are.
        """
        return len(self._edges)

    @property
    def viewers(self) -> int:
        """
        How many viewers they have together.
        """
        return sum(edge.viewers for edge in self._edges.values())

    def start(self) -> None:
        """
        Connect.
        """
        self._engine.start()
        if self._sweeping is None:
            self._sweep()

    def stop(self) -> Deferred[None]:
        """
        Read no more, and release what viewers hold.

        @return: Fires when there is no connection.
        """
        for timer in (self._sweeping, self._pause):
            if timer is not None:
                timer.cancel()
        self._sweeping = self._pause = None
        for name in list(self._edges):
            self._edges.pop(name).release()
        return self._engine.stop()

    def _sweep(self) -> None:
        self._sweeping = self._clock.callLater(_SWEEP, self._sweep)
        before = self._clock.seconds() - LIFE
        gone = [name for name, edge in self._edges.items() if edge.seen < before]
        for name in gone:
            self._edges.pop(name).release()
        if gone:
            self._changed()

    # -- The engine ------------------------------------------------------------------

    def arrived(self, engine: Engine) -> None:
        """
        See L{IEngineUser.arrived<txrfb.broadcast.engine.IEngineUser.arrived>}.
        """
        asked = engine.ask("TIME")
        asked.addCallback(self._timed).addErrback(self._troubled)

    def _timed(self, time: Any) -> None:
        seconds, micros = map(int, time)
        now = seconds * 1000 + micros // 1000
        self._ahead = now - self._clock.seconds() * 1000
        # What was done before is over.
        self._last = Place(now, 0)
        self._engine.works()
        self._reason = ""
        self._read()

    def _read(self) -> None:
        words = ("XREAD", "COUNT", _COUNT, "BLOCK", _BLOCK, "STREAMS", self._key)
        asked = self._engine.ask(
            *words, self._last.toBytes(), wait=_BLOCK / 1000, limit=_LIMIT
        )
        asked.addCallback(self._heard).addErrback(self._troubled)

    def left(self, engine: Engine, reason: str) -> None:
        """
        See L{IEngineUser.left<txrfb.broadcast.engine.IEngineUser.left>}.
        """
        # Nobody knows what they did since.
        for edge in self._edges.values():
            edge.release()

    def _troubled(self, failure: Failure) -> None:
        if failure.check(ConnectionFailed):
            return
        reason = failure.getErrorMessage()
        if reason != self._reason:
            self._reason = reason
            self._log.warn(
                "{called}: edges cannot be heard: {reason}; it is tried again",
                called=self._called,
                reason=reason,
            )
        if self._sweeping is not None and self._pause is None:
            self._pause = self._clock.callLater(_PAUSE, self._again)

    def _again(self) -> None:
        self._pause = None
        if self._engine.isUp:
            self.arrived(self._engine)

    # -- What they say ---------------------------------------------------------------

    def _heard(self, reply: Any) -> None:
        before = self.count, self.viewers
        for number, fields in entriesOf(reply, self._key):
            self._last = Place.fromBytes(number)
            try:
                _, data = fields
                act = Act.fromBytes(data)
            except (TypeError, ValueError) as error:
                self._complain(str(error))
                continue
            self._act(act)
        if (self.count, self.viewers) != before:
            self._changed()
        if self._sweeping is not None and self._engine.isUp:
            self._read()

    def _complain(self, reason: str) -> None:
        if not self._isComplained:
            self._isComplained = True
            self._log.warn(
                "{called}: something says what no edge says, which is not heeded:"
                " {reason}",
                called=self._called,
                reason=reason,
            )

    def _act(self, act: Act) -> None:
        now = self._clock.seconds()
        kind = act.what[0]
        edge = self._edges.get(act.edge)
        if edge is None:
            if kind == "bye" or len(self._edges) >= _EDGES:
                return
            edge = self._edges[act.edge] = _Edge(act)
        isOld = now * 1000 + self._ahead - self._last.epoch > _OLD * 1000
        if act.order != edge.next or isOld:
            # Among what was missed may be that a key came up.
            edge.release()
        edge.next = act.order + 1
        edge.seen = now
        if kind == "hello":
            edge.viewers = act.what[1]
        elif kind == "bye":
            del self._edges[act.edge]
            edge.release()
        elif kind == "left":
            viewer = edge.people.pop(act.viewer, None)
            if viewer is not None:
                viewer.leave()
        elif not isOld:
            self._viewer(edge, act).act(act)

    def _viewer(self, edge: _Edge, act: Act) -> RemoteViewer:
        """
        @return: The viewer that has done something.
        """
        viewer = edge.people.get(act.viewer)
        if viewer is None:
            if len(edge.people) >= _PEOPLE:
                edge.people.pop(next(iter(edge.people))).leave()
            self._people += 1
            viewer = edge.people[act.viewer] = RemoteViewer(
                self._factory,
                -self._people,
                f"edge {act.edge}, viewer {act.viewer}",
                self._rights,
                self.tap,
            )
        return viewer
