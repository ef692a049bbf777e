# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.testing}.
"""

from __future__ import annotations

from PIL import Image
from twisted.internet.task import Clock, LoopingCall
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase

from tests.scenes import Application, serving
from txrfb._session.capabilities import Capabilities
from txrfb._wire.messages import SetEncodings
from txrfb.encodings.constants import COPY_RECT, RAW, TRLE, ZRLE
from txrfb.error import ConnectionFailed
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.geometry import Rectangle
from txrfb.pixels import NATIVE
from txrfb.protocol import RFBFactory
from txrfb.security.accounts.realm import portalFor
from txrfb.testing import Link, Viewer, assertScreen, difference


class DifferenceTests(SynchronousTestCase):
    """
    Tests for L{difference}.
    """

    def test_equal(self) -> None:
        """
        Equal pictures have none; whether they have alpha does not matter.
        """
        one = Image.new("RGB", (5, 4), "red")
        self.assertIsNone(difference(one, one.copy()))
        self.assertIsNone(difference(one, Image.new("RGBA", (5, 4), "red")))
        self.assertIsNone(difference(one, Image.new("RGBA", (5, 4), (255, 0, 0, 0))))

    def test_sizes(self) -> None:
        """
        Pictures of other sizes.
        """
        found = difference(Image.new("RGB", (5, 4)), Image.new("RGB", (4, 5)))
        assert found is not None
        self.assertEqual(found.text, "the picture is 5x4, expected was 4x5")
        self.assertTrue(found.bounds.isEmpty)

    def test_pixels(self) -> None:
        """
        Some pixels: how many, where, and what the first of them is.
        """
        one = Image.new("RGB", (50, 40), "black")
        other = one.copy()
        other.paste("#ff8000", (10, 20, 15, 22))
        other.putpixel((30, 25), (1, 2, 3))
        found = difference(one, other)
        assert found is not None
        self.assertEqual(found.pixels, 11)
        self.assertEqual(found.bounds, Rectangle(10, 20, 21, 6))
        self.assertEqual(
            found.text,
            "11 of 2000 pixels differ, all of them within 21x6+10+20; the first is at"
            " (10, 20): #000000, expected was #ff8000",
        )

    def test_tolerance(self) -> None:
        """
        Colors that are off by more than is allowed.
        """
        one = Image.new("RGB", (5, 4), (100, 100, 100))
        other = Image.new("RGB", (5, 4), (100, 103, 98))
        self.assertIsNone(difference(one, other, 3))
        self.assertIsNotNone(difference(one, other, 2))


class ViewerTests(SynchronousTestCase):
    """
    A viewer in a test.
    """

    def setUp(self) -> None:
        """
        A screen and its viewer.
        """
        self.application = Application()
        self.framebuffer = MemoryFramebuffer(100, 80, "a screen")
        self.framebuffer.fill("orange")
        self.factory = serving(self.framebuffer, self.application)
        self.viewer = Viewer(self.factory)

    def test_sees(self) -> None:
        """
        It has the whole picture as soon as there is a viewer.
        """
        viewer = self.viewer
        self.assertTrue(viewer.isOpen and viewer.isConnected)
        self.assertEqual((viewer.size, viewer.name), ((100, 80), "a screen"))
        self.assertEqual(viewer.color(99, 79), "#ffa500")
        self.assertEqual(viewer.image().mode, "RGB")
        self.assertEqual(viewer.image().size, (100, 80))
        self.assertEqual(viewer.server, self.factory.viewers[0])
        self.assertEqual((viewer.bells, viewer.clipboard), (0, None))
        self.assertEqual(viewer.reason, "")
        assertScreen(viewer, self.framebuffer)
        assertScreen(viewer, Image.new("RGB", (100, 80), "orange"))

    def test_does(self) -> None:
        """
        What it does has reached the application at once.
        """
        self.viewer.press("Return")
        self.viewer.type("hi")
        self.viewer.click(1, 2)
        self.viewer.move(3, 4)
        self.viewer.paste("text")
        self.assertEqual(
            [key for key, down, _ in self.application.keys if down],
            [0xFF0D, ord("h"), ord("i")],
        )
        self.assertEqual(len(self.application.pointers), 4)
        self.assertEqual(self.application.texts, [("text", 1)])
        self.assertAlmostEqual(self.factory.clock.seconds(), 0)

    def test_waitsForTheScreen(self) -> None:
        """
        The application may take a moment until it shows what it should.
        """
        self.factory.clock.callLater(0.5, self.framebuffer.fill, "red")
        assertScreen(self.viewer, Image.new("RGB", (100, 80), "red"))
        self.assertAlmostEqual(self.factory.clock.seconds(), 0.5)

    def test_wrongScreen(self) -> None:
        """
        If it does not, the error says where the pictures differ, and what was said
        on the connection.
        """
        self.framebuffer.fill("red", Rectangle(3, 4, 5, 6))
        with self.assertRaises(AssertionError) as caught:
            assertScreen(self.viewer, Image.new("RGB", (100, 80), "orange"))
        text = str(caught.exception)
        self.assertIn("30 of 8000 pixels differ, all of them within 5x6+3+4", text)
        self.assertIn("What the viewer heard and said:", text)
        self.assertIn("What the server heard and said:", text)
        self.assertIn("FramebufferUpdateRequest", text)

    def test_changeIsOnItsWay(self) -> None:
        """
        A picture that is there now, but about to go, is not what is seen.
        """
        self.framebuffer.fill("red")
        with self.assertRaises(AssertionError):
            assertScreen(self.viewer, Image.new("RGB", (100, 80), "orange"))
        assertScreen(self.viewer, Image.new("RGB", (100, 80), "red"))

    def test_movingScreen(self) -> None:
        """
        Of an application that moves something all the time it is enough that the
        picture was there once; not that it never was.
        """
        colors = iter(range(1 << 20))
        moving = LoopingCall(lambda: self.framebuffer.fill((next(colors) % 256, 0, 1)))
        moving.clock = self.factory.clock
        moving.start(0.05)
        assertScreen(self.viewer, Image.new("RGB", (100, 80), (5, 0, 1)))
        self.assertLess(self.factory.clock.seconds(), 1.1)
        with self.assertRaises(AssertionError):
            assertScreen(self.viewer, Image.new("RGB", (100, 80), (5, 0, 1)))

    def test_settle(self) -> None:
        """
        Time passes until nothing more happens, and no longer.
        """
        for delay in (0.1, 0.3, 0.5):
            self.factory.clock.callLater(delay, self.framebuffer.fill, (9, 9, 9))
            self.factory.clock.callLater(delay, self.framebuffer.bell)
        self.factory.clock.callLater(5, self.framebuffer.bell)
        self.viewer.settle()
        self.assertEqual(self.viewer.bells, 3)
        self.assertEqual(self.viewer.color(0, 0), "#090909")
        self.assertAlmostEqual(self.factory.clock.seconds(), 0.5)

    def test_neverSettles(self) -> None:
        """
        If the application moves something all the time, the error says what to do.
        """
        colors = iter(range(1 << 20))
        moving = LoopingCall(lambda: self.framebuffer.fill((next(colors) % 256, 0, 1)))
        moving.clock = self.factory.clock
        moving.start(0.05)
        with self.assertRaises(AssertionError) as caught:
            self.viewer.settle(2)
        self.assertIn("not settled after 2 seconds", str(caught.exception))
        before = len(self.viewer.updates)
        self.viewer.advance(1)
        self.assertEqual(len(self.viewer.updates) - before, 20)

    def test_advance(self) -> None:
        """
        Everything happens at its own moment while time passes.
        """
        moments: list[float] = []
        clock = self.factory.clock
        ticking = LoopingCall(lambda: moments.append(round(clock.seconds(), 3)))
        ticking.clock = clock
        ticking.start(0.25)
        self.viewer.advance(1)
        self.assertEqual(moments, [0, 0.25, 0.5, 0.75, 1])
        self.assertAlmostEqual(clock.seconds(), 1)

    def test_waitFor(self) -> None:
        """
        Time passes until a condition is true; if it never is, that is an error.
        """
        self.factory.clock.callLater(0.3, self.framebuffer.bell)
        self.viewer.waitFor(lambda: self.viewer.bells == 1)
        self.assertAlmostEqual(self.factory.clock.seconds(), 0.3)
        with self.assertRaises(AssertionError):
            self.viewer.waitFor(lambda: self.viewer.bells == 2, within=0.5)

    def test_leaves(self) -> None:
        """
        When it leaves, the server knows; and it can do nothing more.
        """
        self.viewer.disconnect()
        self.assertEqual(self.factory.viewers, [])
        self.assertFalse(self.viewer.isOpen or self.viewer.isConnected)
        self.assertEqual(self.viewer.reason, "")
        self.assertRaises(ConnectionFailed, self.viewer.press, "a")
        # What it saw last it still sees.
        self.assertEqual(self.viewer.color(0, 0), "#ffa500")

    def test_several(self) -> None:
        """
        Several viewers share the clock.
        """
        other = Viewer(self.factory)
        self.framebuffer.fill("red")
        self.viewer.settle()
        self.assertEqual(other.color(0, 0), "#ff0000")
        self.assertEqual([v.number for v in self.factory.viewers], [1, 2])

    def test_peers(self) -> None:
        """
        The viewers of a factory have addresses of their own, which are the same
        whatever other tests did before.
        """
        Viewer(self.factory)
        other = RFBFactory(self.framebuffer, reactor=Clock())
        Viewer(other)
        peers = [viewer.peer for viewer in (*self.factory.viewers, *other.viewers)]
        self.assertEqual(
            peers, ["127.0.0.1:50001", "127.0.0.1:50002", "127.0.0.1:50001"]
        )

    def test_options(self) -> None:
        """
        Encodings, format, version and sharing are the test's to choose.
        """
        factory = serving(self.framebuffer, shared="honor")
        other = Viewer(factory)
        viewer = Viewer(
            factory,
            encodings=(ZRLE, COPY_RECT),
            format=NATIVE._replace(bigEndian=True),
            newest=3,
            shared=False,
        )
        self.assertFalse(other.isOpen)
        self.assertEqual(viewer.updates[0].encodings, {ZRLE})
        self.assertEqual(viewer.client.connection.minor, 3)
        self.assertTrue(viewer.client.connection.format.bigEndian)
        self.assertEqual(viewer.color(0, 0), "#ffa500")

    def test_notAskedFor(self) -> None:
        """
        That a server sends what was not asked for is an error.
        """
        viewer = Viewer(self.factory, encodings=(ZRLE,))
        server = viewer.server
        assert server is not None
        server.producer.use(Capabilities.fromEncodings((TRLE,)))
        self.framebuffer.fill("red")
        viewer.settle()
        [failure] = self.flushLoggedErrors(AssertionError)
        self.assertIn("TRLE, which was not asked for", str(failure.value))

    def test_noClock(self) -> None:
        """
        A factory with another time than a clock's is an error that says how to mend
        it.
        """
        factory = RFBFactory(self.framebuffer)
        with self.assertRaises(ValueError) as caught:
            Viewer(factory)
        self.assertIn("reactor=twisted.internet.task.Clock()", str(caught.exception))

    def test_memoryReactor(self) -> None:
        """
        A memory reactor that is a clock will do.
        """
        factory = RFBFactory(self.framebuffer, reactor=MemoryReactorClock())
        self.assertIsInstance(factory.clock, Clock)
        self.assertTrue(Viewer(factory).isConnected)


class RefusalTests(SynchronousTestCase):
    """
    A viewer that is refused.
    """

    def test_password(self) -> None:
        """
        It has the reason.
        """
        viewer = Viewer(serving(portal=portalFor("right")), "wrong")
        self.assertFalse(viewer.isConnected)
        self.assertEqual(viewer.reason, "the login failed: authentication failed")
        with self.assertRaises(AssertionError) as caught:
            viewer.image()
        self.assertIn(
            "the viewer sees nothing: the login failed", str(caught.exception)
        )
        self.assertIn("SecurityResult", str(caught.exception))
        self.assertTrue(Viewer(viewer.server.factory, "right").isConnected)  # type: ignore[union-attr]

    def test_turnedAway(self) -> None:
        """
        Also if the factory refuses the connection.
        """
        factory = serving()
        factory.buildProtocol = lambda addr: None  # type: ignore[method-assign]
        viewer = Viewer(factory)
        self.assertFalse(viewer.isOpen or viewer.isConnected)
        self.assertEqual(viewer.reason, "the server closed the connection at once")
        self.assertRaises(AssertionError, viewer.image)
        self.assertRaises(ConnectionFailed, viewer.press, "a")

    def test_serversReason(self) -> None:
        """
        The log has the server's reason, which viewers are not sent.
        """
        viewer = Viewer(serving())
        viewer.server.disconnect("it is late")  # type: ignore[union-attr]
        viewer.settle()
        self.assertIn("The server ended it: it is late", viewer.log)
        self.assertIn("For the viewer it ended: the server closed", viewer.log)


class SlownessTests(SynchronousTestCase):
    """
    Viewers that are slow.
    """

    def test_delay(self) -> None:
        """
        A long way takes its time, in both directions.
        """
        application = Application()
        factory = serving(application=application)
        viewer = Viewer(factory, link=Link(delay=0.1))
        came = factory.clock.seconds()
        self.assertAlmostEqual(came, 0.9)  # four times there and back, and once
        viewer.press("a")
        self.assertEqual(application.keys, [])
        viewer.advance(0.1)
        self.assertEqual(len(application.keys), 2)

    def test_bandwidth(self) -> None:
        """
        A narrow link lets through so many bytes a second.
        """
        framebuffer = MemoryFramebuffer(100, 100)
        factory = serving(framebuffer)
        viewer = Viewer(factory, encodings=(RAW,), link=Link(bandwidth=10_000))
        self.assertLess(abs(factory.clock.seconds() - 4), 0.1)
        viewer.link = Link(bandwidth=100_000)
        start = factory.clock.seconds()
        framebuffer.fill("red")
        assertScreen(viewer, framebuffer)
        self.assertLess(abs(factory.clock.seconds() - start - 0.4), 0.05)
        self.assertEqual(viewer.link, Link(bandwidth=100_000))

    def test_hangs(self) -> None:
        """
        A viewer that reads nothing sees nothing, what is written waits, and comes
        when it reads on.
        """
        framebuffer = MemoryFramebuffer(300, 300)
        viewer = Viewer(serving(framebuffer), encodings=(RAW,))
        viewer.pauseReading()
        framebuffer.fill("red")
        viewer.settle()
        self.assertEqual(viewer.color(0, 0), "#000000")
        self.assertGreater(viewer.backlog, 65536)
        self.assertLess(viewer.backlog, 300_000)
        viewer.resumeReading()
        self.assertEqual(viewer.color(0, 0), "#ff0000")
        self.assertEqual(viewer.backlog, 0)
        assertScreen(viewer, framebuffer, within=0)

    def test_link(self) -> None:
        """
        Bandwidth and delay cannot be negative.
        """
        self.assertRaises(ValueError, Link, -1)
        self.assertRaises(ValueError, Link, 0, -1)


class RawTests(SynchronousTestCase):
    """
    The viewer proper.
    """

    def test_client(self) -> None:
        """
        Anything can be said with it.
        """
        viewer = Viewer(serving())
        viewer.client.isUpdating = False
        viewer.send(SetEncodings((RAW,)))
        viewer.client.requestUpdate(False, Rectangle(0, 0, 1, 1))
        viewer.settle()
        self.assertEqual(viewer.updates[-1].rectangles, (Rectangle(0, 0, 1, 1),))
