# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of C{python -m txrfb.client}, at a server on real sockets.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from PIL import Image
from twisted.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse
from twisted.internet import reactor as _reactor
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.endpoints import serverFromString
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase
from zope.interface import implementer

from txrfb.client.__main__ import main
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.interfaces import IClipboard, IInputReceiver, IViewer
from txrfb.protocol import RFBFactory
from txrfb.security import (
    HostKey,
    choose,
    createSelfSigned,
    makeGate,
    makePortal,
    portalFor,
)

reactor: Any = _reactor

ROOT = Path(__file__).parent.parent.parent


@implementer(IInputReceiver, IClipboard)
class Sheet(MemoryFramebuffer):
    """
    Turns red where it is clicked, and keeps what happens.
    """

    def __init__(self) -> None:
        super().__init__(60, 40, "Sheet")
        self.fill("navy")
        self.happened: list[Any] = []

    def keyEvent(self, keysym: int, down: bool, viewer: IViewer) -> None:
        """
        Keep it.
        """
        self.happened.append((keysym, down))

    def pointerEvent(self, x: int, y: int, buttons: int, viewer: IViewer) -> None:
        """
        Paint.
        """
        self.happened.append((x, y, buttons))
        if buttons:
            self.fill("red", (x, y, 5, 5))

    def cutTextReceived(self, text: str, viewer: IViewer) -> None:
        """
        Keep it.
        """
        self.happened.append(text)


class CommandTests(TestCase):
    """
    What it does, and with which status it ends.
    """

    timeout = 60

    def setUp(self) -> None:
        self.directory = Path(mkdtemp())
        self.sheet = Sheet()
        self.said = io.StringIO()
        self.patch(sys, "stderr", self.said)
        self.patch(os, "environ", {**os.environ, "VNC_PASSWORD": ""})
        del os.environ["VNC_PASSWORD"]

    async def listen(self, factory: Any) -> str:
        """
        @return: Where it listens.
        """
        endpoint = serverFromString(reactor, "tcp:0:interface=127.0.0.1")
        port = await endpoint.listen(factory)
        self.addCleanup(port.stopListening)
        if isinstance(factory, RFBFactory):
            self.addCleanup(factory.disconnectAll)
        return f"127.0.0.1::{port.getHost().port}"

    async def serve(self, **options: Any) -> str:
        """
        Serve the sheet.

        @return: Where.
        """
        self.factory = RFBFactory(self.sheet, **options)
        return await self.listen(self.factory)

    async def act(self, *arguments: object) -> int:
        """
        Run the command.

        @return: Its status.
        """
        acting: list[Deferred[Any]] = []

        def run(act: Any, _: object) -> None:
            acting.append(Deferred.fromCoroutine(act(reactor)))

        try:
            main(["--timeout", "5", *map(str, arguments)], run)
            await acting[0]
        except SystemExit as end:
            assert isinstance(end.code, int)
            return end.code
        raise AssertionError("it did not say how it ended")

    async def test_nothing(self) -> None:
        """
        Only the server is required.
        """
        self.assertEqual(await self.act(), 2)
        self.assertIn("are required: SERVER\n", self.said.getvalue())

    async def test_picture(self) -> None:
        """
        The picture is that of the screen, at the moment when it is its turn.
        """
        server = await self.serve()
        first, second = self.directory / "a.png", self.directory / "b.bmp"
        status = await self.act(server, "shot", first, "click", 50, 30, "shot", second)
        self.assertEqual((status, self.said.getvalue()), (0, ""))
        self.assertEqual(Image.open(first).getcolors(), [(2400, (0, 0, 128))])
        expected = self.sheet.toImage().tobytes()
        self.assertEqual(Image.open(second).tobytes(), expected)
        self.assertEqual(self.sheet.toImage().getpixel((54, 34)), (255, 0, 0))

    async def test_input(self) -> None:
        """
        What is done has arrived when the command ends.
        """
        server = await self.serve()
        status = await self.act(
            *(server, "type", "hi", "key", "ctrl-c", "keydown", "a", "keyup", "a"),
            *("move", 1, 2, "rightclick", 3, 4, "drag", 5, 6, "scroll", 1),
            *("doubleclick", 7, 8, "paste", "é→", "sleep", 0.01),
        )
        self.assertEqual((status, self.said.getvalue()), (0, ""))
        happened = self.sheet.happened
        keys = [what for what in happened if len(what) == 2 and what != "é→"]
        ctrl = 0xFFE3
        self.assertEqual(
            keys,
            [
                *((104, True), (104, False), (105, True), (105, False)),
                *((ctrl, True), (99, True), (99, False), (ctrl, False)),
                *((97, True), (97, False)),
            ],
        )
        pointers = [what for what in happened if len(what) == 3]
        self.assertEqual(pointers[0], (1, 2, 0))
        for seen in ((3, 4, 4), (3, 4, 1), (5, 6, 1), (5, 6, 16), (7, 8, 1)):
            self.assertIn(seen, pointers)
        self.assertEqual(pointers.count((7, 8, 1)), 2)
        self.assertEqual(happened[-1], "é→")

    async def test_wait(self) -> None:
        """
        A picture is waited for until it is there, or for too long.
        """
        server = await self.serve()
        path = self.directory / "red.png"
        Image.new("RGB", (5, 5), "red").save(path)
        waiting = Deferred.fromCoroutine(self.act(server, "wait", path))
        await deferLater(reactor, 0.3)
        self.assertFalse(waiting.called)
        self.sheet.fill("red", (20, 20, 5, 5))
        self.assertEqual(await waiting, 0)
        Image.new("RGB", (6, 6), "red").save(path)
        status = await self.act("--timeout", 0.5, server, "wait", path)
        self.assertEqual(status, 1)
        self.assertIn(
            "the picture is not seen: not in 0.5 seconds", self.said.getvalue()
        )
        self.sheet.fill((253, 2, 0), (20, 20, 6, 6))
        options = ("--timeout", 0.5, "--tolerance")
        self.assertEqual(await self.act(*options, 2, server, "wait", path), 0)
        self.assertEqual(await self.act(*options, 1, server, "wait", path), 1)

    async def test_rest(self) -> None:
        """
        So it is waited for rest.
        """
        server = await self.serve()
        self.assertEqual(await self.act(server, "rest", 0.2), 0)

        async def paint() -> None:
            for step in range(100):
                self.sheet.fill((step, 0, 0))
                await deferLater(reactor, 0.1)

        painting = Deferred.fromCoroutine(paint())
        status = await self.act("--timeout", 2, server, "rest", 1)
        painting.addErrback(lambda failure: failure.trap(CancelledError))
        painting.cancel()
        self.assertEqual(status, 1)
        self.assertIn("it never rested", self.said.getvalue())

    async def test_record(self) -> None:
        """
        What changes is recorded, in files by their time.
        """
        server = await self.serve()
        films = self.directory / "films"
        recording = Deferred.fromCoroutine(self.act(server, "record", films, 0.8))
        while not list(films.glob("*.png")):
            await deferLater(reactor, 0.05)
        self.sheet.fill("red")
        self.assertEqual(await recording, 0)
        paths = sorted(films.glob("*.png"))
        self.assertEqual(paths[0].name, "00000000.png")
        colors = [Image.open(path).getpixel((0, 0)) for path in paths]
        self.assertEqual(colors, [(0, 0, 128), (255, 0, 0)])
        lines = (films / "frames.ffconcat").read_text("ascii").splitlines()
        self.assertEqual(
            [lines[0], lines[1]], ["ffconcat version 1.0", "file 00000000.png"]
        )
        durations = [float(line.split()[1]) for line in lines if "duration" in line]
        self.assertAlmostEqual(sum(durations), 0.8, 2)

    async def test_health(self) -> None:
        """
        With nothing to do it says whether the server serves.
        """
        self.assertEqual(await self.act(await self.serve()), 0)
        self.assertEqual(await self.act("127.0.0.1::1"), 3)
        self.assertIn("refused", self.said.getvalue())

        class Web(Protocol):
            def connectionMade(self) -> None:
                assert self.transport is not None
                self.transport.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        other = await self.listen(Factory.forProtocol(Web))
        self.assertEqual(await self.act(other), 3)
        self.assertIn("there is no VNC server", self.said.getvalue())
        silent = await self.listen(Factory.forProtocol(Protocol))
        self.assertEqual(await self.act("--timeout", 0.2, silent), 3)

    async def test_login(self) -> None:
        """
        The password is in a file or in the environment; who is not let in gets another
        status.
        """
        server = await self.serve(portal=portalFor(password=b"secret"))
        self.assertEqual(await self.act(server), 4)
        self.assertIn("; no password was given", self.said.getvalue())
        path = self.directory / "password"
        path.write_bytes(b"secret\n")
        self.assertEqual(await self.act("--password-file", path, server), 0)
        os.environ["VNC_PASSWORD"] = "wrong"
        self.assertEqual(await self.act(server), 4)
        self.assertIn("authentication failed", self.said.getvalue())
        os.environ["VNC_PASSWORD"] = "secret"
        self.assertEqual(await self.act(server), 0)
        self.assertEqual(await self.act("--security", "None", server), 4)
        self.assertEqual(await self.act("--password-file", "/nonexistent", server), 2)

    async def test_protected(self) -> None:
        """
        By a certificate, by a host key, and by the name of a user.
        """
        pem, key = self.directory / "pem", self.directory / "key"
        createSelfSigned(str(pem), ["127.0.0.1"])
        hostKey = HostKey.generate(1024)
        key.write_bytes(hostKey.toPEM())
        key.chmod(0o600)
        os.environ["VNC_PASSWORD"] = "secret"
        choice = choose("RA2,X509Vnc")
        portal = makePortal(password="secret", choice=choice)
        options: dict[str, Any] = {"choice": choice, "hostKey": str(key)}
        gate = makeGate(reactor, portal, certificate=str(pem), **options)
        server = await self.serve(gate=gate)
        arguments: tuple[Any, ...]
        for arguments in (
            (),
            ("--ca", pem),
            ("--host-key", hostKey.fingerprint),
            ("--known-hosts", self.directory / "known"),
            ("--known-hosts", self.directory / "known"),
        ):
            self.assertEqual(await self.act(*arguments, server), 0, arguments)
        for arguments, words in (
            (("--hostname", "127.0.0.1"), "nobody but itself has signed it"),
            (
                ("--ca", pem, "--hostname", "example.com"),
                "TLS failed: the server's certificate is not for example.com, but for"
                " 127.0.0.1\n",
            ),
            (("--host-key", HostKey.generate(1024).fingerprint), "in between"),
        ):
            self.assertEqual(await self.act(*arguments, server), 4, arguments)
            self.assertIn(words, self.said.getvalue())

    async def test_user(self) -> None:
        """
        With the name of a user.
        """
        os.environ["VNC_PASSWORD"] = "secret"
        users = InMemoryUsernamePasswordDatabaseDontUse(ada=b"secret")
        choice = choose("TLSPlain")
        portal = portalFor(checkers=[users])
        server = await self.serve(gate=makeGate(reactor, portal, choice=choice))
        self.assertEqual(await self.act("--user", "ada", server), 0)
        self.assertEqual(await self.act("--user", "bob", server), 4)
        self.assertNotIn("no user's name", self.said.getvalue())
        self.assertEqual(await self.act(server), 4)
        self.assertIn("; no user's name was given, by --user", self.said.getvalue())

    async def test_lost(self) -> None:
        """
        If the connection is lost, that is another status.
        """
        server = await self.serve()
        working = Deferred.fromCoroutine(self.act(server, "sleep", 0.5))
        while not self.factory.viewers:
            await deferLater(reactor, 0.01)
        self.factory.viewers[0].disconnect("the test")
        self.assertEqual(await working, 5)

    async def test_encodings(self) -> None:
        """
        Every encoding can be asked for.
        """
        server = await self.serve()
        for name in ("Raw", "tight", "ZRLE", "Hextile,Raw", "TightPNG"):
            path = self.directory / "shot.png"
            status = await self.act("--encodings", name, server, "shot", path)
            self.assertEqual(status, 0, name)
            self.assertEqual(Image.open(path).size, (60, 40))

    async def test_wrong(self) -> None:
        """
        Wrong arguments are said, before anything is connected.
        """
        nothing = self.directory / "nothing"
        nothing.write_text("nothing\n", "utf-8")
        for arguments, words in (
            (("localhost", "fly"), "there is no action 'fly'"),
            (("--encodings", "smoke", "localhost"), "--encodings: there is no 'smoke'"),
            (("--tolerance", "256", "localhost"), "--tolerance is from 0 to 255"),
            (("--security", "smoke", "localhost"), "'smoke'"),
            (("local:host:1",), "'local:host:1' is no server"),
            (("localhost:65536",), "a port is from 1 to 65535"),
            (("--ca", "/nonexistent", "localhost"), "--ca '/nonexistent': No such"),
            (
                ("tcp:host",),
                "'tcp:host' is no client endpoint: endpoints tcp: need port",
            ),
            (
                ("tcp:host:http",),
                "'tcp:host:http' is no client endpoint: 'http' is not a number",
            ),
            ((f"unix:/{'x' * 107}",), "a UNIX socket has at most 107 bytes, and"),
            (("--ca", nothing, "localhost"), f"--ca '{nothing}': there is no certif"),
            (
                ("--certificate", nothing, "localhost"),
                f"--certificate '{nothing}': there is no certificate",
            ),
            (("--host-key", "aa-bb", "localhost"), "'aa-bb' is no fingerprint of a"),
        ):
            self.assertEqual(await self.act(*arguments), 2, arguments)
            self.assertIn(words, self.said.getvalue())

    async def test_process(self) -> None:
        """
        It is a command, which can write to standard output.
        """
        server = await self.serve()

        def run() -> subprocess.CompletedProcess[bytes]:
            return subprocess.run(
                [sys.executable, "-m", "txrfb.client", server, "info", "shot", "-"],
                cwd=ROOT,
                capture_output=True,
                timeout=50,
            )

        ran = await deferToThread(run)
        self.assertEqual((ran.returncode, ran.stderr), (0, b""))
        first, _, rest = ran.stdout.partition(b"\n")
        self.assertEqual(first, b"60x40 Sheet")
        self.assertEqual(Image.open(io.BytesIO(rest)).size, (60, 40))
