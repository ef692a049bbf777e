# -*- test-case-name: tests.client.test_knownhosts -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Host keys that a viewer recognizes: one that it was given, or those that it has seen, in
a file, as C{ssh} keeps them.
"""

from __future__ import annotations

import hashlib
import os
import re
from base64 import b64encode

from txrfb.error import SecurityError

__all__ = ["GivenKey", "KnownHost"]

_FINGERPRINT = re.compile(r"[0-9a-f]{2}(-[0-9a-f]{2}){7}|SHA256:[\w+/]{43}", re.ASCII)


def digestOf(encoded: bytes) -> str:
    """
    @param encoded: A public key as L{encodeKey<txrfb.security.types.hostkey.encodeKey>}
        makes it.

    @return: Its SHA-256, as C{ssh} writes it: C{"SHA256:..."}.
    """
    return f"SHA256:{b64encode(hashlib.sha256(encoded).digest()).decode().rstrip('=')}"


def _shown(encoded: bytes) -> str:
    from txrfb.security.types.hostkey import fingerprint

    return fingerprint(encoded)


class GivenKey:
    """
    The only key that is right.
    """

    def __init__(self, fingerprint: str) -> None:
        """
        @param fingerprint: As the server's log and viewers show it,
            C{"d9-7a-4f-65-8d-91-92-78"}, or as L{digestOf} makes it.

        @raise ValueError: if it is neither.
        """
        self._fingerprint = fingerprint.strip()
        if not _FINGERPRINT.fullmatch(self._fingerprint):
            raise ValueError(
                f"{fingerprint!r} is no fingerprint of a host key; expected one like"
                " d9-7a-4f-65-8d-91-92-78, as the server's log has it, or SHA256:..."
            )

    def trusts(self, encoded: bytes) -> bool:
        """
        @return: Whether this is the key.

        @raise SecurityError: if it is not, saying which it is.
        """
        if self._fingerprint in (digestOf(encoded), _shown(encoded)):
            return True
        raise SecurityError(
            f"the server's host key is {_shown(encoded)}, not {self._fingerprint};"
            " somebody may be in between"
        )

    def proved(self, encoded: bytes) -> None:
        """
        The server has shown that it has the key: nothing is to be done.
        """


class KnownHost:
    """
    The key that a server had the first time, which a file remembers: a line has the
    server's name and its key's L{digestOf}; others begin with C{#}.
    """

    def __init__(self, path: str, name: str) -> None:
        """
        @param path: The file; it is made if it is not there.

        @param name: What the server is called in it.

        @raise ValueError: if nothing can be called so.
        """
        if not name or name.startswith("#") or name.split() != [name]:
            raise ValueError(f"{name!r} is no name of a host")
        self._path = path
        self._name = name

    def _known(self) -> set[str]:
        """
        @return: The keys that are known for this name.
        """
        try:
            with open(self._path, encoding="utf-8") as file:
                lines = [line.split() for line in file if not line.startswith("#")]
        except FileNotFoundError:
            return set()
        return {line[1] for line in lines if line[:1] == [self._name] and line[1:]}

    def trusts(self, encoded: bytes) -> bool:
        """
        @return: Whether a key is the one that is known, or none is known.

        @raise SecurityError: if it is another, saying what to do.

        @raise OSError: if the file cannot be read.
        """
        known = self._known()
        if not known or digestOf(encoded) in known:
            return True
        raise SecurityError(
            f"the host key of {self._name} is {_shown(encoded)} ({digestOf(encoded)}),"
            f" and {self._path} has another: somebody may be in between; if the key"
            " was changed, remove the line"
        )

    def proved(self, encoded: bytes) -> None:
        """
        The server has shown that it has the key: remember it.

        @raise OSError: if it cannot be written.
        """
        if digestOf(encoded) in self._known():
            return
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        with open(os.open(self._path, flags, 0o600), "a", encoding="utf-8") as file:
            file.write(f"{self._name} {digestOf(encoded)}\n")
