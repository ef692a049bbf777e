# -*- test-case-name: tests.framebuffers.test_testcard -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
How the test card looks: where its parts are, and those that do not move.
"""

from __future__ import annotations

import os
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from txrfb._version import __version__
from txrfb.geometry import Rectangle

__all__ = [
    "ACCENT",
    "BARS",
    "EDGE",
    "FAINT",
    "GROUND",
    "INK",
    "PANEL",
    "VIEWERS",
    "Color",
    "Layout",
    "font",
    "hasGlyph",
    "inside",
    "layout",
    "paintStill",
    "palette",
    "rounded",
    "swirl",
]

Color = tuple[int, int, int]

GROUND: Color = (15, 18, 26)
PANEL: Color = (26, 32, 45)
EDGE: Color = (52, 62, 84)
INK: Color = (238, 241, 248)
FAINT: Color = (133, 146, 170)
ACCENT: Color = (255, 176, 59)

#: White, the colors of light and their mixtures, and black.
BARS: tuple[Color, ...] = (
    (255, 255, 255),
    (255, 255, 0),
    (0, 255, 255),
    (0, 255, 0),
    (255, 0, 255),
    (255, 0, 0),
    (0, 0, 255),
    (0, 0, 0),
)

#: The colors of pointers, by the numbers of their viewers.
VIEWERS: tuple[Color, ...] = (
    (255, 92, 92),
    (74, 163, 255),
    (88, 214, 141),
    (255, 176, 59),
    (199, 125, 255),
    (64, 224, 208),
    (255, 133, 192),
    (201, 214, 64),
)

_PANGRAM = "Sphinx of black quartz, judge my vow: 0123456789 {[(<>)]} @#%&"

_NOWHERE = Rectangle(0, 0, 0, 0)

#: Sora Sagano's Aileron, version 1.102, of dotcolon.net, dedicated to the public domain
#: (CC0 1.0).
_FONT = os.path.join(os.path.dirname(__file__), "aileron.ttf")


@lru_cache(maxsize=64)
def font(size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """
    @param size: Pixels.

    @return: A font that is the same on every machine, with the letters of Latin-1; or
        what there is where Pillow was built without FreeType.
    """
    pixels = max(7, round(size))
    try:
        return ImageFont.truetype(_FONT, pixels)
    except ImportError:
        return ImageFont.load_default(pixels)


@lru_cache(maxsize=1024)
def hasGlyph(character: str) -> bool:
    """
    @return: Whether the font has a picture of a character.
    """
    face = font(17)
    return character.isascii() or (
        isinstance(face, ImageFont.FreeTypeFont)
        and bytes(face.getmask(character)) != bytes(face.getmask("\uffff"))
    )


class Layout(NamedTuple):
    """
    Where the parts of a card are.  Those that it has no room for are empty.

    @ivar unit: How large things are: 1.0 on a screen of 1024x768.
    @ivar clock: The time.
    @ivar counter: The number of the frame.
    @ivar bars: Bars of color.
    @ivar ramps: Gradients of gray, red, green and blue.
    @ivar text: Text of several sizes.
    @ivar patterns: Patterns of single pixels.
    @ivar motion: What moves.
    @ivar keys: The last keys.
    @ivar viewers: The viewers that are connected.
    @ivar sweep: A strip with a block that goes to and fro.
    """

    width: int
    height: int
    unit: float
    title: Rectangle
    clock: Rectangle
    counter: Rectangle
    bars: Rectangle
    ramps: Rectangle
    text: Rectangle
    patterns: Rectangle
    motion: Rectangle
    keys: Rectangle
    viewers: Rectangle
    sweep: Rectangle


def layout(width: int, height: int) -> Layout:
    """
    @return: The layout of a card of this size.
    """
    if width >= 240 and height >= 420 and height >= 1.2 * width:
        return _tall(width, height)
    if width < 400 or height < 300:
        return _small(width, height)
    unit = min(width / 1024, height / 768)

    def scaled(length: float) -> int:
        return round(length * unit)

    margin, gap = scaled(32), scaled(16)
    inner = width - 2 * margin
    title = Rectangle(margin, margin, inner // 2, scaled(76))
    size = scaled(250)
    clock = Rectangle(width - margin - size, margin - scaled(6), size, scaled(48))
    counter = Rectangle(clock.x, clock.bottom + scaled(2), size, scaled(22))
    sweep = Rectangle(margin, height - margin - scaled(8), inner, scaled(8))
    # What is left between the title and the sweep is shared out by weight.
    top = title.bottom + gap
    free = sweep.y - gap - top - 3 * gap
    heights = [free * weight // 100 for weight in (20, 15, 38, 27)]
    bars = Rectangle(margin, top, inner, heights[0])
    ramps = Rectangle(margin, bars.bottom + gap, inner, heights[1])
    row = ramps.bottom + gap
    third = (inner - 2 * gap) // 3
    panels = [
        Rectangle(margin + i * (third + gap), row, third, heights[2]) for i in range(3)
    ]
    row += heights[2] + gap
    keys = Rectangle(margin, row, 2 * third + gap, heights[3])
    viewers = Rectangle(panels[2].x, row, inner - 2 * (third + gap), heights[3])
    return Layout(
        *(width, height, unit, title, clock, counter, bars, ramps),
        *(panels[0], panels[1], panels[2], keys, viewers, sweep),
    )


def _tall(width: int, height: int) -> Layout:
    """
    @return: The layout of a card on a telephone that is held upright.
    """
    unit = min(width / 420, height / 800)

    def scaled(length: float) -> int:
        return round(length * unit)

    margin, gap = scaled(14), scaled(10)
    inner = width - 2 * margin
    size = scaled(130)
    title = Rectangle(margin, margin, inner - size - gap, scaled(48))
    clock = Rectangle(width - margin - size, margin, size, scaled(30))
    counter = Rectangle(clock.x, clock.bottom + scaled(1), size, scaled(17))
    sweep = Rectangle(margin, height - margin - scaled(8), inner, scaled(8))
    top = title.bottom + gap
    free = sweep.y - gap - top - 5 * gap
    rows = []
    for weight in (9, 9, 22, 18, 21, 21):
        rows.append(Rectangle(margin, top, inner, free * weight // 100))
        top = rows[-1].bottom + gap
    bars, ramps, both, text, keys, viewers = rows
    half = (inner - gap) // 2
    patterns = Rectangle(margin, both.y, half, both.height)
    motion = Rectangle(patterns.right + gap, both.y, half, both.height)
    return Layout(
        *(width, height, unit, title, clock, counter, bars, ramps),
        *(text, patterns, motion, keys, viewers, sweep),
    )


def _small(width: int, height: int) -> Layout:
    """
    @return: The layout of a card that has room for bars and a counter only.
    """
    line = min(24, height // 5)
    bars = Rectangle(0, 0, width, max(1, (height - line) * 2 // 3))
    ramps = Rectangle(0, bars.bottom, width, height - line - bars.bottom)
    counter = _NOWHERE
    if line >= 12 and width >= 120:
        counter = Rectangle(4, height - line + 2, width - 8, line - 4)
    empty = (_NOWHERE,) * 3
    return Layout(
        *(width, height, 0.5, _NOWHERE, _NOWHERE, counter, bars, ramps),
        *(*empty, _NOWHERE, _NOWHERE, _NOWHERE),
    )


def paintStill(where: Layout) -> Image.Image:
    """
    @return: All of the card that does not move, of mode C{RGB}.
    """
    image = Image.new("RGB", (where.width, where.height), GROUND)
    draw = ImageDraw.Draw(image)
    _bars(draw, where.bars)
    _ramps(image, where.ramps)
    if not where.title.isEmpty:
        _title(draw, where)
        for rectangle, name in (
            (where.text, "TEXT"),
            (where.patterns, "PIXELS"),
            (where.motion, "MOTION"),
            (where.keys, "KEYS"),
            (where.viewers, "VIEWERS"),
        ):
            _panel(image, rectangle, name, where.unit)
        _text(image, inside(where.text, where.unit), where.unit)
        _patterns(image, inside(where.patterns, where.unit))
        rounded(image, where.sweep, PANEL, where.sweep.height // 2)
    # The outermost pixels show whether a viewer cuts anything off.
    draw.rectangle((0, 0, where.width - 1, where.height - 1), outline=INK)
    return image


def inside(rectangle: Rectangle, unit: float) -> Rectangle:
    """
    @return: The part of a panel below its name.
    """
    margin, top = round(14 * unit), round(36 * unit)
    return Rectangle(
        rectangle.x + margin,
        rectangle.y + top,
        rectangle.width - 2 * margin,
        rectangle.height - top - margin,
    )


def _panel(image: Image.Image, rectangle: Rectangle, name: str, unit: float) -> None:
    """
    Paint an empty panel with its name.
    """
    rounded(image, rectangle, EDGE, round(10 * unit))
    x, y, width, height = rectangle
    inner = Rectangle(x + 1, y + 1, width - 2, height - 2)
    rounded(image, inner, PANEL, round(10 * unit) - 1)
    _spaced(
        ImageDraw.Draw(image), (x + 14 * unit, y + 22 * unit), name, 12 * unit, FAINT
    )


def _spaced(
    draw: ImageDraw.ImageDraw,
    at: tuple[float, float],
    text: str,
    size: float,
    color: Color,
) -> None:
    """
    Write capitals with some space between them.

    @param at: Where the base line starts.
    """
    x, y = at
    for character in text:
        draw.text((x, y), character, fill=color, font=font(size), anchor="ls")
        x += draw.textlength(character, font(size)) + size * 0.12


def rounded(
    image: Image.Image, rectangle: Rectangle, color: Color, radius: int
) -> None:
    """
    Fill a rectangle with smooth round corners.
    """
    x, y, width, height = rectangle
    radius = max(0, min(radius, width // 2, height // 2))
    mask = Image.new("L", (width, height), 255)
    if radius:
        disc = _disc(radius)
        for left, top in ((0, 0), (1, 0), (0, 1), (1, 1)):
            quarter = disc.crop(
                (left * radius, top * radius, (left + 1) * radius, (top + 1) * radius)
            )
            mask.paste(quarter, (left * (width - radius), top * (height - radius)))
    image.paste(color, (x, y), mask)


@lru_cache(maxsize=32)
def _disc(radius: int) -> Image.Image:
    size = radius * 2
    large = Image.new("L", (size * 8, size * 8), 0)
    ImageDraw.Draw(large).ellipse((0, 0, size * 8 - 1, size * 8 - 1), fill=255)
    return large.resize((size, size), Image.Resampling.BOX)


def _title(draw: ImageDraw.ImageDraw, where: Layout) -> None:
    x, y, _, height = where.title
    unit = height / 76
    large = font(76 * unit)
    base = y + height - round(14 * unit)
    draw.text((x - 3 * unit, base), "txrfb", fill=INK, font=large, anchor="ls")
    x += round(draw.textlength("txrfb", large) + 22 * unit)
    for line, color, rise in (
        ("VNC for Twisted", INK, 28),
        (f"{__version__}  ·  {where.width} x {where.height}", FAINT, 0),
    ):
        draw.text(
            (x, base - rise * unit), line, fill=color, font=font(19 * unit), anchor="ls"
        )


def _bars(draw: ImageDraw.ImageDraw, area: Rectangle) -> None:
    for i, color in enumerate(BARS):
        left = area.x + area.width * i // 8
        right = area.x + area.width * (i + 1) // 8
        if right > left and area.height:
            draw.rectangle((left, area.y, right - 1, area.bottom - 1), fill=color)


def _ramps(image: Image.Image, area: Rectangle) -> None:
    """
    Each of the 256 levels of gray, red, green and blue.
    """
    if area.isEmpty:
        return
    level = (np.arange(area.width) * 256 // area.width).astype(np.uint8)
    ramps = np.zeros((area.height, area.width, 3), np.uint8)
    for i, bands in enumerate(((0, 1, 2), (0,), (1,), (2,))):
        top, bottom = area.height * i // 4, area.height * (i + 1) // 4
        for band in bands:
            ramps[top:bottom, :, band] = level
    image.paste(Image.fromarray(ramps), (area.x, area.y))


def _text(image: Image.Image, area: Rectangle, unit: float) -> None:
    """
    Light text on dark, and dark text on light.
    """
    half = area.height // 2
    # Letters get no smaller than 7 pixels: there are fewer lines instead.
    rising: tuple[int, ...] = (11, 13, 16, 22) if unit >= 0.6 else (13, 22)
    while len(rising) > 1 and sum(rising) * unit > half:
        rising = rising[1:]
    for top, ground, ink, sizes in (
        (0, PANEL, INK, rising),
        (half, (250, 250, 247), (20, 20, 24), rising[::-1]),
    ):
        block = Image.new("RGB", (area.width, half), ground)
        draw = ImageDraw.Draw(block)
        space = half - sum(sizes) * unit
        y = 0.0
        for size in sizes:
            y += space / (len(sizes) + 1) + size * unit
            x = 0.0 if ground == PANEL else 8 * unit
            base = (x, y - 0.2 * size * unit)
            text = _PANGRAM
            while draw.textlength(text, font(size * unit)) > area.width - 2 * x:
                text = text.rpartition(" ")[0]
            draw.text(base, text, fill=ink, font=font(size * unit), anchor="ls")
        image.paste(block, (area.x, area.y + top))


def _patterns(image: Image.Image, area: Rectangle) -> None:
    """
    Single pixels: a checkerboard, lines both ways, and a grid with a circle.
    """
    width, height = area.width // 2, area.height // 2
    if width < 8 or height < 8:
        return
    rows, columns = np.mgrid[0:height, 0:width]
    grid = (columns % 8 == 0) | (rows % 8 == 0)
    tiles = ((columns + rows) % 2, columns % 2, rows % 2, grid)
    for i, tile in enumerate(tiles):
        part = Image.fromarray((tile != 0).astype(np.uint8) * 255).convert("RGB")
        if i == 3:
            radius = min(width, height) // 2 - 4
            ring = Image.new("L", part.size, 0)
            for reach, value in ((radius, 255), (radius - max(2, radius // 16), 0)):
                if reach > 0:
                    x0, y0 = width // 2 - reach, height // 2 - reach
                    ring.paste(
                        value, (x0, y0, x0 + 2 * reach, y0 + 2 * reach), _disc(reach)
                    )
            part.paste(ACCENT, (0, 0), ring)
        image.paste(part, (area.x + i % 2 * width, area.y + i // 2 * height))


def palette() -> NDArray[np.uint32]:
    """
    @return: 256 pixels that go round from color to color.
    """
    stops = np.array(
        [
            (12, 20, 69),
            (88, 28, 135),
            (219, 39, 119),
            (251, 146, 60),
            (254, 240, 190),
            (45, 212, 191),
            (14, 116, 184),
            (12, 20, 69),
        ],
        float,
    )
    at = np.linspace(0, len(stops) - 1, 256, endpoint=False)
    bands = [np.interp(at, np.arange(len(stops)), stops[:, i]) for i in range(3)]
    pixels = np.zeros((256, 4), np.uint8)
    for i, band in enumerate(bands):
        pixels[:, 2 - i] = np.round(band)
    return pixels.view(np.uint32)[:, 0].copy()


def swirl(width: int, height: int) -> NDArray[np.uint8]:
    """
    @return: For each pixel of a picture where in the L{palette} it begins.
    """
    y, x = np.mgrid[0:height, 0:width]
    scale = max(width, height)
    x = (x - width / 2) / scale
    y = (y - height / 2) / scale
    turn = np.arctan2(y, x) / (2 * np.pi)
    far = np.hypot(x, y)
    wave = np.sin(x * 9 + 1) + np.sin(y * 11 - 2) + np.sin((x + y) * 8)
    value = (turn * 2 + far * 1.6) * 256 + wave * 18
    index: NDArray[np.uint8] = (np.floor(value).astype(np.int64) & 255).astype(np.uint8)
    return index
