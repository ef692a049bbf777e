# -*- test-case-name: tests.web.test_api -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Errors for programs: JSON with a sentence (RFC 9457, Problem Details).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from txrfb.error import RFBError

__all__ = ["FULL", "PROBLEM_TYPE", "Problem", "answerProblem"]

#: The content type of an error (RFC 9457, section 3).
PROBLEM_TYPE = "application/problem+json"

#: Why no viewer is connected where there are too many connections.
FULL = "there are too many connections"

#: Names that older Pythons have otherwise.
_TITLES = {413: "Content Too Large", 422: "Unprocessable Content"}


class Problem(RFBError):
    """
    A request that gets no other answer than why.

    @ivar status: The status of the answer.
    @ivar detail: Why, a sentence.
    @ivar headers: What else is in the answer's head.
    """

    def __init__(
        self, status: int, detail: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = dict(headers or {})


def answerProblem(request: Any, problem: Problem) -> bytes:
    """
    Make a problem the answer to a request.

    @return: Its body.
    """
    status = problem.status
    title = _TITLES.get(status) or HTTPStatus(status).phrase
    request.setResponseCode(status, title.encode("ascii"))
    request.setHeader("content-type", PROBLEM_TYPE)
    request.setHeader("cache-control", "no-store")
    for name, value in problem.headers.items():
        request.setHeader(name, value)
    detail = problem.detail[:1].upper() + problem.detail[1:]
    told = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail if detail.endswith(".") else f"{detail}.",
    }
    return json.dumps(told).encode("ascii") + b"\n"
