# -*- test-case-name: tests.framebuffers.test_image -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A framebuffer that shows an image file or an animation.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor, ImageOps, UnidentifiedImageError
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.interfaces import IDelayedCall, IReactorThreads, IReactorTime
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger
from twisted.python.failure import Failure

from txrfb.framebuffers._base import BaseFramebuffer
from txrfb.framebuffers._maker import splitSize
from txrfb.framebuffers.memory import Color, MemoryFramebuffer
from txrfb.geometry import checkSize

__all__ = ["ImageFramebuffer", "framebufferFromString"]

#: Formats whose further pictures are shown after the first, and for how many
#: seconds if the file does not say.  In others they are thumbnails, layers or the
#: other eye's view.
_ANIMATED = {
    "AVIF": 0.1,
    "FLI": 0.1,
    "GIF": 0.1,
    "PNG": 0.1,
    "WEBP": 0.1,
    "TIFF": 1.0,
}

#: The shortest time that a frame may ask for; less gets what is usual, as in
#: browsers.
_MIN_LENGTH = 0.02

#: How many bytes of frames are kept once they are decoded.
_CACHE = 32 * 1024 * 1024

#: The largest picture, in pixels, and the largest file, in bytes.  Decoding takes
#: several times the memory of the pixels.
_MAX_PIXELS = 1 << 26
_MAX_FILE = 256 * 1024 * 1024

#: What viewers show as it is, most often.
_SCREEN = (1920, 1080)

#: What of a file's status tells whether it has changed.
_Status = tuple[int, int, int]


class ImageFramebuffer(MemoryFramebuffer):
    """
    Whatever Pillow opens: a picture, an animation at its own timing for ever, or
    the pages of a document in turn.  While somebody watches, it is read again
    whenever the file changes; a file that is being written, or is broken, leaves
    the picture as it is.

    Frames are decoded when it is their turn, in a thread if the reactor has some.  Of
    a long or large animation 32 MiB are kept at most, besides the file itself.  The
    file is an ordinary one of 256 MiB at most, and its pictures have 2**26 pixels at
    most.
    """

    _log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        path: str,
        size: tuple[int, int] | None = None,
        background: Color = "black",
        name: str | None = None,
        interval: float = 1.0,
        largest: tuple[int, int] | None = None,
    ) -> None:
        """
        @param clock: The reactor, or what else tells the time.

        @param path: The file.

        @param size: Width and height of the framebuffer, in which the picture
            is then as large as fits.  C{None} for the size that the picture
            has.

        @param background: What is behind it, if it is transparent or has
            another shape.

        @param name: The desktop's name; C{None} for the file's.

        @param interval: After how many seconds to look whether the file has
            changed.

        @param largest: The width and height into which a larger picture is scaled, if
            there is no C{size}.

        @raise ValueError: if the file cannot be shown, with its path and why.
        """
        BaseFramebuffer.__init__(self, name or os.path.basename(path))
        for given in (size, largest):
            if given is not None:
                checkSize(*given)
        if isinstance(background, str):
            background = ImageColor.getrgb(background)[:3]
        self._clock = clock
        self._path = path
        self._size = size
        self._largest = largest
        self._background = background
        self._interval = interval
        self._complained = False
        # Whether the file, or a frame of it, is being decoded.
        self._isReading = self._isTurning = False
        self._frameCall: IDelayedCall | None = None
        self._pollCall: IDelayedCall | None = None
        self._status, film = self._read()
        self._show(film)

    def pauseProducing(self) -> None:
        """
        Nobody watches: stop the animation, and leave the file alone.
        """
        for call in (self._frameCall, self._pollCall):
            if call is not None:
                call.cancel()
        self._frameCall = self._pollCall = None

    def resumeProducing(self) -> None:
        """
        Somebody watches: go on, with the file as it is now.
        """
        if self._pollCall is None:
            self._frameLater(self._film.duration)
            self._poll()

    def _read(self) -> tuple[_Status, _Film]:
        """
        Open the file.  This changes nothing here, as it is called in threads.

        @raise ValueError: if it cannot be shown.
        """
        try:
            # A pipe would be waited for, until somebody writes into it.
            flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)
            with open(self._path, "rb", opener=lambda p, _: os.open(p, flags)) as file:
                status = os.fstat(file.fileno())
                if not stat.S_ISREG(status.st_mode):
                    raise ValueError("it is not an ordinary file")
                if status.st_size > _MAX_FILE:
                    raise ValueError(
                        f"it has {status.st_size} bytes, more than the {_MAX_FILE} that"
                        " are the most"
                    )
                film = _Film(
                    file.read(_MAX_FILE), self._size, self._background, self._largest
                )
                return _statusOf(status), film
        except Exception as error:
            reason = getattr(error, "strerror", None) or error
            if isinstance(error, UnidentifiedImageError):
                reason = "it is not a picture that Pillow knows"
            raise ValueError(f"{self._path} cannot be shown: {reason}") from error

    def _aside(self, call: Callable[[], Any]) -> Deferred[Any]:
        """
        Do what takes long in a thread, if there are threads.
        """
        reactor: Any = self._clock
        if IReactorThreads.providedBy(reactor):
            return deferToThreadPool(reactor, reactor.getThreadPool(), call)
        return maybeDeferred(call)

    def _show(self, film: _Film) -> None:
        """
        Show the first picture of a file from now on.
        """
        self._film = film
        pixels = film.pixels
        height, width, _ = pixels.shape
        if film.duration is not None:
            pixels = pixels.copy()  # the film may keep this one for its next turn
        self._use(pixels, width, height, width * 4)
        self._resized()

    def _poll(self) -> None:
        self._pollCall = self._clock.callLater(self._interval, self._poll)
        try:
            status = _statusOf(os.stat(self._path))
        except OSError:
            # It may be just about to be replaced.
            return
        if status == self._status or self._isReading:
            return
        self._isReading = True
        read = self._aside(self._read)
        read.addCallbacks(self._changed, self._notChanged, errbackArgs=(status,))
        read.addErrback(self._complain)

    def _changed(self, read: tuple[_Status, _Film]) -> None:
        self._isReading = self._complained = False
        self._status, film = read
        if (film.pixels.shape[1], film.pixels.shape[0]) == (self.width, self.height):
            self._film = film
            self._paint()
        else:
            self._show(film)
        if self._pollCall is not None:
            self._frameLater(film.duration)

    def _notChanged(self, failure: Failure, status: _Status) -> None:
        # It is looked at again when it changes, and not before that.
        self._isReading = False
        self._status = status
        failure.trap(ValueError)
        if not self._complained:
            self._complained = True
            self._log.warn(
                "{reason}; the previous picture stays",
                reason=failure.getErrorMessage(),
            )

    def _complain(self, failure: Failure) -> None:
        self._log.failure("{path}: cannot be shown", failure, path=self._path)

    def _frameLater(self, seconds: float | None) -> None:
        """
        @param seconds: When the next frame's turn is; C{None} if there is none.
        """
        if self._frameCall is not None:
            self._frameCall.cancel()
            self._frameCall = None
        if seconds is not None:
            self._frameDue = self._clock.seconds() + seconds
            self._frameCall = self._clock.callLater(seconds, self._nextFrame)

    def _nextFrame(self) -> None:
        self._frameCall = None
        film = self._film
        if self._isDamaged or self._isTurning:
            # No viewer has taken the frame yet: it stays a little longer.
            self._frameLater(film.duration)
            return
        self._isTurning = True
        turned = (maybeDeferred if film.isNextKept else self._aside)(film.advance)
        turned.addCallbacks(lambda _: self._turned(film), self._notTurned)

    def _turned(self, film: _Film) -> None:
        self._isTurning = False
        if film is not self._film or self._pollCall is None:
            return  # the file has changed, or nobody watches any more
        self._paint()
        # Being late for one frame does not make the next ones late, but time that
        # was lost altogether is not made up for.
        late = self._clock.seconds() - self._frameDue
        assert film.duration is not None
        self._frameLater(min(max(film.duration - late, 0.0), film.duration))

    def _notTurned(self, failure: Failure) -> None:
        self._isTurning = False
        self._log.failure("{path}: a frame cannot be shown", failure, path=self._path)

    def _paint(self) -> None:
        self.array[:] = self._film.pixels
        self.damage()


class _Film:
    """
    The pictures of one file.

    @ivar pixels: The picture whose turn it is, as a framebuffer's pixels.
    @ivar duration: For how many seconds it is shown; C{None} for ever.
    """

    pixels: NDArray[np.uint8]
    duration: float | None = None

    def __init__(
        self,
        data: bytes,
        size: tuple[int, int] | None,
        background: Color,
        largest: tuple[int, int] | None,
    ) -> None:
        """
        Decode the first picture.

        @param data: The file.

        @param size: What the pictures are fitted into, or C{None}.

        @param background: What is behind them.

        @param largest: What they are fitted into if they are larger, without a size.

        @raise Exception: if it cannot be shown; Pillow's plugins raise many
            kinds.
        """
        self._size = size
        self._largest = largest
        self._background = background
        self._image = _opened(data)
        self._usual = _ANIMATED.get(self._image.format or "")
        self._first = 0
        # Until the first frame is there twice nobody knows how many there are.
        self._count: int | None = None
        self._kept: dict[int, tuple[NDArray[np.uint8], float]] = {}
        if not getattr(self._image, "is_animated", False):
            self._usual = None
        elif self._usual and self._image.info.get("default_image"):
            # An animated PNG's picture for those who do not know animations.
            self._first = 1
        self._index = self._first
        if self._usual:
            self._turnTo(self._first)
        else:
            self.pixels = self._decoded()
            self._image.close()

    @property
    def isNextKept(self) -> bool:
        """
        Whether the next frame is decoded already.
        """
        return self._following in self._kept

    @property
    def _following(self) -> int:
        following = self._index + 1
        return self._first if following == self._count else following

    def advance(self) -> None:
        """
        Turn to the next frame; after the last one comes the first.

        @raise Exception: if the frame is broken.
        """
        following = self._following
        try:
            self._turnTo(following)
        except EOFError:
            self._count = following
            self._turnTo(self._first)

    def _turnTo(self, index: int) -> None:
        kept = self._kept.get(index)
        if kept is None:
            self._image.seek(index)
            _checkPicture(self._image)
            pixels = self._decoded()
            kept = pixels, self._durationOf()
            if (len(self._kept) + 1) * pixels.nbytes <= _CACHE:
                self._kept[index] = kept
        self.pixels, self.duration = kept
        self._index = index

    def _durationOf(self) -> float:
        assert self._usual is not None
        seconds = float(self._image.info.get("duration") or 0) / 1000
        return seconds if seconds >= _MIN_LENGTH else self._usual

    def _decoded(self) -> NDArray[np.uint8]:
        """
        @return: The frame at which the file is now, as a framebuffer's pixels.
        """
        image = ImageOps.exif_transpose(_eightBit(self._image))
        scaled = _within(image.size, self._largest)
        if self._size is None:
            self._size = scaled
            checkSize(*scaled)
        ground = Image.new("RGB", self._size, self._background)
        if image.has_transparency_data:
            image = image.convert("RGBA")
        elif image.mode != "RGB":
            image = image.convert("RGB")
        if image.size != scaled == self._size:
            # Fitted into that, it could be a pixel less.
            image = image.resize(scaled, Image.Resampling.LANCZOS)
        elif image.size != self._size:
            image = image.resize(_fitted(image, self._size), Image.Resampling.LANCZOS)
        at = (ground.width - image.width) // 2, (ground.height - image.height) // 2
        ground.paste(image, at, image if image.mode == "RGBA" else None)
        pixels = np.zeros((ground.height, ground.width, 4), np.uint8)
        pixels[..., 2::-1] = np.asarray(ground)
        return pixels


def _within(size: tuple[int, int], largest: tuple[int, int] | None) -> tuple[int, int]:
    """
    @return: C{size}, made smaller if it is larger than C{largest}, in the same shape.
    """
    if largest is None:
        return size
    scale = min(1.0, largest[0] / size[0], largest[1] / size[1])
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _fitted(image: Image.Image, size: tuple[int, int]) -> tuple[int, int]:
    """
    @return: The largest size of an image, in its shape, that fits into another; however
        narrow it is, some of it is there.
    """
    width, height = size
    scale = min(width / image.width, height / image.height)
    return max(1, round(image.width * scale)), max(1, round(image.height * scale))


def _opened(data: bytes) -> Image.Image:
    """
    @raise Exception: if it is no picture, or too large a one.
    """
    image = Image.open(BytesIO(data))
    _checkPicture(image)
    return image


def _checkPicture(image: Image.Image) -> None:
    """
    @raise ValueError: if a picture is too large to be decoded.
    """
    width, height = image.size
    if width * height > _MAX_PIXELS:
        raise ValueError(
            f"{width}x{height} pixels, as of a decompression bomb: the most are"
            f" {_MAX_PIXELS}"
        )
    checkSize(width, height)


def _eightBit(image: Image.Image) -> Image.Image:
    """
    @return: The image, with 16 bits a pixel brought down to 8, where Pillow would
        make all but the darkest white.
    """
    if not image.mode.startswith("I"):
        return image
    values = np.asarray(image).astype(np.int64)
    if values.max(initial=0) > 255:
        values >>= 8
    narrow = Image.fromarray(values.clip(0, 255).astype(np.uint8))
    narrow.info = image.info
    return narrow


def _statusOf(status: os.stat_result) -> _Status:
    return status.st_mtime_ns, status.st_size, status.st_ino


def framebufferFromString(reactor: IReactorTime, argument: str) -> ImageFramebuffer:
    """
    @param argument: A path, and perhaps a colon and a size, or C{full}:
        C{"photo.jpg:1024x768"}.  What is larger than a screen, such as a photograph,
        is scaled to one of 1920x1080, unless it is C{full}.

    @raise ValueError: if there is no path, or the file cannot be shown.
    """
    path, _, last = argument.rpartition(":")
    size = splitSize(last) if path else None
    isFull = bool(path) and last == "full"
    if size is None and not isFull:
        path = argument
    if not path:
        raise ValueError("the file is missing: image:PATH[:WIDTHxHEIGHT|:full]")
    return ImageFramebuffer(
        reactor, os.path.expanduser(path), size, largest=None if isFull else _SCREEN
    )
