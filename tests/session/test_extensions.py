# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._session.extensions}: what viewers and applications can do together
beyond RFC 6143.
"""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
from twisted.internet.defer import Deferred, fail
from twisted.logger import LogLevel, capturedLogs
from twisted.trial.unittest import SynchronousTestCase

from tests.machine import (
    PSEUDO,
    Clipboard,
    Desk,
    Keyboard,
    Knowing,
    RichClipboard,
    Scene,
    Speaker,
    Switch,
    later,
    raw,
    say,
)
from tests.scenes import Application, serving
from txrfb._wire.messages import (
    FramebufferUpdateRequest,
    KeyEvent,
    Limits,
    PointerEvent,
    SetEncodings,
    SetPixelFormat,
)
from txrfb._wire.messages.clipboard import ExtendedCutText
from txrfb._wire.messages.extensions import (
    BLOCK_AFTER,
    BLOCK_BEFORE,
    REQUEST,
    SYNC_NEXT,
    AudioFormat,
    AudioMessage,
    AudioRequest,
    EnableContinuousUpdates,
    EndOfContinuousUpdates,
    ExtendedKeyEvent,
    Fence,
    SetDesktopSize,
    Xvp,
)
from txrfb.client import SizeChanged
from txrfb.client.events import Announced
from txrfb.encodings import constants as c
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.geometry import Rectangle
from txrfb.pixels import PixelFormat
from txrfb.security.accounts.realm import portalFor
from txrfb.security.accounts.rights import FULL, VIEW_ONLY, Rights
from txrfb.testing import Viewer, assertScreen

SCREEN = Rectangle(0, 0, 100, 80)
RGB565 = PixelFormat(16, 16, False, True, 31, 63, 31, 11, 5, 0)


class AnnouncementTests(Scene):
    """
    What viewers are told to be possible, and when.
    """

    def test_nothing(self) -> None:
        """
        A viewer that lists nothing is told nothing.
        """
        _, transport = raw(serving(application=Application()), SetEncodings((0,)))
        self.assertEqual(transport.value(), b"")

    def test_once(self) -> None:
        """
        Fences and continuous updates are announced when they are listed first, xvp
        when the application has a switch; later lists announce them no more.
        """
        every = SetEncodings(PSEUDO)
        server, transport = raw(serving(application=Switch()), every)
        self.assertEqual(
            transport.value(),
            Fence(REQUEST, b"").toBytes() + b"\x96" + b"\xfa\0\1\1",
        )
        transport.clear()
        say(server, SetEncodings((0,)), every)
        self.assertEqual(transport.value(), b"")

    def test_eachTime(self) -> None:
        """
        The extended clipboard is announced each time it is listed.
        """
        every = SetEncodings((c.EXTENDED_CLIPBOARD,))
        server, transport = raw(serving(application=Clipboard()), every)
        once = transport.value()
        self.assertEqual(once[:4], b"\3\0\0\0")
        say(server, every, SetEncodings(()))
        self.assertEqual(transport.value(), once * 2)

    def test_byRectangle(self) -> None:
        """
        What is announced by an empty rectangle comes with the first update, once.
        """

        class Everything(Speaker):
            pass

        self.begin(Everything())
        announced = [event.encoding for event in self.viewer.said(Announced)]
        self.assertEqual(announced, [c.QEMU_AUDIO])
        self.viewer.client.setEncodings((c.ZRLE, *PSEUDO))
        self.framebuffer.fill("red")
        assertScreen(self.viewer, self.framebuffer)
        self.assertEqual(self.viewer.said(Announced), [])

    def test_notUnderstoodBefore(self) -> None:
        """
        Messages that were not announced end the connection, as what follows them
        could not be read.
        """
        for message in (
            Fence(REQUEST, b""),
            EnableContinuousUpdates(True, SCREEN),
            SetDesktopSize(5, 5, ()),
            Xvp(1, 2),
            ExtendedKeyEvent(True, 97, 30),
            ExtendedCutText(b"\1\0\0\1"),
        ):
            _, transport = raw(serving(), message)
            self.assertTrue(transport.disconnecting, message)

    def test_notUnderstoodWithoutApplication(self) -> None:
        """
        What the application cannot do is not announced, and not understood either.
        """
        for message in (
            Xvp(1, 2),
            AudioRequest(True),
            ExtendedKeyEvent(True, 97, 30),
            ExtendedCutText(b"\1\0\0\1"),
        ):
            server, transport = raw(serving(), SetEncodings(PSEUDO))
            say(server, message)
            self.assertTrue(transport.disconnecting, message)

    def test_understoodAtOnce(self) -> None:
        """
        What a viewer sends right behind its list, without waiting to be told of the
        extension, is understood as it is when it comes later, in whatever pieces.
        """

        class Everything(Speaker, Switch, Keyboard, Clipboard):
            pass

        rows = PointerEvent(1, 2, 3, True)
        moves = b"".join(PointerEvent(0, n, 1).toBytes() for n in range(50))
        for encoding, message in (
            (c.FENCE, Fence(REQUEST, b"").toBytes()),
            (c.FENCE, Fence(REQUEST | SYNC_NEXT, b"").toBytes() + b"\xf8" + bytes(8)),
            (c.CONTINUOUS_UPDATES, EnableContinuousUpdates(True, SCREEN).toBytes()),
            (c.EXTENDED_DESKTOP_SIZE, SetDesktopSize(5, 5, ()).toBytes()),
            (c.XVP, Xvp(1, 2).toBytes()),
            (c.QEMU_EXTENDED_KEY, ExtendedKeyEvent(True, 97, 30).toBytes()),
            (c.QEMU_AUDIO, AudioRequest(True).toBytes()),
            (c.EXTENDED_CLIPBOARD, ExtendedCutText(b"\2\0\0\1").toBytes()),
            (c.EXTENDED_MOUSE_BUTTONS, rows.toBytes()),
            (c.QEMU_POINTER_MOTION, moves),
        ):
            said = []
            for pieces in ((2, 10**6), (10**6,), (1,) * 1000):
                application = Everything()
                server, transport = raw(serving(application=application))
                data = SetEncodings((encoding,)).toBytes()
                ends = [len(data) if one == 2 else one for one in pieces]
                data += message + KeyEvent(True, 98).toBytes()
                while data:
                    size = ends.pop(0)
                    server.dataReceived(data[:size])
                    data = data[size:]
                self.assertFalse(transport.disconnecting, encoding)
                said.append((transport.value(), application.heard))
            self.assertEqual(said[0], said[1])
            self.assertEqual(said[0][0], said[2][0])


class FenceTests(Scene):
    """
    Fences of viewers.
    """

    def setUp(self) -> None:
        """
        A viewer that nobody answers for.
        """
        self.framebuffer = MemoryFramebuffer(100, 80)
        self.factory = serving(self.framebuffer)
        self.server, self.transport = raw(self.factory, SetEncodings((c.FENCE,)))
        self.transport.clear()

    def answer(self, *messages: Any) -> bytes:
        """
        @return: What the server says to something.
        """
        self.transport.clear()
        say(self.server, *messages)
        value: bytes = self.transport.value()
        return value

    def test_flags(self) -> None:
        """
        A fence comes back without the request, and without flags that mean nothing.
        """
        for flags in (0, BLOCK_BEFORE, BLOCK_AFTER, BLOCK_BEFORE | BLOCK_AFTER):
            self.assertEqual(
                self.answer(Fence(REQUEST | flags, b"abc")),
                Fence(flags, b"abc").toBytes(),
            )
            self.assertEqual(
                self.answer(Fence(REQUEST | flags | 0x7FFFFFF8, b"")),
                Fence(flags, b"").toBytes(),
            )

    def test_payloads(self) -> None:
        """
        Payloads may have up to 64 bytes.
        """
        for size in (0, 1, 63, 64):
            payload = bytes(range(size))
            self.assertEqual(
                self.answer(Fence(REQUEST, payload)), Fence(0, payload).toBytes()
            )

    def test_tooLong(self) -> None:
        """
        A fence of 65 bytes ends the connection.
        """
        self.assertEqual(self.answer(Fence(REQUEST, bytes(65))), b"")
        self.assertTrue(self.transport.disconnecting)
        self.assertIn("a fence of 65 bytes", self.server.transcript.reason)

    def test_answers(self) -> None:
        """
        Answers, to whatever, are not answered.
        """
        for payload in (b"", b"txrfb", b"whatever"):
            self.assertEqual(self.answer(Fence(0, payload)), b"")

    def test_syncNext(self) -> None:
        """
        With SyncNext the answer waits for the next message, comes before what that
        has for an effect, and after everything else.
        """
        sync = Fence(REQUEST | SYNC_NEXT, b"x")
        answered = Fence(SYNC_NEXT, b"x").toBytes()
        self.assertEqual(self.answer(sync), b"")
        self.assertEqual(self.answer(SetPixelFormat(RGB565)), answered)
        wish = FramebufferUpdateRequest(False, SCREEN)
        self.answer(wish)
        self.factory.clock.advance(1)
        whole = self.transport.value()
        self.assertEqual(len(whole), 4 + 12 + 100 * 80 * 2 + 14)
        # Between the two there is room for an update, and it is not taken.
        self.answer(sync, wish)
        self.factory.clock.advance(0)  # what it has already waits for its turn
        said = self.transport.value()
        # (Behind the first there was a fence that measures, which is not back.)
        self.assertEqual(
            answered + whole, said + Fence(REQUEST | 1, b"txrfb").toBytes()
        )

    def test_syncNextInOrder(self) -> None:
        """
        One fence with SyncNext may follow another.
        """
        first = Fence(REQUEST | SYNC_NEXT | BLOCK_AFTER, b"1")
        self.assertEqual(
            self.answer(first, Fence(REQUEST | SYNC_NEXT, b"2")),
            Fence(SYNC_NEXT | BLOCK_AFTER, b"1").toBytes(),
        )
        self.assertEqual(
            self.answer(SetEncodings(())), Fence(SYNC_NEXT, b"2").toBytes()
        )

    def test_syncNextWhileWriting(self) -> None:
        """
        An update under way is finished as it was begun, then the fence is answered,
        then the new format is used.
        """
        wish = FramebufferUpdateRequest(False, SCREEN)
        sync = Fence(REQUEST | SYNC_NEXT, b"now")
        framebuffer = MemoryFramebuffer(300, 200)
        factory = serving(framebuffer)
        server, transport = raw(factory, SetEncodings((c.FENCE,)))
        whole = FramebufferUpdateRequest(False, Rectangle(0, 0, 300, 200))
        producer = server.producer
        assert producer is not None
        write = transport.write

        def narrow(data: bytes) -> None:
            write(data)
            if len(data) > 1000:
                producer.pauseProducing()

        transport.write = narrow  # type: ignore[method-assign]
        say(server, whole)
        transport.clear()
        factory.clock.advance(1)
        say(server, sync, SetPixelFormat(RGB565), whole, wish)
        while producer.isPaused:
            producer.resumeProducing()
            factory.clock.advance(1)
        data = transport.value()
        place = data.index(Fence(SYNC_NEXT, b"now").toBytes())
        fence = len(Fence(REQUEST, b"txrfb").toBytes())
        # 32 bits a pixel before it, 16 after it.
        self.assertIn(place, range(300 * 200 * 4, 300 * 200 * 4 + 200))
        rest = len(data) - place - fence
        self.assertIn(rest, range(300 * 200 * 2, 300 * 200 * 2 + 200))

    def test_neverInsideAnUpdate(self) -> None:
        """
        Fences are answered between updates, even by the hundred: viewers read them.
        """
        viewer = Knowing(self.factory)
        for number in range(200):
            self.framebuffer.fill((number, 0, 0))
            viewer.client.fence(bytes([number]), BLOCK_BEFORE)
            viewer.advance(0.001)
        viewer.settle()
        payloads = [event.payload[0] for event in viewer.said(Fence)]
        self.assertEqual(payloads, list(range(200)))
        assertScreen(viewer, self.framebuffer)

    def test_flood(self) -> None:
        """
        Who sends fences and reads no answers is closed.
        """
        self.begin()
        self.clog()
        server: Any = self.viewer.server
        for _ in range(64):
            self.viewer.send(Fence(REQUEST, bytes(64)))
        self.assertFalse(server.hasEnded)
        self.viewer.send(Fence(REQUEST, b""))
        self.assertTrue(server.hasEnded)
        self.assertIn("the viewer reads none", server.transcript.reason)
        self.bystander.advance(2)
        self.unharmed()


class ContinuousTests(Scene):
    """
    Updates that are not asked for.
    """

    def test_on(self) -> None:
        """
        Everything that changes is sent, without being asked for.
        """
        self.begin()
        client = self.viewer.client
        self.assertTrue(client.canContinue)
        client.isUpdating = False
        client.enableContinuousUpdates(SCREEN)
        for color in ("red", "blue", "white"):
            self.framebuffer.fill(color)
            assertScreen(self.viewer, self.framebuffer)

    def test_off(self) -> None:
        """
        When it is over, that is said, and nothing comes that is not asked for.
        """
        self.begin()
        client = self.viewer.client
        client.isUpdating = False
        client.enableContinuousUpdates(SCREEN)
        self.framebuffer.fill("red")
        assertScreen(self.viewer, self.framebuffer)
        self.viewer.said(EndOfContinuousUpdates)
        client.enableContinuousUpdates(None)
        self.viewer.settle()
        self.assertEqual(len(self.viewer.said(EndOfContinuousUpdates)), 1)
        self.viewer.updates.clear()
        self.framebuffer.fill("blue")
        self.viewer.settle()
        self.assertEqual(self.viewer.updates, [])
        client.requestUpdate()
        assertScreen(self.viewer, self.framebuffer)

    def test_offTwice(self) -> None:
        """
        The end is told each time the viewer asks for it, even if there was no
        beginning.
        """
        server, transport = raw(serving(), SetEncodings((c.CONTINUOUS_UPDATES,)))
        transport.clear()
        off = EnableContinuousUpdates(False, SCREEN)
        say(server, off, off)
        self.assertEqual(transport.value(), b"\x96\x96")

    def test_part(self) -> None:
        """
        A part of the screen is enough for some; what they miss, they get when they
        want more.
        """
        self.begin()
        client = self.viewer.client
        client.isUpdating = False
        client.enableContinuousUpdates(Rectangle(0, 0, 10, 10))
        self.viewer.settle()
        self.framebuffer.fill("red")
        self.viewer.settle()
        self.assertEqual(self.viewer.color(9, 9), "#ff0000")
        self.assertEqual(self.viewer.color(10, 10), "#000000")
        client.enableContinuousUpdates(SCREEN)
        assertScreen(self.viewer, self.framebuffer)

    def test_incrementalIsIgnored(self) -> None:
        """
        Meanwhile, requests for what changes elsewhere are ignored, and requests for
        pixels are honored wherever they are.
        """
        self.begin()
        client = self.viewer.client
        client.isUpdating = False
        client.enableContinuousUpdates(Rectangle(0, 0, 10, 10))
        client.requestUpdate(True, SCREEN)
        self.framebuffer.fill("red")
        self.viewer.settle()
        self.assertEqual(self.viewer.color(50, 50), "#000000")
        client.requestUpdate(False, Rectangle(50, 50, 1, 1))
        self.viewer.settle()
        self.assertEqual(self.viewer.color(50, 50), "#ff0000")
        self.assertEqual(self.viewer.color(49, 49), "#000000")

    def test_outside(self) -> None:
        """
        A part that is not on the screen is none.
        """
        self.begin()
        client = self.viewer.client
        client.isUpdating = False
        for rectangle in (Rectangle(500, 500, 9, 9), Rectangle(5, 5, 0, 9)):
            client.enableContinuousUpdates(rectangle)
            self.framebuffer.fill("red")
            self.viewer.updates.clear()
            self.viewer.settle()
            self.assertEqual(self.viewer.updates, [])
        self.unharmed()

    def test_withoutFences(self) -> None:
        """
        A viewer that knows no fences gets all that its connection takes.
        """
        viewer = Knowing(serving(), (c.CONTINUOUS_UPDATES,))
        viewer.client.isUpdating = False
        viewer.client.enableContinuousUpdates(SCREEN)
        framebuffer: Any = viewer.server.factory.display.framebuffer  # type: ignore
        for _ in range(3):
            framebuffer.fill("red")
            assertScreen(viewer, framebuffer)
            framebuffer.fill("lime")
            assertScreen(viewer, framebuffer)

    def test_fencesUnanswered(self) -> None:
        """
        A viewer that does not send fences back gets no more than its window, and
        harms only itself.
        """
        framebuffer = MemoryFramebuffer(100, 80)
        factory = serving(framebuffer)
        server, transport = raw(
            factory,
            SetEncodings((c.FENCE, c.CONTINUOUS_UPDATES)),
            EnableContinuousUpdates(True, SCREEN),
        )
        other = Viewer(factory)
        for shade in range(100):
            framebuffer.fill((shade, 0, 0))
            factory.clock.advance(0.1)
            transport.clear() if shade < 90 else None
        self.assertEqual(transport.value(), b"")
        assertScreen(other, framebuffer)
        self.assertGreater(server.secondsBehind, 5)


class NameTests(Scene):
    """
    Another name.
    """

    def test_atAnyTime(self) -> None:
        """
        It is told when it changes; if it changes again before that, only the last.
        """
        self.begin()
        for name in ("second", "dritter", "четвёртый", ""):
            self.framebuffer.name = "never seen"
            self.framebuffer.name = name
            self.viewer.settle()
            self.assertEqual(self.viewer.name, name)

    def test_beforeItCanBeTold(self) -> None:
        """
        A change between ServerInit and the list of encodings is not lost.
        """
        framebuffer = MemoryFramebuffer(10, 10, "first")
        server, transport = raw(serving(framebuffer))
        framebuffer.name = "second"
        say(server, SetEncodings((c.DESKTOP_NAME,)))
        say(server, FramebufferUpdateRequest(False, Rectangle(0, 0, 10, 10)))
        server.factory.clock.advance(1)
        self.assertIn(b"second", transport.value())

    def test_factorysName(self) -> None:
        """
        If the factory has a name, the framebuffer's is nobody's business.
        """
        self.begin(name="mine")
        self.framebuffer.name = "secret"
        self.viewer.settle()
        self.assertEqual(self.viewer.name, "mine")


class PowerTests(Scene):
    """
    Switches.
    """

    def setUp(self) -> None:
        """
        A machine with a switch.
        """
        self.switch = Switch()
        self.begin(self.switch)

    def power(self, action: str) -> None:
        """
        Have it switched.
        """
        self.viewer.client.power(action)
        self.viewer.advance(0)

    def answers(self) -> list[tuple[int, int]]:
        """
        @return: What the viewer was answered.
        """
        self.viewer.settle()
        return [(event.version, event.code) for event in self.viewer.said(Xvp)]

    def test_announced(self) -> None:
        """
        The viewer is told.
        """
        self.assertEqual(self.answers(), [(1, 1)])

    def test_done(self) -> None:
        """
        What is done is not answered.
        """
        self.answers()
        self.switch.answer = True
        for action in ("shutdown", "reboot", "reset"):
            self.power(action)
        self.assertEqual(self.answers(), [])
        self.assertEqual(self.switch.heard, [("shutdown",), ("reboot",), ("reset",)])

    def test_refused(self) -> None:
        """
        What is not done is, now or later.
        """
        self.answers()
        fired: list[Deferred[Any]] = []
        for answer in (False, later(fired)):
            self.switch.answer = answer
            self.power("reset")
        self.assertEqual(self.answers(), [(1, 0)])
        fired[0].callback(False)
        self.assertEqual(self.answers(), [(1, 0)])

    def test_unknown(self) -> None:
        """
        What does not exist fails, with the version that was asked for.
        """
        self.answers()
        for version, code in ((1, 0), (1, 1), (1, 5), (1, 255), (2, 2), (0, 3)):
            self.viewer.send(Xvp(version, code))
            self.assertEqual(self.answers(), [(version, 0)])
        self.assertEqual(self.switch.heard, [])

    def test_rights(self) -> None:
        """
        A viewer that may not is told that it failed.
        """
        self.answers()
        server: Any = self.viewer.server
        server.rights = Rights(["keys", "pointer", "clipboard", "resize"])
        self.power("reset")
        self.assertEqual(self.answers(), [(1, 0)])
        server.rights = FULL
        self.factory.exclusive = True
        self.power("reset")
        self.assertEqual(self.answers(), [(1, 0)])
        self.assertEqual(self.switch.heard, [])

    def test_failed(self) -> None:
        """
        An application that fails has not done it, at once or later, nor has one that
        says something else than yes; nobody is closed.
        """

        async def refuse() -> bool:
            return False

        self.answers()
        for answer in (
            ZeroDivisionError("no power"),
            fail(ZeroDivisionError("no power")),
            refuse,
            1,
        ):
            self.switch.answer = answer
            self.power("reset")
            self.assertEqual(self.answers(), [(1, 0)])
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.unharmed()

    def test_oneAtATime(self) -> None:
        """
        While the application takes its time, what else is asked for fails; at last it
        has not done it.
        """
        self.answers()
        self.switch.answer = later([])
        self.power("reset")
        self.power("shutdown")
        self.assertEqual(self.answers(), [(1, 0)])
        self.viewer.advance(61)
        self.assertEqual(self.answers(), [(1, 0)])
        self.assertEqual(self.switch.heard, [("reset",)])
        self.assertEqual(len(self.flushLoggedErrors(TimeoutError)), 1)
        self.switch.answer = True
        self.power("shutdown")
        self.assertEqual(self.answers(), [])

    def test_failedAfterTheEnd(self) -> None:
        """
        If it fails when the viewer is gone, that is logged.
        """
        fired: list[Deferred[Any]] = []
        self.switch.answer = later(fired)
        self.power("reset")
        self.viewer.disconnect()
        fired[0].errback(ZeroDivisionError("no power"))
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)


class AudioTests(Scene):
    """
    Sound.
    """

    def setUp(self) -> None:
        """
        A machine with a speaker.
        """
        self.speaker = Speaker()
        self.begin(self.speaker)

    def listen(self, enable: bool = True, format: AudioFormat | None = None) -> None:
        """
        Listen, or no more.
        """
        self.viewer.client.listen(enable, format)
        self.viewer.settle()

    def sound(self) -> list[Any]:
        """
        @return: Operations, and the sound itself.
        """
        self.viewer.settle()
        return [
            event.data or event.operation for event in self.viewer.said(AudioMessage)
        ]

    def test_announced(self) -> None:
        """
        The viewer is told that there is some.
        """
        self.assertEqual(self.viewer.client.announced, {c.QEMU_AUDIO})

    def test_format(self) -> None:
        """
        The source is told how to write it; if the viewer does not say, as QEMU does
        it.
        """
        listen = self.listen
        listen()
        self.assertEqual(self.speaker.heard, [("start", AudioFormat(3, 2, 44100))])
        listen(False)
        mono = AudioFormat(0, 1, 8000)
        listen(True, mono)
        self.assertEqual(self.speaker.heard[1:], [("stop",), ("start", mono)])

    def test_sound(self) -> None:
        """
        Its beginning, itself, and its end.
        """
        self.listen()
        [sink] = self.speaker.sinks
        sink.audioStarted()
        sink.audioReceived(b"abcd")
        sink.audioReceived(b"")
        sink.audioEnded()
        sink.audioEnded()
        self.assertEqual(self.sound(), [1, b"abcd", 0])
        # A source need not say when it begins.
        sink.audioReceived(b"efgh")
        self.assertEqual(self.sound(), [1, b"efgh"])

    def test_otherQemuMessages(self) -> None:
        """
        Who is understood in the one is understood in the other: keys whose place
        nobody wants to know are keys, and where there is no sound there is none.
        """
        keyboard = Keyboard()

        class Loud(Speaker, Desk):
            pass

        loud = Loud()
        for application, message, heard in (
            (loud, ExtendedKeyEvent(True, 97, 30), [("key", 97, True)]),
            (keyboard, AudioRequest(True), []),
        ):
            server, transport = raw(serving(application=application))
            say(server, SetEncodings((c.QEMU_AUDIO, c.QEMU_EXTENDED_KEY)), message)
            self.assertFalse(transport.disconnecting)
            self.assertEqual(application.heard, heard)

    def test_twice(self) -> None:
        """
        Who listens already need not begin, and who does not, not end.
        """
        listen = self.listen
        listen(False)
        listen()
        listen()
        listen(False)
        listen(False)
        self.assertEqual([one[0] for one in self.speaker.heard], ["start", "stop"])

    def test_noMore(self) -> None:
        """
        Who wants to hear no more is told of the end, and hears nothing, whatever the
        source does.
        """
        self.listen()
        [sink] = self.speaker.sinks
        sink.audioReceived(b"abcd")
        self.listen(False)
        sink.audioStarted()
        sink.audioReceived(b"efgh")
        self.assertEqual(self.sound(), [1, b"abcd", 0])

    def test_long(self) -> None:
        """
        Most of a second may come at once.
        """
        self.listen()
        data = bytes(range(256)) * 500
        self.assertEqual(len(data), 128000)
        self.speaker.sinks[0].audioReceived(data)
        pieces = self.sound()[1:]
        self.assertEqual(b"".join(pieces), data)
        self.assertTrue(all(len(piece) % 8 == 0 for piece in pieces))

    def test_noRoom(self) -> None:
        """
        Sound that a viewer has no room for is dropped, as it would come too late.
        """
        self.listen()
        [sink] = self.speaker.sinks
        self.viewer.pauseReading()
        for _ in range(1000):
            sink.audioReceived(bytes(4096))
            self.viewer.advance(0.02)
        self.assertLess(self.viewer.backlog, 1 << 18)
        self.assertTrue(self.viewer.isConnected)
        self.viewer.resumeReading()
        self.assertLess(len(self.sound()), 100)
        sink.audioReceived(b"late")
        self.assertEqual(self.sound(), [b"late"])

    def test_leaving(self) -> None:
        """
        When a viewer leaves, the source is told, and its sound goes nowhere.
        """
        self.listen()
        [sink] = self.speaker.sinks
        self.viewer.disconnect()
        self.assertEqual(self.speaker.heard[-1], ("stop",))
        sink.audioStarted()
        sink.audioReceived(b"abcd")
        sink.audioEnded()
        self.unharmed()

    def test_nonsense(self) -> None:
        """
        Formats and operations that do not exist end the connection.
        """
        for data in (
            AudioRequest(None, AudioFormat(6, 2, 44100)).toBytes(),
            AudioRequest(None, AudioFormat(3, 3, 44100)).toBytes(),
            AudioRequest(None, AudioFormat(3, 0, 44100)).toBytes(),
            AudioRequest(None, AudioFormat(3, 2, 0)).toBytes(),
            AudioRequest(None, AudioFormat(3, 2, 1 << 31)).toBytes(),
            b"\xff\1\0\3",
            b"\xff\2\0\0",
        ):
            server, transport = raw(self.factory, SetEncodings((c.QEMU_AUDIO,)))
            say(server, data)
            self.assertTrue(transport.disconnecting, data)
        self.unharmed()

    def test_brokenStart(self) -> None:
        """
        A source that fails is not heard, and may be tried again; nobody is closed.
        """
        self.speaker.answer = ZeroDivisionError("does not start")
        for _ in range(2):
            self.listen()
            [sink] = self.speaker.sinks
            sink.audioReceived(b"abcd")
            self.speaker.sinks.clear()
        self.assertEqual(self.sound(), [])
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.speaker.answer = None
        self.listen()
        self.speaker.sinks[0].audioReceived(b"efgh")
        self.assertEqual(self.sound(), [1, b"efgh"])
        self.unharmed()

    def test_coroutine(self) -> None:
        """
        A source may be a coroutine that goes on until nobody hears.
        """
        fired: list[Deferred[Any]] = []
        ended: list[str] = []

        async def play() -> None:
            try:
                while True:
                    await later(fired)()
                    self.speaker.sinks[0].audioReceived(b"abcd")
            finally:
                ended.append("ended")

        self.speaker.answer = play
        self.listen()
        self.viewer.advance(3600)
        fired[-1].callback(None)
        self.assertEqual(self.sound(), [1, b"abcd"])
        self.speaker.answer = None
        self.listen(False)
        self.assertEqual(ended, ["ended"])
        self.assertEqual(self.sound(), [0])

    def test_brokenStop(self) -> None:
        """
        A source that fails when it is to stop does not keep the connection from
        ending.
        """
        self.listen()
        self.speaker.answer = ZeroDivisionError("does not stop")
        self.viewer.disconnect()
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertNotIn(self.viewer.server, self.factory.viewers)
        self.viewer.advance(2)
        self.unharmed()


class ClipboardTests(Scene):
    """
    Between viewers and applications.  What is said is tested in
    L{tests.wire.test_clipboard}.
    """

    def test_toTheViewer(self) -> None:
        """
        Text of any language arrives.
        """
        self.begin(Clipboard())
        self.framebuffer.cutText("Übergrößen-ä 漢字\nzweite Zeile")
        self.viewer.settle()
        self.assertEqual(self.viewer.clipboard, "Übergrößen-ä 漢字\nzweite Zeile")
        self.bystander.settle()
        self.assertEqual(self.bystander.clipboard, "Übergrößen-ä ??\nzweite Zeile")

    def test_fromTheViewer(self) -> None:
        """
        And the other way round.
        """
        clipboard = Clipboard()
        self.begin(clipboard)
        self.viewer.paste("漢字\nzwei")
        self.viewer.settle()
        self.bystander.paste("größer")
        self.assertEqual(clipboard.heard, [("漢字\nzwei",), ("größer",)])

    def test_rich(self) -> None:
        """
        An application that takes more than text gets it, and gives it.
        """
        clipboard = RichClipboard()
        self.begin(clipboard)
        self.viewer.paste("text", html=b"<b>text")
        self.viewer.settle()
        self.bystander.paste("Latin")
        self.assertEqual(
            clipboard.heard,
            [({"text": b"text", "html": b"<b>text"},), ({"text": b"Latin"},)],
        )
        got: list[Any] = []
        self.viewer.client.clipboardReceived = got.append  # type: ignore
        self.framebuffer.cutText("more", rtf=b"{more}")
        self.viewer.settle()
        self.assertEqual(got, [{"text": b"more", "rtf": b"{more}"}])

    def test_slow(self) -> None:
        """
        An application that takes its time with a clipboard gets the newest after it;
        one that fails, or never ends, ends the connection.
        """
        for part in (Clipboard(), RichClipboard()):
            fired: list[Deferred[Any]] = []
            part.answer = later(fired)
            viewer, other = (
                Knowing(factory := serving(application=part)),
                Viewer(factory),
            )
            for text in ("one", "two", "three"):
                viewer.paste(text)
            self.assertEqual(len(part.heard), 1)
            fired.pop().callback(None)
            self.assertEqual(len(part.heard), 2)
            self.assertIn("three", str(part.heard[-1]))
            viewer.paste("four")
            viewer.advance(61)
            self.assertFalse(viewer.isOpen)
            self.assertEqual(len(part.heard), 2)
            self.assertEqual(len(self.flushLoggedErrors(TimeoutError)), 1)
            part.answer = lambda: fail(ZeroDivisionError())
            other.paste("text")
            other.settle()
            self.assertFalse(other.isOpen)
            self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_notAnnounced(self) -> None:
        """
        Without an application that takes text, Latin-1 is all there is.
        """
        self.begin()
        self.assertFalse(self.viewer.client.clipboard.isExtended)
        self.framebuffer.cutText("größer")
        self.viewer.settle()
        self.assertEqual(self.viewer.clipboard, "größer")
        self.viewer.paste("is dropped")
        self.unharmed()

    def test_rights(self) -> None:
        """
        Who may not use the clipboard neither gives nor gets text, even such as it was
        told of before.
        """
        clipboard = Clipboard()
        self.begin(clipboard)
        server: Any = self.viewer.server
        self.viewer.client.clipboardReceived = lambda formats: None  # type: ignore
        self.framebuffer.cutText("before")
        self.viewer.settle()
        for rights in (VIEW_ONLY, Rights(["keys", "pointer"])):
            server.rights = rights
            self.viewer.paste("forbidden")
            self.framebuffer.cutText("secret")
            self.viewer.settle()
            sent = self.viewer.server.bytesSent  # type: ignore
            # Request, and peek.
            for flags in (0x2000001, 0x4000000):
                self.viewer.send(ExtendedCutText(flags.to_bytes(4, "big")))
            self.viewer.settle()
            self.assertEqual(self.viewer.server.bytesSent, sent)  # type: ignore
        self.assertEqual(clipboard.heard, [])
        server.rights = Rights(["clipboard"])
        self.viewer.paste("allowed")
        self.viewer.settle()
        self.assertEqual(clipboard.heard, [("allowed",)])

    def test_notTheDriver(self) -> None:
        """
        Who only watches does not change the application's clipboard, but gets what is
        in it.
        """
        clipboard = Clipboard()
        self.begin(clipboard, exclusive=True)
        self.viewer.paste("watching")
        self.framebuffer.cutText("for all")
        self.viewer.settle()
        self.assertEqual(clipboard.heard, [])
        self.assertEqual(self.viewer.clipboard, "for all")

    def test_tooLong(self) -> None:
        """
        What is beyond the limit is skipped, and the connection goes on.
        """
        clipboard = Clipboard()
        self.begin(clipboard, limits=Limits(cutText=100, clipboard=200))
        with capturedLogs() as logged:
            self.viewer.send(ExtendedCutText(bytes(101)))
            self.bystander.paste("x" * 103)
            self.viewer.paste("y" * 211)
            self.viewer.settle()
        sizes = [one["dropped"] for one in logged if one["log_level"] is LogLevel.warn]
        self.assertEqual(sizes, [101, 3, 212])
        self.viewer.paste("z" * 199)
        self.viewer.settle()
        self.assertEqual(clipboard.heard, [("x" * 100,), ("z" * 199,)])

    def test_long(self) -> None:
        """
        What the server asks for it takes, as much as it has announced: more than a
        megabyte, though it is compressed badly, in many turns.
        """
        clipboard = Clipboard()
        self.begin(clipboard)
        source = np.random.default_rng(7)
        text = source.integers(0x4E00, 0x9000, 1_000_000, np.uint16).tobytes()
        long = text.decode("utf-16-le")
        self.viewer.paste(long)
        self.viewer.settle()
        self.assertEqual([len(text) for (text,) in clipboard.heard], [len(long)])
        self.assertTrue(clipboard.heard[0][0] == long)
        server: Any = self.viewer.server
        self.assertEqual(server.memory, 0)

    def test_rightIsTakenMeanwhile(self) -> None:
        """
        What a viewer was sending when it lost the right to is not taken, and not held.
        """
        clipboard = Clipboard()
        self.begin(clipboard)
        server: Any = self.viewer.server
        text = np.random.default_rng(7).bytes(3000).hex().encode()
        data = zlib.compress(len(text).to_bytes(4, "big") + text)
        message = ExtendedCutText(b"\x10\0\0\1" + data).toBytes()
        self.assertGreater(len(message), 2500)
        say(server, message[:2200])
        server.rights = VIEW_ONLY
        say(server, message[2200:])
        self.assertEqual(server.memory, 0)
        server.rights = FULL
        self.viewer.settle()
        self.assertEqual(clipboard.heard, [])
        self.viewer.paste("allowed")
        self.viewer.settle()
        self.assertEqual(clipboard.heard, [("allowed",)])

    def test_heldIsCounted(self) -> None:
        """
        What has come of a clipboard is held for the viewer.
        """
        self.begin(Clipboard())
        server: Any = self.viewer.server
        noise = np.random.default_rng(7).bytes(100_000)
        data = zlib.compress((100_000).to_bytes(4, "big") + noise)
        message = ExtendedCutText(b"\x10\0\0\1" + data).toBytes()
        say(server, message[:-10])
        self.assertGreater(server.memory, 90_000)

    def test_tooLongForTheViewer(self) -> None:
        """
        What a viewer would not take, and cannot ask for, is dropped, which is logged
        with its size.
        """
        self.begin(Clipboard())
        self.viewer.send(ExtendedCutText(b"\x11\0\0\1" + (50).to_bytes(4, "big")))
        with capturedLogs() as logged:
            for size in (40, 60):
                self.framebuffer.cutText("x" * size)
            self.viewer.settle()
        self.assertEqual(self.viewer.client.texts, ["x" * 40])
        self.assertEqual([one["dropped"] for one in logged if "dropped" in one], [61])

    def test_bomb(self) -> None:
        """
        A megabyte of zeros in a kilobyte is not inflated.
        """
        clipboard = Clipboard()
        self.begin(clipboard, limits=Limits(clipboard=5000))
        packed = zlib.compress((1 << 20).to_bytes(4, "big") + bytes(1 << 20))
        self.assertLess(len(packed), 5000)
        self.viewer.send(ExtendedCutText(b"\x10\0\0\1" + packed))
        self.viewer.settle()
        self.assertTrue(self.viewer.isConnected)
        self.assertEqual(clipboard.heard, [])

    def test_nonsense(self) -> None:
        """
        What makes no sense ends the connection.
        """
        for data in (
            b"\0\0\0\0",
            b"\6\0\0\1",
            b"\x20\0\0\1",
            b"\1\0\0\1",
            b"\x10\0\0\1",
            b"\x10\0\0\1not zlib",
        ):
            self.begin(Clipboard())
            self.viewer.client.send(ExtendedCutText(data))
            self.closed("clipboard")

    def test_manyTexts(self) -> None:
        """
        A viewer that reads nothing keeps only the newest.
        """
        self.begin(Clipboard())
        self.clog()
        for number in range(200):
            self.framebuffer.cutText(f"text {number}")
        self.viewer.resumeReading()
        self.viewer.settle()
        self.assertEqual(self.viewer.client.texts, ["text 199"])


class HandshakeTests(SynchronousTestCase):
    """
    Where there is a password, all of this is behind it.
    """

    def test_password(self) -> None:
        """
        The same as ever, for a viewer that knows it.
        """
        factory = serving(application=Switch(), portal=portalFor("secret"))
        viewer = Knowing(factory, password="secret")
        self.assertTrue(viewer.client.canContinue)
        self.assertEqual(len(viewer.said(Xvp)), 1)
        self.assertEqual(viewer.said(SizeChanged), [])
