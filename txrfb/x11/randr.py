# -*- test-case-name: tests.x11.test_randr -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Requests of the RANDR extension ("The X Resize, Rotate and Reflect Extension", 1.5):
sizes, and monitors.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

from txrfb.geometry import Rectangle
from txrfb.x11.wire import Packet, Question, Request

__all__ = [
    "NAME",
    "NOTIFY",
    "SCREEN_CHANGE_NOTIFY",
    "Crtc",
    "Mode",
    "Monitor",
    "Output",
    "RandR",
    "Resources",
]

#: The name of the extension.
NAME = "RANDR"

#: Its events, counted from its first.
SCREEN_CHANGE_NOTIFY, NOTIFY = 0, 1

#: What asks for events: of the screen, of CRTCs, of outputs.
_MASK = 1 | 2 | 4

#: No rotation.
_ROTATE_0 = 1

#: What says that an output has a screen, or may have one.
_DISCONNECTED = 1

#: Pixels of a second, by which the rate of a mode is told: it is nobody's.
_RATE = 60

#: Millimeters of an inch, and pixels of one.
_INCH, _DPI = 25.4, 96


class RandR(IntEnum):
    """
    The minor opcodes.
    """

    QueryVersion = 0
    SelectInput = 4
    GetScreenSizeRange = 6
    SetScreenSize = 7
    GetScreenResources = 8
    GetOutputInfo = 9
    CreateMode = 16
    DestroyMode = 17
    AddOutputMode = 18
    DeleteOutputMode = 19
    GetCrtcInfo = 20
    SetCrtcConfig = 21
    GetScreenResourcesCurrent = 25
    GetMonitors = 42
    SetMonitor = 43
    DeleteMonitor = 44


class Mode(NamedTuple):
    """
    A size, and how it is shown.
    """

    id: int
    width: int
    height: int


class Resources(NamedTuple):
    """
    What a screen has.

    @ivar time: When that was set up.
    """

    time: int
    crtcs: tuple[int, ...]
    outputs: tuple[int, ...]
    modes: tuple[Mode, ...]


class Output(NamedTuple):
    """
    A place for a monitor.

    @ivar crtc: What it shows; 0 if nothing.
    @ivar isConnected: Whether there may be one.
    @ivar modes: What it can show.
    """

    crtc: int
    isConnected: bool
    modes: tuple[int, ...]


class Crtc(NamedTuple):
    """
    A part of the screen that is shown.

    @ivar mode: How; 0 if it is not.
    """

    place: Rectangle
    mode: int
    outputs: tuple[int, ...]


class Monitor(NamedTuple):
    """
    A part of the screen that people take for one.

    @ivar name: The atom of its name.
    @ivar isAutomatic: Whether it is what an output shows; else somebody has set it.
    """

    name: int
    isPrimary: bool
    isAutomatic: bool
    place: Rectangle


def _words(packet: Packet, offset: int, count: int) -> tuple[int, ...]:
    return struct.unpack_from(f"<{count}I", packet, offset)


def _millimeters(*pixels: int) -> list[int]:
    return [max(1, round(one * _INCH / _DPI)) for one in pixels]


def queryVersion() -> Question[tuple[int, int]]:
    """
    Ask for the version, which must be done before all else.
    """

    def parse(packet: Packet) -> tuple[int, int]:
        major, minor = struct.unpack_from("<II", packet, 8)
        return major, minor

    return Question(NAME, RandR.QueryVersion, parse, struct.pack("<II", 1, 5))


def selectInput(window: int) -> Request:
    """
    Be told of what changes.
    """
    return Request(NAME, RandR.SelectInput, struct.pack("<IHxx", window, _MASK))


def getScreenSizeRange(window: int) -> Question[tuple[int, int, int, int]]:
    """
    Ask for the least width and height, and for the greatest.
    """

    def parse(packet: Packet) -> tuple[int, int, int, int]:
        least, lowest, most, highest = struct.unpack_from("<HHHH", packet, 8)
        return least, lowest, most, highest

    return Question(NAME, RandR.GetScreenSizeRange, parse, struct.pack("<I", window))


def setScreenSize(window: int, width: int, height: int) -> Request:
    """
    Have another size, which must have room for all that is shown.
    """
    body = struct.pack("<IHHII", window, width, height, *_millimeters(width, height))
    return Request(NAME, RandR.SetScreenSize, body)


def getScreenResources(window: int) -> Question[Resources]:
    """
    Ask for what there is, as far as it is known already (GetScreenResourcesCurrent).
    """

    def parse(packet: Packet) -> Resources:
        time, crtcs, outputs, modes = struct.unpack_from("<IHHH", packet, 12)
        at = 32
        crtcIds = _words(packet, at, crtcs)
        at += 4 * crtcs
        outputIds = _words(packet, at, outputs)
        at += 4 * outputs
        found = [
            Mode(*struct.unpack_from("<IHH", packet, at + 32 * number))
            for number in range(modes)
        ]
        return Resources(time, crtcIds, outputIds, tuple(found))

    body = struct.pack("<I", window)
    return Question(NAME, RandR.GetScreenResourcesCurrent, parse, body)


def getOutputInfo(output: int, time: int) -> Question[Output]:
    """
    Ask for what an output has.
    """

    def parse(packet: Packet) -> Output:
        (crtc,) = struct.unpack_from("<I", packet, 12)
        connection, _, crtcs, modes = struct.unpack_from("<BBHH", packet, 24)
        found = _words(packet, 36 + 4 * crtcs, modes)
        return Output(crtc, connection != _DISCONNECTED, found)

    body = struct.pack("<II", output, time)
    return Question(NAME, RandR.GetOutputInfo, parse, body)


def getCrtcInfo(crtc: int, time: int) -> Question[Crtc]:
    """
    Ask for what a CRTC shows.
    """

    def parse(packet: Packet) -> Crtc:
        *place, mode = struct.unpack_from("<hhHHI", packet, 12)
        (outputs,) = struct.unpack_from("<H", packet, 28)
        return Crtc(Rectangle(*place), mode, _words(packet, 32, outputs))

    return Question(NAME, RandR.GetCrtcInfo, parse, struct.pack("<II", crtc, time))


def setCrtcConfig(
    crtc: int,
    time: int,
    place: tuple[int, int] = (0, 0),
    mode: int = 0,
    outputs: Sequence[int] = (),
) -> Question[int]:
    """
    Have a CRTC show something, or nothing.

    @return: Is answered with 0 if it does.
    """

    def parse(packet: Packet) -> int:
        return packet[1]

    body = struct.pack("<IIIhhIHxx", crtc, 0, time, *place, mode, _ROTATE_0)
    body += struct.pack(f"<{len(outputs)}I", *outputs)
    return Question(NAME, RandR.SetCrtcConfig, parse, body)


def createMode(window: int, width: int, height: int, name: str) -> Question[int]:
    """
    Make a mode of a size.

    @param name: One that there is not yet, or that is an error (BadName).

    @return: Is answered with its identifier.
    """

    def parse(packet: Packet) -> int:
        (mode,) = struct.unpack_from("<I", packet, 8)
        return int(mode)

    data = name.encode("ascii")
    body = struct.pack(
        "<IIHHIHHHHHHHHI",
        *(window, 0, width, height, width * height * _RATE & 0xFFFFFFFF),
        *(width, width, width, 0),
        *(height, height, height, len(data)),
        0,
    )
    return Question(NAME, RandR.CreateMode, parse, body + data)


def destroyMode(mode: int) -> Request:
    """
    Forget a mode that nothing shows.
    """
    return Request(NAME, RandR.DestroyMode, struct.pack("<I", mode))


def addOutputMode(output: int, mode: int) -> Request:
    """
    Let an output show a mode.
    """
    return Request(NAME, RandR.AddOutputMode, struct.pack("<II", output, mode))


def deleteOutputMode(output: int, mode: int) -> Request:
    """
    Let an output show a mode no more.
    """
    return Request(NAME, RandR.DeleteOutputMode, struct.pack("<II", output, mode))


def getMonitors(window: int) -> Question[list[Monitor]]:
    """
    Ask for monitors (since version 1.5).
    """

    def parse(packet: Packet) -> list[Monitor]:
        (count,) = struct.unpack_from("<I", packet, 12)
        monitors = []
        at = 32
        for _ in range(count):
            name, isPrimary, isAutomatic, outputs, *place = struct.unpack_from(
                "<IBBHhhHH", packet, at
            )
            monitors.append(
                Monitor(name, bool(isPrimary), bool(isAutomatic), Rectangle(*place))
            )
            at += 24 + 4 * outputs
        return monitors

    body = struct.pack("<IBxxx", window, 1)
    return Question(NAME, RandR.GetMonitors, parse, body)


def setMonitor(window: int, monitor: Monitor, outputs: Sequence[int] = ()) -> Request:
    """
    Have a monitor, instead of any that has its name or shows one of these outputs
    (since version 1.5).

    @param outputs: What shows it: none need to.
    """
    name, isPrimary, isAutomatic, (x, y, width, height) = monitor
    body = struct.pack(
        *("<IIBBHhhHH", window, name, isPrimary, isAutomatic, len(outputs)),
        *(x, y, width, height),
    )
    body += struct.pack("<II", *_millimeters(width, height))
    body += struct.pack(f"<{len(outputs)}I", *outputs)
    return Request(NAME, RandR.SetMonitor, body)


def deleteMonitor(window: int, name: int) -> Request:
    """
    Have a monitor no longer that somebody has set (since version 1.5).
    """
    return Request(NAME, RandR.DeleteMonitor, struct.pack("<II", window, name))
