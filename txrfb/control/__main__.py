# -*- test-case-name: tests.control.test_main -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Ask a server that runs, or give it an order: C{python -m txrfb.control list}.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import socket
import sys
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

from txrfb._unixpath import checkUnixPath

_VARIABLE = "TXRFB_CONTROL"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m txrfb.control",
        description="Ask a server that was started with --control PATH.",
    )
    parser.add_argument(
        "--control",
        metavar="PATH",
        help=f"the server's control socket; the environment's {_VARIABLE} if not given",
    )
    parser.add_argument(
        "--json", action="store_true", help="print the answer as it is, for programs"
    )
    commands = parser.add_subparsers(
        dest="command",
        metavar="COMMAND",
        help="what to ask, or to do; COMMAND --help says what it takes",
    )
    commands.add_parser("list", help="show who is connected")
    kick = commands.add_parser("kick", help="disconnect somebody")
    rights = commands.add_parser("rights", help="change what a viewer may do")
    for one in (kick, rights):
        one.add_argument("number", help="the number of the connection, see list")
    rights.add_argument("rights", help="full, view, or some, as in keys,pointer")
    shot = commands.add_parser("screenshot", help="write what is shown to a PNG file")
    shot.add_argument("file", help="where; - for standard output")
    say = commands.add_parser(
        "say", help="ring the bell, and show a text beside the desktop's name"
    )
    say.add_argument("text", help="the text; empty to take it away")
    commands.add_parser("playback", help="show how far a recording is that is played")
    commands.add_parser("play", help="play it")
    commands.add_parser("pause", help="have it stand still")
    for name, what in (
        ("seek", "go to a second of it"),
        ("speed", "play it so fast, from 0.5 to 16"),
        ("idle", "cut idle times to so many seconds; 0 for not"),
    ):
        commands.add_parser(name, help=what).add_argument("number", help=what)
    commands.add_parser("status", help="show how its parts are, such as a broadcast")
    commands.add_parser("check", help="show how the server is set up")
    commands.add_parser(
        "drain",
        help="take no more viewers, and end when the last has left; the second time,"
        " end at once",
    )
    return parser


def ask(path: str, command: str, arguments: Sequence[str]) -> dict[str, Any]:
    """
    Ask a server.

    @param path: Its control socket.

    @param command: The command.

    @param arguments: What it takes.

    @return: The answer.

    @raise OSError: if the server cannot be asked.

    @raise ValueError: if what answers is no such server.
    """
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        question = {"command": command, "arguments": arguments}
        connection.sendall(json.dumps(question).encode("ascii") + b"\n")
        with connection.makefile("rb") as stream:
            answer = json.loads(stream.readline())
    if not isinstance(answer, dict):
        raise ValueError("the answer is no JSON object")
    return answer


def main(
    arguments: Sequence[str] | None = None,
    environ: Mapping[str, str] = os.environ,
    stdout: TextIO | None = None,
) -> str | None:
    """
    Do what the command line says.

    @param arguments: The command line without the program's name.

    @param environ: The environment.

    @param stdout: Where the answer is printed.

    @return: What went wrong; C{None} if nothing did.
    """
    parser = _parser()
    given = vars(parser.parse_args(arguments))
    if given["command"] is None:
        parser.error("a COMMAND is missing; --help has all, list shows who is there")
    path = given.pop("control") or environ.get(_VARIABLE)
    if not path:
        parser.error(f"--control PATH, or {_VARIABLE}, must say where the server is")
    try:
        checkUnixPath(path)
    except ValueError as error:
        parser.error(f"--control: {error}")
    asJSON, command = given.pop("json"), given.pop("command")
    file = given.pop("file", None)
    output = stdout or sys.stdout
    try:
        answer = ask(path, command, list(given.values()))
    except OSError as error:
        reason = error.strerror or str(error)
        return f"{path}: {reason}; is the server running with --control {path}?"
    except ValueError:
        return f"{path}: that is no server's control socket"
    if "error" in answer:
        return str(answer["error"])
    if file is not None:
        picture = base64.b64decode(answer.pop("png"))
        try:
            _write(file, picture, output)
        except OSError as error:
            return f"{file}: {error.strerror}"
    if asJSON:
        print(json.dumps(answer), file=output)
    elif file is None:
        print("\n".join(answer["text"]), file=output)
    return None


def _write(file: str, picture: bytes, output: TextIO) -> None:
    """
    Write a picture where the user wants it.
    """
    if file == "-":
        output.flush()
        output.buffer.write(picture)
        output.buffer.flush()
        return
    with open(file, "wb") as target:
        target.write(picture)


if __name__ == "__main__":
    sys.exit(main())
