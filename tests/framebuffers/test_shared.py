# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.framebuffers.shared}.
"""

from __future__ import annotations

import base64
import json
import os
import socket
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.application.service import IService, MultiService
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.logger import capturedLogs
from twisted.trial.unittest import SynchronousTestCase, TestCase
from zope.interface import implementer
from zope.interface.verify import verifyObject

from txrfb.encodings.constants import EXTENDED_DESKTOP_SIZE, QEMU_EXTENDED_KEY, RAW
from txrfb.framebuffers import CropFramebuffer, SharedFramebuffer
from txrfb.framebuffers._kinds import framebufferFromString
from txrfb.interfaces import (
    IFramebufferOwner,
    IInputReceiver,
    IKeycodeReceiver,
    IResizable,
)
from txrfb.protocol import RFBFactory
from txrfb.testing import Viewer

_LAYOUT = {"width": 40, "height": 30}


class Transport(StringTransport):
    """
    One that can be aborted.
    """

    isAborted = False

    def abortConnection(self) -> None:
        """
        Be gone.
        """
        self.isAborted = True


class SharedTestCase(SynchronousTestCase):
    """
    A framebuffer with a socket, and a program.
    """

    def setUp(self) -> None:
        """
        The file is there, but nobody has told what is in it.
        """
        self.path = self.mktemp()
        self.clock = Clock()
        self.framebuffer = SharedFramebuffer(self.path, "socket", reactor=self.clock)
        with open(self.path, "wb") as file:
            file.write(b"\x40" * 40 * 30 * 4)

    def program(self) -> Any:
        """
        @return: The end here of a program's connection, with a transport.
        """
        program = self.framebuffer.control._factory.buildProtocol(None)
        program.makeConnection(Transport())
        return program

    def say(self, program: Any, **what: Any) -> None:
        """
        The program says something.
        """
        program.dataReceived(json.dumps(what).encode() + b"\n")

    def heard(self, program: Any) -> list[Any]:
        """
        @return: What it was told.
        """
        lines = program.transport.value().splitlines()
        program.transport.clear()
        return [json.loads(line) for line in lines]

    def look(self, *encodings: int) -> Viewer:
        """
        @return: A viewer.
        """
        factory = RFBFactory(self.framebuffer, reactor=self.clock)
        return Viewer(factory, encodings=(RAW, *encodings))


class ProgramTests(SharedTestCase):
    """
    What the program says.
    """

    def test_interfaces(self) -> None:
        """
        It provides what it says.
        """
        for interface in (IInputReceiver, IKeycodeReceiver, IResizable):
            verifyObject(interface, self.framebuffer)

    def test_layout(self) -> None:
        """
        A viewer waits until the layout is told, and sees another when it is.
        """
        program = self.program()
        viewer = self.look()
        self.assertFalse(viewer.isConnected)
        self.say(program, layout=_LAYOUT)
        viewer.advance(0.5)
        self.assertEqual(viewer.size, (40, 30))
        self.assertEqual(viewer.color(39, 29), "#404040")
        viewer.disconnect()
        viewer.advance(2)
        self.say(program, layout={**_LAYOUT, "width": 20, "format": "RG16"})
        self.assertEqual(self.look().size, (20, 30))

    def test_damage(self) -> None:
        """
        Once damage was told, memory is looked at when there is some; and by itself when
        the program is gone.
        """
        program = self.program()
        self.say(program, layout=_LAYOUT, damage=[0, 0, 1, 1])
        viewer = self.look()
        viewer.advance(1)
        with open(self.path, "r+b") as file:
            file.write(b"\x80" * 40 * 30 * 4)
        viewer.advance(1)
        self.assertEqual(viewer.color(0, 0), "#404040")
        self.say(program, damage=[0, 0, 40, 1])
        viewer.advance(0.1)
        self.assertEqual(viewer.color(39, 0), "#808080")
        self.assertFalse(self.framebuffer._loop.running)
        program.connectionLost()
        self.assertTrue(self.framebuffer._loop.running)
        viewer.advance(0.1)
        self.assertEqual(viewer.color(39, 29), "#808080")

    def test_cursor(self) -> None:
        """
        The pointer has a shape, and then none.
        """
        program = self.program()
        pixels = base64.b64encode(bytes(range(24))).decode()
        shape = {"width": 3, "height": 2, "x": 1, "y": 1, "pixels": pixels}
        self.say(program, cursor=shape)
        self.assertEqual(self.framebuffer.cursor, (3, 2, 1, 1, bytes(range(24))))
        self.say(program, cursor=None)
        self.assertIsNone(self.framebuffer.cursor)

    def test_wrong(self) -> None:
        """
        What makes no sense ends the connection, and says why; the picture stays.
        """
        cursor = {"width": 1, "height": 1, "x": 0, "y": 0, "pixels": "AAAAAA=="}
        for line in (
            b"x",
            b"[]",
            b"3",
            b"[" * 100_000,
            b'{"layout": {}}',
            b'{"layout": {"width": 0, "height": 5}}',
            b'{"layout": {"width": "a", "height": 5}}',
            b'{"layout": {"width": 1.5, "height": 5}}',
            b'{"layout": {"width": 5, "height": 5, "format": []}}',
            b'{"layout": {"width": 5, "height": 5, "depth": 5}}',
            b'{"damage": [1, 2, 3]}',
            b'{"damage": [1, 2, 3, 4.5]}',
            b'{"damage": null}',
            b'{"unknown": 1}',
            b"\xff",
            json.dumps({"cursor": {**cursor, "width": 2}}).encode(),
            json.dumps({"cursor": {**cursor, "x": 1}}).encode(),
            json.dumps({"cursor": {**cursor, "width": 1 << 40}}).encode(),
            json.dumps({"cursor": {**cursor, "pixels": "AAAA!AAA"}}).encode(),
        ):
            program = self.program()
            program.dataReceived(line + b"\n")
            [said] = self.heard(program) or [line]
            self.assertIn("error", said)
            self.assertTrue(program.transport.disconnecting)
            program.connectionLost()
        self.assertIsNone(self.framebuffer.layout)

    def test_tooLong(self) -> None:
        """
        A line without an end is not kept.
        """
        program = self.program()
        for _ in range(9):
            program.dataReceived(b"x" * 65536)
        self.assertIn("longer than", self.heard(program)[0]["error"])
        self.assertTrue(program.transport.disconnecting)

    @settings(max_examples=100, deadline=None)
    @given(
        st.recursive(
            st.none() | st.integers() | st.floats() | st.text(max_size=3),
            lambda inner: (
                st.lists(inner, max_size=4)
                | st.dictionaries(
                    st.sampled_from(
                        ["layout", "damage", "cursor", "width", "height", "stride", "x"]
                    ),
                    inner,
                    max_size=4,
                )
            ),
            max_leaves=8,
        )
    )
    def test_any(self, said: Any) -> None:
        """
        Whatever it says, nothing is raised.
        """
        program = self.program()
        program.dataReceived(json.dumps(said).encode() + b"\n")
        program.connectionLost()

    def test_oneAtATime(self) -> None:
        """
        While there is one, others are not let in.
        """
        program = self.program()
        self.assertIsNone(self.framebuffer.control._factory.buildProtocol(None))
        program.connectionLost()
        self.program()


class ViewerTests(SharedTestCase):
    """
    What viewers do.
    """

    def setUp(self) -> None:
        """
        There is a picture.
        """
        super().setUp()
        self.one = self.program()
        self.say(self.one, layout=_LAYOUT, damage=[0, 0, 40, 30])
        self.viewer = self.look(QEMU_EXTENDED_KEY, EXTENDED_DESKTOP_SIZE)
        self.ask: Any = self.framebuffer.sizeRequested
        self.viewer.advance(0.1)

    def test_input(self) -> None:
        """
        The program hears of keys, with their codes if they are known, and of the
        pointer.
        """
        self.viewer.press("a")
        self.viewer.client.keycodeEvent(30, 97, True)
        self.viewer.client.keycodeEvent(30, 97, False)
        self.viewer.move(5, 6)
        self.viewer.settle()
        self.assertEqual(
            self.heard(self.one),
            [
                {"key": 97, "down": True},
                {"key": 97, "down": False},
                {"key": 97, "down": True, "code": 30},
                {"key": 97, "down": False, "code": 30},
                {"pointer": [5, 6], "buttons": 0},
            ],
        )

    def test_nobody(self) -> None:
        """
        While there is no program, nobody hears, and nobody waits.
        """
        self.one.connectionLost()
        self.viewer.press("a")
        self.viewer.settle()
        self.assertTrue(self.viewer.isConnected)
        self.assertIs(self.ask(9, 9, self.viewer.server), False)

    def test_size(self) -> None:
        """
        A wish for another size is granted by the next layout, if that has it.
        """
        asked = self.ask(20, 30, self.viewer.server)
        self.assertEqual(self.heard(self.one), [{"size": [20, 30]}])
        self.assertNoResult(asked)
        self.say(self.one, layout={"width": 20, "height": 30})
        self.assertIs(self.successResultOf(asked), True)
        asked = self.ask(9, 9, self.viewer.server)
        self.say(self.one, layout=_LAYOUT)
        self.assertIs(self.successResultOf(asked), False)
        self.viewer.advance(0.2)

    def test_noSize(self) -> None:
        """
        If nothing comes of it, or the program leaves, it is refused.
        """
        asked = self.ask(20, 30, self.viewer.server)
        self.clock.advance(5.1)
        self.assertIs(self.successResultOf(asked), False)
        asked = self.ask(20, 30, self.viewer.server)
        self.one.connectionLost()
        self.assertIs(self.successResultOf(asked), False)

    def test_readsNothing(self) -> None:
        """
        What a program does not read is not piled up: viewers' input waits, and the
        program is dropped in the end.
        """
        transport = self.one.transport
        self.one.pauseProducing()
        for n in range(1000):
            self.viewer.client.pointerEvent(n % 40, n % 30, 0)
        self.viewer.advance(1)
        self.assertLess(len(transport.value()), 500)
        self.assertFalse(transport.isAborted)
        self.viewer.advance(10)
        self.assertTrue(transport.isAborted)
        self.one.connectionLost()
        self.viewer.press("a")
        self.viewer.settle()
        self.assertTrue(self.viewer.isConnected)

    def test_readsAgain(self) -> None:
        """
        One that reads again in time hears the rest.
        """
        self.one.pauseProducing()
        self.viewer.press("a")
        self.viewer.press("b")
        self.viewer.advance(1)
        self.one.resumeProducing()
        self.viewer.advance(15)
        keys = [said["key"] for said in self.heard(self.one)]
        self.assertEqual(keys, [97, 97, 98, 98])
        self.assertFalse(self.one.transport.isAborted)


@implementer(IFramebufferOwner)
class Owner(MultiService):
    """
    Hears of the end.
    """

    reason = ""

    def framebufferEnded(self, reason: str, status: int = 1) -> None:
        """
        It is over.
        """
        self.reason = reason


class SocketTests(TestCase):
    """
    The socket.
    """

    async def test_socket(self) -> None:
        """
        It is there while the service is started, for its owner alone; also beneath
        another framebuffer.
        """
        from twisted.internet import reactor
        from twisted.internet.task import deferLater

        directory = self.mktemp()
        os.mkdir(directory)
        where = os.path.relpath(os.path.join(directory, "s"))
        memory = os.path.join(directory, "m")
        shared: Any = framebufferFromString(reactor, f"mmap:{memory},socket={where}")
        crop = CropFramebuffer(shared, (0, 0, 9, 9))
        owner = Owner()
        IService(crop).setServiceParent(owner)
        self.assertFalse(os.path.exists(where))
        owner.privilegedStartService()
        owner.startService()
        self.assertEqual(os.stat(where).st_mode & 0o777, 0o600)
        with socket.socket(socket.AF_UNIX) as one:
            one.connect(where)
            one.sendall(b'{"layout": {"width": 7, "height": 5}}\n')
            while shared.layout is None:
                await deferLater(reactor, 0.01)
            self.assertEqual(shared.layout[:2], (7, 5))
            second: Any = framebufferFromString(reactor, f"mmap:x,socket={where}")
            other = Owner()
            IService(second).setServiceParent(other)
            with capturedLogs():
                other.startService()
            self.assertIn(f"cannot listen at {where}", other.reason)
            await other.stopService()
            await owner.stopService()
            self.assertEqual(one.recv(1), b"")
        self.assertFalse(os.path.exists(where))
