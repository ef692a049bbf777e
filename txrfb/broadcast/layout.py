# -*- test-case-name: tests.broadcast.test_layout -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Where a broadcast is in the engine, and what stands there, without input or output.

All keys of a broadcast have the same hash tag, C{{NAME}}, and so one slot of a cluster:

  - C{txrfb:{NAME}:frames}, a stream: what the origin says, one entry after the other.
    An entry's id is C{EPOCH-SERIAL}: the epoch is the time in milliseconds when the
    origin began, and the serial grows by one with each entry, so that none can be
    missed unnoticed.  It has one field, named by its L{Kind}.

  - C{txrfb:{NAME}:key}, a string: a L{KeyFrame}, the whole picture as it was at one
    serial.  Who begins, or has missed something, begins there.

  - C{txrfb:{NAME}:origin}, a string: the epoch of the origin that publishes.  An older
    one sees by it, and by the ids of the stream, that its time is over.

  - C{txrfb:{NAME}:info}, a string that expires: the origin is alive, and what it takes.

  - C{txrfb:{NAME}:input}, a stream: what edges and their viewers do, see L{Act}.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from enum import Enum
from struct import Struct
from typing import Any, NamedTuple

from txrfb._wire.messages import packUpdate

__all__ = [
    "ENTRY",
    "KEY_LIMIT",
    "Act",
    "Entry",
    "Info",
    "KeyFrame",
    "Keys",
    "Kind",
    "Place",
    "entriesOf",
    "entryOf",
    "piecesOf",
]

#: The most bytes of one entry; what is longer is divided.
ENTRY = 4 << 20

#: The most bytes of a whole picture.
KEY_LIMIT = 128 << 20

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

_ID = re.compile(rb"(\d{1,20})-(\d{1,20})")

_MOST = (1 << 64) - 1

#: Of a key frame: what it is and in which version, epoch, serial, columns, rows.
_KEY = Struct(">4sQQHH")
_MAGIC = b"RFB1"

#: The head of an update (RFC 6143, section 7.6.1), of which a key frame has one.
_UPDATE = packUpdate(0)[:1]

#: How long an L{Act} may be, and one that is a text.
_ACT, _CUT = 4096, 1 << 18

#: How many characters an edge's number has at the most.
_EDGE = 40


class Keys(NamedTuple):
    """
    The names of what a broadcast has in the engine.
    """

    info: bytes
    origin: bytes
    key: bytes
    frames: bytes
    input: bytes

    @classmethod
    def of(cls, name: str) -> Keys:
        """
        @param name: What the broadcast is called.

        @raise ValueError: if nothing can be called so.
        """
        if not _NAME.fullmatch(name):
            raise ValueError(
                f"{name!r} is no name of a broadcast: expected 1 to 64 letters, digits,"
                " dots, hyphens and underscores, a letter or digit first"
            )
        return cls(*(f"txrfb:{{{name}}}:{part}".encode() for part in cls._fields))


class Place(NamedTuple):
    """
    Where in a broadcast something is.

    @ivar epoch: When the origin began, in milliseconds.
    @ivar serial: Which of its entries it is; the first is 1.
    """

    epoch: int
    serial: int

    @property
    def next(self) -> Place:
        """
        Where the entry after it is.
        """
        return Place(self.epoch, self.serial + 1)

    def toBytes(self) -> bytes:
        """
        @return: It as the id of an entry.
        """
        return b"%d-%d" % self

    @classmethod
    def fromBytes(cls, data: object) -> Place:
        """
        @raise ValueError: if that is no id.
        """
        found = _ID.fullmatch(data) if isinstance(data, bytes) else None
        if found is None:
            raise ValueError(f"{data!r:.60} is no id of an entry")
        place = cls(int(found[1]), int(found[2]))
        if max(place) > _MOST:
            raise ValueError(f"{data!r:.60} is no id of an entry")
        return place


class Kind(Enum):
    """
    What an entry has.

    @cvar SAID: The end of what the origin says, as servers say it: FramebufferUpdate,
        Bell; most often all of it.
    @cvar MORE: Part of that; the next entry goes on with it.
    @cvar KEY: Nothing: what is new is in the key frame, which has this place.
    @cvar TEXT: What is in the clipboard, in UTF-8.
    """

    SAID = b"b"
    MORE = b"m"
    KEY = b"k"
    TEXT = b"t"


class Entry(NamedTuple):
    """
    An entry of the stream of frames.
    """

    place: Place
    kind: Kind
    data: bytes


def entriesOf(reply: Any, key: bytes) -> list[tuple[bytes, list[Any]]]:
    """
    @param reply: What XREAD of one stream has answered.

    @param key: The stream's name.

    @return: The entries' ids and fields.

    @raise ValueError: if it is no such answer.
    """
    if reply is None:
        return []
    try:
        [[name, entries]] = reply
        if name != key:
            raise ValueError
        return [(number, fields) for number, fields in entries]
    except (TypeError, ValueError):
        raise ValueError("an answer to XREAD that is none") from None


def entryOf(number: object, fields: Any) -> Entry:
    """
    @param number: An entry's id.

    @param fields: Its names and values, one after the other; C{None} if it has been
        deleted meanwhile.

    @raise ValueError: if it is no entry of frames.
    """
    place = Place.fromBytes(number)
    try:
        name, data = fields
        kind = Kind(name)
    except (TypeError, ValueError):
        raise ValueError(f"entry {place.epoch}-{place.serial} is no frame") from None
    if not isinstance(data, bytes) or len(data) > ENTRY:
        raise ValueError(f"entry {place.epoch}-{place.serial} is too long")
    return Entry(place, kind, data)


def piecesOf(data: bytes) -> Iterator[tuple[Kind, bytes]]:
    """
    @param data: What the origin says: whole messages.

    @return: What there is to be in entries, in order.
    """
    for start in range(0, len(data), ENTRY):
        piece = data[start : start + ENTRY]
        isLast = start + ENTRY >= len(data)
        yield (Kind.SAID if isLast else Kind.MORE), piece


class KeyFrame(NamedTuple):
    """
    A whole picture.

    @ivar place: The entry after which it is the picture.
    @ivar width: Columns.
    @ivar height: Rows.
    @ivar data: FramebufferUpdate.
    """

    place: Place
    width: int
    height: int
    data: bytes

    def toBytes(self) -> bytes:
        """
        @return: It as it stands in the engine.
        """
        return _KEY.pack(_MAGIC, *self.place, self.width, self.height) + self.data

    @classmethod
    def fromBytes(cls, data: object) -> KeyFrame:
        """
        @raise ValueError: if it is none.
        """
        if not isinstance(data, bytes) or len(data) <= _KEY.size:
            raise ValueError("the key frame is too short")
        magic, epoch, serial, width, height = _KEY.unpack_from(data)
        if magic != _MAGIC:
            raise ValueError(f"the key frame begins with {magic!r}, not {_MAGIC!r}")
        if not (width and height):
            raise ValueError(f"the key frame is {width}x{height}")
        if data[_KEY.size : _KEY.size + 1] != _UPDATE:
            raise ValueError("the key frame has no picture")
        return cls(Place(epoch, serial), width, height, data[_KEY.size :])


class Info(NamedTuple):
    """
    What an origin says of itself, as long as it is alive.

    @ivar epoch: When it began.
    @ivar rights: What viewers of edges may do at the most, as C{Rights} has it.
    @ivar isOver: Whether it has ended in order.
    @ivar isOn: Whether it publishes; if not, the key frame may be old.
    """

    epoch: int
    rights: str = "view"
    isOver: bool = False
    isOn: bool = False

    def toBytes(self) -> bytes:
        """
        @return: It as it stands in the engine.
        """
        return json.dumps(self._asdict()).encode()

    @classmethod
    def fromBytes(cls, data: object) -> Info:
        """
        @raise ValueError: if it is none.
        """
        fields = _loaded(data, _ACT)
        if not isinstance(fields, dict):
            raise ValueError(f"{data!r:.60} is no info")
        epoch, rights, isOver, isOn = (fields.get(name) for name in cls._fields)
        if type(epoch) is not int or not isinstance(rights, str):
            raise ValueError(f"{data!r:.60} is no info")
        return cls(epoch, rights, isOver is True, isOn is True)


#: What there may be of each act: the largest values of its numbers, all from 0.
_NUMBERS: dict[str, tuple[int, ...]] = {
    "key": (0xFFFFFFFF, 1),
    "code": (0xFFFFFFFF, 0xFFFFFFFF, 1),
    "pointer": (0xFFFF, 0xFFFF, 0xFFFF),
    "hello": (1 << 20,),
    "left": (),
    "bye": (),
}

#: The same of a screen: id, column, row, width, height, flags.
_SCREEN = (0xFFFFFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFFFFFF)


class Act(NamedTuple):
    """
    What an edge or one of its viewers does.

    @ivar edge: Which edge: a number that it has drawn.
    @ivar order: How many acts of that edge came before it.
    @ivar viewer: The number of the viewer at the edge; 0 for the edge itself.
    @ivar rights: What the viewer may do, as the edge has judged it.
    @ivar what: C{("key", keysym, down)}, C{("code", keycode, keysym, down)},
        C{("pointer", x, y, buttons)}, C{("cut", text)}, C{("size", width, height,
        screens)}; C{("left",)} for a viewer that is gone; C{("hello", viewers)} and
        C{("bye",)} of edges.
    """

    edge: str
    order: int
    viewer: int
    rights: str
    what: tuple[Any, ...]

    def toBytes(self) -> bytes:
        """
        @return: It as the field of an entry.
        """
        return json.dumps(self, separators=(",", ":"), ensure_ascii=False).encode(
            "utf-8", "replace"
        )

    @classmethod
    def fromBytes(cls, data: object) -> Act:
        """
        @raise ValueError: if it is none.
        """
        fields = _loaded(data, _CUT)
        try:
            edge, order, viewer, rights, what = fields
            kind, *values = what
        except (TypeError, ValueError):
            raise ValueError(f"{data!r:.60} is no act") from None
        if (
            not isinstance(edge, str)
            or not 0 < len(edge) <= _EDGE
            or not isinstance(rights, str)
            or not _areNumbers((order, viewer), (1 << 53, 1 << 53))
            or not isinstance(kind, str)
            or not _isPlausible(kind, values)
            or (kind != "cut" and isinstance(data, bytes) and len(data) > _ACT)
        ):
            raise ValueError(f"{data!r:.60} is no act")
        if kind == "size":
            values[2] = tuple(map(tuple, values[2]))
        return cls(edge, order, viewer, rights, (kind, *values))


def _areNumbers(values: Sequence[Any], limits: Sequence[int]) -> bool:
    return len(values) == len(limits) and all(
        type(value) is int and 0 <= value <= limit
        for value, limit in zip(values, limits, strict=True)
    )


def _isPlausible(kind: str, values: list[Any]) -> bool:
    """
    @return: Whether there may be an act of that kind with these values.
    """
    if kind == "cut":
        return len(values) == 1 and isinstance(values[0], str)
    if kind == "size":
        if len(values) != 3 or not _areNumbers(values[:2], (0xFFFF, 0xFFFF)):
            return False
        screens = values[2]
        return isinstance(screens, list) and all(
            isinstance(screen, list) and _areNumbers(screen, _SCREEN)
            for screen in screens
        )
    return kind in _NUMBERS and _areNumbers(values, _NUMBERS[kind])


def _loaded(data: object, limit: int) -> Any:
    """
    @raise ValueError: if it is no JSON, or is too long.
    """
    if not isinstance(data, bytes) or len(data) > limit:
        raise ValueError(f"{data!r:.60} is too long")
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise ValueError(f"{data!r:.60} is no JSON") from None
