# -*- test-case-name: tests.client.test_main -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
C{python -m txrfb.client}: look at a VNC server, and do something there.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from twisted.internet.defer import CancelledError
from twisted.internet.defer import TimeoutError as DeferredTimeout
from twisted.internet.error import ConnectError
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.internet.task import react

from txrfb._wire.messages import Limits
from txrfb.client._places import endpointOf
from txrfb.client.actions import ACTIONS, Action, parseActions
from txrfb.client.automaton import Automaton, TookTooLong
from txrfb.client.connection import DEFAULT_ENCODINGS
from txrfb.client.factory import connectViewer
from txrfb.client.login import checkedAuthority, checkedCertificate, loginFor
from txrfb.encodings.constants import EXTENDED_CLIPBOARD, NAMES
from txrfb.error import ConnectionFailed

__all__ = ["main"]

#: What the status says.
FAILED, USAGE, UNREACHABLE, REFUSED, LOST = 1, 2, 3, 4, 5

_DESCRIPTION = """
Connect to a VNC server, wait for a picture, and do one thing after the other.  With
nothing to do, it says by its status whether the server serves: 0 if all was done, 1 if
something was not (a picture did not come, a file cannot be written), 2 for wrong
arguments, 3 if there is no VNC server, 4 if it does not let this viewer in, 5 if the
connection was lost.
"""

_ENVIRONMENT = """
The password and the user's name can be in the environment as VNC_PASSWORD and
VNC_USERNAME, too.
"""


def _parser() -> argparse.ArgumentParser:
    width = max(len(f"{name} {wanted}") for name, (wanted, _, _) in ACTIONS.items())
    lines = [
        f"  {f'{name} {wanted}'.ljust(width)}  {help}"
        for name, (wanted, _, help) in ACTIONS.items()
    ]
    parser = argparse.ArgumentParser(
        prog="python -m txrfb.client",
        usage="%(prog)s [options] SERVER [ACTION ...]",
        description=_DESCRIPTION.strip(),
        epilog="\n".join(["actions:", *lines, _ENVIRONMENT.rstrip()]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add(
        "server",
        metavar="SERVER",
        help="HOST, HOST:DISPLAY, HOST:PORT (100 or more), HOST::PORT, or a client"
        " endpoint such as unix:/run/rfb.sock",
    )
    actions = add(
        "actions", metavar="ACTION", nargs=argparse.REMAINDER, help="what to do"
    )
    # Until Python 3.13 argparse would say that they are required.
    actions.required = False
    add("--user", metavar="NAME", help="the user's name")
    add(
        "--password-file",
        metavar="FILE",
        help="the password, as text or as vncpasswd writes it",
    )
    add(
        "--security",
        metavar="NAMES",
        help="only these security types, the preferred first: X509Plain,RA2,VncAuth...",
    )
    add("--ca", metavar="FILE", help="who signed the server's certificate, in PEM form")
    add(
        "--hostname",
        metavar="NAME",
        help="the name in the server's certificate, if it is not HOST; without --ca it"
        " is signed by somebody whom the system trusts",
    )
    add("--certificate", metavar="FILE", help="this viewer's certificate and its key")
    add(
        "--host-key",
        metavar="FINGERPRINT",
        help="that of the server's host key, such as d9-7a-4f-65-8d-91-92-78",
    )
    add(
        "--known-hosts",
        metavar="FILE",
        help="a file that remembers the host keys of servers",
    )
    add(
        "--encodings",
        metavar="NAMES",
        help="only these encodings, the preferred first: Tight,ZRLE,Raw...",
    )
    add("--exclusive", action="store_true", help="ask for others to be disconnected")
    add(
        "--timeout",
        metavar="SECONDS",
        type=_seconds,
        default=10.0,
        help="for how long to wait for anything [default: 10]",
    )
    add(
        "--tolerance",
        metavar="N",
        type=int,
        default=0,
        help="by how much colors may be off, of 255, in a picture that is waited for",
    )
    add("--verbose", "-v", action="store_true", help="show what was said, at the end")
    return parser


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < 1e9:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds")
    return seconds


def _encodings(text: str | None) -> tuple[int, ...]:
    """
    @raise ValueError: if there is no such encoding.
    """
    if text is None:
        return (*DEFAULT_ENCODINGS, EXTENDED_CLIPBOARD)
    known = {name.lower(): number for number, name in NAMES.items()}
    chosen = []
    for word in text.split(","):
        number = known.get(word.strip().lower())
        if number is None:
            raise ValueError(f"--encodings: there is no {word!r}")
        chosen.append(number)
    return tuple(chosen)


def _login(options: argparse.Namespace, hostname: str) -> dict[str, Any]:
    """
    @return: How to log in.

    @raise ValueError: if an option is not as it should be.
    """
    password: bytes | str | None = os.environ.get("VNC_PASSWORD")
    if options.password_file is not None:
        from txrfb.security.accounts.passwords import readPasswords

        found = _named("--password-file", options.password_file, readPasswords)
        password = found.password
    authority = _pem("--ca", options.ca, checkedAuthority)
    certificate = _pem("--certificate", options.certificate, checkedCertificate)
    names = options.security and [n.strip() for n in options.security.split(",")]
    isKnown = options.ca or options.hostname or options.known_hosts
    return loginFor(
        password,
        options.user or os.environ.get("VNC_USERNAME"),
        hostname=(options.hostname or hostname or None) if isKnown else None,
        authority=authority,
        certificate=certificate,
        hostKey=options.host_key,
        knownHosts=options.known_hosts,
        names=names or None,
    )


def _pem(
    option: str, path: str | None, check: Callable[[bytes], bytes]
) -> bytes | None:
    if path is None:
        return None
    pem: bytes = _named(option, path, lambda path: check(Path(path).read_bytes()))
    return pem


def _named(option: str, path: str, read: Callable[[str], Any]) -> Any:
    try:
        return read(path)
    except OSError as error:
        raise ValueError(f"{option} {path!r}: {error.strerror}") from None
    except ValueError as error:
        raise ValueError(f"{option} {path!r}: {error}") from None


def _missing(options: argparse.Namespace, reason: str) -> str:
    """
    @return: What was not given that the server asked for; empty if all was.
    """
    if options.password_file is None and "VNC_PASSWORD" not in os.environ:
        return "; no password was given, by --password-file or VNC_PASSWORD"
    hasName = options.user or os.environ.get("VNC_USERNAME")
    if not hasName and "usable are" in reason:
        return "; no user's name was given, by --user or VNC_USERNAME"
    return ""


def _say(text: str) -> None:
    sys.stderr.write(f"txrfb.client: {text}\n")


async def _perform(
    reactor: Any,
    endpoint: IStreamClientEndpoint,
    actions: Sequence[Action],
    timeout: float,
    tolerance: int,
    verbose: bool,
    missing: Callable[[str], str],
    arguments: dict[str, Any],
) -> int:
    """
    @return: The status.
    """
    made: list[Automaton] = []

    def make(**options: Any) -> Automaton:
        viewer = Automaton(**options)
        viewer.timeout, viewer.tolerance = timeout, tolerance
        made.append(viewer)
        return viewer

    status, reason = 0, ""
    try:
        connecting = connectViewer(endpoint, protocol=make, clock=reactor, **arguments)
        await connecting.addTimeout(2 * timeout, reactor)
        [viewer] = made
        for action in actions:
            await action(viewer)
    except (ConnectionFailed, DeferredTimeout, CancelledError) as error:
        reason = str(error) or "there was no picture in time"
        if not made or not made[0].connection.minor:
            status, reason = UNREACHABLE, f"there is no VNC server: {reason}"
        elif not made[0].hasLoggedIn:
            status = REFUSED
            reason += missing(reason)
        else:
            status = LOST
    except (ConnectError, OSError) as error:
        # An OSError may be of a file, too.
        status = FAILED if made else UNREACHABLE
        reason = str(error)
    except (TookTooLong, ValueError) as error:
        status, reason = FAILED, str(error)
    if reason:
        _say(reason)
    for viewer in made:
        viewer.disconnect()
        if verbose:
            sys.stderr.write("".join(f"{line}\n" for line in viewer.transcript.lines()))
    return status


def main(
    arguments: Sequence[str] | None = None, run: Callable[..., None] = react
) -> None:
    """
    Do what the arguments say.

    @param arguments: Those of the command line, unless given.

    @param run: As L{react}.

    @raise SystemExit: with the status.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        actions = parseActions(options.actions)
        encodings = _encodings(options.encodings)
        if not 0 <= options.tolerance <= 255:
            raise ValueError("--tolerance is from 0 to 255")
    except ValueError as error:
        parser.error(str(error))

    async def act(reactor: Any) -> None:
        try:
            endpoint, host = endpointOf(reactor, options.server, options.timeout)
            login = _login(options, host)
        except ValueError as error:
            _say(str(error))
            raise SystemExit(USAGE) from None
        status = await _perform(
            reactor,
            endpoint,
            actions,
            options.timeout,
            options.tolerance,
            options.verbose,
            partial(_missing, options),
            {
                **login,
                "encodings": encodings,
                "shared": not options.exclusive,
                "limits": Limits(loginTimeout=options.timeout),
            },
        )
        raise SystemExit(status)

    run(act, ())


if __name__ == "__main__":
    main()
