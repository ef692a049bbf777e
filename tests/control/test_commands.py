# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.control.commands}.
"""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

from PIL import Image
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.logger import capturedLogs
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from tests.record.making import Maker
from txrfb.control.commands import CommandError, Commands
from txrfb.encodings.constants import DESKTOP_NAME, RAW
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.geometry import Rectangle
from txrfb.interfaces import IReporting
from txrfb.protocol import RFBFactory
from txrfb.record import RecordingFramebuffer
from txrfb.security.accounts.rights import FULL, VIEW_ONLY
from txrfb.testing import Viewer


class Slow(MemoryFramebuffer):
    """
    A framebuffer whose pixels come when the test says so.
    """

    answer: Deferred[Any] | None = None

    def capture(self) -> Any:
        """
        Promise pixels.
        """
        self.answer = Deferred()
        return self.answer


class CommandsTestCase(SynchronousTestCase):
    """
    What is needed to give commands.
    """

    def setUp(self) -> None:
        """
        A server.
        """
        self.clock = Clock()
        self.framebuffer: Any = MemoryFramebuffer(64, 48, "desk")
        self.framebuffer.fill("navy")
        self.serve()

    def serve(self, **options: Any) -> None:
        """
        Make the server.
        """
        self.factory = RFBFactory(self.framebuffer, reactor=self.clock, **options)
        self.commands = Commands(
            self.factory, lambda: ["as it is", "set up"], maybeDeferred
        )

    def begin(self, command: str, *arguments: str) -> Deferred[dict[str, Any]]:
        """
        @return: What will be the answer to a command.
        """
        return Deferred.fromCoroutine(self.commands.run(command, arguments))

    def answer(self, command: str, *arguments: str) -> dict[str, Any]:
        """
        @return: The answer to a command that takes no time.
        """
        answer = self.begin(command, *arguments)
        self.clock.advance(0.1)
        found: dict[str, Any] = self.successResultOf(answer)
        json.dumps(found, default=str)
        return found

    def refusal(self, command: str, *arguments: str) -> str:
        """
        @return: Why a command cannot be followed.
        """
        failure = self.failureResultOf(self.begin(command, *arguments), CommandError)
        return str(failure.value)


class CommandsTests(CommandsTestCase):
    """
    Each command.
    """

    def test_status(self) -> None:
        """
        C{status} tells what parts of the server tell.
        """

        @implementer(IReporting)
        class Part:
            def report(self) -> dict[str, object]:
                return {"to": "somewhere", "state": "well"}

        self.factory.reporting.append(Part())
        answer = self.answer("status")
        self.assertEqual(answer["text"][1:], ["to somewhere, state well"])
        self.assertEqual(answer["parts"], [{"to": "somewhere", "state": "well"}])

    def test_playback(self) -> None:
        """
        What is played is told of, and ordered about.
        """
        for command, arguments in (("playback", ()), ("play", ()), ("seek", ("3",))):
            self.assertEqual(
                self.refusal(command, *arguments), "nothing is played here"
            )
        path = Path(self.mktemp())
        path.write_bytes(Maker().squares(20).data)
        player = RecordingFramebuffer(path, clock=self.clock)
        player.start()
        self.addCleanup(player.stop)
        self.framebuffer = player
        self.serve()
        text = "position 0, duration 2, paused, speed 1, idle 2"
        self.assertEqual(self.answer("playback")["text"], [text])
        self.assertTrue(self.answer("play")["playback"]["playing"])
        self.assertFalse(self.answer("pause")["playback"]["playing"])
        self.assertEqual(self.answer("speed", "4")["playback"]["speed"], 4)
        self.assertEqual(self.answer("idle", "0")["playback"]["idle"], 0)
        for command, value in (
            *(("seek", "x"), ("seek", "-1"), ("seek", "nan"), ("speed", "99")),
            *(("idle", ""), ("seek", "1e400")),
        ):
            self.assertIn(value, self.refusal(command, value))
        sought = maybeDeferred(
            lambda: Deferred.fromCoroutine(self.commands.run("seek", ["1.5"]))
        )
        self.assertNoResult(sought)
        self.clock.advance(0)
        self.assertEqual(self.successResultOf(sought)["playback"]["position"], 1.5)

    def test_unknown(self) -> None:
        """
        Of a command that is none, or has other arguments, it is told what there is.
        """
        names = (
            "list, kick, rights, screenshot, say, status, playback, play, pause, seek,"
            " speed, idle, check, drain"
        )
        self.assertEqual(
            self.refusal("halt"), f"there is no command 'halt'; there are {names}"
        )
        for command, arguments, text in (
            ("list", ["all"], "list takes nothing"),
            ("kick", [], "kick takes NUMBER"),
            ("rights", ["1"], "rights takes NUMBER and RIGHTS"),
        ):
            self.assertEqual(self.refusal(command, *arguments), text)

    def test_list(self) -> None:
        """
        All connections are there, whether they have logged in or not.
        """
        self.assertEqual(self.answer("list")["text"], ["nobody is connected"])
        Viewer(self.factory, encodings=[RAW])
        protocol = self.factory.buildProtocol(None)
        assert protocol is not None
        protocol.makeConnection(StringTransport())
        answer = self.answer("list")
        viewer, stranger = answer["text"]
        self.assertRegex(
            viewer,
            r"^1: 127\.0\.0\.1:\d+, by None, rights full, Raw, \d+ bytes sent, 0 s$",
        )
        self.assertRegex(stranger, r"^2: .*, in ProtocolVersion, 0 s$")
        numbers = [one["connection"] for one in answer["connections"]]
        self.assertEqual(numbers, [1, 2])

    def test_kick(self) -> None:
        """
        A connection is closed by its number.
        """
        one, other = Viewer(self.factory), Viewer(self.factory)
        self.assertIn("disconnected 1", self.answer("kick", "1")["text"][0])
        self.clock.advance(1)
        self.assertEqual((one.isOpen, other.isOpen), (False, True))
        for number in ("1", "7", "all", ""):
            self.assertIn(f"no connection {number};", self.refusal("kick", number))

    def test_rights(self) -> None:
        """
        What a viewer may do is changed while it is there.
        """
        Viewer(self.factory)
        [viewer] = self.factory.viewers
        for words, rights in (("view", VIEW_ONLY), ("full", FULL)):
            answer = self.answer("rights", "1", words)
            self.assertEqual(viewer.rights, rights)
            self.assertIn(f"has the rights {rights}", answer["text"][0])
        self.answer("rights", "1", "keys,pointer")
        self.assertEqual(str(viewer.rights), "view,keys,pointer")
        self.assertIn("no such rights: fly", self.refusal("rights", "1", "fly"))

    def test_rightsOfStrangers(self) -> None:
        """
        Who has not logged in has none; and where all may only view, nobody gets more.
        """
        protocol = self.factory.buildProtocol(None)
        assert protocol is not None
        protocol.makeConnection(StringTransport())
        self.assertIn("has not logged in", self.refusal("rights", "1", "full"))
        self.serve(viewOnly=True)
        Viewer(self.factory)
        self.assertIn("--view-only", self.refusal("rights", "1", "full"))
        self.answer("rights", "1", "view")

    def test_say(self) -> None:
        """
        Viewers ring their bells and show the text with the name, until it is taken
        away; the answer has how many do.
        """
        able = Viewer(self.factory, encodings=[RAW, DESKTOP_NAME])
        unable = Viewer(self.factory, encodings=[RAW])
        for text, name, bells, said in (
            ("Back at 5", "Back at 5 - desk", 1, "1 of 2 viewers show it"),
            ("", "desk", 1, "told 1 of 2"),
        ):
            self.assertIn(said, self.answer("say", text)["text"][0])
            self.clock.advance(1)
            self.assertEqual(able.name, name)
            self.assertEqual((able.bells, unable.bells), (bells, bells))
            self.assertEqual(unable.name, "desk")

    def test_check(self) -> None:
        """
        The set-up is told in the words of C{--check}.
        """
        self.assertEqual(self.answer("check")["text"], ["as it is", "set up"])

    def test_drain(self) -> None:
        """
        A process that is there for the server alone takes no more viewers; in others it
        is for them to say.
        """
        self.assertEqual(
            self.refusal("drain"), "the process is there for more than this server"
        )
        self.commands = Commands(self.factory, list, drain=lambda: "draining: nobody")
        self.assertEqual(self.answer("drain"), {"text": ["draining: nobody"]})


class ScreenshotTests(CommandsTestCase):
    """
    The picture.
    """

    def picture(self, answer: dict[str, Any]) -> Image.Image:
        """
        @return: What is in an answer.
        """
        return Image.open(io.BytesIO(base64.b64decode(answer["png"])))

    def test_fresh(self) -> None:
        """
        It shows what is drawn now, whether there are viewers or not, and whether they
        have read it or not.
        """
        for color, expected in (("red", (255, 0, 0)), ("lime", (0, 255, 0))):
            self.framebuffer.fill(color, Rectangle(8, 9, 10, 10))
            answer = self.answer("screenshot")
            picture = self.picture(answer)
            self.assertEqual(answer["text"], ["64x48"])
            self.assertEqual(picture.size, (64, 48))
            self.assertEqual(picture.getpixel((10, 10)), expected)
            self.assertEqual(picture.getpixel((0, 0)), (0, 0, 128))
            Viewer(self.factory)

    def test_resized(self) -> None:
        """
        So it does after a change of size.
        """
        Viewer(self.factory)
        self.framebuffer.resize(33, 21)
        answer = self.begin("screenshot")
        self.clock.advance(1)
        self.assertEqual(self.picture(self.successResultOf(answer)).size, (33, 21))

    def test_slow(self) -> None:
        """
        It waits for a framebuffer that is slow; not for ever.
        """
        self.framebuffer = Slow(64, 48, "desk")
        self.serve()
        answer = self.begin("screenshot")
        self.clock.advance(5)
        self.assertNoResult(answer)
        assert isinstance(self.framebuffer, Slow)
        assert self.framebuffer.answer is not None
        self.framebuffer.answer.callback(None)
        self.successResultOf(answer)
        with capturedLogs():
            answer = self.begin("screenshot")
            self.clock.pump([1.0] * 20)
        failure = self.failureResultOf(answer, CommandError)
        self.assertIn("has brought no pixels", str(failure.value))
        self.flushLoggedErrors(TimeoutError)
