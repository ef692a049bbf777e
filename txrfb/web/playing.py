# -*- test-case-name: tests.web.test_playing -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What pages are told of a recording that is played, and how they order it about.

A page that watches (see L{txrfb.web.news}) is told C{playback}: C{position},
C{duration}, C{playing}, C{speed} and C{idle}, as
L{IPlayback<txrfb.interfaces.IPlayback>} has them, and whether it C{mayControl} that;
once a second while time passes, and when something changes.  C{keys} are the times of
whole pictures.  It may say

    - C{{"play": true}}, or false;
    - C{{"seek": 83.5}}, the second to go on from;
    - C{{"speed": 2}}, from 0.5 to 16;
    - C{{"idle": 2}}, to how many seconds idle times are cut, 0 if they are not.

All viewers see the same time, so this is for those that may use the pointer, and while
it is their turn.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from txrfb._callbacks import tell as callBack
from txrfb._session.playback import PlaybackState, RemoteControl

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall, IReactorTime
    from twisted.python.failure import Failure

    from txrfb._session.server import RFBServer

__all__ = ["RIGHT", "PlaybackNews"]

#: What those may do who control what is played.
RIGHT = "pointer"

#: The seconds that orders and news are gathered for, those from one look to the next
#: while time passes, and how much longer these are for each page that is told.
_PACE, _TICK, _PACE_EACH = 0.1, 1.0, 0.001

#: Sends a text message about a subject.
Tell = Callable[[str, bytes], None]


class PlaybackNews:
    """
    The pages that look at one thing that is played.

    However many pages there are, and whatever they say, it is looked at ten times a
    second at the most, and as often are orders followed: of each kind the last.
    """

    def __init__(self, playback: Any, clock: IReactorTime) -> None:
        """
        @param playback: What is played.

        @param clock: Where time comes from.
        """
        self._clock = clock
        self._remote = RemoteControl(playback, clock)
        self._pages: dict[RFBServer, Tell] = {}
        self._orders: dict[str, tuple[RFBServer, Any]] = {}
        self._pause: IDelayedCall | None = None
        self._soon: IDelayedCall | None = None
        # How long it was when the whole pictures were told.
        self._duration = -1.0
        self._isLooking = False
        callBack(clock, playback.addPlaybackListener, self.changed)

    @property
    def playback(self) -> Any:
        """
        What is played.
        """
        return self._remote.playback

    def stop(self) -> None:
        """
        Tell nobody any more.
        """
        callBack(self._clock, self.playback.removePlaybackListener, self.changed)
        self._remote.forget()
        for call in (self._pause, self._soon):
            if call is not None:
                call.cancel()
        self._pause = self._soon = None
        self._pages.clear()

    def join(self, viewer: RFBServer, tell: Tell) -> None:
        """
        Tell a page from now on.
        """
        self._pages[viewer] = tell
        self._duration = -1.0
        self.changed()

    def leave(self, viewer: RFBServer) -> None:
        """
        A page is gone.
        """
        self._pages.pop(viewer, None)

    # -- News ------------------------------------------------------------------------

    def changed(self) -> None:
        """
        Tell everybody soon.
        """
        if self._pages:
            self._lookAfter(_PACE)

    def _lookAfter(self, seconds: float) -> None:
        """
        Look then, if not before.
        """
        seconds += _PACE_EACH * len(self._pages)
        if self._soon is None:
            self._soon = self._clock.callLater(seconds, self._look)
        elif self._soon.getTime() > self._clock.seconds() + seconds:
            self._soon.reset(seconds)

    def _look(self) -> None:
        self._soon = None
        if not self._isLooking:
            self._isLooking = True
            asked = self._remote.state()
            asked.addCallbacks(self._seen, self._unseen)

    def _unseen(self, failure: Failure) -> None:
        # What it is can be seen in the log; it may be better later.
        self._isLooking = False
        self._remote.objection(failure)

    def _seen(self, state: PlaybackState) -> None:
        self._isLooking = False
        if not self._pages:
            return
        said = state.told()
        texts = {
            may: json.dumps({"playback": {**said, "mayControl": may}}).encode("ascii")
            for may in (True, False)
        }
        for viewer, tell in list(self._pages.items()):
            tell("playback", texts[viewer.mayUse(RIGHT)])
        if state.duration != self._duration:
            self._duration = state.duration
            asked = self._remote.keyTimes()
            asked.addCallbacks(self._tellKeys, self._unseen)
        if state.isPlaying:
            self._lookAfter(_TICK)

    def _tellKeys(self, times: list[float]) -> None:
        text = json.dumps({"keys": times}).encode("ascii")
        for tell in list(self._pages.values()):
            tell("keys", text)

    # -- Orders ----------------------------------------------------------------------

    def order(self, viewer: RFBServer, kind: str, value: Any) -> str:
        """
        A page orders something.

        @param kind: One of L{ORDERS<txrfb._session.playback.ORDERS>}.

        @return: Why it may not; empty if it may, though it may fail later.
        """
        if not viewer.mayUse(RIGHT):
            return "You may not control what is played, as all see it."
        # The last comes last.
        self._orders.pop(kind, None)
        self._orders[kind] = viewer, value
        if self._pause is None:
            self._follow()
        return ""

    def _follow(self) -> None:
        self._pause = None
        orders, self._orders = self._orders, {}
        if not orders:
            return
        self._pause = self._clock.callLater(_PACE, self._follow)
        for kind, (viewer, value) in orders.items():
            # It may be gone, or may no longer do so.
            if viewer in self._pages and viewer.mayUse(RIGHT):
                try:
                    done = self._remote.order(kind, value)
                except ValueError as error:
                    self._refuse(viewer, f"That cannot be: {error}.")
                else:
                    done.addErrback(partial(self._failed, viewer))

    def _failed(self, viewer: RFBServer, failure: Failure) -> None:
        objection = self._remote.objection(failure)
        if objection:
            self._refuse(viewer, objection)

    def _refuse(self, viewer: RFBServer, reason: str) -> None:
        tell = self._pages.get(viewer)
        if tell is not None:
            tell("error", json.dumps({"error": reason}).encode("ascii"))
