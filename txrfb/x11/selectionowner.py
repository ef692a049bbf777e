# -*- test-case-name: tests.x11.test_selections -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Text that we have in selections of an X display, for the clients that paste it
("Inter-Client Communication Conventions Manual", sections 2.1 and 2.7.2).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from twisted.logger import Logger

from txrfb.x11 import core, properties
from txrfb.x11.properties import SelectionRequest
from txrfb.x11.wire import Packet

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall

    from txrfb.x11.connection import X11Connection

__all__ = ["SelectionOwner"]

#: Seconds that a requestor has to take a piece.
TIMEOUT = 5.0

#: How many bytes are written into a property at once.
_PIECE = 1 << 16

#: How many requestors are given something piece by piece at a time.
_TRANSFERS = 16

_ATOM, _INTEGER = 4, 19


class _Transfer:
    """
    A requestor that is given something piece by piece.

    @ivar at: How many bytes it has.
    """

    def __init__(self, asked: SelectionRequest, type: int, data: bytes) -> None:
        self.asked = asked
        self.type = type
        self.data = data
        self.at = 0
        self.isEnding = False
        self.timer: IDelayedCall | None = None


class SelectionOwner:
    """
    Has a text, and gives it to who asks.

    @ivar owned: The selections that we own, and since when.
    """

    _log = Logger()

    def __init__(
        self,
        reactor: Any,
        connection: X11Connection,
        window: int,
        atoms: Mapping[str, int],
    ) -> None:
        """
        @param window: Our window, which owns them.

        @param atoms: The atoms of TARGETS and the others, by their names.
        """
        self._reactor = reactor
        self._connection = connection
        self._window = window
        self._atoms = atoms
        self._text = ""
        self._data = b""
        self._isLatin = True
        self.owned: dict[int, int] = {}
        # By requestor and property.
        self._transfers: dict[tuple[int, int], _Transfer] = {}

    def provide(self, text: str, *selections: int) -> None:
        """
        Become the owner of selections, with a text in them.
        """
        self._text = text
        self._data = text.encode("utf-8", "replace")
        self._isLatin = not text or max(text) <= "\xff"
        for selection in selections:
            self.owned.setdefault(selection, 0)
            self._connection.send(properties.setSelectionOwner(self._window, selection))

    def acquired(self, selection: int, time: int) -> None:
        """
        The display says that we own a selection.
        """
        if selection in self.owned:
            self.owned[selection] = time

    def lost(self, selection: int) -> None:
        """
        Another client owns a selection now.
        """
        self.owned.pop(selection, None)
        if not self.owned:
            self._text, self._data = "", b""

    def requested(self, event: Packet) -> None:
        """
        A client wants what is in a selection.
        """
        asked = SelectionRequest.fromEvent(event)
        # Old clients leave it to us where it goes.
        asked = asked._replace(property=asked.property or asked.target)
        self._connection.sendQuietly(
            properties.notifySelection(
                asked, asked.property if self._give(asked) else 0
            )
        )

    def _give(self, asked: SelectionRequest) -> bool:
        """
        @return: Whether the requestor gets it.
        """
        since = self.owned.get(asked.selection)
        if since is None:
            return False
        atoms = self._atoms
        target = asked.target
        if target == atoms["TARGETS"]:
            names = ["TARGETS", "TIMESTAMP", *self._texts()]
            value = struct.pack(f"<{len(names)}I", *(atoms[name] for name in names))
            return self._put(asked, _ATOM, 32, value)
        if target == atoms["TIMESTAMP"]:
            return self._put(asked, _INTEGER, 32, struct.pack("<I", since))
        for name in self._texts():
            if target == atoms[name]:
                if name == "STRING":
                    data = self._text.encode("latin-1", "replace")
                else:
                    data = self._data
                # Of TEXT it is ours to say what it is.
                type = atoms["UTF8_STRING"] if name == "TEXT" else target
                return self._putText(asked, type, data)
        return False

    def _texts(self) -> list[str]:
        return [
            name
            for name in ("UTF8_STRING", "text/plain;charset=utf-8", "TEXT", "STRING")
            if name != "STRING" or self._isLatin
        ]

    def _put(
        self, asked: SelectionRequest, type: int, format: int, value: bytes
    ) -> bool:
        self._connection.sendQuietly(
            properties.changeProperty(
                asked.requestor, asked.property, type, format, value
            )
        )
        return True

    def _putText(self, asked: SelectionRequest, type: int, data: bytes) -> bool:
        if len(data) <= _PIECE:
            return self._put(asked, type, 8, data)
        key = asked.requestor, asked.property
        self._end(key)
        roots = [screen.root for screen in self._connection.setup.screens]
        if len(self._transfers) >= _TRANSFERS or asked.requestor in roots:
            return False
        transfer = self._transfers[key] = _Transfer(asked, type, data)
        self._connection.sendQuietly(
            core.selectEvents(asked.requestor, properties.PROPERTY_CHANGE_MASK)
        )
        transfer.timer = self._reactor.callLater(TIMEOUT, self._expired, key)
        size = struct.pack("<I", len(data))
        return self._put(asked, self._atoms["INCR"], 32, size)

    # -- Piece by piece --------------------------------------------------------------

    def propertyDeleted(self, window: int, property: int) -> None:
        """
        A requestor has taken a piece.
        """
        transfer = self._transfers.get((window, property))
        if transfer is None:
            return
        if transfer.isEnding:
            self._end((window, property))
            return
        piece = transfer.data[transfer.at : transfer.at + _PIECE]
        transfer.at += len(piece)
        # One of no bytes is the last.
        transfer.isEnding = not piece
        self._put(transfer.asked, transfer.type, 8, piece)
        assert transfer.timer is not None
        transfer.timer.reset(TIMEOUT)

    def _expired(self, key: tuple[int, int]) -> None:
        self._transfers[key].timer = None
        self._log.info(
            "A program on the X display began to paste, and did not go on with it"
        )
        self._end(key)

    def _end(self, key: tuple[int, int]) -> None:
        transfer = self._transfers.pop(key, None)
        if transfer is None:
            return
        if transfer.timer is not None:
            transfer.timer.cancel()
        requestor = key[0]
        if all(window != requestor for window, _ in self._transfers):
            self._connection.sendQuietly(core.selectEvents(requestor, 0))

    def stop(self) -> None:
        """
        Give nothing to anybody any more.
        """
        for key in list(self._transfers):
            self._end(key)
        self.owned.clear()
