# -*- test-case-name: tests.record.test_export -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
C{python -m txrfb.record}: look into a recording, play it, make a film of it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from txrfb._wire.lines import printable
from txrfb.record.fbs import openRecording, readBlocks, sizeOf
from txrfb.record.films import KINDS, export, writePicture
from txrfb.record.frames import Frames, Pictures
from txrfb.record.index import Index, entriesOf

__all__ = ["main"]

#: What the status says.
FAILED = 1

#: How much is shown of an event.
_EVENT = 1000

#: Events that are nobody's business who wants to know what there is: keys may be those
#: of passwords.
_INPUT = ("key", "buttons")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m txrfb.record",
        description="Look into a recording, play it, or make a film of it.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    info = commands.add_parser("info", help="say what is in it")
    info.add_argument("--json", action="store_true", help="as JSON, for programs")
    play = commands.add_parser("play", help="serve it to viewers, on this machine")
    play.add_argument("--port", type=int, default=5900, help="where [default: 5900]")
    play.add_argument("--loop", action="store_true", help="again when it has ended")
    made = commands.add_parser(
        "export", help=f"make a film or a picture of it: {', '.join(KINDS)}"
    )
    for one in (info, play, made):
        one.add_argument("file", metavar="FILE", type=Path, help="the recording")
    add = made.add_argument
    add("out", metavar="OUT", type=Path, help="what to write; its end says as what")
    add("--from", dest="start", type=float, default=0.0, metavar="SECONDS")
    add("--to", dest="end", type=float, metavar="SECONDS")
    add("--at", type=float, metavar="SECONDS", help="of which time a .png is")
    add("--fps", type=int, default=10, help="frames a second, at most [default: 10]")
    add("--no-pointer", action="store_true", help="leave out the pointer")
    add(
        "--dump",
        action="store_true",
        help="write the server's bytes without times, for TigerVNC's encperf",
    )
    for one in (play, made):
        one.add_argument(
            *("--speed",),
            type=float,
            default=1.0,
            help="how many seconds of it are shown in one [default: 1]",
        )
        one.add_argument(
            *("--idle",),
            type=float,
            default=2.0,
            metavar="SECONDS",
            help="to what times without anything new are cut [default: 2; 0: they"
            " are not]",
        )
    return parser


def describe(path: Path) -> dict[str, Any]:
    """
    @param path: A recording.

    @return: What there is to say of it.

    @raise ValueError: if it is none.

    @raise OSError: if it cannot be read.
    """
    sizes: list[tuple[int, int]] = []
    blocks = 0
    with openRecording(path, 0) as file:
        index = Index(path, file)
    with openRecording(path) as file:
        try:
            for block in readBlocks(file):
                blocks += 1
                size = sizeOf(block.data)
                if size is not None and size not in sizes:
                    sizes.append(size)
        except ValueError:
            pass  # the index says it
    pictures = Pictures(path)
    try:
        height, width = pictures.at(0).shape[:2]
        name = pictures.name
        if (width, height) not in sizes:
            sizes.insert(0, (width, height))
    except ValueError:
        name = ""
    finally:
        pictures.close()
    total = path.stat().st_size
    duration = index.milliseconds / 1000
    return {
        "file": str(path),
        "name": name,
        "bytes": total,
        "seconds": duration,
        "bytesPerMinute": round(total * 60 / duration) if duration else total,
        "sizes": [list(size) for size in sizes],
        "blocks": blocks,
        "wholePictures": len(index.keys),
        "broken": f"at byte {index.end}: {index.wrong}" if index.wrong else "",
        "cutOff": not index.wrong and index.end < total,
        "events": [
            entry
            for entry in entriesOf(path)
            if entry.get("event", "key") not in _INPUT
        ],
    }


def _info(options: argparse.Namespace) -> None:
    found = describe(options.file)
    if options.json:
        print(json.dumps(found, indent=2))
        return
    minutes, seconds = divmod(found["seconds"], 60)
    hours, minutes = divmod(int(minutes), 60)
    sizes = ", ".join(f"{width}x{height}" for width, height in found["sizes"])
    whole = found["wholePictures"] or "none known: another program's"
    lines = [
        ("name", found["name"] or "none"),
        ("duration", f"{hours}:{minutes:02}:{seconds:06.3f}"),
        ("screen", sizes or "none"),
        ("size", f"{found['bytes']:,} bytes, {found['bytesPerMinute']:,} a minute"),
        ("blocks", f"{found['blocks']:,}"),
        ("whole pictures", whole),
    ]
    if found["broken"]:
        lines.append(("broken", found["broken"]))
    if found["cutOff"]:
        lines.append(("cut off", "in its last block"))
    for label, text in lines:
        print(f"{label + ':':16}{printable(str(text))}")
    for event in found["events"]:
        words = [f"{key}={value}" for key, value in event.items()]
        rest = " ".join(w for w in words if not w.startswith(("ms=", "event=")))
        text = printable(f"{event['event']} {rest}".rstrip(), _EVENT)
        print(f"{event['ms'] / 1000:12.3f} s  {text}")


def _play(options: argparse.Namespace) -> None:
    from txrfb.protocol import serve
    from txrfb.record.player import RecordingFramebuffer

    player = RecordingFramebuffer(
        options.file, speed=options.speed, loop=options.loop, idle=options.idle
    )
    sys.stderr.write(f"{options.file}, {player.duration:g} s, port {options.port}\n")
    serve(player, options.port)


def _export(options: argparse.Namespace) -> None:
    path, out = options.file, options.out
    if out.exists() and path.exists() and out.samefile(path):
        raise ValueError(f"{out} is the recording itself")
    if options.dump:
        _dump(path, out)
        return
    if out.suffix not in KINDS:
        raise ValueError(f"{out}: its name has to end in one of {', '.join(KINDS)}")
    isPointed = not options.no_pointer
    if out.suffix == ".png":
        at = options.start if options.at is None else options.at
        writePicture(path, out, at, isPointed)
        return
    if options.at is not None:
        raise ValueError("--at is for a .png; a film has --from and --to")
    frames = Frames(
        path,
        options.start,
        options.end,
        options.speed,
        options.fps,
        options.idle,
        isPointed,
    )
    export(frames, out, lambda shown: _withBar(shown, len(frames.frames)))


def _dump(path: Path, out: Path) -> None:
    """
    Write what the server said, without times.
    """
    with openRecording(path) as file:
        blocks = readBlocks(file)
        first = next(blocks, None)
        if first is None:
            raise ValueError("there is nothing in it")
        try:
            with out.open("wb") as target:
                target.write(first.data)
                for block in blocks:
                    target.write(block.data)
        except BaseException:
            # Half of it is none.
            if out.is_file():
                out.unlink()
            raise


def _withBar(shown: Any, total: int) -> Any:
    """
    @return: The same, with a bar that shows how far it is, if there is somebody to
        see it.
    """
    if not sys.stderr.isatty():
        return shown
    try:
        from tqdm import tqdm
    except ImportError:
        return shown
    return tqdm(shown, total=total, unit="frame", leave=False)


_COMMANDS = {"info": _info, "play": _play, "export": _export}


def main(arguments: Sequence[str] | None = None) -> None:
    """
    Do what the arguments say.

    @param arguments: Those of the command line, unless given.

    @raise SystemExit: with a status, if it is not 0.
    """
    options = _parser().parse_args(arguments)
    try:
        _COMMANDS[options.command](options)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _say(f"{where}{error.strerror or error}")
        raise SystemExit(FAILED) from None
    except ValueError as error:
        _say(f"{options.file}: {error}")
        raise SystemExit(FAILED) from None


def _say(text: str) -> None:
    sys.stderr.write(f"txrfb.record: {printable(text, _EVENT)}\n")


if __name__ == "__main__":
    main()
