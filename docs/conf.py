# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
How Sphinx makes one site of these pages and of the docstrings: C{.ci/docs OUTPUT}.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

import twisted
from txrfb import __version__

ROOT = Path(__file__).resolve().parent.parent

project = "txrfb"
author = copyright = "txrfb contributors"
release = version = __version__

extensions = ["pydoctor.sphinx_ext.build_apidocs"]
html_theme = "furo"
html_title = f"txrfb {release}"
html_extra_path = ["../LICENSE"]
# api.txt is a list for a test.
exclude_patterns = ["_build", "*.txt"]

# The API reference, which takes the place of the page api/index.
pydoctor_args = [
    "--project-name=txrfb",
    f"--project-version={release}",
    "--project-url=../index.html",
    f"--project-base-dir={ROOT}",
    "--docformat=epytext",
    "--theme=readthedocs",
    "--warnings-as-errors",
    "--html-output={outdir}/api",
    f"{ROOT}/txrfb",
]

# What in Twisted no docstring here refers to; to read it would take a minute.
UNUSED = "conch mail names news pair persisted positioning spread test web words"

# Pages of the repository's root, and the pages here that include them.
INCLUDED = {
    "README.rst": "readme",
    "CHANGELOG.rst": "changelog",
    "CONTRIBUTING.rst": "contributing",
    "SECURITY.rst": "security",
}

_log = logging.getLogger(__name__)


def referToTwisted(app: Sphinx) -> None:
    """
    Let the docstrings refer to Twisted's names: which there are is found, without a
    network, in the Twisted that is installed.
    """
    inventory = Path(app.doctreedir, f"twisted-{twisted.__version__}")
    if not (inventory / "objects.inv").exists():
        with tempfile.TemporaryDirectory() as directory:
            copy = Path(directory, "twisted")
            unused = shutil.ignore_patterns(*UNUSED.split())
            shutil.copytree(twisted.__path__[0], copy, ignore=unused)
            # Docstrings of Twisted itself may have errors, so its status says nothing.
            subprocess.run(
                [
                    *(sys.executable, "-m", "pydoctor", "--quiet", "--quiet"),
                    *("--config=/dev/null", "--docformat=epytext"),
                    *("--project-name=Twisted", f"--project-base-dir={copy}"),
                    *("--make-intersphinx", f"--html-output={inventory}", str(copy)),
                ],
                stdout=subprocess.DEVNULL,
            )
    source = f"{inventory / 'objects.inv'}::https://docs.twisted.org/en/stable/api"
    app.config.pydoctor_args = [*pydoctor_args, f"--intersphinx-file={source}"]


def includeRootPage(app: Sphinx, path: Path, parent: str, content: list[str]) -> None:
    """
    Make what a page of the repository's root refers to relative to this directory.
    """
    content[0] = content[0].replace("<docs/", "<").replace(":: docs/", ":: ")


def linkPages(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """
    Let links to sources, which are what code-hosting sites show, lead to pages.
    """
    for node in doctree.findall(nodes.reference):
        source = node.get("refuri", "")
        if "://" in source or not source.endswith(".rst"):
            continue
        name = source.removeprefix("../")
        page = INCLUDED.get(name, name.removesuffix(".rst"))
        if page not in app.env.found_docs:
            _log.warning("no page %s", source, location=node)
        node["refuri"] = app.builder.get_relative_uri(docname, page)


def setup(app: Sphinx) -> None:
    """
    Called by Sphinx.
    """
    # Before pydoctor's own.
    app.connect("builder-inited", referToTwisted, priority=400)
    app.connect("include-read", includeRootPage)
    app.connect("doctree-resolved", linkPages)
