# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Every viewer shows the framebuffer to the pixel, with every encoding that it can be told
to use and in every pixel format that it can be told to ask for.
"""

from __future__ import annotations

from tests.interop.case import (
    VIEWERS,
    ViewerClass,
    ViewerTestCase,
    each,
    paint,
)
from tests.interop.libraries import GVnc, LibVNCClient
from tests.interop.novnc import NoVNC
from tests.interop.programs import TigerVNC
from tests.interop.viewers import Format, Options
from txrfb.framebuffers.memory import MemoryFramebuffer

RGB565 = Format(16, 16, False, (31, 63, 31), (11, 5, 0))
FORMATS = {
    "rgb888": Format(),
    "bgr888": Format(shifts=(0, 8, 16)),
    "high888": Format(shifts=(24, 16, 8)),
    "big888": Format(bigEndian=True),
    "rgb565": RGB565,
    "big565": Format(16, 16, True, (31, 63, 31), (11, 5, 0)),
    "rgb555": Format(16, 15, False, (31, 31, 31), (10, 5, 0)),
    "bgr233": Format(8, 8, False, (7, 7, 3), (0, 3, 6)),
    "rgb332": Format(8, 8, False, (7, 7, 3), (5, 2, 0)),
    "rgb222": Format(8, 6, False, (3, 3, 3), (4, 2, 0)),
}


def step(format: Format) -> int:
    """
    How far a channel may be off in a format: less than from one of its values to the
    next, whichever way a server rounds.
    """
    return max(255 // largest for largest in format.maxima) if format else 0


class EncodingTests(ViewerTestCase):
    """
    Encodings, levels and pixel formats.
    """

    def setUp(self) -> None:
        """
        Paint a picture whose sides are no multiples of any tile's.
        """
        super().setUp()
        self.framebuffer = MemoryFramebuffer(397, 211, "Interop")
        paint(self.framebuffer, 3)

    async def shows(
        self, viewerClass: ViewerClass, options: Options, tolerance: int | None = None
    ) -> None:
        """
        Fail unless the viewer comes to show the framebuffer, and another picture
        after that.
        """
        server = await self.serve(self.framebuffer)
        session = await self.view(viewerClass, server, options)
        await self.assertShows(viewerClass, session, self.framebuffer, tolerance)
        # A second update finds the zlib streams of the first one as they were left.
        paint(self.framebuffer, 4)
        await self.assertShows(viewerClass, session, self.framebuffer, tolerance)

    @each((viewer, encoding) for viewer in VIEWERS for encoding in viewer.encodings)
    async def test_encoding(self, viewerClass: ViewerClass, encoding: str) -> None:
        """
        The viewer shows the picture with an encoding that it asks for.
        """
        # JPEG has no quality at which it would be exact: see test_quality.
        quality = 9 if encoding == "jpeg" else None
        tolerance = 255 if encoding == "jpeg" else None
        options = Options(encoding=encoding, quality=quality)
        await self.shows(viewerClass, options, tolerance)

    @each(
        (viewer, encoding, level)
        for viewer in (TigerVNC, LibVNCClient, NoVNC)
        for encoding in ("tight", "zrle")
        for level in (0, 9)
    )
    async def test_compression(
        self, viewerClass: ViewerClass, encoding: str, level: int
    ) -> None:
        """
        The viewer shows the picture with the compression level that it asks for.
        """
        options = Options(encoding=encoding, compression=level)
        await self.shows(viewerClass, options)

    @each(
        [
            *(
                (LibVNCClient, encoding, name)
                for encoding in LibVNCClient.encodings
                for name in FORMATS
                # Its decoders of pixels of three bytes know little-endian ones only.
                if not (name == "big888" and encoding in ("tight", "zrle", "trle"))
            ),
            *(
                (GVnc, encoding, name)
                for encoding in ("raw", "zrle", "tight", "hextile")
                for name in ("big888", "big565", "high888", "bgr233")
                # Its decoder takes the three low bytes of a pixel for its colors.
                if not (name == "high888" and encoding == "zrle")
            ),
        ]
    )
    async def test_format(
        self, viewerClass: ViewerClass, encoding: str, name: str
    ) -> None:
        """
        The viewer shows the picture in the pixel format that it asks for, as well as
        that format can.
        """
        format = FORMATS[name]
        options = Options(encoding=encoding, format=format)
        # GVnc fills the lower bits of its picture with nothing.
        factor = 2 if viewerClass is GVnc else 1
        await self.shows(viewerClass, options, factor * step(format))

    @each((viewer, colors) for viewer in (TigerVNC,) for colors in (8, 64, 256))
    async def test_colors(self, viewerClass: ViewerClass, colors: int) -> None:
        """
        The viewer shows the picture in the few colors that it asks for.
        """
        largest = {8: 1, 64: 3, 256: 3}[colors]
        await self.shows(
            viewerClass, Options(encoding="zrle", colors=colors), 255 // largest
        )
