# -*- test-case-name: tests.x11.test_selections -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The clipboard of an X display, to and from viewers.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred, inlineCallbacks

from txrfb.error import DisplayError
from txrfb.x11 import properties, xfixes
from txrfb.x11.atoms import internAtoms
from txrfb.x11.selectionowner import SelectionOwner
from txrfb.x11.selectionreader import SelectionReader, Target
from txrfb.x11.wire import CORE, Packet

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall

    from txrfb.x11.connection import X11Connection

__all__ = ["LIMIT", "Selections"]

#: How many bytes of a clipboard are passed on: as many as viewers may send.
LIMIT = 4 << 20

#: Seconds for which a selection must not have changed before it is read.  What is
#: selected with the mouse changes with every move of it.
_CALM = {"CLIPBOARD": 0.0, "PRIMARY": 0.3}

#: How many selections are read at a time, of which all but the newest are not wanted
#: any more.
_READERS = 8

_PREDEFINED = {"PRIMARY": 1, "STRING": 31}

_NAMES = (
    *("CLIPBOARD", "INCR", "TARGETS", "TIMESTAMP", "TEXT", "UTF8_STRING"),
    "text/plain;charset=utf-8",
)


class _Selection:
    """
    A selection that is passed on.

    @ivar isNew: Whether there is something in it that was not read.
    @ivar time: Since when.
    """

    def __init__(self, name: str, atom: int) -> None:
        self.name = name
        self.atom = atom
        self.isNew = False
        self.time = 0
        self.reader: SelectionReader | None = None
        self.timer: IDelayedCall | None = None


class Selections:
    """
    Passes the clipboard on, both ways.

    What a program copies is read when there is somebody to be told of it; what a viewer
    has copied is given to programs when they paste it.

    @ivar offers: Whether the display tells of its clipboard.
    """

    def __init__(
        self,
        reactor: Any,
        connection: X11Connection,
        told: Callable[[str], None],
        primary: bool = False,
        limit: int = LIMIT,
    ) -> None:
        """
        @param reactor: What time is taken from.

        @param connection: A connection on which the server has let us in.

        @param told: Called with what a program has copied.

        @param primary: Whether what is selected with the mouse is passed on as well,
            and set as well.

        @param limit: How many bytes are passed on at the most.
        """
        self._reactor = reactor
        self._connection = connection
        self._told = told
        self._hasPrimary = primary
        self._limit = limit
        self._window = 0
        self._atoms: dict[str, int] = dict(_PREDEFINED)
        self._selections: dict[int, _Selection] = {}
        self._owner: SelectionOwner | None = None
        self._isWatched = False
        self._readers: list[SelectionReader] = []
        self._spots: list[int] = []
        self._removers: list[Callable[[], None]] = []
        # What was passed on last, in whatever direction.
        self._last = ""
        self.offers = False

    # -- Beginning and end -----------------------------------------------------------

    @inlineCallbacks
    def start(self) -> Generator[Deferred[Any], Any, None]:
        """
        Find out what there is.

        @return: Fires when C{offers} is known.  Fails with L{DisplayError} if that
            cannot be found out.
        """
        connection = self._connection
        if (yield connection.extension(xfixes.NAME)) is None:
            return
        yield connection.ask(xfixes.queryVersion())
        spots = [f"TXRFB_SELECTION_{number}" for number in range(_READERS)]
        atoms = yield internAtoms(connection, *_NAMES, *spots)
        self._atoms.update(zip(_NAMES, atoms))
        self._spots = atoms[len(_NAMES) :]
        self._window = connection.newId()
        connection.send(properties.createWindow(self._window, connection.screen.root))
        self._owner = SelectionOwner(
            self._reactor, connection, self._window, self._atoms
        )
        listeners = (
            (xfixes.NAME, xfixes.SELECTION_NOTIFY, self._ownerChanged),
            (CORE, properties.PROPERTY_NOTIFY, self._propertyChanged),
            (CORE, properties.SELECTION_NOTIFY, self._received),
            (CORE, properties.SELECTION_REQUEST, self._owner.requested),
        )
        self._removers = [connection.addListener(*one) for one in listeners]
        for name in ("CLIPBOARD", "PRIMARY"):
            if name == "PRIMARY" and not self._hasPrimary:
                continue
            atom = self._atoms[name]
            selection = self._selections[atom] = _Selection(name, atom)
            connection.send(properties.selectSelectionInput(self._window, atom))
            owner = yield connection.ask(properties.getSelectionOwner(atom))
            selection.isNew = selection.isNew or bool(owner)
        self.offers = True
        connection.lost.addCallback(self._lost)
        if self._isWatched:
            self.watch(True)

    def _lost(self, reason: DisplayError) -> DisplayError:
        self.stop()
        return reason

    def stop(self) -> None:
        """
        Pass on nothing any more.
        """
        self.offers = False
        for remove in self._removers:
            remove()
        self._removers = []
        for reader in self._readers:
            reader.stop()
        for selection in self._selections.values():
            if selection.timer is not None:
                selection.timer.cancel()
                selection.timer = None
        self._readers = []
        if self._owner is not None:
            self._owner.stop()
        if self._window:
            self._connection.send(properties.destroyWindow(self._window))
            self._window = 0

    # -- From viewers ----------------------------------------------------------------

    def provide(self, text: str) -> None:
        """
        A viewer has copied a text.
        """
        if self.offers and self._owner is not None:
            self._last = text
            self._owner.provide(text, *self._selections)

    # -- From the display ------------------------------------------------------------

    def watch(self, isWanted: bool) -> None:
        """
        There is somebody to be told what programs copy, or nobody any more.
        """
        self._isWatched = isWanted
        if isWanted and self.offers:
            for selection in self._selections.values():
                if selection.isNew and selection.timer is None:
                    self._read(selection)

    def _ownerChanged(self, event: Packet) -> None:
        window, atom, time = properties.ownerOf(event)
        selection = self._selections.get(atom)
        if selection is None or self._owner is None:
            return
        self._forget(selection)
        if window == self._window:
            self._owner.acquired(atom, time)
            return
        self._owner.lost(atom)
        selection.isNew = bool(window)
        selection.time = time
        if selection.isNew and self._isWatched:
            calm = _CALM[selection.name]
            if calm:
                selection.timer = self._reactor.callLater(calm, self._isCalm, selection)
            else:
                self._read(selection)

    def _isCalm(self, selection: _Selection) -> None:
        selection.timer = None
        if self._isWatched:
            self._read(selection)

    def _forget(self, selection: _Selection) -> None:
        """
        What was in it is not wanted any more.
        """
        selection.isNew = False
        if selection.timer is not None:
            selection.timer.cancel()
            selection.timer = None
        if selection.reader is not None:
            selection.reader.cancel()
            selection.reader = None

    def _read(self, selection: _Selection) -> None:
        selection.isNew = False
        readers = self._readers = [one for one in self._readers if not one.isOver]
        if len(readers) >= _READERS:
            readers.pop(0).stop()
        used = {reader.property for reader in readers}
        spot = next(spot for spot in self._spots if spot not in used)
        targets = [
            Target(self._atoms["UTF8_STRING"], "utf-8"),
            Target(self._atoms["STRING"], "latin-1"),
        ]

        def done(text: str | None) -> None:
            selection.reader = None
            # Managers of clipboards take over what we have, and say it again.
            if text and text != self._last:
                self._last = text
                self._told(text)

        reader = selection.reader = SelectionReader(
            *(self._reactor, self._connection, self._window, spot),
            *(self._atoms["INCR"], targets, self._limit, done),
        )
        readers.append(reader)
        reader.start(selection.atom, selection.time)

    def _received(self, event: Packet) -> None:
        for reader in tuple(self._readers):
            reader.receive(event)

    def _propertyChanged(self, event: Packet) -> None:
        window, property, isDeleted = properties.propertyOf(event)
        if window == self._window:
            self._received(event)
        elif isDeleted and self._owner is not None:
            self._owner.propertyDeleted(window, property)
