# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Fuzz one target with atheris, which looks for input that reaches more of the code::

    python -m tests.fuzz.guided TARGET CRASHES [options and directories of libFuzzer]

The modules of txrfb and of Pillow are instrumented.  C{pip install 'txrfb[fuzz]'}
brings atheris where it can be installed.  Input that the target fails with is written
into the directory C{CRASHES}, and fuzzing goes on; what hangs or eats all memory ends
it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import atheris  # type: ignore[import-not-found,import-untyped,unused-ignore]
from twisted.logger import globalLogBeginner

with atheris.instrument_imports(include=["txrfb", "PIL"]):
    from tests.fuzz.findings import Findings


def main() -> None:
    """
    Fuzz until libFuzzer has enough.
    """
    # What is logged is not printed.
    globalLogBeginner.beginLoggingTo([], redirectStandardIO=False)
    name, crashes = sys.argv.pop(1), Path(sys.argv.pop(1))
    findings = Findings(name, crashes)

    def attempt(data: bytes) -> None:
        findings.attempt(data)
        if findings.areEnough:
            sys.stdout.flush()
            os._exit(0)

    atheris.Setup(sys.argv, attempt)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
