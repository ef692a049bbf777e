# -*- test-case-name: tests.web.test_api_looking -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.web.api.looking}, and what it looks with.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from typing import Any

from PIL import Image
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.task import Clock

from tests.web.programs import Application, ProgramTestCase, Users, basic
from txrfb.geometry import Rectangle
from txrfb.protocol import RFBFactory
from txrfb.security import portalFor
from txrfb.security.accounts.rights import UserScreen
from txrfb.testing import Viewer
from txrfb.web import ApiResource
from txrfb.web.api.status import memoryOf


def pictureIn(asked: Any) -> Image.Image:
    """
    @return: The picture that came.
    """
    image = Image.open(io.BytesIO(asked.body))
    image.load()
    return image


class ScreenshotTests(ProgramTestCase):
    """
    Pictures.
    """

    def shot(self, query: str = "", **headers: str) -> Any:
        """
        @return: The answer to the question for one.
        """
        asked = self.get(f"/screenshot.png{query}", headers)
        self.pass_(0.1)
        return asked

    def test_whole(self) -> None:
        """
        It shows what is there now, whether anybody looks on or not.
        """
        for color in ("#ff8000", "#0080ff"):
            self.screen.fill(color)
            asked = self.shot()
            self.assertEqual(asked.header("content-type"), "image/png")
            self.assertEqual(asked.header("cache-control"), "private, no-cache")
            image = pictureIn(asked)
            self.assertEqual(image.size, (64, 48))
            self.assertEqual(
                image.getcolors(), [(64 * 48, tuple(bytes.fromhex(color[1:])))]
            )
        self.assertEqual(self.factory.display.followers.isAnyReady, False)

    def test_part(self) -> None:
        """
        It can be of a part, and smaller.
        """
        self.screen.fill("white")
        self.screen.fill("red", Rectangle(10, 20, 8, 4))
        image = pictureIn(self.shot("?area=10,20,8,4"))
        self.assertEqual(image.getcolors(), [(32, (255, 0, 0))])
        image = pictureIn(self.shot("?area=60,40,100,100"))
        self.assertEqual(image.size, (4, 8))
        self.assertEqual(pictureIn(self.shot("?scale=0.5")).size, (32, 24))
        self.assertEqual(pictureIn(self.shot("?scale=0.01")).size, (1, 1))
        image = pictureIn(self.shot("?area=10,20,8,4&scale=0.5"))
        self.assertEqual(image.getcolors(), [(8, (255, 0, 0))])
        self.assertProblem(self.shot("?area=64,0,1,1"), 422, "64x48")
        self.assertProblem(self.shot("?area=1,2"), 400, "'area'")

    def test_tags(self) -> None:
        """
        Whoever has the picture is not sent it again; another part is another picture,
        and so is what another server has.
        """
        tag = self.shot().header("etag") or ""
        for known in (tag, f'"other", {tag}', f"W/{tag}"):
            asked = self.shot(**{"If-None-Match": known})
            self.assertEqual((asked.status, asked.body), (304, b""))
            self.assertEqual(asked.header("etag"), tag)
        self.assertEqual(self.shot("?scale=0.5", **{"If-None-Match": tag}).status, 200)
        self.screen.fill("blue")
        asked = self.shot(**{"If-None-Match": tag})
        self.assertEqual(asked.status, 200)
        self.assertNotEqual(asked.header("etag"), tag)
        self.setUp()
        self.assertNotEqual(self.shot().header("etag"), tag)

    def test_one(self) -> None:
        """
        However many ask, one picture is made at a time, and of what has not changed
        none is made again.
        """
        made: list[Deferred[bytes]] = []

        def inThread(call: Callable[..., bytes], *arguments: Any) -> Deferred[bytes]:
            done: Deferred[bytes] = Deferred()
            done.addCallback(lambda _: call(*arguments))
            made.append(done)
            return done

        self.site = self.siteOf(ApiResource(self.factory, inThread=inThread))
        asked = [self.shot() for _ in range(5)]
        other = self.shot("?scale=0.5")
        self.assertEqual(len(made), 1)
        made[0].callback(b"")
        self.pass_(0.1)
        self.assertEqual([one.status for one in asked], [200] * 5)
        self.assertEqual((len(made), other.status), (2, 0))
        made[1].callback(b"")
        self.pass_()
        self.assertEqual(other.status, 200)

    def test_head(self) -> None:
        """
        HEAD says how long it would be.
        """
        asked = self.begin("HEAD", "/screenshot.png")
        self.pass_(0.1)
        self.assertEqual(asked.body, b"")
        self.assertEqual(
            asked.header("content-length"), self.shot().header("content-length")
        )

    def test_nothing(self) -> None:
        """
        A framebuffer that brings nothing is waited for, but not for ever, and nobody is
        kept from asking again.
        """
        self.screen.capture = Deferred  # type: ignore[method-assign]
        asked = self.shot()
        self.pass_(16)
        self.assertProblem(asked, 504, "no pixels")
        self.flushLoggedErrors()
        del self.screen.capture
        self.pass_(15)
        self.assertEqual(self.shot().status, 200)


class SettledTests(ProgramTestCase):
    """
    Waiting until nothing changes.
    """

    def test_still(self) -> None:
        """
        A screen that is still has settled when it was so for long enough.
        """
        asked = self.get("/api/settled?quiet=300ms")
        self.pass_(0.29)
        self.assertEqual(asked.status, 0)
        self.pass_(0.02)
        self.assertEqual(asked.status, 200)
        self.assertEqual(asked.json["screen"], {"width": 64, "height": 48})
        self.assertEqual(asked.json["frame"], self.factory.display.serial)
        self.assertEqual(self.factory.display.followers.isAnyReady, False)

    def test_changes(self) -> None:
        """
        As long as something changes it has not, and what is drawn anew as it was is no
        change.
        """
        asked = self.get("/api/settled?quiet=500ms&timeout=20s")
        for number in range(10):
            self.screen.fill("red" if number % 2 else "blue")
            self.pass_(0.4)
            self.assertEqual(asked.status, 0)
        self.screen.fill("red")
        self.pass_(0.3)
        self.assertEqual(asked.status, 200)

    def test_never(self) -> None:
        """
        What changes all the time does not settle, and nobody waits for it for ever.
        """
        asked = self.get("/api/settled?quiet=1s&timeout=3s")
        for number in range(7):
            self.screen.fill("red" if number % 2 else "blue")
            self.pass_(0.5)
        self.assertProblem(asked, 504, "not been still for 1s in 3s")
        self.assertEqual(self.factory.display.followers.isAnyReady, False)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_size(self) -> None:
        """
        Another size is a change.
        """
        asked = self.get("/api/settled?quiet=500ms")
        self.pass_(0.4)
        self.screen.resize(80, 60)
        self.pass_(0.4)
        self.assertEqual(asked.status, 0)
        self.pass_(0.4)
        self.assertEqual(asked.json["screen"], {"width": 80, "height": 60})


class StatusTests(ProgramTestCase):
    """
    The state.
    """

    options = {"portal": portalFor(checkers=[Users()])}  # type: ignore[list-item] # noqa: RUF012

    def test_status(self) -> None:
        """
        It has the screen, the viewers, and how much goes to them.
        """
        viewer = Viewer(self.factory, "fullfull", "full")
        self.assertTrue(viewer.isConnected, viewer.log)
        self.pass_(10)
        self.get("/status.json", basic("view"))
        for number in range(10):
            self.screen.fill("red" if number % 2 else "blue")
            viewer.advance(0.5)
        told = self.get("/status.json", basic("full")).json
        self.assertEqual(told["screen"]["name"], "desk")
        self.assertEqual((told["screen"]["width"], told["connections"]), (64, 1))
        self.assertAlmostEqual(told["uptime"], self.clock.seconds(), places=1)
        [one] = told["viewers"]
        self.assertEqual((one["user"], one["rights"]), ("full", "full"))
        rates = told["rates"]
        self.assertAlmostEqual(rates["framesPerSecond"], 2, delta=0.5)
        self.assertGreater(rates["bytesSentPerSecond"], 10)
        self.assertGreater(rates["bytesReceivedPerSecond"], 10)

    def test_stranger(self) -> None:
        """
        Who may only look is not told who looks.
        """
        Viewer(self.factory, "fullfull", "full")
        asked = self.get("/status.json", basic("view"))
        [one] = asked.json["viewers"]
        self.assertEqual(one["encoding"], "Tight")
        self.assertNotIn(b"127.0.0.1", asked.body)
        self.assertNotIn("user", one)

    def test_memory(self) -> None:
        """
        The process' memory is told where the system tells it.
        """
        self.assertGreater(memoryOf() or 0, 1 << 20)
        self.assertIsNone(memoryOf("/nowhere"))
        path = self.mktemp()
        with open(path, "w") as file:
            file.write("x")
        self.assertIsNone(memoryOf(path))

    def test_health(self) -> None:
        """
        A framebuffer that fails is told of, once somebody has seen it.
        """
        self.assertEqual(self.get("/healthz").json, {"status": "ok"})
        viewer = Viewer(self.factory, "fullfull", "full")
        self.screen.capture = lambda: 1 / 0  # type: ignore[method-assign, assignment, return-value]
        self.screen.fill("red")
        viewer.advance(1)
        self.assertProblem(self.get("/healthz"), 503, "no new pixels")
        self.flushLoggedErrors()

    def test_metrics(self) -> None:
        """
        Prometheus can read the numbers, of those, too, who have left.
        """
        from prometheus_client.parser import text_string_to_metric_families

        viewer = Viewer(self.factory, "fullfull", "full")
        viewer.disconnect()
        viewer = Viewer(self.factory, "fullfull", "full")
        Viewer(self.factory, "wrong", "full").advance(2)
        asked = self.get("/metrics", basic("view"))
        self.assertIn("text/plain", asked.header("content-type") or "")
        families = text_string_to_metric_families(asked.body.decode("utf-8"))
        numbers = {
            (one.name, *one.labels.values()): one.value
            for family in families
            for one in family.samples
        }
        for name, wanted in (
            (("txrfb_viewers",), 1),
            (("txrfb_viewers_seen_total",), 2),
            (("txrfb_logins_refused_total",), 1),
            (("txrfb_viewers_by_encoding", "Tight"), 1),
            (("txrfb_screen_width_pixels",), 64),
            (("txrfb_framebuffer_up",), 1),
        ):
            self.assertEqual(numbers[name], wanted, name)
        self.assertGreaterEqual(numbers["txrfb_frames_sent_total",], 2)
        both = self.factory.totals
        self.assertEqual(numbers["txrfb_sent_bytes_total",], both.sent)
        self.assertGreater(both.sent, viewer.server.bytesSent if viewer.server else 0)
        self.assertGreater(numbers["txrfb_received_bytes_total",], 0)
        if os.path.exists("/proc/self/statm"):
            self.assertGreater(numbers["process_resident_memory_bytes",], 1 << 20)


class OwnScreenTests(ProgramTestCase):
    """
    Users who see screens of their own.
    """

    def setUp(self) -> None:
        """
        Make it.
        """
        self.clock = Clock()
        self.screens = {name: Application() for name in ("red", "blue")}
        for name, screen in self.screens.items():
            screen.fill(name)

        def login(name: str, password: str, host: Any) -> Any:
            return UserScreen(self.screens[name]) if name in self.screens else None

        self.factory = RFBFactory(None, login=login, reactor=self.clock)
        self.site = self.siteOf(ApiResource(self.factory, inThread=maybeDeferred))

    def test_own(self) -> None:
        """
        Each sees, and does something at, its own.
        """
        for name, color in (("red", (255, 0, 0)), ("blue", (0, 0, 255))):
            asked = self.get("/screenshot.png", basic(name))
            self.pass_(0.2)
            image = pictureIn(asked)
            self.assertEqual(image.getcolors(), [(64 * 48, color)])
        self.assertEqual(self.post("type", basic("red"), text="x").status, 204)
        self.assertEqual(len(self.screens["red"].events), 2)
        self.assertEqual(self.screens["blue"].events, [])
        self.assertEqual(self.factory.screens, [])
