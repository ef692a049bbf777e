# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Run the tests of the kernels in C under AddressSanitizer and UBSan::

    python tests/kernels/sanitized.py

The extension is built into a temporary directory, once as it is and once without
SSE2, so that the plain loops for other machines are tested, too.  What Python
allocates comes from C{malloc}, where a byte written beyond the end of a result is
noticed.  GCC is needed, and setuptools in the Python that runs this.

The exit status is 0 if no test failed and the sanitizers found nothing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent

ROOT = HERE.parents[1]

SANITIZE = "-fsanitize=address,undefined -fno-sanitize-recover=all -g"

VARIANTS = {"as it is": "", "without SSE2": "-U__SSE2__"}

# Only memory errors end the program: Python itself does not free all it has.
OPTIONS = {
    "ASAN_OPTIONS": "detect_leaks=0:halt_on_error=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    "PYTHONMALLOC": "malloc",
    # That the extension is missing is an error.
    "CI": "1",
}

#: C{ArgumentTests} has odd sizes and strides, and any numbers for all kernels.
#: C{PainterTests} has what hostile servers send.
TESTS = "NativeTests or SameTests or ChoiceTests or ArgumentTests or PainterTests"

CHECK = """
import sys
from txrfb.kernels import _native
if not _native.__file__.startswith(sys.argv[1]):
    sys.exit(f"{_native.__file__} is not the sanitized extension")
"""


def build(directory: Path, flags: str) -> None:
    """
    Put the packages, the extension and the tests into C{directory}.
    """
    subprocess.run(
        [
            *(sys.executable, "setup.py", "-q", "build"),
            *("--build-base", str(directory / "build")),
            *("--build-lib", str(directory)),
        ],
        cwd=ROOT,
        env={**os.environ, "CC": "gcc", "CFLAGS": f"{SANITIZE} {flags}"},
        check=True,
    )
    shutil.copytree(HERE, directory / "tests" / "kernels")
    shutil.copy(HERE.parent / "__init__.py", directory / "tests")


def run(directory: Path) -> tuple[bool, str]:
    """
    @return: Whether the tests of what is in C{directory} pass, and what they say.
    """
    output = ""
    library = subprocess.run(
        ["gcc", "-print-file-name=libasan.so"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    environment = {
        **os.environ,
        **OPTIONS,
        "LD_PRELOAD": library,
        "PYTHONPATH": str(directory),
    }
    for command in (
        ["-c", CHECK, str(directory)],
        ["-m", "pytest", "-qs", "-p", "no:cacheprovider", "tests", "-k", TESTS],
    ):
        done = subprocess.run(
            [sys.executable, *command],
            cwd=directory,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        output += done.stdout
        if done.returncode:
            return False, output
    return True, output


def variant(flags: str) -> tuple[bool, str]:
    """
    Build a variant and run its tests.
    """
    with tempfile.TemporaryDirectory() as temporary:
        directory = Path(temporary).resolve()
        build(directory, flags)
        return run(directory)


def main() -> int:
    """
    @return: The exit status.
    """
    failed = 0
    with ThreadPoolExecutor() as pool:
        results = pool.map(variant, VARIANTS.values())
        for name, (passed, output) in zip(VARIANTS, results, strict=True):
            print(f"{output}kernels {name}: {'passed' if passed else 'FAILED'}")
            failed |= not passed
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
