# -*- test-case-name: tests.client.test_client -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
How a viewer logs in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from txrfb.security import ClientSteps
from txrfb.security.types import none, vncauth

__all__ = ["Security", "securityFor"]

#: What makes the steps of each security type that may be used, the preferred first.
Security = Mapping[int, Callable[[], ClientSteps]]


def securityFor(password: bytes | str | None = None) -> Security:
    """
    @param password: The password, if there is one.

    @return: VncAuth, if there is a password, and None for servers that do not ask
        for one.
    """
    security: dict[int, Callable[[], ClientSteps]] = {}
    if password is not None:
        data = password.encode("utf-8") if isinstance(password, str) else password
        security[2] = lambda: vncauth.clientSteps(data)
    security[1] = none.clientSteps
    return security
