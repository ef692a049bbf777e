# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.client}: the viewer on a transport.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PIL import Image
from twisted.internet import reactor as globalReactor
from twisted.internet import tcp
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP4ServerEndpoint
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase, TestCase

from tests.scenes import Application, serving
from txrfb import keysyms
from txrfb._wire.messages import (
    ClientCutText,
    FramebufferUpdateRequest,
    KeyEvent,
    Limits,
    PointerEvent,
    ServerInit,
    SetEncodings,
    SetPixelFormat,
)
from txrfb.client import (
    RFBClient,
    RFBClientFactory,
    Updated,
    connectViewer,
)
from txrfb.client.input import ClientInput, Message
from txrfb.encodings.constants import RAW
from txrfb.error import ConnectionFailed
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.geometry import Rectangle
from txrfb.interfaces import IViewer
from txrfb.pixels import NATIVE
from txrfb.protocol import RFBFactory
from txrfb.security import ClientSteps, Seal, StartTLS, Write
from txrfb.security.accounts.realm import portalFor
from txrfb.testing import Viewer

ADMISSION = b"RFB 003.008\n\1\1\0\0\0\0"
INIT = ServerInit(60, 50, NATIVE, "name").toBytes()
SCREEN = Rectangle(0, 0, 60, 50)


class Recorder(RFBClient):
    """
    Writes down what happens.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.happened: list[Any] = []
        options.setdefault("clock", Clock())
        super().__init__(*arguments, **options)

    def updateReceived(self, update: Updated) -> None:
        """
        Pixels.
        """
        self.happened.append(update.rectangles)

    def sizeChanged(self) -> None:
        """
        A size.
        """
        self.happened.append((self.width, self.height))

    def nameChanged(self) -> None:
        """
        A name.
        """
        self.happened.append(self.name)

    def cursorChanged(self) -> None:
        """
        A shape.
        """
        self.happened.append(self.cursor)

    def colorsChanged(self) -> None:
        """
        Colors.
        """
        self.happened.append("colors")

    def bellRang(self) -> None:
        """
        The bell.
        """
        self.happened.append("bell")

    def cutTextReceived(self, text: str) -> None:
        """
        A text.
        """
        self.happened.append(text)

    def connectionFailed(self, reason: str) -> None:
        """
        The end.
        """
        self.happened.append(f"failed: {reason}")


class ClientTestCase(SynchronousTestCase):
    """
    A viewer on a transport of the test's.
    """

    def begin(self, *arguments: Any, **options: Any) -> Recorder:
        """
        @return: The viewer.
        """
        client = Recorder(*arguments, **options)
        self.transport = StringTransport()
        client.makeConnection(self.transport)
        return client

    def ready(self, **options: Any) -> Recorder:
        """
        @return: A viewer that is logged in.
        """
        client = self.begin(**options)
        client.dataReceived(ADMISSION + INIT)
        return client


class ComingTests(ClientTestCase):
    """
    From the connection to the first request.
    """

    def test_firstWords(self) -> None:
        """
        When it is logged in, it sends format and encodings, and asks for a whole
        picture.
        """
        client = self.begin(encodings=(16, 1))
        client.dataReceived(ADMISSION)
        self.transport.clear()
        client.dataReceived(INIT)
        self.assertEqual(
            self.transport.value(),
            SetPixelFormat(NATIVE).toBytes()
            + SetEncodings((16, 1)).toBytes()
            + FramebufferUpdateRequest(False, SCREEN).toBytes(),
        )
        self.assertEqual((client.width, client.height, client.name), (60, 50, "name"))
        self.assertTrue(client.isReady)

    def test_formatOfTheServer(self) -> None:
        """
        It may take pixels as the server has them.
        """
        client = self.begin(encodings=(16, 1), format=None)
        client.dataReceived(ADMISSION)
        self.transport.clear()
        client.dataReceived(INIT)
        self.assertTrue(self.transport.value().startswith(b"\2"))

    def test_whenReady(self) -> None:
        """
        L{RFBClient.whenReady} fires when it is logged in; also if it was already.
        """
        client = self.begin()
        before = client.whenReady()
        client.dataReceived(ADMISSION)
        self.assertNoResult(before)
        client.dataReceived(INIT)
        self.assertIs(self.successResultOf(before), client)
        self.assertIs(self.successResultOf(client.whenReady()), client)

    def test_whenSeen(self) -> None:
        """
        L{RFBClient.whenSeen} fires when there is a picture; also if there was already.
        An update without pixels is none.
        """
        client = self.ready()
        before = client.whenSeen()
        client.dataReceived(b"\0\0\0\1" + bytes(8) + b"\xff\xff\xfe\xcd\0\0\0\2hi")
        self.assertEqual(client.name, "hi")
        self.assertNoResult(before)
        client.dataReceived(b"\0\0\0\1" + b"\0\0\0\0\0\1\0\1\0\0\0\0" + bytes(4))
        self.assertIs(self.successResultOf(before), client)
        self.assertIs(self.successResultOf(client.whenSeen()), client)
        client.disconnect()
        self.failureResultOf(client.whenSeen(), ConnectionFailed)

    def test_neverSeen(self) -> None:
        """
        It fails if the connection ends before; and who asks for no picture does not
        wait for one.
        """
        client = self.ready()
        waiting = client.whenSeen()
        client.connectionLost()
        self.failureResultOf(waiting, ConnectionFailed)
        other = self.begin()
        other.isUpdating = False
        waiting = other.whenSeen()
        other.dataReceived(ADMISSION + INIT)
        self.assertIs(self.successResultOf(waiting), other)

    def test_refused(self) -> None:
        """
        Or fails with the reason of a refusal.
        """
        client = self.begin()
        waiting = client.whenReady()
        client.dataReceived(b"RFB 003.008\n\0\0\0\0\4full")
        for one in (waiting, client.whenReady()):
            failure = self.failureResultOf(one, ConnectionFailed)
            self.assertEqual(str(failure.value), "the server refuses: full")
        self.assertEqual(client.happened, ["failed: the server refuses: full"])
        self.assertTrue(self.transport.disconnecting)

    def test_noLongerWaited(self) -> None:
        """
        If waiting is cancelled, the connection is closed.
        """
        client = self.begin()
        waiting = client.whenReady()
        waiting.cancel()
        self.failureResultOf(waiting, CancelledError)
        self.assertTrue(self.transport.disconnecting)

    def test_deadline(self) -> None:
        """
        There is a time limit for the login; after it a server may be silent.
        """
        clock = Clock()
        client = self.begin(clock=clock, limits=Limits(loginTimeout=7))
        client.dataReceived(ADMISSION)
        clock.advance(7)
        self.assertEqual(client.happened, ["failed: login timed out after 7 s"])
        self.assertTrue(self.transport.disconnecting)
        clock = Clock()
        client = self.ready(clock=clock)
        clock.advance(1000)
        self.assertFalse(self.transport.disconnecting)
        self.assertEqual(clock.getDelayedCalls(), [])

    def test_lost(self) -> None:
        """
        A lost connection is reported once.
        """
        client = self.ready()
        client.connectionLost()
        client.connectionLost()
        [reason] = client.happened
        self.assertIn("failed: the server closed the connection", reason)
        self.assertFalse(client.isReady)
        self.assertRaises(ConnectionFailed, client.keyPress, "a")

    def test_notConnected(self) -> None:
        """
        Before there is a connection nothing can be sent, and there is no picture.
        """
        client = Recorder()
        self.assertRaises(ConnectionFailed, client.cutText, "text")
        self.assertRaises(ValueError, client.image)

    def test_left(self) -> None:
        """
        Leaving is no failure.
        """
        client = self.ready()
        client.disconnect()
        client.connectionLost()
        self.assertEqual(client.happened, [])
        self.assertTrue(self.transport.disconnecting)

    def test_seal(self) -> None:
        """
        What is sealed is sealed.
        """

        class Cipher:
            """
            Turns bytes upside down.
            """

            held = missing = 0

            def seal(self, data: bytes) -> bytes:
                return bytes(255 - byte for byte in data)

            unseal = seal

        def steps() -> ClientSteps:
            yield Seal(Cipher(), Cipher())
            yield Write(b"\xff\xfe")

        client = self.begin({100: steps})
        client.dataReceived(b"RFB 003.008\n\1d")
        self.assertEqual(self.transport.value(), b"RFB 003.008\nd\0\1")
        client.dataReceived(b"\xff" * 4)
        self.assertEqual(self.transport.value()[-1:], b"\xfe")

    def test_tls(self) -> None:
        """
        TLS begins as the transport begins it, with what the application made for
        that kind.
        """
        started: list[Any] = []

        def steps() -> ClientSteps:
            yield StartTLS("x509")
            yield Write(b"inside")

        client = Recorder({100: steps}, startTLS=lambda kind: f"for {kind}")
        transport: Any = StringTransport()
        transport.startTLS = started.append
        client.makeConnection(transport)
        client.dataReceived(b"RFB 003.008\n\1d")
        self.assertEqual(started, ["for x509"])
        self.assertEqual(transport.value(), b"RFB 003.008\ndinside")

    def test_noTls(self) -> None:
        """
        Without that, a server that requires it is left.
        """

        def steps() -> ClientSteps:
            yield StartTLS("x509")
            yield Write(b"inside")

        client = self.begin({100: steps})
        client.dataReceived(b"RFB 003.008\n\1d")
        self.assertEqual(
            client.happened, ["failed: the server requires TLS, which is not set up"]
        )
        self.assertNotIn(b"inside", self.transport.value())


class HappeningTests(SynchronousTestCase):
    """
    What is overridden is called.
    """

    def test_everything(self) -> None:
        """
        With a server behind it.
        """
        framebuffer = MemoryFramebuffer(100, 80, "one")
        factory = serving(framebuffer)
        viewer = Viewer(factory)
        happened: list[Any] = []
        for name in ("sizeChanged", "nameChanged", "cursorChanged", "bellRang"):
            setattr(viewer.client, name, lambda name=name: happened.append(name))
        framebuffer.name = "two"
        framebuffer.setCursor(Image.new("RGBA", (3, 3)))
        framebuffer.bell()
        framebuffer.resize(20, 30)
        viewer.settle()
        self.assertEqual(
            sorted(happened),
            ["bellRang", "cursorChanged", "nameChanged", "sizeChanged"],
        )

    def test_broken(self) -> None:
        """
        An exception in it ends the connection, and is logged.
        """

        class Broken(Recorder):
            """
            Cannot stand bells.
            """

            def bellRang(self) -> None:
                raise ZeroDivisionError("bell")

        client = Broken()
        transport = StringTransport()
        client.makeConnection(transport)
        client.dataReceived(ADMISSION + INIT + b"\2\2")
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertTrue(transport.disconnecting)
        self.assertEqual(client.happened, ["failed: ZeroDivisionError: bell"])

    def test_ownPace(self) -> None:
        """
        By default it asks again after each update; if C{isUpdating} is false, it does
        not.
        """
        framebuffer = MemoryFramebuffer(100, 80)
        viewer = Viewer(serving(framebuffer))
        viewer.client.isUpdating = False
        for color in ("red", "green", "blue"):
            framebuffer.fill(color)
            viewer.advance(0.1)
        self.assertEqual(viewer.color(0, 0), "#ff0000")
        viewer.client.requestUpdate()
        viewer.advance(0.1)
        self.assertEqual(viewer.color(0, 0), "#0000ff")


class Said(ClientInput):
    """
    Keeps what is sent.
    """

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def send(self, message: Message) -> None:
        """
        Keep it.
        """
        self.messages.append(message)


class InputTests(SynchronousTestCase):
    """
    What people do, as messages.
    """

    def setUp(self) -> None:
        """
        Somebody who does it.
        """
        self.said = Said()

    def keys(self) -> list[tuple[str, bool]]:
        """
        @return: The names of keys, and whether they went down.
        """
        keys = []
        for message in self.said.messages:
            assert isinstance(message, KeyEvent)
            keys.append((keysyms.nameOf(message.keysym), message.down))
        return keys

    def test_keyPress(self) -> None:
        """
        Keys go down in order, and up in reverse.
        """
        self.said.keyPress("Control_L", "c")
        self.assertEqual(
            self.keys(),
            [("Control_L", True), ("c", True), ("c", False), ("Control_L", False)],
        )
        self.assertRaises(ValueError, self.said.keyPress, "a", "Retrun")
        self.assertEqual(len(self.said.messages), 4)

    def test_type(self) -> None:
        """
        A text is one key after the other, and nothing if it cannot be typed.
        """
        self.said.type("a\n")
        self.assertEqual(
            self.keys(),
            [("a", True), ("a", False), ("Return", True), ("Return", False)],
        )
        self.assertRaises(ValueError, self.said.type, "a\0")
        self.assertEqual(len(self.said.messages), 4)

    def test_pointer(self) -> None:
        """
        The pointer stays where it is while buttons change, and buttons stay down
        while it moves.
        """
        said = self.said
        said.move(3, 4)
        said.buttonDown()
        said.buttonDown(3)
        said.move(5, 6)
        said.buttonUp()
        self.assertEqual(
            said.messages,
            [
                PointerEvent(0, 3, 4),
                PointerEvent(1, 3, 4),
                PointerEvent(5, 3, 4),
                PointerEvent(5, 5, 6),
                PointerEvent(4, 5, 6),
            ],
        )

    def test_click(self) -> None:
        """
        A click moves, presses and lets go.
        """
        self.said.click(3, 4, 2)
        self.assertEqual(
            self.said.messages,
            [PointerEvent(0, 3, 4), PointerEvent(2, 3, 4), PointerEvent(0, 3, 4)],
        )

    def test_scroll(self) -> None:
        """
        The wheel has a button for each direction.
        """
        self.said.move(1, 1)
        self.said.scroll(1)
        self.said.scroll(-1)
        self.assertEqual(
            self.said.messages,
            [PointerEvent(buttons, 1, 1) for buttons in (0, 16, 0, 8, 0)],
        )

    def test_impossible(self) -> None:
        """
        What the protocol cannot express is an error here.
        """
        for arguments in ((-1, 0), (0, -1), (65536, 0), (0, 65536), (0, 0, 256)):
            self.assertRaises(ValueError, self.said.pointerEvent, *arguments)
        self.assertRaises(ValueError, self.said.buttonDown, 9)
        self.assertEqual(self.said.messages, [])

    def test_cutText(self) -> None:
        """
        Texts are in Latin-1.
        """
        self.said.cutText("né€")
        self.said.keyEvent(97, True)
        self.assertEqual(
            self.said.messages, [ClientCutText(b"n\xe9?"), KeyEvent(True, 97)]
        )

    def test_nowhere(self) -> None:
        """
        Somebody must send it.
        """
        self.assertRaises(NotImplementedError, ClientInput().cutText, "a")


class Leaving(Application):
    """
    Fires C{left} when the last viewer has left.
    """

    def __init__(self) -> None:
        super().__init__()
        self.left: Deferred[None] = Deferred()

    def viewersChanged(self, viewers: Sequence[IViewer]) -> None:
        """
        Tell.
        """
        if not viewers:
            self.left.callback(None)


class SocketTests(TestCase):
    """
    Over TCP.
    """

    def setUp(self) -> None:
        """
        A server with a password.
        """
        self.reactor: Any = globalReactor
        self.framebuffer = MemoryFramebuffer(320, 200)
        self.framebuffer.fill("orange")
        self.application = Leaving()
        self.factory = RFBFactory(
            self.framebuffer,
            self.application,
            portal=portalFor("secret"),
            reactor=self.reactor,
        )

    async def listen(self) -> TCP4ClientEndpoint:
        """
        @return: Where the server is.
        """
        endpoint = TCP4ServerEndpoint(self.reactor, 0, interface="127.0.0.1")
        port = await endpoint.listen(self.factory)
        self.addCleanup(self.factory.disconnectAll)
        self.addCleanup(port.stopListening)
        return TCP4ClientEndpoint(self.reactor, "127.0.0.1", port.getHost().port)

    async def test_picture(self) -> None:
        """
        A viewer logs in, sees the picture, and presses a key.
        """

        class Waiting(RFBClient):
            """
            Fires when its first picture has come.
            """

            first: Deferred[None] = Deferred()

            def updateReceived(self, update: Updated) -> None:
                if not self.first.called:
                    self.first.callback(None)

        endpoint = await self.listen()
        client = await connectViewer(endpoint, "secret", Waiting)
        await Waiting.first
        self.assertEqual(client.image().tobytes(), self.framebuffer.toImage().tobytes())
        client.keyPress("a")
        client.disconnect()
        await self.application.left
        self.assertEqual(self.application.keys, [(97, True, 1), (97, False, 1)])

    async def test_leavesAtOnce(self) -> None:
        """
        Whatever a viewer has typed is taken, though it leaves at once, and cannot be
        sent any more what its keys draw.
        """

        class Drawing(Leaving):
            """
            Draws what is typed.
            """

            def keyEvent(self, keysym: int, down: bool, viewer: IViewer) -> None:
                super().keyEvent(keysym, down, viewer)
                framebuffer.fill("navy" if down else "orange")

        framebuffer = self.framebuffer
        self.application = Drawing()
        self.factory = RFBFactory(
            framebuffer, self.application, frameRate=0, reactor=self.reactor
        )
        # It cannot be read all at once.
        self.patch(tcp.Connection, "bufferSize", 64)
        client = await connectViewer(await self.listen(), encodings=(RAW,))
        await client.whenSeen()
        for _ in range(300):
            client.keyPress("a")
            client.requestUpdate()
        client.disconnect()
        await self.application.left
        self.assertEqual(len(self.application.keys), 600)

    async def test_wrongPassword(self) -> None:
        """
        With a wrong password it learns why it failed.
        """
        endpoint = await self.listen()
        with self.assertRaises(ConnectionFailed) as caught:
            await connectViewer(endpoint, "wrong")
        self.assertEqual(
            str(caught.exception), "the login failed: authentication failed"
        )

    def test_factory(self) -> None:
        """
        The factory makes viewers of its options.
        """
        factory = RFBClientFactory("secret", shared=False, clock=Clock())
        client = factory.buildProtocol(None)
        transport = StringTransport()
        client.makeConnection(transport)
        client.dataReceived(ADMISSION)
        # VncAuth was not asked for, and ClientInit is that of nobody who shares.
        self.assertEqual(transport.value(), b"RFB 003.008\n\1\0")
        client.disconnect()
        self.assertIs(client.factory, factory)
        self.assertIsNot(client, factory.buildProtocol(None))
