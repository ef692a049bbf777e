# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A screen for each user: avatars that bring along a framebuffer and an application.
"""

from __future__ import annotations

import gc
from typing import Any
from weakref import ref

from twisted.application.service import IService, Service
from twisted.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse
from twisted.cred.portal import IRealm, Portal
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer
from zope.interface.verify import verifyObject

from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.interfaces import IAudience, IClipboard, IInputReceiver
from txrfb.protocol import RFBFactory
from txrfb.security.accounts.rights import (
    FULL,
    VIEW_ONLY,
    IRights,
    IUserScreen,
    Rights,
    UserScreen,
    least,
)
from txrfb.testing import Viewer


@implementer(IInputReceiver, IClipboard, IAudience)
class Application:
    """
    Keeps what it hears.
    """

    def __init__(self) -> None:
        self.heard: list[Any] = []
        self.viewers: list[Any] = []

    def keyEvent(self, keysym: int, down: bool, viewer: Any) -> None:
        self.heard.append((keysym, down))

    def pointerEvent(self, x: int, y: int, buttons: int, viewer: Any) -> None:
        self.heard.append((x, y, buttons))

    def cutTextReceived(self, text: str, viewer: Any) -> None:
        self.heard.append(text)

    def viewersChanged(self, viewers: Any) -> None:
        self.viewers = viewers


def screen(color: str, width: int = 8) -> MemoryFramebuffer:
    """
    @return: A framebuffer of one color.
    """
    framebuffer = MemoryFramebuffer(width, 8, color)
    framebuffer.fill(color)
    return framebuffer


@implementer(IService)
class Program(MemoryFramebuffer, Service):  # type: ignore[misc]
    """
    A framebuffer that is a service.
    """

    fault: Exception | None = None
    parent: Any

    def __init__(self, width: int, height: int) -> None:
        super().__init__(width, height)
        self.calls: list[str] = []
        self.stopping: Deferred[None] = Deferred()

    def startService(self) -> None:
        """
        Note it.
        """
        self.calls.append("start")
        Service.startService(self)
        if self.fault:
            raise self.fault

    def stopService(self) -> Deferred[None]:
        """
        Note it, and take a while.
        """
        self.calls.append("stop")
        if self.fault:
            raise self.fault
        Service.stopService(self)
        self.stopping = Deferred()
        return self.stopping


class UserScreenTests(SynchronousTestCase):
    """
    The avatar.
    """

    def test_rights(self) -> None:
        """
        It is rights; of several the screen stays, and what all allow.
        """
        framebuffer, application = screen("red"), Application()
        one = UserScreen(framebuffer, application, Rights(["keys", "clipboard"]))
        verifyObject(IUserScreen, one)
        self.assertTrue(one.allows("keys"))
        self.assertFalse(one.viewOnly)
        for several in ((one, Rights(["keys"])), (Rights(["keys"]), one)):
            both = least(*several)
            assert isinstance(both, UserScreen)
            self.assertEqual(
                (both.framebuffer, both.application), (framebuffer, application)
            )
            self.assertTrue(both.allows("keys"))
            self.assertFalse(both.allows("clipboard"))


class ScreenTests(SynchronousTestCase):
    """
    One port, many screens.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.apps = {name: Application() for name in ("ann", "bob")}
        self.screens = {"ann": screen("red"), "bob": screen("blue", 16)}
        self.rights: IRights = FULL

    def login(self, name: str, password: str, address: str | None) -> Any:
        """
        Give each user a screen; who has none sees that of the factory.
        """
        if name in self.screens:
            return UserScreen(self.screens[name], self.apps[name], self.rights)
        return self.rights

    def factory(self, framebuffer: Any = None, **options: Any) -> RFBFactory:
        """
        @return: What listens.
        """
        options.setdefault("login", self.login)
        return RFBFactory(framebuffer, reactor=self.clock, **options)

    def viewer(self, factory: RFBFactory, name: str) -> Viewer:
        """
        @return: A viewer of a user.
        """
        return Viewer(factory, "x", username=name)

    def test_own(self) -> None:
        """
        Each sees a screen of its own, with its size and name, and is heard by the
        application that belongs to it; so is a second viewer of the same user.
        """
        factory = self.factory(screen("lime"), application=Application())
        ann, bob = self.viewer(factory, "ann"), self.viewer(factory, "bob")
        eve, again = self.viewer(factory, "eve"), self.viewer(factory, "ann")
        for viewer, color, name, size in (
            (ann, "#ff0000", "red", (8, 8)),
            (bob, "#0000ff", "blue", (16, 8)),
            (eve, "#00ff00", "lime", (8, 8)),
            (again, "#ff0000", "red", (8, 8)),
        ):
            self.assertEqual(viewer.color(3, 3), color)
            self.assertEqual((viewer.name, viewer.size), (name, size))
        bob.type("b")
        again.client.pointerEvent(1, 2, 0)
        again.settle()
        self.assertEqual(self.apps["bob"].heard, [(98, True), (98, False)])
        self.assertEqual(self.apps["ann"].heard, [(1, 2, 0)])
        self.assertEqual(len(self.apps["ann"].viewers), 2)
        self.assertEqual(len(self.apps["bob"].viewers), 1)
        self.screens["ann"].fill("white")
        for viewer in (ann, again, bob):
            viewer.settle()
        self.assertEqual(ann.color(3, 3), "#ffffff")
        self.assertEqual(again.color(3, 3), "#ffffff")
        self.assertEqual(bob.color(3, 3), "#0000ff")
        self.assertEqual(len(factory.screens), 2)
        self.assertEqual([one.avatarId for one in factory.viewers], [b"eve"])
        self.assertEqual(len(factory.connections), 4)

    def test_leaving(self) -> None:
        """
        When the last has left nothing of a screen is kept, and who comes again sees it
        as before.
        """
        factory = self.factory()
        for _ in range(2):
            viewers = [self.viewer(factory, "ann") for _ in range(2)]
            kept = ref(factory.screens[0])
            viewers.pop().disconnect()
            self.assertEqual(len(factory.screens), 1)
            viewers.pop().disconnect()
            self.assertEqual(factory.screens, [])
            self.assertEqual(self.apps["ann"].viewers, [])
            self.clock.advance(2)
            gc.collect()
            self.assertIsNone(kept())
        self.assertEqual(factory.connections, [])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_rights(self) -> None:
        """
        What a user may do holds on its screen, and what none may neither.
        """
        self.rights = VIEW_ONLY
        viewer = self.viewer(self.factory(), "ann")
        viewer.type("a")
        self.rights = FULL
        viewer = self.viewer(self.factory(viewOnly=True), "bob")
        viewer.type("b")
        self.assertEqual([app.heard for app in self.apps.values()], [[], []])

    def program(self, name: str) -> Program:
        """
        Have a user see a framebuffer that is a service.
        """
        self.screens[name] = program = Program(8, 8)
        return program

    def test_service(self) -> None:
        """
        A framebuffer that is a service runs while somebody sees it, and who waits for
        the end of the server waits for its end, too.
        """
        program, factory = self.program("ann"), self.factory()
        for _ in range(2):
            viewers = [self.viewer(factory, "ann") for _ in range(2)]
            self.assertEqual(program.calls, ["start"])
            viewers.pop().disconnect()
            self.assertEqual(program.calls, ["start"])
            closed = factory.disconnectAll()
            self.clock.advance(2)
            self.assertEqual(program.calls, ["start", "stop"])
            self.assertNoResult(closed)
            program.stopping.callback(None)
            self.successResultOf(closed)
            self.successResultOf(factory.disconnectAll())
            self.assertIsNone(program.parent)
            program.calls.clear()

    def test_serviceComesBack(self) -> None:
        """
        Who comes while it stops has it started when it has stopped; nobody if they have
        left by then.
        """
        program, factory = self.program("ann"), self.factory()
        self.viewer(factory, "ann").disconnect()
        self.viewer(factory, "ann").disconnect()
        again = self.viewer(factory, "ann")
        self.assertEqual(program.calls, ["start", "stop"])
        stopping = program.stopping
        stopping.callback(None)
        self.assertEqual(program.calls, ["start", "stop", "start"])
        again.disconnect()
        self.viewer(factory, "ann").disconnect()
        program.stopping.callback(None)
        self.assertEqual(program.calls, ["start", "stop", "start", "stop"])

    def test_serviceEnds(self) -> None:
        """
        If it is over, only those who see it are disconnected.
        """
        program, factory = self.program("ann"), self.factory()
        ann, bob = self.viewer(factory, "ann"), self.viewer(factory, "bob")
        with capturedLogs() as events:
            program.parent.framebufferEnded("it was short", 3)
            self.clock.advance(2)
        self.assertIn(
            "The framebuffer of a user has ended: it was short",
            [formatEvent(event) for event in events],
        )
        self.assertEqual((ann.isConnected, bob.isConnected), (False, True))
        self.assertEqual(program.calls, ["start", "stop"])

    def test_serviceFails(self) -> None:
        """
        If it cannot be started its viewer is disconnected, and if it cannot be stopped
        that is logged.
        """
        program, factory = self.program("ann"), self.factory()
        program.fault = OSError("no display")
        ann = self.viewer(factory, "ann")
        self.clock.advance(2)
        self.assertFalse(ann.isConnected)
        self.assertEqual(len(self.flushLoggedErrors(OSError)), 2)
        self.successResultOf(factory.disconnectAll())

    def test_serviceOfOthers(self) -> None:
        """
        One that the application runs itself is left to it.
        """
        program, factory = self.program("ann"), self.factory()
        program.startService()
        self.viewer(factory, "ann").disconnect()
        self.assertEqual(program.calls, ["start"])

    def test_none(self) -> None:
        """
        Where there is no other, a user without a screen is closed, with that reason in
        the log; and somebody must bring one.
        """
        factory = self.factory()
        with capturedLogs() as events:
            viewer = self.viewer(factory, "eve")
        self.assertFalse(viewer.isConnected)
        self.assertIn("there is no screen for this user", repr(events))
        error = self.assertRaises(ValueError, self.factory, login=None)
        self.assertIn("no framebuffer", str(error))

    def test_limit(self) -> None:
        """
        There are no more viewers than may be, on all screens together.
        """
        factory = self.factory(screen("lime"), maxViewers=2)
        first = [self.viewer(factory, name) for name in ("ann", "eve")]
        self.assertFalse(self.viewer(factory, "bob").isConnected)
        first[0].disconnect()
        self.assertTrue(self.viewer(factory, "bob").isConnected)

    def test_all(self) -> None:
        """
        When the server stops, the viewers of all screens are closed.
        """
        factory = self.factory(screen("lime"))
        viewers = [self.viewer(factory, name) for name in ("ann", "bob", "eve")]
        closed = factory.disconnectAll()
        for viewer in viewers:
            viewer.settle()
            self.assertFalse(viewer.isConnected)
        self.clock.advance(2)
        self.successResultOf(closed)
        self.assertEqual(factory.screens, [])

    def test_shared(self) -> None:
        """
        Users to whom the same framebuffer is given see the same; with another
        application, or one for the framebuffer of all, it cannot be, and the log says
        so.
        """
        self.screens["bob"] = self.screens["ann"]
        self.apps["bob"] = self.apps["ann"]
        factory = self.factory()
        viewers = [self.viewer(factory, name) for name in ("ann", "bob")]
        self.assertEqual([one.color(1, 1) for one in viewers], ["#ff0000"] * 2)
        self.assertEqual(len(factory.screens), 1)
        self.apps["bob"] = Application()
        everybody = self.factory(self.screens["ann"])
        for other, name in ((factory, "bob"), (everybody, "ann")):
            with capturedLogs() as events:
                viewer = self.viewer(other, name)
            self.assertFalse(viewer.isConnected)
            self.assertIn("another application", repr(events))
            self.flushLoggedErrors(ValueError)
        self.assertEqual(everybody.screens, [])

    def test_portal(self) -> None:
        """
        A realm of one's own decides as well.
        """
        test = self

        @implementer(IRealm)
        class Realm:
            def requestAvatar(self, avatarId: Any, mind: Any, *interfaces: Any) -> Any:
                name = avatarId.decode()
                avatar = UserScreen(test.screens[name], test.apps[name])
                return IRights, avatar, lambda: None

        users = InMemoryUsernamePasswordDatabaseDontUse(ann=b"x", bob=b"x")
        factory = self.factory(login=None, portal=Portal(Realm(), [users]))
        self.assertEqual(self.viewer(factory, "bob").color(1, 1), "#0000ff")
