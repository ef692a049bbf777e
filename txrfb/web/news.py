# -*- test-case-name: tests.web.test_news -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What the page is told besides RFB, and may ask for: who looks, who drives, and what is
played.

It goes the same way, by text messages of the WebSocket, which RFB has no use for; so it
is judged by what the viewer on it may do.  Each is a JSON object.  The page says one of

    - C{{"watch": true}}: it wants to know who is there, from now on;
    - C{{"ask": true}}, or false: its user would like to drive, or no longer;
    - C{{"give": 7}}: the viewer of that number is to drive in its place;
    - C{{"ping": 12.5}}: whatever number it is, C{{"pong": 12.5}} comes back;
    - what L{txrfb.web.playing} has, if something is played.

It is told C{viewers}, a list of the first of them; their C{count}; C{you}, which of
them it is itself; and whether one alone drives, C{exclusive}.  Of each viewer there are
C{number}, C{name} (empty for who has none), C{mayDrive}, C{drives} and C{asks}.  What
cannot be done is an C{error}, a sentence.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from txrfb._session.playback import ORDERS
from txrfb._session.server import RFBServer
from txrfb.web.playing import PlaybackNews

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall, IReactorTime

    from txrfb.protocol import RFBFactory

__all__ = ["TALKING", "Newsroom"]

#: The subprotocol of a WebSocket that has news.
TALKING = "txrfb"

#: How many viewers are listed at the most, and how long their names are.
_MAX_LISTED, _MAX_NAME = 50, 64

#: The seconds that news are gathered for, and those more for each page that is told:
#: what one of them can cause is bounded, however many there are.
_PACE, _PACE_EACH = 0.1, 0.001

#: Sends a text message about a subject.
Tell = Callable[[str, bytes], None]


class _Crowd:
    """
    Those who look at one screen.
    """

    def __init__(self, factory: RFBFactory, clock: IReactorTime) -> None:
        self.factory = factory
        self.pages: dict[RFBServer, Tell] = {}
        self.playing: PlaybackNews | None = None
        self._clock = clock
        self._soon: IDelayedCall | None = None
        factory.watchers.append(self.changed)

    def leave(self, viewer: RFBServer) -> None:
        """
        A page is gone.
        """
        del self.pages[viewer]
        if self.playing is not None:
            self.playing.leave(viewer)
        if not self.pages:
            self._look(None)
            self.factory.watchers.remove(self.changed)
            if self._soon is not None:
                self._soon.cancel()
                self._soon = None

    def changed(self) -> None:
        """
        Tell everybody soon.
        """
        if self.playing is not None:
            # What each may do may have changed.
            self.playing.changed()
        if self._soon is None:
            pace = _PACE + _PACE_EACH * len(self.pages)
            self._soon = self._clock.callLater(pace, self._tellAll)

    def _tellAll(self) -> None:
        self._soon = None
        text = self.text()
        for viewer, tell in list(self.pages.items()):
            tell("viewers", _addressed(viewer, text))

    def join(self, viewer: RFBServer, tell: Tell) -> None:
        """
        Tell a page from now on; once, however often it says so.
        """
        if viewer in self.pages:
            return
        self.pages[viewer] = tell
        tell("viewers", _addressed(viewer, self.text()))
        self._look(self.factory.application.playback)
        if self.playing is not None:
            self.playing.join(viewer, tell)

    def _look(self, playback: Any) -> None:
        """
        Have news of what is played, if anything is.
        """
        playing = self.playing
        if playing is not None and playing.playback is not playback:
            playing.stop()
            self.playing = None
        if playback is not None and self.playing is None:
            self.playing = PlaybackNews(playback, self._clock)
            for viewer, tell in self.pages.items():
                self.playing.join(viewer, tell)

    def text(self) -> bytes:
        """
        @return: Who is there, but for who is told, whose number stands before it.
        """
        factory = self.factory
        viewers = factory.viewers
        # Who drives is to be seen, also if there are many who came before.
        first = sorted(viewers, key=lambda one: one is not factory.driver)[:_MAX_LISTED]
        listed = [one for one in viewers if one in first]
        said = {
            "exclusive": factory.exclusive,
            "count": len(viewers),
            "viewers": [
                {
                    "number": one.number,
                    "name": _nameOf(one),
                    "mayDrive": not one.viewOnly,
                    "drives": not one.viewOnly and factory.mayDrive(one),
                    "asks": one in factory.asking,
                }
                for one in listed
            ],
        }
        return json.dumps(said).encode("ascii")


class Newsroom:
    """
    The news of all screens that one resource serves.
    """

    def __init__(self, clock: IReactorTime) -> None:
        """
        @param clock: Where time comes from.
        """
        self._clock = clock
        self._crowds: dict[RFBFactory, _Crowd] = {}

    def open(self, viewer: RFBServer, tell: Tell) -> Callable[[str], None]:
        """
        @param viewer: Whose connection it is.

        @param tell: Sends a text message to its page.

        @return: What takes text messages from there; it raises C{ValueError} for what
            is none of those there are.
        """
        return lambda text: self._heard(viewer, tell, text)

    def close(self, viewer: RFBServer) -> None:
        """
        A connection is gone.
        """
        factory: Any = viewer.host
        crowd = self._crowds.get(factory)
        if crowd is not None and viewer in crowd.pages:
            crowd.leave(viewer)
            if not crowd.pages:
                del self._crowds[factory]

    def _heard(self, viewer: RFBServer, tell: Tell, text: str) -> None:
        try:
            [(said, value)] = json.loads(text).items()
        except (ValueError, AttributeError, RecursionError):
            raise ValueError("text that is no JSON object of one member") from None
        isKnown = said in _KINDS and type(value) in _KINDS[said]
        # For Python JSON has numbers that are none, and some of thousands of digits.
        if not isKnown or not -_MAX_NUMBER <= value <= _MAX_NUMBER:
            raise ValueError(f"text that says {said[:20]!r}, or not as it should")
        factory: Any = viewer.host
        # Who has not logged in is told nothing.
        if viewer not in factory.viewers:
            return
        if said == "ping":
            tell("pong", json.dumps({"pong": value}).encode("ascii"))
        elif said == "watch":
            self._watch(viewer, tell)
        else:
            if said in ORDERS:
                objection = self._order(viewer, said, value)
            else:
                follow = _ask if said == "ask" else _give
                objection = follow(factory, viewer, value)
            if objection:
                tell("error", json.dumps({"error": objection}).encode("ascii"))

    def _watch(self, viewer: RFBServer, tell: Tell) -> None:
        factory: Any = viewer.host
        crowd = self._crowds.get(factory)
        if crowd is None:
            crowd = self._crowds[factory] = _Crowd(factory, self._clock)
        crowd.join(viewer, tell)

    def _order(self, viewer: RFBServer, kind: str, value: Any) -> str:
        """
        @return: Why a viewer cannot order what is played about; empty if it can.
        """
        factory: Any = viewer.host
        crowd = self._crowds.get(factory)
        if crowd is None or viewer not in crowd.pages:
            return "Only who watches can control what is played."
        if crowd.playing is None:
            return "Nothing is played here."
        return crowd.playing.order(viewer, kind, value)


#: What a page may say, and the types that it says it by.
_KINDS: dict[str, tuple[type, ...]] = {
    "watch": (bool,),
    "ask": (bool,),
    "give": (int,),
    "ping": (int, float),
    "play": (bool,),
    "seek": (int, float),
    "speed": (int, float),
    "idle": (int, float),
}

#: The greatest number that anything is said by.
_MAX_NUMBER = 1 << 53


def _ask(factory: RFBFactory, viewer: RFBServer, wants: bool) -> str:
    """
    @return: Why a viewer cannot ask to drive; empty if it has.
    """
    if not factory.exclusive:
        return "Everybody who may drives already."
    if viewer.viewOnly:
        return "You may only view."
    factory.ask(viewer, wants)
    return ""


def _give(factory: RFBFactory, viewer: RFBServer, number: int) -> str:
    """
    @return: Why a viewer cannot have another drive; empty if that does.
    """
    if not factory.exclusive or viewer is not factory.driver:
        return "Only who drives can hand over."
    for other in factory.viewers:
        if other.number == number and not other.viewOnly:
            factory.handOver(other)
            return ""
    return "There is no such viewer, or it may only view."


def _addressed(viewer: RFBServer, text: bytes) -> bytes:
    return b'{"you": %d, ' % viewer.number + text[1:]


def _nameOf(viewer: RFBServer) -> str:
    return viewer.avatarId.decode("utf-8", "replace")[:_MAX_NAME]
