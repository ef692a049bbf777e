# -*- test-case-name: tests.client.test_reading -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.client.reading}: fast servers, on a clock on which work takes time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.client.test_client import ADMISSION, INIT, Recorder
from tests.session.test_turns import turn
from txrfb._session.turns import SLICE, TURN
from txrfb._wire.messages import (
    FramebufferUpdate,
    FramebufferUpdateRequest,
    ServerInit,
    SetColorMapEntries,
)
from txrfb._wire.messages import RectangleHeader as Header
from txrfb.client.protocol import READ
from txrfb.encodings.constants import RAW, RRE
from txrfb.geometry import Rectangle
from txrfb.pixels import PixelFormat

#: What it takes to look at the clock, and so for what is done between two looks.
TICK = 0.0003

#: How many rectangles are painted in a slice at the most, as a rectangle is three steps
#: or four.
MOST = int(SLICE / TICK / 3) + 1

BELL = b"\2"


class Ticking(Clock):
    """
    Time passes whenever it is asked for.
    """

    def seconds(self) -> float:
        """
        Later than before.
        """
        self.rightNow += TICK
        return super().seconds()


def update(count: int, first: int = 0) -> bytes:
    """
    @return: An update of pixels, in a row: the first has color C{first + 1}.
    """
    parts = [FramebufferUpdate(count).toBytes()]
    for at in range(first, first + count):
        parts.append(Header(Rectangle(at % 60, at // 60, 1, 1), RAW).toBytes())
        parts.append((at + 1).to_bytes(4, "little"))
    return b"".join(parts)


class ReadingTests(SynchronousTestCase):
    """
    A viewer acts on what a server sends in turns, and reads nothing meanwhile.
    """

    def viewer(self, clock: Clock | None = None) -> Recorder:
        """
        @return: A viewer that is logged in, on a transport of its own, and all that
            followed from that is done.
        """
        client = Recorder(clock=clock or Ticking())
        client.makeConnection(StringTransport())
        client.dataReceived(ADMISSION + INIT)
        while self.state(client) == "paused":
            turn(client._clock)  # type: ignore[arg-type]
        client._clock.rightNow += 1  # type: ignore[attr-defined]
        self.sent(client)
        return client

    def test_size(self) -> None:
        """
        It reads much at a time where the transport can.
        """
        for size in (1 << 16, None):
            transport: Any = StringTransport()
            if size is not None:
                transport.bufferSize = size
            Recorder(clock=Clock()).makeConnection(transport)
            self.assertEqual(getattr(transport, "bufferSize", None), size and READ)

    def state(self, client: Recorder) -> str:
        """
        @return: Whether it reads from its transport.
        """
        transport: Any = client.transport
        return str(transport.producerState)

    def sent(self, client: Recorder) -> bytes:
        """
        @return: What it has sent since this was asked last.
        """
        transport: Any = client.transport
        data: bytes = transport.value()
        transport.clear()
        return data

    def painted(self, client: Recorder) -> int:
        """
        @return: How many of the pixels of L{update} there are: from the first on.
        """
        flat = client.canvas.ravel().tolist()
        count = sum(map(bool, flat))
        self.assertEqual(flat[:count], list(range(1, count + 1)))
        return count

    def test_pause(self) -> None:
        """
        An update is painted in slices, one in a turn of the reactor; until it is
        painted nothing is read.  Then it is told of, and another is asked for.
        """
        client = self.viewer()
        clock: Any = client._clock
        client.dataReceived(update(40))
        before = self.painted(client)
        self.assertLess(0, before)
        self.assertLessEqual(before, MOST)
        turns = 1
        while before < 40:
            self.assertEqual(self.state(client), "paused")
            self.assertEqual(client.happened, [])
            self.assertEqual(self.sent(client), b"")
            turn(clock)
            turns += 1
            now = self.painted(client)
            # As many slices are in a turn as a turn is longer than a slice.
            self.assertLessEqual(now - before, MOST * (1 + int(TURN / SLICE)))
            self.assertLess(before, now)
            before = now
        while self.state(client) == "paused":
            turn(clock)
        self.assertLess(3, turns)
        self.assertEqual(len(client.happened), 1)
        whole = Rectangle(0, 0, 60, 50)
        self.assertEqual(
            self.sent(client), FramebufferUpdateRequest(True, whole).toBytes()
        )
        self.assertEqual(clock.getDelayedCalls(), [])

    def test_order(self) -> None:
        """
        What comes meanwhile, as of TLS, is acted on after it, and in order.
        """
        client = self.viewer()
        clock: Any = client._clock
        client.dataReceived(update(20) + BELL + update(30, 20))
        client.dataReceived(BELL + update(2, 50)[:-3])
        client.dataReceived(update(2, 50)[-3:])
        while self.state(client) == "paused":
            turn(clock)
        self.assertEqual(self.painted(client), 52)
        sizes = [one if one == "bell" else len(one) for one in client.happened]
        self.assertEqual(sizes, [20, "bell", 30, "bell", 2])
        self.assertTrue(client.isReady)

    def test_noPause(self) -> None:
        """
        What takes no time takes no turns.
        """
        client = self.viewer(Clock())
        client.dataReceived(update(200))
        self.assertEqual(self.painted(client), 200)
        self.assertEqual(self.state(client), "producing")
        self.assertEqual(client._clock.getDelayedCalls(), [])

    def test_lost(self) -> None:
        """
        If the connection is lost meanwhile, what has come is acted on before it counts.
        """
        client = self.viewer()
        clock: Any = client._clock
        client.dataReceived(update(40) + BELL)
        client.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(client.happened, [])
        while clock.getDelayedCalls():
            turn(clock)
        self.assertEqual(self.painted(client), 40)
        self.assertEqual(client.happened[1], "bell")
        self.assertIn("the server closed the connection", client.happened[2])
        self.assertFalse(client.isReady)

    def test_leave(self) -> None:
        """
        Who leaves meanwhile paints no more; but the transport is read, without which
        TLS does not close.
        """
        client = self.viewer()
        clock: Any = client._clock
        client.dataReceived(update(40))
        before = self.painted(client)
        client.disconnect()
        self.assertEqual(self.state(client), "producing")
        self.assertEqual(clock.getDelayedCalls(), [])
        client.dataReceived(update(40))
        client.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(self.painted(client), before)
        self.assertEqual(client.happened, [])

    def test_leaveWhenTold(self) -> None:
        """
        Also if it leaves because of what it was told.
        """
        client = self.viewer()
        clock: Any = client._clock
        client.bellRang = client.disconnect  # type: ignore[method-assign]
        client.dataReceived(BELL + update(40))
        while clock.getDelayedCalls():
            turn(clock)
        self.assertEqual(client.happened, [])
        self.assertTrue(client.transport.disconnecting)  # type: ignore[union-attr]

    def test_damaged(self) -> None:
        """
        What is wrong in what was held ends the connection as ever.
        """
        client = self.viewer()
        clock: Any = client._clock
        client.dataReceived(update(40) + b"\xff")
        while clock.getDelayedCalls():
            turn(clock)
        self.assertEqual(client.happened[-1], "failed: there is no message type 255")

    def test_together(self) -> None:
        """
        Viewers of one reactor share its turns: each is served in its turn, and all of
        them together do not take longer than one.
        """
        clock = Ticking()
        viewers = [self.viewer(clock) for _ in range(4)]
        for one in viewers:
            one.dataReceived(update(60))
        counts = [self.painted(one) for one in viewers]
        while min(counts) < 60:
            start = clock.rightNow
            turn(clock)
            self.assertLess(clock.rightNow - start, 2 * (TURN + SLICE))
            counts = [self.painted(one) for one in viewers]
            self.assertLess(max(counts) - min(counts), 4 * MOST)

    def test_colors(self) -> None:
        """
        Of a large screen with a map, the colors change in parts, too; they are told of
        when all have changed.
        """
        format = PixelFormat(8, 8, False, False, 7, 7, 3, 0, 3, 6)
        client = Recorder(clock=Ticking(), format=None)
        client.makeConnection(StringTransport())
        clock: Any = client._clock
        init = ServerInit(4096, 2048, format, "name").toBytes()
        client.dataReceived(ADMISSION + init)
        while self.state(client) == "paused":
            turn(clock)
        clock.rightNow += 1
        whole = Header(Rectangle(0, 0, 4096, 2048), RRE).toBytes() + bytes(5)
        client.dataReceived(FramebufferUpdate(1).toBytes() + whole)
        while self.state(client) == "paused":
            turn(clock)
        clock.rightNow += 1
        client.happened.clear()
        blue = SetColorMapEntries(0, ((0, 0, 0xFFFF),) * 256).toBytes()
        # So that there is no time left for it.
        client.dataReceived(blue + BELL * MOST * 9)
        seen = set()
        while self.state(client) == "paused":
            self.assertEqual(client.happened, [])
            seen.add(int(np.count_nonzero(client.canvas)))
            turn(clock)
        self.assertGreater(len(seen), 1)
        self.assertTrue((client.canvas == 0xFF).all())
        self.assertEqual(client.happened, ["colors", *["bell"] * MOST * 9])
