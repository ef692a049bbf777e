# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
TightVNC's viewer in Java, on an X server.
"""

from __future__ import annotations

import os

from tests.interop.processes import Child
from tests.interop.programs import WindowViewer
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
