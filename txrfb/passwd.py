# -*- test-case-name: tests.test_passwd -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Write a file of users: C{python -m txrfb.passwd FILE NAME}.
"""

from __future__ import annotations

import argparse
import getpass
import secrets
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import TextIO

from txrfb.security.accounts.files import (
    checkReplaceable,
    locked,
    replaceSecret,
)
from txrfb.security.accounts.hashing import Hash
from txrfb.security.accounts.rights import NAMES, Rights
from txrfb.security.accounts.users import User, checkName, parseLine, parseUsers

_DESCRIPTION = """\
Set the password of a user in FILE, which twistd rfb --users reads.  You are asked for
the password twice; it is not shown.  Without a terminal it is read from standard
input.  FILE is created if it does not exist, and a
running server reads it again at the next login.
"""


#: A warning is due for passwords with fewer characters.
_SHORT = 8


def changed(data: bytes, name: str, user: User | None) -> bytes:
    """
    Change the line of one user in a file of users; everything else stays.

    @param data: What is in the file.

    @param name: The user's name.

    @param user: What is to be there; C{None} to remove the user.

    @return: What should be in the file.

    @raise ValueError: if a line of the file is wrong, or the user to be removed is
        not there.
    """
    lines = []
    isThere = False
    parseUsers(data)
    for line in data.decode("utf-8").splitlines():
        parsed = parseLine(line)
        if parsed is None or parsed[0] != name:
            lines.append(line)
            continue
        isThere = True
        if user is not None:
            lines.append(user.line(name))
    if not isThere:
        if user is None:
            raise ValueError(f"there is no user {name!r}")
        lines.append(user.line(name))
    return "".join(line + "\n" for line in lines).encode("utf-8")


def _read(path: str) -> bytes:
    """
    @return: What is in a file; nothing if it is not there.

    @raise OSError: if it cannot be read.
    """
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return b""


def askPassword(ask: Callable[[str], str], name: str, stdin: TextIO) -> bytes:
    """
    Ask for a password, twice.

    @param ask: Shows a question and returns the answer, without showing it.

    @param stdin: What is read where there is no terminal, unless somebody types there.

    @raise ValueError: if the answers differ, or there is none, or one is no text, or
        it would be shown while it is typed.

    @raise EOFError: if there is nobody to answer.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", getpass.GetPassWarning)
            password = ask(f"Password for {name}: ")
            if not password:
                raise ValueError("a password cannot be empty")
            if ask("Again: ") != password:
                raise ValueError("the passwords differ; nothing was changed")
    except getpass.GetPassWarning:
        lines = [] if stdin.isatty() else [stdin.readline(), stdin.readline()]
        if not any(lines):
            raise ValueError(
                "there is no terminal on which a password can be typed unseen; --stdin"
                " takes it from standard input"
            ) from None
        password, again = (line.rstrip("\r\n") for line in lines)
        if not password:
            raise ValueError("a password cannot be empty") from None
        if lines[1] and again != password:
            raise ValueError("the passwords differ; nothing was changed") from None
    return _encoded(password)


def _encoded(password: str) -> bytes:
    """
    @raise ValueError: if it is no text.
    """
    try:
        return password.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("the password is not UTF-8; nothing was changed") from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m txrfb.passwd", description=_DESCRIPTION
    )
    parser.add_argument("file", metavar="FILE", help="the file of users")
    parser.add_argument("name", metavar="NAME", help="the user")
    parser.add_argument(
        "--rights",
        default="full",
        help="what the user may do: full, view, or some of"
        f" {', '.join(NAMES)}, comma-separated (default: full)",
    )
    parser.add_argument(
        "--stdin",
        action="store_true",
        help="take the password from the first line of standard input, for scripts",
    )
    parser.add_argument("--delete", action="store_true", help="remove the user")
    return parser


def main(
    arguments: Sequence[str] | None = None,
    ask: Callable[[str], str] = getpass.getpass,
    stdin: TextIO | None = None,
    cost: dict[str, int] | None = None,
    stderr: TextIO | None = None,
) -> str | None:
    """
    Do what the command line says.

    @param arguments: The command line without the program's name.

    @param ask: See L{askPassword}.

    @param stdin: Where C{--stdin} reads, and what is read without a terminal.

    @param cost: What L{Hash.make} takes besides password and salt.

    @param stderr: Where warnings go, and what was done for a person at a terminal.

    @return: What went wrong; C{None} if nothing did.
    """
    options = _parser().parse_args(arguments)
    stdin = sys.stdin if stdin is None else stdin
    said = sys.stderr if stderr is None else stderr
    try:
        name = checkName(options.name)
        rights = Rights.fromString(options.rights)
        # What is wrong with the file is said before anybody types a password.
        wasThere = name.encode("utf-8") in parseUsers(_read(options.file))
        checkReplaceable(options.file)
        user = None
        if not options.delete:
            if options.stdin:
                password = _encoded(stdin.readline().rstrip("\r\n"))
                if not password:
                    raise ValueError("a password cannot be empty")
            else:
                password = askPassword(ask, name, stdin)
            if len(password.decode("utf-8")) < _SHORT:
                print(
                    f"a password of less than {_SHORT} characters is soon guessed",
                    file=said,
                )
            salt = secrets.token_bytes(16)
            user = User(Hash.make(password, salt, **(cost or {})), rights)
        # Others may have changed it while somebody was typing.
        with locked(options.file):
            data = _read(options.file)
            isThere = name.encode("utf-8") in parseUsers(data)
            if user is not None and wasThere and not isThere:
                raise ValueError(
                    f"the user {name!r} was removed meanwhile; nothing was changed"
                )
            replaceSecret(options.file, changed(data, name, user))
    except UnicodeDecodeError:
        return f"{options.file}: what came is not text; nothing was changed"
    except OSError as error:
        where = error.filename
        other = f" ({where})" if where not in (None, options.file) else ""
        return f"{options.file}: {error.strerror or error}{other}"
    except ValueError as error:
        return f"{options.file}: {error}"
    # The question is still in that line.
    except EOFError:
        return f"\n{options.file}: no password came; nothing was changed"
    except KeyboardInterrupt:
        return f"\n{options.file}: interrupted; nothing was changed"
    if user is not None and not options.stdin:
        print(f"{options.file}: {name} may log in now, with rights {rights}", file=said)
    return None


if __name__ == "__main__":
    sys.exit(main())
