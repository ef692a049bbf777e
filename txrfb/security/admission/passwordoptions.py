# -*- test-case-name: tests.test_tap -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The options of the command line that name files of passwords.
"""

from __future__ import annotations

import os
from typing import Any

from twisted.cred.portal import Portal
from twisted.python.usage import UsageError

from txrfb.error import UnusableFile
from txrfb.security.accounts.passwords import Passwords, readPasswords, warningsFor
from txrfb.security.admission.options import SecurityOptions

__all__ = ["PasswordOptions"]


class PasswordOptions(SecurityOptions):
    """
    L{SecurityOptions}, and the passwords that are not of users with names.
    """

    optParameters: list[list[Any]] = [  # noqa: RUF012
        [
            "password-file",
            None,
            None,
            "A file whose first line is the password, and whose second, if there is"
            " one, the view-only password; or one made by vncpasswd.",
        ],
        [
            "view-password-file",
            None,
            None,
            "A file whose first line is the view-only password.",
        ],
    ]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._readOnce: dict[str, Passwords] = {}

    def makePortal(self) -> Portal | None:
        """
        @return: Who may log in, or C{None} if no option says anything about it.

        @raise UsageError: if an option cannot be followed.
        """
        password = viewPassword = None
        if self["password-file"] is not None:
            password, viewPassword = self._passwords("password-file")
        if self["view-password-file"] is not None:
            if viewPassword is not None:
                raise UsageError(
                    f"--view-password-file {self['view-password-file']!r}: the"
                    f" second line of {self['password-file']!r} is a view-only"
                    " password, too; only one of them can be used"
                )
            viewPassword, more = self._passwords("view-password-file")
            if more is not None:
                raise UsageError(
                    f"--view-password-file {self['view-password-file']!r}: it has two"
                    " passwords; expected one"
                )
        return self.securityPortal(password, viewPassword)

    def _passwords(self, option: str) -> Passwords:
        """
        @return: The passwords in the file that an option names.
        """
        path = self[option]
        if option in self._readOnce:
            return self._readOnce[option]
        try:
            found = readPasswords(path)
            self.warnings.extend(warningsFor(path, found))
        except OSError as error:
            raise UsageError(f"--{option} {path!r}: {error.strerror}") from error
        except UnusableFile as error:
            raise UsageError(f"--{option} {error}") from error
        if not os.path.isfile(path):
            # A pipe, which has no more to say when it is asked again.
            self._readOnce[option] = found
        return found
