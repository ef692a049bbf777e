# -*- test-case-name: tests.test_plugin -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
C{python -m txrfb}: C{twistd -n rfb} without a pid file, for trying things out.

It takes the options of C{twistd rfb}.  Those of C{twistd} itself, such as C{--logger}
and C{--uid}, need C{twistd}.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence

from twisted.python.usage import Options
from twisted.scripts.twistd import ServerOptions, runApp  # type: ignore[attr-defined]

from txrfb import tap

__all__ = ["main"]


class _RFBOptions(tap.Options):
    """
    The options of C{twistd rfb}, whose help names this command.
    """

    command = "python -m txrfb"

    def getSynopsis(self) -> str:
        """
        @return: The first line of the help.
        """
        return f"Usage: {self.command} [options]"


class _TwistdOptions(ServerOptions):
    """
    The options of C{twistd}, which runs the server as its sub-command C{rfb}.
    """

    @property
    def subCommands(self) -> Iterator[tuple[str, None, Callable[[], Options], str]]:
        """
        C{rfb}, and none of the others that are installed.
        """
        for name, shortcut, _, description in super().subCommands:
            if name == "rfb":
                yield name, shortcut, _RFBOptions, description


def main(arguments: Sequence[str]) -> None:
    """
    Serve in the foreground until the process is told to end.

    @param arguments: The options, as C{twistd rfb} takes them.

    @raise SystemExit: with the reason, which makes the status 1, if they are wrong.
    """
    config: Options = _TwistdOptions()  # type: ignore[no-untyped-call]
    config.parseOptions(["--nodaemon", "--pidfile=", "rfb", *arguments])
    runApp(config)


if __name__ == "__main__":
    main(sys.argv[1:])
