# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What TigerVNC's viewer, noVNC and gtk-vnc say and understand beyond RFC 6143.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from PIL import Image
from twisted.logger import ILogObserver, globalLogPublisher
from zope.interface import implementer

from tests.interop.case import ViewerTestCase, paint
from tests.interop.libraries import DriverSession, GVnc, LibVNCClient
from tests.interop.novnc import NoVNC, NoVNCSession
from tests.interop.processes import PATIENCE, pause, run, until
from tests.interop.programs import TigerVNC, WindowSession
from tests.interop.server import Heard, Server
from tests.interop.viewers import Options
from txrfb._wire.messages.extensions import AudioFormat
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.interfaces import (
    IAudioSink,
    IAudioSource,
    IKeycodeReceiver,
    ILedSource,
    IPointerMotionReceiver,
    IPowerControl,
    IResizable,
    IViewer,
)
from txrfb.log import traceMessages

UNICODE = "größer als 漢字\nin zwei Zeilen"


@implementer(IKeycodeReceiver, ILedSource, IPowerControl, IResizable)
class Machine(Heard):
    """
    An application that can do everything.

    @ivar codes: each key: where it is, its symbol, and whether it went down.
    @ivar actions: what it was to do with its power.
    @ivar sizes: the sizes that viewers asked for.
    """

    leds = 0

    def __init__(self, framebuffer: MemoryFramebuffer) -> None:
        super().__init__()
        self.framebuffer = framebuffer
        self.codes: list[tuple[int, int, bool]] = []
        self.actions: list[str] = []
        self.sizes: list[tuple[int, int]] = []

    def keycodeEvent(
        self, keycode: int, keysym: int, down: bool, viewer: IViewer
    ) -> None:
        """
        Remember a key.
        """
        self.codes.append((keycode, keysym, down))

    def powerRequested(self, action: str, viewer: IViewer) -> bool:
        """
        Remember it, and do nothing.
        """
        self.actions.append(action)
        return False

    def sizeRequested(self, width: int, height: int, viewer: IViewer) -> bool:
        """
        Have that size.
        """
        self.sizes.append((width, height))
        self.framebuffer.resize(width, height)
        paint(self.framebuffer, len(self.sizes))
        return True


class ExtensionTestCase(ViewerTestCase):
    """
    A machine, and what viewers say to it.

    @ivar said: how often each message came.
    """

    def setUp(self) -> None:
        """
        Count messages.
        """
        super().setUp()
        self.said: Counter[str] = Counter()

        @implementer(ILogObserver)
        def count(event: Any) -> None:
            if event.get("direction") == "rx":
                self.said[event["name"]] += 1

        traceMessages()
        globalLogPublisher.addObserver(count)
        self.addCleanup(globalLogPublisher.removeObserver, count)
        self.addCleanup(traceMessages, False)

    async def serveMachine(self) -> Server:
        """
        Serve a machine.
        """
        self.framebuffer = MemoryFramebuffer(320, 200, "Interop")
        paint(self.framebuffer)
        self.machine = Machine(self.framebuffer)
        return await self.serve(self.framebuffer, application=self.machine)

    async def move(self, frames: int = 20) -> None:
        """
        Let the picture move for a while.
        """
        for frame in range(frames):
            paint(self.framebuffer, frame)
            await pause(self.reactor, 0.02)

    async def assertComes(
        self, ask: Callable[[], Awaitable[Any]], expected: Any
    ) -> None:
        """
        Fail unless an answer comes to be as expected.
        """
        answers: list[Any] = []

        async def asked() -> bool:
            answers[:] = [await ask()]
            return bool(answers[0] == expected)

        await until(self.reactor, PATIENCE, asked, 0.1)
        self.assertEqual(answers[0], expected)

    async def assertHeard(self, ask: Callable[[], Any], expected: Any) -> None:
        """
        Fail unless the machine comes to have heard what is expected.
        """
        await self.eventually(lambda: bool(ask() == expected))
        self.assertEqual(ask(), expected)


class ResizingTigerVNC(TigerVNC):
    """
    One that asks for the size of its window.
    """

    def command(
        self, host: str, port: int, options: Options, directory: str
    ) -> list[str]:
        """
        Otherwise as ever.
        """
        words = super().command(host, port, options, directory)
        return ["-RemoteResize=1" if "RemoteResize" in word else word for word in words]


class FixedTigerVNC(ResizingTigerVNC):
    """
    One that asks for a size when it connects.
    """

    option = "-DesktopSize=411x307"

    def command(
        self, host: str, port: int, options: Options, directory: str
    ) -> list[str]:
        """
        Otherwise as the other.
        """
        words = super().command(host, port, options, directory)
        return [words[0], self.option, *words[1:]]


class PlacedTigerVNC(FixedTigerVNC):
    """
    One whose window has a size when it connects.
    """

    option = "-geometry=411x307"


class TigerVNCTests(ExtensionTestCase):
    """
    TigerVNC's viewer.
    """

    async def start(self, viewerClass: type[TigerVNC] = TigerVNC) -> WindowSession:
        """
        Have it show the picture.
        """
        self.server = await self.serveMachine()
        session = await self.view(viewerClass, self.server)
        await self.assertShows(viewerClass, session, self.framebuffer)
        assert isinstance(session, WindowSession)
        return session

    async def tool(self, session: WindowSession, *words: str) -> str:
        """
        Do something with its window.
        """
        window = await session.window()
        assert window is not None
        return await session.server.tool(
            self.reactor, words[0], window.identifier, *words[1:]
        )

    async def test_flow(self) -> None:
        """
        It has updates sent continuously, and sends fences back, by which its latency
        is known; the picture is right all the same.
        """
        session = await self.start()
        await self.eventually(lambda: self.said["EnableContinuousUpdates"] > 0)
        before = self.said["FramebufferUpdateRequest"]
        await self.move()
        await self.assertShows(TigerVNC, session, self.framebuffer)
        self.assertGreater(self.said["Fence"], 5)
        self.assertLessEqual(self.said["FramebufferUpdateRequest"], before + 1)
        [viewer] = self.server.factory.viewers
        assert viewer.latency is not None
        self.assertLess(viewer.latency, 5)
        self.assertEqual(viewer.secondsBehind, 0)

    async def test_cursor(self) -> None:
        """
        It draws the pointer itself, which then is not in the picture.
        """
        session = await self.start()
        self.framebuffer.setCursor(Image.new("RGBA", (20, 20), (255, 0, 0, 200)))
        await session.pointer(100, 100)
        await self.assertHeard(lambda: self.machine.pointers[-1:], [(100, 100, 0)])
        await self.move(5)
        await self.assertShows(TigerVNC, session, self.framebuffer)

    async def test_windowToServer(self) -> None:
        """
        When its window has another size, it asks for that.
        """
        session = await self.start(ResizingTigerVNC)
        await self.tool(session, "windowsize", "411", "307")
        await self.assertHeard(lambda: self.machine.sizes[-1:], [(411, 307)])
        self.assertGreater(self.said["SetDesktopSize"], 0)
        await self.assertShows(ResizingTigerVNC, session, self.framebuffer)

    async def test_atConnect(self) -> None:
        """
        It asks for the size it was given, or has its window, when it connects.
        """
        for viewerClass in (FixedTigerVNC, PlacedTigerVNC):
            session = await self.start(viewerClass)
            await self.assertHeard(lambda: self.machine.sizes[-1:], [(411, 307)])
            await self.assertShows(viewerClass, session, self.framebuffer)

    async def test_windowIsDragged(self) -> None:
        """
        When its window is made larger and larger, and the machine takes its time, both
        have the last size in the end.
        """
        session = await self.start(ResizingTigerVNC)
        machine, framebuffer = self.machine, self.framebuffer

        async def slow(width: int, height: int, viewer: IViewer) -> bool:
            machine.sizes.append((width, height))
            await pause(self.reactor, 0.5)
            framebuffer.resize(width, height)
            paint(framebuffer, len(machine.sizes))
            return True

        machine.sizeRequested = slow  # type: ignore[method-assign, assignment]
        for size in ((340, 220), (370, 250), (411, 307)):
            await self.tool(session, "windowsize", *map(str, size))
            # As long as it waits itself for the end of the dragging, and a little.
            await pause(self.reactor, 0.6)
        await self.assertHeard(lambda: framebuffer.width, 411)
        await self.assertShows(ResizingTigerVNC, session, framebuffer)
        window = await session.window()
        assert window is not None
        self.assertEqual((window.width, window.height), (411, 307))

    async def test_serverToWindow(self) -> None:
        """
        When the server has another size, so has its window.
        """
        session = await self.start(ResizingTigerVNC)
        self.framebuffer.resize(350, 250)
        paint(self.framebuffer)
        await self.assertShows(ResizingTigerVNC, session, self.framebuffer)
        window = await session.window()
        assert window is not None
        self.assertEqual((window.width, window.height), (350, 250))

    async def test_name(self) -> None:
        """
        The title of its window is the desktop's name.
        """
        session = await self.start()
        self.framebuffer.name = "Änderung"

        async def title() -> str:
            return (await self.tool(session, "getwindowname")).strip()

        await self.assertComes(title, "Änderung - TigerVNC")

    async def test_clipboardOfApplication(self) -> None:
        """
        What the application copies can be pasted from the X server, in any language.
        """
        session = await self.start()
        self.framebuffer.cutText(UNICODE)

        async def pasted() -> str:
            words = ["timeout", "5", "xclip", "-selection", "clipboard", "-out"]
            try:
                output = await run(self.reactor, words, session.server.environment)
            except Exception:
                return ""  # nobody has the selection yet
            return output.decode("utf-8")

        await self.assertComes(pasted, UNICODE)

    async def test_clipboardOfViewer(self) -> None:
        """
        What is copied on the X server can be pasted in the application.
        """
        session = await self.start()
        path = f"{session.directory}/text"
        with open(path, "w", encoding="utf-8") as file:
            file.write(UNICODE)
        # It stays to serve the selection, and ends with the X server, or when another
        # has it.
        words = f"xclip -selection clipboard -in {path} </dev/null >/dev/null 2>&1"
        await run(self.reactor, ["sh", "-c", words], session.server.environment)
        await self.assertHeard(lambda: self.machine.texts[-1:], [UNICODE])
        self.assertGreater(self.said["ExtendedCutText"], 0)

    async def test_keys(self) -> None:
        """
        It sends where keys are, besides what they mean.
        """
        session = await self.start()
        # It does so once the server has announced support.
        await self.eventually(lambda: self.said["EnableContinuousUpdates"] > 0)
        for name in ("a", "Right"):
            await session.key(name, True)
            await session.key(name, False)
        await self.assertHeard(
            lambda: self.machine.codes,
            [
                (30, 97, True),
                (30, 97, False),
                (0xCD, 0xFF53, True),
                (0xCD, 0xFF53, False),
            ],
        )
        self.assertEqual(self.machine.keys, [])


class NoVNCTests(ExtensionTestCase):
    """
    noVNC.
    """

    async def start(self) -> NoVNCSession:
        """
        Have it show the picture.
        """
        self.server = await self.serveMachine()
        session = await self.view(NoVNC, self.server)
        await self.assertShows(NoVNC, session, self.framebuffer)
        assert isinstance(session, NoVNCSession)
        return session

    async def test_flow(self) -> None:
        """
        It has updates sent continuously, and sends fences back.
        """
        session = await self.start()
        await self.eventually(lambda: self.said["EnableContinuousUpdates"] > 0)
        before = self.said["FramebufferUpdateRequest"]
        await self.move()
        await self.assertShows(NoVNC, session, self.framebuffer)
        self.assertGreater(self.said["Fence"], 5)
        self.assertLessEqual(self.said["FramebufferUpdateRequest"], before + 1)
        [viewer] = self.server.factory.viewers
        assert viewer.latency is not None
        self.assertLess(viewer.latency, 5)

    async def test_announced(self) -> None:
        """
        It knows what the machine can do: be switched, be resized, tell of its name
        and its lights; and more than eight buttons.
        """
        session = await self.start()
        page = session.page
        self.assertTrue(await page.evaluate("viewer.inside().capabilities.power"))
        self.machine.leds = 4
        for listener in self.framebuffer.listeners():
            listener.ledsChanged()
        self.framebuffer.name = "Änderung"

        async def told() -> Any:
            return await page.evaluate(
                "[viewer.name, viewer.inside()._remoteCapsLock,"
                " viewer.inside()._remoteNumLock,"
                " viewer.inside()._supportsSetDesktopSize,"
                " viewer.inside()._extendedPointerEventSupported]"
            )

        await self.assertComes(told, ["Änderung", True, False, True, True])

    async def test_power(self) -> None:
        """
        It can have it switched.
        """
        session = await self.start()
        for word in ("Shutdown", "Reboot", "Reset"):
            await session.page.evaluate(f"viewer.inside().machine{word}()")
        await self.assertHeard(
            lambda: self.machine.actions, ["shutdown", "reboot", "reset"]
        )

    async def test_size(self) -> None:
        """
        It asks for the size of the page, and for another when that changes.
        """
        session = await self.start()
        await session.page.evaluate("viewer.inside().resizeSession = true")
        size = await session.page.evaluate(
            "[document.getElementById('screen').clientWidth,"
            " document.getElementById('screen').clientHeight]"
        )
        await self.assertHeard(lambda: self.machine.sizes[-1:], [tuple(size)])
        await self.assertShows(NoVNC, session, self.framebuffer)
        await session.page.evaluate(
            "document.getElementById('screen').style.width = '400px';"
            "document.getElementById('screen').style.height = '300px'; 0"
        )
        await self.assertHeard(lambda: self.machine.sizes[-1:], [(400, 300)])
        await self.assertShows(NoVNC, session, self.framebuffer)

    async def test_buttons(self) -> None:
        """
        The buttons for back and forward arrive.
        """
        session = await self.start()
        await session.pointer(20, 20)
        place = await session.page.evaluate("viewer.place()")
        where = {"x": place["left"] + 20.5, "y": place["top"] + 20.5}
        for name, mask in (("back", 8), ("forward", 16)):
            for kind, held in (("mousePressed", mask), ("mouseReleased", 0)):
                await session.page.call(
                    "Input.dispatchMouseEvent",
                    type=kind,
                    button=name,
                    buttons=held,
                    clickCount=1,
                    **where,
                )

        def changes() -> list[int]:
            masks = [buttons for _, _, buttons in self.machine.pointers]
            return [
                mask
                for index, mask in enumerate(masks)
                if index == 0 or mask != masks[index - 1]
            ]

        await self.assertHeard(changes, [0, 0x80, 0, 0x100, 0])

    async def test_wheel(self) -> None:
        """
        The wheel turns in both directions, up and down, left and right.
        """
        session = await self.start()
        await session.pointer(20, 20)
        place = await session.page.evaluate("viewer.place()")
        where = {"x": place["left"] + 20.5, "y": place["top"] + 20.5}
        for dx, dy in ((0, -120), (0, 120), (-120, 0), (120, 0)):
            await session.page.call(
                "Input.dispatchMouseEvent",
                type="mouseWheel",
                deltaX=dx,
                deltaY=dy,
                **where,
            )

        def steps() -> list[int]:
            return [buttons for _, _, buttons in self.machine.pointers if buttons]

        await self.assertHeard(steps, [8, 16, 32, 64])

    async def test_keys(self) -> None:
        """
        It sends where keys are, besides what they mean.
        """
        session = await self.start()
        for name in ("a", "Right"):
            await session.key(name, True)
            await session.key(name, False)
        await self.assertHeard(
            lambda: self.machine.codes,
            [
                (30, 97, True),
                (30, 97, False),
                (0xCD, 0xFF53, True),
                (0xCD, 0xFF53, False),
            ],
        )

    async def test_clipboard(self) -> None:
        """
        Text of any language goes in both directions.
        """
        session = await self.start()
        self.framebuffer.cutText(UNICODE)
        await self.assertComes(session.clipboard, UNICODE)
        await session.cut(UNICODE[::-1])
        await self.assertHeard(lambda: self.machine.texts, [UNICODE[::-1]])
        self.assertGreater(self.said["ExtendedCutText"], 1)


class KnowingGVnc(GVnc):
    """
    One that lists everything that the library under it knows, as gtk-vnc does: it is
    known by VMware's display mode.
    """

    def _encodings(self, options: Options) -> str:
        known = " -257 -258 -259 -261 -307 -308 -309 1464686185"
        return super()._encodings(options) + known


@implementer(IAudioSource, ILedSource, IPointerMotionReceiver)
class Room(Heard):
    """
    A machine that can be heard, and has a mouse that knows only how far it is moved.

    @ivar moves: how far, and which buttons.
    @ivar formats: how viewers want to hear it.
    """

    leds = 0
    wantsMotion = True

    def __init__(self) -> None:
        super().__init__()
        self.moves: list[tuple[int, int, int]] = []
        self.formats: list[AudioFormat] = []
        self.sinks: list[IAudioSink] = []

    def pointerMotion(self, dx: int, dy: int, buttons: int, viewer: IViewer) -> None:
        """
        Remember a move.
        """
        self.moves.append((dx, dy, buttons))

    def startAudio(self, format: AudioFormat, sink: IAudioSink) -> None:
        """
        Remember who listens.
        """
        self.formats.append(format)
        self.sinks.append(sink)

    def stopAudio(self, sink: IAudioSink) -> None:
        """
        Forget it.
        """
        self.sinks.remove(sink)


class GVncTests(ExtensionTestCase):
    """
    The library under gtk-vnc.
    """

    async def start(self) -> DriverSession:
        """
        Have it show a picture.
        """
        self.framebuffer = MemoryFramebuffer(320, 200, "Interop")
        paint(self.framebuffer)
        self.room = Room()
        server = await self.serve(self.framebuffer, application=self.room)
        session = await self.view(KnowingGVnc, server)
        await self.assertShows(KnowingGVnc, session, self.framebuffer)
        assert isinstance(session, DriverSession)
        return session

    async def test_motion(self) -> None:
        """
        It is told that motions are wanted, sends them, and is told when they are not
        any longer.
        """
        session = await self.start()
        notes = session.driver.notes
        await self.assertHeard(lambda: "absolute 0" in notes, True)
        # The library leaves it to who uses it to work motions out.
        await session.pointer(0x7FFF + 5, 0x7FFF - 3)
        await session.pointer(0x7FFF, 0x7FFF, 1)
        await self.assertHeard(lambda: self.room.moves, [(5, -3, 0), (0, 0, 1)])
        self.room.wantsMotion = False
        for listener in self.framebuffer.listeners():
            listener.pointerModeChanged()
        await self.assertHeard(lambda: "absolute 1" in notes, True)
        await session.pointer(30, 40, 1)
        await self.assertHeard(lambda: self.room.pointers, [(30, 40, 1)])

    async def test_lights(self) -> None:
        """
        It is told of the lights of the keyboard.
        """
        session = await self.start()
        self.room.leds = 5
        for listener in self.framebuffer.listeners():
            listener.ledsChanged()
        # The driver looks at them when pixels come.
        await pause(self.reactor, 0.1)
        paint(self.framebuffer, 1)
        await self.assertHeard(lambda: session.driver.notes[-1:], ["leds 5"])

    async def test_sound(self) -> None:
        """
        It hears what there is to hear, in the format that it asks for.
        """
        session = await self.start()
        await self.assertHeard(lambda: self.room.formats, [AudioFormat(3, 2, 22050)])
        [sink] = self.room.sinks
        sink.audioStarted()
        sink.audioReceived(bytes(range(16)))
        sink.audioEnded()

        def heard() -> list[str]:
            words = ("start", "sound", "stop")
            return [note for note in session.driver.notes if note.startswith(words)]

        await self.assertHeard(
            heard, ["start 3 2 22050", f"sound {bytes(range(16)).hex()}", "stop"]
        )
        # Another picture: the driver begins with a black one whenever it is told of a
        # size, and may be told once more while it asks for all pixels twice.
        paint(self.framebuffer, 7)
        await self.assertShows(KnowingGVnc, session, self.framebuffer)


class LibVNCClientTests(ExtensionTestCase):
    """
    LibVNCClient, of which AVNC, Remmina and Guacamole are made.
    """

    async def test_size(self) -> None:
        """
        Two of them ask for one size after the other, by whatever number and place
        stands in their memory for a screen: both stay, and have the last.
        """
        server = await self.serveMachine()
        sessions = [await self.view(LibVNCClient, server) for _ in range(2)]
        for session in sessions:
            await self.assertShows(LibVNCClient, session, self.framebuffer)
        for n, (width, height) in enumerate(((411, 307), (300, 400), (500, 350))):
            session = sessions[n % 2]
            assert isinstance(session, DriverSession)
            await session.size(width, height)
            await self.assertHeard(lambda: self.machine.sizes[-1:], [(width, height)])
            for session in sessions:
                await self.assertShows(LibVNCClient, session, self.framebuffer)
