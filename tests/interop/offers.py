# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Which viewers log in to which set-up of the daemon, and by which security type, if they
are told nothing but who they are and whom to trust. C{python -m tests.interop.offers}
tries them all, and writes what was seen into C{docs/viewers.rst}.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.task import react

from tests.interop.java import JavaTightVNC
from tests.interop.libraries import AsyncVNC, LibVNCClient, VncDoTool
from tests.interop.processes import PATIENCE, Reactor, ViewerFailed
from tests.interop.programs import GVncCapture, TigerVNC, TightVNC, VncSnapshot
from tests.interop.setups import SETUPS, Daemon, Files, SetUp
from tests.interop.viewers import Options, Session, Viewer
from tests.interop.web import WEB_VIEWERS
from tests.interop.xserver import Picture
from txrfb.client import RFBClient, connectViewer
from txrfb.error import ConnectionFailed

DOCUMENT = Path(__file__).parents[2] / "docs" / "viewers.rst"
"""
What has the tables.
"""

_TABLE = re.compile(r"^\.\. csv-table:: (.+)\n(?:   :.*\n)+\n((?:   .+\n)+)", re.M)


class _OwnSession(Session):
    def __init__(self, client: RFBClient) -> None:
        self.client = client

    async def picture(self) -> Picture:
        return np.asarray(self.client.image()).copy()

    async def close(self) -> None:
        self.client.disconnect()


class Own(Viewer):
    """
    The viewer of this project.
    """

    name = "txrfb.client"

    async def connect(self, host: str, port: int, options: Options) -> Session:
        """
        Connect, and wait for a picture.
        """
        authority = options.authority and Path(options.authority).read_bytes()
        try:
            client = await connectViewer(
                TCP4ClientEndpoint(self.reactor, host, port),
                options.password,
                username=options.username,
                hostname=host if authority else None,
                authority=authority,
                hostKey=options.hostKey,
            )
        except ConnectionFailed as error:
            raise ViewerFailed(str(error)) from error
        return _OwnSession(client)


@dataclass(frozen=True)
class Row:
    """
    A viewer in the tables.

    @ivar name: what it is called there.
    @ivar kind: what runs it.
    @ivar takes: the names of the options that it can be told.
    """

    name: str
    kind: type[Viewer]
    takes: tuple[str, ...] = ("password", "username")

    async def seen(
        self, reactor: Reactor, setUp: SetUp, files: Files, patience: float
    ) -> str:
        """
        Try one set-up.

        @param patience: how many seconds it may take to log in.
        @return: the security type by which the viewer has logged in and shown a
            picture; C{"no"} if it has not.
        """
        daemon = Daemon(reactor, setUp, files)
        daemon.start()
        told = setUp.options(files)
        viewer = self.kind(reactor, patience)
        options = Options(**{name: getattr(told, name) for name in self.takes})
        try:
            port = daemon.webPort if self.kind.isWeb else daemon.port
            session = await viewer.open("127.0.0.1", port, options)
            await session.picture()
        except ViewerFailed:
            return "no"
        finally:
            await viewer.close()
            await daemon.stop()
        [used] = daemon.logins
        return used

    async def row(
        self, reactor: Reactor, table: str, expected: Sequence[str]
    ) -> list[str]:
        """
        Try all set-ups of a table.

        @param expected: what will be seen: nobody waits for long where that is a
            viewer that does not log in, as some wait for ever.
        """
        with TemporaryDirectory(prefix="txrfb-offers-") as directory:
            files = Files(directory)
            return [
                await self.seen(reactor, one, files, 3.0 if cell == "no" else PATIENCE)
                for one, cell in zip(SETUPS[table], expected, strict=True)
            ]


ROWS = (
    Row("TigerVNC 1.12", TigerVNC, ("password", "username", "authority")),
    Row("xtightvncviewer 1.3.10", TightVNC, ("password",)),
    Row("TightVNC in Java 1.3.10", JavaTightVNC, ("password",)),
    Row("libvncclient 0.9.14", LibVNCClient, ("password", "username", "authority")),
    Row("gtk-vnc 1.3.1", GVncCapture, ("password", "username", "authority")),
    Row("vncsnapshot 1.2", VncSnapshot, ("password",)),
    Row("vncdotool 1.4", VncDoTool),
    Row("asyncvnc 1.3", AsyncVNC, ("password",)),
    *(Row(kind.name, kind) for kind in WEB_VIEWERS),
    Row(Own.name, Own, ("password", "username", "authority", "hostKey")),
)
"""
All viewers.
"""


def documented(table: str) -> dict[str, list[str]]:
    """
    What the documentation says.

    @return: the cells of each row of a table, by the name of the viewer.
    """
    for title, lines in _TABLE.findall(DOCUMENT.read_text("utf-8")):
        if title == table:
            return {
                cells[0]: cells[1:]
                for cells in csv.reader(lines.splitlines(), skipinitialspace=True)
                if cells
            }
    raise KeyError(table)


async def write(reactor: Reactor) -> None:
    """
    Try all, and write it down.
    """
    text = DOCUMENT.read_text("utf-8")
    for table in SETUPS:
        lines = ""
        for row in ROWS:
            cells = await row.row(reactor, table, ["no"] * len(SETUPS[table]))
            line = ", ".join([row.name, *cells])
            sys.stdout.write(f"{line}\n")
            lines += f"   {line}\n"

        def replaced(
            match: re.Match[str], table: str = table, lines: str = lines
        ) -> str:
            return match[0].replace(match[2], lines) if match[1] == table else match[0]

        text = _TABLE.sub(replaced, text)
    DOCUMENT.write_text(text, "utf-8")


def main(reactor: Any) -> Deferred[None]:
    """
    For L{react}.
    """
    return ensureDeferred(write(reactor))


if __name__ == "__main__":
    react(main)
