# -*- test-case-name: tests.web.test_api -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The description of all operations, as programs read it (OpenAPI 3.1).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from txrfb import __version__
from txrfb.web.api.operations import Operation
from txrfb.web.api.problems import PROBLEM_TYPE

__all__ = ["describeOperations"]

#: The answers that each operation may have, but for those that are for all.
_USUAL = {
    400: "The request is not as it should be.",
    401: "A password or a token is needed.",
    403: "This may not be done.",
    429: "Too many logins have failed; Retry-After says when to try again.",
    503: "There is no room for another viewer.",
}

_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "A sentence that says why."},
    },
}


def describeOperations(operations: Iterable[Operation]) -> dict[str, Any]:
    """
    @return: What there is.
    """
    paths: dict[str, Any] = {}
    for one in operations:
        paths.setdefault(f"/{one.path}", {})[one.method.lower()] = _described(one)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "txrfb",
            "version": __version__,
            "description": "A screen, for programs.  Paths are below where this is.",
        },
        "servers": [{"url": "."}],
        "security": [{}, {"basic": []}, {"bearer": []}, {"token": []}],
        "paths": paths,
        "components": {
            "schemas": {"Problem": _PROBLEM},
            "securitySchemes": {
                "basic": {"type": "http", "scheme": "basic"},
                "bearer": {"type": "http", "scheme": "bearer"},
                "token": {"type": "apiKey", "in": "query", "name": "token"},
            },
        },
    }


def _described(one: Operation) -> dict[str, Any]:
    content = {kind: {"schema": dict(schema)} for kind, schema in one.kinds.items()}
    good: dict[str, Any] = {"description": "It is done."}
    if content:
        good["content"] = content
    found: dict[str, Any] = {
        "summary": one.about,
        "operationId": one.method.lower() + one.path.replace("/", "-"),
        "responses": {
            "200" if content else "204": good,
            **{
                str(status): _problem(status, about)
                for status, about in sorted(_answersOf(one).items())
            },
        },
    }
    if one.isForAll:
        found["security"] = []
    if one.query:
        found["parameters"] = [query.parameter() for query in one.query]
    if one.fields:
        found["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _bodyOf(one)}},
        }
    return found


def _answersOf(one: Operation) -> dict[int, str]:
    usual = dict(_USUAL)
    if one.isForAll:
        del usual[401]
    if one.method == "POST":
        usual |= {
            411: "The length of the body is not said.",
            413: "The body is too long.",
            415: "The body is not said to be JSON.",
        }
    return {**usual, **one.others}


def _problem(status: int, about: str) -> dict[str, Any]:
    if status == 304:
        return {"description": about}
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": about, "content": {PROBLEM_TYPE: {"schema": schema}}}


def _bodyOf(one: Operation) -> dict[str, Any]:
    return {
        "type": "object",
        "required": [field.name for field in one.fields if field.isRequired],
        "additionalProperties": False,
        "properties": {field.name: field.schema() for field in one.fields},
    }
