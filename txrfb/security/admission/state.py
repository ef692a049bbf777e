# -*- test-case-name: tests.security.test_state -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The state directory: where a server keeps the host key and the certificate that it makes
for itself, so that viewers find the same ones again.
"""

from __future__ import annotations

import contextlib
import os
import socket
import tempfile
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from typing import Any

from twisted.logger import Logger
from twisted.python.usage import Options, UsageError

from txrfb.security.admission.choice import Choice
from txrfb.security.tls.certificates import createSelfSigned, pinOf

__all__ = ["OwnKeys", "StateOptions", "stateDirectory"]

_log = Logger()


def stateDirectory(environ: Mapping[str, str]) -> str:
    """
    @param environ: The environment: C{STATE_DIRECTORY} is systemd's, and
        C{XDG_STATE_HOME} that of the XDG Base Directory Specification.

    @return: The directory that is usual.
    """
    # systemd may name several.
    given = environ.get("STATE_DIRECTORY", "").partition(":")[0]
    if given:
        return given
    home = environ.get("XDG_STATE_HOME", "")
    # What is not absolute is to be ignored, as the specification has it.
    if not os.path.isabs(home):
        home = os.path.join(os.path.expanduser("~"), ".local", "state")
    return os.path.join(home, "txrfb")


class OwnKeys:
    """
    A state directory, which is made if it is not there.

    @ivar hostKey: The path of the host key, which whoever needs it makes.
    """

    def __init__(self, directory: str) -> None:
        """
        @param directory: The path of the directory.

        @raise OSError: if it cannot be made, or nothing can be made in it.
        """
        try:
            os.makedirs(directory, 0o700, exist_ok=True)
        except FileExistsError:
            raise NotADirectoryError(20, "it is no directory", directory) from None
        self.hostKey = os.path.join(directory, "hostkey.pem")
        self._certificate = os.path.join(directory, "certificate.pem")
        isThere = all(map(os.path.exists, (self.hostKey, self._certificate)))
        if not isThere and not os.access(directory, os.W_OK | os.X_OK):
            raise PermissionError(13, "nothing can be written there", directory)

    def certificate(self) -> str:
        """
        Make a certificate, if it is not there.

        @return: The path of the certificate and its key.  The log is told how viewers
            show it.

        @raise OSError: if it can be neither read nor made.

        @raise ValueError: if there is something else in its place.
        """
        path = self._certificate
        fingerprint = createSelfSigned(path, _names())
        _log.info(
            "certificate {path} has the fingerprint {fingerprint} (SHA-256);"
            " TigerVNC's viewer shows pin-sha256={pin}",
            path=path,
            fingerprint=fingerprint,
            pin=pinOf(path),
        )
        return path


def _names() -> list[str]:
    """
    @return: The names by which viewers may call this machine.
    """
    name = socket.gethostname()
    others = ("localhost", "127.0.0.1", "::1")
    return [name, *(one for one in others if one != name)] if name else [*others]


class StateOptions(Options):
    """
    The option of the command line for it.

    @ivar warnings: What the administrator should know, in sentences.
    """

    optParameters: list[list[Any]] = [  # noqa: RUF012
        [
            "state",
            None,
            None,
            "The directory in which the first start makes a host key, where viewers"
            " must log in and --host-key names no other; and a certificate, where"
            " --security asks for X509 by name. [default: systemd's StateDirectory, or"
            " ~/.local/state/txrfb]",
        ],
    ]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)  # type: ignore[no-untyped-call]
        self.warnings: list[str] = []
        self._keys: OwnKeys | None = None
        self._hasLooked = False

    def _place(self) -> str:
        """
        @raise UsageError: if what was given names no place.
        """
        given = self["state"]
        if given == "":
            raise UsageError("--state '': expected the path of a directory")
        return given or stateDirectory(os.environ)

    def ownKeys(self) -> OwnKeys | None:
        """
        @return: The keys that the server makes for itself; C{None} if there is no place
            for them.

        @raise UsageError: if that is the place that was given.
        """
        if self._hasLooked:
            return self._keys
        self._hasLooked = True
        directory = self._place()
        try:
            self._keys = OwnKeys(directory)
        except OSError as error:
            if self["state"] is not None:
                raise UsageError(f"--state {directory!r}: {error.strerror}") from error
            self.warnings.append(
                f"there is no host key, as {directory!r} cannot be"
                f" used: {error.strerror}; --state DIRECTORY names another place"
            )
        return self._keys

    @contextlib.contextmanager
    def keysFor(
        self, choice: Choice, mustLogIn: bool
    ) -> Iterator[tuple[str | None, str | None]]:
        """
        Find host key and certificate, or make them where there are none; but a check
        makes them in a place that does not stay.

        @param choice: The security types that were chosen.

        @param mustLogIn: Whether viewers must log in.  If not, what is asked for by
            name alone is worth making something; a certificate is in any case made for
            that alone.

        @return: The paths of the host key and of the certificate.

        @raise UsageError: if there is something else in the place of one.
        """
        hostKey, certificate = self["host-key"], self["tls-certificate"]
        names = choice.names if mustLogIn else choice.asked
        wantsKey = hostKey is None and any(one.startswith("RA2") for one in names)
        wantsCertificate = (
            certificate is None
            and find_spec("OpenSSL") is not None
            # Viewers of gtk-vnc and libvncclient choose X509 wherever it is offered,
            # and then refuse a certificate that no authority has signed.
            and any(one.startswith("X509") for one in choice.asked)
        )
        with contextlib.ExitStack() as stack:
            if self.get("check"):
                if hostKey is not None and not os.path.exists(hostKey):
                    parent = os.path.dirname(os.path.abspath(hostKey))
                    if not hostKey or not os.path.isdir(parent):
                        raise UsageError(
                            f"--host-key {hostKey!r}: there is no such file, and no"
                            " directory in which it could be made"
                        )
                    wantsKey = True
                place = self._place()
                if self["state"] and os.path.exists(place) and not os.path.isdir(place):
                    raise UsageError(f"--state {place!r}: it is no directory")
                if not os.path.isdir(place):
                    place = stack.enter_context(tempfile.TemporaryDirectory())
                keys: OwnKeys | None = OwnKeys(place)
            else:
                keys = self.ownKeys() if wantsKey or wantsCertificate else None
            if keys is not None and wantsKey:
                hostKey = keys.hostKey
            if keys is not None and wantsCertificate:
                try:
                    certificate = keys.certificate()
                except (OSError, ValueError) as error:
                    raise UsageError(f"--state: {error}") from error
            yield hostKey, certificate
