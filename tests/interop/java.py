# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
TightVNC's viewer in Java, on an X server.
"""

from __future__ import annotations

import os

from tests.interop.processes import PATIENCE, Child, ViewerFailed, until
from tests.interop.programs import WindowSession, WindowViewer
from tests.interop.viewers import Options, refuse

_JAR = "/usr/share/java/tightvncviewer.jar"


class JavaTightVNC(WindowViewer):
    """
    The viewer of TightVNC in Java. It begins with 8 or with 24 bits a pixel.
    """

    name = "jtightvncviewer"
    programs = ("java", "Xvfb", "xdotool", "setpriv")
    encodings = ("raw", "rre", "corre", "hextile", "zrle", "zlib", "tight")
    resizes = False

    def missing(self) -> str | None:
        """
        Also what Java is to run.
        """
        if not os.path.exists(_JAR):
            return f"the Debian package tightvnc-java ({_JAR})"
        return super().missing()

    def search(self, child: Child) -> list[str]:
        """
        By what Java calls the part of its window with the picture.
        """
        return ["--name", "^sun-awt-X11-XCanvasPeer$"]

    async def connect(self, host: str, port: int, options: Options) -> WindowSession:
        """
        Wait until all of the picture can be seen, too. Now and then Java divides its
        window by a size that it had before, with scroll bars, as there is no window
        manager; a size from outside it takes.
        """
        session = await super().connect(host, port, options)
        server = session.server

        async def isWhole() -> bool:
            canvas = await session.window()
            part = await server.window(
                self.reactor, "--all", "--name", "^ScrollPane content$"
            )
            frame = await server.window(
                self.reactor, "--maxdepth", "1", "--class", "^tightvncviewer-VncViewer$"
            )
            if canvas is None or part is None or frame is None:
                return False
            if part.width >= canvas.width and part.height >= canvas.height:
                return True
            words = ["windowsize", frame.identifier]
            width, height = canvas.width + 20, canvas.height + 10
            await server.tool(
                self.reactor,
                *(*words, str(width), str(height + 1)),
                *(*words, str(width), str(height)),
            )
            return False

        if not await until(self.reactor, PATIENCE, isWhole, 0.2):
            await session.close()
            raise ViewerFailed(f"{self.name} does not show all of its picture")
        return session

    def command(
        self, host: str, port: int, options: Options, directory: str
    ) -> list[str]:
        """
        Nothing but the picture in the window, and the end after an error.
        """
        refuse(
            *(self, options, "password", "encoding"),
            *("compression", "quality", "colors"),
        )
        words = ["java", f"-Duser.home={directory}", "-jar", _JAR]
        words += ["HOST", host, "PORT", str(port)]
        words += ["Show controls", "No", "Offer relogin", "No"]
        if options.password is not None:
            words += ["PASSWORD", options.password]
        if options.encoding is not None:
            words += ["Encoding", options.encoding]
        if options.compression is not None:
            words += ["Compression level", str(options.compression)]
        words += ["JPEG image quality"]
        words += ["JPEG off" if options.quality is None else str(options.quality)]
        if options.colors is not None:
            if options.colors != 256:
                raise ValueError(f"{self.name} knows 256 colors, not {options.colors}")
            words += ["Restricted colors", "Yes"]
        return words
