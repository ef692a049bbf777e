# -*- test-case-name: tests.record.test_options -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The options of the command line for recordings.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from twisted.python.usage import Options, UsageError

if TYPE_CHECKING:
    from txrfb.protocol import RFBFactory
    from txrfb.record.recorder import Recorder

__all__ = ["RecordOptions"]

#: The options that mean nothing without C{--record}, and what they are by default.
_HELPERS = {
    "record-size": 0.0,
    "record-time": 0.0,
    "record-rate": 30.0,
    "record-clipboard": 0,
    "record-input": 0,
}


def _number(option: str, what: str) -> Callable[[str], float]:
    """
    @param what: What it is a number of, and what 0 stands for.

    @return: What makes a number of the value of an option.
    """

    def coerce(value: str) -> float:
        try:
            number = float(value)
        except ValueError:
            number = -1
        if not 0 <= number < math.inf:
            raise UsageError(f"--{option} {value!r}: expected a number of {what}")
        return number

    return coerce


class RecordOptions(Options):
    """
    Options to be mixed into those of a command.

    @ivar warnings: What the administrator should know, in sentences.
    """

    warnings: list[str]

    optFlags = [  # noqa: RUF012
        [
            "record-clipboard",
            None,
            "Record texts that are copied, too; passwords may be among them.",
        ],
        [
            "record-input",
            None,
            "Record keys and buttons that viewers press, too.  Beware: whoever reads"
            " that reads the passwords that they type.",
        ],
    ]

    optParameters: list[list[Any]] = [  # noqa: RUF012
        [
            "record",
            None,
            None,
            "Record all that is shown, in files in this directory, which is made if it"
            " is not there; and who came and left.  Only the owner may read them.",
        ],
        [
            "record-size",
            None,
            _HELPERS["record-size"],
            "Begin another file when one has so many MiB; 0 for never.",
            _number("record-size", "MiB, or 0 for one file however large"),
        ],
        [
            "record-time",
            None,
            _HELPERS["record-time"],
            "Begin another file after so many minutes; 0 for never.",
            _number("record-time", "minutes, or 0 for one file however long"),
        ],
        [
            "record-rate",
            None,
            _HELPERS["record-rate"],
            "How many pictures a second are recorded at the most; 0 for all.",
            _number("record-rate", "pictures a second, or 0 for all there are"),
        ],
    ]

    def checkRecording(self) -> None:
        """
        There is a warning if passwords would be recorded.

        @raise UsageError: if there cannot be recordings where they should be, or an
            option for them is of no use.
        """
        directory = self["record"]
        if directory is None:
            for name, otherwise in _HELPERS.items():
                if self[name] != otherwise:
                    raise UsageError(f"--{name}: it is of no use without --record")
            return
        if not directory:
            raise UsageError("--record '': expected the path of a directory")
        # That of a daemon is another when it records.
        self["record"] = path = os.path.abspath(directory)
        while not os.path.lexists(path):
            path = os.path.dirname(path)
        which = "it" if path == self["record"] else path
        if not os.path.isdir(path):
            raise UsageError(f"--record {directory!r}: {which} is no directory")
        if not os.access(path, os.W_OK | os.X_OK):
            raise UsageError(f"--record {directory!r}: {which} cannot be written to")
        if self["record-input"]:
            self.warnings.append(
                "--record-input: recordings have all keys that viewers press, and so"
                " the passwords that they type"
            )

    def whatIsRecorded(self) -> list[str]:
        """
        @return: What is recorded and where, lines of text; none if nothing is.
        """
        if self["record"] is None:
            return []
        parts = ["the screen"]
        parts += ["the clipboard"] if self["record-clipboard"] else []
        parts += ["keys and buttons"] if self["record-input"] else []
        what = ", ".join([*parts, "and who comes and leaves"])
        size, minutes, rate = (
            self[f"record-{name}"] for name in ("size", "time", "rate")
        )
        limits = [f"{size:g} MiB"] if size else []
        limits += [f"{minutes:g} minutes"] if minutes else []
        each = f"a file for {' or '.join(limits)}" if limits else "in one file"
        pictures = f"up to {rate:g} pictures a second" if rate else "each picture"
        return [f"{what}, {pictures}", f"in {self['record']}, {each}"]

    def makeRecorder(self, factory: RFBFactory) -> Recorder | None:
        """
        @param factory: What serves the screen.

        @return: What records; C{None} if nothing is to be recorded.
        """
        if self["record"] is None:
            return None
        # Needed by few.
        from txrfb.record.recorder import Recorder

        return Recorder(
            factory,
            self["record"],
            frameRate=self["record-rate"],
            fileSize=int(self["record-size"] * (1 << 20)),
            fileSeconds=self["record-time"] * 60,
            clipboard=bool(self["record-clipboard"]),
            input=bool(self["record-input"]),
        )
