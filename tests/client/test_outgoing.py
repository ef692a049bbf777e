# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.client.outgoing}: servers that do not take what they are sent.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from tests.client.test_extensions import ClientTestCase
from txrfb._wire.messages import RectangleHeader, packUpdate
from txrfb._wire.messages.extensions import REQUEST, Fence
from txrfb.client.outgoing import MOST, Outgoing
from txrfb.encodings import constants as c
from txrfb.geometry import Rectangle

FENCE = Fence(REQUEST, bytes(64)).toBytes()

UPDATE = packUpdate(1) + RectangleHeader(Rectangle(0, 0, 1, 1), c.RAW).toBytes()
UPDATE += bytes(4)


def clipboard(flags: int, data: bytes = b"") -> bytes:
    """
    @return: What a server says of its clipboard.
    """
    length = (-4 - len(data)).to_bytes(4, "big", signed=True)
    return b"\3\0\0\0" + length + flags.to_bytes(4, "big") + data


class AnswerTests(ClientTestCase):
    """
    A server that asks and asks.
    """

    def begin(self, *pseudo: int) -> None:
        """
        Log in to a server that takes nothing from then on.
        """
        super().begin(*pseudo)
        self.producer: Any = self.transport.producer

    def test_fences(self) -> None:
        """
        Who reads its answers is answered for ever; who does not is left.
        """
        self.begin(c.FENCE)
        many = MOST // len(FENCE)
        self.assertEqual(self.told(*[FENCE] * (2 * many)), [])
        self.said()
        self.producer.pauseProducing()
        self.assertEqual(self.told(*[FENCE] * many), [])
        self.producer.resumeProducing()
        self.producer.pauseProducing()
        self.said()
        [reason] = self.told(*[FENCE] * (2 * many))
        self.assertIn("does not take the answers that it asks for", reason)
        self.assertLessEqual(len(self.said()), MOST)
        self.assertTrue(self.transport.disconnecting)

    def test_requests(self) -> None:
        """
        So it is with what is asked for when something has come.
        """
        self.begin(c.FENCE)
        self.client.isUpdating = True
        self.producer.pauseProducing()
        [reason] = self.told(*[UPDATE] * (MOST // 10 + 1))
        self.assertIn("does not take", reason)

    def test_own(self) -> None:
        """
        What is said unasked is nobody's answer.
        """
        self.begin(c.FENCE)
        self.producer.pauseProducing()
        for _ in range(MOST // 8 + 1):
            self.client.keyEvent(97, True)
        self.assertTrue(self.client.isReady)

    def test_clipboard(self) -> None:
        """
        A clipboard waits once, however often it is asked for, and the newest is sent
        when there is room.
        """
        self.begin(c.EXTENDED_CLIPBOARD)
        sizes = (1 << 20).to_bytes(4, "big")
        self.told(clipboard(0x1F000001, sizes))
        self.client.cutText("old" * 100000)
        self.producer.pauseProducing()
        self.said()
        self.assertEqual(self.told(*[clipboard(0x02000001)] * 10000), [])
        self.assertEqual(self.said(), b"")
        self.client.cutText("new")
        self.said()
        self.told(clipboard(0x02000001))
        self.told(clipboard(0x04000000))
        self.producer.resumeProducing()
        said = self.said()
        self.assertEqual(said.count(b"\6\0\0\0\xff\xff"), 2)
        self.assertLess(len(said), 100)
        self.assertEqual(self.told(clipboard(0x02000001)), [])
        self.assertNotEqual(self.said(), b"")


class ClosingTests(SynchronousTestCase):
    """
    The end.
    """

    def test_patience(self) -> None:
        """
        Who does not close is aborted; who does is not.
        """
        clock = Clock()
        for closes in (True, False):
            transport = StringTransport()
            aborted: list[float] = []

            def abort(to: list[float] = aborted) -> None:
                to.append(clock.seconds())

            self.patch(transport, "abortConnection", abort)
            outgoing = Outgoing(clock)
            outgoing.use(transport)
            began = clock.seconds()
            outgoing.close(5)
            self.assertIsNone(transport.producer)
            self.assertTrue(transport.disconnecting)
            if closes:
                outgoing.lost()
            clock.pump([1] * 9)
            self.assertEqual(aborted, [] if closes else [began + 5])
        self.assertEqual(clock.getDelayedCalls(), [])

    def test_lost(self) -> None:
        """
        Who waits for room waits no longer than the connection lasts; what waits is
        not said.
        """
        outgoing = Outgoing(Clock())
        outgoing.use(StringTransport())
        self.assertIsNone(outgoing.room())
        outgoing.pauseProducing()
        room = outgoing.room()
        assert room is not None
        self.assertNoResult(room)
        outgoing.whenRoom("this", lambda: self.fail("it was said"))
        outgoing.lost()
        self.successResultOf(room)
        self.assertTrue(outgoing.write(b"too late"))
