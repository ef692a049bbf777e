# -*- test-case-name: tests.screen.test_videos -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Videos in the picture, as streams (rfbproto, Open H.264 Encoding): of each there is one
encoder for all viewers that want the same quality.

All else that is encoded decodes on its own.  A frame of a stream does so only for who
has the frame before, so of each viewer is known L{what it has seen<Seen>}: of which
stream it has which frame.  What it is sent next follows from that: the frames that it
does not have, if they are few and come after one it has, or begin with a key frame.
Any other viewer is sent the same pixels as if there were no video, and soon there is a
key frame for it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from twisted.logger import Logger

from txrfb._screen.motion import Motion
from txrfb._wire.messages import packHeader
from txrfb.encodings.constants import OPEN_H264
from txrfb.geometry import Rectangle

if TYPE_CHECKING:
    from twisted.internet.interfaces import IReactorTime

    from txrfb._screen.shadow import Shadow
    from txrfb.interfaces import IVideoEncoder

#: Of a stream there is one key frame in so many seconds at the most.
_KEYS = 1.0

#: So many frames of a stream are kept for viewers that do not have them, and so many
#: bytes of them are sent to one: less than the same would be as JPEG.
_BEHIND, _CATCH_UP = 8, 1 << 17

#: A frame with more bytes is none, so that what waits for a viewer is bounded.
_MAX_FRAME = 224 << 10

#: If a frame takes longer than so many seconds, on an average of about so many frames,
#: there is no video for so many seconds; neither if those of all streams take twice as
#: long.  If they take as long there is no other stream.
_BUDGET, _AVERAGE, _PENALTY = 0.02, 8, 60.0

#: What no viewer has wanted for so many seconds is ended.
_UNUSED = 5.0

#: Less than this part of a video is sent as what it is.
_LITTLE = 0.25

#: The flag that says that a stream begins (rfbproto, Open H.264 Encoding).
_RESET_CONTEXT = 1


class Seen(NamedTuple):
    """
    What a viewer has of videos.  Viewers that were sent the same have the same.

    @ivar quality: The quality it is sent, as L{IVideoEncoder.begin} takes it.
    @ivar frames: The numbers of streams, and of the newest frame it has of each.
    """

    quality: int
    frames: frozenset[tuple[int, int]] = frozenset()


class _Frame(NamedTuple):
    """
    A frame of a stream.

    @ivar number: Its number, from 1.
    @ivar isKey: Whether it decodes on its own.
    @ivar blob: A rectangle, with its header.
    """

    number: int
    isKey: bool
    blob: bytes


class _Stream:
    """
    A video in one quality.

    @ivar number: Its number, which no other stream of the picture has.
    @ivar frame: The number of its newest frame; 0 before there is one.
    @ivar serial: The number of the frame of the picture that this shows.
    @ivar wantsKey: Whether somebody waits for a key frame.
    @ivar usedAt: When a viewer last wanted it, in seconds.
    @ivar took: How many seconds a frame takes, on an average.
    """

    def __init__(
        self,
        number: int,
        rectangle: Rectangle,
        quality: int,
        encoder: IVideoEncoder,
    ) -> None:
        self.number = number
        self.frame = self.serial = 0
        self.wantsKey = False
        self.usedAt = 0.0
        self._rectangle = rectangle
        self._encoder = encoder
        self._frames: deque[_Frame] = deque(maxlen=_BEHIND)
        self._keyAt = 0.0
        self.took = _BUDGET / 2
        encoder.begin(rectangle.width, rectangle.height, quality)

    def mayKey(self, now: float) -> bool:
        """
        @return: Whether the next frame may be a key frame.
        """
        return not self.frame or not 0 <= now - self._keyAt < _KEYS

    def encode(self, shadow: Shadow, key: bool, clock: IReactorTime) -> str:
        """
        Make the next frame.

        @param key: Whether it is to decode on its own.

        @return: Why there are to be no more; empty if there may be.

        @raise Exception: whatever is the matter with the encoder.
        """
        x, y, width, height = self._rectangle
        stride = shadow.surface.stride
        pixels: Any = np.ndarray(
            (height, width, 4),
            np.uint8,
            shadow.surface.pixels,
            y * stride + x * 4,
            (stride, 4, 1),
        )
        begun = clock.seconds()
        data = self._encoder.encode(pixels, key)
        now = clock.seconds()
        if not data:
            raise ValueError("the encoder of videos has returned nothing")
        self.frame += 1
        self.serial = shadow.serial
        if key:
            self._keyAt, self.wantsKey = now, False
        flags = _RESET_CONTEXT if self.frame == 1 else 0
        head = len(data).to_bytes(4, "big") + flags.to_bytes(4, "big")
        blob = packHeader(*self._rectangle, OPEN_H264) + head + data
        self._frames.append(_Frame(self.frame, key, blob))
        self.took += (now - begun - self.took) / _AVERAGE
        if len(data) > _MAX_FRAME:
            return f"a frame of {len(data)} bytes"
        if self.took > _BUDGET:
            return f"{self.took * 1000:.0f} ms a frame"
        return ""

    def after(self, frame: int) -> list[bytes]:
        """
        @param frame: The number of the newest frame that a viewer has; 0 for none.

        @return: What it is to be sent to have the newest; nothing if that is too much,
            or does not begin with what it can decode.
        """
        frames = [one for one in self._frames if one.number > frame]
        while frames and frames[0].number != frame + 1 and not frames[0].isKey:
            del frames[0]
        if len(frames) > 1:
            # What comes before a key frame is of no use.
            while any(one.isKey for one in frames[1:]):
                del frames[0]
            if sum(len(one.blob) for one in frames) > _CATCH_UP:
                return []
        return [one.blob for one in frames]

    def reaches(self, frame: int) -> bool:
        """
        @return: Whether a viewer will have use for a frame that is not encoded yet.
        """
        return 0 < frame == self.frame or bool(self.after(frame))

    def end(self) -> None:
        """
        There will be no more of it.

        @raise Exception: whatever is the matter with the encoder.
        """
        self._encoder.close()


class Videos:
    """
    The videos of a picture.
    """

    _log = Logger()

    def __init__(
        self,
        make: Callable[[], IVideoEncoder],
        clock: IReactorTime,
        bounds: Rectangle,
    ) -> None:
        """
        @param make: Makes an encoder.

        @param clock: What time is taken from.

        @param bounds: All of the picture.
        """
        self._make = make
        self._clock = clock
        self._bounds = bounds
        self._motion = Motion(bounds)
        self._streams: dict[tuple[Rectangle, int], _Stream] = {}
        self._numbers = count(1)
        # When a viewer last wanted some, until when there are none, and whether there
        # are none any more.
        self._askedAt: float | None = None
        self._pausedUntil: float | None = None
        self._isBroken = False

    # -- What becomes of the picture -------------------------------------------------

    def nextFrame(self, shadow: Shadow) -> None:
        """
        The picture has gone on to a next frame.
        """
        if self._askedAt is None:
            return
        now = self._clock.seconds()
        if not 0 <= now - self._askedAt <= _UNUSED:
            self.forget()
            return
        self._motion.frame(shadow.damage, shadow.surface, now)
        for key, stream in list(self._streams.items()):
            isUsed = 0 <= now - stream.usedAt <= _UNUSED
            if not isUsed or key[0] not in self._motion.videos:
                del self._streams[key]
                self._end(stream)

    def resized(self, bounds: Rectangle) -> None:
        """
        The picture has another size.

        @param bounds: All of it.
        """
        self._bounds = bounds
        self.forget()

    def forget(self) -> None:
        """
        Nobody wants any.
        """
        self._askedAt = None
        self._motion = Motion(self._bounds)
        streams, self._streams = self._streams, {}
        for stream in streams.values():
            self._end(stream)

    # -- What a viewer is sent -------------------------------------------------------

    def take(
        self, damage: list[Rectangle], seen: Seen, shadow: Shadow
    ) -> tuple[list[Rectangle], list[tuple[Rectangle, bytes]], Seen]:
        """
        @param damage: What is newer than what a viewer has.

        @param seen: What that has of videos.

        @param shadow: The picture.

        @return: What is to be sent of it otherwise; rectangles of videos with their
            bytes, which are to be sent in this order, or the viewer has to be told
            everything anew; and what it has of videos then.
        """
        now = self._askedAt = self._clock.seconds()
        paused = self._pausedUntil
        if self._isBroken or (paused is not None and 0 < paused - now <= _PENALTY):
            return damage, [], seen
        taken: list[tuple[Rectangle, bytes]] = []
        has = dict(seen.frames)
        for video in self._motion.videos:
            parts = [video.intersection(one) for one in damage if video.intersects(one)]
            if sum(one.area for one in parts) < video.area * _LITTLE:
                continue
            try:
                stream, blobs = self._next(video, seen.quality, has, shadow, now)
            except Exception:
                self._log.failure(
                    "The encoder of videos fails, there is none from now on."
                )
                self._isBroken = True
                self.forget()
                return damage, [], seen
            if stream is None or not blobs:
                continue
            damage = [rest for one in damage for rest in one.subtract(video)]
            taken.extend((video, blob) for blob in blobs)
            has[stream.number] = stream.frame
        # What is over need not be remembered.
        known = {stream.number for stream in self._streams.values()}
        frames = frozenset(pair for pair in has.items() if pair[0] in known)
        return damage, taken, Seen(seen.quality, frames)

    def _next(
        self,
        video: Rectangle,
        quality: int,
        has: dict[int, int],
        shadow: Shadow,
        now: float,
    ) -> tuple[_Stream | None, list[bytes]]:
        """
        @return: The stream of a video, and what is to be sent of it.
        """
        stream = self._streams.get((video, quality))
        if stream is None:
            if self._took() >= _BUDGET:
                return None, []
            stream = _Stream(next(self._numbers), video, quality, self._make())
            self._streams[video, quality] = stream
        stream.usedAt = now
        frame = has.get(stream.number, 0)
        if stream.serial < shadow.newest(video):
            mayKey = stream.mayKey(now)
            if not (mayKey or stream.reaches(frame)):
                stream.wantsKey = True
                return stream, []
            key = mayKey and (stream.wantsKey or not stream.reaches(frame))
            why = stream.encode(shadow, key, self._clock)
            if not why and self._took() > 2 * _BUDGET:
                why = f"{self._took() * 1000:.0f} ms a frame, all together"
            if why:
                self._log.info(
                    "No video for {seconds:.0f} s: {why}", seconds=_PENALTY, why=why
                )
                self._pausedUntil = self._clock.seconds() + _PENALTY
                del self._streams[video, quality]
                self._end(stream)
                return None, []
        blobs = stream.after(frame)
        if not blobs and frame != stream.frame:
            stream.wantsKey = True
        return stream, blobs

    def _took(self) -> float:
        """
        @return: How many seconds a frame takes, of all streams together.
        """
        return sum(stream.took for stream in self._streams.values())

    def _end(self, stream: _Stream) -> None:
        try:
            stream.end()
        except Exception:
            self._log.failure("an encoder of videos could not be closed")
