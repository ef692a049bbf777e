# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Fuzz all targets in turn::

    python -m tests.fuzz --minutes 60 [--crashes DIRECTORY] [TARGET ...]

Where atheris is installed (C{pip install 'txrfb[fuzz]'}), it looks for input that
reaches more of the code; without it, or with C{--blind}, valid input is damaged by
chance.  Input that a target fails with is written into the directory, with the
traceback beside it, and the exit status is then 1.  C{python -m tests.fuzz --try FILE
TARGET} runs a target once with such a file.
"""

from __future__ import annotations

import argparse
import importlib.util
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from twisted.logger import globalLogBeginner

from tests.fuzz.findings import SLOW, Findings
from tests.fuzz.mutation import MAX_LENGTH, mutated
from tests.fuzz.seeds import seeds
from tests.fuzz.targets import TARGETS

ROOT = Path(__file__).resolve().parents[2]

#: What takes more memory is a finding, in MiB.
_MEMORY = 2048


def blind(name: str, seconds: float, crashes: Path, seed: int) -> bool:
    """
    Damage input by chance.

    @param name: The name of a target.

    @param seconds: How long.

    @param crashes: Where what is found is written to.

    @param seed: Makes the same damage again.

    @return: Whether something was found.
    """
    findings = Findings(name, crashes)
    begin = seeds(name)
    source = random.Random(f"{name} {seed}")
    end = time.monotonic() + seconds
    for data in begin:
        findings.attempt(data)
    while time.monotonic() < end and not findings.areEnough:
        findings.attempt(mutated(begin, source))
    print(f"{name}: {findings.count} inputs", flush=True)
    return bool(findings.places)


def guided(name: str, seconds: float, crashes: Path, seed: int) -> bool:
    """
    Let atheris look for input; the arguments are those of L{blind}.
    """
    before = set(crashes.iterdir())
    with tempfile.TemporaryDirectory() as directory:
        for number, data in enumerate(seeds(name)):
            (Path(directory) / str(number)).write_bytes(data)
        done = subprocess.run(
            [
                *(sys.executable, "-m", "tests.fuzz.guided", name, str(crashes)),
                f"-max_total_time={max(1, round(seconds))}",
                f"-max_len={MAX_LENGTH}",
                f"-timeout={SLOW:.0f}",
                f"-rss_limit_mb={_MEMORY}",
                f"-artifact_prefix={crashes}/{name}-",
                f"-seed={seed + 1}",
                directory,
            ],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    if done.returncode:
        (crashes / f"{name}.txt").write_text(done.stdout[-20000:], "utf-8")
    for line in done.stdout.splitlines():
        if line.startswith(f"{name}: "):
            print(line)
    progress = re.findall(r"^#\d+\s.*", done.stdout, re.M)
    print(f"{name}: {progress[-1] if progress else 'not run'}", flush=True)
    new = sorted(path.name for path in set(crashes.iterdir()) - before)
    if new:
        print(f"{name}: found {', '.join(new)}", flush=True)
    return bool(new or done.returncode)


def main(arguments: list[str]) -> int:
    """
    @return: The exit status.
    """
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--minutes", type=float, default=1.0, help="in all")
    parser.add_argument("--crashes", type=Path, default=Path("crashes"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--blind", action="store_true", help="without atheris")
    parser.add_argument("--try", dest="file", type=Path, help="run a target once")
    options = parser.parse_args(arguments)
    unknown = set(options.targets) - TARGETS.keys()
    if unknown:
        parser.error(f"there is no target {', '.join(sorted(unknown))}")
    names = options.targets or [*TARGETS]
    if options.file is not None:
        for name in names:
            TARGETS[name](options.file.read_bytes())
        return 0
    options.crashes.mkdir(parents=True, exist_ok=True)
    isGuided = not options.blind and importlib.util.find_spec("atheris") is not None
    fuzz = guided if isGuided else blind
    share = options.minutes * 60 / len(names)
    crashes = options.crashes.resolve()
    found = [fuzz(name, share, crashes, options.seed) for name in names]
    return int(any(found))


if __name__ == "__main__":
    # What is logged is not printed.
    globalLogBeginner.beginLoggingTo([], redirectStandardIO=False)
    sys.exit(main(sys.argv[1:]))
