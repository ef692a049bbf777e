# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.broadcast.edges} and L{txrfb.broadcast.remote}: what viewers of edges
do at the origin.
"""

from __future__ import annotations

from typing import Any

from zope.interface import implementer
from zope.interface.verify import verifyObject

from tests.broadcast.case import INPUT, BroadcastCase
from tests.machine import PSEUDO
from txrfb._wire.messages.extensions import SetDesktopSize
from txrfb.broadcast import edges as module
from txrfb.broadcast.layout import Act
from txrfb.client import DEFAULT_ENCODINGS
from txrfb.framebuffers import MemoryFramebuffer
from txrfb.geometry import Screen
from txrfb.interfaces import IClipboard, IInputReceiver, IResizable, IViewer
from txrfb.protocol import RFBFactory
from txrfb.security.accounts.rights import FULL, Rights
from txrfb.testing import Viewer, assertScreen

ALL = (*DEFAULT_ENCODINGS, *PSEUDO)


@implementer(IInputReceiver, IClipboard, IResizable)
class Desk(MemoryFramebuffer):
    """
    Takes what viewers do.
    """

    def __init__(self) -> None:
        super().__init__(120, 80, "desk")
        self.heard: list[Any] = []
        self.viewers: list[Any] = []

    def keyEvent(self, keysym: int, down: bool, viewer: IViewer) -> None:
        """
        A key.
        """
        self.viewers.append(viewer)
        self.heard.append(("key", keysym, down))

    def pointerEvent(self, x: int, y: int, buttons: int, viewer: IViewer) -> None:
        """
        The pointer.
        """
        self.heard.append((x, y, buttons))

    def cutTextReceived(self, text: str, viewer: IViewer) -> None:
        """
        A text.
        """
        self.heard.append(text)

    def sizeRequested(self, width: int, height: int, viewer: IViewer) -> bool:
        """
        Another size.
        """
        self.heard.append(("size", width, height))
        self.resize(width, height)
        return True


class WayBackCase(BroadcastCase):
    """
    An origin with an application, and an edge with a viewer.
    """

    rights = FULL

    def makeSource(self) -> Any:
        """
        @return: A desk.
        """
        return Desk()

    def publish(self, factory: Any = None, link: Any = None, **options: Any) -> Any:
        """
        @return: What publishes.
        """
        options.setdefault("rights", self.rights)
        return super().publish(factory, link, **options)

    def setUp(self) -> None:
        """
        An edge with a viewer.
        """
        super().setUp()
        self.there = self.edge()
        self.viewer = self.view(self.there, encodings=ALL)
        self.heard = self.source.heard

    def say(self, *what: Any, order: int = 0, rights: str = "full") -> None:
        """
        Be an edge of which nobody has heard.
        """
        act = Act("stranger", order, 1, rights, what)
        self.redis.add(INPUT, (self.redis.now(), 7 + order), [b"j", act.toBytes()])
        self.pass_(0.1)


class WayBackTests(WayBackCase):
    """
    What viewers of edges do.
    """

    def test_keys(self) -> None:
        """
        Keys, the pointer and buttons come in their order.
        """
        self.viewer.press("a")
        self.viewer.client.pointerEvent(30, 20, 1)
        self.pass_()
        self.assertEqual(
            self.heard, [("key", 97, True), ("key", 97, False), (30, 20, 1)]
        )
        self.viewer.disconnect()
        self.pass_()
        self.assertEqual(self.heard[-1], (30, 20, 0))

    def test_viewer(self) -> None:
        """
        The application is told who it is.
        """
        self.viewer.press("a")
        self.pass_()
        viewer = self.source.viewers[0]
        verifyObject(IViewer, viewer)
        self.assertLess(viewer.number, 0)
        self.assertIn(self.there.framebuffer.edge, viewer.peer)
        viewer.limitRate(5)
        viewer.disconnect("enough")
        self.viewer.press("b")
        self.pass_()
        self.assertNotIn(("key", 98, True), self.heard)

    def test_clipboard(self) -> None:
        """
        A text that a viewer copies is handed to the origin's application.
        """
        self.viewer.paste("smile \u263a")
        self.pass_()
        self.assertEqual(self.heard, ["smile \u263a"])

    def test_size(self) -> None:
        """
        A viewer asks for a size, and has it.
        """
        layout = (Screen(1, 0, 0, 90, 70),)
        self.viewer.client.send(SetDesktopSize(90, 70, layout))
        self.pass_(1)
        self.assertIn(("size", 90, 70), self.heard)
        self.source.paste(self.picture(90, 70))
        assertScreen(self.viewer, self.source)

    def test_held(self) -> None:
        """
        What a viewer of an edge holds that vanishes comes up.
        """
        self.viewer.client.keyEvent(97, True)
        self.pass_()
        self.there.endpoint.isSilent = True
        self.there.cut()
        self.pass_(15)
        self.assertEqual(self.heard, [("key", 97, True), ("key", 97, False)])

    def test_missed(self) -> None:
        """
        If something of what an edge has said was lost, its viewers hold nothing any
        more.
        """
        self.say("key", 97, 1)
        self.say("pointer", 1, 1, 0, order=2)
        self.assertEqual(self.heard, [("key", 97, True), ("key", 97, False), (1, 1, 0)])

    def test_engineLost(self) -> None:
        """
        So it is if the engine is lost.
        """
        self.say("key", 97, 1)
        self.redis.cut()
        self.pass_()
        self.assertEqual(self.heard, [("key", 97, True), ("key", 97, False)])

    def test_old(self) -> None:
        """
        What was done long ago is not done now, but what it held is released.
        """
        self.say("key", 97, 1)
        act = Act("stranger", 1, 1, "full", ("key", 98, 1)).toBytes()
        for one in list(self.redis.connections):
            one.waiting = None if one.waiting and INPUT in one.waiting else one.waiting
        self.patch(module, "_OLD", -1.0)
        self.redis.add(INPUT, (self.redis.now(), 50), [b"j", act])
        self.publisher._edges._read()
        self.pass_(0.1)
        self.assertEqual(self.heard, [("key", 97, True), ("key", 97, False)])

    def test_restarted(self) -> None:
        """
        An origin that begins does nothing of what was done before.
        """
        self.publisher.stopService()
        self.say("key", 97, 1)
        self.publish()
        self.pass_(3)
        self.assertEqual(self.heard, [])

    def test_garbage(self) -> None:
        """
        What no edge says is not heeded, and said once.
        """
        for n, fields in enumerate(
            ([b"j", b"["], [b"j"], [b"j", b"[1,2]"], [b"x", b""])
        ):
            self.redis.add(INPUT, (self.redis.now(), 80 + n), fields)
            self.pass_(0.1)
        self.viewer.press("a")
        self.pass_()
        self.assertEqual(len(self.heard), 2)
        self.assertEqual(self.log.count("what no edge says"), 1)

    def test_many(self) -> None:
        """
        Edges without end, and viewers, take no memory without end.
        """
        self.patch(module, "_EDGES", 5)
        self.patch(module, "_PEOPLE", 3)
        for n in range(20):
            act = Act(f"e{n}", 0, 1, "full", ("hello", 1)).toBytes()
            self.redis.add(INPUT, (self.redis.now(), 100 + n), [b"j", act])
        for n in range(20):
            name = self.there.framebuffer.edge
            act = Act(name, n, n, "full", ("key", 97, 1)).toBytes()
            self.redis.add(INPUT, (self.redis.now(), 200 + n), [b"j", act])
        self.pass_(0.2)
        edges = self.publisher._edges
        self.assertEqual(edges.count, 5)
        people = edges._edges[self.there.framebuffer.edge].people
        self.assertLessEqual(len(people), 3)
        ups = sum(not one[2] for one in self.heard if one[0] == "key")
        self.assertGreaterEqual(ups, 17)

    def test_room(self) -> None:
        """
        A viewer that does much while the engine takes nothing waits; what waits is
        bounded.
        """
        self.redis.isFrozen = True
        for n in range(300):
            self.viewer.client.pointerEvent(n % 100, 5, n & 1)
        self.pass_(0.2)
        self.assertLess(self.there.framebuffer._acts, 80)


class RightsTests(WayBackCase):
    """
    What viewers of edges may not do.
    """

    def test_viewOnly(self) -> None:
        """
        A viewer that may only view at the edge does nothing at the origin.
        """
        factory = RFBFactory(self.there.framebuffer, reactor=self.clock, viewOnly=True)
        viewer = Viewer(factory, encodings=ALL)
        viewer.press("a")
        viewer.paste("text")
        viewer.client.send(SetDesktopSize(90, 70, (Screen(1, 0, 0, 90, 70),)))
        self.pass_()
        self.assertEqual(self.heard, [])

    def test_said(self) -> None:
        """
        The origin heeds what the edge says of a viewer: one that may not, does not.
        """
        self.say("key", 97, 1, rights="view")
        self.say("cut", "text", order=1, rights="keys")
        self.say("size", 90, 70, [[1, 0, 0, 90, 70, 0]], order=2, rights="pointer")
        self.say("pointer", 5, 5, 1, order=3, rights="nonsense")
        self.assertEqual(self.heard, [])
        self.say("key", 97, 1, order=4, rights="keys")
        self.assertEqual(self.heard, [("key", 97, True)])
        self.say("key", 98, 1, order=5, rights="view")
        self.assertEqual(self.heard, [("key", 97, True), ("key", 97, False)])

    def test_server(self) -> None:
        """
        An origin that is for viewing only is so for edges, too; and so is one where
        another viewer drives.
        """
        self.origin.viewOnly = True
        self.viewer.press("a")
        self.pass_()
        self.origin.viewOnly = False
        self.origin.exclusive = True
        self.viewer.press("b")
        self.pass_()
        self.assertEqual(self.heard, [])


class LimitTests(WayBackCase):
    """
    What an origin may say.
    """

    rights = Rights.fromString("pointer")

    def test_limit(self) -> None:
        """
        Whatever edges say, viewers do no more than the origin allows; edges do not even
        hand it on.
        """
        before = len(self.redis.entries(INPUT))
        self.viewer.press("a")
        self.viewer.paste("text")
        self.pass_(0.2)
        self.assertEqual(len(self.redis.entries(INPUT)), before)
        self.say("key", 97, 1)
        self.say("pointer", 5, 5, 1, order=1)
        self.assertEqual(self.heard, [(5, 5, 1)])
