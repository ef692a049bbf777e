# -*- test-case-name: tests.x11.test_devices -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Requests of the XTEST extension ("XTEST Extension Protocol"): keys and the pointer.
"""

from __future__ import annotations

import struct
from enum import IntEnum

from txrfb.x11.wire import Packet, Question, Request

__all__ = ["NAME", "XTest"]

#: The name of the extension.
NAME = "XTEST"

#: What is pretended: KeyPress, KeyRelease, ButtonPress, ButtonRelease, MotionNotify.
_KEY_UP, _BUTTON_UP, _MOTION = 3, 5, 6

_FAKE = struct.Struct("<BBxxIIxxxxxxxxhhxxxxxxxB")


class XTest(IntEnum):
    """
    The minor opcodes.
    """

    GetVersion = 0
    FakeInput = 2
    GrabControl = 3


def getVersion() -> Question[int]:
    """
    Ask for the version: the minor one, of 2.
    """

    def parse(packet: Packet) -> int:
        (minor,) = struct.unpack_from("<H", packet, 8)
        return int(minor)

    return Question(NAME, XTest.GetVersion, parse, struct.pack("<BxH", 2, 2))


def grabControl(isImpervious: bool) -> Request:
    """
    Go on while another client has grabbed the server, or wait as others do.
    """
    return Request(NAME, XTest.GrabControl, struct.pack("<Bxxx", isImpervious))


def fakeKey(keycode: int, down: bool) -> Request:
    """
    A key goes down or comes up.
    """
    body = _FAKE.pack(_KEY_UP - down, keycode, 0, 0, 0, 0, 0)
    return Request(NAME, XTest.FakeInput, body)


def fakeButton(button: int, down: bool) -> Request:
    """
    A button goes down or comes up.

    @param button: 1 is the left one.
    """
    body = _FAKE.pack(_BUTTON_UP - down, button, 0, 0, 0, 0, 0)
    return Request(NAME, XTest.FakeInput, body)


def fakeMotion(root: int, x: int, y: int) -> Request:
    """
    The pointer is moved.

    @param root: The root window of the screen.

    @param x: The column.

    @param y: The row.
    """
    return Request(NAME, XTest.FakeInput, _FAKE.pack(_MOTION, 0, 0, root, x, y, 0))
