# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.feeds.relay} and what it is made of, with a server, a relay and viewers
on one clock.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from twisted.application.service import IService
from twisted.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse
from twisted.internet.defer import Deferred
from twisted.internet.protocol import Factory, Protocol
from zope.interface import implementer
from zope.interface.verify import verifyObject

from tests.feeds.chain import ChainCase, Endpoint
from tests.framebuffers.owner import Owner
from tests.machine import PSEUDO
from txrfb._wire.messages import FramebufferUpdateRequest, KeyEvent
from txrfb._wire.messages.extensions import ExtendedKeyEvent, Xvp
from txrfb.client import (
    DEFAULT_ENCODINGS,
    NameChanged,
    ScreensChanged,
    SizeChanged,
    Updated,
)
from txrfb.encodings import constants as c
from txrfb.feeds import RelayFramebuffer
from txrfb.framebuffers import MemoryFramebuffer
from txrfb.geometry import Rectangle, Screen
from txrfb.interfaces import (
    IClipboard,
    IFramebuffer,
    IInputReceiver,
    IKeycodeReceiver,
    ILedSource,
    IPointerMotionReceiver,
    IPowerControl,
    IPrepared,
    IRichClipboard,
    IScreens,
    IViewer,
)
from txrfb.pixels import Cursor
from txrfb.protocol import RFBFactory
from txrfb.security import VIEW_ONLY, createSelfSigned, makeGate, portalFor
from txrfb.security.admission.choice import NAMES
from txrfb.testing import Link, Viewer, assertScreen

ALL = (*DEFAULT_ENCODINGS, *PSEUDO)


@implementer(IInputReceiver, IKeycodeReceiver, IRichClipboard, ILedSource)
@implementer(IScreens, IPowerControl, IPointerMotionReceiver)
class Machine(MemoryFramebuffer):
    """
    A screen with all that a machine can have.
    """

    wantsMotion = False
    leds = 0
    screens: Any = (Screen(7, 0, 0, 120, 80),)
    answer: Any = None
    grants = True

    def __init__(self) -> None:
        super().__init__(120, 80, "machine")
        noise = np.random.default_rng(3).integers(0, 256, (80, 120, 3), np.uint8)
        self.paste(noise)
        self.heard: list[Any] = []

    def keyEvent(self, keysym: int, down: bool, viewer: IViewer) -> Any:
        """
        A key.
        """
        self.heard.append(("key", keysym, down))
        return self.answer

    def keycodeEvent(
        self, keycode: int, keysym: int, down: bool, viewer: IViewer
    ) -> None:
        """
        A key by its place.
        """
        self.heard.append(("code", keycode, keysym, down))

    def pointerEvent(self, x: int, y: int, buttons: int, viewer: IViewer) -> None:
        """
        The pointer.
        """
        self.heard.append((x, y, buttons))

    def pointerMotion(self, dx: int, dy: int, buttons: int, viewer: IViewer) -> None:
        """
        The pointer, by how far.
        """
        self.heard.append(("motion", dx, dy, buttons))

    def clipboardReceived(self, formats: dict[str, bytes], viewer: IViewer) -> None:
        """
        Text.
        """
        self.heard.append(formats)

    def layoutRequested(
        self, width: int, height: int, screens: Any, viewer: Any
    ) -> Any:
        """
        Another size.
        """
        if self.grants:
            self.resize(width, height)
            self.screens = screens
            for listener in self.listeners():
                listener.screensChanged()
        return self.grants

    def powerRequested(self, action: str, viewer: IViewer) -> bool:
        """
        Off or on.
        """
        self.heard.append(action)
        return self.grants


class RelayCase(ChainCase):
    """
    A relay of a machine.
    """

    source: Machine

    def makeSource(self) -> Machine:
        """
        A machine.
        """
        return Machine()


class PictureTests(RelayCase):
    """
    What viewers see.
    """

    def test_interface(self) -> None:
        """
        It is a framebuffer, with what viewers can do in any case.
        """
        for interface in (
            IFramebuffer,
            IPrepared,
            IScreens,
            IInputReceiver,
            IClipboard,
        ):
            verifyObject(interface, self.relay)

    def test_shown(self) -> None:
        """
        The picture, the size and the name are those upstream, from the first on.
        """
        viewer = self.view()
        self.assertEqual((viewer.size, viewer.name), ((120, 80), "machine"))
        assertScreen(viewer, self.source)
        self.assertEqual(len(viewer.updates), 1)

    def test_drawn(self) -> None:
        """
        What is drawn is seen, and nothing else is sent.
        """
        viewer = self.view()
        count = len(viewer.updates)
        self.source.fill("red", (5, 5, 10, 10))
        assertScreen(viewer, self.source)
        [update] = viewer.updates[count:]
        self.assertTrue(
            all(Rectangle(0, 0, 64, 64).contains(one) for one in update.rectangles)
        )

    def test_copied(self) -> None:
        """
        What is scrolled upstream is a copy to viewers, too.
        """
        viewer = self.view()
        self.source.copy((0, 16, 120, 64), 0, 0)
        assertScreen(viewer, self.source)
        self.assertTrue(viewer.updates[-1].copies)

    def test_oneConnection(self) -> None:
        """
        There is one connection upstream, whatever the number of viewers, and it lets
        others stay.
        """
        direct = Viewer(self.upstream)
        viewers = [self.view() for _ in range(3)]
        self.source.fill("blue")
        for viewer in [direct, *viewers]:
            assertScreen(viewer, self.source)
        self.assertEqual(len(self.endpoint.attempts), 1)
        self.assertEqual(len(self.upstream.viewers), 2)

    def test_preferred(self) -> None:
        """
        CopyRect and Tight are asked for first, without loss.
        """
        self.view()
        [viewer] = self.upstream.viewers
        self.assertEqual(viewer.encodings[:2], (c.COPY_RECT, c.TIGHT))
        qualities = range(c.QUALITY_LEVEL_0, c.QUALITY_LEVEL_0 + 10)
        self.assertFalse(set(viewer.encodings) & set(qualities))

    def test_resized(self) -> None:
        """
        Another size upstream is another size for viewers.
        """
        viewer = self.view()
        self.source.screens = (Screen(9, 0, 0, 200, 100),)
        self.source.resize(200, 100)
        self.source.fill("green", (150, 50, 20, 20))
        assertScreen(viewer, self.source)
        self.assertEqual(viewer.size, (200, 100))
        self.assertEqual(viewer.color(160, 60), "#008000")
        self.assertEqual(self.relay.screens, (Screen(9, 0, 0, 200, 100),))

    def test_cursor(self) -> None:
        """
        The pointer has the shape that it has upstream, and moves as it does there.
        """
        viewer = self.view(encodings=ALL)
        shape = Cursor(2, 1, 1, 0, b"\1\2\3\xff\0\0\0\0")
        self.source.cursor = shape
        self.source.movePointer(33, 44)
        viewer.settle()
        self.assertEqual(viewer.cursor, shape)
        self.assertEqual(viewer.client.pointer, (33, 44))

    def test_told(self) -> None:
        """
        The name, the bell, lights and text are told.
        """
        self.source.leds = 1
        viewer = self.view(encodings=ALL)
        self.assertEqual(viewer.client.leds, 1)
        self.source.name = "other"
        self.source.bell()
        self.source.cutText("漢字")
        self.source.leds = 5
        for listener in self.source.listeners():
            listener.ledsChanged()
        viewer.settle()
        self.assertEqual(viewer.name, "other")
        self.assertEqual(viewer.bells, 1)
        self.assertEqual(viewer.clipboard, "漢字")
        self.assertEqual(viewer.client.leds, 5)


class FlowTests(RelayCase):
    """
    What is asked for, and when.
    """

    def asked(self) -> int:
        """
        @return: How many updates the server upstream was asked for.
        """
        client: Any = self.relay.upstream
        return len([m for m in client.sent if isinstance(m, FramebufferUpdateRequest)])

    def makeRelay(self, **options: Any) -> RelayFramebuffer:
        """
        Keep what it says.
        """
        relay = super().makeRelay(**options)
        make = relay._makeUpstream

        def keeping(**options: Any) -> Any:
            upstream: Any = make(**options)
            send, upstream.sent = upstream.send, []

            def sending(message: Any) -> None:
                upstream.sent.append(message)
                send(message)

            upstream.send = sending
            return upstream

        relay._makeUpstream = keeping  # type: ignore[method-assign]
        return relay

    def test_nobody(self) -> None:
        """
        While nobody looks, nothing is asked for.
        """
        self.clock.advance(5)
        self.assertIsNotNone(self.relay.upstream)
        self.assertEqual(self.asked(), 0)
        viewer = self.view()
        viewer.disconnect()
        self.clock.advance(1)
        count = self.asked()
        for color in ("red", "green", "blue"):
            self.source.fill(color)
            self.clock.advance(1)
        self.assertLessEqual(self.asked(), count)

    def test_onlyOne(self) -> None:
        """
        One update at a time is asked for, and only when there is room for it.
        """
        viewer = self.view()
        before = self.asked()
        viewer.pauseReading()
        sent = 0
        noise = np.random.default_rng(5)
        for _ in range(50):
            self.source.paste(noise.integers(0, 256, (80, 120, 3), np.uint8))
            self.clock.advance(0.1)
            sent = self.asked() - before
        self.assertLess(sent, 20)
        viewer.resumeReading()
        assertScreen(viewer, self.source)

    def test_onlyNews(self) -> None:
        """
        An update with a new size, and no more, is followed by a request for all of it;
        one with other news alone by a request for changes.
        """
        self.view()
        client: Any = self.relay.upstream
        for event, isIncremental in (
            (SizeChanged(120, 80), False),
            (NameChanged("other"), True),
        ):
            before = self.asked()
            self.relay.take(event)
            self.relay.take(Updated((), (), frozenset()))
            self.assertEqual(self.asked(), before + 1)
            self.assertEqual(client.sent[-1].incremental, isIncremental)
            self.clock.advance(1)

    def test_fresh(self) -> None:
        """
        Who comes when nobody has looked for long sees what is there now, in one update.
        """
        first = self.view()
        self.source.fill("red")
        first.settle()
        first.disconnect()
        self.clock.advance(1)
        self.source.fill("green")
        self.clock.advance(1)
        self.source.fill("blue")
        self.clock.advance(1)
        second = self.view()
        self.assertEqual(len(second.updates), 1)
        assertScreen(second, self.source)

    def test_unchanged(self) -> None:
        """
        If nothing has changed meanwhile, who comes does not wait for something to.
        """
        self.view().disconnect()
        self.clock.advance(10)
        before = self.clock.seconds()
        second = Viewer(self.factory)
        assertScreen(second, self.source)
        self.assertLess(self.clock.seconds() - before, 0.5)

    def test_silent(self) -> None:
        """
        If the server upstream does not answer any more, who comes sees the last
        picture.
        """
        first = self.view()
        first.disconnect()
        self.source.fill("red")
        self.clock.advance(1)
        self.endpoint.transports[1].pauseProducing()
        second = Viewer(self.factory)
        second.advance(3)
        self.assertEqual(second.size, (120, 80))
        self.assertTrue(second.updates)


class ControlTests(RelayCase):
    """
    What viewers do.
    """

    def test_keys(self) -> None:
        """
        Keys and pointer arrive as they are.
        """
        viewer = self.view()
        viewer.press("a")
        viewer.pointerEvent(10, 20, 1)
        viewer.pointerEvent(11, 21, 0)
        viewer.settle()
        self.assertEqual(
            self.source.heard,
            [("key", 97, True), ("key", 97, False), (10, 20, 1), (11, 21, 0)],
        )

    def test_keycodes(self) -> None:
        """
        So do codes of keys, and nine buttons.
        """
        viewer = self.view(encodings=ALL)
        viewer.send(ExtendedKeyEvent(True, 97, 30))
        viewer.pointerEvent(1, 2, 1 << 8)
        viewer.settle()
        self.assertIn(("code", 30, 97, True), self.source.heard)
        self.assertIn((1, 2, 1 << 8), self.source.heard)

    def test_motions(self) -> None:
        """
        A machine that wants to know how far the pointer moved is told that.
        """
        self.source.wantsMotion = True
        viewer = self.view(encodings=ALL)
        self.assertTrue(viewer.client.isRelative)
        viewer.client.moveBy(-3, 4, 2)
        viewer.settle()
        self.assertIn(("motion", -3, 4, 2), self.source.heard)

    def test_rights(self) -> None:
        """
        Who may only look is judged here: nothing of it arrives upstream.
        """
        viewer = self.view(encodings=ALL)
        self.factory.viewers[0].rights = VIEW_ONLY
        viewer.press("a")
        viewer.pointerEvent(1, 2, 1)
        viewer.paste("text")
        viewer.send(Xvp(1, 3))
        viewer.client.setDesktopSize(50, 50)
        viewer.settle()
        self.assertEqual(self.source.heard, [])
        self.assertEqual(self.source.width, 120)

    def test_released(self) -> None:
        """
        A key that a viewer holds when it leaves is let go upstream.
        """
        viewer = self.view()
        viewer.send(KeyEvent(True, 0xFFE3))
        viewer.disconnect()
        self.clock.advance(1)
        self.assertEqual(
            self.source.heard, [("key", 0xFFE3, True), ("key", 0xFFE3, False)]
        )

    def test_clipboard(self) -> None:
        """
        Text arrives, in any script, and as HTML.
        """
        viewer = self.view(encodings=ALL)
        viewer.paste("漢字", html=b"<b>")
        viewer.settle()
        self.assertEqual(self.source.heard, [{"text": "漢字".encode(), "html": b"<b>"}])

    def test_plainClipboard(self) -> None:
        """
        So does text of a viewer that knows Latin-1 alone.
        """
        viewer = self.view()
        viewer.paste("Größe")
        viewer.settle()
        self.assertEqual(self.source.heard, [{"text": "Größe".encode()}])

    def test_size(self) -> None:
        """
        A size that is granted upstream is granted to the viewer, with its screens.
        """
        viewer = self.view(encodings=ALL)
        screens = [Screen(7, 0, 0, 100, 90), Screen(8, 100, 0, 100, 90)]
        viewer.client.setDesktopSize(200, 90, screens)
        viewer.settle()
        self.assertEqual(viewer.size, (200, 90))
        self.assertEqual(viewer.client.screens, tuple(screens))
        told = [e for e in viewer.events if isinstance(e, ScreensChanged)]
        reasons = [(e.reason, e.status) for e in told]
        self.assertIn((1, 0), reasons)
        assertScreen(viewer, self.source)

    def test_sizeRefused(self) -> None:
        """
        One that is refused there is refused.
        """
        self.source.grants = False
        viewer = self.view(encodings=ALL)
        viewer.client.setDesktopSize(200, 90)
        viewer.settle()
        self.assertEqual(viewer.size, (120, 80))
        told = [e for e in viewer.events if isinstance(e, ScreensChanged)]
        self.assertEqual(told[-1].status, 1)

    def test_power(self) -> None:
        """
        The machine is told to reboot; if it does not, the viewer is told.
        """
        viewer = self.view(encodings=ALL)
        viewer.send(Xvp(1, 3))
        viewer.advance(5)
        self.assertEqual(self.source.heard, ["reboot"])
        self.assertNotIn(Xvp(1, 0), viewer.events)
        self.source.grants = False
        viewer.send(Xvp(1, 4))
        viewer.advance(5)
        self.assertIn(Xvp(1, 0), viewer.events)

    def test_offered(self) -> None:
        """
        What the server upstream cannot do is not offered.
        """
        self.endpoint.factory = RFBFactory(
            MemoryFramebuffer(20, 20), reactor=self.clock
        )
        self.endpoint.cut()
        self.clock.advance(5)
        self.view(encodings=ALL)
        for ability in (IKeycodeReceiver, IPowerControl, ILedSource, IRichClipboard):
            self.assertFalse(ability.providedBy(self.relay))

    def test_stalled(self) -> None:
        """
        A connection that is to end ends, though the server takes nothing any more, and
        it is connected again.
        """
        viewer = self.view()
        server, client = self.endpoint.transports
        server.pauseProducing()
        for _ in range(1000):
            viewer.paste("x" * 1000)
            viewer.advance(0.01)
        self.assertGreater(client.waiting, 0)
        server.write(b"\xee")
        self.clock.pump([0.1] * 20)
        self.assertIsNone(self.relay.upstream)
        self.assertEqual(len(self.endpoint.attempts), 1)
        # Nobody is the worse for pressing keys meanwhile.
        viewer.type("a")
        viewer.advance(0.1)
        # What cannot be understood will not be otherwise soon.
        self.clock.pump([1] * 40)
        self.assertEqual(len(self.endpoint.attempts), 2)
        self.assertIsNotNone(self.relay.upstream)
        self.assertTrue(viewer.isConnected)

    def test_lostInMidst(self) -> None:
        """
        If a connection is lost before all that came by it was acted on, it is gone
        when that is done, and not before.
        """
        self.view()
        upstream = self.relay.upstream
        assert upstream is not None
        _, client = self.endpoint.transports
        reading: Any = upstream._reading
        ends: list[Any] = []
        self.patch(reading, "finish", ends.append)
        client.abortConnection()
        self.clock.pump([0.1] * 20)
        self.assertEqual(len(self.endpoint.attempts), 1)
        [end] = ends
        end()
        self.clock.pump([0.1] * 20)
        self.assertEqual(len(self.endpoint.attempts), 2)

    def test_backPressure(self) -> None:
        """
        A server that does not take its input holds back that of viewers.
        """
        viewer = self.view()
        server, _ = self.endpoint.transports
        server.pauseProducing()
        upstream = self.relay.upstream
        assert upstream is not None
        upstream._outgoing.pauseProducing()
        answer = self.relay.keyEvent(97, True, self.factory.viewers[0])
        assert answer is not None
        self.assertNoResult(answer)
        upstream._outgoing.resumeProducing()
        self.successResultOf(answer)
        server.resumeProducing()
        self.assertTrue(viewer.isConnected)


class LoginTests(ChainCase):
    """
    How it logs in.
    """

    def makeSource(self) -> Any:
        """
        A picture.
        """
        source = MemoryFramebuffer(40, 30)
        source.fill("teal")
        return source

    def test_types(self) -> None:
        """
        It knows all security types that the client has, with what they need.
        """
        users = InMemoryUsernamePasswordDatabaseDontUse(ann=b"secret")
        certificate = self.mktemp()
        createSelfSigned(certificate, ["there"])
        pem = Path(certificate).read_bytes()
        for name in NAMES:
            checkers = [] if name.endswith(("Vnc", "VncAuth")) else [users]
            password = None if checkers else "secret"
            portal = portalFor(password, checkers=checkers)
            if name.endswith("None"):
                portal = portalFor()
            gate = makeGate(
                self.clock,
                portal,
                choice=name,
                hostKey=self.mktemp(),
                certificate=certificate,
            )
            upstream = RFBFactory(self.source, gate=gate, reactor=self.clock)
            endpoint = Endpoint(self.clock, upstream)
            login: Any = {}
            if "X509" in name:
                login = {"hostname": "there", "authority": pem}
            relay = RelayFramebuffer(
                endpoint, "secret", "ann", reactor=self.clock, names=[name], **login
            )
            relay.start()
            viewer = Viewer(RFBFactory(relay, reactor=self.clock))
            viewer.settle()
            assertScreen(viewer, self.source)
            self.assertEqual(upstream.viewers[0].viewOnly, False, name)
            stopped = relay.stop()
            self.clock.pump([0.1] * 5)
            self.successResultOf(stopped)


class Closing(Protocol):
    """
    Says something and closes.
    """

    def connectionMade(self) -> None:
        """
        Do so.
        """
        factory: Any = self.factory
        assert self.transport is not None
        self.transport.write(factory.text)
        self.transport.loseConnection()


def closing(text: bytes) -> Factory:
    """
    @return: What says something and closes.
    """
    factory: Any = Factory.forProtocol(Closing)
    factory.text = text
    factory.noisy = False
    made: Factory = factory
    return made


class OutageTests(RelayCase):
    """
    A server upstream that goes away, and comes back.
    """

    def test_stay(self) -> None:
        """
        Viewers stay, with the last picture, and see the new one when it is back; the
        log says so.
        """
        viewer = self.view()
        self.endpoint.factory = None
        self.endpoint.cut()
        viewer.advance(20)
        self.assertTrue(viewer.isConnected)
        assertScreen(viewer, self.source)
        self.assertIn("viewers keep the last picture", self.log)
        self.assertIn("connection was refused", self.log)
        other = self.view()
        assertScreen(other, self.source)
        self.source.fill("orange")
        viewer.press("x")
        self.endpoint.factory = self.upstream
        viewer.advance(40)
        assertScreen(viewer, self.source)
        assertScreen(other, self.source)
        viewer.press("y")
        viewer.settle()
        self.assertEqual(self.source.heard, [("key", 121, True), ("key", 121, False)])

    def test_pauses(self) -> None:
        """
        Attempts become rarer, but never rarer than every half minute.
        """
        self.endpoint.factory = None
        self.endpoint.cut()
        for _ in range(400):
            self.clock.advance(0.25)
        times = self.endpoint.attempts[1:]
        pauses = [round(b - a, 2) for a, b in pairwise(times)]
        self.assertEqual(pauses[:3], [1.0, 2.0, 4.0])
        self.assertEqual(max(pauses), 30)
        self.assertEqual(self.log.count("tried again"), 2)

    def test_jitter(self) -> None:
        """
        They are not equal.
        """
        relay = self.makeRelay(jitter=lambda: 0.0)
        self.endpoint.factory = None
        relay.start()
        self.assertEqual(len(self.endpoint.attempts), 2)
        self.clock.advance(0.25)
        self.assertEqual(len(self.endpoint.attempts), 3)
        self.successResultOf(relay.stop())

    def test_otherSize(self) -> None:
        """
        A server that comes back with another size is shown when it has a picture.
        """
        viewer = self.view()
        source = MemoryFramebuffer(60, 90, "small")
        source.fill("yellow")
        self.endpoint.factory = RFBFactory(source, reactor=self.clock)
        self.endpoint.cut()
        viewer.advance(3)
        assertScreen(viewer, source)
        self.assertEqual(viewer.name, "small")

    def test_inTheMidst(self) -> None:
        """
        What waits for an answer has one when the connection is lost.
        """
        self.view(encodings=ALL)
        self.endpoint.transports[0].pauseProducing()
        viewer: Any = self.factory.viewers[0]
        size = self.relay.layoutRequested(50, 50, [Screen(7, 0, 0, 50, 50)], viewer)
        power = self.relay.powerRequested("reset", viewer)
        assert isinstance(size, Deferred) and isinstance(power, Deferred)
        self.endpoint.factory = None
        self.endpoint.transports[1].abortConnection()
        self.clock.advance(0)
        self.assertIs(self.successResultOf(size), False)
        self.assertIs(self.successResultOf(power), False)
        self.assertIs(self.relay.layoutRequested(9, 9, [], viewer), False)
        self.assertIs(self.relay.powerRequested("reset", viewer), False)
        for nothing in (
            self.relay.keycodeEvent(30, 97, True, viewer),
            self.relay.pointerEvent(1, 1, 0, viewer),
            self.relay.pointerMotion(1, 1, 0, viewer),
            self.relay.cutTextReceived("", viewer),
        ):
            self.assertIs(nothing, None)
        self.assertFalse(self.relay.wantsMotion)

    def test_stopped(self) -> None:
        """
        When the service stops, the connection is closed, and none is made again.
        """
        stopped = self.owner.stopService()
        self.clock.advance(0)
        self.successResultOf(stopped)
        self.clock.advance(60)
        self.assertEqual(len(self.endpoint.attempts), 1)
        self.assertEqual(list(self.upstream.viewers), [])


class StartTests(RelayCase):
    """
    A server upstream that is not there at first, or does not want us.
    """

    def begin(self, factory: Any, **options: Any) -> None:
        """
        Begin anew, with what is there now.
        """
        self.owner.stopService()
        self.clock.advance(0)
        self.endpoint.factory = factory
        self.endpoint.attempts.clear()
        self.owner = Owner()
        self.relay = self.makeRelay(**options)
        IService(self.relay).setServiceParent(self.owner)
        self.factory = RFBFactory(self.relay, reactor=self.clock)
        self.owner.startService()
        self.addCleanup(self.owner.stopService)
        self.clock.advance(0)

    def test_late(self) -> None:
        """
        Who comes before the server upstream is there waits for it, and hurries it.
        """
        self.begin(None)
        self.clock.pump([0.5] * 32)
        self.clock.advance(1.1)
        count = len(self.endpoint.attempts)
        self.endpoint.factory = self.upstream
        viewer = Viewer(self.factory)
        self.assertEqual(len(self.endpoint.attempts), count + 1)
        assertScreen(viewer, self.source)

    def test_never(self) -> None:
        """
        If it does not come, the viewer is told why.
        """
        self.begin(None)
        self.clock.pump([0.5] * 32)
        viewer = Viewer(self.factory)
        viewer.advance(1)
        self.assertFalse(viewer.isConnected)
        self.assertIn("vnc:there: connection was refused", self.log)

    def test_refused(self) -> None:
        """
        A server that refuses at the start is the end of it, in words that say how far
        it came.
        """
        self.begin(self.serve(portal=portalFor("secret")))
        [reason] = self.owner.reasons
        self.assertIn("vnc:there: no login (RFB 3.8): the server asks for", reason)
        self.assertIn("VncAuth", reason)
        self.assertTrue(reason.endswith("; no password was given"))
        self.clock.advance(100)
        self.assertEqual(len(self.endpoint.attempts), 1)

    def test_wrongPassword(self) -> None:
        """
        So is a wrong password.
        """
        self.begin(self.serve(portal=portalFor("secret")), password="wrong")
        self.clock.pump([0.1] * 40)
        [reason] = self.owner.reasons
        self.assertRegex(reason, "vnc:there: in the login by .*: the login failed")

    def test_password(self) -> None:
        """
        With the right one it is let in; it is asked for with each connection.
        """
        passwords = ["secret", "secret", "secret"]
        upstream = self.serve(portal=portalFor("secret"))
        self.begin(upstream, password=passwords.pop)
        self.clock.advance(10)
        viewer = self.view()
        assertScreen(viewer, self.source)
        self.endpoint.cut()
        self.clock.advance(5)
        self.assertEqual(passwords, [])
        self.source.fill("red")
        assertScreen(viewer, self.source)

    def test_noServer(self) -> None:
        """
        What is no VNC server is said to be none.
        """
        self.begin(closing(b"SSH-2.0-OpenSSH_9.2\r\n"))
        [reason] = self.owner.reasons
        self.assertIn("vnc:there: it is no VNC server, or none that answers", reason)

    def test_closes(self) -> None:
        """
        A server that closes at once, as a tunnel without an end does, is tried again.
        """
        self.begin(closing(b""))
        self.assertEqual(self.owner.reasons, [])
        self.assertIn("the server closed the connection", self.log)
        self.endpoint.factory = self.upstream
        self.clock.advance(1)
        assertScreen(self.view(), self.source)

    def test_unreadable(self) -> None:
        """
        A password that cannot be read any more is tried again.
        """
        self.view()

        def gone() -> bytes:
            raise FileNotFoundError(2, "No such file", "secret")

        self.relay._password = gone
        self.endpoint.cut()
        self.clock.advance(1)
        self.assertIn("the password cannot be read: No such file", self.log)

    def test_slowLink(self) -> None:
        """
        Over a slow link viewers come in with what has come of the first picture.
        """
        self.endpoint.link = Link(bandwidth=4000)
        self.begin(self.upstream)
        viewer = Viewer(self.factory)
        viewer.advance(6)
        self.assertTrue(viewer.isConnected)
        self.assertEqual(viewer.size, (120, 80))
        viewer.advance(30)
        assertScreen(viewer, self.source)


class LoopTests(RelayCase):
    """
    Relays that show themselves, over links on which things take time to go round.
    """

    def setUp(self) -> None:
        """
        Have such links.
        """
        super().setUp()
        self.endpoint.link = Link(delay=0.01)

    def test_itself(self) -> None:
        """
        A relay that finds itself at the other end says so, and connects no more often
        than seldom.
        """
        viewer = self.view()
        self.endpoint.factory = self.factory
        self.endpoint.cut()
        viewer.advance(10)
        self.assertIn("a loop of relays", self.log)
        self.assertLess(len(self.endpoint.attempts), 4)
        self.endpoint.factory = self.upstream
        viewer.advance(61)
        self.source.fill("red")
        assertScreen(viewer, self.source)

    def test_byAnother(self) -> None:
        """
        So does one that finds itself behind another.
        """
        viewer = self.view()
        endpoint = Endpoint(self.clock, self.factory)
        endpoint.link = self.endpoint.link
        other = RelayFramebuffer(
            endpoint, reactor=self.clock, jitter=lambda: 1.0, called="vnc:other"
        )
        other.start()
        self.endpoint.factory = RFBFactory(other, reactor=self.clock)
        assertScreen(Viewer(self.endpoint.factory), self.source)
        self.endpoint.cut()
        viewer.advance(10)
        self.assertIn("a loop of relays", self.log)
        other.stop()

    def test_chain(self) -> None:
        """
        Two relays one behind the other are none.
        """
        endpoint = Endpoint(self.clock, self.factory)
        endpoint.link = self.endpoint.link
        second = RelayFramebuffer(endpoint, reactor=self.clock)
        second.start()
        viewer = Viewer(RFBFactory(second, reactor=self.clock))
        viewer.advance(10)
        self.source.fill("red")
        assertScreen(viewer, self.source)
        self.assertNotIn("loop", self.log)
        second.stop()

    def test_nothing(self) -> None:
        """
        One that shows itself from the start never has a size: it waits, and tries
        again.
        """
        self.owner.stopService()
        self.clock.advance(0)
        self.relay = self.makeRelay()
        self.factory = RFBFactory(self.relay, reactor=self.clock)
        self.endpoint.factory = self.factory
        self.endpoint.attempts.clear()
        self.relay.start()
        for _ in range(60):
            self.clock.advance(1)
        self.assertLess(len(self.endpoint.attempts), 6)
        self.assertIn("the desktop is not there yet", self.log)
        self.relay.stop()
        self.clock.advance(20)
