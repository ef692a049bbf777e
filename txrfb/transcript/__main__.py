# -*- test-case-name: tests.transcript.test_main -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
C{python -m txrfb.transcript}: show, follow or replay what is in a log.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any, TextIO

from twisted.internet.endpoints import HostnameEndpoint, connectProtocol
from twisted.internet.task import react

from txrfb.client import loginFor
from txrfb.security.accounts.passwords import readPasswords
from txrfb.transcript.records import LEVELS, Follower, Record, parseTime, recordsOf
from txrfb.transcript.replay import Recording, Replay, recordingOf
from txrfb.transcript.show import Filter, hasColors, shown

__all__ = ["main"]

_DESCRIPTION = (
    "Show a log of twistd rfb, as text or JSON: of txrfb.log.jsonObserver, or as bunyan"
    " has it.  Or connect to a server and say again what a viewer said, with neutral"
    " content in messages of the same kinds and sizes: keys are x, texts too."
)

# Every how many seconds a log is looked at that is followed.
_INTERVAL = 0.25


def _time(text: str) -> datetime:
    try:
        return parseTime(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no time such as 2026-11-29T12:00 (UTC)"
        ) from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m txrfb.transcript", description=_DESCRIPTION
    )
    add = parser.add_argument
    add("logs", metavar="LOG", nargs="+", help="a log; - for standard input")
    add(
        "--connection",
        "-c",
        metavar="N",
        type=int,
        action="append",
        default=[],
        help="only this connection; may be repeated",
    )
    add("--level", choices=LEVELS, default="debug", help="only this level and above")
    add("--since", metavar="TIME", type=_time, help="only from then on: ISO 8601")
    add("--until", metavar="TIME", type=_time, help="only up to then")
    add("--follow", "-f", action="store_true", help="wait for more")
    add("--replay", metavar="HOST:PORT", help="replay the one connection at a server")
    add("--password-file", metavar="FILE", help="the password of that server")
    return parser


def main(
    arguments: Sequence[str] | None = None,
    out: TextIO | None = None,
    environ: Mapping[str, str] = os.environ,
    sleep: Callable[[float], None] = time.sleep,
    run: Callable[..., None] = react,
) -> str | None:
    """
    Do what the command line says.

    @param arguments: The command line without the program's name.

    @param out: Where to write; standard output if not given.

    @param environ: The environment, which may forbid colors.

    @param sleep: Waits for some seconds.

    @param run: Runs the reactor; see L{react}.

    @return: What went wrong; C{None} if nothing did.
    """
    options = _parser().parse_args(arguments)
    out = sys.stdout if out is None else out
    try:
        if options.replay is not None:
            return _replay(options, out, run)
        _show(options, out, environ, sleep)
    except (KeyboardInterrupt, BrokenPipeError):
        pass
    except (OSError, ValueError) as error:
        return str(error)
    return None


def _linesOf(path: str) -> Iterator[str]:
    """
    @return: The lines of a log.
    """
    if path == "-":
        yield from sys.stdin
        return
    with open(path, encoding="utf-8", errors="backslashreplace") as file:
        yield from file


def _records(options: Any) -> Iterator[Record]:
    """
    @return: What is in all logs.
    """
    return recordsOf(chain.from_iterable(map(_linesOf, options.logs)))


def _show(
    options: Any,
    out: TextIO,
    environ: Mapping[str, str],
    sleep: Callable[[float], None],
) -> None:
    """
    Show what is of interest.
    """
    wanted = Filter(
        frozenset(options.connection), options.level, options.since, options.until
    )
    colors = hasColors(out, environ)

    def show(records: Iterator[Record]) -> None:
        for record in records:
            if wanted.takes(record):
                out.write(shown(record, colors) + "\n")
        out.flush()

    if not options.follow:
        show(_records(options))
        return
    if len(options.logs) > 1 or options.logs == ["-"]:
        raise ValueError("only one file can be followed")
    follower = Follower(options.logs[0])
    try:
        while True:
            show(recordsOf(follower.lines()))
            sleep(_INTERVAL)
    finally:
        follower.close()


def _replay(options: Any, out: TextIO, run: Callable[..., None]) -> str | None:
    """
    Replay a connection.

    @return: What went wrong.
    """
    if len(options.connection) != 1:
        raise ValueError("--replay needs one --connection")
    host, _, port = options.replay.rpartition(":")
    if not (host and port.isdigit()):
        raise ValueError(f"--replay {options.replay!r}: HOST:PORT is needed")
    recording = recordingOf(_records(options), options.connection[0])
    password = None
    if options.password_file is not None:
        password = readPasswords(options.password_file).password

    async def replay(reactor: Any) -> None:
        viewer = Replay(recording, clock=reactor, **loginFor(password))
        endpoint = HostnameEndpoint(reactor, host.strip("[]"), int(port))
        await connectProtocol(endpoint, viewer)
        await viewer.done
        _tell(viewer, recording, out)
        viewer.disconnect()
        if viewer.reason:
            raise SystemExit(1)

    run(replay, ())
    return None


def _tell(viewer: Replay, recording: Recording, out: TextIO) -> None:
    """
    Say what came of a replay.
    """
    skipped = ", ".join(f"{name} x {n}" for name, n in viewer.skipped.items())
    out.write(
        f"{viewer.said} of {len(recording.messages)} messages were sent"
        f"{f' (not {skipped})' if skipped else ''}; {viewer.updates} updates and"
        f" {viewer.transcript.received} bytes came back\n"
    )
    if viewer.reason:
        out.write(f"the connection ended: {viewer.reason}\n")


if __name__ == "__main__":
    sys.exit(main())
