# -*- test-case-name: tests.framebuffers.test_run -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
C{run:} on the command line.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from typing import Any

from txrfb.framebuffers._maker import splitSize
from txrfb.framebuffers.run import RunFramebuffer

__all__ = ["framebufferFromString", "optionsFrom"]

_USAGE = (
    "expected run:[size=WIDTHxHEIGHT] [wm=PROGRAM] [restart=yes] [primary=yes]"
    " [NAME=VALUE ...] PROGRAM [ARGUMENT ...], as a shell takes it"
)

#: What is before a program: options in small letters, variables in capitals.
_ASSIGNMENT = re.compile("([A-Za-z_][A-Za-z0-9_-]*)=(.*)", re.DOTALL)

#: What may be said of restart= and primary=.
_YES = {"yes": True, "no": False}


def optionsFrom(argument: str) -> tuple[list[str], dict[str, Any]]:
    """
    @param argument: A command, as a shell takes it; before the program there may be
        options, and variables of its environment: C{"size=800x600 LANG=C xterm"}.

    @return: The command, and options for L{RunFramebuffer.__init__}.

    @raise ValueError: if it is anything else.
    """
    try:
        words = shlex.split(argument)
    except ValueError as error:
        raise ValueError(f"{_lower(str(error))}; {_USAGE}") from None
    options: dict[str, Any] = {}
    environment: dict[str, str] = {}
    while words and (found := _ASSIGNMENT.fullmatch(words[0])):
        name, value = found.groups()
        if name.upper() == name:
            environment[name] = value
        elif name in _OPTIONS:
            key, make = _OPTIONS[name]
            options[key] = make(value)
        else:
            raise ValueError(
                f"there is no option {name}=; there are {', '.join(_OPTIONS)}, and"
                " variables of the environment in capital letters"
            )
        del words[0]
    if not words:
        raise ValueError(f"there is no program; {_USAGE}")
    if environment:
        options["environment"] = environment
    return words, options


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _size(value: str) -> tuple[int, int]:
    size = splitSize(value)
    if size is None:
        raise ValueError(
            f"size={value}: expected WIDTHxHEIGHT, and a blank before what follows, as"
            " in run:size=1280x720 wm=openbox xterm"
        )
    return size


def _depth(value: str) -> int:
    if not (value.isascii() and value.isdecimal()):
        raise ValueError(f"depth={value}: expected a number of bits")
    return int(value)


def _command(value: str) -> list[str]:
    try:
        return shlex.split(value)
    except ValueError as error:
        raise ValueError(f"wm={value}: {_lower(str(error))}") from None


def _switch(name: str) -> Callable[[str], bool]:
    def isYes(value: str) -> bool:
        if value not in _YES:
            raise ValueError(f"{name}={value}: expected yes or no")
        return _YES[value]

    return isYes


#: The options, what they are to L{RunFramebuffer.__init__}, and what makes that.
_OPTIONS: dict[str, tuple[str, Any]] = {
    "size": ("size", _size),
    "depth": ("depth", _depth),
    "wm": ("windowManager", _command),
    "restart": ("restart", _switch("restart")),
    "primary": ("primary", _switch("primary")),
}


def framebufferFromString(reactor: Any, argument: str) -> RunFramebuffer:
    """
    @param argument: See L{optionsFrom}.

    @raise ValueError: if it is anything else, or if there is no such program, or no
        Xvfb.
    """
    command, options = optionsFrom(argument)
    return RunFramebuffer(command, reactor=reactor, **options)
