# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
An X server for tests, without any socket, on which another client copies and pastes.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

from tests.x11.fake import FakeServer, Refusal
from txrfb.x11 import xfixes

#: The window of the other client.
OTHER = 0x600001


class Asked(NamedTuple):
    """
    What we ask the other client for.
    """

    requestor: int
    selection: bytes
    target: bytes
    property: int
    time: int


class SelectionServer(FakeServer):
    """
    @ivar owners: The windows that own selections, by name.
    @ivar properties: By window and atom: type, bits of an item, value.
    @ivar told: What the other client was told: the name of the target, the property.
    @ivar asked: What the other client was asked for.
    """

    def __init__(self, **options: Any) -> None:
        """
        @param options: See L{FakeServer}.
        """
        super().__init__(**options)
        self.owners: dict[bytes, int] = {}
        self.properties: dict[tuple[int, int], tuple[int, int, bytes]] = {}
        self.told: list[tuple[bytes, int]] = []
        self.asked: list[Asked] = []
        self.watched: dict[int, int] = {}
        self.windows = {OTHER}
        self.fixes: set[bytes] = set()
        self.time = 1000
        self.atoms = {b"PRIMARY": 1, b"ATOM": 4, b"INTEGER": 19, b"STRING": 31}

    def atom(self, name: str) -> int:
        """
        @return: The atom of a name.
        """
        return self.atoms.setdefault(name.encode(), 100 + len(self.atoms))

    def nameOf(self, atom: int) -> bytes:
        """
        @return: The name of an atom.
        """
        return next(name for name, number in self.atoms.items() if number == atom)

    # -- The other client ------------------------------------------------------------

    def own(self, selection: str = "CLIPBOARD", window: int = OTHER) -> None:
        """
        The other client copies something.
        """
        self._own(self.atom(selection), window)
        if self.protocol is not None:
            self.flush()

    def _own(self, atom: int, window: int) -> None:
        name = self.nameOf(atom)
        before = self.owners.get(name, 0)
        if window:
            self.owners[name] = window
        else:
            self.owners.pop(name, None)
        self.time += 1
        if before not in (OTHER, 0, window):
            self.event(29, struct.pack("<III", self.time, before, atom))
        if name in self.fixes:
            body = struct.pack("<IIIII", 0, window, atom, self.time, self.time)
            self.event(self.extensions[xfixes.NAME][1], body)

    def answer(
        self, type: str, value: bytes, format: int = 8, asked: Asked | None = None
    ) -> None:
        """
        The other client gives what it was asked for last.
        """
        asked = asked or self.asked[-1]
        self.put(asked.requestor, asked.property, type, value, format)
        self.tell(asked, asked.property)

    def tell(self, asked: Asked, property: int) -> None:
        """
        The other client says where it is.
        """
        body = struct.pack(
            *("<IIIII", self.time, asked.requestor, self.atoms[asked.selection]),
            *(self.atoms[asked.target], property),
        )
        self.event(31, body)
        self.flush()

    def put(
        self, window: int, property: int, type: str, value: bytes, format: int = 8
    ) -> None:
        """
        The other client sets a property of our window.
        """
        self.properties[window, property] = self.atom(type), format, value
        self._changed(window, property, False)
        self.flush()

    def ask(
        self, target: str, property: str = "PASTED", selection: str = "CLIPBOARD"
    ) -> int:
        """
        The other client pastes.

        @return: Where it wants it.
        """
        where = self.atom(property) if property else 0
        name = selection.encode()
        body = struct.pack(
            *("<IIIIII", self.time, self.owners[name], OTHER, self.atom(selection)),
            *(self.atom(target), where),
        )
        self.event(30, body)
        self.flush()
        return where

    def take(self, property: int) -> tuple[bytes, int, bytes]:
        """
        The other client takes what we have put into a property of its window.

        @return: The name of the type, the bits of an item, the value.
        """
        type, format, value = self.properties.pop((OTHER, property))
        self._changed(OTHER, property, True)
        self.flush()
        return self.nameOf(type), format, value

    def _changed(self, window: int, property: int, isDeleted: bool) -> None:
        if self.watched.get(window, 0) & 1 << 22:
            self.time += 1
            body = struct.pack("<IIIB", window, property, self.time, isDeleted)
            self.event(28, body)

    # -- Requests --------------------------------------------------------------------

    def _known(self, window: int) -> None:
        if window not in self.windows:
            raise Refusal(3, window)

    def createWindow(self, request: bytes) -> None:
        """
        CreateWindow.
        """
        window, _ = struct.unpack_from("<II", request, 4)
        mask, events = struct.unpack_from("<II", request, 28)
        assert (request[22], mask) == (2, 1 << 11)
        self.windows.add(window)
        self.watched[window] = events

    def changeAttributes(self, request: bytes) -> None:
        """
        ChangeWindowAttributes, of events.
        """
        window, _, events = struct.unpack_from("<III", request, 4)
        if window in self.windows:
            self.watched[window] = events

    def destroyWindow(self, request: bytes) -> None:
        """
        DestroyWindow.
        """
        self.windows.discard(struct.unpack_from("<I", request, 4)[0])

    def changeProperty(self, request: bytes) -> None:
        """
        ChangeProperty.
        """
        window, property, type, format, count = struct.unpack_from(
            "<IIIBxxxI", request, 4
        )
        self._known(window)
        value = request[24 : 24 + count * format // 8]
        self.properties[window, property] = type, format, value
        self._changed(window, property, False)

    def deleteProperty(self, request: bytes) -> None:
        """
        DeleteProperty.
        """
        window, property = struct.unpack_from("<II", request, 4)
        if self.properties.pop((window, property), None) is not None:
            self._changed(window, property, True)

    def getProperty(self, request: bytes) -> None:
        """
        GetProperty.
        """
        window, property, _, offset, length = struct.unpack_from("<IIIII", request, 4)
        found = self.properties.get((window, property))
        if found is None:
            self.reply(b"")
            return
        type, format, value = found
        piece = value[offset * 4 : offset * 4 + length * 4]
        left = len(value) - offset * 4 - len(piece)
        if request[1] and not left:
            del self.properties[window, property]
        count = len(piece) * 8 // format
        self.reply(struct.pack("<III12x", type, left, count) + piece, format)
        if request[1] and not left:
            self._changed(window, property, True)

    def setOwner(self, request: bytes) -> None:
        """
        SetSelectionOwner.
        """
        window, selection, _ = struct.unpack_from("<III", request, 4)
        self._own(selection, window)

    def getOwner(self, request: bytes) -> None:
        """
        GetSelectionOwner.
        """
        (selection,) = struct.unpack_from("<I", request, 4)
        owner = self.owners.get(self.nameOf(selection), 0)
        self.reply(struct.pack("<I", owner))

    def convert(self, request: bytes) -> None:
        """
        ConvertSelection.
        """
        window, selection, target, property, time = struct.unpack_from(
            "<IIIII", request, 4
        )
        names = self.nameOf(selection), self.nameOf(target)
        self.asked.append(Asked(window, *names, property, time))

    def sendEvent(self, request: bytes) -> None:
        """
        SendEvent, of a SelectionNotify.
        """
        window, mask = struct.unpack_from("<II", request, 4)
        self._known(window)
        *_, target, property = struct.unpack_from("<BxHIIIII", request, 12)
        assert (request[12], window, mask) == (31, OTHER, 0)
        self.told.append((self.nameOf(target), property))

    def selectSelection(self, request: bytes) -> None:
        """
        SelectSelectionInput.
        """
        _, selection, mask = struct.unpack_from("<III", request, 4)
        assert mask == 7
        self.fixes.add(self.nameOf(selection))

    handlers: ClassVar[dict[str, Callable[[Any, bytes], None]]] = {
        **FakeServer.handlers,
        "1": createWindow,
        "2": changeAttributes,
        "4": destroyWindow,
        "18": changeProperty,
        "19": deleteProperty,
        "20": getProperty,
        "22": setOwner,
        "23": getOwner,
        "24": convert,
        "25": sendEvent,
        "XFIXES 2": selectSelection,
    }
