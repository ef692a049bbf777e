# -*- test-case-name: tests.benchmarks.test_benchmarks -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.
"""
What happens on the screens of the workloads: each scene is a generator of L{Shot}s.

A scene says what the whole screen looks like after each step and what an application
would have told its server about moved pixels; L{benchmarks.workloads} finds the damage.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageDraw

from benchmarks import painting
from benchmarks.painting import Pixels, toPixels

Copy = tuple[int, int, int, int, int, int]
"""A move of pixels: from x, from y, to x, to y, width, height."""


@dataclass
class Shot:
    """
    One frame of a scene.

    @ivar pixels: The whole screen, C{(height, width, 4)}.
    @ivar copies: The moves that the application would announce, done in this order
        on the frame before this one.
    @ivar whole: The application says that everything may have changed.
    @ivar damage: What the application says has changed, as C{(x, y, w, h)}; the tiles
        with a changed pixel if this is empty.
    """

    pixels: Pixels
    copies: list[Copy] = field(default_factory=list)
    whole: bool = False
    damage: list[tuple[int, int, int, int]] = field(default_factory=list)


Scene = Callable[[int, int], Iterator[Shot]]


@dataclass
class _Window:
    """
    A picture at a place of the desktop.
    """

    image: Image.Image
    x: int
    y: int


def _stack(background: Image.Image, windows: list[_Window]) -> Image.Image:
    """
    The desktop with its windows, the last on top.
    """
    screen = background.copy()
    for item in windows:
        screen.paste(item.image, (item.x, item.y))
    return screen


def _letterWindow(width: int, height: int, seed: int) -> Image.Image:
    image, draw = painting.window((width, height), "Letters", (255, 255, 255))
    draw.text(
        (48, 52),
        "Report of the committee",
        font=painting.font("bold", 26),
        fill=(30, 40, 90),
    )
    draw.line((48, 92, width - 48, 92), fill=(30, 40, 90), width=2)
    painting.paragraph(
        draw, (48, 108, width - 48, height - 24), seed, (25, 25, 28), "serif", 17, 25
    )
    return image


def _editorWindow(
    width: int, height: int, seed: int, dark: bool = False
) -> Image.Image:
    paper = (30, 30, 36) if dark else (253, 253, 250)
    image, draw = painting.window((width, height), "Editor", paper)
    painting.code(draw, (12, 44, width - 16, height - 12), seed, dark)
    return image


def office(width: int, height: int) -> Iterator[Shot]:
    """
    An office day in 60 frames: the first screen, 30 frames of typing with a clock, 10
    of scrolling, 11 of dragging a window, a menu, window switches, a photo.
    """
    background = painting.desktop(width, height)
    editor = _Window(
        _editorWindow(width * 45 // 100, height * 78 // 100, 1),
        width * 7 // 100,
        height * 5 // 100,
    )
    letter = _Window(
        _letterWindow(width * 43 // 100, height * 80 // 100, 2),
        width * 55 // 100,
        height * 6 // 100,
    )
    terminal = _Window(
        _editorWindow(width * 34 // 100, height * 34 // 100, 3, dark=True),
        width * 40 // 100,
        height * 57 // 100,
    )
    windows = [letter, terminal, editor]

    def shot(copies: list[Copy] | None = None) -> Shot:
        return Shot(toPixels(_stack(background, windows)), copies or [])

    first = shot()
    first.whole = True
    yield first

    # Typing at the end of a line of the editor; the clock moves every fifth key.
    typeface = painting.font("mono", 15)
    advance = int(typeface.getlength("m"))
    draw = ImageDraw.Draw(editor.image)
    line = 44 + 20 * (editor.image.height // 50)
    draw.rectangle((74, line, editor.image.width - 20, line + 19), fill=(253, 253, 250))
    text = "def measured(frames): return sum"
    for k in range(30):
        x = 76 + advance * k
        draw.line((x, line + 1, x, line + 18), fill=(253, 253, 250))
        draw.text((x, line), text[k], font=typeface, fill=(0, 92, 197))
        draw.line((x + advance, line + 1, x + advance, line + 18), fill=(0, 0, 0))
        if k % 5 == 4:
            painting.drawClock(background, f"19:51:{8 + k // 5:02d}")
        yield shot()

    # Scrolling the letter by three lines a step, with the letter on top.
    windows.remove(letter)
    windows.append(letter)
    inner = letter.image.width - 20
    body, bottom = 100, letter.image.height - 20
    endless = Image.new("RGB", (inner, bottom - body + 75 * 12), (255, 255, 255))
    painting.paragraph(
        ImageDraw.Draw(endless),
        (38, 8, inner - 38, endless.height),
        2,
        (25, 25, 28),
        "serif",
        17,
        25,
    )
    for k in range(1, 11):
        view = endless.crop((0, 75 * k, inner, 75 * k + bottom - body))
        letter.image.paste(view, (10, body))
        x, y = letter.x + 10, letter.y + body
        yield shot([(x, y + 75, x, y, inner, bottom - body - 75)] if k > 1 else [])

    # Dragging the terminal, on top, by odd steps.
    windows.remove(terminal)
    windows.append(terminal)
    for k in range(11):
        x, y = terminal.x, terminal.y
        terminal.x -= width * 37 // 1920
        terminal.y -= height * 23 // 1080
        move = (x, y, terminal.x, terminal.y, *terminal.image.size)
        yield shot([move] if k else [])

    # A menu opens, its highlight moves, it closes.
    menu, draw = painting.window((260, 340), "Menu", (248, 248, 250))
    for selected in (0, 3):
        for k in range(10):
            top = 36 + 30 * k
            blue = k == selected
            draw.rectangle(
                (2, top, 257, top + 29),
                fill=(38, 110, 220) if blue else (248, 248, 250),
            )
            ink = (255, 255, 255) if blue else (30, 30, 34)
            draw.text(
                (18, top + 6),
                painting.WORDS[-2 - k],
                font=painting.font("sans", 14),
                fill=ink,
            )
        windows.append(_Window(menu, width * 30 // 100, height * 20 // 100))
        yield shot()
        windows.pop()
    yield shot()

    # Windows come to the front, then a photo is opened and put away behind one of them.
    for item in (editor, terminal, editor):
        windows.remove(item)
        windows.append(item)
        yield shot()
    frame, draw = painting.window((664, 472), "Pictures", (24, 24, 26))
    frame.paste(painting.photoImage(640, 427, 7), (12, 36))
    windows.append(_Window(frame, width * 33 // 100, height * 22 // 100))
    yield shot()
    windows.remove(letter)
    windows.append(letter)
    yield shot()


def video(width: int, height: int) -> Iterator[Shot]:
    """
    A film of 640x360 in a window: a moving view of a large picture with a little
    fresh grain in its brightness.
    """
    background = painting.desktop(width, height)
    paper = _editorWindow(width * 60 // 100, height * 80 // 100, 4)
    background.paste(paper, (width * 20 // 100, height * 6 // 100))
    w, h = width // 3, height // 3
    frame, _draw = painting.window((w + 8, h + 40), "Film", (0, 0, 0))
    x, y = width * 37 // 100, height * 29 // 100
    background.paste(frame, (x, y))
    scenery = painting.photo(w + 60 * 5, h + 60 * 3, 8, grain=0)
    rng = np.random.default_rng(9)
    screen = toPixels(background)
    for k in range(60):
        view = scenery[3 * k : 3 * k + h, 5 * k : 5 * k + w]
        grain = rng.standard_normal((h, w, 1), np.float32)
        picture = np.clip(view + 0.7 * grain, 0, 255).astype(np.uint8)
        screen[y + 36 : y + 36 + h, x + 4 : x + 4 + w, :3] = picture[..., ::-1]
        yield Shot(screen.copy(), whole=k == 0)


def slides(width: int, height: int) -> Iterator[Shot]:
    """
    Twelve full-screen slides: gradients, large text, a chart or a photo on some.
    """
    rng = np.random.default_rng(10)
    for k in range(12):
        top = rng.integers(20, 250, 3).astype(np.float32)
        low = rng.integers(20, 250, 3).astype(np.float32)
        ramp = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
        shade = np.broadcast_to(top + (low - top) * ramp, (height, width, 3))
        image = Image.fromarray(shade.astype(np.uint8))
        draw = ImageDraw.Draw(image)
        margin = width // 16
        draw.text(
            (margin, height // 12),
            " ".join(painting.WORDS[-12 + k : -9 + k] or ["End"]).title(),
            font=painting.font("bold", max(12, height // 14)),
            fill=(255, 255, 255),
            stroke_width=2,
            stroke_fill=(20, 20, 24),
        )
        right = width // 2 if k % 3 else width - margin
        paper = (margin, height // 4, right, height - height // 10)
        draw.rectangle(paper, fill=(250, 250, 252))
        painting.paragraph(
            draw,
            (paper[0] + 30, paper[1] + 24, paper[2] - 30, paper[3] - 20),
            20 + k,
            (30, 34, 40),
            "sans",
            max(10, height // 36),
            max(14, height // 24),
        )
        if k % 3 == 1:
            size = (width * 2 // 5, height // 2)
            image.paste(
                painting.photoImage(*size, 30 + k), (width * 11 // 20, height // 4)
            )
        if k % 3 == 2:
            for bar, value in enumerate(rng.uniform(0.2, 1.0, 9)):
                x = width * 11 // 20 + bar * width // 24
                y = height * 8 // 10
                draw.rectangle(
                    (x, y - int(float(value) * height / 2), x + width // 32, y),
                    fill=(40 + 22 * bar, 120, 210 - 18 * bar),
                )
        yield Shot(toPixels(image), whole=True)


def typing(width: int, height: int) -> Iterator[Shot]:
    """
    One glyph a frame in a terminal, 60 of them after the first screen.
    """
    image = painting.desktop(width, height)
    page = _editorWindow(width * 60 // 100, height * 80 // 100, 5, dark=True)
    image.paste(page, (width * 20 // 100, height * 6 // 100))
    draw = ImageDraw.Draw(image)
    typeface = painting.font("mono", 15)
    advance = int(typeface.getlength("m"))
    left, line = width * 25 // 100, height // 2
    draw.rectangle((left, line, left + 60 * advance, line + 19), fill=(30, 30, 36))
    yield Shot(toPixels(image), whole=True)
    text = " ".join(
        word for word, _ in zip(painting.sentences(6), range(40), strict=False)
    )
    for k in range(60):
        draw.text(
            (left + advance * k, line),
            text[k].replace(" ", "_"),
            font=typeface,
            fill=(212, 212, 212),
        )
        yield Shot(toPixels(image))


def idle(width: int, height: int) -> Iterator[Shot]:
    """
    A screen, then 60 frames in which nothing changes though everything might have.
    """
    image = painting.desktop(width, height)
    image.paste(
        _editorWindow(width // 2, height * 3 // 4, 11), (width // 5, height // 9)
    )
    pixels = toPixels(image)
    for _ in range(61):
        yield Shot(pixels, whole=True)


def noise(width: int, height: int) -> Iterator[Shot]:
    """
    Six full screens that nothing can compress.
    """
    rng = np.random.default_rng(12)
    for _ in range(6):
        pixels = rng.integers(0, 256, (height, width, 4), np.uint8)
        pixels[..., 3] = 0
        yield Shot(pixels, whole=True)


def flat(width: int, height: int) -> Iterator[Shot]:
    """
    Six full screens of desktop in alternating colors.
    """
    for k in range(6):
        hue = (58, 110, 165) if k % 2 else (90, 60, 120)
        yield Shot(
            toPixels(painting.desktop(width, height, f"19:51:0{k}", hue)), whole=True
        )


def _textScreen(width: int, height: int, k: int) -> Image.Image:
    dark = k % 2 == 1
    image = painting.desktop(
        width, height, hue=(40, 44, 52) if dark else (58, 110, 165)
    )
    image.paste(_editorWindow(width // 2 - 70, height - 90, 40 + k, dark), (120, 24))
    if dark:
        right, draw = painting.window(
            (width // 2 - 120, height - 110), "Letters", (24, 26, 30)
        )
        painting.paragraph(
            draw, (40, 60, width // 2 - 160, height - 130), 50 + k, (210, 212, 216)
        )
    else:
        right = _letterWindow(width // 2 - 120, height - 110, 50 + k)
    image.paste(right, (width // 2 + 80, 40))
    return image


def text(width: int, height: int) -> Iterator[Shot]:
    """
    Six full screens of editor and document windows, light and dark in turn.
    """
    for k in range(6):
        yield Shot(toPixels(_textScreen(width, height, k)), whole=True)


def mix(width: int, height: int) -> Iterator[Shot]:
    """
    L{text} with a photo of 640x427 on each screen.
    """
    for k in range(6):
        image = _textScreen(width, height, k)
        image.paste(
            painting.photoImage(640, 427, 60 + k), (width * 3 // 10, height // 3)
        )
        yield Shot(toPixels(image), whole=True)


def photo(width: int, height: int) -> Iterator[Shot]:
    """
    Six full-screen photos.
    """
    for k in range(6):
        yield Shot(toPixels(painting.photoImage(width, height, 70 + k)), whole=True)


SCENES: dict[str, Scene] = {
    scene.__name__: scene
    for scene in (office, video, slides, typing, idle, noise, flat, text, mix, photo)
}
