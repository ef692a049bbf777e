# -*- test-case-name: tests.web.test_api_doing -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What programs do by HTTP: keys, text, pointer, clipboard, size.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.task import deferLater

from txrfb import keysyms
from txrfb.encodings.desktop import GRANTED, INVALID_LAYOUT, OUT_OF_RESOURCES
from txrfb.web.api.fields import Field
from txrfb.web.api.operations import Answer, Call, Operation, jsonAnswer
from txrfb.web.api.problems import Problem

__all__ = ["DOING", "MAX_CLIPBOARD", "MAX_TEXT"]

#: How many characters are typed, and how many go to the clipboard, at once.
MAX_TEXT, MAX_CLIPBOARD = 1 << 12, 1 << 15

#: How many keys are pressed before the application must have taken them.
_FEW = 50

#: Over how many places the pointer goes when it drags something, and how many seconds
#: it is at each: what looks where the pointer is, such as openbox, would find it at the
#: end, and the button up, before it has begun.
_STEPS, _MOMENT = 8, 0.03

_BUTTONS = {"left": 1, "middle": 2, "right": 3, "back": 8, "forward": 9}

_DONE = Answer(status=204)

_TAKES_NONE = {409: "There is nothing that takes it, or another viewer drives."}


def _taker(call: Any, name: str, what: str) -> None:
    """
    @raise Problem: if the application has no use for it.
    """
    if all(getattr(call.server.application, one) is None for one in name.split()):
        raise Problem(409, f"there is nothing here that takes {what}")


async def _keys(call: Call) -> Answer:
    from txrfb.client.actions import keysOf

    try:
        pressed = [
            [
                keysyms.fromUnicode(key) if len(key) == 1 else keysyms.byName(key)
                for key in keysOf(keys)
            ]
            for keys in call.values["keys"]
        ]
    except ValueError as error:
        raise Problem(422, str(error)) from None
    async with call.operator("keys") as operator:
        _taker(operator, "input keycodes", "keys")
        for together in pressed:
            for keysym in together:
                operator.keyEvent(keysym, True)
            await operator.taken()
            if call.values["hold"]:
                await deferLater(call.tools.factory.clock, call.values["hold"])
            for keysym in reversed(together):
                operator.keyEvent(keysym, False)
        await operator.taken()
    return _DONE


async def _type(call: Call) -> Answer:
    text = call.values["text"]
    try:
        for character in text:
            keysyms.fromUnicode(character)
    except ValueError as error:
        raise Problem(422, str(error)) from None
    async with call.operator("keys") as operator:
        _taker(operator, "input keycodes", "keys")
        for start in range(0, len(text), _FEW):
            operator.type(text[start : start + _FEW])
            await operator.taken()
    return _DONE


async def _pointer(call: Call) -> Answer:
    values = call.values
    action, x, y = values["action"], values["x"], values["y"]
    goal = values["toX"], values["toY"]
    if action == "drag" and None in goal:
        raise Problem(400, "'toX' and 'toY' are missing, where the drag ends")
    button = _BUTTONS[values["button"]]
    async with call.operator("pointer") as operator:
        _taker(operator, "input motion", "a pointer")
        display = operator.server.host.display
        width, height = display.width, display.height
        for one in ((x, y), goal if action == "drag" else (x, y)):
            if not (one[0] < width and one[1] < height):
                raise Problem(
                    422, f"{one[0]}, {one[1]} is not on the screen of {width}x{height}"
                )
        if button > 8:
            await operator.extend()
        if button > operator.buttonMask.bit_length():
            raise Problem(422, f"there is no button {values['button']} here")
        operator.move(x, y)
        if action == "click":
            for _ in range(values["times"]):
                operator.buttonDown(button)
                operator.buttonUp(button)
        elif action == "drag":
            operator.buttonDown(button)
            for step in range(1, _STEPS + 1):
                await deferLater(call.tools.factory.clock, _MOMENT)
                column, row = (
                    a + (b - a) * step // _STEPS
                    for a, b in ((x, goal[0]), (y, goal[1]))
                )
                operator.move(column, row)
                await operator.taken()
            await deferLater(call.tools.factory.clock, _MOMENT)
            operator.buttonUp(button)
        elif action == "scroll":
            operator.scroll(values["steps"])
        await operator.taken()
    return _DONE


async def _copy(call: Call) -> Answer:
    async with call.operator("clipboard") as operator:
        _taker(operator, "clipboard richClipboard", "text")
        text = call.values["text"]
        await operator.taken()
        if not (operator.clipboard.isExtended or text.isascii() or _isLatin(text)):
            raise Problem(422, "only the characters of Latin-1 are taken here")
        await operator.copy(text)
    return _DONE


def _isLatin(text: str) -> bool:
    return all(ord(character) < 256 for character in text)


async def _pasted(call: Call) -> Answer:
    async with call.display() as display:
        return jsonAnswer({"text": display.desktop.clipboard})


async def _resize(call: Call) -> Answer:
    width, height = call.values["width"], call.values["height"]
    async with call.operator("resize") as operator:
        _taker(operator, "resizable screens", "sizes")
        status = await operator.resize(width, height)
        if status in (INVALID_LAYOUT, OUT_OF_RESOURCES):
            raise Problem(422, f"there cannot be a screen of {width}x{height} here")
        if status != GRANTED:
            raise Problem(409, f"a screen of {width}x{height} was not granted")
        return jsonAnswer({"width": width, "height": height})


_SIZE = {
    "type": "object",
    "required": ["width", "height"],
    "properties": {"width": {"type": "integer"}, "height": {"type": "integer"}},
}

DOING = (
    Operation(
        "api/keys",
        "POST",
        "Press keys, one after the other; those with - between them together.",
        _keys,
        fields=(
            Field(
                "keys",
                "array",
                "Characters, and names of X11 such as F1: ctrl-alt-del, Return.",
                isRequired=True,
                least=1,
                most=64,
            ),
            Field("hold", "number", "For how many seconds.", default=0.0, most=5.0),
        ),
        right="keys",
        others={**_TAKES_NONE, 422: "There is no such key."},
    ),
    Operation(
        "api/type",
        "POST",
        "Press the keys that make a text, one after the other.",
        _type,
        fields=(
            Field(
                "text",
                "string",
                "Any characters; a newline is the Return key.",
                isRequired=True,
                least=1,
                most=MAX_TEXT,
            ),
        ),
        right="keys",
        others={**_TAKES_NONE, 422: "A character is none that can be typed."},
    ),
    Operation(
        "api/pointer",
        "POST",
        "Move the pointer, click, drag something, or turn the wheel.",
        _pointer,
        fields=(
            Field("x", "integer", "The column.", isRequired=True, most=65535),
            Field("y", "integer", "The row.", isRequired=True, most=65535),
            Field(
                "action",
                "string",
                "What to do there.",
                default="move",
                choices=("move", "click", "drag", "scroll"),
            ),
            Field(
                "button",
                "string",
                "With which button.",
                default="left",
                choices=tuple(_BUTTONS),
            ),
            Field(
                "times",
                "integer",
                "How often: 2 is a double click.",
                default=1,
                least=1,
                most=3,
            ),
            Field("toX", "integer", "The column to which to drag.", most=65535),
            Field("toY", "integer", "The row to which to drag.", most=65535),
            Field(
                "steps",
                "integer",
                "How far to turn the wheel: down, or up if it is negative.",
                default=1,
                least=-100,
                most=100,
            ),
        ),
        right="pointer",
        others={**_TAKES_NONE, 422: "That is not on the screen."},
    ),
    Operation(
        "api/clipboard",
        "POST",
        "Give the application a text for its clipboard.",
        _copy,
        fields=(
            Field("text", "string", "The text.", isRequired=True, most=MAX_CLIPBOARD),
        ),
        right="clipboard",
        others={**_TAKES_NONE, 422: "The application takes no such characters."},
    ),
    Operation(
        "api/clipboard",
        "GET",
        "The text that the application, or a viewer, has copied last.",
        _pasted,
        right="clipboard",
        kinds={
            "application/json": {
                "type": "object",
                "required": ["text"],
                "properties": {"text": {"type": ["string", "null"]}},
            }
        },
    ),
    Operation(
        "api/resize",
        "POST",
        "Have the screen in another size.",
        _resize,
        fields=tuple(
            Field(name, "integer", about, isRequired=True, least=1, most=16384)
            for name, about in (("width", "Columns."), ("height", "Rows."))
        ),
        right="resize",
        kinds={"application/json": _SIZE},
        others={
            409: "The application has no other sizes, or not this one.",
            422: "There cannot be a screen of that size.",
        },
    ),
)
