# -*- test-case-name: tests.security.test_names -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Lists of those who may come, and what they may do: a line C{name} each, or
C{name:rights}; where the system knows the users also C{@group}, or C{@group:rights}.

Whoever is named more than once, or is in several groups, may do what all of these
allow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from twisted.logger import Logger

from txrfb.error import UnusableFile
from txrfb.security.accounts.credentials import toBytes
from txrfb.security.accounts.followed import FollowedFile
from txrfb.security.accounts.rights import FULL, IRights, Rights, least

__all__ = ["GroupsOf", "Names", "NamesFile", "parseNames"]

#: Names the groups of a user.
GroupsOf = Callable[[bytes], Iterable[bytes]]


def parseNames(data: bytes, groups: bool = False) -> dict[bytes, Rights]:
    """
    @param data: What is in a file of names.

    @param groups: Whether there may be groups in it.

    @return: Rights by name.

    @raise ValueError: if a line is wrong, saying which.
    """
    found: dict[bytes, Rights] = {}
    for number, line in enumerate(data.splitlines(), 1):
        try:
            text = line.decode("utf-8").strip()
            if not text or text.startswith("#"):
                continue
            name, colon, words = (part.strip() for part in text.partition(":"))
            if not name.removeprefix("@"):
                raise ValueError("there is no name in it")
            if name.startswith("@") and not groups:
                raise ValueError(f"{name!r} is a group, and nobody here knows groups")
            rights = Rights.fromString(words) if colon else FULL
        except UnicodeDecodeError:
            raise ValueError(f"line {number}: it is not UTF-8") from None
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from None
        key = name.encode("utf-8")
        found[key] = Rights(found.get(key, FULL).names & rights.names)
    return found


class Names:
    """
    Those who may come.
    """

    def __init__(
        self,
        rights: dict[bytes, Rights],
        groupsOf: GroupsOf = lambda name: (),
    ) -> None:
        """
        @param rights: Rights by name, or by group with an C{@} before it.

        @param groupsOf: Names the groups of a user.
        """
        self._rights = rights
        self._groupsOf = groupsOf

    def __len__(self) -> int:
        """
        @return: How many names there are.
        """
        return len(self._rights)

    def rightsOf(self, name: bytes | str) -> IRights | None:
        """
        @return: What somebody may do; C{None} if that is not even to come.
        """
        name = toBytes(name)
        rights = self._rights
        # A user may be called like a group is written.
        keys = [] if name.startswith(b"@") else [name]
        if any(key.startswith(b"@") for key in rights):
            keys += [b"@" + group for group in self._groupsOf(name)]
        said = [rights[key] for key in keys if key in rights]
        return least(*said) if said else None


class NamesFile(Names):
    """
    Those whose names are in a file, which is read again when it has changed.  If it
    cannot be, nobody may come until it can: it may be for one who shall not.
    """

    _log = Logger()

    def __init__(
        self,
        path: str,
        groupsOf: GroupsOf | None = None,
    ) -> None:
        """
        @param path: The file's path.

        @param groupsOf: Names the groups of a user; without it there may be none in
            the file.

        @raise OSError: if the file cannot be read.

        @raise UnusableFile: if it is not as it should be.
        """
        super().__init__({}, groupsOf or (lambda name: ()))
        self._file: FollowedFile[dict[bytes, Rights]] = FollowedFile(
            path,
            lambda data: parseNames(data, groupsOf is not None),
            {},
            self._log,
            "nobody in {path!r} may log in until it can be read again: {why}",
        )
        self._rights = self._file.content()
        if not self._rights:
            # Later it may be so: then those who were there have gone.
            raise UnusableFile(path, "there are no names in it, so nobody could log in")

    def rightsOf(self, name: bytes | str) -> IRights | None:
        """
        See L{Names.rightsOf}.
        """
        self._rights = self._file.content()
        return super().rightsOf(name)
