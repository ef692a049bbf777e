# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._session.server} and L{txrfb.protocol} as embedders see them: the
viewers, what they may do, and who drives.
"""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from tests.machine import PSEUDO, Desk, Knowing
from tests.scenes import Application, serving
from txrfb._wire.messages.extensions import QemuMessage
from txrfb.encodings import constants as c
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.geometry import Rectangle
from txrfb.interfaces import IViewer
from txrfb.security.accounts.realm import portalFor
from txrfb.security.accounts.rights import FULL, VIEW_ONLY, Rights
from txrfb.testing import Link, Viewer, assertScreen


def server(viewer: Viewer) -> Any:
    """
    @return: The viewer as the application knows it.
    """
    return viewer.server


class KnownTests(SynchronousTestCase):
    """
    What is known of a viewer.
    """

    def test_interface(self) -> None:
        """
        It is what the interface says.
        """
        viewer = Viewer(serving())
        verifyObject(IViewer, server(viewer))

    def test_first(self) -> None:
        """
        Before it is in, there is little to know.
        """
        factory = serving()
        protocol: Any = factory.buildProtocol(None)
        self.assertEqual(protocol.encoding, "")
        self.assertEqual(protocol.encodings, ())
        self.assertEqual((protocol.bytesSent, protocol.framesSent), (0, 0))
        self.assertIsNone(protocol.latency)
        self.assertEqual(protocol.secondsBehind, 0)
        self.assertEqual(factory.viewers, [])

    def test_viewer(self) -> None:
        """
        Then all is: where it is, what it reads, how much it got.
        """
        framebuffer = MemoryFramebuffer(100, 80)
        factory = serving(framebuffer, Application())
        viewer = Knowing(factory)
        known = server(viewer)
        self.assertEqual(factory.viewers, [known])
        self.assertRegex(known.peer, r"^127\.0\.0\.1:\d+$")
        self.assertEqual(known.encoding, "ZRLE")
        self.assertEqual(known.encodings, (c.COPY_RECT, c.ZRLE, *PSEUDO))
        self.assertEqual(known.number, 1)
        self.assertFalse(known.viewOnly)
        self.assertEqual(known.avatarId, b"")
        before = known.bytesSent, known.framesSent
        framebuffer.fill("red")
        viewer.settle()
        self.assertGreater(known.bytesSent, before[0])
        self.assertEqual(known.framesSent, before[1] + 1)
        self.assertIn(repr(known.peer)[1:-1], repr(known))

    def test_latency(self) -> None:
        """
        The round trip is known of a viewer that knows fences, and of no other.
        """
        framebuffer = MemoryFramebuffer(100, 80)
        factory = serving(framebuffer)
        link = Link(0, 0.15)
        viewer = Knowing(factory, link=link)
        other = Viewer(factory, link=link, encodings=(c.RAW,))
        framebuffer.fill("red")
        viewer.settle()
        self.assertAlmostEqual(server(viewer).latency, 0.3, 3)
        self.assertIsNone(server(other).latency)

    def test_secondsBehind(self) -> None:
        """
        A viewer that reads nothing falls behind, and catches up.
        """
        framebuffer = MemoryFramebuffer(400, 300)
        factory = serving(framebuffer)
        viewer = Viewer(factory, encodings=(c.RAW,))
        viewer.pauseReading()
        other = Viewer(factory)
        for color in ("red", "lime", "blue"):
            framebuffer.fill(color)
            viewer.advance(1)
        self.assertGreater(server(viewer).secondsBehind, 1.5)
        self.assertEqual(server(other).secondsBehind, 0)
        viewer.resumeReading()
        assertScreen(viewer, framebuffer)
        viewer.settle()
        self.assertEqual(server(viewer).secondsBehind, 0)

    def test_comingAndGoing(self) -> None:
        """
        The application is told who looks on whenever that changes.
        """
        application = Application()
        factory = serving(application=application)
        first, second = Viewer(factory), Viewer(factory)
        server(first).disconnect("the application had enough of it")
        second.settle()
        self.assertEqual(application.audiences, [[1], [1, 2], [2]])
        self.assertFalse(first.isOpen)
        self.assertEqual(
            server(first).transcript.reason, "the application had enough of it"
        )
        self.assertTrue(second.isConnected)


class RightsTests(SynchronousTestCase):
    """
    What a viewer may do.
    """

    def act(self, viewer: Viewer, application: Application) -> list[str]:
        """
        @return: What of keys, pointer and clipboard had an effect.
        """
        for kind in (application.keys, application.pointers, application.texts):
            kind.clear()
        viewer.press("A")
        viewer.click(5, 5)
        viewer.paste("text")
        viewer.settle()
        kinds = {
            "keys": application.keys,
            "pointer": application.pointers,
            "clipboard": application.texts,
        }
        return [name for name, events in kinds.items() if events]

    def test_each(self) -> None:
        """
        Each right is for itself, and may be given and taken at any time.
        """
        application = Application()
        viewer = Knowing(serving(application=application))
        for names in (
            *([], ["keys"], ["pointer"], ["clipboard"]),
            *(["keys", "clipboard"], ["keys", "pointer", "clipboard"], []),
        ):
            server(viewer).rights = Rights(names)
            self.assertEqual(self.act(viewer, application), names)

    def test_viewOnlyFactory(self) -> None:
        """
        Where all only watch, nobody does anything; whatever the portal says.
        """
        application = Application()
        factory = serving(application=application, viewOnly=True)
        viewer = Viewer(factory)
        self.assertTrue(server(viewer).viewOnly)
        self.assertEqual(self.act(viewer, application), [])

    def test_viewOnlyPassword(self) -> None:
        """
        A password may be for watching.
        """
        application = Application()
        portal = portalFor("all", viewPassword="watch")
        factory = serving(application=application, portal=portal)
        for password, able in (("all", True), ("watch", False)):
            viewer = Viewer(factory, password)
            self.assertEqual(bool(self.act(viewer, application)), able)

    def test_pointerIsNotMoved(self) -> None:
        """
        The pointer of who may not move it moves for nobody.
        """
        factory = serving(application=Application())
        viewer = Viewer(factory)
        server(viewer).rights = VIEW_ONLY
        viewer.move(50, 50)
        self.assertEqual(factory.display.pointer, (0, 0))

    def test_othersAreNotConcerned(self) -> None:
        """
        What one may has no effect on another.
        """
        application = Application()
        factory = serving(application=application)
        one, other = Viewer(factory), Viewer(factory)
        server(one).rights = VIEW_ONLY
        self.assertEqual(self.act(one, application), [])
        self.assertEqual(self.act(other, application), ["keys", "pointer", "clipboard"])


class DrivingTests(SynchronousTestCase):
    """
    Only one viewer drives.
    """

    def setUp(self) -> None:
        """
        Three viewers, of which the first drives.
        """
        self.desk = Desk()
        self.factory = serving(application=self.desk, exclusive=True)
        self.viewers = [Viewer(self.factory) for _ in range(3)]

    def able(self) -> list[int]:
        """
        @return: Which of the viewers can press a key.
        """
        able = []
        for index, viewer in enumerate(self.viewers):
            self.desk.heard.clear()
            if viewer.isConnected:
                viewer.press("A")
                viewer.move(index + 1, 1)
            if self.desk.heard:
                self.assertEqual(len(self.desk.heard), 3)
                able.append(index)
        self.desk.heard.clear()
        return able

    def test_first(self) -> None:
        """
        The first that comes drives.
        """
        self.assertEqual(self.able(), [0])
        self.assertIs(self.factory.driver, self.viewers[0].server)

    def test_handOver(self) -> None:
        """
        Until it is handed over; what it holds is released then.
        """
        self.viewers[0].keyEvent(65, True)
        self.viewers[0].move(1, 2)
        self.viewers[0].buttonDown(1)
        self.desk.heard.clear()
        self.factory.handOver(self.viewers[2].server)
        self.assertEqual(self.desk.heard, [("key", 65, False), (1, 2, 0)])
        self.assertEqual(self.able(), [2])
        self.factory.handOver(self.viewers[2].server)
        self.assertEqual(self.able(), [2])

    def test_toNobody(self) -> None:
        """
        It may be handed to nobody, and then nobody drives who comes later, either.
        """
        self.factory.handOver(None)
        self.assertEqual(self.able(), [])
        self.viewers.append(Viewer(self.factory))
        self.assertEqual(self.able(), [])
        self.factory.handOver(self.viewers[1].server)
        self.assertEqual(self.able(), [1])

    def test_leaves(self) -> None:
        """
        When the driver leaves, the next drives that may; if there is none, the next
        that comes.
        """
        server(self.viewers[1]).rights = VIEW_ONLY
        self.viewers[0].disconnect()
        self.assertEqual(self.able(), [2])
        self.viewers[2].disconnect()
        self.assertEqual(self.able(), [])
        self.viewers.append(Viewer(self.factory))
        self.assertEqual(self.able(), [3])

    def test_watcherLeaves(self) -> None:
        """
        That others leave changes nothing.
        """
        self.viewers[1].disconnect()
        self.assertEqual(self.able(), [0])

    def test_strangers(self) -> None:
        """
        It cannot be handed to who does not look on, nor where everybody drives.
        """
        gone = self.viewers[1].server
        self.viewers[1].disconnect()
        self.assertRaises(ValueError, self.factory.handOver, gone)
        self.assertEqual(self.able(), [0])
        factory = serving()
        viewer = Viewer(factory)
        self.assertRaises(ValueError, factory.handOver, viewer.server)

    def test_atAnyTime(self) -> None:
        """
        Whether only one drives may change at any time; what the others hold is
        released.
        """
        self.factory.exclusive = False
        self.assertEqual(self.able(), [0, 1, 2])
        self.viewers[0].keyEvent(65, True)
        self.viewers[1].keyEvent(66, True)
        self.desk.heard.clear()
        self.factory.exclusive = True
        self.assertTrue(self.factory.exclusive)
        self.assertEqual(self.desk.heard, [("key", 66, False)])
        self.assertEqual(self.able(), [0])


class LogoutTests(SynchronousTestCase):
    """
    The end of a connection, with a portal that fails at it.
    """

    def test_brokenLogout(self) -> None:
        """
        A logout that fails is logged, and the connection is closed all the same.
        """
        factory = serving(application=Application())
        viewer = Viewer(factory)

        def logout() -> None:
            raise ZeroDivisionError("in the portal")

        server(viewer)._handshake._logout = logout
        server(viewer).rights = FULL
        server(viewer).disconnect("enough")
        viewer.settle()
        self.assertFalse(viewer.isOpen)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertEqual(factory.viewers, [])


class BadValueTests(SynchronousTestCase):
    """
    Every byte that makes no sense ends the connection of who sent it, with a reason,
    and another viewer notices nothing.
    """

    def test_all(self) -> None:
        """
        Whatever it is.
        """
        framebuffer = MemoryFramebuffer(100, 80)
        factory = serving(framebuffer, Desk())
        other = Viewer(factory)
        for data, reason in (
            (b"\xf8\0\0\0\x80\0\0\0\x41", "a fence of 65 bytes"),
            (b"\xf8\0\0\0\x80\0\0\0\xff", "a fence of 255 bytes"),
            (b"\xff\7", "no QEMU message 7"),
            (b"\xff\1\0\7", "no audio operation 7"),
            (b"\x07", "no message type 7"),
            (b"\x99", "no message type 153"),
            (b"\6\0\0\0\xff\xff\xff\xff", "was not announced"),
        ):
            viewer = Knowing(factory, (c.FENCE, c.QEMU_AUDIO, c.QEMU_EXTENDED_KEY))
            if data[0] == 0xFF:
                # It needs an application that speaks of it.
                server(viewer)._connection.understand(QemuMessage)
            server(viewer).dataReceived(data)
            self.assertTrue(server(viewer).hasEnded, data)
            self.assertIn(reason, server(viewer).transcript.reason)
            framebuffer.fill("red")
            framebuffer.fill("lime", Rectangle(0, 0, data[0] % 90, 9))
            assertScreen(other, framebuffer)
        self.assertEqual(self.flushLoggedErrors(), [])
