# -*- test-case-name: tests.feeds.test_vnc -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A password for another server, in a file that an option names.
"""

from __future__ import annotations

from collections.abc import Callable

from txrfb.error import UnusableFile

__all__ = ["passwordReader"]


def passwordReader(path: str) -> Callable[[], bytes]:
    """
    @return: What reads the password: a file may have another when there is another
        connection.

    @raise ValueError: if there is none now.
    """

    def read() -> bytes:
        # It takes time to load, and few need it.
        from txrfb.security.accounts.passwords import passwordsIn

        return passwordsIn(path).password

    try:
        read()
    except OSError as error:
        raise ValueError(f"password-file={path}: {error.strerror}") from None
    except UnusableFile:
        raise
    except ValueError as error:
        raise ValueError(f"password-file={path}: {error}") from None
    return read
