# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._screen.display}.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from tests.scenes import SlowFramebuffer, serving
from txrfb._screen.display import Display
from txrfb._screen.followers import Change, IFollower
from txrfb._screen.renderedcursor import RenderedCursor
from txrfb._wire.clipboard import ClipboardContent
from txrfb.encodings import ENCODINGS
from txrfb.encodings.constants import DESKTOP_SIZE, RAW, ZRLE
from txrfb.encodings.level import Level
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.geometry import Rectangle, Region
from txrfb.interfaces import IFramebufferListener
from txrfb.pixels import NATIVE
from txrfb.testing import Viewer, assertScreen


class Follower(IFollower):
    """
    Writes down what it is told, and has room.
    """

    isReady = True
    isPaused = False
    wantsCopies = False

    def __init__(self, isReady: bool = True, wantsCopies: bool = False) -> None:
        self.isReady = isReady
        self.wantsCopies = wantsCopies
        self.told: list[tuple[Any, ...]] = []

    def frameReady(self) -> None:
        """
        There may be something new.
        """
        self.told.append(("frameReady",))

    def pictureFailed(self, reason: str) -> None:
        """
        There is no picture.
        """
        self.told.append(("pictureFailed", reason))

    def sizeChanged(self, reason: int) -> None:
        """
        The display has another size.
        """
        self.told.append(("sizeChanged", reason))

    def screensChanged(self, reason: int) -> None:
        """
        The display is divided otherwise.
        """
        self.told.append(("screensChanged", reason))

    def cursorChanged(self, old: RenderedCursor | None) -> None:
        """
        The cursor has changed.
        """
        self.told.append(("cursorChanged", old))

    def changed(self, what: Change) -> None:
        """
        Something else has changed.
        """
        self.told.append(("changed", what))

    def bell(self) -> None:
        """
        The bell rings.
        """
        self.told.append(("bell",))

    def cutText(self, content: ClipboardContent) -> None:
        """
        There is something new in the clipboard.
        """
        self.told.append(("cutText", content.latin, content.formats))


class CountingFramebuffer(MemoryFramebuffer):
    """
    Counts captures.
    """

    def __init__(self) -> None:
        super().__init__(200, 150)
        self.captures = 0
        self.told: list[str] = []

    def capture(self) -> Any:
        """
        Count.
        """
        self.captures += 1
        return super().capture()

    def pauseProducing(self) -> None:
        """
        Nobody looks.
        """
        self.told.append("pause")

    def resumeProducing(self) -> None:
        """
        Somebody looks.
        """
        self.told.append("resume")


class FrameTests(SynchronousTestCase):
    """
    When pixels are taken.
    """

    def setUp(self) -> None:
        """
        A display with one follower that has its first frame.
        """
        self.clock = Clock()
        self.framebuffer = CountingFramebuffer()
        self.display = Display(self.framebuffer, self.clock, 50)
        self.follower = Follower()
        self.display.add(self.follower)
        self.display.wanted()
        self.clock.pump([0, 1])
        self.follower.told.clear()

    def test_listener(self) -> None:
        """
        A display listens to framebuffers.
        """
        verifyObject(IFramebufferListener, self.display)

    def test_first(self) -> None:
        """
        The first frame is all of the screen, and valid.
        """
        self.assertTrue(self.display.isValid)
        self.assertEqual(self.framebuffer.captures, 1)
        self.assertEqual(self.display.bounds, Rectangle(0, 0, 200, 150))
        self.assertEqual(self.display.damageSince(0), [self.display.bounds])

    def test_damageAlone(self) -> None:
        """
        Damage that nobody wants to see is not looked at.
        """
        self.follower.isReady = False
        for _ in range(3):
            self.framebuffer.fill("red")
            self.clock.advance(1)
        self.assertEqual(self.framebuffer.captures, 1)

    def test_wantedAlone(self) -> None:
        """
        Nor is anything taken while nothing is damaged.
        """
        for _ in range(3):
            self.display.wanted()
            self.clock.advance(1)
        self.assertEqual(self.framebuffer.captures, 1)

    def test_inTheSameTurn(self) -> None:
        """
        What is drawn in one turn of the reactor is one frame, at the end of it.
        """
        self.display.wanted()
        serial = self.display.serial
        self.framebuffer.fill("red")
        self.framebuffer.fill("blue", Rectangle(0, 0, 10, 10))
        self.assertEqual(self.display.serial, serial)
        self.assertTrue(self.display.isFrameNear)
        self.clock.advance(0)
        self.assertEqual(self.display.serial, serial + 1)
        self.assertFalse(self.display.isFrameNear)
        self.assertEqual(self.framebuffer.captures, 2)
        self.assertIn(("frameReady",), self.follower.told)

    def test_rate(self) -> None:
        """
        The next frame after one is taken a frame's time later, and not sooner.
        """
        self.display.wanted()
        self.framebuffer.fill("red")
        self.clock.advance(0)
        self.framebuffer.fill("green")
        self.display.wanted()
        self.clock.advance(0.019)
        self.assertEqual(self.framebuffer.captures, 2)
        self.assertFalse(self.display.isFrameNear)
        self.clock.advance(0.0011)
        self.assertEqual(self.framebuffer.captures, 3)

    def test_nothingNew(self) -> None:
        """
        A frame in which nothing really changed is none.
        """
        serial = self.display.serial
        self.display.wanted()
        self.framebuffer.damage()
        self.clock.advance(0)
        self.assertEqual(self.framebuffer.captures, 2)
        self.assertEqual(self.display.serial, serial)

    def test_damageSince(self) -> None:
        """
        Whoever has an older frame is told all that is newer, and no more.
        """
        serials = [self.display.serial]
        places = [Rectangle(n * 64, 0, 10, 10) for n in range(3)]
        for place in places:
            self.framebuffer.fill("red", place)
            self.display.wanted()
            self.clock.advance(1)
            serials.append(self.display.serial)
        for turn, serial in enumerate(serials):
            found = self.display.damageSince(serial)
            for number, place in enumerate(places):
                hit = any(one.intersects(place) for one in found)
                self.assertEqual(hit, number >= turn)

    def test_oneInstant(self) -> None:
        """
        What is drawn after a frame was taken is not in it.
        """
        self.display.wanted()
        self.framebuffer.fill("red")
        self.clock.advance(0)
        self.framebuffer.fill("blue")
        encoder = self.display.planner.encoder(ENCODINGS[RAW], NATIVE, Level())
        data = self.display.planner.encoded(encoder, Rectangle(0, 0, 1, 1))
        self.assertEqual(data[12:15], b"\0\0\xff")

    def test_comeAndGo(self) -> None:
        """
        The framebuffer rests while nobody looks, and no timer is left; what changed
        meanwhile is seen by who comes next.
        """
        self.display.wanted()
        self.framebuffer.fill("red")
        other = Follower()
        self.display.add(other)
        self.display.remove(self.follower)
        self.display.remove(self.follower)
        self.assertEqual(self.framebuffer.told, ["resume"])
        self.display.remove(other)
        self.assertEqual(self.framebuffer.told, ["resume", "pause"])
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.framebuffer.fill("green")
        self.framebuffer.bell()
        self.assertEqual(other.told, [])
        self.display.add(self.follower)
        self.display.wanted()
        self.clock.advance(1)
        self.assertEqual(bytes(self.display.surface.pixels[:3]), b"\0\x80\0")

    def test_told(self) -> None:
        """
        Everybody is told what the framebuffer tells.
        """
        other = Follower(isReady=False)
        self.display.add(other)
        self.framebuffer.name = "another"
        self.framebuffer.bell()
        self.framebuffer.cutText("text")
        for follower in (self.follower, other):
            self.assertIn(("bell",), follower.told)
            self.assertIn(("cutText", b"text", ("text",)), follower.told)
            self.assertIn(("changed", Change.NAME), follower.told)

    def test_removedWhileTold(self) -> None:
        """
        Followers may go while they are told something.
        """
        follower: Any = Follower()
        follower.bell = lambda: self.display.remove(follower)
        self.display.add(follower)
        self.framebuffer.bell()
        self.framebuffer.bell()
        self.assertEqual(self.follower.told.count(("bell",)), 2)

    def test_frameRates(self) -> None:
        """
        A frame rate is 0 or more.
        """
        self.assertRaises(ValueError, Display, self.framebuffer, self.clock, -1)
        self.assertRaises(
            ValueError, Display, self.framebuffer, self.clock, float("nan")
        )


class SharingTests(SynchronousTestCase):
    """
    What is encoded once.
    """

    def setUp(self) -> None:
        """
        Several viewers of one factory.
        """
        self.framebuffer = MemoryFramebuffer(300, 200)
        self.factory = serving(self.framebuffer)
        self.display = self.factory.display

    def test_encoders(self) -> None:
        """
        Viewers that want the same have the same encoder; it goes with the last of
        them.
        """

        def find(number: int, level: Level) -> Any:
            return self.display.planner.encoder(ENCODINGS[number], NATIVE, level)

        one = find(ZRLE, Level())
        self.assertIs(find(ZRLE, Level()), one)
        self.assertIsNot(find(RAW, Level()), one)
        self.assertEqual(len(self.display.planner._encoders), 1)
        del one
        self.assertEqual(len(self.display.planner._encoders), 0)

    def test_oncePerFrame(self) -> None:
        """
        A frame is encoded once, however many look on in the same way.
        """
        viewers = [Viewer(self.factory, encodings=(ZRLE,)) for _ in range(8)]
        server: Any = viewers[0].server
        encoder = server.producer._choice.encoder
        encoded: list[Rectangle] = []
        real = encoder.encode

        def encode(surface: Any, rectangle: Rectangle) -> bytes:
            encoded.append(rectangle)
            return bytes(real(surface, rectangle))

        encoder.encode = encode
        self.framebuffer.array[50:90, 50:90, :3] = range(3)
        self.framebuffer.damage()
        for viewer in viewers:
            assertScreen(viewer, self.framebuffer)
        self.assertEqual(len(encoded), len(set(encoded)))

    def test_lateComer(self) -> None:
        """
        Who comes later is sent what is encoded already.
        """
        Viewer(self.factory, encodings=(ZRLE,))
        self.patch(self.display.planner, "encoded", None)
        late = Viewer(self.factory, encodings=(ZRLE,))
        self.assertTrue(late.isOpen)


class SlowTests(SynchronousTestCase):
    """
    A framebuffer that takes its time to capture.
    """

    def setUp(self) -> None:
        """
        A viewer that waits for its first picture.
        """
        self.framebuffer = SlowFramebuffer()
        self.factory = serving(self.framebuffer)
        self.viewer = Viewer(self.factory)

    def test_first(self) -> None:
        """
        There is no picture before the first capture has come to its end.
        """
        self.assertEqual(self.viewer.updates, [])
        self.assertEqual(len(self.framebuffer.captures), 1)
        self.assertFalse(self.framebuffer.isResting)
        self.framebuffer.fill("red")
        self.framebuffer.deliver()
        self.viewer.advance(0.1)
        self.assertEqual(self.viewer.color(0, 0), "#ff0000")

    def test_oneInFlight(self) -> None:
        """
        At most one capture is under way, whatever happens; what was damaged
        meanwhile is asked for after it.
        """
        for color in ("red", "green", "blue"):
            self.framebuffer.fill(color)
            self.viewer.advance(1)
        Viewer(self.factory)
        self.assertEqual(len(self.framebuffer.captures), 1)
        self.framebuffer.deliver()
        self.viewer.advance(0.1)
        self.assertEqual(self.viewer.color(0, 0), "#0000ff")
        self.assertLessEqual(len(self.framebuffer.captures), 2)

    def test_resizedInFlight(self) -> None:
        """
        The size may change while a capture is under way.
        """
        self.framebuffer.fill("red")
        self.framebuffer.deliver()
        self.viewer.advance(0.1)
        self.framebuffer.fill("green")
        self.viewer.advance(0.1)
        self.assertEqual(len(self.framebuffer.captures), 2)
        for width, height in ((50, 40), (150, 140)):
            self.framebuffer.resize(width, height)
            self.framebuffer.fill("blue")
            for _ in range(3):
                if not self.framebuffer.captures[-1].called:
                    self.framebuffer.deliver()
                self.viewer.advance(0.1)
            self.assertEqual(self.viewer.size, (width, height))
            self.assertEqual(self.viewer.color(width - 1, height - 1), "#0000ff")

    def test_goneInFlight(self) -> None:
        """
        All viewers may leave while a capture is under way, and others come.
        """
        self.viewer.disconnect()
        self.assertTrue(self.framebuffer.isResting)
        self.framebuffer.fill("red")
        self.framebuffer.deliver()
        viewer = Viewer(self.factory)
        if not self.framebuffer.captures[-1].called:
            self.framebuffer.deliver()
        viewer.advance(0.1)
        self.assertEqual(viewer.color(0, 0), "#ff0000")

    def test_comeWhileInFlight(self) -> None:
        """
        So may all viewers leave and others come before it has come to its end.
        """
        self.viewer.disconnect()
        viewer = Viewer(self.factory)
        self.assertEqual(len(self.framebuffer.captures), 1)
        self.framebuffer.fill("red")
        self.framebuffer.deliver()
        viewer.advance(0.1)
        if not self.framebuffer.captures[-1].called:
            self.framebuffer.deliver()
        viewer.advance(0.1)
        self.assertEqual(viewer.color(0, 0), "#ff0000")

    def test_nothingIsLost(self) -> None:
        """
        What a capture brought when everybody had left already is seen by who comes
        next.
        """
        self.framebuffer.deliver()
        self.viewer.advance(0.1)
        self.framebuffer.fill("red")
        self.viewer.advance(0.1)
        self.viewer.disconnect()
        self.framebuffer.deliver()
        viewer = Viewer(self.factory)
        if not self.framebuffer.captures[-1].called:
            self.framebuffer.deliver()
        viewer.advance(0.1)
        self.assertEqual(viewer.color(0, 0), "#ff0000")

    def test_damagedInFlight(self) -> None:
        """
        What is damaged while a capture is under way may not be in it, so there is
        another, even if that one brought nothing.
        """
        self.framebuffer.deliver()
        self.viewer.advance(0.1)
        self.framebuffer.damage()
        self.viewer.advance(0.1)
        count = len(self.framebuffer.captures)
        for listener in self.framebuffer.listeners():
            listener.damaged()
        self.framebuffer.captures[-1].callback(Region())
        self.viewer.advance(0.1)
        self.assertEqual(len(self.framebuffer.captures), count + 1)

    def test_fails(self) -> None:
        """
        If it fails, it is tried again, with the reason in the log; viewers wait.
        """
        self.framebuffer.captures[-1].errback(ZeroDivisionError("no pixels"))
        self.viewer.advance(1)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertTrue(self.viewer.isOpen)
        self.assertEqual(len(self.framebuffer.captures), 2)
        self.framebuffer.fill("red")
        self.framebuffer.deliver()
        self.viewer.advance(0.1)
        self.assertEqual(self.viewer.color(0, 0), "#ff0000")

    def hang(self) -> None:
        """
        The viewer has a red picture, and what is to bring the next is stopped.
        """
        self.framebuffer.fill("red")
        for _ in range(2):
            self.framebuffer.deliver()
            self.viewer.advance(0.1)
        self.framebuffer.fill("green")
        self.viewer.advance(0)

    def test_hangs(self) -> None:
        """
        A viewer that comes while a capture takes long is sent the picture there is at
        once, and what the capture brings when it does.
        """
        self.hang()
        self.viewer.advance(1)
        second = Viewer(self.factory)
        second.advance(0)
        self.assertEqual(second.color(0, 0), "#ff0000")
        self.framebuffer.deliver()
        second.advance(0.1)
        self.assertEqual(second.color(0, 0), "#008000")

    def test_aMoment(self) -> None:
        """
        It is waited for a frame's time, so that what comes in time is seen alone.
        """
        self.hang()
        count = len(self.viewer.updates)
        self.viewer.advance(0.01)
        self.viewer.client.requestUpdate(False)
        self.viewer.advance(0.005)
        self.assertEqual(len(self.viewer.updates), count)
        self.viewer.advance(0.005)
        self.assertEqual(len(self.viewer.updates), count + 1)
        self.assertEqual(self.viewer.color(0, 0), "#ff0000")

    def test_asksWhileItHangs(self) -> None:
        """
        Neither is a viewer kept waiting that asks for everything again.
        """
        self.hang()
        self.viewer.advance(1)
        count = len(self.viewer.updates)
        self.viewer.client.requestUpdate(False)
        self.viewer.advance(0)
        self.assertEqual(len(self.viewer.updates), count + 1)
        self.assertEqual(self.viewer.color(0, 0), "#ff0000")

    def test_failsWhileSecondComes(self) -> None:
        """
        While it fails, those that come are sent the picture that the others have.
        """
        self.hang()
        self.framebuffer.captures[-1].errback(ZeroDivisionError("no pixels"))
        second = Viewer(self.factory)
        second.advance(0)
        self.assertEqual(second.color(0, 0), "#ff0000")
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_picturesOfOthers(self) -> None:
        """
        Who comes when all have left is not shown what they saw, however long the
        capture takes.
        """
        self.hang()
        self.viewer.disconnect()
        late = Viewer(self.factory)
        late.advance(5)
        self.assertEqual(late.updates, [])
        self.framebuffer.deliver()
        late.advance(0.1)
        self.assertEqual(late.color(0, 0), "#008000")

    def test_leavesNothing(self) -> None:
        """
        When nobody looks any more, nothing waits for the moment to be over.
        """
        self.hang()
        soon = self.factory.clock.seconds() + 0.1

        def waiting() -> list[object]:
            calls = self.factory.clock.getDelayedCalls()
            return [call for call in calls if call.getTime() < soon]

        self.assertEqual(len(waiting()), 1)
        self.viewer.disconnect()
        self.assertEqual(waiting(), [])

    def test_noSizeToTell(self) -> None:
        """
        A viewer that comes while the size is about to change is told the one it
        will have, or has.
        """
        self.framebuffer.deliver()
        self.viewer.advance(0.1)
        self.framebuffer.resize(60, 50)
        late = Viewer(self.factory, encodings=(RAW, DESKTOP_SIZE))
        for _ in range(3):
            if not self.framebuffer.captures[-1].called:
                self.framebuffer.deliver()
            late.advance(0.1)
        self.assertEqual(late.size, (60, 50))
        self.assertTrue(late.isConnected)
