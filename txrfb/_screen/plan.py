# -*- test-case-name: tests.screen.test_plan -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The plan of one update: its rectangles, and their bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from txrfb import kernels
from txrfb._screen.tiles import tilesWithin, touchedTiles
from txrfb._wire.messages import HEADER_SIZE, packHeader, packUpdate
from txrfb.encodings.constants import COPY_RECT
from txrfb.encodings.copyrect import encodeCopyRect
from txrfb.encodings.values import Encoder
from txrfb.geometry import Copy, Rectangle

if TYPE_CHECKING:
    from txrfb._screen.photos import Photos
    from txrfb._screen.renderedcursor import RenderedCursor
    from txrfb._screen.videos import Seen
    from txrfb.interfaces import IEncoder
    from txrfb.pixels import Surface

#: What is written at once: what a transport takes before it says pause.
CHUNK = 1 << 16

#: How many bytes a plan keeps for those who follow it; the rest is in the cache.
_KEPT = 1 << 22


#: What must be encoded as it is, what may lose something, and what does not stay long
#: enough to be looked at closely: see L{Piece}.
DRAWN, PHOTO, FILM = -1, -2, -3


class Piece(NamedTuple):
    """
    A rectangle of an update.

    @ivar rectangle: Where it is.
    @ivar color: Its color C{0xRRGGBB}, if all of it has one; L{DRAWN}, L{PHOTO} or
        L{FILM} if it must be encoded.
    """

    rectangle: Rectangle
    color: int


class PlannedPixels:
    """
    What all plans of one size of the picture know of its pixels.

    @ivar areGone: Whether the picture has another size.  Those who follow a plan will
        be sent everything anew: what is left of it is black.
    """

    __slots__ = ("areGone",)

    def __init__(self) -> None:
        self.areGone = False


class Plan:
    """
    What one update consists of: copies first, then pieces to be encoded.

    The plan is made when the update begins, as the number of rectangles stands in
    front; the bytes are made when there is room for them.  Viewers who go from the
    same picture to the same picture by the same encoding follow the same plan, and
    write the same bytes.

    When the display goes on to a next frame while somebody is still busy with the
    plan, the plan is retired: it keeps no bytes any more, and what is left of it is
    encoded with the newest pixels.  A viewer that stops reading then holds on to
    little more than a list of rectangles.

    @ivar serial: The serial number of the frame it leads to.
    @ivar encoder: What encodes the pieces.
    @ivar copies: The copies.
    @ivar pieces: The pieces.
    @ivar count: How many rectangles the update has, copies included.
    @ivar lossy: The indexes of the pieces that turned out lossy, for whichever
        follower: as long as somebody is busy with the plan there may be more.
    @ivar lossyAfter: What was lossy for a follower before it, what is after it, and
        when that was sent it: see L{txrfb._session.losslessrefresh.lossyAfter}.
    @ivar seen: What a follower then has of videos; C{None} if it is sent none.
    """

    __slots__ = (
        "_chunks",
        "_drawn",
        "_encoded",
        "_kept",
        "_marks",
        "_newest",
        "_pixels",
        "_retired",
        "_spare",
        "copies",
        "count",
        "encoder",
        "lossy",
        "lossyAfter",
        "pieces",
        "seen",
        "serial",
    )

    def __init__(
        self,
        serial: int,
        encoder: IEncoder,
        copies: Iterable[Copy],
        pieces: list[Piece],
        encoded: Callable[[IEncoder, Rectangle, int, int, bytes], bytes],
        isFresh: bool = False,
        pixels: PlannedPixels | None = None,
    ) -> None:
        """
        @param serial: The serial number of the frame it leads to.

        @param encoder: What encodes the pieces.

        @param copies: What is copied first.

        @param pieces: What is encoded then.

        @param encoded: Encodes a rectangle, or knows its bytes already.  It is
            called with the encoder, the rectangle, the number of the frame in which
            that changed last (0 if it is not known), what it is: L{DRAWN}, L{PHOTO}
            or L{FILM}, and what comes before it in what is returned.

        @param isFresh: Whether all pieces changed in that very frame.

        @param pixels: What becomes of the pixels.
        """
        self.serial = serial
        self.encoder = encoder
        self.copies = tuple(copies)
        self.pieces = pieces
        self.count = len(self.copies) + len(pieces)
        self._encoded = encoded
        self._newest = serial if isFresh else 0
        # A piece that was encoded, and did not fit into its chunk.
        self._spare: tuple[int, bytes] = (-1, b"")
        # What lossyTiles returns, until one more piece turns out lossy.
        self._marks: list[tuple[bool, Any]] | None = None
        self._chunks: dict[int, tuple[bytes, int]] = {}
        self._kept = 0
        # The pixels of pieces that nobody else has; or their bytes, with the header, if
        # they must not be encoded again.
        self._drawn: dict[int, Surface | bytes] = {}
        self._retired = False
        self._pixels = pixels or PlannedPixels()
        self.lossy: set[int] = set()
        self.lossyAfter: tuple[Any, Any, float] | None = None
        self.seen: Seen | None = None

    def retire(self) -> None:
        """
        The display goes on: keep nothing.
        """
        self._chunks.clear()
        self._spare = (-1, b"")
        self._newest = 0
        self._retired = True

    def draw(
        self, overlay: RenderedCursor, rectangles: Iterable[Rectangle], surface: Surface
    ) -> None:
        """
        Add pieces that have something drawn over them.

        @param overlay: What is drawn.

        @param rectangles: Where, inside the surface.

        @param surface: The pixels under it, of which copies are made.
        """
        encoder = self.encoder
        for rectangle in rectangles:
            for part in _cut(
                rectangle,
                encoder.maxWidth,
                encoder.maxHeight,
                encoder.maxArea,
            ):
                self._drawn[len(self.pieces)] = overlay.compose(surface, part)
                self.pieces.append(Piece(part, DRAWN))
                self.count += 1

    def show(self, videos: Iterable[tuple[Rectangle, bytes]], seen: Seen) -> None:
        """
        Add pieces that are frames of videos, which stay what they are if this is
        retired.

        @param videos: Where they are, and their bytes, with the header.

        @param seen: What a follower then has of videos.
        """
        for rectangle, blob in videos:
            index = len(self.pieces)
            self._drawn[index] = blob
            self.lossy.add(index)
            self.pieces.append(Piece(rectangle, FILM))
            self.count += 1
        self.seen = seen

    @property
    def isOpening(self) -> bool:
        """
        Whether its first piece may open the encoder's stream on a connection.
        """
        return bool(self.pieces) and not isinstance(self._drawn.get(0), bytes)

    def head(self, extras: list[bytes], opening: bool) -> tuple[bytes, int]:
        """
        The beginning of an update that is not like the others'.

        @param extras: Rectangles that come before those of the plan.

        @param opening: Whether the first piece opens the encoder's stream on the
            connection.

        @return: The bytes, and the index of the piece that comes next.
        """
        data = [
            packUpdate(self.count + len(extras)),
            *extras,
            self._copied(),
        ]
        if not self.pieces:
            return b"".join(data), 0
        blob = self._blob(0)
        if opening:
            body = self.encoder.opening(blob[HEADER_SIZE:])
            blob = blob[:HEADER_SIZE] + body
        data.append(blob)
        return b"".join(data), 1

    def chunk(self, start: int) -> tuple[bytes, int]:
        """
        @param start: The index of the first piece; if it is 0 the beginning of
            the update comes before it.

        @return: About L{CHUNK} bytes, and the index of the piece that comes next.
            They may be many more if one piece is.
        """
        found = self._chunks.get(start)
        if found is not None:
            return found
        blobs = []
        size = 0
        head = b""
        if start == 0:
            head = packUpdate(self.count)
            if self.copies:
                head += self._copied()
            if not self.pieces:
                blobs.append(head)
        end = start
        for end in range(start, len(self.pieces)):
            blob = self._blob(end, head)
            head = b""
            if size + len(blob) > CHUNK and end > start:
                self._spare = (end, blob)
                break
            blobs.append(blob)
            size += len(blob)
        else:
            end = len(self.pieces)
        made = (blobs[0] if len(blobs) == 1 else b"".join(blobs), end)
        if not self._retired and self._kept < _KEPT:
            self._kept += len(made[0])
            self._chunks[start] = made
        return made

    def _copied(self) -> bytes:
        return b"".join(
            [
                packHeader(*copy.rectangle, COPY_RECT) + encodeCopyRect(copy.x, copy.y)
                for copy in self.copies
            ]
        )

    def lossyTiles(self, bounds: Rectangle) -> list[tuple[bool, Any]]:
        """
        Called when a follower was sent all of it.

        @param bounds: All of the picture.

        @return: For each piece whether it was lossy for this follower or one
            before it, and the tiles that are so now: all that a lossy one touches,
            or all that lie in another whole.
        """
        if self._marks is None:
            self._marks = [
                (True, touchedTiles(piece.rectangle))
                if index in self.lossy
                else (False, tilesWithin(piece.rectangle, bounds))
                for index, piece in enumerate(self.pieces)
            ]
        return self._marks

    def _turnedLossy(self, index: int) -> None:
        """
        A piece was encoded with loss, maybe after another follower was sent all:
        what is left of a retired plan is encoded with newer pixels.
        """
        if index not in self.lossy:
            self.lossy.add(index)
            self._marks = self.lossyAfter = None

    def _blob(self, index: int, head: bytes = b"") -> bytes:
        """
        @param head: What comes before it, if it is the first.

        @return: A piece with its header.
        """
        if index == self._spare[0]:
            return self._spare[1]
        rectangle, color = self.pieces[index]
        encoder = self.encoder
        drawn = self._drawn.get(index)
        if drawn is not None:
            if isinstance(drawn, bytes):
                return head + drawn
            inside = Rectangle(0, 0, rectangle.width, rectangle.height)
            body = encoder.encode(drawn, inside)
            if encoder.isLossy(body):
                self._turnedLossy(index)
            return head + packHeader(*rectangle, encoder.number) + body
        if color < 0 and not self._pixels.areGone:
            blob = self._encoded(encoder, rectangle, self._newest, color, head)
            start = len(head) + HEADER_SIZE
            if encoder.isLossy(blob[start : start + 4]):
                self._turnedLossy(index)
            return blob
        body = encoder.encodeSolid(rectangle, max(color, 0))
        return head + packHeader(*rectangle, encoder.number) + body


def piecesOf(
    surface: Surface,
    rectangles: Iterable[Rectangle],
    encoder: IEncoder,
    photos: Photos,
    serial: int = 0,
) -> list[Piece]:
    """
    Cut rectangles as an encoder likes them: areas of one color by themselves, and
    photos, the rest into strips.

    @param surface: The pixels.

    @param rectangles: They do not overlap, and lie inside the surface.

    @param encoder: Who is to encode them.

    @param photos: Knows where photos are.

    @param serial: The number of the frame.

    @return: Pieces that cover the same pixels, each once.
    """
    width, height = encoder.maxWidth, encoder.maxHeight
    area = encoder.maxArea
    photoArea = encoder.maxPhotoArea if isinstance(encoder, Encoder) else area
    rectangles = list(rectangles)
    if len(rectangles) == 1:
        # Most often it is something small that is neither of one color nor a photo.
        (one,) = rectangles
        size = one.width * one.height
        least = min(encoder.solidArea or size + 1, encoder.photoArea or size + 1)
        if size < least and one.width <= width and one.height <= height:
            if size <= area:
                return [Piece(one, DRAWN)]
    pieces = []
    for x, y, w, h, color in _contents(surface, rectangles, encoder, photos, serial):
        part = Rectangle(x, y, w, h)
        if color <= PHOTO:
            limit = photoArea
        elif color < 0:
            limit = area
        else:
            limit = width * height  # a fill costs the same at any size
        if w <= width and h <= height and w * h <= limit:
            pieces.append(Piece(part, color))
        else:
            pieces.extend(
                Piece(strip, color) for strip in _cut(part, width, height, limit)
            )
    return pieces


def _contents(
    surface: Surface,
    rectangles: Iterable[Rectangle],
    encoder: IEncoder,
    photos: Photos,
    serial: int,
) -> Iterator[tuple[int, int, int, int, int]]:
    """
    @return: Parts of the rectangles, and as what they are to be encoded: see L{Piece}.
    """
    solid, photo = encoder.solidArea, encoder.photoArea
    memory, stride = surface.pixels, surface.stride
    for rectangle in rectangles:
        area = rectangle.width * rectangle.height
        if photo and area >= photo and photos.isFilm(surface, rectangle, serial):
            yield *rectangle, FILM
            continue
        parts = [(*rectangle, DRAWN)]
        if solid and area >= solid:
            parts = kernels.splitSolid(memory, stride, *rectangle, solid)
        if not photo or area < photo:
            yield from parts
            continue
        for x, y, width, height, color in parts:
            if color >= 0 or width * height < photo:
                yield x, y, width, height, color
                continue
            part = Rectangle(x, y, width, height)
            found, isFilm = photos.split(surface, part, photo, serial)
            kind = FILM if isFilm else PHOTO
            for x, y, width, height, isPhoto in found:
                yield x, y, width, height, kind if isPhoto else DRAWN


def _cut(
    rectangle: Rectangle, width: int, height: int, area: int
) -> Iterable[Rectangle]:
    """
    Cut to a width, a height and an area.
    """
    for strip in rectangle.split(width, min(area, width * height)):
        if strip.height <= height:
            yield strip
        else:
            for y in range(strip.y, strip.bottom, height):
                yield Rectangle(strip.x, y, strip.width, min(height, strip.bottom - y))
