# -*- test-case-name: tests.test_docs -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for what the documentation says.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import subprocess
import sys
import textwrap
import time
import unittest
import unittest.mock
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

from docutils.core import publish_doctree  # type: ignore[import-untyped]
from PIL import Image
from twisted.internet import reactor as _reactor
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import clientFromString, serverFromString
from twisted.internet.interfaces import IReactorPluggableNameResolver
from twisted.internet.selectreactor import SelectReactor
from twisted.internet.task import Clock
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase, TestCase
from zope.interface import alsoProvides, implementer
from zope.interface.verify import verifyObject

from tests.web.scenes import Browser
from txrfb.client.actions import ACTIONS
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.geometry import Rectangle
from txrfb.interfaces import (
    IFramebuffer,
    IFramebufferFactory,
    IInputReceiver,
)
from txrfb.protocol import RFBFactory
from txrfb.security import createSelfSigned, portalFor
from txrfb.tap import Options
from txrfb.testing import Viewer

reactor: Any = _reactor

ROOT = Path(__file__).parent.parent

DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.rst"), *DOCS.rglob("*.rst")])
NEWS = sorted(ROOT.glob("newsfragments/*.rst"))

# Sphinx has it, docutils has not.
TOCTREE = re.compile(r"^\.\. toctree::\n(?:   .*\n|\n)+", re.M)


def programs(page: Path) -> list[str]:
    """
    @return: The Python programs on a page.
    """
    text = page.read_text("utf-8")
    found = re.findall(r"^\.\. code-block:: python\n\n((?:    .*\n|\n)+)", text, re.M)
    return [textwrap.dedent(program) for program in found]


def run(page: str) -> dict[str, Any]:
    """
    Run all programs of a page, one after the other.

    @return: The names that they define.
    """
    names: dict[str, Any] = {"__name__": page}
    for program in programs(ROOT / page):
        exec(compile(program, page, "exec"), names)
    return names


class PageTests(SynchronousTestCase):
    """
    All pages.
    """

    def test_markup(self) -> None:
        """
        They are correct reStructuredText.
        """
        settings = {"report_level": 2, "halt_level": 2, "syntax_highlight": "none"}
        for page in [*PAGES, *NEWS]:
            text = TOCTREE.sub("", page.read_text("utf-8"))
            publish_doctree(text, str(page), settings_overrides=settings)

    def test_links(self) -> None:
        """
        What they link to in the repository is there.
        """
        for page in PAGES:
            text = page.read_text("utf-8")
            links = re.findall(r"`[^`<]*<([^>`]+)>`_", text)
            links += re.findall(r"^\.\. image:: (\S+)", text, re.M)
            for link in links:
                if "://" not in link:
                    self.assertTrue(
                        (page.parent / link).exists(), f"{page.name}: {link}"
                    )

    def test_toctree(self) -> None:
        """
        Each page of the site is in its table of contents.
        """
        toctree = TOCTREE.search((DOCS / "index.rst").read_text("utf-8"))
        assert toctree is not None
        entries = re.findall(r"^   (?:.* <)?([\w/-]+)>?$", toctree[0], re.M)
        pages = {path.relative_to(DOCS).with_suffix("") for path in DOCS.rglob("*.rst")}
        self.assertEqual(
            sorted(entries), sorted(str(page) for page in pages - {Path("index")})
        )

    def test_rootPages(self) -> None:
        """
        Each page in the repository's root is in the site, too.
        """
        self.assertEqual(
            {path.read_text("utf-8") for path in DOCS.glob("*.rst")}
            & {f".. include:: ../{path.name}\n" for path in ROOT.glob("*.rst")},
            {f".. include:: ../{path.name}\n" for path in ROOT.glob("*.rst")},
        )


class NewsTests(SynchronousTestCase):
    """
    What is new, a file for each change, of which towncrier makes C{CHANGELOG.rst}.
    """

    def test_names(self) -> None:
        """
        Their names tell the issue, or C{+} and words, and a type that towncrier knows.
        """
        types = "feature|bugfix|doc|removal|misc"
        for path in ROOT.glob("newsfragments/[!.]*"):
            self.assertRegex(path.name, rf"^(\d+|\+[\w-]+)\.({types})(\.\d+)?\.rst$")

    def test_sentences(self) -> None:
        """
        They are sentences, without a bullet of their own.
        """
        for path in NEWS:
            self.assertRegex(
                path.read_text("utf-8"), r"^[^-*\s](.|\n)*[.]\n$", path.name
            )


class ReadmeTests(SynchronousTestCase):
    """
    The README.
    """

    def test_example(self) -> None:
        """
        Its program is the example that it says it is, and short.
        """
        [program] = programs(ROOT / "README.rst")
        self.assertIn(program.strip(), (ROOT / "examples/paint.py").read_text("utf-8"))
        lines = [line for line in program.splitlines() if line.strip()]
        self.assertLessEqual(len(lines), 25)

    def test_options(self) -> None:
        """
        Its table has the options of the daemon, and no others.
        """
        text = (ROOT / "README.rst").read_text("utf-8")
        table = set(re.findall(r"^``--([\w-]+)``", text, re.M))
        options = set(re.findall(r"--([\w-]+)[ =]", str(Options(MemoryReactorClock()))))
        self.assertEqual(table - options, set())
        help = {"help", "version", "help-auth", "help-auth-type", "help-framebuffer"}
        self.assertEqual({name for name in options if name[-1] != "-"} - table, help)


class RobustnessTests(SynchronousTestCase):
    """
    C{docs/robustness.rst}.
    """

    def rows(self) -> list[tuple[str, str]]:
        """
        @return: The promises, and what holds each.
        """
        text = (ROOT / "docs/robustness.rst").read_text("utf-8")
        found = re.findall(
            r"^   \* - (.*?)\n     - (.*?)\n(?=   \* -|\S|\n)", text, re.M | re.S
        )
        rows = [(" ".join(a.split()), " ".join(b.split())) for a, b in found]
        return [row for row in rows if row != ("Promise", "Held by")]

    def test_held(self) -> None:
        """
        Each promise is held by a test or a benchmark, and all of these are there.
        """
        rows = self.rows()
        self.assertGreater(len(rows), 20)
        for promise, held in rows:
            found = list(re.findall(r"benchmark ``([\w.]+)``", held))
            for module in found:
                self.assertIsNotNone(importlib.util.find_spec(module), module)
            for part in re.split(r"(?=``[\w.]+``:)", held):
                named = re.match(r"``([\w.]+)``:", part)
                if named is None:
                    continue
                *room, name = named[1].split(".")
                path = ".".join(["tests", *room, f"test_{name}"])
                tests = importlib.import_module(path)
                methods = re.findall(r"(\w+Tests)\.(test_\w+)", part)
                self.assertTrue(methods, part)
                for case, method in methods:
                    found.append(method)
                    self.assertTrue(
                        hasattr(getattr(tests, case, None), method),
                        f"{path}: {case}.{method}",
                    )
            self.assertTrue(found, promise)

    def test_commands(self) -> None:
        """
        Its commands are there.
        """
        text = (ROOT / "docs/robustness.rst").read_text("utf-8")
        modules = re.findall(r"^    python -m (\S+)", text, re.M)
        self.assertEqual({*modules}, {"tests.fuzz", "tests.soak"})
        for module in modules:
            self.assertIsNotNone(importlib.util.find_spec(f"{module}.__main__"))
        for path in re.findall(r"^    python (\S+\.py)", text, re.M):
            self.assertTrue((ROOT / path).exists(), path)


class Resolver:
    """
    Knows one address for all names.
    """

    def resolveHostName(
        self, receiver: Any, name: str, portNumber: int, **_: Any
    ) -> Any:
        """
        See L{twisted.internet.interfaces.IHostnameResolver}.
        """
        receiver.resolutionBegan(self)
        receiver.addressResolved(IPv4Address("TCP", "192.0.2.1", portNumber))
        receiver.resolutionComplete()
        return self


class EmbeddingTests(SynchronousTestCase):
    """
    C{docs/howto-embed.rst}.
    """

    def test_programs(self) -> None:
        """
        What it paints, configures and listens to works, and its test passes.
        """
        names = run("docs/howto-embed.rst")
        framebuffer = MemoryFramebuffer(640, 480)
        names["paint"](framebuffer)
        self.assertEqual((framebuffer.width, framebuffer.height), (800, 600))
        framebuffer.fill("black")
        names["invert"](framebuffer, Rectangle(1, 2, 3, 4))
        self.assertEqual(framebuffer.toImage().getpixel((1, 2)), (255, 255, 255))
        factory = names["protected"](framebuffer, Clock())
        self.assertTrue(Viewer(factory, b"viewonly").isOpen)
        self.assertFalse(Viewer(factory, b"guess").isOpen)
        self.assertEqual(names["configured"](framebuffer, Clock()).shared, "always")
        result = unittest.TestResult()
        names["GreetingTests"]("test_typing").run(result)
        self.assertEqual((result.testsRun, result.errors, result.failures), (1, [], []))

    def test_tap(self) -> None:
        """
        Its tap sends what changed.
        """
        framebuffer, sent = MemoryFramebuffer(90, 80), []
        factory = RFBFactory(framebuffer, reactor=Clock())
        tap = run("docs/howto-embed.rst")["tapped"](
            factory, lambda *update: sent.append(update)
        )
        for color in ("red", "green"):
            framebuffer.fill(color)
            factory.clock.pump([0.05] * 4)
        [(nothing, first, _), (base, _, data)] = sent
        self.assertEqual((nothing, base, data[:2]), (0, first, b"\0\0"))
        tap.stop()

    def test_screens(self) -> None:
        """
        Its users each have a screen, which is there when they come again.
        """
        factory = run("docs/howto-embed.rst")["manyScreens"](Clock())
        for user in ("ada", "bob", "ada"):
            viewer = Viewer(factory, "enchantress", username=user)
            self.assertEqual(viewer.name, user)
        self.assertEqual(len(factory.screens), 2)
        self.assertFalse(Viewer(factory, "guess", username="ada").isOpen)

    def test_logins(self) -> None:
        """
        Its users log in, by a function, with a certificate, and by a portal.
        """
        names = run("docs/howto-embed.rst")
        with TemporaryDirectory() as directory:
            certificate, key = f"{directory}/certificate", f"{directory}/key"
            createSelfSigned(certificate, ["localhost"])
            authority = Path(certificate).read_bytes()
            for make, *files in (
                ("withUsers",),
                ("withCertificate", certificate, key),
                ("withPortal",),
            ):
                framebuffer = MemoryFramebuffer(9, 9)
                factory = names[make](framebuffer, Clock(), *files)
                options: Any = {"authority": authority} if files else {}
                for user, password, isIn in (
                    ("ada", "enchantress", True),
                    ("bob", "builder", True),
                    ("ada", "builder", False),
                ):
                    viewer = Viewer(factory, password, user, **options)
                    self.assertEqual(viewer.isConnected, isIn, (make, user))

    def test_connect(self) -> None:
        """
        It connects to viewers that listen, and to repeaters.
        """
        names = run("docs/howto-embed.rst")
        reactor: Any = MemoryReactorClock()
        alsoProvides(reactor, IReactorPluggableNameResolver)
        reactor.nameResolver = Resolver()
        factory = RFBFactory(MemoryFramebuffer(9, 9), reactor=reactor)
        names["call"](factory, reactor)
        service = names["keepCalling"](factory, reactor)
        reactor.advance(0)
        self.assertEqual(
            [client[:2] for client in reactor.tcpClients],
            [("192.0.2.1", 5500), ("192.0.2.1", 5500)],
        )
        service.stopService()

    def test_time(self) -> None:
        """
        The reactor takes time from another clock.
        """
        reactor = SelectReactor()
        self.addCleanup(reactor.disconnectAll)
        run("docs/howto-embed.rst")["prepare"](reactor)
        self.patch(time, "time", lambda: 0.0)
        self.assertGreater(reactor.seconds(), 1e9)

    def test_all(self) -> None:
        """
        All that the pages for embedders define is used by these tests, or by what is.
        """
        tests = Path(__file__).read_text("utf-8")
        for page in ("howto-embed", "howto-framebuffer", "howto-client"):
            text = "\n".join(programs(DOCS / f"{page}.rst"))
            for name in re.findall(r"^(?:async )?(?:def|class) (\w+)", text, re.M):
                uses = len(re.findall(rf"\b{name}\b", text))
                self.assertTrue(uses > 1 or f'"{name}"' in tests, f"{page}: {name}")

    def test_film(self) -> None:
        """
        What a thread shows is seen whole.
        """
        names = run("docs/howto-embed.rst")
        framebuffer = MemoryFramebuffer(30, 20)
        viewer = Viewer(RFBFactory(framebuffer, reactor=Clock()))
        colors = ("red", "lime", "blue")
        names["film"](framebuffer, [Image.new("RGB", (30, 20), c) for c in colors])
        viewer.settle()
        self.assertEqual(viewer.color(29, 19), "#0000ff")

    def test_rest(self) -> None:
        """
        What rests counts only while somebody looks.
        """
        clock = Clock()
        counter = run("docs/howto-embed.rst")["Counter"](clock)
        clock.advance(1)
        self.assertEqual(counter.count, 0)
        viewer = Viewer(RFBFactory(counter, reactor=clock))
        viewer.advance(0.5)
        viewer.disconnect()
        viewer.advance(0.1)
        count = counter.count
        self.assertGreater(count, 10)
        clock.advance(1)
        self.assertEqual(counter.count, count)

    def test_clicks(self) -> None:
        """
        Each viewer's clicks are its own, and drags are not many.
        """
        clicks = run("docs/howto-embed.rst")["Clicks"]()
        factory = RFBFactory(MemoryFramebuffer(9, 9), clicks, reactor=Clock())
        first, second = Viewer(factory), Viewer(factory)
        first.buttonDown()
        first.move(2, 2)
        second.click(3, 3)
        first.move(4, 4)
        second.click(5, 5, 3)
        first.buttonUp()
        first.type("a")
        self.assertEqual(clicks.clicks, [(1, 0, 0), (2, 3, 3)])
        self.assertEqual(clicks.down, {})

    def test_pointers(self) -> None:
        """
        Those who have moved their pointers have a label there, and no others.
        """
        framebuffer = MemoryFramebuffer(200, 50)
        factory = RFBFactory(framebuffer, reactor=Clock())
        viewers = Viewer(factory), Viewer(factory)
        viewers[0].move(20, 20)
        with framebuffer.draw() as canvas:
            run("docs/howto-embed.rst")["drawPointers"](factory, canvas)
        painted = framebuffer.toImage().convert("RGB").getbbox()
        assert painted is not None
        self.assertGreaterEqual(painted[:2], (20, 20))

    def test_site(self) -> None:
        """
        The site has a WebSocket where noVNC looks for it.
        """
        factory = RFBFactory(MemoryFramebuffer(9, 9), reactor=Clock())
        site = run("docs/howto-embed.rst")["siteFor"](factory)
        site.timeOut = None
        self.assertEqual(Browser(site).open().status, 101)

    def test_end(self) -> None:
        """
        What ends is told to viewers.
        """
        reactor: Any = MemoryReactorClock()
        serveFor = run("docs/howto-embed.rst")["serveFor"]
        framebuffer = MemoryFramebuffer(9, 9)
        serving = Deferred.fromCoroutine(serveFor(3, framebuffer, 5901, reactor))
        factory = reactor.tcpServers[0][1]
        viewer = Viewer(factory)
        viewer.advance(5)
        self.successResultOf(serving)
        self.assertFalse(viewer.isOpen)

    def inProcess(self, name: str, program: str) -> tuple[str, str]:
        """
        Run the program of the page that defines a name, and another after it, in a
        process of their own.

        @return: What it wrote, and what it wrote of errors.
        """
        [page] = [
            text
            for text in programs(ROOT / "docs/howto-embed.rst")
            if f"def {name}(" in text
        ]
        ran = subprocess.run(
            [sys.executable, "-c", page + program],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
        )
        self.assertEqual(ran.returncode, 0, ran.stderr)
        return ran.stdout, ran.stderr

    def test_log(self) -> None:
        """
        Its logs have what happens.
        """
        happen = (
            "from twisted.internet.task import Clock\n"
            "from txrfb import MemoryFramebuffer, RFBFactory\n"
            "from txrfb.testing import Viewer\n"
            "Viewer(RFBFactory(MemoryFramebuffer(9, 9), reactor=Clock()))\n"
        )
        _, errors = self.inProcess("logWithPython", f"logWithPython()\n{happen}")
        self.assertIn("INFO:twisted:Connection 1: logged in", errors)
        with TemporaryDirectory() as directory:
            path = Path(directory, "rfb.log")
            self.inProcess("logToFile", f"logToFile({str(path)!r})\n{happen}")
            self.assertIn("Connection 1: logged in", path.read_text("utf-8"))

    def test_asyncio(self) -> None:
        """
        A program of asyncio's serves.
        """
        program = """
        async def main(where):
            from txrfb import MemoryFramebuffer, connectViewer
            from twisted.internet.endpoints import clientFromString

            global RFBFactory
            from txrfb import RFBFactory

            framebuffer = MemoryFramebuffer(30, 20)
            framebuffer.fill("red")
            factory = await served(framebuffer, where)
            loop = asyncio.get_running_loop()
            endpoint = clientFromString(factory.clock, where)
            viewer = await connectViewer(endpoint).asFuture(loop)
            print(viewer.image().getpixel((29, 19)))
            await asyncio.sleep(0.01)
            await factory.disconnectAll().asFuture(loop)

        asyncio.run(main("unix:PLACE/socket"))
        """
        program = textwrap.dedent(program)
        with TemporaryDirectory(prefix="rfb") as directory:
            output, _ = self.inProcess("served", program.replace("PLACE", directory))
        self.assertEqual(output, "(255, 0, 0)\n")

    def test_main(self) -> None:
        """
        The first program listens.
        """
        reactor: Any = MemoryReactorClock()
        running = Deferred.fromCoroutine(run("docs/howto-embed.rst")["main"](reactor))
        self.assertNoResult(running)
        self.assertEqual(reactor.tcpServers[0][0], 5900)


class ScriptTests(TestCase):
    """
    C{docs/howto-client.rst}.
    """

    timeout = 60

    def test_actions(self) -> None:
        """
        Its table has the actions that there are.
        """
        text = (ROOT / "docs/howto-client.rst").read_text("utf-8")
        rows = re.split(r"^=+ =+$", text, flags=re.M)[1]
        table = re.findall(r"^``.*?(?:  |$)", rows, re.M)
        found = [words for row in table for words in re.findall("``(.+?)``", row)]
        expected = [
            f"{name} {wanted}".strip() for name, (wanted, _, _) in ACTIONS.items()
        ]
        self.assertEqual(sorted(found), sorted(expected))

    async def test_screenshot(self) -> None:
        """
        Its program takes a picture.
        """
        framebuffer = MemoryFramebuffer(30, 20)
        framebuffer.fill("red")
        portal = portalFor(password=b"secret")
        factory = RFBFactory(framebuffer, portal=portal)
        directory = TemporaryDirectory(prefix="rfb")
        self.addCleanup(directory.cleanup)
        socket = f"unix:{directory.name}/socket"
        port = await serverFromString(reactor, socket).listen(factory)
        self.addCleanup(port.stopListening)
        path = f"{directory.name}/screen.png"
        screenshot = run("docs/howto-client.rst")["screenshot"]
        await screenshot(clientFromString(reactor, socket), path)
        self.assertEqual(Image.open(path).getpixel((29, 19)), (255, 0, 0))
        await factory.disconnectAll()


class Camera:
    """
    A camera with one picture.
    """

    width, height = 2, 1
    picture = b"\0\0\xff\0\xff\0\0\0"
    isOn = False

    def start(self, callback: Any) -> None:
        """
        Take the picture.
        """
        self.isOn = True
        callback()

    def stop(self) -> None:
        """
        Rest.
        """
        self.isOn = False

    def fetch(self) -> Deferred[bytes]:
        """
        Wait until the test fires C{fetched}.
        """
        self.fetched: Deferred[bytes] = Deferred()
        return self.fetched


class FramebufferTests(SynchronousTestCase):
    """
    C{docs/howto-framebuffer.rst}.
    """

    def test_camera(self) -> None:
        """
        Its framebuffer keeps the contract, and viewers see what the camera sees.
        """
        names = run("docs/howto-framebuffer.rst")
        camera = Camera()
        framebuffer = names["CameraFramebuffer"](camera)
        verifyObject(IFramebuffer, framebuffer)
        clock = Clock()
        clock.callLater(0.5, lambda: camera.fetched.callback(camera.picture))
        viewer = Viewer(RFBFactory(framebuffer, reactor=clock))
        self.assertEqual(
            [viewer.color(0, 0), viewer.color(1, 0)], ["#ff0000", "#0000ff"]
        )
        self.assertTrue(camera.isOn)
        viewer.disconnect()
        self.assertFalse(camera.isOn)

    def test_thumbnail(self) -> None:
        """
        Its part of a framebuffer is as large as it says, and what viewers do arrives.
        """
        clicks: list[tuple[int, int]] = []

        @implementer(IInputReceiver)
        class Clicks(MemoryFramebuffer):
            def keyEvent(self, *key: Any) -> None: ...
            def pointerEvent(self, x: int, y: int, buttons: int, viewer: Any) -> None:
                clicks.append((x, y))

        thumbnail = run("docs/howto-framebuffer.rst")["thumbnail"](Clicks(640, 480))
        viewer = Viewer(RFBFactory(thumbnail, reactor=Clock()))
        self.assertEqual(viewer.size, (80, 120))
        viewer.move(79, 119)
        self.assertEqual(clicks, [(318, 478)])

    def test_plugin(self) -> None:
        """
        Its plugin, a file of its own, makes the framebuffer of a camera by its name.
        """
        names: dict[str, Any] = {"__name__": "acme_camera"}
        exec(programs(DOCS / "howto-framebuffer.rst")[-1], names)
        factory = names["camera"]
        verifyObject(IFramebufferFactory, factory)
        self.assertRaises(ValueError, factory.framebufferFromString, None, "")
        cameras: Any = ModuleType("acme.cameras")
        cameras.CameraFramebuffer = lambda camera: ("framebuffer of", camera)
        cameras.open = lambda reactor, name: name
        modules = {"acme": ModuleType("acme"), "acme.cameras": cameras}
        with unittest.mock.patch.dict(sys.modules, modules):
            made = factory.framebufferFromString(None, "FRONT")
        self.assertEqual(made, ("framebuffer of", "FRONT"))
