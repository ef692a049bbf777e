# -*- test-case-name: tests.desktop.test_desktop -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What a user does at a desktop.
"""

from __future__ import annotations

from operator import index
from typing import Any

from twisted.internet.defer import maybeDeferred
from twisted.internet.task import deferLater

from txrfb import keysyms
from txrfb.client.actions import keysOf
from txrfb.desktop.outcome import anywhere
from txrfb.desktop.watching import Watched
from txrfb.geometry import Rectangle

__all__ = ["Place", "Worked"]

#: A place on the screen: column and row; or an area, which stands for its center.
Place = tuple[int, int] | Rectangle

#: How many steps a pointer takes that drags something, and seconds between them.
_STEPS, _STEP = 8, 0.01

#: Seconds in which programs have learned of a character that is on no usual keyboard.
_NEW_KEY = 0.05

#: The buttons of the wheel: up, down, left, right.
_UP, _DOWN, _LEFT, _RIGHT = 4, 5, 6, 7


class Hand:
    """
    Who works a desktop, as the desktop knows viewers.
    """

    number = 0
    peer = "the program"
    avatarId = b""
    viewOnly = False


class Worked(Watched):
    """
    A desktop with a keyboard and a pointer.
    """

    #: What takes the input.
    _run: Any

    def __init__(self, timeout: float, pictures: str, reactor: Any) -> None:
        super().__init__(timeout, pictures, reactor)
        self._hand = Hand()
        self._pointer = (0, 0)

    async def _act(self, needsWindow: bool = True) -> None:
        """
        Input begins: what is on the screen now was there before.

        @param needsWindow: Whether there must be a window that gets it.  As long as
            there is none, keys would be lost: programs take a while until they have
            one.
        """
        if needsWindow:
            await self._until(
                lambda: self._run.hasWindow or None,
                None,
                lambda: "the program has shown no window",
            )
        await self._fresh()
        self._mark = self._open().serial

    async def _key(self, keysym: int, down: bool) -> None:
        await maybeDeferred(self._run.keyEvent, keysym, down, self._hand)

    async def _point(self, place: tuple[int, int], buttons: int = 0) -> None:
        self._pointer = place
        x, y = place
        await maybeDeferred(self._run.pointerEvent, x, y, buttons, self._hand)

    def _place(self, where: tuple[Any, ...]) -> tuple[int, int]:
        """
        @param where: Column and row, or one place; nothing for where the pointer is.

        @raise ValueError: if it is no place on the screen.
        """
        if not where:
            return self._pointer
        values = where[0] if len(where) == 1 else where
        if isinstance(values, Rectangle):
            values = values.x + values.width // 2, values.y + values.height // 2
        width, height = self.size
        try:
            x, y = map(index, values)
        except (TypeError, ValueError):
            raise ValueError(
                f"{where!r} is no place; expected a column and a row, or a rectangle"
            ) from None
        if not (0 <= x < width and 0 <= y < height):
            raise ValueError(f"{x}, {y} is not on the screen of {width}x{height}")
        return x, y

    @anywhere
    async def type(self, text: str) -> None:
        """
        Press the keys that make a text, one after the other.

        @param text: Any characters; C{"\\n"} is the Return key.

        @raise ValueError: if one of them cannot be typed; then none is.
        """
        pressed = [keysyms.fromUnicode(character) for character in text]
        await self._act()
        for character, keysym in zip(text, pressed, strict=True):
            await self._key(keysym, True)
            await self._key(keysym, False)
            if not character.isascii():
                # It may have been put on a key just now.  Some programs, as those of
                # Tk's, lose a key that changes while they look up the one before.
                await deferLater(self.reactor, _NEW_KEY)

    @anywhere
    async def key(self, *keys: str) -> None:
        """
        Press keys, and let them go again in reverse order: C{key("ctrl-c")},
        C{key("Control_L", "c")}, C{key("F1")}.

        @param keys: Characters, names of X11, and several of them with C{-} between.

        @raise ValueError: if there is no such key.
        """
        names = [name for text in keys for name in keysOf(text)]
        pressed = [
            keysyms.fromUnicode(name) if len(name) == 1 else keysyms.byName(name)
            for name in names
        ]
        await self._act()
        for keysym in pressed:
            await self._key(keysym, True)
        for keysym in reversed(pressed):
            await self._key(keysym, False)

    @anywhere
    async def move(self, *where: Any) -> None:
        """
        Move the pointer.

        @param where: Column and row; or one L{Place}: a tuple of both, or a rectangle,
            whose center it is.
        """
        place = self._place(where)
        await self._act(needsWindow=False)
        await self._point(place)

    @anywhere
    async def click(self, *where: Any, button: int = 1, times: int = 1) -> None:
        """
        Press a button of the mouse, and let it go.

        @param where: As for L{move}; where the pointer is, if nothing is given.

        @param button: 1 is the left, 2 the middle, 3 the right one.

        @param times: How often: 2 is a double click.
        """
        place, mask = self._place(where), _maskOf(button)
        await self._act()
        await self._point(place)
        for _ in range(times):
            await self._point(place, mask)
            await self._point(place)

    @anywhere
    async def drag(self, begin: Place, end: Place, button: int = 1) -> None:
        """
        Press a button at one place, move the pointer, and let the button go at another.

        @param begin: Where it begins.

        @param end: Where it ends.

        @param button: As for L{click}.
        """
        (x, y), mask = self._place((begin,)), _maskOf(button)
        right, bottom = self._place((end,))
        await self._act()
        await self._point((x, y))
        await self._point((x, y), mask)
        # As a hand does it: some programs take no notice of a leap.
        for step in range(1, _STEPS + 1):
            await deferLater(self.reactor, _STEP)
            done = step / _STEPS
            at = x + round((right - x) * done), y + round((bottom - y) * done)
            await self._point(at, mask)
        await self._point((right, bottom))

    @anywhere
    async def scroll(self, steps: int, *where: Any, sideways: bool = False) -> None:
        """
        Turn the wheel.

        @param steps: How far: down, or up if it is negative; right, or left, if it is
            sideways.

        @param where: As for L{click}.

        @param sideways: Whether it is the other wheel.
        """
        place = self._place(where)
        buttons = (_LEFT, _RIGHT) if sideways else (_UP, _DOWN)
        mask = _maskOf(buttons[steps > 0])
        await self._act()
        for _ in range(abs(steps)):
            await self._point(place, mask)
            await self._point(place)

    @anywhere
    async def copy(self, text: str) -> None:
        """
        Give programs text to paste.
        """
        await self._act(needsWindow=False)
        await maybeDeferred(self._run.cutTextReceived, text, self._hand)
        await self._fresh()


def _maskOf(button: int) -> int:
    """
    @raise ValueError: if there is no such button.
    """
    if not 1 <= button <= 9:
        raise ValueError(f"button {button}: expected 1 to 9")
    return 1 << button - 1
