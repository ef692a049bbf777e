# -*- test-case-name: tests.test_unixpath -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The paths of UNIX sockets, for which there is less room than for those of files.
"""

from __future__ import annotations

import os
import sys

__all__ = ["checkUnixPath"]

#: How many bytes fit into C{sockaddr_un}, the zero at their end aside.
_MAX_BYTES = 107 if sys.platform.startswith("linux") else 103


def checkUnixPath(path: str) -> str:
    """
    Refuse a path at which no UNIX socket can be: Twisted and the socket module say so
    late, and in words of their own.

    @param path: The path of a socket.

    @return: The same.

    @raise ValueError: if it is too long, or there is none.
    """
    if not path:
        raise ValueError("'' is no path; that of a UNIX socket was expected")
    size = len(os.fsencode(path))
    if size > _MAX_BYTES:
        raise ValueError(
            f"the path of a UNIX socket has at most {_MAX_BYTES} bytes, and {path!r}"
            f" has {size}; a shorter one is needed, such as one in /run"
        )
    return path
