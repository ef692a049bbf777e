# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Messages of viewers and servers, valid and damaged ones.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.wire.test_messages import clientMessages, serverMessages
from txrfb._wire.messages import (
    FramebufferUpdate,
    FramebufferUpdateRequest,
    PointerEvent,
    RectangleHeader,
    SetEncodings,
)
from txrfb.encodings import ENCODINGS
from txrfb.encodings.constants import (
    COPY_RECT,
    CURSOR,
    DESKTOP_NAME,
    DESKTOP_SIZE,
    EXTENDED_DESKTOP_SIZE,
    LAST_RECT,
    NAMES,
    RAW,
)
from txrfb.geometry import Rectangle

GREETINGS = (b"RFB 003.003\n", b"RFB 003.007\n", b"RFB 003.008\n")

#: What a viewer sends to log in without a password, up to its ClientInit.
HANDSHAKES = (GREETINGS[0] + b"\1", GREETINGS[1] + b"\1\1", GREETINGS[2] + b"\1\1")

#: What a server sends until the viewer is logged in, without its ServerInit.
ADMISSIONS = (
    GREETINGS[0] + b"\0\0\0\1",
    GREETINGS[1] + b"\1\1",
    GREETINGS[2] + b"\1\1\0\0\0\0",
)

#: Mostly small, so that many fit the screen of 100x80 and short bodies; one draw for
#: each, as most of the time of these tests is hypothesis's own.
_numbers = st.sampled_from([*range(9), *range(9), 16, 30, 64, 99, 100, 130, 65535])
rectangles = st.builds(Rectangle, *[_numbers] * 4)


def damaged(data: bytes, choices: tuple[str, int, int]) -> bytes:
    """
    @param choices: What is done to it, where, and by how much.

    @return: C{data} with something wrong in it; or not.
    """
    how, where, much = choices
    at = where % (len(data) + 1)
    if how == "flip" and data:
        at %= len(data)
        return data[:at] + bytes([data[at] ^ (1 << much % 8)]) + data[at + 1 :]
    if how == "cut":
        return data[:at]
    if how == "insert":
        return data[:at] + bytes([much % 256]) * (much % 5) + data[at:]
    if how == "huge" and len(data) >= 4:
        at %= len(data) - 3
        return data[:at] + b"\xff\xff\xff\xff"[much % 4 :] + data[at + 4 - much % 4 :]
    if how == "repeat":
        return data + data[at:]
    return data


damages = st.tuples(
    st.sampled_from(["none"] * 6 + ["flip", "cut", "insert", "huge", "repeat"]),
    st.integers(0, 1 << 12),
    st.integers(0, 1 << 10),
)

fromViewers: st.SearchStrategy[Any] = st.one_of(
    clientMessages,
    st.builds(
        SetEncodings,
        st.lists(st.sampled_from([*NAMES]), min_size=1, max_size=12).map(tuple),
    ),
    st.builds(FramebufferUpdateRequest, st.booleans(), rectangles),
    st.builds(FramebufferUpdateRequest, st.booleans(), rectangles),
    st.builds(PointerEvent, st.integers(0, 255), st.integers(0, 99), st.just(3)),
)


#: How long the bodies of some rectangles are.
_SIZES = {COPY_RECT: 4, DESKTOP_SIZE: 0, LAST_RECT: 0, EXTENDED_DESKTOP_SIZE: 4}


def _update(rectangles: list[tuple[Rectangle, int, bytes]], count: int) -> bytes:
    data = FramebufferUpdate(len(rectangles) if count < 0 else count).toBytes()
    for rectangle, encoding, body in rectangles:
        size = _SIZES.get(encoding)
        if encoding == RAW and rectangle.area < 1000:
            size = rectangle.area * 4
        if size is not None:
            body = body[:size].ljust(size, b"\0")
        data += RectangleHeader(rectangle, encoding).toBytes() + body
    return data


#: An update of a server: rectangles in encodings that there are, their bodies
#: nothing sensible, but of the right length where that is known: what follows is read
#: as it was meant.
updates = st.builds(
    _update,
    st.lists(
        st.tuples(
            rectangles,
            st.sampled_from([*ENCODINGS, *_SIZES, CURSOR, DESKTOP_NAME, RAW, 99]),
            st.binary(max_size=80)
            | st.binary(max_size=60).map(lambda b: len(b).to_bytes(4, "big") + b),
        ),
        max_size=4,
    ),
    # How many rectangles are announced, if not as many as there are.
    st.sampled_from([*[-1] * 12, 0, 1, 5, 65535]),
)

toViewers = st.one_of(
    serverMessages.map(lambda message: message.toBytes()), updates, updates
)
