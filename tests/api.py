# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The public names of txrfb, as C{docs/api.txt} lists them: C{python -m tests.api} writes
that file.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from zope.interface.interface import InterfaceClass, Method

#: The list.
FILE = Path(__file__).parent.parent / "docs" / "api.txt"

#: The modules whose C{__all__} is public.
MODULES = (
    "txrfb",
    "txrfb.broadcast",
    "txrfb.client",
    "txrfb.desktop",
    "txrfb.encodings",
    "txrfb.error",
    "txrfb.feeds",
    "txrfb.framebuffers",
    "txrfb.geometry",
    "txrfb.interfaces",
    "txrfb.keysyms",
    "txrfb.log",
    "txrfb.pixels",
    "txrfb.protocol",
    "txrfb.record",
    "txrfb.reverse",
    "txrfb.security",
    "txrfb.testing",
    "txrfb.web",
)


def parametersOf(function: Any) -> str:
    """
    @return: The parameters of a function, with their kinds, and which may be left
        out; without annotations and the values that are taken then.
    """
    parts = []
    kinds = inspect.Parameter
    stars: dict[Any, str] = {kinds.VAR_POSITIONAL: "*", kinds.VAR_KEYWORD: "**"}
    hasStar = False
    for one in inspect.signature(function).parameters.values():
        if one.name == "self" or one.name == "cls":
            continue
        if one.kind is kinds.KEYWORD_ONLY and not hasStar:
            parts.append("*")
            hasStar = True
        hasStar = hasStar or one.kind is kinds.VAR_POSITIONAL
        prefix = stars.get(one.kind, "")
        optional = "" if one.default is kinds.empty else "="
        parts.append(f"{prefix}{one.name}{optional}")
    return f"({', '.join(parts)})"


def membersOf(kind: Any) -> Iterator[str]:
    """
    @return: The public members of a class of ours or of an interface, inherited ones
        of ours included.
    """
    if isinstance(kind, InterfaceClass):
        for name, member in sorted(kind.namesAndDescriptions(all=True)):
            isMethod = isinstance(member, Method)
            yield name + (member.getSignatureString() if isMethod else "")
        return
    found: dict[str, Any] = {}
    for base in reversed(kind.__mro__):
        if base.__module__.startswith("txrfb."):
            found.update(vars(base))
            found.update(dict.fromkeys(vars(base).get("__annotations__", ())))
    for name, member in sorted(found.items()):
        if not name.startswith("_"):
            member = getattr(member, "__func__", member)
            isFunction = inspect.isfunction(member)
            yield name + (parametersOf(member) if isFunction else "")


def lines() -> Iterator[str]:
    """
    @return: One line a name, sorted in each module.
    """
    for module in MODULES:
        names = import_module(module)
        for name in sorted(names.__all__):
            value = getattr(names, name)
            if module == "txrfb":
                # What it offers is listed where it is.
                yield f"{module}.{name}"
            elif isinstance(value, InterfaceClass):
                yield f"{module}.{name}"
                yield from (f"{module}.{name}.{one}" for one in membersOf(value))
            elif inspect.isclass(value) and value.__module__.startswith("txrfb."):
                isError = issubclass(value, Exception)
                yield f"{module}.{name}" + ("" if isError else parametersOf(value))
                yield from (f"{module}.{name}.{one}" for one in membersOf(value))
            elif inspect.isfunction(value):
                yield f"{module}.{name}{parametersOf(value)}"
            else:
                yield f"{module}.{name}"


if __name__ == "__main__":
    FILE.write_text("".join(f"{line}\n" for line in lines()), "utf-8")
