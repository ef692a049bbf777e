# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Security types beyond None and a password, with the viewers that have them; and what a
view-only password allows.
"""

from __future__ import annotations

from twisted.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse

from tests.interop.case import STAYING, ViewerClass, ViewerTestCase, each, paint
from tests.interop.libraries import GVnc, LibVNCClient, VncDoTool
from tests.interop.novnc import NoVNC
from tests.interop.processes import ViewerFailed
from tests.interop.programs import TigerVNC
from tests.interop.server import Server
from tests.interop.viewers import Options, keysym
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.security.hostkey import HostKey
from txrfb.security.offer import choose, securityTypes
from txrfb.security.realm import portalFor

PAIRS = [
    (NoVNC, "Plain"),
    (TigerVNC, "Plain"),
    (NoVNC, "ARD"),
    (LibVNCClient, "ARD"),
    (GVnc, "ARD"),
    (VncDoTool, "ARD"),
    (NoVNC, "MSLogonII"),
    (LibVNCClient, "MSLogonII"),
    (GVnc, "MSLogonII"),
]
"""
Who has which security type with a name and a password.
"""

_words = {"TLSNone", "TLSVnc", "TLSPlain", "X509None", "X509Vnc", "X509Plain", "Plain"}


def options(viewerClass: ViewerClass, security: str, password: str) -> Options:
    """
    What makes a viewer log in.
    """
    # TigerVNC's viewer is told by name which type it may take.
    named = security if viewerClass is TigerVNC and security in _words else None
    return Options(username="alice", password=password, security=named)


class NamesTests(ViewerTestCase):
    """
    Users with a name and a password.
    """

    _key: HostKey | None = None

    @classmethod
    def hostKey(cls) -> HostKey:
        """
        One key for all tests: it takes a while to make.
        """
        if NamesTests._key is None:
            NamesTests._key = HostKey.generate()
        return NamesTests._key

    async def start(self, security: str) -> Server:
        """
        Serve a picture to alice, with one security type.
        """
        self.framebuffer = MemoryFramebuffer(397, 211, "Interop")
        paint(self.framebuffer)
        users = InMemoryUsernamePasswordDatabaseDontUse(alice=b"a longer password")
        return await self.serve(
            self.framebuffer,
            portalFor(checkers=[users]),
            securityTypes(choose(security), hostKey=self.hostKey),
        )

    @each(PAIRS)
    async def test_right(self, viewerClass: ViewerClass, security: str) -> None:
        """
        The viewer shows the picture to a user with the right password.
        """
        server = await self.start(security)
        asked = options(viewerClass, security, "a longer password")
        session = await self.view(viewerClass, server, asked)
        await self.assertShows(viewerClass, session, self.framebuffer)

    @each(PAIRS)
    async def test_wrong(self, viewerClass: ViewerClass, security: str) -> None:
        """
        The viewer sees nothing with a wrong one, but why.
        """
        server = await self.start(security)
        asked = options(viewerClass, security, "another password")
        try:
            await self.view(viewerClass, server, asked)
        except ViewerFailed as error:
            self.assertIn("authentication failed", str(error))
        else:
            self.fail(f"{viewerClass.name} got in")


class ViewOnlyTests(ViewerTestCase):
    """
    A password for those who may only look on.
    """

    @each(viewer for viewer in STAYING if viewer.interacts)
    async def test_viewOnly(self, viewerClass: ViewerClass) -> None:
        """
        The viewer shows the picture, and nothing that is typed and clicked in it
        arrives; with the other password, it does.
        """
        framebuffer = MemoryFramebuffer(397, 211, "Interop")
        paint(framebuffer)
        server = await self.serve(framebuffer, portalFor("full", "look"))
        looking = await self.view(viewerClass, server, Options(password="look"))
        await self.assertShows(viewerClass, looking, framebuffer)
        await looking.pointer(20, 30, 1)
        await looking.pointer(20, 30, 0)
        await looking.type("a")
        # What is painted now is shown after the input has been read.
        paint(framebuffer, 1)
        await self.assertShows(viewerClass, looking, framebuffer)
        await looking.close()
        full = await self.view(viewerClass, server, Options(password="full"))
        await self.assertShows(viewerClass, full, framebuffer)
        await full.type("b")
        await self.eventually(lambda: (keysym("b"), False) in server.heard.keys)
        self.assertEqual(server.heard.keys, [(keysym("b"), True), (keysym("b"), False)])
        self.assertFalse([event for event in server.heard.pointers if event[2]])
