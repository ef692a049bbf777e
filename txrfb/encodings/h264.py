# -*- test-case-name: tests.encodings.test_h264 -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Open H.264 (rfbproto, Open H.264 Encoding): videos, of which each frame says what is
other than in the frame before.

It needs the package C{av} (the extra C{h264}), which has FFmpeg and libx264 in it;
nothing of it is loaded before it is used.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Generator
from fractions import Fraction
from typing import Any

import numpy as np
from zope.interface import implementer

from txrfb import kernels
from txrfb.encodings.level import Level
from txrfb.encodings.painting import placeOf
from txrfb.encodings.values import PIXEL, readU32
from txrfb.geometry import Rectangle
from txrfb.interfaces import IDecoder, IVideoEncoder
from txrfb.pixels import NATIVE, PixelFormat, Words

__all__ = ["H264Decoder", "H264Encoder", "videoQuality"]

#: How many contexts are kept, as by other viewers; the one that was used longest ago
#: makes room.
_CONTEXTS = 64

_RESET_CONTEXT, _RESET_ALL_CONTEXTS = 1, 2

#: The qualities that there are, so that viewers of other levels share an encoder; the
#: least of what a viewer asks for, and which that is.
_QUALITIES = ((86, 92), (60, 77), (0, 41))

#: That of a viewer that asks for none.
_USUAL = 77

# Viewers are to decode it with no delay and little memory: one reference, no frames out
# of order, headers before each key frame, of which there are none but those asked for.
# Colors are those of what is smaller than HDTV, which viewers take them for that do not
# look.  No frame has many more than the 1600 kbit of the buffer.
_X264 = ":".join(
    (
        "repeat-headers=1:annexb=1:keyint=infinite:scenecut=0:bframes=0:ref=1",
        "colorprim=smpte170m:transfer=smpte170m:colormatrix=smpte170m",
        "vbv-maxrate=48000:vbv-bufsize=1600",
    )
)


def _library() -> Any:
    """
    @return: The package C{av}.

    @raise ValueError: if it is not there.
    """
    try:
        import av
    except ImportError:
        raise ValueError("H.264 needs PyAV: pip install 'txrfb[h264]'") from None
    return av


def videoQuality(level: Level) -> int:
    """
    @return: The quality of the videos of a viewer, as L{IVideoEncoder.begin} takes it:
        one of few.
    """
    if level.quality < 0:
        return _USUAL
    return next(quality for least, quality in _QUALITIES if level.quality >= least)


@implementer(IVideoEncoder)
class H264Encoder:
    """
    Encodes by libx264, in the profile that every decoder has.
    """

    def __init__(self) -> None:
        """
        @raise ValueError: if that is not there.
        """
        self._av = _library()
        if "libx264" not in self._av.codecs_available:
            raise ValueError("H.264 needs libx264, which this PyAV does not have")
        self._context: Any = None
        self._reformatter: Any = None
        self._count = 0

    def begin(self, width: int, height: int, quality: int) -> None:
        """
        See L{IVideoEncoder.begin}.
        """
        context = self._av.CodecContext.create("libx264", "w")
        context.width, context.height = width, height
        context.pix_fmt = "yuv420p"
        context.time_base = Fraction(1, 30)
        context.thread_count = 1
        context.options = {
            "preset": "ultrafast",
            "tune": "zerolatency",
            "profile": "baseline",
            "crf": str(round(46 - 0.28 * quality)),
            "forced-idr": "1",
            "x264-params": _X264,
        }
        context.open()
        self._context = context
        self._reformatter = self._av.video.reformatter.VideoReformatter()

    def encode(self, pixels: Any, key: bool) -> bytes:
        """
        See L{IVideoEncoder.encode}.
        """
        types = self._av.video.frame.PictureType
        given = self._av.VideoFrame.from_numpy_buffer(pixels, "bgra")
        frame = self._reformatter.reformat(given, format="yuv420p", threads=1)
        frame.pts, frame.time_base = self._count, Fraction(1, 30)
        frame.pict_type = types.I if key else types.NONE
        self._count += 1
        return b"".join(map(bytes, self._context.encode(frame)))

    def close(self) -> None:
        """
        See L{IVideoEncoder.close}.
        """
        self._context = self._reformatter = None


@implementer(IDecoder)
class H264Decoder:
    """
    Decodes streams, one for each rectangle.
    """

    def __init__(self) -> None:
        """
        @raise ValueError: if the package is not there.
        """
        self._av = _library()
        self._contexts: OrderedDict[Rectangle, Any] = OrderedDict()

    def decode(
        self, rectangle: Rectangle, format: PixelFormat, canvas: Words
    ) -> Generator[int, bytes, None]:
        """
        See L{IDecoder.decode}.
        """
        length = yield from readU32(rectangle.area * 6 + (1 << 17), "bytes of H.264")
        flags = int.from_bytes((yield 4), "big")
        data = yield length
        if flags & _RESET_ALL_CONTEXTS:
            self._contexts.clear()
        elif flags & _RESET_CONTEXT:
            self._contexts.pop(rectangle, None)
        if not data or rectangle.isEmpty:
            return
        pixels = self._pixels(rectangle, data)
        yield 0
        if pixels is not None:
            kernels.paintPixels(*placeOf(canvas, rectangle), pixels, 0, PIXEL, NATIVE)

    def _pixels(self, rectangle: Rectangle, data: bytes) -> Any:
        """
        @return: The last frame of some bytes, blue, green, red and one that is
            ignored: of shape (height, width, 4); C{None} if they have none.

        @raise ValueError: if they cannot be decoded, or it has another size.
        """
        av = self._av
        context = self._contexts.pop(rectangle, None)
        if context is None:
            context = av.CodecContext.create("h264", "r")
            context.thread_count = 1
            # What the stream says of its size is looked at before memory is taken.
            side = (rectangle.width + 63) * (rectangle.height + 63)
            context.options = {"flags": "low_delay", "max_pixels": str(side)}
            if len(self._contexts) >= _CONTEXTS:
                self._contexts.popitem(last=False)
        self._contexts[rectangle] = context
        try:
            frames = context.decode(av.Packet(data))
            if not frames:
                return None
            frame = frames[-1]
            if (frame.width, frame.height) != (rectangle.width, rectangle.height):
                raise ValueError(
                    f"a video of {frame.width}x{frame.height} pixels for a rectangle of"
                    f" {rectangle.width}x{rectangle.height}"
                )
            return np.ascontiguousarray(frame.to_ndarray(format="bgra"))
        except (av.FFmpegError, MemoryError) as problem:
            raise ValueError(f"the H.264 data cannot be read: {problem}") from None
