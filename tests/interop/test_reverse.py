# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Viewers that listen: the server connects to them.
"""

from __future__ import annotations

import socket

from twisted.internet.endpoints import HostnameEndpoint

from tests.interop.case import ViewerTestCase, paint
from tests.interop.programs import TigerVNC
from tests.interop.viewers import Options
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.reverse import ReverseConnection
from txrfb.security.accounts.realm import portalFor
from txrfb.security.admission.choice import choose
from txrfb.security.admission.maker import securityTypes
from txrfb.security.tls.server import TLS


class Listening(TigerVNC):
    """
    TigerVNC's viewer, which listens.
    """

    def command(
        self, host: str, port: int, options: Options, directory: str
    ) -> list[str]:
        """
        The last argument is the port.
        """
        *words, _ = super().command(host, port, options, directory)
        return [*words, "-listen", str(port)]


class ReverseTests(ViewerTestCase):
    """
    Reverse connections.
    """

    async def test_listening(self) -> None:
        """
        The viewer shows the picture, logged in inside of TLS as in a connection that it
        has opened itself, and says what it says there.
        """
        framebuffer = MemoryFramebuffer(397, 211, "Interop")
        paint(framebuffer)
        types = securityTypes(choose("TLSVnc"), canTLS=True)
        server = await self.serve(framebuffer, portalFor("open up"), types, TLS())
        with socket.create_server(("127.0.0.1", 0)) as free:
            server.port = free.getsockname()[1]
        service = ReverseConnection(
            server.factory,
            HostnameEndpoint(self.reactor, "127.0.0.1", server.port),
            reactor=self.reactor,
        )
        # The viewer is not there yet: this tries it again.
        service.startService()
        self.addCleanup(service.stopService)
        options = Options(password="open up", security="TLSVnc")
        session = await self.view(Listening, server, options)
        await self.assertShows(Listening, session, framebuffer)
        await session.type("a")
        self.assertTrue(
            await self.eventually(lambda: (ord("a"), False) in server.heard.keys)
        )
