# -*- test-case-name: tests.web.test_api_fields -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What requests consist of: the parts of a JSON body and of a query, which are checked,
and described (JSON Schema), from one and the same list.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from txrfb.web.api.problems import Problem

__all__ = ["Field", "Query", "bodyOf", "queryOf"]

#: What a JSON value is called, by what Python makes of it.
_KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int, float),
    "number": (int, float),
}


@dataclass(frozen=True)
class Field:
    """
    A part of a JSON object.

    @ivar name: Its name.
    @ivar kind: C{"string"}, C{"integer"}, C{"number"} or C{"array"}, of strings.
    @ivar about: What it means.
    @ivar isRequired: Whether it must be there.
    @ivar default: What it is if it is not.
    @ivar least: The least number, or how long it must be.
    @ivar most: The greatest number, or how long it may be.
    @ivar choices: All values that it may have; none if there are others.
    """

    name: str
    kind: str
    about: str
    isRequired: bool = False
    default: Any = None
    least: float = 0
    most: float = 0
    choices: Sequence[str] = ()

    def schema(self) -> dict[str, Any]:
        """
        @return: What JSON Schema says of it.
        """
        found: dict[str, Any] = {"type": self.kind, "description": self.about}
        if self.default is not None:
            found["default"] = self.default
        if self.choices:
            found["enum"] = list(self.choices)
        elif self.kind == "string":
            found |= {"minLength": int(self.least), "maxLength": int(self.most)}
        elif self.kind == "array":
            found |= {"minItems": int(self.least), "maxItems": int(self.most)}
            found["items"] = {"type": "string", "minLength": 1, "maxLength": 64}
        else:
            found |= {"minimum": self.least, "maximum": self.most}
        return found

    def check(self, value: Any) -> Any:
        """
        @return: A value, if it is one of this.

        @raise ValueError: if it is none.
        """
        if self.kind == "array":
            return self._checkArray(value)
        kinds = _KINDS[self.kind]
        if not isinstance(value, kinds) or isinstance(value, bool):
            raise ValueError(f"expected {self._words()}, not {_shown(value)}")
        if isinstance(value, str):
            return self._checkText(value)
        assert isinstance(value, int | float)
        isWhole = self.kind == "number" or value == math.trunc(value)
        if not (isWhole and self.least <= value <= self.most):
            raise ValueError(f"expected {self._words()}, not {_shown(value)}")
        return int(value) if self.kind == "integer" else float(value)

    def _checkText(self, value: str) -> str:
        if self.choices:
            if value not in self.choices:
                names = ", ".join(self.choices)
                raise ValueError(f"expected one of {names}, not {_shown(value)}")
        elif not self.least <= len(value) <= self.most:
            raise ValueError(f"expected {self._words()}, not {len(value)} characters")
        return _text(value)

    def _checkArray(self, value: Any) -> list[str]:
        if not isinstance(value, list) or not self.least <= len(value) <= self.most:
            raise ValueError(f"expected {self._words()}")
        for one in value:
            if not isinstance(one, str) or not 1 <= len(one) <= 64:
                raise ValueError(f"expected {self._words()}, not {_shown(one)} in it")
        return [_text(one) for one in value]

    def _words(self) -> str:
        least, most = f"{self.least:g}", f"{self.most:g}"
        if self.kind == "string":
            return f"a string of {least} to {most} characters"
        if self.kind == "array":
            return f"an array of {least} to {most} strings of 1 to 64 characters"
        whole = "a whole number" if self.kind == "integer" else "a number"
        return f"{whole} from {least} to {most}"


@dataclass(frozen=True)
class Query:
    """
    A parameter of a query.

    @ivar name: Its name.
    @ivar about: What it means.
    @ivar example: A value.
    @ivar pattern: What its values match.
    @ivar read: Makes of a value what it stands for, or raises C{ValueError} with what
        was expected.
    @ivar default: What it is if it is not there.
    """

    name: str
    about: str
    example: str
    pattern: str
    read: Callable[[str], Any]
    default: Any = None

    def parameter(self) -> dict[str, Any]:
        """
        @return: What OpenAPI says of it.
        """
        schema = {"type": "string", "pattern": f"^(?:{self.pattern})$"}
        return {
            "name": self.name,
            "in": "query",
            "description": self.about,
            "schema": schema,
            "example": self.example,
        }

    def check(self, text: str) -> Any:
        """
        @return: What a value stands for.

        @raise ValueError: if it stands for nothing.
        """
        if not re.fullmatch(self.pattern, text, re.ASCII):
            raise ValueError(f"expected a value such as {self.example}")
        return self.read(text)


def _text(value: str) -> str:
    try:
        value.encode("utf-8")
    except UnicodeError:
        raise ValueError("half of a surrogate pair is no character") from None
    return value


def _shown(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:40]}..."


def bodyOf(fields: Iterable[Field], data: bytes) -> dict[str, Any]:
    """
    @param fields: What there may be in it.

    @param data: A body.

    @return: The values of all fields.

    @raise Problem: if it is not as it should be.
    """
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise Problem(400, "the body is not JSON") from None
    if not isinstance(found, dict):
        raise Problem(400, f"expected a JSON object, not {_shown(found)}")
    known = {field.name: field for field in fields}
    strange = [name for name in found if name not in known]
    if strange:
        raise Problem(
            400, f"{_shown(strange[0])} is not known; there are {', '.join(known)}"
        )
    values: dict[str, Any] = {}
    for name, field in known.items():
        if name in found:
            try:
                values[name] = field.check(found[name])
            except (ValueError, OverflowError) as error:
                raise Problem(400, f"{name!r}: {error}") from None
        elif field.isRequired:
            raise Problem(400, f"{name!r} is missing")
        else:
            values[name] = field.default
    return values


def queryOf(
    parameters: Iterable[Query], given: Mapping[bytes, Sequence[bytes]]
) -> dict[str, Any]:
    """
    @param parameters: What there may be in it; others are for others.

    @param given: What is.

    @return: The values of all parameters.

    @raise Problem: if one is not as it should be.
    """
    values: dict[str, Any] = {}
    for one in parameters:
        texts = given.get(one.name.encode("ascii"), ())
        if not texts:
            values[one.name] = one.default
            continue
        try:
            if len(texts) > 1:
                raise ValueError("it is there more than once")
            values[one.name] = one.check(texts[0].decode("latin-1"))
        except ValueError as error:
            raise Problem(400, f"{one.name!r}: {error}") from None
    return values
