# -*- test-case-name: tests.security.test_tokens -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Bearer tokens (RFC 6750): whoever has one is let in, as links and programs need it.

They are in a file, a line C{token} each, or C{token:rights}.
"""

from __future__ import annotations

import hashlib
from hmac import compare_digest

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import ICredentials
from twisted.cred.error import UnauthorizedLogin
from twisted.internet.defer import Deferred, fail, succeed
from twisted.logger import Logger
from zope.interface import Attribute, Interface, implementer

from txrfb.error import UnusableFile
from txrfb.security.accounts.credentials import toBytes
from txrfb.security.accounts.followed import FollowedFile
from txrfb.security.accounts.rights import FULL, RightfulId, Rights, least

__all__ = ["IToken", "Token", "TokensFile"]

#: How many characters a token must have: fewer could be guessed.
_MIN_LENGTH = 16


class IToken(ICredentials, Interface):
    """
    A bearer token.
    """

    digest: bytes = Attribute("A C{bytes}: its SHA-256 hash.")


@implementer(IToken)
class Token:
    """
    A token that somebody has shown.
    """

    __slots__ = ("digest",)

    def __init__(self, token: bytes | str) -> None:
        self.digest = _digest(toBytes(token))


def _digest(token: bytes) -> bytes:
    return hashlib.sha256(token).digest()


def _parsed(data: bytes) -> list[tuple[bytes, Rights]]:
    """
    @return: Hashes of tokens, and what their bearers may do.

    @raise ValueError: if a line is wrong, saying which, and not what is in it.
    """
    found = []
    for number, line in enumerate(data.splitlines(), 1):
        try:
            text = line.decode("ascii").strip()
            if not text or text.startswith("#"):
                continue
            token, colon, words = (part.strip() for part in text.partition(":"))
            if len(token) < _MIN_LENGTH:
                raise ValueError(
                    f"a token of {len(token)} characters can be guessed; it needs"
                    f" {_MIN_LENGTH}"
                )
            rights = Rights.fromString(words) if colon else FULL
        except UnicodeDecodeError:
            raise ValueError(f"line {number}: it is not ASCII") from None
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from None
        found.append((_digest(token.encode("ascii")), rights))
    return found


@implementer(ICredentialsChecker)
class TokensFile:
    """
    The tokens in a file, which is read again when it has changed.  If it cannot be,
    nobody is let in by one until it can.
    """

    credentialInterfaces = (IToken,)

    _log = Logger()

    def __init__(self, path: str) -> None:
        """
        @param path: The file's path.

        @raise OSError: if it cannot be read.

        @raise UnusableFile: if it is not as it should be.
        """
        self._file: FollowedFile[list[tuple[bytes, Rights]]] = FollowedFile(
            path,
            _parsed,
            [],
            self._log,
            "no token in {path!r} is good until it can be read again: {why}",
        )
        if not self._file.content():
            raise UnusableFile(path, "there are no tokens in it")

    def requestAvatarId(self, credentials: IToken) -> Deferred[bytes | tuple[()]]:
        """
        See L{ICredentialsChecker<twisted.cred.checkers.ICredentialsChecker>}.
        """
        # All are looked at, so that the time does not tell.
        said = [
            rights
            for digest, rights in self._file.content()
            if compare_digest(digest, credentials.digest)
        ]
        if not said:
            return fail(UnauthorizedLogin())
        return succeed(RightfulId(b"", least(*said)))
