# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
How txrfb is built: the Python packages, the Twisted plugin, and the kernels in C.
"""

from __future__ import annotations

import atexit
import json
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

from setuptools import Command, Extension, find_packages, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent

NATIVE = "txrfb/kernels/native"

#: The page for browsers: its sources, and what is served.
PAGE = HERE / "txrfb" / "web" / "browser"
BUILT = HERE / "txrfb" / "web" / "built"

#: The seconds that npm and esbuild may take.
PATIENCE = 120

WITHOUT_PAGE = """
***********************************************************************************
NOTE: txrfb was built without the page that twistd rfb --web shows to browsers:

    {reason}

Its WebSocket works without.  The page needs npm (on Debian: apt-get install npm) and
the network; then, in a checkout: python setup.py build_web
***********************************************************************************
"""

WITHOUT_KERNELS = """
***********************************************************************************
WARNING: txrfb was built WITHOUT its kernels in C, and will encode many times slower.

They need a C compiler and the headers of libc and Python.  On Debian and Ubuntu:

    apt-get install gcc libc6-dev python3-dev

Then build and install txrfb again.  The compiler's error is further up.
***********************************************************************************
"""


def version() -> str:
    """
    @return: The version in C{txrfb/_version.py}, read without importing txrfb,
        whose dependencies need not be there yet.
    """
    names: dict[str, Any] = {}
    exec((HERE / "txrfb" / "_version.py").read_text("utf-8"), names)
    return str(names["__version__"])


def stableABI() -> bool:
    """
    @return: Whether one extension serves this Python and all later ones.  The
        buffer protocol belongs to the stable ABI since Python 3.11; Pythons
        without the global interpreter lock have no stable ABI yet.
    """
    return sys.version_info >= (3, 11) and not sysconfig.get_config_var(
        "Py_GIL_DISABLED"
    )


def kernels() -> Extension:
    """
    @return: The kernels.  Where there is no compiler, the build goes on without
        them, and numpy does their work.
    """
    return Extension(
        "txrfb.kernels._native",
        sources=[
            f"{NATIVE}/{name}.c"
            for name in (
                "module",
                "arguments",
                "pysearch",
                "pyencode",
                "pylayouts",
                "pyboxes",
                "pypaint",
                "compare",
                "boxes",
                "moves",
                "search",
                "content",
                "ink",
                "photos",
                "convert",
                "layouts",
                "tight",
                "zrle",
                "hextile",
                "rre",
                "paint",
                "painttiles",
            )
        ],
        depends=[
            f"{NATIVE}/{name}.h"
            for name in ("module", "kernels", "inline", "cells", "content", "paint")
        ],
        define_macros=[("Py_LIMITED_API", "0x030B0000")] if stableABI() else [],
        extra_compile_args=[] if sys.platform == "win32" else ["-O3", "-std=c11"],
        py_limited_api=stableABI(),
        optional=True,
    )


class BuildKernels(build_ext):
    """
    Builds the kernels, or says at the very end, where it is seen, that it could not.
    """

    def build_extension(self, ext: Extension) -> None:
        """
        Build the kernels.
        """
        try:
            super().build_extension(ext)
        except Exception:
            atexit.register(sys.stderr.write, WITHOUT_KERNELS)
            # As the extension is optional, the build goes on.
            raise


def buildPage() -> None:
    """
    Bundle the page for browsers with noVNC, as C{package-lock.json} has it.

    @raise OSError: if there is no npm.

    @raise subprocess.SubprocessError: if npm or esbuild fails.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise OSError("npm is not installed")
    with TemporaryDirectory() as directory:
        work = Path(directory, "page")
        shutil.copytree(PAGE, work, ignore=shutil.ignore_patterns("node_modules"))
        options = ["--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=0"]
        novnc = work / "node_modules" / "@novnc" / "novnc"

        def run(*command: str) -> None:
            subprocess.run(command, cwd=work, check=True, timeout=PATIENCE)

        run(npm, "ci", *options)
        version = json.loads((novnc / "package.json").read_text("utf-8"))["version"]
        # esbuild leaves out noVNC's own notices.
        notice = (
            f"/*! With noVNC {version}, Copyright (c) The noVNC authors, MPL-2.0, see"
            " LICENSE.noVNC; its source:"
            f" https://github.com/novnc/noVNC/tree/v{version}; and pako, MIT, see"
            " LICENSE.pako. */"
        )
        run(
            *(str(work / "node_modules" / ".bin" / "esbuild"), "page.js"),
            *("--bundle", "--format=esm", "--minify", "--target=es2022"),
            *(f"--banner:js={notice}", "--outfile=bundle.js", "--log-level=warning"),
        )
        shutil.rmtree(BUILT, ignore_errors=True)
        BUILT.mkdir()
        for source, name in (
            (work / "bundle.js", "page.js"),
            *((work / name, name) for name in ("index.html", "style.css", "icon.svg")),
            (novnc / "LICENSE.txt", "LICENSE.noVNC"),
            (novnc / "AUTHORS", "AUTHORS.noVNC"),
            (novnc / "docs" / "LICENSE.MPL-2.0", "LICENSE.MPL-2.0"),
            (novnc / "vendor" / "pako" / "LICENSE", "LICENSE.pako"),
        ):
            shutil.copyfile(source, BUILT / name)


class BuildWeb(Command):
    """
    C{python setup.py build_web}.
    """

    description = "bundle the page for browsers, with npm"
    user_options: ClassVar[list[Any]] = []

    def initialize_options(self) -> None:
        """
        There are none.
        """

    def finalize_options(self) -> None:
        """
        There are none.
        """

    def run(self) -> None:
        """
        Bundle it, or say why not.
        """
        try:
            buildPage()
        except (OSError, subprocess.SubprocessError) as error:
            raise SystemExit(f"build_web: {error}") from None
        print(f"{BUILT} has the page now")


class BuildPython(build_py):
    """
    Builds what is not C, with the page, if that can be had.
    """

    def run(self) -> None:
        """
        Build it.
        """
        if not self.editable_mode and not BUILT.exists():
            try:
                buildPage()
            except (OSError, subprocess.SubprocessError) as error:
                # At the very end, where it is seen.
                atexit.register(sys.stderr.write, WITHOUT_PAGE.format(reason=error))
        super().run()


EXTRAS = {
    # PyAV has FFmpeg in its wheels; other machines would have to build it.
    "film": [
        "av >= 14; platform_machine in 'x86_64 AMD64 aarch64 arm64'",
        "tqdm >= 4.66",
    ],
    "h264": ["av >= 17; platform_machine in 'x86_64 AMD64 aarch64 arm64'"],
    "jpeg": ["simplejpeg >= 1.8"],
    "web": ["wsproto >= 1.2"],
    "metrics": ["prometheus-client >= 0.20"],
    "redis": ["txredisapi >= 1.6", "hiredis >= 2"],
    "tls": ["pyOpenSSL >= 24.2", "service_identity >= 18.1"],
}

setup(
    name="txrfb",
    version=version(),
    description="A VNC (RFB) server for Twisted",
    long_description=(HERE / "README.rst").read_text("utf-8"),
    long_description_content_type="text/x-rst",
    author="txrfb contributors",
    license="MIT",
    license_files=["LICENSE"],
    keywords="vnc rfb remote framebuffer twisted server",
    classifiers=[
        "Development Status :: 4 - Beta",
        "Framework :: Twisted",
        "Intended Audience :: Developers",
        "Intended Audience :: System Administrators",
        "Operating System :: POSIX",
        "Programming Language :: C",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3 :: Only",
        "Programming Language :: Python :: 3.10",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Topic :: Multimedia :: Graphics",
        "Topic :: Software Development :: Libraries :: Python Modules",
        "Topic :: System :: Networking",
        "Typing :: Typed",
    ],
    python_requires=">=3.10",
    install_requires=[
        "Twisted >= 24.11",
        "zope.interface >= 6",
        "numpy",
        "pillow >= 10.4",
        # Argon2id came with 44.
        "cryptography >= 44",
        # Other machines deflate with the standard library.
        "isal; platform_machine in 'x86_64 AMD64 aarch64 arm64'",
    ],
    extras_require={
        **EXTRAS,
        "all": sorted({name for extra in EXTRAS.values() for name in extra}),
        # python-pam needs six, and does not say so.
        "pam": ["python-pam >= 2.0.2", "six"],
        # For long runs; the tests do without it, as it is not built for all machines.
        "fuzz": ["atheris >= 3"],
        "test": [
            *EXTRAS["film"],
            *EXTRAS["h264"],
            "asyncvnc",
            "docutils",
            "gymnasium[classic-control]",
            "hypothesis",
            "klein >= 24.8",
            # Of use to root alone, on Linux.
            "python-pam >= 2.0.2; sys_platform == 'linux'",
            "pytest",
            "pytest-xdist",
            "schemathesis >= 4",
            "setuptools >= 77",
            "six; sys_platform == 'linux'",
            "vncdotool",
        ],
        "dev": [
            "coverage",
            "mypy ~= 2.4.0",
            "mypy-zope",
            "ruff ~= 0.17.0",
            "towncrier >= 24.8",
            "tox",
        ],
        "docs": [
            "furo",
            "pydoctor ~= 25.10",
            "sphinx >= 8.1",
        ],
    },
    # "." is said aloud so that an editable install is a plain path:
    # Twisted looks for plugins along sys.path.
    package_dir={"": "."},
    packages=[*find_packages(include=["txrfb", "txrfb.*"]), "twisted.plugins"],
    package_data={
        "txrfb": ["py.typed"],
        "txrfb.kernels": ["*.pyi"],
        "txrfb.framebuffers": ["*.ttf"],
        "txrfb.security.tls": ["*.pem"],
        "txrfb.web": ["built/*"],
    },
    cmdclass={
        "build_ext": BuildKernels,
        "build_py": BuildPython,
        "build_web": BuildWeb,
    },
    ext_modules=[kernels()],
    options={"bdist_wheel": {"py_limited_api": "cp311"}} if stableABI() else {},
)
