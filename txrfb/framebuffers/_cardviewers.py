# -*- test-case-name: tests.framebuffers.test_testcard -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What a test card tells of each viewer: encoding, level, frames and bytes a second, and
latency.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PIL import Image, ImageDraw

from txrfb.framebuffers import _card as card
from txrfb.geometry import Rectangle
from txrfb.interfaces import IViewer

__all__ = ["Meters", "colorOf", "levelOf", "paintViewers"]

#: How many seconds are counted at a time.
_SECONDS = 1.0

#: Where columns end, in parts of the width.
_COLUMNS = (0.57, 0.79, 1.0)


def colorOf(viewer: IViewer) -> card.Color:
    """
    @return: The color of a viewer's pointer and keys.
    """
    return card.VIEWERS[(viewer.number - 1) % len(card.VIEWERS)]


def levelOf(encodings: Iterable[int]) -> str:
    """
    @param encodings: What a viewer reads.

    @return: The levels that it asks for: C{"Q6 C2"} for JPEG quality 6 and compression
        2; empty for none.
    """
    words = []
    for letter, zero in (("Q", -32), ("C", -256)):
        levels = [number - zero for number in encodings if 0 <= number - zero <= 9]
        words += [f"{letter}{level}" for level in levels[:1]]
    return " ".join(words)


def _amount(bytesPerSecond: float) -> str:
    """
    @return: As people write it.
    """
    if bytesPerSecond < 999.5:
        return f"{bytesPerSecond:.0f} B/s"
    if bytesPerSecond < 999_500:
        return f"{bytesPerSecond / 1e3:.0f} kB/s"
    return f"{bytesPerSecond / 1e6:.1f} MB/s"


class Meters:
    """
    Counts what viewers are sent, a second at a time.
    """

    def __init__(self) -> None:
        self._since = 0.0
        self._before: dict[IViewer, tuple[int, int]] = {}
        self._rates: dict[IViewer, tuple[float, float]] = {}

    def sample(self, viewers: Iterable[IViewer], seconds: float) -> bool:
        """
        Look at the counters, unless that was done less than a second ago.

        @param viewers: Those who are there.

        @param seconds: The time.

        @return: Whether there is something new.
        """
        passed = seconds - self._since
        if passed < _SECONDS:
            return False
        now = {viewer: (viewer.framesSent, viewer.bytesSent) for viewer in viewers}
        self._rates = {
            viewer: (
                (frames - self._before[viewer][0]) / passed,
                (sent - self._before[viewer][1]) / passed,
            )
            for viewer, (frames, sent) in now.items()
            if viewer in self._before
        }
        self._since, self._before = seconds, now
        return True

    def words(self, viewer: IViewer) -> list[str]:
        """
        @return: Encoding and level, frames a second, bytes a second, latency; empty
            where it is not known.
        """
        words = [f"{viewer.encoding} {levelOf(viewer.encodings)}".strip(), "", "", ""]
        if viewer in self._rates:
            frames, sent = self._rates[viewer]
            words[1:3] = f"{frames:.0f} fps", _amount(sent)
        if viewer.latency is not None:
            words[3] = f"{viewer.latency * 1000:.0f} ms"
        return words


def paintViewers(
    size: tuple[int, int], unit: float, viewers: Sequence[IViewer], meters: Meters
) -> Image.Image:
    """
    Paint a line for each viewer, as far as there is room, and how many more there are.

    @param size: Width and height.

    @param unit: How large things are.

    @param viewers: Those who are there.

    @param meters: What is known of them.

    @return: The picture, of mode C{RGB}.
    """
    image = Image.new("RGB", size, card.PANEL)
    draw = ImageDraw.Draw(image)
    face, height = card.font(13 * unit), max(9, round(21 * unit))
    room = max(1, size[1] // height)
    shown = viewers if len(viewers) <= room else viewers[: room - 1]
    disc = min(height - 1, round(18 * unit))
    for i, viewer in enumerate(shown):
        top = i * height
        middle = top + disc / 2
        card.rounded(image, Rectangle(0, top, disc, disc), colorOf(viewer), disc // 2)
        number = str(viewer.number % 1000)
        draw.text(
            (disc / 2, middle), number, card.GROUND, card.font(11 * unit), anchor="mm"
        )
        first, *others = meters.words(viewer)
        draw.text((disc + 8 * unit, middle), first, card.INK, face, anchor="lm")
        for word, end in zip(others, _COLUMNS, strict=True):
            draw.text((end * size[0], middle), word, card.INK, face, anchor="rm")
    if len(shown) < len(viewers):
        more = f"and {len(viewers) - len(shown)} more"
        y = len(shown) * height + disc / 2
        draw.text((disc + 8 * unit, y), more, card.FAINT, face, anchor="lm")
    return image
