# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._screen.source}, and of a display whose framebuffer fails.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.task import Clock
from twisted.logger import LogLevel, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase

from tests.scenes import serving
from txrfb.encodings.constants import DESKTOP_SIZE, RAW
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.geometry import MAX_PIXELS, Rectangle, Region
from txrfb.protocol import RFBFactory
from txrfb.testing import Viewer, assertScreen


class Camera(MemoryFramebuffer):
    """
    A framebuffer that may be broken.

    @ivar broken: What is called instead of capturing, if anything.
    @ivar captures: The moments of captures.
    @ivar strips: Whether what says where its pixels are raises.
    """

    strips = False

    def __init__(self, clock: Clock) -> None:
        super().__init__(200, 100)
        self.clock = clock
        self.broken: Callable[[], Any] | None = None
        self.captures: list[float] = []

    @property
    def paddingVaries(self) -> bool:  # type: ignore[override]
        """
        See L{MemoryFramebuffer}.
        """
        if self.strips:
            raise OSError("gone")
        return False

    def capture(self) -> Any:
        """
        Capture, or not.
        """
        self.captures.append(self.clock.seconds())
        captured = super().capture()  # what was damaged is said once
        return captured if self.broken is None else self.broken()


def raising() -> Any:
    """
    Fail.
    """
    raise ZeroDivisionError("broken")


class SourceTestCase(SynchronousTestCase):
    """
    A display of a framebuffer that may fail, and a viewer.
    """

    def setUp(self) -> None:
        """
        The viewer has its first picture.
        """
        self.clock = Clock()
        self.camera = Camera(self.clock)
        self.factory = RFBFactory(self.camera, reactor=self.clock)
        self.display = self.factory.display
        self.viewer = Viewer(self.factory)
        self.events: list[Any] = []
        observer: Any = self.events.append
        globalLogPublisher.addObserver(observer)
        self.addCleanup(globalLogPublisher.removeObserver, observer)

    def logged(self, *levels: LogLevel) -> list[Any]:
        """
        @return: What was logged.
        """
        return [
            event["log_format"].partition(";")[0]
            for event in self.events
            if event["log_level"] in levels
        ]

    def right(self) -> None:
        """
        Whoever is there, and whoever comes, sees what there is to be seen.
        """
        late = Viewer(self.factory)
        for viewer in (self.viewer, late):
            self.assertTrue(viewer.isConnected)
            assertScreen(viewer, self.camera, within=30)
        late.disconnect()


class OutageTests(SourceTestCase):
    """
    A framebuffer that fails, and works again.
    """

    def outage(self, broken: Callable[[], Any], error: type[BaseException]) -> None:
        """
        For half a minute it fails.
        """
        self.camera.broken = broken
        self.camera.fill("red")
        for _ in range(300):
            self.viewer.advance(0.1)
        self.assertEqual(self.viewer.color(0, 0), "#000000")
        self.assertTrue(self.viewer.isConnected)
        self.camera.broken = None
        self.right()
        self.assertEqual(len(self.flushLoggedErrors(error)), 1)
        self.assertEqual(self.logged(LogLevel.critical), ["the framebuffer failed"])

    def test_fromTheBeginning(self) -> None:
        """
        One of which there was no picture since its viewers came: after a second they
        are told, and so is each that comes then; when it works they are welcome.
        """
        self.viewer.disconnect()
        self.camera.broken = raising
        for longest in (2, 10):
            begun = self.clock.seconds()
            viewer = Viewer(self.factory)
            viewer.advance(begun + longest + 1 - self.clock.seconds())
            self.assertFalse(viewer.isConnected)
            self.assertEqual(viewer.updates, [])
            assert viewer.server is not None
            self.assertEqual(
                viewer.server.transcript.reason,
                "the framebuffer fails, and has no picture: broken",
            )
        self.camera.broken = None
        assertScreen(Viewer(self.factory), self.camera, within=30)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_forAMoment(self) -> None:
        """
        One that fails when its first viewer comes, and works soon.
        """
        self.viewer.disconnect()
        self.camera.broken = raising
        begun = self.clock.seconds()
        self.clock.callLater(0.9, setattr, self.camera, "broken", None)
        viewer = Viewer(self.factory)
        assertScreen(viewer, self.camera, within=1)
        self.assertLess(self.clock.seconds() - begun, 2)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_raises(self) -> None:
        """
        One that raises.
        """
        self.outage(raising, ZeroDivisionError)

    def test_failsLater(self) -> None:
        """
        One whose answer is a failure.
        """
        self.outage(lambda: fail(OSError("no round trip")), OSError)

    def test_never(self) -> None:
        """
        One that does not answer.
        """
        self.outage(Deferred, TimeoutError)

    def test_exits(self) -> None:
        """
        One that wants to end the process.
        """

        def leave() -> None:
            raise SystemExit(3)

        self.outage(leave, SystemExit)

    def test_coroutine(self) -> None:
        """
        One that is a coroutine, which fails.
        """

        async def capture() -> Region:
            raise ZeroDivisionError

        self.outage(capture, ZeroDivisionError)

    def test_pixels(self) -> None:
        """
        One whose pixels cannot be read: a mixture of two frames is seen by nobody.
        """
        for pixels in (None, bytearray(100), memoryview(b"")):
            real, self.camera.pixels = self.camera.pixels, pixels
            self.camera.fill("red")
            self.viewer.advance(1)
            self.camera.pixels = real
            self.right()
        self.assertEqual(len(self.flushLoggedErrors()), 3)

    def test_inTheMidst(self) -> None:
        """
        One of which a part could be read.
        """
        self.camera.fill("red", Rectangle(0, 0, 10, 10))
        self.camera.fill("blue", Rectangle(100, 50, 10, 10))
        update, count = self.display._shadow._compare, 0
        shadow: Any = self.display._shadow

        def halfway(framebuffer: Any, region: Region, *more: Any) -> Any:
            update(framebuffer, Region(region.rectangles[:1]), *more)
            raise OSError("gone")

        shadow._compare = halfway
        self.viewer.advance(1)
        late = Viewer(self.factory)
        count = len(self.viewer.updates)
        self.assertEqual(late.updates, [])
        self.assertEqual(self.viewer.color(0, 0), "#000000")
        del shadow._compare
        self.right()
        self.assertGreater(len(self.viewer.updates), count)
        assertScreen(late, self.camera)
        self.assertEqual(len(self.flushLoggedErrors(OSError)), 1)

    def test_resized(self) -> None:
        """
        One whose first frame of another size cannot be read: those who were there are
        told of the size, and who comes meanwhile knows it.
        """
        viewer = Viewer(self.factory, encodings=(RAW, DESKTOP_SIZE))
        self.camera.resize(60, 50)
        self.camera.strips = True
        viewer.advance(1)
        late = Viewer(self.factory, encodings=(RAW,))
        self.assertEqual(late.size, (60, 50))
        self.camera.strips = False
        self.camera.fill("red")
        for one in (viewer, late):
            assertScreen(one, self.camera, within=30)
            self.assertTrue(one.isConnected)
        self.assertEqual(len(self.flushLoggedErrors(OSError)), 1)

    def test_strips(self) -> None:
        """
        One that cannot say how it is to be read.
        """
        self.camera.strips = True
        self.camera.fill("red")
        self.viewer.advance(1)
        self.camera.strips = False
        self.right()
        self.assertEqual(len(self.flushLoggedErrors(OSError)), 1)

    def test_sizes(self) -> None:
        """
        One that becomes so small or so large that there cannot be such a screen:
        nothing is reserved for it.
        """
        wrong: Any
        for shade, wrong in enumerate(
            ((0, 0), (-5, 10), (65535, 65535), (70000, 1), (None, 5))
        ):
            size = self.camera.width, self.camera.height
            self.camera.width, self.camera.height = wrong
            self.camera._resized()
            self.viewer.advance(1)
            self.viewer.disconnect()
            self.viewer = Viewer(self.factory)
            self.assertFalse(self.viewer.isConnected)
            self.assertEqual(self.viewer.size, size)
            self.camera.width, self.camera.height = size
            self.camera.fill((shade, 1, 1))
            self.viewer = Viewer(self.factory)
            self.right()
            self.assertEqual(len(self.flushLoggedErrors(ValueError, TypeError)), 1)

    def test_pause(self) -> None:
        """
        It is tried again after a pause that grows to ten seconds, however much viewers
        want and however much is damaged; and at once when it works.
        """
        del self.camera.captures[:]
        self.camera.broken = raising
        start = self.clock.seconds()
        for _ in range(4000):
            self.camera.damage()
            self.display.wanted()
            self.clock.advance(0.01)
        moments = [round(moment - start, 0) for moment in self.camera.captures]
        self.assertEqual(moments, [0, 0, 0, 1, 2, 3, 6, 13, 23, 33])
        self.camera.broken = None
        self.viewer.advance(10)
        del self.camera.captures[:]
        for _ in range(100):
            self.camera.damage()
            self.viewer.advance(0.01)
        self.assertGreater(len(self.camera.captures), 40)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertIn(
            "the framebuffer works again, after {failures} failures in {seconds:.1f}"
            " seconds",
            self.logged(LogLevel.info),
        )

    def test_nobodyWatches(self) -> None:
        """
        What was seen before nobody watched is shown to nobody while it fails; and
        no timer is left.
        """
        self.camera.fill("red")
        self.viewer.advance(1)
        self.viewer.disconnect()
        self.camera.broken = raising
        self.camera.fill("blue")
        self.viewer = Viewer(self.factory)
        self.assertEqual((self.viewer.isConnected, self.viewer.updates), (False, []))
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.camera.broken = None
        self.viewer = Viewer(self.factory)
        self.right()
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_failsWhileNobodyWatches(self) -> None:
        """
        It may fail when all have left already.
        """
        captured: Deferred[Region] = Deferred()
        self.camera.broken = lambda: captured
        self.camera.fill("red")
        self.viewer.advance(1)
        self.viewer.disconnect()
        captured.errback(ZeroDivisionError())
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.camera.broken = None
        self.viewer = Viewer(self.factory)
        self.right()
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_late(self) -> None:
        """
        What it brings after it was given up is not looked at.
        """

        class Stubborn(Deferred[Region]):
            def cancel(self) -> None:
                """
                Go on.
                """

        late = Stubborn()
        self.camera.broken = lambda: late
        self.camera.fill("red")
        self.viewer.advance(11)
        self.camera.broken = None
        self.right()
        late.callback(Region())
        self.camera.fill("blue")
        self.right()
        self.assertEqual(len(self.flushLoggedErrors(TimeoutError)), 1)

    def test_secondsBehind(self) -> None:
        """
        Viewers are behind from the moment of the damage on.
        """
        server: Any = self.viewer.server
        self.assertEqual(server.secondsBehind, 0)
        self.camera.broken = Deferred
        self.camera.fill("red")
        self.viewer.advance(3600)
        self.assertGreater(server.secondsBehind, 3599)
        self.camera.broken = None
        self.right()
        self.assertEqual(server.secondsBehind, 0)
        self.flushLoggedErrors(TimeoutError)

    def test_wake(self) -> None:
        """
        One that cannot begin, or begins later, or does not know how to rest.
        """

        async def later() -> None:
            raise ZeroDivisionError

        camera: Any = self.camera
        for resume in (raising, later, lambda: fail(ZeroDivisionError())):
            camera.resumeProducing = resume
            camera.pauseProducing = raising
            self.viewer.disconnect()
            self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
            self.viewer = Viewer(self.factory)
            self.assertFalse(self.viewer.isConnected)
            del camera.resumeProducing, camera.pauseProducing
            self.camera.fill("red")
            self.viewer = Viewer(self.factory)
            self.right()
            self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 2)
            self.camera.fill("blue")
            self.right()

    def test_noListeners(self) -> None:
        """
        One that wants no listeners at first.
        """
        self.viewer.disconnect()
        camera: Any = self.camera
        camera.addListener = raising
        self.clock.callLater(0.5, delattr, camera, "addListener")
        self.viewer = Viewer(self.factory)
        self.right()
        self.camera.fill("blue")
        self.right()
        self.assertEqual(len(self.flushLoggedErrors(TypeError)), 1)


class AnswerTests(SourceTestCase):
    """
    A framebuffer whose captures work, and bring what is no region.
    """

    def test_others(self) -> None:
        """
        Everything is compared then; that is told once.
        """

        async def coroutine() -> Region:
            return Region((self.display.bounds,))

        async def nothing() -> None:
            pass

        for answer in (
            lambda: None,
            lambda: 5,
            lambda: [(0, 0, 200, 100)],
            lambda: Region((self.display.bounds,)),
            lambda: succeed(None),
            lambda: succeed(Region((Rectangle(0.5, 0.5, 10.5, 9),))),  # type: ignore
            lambda: Region((Rectangle(-(2**70), -(2**70), 2**71, 2**71),)),
            coroutine,
            nothing,
        ):
            for color in ("red", "lime", "blue"):
                self.camera.broken = answer
                self.camera.fill(color)
                self.right()
        self.assertEqual(len(self.logged(LogLevel.warn)), 1)
        self.assertEqual(self.flushLoggedErrors(), [])


class SizeTests(SynchronousTestCase):
    """
    Framebuffers that there cannot be.
    """

    def test_sizes(self) -> None:
        """
        They are refused at once.
        """
        framebuffer = MemoryFramebuffer(10, 10)
        for size in ((0, 0), (10, 0), (-1, 10), (65536, 1), (65535, 65535)):
            framebuffer.width, framebuffer.height = size
            self.assertRaises(ValueError, serving, framebuffer)
            self.assertRaises(ValueError, MemoryFramebuffer, *size)
        self.assertGreaterEqual(MAX_PIXELS, 7680 * 4320 * 4)


class ClockTests(SourceTestCase):
    """
    A clock that somebody sets.
    """

    def step(self, seconds: float) -> None:
        """
        Set the clock.
        """
        self.clock.rightNow += seconds

    def test_back(self) -> None:
        """
        An hour back, at rest: the next change is seen at once.
        """
        self.clock.advance(7200)
        self.camera.fill("red")
        self.viewer.advance(1)
        self.step(-3600)
        for color in ("blue", "lime"):
            self.camera.fill(color)
            self.viewer.advance(0.1)
            self.right()

    def test_backWhileMoving(self) -> None:
        """
        An hour back while a frame is due: the next request or damage has it taken.
        """
        self.clock.advance(7200)
        for _ in range(3):
            self.camera.fill("red")
            self.viewer.advance(0)
        self.camera.fill("blue")
        self.assertNotEqual(self.clock.getDelayedCalls(), [])
        self.step(-3600)
        self.display.wanted()
        self.viewer.advance(0.1)
        self.assertEqual(self.viewer.color(0, 0), "#0000ff")

    def test_backWhileFailing(self) -> None:
        """
        An hour back in the pause of a framebuffer that failed.
        """
        self.clock.advance(7200)
        self.camera.broken = raising
        self.camera.fill("red")
        self.viewer.advance(2)
        self.camera.broken = None
        self.step(-3600)
        self.display.wanted()
        self.viewer.advance(10)
        self.right()
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_forward(self) -> None:
        """
        An hour forward: nothing is different.
        """
        for color in ("blue", "lime"):
            self.camera.fill(color)
            self.step(3600)
            self.viewer.advance(0.1)
            self.assertTrue(self.viewer.isConnected)
            self.right()
