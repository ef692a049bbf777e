# Copyright (c) txrfb contributors.
# See LICENSE for details.

from typing import Any

def takeChanges(
    old: Any,
    oldStride: int,
    new: Any,
    newStride: int,
    rectangles: list[Any],
    tile: int,
    masked: bool,
    /,
) -> list[tuple[int, int, int, int]]: ...
def findChanges(
    old: Any,
    oldStride: int,
    new: Any,
    newStride: int,
    x: int,
    y: int,
    width: int,
    height: int,
    tile: int,
    masked: bool,
    /,
) -> bytes: ...
def moveRectangle(
    pixels: Any,
    stride: int,
    x: int,
    y: int,
    width: int,
    height: int,
    toX: int,
    toY: int,
    /,
) -> None: ...
def changedColumns(
    old: Any,
    oldStride: int,
    new: Any,
    newStride: int,
    x: int,
    y: int,
    width: int,
    height: int,
    /,
) -> tuple[int, int] | None: ...
def findScroll(
    old: Any,
    oldStride: int,
    new: Any,
    newStride: int,
    x: int,
    y: int,
    width: int,
    height: int,
    /,
) -> tuple[int, int, int] | None: ...
def splitPhotos(
    pixels: Any,
    stride: int,
    x: int,
    y: int,
    width: int,
    height: int,
    minimum: int,
    /,
) -> list[tuple[int, int, int, int, int]]: ...
def splitSolid(
    pixels: Any,
    stride: int,
    x: int,
    y: int,
    width: int,
    height: int,
    minimum: int,
    /,
) -> list[tuple[int, int, int, int, int]]: ...
def swizzle(
    pixels: Any,
    stride: int,
    x: int,
    y: int,
    width: int,
    height: int,
    red: int,
    green: int,
    blue: int,
    prefix: bytes,
    /,
) -> bytes: ...
def packRgb(
    pixels: Any,
    stride: int,
    x: int,
    y: int,
    width: int,
    height: int,
    filtered: bool,
    /,
) -> bytes: ...
def convert(
    pixels: Any,
    stride: int,
    x: int,
    y: int,
    width: int,
    height: int,
    tables: Any,
    size: int,
    /,
) -> bytes: ...
def palette(
    values: Any,
    stride: int,
    x: int,
    y: int,
    width: int,
    height: int,
    mask: int,
    maximum: int,
    /,
) -> tuple[bytes, bytes] | None: ...
def gradient(
    pixels: Any,
    stride: int,
    x: int,
    y: int,
    width: int,
    height: int,
    /,
) -> bytes: ...
def zrle(
    values: Any,
    stride: int,
    x: int,
    y: int,
    width: int,
    height: int,
    mask: int,
    tile: int,
    size: int,
    shift: int,
    bigEndian: bool,
    /,
) -> bytes: ...
def hextile(
    values: Any,
    stride: int,
    x: int,
    y: int,
    width: int,
    height: int,
    mask: int,
    size: int,
    bigEndian: bool,
    /,
) -> bytes: ...
def refreshTiles(
    old: Any,
    oldStride: int,
    new: Any,
    newStride: int,
    canvas: Any,
    canvasStride: int,
    x: int,
    y: int,
    width: int,
    height: int,
    layout: int,
    tile: int,
    /,
) -> bytes: ...
def rre(
    values: Any,
    stride: int,
    x: int,
    y: int,
    width: int,
    height: int,
    mask: int,
    size: int,
    bigEndian: bool,
    compact: bool,
    /,
) -> bytes | None: ...
