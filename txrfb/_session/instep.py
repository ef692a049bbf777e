# -*- test-case-name: tests.session.test_instep -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Viewers in step: those that have the newest frame, the same of it only approximately,
read the same, and want whatever changes.  A new frame is the same bytes for all of
them, so it is planned, decided and encoded for the group, and what is left to do for
each is to send it.

Nothing here is needed for a viewer to be served: L{UpdateProducer
<txrfb._session.updates>} does that, and decides anew each time.  Whoever asks for
something else, falls behind, or has something else to be told, leaves the group for
that, and joins when it has the newest frame again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from twisted.python.failure import Failure

from txrfb._screen.followers import IFollower
from txrfb._screen.plan import CHUNK
from txrfb._session.congestion import PROBE
from txrfb._session.losslessrefresh import LossyTiles, lossyAfter
from txrfb._session.turns import Account, Share, Turns
from txrfb._wire.lines import wholeUpdate

if TYPE_CHECKING:
    from txrfb._screen.display import Display
    from txrfb._screen.plan import Plan
    from txrfb._screen.videos import Seen
    from txrfb._session.choice import Choice
    from txrfb._session.pacing import Pacing
    from txrfb._session.requests import UpdateRequests
    from txrfb._session.writer import Writer
    from txrfb.interfaces import IEncoder


class IStepper(IFollower, Protocol):
    """
    What has updates for a viewer: see L{txrfb._session.updates.UpdateProducer}.
    """

    serial: int
    framesSent: int
    pacing: Pacing

    @property
    def isTimed(self) -> bool: ...

    @property
    def isHeldBack(self) -> bool: ...

    @property
    def isReady(self) -> bool: ...


class InStep:
    """
    A group of viewers of one display.

    @ivar serial: The number of the frame that all have.
    @ivar wantsCopies: Whether they can copy.
    @ivar asking: Who of them wants what changes next.
    """

    def __init__(
        self,
        display: Display,
        turns: Turns,
        encoder: IEncoder,
        copies: bool,
        lossy: LossyTiles | None,
        seen: Seen | None,
    ) -> None:
        """
        @param display: What is shown to them.

        @param turns: The turns of all viewers.

        @param encoder: What encodes for them.

        @param copies: Whether they can copy.

        @param lossy: What they have only approximately.

        @param seen: What they have of videos.
        """
        self.serial = display.serial
        self._display = display
        self._encoder = encoder
        self.wantsCopies = copies
        self._lossy = lossy
        self._seen = self._seenBefore = seen
        self._key: Any = (encoder, copies, lossy, seen)
        # Who they are, and who of them is still to be sent the newest frame.
        self._members: dict[Member, None] = {}
        self.asking: dict[Member, None] = {}
        self._due: dict[Member, None] = {}
        self._before = self._lossyAt = self.serial
        # Whether some of them send fences back.
        self._areTimed = False
        self._turns = turns
        self._clock = turns.clock
        self._share = Share(self._work, Account(), isWriting=True)

    @classmethod
    def of(
        cls,
        display: Display,
        turns: Turns,
        encoder: IEncoder,
        copies: bool,
        lossy: LossyTiles | None,
        seen: Seen | None,
    ) -> InStep:
        """
        @return: The group that there is, or a new one.
        """
        groups = display.followers.groups
        key = (encoder, copies, lossy, seen)
        group = groups.get(key)
        if group is None:
            group = groups[key] = cls(display, turns, encoder, copies, lossy, seen)
        assert isinstance(group, cls)
        return group

    def add(self, member: Member) -> None:
        """
        A viewer has the newest frame, and is like the others.
        """
        if not self._members:
            self.serial = self._lossyAt = self._display.serial
        self._members[member] = None
        self._areTimed |= member.isTimed
        self._display.followers.join(member.producer)

    def remove(self, member: Member) -> bool:
        """
        A viewer is not like the others any more.

        @return: Whether it was still to be sent the newest frame.
        """
        del self._members[member]
        self.asking.pop(member, None)
        wasDue = member in self._due
        if wasDue:
            del self._due[member]
        if not self._members:
            self._turns.stop(self._share)
            self._display.followers.groups.pop(self._key, None)
        self._display.followers.part(member.producer)
        return wasDue

    def frameReady(self) -> None:
        """
        There may be something new.
        """
        serial = self._display.serial
        if serial == self.serial:
            return
        due, self.asking = self.asking, {}
        if len(due) < len(self._members):
            for member in [one for one in self._members if one not in due]:
                member.fallBehind()
        if not due:
            return
        self._before, self.serial = self.serial, serial
        self._seenBefore = self._seen
        self._due = due
        self._share.weight = len(due)
        self._turns.want(self._share)

    def _work(self, isEnough: Callable[[], bool]) -> bool:
        """
        Send the frame to those who are still to be sent it.

        @return: Whether there are more of them.
        """
        due = self._due
        plan, data = self._plan()
        if plan is None:
            for member in list(due):
                member.fallBehind()
            return False
        now = self._clock.seconds()
        entry = wholeUpdate(
            now, len(data), plan.count, plan.encoder.number, plan.serial
        )
        lossy = self._becomeLossy(plan, now)
        # Sent by itself, a fence costs nearly what the update does.
        probing = data + PROBE if self._areTimed else data
        while due:
            # The last first, whose turn it then is to ask before the others.
            member, _ = due.popitem()
            member.step(plan, data, probing, entry, lossy)
            if due and isEnough():
                return True
        return False

    def _becomeLossy(self, plan: Plan, now: float) -> LossyTiles | None:
        """
        @return: What all of them have only approximately once they are sent the plan.
        """
        if self._before != self._lossyAt:
            return self._lossy  # this is the rest of them
        self._lossyAt = self.serial
        lossy = lossyAfter(plan, self._lossy, self._display.bounds, now)
        if lossy is not self._lossy or plan.seen is not self._seen:
            self._lossy, self._seen = lossy, plan.seen
            groups = self._display.followers.groups
            groups.pop(self._key, None)
            key: Any = (self._encoder, self.wantsCopies, lossy, plan.seen)
            # If there is a group of those who came to it in another way, both go on.
            self._key = (*key, self) if key in groups else key
            groups[self._key] = self
        return lossy

    def _plan(self) -> tuple[Plan | None, bytes]:
        """
        @return: How they come to the newest frame, and that update, if it is written at
            once.
        """
        try:
            planner = self._display.planner
            copies, seen = self.wantsCopies, self._seenBefore
            plan = planner.plan(self._before, self._encoder, copies, seen)
            data, end = plan.chunk(0)
        except Exception:
            return None, b""  # it will fail for each of them, and be their end
        isWhole = end == len(plan.pieces) and len(data) <= CHUNK
        return (plan if isWhole else None), data


class Member:
    """
    The place of one viewer among those that are in step; it may be in no group.
    """

    def __init__(
        self,
        producer: IStepper,
        display: Display,
        writer: Writer,
        requests: UpdateRequests,
        choice: Choice,
    ) -> None:
        """
        @param producer: What has updates for the viewer.

        @param display: What is shown.

        @param writer: What writes to the viewer.

        @param requests: What the viewer wants.

        @param choice: What it is sent.
        """
        self.producer = producer
        self._display = display
        self._writer = writer
        self._requests = requests
        self.choice = choice
        self._group: InStep | None = None
        # Whether the viewer sends fences back, as long as it is in the group.
        self.isTimed = False

    @property
    def isInStep(self) -> bool:
        """
        Whether the viewer is in a group.
        """
        return self._group is not None

    def join(self, encoder: IEncoder) -> None:
        """
        The viewer has the newest frame, exactly: be in step with others, if there is
        nothing that only this viewer is to be sent.

        @param encoder: What encoded the frame.
        """
        choice, writer = self.choice, self._writer
        if encoder is not choice.encoder or not writer.isOpenFor(encoder):
            return
        group = self._group = InStep.of(
            *(self._display, writer.turns, encoder, choice.canCopy),
            *(choice.lossy, choice.seen),
        )
        self.isTimed = self.producer.isTimed
        group.add(self)
        if self._requests.isPending:
            group.asking[self] = None

    def leave(self) -> bool:
        """
        Something is to be decided for this viewer alone.

        @return: Whether others have been sent the newest frame, and this viewer not.
        """
        group, self._group = self._group, None
        return group is not None and group.remove(self)

    def fallBehind(self) -> None:
        """
        There is a frame that the viewer cannot be sent as others are.
        """
        self.leave()
        self.producer.frameReady()

    def asks(self) -> bool:
        """
        The viewer asks for whatever changes, as a viewer does that has just been sent
        an update.

        @return: Whether that is all there is to it; if not, see
            L{request
            <txrfb._session.updates.UpdateProducer.request>}.
        """
        group, requests = self._group, self._requests
        if group is None or requests.isPending:
            return False
        requests.all = requests.isPending = requests.isSimple = True
        group.asking[self] = None
        display = self._display
        if display.isDamaged or not display.isWanted:
            display.wanted()
        return True

    def echoes(self) -> bool:
        """
        A fence came back, as it does after each update.

        @return: Whether that is all there is to it; if not, see L{fenceReturned
            <txrfb._session.updates.UpdateProducer.fenceReturned>}.
        """
        producer = self.producer
        if self._group is None or not producer.pacing.congestion.pong():
            return False
        # Who is in step has nothing to be sent before there is a frame.
        if producer.isReady:
            self._display.wanted()
        return True

    def step(
        self,
        plan: Plan,
        data: bytes,
        probing: bytes,
        entry: list[Any],
        lossy: LossyTiles | None,
    ) -> None:
        """
        Send the newest frame, as the others are sent it.

        @param plan: How they come to it.

        @param data: The whole update.

        @param probing: The same, and a fence that is to come back.

        @param entry: What is taken down of it.

        @param lossy: What the viewer then has only approximately.
        """
        producer, requests = self.producer, self._requests
        congestion, isContinuous = producer.pacing.congestion, requests.isContinuous
        isTimed = self.isTimed
        if isContinuous and (
            producer.isHeldBack or (isTimed and congestion.wantsProbe)
        ):
            self.fallBehind()
            return
        if not isContinuous:
            requests.all = requests.isPending = requests.isSimple = False
        producer.serial = plan.serial
        producer.framesSent += 1
        if lossy is not self.choice.refresh.lossy:
            self.choice.follow(lossy, entry[0])
        if plan.seen is not None:
            self.choice.sent(plan.seen)
        try:
            if isTimed and (isContinuous or not congestion.isWaiting):
                self._writer.sendWhole(probing, entry)
                congestion.sent(entry[3])
                congestion.ping()
            else:
                self._writer.sendWhole(data, entry)
                if isTimed:  # else nobody asks what is on its way
                    congestion.sent(entry[3])
        except Exception:
            self._writer.fail(Failure())
            return
        if isContinuous and self._group is not None:
            self._group.asking[self] = None
            self._display.wanted()
