# -*- test-case-name: tests.x11.test_properties -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Requests and events of the core protocol that are about properties and selections ("X
Window System Protocol", chapters 9 and 11; "Inter-Client Communication Conventions
Manual", section 2).
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from txrfb.x11 import xfixes
from txrfb.x11.core import Core
from txrfb.x11.wire import CORE, Packet, Question, Request

__all__ = [
    "PROPERTY_CHANGE_MASK",
    "PROPERTY_NOTIFY",
    "SELECTION_CLEAR",
    "SELECTION_NOTIFY",
    "SELECTION_REQUEST",
    "Property",
    "SelectionRequest",
    "changeProperty",
    "convertSelection",
    "createWindow",
    "deleteProperty",
    "destroyWindow",
    "getProperty",
    "getSelectionOwner",
    "notifySelection",
    "ownerOf",
    "propertyOf",
    "selectSelectionInput",
    "selectionOf",
    "setSelectionOwner",
]

#: The numbers of events.
PROPERTY_NOTIFY, SELECTION_CLEAR, SELECTION_REQUEST, SELECTION_NOTIFY = 28, 29, 30, 31

#: What asks for events of a window's properties.
PROPERTY_CHANGE_MASK = 1 << 22

#: Classes and masks of windows.
_INPUT_ONLY = 2
_EVENT_MASK = 1 << 11

#: Events of XFIXES: a new owner, or one that is gone.
_ALL_OWNERS = 7

_REQUEST_EVENT = struct.Struct("<4xIIIIII")
_NOTIFY_EVENT = struct.Struct("<BxHIIIII8x")


class Property(NamedTuple):
    """
    What a property of a window holds.

    @ivar type: The atom of its type; 0 if there is no such property.
    @ivar format: How many bits its items have: 8, 16 or 32.
    @ivar value: Its bytes, as many as were asked for.
    @ivar left: How many bytes there are after these.
    """

    type: int
    format: int
    value: bytes
    left: int


class SelectionRequest(NamedTuple):
    """
    Another client wants what we have in a selection.
    """

    time: int
    owner: int
    requestor: int
    selection: int
    target: int
    property: int

    @classmethod
    def fromEvent(cls, event: Packet) -> SelectionRequest:
        """
        @param event: A SelectionRequest event.
        """
        return cls(*_REQUEST_EVENT.unpack_from(event))


def createWindow(window: int, parent: int) -> Request:
    """
    Make a window that is never seen, and be told of its properties.
    """
    body = struct.pack(
        "<IIhhHHHHIII",
        *(window, parent, -1, -1, 1, 1, 0, _INPUT_ONLY, 0),
        *(_EVENT_MASK, PROPERTY_CHANGE_MASK),
    )
    return Request(CORE, Core.CreateWindow, body)


def destroyWindow(window: int) -> Request:
    """
    Free a window.
    """
    return Request(CORE, Core.DestroyWindow, struct.pack("<I", window))


def changeProperty(
    window: int, property: int, type: int, format: int, value: bytes
) -> Request:
    """
    Set a property of a window.

    @param format: How many bits the items have.
    """
    count = len(value) * 8 // format
    head = struct.pack("<IIIBxxxI", window, property, type, format, count)
    return Request(CORE, Core.ChangeProperty, head + value)


def deleteProperty(window: int, property: int) -> Request:
    """
    Remove a property of a window.
    """
    body = struct.pack("<II", window, property)
    return Request(CORE, Core.DeleteProperty, body)


def getProperty(window: int, property: int, length: int) -> Question[Property]:
    """
    Ask for a property of a window, and remove it if that is all of it.

    @param length: How many bytes at the most; a multiple of 4.
    """

    def parse(packet: Packet) -> Property:
        type, left, count = struct.unpack_from("<III", packet, 8)
        format = packet[1]
        value = packet[32 : 32 + count * format // 8]
        if len(value) < count * format // 8:
            raise ValueError(f"{len(value)} bytes of {count} items")
        return Property(type, format, value, left)

    body = struct.pack("<IIIII", window, property, 0, 0, length // 4)
    return Question(CORE, Core.GetProperty, parse, body, data=1)


def setSelectionOwner(window: int, selection: int) -> Request:
    """
    Become the owner of a selection.
    """
    body = struct.pack("<III", window, selection, 0)
    return Request(CORE, Core.SetSelectionOwner, body)


def getSelectionOwner(selection: int) -> Question[int]:
    """
    Ask for the window that owns a selection; 0 for none.
    """

    def parse(packet: Packet) -> int:
        (owner,) = struct.unpack_from("<I", packet, 8)
        return int(owner)

    body = struct.pack("<I", selection)
    return Question(CORE, Core.GetSelectionOwner, parse, body)


def convertSelection(
    window: int, selection: int, target: int, property: int, time: int
) -> Request:
    """
    Ask the owner of a selection to put it into a property.
    """
    body = struct.pack("<IIIII", window, selection, target, property, time)
    return Request(CORE, Core.ConvertSelection, body)


def notifySelection(asked: SelectionRequest, property: int) -> Request:
    """
    Tell who asked for a selection where it is.

    @param property: The property; 0 if it is not to be had.
    """
    event = _NOTIFY_EVENT.pack(
        *(SELECTION_NOTIFY, 0, asked.time, asked.requestor),
        *(asked.selection, asked.target, property),
    )
    body = struct.pack("<II", asked.requestor, 0) + event
    return Request(CORE, Core.SendEvent, body)


def selectSelectionInput(window: int, selection: int) -> Request:
    """
    Be told when a selection gets another owner.
    """
    body = struct.pack("<III", window, selection, _ALL_OWNERS)
    return Request(xfixes.NAME, xfixes.XFixes.SelectSelectionInput, body)


def ownerOf(event: Packet) -> tuple[int, int, int]:
    """
    @param event: An event of XFIXES: a selection has another owner.

    @return: The owner, 0 for none; the selection; since when.
    """
    owner, selection, _, time = struct.unpack_from("<IIII", event, 8)
    return owner, selection, time


def selectionOf(event: Packet) -> tuple[int, int, int]:
    """
    @param event: A SelectionNotify.

    @return: The selection, the target and the property, 0 for none.
    """
    selection, target, property = struct.unpack_from("<III", event, 12)
    return selection, target, property


def propertyOf(event: Packet) -> tuple[int, int, bool]:
    """
    @param event: A PropertyNotify.

    @return: The window, the property, and whether it was removed.
    """
    window, property, _, state = struct.unpack_from("<IIIB", event, 4)
    return window, property, bool(state)
