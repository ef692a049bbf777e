# -*- test-case-name: tests.web.test_api_doing -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.web.api.doing}.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.task import Clock, deferLater

from tests.web.programs import ProgramTestCase
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.protocol import RFBFactory
from txrfb.testing import Viewer
from txrfb.web import ApiResource


class KeyTests(ProgramTestCase):
    """
    Keys and text.
    """

    def test_keys(self) -> None:
        """
        Keys are pressed one after the other, and together.
        """
        self.assertEqual(self.post("keys", keys=["ctrl-c", "F1"]).status, 204)
        self.assertEqual(
            self.screen.events,
            [
                ("0xffe3", True),
                ("c", True),
                ("c", False),
                ("0xffe3", False),
                ("0xffbe", True),
                ("0xffbe", False),
            ],
        )

    def test_hold(self) -> None:
        """
        They can be held.
        """
        asked = self.post("keys", keys=["a"], hold=2.5)
        self.pass_(2.4)
        self.assertEqual(self.screen.events, [("a", True)])
        self.assertEqual(asked.status, 0)
        self.pass_(0.2)
        self.assertEqual(self.screen.events, [("a", True), ("a", False)])
        self.assertEqual(asked.status, 204)

    def test_type(self) -> None:
        """
        A text is typed, however long it is and however slow the application: the answer
        is there when it has taken all of it.
        """
        self.screen.answer = lambda: deferLater(self.clock, 0.01)
        text = "abc" * 400
        asked = self.post("type", text=text)
        for _ in range(40):
            self.assertEqual(asked.status, 0)
            self.clock.pump([0.01] * 50)
        self.clock.pump([0.01] * 3000)
        self.assertEqual(asked.status, 204)
        typed = "".join(key for key, down in self.screen.events if down)
        self.assertEqual(typed, text)

    def test_wrong(self) -> None:
        """
        What is no key is none, and none is pressed.
        """
        asked = self.post("keys", keys=["a", "nokey"])
        self.assertProblem(asked, 422, "no key 'nokey'")
        self.assertProblem(self.post("type", text="a\x00"), 422, "")
        self.assertProblem(self.post("type", text="x" * 5000), 400, "4096 characters")
        self.assertEqual(self.screen.events, [])

    def test_failure(self) -> None:
        """
        An application that fails is no reason for silence.
        """
        self.screen.answer = lambda: 1 / 0
        asked = self.post("type", text="x")
        self.assertProblem(asked, 409, "failed to take it")
        self.assertNotEqual(self.flushLoggedErrors(ZeroDivisionError), [])

    def test_viewers(self) -> None:
        """
        The application knows a program as a viewer, while it does something, and others
        go on as before.
        """
        viewer = Viewer(self.factory)
        asked = self.post("keys", keys=["a"], hold=1)
        self.assertEqual(len(self.factory.viewers), 2)
        self.assertEqual(self.factory.viewers[1].peer, "127.0.0.1:40312")
        self.pass_(2)
        self.assertEqual(asked.status, 204)
        self.assertEqual(self.factory.viewers, [viewer.server])
        self.assertTrue(viewer.isConnected)


class PointerTests(ProgramTestCase):
    """
    The pointer.
    """

    def do(self, status: int = 204, **values: Any) -> list[Any]:
        """
        @return: What comes of it.
        """
        self.screen.events.clear()
        self.assertEqual(self.post("pointer", x=5, y=6, **values).status, status)
        return self.screen.events

    def test_actions(self) -> None:
        """
        It moves, clicks, drags and scrolls.
        """
        self.assertEqual(self.do(), [(5, 6, 0)])
        click = [(5, 6, 1), (5, 6, 0)]
        self.assertEqual(self.do(action="click"), [(5, 6, 0), *click])
        self.assertEqual(self.do(action="click", times=2), [(5, 6, 0), *click * 2])
        right = [(5, 6, 0), (5, 6, 4), (5, 6, 0)]
        self.assertEqual(self.do(action="click", button="right"), right)
        self.assertEqual(
            self.do(action="click", button="forward"),
            [(5, 6, 0), (5, 6, 256), (5, 6, 0)],
        )
        wheel = [(5, 6, 8), (5, 6, 0)] * 2
        self.assertEqual(self.do(action="scroll", steps=-2), [(5, 6, 0), *wheel])

    def test_drag(self) -> None:
        """
        What is dragged passes places in between, and takes its time: openbox looks
        where the pointer is when it hears of the button.
        """
        asked = self.post("pointer", x=5, y=6, action="drag", toX=45, toY=6)
        events = self.screen.events
        self.assertEqual(events, [(5, 6, 0), (5, 6, 1)])
        for _ in range(9):
            self.assertEqual(asked.status, 0)
            self.pass_(0.031)
        self.assertEqual(asked.status, 204)
        self.assertEqual(events[:2], [(5, 6, 0), (5, 6, 1)])
        self.assertEqual(events[2:-1], [(5 + 5 * n, 6, 1) for n in range(1, 9)])
        self.assertEqual(events[-1], (45, 6, 0))

    def test_wrong(self) -> None:
        """
        Nothing is done that cannot be.
        """
        for values, status in (
            ({"action": "drag"}, 400),
            ({"action": "drag", "toX": 64, "toY": 0}, 422),
            ({"action": "dance"}, 400),
            ({"button": "none"}, 400),
            ({"times": 0}, 400),
            ({"steps": 101}, 400),
        ):
            self.assertEqual(self.do(status, **values), [])
        asked = self.post("pointer", x=64, y=1)
        self.assertProblem(asked, 422, "not on the screen of 64x48")


class ClipboardTests(ProgramTestCase):
    """
    The clipboard.
    """

    def test_copy(self) -> None:
        """
        The application gets the text, all of it; it can be read again.
        """
        for text in (
            "hello",
            "gr\u00fc\u00dfe",
            "\u20ac \U0001f600\n",
            "x" * (1 << 15),
        ):
            self.assertEqual(self.post("clipboard", text=text).status, 204)
            self.assertEqual(self.screen.events.pop(), text)
            self.assertEqual(self.get("/api/clipboard").json, {"text": text})

    def test_read(self) -> None:
        """
        What the application has copied can be read.
        """
        self.assertEqual(self.get("/api/clipboard").json, {"text": None})
        self.screen.cutText("\u20ac")
        viewer = Viewer(self.factory)
        self.screen.cutText("\u20ac uro")
        viewer.settle()
        self.assertEqual(self.get("/api/clipboard").json, {"text": "\u20ac uro"})

    def test_slow(self) -> None:
        """
        The answer waits for the application.
        """
        taken: Deferred[None] = Deferred()
        self.screen.answer = lambda: taken
        asked = self.post("clipboard", text="a")
        self.assertEqual((asked.status, self.screen.events), (0, ["a"]))
        taken.callback(None)
        self.pass_()
        self.assertEqual(asked.status, 204)


class SizeTests(ProgramTestCase):
    """
    Sizes.
    """

    def test_granted(self) -> None:
        """
        The screen has another size, and others see that.
        """
        viewer = Viewer(self.factory)
        asked = self.post("resize", width=80, height=60)
        self.pass_(1)
        self.assertEqual(asked.status, 200)
        self.assertEqual(asked.json, {"width": 80, "height": 60})
        viewer.settle()
        self.assertEqual(viewer.size, (80, 60))

    def test_refused(self) -> None:
        """
        Or it has not.
        """
        self.screen.grants = False
        asked = self.post("resize", width=80, height=60)
        self.pass_(1)
        self.assertProblem(asked, 409, "not granted")
        asked = self.post("resize", width=16384, height=16384)
        self.pass_(1)
        self.assertProblem(asked, 422, "cannot be a screen")
        self.assertProblem(self.post("resize", width=0, height=1), 400, "'width'")

    def test_later(self) -> None:
        """
        An application may take its time, and another size may be asked for meanwhile:
        then the last one counts, and the first is told no.
        """
        granted: list[Deferred[bool]] = []

        class Slow(list[Any]):
            pass

        original = self.screen.sizeRequested

        def asked(width: int, height: int, viewer: Any) -> Any:
            answer: Deferred[bool] = Deferred()
            answer.addCallback(lambda _: original(width, height, viewer))
            granted.append(answer)
            return answer

        self.screen.sizeRequested = asked  # type: ignore[method-assign]
        one = self.post("resize", width=70, height=50)
        self.pass_(5)
        self.assertEqual(one.status, 0)
        granted[0].callback(True)
        self.pass_(5)
        self.assertEqual(one.status, 200)


class NothingTests(ProgramTestCase):
    """
    An application that only shows something.
    """

    def setUp(self) -> None:
        """
        Make it.
        """
        self.clock = Clock()
        screen = MemoryFramebuffer(64, 48)
        self.factory = RFBFactory(screen, reactor=self.clock)
        self.site = self.siteOf(ApiResource(self.factory, inThread=maybeDeferred))

    def test_nothing(self) -> None:
        """
        Whoever wants to do something is told that there is nothing that takes it.
        """
        for name, values in (
            ("keys", {"keys": ["a"]}),
            ("type", {"text": "a"}),
            ("pointer", {"x": 1, "y": 1}),
            ("clipboard", {"text": "a"}),
            ("resize", {"width": 1, "height": 1}),
        ):
            asked = self.post(name, None, **values)
            self.assertProblem(asked, 409, "nothing here that takes")
