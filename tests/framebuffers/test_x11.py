# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.framebuffers.x11}, with X servers that are none.
"""

from __future__ import annotations

import os
import struct
from typing import Any, cast
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray
from twisted.application.service import IService
from twisted.internet.error import ConnectError
from twisted.internet.testing import MemoryReactorClock
from twisted.logger import ILogObserver, formatEvent, globalLogPublisher
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.framebuffers.owner import Owner
from tests.x11.fake import EXTENSIONS, FakeServer, Refusal
from txrfb.framebuffers import X11Framebuffer
from txrfb.framebuffers._kinds import framebufferFromString
from txrfb.geometry import Rectangle
from txrfb.pixels import Cursor
from txrfb.protocol import RFBFactory
from txrfb.testing import Viewer
from txrfb.x11 import damage, shm, xfixes
from txrfb.x11.auth import COOKIE, FAMILY_WILD, Authority, writeAuthorities
from txrfb.x11.connection import SILENCE

ENTRY = Authority(FAMILY_WILD, b"", b"", COOKIE, b"0123456789abcdef")

#: What a frame is made with; the first is where the pointer is.
FRAME = ["38", "DAMAGE 3", "XFIXES 20", "62", "XFIXES 19"]


class X11Case(SynchronousTestCase):
    """
    A framebuffer, and a display.
    """

    framebuffer: X11Framebuffer
    server: FakeServer

    def setUp(self) -> None:
        """
        Have time, and keep what is logged.
        """
        self.clock: Any = MemoryReactorClock()
        self.owner = Owner()
        self.events: list[Any] = []
        observer = cast(ILogObserver, self.events.append)
        globalLogPublisher.addObserver(observer)
        self.addCleanup(globalLogPublisher.removeObserver, observer)

    @property
    def log(self) -> str:
        """
        What was logged.
        """
        return "\n".join(filter(None, map(formatEvent, self.events)))

    def start(self, display: str = ":7", **options: Any) -> X11Framebuffer:
        """
        Start a framebuffer.
        """
        options.setdefault("authority", [ENTRY])
        framebuffer = X11Framebuffer(display, reactor=self.clock, **options)
        self.framebuffer = framebuffer
        IService(framebuffer).setServiceParent(self.owner)
        self.owner.privilegedStartService()
        self.owner.startService()
        return framebuffer

    def makeServer(self, **options: Any) -> Any:
        """
        Make a display.
        """
        return FakeServer(**options)

    def serve(self, **options: Any) -> FakeServer:
        """
        Let it in.
        """
        self.server = self.makeServer(clock=self.clock, **options)
        clients = self.clock.unixClients or self.clock.tcpClients
        factory = clients[-1][1 if self.clock.unixClients else 2]
        self.server.connect(factory.buildProtocol(None))
        for _ in range(8):
            self.clock.advance(0)
        return self.server

    def look(self) -> Viewer:
        """
        @return: A viewer, which sees what there is.
        """
        if not hasattr(self, "factory"):
            self.factory = RFBFactory(self.framebuffer, reactor=self.clock)
        viewer = Viewer(self.factory)
        viewer.settle()
        return viewer

    def seen(self, viewer: Viewer) -> NDArray[np.uint32]:
        """
        @return: What it sees: values of 24 bits.
        """
        picture = np.asarray(viewer.image().convert("RGB")).astype(np.uint32)
        values = (picture[..., 0] << 16) | (picture[..., 1] << 8) | picture[..., 2]
        return values.astype(np.uint32)

    def assertSeen(self, viewer: Viewer, passes: float = 1.0) -> None:
        """
        Assert that a viewer sees what is on the display, after some time.
        """
        viewer.advance(passes)
        viewer.settle()
        np.testing.assert_array_equal(self.seen(viewer), self.server.pixels & 0xFFFFFF)


class PixelsTests(X11Case):
    """
    What is seen.
    """

    def test_picture(self) -> None:
        """
        What is on the display is seen, and what is drawn, each time with one write.
        """
        self.start()
        server = self.serve()
        server.pixels[:] = np.arange(server.pixels.size).reshape(server.pixels.shape)
        viewer = self.look()
        self.assertSeen(viewer)
        for number in range(1, 5):
            del server.log[:]
            server.paint(
                Rectangle(number, 7, 20, number), 0xFF000000 + 0x123456 * number
            )
            self.assertSeen(viewer)
            self.assertEqual(server.log, FRAME)
        # These are what this server lacks: RANDR and XTEST.
        self.assertEqual(self.log.count("it has no"), 2)
        self.assertIn("it has no RANDR 1.3, so it keeps its size", self.log)

    def test_largeDamage(self) -> None:
        """
        After something large the rest of what is drawn then is waited for, for a
        moment, and all of it comes together; after something small what is drawn is
        fetched at once.
        """
        self.start()
        server = self.serve(width=400, height=300)
        viewer = self.look()
        # All of the screen was fetched first.
        viewer.advance(1)
        del server.log[:]
        server.paint(Rectangle(0, 0, 400, 200), 2)
        self.clock.advance(0.003)
        server.paint(Rectangle(0, 200, 10, 10), 3)
        self.assertEqual(server.log, [])
        self.assertSeen(viewer, 0.002)
        viewer.advance(1)
        self.assertEqual(server.log, FRAME)
        server.paint(Rectangle(0, 0, 10, 10), 1)
        self.assertSeen(viewer)
        for _ in range(3):
            viewer.advance(1)
            del server.log[:]
            server.paint(Rectangle(0, 0, 10, 10), 1)
            self.clock.advance(0)
            self.assertEqual(server.log, FRAME)

    def test_nothingWithoutViewers(self) -> None:
        """
        Without viewers the display collects no damage, and is asked for nothing.
        """
        self.start()
        server = self.serve()
        self.assertEqual(server.damages, {})
        viewer = self.look()
        self.assertEqual(len(server.damages), 1)
        viewer.disconnect()
        self.clock.advance(1)
        self.assertEqual(server.damages, {})
        del server.log[:]
        server.paint(Rectangle(0, 0, 5, 5), 0xABCDEF)
        self.clock.advance(10)
        self.assertEqual(server.log, [])
        self.assertSeen(self.look())

    def test_idle(self) -> None:
        """
        While nothing is drawn nothing is asked.
        """
        self.start()
        server = self.serve()
        self.look()
        del server.log[:]
        self.clock.advance(60)
        self.assertEqual(server.log, [])

    def test_noRoom(self) -> None:
        """
        While viewers have no room damage is not collected for long: it is begun anew,
        once; later all is seen.
        """
        self.start()
        server = self.serve()
        viewer = self.look()
        viewer.pauseReading()
        for number in range(4):
            server.paint(self.server.screen, 0x1000 * number + 5)
            self.clock.advance(0.1)
        del server.log[:]
        with patch.object(X11Framebuffer, "_changed"):
            server.paint(Rectangle(1, 1, 5, 5), 0xFFFF)
            for _ in range(40):
                self.clock.advance(0.1)
                server.paint(Rectangle(2, 2, 5, 5), 0xFF)
        self.assertEqual(server.log, ["DAMAGE 2", "DAMAGE 1"])
        viewer.resumeReading()
        server.paint(Rectangle(3, 1, 5, 5), 0xFF00)
        self.framebuffer._changed()
        self.assertSeen(viewer)

    def test_size(self) -> None:
        """
        When the display has another size viewers see it, and no black frame.
        """
        self.start()
        server = self.serve()
        server.pixels[:] = 0x445566
        viewer = self.look()
        for size in ((80, 60), (30, 20), (64, 48)):
            server.resize(*size)
            server.pixels[:] = 0x445566
            self.assertSeen(viewer)
            self.assertEqual(viewer.size, size)
        self.assertEqual(len(server.segments), 1)

    def test_sizeDuringCapture(self) -> None:
        """
        A size that changes while a frame is under way does no harm.
        """
        self.start()
        server = self.serve()
        viewer = self.look()
        server.isStopped = True
        server.paint(Rectangle(0, 0, 9, 9), 0x112233)
        server.isStopped = False
        server.flush()
        server.isStopped = True
        self.clock.advance(0.1)
        server.isStopped = False
        server.resize(20, 20)
        self.assertSeen(viewer)

    def test_impossibleSize(self) -> None:
        """
        A display without a size that can be shown is refused in words.
        """
        self.start()
        self.serve(width=0, height=5)
        self.assertIn("0x5 pixels", self.owner.reasons[0])


class FallbackTests(X11Case):
    """
    Displays that lack something.
    """

    def lacking(self, *names: str, **options: Any) -> Viewer:
        """
        @return: A viewer of a display without some extensions.
        """
        extensions = [name for name in EXTENSIONS if name not in names]
        self.start()
        server = self.serve(extensions=extensions, **options)
        server.pixels[:] = np.arange(server.pixels.size).reshape(server.pixels.shape)
        viewer = self.look()
        self.assertSeen(viewer)
        for number in range(1, 4):
            server.paint(Rectangle(number, 5, 9, 9), 0x123456 * number)
            self.assertSeen(viewer)
            server.paint(Rectangle(0, 5, 64, number), 0x654321 * number)
            server.paint(Rectangle(50, 40, 3, number), 0x654321 * number)
            self.assertSeen(viewer)
        server.resize(40, 30)
        self.assertSeen(viewer)
        server.paint(Rectangle(30, 20, 10, 10), 0x1)
        self.assertSeen(viewer)
        return viewer

    def test_noPixmaps(self) -> None:
        """
        Without pixmaps in shared memory images are put into it one by one.
        """
        self.lacking(hasPixmaps=False)
        self.assertIn("it has no pixmaps in shared memory", self.log)
        self.assertIn("MIT-SHM 4", self.server.log)

    def test_noSharedMemory(self) -> None:
        """
        Without MIT-SHM pixels come through the connection, ten times a second.
        """
        self.lacking(shm.NAME)
        self.assertIn("it shares no memory with us", self.log)
        del self.server.log[:]
        for number in range(100):
            self.server.paint(Rectangle(number % 30, 0, 1, 1), number)
            self.clock.advance(0.01)
        self.assertIn(self.server.log.count("XFIXES 19"), (10, 11))

    def test_noDamage(self) -> None:
        """
        Without DAMAGE all is looked at, ten times a second.
        """
        viewer = self.lacking(damage.NAME)
        self.assertIn("it has no DAMAGE, so it is looked at ten times", self.log)
        del self.server.log[:]
        for _ in range(100):
            self.clock.advance(0.01)
        self.assertIn(self.server.log.count("62"), (10, 11))
        viewer.disconnect()
        self.clock.advance(1)
        del self.server.log[:]
        self.clock.advance(10)
        self.assertEqual(self.server.log, [])

    def test_noXFixes(self) -> None:
        """
        Without XFIXES there is no cursor, and all is looked at when something is drawn.
        """
        viewer = self.lacking(xfixes.NAME)
        self.assertIn("it has no XFIXES", self.log)
        self.assertIsNone(viewer.cursor)

    def test_onlyImages(self) -> None:
        """
        With nothing but the core protocol it goes as well.
        """
        self.lacking(*EXTENSIONS)
        self.assertEqual(self.log.count("it has no"), 4)

    def test_noXFixesNoPixmaps(self) -> None:
        """
        Several things may be lacking.
        """
        self.lacking(xfixes.NAME, hasPixmaps=False)

    def test_otherByteOrder(self) -> None:
        """
        On a machine with the most significant byte first pixels are turned.
        """
        self.lacking(isBigEndian=True)
        self.assertNotIn("MIT-SHM 6", self.server.log)

    def test_notShared(self) -> None:
        """
        A display that says that it can share memory, and cannot, is one without.
        """

        def refuse(server: FakeServer, request: bytes) -> None:
            raise Refusal(10)

        handlers = {**FakeServer.handlers, "MIT-SHM 6": refuse}
        with patch.object(FakeServer, "handlers", handlers):
            self.lacking()
        self.assertIn("it shares no memory with us", self.log)
        self.assertNotIn("BadAccess", self.log)

    def test_tcp(self) -> None:
        """
        A display of another machine shares no memory.
        """
        framebuffer = X11Framebuffer("192.0.2.1:3", reactor=self.clock)
        self.framebuffer = framebuffer
        IService(framebuffer).setServiceParent(self.owner)
        self.owner.startService()
        self.clock.advance(1)
        server = self.serve(isLocal=False)
        server.pixels[:] = 0x334455
        self.assertSeen(self.look())
        self.assertEqual(self.clock.tcpClients[0][1], 6003)
        self.assertNotIn("MIT-SHM 0", server.log)

    def test_depths(self) -> None:
        """
        Colors of another depth are refused in a sentence.
        """
        for depth, bits in ((8, 8), (30, 32), (24, 24)):
            self.start()
            self.serve(depth=depth, bits=bits)
            self.assertIn(
                f"the display has a depth of {depth} bits; it must be 15, 16, 24 or 32",
                self.owner.reasons[-1],
            )
        self.start()
        self.serve(depth=16, bits=16)
        self.assertIn("masks 0xff0000, 0xff00, 0xff", self.owner.reasons[-1])

    def test_depth32(self) -> None:
        """
        A depth of 32 is as good as one of 24.
        """
        self.lacking(depth=32)
        self.assertEqual(self.owner.reasons, [])


class LifeTests(X11Case):
    """
    Displays that come and go, and that hang.
    """

    def test_waiting(self) -> None:
        """
        A viewer that comes before the display is let in when that is there; the
        service's start is what connects.
        """
        framebuffer = self.start()
        prepared = framebuffer.prepared()
        self.assertNoResult(prepared)
        self.assertEqual(framebuffer.width, 0)
        self.serve()
        self.successResultOf(prepared)
        self.assertEqual((framebuffer.width, framebuffer.height), (64, 48))
        self.successResultOf(framebuffer.prepared())

    def test_canceled(self) -> None:
        """
        A viewer that leaves does not wait any more.
        """
        framebuffer = self.start()
        prepared = framebuffer.prepared()
        prepared.cancel()
        self.failureResultOf(prepared)
        self.serve()

    def test_noDisplay(self) -> None:
        """
        A display that is not there ends the framebuffer, with the reason.
        """
        framebuffer = self.start()
        prepared = framebuffer.prepared()
        self.failToConnect()
        reason = "X display :7: cannot connect to :7 at /tmp/.X11-unix/X7: No such file"
        self.assertIn(reason, self.owner.reasons[0])
        self.assertIn(reason, str(self.failureResultOf(prepared).value))

    def failToConnect(self) -> None:
        """
        Have no display, wherever it is looked for.
        """
        for number in range(2):
            if number < len(self.clock.connectors):
                factory = self.clock.unixClients[number][1]
                connector = self.clock.connectors[number]
                error = Failure(ConnectError(osError=2))
                factory.clientConnectionFailed(connector, error)

    def test_dies(self) -> None:
        """
        A display that dies ends the framebuffer, and what waits for it.
        """
        self.start()
        self.serve()
        viewer = self.look()
        self.server.isStopped = True
        self.server.pixels[:] = 5
        self.framebuffer._changed()
        viewer.advance(0.01)
        self.server.end()
        self.assertEqual(len(self.owner.reasons), 1)
        self.assertIn("X display :7: the display is gone", self.owner.reasons[0])

    def test_noOwner(self) -> None:
        """
        Without a parent that is told, it is logged.
        """
        self.start()
        self.serve()
        IService(self.framebuffer).disownServiceParent()
        self.framebuffer.start()
        self.assertEqual(self.owner.reasons, [])

    def test_reconnects(self) -> None:
        """
        One that is to come back is looked for; viewers keep the picture meanwhile, and
        see the new one, whatever its size.
        """
        self.start(reconnect=True)
        self.serve()
        self.server.pixels[:] = 0x123456
        viewer = self.look()
        self.server.end()
        self.assertIn("the display is gone", self.log)
        self.assertIn("it is looked for again", self.log)
        self.assertEqual(self.owner.reasons, [])
        viewer.advance(0.3)
        self.assertTrue(viewer.isConnected)
        other = self.look()
        self.assertEqual(other.color(0, 0), "#123456")
        self.clock.advance(0.3)
        self.serve(width=100, height=20)
        self.server.paint(self.server.screen, 0x654321)
        self.assertSeen(viewer)
        self.assertSeen(other)

    def test_looksSeldom(self) -> None:
        """
        A display that stays away is looked for less and less often, and logged once.
        """
        self.start(reconnect=True)
        for _ in range(200):
            if len(self.clock.connectors) > getattr(self, "failed", 0):
                self.failed = len(self.clock.connectors)
                _, factory, *_ = self.clock.unixClients[-1]
                factory.clientConnectionFailed(
                    self.clock.connectors[-1], Failure(ConnectError(osError=2))
                )
            else:
                self.clock.advance(0.5)
        self.assertEqual(self.log.count("it is looked for again"), 1)
        self.assertLess(len(self.clock.unixClients), 60)
        while len(self.clock.connectors) == self.failed:
            self.clock.advance(0.5)
        self.serve()
        self.assertEqual(self.framebuffer.width, 64)

    def test_stops(self) -> None:
        """
        When the service stops the connection is closed, and that is no end to tell.
        """
        self.start(reconnect=True)
        self.serve()
        stopped = self.owner.stopService()
        self.assertTrue(self.server.transport.disconnected)
        self.assertNoResult(stopped)
        self.clock.advance(0)
        self.successResultOf(stopped)
        self.assertEqual(self.owner.reasons, [])
        self.assertNotIn("again", self.log)
        self.clock.advance(60)
        self.assertEqual(len(self.clock.unixClients), 1)

    def test_stopsWhileItConnects(self) -> None:
        """
        It can stop before there is a connection, and while it waits for one.
        """
        self.start(reconnect=True)
        self.successResultOf(self.owner.stopService())
        self.assertEqual(self.owner.reasons, [])

    def test_hangs(self) -> None:
        """
        While a display hangs, new viewers see what it showed last, soon; after some
        seconds the log says that it does not answer, and later that it does.
        """
        self.start()
        server = self.serve()
        server.pixels[:] = 0x123456
        self.assertSeen(self.look())
        server.isStopped = True
        server.paint(Rectangle(0, 0, 5, 5), 5)
        server.isStopped = False
        server.flush()
        server.isStopped = True
        self.clock.advance(0.1)
        began = self.clock.seconds()
        second = Viewer(self.factory)
        self.assertEqual(second.color(1, 1), "#123456")
        self.assertLess(self.clock.seconds() - began, 0.05)
        self.assertNotIn("does not answer", self.log)
        self.clock.advance(SILENCE)
        self.assertEqual(self.log.count("the display does not answer"), 1)
        for _ in range(100):
            self.clock.advance(1)
        third = Viewer(self.factory)
        self.assertEqual(third.color(1, 1), "#123456")
        self.assertEqual(self.log.count("the display does not answer"), 1)
        self.assertLess(len(server.transport.value()), 1000)
        server.isStopped = False
        server.pump()
        self.assertIn("the display answers again", self.log)
        for viewer in (second, third):
            self.assertSeen(viewer, 12.0)
        self.flushLoggedErrors()

    def test_refused(self) -> None:
        """
        A display that refuses says why.
        """
        self.start()
        self.serve(refusal="Authorization required")
        self.assertEqual(
            self.owner.reasons,
            ["X display :7: the display refuses: Authorization required"],
        )


class AuthorityTests(X11Case):
    """
    Files of what lets us in.
    """

    def test_file(self) -> None:
        """
        The file that is named is read before rights are given up, and again later, if
        that can be.
        """
        path = self.mktemp()
        writeAuthorities(path, [ENTRY])
        self.start(authority=path, reconnect=True)
        os.remove(path)
        self.assertEqual(self.serve().authority, (ENTRY.name, ENTRY.data))
        self.server.end()
        self.clock.advance(1)
        self.assertEqual(self.serve().authority, (ENTRY.name, ENTRY.data))

    def test_environment(self) -> None:
        """
        Without one the user's counts.
        """
        path = self.mktemp()
        writeAuthorities(path, [ENTRY])
        with patch.dict(os.environ, XAUTHORITY=path):
            self.start(authority=None)
        self.assertEqual(self.serve().authority, (ENTRY.name, ENTRY.data))

    def test_none(self) -> None:
        """
        The user may have none, which is nothing to tell; one that is named must be
        there.
        """
        path = self.mktemp()
        with patch.dict(os.environ, XAUTHORITY=path):
            self.start(authority=None)
        self.assertEqual(self.serve().authority, (b"", b""))
        self.assertNotIn(path, self.log)
        self.start(authority=path)
        self.assertIn(f"{path} cannot be read: No such file", self.log)


class CursorTests(X11Case):
    """
    The shape of the pointer.
    """

    def test_shape(self) -> None:
        """
        The shape is seen, not premultiplied; one that was seen before is not asked for
        again.
        """
        self.start()
        server = self.serve()
        red = bytes.fromhex("00008080")
        server.cursor = (5, 6, 2, 1, 1, 0, 7, red + bytes(4))
        viewer = self.look()
        expected = Cursor(2, 1, 1, 0, bytes.fromhex("0000ff80") + bytes(4))
        self.assertEqual(self.framebuffer.cursor, expected)
        self.assertIsNotNone(viewer.cursor)
        server.cursor = (5, 6, 1, 1, 0, 0, 8, b"\1\2\3\xff")
        self.cursorChanges(8)
        self.assertEqual(self.framebuffer.cursor, Cursor(1, 1, 0, 0, b"\1\2\3\xff"))
        del server.log[:]
        self.cursorChanges(7)
        self.assertEqual(self.framebuffer.cursor, expected)
        self.assertEqual(server.log, [])

    def cursorChanges(self, serial: int) -> None:
        """
        Tell it.
        """
        self.server.event(EXTENSIONS[xfixes.NAME][1] + 1, struct.pack("<II", 0, serial))
        self.server.flush()

    def test_nobodyLooks(self) -> None:
        """
        Without viewers nothing is asked for.
        """
        self.start()
        server = self.serve()
        self.assertNotIn("XFIXES 4", server.log)


class OptionTests(SynchronousTestCase):
    """
    C{x11:} on the command line.
    """

    def made(self, description: str) -> X11Framebuffer:
        """
        @return: What it describes.
        """
        framebuffer = framebufferFromString(MemoryReactorClock(), description)
        assert isinstance(framebuffer, X11Framebuffer)
        return framebuffer

    def test_options(self) -> None:
        """
        A display, and options.
        """
        framebuffer = self.made("x11::3,reconnect=yes,authority=/a,b")
        self.assertEqual(str(framebuffer.display), ":3")
        self.assertEqual(framebuffer.name, "X display :3")
        self.assertTrue(framebuffer._reconnects)
        self.assertEqual(str(self.made("x11:pc:1.2").display), "pc:1.2")

    def test_environment(self) -> None:
        """
        Without a display that of the environment counts.
        """
        with patch.dict(os.environ, DISPLAY=":9"):
            self.assertEqual(str(self.made("x11").display), ":9")
            self.assertEqual(str(self.made("x11:,reconnect=no").display), ":9")

    def test_wrong(self) -> None:
        """
        All else is an error that says what is allowed.
        """
        with patch.dict(os.environ):
            os.environ.pop("DISPLAY", None)
            for description, reason in (
                ("x11", "DISPLAY is not set"),
                ("x11:7", "'7' is no X display"),
                ("x11::7,reconnect=maybe", "reconnect=maybe"),
                ("x11::7,color=red", "':7,color=red' is no X display"),
            ):
                with self.assertRaises(ValueError) as caught:
                    self.made(description)
                self.assertIn(reason, str(caught.exception))
                self.assertIn("expected x11:DISPLAY", str(caught.exception))
