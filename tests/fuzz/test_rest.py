# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Several viewers at different paces, while pictures of every kind are painted, scrolled
and resized: when all comes to rest, each of them has the picture exactly.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from PIL import Image
from twisted.trial.unittest import SynchronousTestCase

from tests.codec import CONTENTS, FORMATS, colorful, expected, noise, photo, shown
from tests.scenes import serving
from txrfb._screen import plan
from txrfb._session import writer
from txrfb.encodings import constants as c
from txrfb.encodings.tight import TightBase
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.geometry import Rectangle
from txrfb.pixels import PixelFormat, Words
from txrfb.testing import Link, Viewer, wire

Content = Callable[[np.random.Generator, int, int], Words]

#: Lists of encodings: with JPEG and without, with a stream that is opened, with copies.
ENCODINGS = (
    (c.TIGHT, c.QUALITY_LEVEL_0),
    (c.COPY_RECT, c.TIGHT, c.QUALITY_LEVEL_0 + 5),
    (c.JPEG, c.QUALITY_LEVEL_0 + 2),
    (c.COPY_RECT, c.TIGHT),
    (c.COPY_RECT, c.ZRLE),
    (c.HEXTILE,),
)

#: What a viewer must read to live through what happens here.
_PSEUDO = (c.DESKTOP_SIZE, c.FENCE, c.CONTINUOUS_UPDATES)

_FORMATS = tuple(FORMATS[name] for name in ("native", "big", "565", "332", "map"))

#: How many viewers there are at the most.
_VIEWERS = 3

#: For how many seconds everything rests in the end: so long it takes until all that is
#: lossy was sent again.
_REST = 8.0

#: The sides of the cursor, in pixels.
_CURSOR = 9

encodings = st.sampled_from(ENCODINGS)
numbers = st.integers(0, _VIEWERS - 1)
sizes = st.sampled_from([(256, 192), (256, 192), (192, 256), (100, 70)])
links = st.sampled_from([100_000, 200_000, 20_000, 3000, 0])
times = st.sampled_from([0.02, 0.02, 0.1, 0.0, 0.001, 0.6, 2.0])
#: Parts that have several pieces, and parts of a piece.
rectangles = st.one_of(
    st.sampled_from(
        [
            Rectangle(0, 0, 256, 64),
            Rectangle(0, 64, 256, 128),
            Rectangle(0, 128, 256, 64),
            Rectangle(0, 0, 256, 192),
        ]
    ),
    st.builds(
        Rectangle,
        *[st.sampled_from([0, 3, 64, 100, 128])] * 2,
        *[st.sampled_from([1, 40, 64, 128, 150])] * 2,
    ),
)


class Paces(RuleBasedStateMachine):
    """
    One framebuffer, and up to three viewers of it.
    """

    @initialize(
        size=sizes,
        encodings=encodings,
        others=st.none() | encodings,
        hasCursor=st.sampled_from([False, False, True]),
    )
    def begin(
        self,
        size: tuple[int, int],
        encodings: tuple[int, ...],
        others: tuple[int, ...] | None,
        hasCursor: bool = False,
    ) -> None:
        """
        Two viewers from the start, which often want the same; and maybe a cursor,
        which is drawn into the picture, as none of the viewers can draw it.
        """
        self.framebuffer = MemoryFramebuffer(*size)
        self.hasCursor = hasCursor
        if hasCursor:
            self.framebuffer.setCursor(Image.new("RGBA", (_CURSOR, _CURSOR), "red"))
        self.factory = serving(self.framebuffer)
        self.viewers: list[Viewer] = []
        # Who changed the format must not request several updates at a time, as nobody
        # could tell in which format one comes: a viewer does either.
        self.formats: dict[Viewer, PixelFormat] = {}
        self.several: set[Viewer] = set()
        # For the same reason, as it requests another update when it is told of a new
        # size, nobody changes the format where sizes change.
        self.isResized = False
        self.connect(encodings)
        self.connect(encodings if others is None else others)

    @rule(encodings=encodings)
    @precondition(lambda self: len(self.viewers) < _VIEWERS)
    def connect(self, encodings: tuple[int, ...]) -> None:
        """
        One more viewer.
        """
        self.viewers.append(Viewer(self.factory, encodings=encodings + _PSEUDO))

    @rule(number=numbers)
    @precondition(lambda self: len(self.viewers) > 1)
    def disconnect(self, number: int) -> None:
        """
        A viewer leaves.
        """
        viewer = self.viewers.pop(number % len(self.viewers))
        self.formats.pop(viewer, None)
        self.several.discard(viewer)
        viewer.disconnect()

    def _viewer(self, number: int) -> Viewer:
        return self.viewers[number % len(self.viewers)]

    # -- What the application does ---------------------------------------------------

    @rule(
        content=st.sampled_from(CONTENTS),
        where=rectangles,
        seed=st.integers(0, 9),
        seconds=times,
    )
    def paint(
        self,
        content: Content,
        where: Rectangle,
        seed: int,
        seconds: float,
    ) -> None:
        """
        Something new.
        """
        colors: Words = content(np.random.default_rng(seed), where.width, where.height)
        bands = [colors >> np.uint32(n) & np.uint32(255) for n in (16, 8, 0)]
        self.framebuffer.paste(np.stack(bands, 2).astype(np.uint8), where.x, where.y)
        self.wait(seconds)

    @rule(
        where=rectangles,
        dx=st.sampled_from([0, 0, 5, -64]),
        dy=st.sampled_from([0, 16, -16, -64, 7]),
        seconds=times,
    )
    def scroll(self, where: Rectangle, dx: int, dy: int, seconds: float) -> None:
        """
        Something moves.
        """
        self.framebuffer.copy(where, where.x + dx, where.y + dy)
        self.wait(seconds)

    @rule(size=sizes)
    @precondition(lambda self: not self.formats)
    def resize(self, size: tuple[int, int]) -> None:
        """
        Another size.
        """
        self.isResized = True
        self.framebuffer.resize(*size)

    @rule(x=st.integers(0, 255), y=st.integers(0, 191))
    @precondition(lambda self: self.hasCursor)
    def movePointer(self, x: int, y: int) -> None:
        """
        The cursor is elsewhere.
        """
        for listener in self.framebuffer.listeners():
            listener.pointerMoved(x, y)

    # -- What the viewers do ---------------------------------------------------------

    @rule(number=numbers, bandwidth=links, delay=st.sampled_from([0, 0, 0.03]))
    def setLink(self, number: int, bandwidth: int, delay: float) -> None:
        """
        A link becomes slower or faster.
        """
        self._viewer(number).link = Link(bandwidth, delay)

    @rule(number=numbers, pauses=st.booleans())
    def stall(self, number: int, pauses: bool) -> None:
        """
        A viewer hangs, or goes on.
        """
        if pauses:
            self._viewer(number).pauseReading()
        else:
            self._viewer(number).resumeReading()

    @rule(number=numbers, encodings=encodings)
    def setEncodings(self, number: int, encodings: tuple[int, ...]) -> None:
        """
        A viewer wants other encodings, or another quality.
        """
        self._viewer(number).client.setEncodings(encodings + _PSEUDO)

    @rule(number=numbers, format=st.sampled_from(_FORMATS))
    @precondition(lambda self: not self.isResized)
    def setFormat(self, number: int, format: PixelFormat) -> None:
        """
        A viewer wants another pixel format.
        """
        viewer = self._viewer(number)
        if viewer not in self.several:
            viewer.client.setPixelFormat(format)
            self.formats[viewer] = format

    @rule(number=numbers, where=rectangles, incremental=st.booleans())
    def request(self, number: int, where: Rectangle, incremental: bool) -> None:
        """
        A viewer asks for a part, and for nothing by itself any more.
        """
        viewer = self._viewer(number)
        if viewer not in self.formats:
            self.several.add(viewer)
            viewer.client.isUpdating = False
            viewer.client.requestUpdate(incremental, where)

    @rule(number=numbers, where=st.none() | rectangles)
    def setContinuous(self, number: int, where: Rectangle | None) -> None:
        """
        A viewer wants updates without asking, or not any more.
        """
        viewer = self._viewer(number)
        if viewer not in self.formats:
            self.several.add(viewer)
            viewer.client.enableContinuousUpdates(where)

    # -- Time ------------------------------------------------------------------------

    @rule(seconds=times)
    def wait(self, seconds: float) -> None:
        """
        Time passes.
        """
        self.viewers[0].advance(seconds)

    def teardown(self) -> None:
        """
        All comes to rest.
        """
        if not hasattr(self, "viewers"):
            return
        for viewer in self.viewers:
            viewer.link = Link()
            viewer.resumeReading()
        last = self.viewers[0]
        # With the next update a viewer gets its other format.
        self.framebuffer.fill("red", Rectangle(0, 0, 1, 1))
        last.advance(1)
        for viewer in self.viewers:
            assert viewer.isConnected, viewer.log
            if viewer in self.several:
                viewer.client.enableContinuousUpdates(None)
                viewer.client.isUpdating = True
                viewer.client.requestUpdate()
            elif viewer in self.formats:
                assert viewer.client.connection.format == self.formats[viewer]
                viewer.client.requestUpdate(False)
        last.advance(_REST)
        for viewer in self.viewers:
            self._check(viewer)
        for viewer in self.viewers:
            viewer.disconnect()
        last.advance(1)
        assert self.factory.clock.getDelayedCalls() == []
        assert self.factory.viewers == []

    def _check(self, viewer: Viewer) -> None:
        format = viewer.client.connection.format
        colors = expected(self.framebuffer, format)
        if self.hasCursor:
            x, y = self.factory.display.pointer
            [[red]] = shown(np.array([[0xFF0000]], np.uint32), format)
            colors[y : y + _CURSOR, x : x + _CURSOR] = red
        canvas = viewer.client.canvas
        assert canvas.shape == colors.shape, viewer.log
        rows, columns = np.nonzero(canvas != colors)
        if len(rows):
            raise AssertionError(
                f"{len(rows)} pixels are wrong, the first at"
                f" {columns[0]}, {rows[0]}\n{viewer.log}"
            )


class RestTests(SynchronousTestCase):
    """
    Small pictures in a small world, where chunks, buffers and pieces are small, too:
    what takes megabytes in life happens after a few kilobytes here.
    """

    def setUp(self) -> None:
        """
        Make the world small.
        """
        self.patch(plan, "CHUNK", 1 << 10)
        self.patch(writer, "CHUNK", 1 << 10)
        self.patch(wire, "_BUFFER", 1 << 10)
        self.patch(TightBase, "maxArea", 1 << 13)

    @settings(max_examples=25, deadline=None)
    @given(
        st.sampled_from(ENCODINGS[:2]),
        st.sampled_from([100_000, 200_000, 300_000]),
        st.lists(
            st.tuples(
                st.sampled_from([photo, colorful, noise]),
                rectangles,
                st.sampled_from([0.02, 0.04]),
            ),
            min_size=5,
            max_size=10,
        ),
    )
    @example(
        ENCODINGS[0],
        100_000,
        [
            (photo, Rectangle(0, 0, 256, 64), 0.1),
            (colorful, Rectangle(0, 64, 256, 128), 0.02),
            (photo, Rectangle(128, 128, 64, 64), 0.1),
        ],
    )
    def test_shared(
        self,
        encodings: tuple[int, ...],
        bandwidth: int,
        strokes: list[tuple[Content, Rectangle, float]],
    ) -> None:
        """
        Two viewers of one kind, the second on a narrow link: it ends a plan that they
        share after the display has gone on.
        """
        paces = Paces()
        paces.begin((256, 192), encodings, encodings)
        paces.setLink(1, bandwidth, 0)
        for seed, (content, where, seconds) in enumerate(strokes):
            paces.paint(content, where, seed, seconds)
        paces.teardown()

    def test_exact(self) -> None:
        """
        However they were ahead of each other and behind: in the end all have the
        same.
        """
        run_state_machine_as_test(
            Paces,
            settings=settings(
                max_examples=25,
                stateful_step_count=25,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
        self.assertEqual(self.flushLoggedErrors(), [])
