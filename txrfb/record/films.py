# -*- test-case-name: tests.record.test_export -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Recordings as films and pictures, for those who have no player.

Pillow writes pictures that move; PyAV (the extra C{film}) writes films.  C{.webm} is
VP9, which browsers play, by libvpx, which is BSD; C{.mp4} is H.264 if PyAV's FFmpeg has
it (as built for its wheels it has x264, which is GPL), and AV1 by SVT-AV1 if not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from txrfb.record.frames import Colors, Frame, Frames, Pictures

__all__ = ["KINDS", "export", "writePicture"]

#: What films can be, by the ends of their names.
KINDS = (".webm", ".mp4", ".gif", ".webp", ".apng", ".png")

#: The codecs of films, the preferred first, with what they are told: to be fast rather
#: than small, and text sharp.
_CODECS: dict[str, tuple[tuple[str, dict[str, str]], ...]] = {
    ".webm": (
        (
            "libvpx-vp9",
            {"deadline": "realtime", "cpu-used": "6", "crf": "24", "b": "0"},
        ),
        ("libsvtav1", {"preset": "10", "crf": "28"}),
    ),
    ".mp4": (
        ("libx264", {"preset": "veryfast", "crf": "20"}),
        ("libsvtav1", {"preset": "10", "crf": "28"}),
    ),
}

#: How many bytes the frames of a picture that moves may have: Pillow keeps them all.
_MEMORY = 2 << 30

_FORMATS = {".gif": "GIF", ".webp": "WEBP", ".apng": "PNG"}


def writePicture(path: Path, out: Path, seconds: float, hasPointer: bool) -> None:
    """
    @param path: A recording.

    @param out: Where its picture is written: PNG.

    @param seconds: Of which time.

    @param hasPointer: Whether the pointer is drawn.

    @raise ValueError: if there is none.

    @raise OSError: if a file cannot be read or written.
    """
    pictures = Pictures(path, hasPointer)
    try:
        if seconds > pictures.duration:
            raise ValueError(
                f"at {seconds:g}: the recording has {pictures.duration:g} seconds"
            )
        colors = pictures.at(seconds)
    finally:
        pictures.close()
    Image.fromarray(colors).save(out, "PNG")


def export(frames: Frames, out: Path, wrapped: Any = iter) -> None:
    """
    @param frames: What the film shows.

    @param out: Where it is written; its end says what it is, one of L{KINDS}.

    @param wrapped: Takes what is gone through, and returns the same: for a bar.

    @raise ValueError: if it cannot be made.

    @raise OSError: if a file cannot be read or written.
    """
    try:
        if out.suffix in _CODECS:
            _film(frames, wrapped(frames), out)
        else:
            _moving(frames, _Images(frames, wrapped), out)
    except BaseException:
        # Half a film is none.
        out.unlink(missing_ok=True)
        raise


class _Images:
    """
    The frames but the first, as Pillow wants them: it goes through them twice where it
    has to know before what kinds of pixels there are.
    """

    def __init__(self, frames: Frames, wrapped: Any) -> None:
        self._frames = frames
        self._wrapped = wrapped

    def __iter__(self) -> Iterator[Image.Image]:
        for frame, colors in self._wrapped(self._frames):
            if frame.tick:
                yield Image.fromarray(colors)


def _moving(frames: Frames, images: _Images, out: Path) -> None:
    """
    Write a picture that moves.
    """
    number, memory = len(frames.frames), frames.width * frames.height * 3
    if number * memory > _MEMORY:
        raise ValueError(
            f"{out.suffix}: {number} frames of {frames.width}x{frames.height} take"
            f" {number * memory / (1 << 30):.1f} GB of memory, and may take"
            f" {_MEMORY >> 30}: make a .webm, or show less by --from, --to and --fps"
        )
    first = Image.fromarray(next(iter(frames))[1])
    # Of the times of ticks, so that what is rounded does not add up.
    times = [round(frame.tick * 1000 / frames.rate) for frame in frames.frames]
    times.append(round(frames.seconds * 1000))
    first.save(
        out,
        _FORMATS[out.suffix],
        save_all=True,
        append_images=images,
        duration=[after - time for time, after in pairwise(times)],
        loop=0,
        **({"lossless": True, "method": 0} if out.suffix == ".webp" else {}),
    )


def _film(frames: Frames, shown: Iterable[tuple[Frame, Colors]], out: Path) -> None:
    """
    Write a film.
    """
    try:
        import av
    except ImportError:
        raise ValueError(
            f"{out.suffix} needs PyAV: pip install 'txrfb[film]'; without it there are"
            f" {', '.join(_FORMATS)} and .png"
        ) from None
    usable = [one for one in _CODECS[out.suffix] if one[0] in av.codecs_available]
    if not usable:
        names = ", ".join(name for name, _ in _CODECS[out.suffix])
        raise ValueError(f"{out.suffix}: this PyAV has none of {names}")
    try:
        _encode(av, usable[0], frames, shown, out)
    except av.FFmpegError as error:
        if isinstance(error, OSError):
            raise
        raise ValueError(
            f"{out.suffix}: {usable[0][0]} does not take {frames.width}x{frames.height}"
            f" at {frames.rate} frames a second: {error.strerror}"
        ) from None


def _encode(
    made: Any,
    codec: tuple[str, dict[str, str]],
    frames: Frames,
    shown: Iterable[tuple[Frame, Colors]],
    out: Path,
) -> None:
    """
    @param made: PyAV.

    @param codec: The name of the codec, and what it is told.
    """
    name, options = codec
    with made.open(str(out), "w") as container:
        stream = container.add_stream(name, rate=frames.rate, options=options)
        stream.pix_fmt = "yuv420p"
        # Two by two pixels have one color.
        stream.width = frames.width + frames.width % 2
        stream.height = frames.height + frames.height % 2
        base = Fraction(1, frames.rate)
        stream.codec_context.time_base = base
        for tick, colors in _lasting(shown):
            frame = made.VideoFrame.from_ndarray(_even(colors), "rgb24")
            frame.pts, frame.time_base = tick, base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _lasting(shown: Iterable[tuple[Frame, Colors]]) -> Iterator[tuple[int, Colors]]:
    """
    @return: Ticks and frames, and the last of them again in its last tick: films end
        with a frame, not with a time.
    """
    last: tuple[Frame, Colors] | None = None
    for last in shown:
        yield last[0].tick, last[1]
    if last is not None and last[0].ticks > 1:
        yield last[0].tick + last[0].ticks - 1, last[1]


def _even(colors: Colors) -> Colors:
    """
    @return: The same with an even number of rows and columns: the last are repeated.
    """
    height, width = colors.shape[:2]
    if height % 2 or width % 2:
        colors = np.pad(colors, ((0, height % 2), (0, width % 2), (0, 0)), "edge")
    return colors
