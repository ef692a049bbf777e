# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The test case of the viewer tests: a framebuffer is served on a real port of this
process, viewers connect, and what they show is compared with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from tempfile import mkdtemp
from typing import Any, TypeVar

import numpy as np
from PIL import Image
from twisted.cred.portal import Portal
from twisted.internet.defer import ensureDeferred
from twisted.trial.unittest import TestCase

from tests.interop.libraries import AsyncVNC, GVnc, LibVNCClient, VncDoTool
from tests.interop.novnc import NoVNC
from tests.interop.processes import PATIENCE, realReactor, until
from tests.interop.programs import GVncCapture, TigerVNC, TightVNC, VncSnapshot
from tests.interop.server import Server, recordEncodings
from tests.interop.viewers import Options, Session, Viewer, requireViewer
from tests.interop.xserver import Picture
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.interfaces import ISecurityType
from txrfb.security.tls.server import TLS

ViewerClass = type[Viewer]

VIEWERS: tuple[ViewerClass, ...] = (
    TigerVNC,
    TightVNC,
    LibVNCClient,
    GVnc,
    GVncCapture,
    NoVNC,
    VncDoTool,
    VncSnapshot,
    AsyncVNC,
)
"""
All viewers.
"""

TALKING = tuple(viewer for viewer in VIEWERS if viewer.talks)
"""
The viewers whose bell and clipboard can be seen.
"""

STAYING = tuple(viewer for viewer in VIEWERS if viewer.stays)
"""
The viewers that stay connected.
"""

F = TypeVar("F", bound=Callable[..., Any])


def each(cases: Iterable[Any]) -> Callable[[F], F]:
    """
    Make one test for each case of a method, named after it.

    @param cases: the arguments of the method after C{self}: a tuple, or the one.
    """

    def decorate(method: F) -> F:
        method.cases = list(cases)  # type: ignore[attr-defined]
        return method

    return decorate


def _word(value: object) -> str:
    if isinstance(value, tuple):
        return "x".join(map(_word, value))
    # To trial a dot divides classes from their tests.
    return str(getattr(value, "name", value)).replace(".", "_")


def _case(method: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    async def test(self: Any) -> None:
        await method(self, *arguments)

    test.__name__ = "_".join([method.__name__, *map(_word, arguments)])
    test.__doc__ = method.__doc__
    return test


class ViewerTestCase(TestCase):
    """
    A test with a server and viewers.
    """

    timeout = 300.0

    def __init_subclass__(cls, **keywords: Any) -> None:
        """
        Make the tests that L{each} asks for.
        """
        super().__init_subclass__(**keywords)
        for name, method in list(vars(cls).items()):
            if hasattr(method, "cases"):
                delattr(cls, name)
                for case in method.cases:
                    test = _case(method, case if isinstance(case, tuple) else (case,))
                    setattr(cls, test.__name__, test)

    def setUp(self) -> None:
        """
        Have the reactor.
        """
        self.reactor = realReactor()
        self.servers: list[Server] = []

    async def serve(
        self,
        framebuffer: MemoryFramebuffer,
        portal: Portal | None = None,
        securityTypes: Sequence[ISecurityType] | None = None,
        tls: TLS | None = None,
        application: Any = None,
        video: Any = None,
    ) -> Server:
        """
        Serve a framebuffer until the test is over.

        @param application: what takes input; what only remembers it, if not given.
        @param video: what makes encoders of videos.
        """
        used, restore = recordEncodings()
        self.addCleanup(restore)
        server = Server(
            *(self.reactor, framebuffer, portal, securityTypes, tls, used),
            *(application, video),
        )
        await server.start()
        self.servers.append(server)
        self.addCleanup(lambda: ensureDeferred(server.stop()))
        return server

    async def view(
        self,
        viewerClass: ViewerClass,
        server: Server,
        options: Options | None = None,
    ) -> Session:
        """
        Connect a viewer; it is ended when the test is over.
        """
        viewer = viewerClass(self.reactor)
        requireViewer(self, viewer)
        self.addCleanup(lambda: ensureDeferred(viewer.close()))
        return await viewer.open("127.0.0.1", server.port, options)

    async def eventually(
        self, condition: Callable[[], bool], seconds: float = PATIENCE
    ) -> bool:
        """
        Wait until something has become true.

        @return: whether it did.
        """

        async def asked() -> bool:
            return condition()

        return bool(await until(self.reactor, seconds, asked))

    async def assertShows(
        self,
        viewerClass: ViewerClass,
        session: Session,
        framebuffer: MemoryFramebuffer,
        tolerance: int | None = None,
    ) -> None:
        """
        Fail unless the viewer comes to show the framebuffer, to the pixel.

        A viewer that stays connected has some time for it. One that takes one picture
        and ends has to have it right.

        @param tolerance: how far a channel may be off; as far as the viewer's own
            output makes necessary, if not given.
        """
        allowed = viewerClass.tolerance if tolerance is None else tolerance
        shown: list[Picture] = []

        async def same() -> bool:
            shown[:] = [await session.picture()]
            return difference(shown[0], rgb(framebuffer)) <= allowed

        seconds = PATIENCE if viewerClass.stays else 0.0
        if not await until(self.reactor, seconds, same):
            self.fail(
                f"{viewerClass.name} "
                + described(shown[0], rgb(framebuffer), allowed, mkdtemp("-txrfb"))
                + "".join(server.transcripts() for server in self.servers)
            )


def rgb(framebuffer: MemoryFramebuffer) -> Picture:
    """
    The pixels of a framebuffer as (height, width, 3): red, green, blue.
    """
    return framebuffer.array[:, :, 2::-1]


def difference(shown: Picture, wanted: Picture) -> int:
    """
    How far the worst channel is off; 256 when the sizes differ.
    """
    if shown.shape != wanted.shape:
        return 256
    return int(np.abs(shown.astype(np.int16) - wanted).max())


def described(shown: Picture, wanted: Picture, allowed: int, path: str) -> str:
    """
    What is wrong with a picture; both pictures are written to C{path}.
    """
    if shown.shape != wanted.shape:
        return f"shows {shown.shape}, not {wanted.shape}"
    Image.fromarray(shown).save(f"{path}/shown.png")
    Image.fromarray(np.ascontiguousarray(wanted)).save(f"{path}/wanted.png")
    off = np.abs(shown.astype(np.int16) - wanted).max(axis=2) > allowed
    y, x = (int(index[0]) for index in np.nonzero(off))
    return (
        f"shows {int(off.sum())} wrong pixels of {off.size}, the first at {x}, {y}:"
        f" {shown[y, x].tolist()}, not {wanted[y, x].tolist()};"
        f" see {path}"
    )


def paint(framebuffer: MemoryFramebuffer, seed: int = 0) -> None:
    """
    Paint something of everything: gradients, a flat area, an area of two colors, one
    of few, text, noise. Every seed gives another picture.
    """
    random = np.random.default_rng(seed)
    height, width = framebuffer.height, framebuffer.width
    y, x = np.mgrid[:height, :width]
    picture = np.stack(
        [x * 255 // width, y * 255 // height, (x + y + 16 * seed) & 255], axis=2
    ).astype(np.uint8)
    third, half = width // 3, height // 2
    picture[:half, third : 2 * third] = (17 * seed & 255, 200, 90)
    two = (x // 3 + y // 5 + seed) % 2 == 0
    picture[half:, third : 2 * third] = np.where(
        two[half:, third : 2 * third, None], (250, 250, 240), (10, 20, 30)
    )
    few = random.integers(0, 256, (7, 3), np.uint8)
    right = picture[:half, 2 * third :]
    right[:] = few[random.integers(0, 7, right.shape[:2])]
    noise = picture[half:, 2 * third :]
    noise[:] = random.integers(0, 256, noise.shape, np.uint8)
    framebuffer.paste(picture)
    with framebuffer.draw() as canvas:
        canvas.text((8, 8), f"picture {seed}", fill=(255, 255, 255))
