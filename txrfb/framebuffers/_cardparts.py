# -*- test-case-name: tests.framebuffers.test_testcard -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The small things on a test card that come and go: key caps, digits, pointers.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from txrfb.framebuffers._card import (
    EDGE,
    FAINT,
    GROUND,
    INK,
    PANEL,
    VIEWERS,
    Color,
    font,
    hasGlyph,
    rounded,
)
from txrfb.geometry import Rectangle
from txrfb.keysyms import nameOf, toUnicode

__all__ = [
    "Digits",
    "crosshair",
    "keyCap",
    "labelOf",
    "note",
    "pixelsOf",
    "printed",
    "sprite",
    "wrapped",
]


def pixelsOf(image: Image.Image) -> NDArray[np.uint8]:
    """
    @return: An image of mode C{RGB} as a framebuffer's pixels, of shape (height,
        width, 4).
    """
    pixels = np.zeros((image.height, image.width, 4), np.uint8)
    pixels[..., 2::-1] = np.asarray(image)
    return pixels


def labelOf(keysym: int) -> str:
    """
    @return: What is on a key: its character, if it prints one that the font has, or its
        name.
    """
    character = toUnicode(keysym)
    if character is not None and not character.isspace() and hasGlyph(character):
        return character
    name = nameOf(keysym).removeprefix("XF86").replace("_", " ")
    return name[0].upper() + name[1:]


def printed(text: str) -> str:
    """
    @return: The text, with escapes for what cannot be seen or drawn.
    """
    return "".join(
        one
        if one.isprintable() and hasGlyph(one)
        else one.encode("unicode_escape").decode("ascii")
        for one in text
    )


@lru_cache(maxsize=256)
def keyCap(name: str, color: Color | None, unit: float) -> NDArray[np.uint8]:
    """
    @param name: The name of a key.

    @param color: The color of the viewer who holds it, or C{None} if nobody
        does.

    @return: Its pixels.
    """
    face = font(17 * unit)
    height = round(34 * unit)
    width = max(height, round(face.getlength(name) + 18 * unit))
    image = Image.new("RGB", (width, height), PANEL)
    rounded(image, Rectangle(0, 0, width, height), color or EDGE, round(6 * unit))
    ImageDraw.Draw(image).text(
        (width / 2, height / 2),
        name,
        fill=GROUND if color else INK,
        font=face,
        anchor="mm",
    )
    return pixelsOf(image)


def wrapped(
    caps: Sequence[NDArray[np.uint8]], width: int, height: int, gap: int
) -> list[tuple[NDArray[np.uint8], int, int]]:
    """
    Put key caps into rows, as many of the last as there is room for.

    @param caps: Their pixels, all equally high.

    @param width: How wide rows are.

    @param height: How high all of them are, at the most, unless there is but one.

    @param gap: What is between caps.

    @return: Each with the column and the row where it is.
    """
    for first in range(len(caps)):
        placed: list[tuple[NDArray[np.uint8], int, int]] = []
        x = y = 0
        for cap in caps[first:]:
            if x and x + cap.shape[1] > width:
                x, y = 0, y + cap.shape[0] + gap
            placed.append((cap, x, y))
            x += cap.shape[1] + gap
        if not y or y + caps[0].shape[0] <= height:
            return placed
    return []


@lru_cache(maxsize=32)
def note(text: str, size: int) -> NDArray[np.uint8]:
    """
    @return: The pixels of a line of faint text on a panel.
    """
    face = font(size)
    image = Image.new(
        "RGB", (max(1, round(face.getlength(text))), size * 3 // 2), PANEL
    )
    draw = ImageDraw.Draw(image)
    draw.text((0, size * 1.1), text, fill=FAINT, font=face, anchor="ls")
    return pixelsOf(image)


class Digits:
    """
    Characters painted once, to be put together to lines.
    """

    def __init__(self, height: int, color: Color) -> None:
        """
        @param height: How high a line is.

        @param color: The color of the characters.
        """
        self._height = height
        self._color = color
        self._cells: dict[str, NDArray[np.uint8]] = {}

    def line(self, text: str) -> NDArray[np.uint8]:
        """
        @return: Pixels of shape (height, width, 4).
        """
        if not text:
            return np.zeros((0, 0, 4), np.uint8)
        cells = self._cells
        for character in text:
            if character not in cells:
                cells[character] = self._cell(character)
        return np.concatenate([cells[character] for character in text], 1)

    def _cell(self, character: str) -> NDArray[np.uint8]:
        face = font(self._height * 0.92)
        # All digits are as wide as the widest of them.
        widest = "0123456789" if character.isdigit() else character
        width = max(1, round(max(face.getlength(one) for one in widest)))
        image = Image.new("RGB", (width, self._height), GROUND)
        ImageDraw.Draw(image).text(
            (width / 2, self._height * 0.84),
            character,
            fill=self._color,
            font=face,
            anchor="ms",
        )
        return pixelsOf(image)


@lru_cache(maxsize=64)
def sprite(number: int, buttons: int) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """
    The pointer of a viewer: an arrow, and a badge with the viewer's number and
    a lamp for each button: left, middle, right, the wheel's four ways, back and
    forward.

    @return: Pixels of shape (height, width, 4) times 256, and how much of what is
        below shows through them, 0 to 256, of the same shape.  The arrow's tip
        is at (1, 1).
    """
    scale = 4
    color = VIEWERS[(number - 1) % len(VIEWERS)]
    image = Image.new("RGBA", (92 * scale, 44 * scale))
    draw = ImageDraw.Draw(image)
    arrow = [
        (1, 1),
        (1, 22),
        (6.5, 17),
        (10, 25),
        (14, 23.3),
        (10.5, 15.5),
        (17.5, 15.5),
    ]
    points = [(x * scale, y * scale) for x, y in arrow]
    draw.polygon(points, fill=color)
    draw.line([*points, points[0], points[1]], fill="white", width=5, joint="curve")
    badge = tuple(part * scale for part in (18, 22, 91, 43))
    draw.rounded_rectangle(badge, 5 * scale, (*GROUND, 235), color, scale)
    draw.text(
        (27 * scale, 32.5 * scale),
        str(number % 100),
        fill=color,
        font=font(13 * scale),
        anchor="mm",
    )
    for bit in range(9):
        x = (36 + bit * 6) * scale
        lamp = (x, 29 * scale, x + 4 * scale, 36 * scale)
        fill = color if buttons >> bit & 1 else EDGE
        draw.rounded_rectangle(lamp, scale, fill)
    image = image.resize((92, 44), Image.Resampling.BOX)
    pixels = np.asarray(image).astype(np.uint16)
    alpha = pixels[..., [3, 3, 3, 3]]
    alpha += alpha >> 7
    pixels = pixels[..., [2, 1, 0, 3]] * alpha
    pixels[..., 3] = 0
    return pixels, np.uint16(256) - alpha


def crosshair() -> Image.Image:
    """
    @return: The shape of the pointer that viewers draw by themselves.
    """
    image = Image.new("RGBA", (17, 17))
    draw = ImageDraw.Draw(image)
    for width, color in ((3, "black"), (1, "white")):
        reach = 0 if width == 3 else 1
        for a, b in ((reach, 5), (11, 16 - reach)):
            draw.line((8, a, 8, b), fill=color, width=width)
            draw.line((a, 8, b, 8), fill=color, width=width)
    return image
