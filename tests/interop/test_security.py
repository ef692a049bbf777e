# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Security types beyond None and a password, with the viewers that have them; and what a
view-only password allows.
"""

from __future__ import annotations

from shutil import rmtree
from tempfile import mkdtemp

from twisted.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse

from tests.interop.case import STAYING, ViewerClass, ViewerTestCase, each, paint
from tests.interop.certificates import Authority
from tests.interop.libraries import GVnc, LibVNCClient, VncDoTool
from tests.interop.novnc import NoVNC
from tests.interop.processes import ViewerFailed
from tests.interop.programs import TigerVNC
from tests.interop.server import Server
from tests.interop.viewers import Options, keysym
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.security.accounts.realm import portalFor
from txrfb.security.admission.choice import choose
from txrfb.security.admission.maker import securityTypes
from txrfb.security.tls.server import TLS, ReloadingTLS
from txrfb.security.types.hostkey import HostKey

PAIRS = [
    (TigerVNC, "Plain"),
    (NoVNC, "Plain"),
    (NoVNC, "RA2ne"),
    *((viewer, "ARD") for viewer in (NoVNC, LibVNCClient, GVnc, VncDoTool)),
    *((viewer, "MSLogonII") for viewer in (NoVNC, LibVNCClient, GVnc)),
    *(
        (viewer, f"TLS{inner}")
        for viewer in (TigerVNC, LibVNCClient, GVnc)
        for inner in ("None", "Vnc", "Plain")
    ),
    # GVnc looks for authorities only in places that belong to the user.
    *(
        (viewer, f"X509{inner}")
        for viewer in (TigerVNC, LibVNCClient)
        for inner in ("None", "Vnc", "Plain")
    ),
]
"""
Security types by viewer.
"""

PASSWORD = "long and secret"
"""
The right one. Types without names look at eight characters of it.
"""


class SecurityTests(ViewerTestCase):
    """
    One security type at a time.
    """

    _key: HostKey | None = None

    @classmethod
    def hostKey(cls) -> HostKey:
        """
        One key for all tests: it takes a while to make.
        """
        if SecurityTests._key is None:
            SecurityTests._key = HostKey.generate()
        return SecurityTests._key

    def setUp(self) -> None:
        """
        Paint a picture, and have an authority.
        """
        super().setUp()
        self.framebuffer = MemoryFramebuffer(397, 211, "Interop")
        paint(self.framebuffer)
        self.directory = mkdtemp("-txrfb")
        self.addCleanup(rmtree, self.directory)
        self.authority = Authority(self.directory, "authority")

    async def start(self, security: str, expired: bool = False) -> Server:
        """
        Serve the picture with one security type.
        """
        users = InMemoryUsernamePasswordDatabaseDontUse(alice=PASSWORD.encode("ascii"))
        if security.endswith("None"):
            portal = portalFor()
        elif security.endswith("Vnc"):
            portal = portalFor(PASSWORD)
        else:
            portal = portalFor(checkers=[users])
        types = securityTypes(
            choose(security), hostKey=self.hostKey, canTLS=True, hasCertificate=True
        )
        tls = TLS(ReloadingTLS(self.authority.issue(expired)))
        return await self.serve(self.framebuffer, portal, types, tls)

    def options(
        self,
        viewerClass: ViewerClass,
        security: str,
        password: str = PASSWORD,
        authority: Authority | None = None,
    ) -> Options:
        """
        What makes a viewer log in.
        """
        trusted = authority or self.authority
        return Options(
            username=None if security.endswith(("None", "Vnc")) else "alice",
            password=None if security.endswith("None") else password,
            # TigerVNC's viewer is told by name which type it may take.
            security=security if viewerClass is TigerVNC else None,
            authority=trusted.path if security.startswith("X509") else None,
        )

    async def assertRefused(
        self, viewerClass: ViewerClass, server: Server, options: Options, reason: str
    ) -> None:
        """
        Fail unless the login fails, and the viewer says why.
        """
        try:
            await self.view(viewerClass, server, options)
        except ViewerFailed as error:
            self.assertIn(reason, str(error))
        else:
            self.fail(f"{viewerClass.name} got in")
        self.assertEqual(server.factory.viewers, [])

    @each(PAIRS)
    async def test_right(self, viewerClass: ViewerClass, security: str) -> None:
        """
        The viewer shows the picture to a user with the right password, if one is
        asked for.
        """
        server = await self.start(security)
        options = self.options(viewerClass, security)
        session = await self.view(viewerClass, server, options)
        await self.assertShows(viewerClass, session, self.framebuffer)
        paint(self.framebuffer, 1)
        await self.assertShows(viewerClass, session, self.framebuffer)

    @each(pair for pair in PAIRS if not pair[1].endswith("None"))
    async def test_wrong(self, viewerClass: ViewerClass, security: str) -> None:
        """
        The viewer sees nothing with a wrong one, but why.
        """
        server = await self.start(security)
        options = self.options(viewerClass, security, "another password")
        await self.assertRefused(viewerClass, server, options, "authentication failed")

    @each((viewer, "X509Vnc") for viewer in (TigerVNC, LibVNCClient))
    async def test_expired(self, viewerClass: ViewerClass, security: str) -> None:
        """
        The viewer does not give the password to a server whose certificate is out of
        date.
        """
        server = await self.start(security, expired=True)
        options = self.options(viewerClass, security)
        await self.assertRefused(viewerClass, server, options, "ertificate")

    @each([(LibVNCClient, "X509Vnc")])
    async def test_stranger(self, viewerClass: ViewerClass, security: str) -> None:
        """
        Nor to one whose authority it does not trust.
        """
        server = await self.start(security)
        stranger = Authority(self.directory, "stranger")
        options = self.options(viewerClass, security, authority=stranger)
        await self.assertRefused(viewerClass, server, options, "ertificate")

    @each(
        (viewer, "VncAuth", reason)
        for viewer, reason in (
            (TigerVNC, "too many failed logins"),
            (LibVNCClient, "too many failed logins"),
            (NoVNC, ""),
        )
    )
    async def test_lockedOut(
        self, viewerClass: ViewerClass, security: str, reason: str
    ) -> None:
        """
        After too many failures nobody can log in, though the password is right, and
        viewers that show reasons show it; later it is right again.
        """
        server = await self.serve(
            self.framebuffer, portalFor(PASSWORD), securityTypes(choose(security))
        )
        doorkeeper = server.factory.gate.doorkeeper
        # This machine's address stands for many, and would not be locked out.
        self.patch(doorkeeper, "isShared", lambda host: False)
        for _ in range(doorkeeper.free):
            doorkeeper.failed("127.0.0.1")
        options = Options(password=PASSWORD)
        await self.assertRefused(viewerClass, server, options, reason)
        doorkeeper.succeeded("127.0.0.1")
        session = await self.view(viewerClass, server, options)
        await self.assertShows(viewerClass, session, self.framebuffer)

    @each([(TigerVNC, "TLSPlain"), (NoVNC, "RA2ne")])
    async def test_userWhoMayLook(
        self, viewerClass: ViewerClass, security: str
    ) -> None:
        """
        A user with view-only rights sees the picture, and nothing that it types
        arrives.
        """
        users = InMemoryUsernamePasswordDatabaseDontUse(alice=PASSWORD.encode("ascii"))
        types = securityTypes(choose(security), hostKey=self.hostKey, canTLS=True)
        portal = portalFor(checkers=[users], viewOnlyUsers=["alice"])
        server = await self.serve(self.framebuffer, portal, types, TLS())
        options = self.options(viewerClass, security)
        session = await self.view(viewerClass, server, options)
        await self.assertShows(viewerClass, session, self.framebuffer)
        [viewer] = server.factory.viewers
        self.assertTrue(viewer.viewOnly)
        self.assertEqual(viewer.avatarId, b"alice")
        await session.type("a")
        paint(self.framebuffer, 1)
        await self.assertShows(viewerClass, session, self.framebuffer)
        self.assertEqual(server.heard.keys, [])


class ViewOnlyTests(ViewerTestCase):
    """
    A view-only password.
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
