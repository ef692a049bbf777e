# -*- test-case-name: tests.benchmarks.test_benchmarks -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.
"""
Pictures made by code, the same on every run: text, windows, desktops, photos.

Everything here works with RGB Pillow images; L{toPixels} turns one into rows of
B G R X bytes.  All randomness comes from numpy generators with fixed seeds.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Pixels = NDArray[np.uint8]
Color = tuple[int, int, int]

WORDS = (
    "the of and to in a is that for it as was with be by on not he this are or his "
    "from at which but have an had they you were their one all we can her has there "
    "been if more when will would who so no out up into than them only time some "
    "could these two may then do first any my now such like our over man me even "
    "most made after also did many before must through years where much your way "
    "well down should because each just those people how too little state good very "
    "make world still own see men work long here get both between life being under "
    "never day same another know while last might us great old year off come since "
    "against go came right used take three protocol viewer rectangle measurement "
    "encoder quarterly budget committee window kernel temperature distribution"
).split()

_FACES = {
    "sans": "DejaVuSans.ttf",
    "bold": "DejaVuSans-Bold.ttf",
    "mono": "DejaVuSansMono.ttf",
    "serif": "DejaVuSerif.ttf",
}


@cache
def font(face: str, size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """
    A font of the DejaVu family, or Pillow's own where DejaVu is not installed.

    @param face: C{"sans"}, C{"bold"}, C{"mono"} or C{"serif"}.
    @param size: The size in pixels.
    """
    try:
        return ImageFont.truetype(_FACES[face], size)
    except OSError:
        return ImageFont.load_default(size)


def toPixels(image: Image.Image) -> Pixels:
    """
    An image as an array of C{(height, width, 4)}: B, G, R and a zero.
    """
    rgb = np.asarray(image.convert("RGB"))
    pixels = np.zeros((*rgb.shape[:2], 4), np.uint8)
    pixels[..., :3] = rgb[..., ::-1]
    return pixels


def sentences(seed: int) -> Iterator[str]:
    """
    An endless stream of words, with capitals and full stops.
    """
    rng = np.random.default_rng(seed)
    while True:
        count = int(rng.integers(6, 18))
        chosen = [WORDS[int(k)] for k in rng.integers(0, len(WORDS), count)]
        chosen[0] = chosen[0].capitalize()
        yield from chosen[:-1]
        yield chosen[-1] + "."


def paragraph(
    draw: ImageDraw.ImageDraw,
    box: tuple[int, int, int, int],
    seed: int,
    ink: Color,
    face: str = "sans",
    size: int = 15,
    leading: int = 22,
) -> None:
    """
    Fill a box with running text, word wrapped.

    @param box: left, top, right, bottom.
    """
    left, top, right, bottom = box
    words = sentences(seed)
    typeface = font(face, size)
    space = typeface.getlength(" ")
    word = next(words)
    for y in range(top, bottom - leading + 1, leading):
        x = float(left)
        line = []
        while x + typeface.getlength(word) <= right:
            line.append(word)
            x += typeface.getlength(word) + space
            word = next(words)
        draw.text((left, y), " ".join(line), font=typeface, fill=ink)


_CODE_INKS: dict[bool, list[Color]] = {
    False: [(36, 41, 46), (215, 58, 73), (0, 92, 197), (106, 115, 125), (3, 47, 98)],
    True: [
        (212, 212, 212),
        (197, 134, 192),
        (86, 156, 214),
        (106, 153, 85),
        (206, 145, 120),
    ],
}


def code(
    draw: ImageDraw.ImageDraw,
    box: tuple[int, int, int, int],
    seed: int,
    dark: bool = False,
    size: int = 15,
    leading: int = 20,
) -> None:
    """
    Fill a box with something that looks like colored source text with line numbers.
    """
    left, top, right, bottom = box
    rng = np.random.default_rng(seed)
    typeface = font("mono", size)
    advance = typeface.getlength("m")
    inks = _CODE_INKS[dark]
    indent = 0
    for number, y in enumerate(range(top, bottom - leading + 1, leading), 1):
        draw.text((left, y), f"{number:4d}", font=typeface, fill=(140, 140, 150))
        if rng.random() < 0.12:
            indent = int(rng.integers(0, 3))
            continue
        indent = max(0, min(6, indent + int(rng.integers(-1, 2))))
        x = left + (6 + 4 * indent) * advance
        for _ in range(int(rng.integers(1, 9))):
            word = WORDS[int(rng.integers(0, len(WORDS)))]
            word += ("", "(", ")", ":", ",", " =", "_x", "[0]")[int(rng.integers(0, 8))]
            if x + advance * len(word) > right:
                break
            ink = inks[int(rng.choice(5, p=(0.5, 0.15, 0.15, 0.1, 0.1)))]
            draw.text((x, y), word, font=typeface, fill=ink)
            x += advance * (len(word) + 1)


def window(
    size: tuple[int, int],
    title: str,
    paper: Color,
    bar: Color = (222, 224, 228),
) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """
    An empty window: a frame, a title bar of 32 pixels with buttons, and paper.
    """
    width, height = size
    image = Image.new("RGB", size, paper)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, width - 1, 31), fill=bar)
    draw.text((14, 6), title, font=font("bold", 15), fill=(60, 62, 66))
    for k, color in enumerate(((237, 106, 94), (245, 191, 79), (98, 197, 84))):
        x = width - 28 - 26 * k
        draw.ellipse((x, 9, x + 13, 22), fill=color, outline=(120, 120, 120))
    draw.rectangle((0, 0, width - 1, height - 1), outline=(96, 98, 104))
    return image, draw


def _octave(
    rng: np.random.Generator, size: tuple[int, int], cell: int
) -> NDArray[np.float32]:
    """
    Smooth noise of about unit amplitude whose features are C{cell} pixels large.
    """
    width, height = size
    coarse = rng.standard_normal((height // cell + 2, width // cell + 2))
    image = Image.fromarray(coarse.astype(np.float32))
    return np.asarray(image.resize(size, Image.Resampling.BICUBIC))


def photo(
    width: int, height: int, seed: int, grain: float = 1.5
) -> NDArray[np.float32]:
    """
    Something that encoders take for a photo: light and soft background, and in places
    that are in focus shapes, texture and sensor noise.  Deflate makes it 1.6 to 1.8
    times smaller, as it does with photos.

    @param grain: The standard deviation of the sensor noise, in steps of 255.
    @return: R, G, B as float32 of shape C{(height, width, 3)}, 0 to 255.
    """
    rng = np.random.default_rng(seed)
    size = (width, height)
    focus = np.clip(0.25 + 1.3 * _octave(rng, size, 190), 0, 1)
    light = 30 * _octave(rng, size, 430)
    detail = np.zeros((height, width), np.float32)
    for cell, amplitude in ((48, 14.0), (16, 12.0), (7, 10.0), (3, 9.0)):
        detail += amplitude * _octave(rng, size, cell)
    detail += grain * rng.standard_normal(detail.shape, np.float32)
    # Objects with edges, each with a shade of its own.
    tint = rng.uniform(70, 150, 3).astype(np.float32)
    shades = np.zeros((height, width, 3), np.float32)
    shades += tint
    for _ in range(max(4, width * height // 40000)):
        x, y = int(rng.integers(0, width)), int(rng.integers(0, height))
        reach = rng.integers(20, 150, 12)
        points = [
            (
                x + float(r) * float(np.cos(k * np.pi / 6)),
                y + float(r) * float(np.sin(k * np.pi / 6)),
            )
            for k, r in enumerate(reach)
        ]
        mask = Image.new("1", size, 0)
        ImageDraw.Draw(mask).polygon(points, fill=1)
        shades[np.asarray(mask)] = tint + rng.uniform(-50, 50, 3).astype(np.float32)
    # Chroma is softer than luma, and the soft background has few steps of it.
    picture = np.empty((height, width, 3), np.float32)
    for channel in range(3):
        color = 14 * _octave(rng, size, 120)
        noise = 0.4 * grain * rng.standard_normal(detail.shape, np.float32)
        picture[..., channel] = (
            shades[..., channel] + light + color + focus * (detail + noise)
        )
    return np.clip(picture, 0, 255)


def photoImage(width: int, height: int, seed: int, grain: float = 1.5) -> Image.Image:
    """
    L{photo} as a Pillow image.
    """
    return Image.fromarray(photo(width, height, seed, grain).astype(np.uint8))


def desktop(
    width: int, height: int, clock: str = "19:51:07", hue: Color = (58, 110, 165)
) -> Image.Image:
    """
    A desktop of one color with icons and a task bar with a clock.
    """
    image = Image.new("RGB", (width, height), hue)
    draw = ImageDraw.Draw(image)
    for k in range(max(1, (height - 80) // 110)):
        y = 24 + 110 * k
        shade = (240 - 17 * k, 190 + 5 * k, 90 + 15 * k)
        draw.rounded_rectangle((28, y, 84, y + 52), 9, fill=shade, outline=(40, 44, 50))
        draw.text(
            (22, y + 58), WORDS[-1 - k], font=font("sans", 13), fill=(255, 255, 255)
        )
    top = height - 40
    draw.rectangle((0, top, width - 1, height - 1), fill=(32, 35, 42))
    for k, name in enumerate(("Editor", "Letters", "Terminal", "Pictures")):
        x = 60 + 190 * k
        draw.rounded_rectangle((x, top + 5, x + 176, height - 6), 6, fill=(58, 62, 72))
        draw.text((x + 14, top + 11), name, font=font("sans", 14), fill=(230, 232, 236))
    drawClock(image, clock)
    return image


def drawClock(image: Image.Image, text: str) -> None:
    """
    Paint the clock of L{desktop}.
    """
    width, height = image.size
    draw = ImageDraw.Draw(image)
    draw.rectangle(
        (width - 110, height - 36, width - 10, height - 4), fill=(32, 35, 42)
    )
    draw.text(
        (width - 96, height - 30), text, font=font("mono", 17), fill=(236, 238, 240)
    )
