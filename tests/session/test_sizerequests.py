# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._session.sizerequests}: the sizes and screens that viewers ask for, and
those that they are told of.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred, fail, succeed

from tests.machine import PSEUDO, Elastic, Knowing, Scene, Screens, later
from tests.scenes import serving
from txrfb._wire.messages.extensions import SetDesktopSize
from txrfb.client.events import ScreensChanged
from txrfb.encodings import constants as c
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.geometry import Rectangle, Screen
from txrfb.security.accounts.rights import FULL, VIEW_ONLY, Rights
from txrfb.testing import Viewer, assertScreen

SCREEN = Rectangle(0, 0, 100, 80)


class ScreenTests(Scene):
    """
    Another size, other screens.
    """

    def told(self, viewer: Knowing | None = None) -> list[tuple[int, ...]]:
        """
        @return: Reason, status and size of what a viewer was told.
        """
        viewer = viewer or self.viewer
        viewer.settle()
        return [
            (event.reason, event.status, event.width, event.height)
            for event in viewer.said(ScreensChanged)
        ]

    def wish(self, width: int, height: int, *screens: Screen) -> list[tuple[int, ...]]:
        """
        @return: What the viewer is told when it wishes something.
        """
        self.told()
        self.viewer.client.setDesktopSize(width, height, screens or None)
        return self.told()

    def elastic(self, **options: Any) -> Elastic:
        """
        @return: An application that grants all.
        """

        class Application(Elastic):
            pass

        self.framebuffer = MemoryFramebuffer(100, 80)
        application = Application(self.framebuffer)
        self.factory = serving(self.framebuffer, application, **options)
        self.bystander = Viewer(self.factory)
        self.viewer = Knowing(self.factory)
        self.other = Knowing(self.factory)
        return application

    def test_first(self) -> None:
        """
        With the first whole picture a viewer is told of the screens.
        """
        self.begin()
        self.assertEqual(self.told(), [(0, 0, 100, 80)])
        self.assertEqual(self.viewer.client.screens, (Screen(1, 0, 0, 100, 80),))

    def test_eachWhole(self) -> None:
        """
        So it is with each request of a whole picture, and of any part of it, though
        that be empty.
        """
        self.begin()
        self.told()
        client = self.viewer.client
        client.isUpdating = False
        for part in (SCREEN, SCREEN, Rectangle(5, 5, 9, 9), Rectangle(0, 0, 0, 0)):
            client.requestUpdate(False, part)
            self.assertEqual(self.told(), [(0, 0, 100, 80)])
        client.requestUpdate(True)
        self.assertEqual(self.told(), [])
        client.requestUpdate(False)
        self.assertEqual(self.told(), [(0, 0, 100, 80)])

    def test_inTheFirstUpdate(self) -> None:
        """
        It is told in the first update, before that with the pixels: TigerVNC's viewer
        looks at its end whether it may resize, and rfbproto wants pixels in another.
        """
        self.begin()
        sizes, pixels = self.viewer.updates[:2]
        self.assertEqual(sizes.encodings, {c.EXTENDED_DESKTOP_SIZE})
        self.assertNotIn(c.EXTENDED_DESKTOP_SIZE, pixels.encodings)
        self.assertEqual(sum(part.area for part in pixels.rectangles), SCREEN.area)

    def test_behindTheFirst(self) -> None:
        """
        A viewer that may take its first update for the picture is told behind it.
        """
        self.begin()
        self.viewer = Knowing(
            self.factory, (c.EXTENDED_DESKTOP_SIZE, c.QEMU_EXTENDED_KEY)
        )
        self.viewer.settle()
        pixels, sizes = self.viewer.updates[:2]
        self.assertEqual(sum(part.area for part in pixels.rectangles), SCREEN.area)
        self.assertEqual(sizes.encodings, {c.EXTENDED_DESKTOP_SIZE})

    def test_echo(self) -> None:
        """
        A viewer made with gtk-vnc asks for all pixels whenever it is told; that comes
        to an end.
        """
        self.begin()
        self.viewer = Knowing(self.factory, (*PSEUDO, c.VMWARE_DISPLAY_MODE))
        client = self.viewer.client
        asked = 0

        def echo(event: Any) -> None:
            nonlocal asked
            if isinstance(event, ScreensChanged):
                asked += 1
                client.requestUpdate(False)

        self.patch(client, "extensionReceived", echo)
        for n in range(3):
            self.framebuffer.resize(60 + n, 50)
            self.viewer.settle()
        self.assertLessEqual(asked, 7)
        assertScreen(self.viewer, self.framebuffer)

    def test_granted(self) -> None:
        """
        If the application grants a wish, it is told with reason 1 to who had it, with
        reason 2 to others, and the picture comes.
        """
        application = self.elastic()
        self.assertEqual(self.wish(60, 50), [(1, 0, 60, 50)])
        self.assertEqual(application.heard, [(60, 50)])
        self.assertEqual(self.told(self.other)[-1], (2, 0, 60, 50))
        self.assertEqual(self.viewer.size, (60, 50))
        for viewer in (self.viewer, self.other, self.bystander):
            self.framebuffer.fill("red")
            assertScreen(viewer, self.framebuffer)

    def test_ownNumber(self) -> None:
        """
        An application with one screen has its own number for it, whatever number and
        place a viewer asks for: libvncclient sends what stands in memory, and goes
        when the screen has the number 0.
        """
        self.elastic()
        for n, screen in enumerate(
            (
                Screen(0, 0, 0, 60, 50),
                Screen(77, 0, 0, 61, 50, 0x80000005),
                Screen(0xDEADBEEF, 40000, 50000, 62, 50),
                Screen(1, 1, 1, 0, 0),
            )
        ):
            size = (60 + n, 50)
            self.assertEqual(self.wish(*size, screen), [(1, 0, *size)])
            for viewer in (self.viewer, self.other):
                viewer.settle()
                self.assertEqual(viewer.client.screens, (Screen(1, 0, 0, *size),))

    def test_severalMonitors(self) -> None:
        """
        A viewer with two monitors has the one screen stretch over both.
        """
        application = self.elastic()
        screens = (Screen(1, 0, 0, 60, 50), Screen(2, 60, 0, 60, 40))
        self.assertEqual(self.wish(120, 50, *screens), [(1, 0, 120, 50)])
        self.assertEqual(application.heard, [(120, 50)])
        self.assertEqual(self.viewer.client.screens, (Screen(1, 0, 0, 120, 50),))

    def test_withoutRequest(self) -> None:
        """
        A viewer that asks for no update is told all the same.
        """
        self.elastic()
        for viewer in (self.viewer, self.other, self.bystander):
            viewer.client.isUpdating = False
        self.framebuffer.fill("red")
        self.told()
        self.assertEqual(self.wish(60, 50), [(1, 0, 60, 50)])

    def test_later(self) -> None:
        """
        The application may take its time: the wish is forwarded, and the news come
        when there are some.
        """
        application = self.elastic()
        fired: list[Deferred[Any]] = []
        application.answer = later(fired)
        self.assertEqual(self.wish(60, 50), [(1, 4, 100, 80)])
        self.framebuffer.resize(60, 50)
        fired[0].callback(True)
        self.assertEqual(self.told(), [(1, 0, 60, 50)])
        self.assertEqual(self.told(self.other)[-1], (2, 0, 60, 50))

    def test_laterAfterTheSize(self) -> None:
        """
        It may say so after everybody has seen the size.
        """
        application = self.elastic()
        fired: list[Deferred[Any]] = []
        application.answer = later(fired)
        self.wish(60, 50)
        self.framebuffer.resize(60, 50)
        self.assertEqual(self.told(), [(1, 0, 60, 50)])
        fired[0].callback(True)
        self.assertEqual(self.told(), [])
        application.answer = application.grant
        self.assertEqual(self.wish(70, 70), [(1, 0, 70, 70)])

    def test_atOnceByDeferred(self) -> None:
        """
        What has fired already is not later.
        """
        application = self.elastic()
        application.answer = lambda: succeed(application.grant())
        self.assertEqual(self.wish(60, 50), [(1, 0, 60, 50)])

    def test_grantedInVain(self) -> None:
        """
        The size there is can be granted; another is when the framebuffer has it.
        """
        application = self.elastic()
        self.assertEqual(self.wish(100, 80), [(1, 0, 100, 80)])
        application.answer = lambda: True
        self.assertEqual(self.wish(60, 50), [(1, 4, 100, 80)])
        self.framebuffer.resize(60, 50)
        self.assertEqual(self.told(), [(1, 0, 60, 50)])
        # It may make another of it.
        self.assertEqual(self.wish(70, 70), [(1, 4, 60, 50)])
        self.framebuffer.resize(64, 64)
        self.assertEqual(self.told(), [(1, 0, 64, 64)])

    def test_grantedAndTakenBack(self) -> None:
        """
        A size that is gone before anybody saw it was not granted; the asker hears so,
        and may ask again.
        """
        application = self.elastic()

        def hesitant() -> bool:
            application.grant()
            self.factory.clock.callLater(0, self.framebuffer.resize, 100, 80)
            return True

        self.framebuffer.fill("red")
        self.told()
        self.framebuffer.fill("blue")  # the next frame is not at once
        self.viewer.advance(0.001)
        application.answer = hesitant
        self.assertEqual(self.wish(60, 50), [(1, 2, 100, 80)])
        application.answer = application.grant
        self.assertEqual(self.wish(60, 50), [(1, 0, 60, 50)])

    def test_refused(self) -> None:
        """
        If the application does not grant it, the asker is told, and nobody else.
        """
        application = self.elastic()
        fired: list[Deferred[Any]] = []
        self.told(self.other)
        for answer in (lambda: False, lambda: None):
            application.answer = answer
            self.assertEqual(self.wish(60, 50), [(1, 1, 100, 80)])
        application.answer = later(fired)
        self.assertEqual(self.wish(60, 50), [(1, 4, 100, 80)])
        fired[0].callback(False)
        self.assertEqual(self.told(), [(1, 1, 100, 80)])
        self.assertEqual(self.told(self.other), [])
        # What comes then is the server's own doing.
        self.framebuffer.resize(60, 50)
        self.assertEqual(self.told(), [(0, 0, 60, 50)])

    def test_nobodyToAsk(self) -> None:
        """
        Where the application cannot be asked, it is prohibited.
        """
        self.begin()
        self.assertEqual(self.wish(60, 50), [(1, 1, 100, 80)])

    def test_rights(self) -> None:
        """
        So it is where the viewer may not ask.
        """
        application = self.elastic()
        server: Any = self.viewer.server
        for rights in (VIEW_ONLY, Rights(["keys", "pointer", "clipboard", "power"])):
            server.rights = rights
            self.assertEqual(self.wish(60, 50), [(1, 1, 100, 80)])
        self.assertEqual(application.heard, [])
        server.rights = Rights(["resize"])
        self.assertEqual(self.wish(60, 50), [(1, 0, 60, 50)])

    def test_notTheDriver(self) -> None:
        """
        And where it is not its turn.
        """
        application = self.elastic(exclusive=True)
        self.assertEqual(self.wish(60, 50), [(1, 1, 100, 80)])
        self.factory.handOver(self.viewer.server)
        self.assertEqual(self.wish(60, 50), [(1, 0, 60, 50)])
        self.assertEqual(application.heard, [(60, 50)])

    def test_nonsense(self) -> None:
        """
        Sizes and screens that cannot be are refused with the status that says so, and
        the application is not bothered.
        """
        application = self.elastic()
        inside = Screen(1, 0, 0, 60, 50)
        for wish, status in (
            ((0, 0, Screen(1, 0, 0, 0, 0)), 3),
            ((0, 50, inside), 3),
            ((60, 0, inside), 3),
            ((65535, 65535, Screen(1, 0, 0, 65535, 65535)), 2),
        ):
            self.assertEqual(self.wish(*wish), [(1, status, 100, 80)], wish)
        self.viewer.send(SetDesktopSize(60, 50, ()))
        self.assertEqual(self.told(), [(1, 3, 100, 80)])
        self.assertEqual(application.heard, [])
        self.unharmed()

    def test_lastCounts(self) -> None:
        """
        While one wish is with the application, of those that come the last counts, of
        whomever; every one of them is answered.
        """
        application = self.elastic()
        fired: list[Deferred[Any]] = []
        application.answer = later(fired)
        self.told(self.other)
        for width in (60, 61, 62):  # as a window is dragged
            self.assertEqual(self.wish(width, 50), [(1, 4, 100, 80)])
        self.assertEqual(application.heard, [(60, 50)])
        self.framebuffer.resize(60, 50)
        fired[0].callback(True)
        self.told(self.other)
        self.assertEqual(application.heard, [(60, 50), (62, 50)])
        self.other.client.setDesktopSize(70, 60)
        self.assertEqual(self.told(self.other)[-1][:2], (1, 4))
        fired[1].callback(False)
        self.assertEqual(self.told()[-1][:2], (1, 1))
        self.framebuffer.resize(70, 60)
        fired[2].callback(True)
        self.assertEqual(self.told(self.other), [(1, 0, 70, 60)])
        self.assertEqual(self.told(), [(2, 0, 70, 60)])
        self.assertEqual(application.heard, [(60, 50), (62, 50), (70, 60)])

    def test_overtaken(self) -> None:
        """
        A size that was overtaken before it was there is not shown for a second: the
        window of a viewer would jump back to it while it is dragged.  Nobody has to
        wait for longer.
        """
        application = self.elastic()
        fired: list[Deferred[Any]] = []
        application.answer = later(fired)
        self.told(self.other)
        for width in (60, 61):
            self.wish(width, 50)
        self.framebuffer.resize(60, 50)
        self.framebuffer.fill("red")
        fired[0].callback(True)
        self.viewer.advance(0.9)
        self.assertEqual(self.viewer.size, (100, 80))
        self.framebuffer.resize(61, 50)
        fired[1].callback(True)
        self.assertEqual(self.told(), [(1, 0, 61, 50)])
        self.assertEqual(self.told(self.other), [(2, 0, 61, 50)])
        for width in (70, 71):
            self.wish(width, 50)
        self.framebuffer.resize(70, 50)
        self.framebuffer.fill("blue")
        fired[2].callback(True)
        self.viewer.advance(1.1)
        self.assertEqual(self.told(self.other), [(2, 0, 70, 50)])
        for viewer in (self.viewer, self.other, self.bystander):
            assertScreen(viewer, self.framebuffer)

    def test_noneIsMerged(self) -> None:
        """
        Of wishes that come faster than frames, and of a viewer that reads nothing for a
        while, each is answered, in order.
        """
        self.elastic()
        self.told()
        for width in (60, 61, 62):
            self.viewer.client.setDesktopSize(width, 50)
        told = [(1, 4), (1, 4), (1, 0)]
        self.assertEqual([one[:2] for one in self.told()], told)
        self.assertEqual(self.viewer.size, (62, 50))
        self.clog()
        self.told(self.other)
        for width in (63, 64, 65):
            self.viewer.client.setDesktopSize(width, 50)
            self.viewer.advance(0.5)
            self.assertEqual(self.told(self.other), [(2, 0, width, 50)])
        self.viewer.resumeReading()
        self.assertEqual([one[:2] for one in self.told() if one[0]], told)
        self.assertEqual(self.viewer.size, (65, 50))
        assertScreen(self.viewer, self.framebuffer)

    def test_silence(self) -> None:
        """
        A viewer whose wish was granted, and that reads nothing and asks for nothing,
        keeps nobody from having another.
        """
        application = self.elastic()
        for viewer in (self.other, self.bystander):
            viewer.disconnect()
        self.clog()
        self.viewer.client.setDesktopSize(60, 50)
        self.viewer.advance(0.5)
        self.other = Knowing(self.factory)
        self.told(self.other)
        self.other.client.setDesktopSize(70, 60)
        self.assertEqual(self.told(self.other), [(1, 0, 70, 60)])
        self.assertEqual(application.heard, [(60, 50), (70, 60)])

    def test_waitingIsWithdrawn(self) -> None:
        """
        What waits for its turn is not asked for if its viewer has left, or may not ask
        any longer.
        """
        application = self.elastic()
        fired: list[Deferred[Any]] = []
        application.answer = later(fired)
        self.wish(60, 50)
        self.other.client.setDesktopSize(70, 60)
        server: Any = self.other.server
        self.assertEqual(self.told(self.other)[-1], (1, 4, 100, 80))
        server.rights = VIEW_ONLY
        fired[0].callback(False)
        self.assertEqual(self.told(self.other), [(1, 1, 100, 80)])
        self.wish(60, 50)
        server.rights = FULL
        self.other.client.setDesktopSize(70, 60)
        self.told(self.other)
        self.other.disconnect()
        fired[1].callback(False)
        self.viewer.settle()
        self.assertEqual(application.heard, [(60, 50), (60, 50)])

    def test_gone(self) -> None:
        """
        If the viewer leaves, its wish is withdrawn, and others may have theirs.
        """
        application = self.elastic()
        fired: list[Deferred[Any]] = []
        application.answer = later(fired)
        self.wish(60, 50)
        cancelled: list[Any] = []
        fired[0].addErrback(cancelled.append)
        self.viewer.disconnect()
        self.assertTrue(fired[0].called)
        application.answer = application.grant
        self.told(self.other)
        self.other.client.setDesktopSize(70, 60)
        self.assertEqual(self.told(self.other), [(1, 0, 70, 60)])

    def test_goneAndGranted(self) -> None:
        """
        An application that grants it all the same harms nobody.
        """
        application = self.elastic()
        stubborn: Deferred[Any] = Deferred(lambda it: it.callback(True))
        application.answer = lambda: stubborn
        self.wish(60, 50)
        self.viewer.disconnect()
        self.told(self.other)
        self.framebuffer.resize(60, 50)
        self.assertEqual(self.told(self.other), [(0, 0, 60, 50)])
        self.unharmed()

    def test_failed(self) -> None:
        """
        An application that fails, at once or later, has refused it; nobody is closed.
        """
        for answer in (
            ZeroDivisionError("at once"),
            lambda: fail(ZeroDivisionError("later")),
        ):
            application = self.elastic()
            application.answer = answer
            for _ in range(2):
                self.assertEqual(self.wish(60, 50), [(1, 2, 100, 80)])
            self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
            application.answer = application.grant
            self.other.client.setDesktopSize(70, 60)
            self.assertEqual(self.told(self.other)[-1], (1, 0, 70, 60))
            self.unharmed()

    def test_noAnswer(self) -> None:
        """
        So has one that does not answer; what it says after that is not heard.
        """
        application = self.elastic()
        late: Deferred[Any] = Deferred(lambda _: None)
        application.answer = lambda: late
        self.assertEqual(self.wish(60, 50), [(1, 4, 100, 80)])
        self.viewer.advance(61)
        self.assertEqual(self.told(), [(1, 2, 100, 80)])
        self.assertEqual(len(self.flushLoggedErrors(TimeoutError)), 1)
        application.answer = application.grant
        self.assertEqual(self.wish(60, 50), [(1, 0, 60, 50)])

    def test_coroutines(self) -> None:
        """
        A coroutine may say yes and no.
        """
        application = self.elastic()

        async def refuse() -> bool:
            return False

        async def grant() -> bool:
            return application.grant()

        application.answer = refuse
        self.assertEqual(self.wish(60, 50), [(1, 1, 100, 80)])
        application.answer = grant
        self.assertEqual(self.wish(60, 50), [(1, 0, 60, 50)])

    def test_notYes(self) -> None:
        """
        What is not C{True} is no.
        """
        application = self.elastic()
        for answer in (1, "yes", object(), [True]):
            application.answer = answer
            self.assertEqual(self.wish(60, 50), [(1, 1, 100, 80)])

    def test_grantedAndForgotten(self) -> None:
        """
        A size that is granted and never comes keeps nobody from having another.
        """
        application = self.elastic()
        size = self.framebuffer.width

        def lie() -> bool:
            self.framebuffer.width += 1  # and tells nobody
            return True

        application.answer = lie
        self.wish(60, 50)
        self.framebuffer.width = size
        self.viewer.advance(61)
        self.assertEqual(self.told()[-1], (1, 2, 100, 80))
        application.answer = application.grant
        self.other.client.setDesktopSize(70, 60)
        self.assertEqual(self.told(self.other)[-1], (1, 0, 70, 60))

    def test_reentrant(self) -> None:
        """
        The application may close the viewer while it is asked.
        """
        application = self.elastic()
        answers: list[Deferred[Any]] = []

        def close() -> Deferred[Any]:
            server: Any = self.viewer.server
            server.disconnect("enough")
            return later(answers)()

        application.answer = close
        self.viewer.client.setDesktopSize(60, 50)
        self.closed("")
        self.assertTrue(answers[0].called)
        application.answer = application.grant
        self.other.client.setDesktopSize(70, 60)
        self.assertEqual(self.told(self.other)[-1], (1, 0, 70, 60))

    def test_failedAfterTheEnd(self) -> None:
        """
        If the application fails after the viewer has gone, that is logged.
        """
        application = self.elastic()
        broken: Deferred[Any] = Deferred(
            lambda it: it.errback(ZeroDivisionError("while cancelled"))
        )
        application.answer = lambda: broken
        self.wish(60, 50)
        self.viewer.disconnect()
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_ownDoing(self) -> None:
        """
        A size that nobody asked for is told with reason 0.
        """
        self.begin()
        self.told()
        self.framebuffer.resize(60, 50)
        self.assertEqual(self.told(), [(0, 0, 60, 50)])
        self.assertEqual(self.viewer.client.screens, (Screen(1, 0, 0, 60, 50),))
        self.framebuffer.fill("red")
        assertScreen(self.viewer, self.framebuffer)
        assertScreen(self.bystander, self.framebuffer)

    def test_twiceInARow(self) -> None:
        """
        The answer to a wish is given, even if the size is another again before it can
        be.
        """
        self.elastic()
        self.told()
        self.clog()
        self.viewer.client.setDesktopSize(60, 50)
        self.viewer.advance(0.5)
        self.framebuffer.resize(50, 40)
        self.viewer.advance(0.5)
        self.viewer.resumeReading()
        self.assertEqual([t for t in self.told() if t[0] == 1], [(1, 0, 50, 40)])
        assertScreen(self.viewer, self.framebuffer)

    def test_notWithPixels(self) -> None:
        """
        The news of another size come in an update of their own.
        """
        self.begin()
        self.told()
        self.viewer.updates.clear()
        for _ in range(3):
            self.framebuffer.resize(60, 50)
            self.viewer.settle()
            self.framebuffer.resize(100, 80)
            self.viewer.settle()
        for update in self.viewer.updates:
            if c.EXTENDED_DESKTOP_SIZE in update.encodings:
                self.assertEqual(update.encodings, {c.EXTENDED_DESKTOP_SIZE})
                self.assertEqual(update.rectangles, ())

    def test_oldViewers(self) -> None:
        """
        Who knows only DesktopSize gets that, when the size is another, and only then.
        """
        self.begin()
        old = Knowing(self.factory, (c.DESKTOP_SIZE,))
        old.client.requestUpdate(False)
        old.settle()
        self.assertEqual(old.said(ScreensChanged), [])
        for listener in self.framebuffer.listeners():
            listener.screensChanged()
        old.settle()
        self.assertFalse(any(c.DESKTOP_SIZE in u.encodings for u in old.updates))
        self.framebuffer.resize(60, 50)
        assertScreen(old, self.framebuffer)
        told = [u.encodings for u in old.updates if c.DESKTOP_SIZE in u.encodings]
        self.assertEqual(told, [{c.DESKTOP_SIZE}])

    def test_blindViewers(self) -> None:
        """
        Who knows neither is closed with a reason when it would go on, as it could not
        make sense of what comes.
        """
        self.begin()
        blind = Knowing(self.factory, ())
        self.framebuffer.resize(60, 50)
        blind.settle()
        self.assertFalse(blind.isConnected)
        self.assertIn("which this viewer cannot be told", blind.log)
        self.unharmed()

    def test_blindViewersAtRest(self) -> None:
        """
        As long as it asks for nothing, nothing happens to it, and if the size is as it
        was again, it never will.
        """
        self.begin()
        blind = Knowing(self.factory, ())
        blind.client.isUpdating = False
        self.framebuffer.fill("red")
        blind.settle()
        self.framebuffer.resize(60, 50)
        blind.settle()
        self.assertTrue(blind.isConnected)
        blind.client.requestUpdate()
        blind.settle()
        self.assertFalse(blind.isConnected)

    def test_manyNews(self) -> None:
        """
        A viewer that reads nothing is not closed for news that are old already.
        """
        self.begin()
        self.clog()
        for _ in range(300):
            for listener in self.framebuffer.listeners():
                listener.screensChanged()
            self.framebuffer.name += "."
            self.viewer.advance(0.1)
        self.viewer.resumeReading()
        self.assertLess(len(self.told()), 5)
        assertScreen(self.viewer, self.framebuffer)


class LayoutTests(Scene):
    """
    An application with several screens.
    """

    def setUp(self) -> None:
        """
        Two screens.
        """
        self.framebuffer = MemoryFramebuffer(100, 80)
        self.application = Screens(self.framebuffer)
        self.factory = serving(self.framebuffer, self.application)
        self.bystander = Viewer(self.factory)
        self.viewer = Knowing(self.factory)
        self.other = Knowing(self.factory)
        self.told()

    def told(self, viewer: Knowing | None = None) -> list[tuple[Any, ...]]:
        """
        @return: Reason, status, size and screens of what a viewer was told.
        """
        viewer = viewer or self.viewer
        viewer.settle()
        return [
            (e.reason, e.status, e.width, e.height, *e.screens)
            for e in viewer.said(ScreensChanged)
        ]

    def test_first(self) -> None:
        """
        They are told with the first picture.
        """
        self.assertEqual(
            self.viewer.client.screens,
            (Screen(7, 0, 0, 50, 80), Screen(8, 50, 0, 50, 80)),
        )

    def test_layout(self) -> None:
        """
        Other screens of the same size.
        """
        screens = (Screen(7, 0, 0, 100, 40, 3), Screen(9, 0, 40, 100, 40))
        self.viewer.client.setDesktopSize(100, 80, screens)
        self.assertEqual(self.told(), [(1, 0, 100, 80, *screens)])
        self.assertEqual(self.told(self.other)[-1], (2, 0, 100, 80, *screens))
        self.assertEqual(self.application.heard, [(100, 80, screens)])

    def test_both(self) -> None:
        """
        Another size and other screens are told together, once.
        """
        screens = (Screen(7, 0, 0, 30, 40), Screen(9, 30, 0, 30, 40))
        self.told(self.other)
        self.viewer.client.setDesktopSize(60, 40, screens)
        self.assertEqual(self.told(), [(1, 0, 60, 40, *screens)])
        self.assertEqual(self.told(self.other), [(2, 0, 60, 40, *screens)])
        self.framebuffer.fill("red")
        for viewer in (self.viewer, self.other, self.bystander):
            assertScreen(viewer, self.framebuffer)

    def test_outside(self) -> None:
        """
        Screens outside of the picture, and two of one number, are refused.
        """
        good = Screen(7, 0, 0, 30, 40)
        for bad in (
            Screen(8, 31, 0, 30, 40),
            Screen(8, 65535, 65535, 65535, 65535),
            Screen(8, 30, 0, 0, 40),
            Screen(7, 30, 0, 30, 40),
        ):
            self.viewer.client.setDesktopSize(60, 40, (good, bad))
            [(reason, status, *_)] = self.told()
            self.assertEqual((reason, status), (1, 3))
        self.assertEqual(self.application.heard, [])

    def test_ownDoing(self) -> None:
        """
        Screens that nobody asked for are told with reason 0.
        """
        self.application.screens = (Screen(5, 0, 0, 100, 80),)
        for listener in self.framebuffer.listeners():
            listener.screensChanged()
        self.assertEqual(self.told(), [(0, 0, 100, 80, Screen(5, 0, 0, 100, 80))])

    def test_screensThatDoNotFit(self) -> None:
        """
        Of an application whose screens are outside of the picture, one is told that
        is all of it.
        """
        self.framebuffer.resize(40, 30)
        self.assertEqual(self.told(), [(0, 0, 40, 30, Screen(1, 0, 0, 40, 30))])
