# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Applications that misbehave: each callback of each interface, once in each way, while a
bystander and a newcomer must see the right pixels.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import IAnonymous
from twisted.cred.portal import Portal
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import classImplements

from tests.machine import Knowing
from txrfb import interfaces
from txrfb._wire.messages.extensions import Xvp
from txrfb.error import ConnectionFailed
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.geometry import Rectangle, Screen
from txrfb.pixels import Cursor
from txrfb.protocol import RFBFactory
from txrfb.security.accounts.realm import RFBRealm
from txrfb.security.accounts.rights import VIEW_ONLY
from txrfb.security.admission.gate import Gate
from txrfb.security.types.none import NoSecurity
from txrfb.testing import Viewer, assertScreen

#: The methods that are called, by what they do if they behave.
METHODS = (
    "capture",
    "addListener",
    "removeListener",
    "pauseProducing",
    "resumeProducing",
    "keyEvent",
    "pointerEvent",
    "keycodeEvent",
    "pointerMotion",
    "clipboardReceived",
    "cutTextReceived",
    "sizeRequested",
    "layoutRequested",
    "powerRequested",
    "startAudio",
    "stopAudio",
    "viewersChanged",
    "approve",
    "requestAvatarId",
)

#: The attributes that are read.
ATTRIBUTES = ("name", "leds", "screens", "wantsMotion", "cursor", "paddingVaries")


class Machine(MemoryFramebuffer):
    """
    A framebuffer and application of which one callback is armed: the next call of it
    misbehaves.
    """

    def __init__(self) -> None:
        self.armed = ""
        self.misbehave: Callable[[], Any] = list
        self.fired = 0
        super().__init__(100, 80)

    def act(self, name: str, behave: Callable[[], Any]) -> Any:
        """
        Behave, or not.
        """
        if self.armed != name:
            return behave()
        self.armed = ""
        self.fired += 1
        return self.misbehave()


def _method(name: str) -> Callable[..., Any]:
    """
    @return: A method that behaves as that of the framebuffer, or says yes.
    """
    plain = getattr(MemoryFramebuffer, name, None)

    def method(self: Machine, *arguments: Any) -> Any:
        if name == "requestAvatarId":
            return self.act(name, lambda: b"somebody")
        if plain is not None:
            return self.act(name, lambda: plain(self, *arguments))
        return self.act(name, lambda: name not in ("sizeRequested", "layoutRequested"))

    return method


def _attribute(name: str) -> property:
    """
    @return: A property with a harmless value.
    """
    screen = Screen(1, 0, 0, 100, 80)
    values = {"name": "machine", "leds": 1, "screens": (screen,), "cursor": None}
    value = values.get(name, False)
    return property(
        lambda self: self.act(name, lambda: value), lambda self, value: None
    )


for _name in METHODS:
    setattr(Machine, _name, _method(_name))
for _name in ATTRIBUTES:
    setattr(Machine, _name, _attribute(_name))

#: With screens there is no L{interfaces.IResizable} asked, with rich clipboards no
#: simple one: these have what the other has not.
COMMON = (
    interfaces.IInputReceiver,
    interfaces.IAudience,
    interfaces.IPowerControl,
    interfaces.IAudioSource,
    interfaces.ILedSource,
    ICredentialsChecker,
)


class RichMachine(Machine):
    """
    One with all.
    """

    cutTextReceived = sizeRequested = None


class PlainMachine(Machine):
    """
    One with what is simple.
    """

    clipboardReceived = layoutRequested = keycodeEvent = pointerMotion = None


# What provides an interface by C{setattr} is beyond what can be checked.
provide: Any = classImplements
provide(
    RichMachine,
    *COMMON,
    interfaces.IScreens,
    interfaces.IRichClipboard,
    interfaces.IKeycodeReceiver,
    interfaces.IPointerMotionReceiver,
)
provide(PlainMachine, *COMMON, interfaces.IResizable, interfaces.IClipboard)


class MisbehavingTests(SynchronousTestCase):
    """
    Each of them harms at most the viewer that it is about.
    """

    def begin(self, kind: type[Machine]) -> None:
        """
        A machine, a bystander, and a viewer.
        """
        self.machine = kind()
        self.clock = Clock()
        portal = Portal(RFBRealm())
        machine: Any = self.machine
        portal.registerChecker(machine, IAnonymous)
        machine.credentialInterfaces = (IAnonymous,)
        gate = Gate(
            self.clock,
            portal,
            (NoSecurity(),),
            approve=machine.approve,
            refusalTime=0.1,
        )
        self.factory = RFBFactory(machine, gate=gate, reactor=self.clock)
        self.bystander = Viewer(self.factory)
        self.shade = 0

    def use(self) -> None:
        """
        A viewer comes, does all that there is, and leaves.
        """
        machine: Any = self.machine
        viewer = Knowing(self.factory)
        client = viewer.client
        acts: tuple[Callable[[], Any], ...] = (
            lambda: viewer.press("a"),
            lambda: client.keycodeEvent(30, 97, True),
            lambda: viewer.move(5, 5),
            lambda: viewer.buttonDown(1),
            lambda: client.moveBy(1, 1) if client.isRelative else None,
            lambda: viewer.paste("text"),
            lambda: client.setDesktopSize(60, 50),
            lambda: client.power("reset"),
            lambda: viewer.send(Xvp(1, 2)),
            lambda: client.listen(True),
            lambda: client.listen(False),
            lambda: self.tell("renamed"),
            lambda: self.tell("ledsChanged"),
            lambda: self.tell("screensChanged"),
            lambda: self.tell("cursorChanged"),
            lambda: self.tell("pointerModeChanged"),
            lambda: machine.bell(),
            lambda: machine.cutText("text"),
            self.paint,
            viewer.disconnect,
        )
        for act in acts:
            try:
                act()
            except ConnectionFailed:
                self.assertFalse(viewer.isConnected)
            self.clock.advance(0.05)

    def tell(self, event: str) -> None:
        """
        Something has changed.
        """
        for listener in self.machine.listeners():
            getattr(listener, event)()

    def paint(self) -> None:
        """
        Have another picture.
        """
        self.shade = (self.shade + 1) % 256
        self.machine.fill((self.shade, 255 - self.shade, 7))
        self.machine.fill("red", Rectangle(self.shade % 90, 3, 5, 5))

    def right(self) -> None:
        """
        The bystander and a newcomer see what there is; in a minute at the latest.
        """
        self.clock.advance(61)
        newcomer = Viewer(self.factory)
        for viewer in (self.bystander, newcomer):
            self.paint()
            self.assertTrue(viewer.isConnected)
            assertScreen(viewer, self.machine, within=30)
        newcomer.disconnect()

    def ways(self) -> dict[str, Callable[[], Any]]:
        """
        @return: What a callback may do instead of what it should.
        """

        def raising() -> None:
            raise ZeroDivisionError

        def leaving() -> None:
            raise SystemExit(3)

        async def failing() -> None:
            raise ZeroDivisionError

        async def quiet() -> None:
            pass

        async def slow() -> None:
            pending: Deferred[None] = Deferred()
            self.clock.callLater(90, pending.callback, None)
            await pending

        def late() -> Deferred[None]:
            pending: Deferred[None] = Deferred(lambda _: None)

            def fire() -> None:
                if not pending.called:
                    pending.callback(None)

            self.clock.callLater(90, fire)
            return pending

        def reenter() -> None:
            for viewer in list(self.factory.viewers):
                if viewer is not self.bystander.server:
                    viewer.rights = VIEW_ONLY
                    viewer.disconnect("by its callback")
            self.factory.exclusive = True
            self.factory.handOver(None)
            self.factory.exclusive = False
            self.machine.fill("blue")

        return {
            "raises": raising,
            "exits": leaving,
            "None": lambda: None,
            "number": lambda: 5,
            "object": object,
            "text": lambda: "\ud800",
            "negative": lambda: -(2**70),
            "cursor": lambda: Cursor(9, 9, 0, 0, b"short"),
            "list": lambda: [(0, 0, 5, 5)],
            "fails": lambda: fail(ZeroDivisionError()),
            "succeeds": lambda: succeed(None),
            "coroutine": quiet,
            "failing coroutine": failing,
            "slow coroutine": slow,
            "never": Deferred,
            "late": late,
            "re-enters": reenter,
        }

    def misbehaving(self, kind: type[Machine], *names: str) -> None:
        """
        Assert that nobody else is harmed.
        """
        for name in names:
            self.begin(kind)
            for way, misbehave in self.ways().items():
                if name == "addListener" and way not in ("raises", "exits"):
                    continue  # nobody can know that it has not listened
                with self.subTest(f"{name} {way}"):
                    self.machine.armed = name
                    self.machine.misbehave = misbehave
                    before = self.machine.fired
                    self.use()
                    if self.machine.armed:
                        # It is called only for the first viewer, or the last.
                        self.bystander.disconnect()
                        self.bystander = Viewer(self.factory)
                    self.assertEqual((self.machine.fired, way), (before + 1, way))
                    if not self.bystander.isOpen:
                        self.bystander = Viewer(self.factory)
                    self.right()
            self.flushLoggedErrors()
            self.bystander.disconnect()
            self.clock.advance(200)
            self.assertEqual(self.clock.getDelayedCalls(), [])
            # Coroutines that ran have nothing to complain about; what is read, and is
            # one, does not run.
            gc.collect()
            unheard = [] if name in ATTRIBUTES else self.flushWarnings()
            self.assertEqual((unheard, self.flushLoggedErrors()), ([], []))
        self.flushWarnings()

    def test_pixels(self) -> None:
        """
        Those of a framebuffer.
        """
        self.misbehaving(
            PlainMachine,
            "capture",
            "addListener",
            "removeListener",
            "pauseProducing",
            "resumeProducing",
        )

    def test_plainInput(self) -> None:
        """
        Those that take symbols, positions and text.
        """
        self.misbehaving(PlainMachine, "keyEvent", "pointerEvent", "cutTextReceived")

    def test_richInput(self) -> None:
        """
        Those that take codes, motions and all of a clipboard.
        """
        self.misbehaving(RichMachine, "keycodeEvent", "clipboardReceived")

    def test_permissions(self) -> None:
        """
        Those that are asked for permission.
        """
        self.misbehaving(PlainMachine, "sizeRequested", "powerRequested")
        self.misbehaving(RichMachine, "layoutRequested")

    def test_others(self) -> None:
        """
        Sound, and the audience.
        """
        self.misbehaving(PlainMachine, "startAudio", "stopAudio", "viewersChanged")

    def test_login(self) -> None:
        """
        Approval, and a checker.
        """
        self.misbehaving(PlainMachine, "approve", "requestAvatarId")

    def test_attributes(self) -> None:
        """
        What is read, of a machine that has all.
        """
        self.misbehaving(RichMachine, *ATTRIBUTES)
