# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Messages of viewers and servers, right ones and damaged ones.
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
from txrfb.encodings.constants import NAMES
from txrfb.geometry import Rectangle

GREETINGS = (b"RFB 003.003\n", b"RFB 003.007\n", b"RFB 003.008\n")

#: What a viewer says until it is in, without a password.
HANDSHAKES = (GREETINGS[0] + b"\1", GREETINGS[1] + b"\1\1", GREETINGS[2] + b"\1\1")

#: What a server says until the viewer is in, up to its ServerInit.
ADMISSIONS = (
    GREETINGS[0] + b"\0\0\0\1",
    GREETINGS[1] + b"\1\1",
    GREETINGS[2] + b"\1\1\0\0\0\0",
)

rectangles = st.builds(
    Rectangle, *[st.integers(0, 130) | st.sampled_from([0, 65535])] * 4
)


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


def _update(rectangles: list[tuple[Rectangle, int, bytes]], count: int) -> bytes:
    data = FramebufferUpdate(len(rectangles) if count < 0 else count).toBytes()
    for rectangle, encoding, body in rectangles:
        data += RectangleHeader(rectangle, encoding).toBytes() + body
    return data


#: An update of a server: rectangles in encodings that there are, their bodies
#: nothing sensible.
updates = st.builds(
    _update,
    st.lists(
        st.tuples(
            rectangles,
            st.sampled_from([*ENCODINGS, 1, -223, -224, -239, -307, -308, 99]),
            st.binary(max_size=80)
            | st.binary(max_size=60).map(lambda b: len(b).to_bytes(4, "big") + b),
        ),
        max_size=6,
    ),
    st.just(-1) | st.integers(0, 65535),
)

toViewers = serverMessages.map(lambda message: message.toBytes()) | updates
