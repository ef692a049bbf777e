# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Any bytes, in any pieces, into a viewer.
"""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from tests.codec import FORMATS
from tests.fuzz.damage import ADMISSIONS, damaged, damages, toViewers
from tests.pieces import cut, lengths
from txrfb._wire.messages import Limits, ServerInit
from txrfb.client import RFBClient

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
