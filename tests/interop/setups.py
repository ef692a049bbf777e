# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The set-ups of the daemon that people make, each with the options of C{twistd rfb} and
nothing else, and what their viewers are told: a user's name, a password, an authority.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import cast

from twisted.internet.defer import maybeDeferred
from twisted.logger import ILogObserver, LogEvent, globalLogPublisher

from tests.interop.certificates import Authority
from tests.interop.pages import ELSEWHERE, Pages
from tests.interop.processes import Reactor
from tests.interop.viewers import Options
from txrfb import tap
from txrfb.security.accounts.hashing import Hash
from txrfb.security.types.hostkey import HostKey

USER, PASSWORD = "ann", "sesame"
"""
Who logs in. Types without names look at eight characters at the most.
"""


@dataclass(frozen=True)
class SetUp:
    """
    A set-up of the daemon.

    @ivar name: what the documentation calls it.
    @ivar words: its options; a word in braces is the path of a file of L{Files}.
    """

    name: str
    words: str

    def options(self, files: Files) -> Options:
        """
        What viewers are told.
        """
        hasNames = "--users" in self.words or "--auth" in self.words
        return Options(
            password=PASSWORD if self.words else None,
            username=USER if hasNames else None,
            authority=files.authority if "{certificate}" in self.words else None,
            hostKey=files.hostKey if "{key}" in self.words else None,
        )


_CERTIFICATE = " --tls-certificate {certificate}"
_KEY = " --host-key {key}"


def _shown(words: str) -> tuple[SetUp, ...]:
    """
    A set-up, with whatever the server may have to show besides.
    """
    return (
        SetUp("certificate", words + _CERTIFICATE),
        SetUp("host key", words + _KEY),
        SetUp("both", words + _CERTIFICATE + _KEY),
    )


SETUPS = {
    "A password": (
        SetUp("no password", ""),
        SetUp("password", "--password-file {password}"),
        *_shown("--password-file {password}"),
    ),
    "Users": (
        SetUp("``--auth``", "--auth file:{auth}"),
        SetUp("users", "--users {users}"),
        *_shown("--users {users}"),
    ),
}
"""
All that is common, by what is asked.
"""


class Files:
    """
    The files that options name, in a directory.

    @ivar authority: the path of the authority that signed the certificate.
    @ivar hostKey: the fingerprint of the host key.
    """

    def __init__(self, directory: str) -> None:
        authority = Authority(directory, "authority")
        self.authority = authority.path
        self.paths = {"certificate": authority.issue()}
        for name, text in (
            ("password", f"{PASSWORD}\n"),
            ("users", f"{USER}:{Hash.make(PASSWORD.encode(), os.urandom(16))}:full\n"),
            ("auth", f"{USER}:{PASSWORD}\n"),
        ):
            path = self.paths[name] = os.path.join(directory, name)
            with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
                file.write(text)
        self.paths["key"] = os.path.join(directory, "key.pem")
        self.hostKey = HostKey.loadOrCreate(self.paths["key"]).fingerprint


class Daemon:
    """
    What C{twistd rfb} runs, on a port of 127.0.0.1, in this process.

    @ivar port: the port.
    @ivar webPort: the port for browsers.
    @ivar events: all that is logged while it runs.
    """

    def __init__(self, reactor: Reactor, setUp: SetUp, files: Files) -> None:
        options = tap.Options(reactor)
        options.parseOptions(
            [
                *("--port", "tcp:0:interface=127.0.0.1"),
                *("--web", "tcp:0:interface=127.0.0.1"),
                *(
                    word
                    for host in ("127.0.0.1", ELSEWHERE)
                    for word in ("--web-origin", Pages.shared().origin(host))
                ),
                *("--framebuffer", "testcard:320x200:still"),
                *(word.format(**files.paths) for word in setUp.words.split()),
            ]
        )
        self.events: list[LogEvent] = []
        self._heard = cast(ILogObserver, self.events.append)
        self._service = tap.makeService(options)

    @property
    def logins(self) -> list[str]:
        """
        The security types by which viewers have logged in.
        """
        return [
            event["security"]
            for event in self.events
            if ": logged in" in str(event.get("log_format"))
        ]

    def start(self) -> None:
        """
        Listen.
        """
        globalLogPublisher.addObserver(self._heard)
        self._service.privilegedStartService()
        self._service.startService()
        self.port, self.webPort = (
            int(str(event["place"]).rstrip("/").replace(":", " ").split()[-1])
            for event in self.events
            if "place" in event and "audience" in event
        )

    async def stop(self) -> None:
        """
        End all connections, and listen no more.
        """
        await maybeDeferred(self._service.stopService)
        globalLogPublisher.removeObserver(self._heard)
