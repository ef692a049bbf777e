# -*- test-case-name: tests.security.test_users -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A file of users: a line C{name:hash} each, or C{name:hash:rights}.

C{python -m txrfb.passwd} writes it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from time import monotonic
from typing import NamedTuple, TypeAlias

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import IUsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.logger import Logger
from zope.interface import implementer

from txrfb.error import Refused, UnusableFile
from txrfb.security.accounts.credentials import toBytes
from txrfb.security.accounts.followed import stampOf
from txrfb.security.accounts.hashing import Hash
from txrfb.security.accounts.rights import (
    FULL,
    IKnowsRights,
    IRights,
    RightfulId,
    Rights,
)
from txrfb.security.seldom import Seldom
from txrfb.security.worker import Worker

__all__ = ["InThread", "User", "UsersFile", "checkName", "parseLine", "parseUsers"]

#: Calls something that recognizes a password in a thread, and fires with its result.
InThread: TypeAlias = Callable[[Callable[[bytes], bool], bytes], Deferred[bool]]

#: How often memory is asked for before a login is refused for want of it.
_ATTEMPTS = 2


class User(NamedTuple):
    """
    Somebody with a password.

    @ivar hash: The password's L{Hash}.
    @ivar rights: What that user may do.
    """

    hash: Hash
    rights: Rights = FULL

    def line(self, name: str) -> str:
        """
        @return: The line of the file for the user of that name, without its end.
        """
        suffix = "" if self.rights == FULL else f":{self.rights}"
        return f"{name}:{self.hash}{suffix}"


def checkName(name: str) -> str:
    """
    @return: C{name}.

    @raise ValueError: if nobody can be called that in a file of users.
    """
    bad = not name or name != name.strip() or name.startswith("#")
    if bad or any(character == ":" or ord(character) < 32 for character in name):
        raise ValueError(
            f"{name!r} cannot be the name of a user: it must not be empty, begin with"
            " # or a blank, end with a blank, or have a colon in it"
        )
    if len(name.encode("utf-8")) > 255:
        raise ValueError("the name of a user may have 255 bytes")
    return name


def parseLine(line: str) -> tuple[str, User] | None:
    """
    @param line: A line of the file.

    @return: A user's name and the rest; C{None} for comments and empty lines.

    @raise ValueError: if it is neither, without quoting what may be a secret.
    """
    text = line.strip()
    if not text or text.startswith("#"):
        return None
    name, *rest = text.split(":")
    if len(rest) not in (1, 2):
        raise ValueError("it is neither name:hash nor name:hash:rights")
    checkName(name)
    rights = Rights.fromString(rest[1]) if len(rest) == 2 else FULL
    return name, User(Hash.fromString(rest[0]), rights)


def parseUsers(data: bytes) -> dict[bytes, User]:
    """
    @param data: What is in a file of users.

    @return: Users by name.

    @raise ValueError: if a line is wrong, or a user is there twice, saying which.
    """
    users: dict[bytes, User] = {}
    for number, line in enumerate(data.splitlines(), 1):
        try:
            parsed = parseLine(line.decode("utf-8"))
        except UnicodeDecodeError:
            raise ValueError(f"line {number}: it is not UTF-8") from None
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from None
        if parsed is not None:
            name = parsed[0].encode("utf-8")
            if name in users:
                raise ValueError(f"line {number}: user {parsed[0]!r} is there twice")
            users[name] = parsed[1]
    return users


@implementer(ICredentialsChecker, IKnowsRights)
class UsersFile:
    """
    Checks names and passwords by a file of users, which is read again when it has
    changed.

    Recognizing a password takes time and memory by intention, so it is done in a
    thread, and for one viewer at a time.
    """

    credentialInterfaces = (IUsernamePassword,)

    #: How many seconds those users count who were there before, when the file cannot be
    #: read any longer, or is wrong.
    patience = 600.0

    #: After how many seconds it is said again.
    interval = 60.0

    _log = Logger()

    def __init__(
        self,
        path: str,
        inThread: InThread | None = None,
        seconds: Callable[[], float] = monotonic,
    ) -> None:
        """
        @param path: The file's path.

        @param inThread: Calls something in a thread and fires with its result; by
            default a L{Worker} with one thread.

        @param seconds: Tells the time.

        @raise OSError: if the file cannot be read.

        @raise UnusableFile: if it is not as it should be.
        """
        self._path = path
        self._inThread = inThread or Worker().call
        self._seldom = Seldom()
        self._seconds = seconds
        # Since when the file is of no use, and when that was said last.
        self._brokenSince: float | None = None
        self._complained = 0.0
        self._users: dict[bytes, User] = {}
        self._stamp: object = None
        # Users who are not there take as long as those who are, and all as long as the
        # one whose hash takes longest.
        self._nobody = Hash.make(b"", secrets.token_bytes(16), 8, 1, 1)
        self._load(stampOf(self._path))

    def _load(self, stamp: object) -> None:
        self._stamp = stamp
        with open(self._path, "rb") as file:
            data = file.read()
        try:
            self._users = parseUsers(data)
        except ValueError as error:
            raise UnusableFile(self._path, str(error)) from None
        costs = [user.hash for user in self._users.values()]
        if costs:
            dear = max(costs, key=lambda hash: hash.cost)
            self._nobody = dear._replace(digest=bytes(len(dear.digest)))

    def _refresh(self) -> None:
        """
        Read the file again, if it has changed or was of no use.

        @raise Refused: if it has been of no use for too long.
        """
        stamp = stampOf(self._path)
        if stamp == self._stamp and self._brokenSince is None:
            return
        try:
            self._load(stamp)
        except (OSError, ValueError) as error:
            self._complain(error)
        else:
            if self._brokenSince is not None:
                self._log.info("the users in {path!r} can be read", path=self._path)
            self._brokenSince = None

    def _complain(self, error: Exception) -> None:
        now = self._seconds()
        if self._brokenSince is None:
            self._brokenSince, self._complained = now, now - self.interval
        left = self._brokenSince + self.patience - now
        if now - self._complained >= self.interval:
            self._complained = now
            self._log.error(
                "cannot reload the users: {why}; "
                + (
                    "those who were there before may log in for {left:.0f} s more"
                    if left > 0
                    else "until it is mended nobody may log in"
                ),
                why=str(error),
                left=left,
            )
        if left <= 0:
            raise Refused("the server cannot read its users; tell its administrator")

    def __len__(self) -> int:
        """
        @return: How many users there are.
        """
        return len(self._users)

    def rightsOf(self, name: bytes) -> IRights | None:
        """
        See L{IKnowsRights.rightsOf}.
        """
        self._refresh()
        user = self._users.get(name)
        return None if user is None else user.rights

    async def _check(self, credentials: IUsernamePassword) -> RightfulId:
        self._refresh()
        name = toBytes(credentials.username)
        user = self._users.get(name)
        hash = self._nobody if user is None else user.hash
        fits = await self._fits(hash, toBytes(credentials.password))
        if user is None or not fits:
            raise UnauthorizedLogin()
        return RightfulId(name, user.rights)

    async def _fits(self, hash: Hash, password: bytes) -> bool:
        padding = hash.padding(self._nobody)

        def fits(password: bytes) -> bool:
            answer = hash.fits(password)
            if padding is not None:
                padding.fits(password)
            return answer

        for _ in range(_ATTEMPTS):
            try:
                return await maybeDeferred(self._inThread, fits, password)
            except MemoryError:
                continue
        if self._seldom.isDue("memory"):
            self._log.error(
                "cannot check a password: there are no {memory} KiB for its hash",
                memory=hash.memory,
            )
        raise Refused("the server is short of memory; try again later")

    def requestAvatarId(
        self, credentials: IUsernamePassword
    ) -> Deferred[bytes | tuple[()]]:
        """
        See L{ICredentialsChecker<twisted.cred.checkers.ICredentialsChecker>}.
        """
        return Deferred.fromCoroutine(self._check(credentials))
