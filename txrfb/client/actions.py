# -*- test-case-name: tests.client.test_actions -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What C{python -m txrfb.client} can do at a server, one action after the other.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from PIL import Image, UnidentifiedImageError

from txrfb import keysyms
from txrfb.client.automaton import Automaton
from txrfb.client.input import ClientInput

__all__ = ["ACTIONS", "Action", "keysOf", "parseActions"]

#: Does something at a server.
Action: TypeAlias = Callable[[Automaton], Awaitable[None]]

#: What people call keys, besides their names of X11 and characters.
_KEYS = {
    "alt": "Alt_L",
    "altgr": "ISO_Level3_Shift",
    "backspace": "BackSpace",
    "bsp": "BackSpace",
    "cmd": "Super_L",
    "control": "Control_L",
    "ctrl": "Control_L",
    "del": "Delete",
    "esc": "Escape",
    "enter": "Return",
    "ins": "Insert",
    "meta": "Meta_L",
    "pagedown": "Page_Down",
    "pageup": "Page_Up",
    "pgdn": "Page_Down",
    "pgup": "Page_Up",
    "shift": "Shift_L",
    "super": "Super_L",
    "win": "Super_L",
}


def keysOf(text: str) -> list[str]:
    """
    @param text: Keys that are pressed together, with C{-} between them:
        C{"ctrl-alt-del"}, C{"F1"}, C{"ctrl--"}.

    @return: The names of X11 and characters.

    @raise ValueError: if there is no such key.
    """
    return [_keyOf(word) for word in re.split("(?<=.)-(?=.)", text)]


def _keyOf(word: str) -> str:
    if len(word) == 1:
        keysyms.fromUnicode(word)
        return word
    for name in (word, _KEYS.get(word.lower(), ""), word.capitalize()):
        try:
            keysyms.byName(name)
        except ValueError:
            continue
        return name
    raise ValueError(
        f"there is no key {word!r}; keys are characters, names of X11 such as F1 and"
        f" Page_Up, and {', '.join(_KEYS)}"
    )


def _number(text: str, least: float = 0) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not least <= number < math.inf:
        raise ValueError(f"{text!r} is no number, {least:g} or more")
    return number


def _at(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) < 1 << 16):
        raise ValueError(f"{text!r} is no column or row, 0 to 65535")
    return int(text)


# -- Actions -------------------------------------------------------------------------


def _shot(path: str) -> Action:
    kind = Image.registered_extensions().get(Path(path).suffix.lower())
    if path == "-":
        kind = "PNG"
    if kind is None or kind not in Image.SAVE:
        raise ValueError(f"{path!r}: expected - or a file such as screen.png")

    async def act(viewer: Automaton) -> None:
        await viewer.refresh()
        # What was printed before comes before it.
        sys.stdout.flush()
        viewer.image().save(sys.stdout.buffer if path == "-" else path, kind)

    return act


def _type(text: str) -> Action:
    for character in text:
        keysyms.fromUnicode(character)

    async def act(viewer: Automaton) -> None:
        viewer.type(text)
        await viewer.synchronize()

    return act


def _key(text: str) -> Action:
    keys = keysOf(text)

    async def act(viewer: Automaton) -> None:
        viewer.keyPress(*keys)
        await viewer.synchronize()

    return act


def _held(down: bool) -> Callable[[str], Action]:
    def make(text: str) -> Action:
        codes = [
            keysyms.fromUnicode(key) if len(key) == 1 else keysyms.byName(key)
            for key in keysOf(text)
        ]

        async def act(viewer: Automaton) -> None:
            for code in codes:
                viewer.keyEvent(code, down)
            await viewer.synchronize()

        return act

    return make


def _pointer(do: Callable[[Automaton, int, int], None]) -> Callable[[str, str], Action]:
    def make(column: str, row: str) -> Action:
        x, y = _at(column), _at(row)

        async def act(viewer: Automaton) -> None:
            do(viewer, x, y)
            await viewer.synchronize()

        return act

    return make


def _doubleClick(viewer: Automaton, x: int, y: int) -> None:
    viewer.click(x, y)
    viewer.click(x, y)


def _drag(viewer: Automaton, x: int, y: int) -> None:
    viewer.buttonDown()
    viewer.move(x, y)
    viewer.buttonUp()


def _scroll(text: str) -> Action:
    try:
        steps = int(text)
    except ValueError:
        raise ValueError(f"{text!r} is no whole number of steps, down or -up") from None

    async def act(viewer: Automaton) -> None:
        viewer.scroll(steps)
        await viewer.synchronize()

    return act


def _paste(text: str) -> Action:
    # The simple clipboard is understood by all.
    isSimple = all(ord(character) < 256 for character in text)
    cut = ClientInput.cutText if isSimple else Automaton.cutText

    async def act(viewer: Automaton) -> None:
        cut(viewer, text)
        # An extended clipboard is asked for what is in it.
        await viewer.synchronize()
        await viewer.synchronize()

    return act


def _wait(path: str) -> Action:
    try:
        picture = Image.open(path)
        picture.load()
    except (OSError, UnidentifiedImageError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ValueError(f"{path!r}: {reason}") from None

    async def act(viewer: Automaton) -> None:
        await viewer.wait(picture)

    return act


def _rest(text: str) -> Action:
    seconds = _number(text)
    return lambda viewer: viewer.rest(seconds)


def _sleep(text: str) -> Action:
    seconds = _number(text)
    return lambda viewer: viewer.pause(seconds)


def _record(path: str, text: str) -> Action:
    seconds = _number(text)

    async def act(viewer: Automaton) -> None:
        await viewer.record(Path(path), seconds)

    return act


def _info() -> Action:
    async def act(viewer: Automaton) -> None:
        print(f"{viewer.width}x{viewer.height} {viewer.name}")

    return act


#: What there is to do: what follows each word, and what makes it.
ACTIONS: dict[str, tuple[str, Callable[..., Action], str]] = {
    "shot": ("FILE", _shot, "write a picture of the screen; - for standard output"),
    "type": ("TEXT", _type, "press the keys that make a text"),
    "key": ("KEYS", _key, "press keys: F1, ctrl-alt-del"),
    "keydown": ("KEYS", _held(True), "hold keys down"),
    "keyup": ("KEYS", _held(False), "let keys go"),
    "move": ("X Y", _pointer(Automaton.move), "move the pointer"),
    "click": ("X Y", _pointer(Automaton.click), "click there"),
    "rightclick": (
        "X Y",
        _pointer(lambda viewer, x, y: viewer.click(x, y, 3)),
        "click there with the right button",
    ),
    "doubleclick": ("X Y", _pointer(_doubleClick), "click there twice"),
    "drag": ("X Y", _pointer(_drag), "hold the left button on the way there"),
    "scroll": ("N", _scroll, "turn the wheel down; up if N is negative"),
    "paste": ("TEXT", _paste, "put a text on the server's clipboard"),
    "wait": ("PICTURE", _wait, "wait until a picture is seen somewhere"),
    "rest": ("SECONDS", _rest, "wait until nothing changes for so long"),
    "sleep": ("SECONDS", _sleep, "wait"),
    "record": (
        "DIRECTORY SECONDS",
        _record,
        "write a PNG whenever something changes, and what ffmpeg plays them by",
    ),
    "info": ("", _info, "say how large the screen is, and its name"),
}


def parseActions(words: Sequence[str]) -> list[Action]:
    """
    @param words: Actions, each with what follows it.

    @return: What does them.

    @raise ValueError: if they cannot be understood, or a picture cannot be read.
    """
    actions: list[Action] = []
    left = list(words)
    while left:
        word = left.pop(0)
        if word not in ACTIONS:
            raise ValueError(
                f"there is no action {word!r}; there are {', '.join(ACTIONS)}"
            )
        wanted, make, _ = ACTIONS[word]
        count = len(wanted.split())
        if len(left) < count:
            raise ValueError(f"{word}: expected {wanted}")
        given, left = left[:count], left[count:]
        try:
            actions.append(make(*given))
        except ValueError as error:
            raise ValueError(f"{word}: {error}") from None
    return actions
