# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.x11.randr} and L{txrfb.x11.screens}.
"""

from __future__ import annotations

import struct
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.x11.fake import EXTENSIONS, ROOT, FakeServer, Refusal
from tests.x11.test_requests import reply
from txrfb.geometry import Rectangle, Screen
from txrfb.x11 import randr
from txrfb.x11.connection import X11Connection
from txrfb.x11.randr import Crtc, Mode, Monitor, Output, Resources
from txrfb.x11.screens import Screens
from txrfb.x11.view import ScreenView
from txrfb.x11.wire import Question, Request

QUESTIONS: list[Question[Any]] = [
    randr.queryVersion(),
    randr.getScreenSizeRange(1),
    randr.getScreenResources(1),
    randr.getOutputInfo(1, 2),
    randr.getCrtcInfo(1, 2),
    randr.setCrtcConfig(1, 2),
    randr.createMode(1, 640, 480, "name"),
    randr.getMonitors(1),
]


class RequestTests(SynchronousTestCase):
    """
    Requests to bytes, and replies to answers.
    """

    def assertBytes(self, request: Request, expected: str) -> None:
        """
        Assert how a request is written, if the extension has the opcode 0xaa.
        """
        self.assertEqual(request.toBytes(0xAA).hex(), expected.replace(" ", ""))

    def test_bytes(self) -> None:
        """
        What is asked for.
        """
        self.assertBytes(randr.queryVersion(), "aa000300 01000000 05000000")
        self.assertBytes(randr.selectInput(1), "aa040300 01000000 07000000")
        self.assertBytes(randr.getScreenSizeRange(1), "aa060200 01000000")
        self.assertBytes(
            randr.setScreenSize(1, 960, 480),
            "aa070500 01000000 c003e001 fe000000 7f000000",
        )
        self.assertBytes(randr.getScreenResources(1), "aa190200 01000000")
        self.assertBytes(randr.getOutputInfo(1, 2), "aa090300 01000000 02000000")
        self.assertBytes(randr.getCrtcInfo(1, 2), "aa140300 01000000 02000000")
        self.assertBytes(
            randr.setCrtcConfig(1, 2, (3, 4), 5, [6]),
            "aa150800 01000000 00000000 02000000 03000400 05000000 01000000 06000000",
        )
        self.assertBytes(randr.destroyMode(1), "aa110200 01000000")
        self.assertBytes(randr.addOutputMode(1, 2), "aa120300 01000000 02000000")
        self.assertBytes(randr.deleteOutputMode(1, 2), "aa130300 01000000 02000000")
        self.assertBytes(randr.getMonitors(1), "aa2a0300 01000000 01000000")
        self.assertBytes(
            randr.setMonitor(
                1, Monitor(2, True, False, Rectangle(-3, 4, 960, 480)), [5]
            ),
            "aa2b0900 01000000 02000000 01000100 fdff0400 c003e001 fe000000 7f000000"
            "05000000",
        )
        self.assertBytes(randr.deleteMonitor(1, 2), "aa2c0300 01000000 02000000")
        self.assertBytes(
            randr.createMode(1, 640, 480, "ab"),
            "aa100b00 01000000 00000000 8002e001 00401901 80028002 80020000"
            "e001e001 e0010200 00000000 61620000",
        )

    def test_answers(self) -> None:
        """
        What servers say.
        """
        for question, body, data, expected in (
            (
                randr.getScreenSizeRange(1),
                struct.pack("<HHHH", 1, 2, 3, 4),
                0,
                (1, 2, 3, 4),
            ),
            (
                randr.getScreenResources(1),
                struct.pack("<IIHHHH", 8, 9, 1, 2, 1, 0).ljust(24, b"\0")
                + struct.pack("<III", 21, 22, 23)
                + struct.pack("<IHH", 5, 640, 480).ljust(32, b"\0"),
                0,
                Resources(9, (21,), (22, 23), (Mode(5, 640, 480),)),
            ),
            (
                randr.getOutputInfo(1, 2),
                struct.pack("<IIIIBBHHHHH", 0, 7, 1, 1, 0, 0, 1, 2, 1, 0, 0)
                + struct.pack("<III", 7, 8, 9),
                0,
                Output(7, True, (8, 9)),
            ),
            (
                randr.getCrtcInfo(1, 2),
                struct.pack("<IhhHHIHHHH", 0, 1, 2, 3, 4, 5, 1, 1, 1, 0)
                + struct.pack("<I", 6),
                0,
                Crtc(Rectangle(1, 2, 3, 4), 5, (6,)),
            ),
            (randr.setCrtcConfig(1, 2), b"", 3, 3),
            (randr.createMode(1, 2, 3, "a"), struct.pack("<I", 9), 0, 9),
            (
                randr.getMonitors(1),
                struct.pack("<III", 0, 2, 1).ljust(24, b"\0")
                + struct.pack("<IBBHhhHHIII", 4, 1, 0, 1, 0, 0, 9, 8, 0, 0, 6)
                + struct.pack("<IBBHhhHHII", 5, 0, 1, 0, 9, 0, 9, 8, 0, 0),
                0,
                [
                    Monitor(4, True, False, Rectangle(0, 0, 9, 8)),
                    Monitor(5, False, True, Rectangle(9, 0, 9, 8)),
                ],
            ),
        ):
            self.assertEqual(question.parse(reply(body, data)), expected, question.name)

    @given(st.sampled_from(QUESTIONS), st.binary(min_size=24, max_size=200))
    def test_anything(self, question: Question[Any], body: bytes) -> None:
        """
        Any reply has an answer, or is an error that is expected.
        """
        try:
            question.parse(reply(body))
        except (struct.error, IndexError, ValueError):
            pass


class RandRServer(FakeServer):
    """
    A server with one CRTC, which may fail.

    @ivar randr: The version of RANDR.
    @ivar failing: What is refused.
    @ivar shown: The mode that is shown; 0 for none.
    @ivar monitors: Where monitors are, if they are told.
    @ivar set: Those that were set, by the atoms of their names.
    @ivar room: How many of these there can be.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.extensions[randr.NAME] = (150, 100, 170)
        self.randr = (1, 5)
        self.failing = ""
        self.shown = 1
        self.modes = {1: (64, 48)}
        self.names: list[bytes] = []
        self.crtcs = 1
        self.monitors: list[Rectangle] | None = None
        self.set: dict[int, tuple[Rectangle, tuple[int, ...]]] = {}
        self.room = 99

    def _do(self, request: bytes) -> None:
        self.failed = f"RANDR {request[1]}" == self.failing and request[0] == 150
        super()._do(request)

    def asked(self, request: bytes) -> None:
        """
        Any request of RANDR.
        """
        minor = request[1]
        if self.failed:
            raise Refusal(8)
        if minor == 0:
            self.reply(struct.pack("<II", *self.randr))
        elif minor == 6:
            self.reply(struct.pack("<HHHH", 1, 1, 100, 80))
        elif minor == 25:
            count = self.crtcs
            body = struct.pack("<IIHHHH", 8, 9, count, count, len(self.modes), 0)
            body = body.ljust(24, b"\0")
            for first in (30, 40):
                body += struct.pack(f"<{count}I", *range(first, first + count))
            for mode, size in self.modes.items():
                body += struct.pack("<IHH", mode, *size).ljust(32, b"\0")
            self.reply(body)
        elif minor == 9:
            modes = [*self.modes]
            fields = (0, self.shown and 30, 1, 1, 0, 0, 1, len(modes), 0, 0, 0)
            head = struct.pack("<IIIIBBHHHHH", *fields)
            self.reply(head + struct.pack(f"<{len(modes) + 1}I", 30, *modes))
        elif minor == 20:
            width, height = self.modes.get(self.shown, (0, 0))
            body = struct.pack("<IhhHHI", 0, 0, 0, width, height, self.shown)
            self.reply(body + struct.pack("<HHHHI", 1, 1, 1, 0, 40))
        elif minor == 21:
            (self.shown,) = struct.unpack_from("<I", request, 20)
            self.reply(b"")
        elif minor == 7:
            width, height = struct.unpack_from("<HH", request, 8)
            self.resize(width, height)
        elif minor == 16:
            width, height = struct.unpack_from("<HH", request, 12)
            name = request[40:]
            if name in self.names:
                raise Refusal(15)
            self.names.append(name)
            mode = len(self.names) + 1
            self.modes[mode] = (width, height)
            self.reply(struct.pack("<I", mode))
        elif minor == 17:
            (mode,) = struct.unpack_from("<I", request, 4)
            if mode == self.shown:
                raise Refusal(10)
            del self.modes[mode]
        elif minor == 42:
            places = self.monitors
            if places is None:
                isSet = any(outputs for _, outputs in self.set.values())
                places = [] if isSet else [self.screen]
            count = len(places) + len(self.set)
            body = struct.pack("<III", 0, count, 0).ljust(24, b"\0")
            for atom, (place, outputs) in self.set.items():
                body += struct.pack("<IBBH", atom, 0, 0, len(outputs))
                body += struct.pack("<hhHHII", *place, 1, 1)
                body += struct.pack(f"<{len(outputs)}I", *outputs)
            for number, place in enumerate(places):
                body += struct.pack("<IBBH", 70 + number, not number, 1, 0)
                body += struct.pack("<hhHHII", *place, 1, 1)
            self.reply(body)
        elif minor == 43:
            atom, _, _, count, *at = struct.unpack_from("<IBBHhhHH", request, 8)
            if len(self.set) == self.room:
                raise Refusal(11)
            outputs = struct.unpack_from(f"<{count}I", request, 32)
            self.set.pop(atom, None)
            self.set[atom] = Rectangle(*at), outputs
            self.configured()
        elif minor == 44:
            (atom,) = struct.unpack_from("<I", request, 8)
            if atom not in self.set:
                raise Refusal(2)
            del self.set[atom]
            self.configured()

    def configured(self) -> None:
        """
        All that is told of monitors that are set.
        """
        self.event(22, struct.pack("<IIIhhHH", ROOT, ROOT, 0, *self.screen))

    def resize(self, width: int, height: int) -> None:
        """
        Have another size; events come with what else there is to say.
        """
        out, self._out = self._out, b""
        clock, self._clock = self._clock, None
        stopped, self.isStopped = self.isStopped, True
        super().resize(width, height)
        self.event(100)
        self.isStopped, self._clock = stopped, clock
        self._out = out + self._out


for _minor in (0, 4, 6, 7, 9, 16, 17, 18, 19, 20, 21, 25, 42, 43, 44):
    RandRServer.handlers = {
        **RandRServer.handlers,
        f"RANDR {_minor}": cast(Any, RandRServer.asked),
        "36": FakeServer.nothing,
        "37": FakeServer.nothing,
    }


class ScreensTests(SynchronousTestCase):
    """
    Monitors, and other sizes.
    """

    def start(self, **options: Any) -> RandRServer:
        """
        Have a display.
        """
        self.clock = Clock()
        self.server = RandRServer(clock=self.clock)
        for name, value in options.items():
            setattr(self.server, name, value)
        self.connection = X11Connection(self.clock)
        self.server.connect(self.connection)
        self.changes: list[tuple[Screen, ...]] = []
        self.view = ScreenView(self.clock, self.connection, _nothing, _nothing)
        started = self.view.start()
        self.clock.pump([0] * 10)
        self.successResultOf(started)
        self.screens = Screens(
            self.connection,
            self.view,
            lambda: self.changes.append(self.screens.screens),
        )
        started = self.screens.start()
        self.clock.pump([0] * 10)
        self.successResultOf(started)
        return self.server

    def resize(self, width: int, height: int, *screens: Screen) -> bool:
        """
        @return: Whether it has the size then.
        """
        answer = self.screens.resize(width, height, screens)
        self.clock.pump([0] * 60)
        return self.successResultOf(answer)

    @property
    def size(self) -> tuple[int, int]:
        """
        What is seen.
        """
        return self.view.source.width, self.view.source.height

    def test_sizes(self) -> None:
        """
        Sizes are set one after the other; of the modes that were made for them only
        the last stays.
        """
        server = self.start()
        for size in ((80, 60), (100, 80), (1, 1), (64, 48), (80, 60)):
            self.assertTrue(self.resize(*size))
            self.assertEqual(self.size, size)
            self.assertEqual(server.modes[server.shown], size)
            self.assertLessEqual(len(server.modes), 2)
            self.assertEqual(self.screens.screens, (Screen(70, 0, 0, *size),))
        self.assertEqual(server.log.count("36"), server.log.count("37"))
        self.assertEqual(len(set(server.names)), len(server.names))

    def test_same(self) -> None:
        """
        The size that it has is granted.
        """
        server = self.start()
        del server.log[:]
        self.assertTrue(self.resize(64, 48))
        self.assertEqual(server.log, [])

    def test_outside(self) -> None:
        """
        What the display cannot have is refused before anything is changed.
        """
        server = self.start()
        for size in ((101, 20), (20, 81), (65535, 65535)):
            self.assertFalse(self.resize(*size))
        self.assertEqual(server.shown, 1)
        self.assertNotIn("36", server.log)

    def test_several(self) -> None:
        """
        A display with several monitors that are on keeps its size.
        """
        self.start(crtcs=2)
        self.assertFalse(self.resize(80, 60))
        self.assertEqual(self.server.shown, 1)

    def test_fails(self) -> None:
        """
        Whatever fails, what was shown before is shown again, the server is not grabbed
        any more, and nothing is left over.
        """
        for minor in (6, 7, 9, 16, 18, 20, 25):
            server = self.start()
            server.failing = f"RANDR {minor}"
            self.assertFalse(self.resize(80, 60), minor)
            self.assertEqual((server.shown, self.size), (1, (64, 48)), minor)
            self.assertEqual(server.log.count("36"), server.log.count("37"))
            server.failing = ""
            self.assertTrue(self.resize(80, 60), minor)
            self.assertEqual(self.size, (80, 60))

    def test_canceled(self) -> None:
        """
        Who leaves in the midst does not leave the display dark.
        """
        server = self.start()
        answer = self.screens.resize(80, 60)
        answer.addErrback(lambda failure: None)
        for _ in range(4):
            self.clock.advance(0)
        answer.cancel()
        self.clock.pump([0] * 60)
        self.assertEqual(self.size, (80, 60))
        self.assertEqual(server.modes[server.shown], (80, 60))

    def test_monitors(self) -> None:
        """
        Monitors are told as they change, without those that show the same as others or
        nothing that there is.
        """
        left, right = Rectangle(0, 0, 30, 48), Rectangle(30, 0, 34, 40)
        server = self.start(monitors=[left, right, left, Rectangle(64, 0, 10, 10)])
        self.assertEqual(self.screens.screens, (Screen(70, *left), Screen(71, *right)))
        server.monitors = [right]
        server.event(100)
        server.flush()
        self.clock.pump([0] * 10)
        self.assertEqual(self.screens.screens, (Screen(70, *right),))
        self.assertEqual(len(self.changes), 2)

    def test_divided(self) -> None:
        """
        The one monitor that is on can be divided as a viewer asks, who finds the
        numbers that it gave; divided otherwise, or not at all, and with another size.
        When the connection is closed it is whole.
        """
        server = self.start()
        left, right = Screen(5, 0, 0, 30, 48), Screen(6, 30, 0, 34, 48)
        self.assertTrue(self.resize(64, 48, left, right))
        self.assertEqual(self.screens.screens, (left, right))
        self.assertEqual([outputs for _, outputs in server.set.values()], [(40,), ()])
        del server.log[:]
        self.assertTrue(self.resize(64, 48, left, right))
        self.assertEqual(server.log, [])
        below = tuple(Screen(7 + n, 0, 20 * n, 80, 20) for n in range(3))
        self.assertTrue(self.resize(80, 60, *below))
        self.assertEqual((self.size, self.screens.screens), ((80, 60), below))
        self.assertTrue(self.resize(80, 60, *below[:2]))
        self.assertEqual(self.screens.screens, below[:2])
        # What one screen leaves free belongs to it, too.
        self.assertTrue(self.resize(80, 60, below[2]))
        self.assertEqual(self.screens.screens, (Screen(70, 0, 0, 80, 60),))
        self.assertEqual(server.set, {})
        self.assertTrue(self.resize(80, 60, *below))
        self.screens.stop()
        self.clock.pump([0] * 10)
        self.assertEqual(server.set, {})

    def test_notDivided(self) -> None:
        """
        What cannot be divided stays as it is: several monitors, and what the display
        has no room for.  Before version 1.5 there is only the size.
        """
        parts = [Screen(5 + n, 0, 12 * n, 64, 12) for n in range(4)]
        server = self.start(crtcs=2)
        self.assertFalse(self.resize(64, 48, *parts))
        self.assertEqual(server.set, {})
        server = self.start(room=3)
        self.assertFalse(self.resize(64, 48, *parts))
        self.assertEqual(server.set, {})
        self.assertEqual(self.screens.screens, (Screen(70, 0, 0, 64, 48),))
        self.assertTrue(self.resize(64, 48, *parts[:3]))
        many = [Screen(5 + n, n % 64, 0, 1, 1 + n // 64) for n in range(65)]
        self.assertFalse(self.resize(64, 48, *many))
        self.assertEqual(self.screens.screens, tuple(parts[:3]))
        server = self.start(randr=(1, 4))
        self.assertTrue(self.resize(80, 60, *parts))
        self.assertEqual(self.screens.screens, (Screen(30, 0, 0, 80, 60),))
        self.assertNotIn("RANDR 43", server.log)

    def test_set(self) -> None:
        """
        Monitors that somebody else sets are seen, and are gone when a viewer asks for
        others.
        """
        server = self.start()
        server.set[90] = Rectangle(0, 0, 32, 48), (40,)
        server.configured()
        server.flush()
        self.clock.pump([0] * 10)
        self.assertEqual(self.screens.screens, (Screen(90, 0, 0, 32, 48),))
        self.assertTrue(self.resize(64, 48))
        self.assertEqual(self.screens.screens, (Screen(70, 0, 0, 64, 48),))
        self.assertEqual(server.set, {})

    def test_older(self) -> None:
        """
        Before version 1.5 what is shown counts as monitors; before 1.3 there is no
        other size.
        """
        self.start(randr=(1, 3))
        self.assertEqual(self.screens.screens, (Screen(30, 0, 0, 64, 48),))
        self.assertTrue(self.resize(80, 60))
        self.start(randr=(1, 2))
        self.assertEqual(self.screens.missing, randr.NAME)
        self.assertFalse(self.resize(80, 60))
        self.assertEqual(EXTENSIONS.get(randr.NAME), None)
        self.assertEqual(self.connection.screen.root, ROOT)


def _nothing() -> None:
    """
    Do nothing.
    """
