# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Any bytes, in any pieces, into a viewer.
"""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from tests.codec import FORMATS
from tests.encodings.test_painting import large
from tests.fuzz.damage import ADMISSIONS, damaged, damages, toViewers
from tests.fuzz.mutation import mutated
from tests.fuzz.seeds import seeds
from tests.fuzz.targets import client
from tests.pieces import Transcript, cut, lengths
from txrfb._wire.messages import (
    FramebufferUpdate,
    Limits,
    RectangleHeader,
    ServerInit,
)
from txrfb.client import ClientConnection, RFBClient, Updated, securityFor
from txrfb.encodings.constants import nameOf
from txrfb.pixels import NATIVE

LIMITS = Limits(pixels=1 << 16, cutText=500)

inits = st.builds(
    lambda format: ServerInit(100, 80, format, "name").toBytes(),
    st.sampled_from([*FORMATS.values()]),
)
admissions = st.builds(lambda a, b: a + b, st.sampled_from(ADMISSIONS), inits)
conversations = st.lists(st.tuples(toViewers, damages), max_size=6).map(
    lambda parts: b"".join(damaged(one, how) for one, how in parts)
)


class ClientTests(SynchronousTestCase):
    """
    L{RFBClient}, with what it decodes and paints.
    """

    def hear(self, data: bytes, pieces: list[int], ownFormat: bool) -> None:
        """
        Feed a viewer, and assert that nothing but a clean end comes of it.
        """
        clock = Clock()
        reasons: list[str] = []

        class Client(RFBClient):
            """
            Keeps why it failed.
            """

            def connectionFailed(self, reason: str) -> None:
                reasons.append(reason)

        if ownFormat:
            client = Client(limits=LIMITS, clock=clock)
        else:
            client = Client(limits=LIMITS, clock=clock, format=None)
        transport = StringTransport()
        client.makeConnection(transport)
        for piece in cut(data, pieces):
            client.dataReceived(piece)
            self.assertLessEqual(client.canvas.size, LIMITS.pixels)
            transport.clear()
        self.assertEqual(transport.disconnecting, bool(reasons))
        client.connectionLost()
        self.assertEqual(len(reasons), 1)
        self.assertEqual(clock.getDelayedCalls(), [])
        self.assertEqual(self.flushLoggedErrors(), [])

    @settings(max_examples=100, deadline=None)
    @given(
        st.sampled_from([b"", b"RFB ", b"RFB 003.008\n", *ADMISSIONS]),
        st.binary(max_size=200),
        lengths,
    )
    def test_handshake(self, prefix: bytes, data: bytes, pieces: list[int]) -> None:
        """
        Any bytes from the beginning.
        """
        self.hear(prefix + data, pieces, True)

    @settings(max_examples=100, deadline=None)
    @given(admissions, st.binary(max_size=300), lengths, st.booleans())
    def test_anyBytes(
        self, start: bytes, data: bytes, pieces: list[int], ownFormat: bool
    ) -> None:
        """
        Any bytes after the handshake.
        """
        self.hear(start + data, pieces, ownFormat)

    @settings(max_examples=120, deadline=None)
    @given(admissions, conversations, lengths, st.booleans())
    def test_messages(
        self, start: bytes, data: bytes, pieces: list[int], ownFormat: bool
    ) -> None:
        """
        Updates with rectangles in every encoding, and other messages, of which some
        are damaged.
        """
        self.hear(start + data, pieces, ownFormat)


class MemoryTests(SynchronousTestCase):
    """
    What a hostile server makes a viewer hold depends on the viewer's limits alone.
    """

    def peak(self, act: Callable[[], None]) -> int:
        """
        @return: How many bytes there were at a time that were not there before.
        """
        tracemalloc.start()
        try:
            act()
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    def test_damaged(self) -> None:
        """
        All that was found in fuzzing, and damaged input: of a screen of 64 Ki pixels no
        more is held than canvases before and after a change of its size, and a map of
        colors.
        """
        begin = seeds("client")
        source = random.Random(3)
        for data in (*begin, *(mutated(begin, source) for _ in range(300))):
            most = self.peak(lambda data=data: client(data))  # type: ignore[misc]
            self.assertLess(most, 3 << 20, data)

    def test_large(self) -> None:
        """
        Rectangles of 8 million pixels, in all encodings, some of which are small on the
        wire: besides the canvas a tenth of what their pixels take is more than enough.
        """
        for number, body, where in large():
            connection = ClientConnection(securityFor(names=["None"]), Transcript())
            connection.start()
            init = ServerInit(where.width, where.height, NATIVE, "").toBytes()
            connection.receive(ADMISSIONS[2] + init)
            header = RectangleHeader(where, number).toBytes()
            data = FramebufferUpdate(1).toBytes() + header + body
            pieces = [data[at : at + 65536] for at in range(0, len(data), 65536)]
            events: list[object] = []

            def hear(
                connection: ClientConnection = connection,
                pieces: list[bytes] = pieces,
                events: list[object] = events,
            ) -> None:
                for piece in pieces:
                    events += connection.receive(piece)

            self.assertLess(self.peak(hear), 3 << 20, nameOf(number))
            self.assertEqual([type(event) for event in events], [Updated])
