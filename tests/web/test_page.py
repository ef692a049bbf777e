# -*- test-case-name: tests.web.test_page -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.web.page}, and for what can be seen of the page's sources; the page in
a browser is tried in L{tests.interop.test_page}.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.web.scenes import Browser, factoryOn
from txrfb.web import Forwarding
from txrfb.web.page import BUILT, pageResources
from txrfb.web.site import WebSite, treeOf

SOURCES = BUILT.parent / "browser"


class ResourcesTests(SynchronousTestCase):
    """
    What is served of the page.
    """

    def setUp(self) -> None:
        """
        Build something.
        """
        self.built = Path(self.mktemp()).absolute()
        self.built.mkdir()
        text = '<meta name="websocket" content="@WEBSOCKET@">'
        for name, content in (("index.html", text), ("page.js", "let a = 1;" * 1000)):
            (self.built / name).write_text(content)

    def get(self, path: str, header: str = "", built: Path | None = None) -> Browser:
        """
        @return: Who has asked for a part of the page.
        """
        factory = factoryOn(Clock())
        leaves = pageResources("ws", self.built if built is None else built)
        root: Any = treeOf(leaves)
        site = WebSite(root, factory.gate, Forwarding())
        site.timeOut = None
        browser = Browser(site)
        browser.request = f"GET {path} HTTP/1.0\r\n{header}\r\n".encode("ascii")
        return browser.open()

    def test_index(self) -> None:
        """
        The page knows where the WebSocket is.
        """
        browser = self.get("/")
        self.assertEqual(browser.status, 200)
        self.assertEqual(browser.header("content-type"), "text/html; charset=utf-8")
        self.assertIn(b'content="ws"', browser.body)

    def test_script(self) -> None:
        """
        Scripts are of the type that browsers want for modules, short on the way, and
        not sent again if they are the same.
        """
        browser = self.get("/page.js", "Accept-Encoding: gzip\r\n")
        self.assertEqual(
            browser.header("content-type"), "text/javascript; charset=utf-8"
        )
        self.assertEqual(browser.header("content-encoding"), "gzip")
        self.assertLess(len(browser.body), 500)
        plain = self.get("/page.js")
        self.assertIsNone(plain.header("content-encoding"))
        self.assertEqual(len(plain.body), 10000)
        when = browser.header("last-modified")
        self.assertEqual(
            self.get("/page.js", f"If-Modified-Since: {when}\r\n").status, 304
        )

    def test_nothingElse(self) -> None:
        """
        Nothing else is served, whatever lies there.
        """
        (self.built / "secret").write_text("secret")
        for path in (
            "/secret",
            "/index.html",
            "/../page.py",
            "/page.js/x",
            "/%2e%2e/x",
        ):
            self.assertEqual(self.get(path).status, 404, path)

    def test_without(self) -> None:
        """
        Where the page was not built it is said how it would be.
        """
        browser = self.get("/", built=self.built / "nowhere")
        self.assertEqual(browser.status, 200)
        self.assertIn(b"python setup.py build_web", browser.body)
        self.assertIn(b"Its WebSocket is at ws", browser.body)


class SourcesTests(SynchronousTestCase):
    """
    The page's sources.
    """

    def test_pinned(self) -> None:
        """
        What is bundled is of one version, whose integrity is known.
        """
        wanted = json.loads((SOURCES / "package.json").read_text("utf-8"))
        lock = json.loads((SOURCES / "package-lock.json").read_text("utf-8"))
        for name, version in wanted["dependencies"].items():
            self.assertRegex(version, r"^\d+\.\d+\.\d+$")
            found = lock["packages"][f"node_modules/{name}"]
            self.assertEqual(found["version"], version)
        for name, found in lock["packages"].items():
            if name:
                self.assertRegex(found["integrity"], "^sha512-", name)

    def test_policy(self) -> None:
        """
        There is no script and no style in the page itself, which its policy forbids,
        and nothing from elsewhere.
        """
        text = (SOURCES / "index.html").read_text("utf-8")
        self.assertNotRegex(text, r"<style|style=|\son\w+=|<script(?![^>]*src=)")
        for path in self.texts():
            self.assertNotIn("https://", path.read_text("utf-8"), path.name)

    @staticmethod
    def texts() -> list[Path]:
        """
        @return: What the page is made of, but for pictures and what npm reads.
        """
        kinds = (".html", ".css", ".js")
        return [path for path in SOURCES.iterdir() if path.suffix in kinds]

    def test_words(self) -> None:
        """
        Each language has every word, and every word of the page is there.
        """
        text = (SOURCES / "words.js").read_text("utf-8")
        parts = re.findall(r"^  (\w\w): \{\n(.*?)^  \},$", text, re.M | re.S)
        self.assertEqual([name for name, _ in parts], ["en", "de"])
        known = [
            set(re.findall(r"(?:^    |, )(\w+):(?: [\"(]|$)", part, re.M))
            for _, part in parts
        ]
        self.assertEqual(known[0], known[1])
        page = (SOURCES / "index.html").read_text("utf-8")
        # What is said of the connection has the name of its state.
        used = {"tongue", "connecting", "connected", "ended"}
        used |= {*re.findall(r'data-(?:word|title|label)="(\w+)"', page)}
        for path in self.texts():
            used |= {*re.findall(r"(?<![/\w])words\.(\w+)", path.read_text("utf-8"))}
        self.assertEqual(used, known[0])
