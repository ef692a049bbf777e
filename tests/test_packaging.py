# -*- test-case-name: tests.test_packaging -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for what is built and installed: however that is done, C{twistd} must know the
command.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from txrfb import __version__

ROOT = Path(__file__).parent.parent

PLUGINS = ROOT / "twisted" / "plugins"

# Longer than anything takes.
TIMEOUT = 300

# What a checkout has besides what is in the repository.
LITTER = shutil.ignore_patterns(
    *(".*", "*.so", "*.egg-info", "__pycache__", "node_modules", "build", "dist"),
    *("out", "_trial_temp*", "tests.test_*", "apidocs", "dropin.cache"),
)

REPORT = """
import os, txrfb, txrfb.kernels
print(os.path.dirname(txrfb.__file__))
print(txrfb.kernels.NATIVE)
"""


class PackagingTests(SynchronousTestCase):
    """
    From the sources to an installed command.
    """

    def setUp(self) -> None:
        """
        Copy the sources, so that nothing is built in the checkout.
        """
        self.directory = Path(self.mktemp()).absolute()
        self.source = self.directory / "source"
        shutil.copytree(ROOT, self.source, ignore=LITTER)

    def run_(self, *command: str | Path, cwd: Path | str = "/", **more: Any) -> str:
        """
        Run a program that must succeed.

        @return: What it wrote.
        """
        result = subprocess.run(
            command,
            cwd=cwd,
            env={**os.environ, "PYTHONPATH": "", **more},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT,
        )
        self.assertEqual(result.returncode, 0, result.stdout)
        return result.stdout

    def build(self, kind: str, source: Path, **more: Any) -> Path:
        """
        @param kind: C{"sdist"} or C{"wheel"}.

        @return: The file that was built.
        """
        output = self.directory / kind
        program = f"from setuptools.build_meta import *; build_{kind}({str(output)!r})"
        output.mkdir()
        self.run_(sys.executable, "-c", program, cwd=source, **more)
        [built] = output.iterdir()
        return built

    def unpacked(self, sdist: Path) -> Path:
        """
        @return: The directory in a source distribution.
        """
        shutil.unpack_archive(sdist, self.directory)
        return self.directory / f"txrfb-{__version__}"

    def environment(self) -> Path:
        """
        @return: The Python of a new virtual environment that has all of what is
            installed here, but txrfb.
        """
        directory = self.directory / "venv"
        venv.create(directory, symlinks=True)
        python = directory / "bin" / "python"
        purelib = self.run_(
            python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"
        ).strip()
        here = "\n".join({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
        Path(purelib, "here.pth").write_text(here)
        return python

    def install(self, python: Path, *arguments: str | Path, **more: Any) -> None:
        """
        Run pip for another Python.
        """
        self.run_(
            *(sys.executable, "-m", "pip", "--python", python, "install", "--quiet"),
            *("--no-index", "--no-deps", "--no-build-isolation", *arguments),
            **more,
        )

    def check(self, python: Path, place: Path, native: bool) -> None:
        """
        Check that an environment has txrfb in C{place}, and the command.
        """
        found, isNative = self.run_(python, "-c", REPORT).splitlines()[-2:]
        self.assertEqual(Path(found).resolve(), place.resolve())
        self.assertEqual(isNative, str(native))
        program = "from twisted.scripts.twistd import run; run()"
        output = self.run_(python, "-c", program, "rfb", "--help")
        self.assertIn("--framebuffer=", output)

    def test_sdistAndWheel(self) -> None:
        """
        A wheel built from the source distribution, by a C compiler, has the kernels
        in C, the type annotations and the plugin; nothing in it is in Twisted's way.
        """
        sdist = self.build("sdist", self.source)
        source = self.unpacked(sdist)
        for name in (
            *("README.rst", "LICENSE", "tests/__init__.py", "tests/test_tap.py"),
            *("docs/index.rst", "txrfb/kernels/native/kernels.h"),
            *("txrfb/web/browser/page.js", "txrfb/web/browser/package-lock.json"),
            "txrfb/web/browser/screen.js",
        ):
            self.assertTrue((source / name).exists(), name)
        wheel = self.build("wheel", source)
        with zipfile.ZipFile(wheel) as archive:
            names = archive.namelist()
        self.assertEqual(
            sorted(name for name in names if name.startswith("twisted/")),
            sorted(f"twisted/plugins/{p.name}" for p in PLUGINS.glob("*.py")),
        )
        self.assertIn("txrfb/py.typed", names)
        self.assertEqual(
            {name.split("/")[0] for name in names},
            {"txrfb", "twisted", f"txrfb-{__version__}.dist-info"},
        )
        python = self.environment()
        self.install(python, wheel)
        place = next((self.directory / "venv").glob("lib/python*/site-packages"))
        compiler = shutil.which("gcc") or shutil.which("cc")
        self.check(python, place / "txrfb", native=compiler is not None)

    def test_editable(self) -> None:
        """
        Installed so that the sources are what runs, the plugin is found as well; and
        where there is no C compiler, numpy does the work.
        """
        python = self.environment()
        self.install(python, "--editable", self.source, CC="/bin/false")
        self.check(python, self.source / "txrfb", native=False)

    def test_withoutCompiler(self) -> None:
        """
        A build without a C compiler goes on, and its last lines say loudly what is
        missing, and which packages bring it.
        """
        output = self.run_(
            *(sys.executable, "setup.py", "build_ext"),
            cwd=self.source,
            CC="/bin/false",
        )
        [*_, error, said] = output.split("\n" + "*" * 83 + "\n", 1)
        self.assertIn("building extension", error)
        self.assertTrue(said.startswith("WARNING: "), output)
        self.assertTrue(said.endswith("*" * 83 + "\n"), output)
        self.assertIn("apt-get install gcc libc6-dev python3-dev\n", said)
