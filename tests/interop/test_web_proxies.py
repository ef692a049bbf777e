# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Browsers behind nginx and HAProxy, set up as the documentation has it: only the places
of files and ports are others.
"""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.endpoints import (
    TCP4ClientEndpoint,
    connectProtocol,
    wrapClientTLS,
)
from twisted.internet.error import ConnectError
from twisted.internet.ssl import Certificate, optionsForClientTLS
from twisted.trial.unittest import TestCase

from tests.interop.processes import Child, freePort, pause, realReactor, start
from tests.interop.test_command import need
from tests.test_deploy import block, commands
from tests.web.test_service import Getter
from tests.web.test_sockets import VERSION, Client
from txrfb import tap
from txrfb.security.tls.certificates import createSelfSigned

#: What nginx needs around the documentation's part.
_NGINX = """
user root;
daemon off;
master_process off;
pid {top}/pid;
error_log {top}/errors;
events {{}}
http {{
    access_log off;
    client_body_temp_path {top};
    proxy_temp_path {top};
    fastcgi_temp_path {top};
    uwsgi_temp_path {top};
    scgi_temp_path {top};
    {text}
}}
"""

#: Headers with which a browser lies about where it is.
LIES = {
    "X-Forwarded-For": "203.0.113.5",
    "Forwarded": "for=203.0.113.6;proto=http;host=elsewhere.example",
}

#: Where the browser is, as far as the proxy can see.
HERE = "127.0.0.2"


class ProxyTests(TestCase):
    """
    A proxy with https in front of the daemon.
    """

    timeout = 300

    def setUp(self) -> None:
        """
        Start the daemon.
        """
        self.reactor: Any = realReactor()
        top = self.top = mkdtemp(prefix="rfb-proxy-")
        self.addCleanup(shutil.rmtree, top, ignore_errors=True)
        self.places = {
            "/run/rfb/web": f"{top}/web",
            "/etc/rfb.pem": f"{top}/pem",
            "/etc/rfb-password": f"{top}/password",
        }
        createSelfSigned(f"{top}/pem", ["desk.example"])
        self.authority = Certificate.loadPEM(Path(top, "pem").read_bytes())
        Path(top, "password").write_text("secret\n")
        os.chmod(f"{top}/password", 0o600)

    def placed(self, text: str) -> str:
        """
        @return: A text with the places of this test.
        """
        for name, place in self.places.items():
            text = text.replace(name, place)
        return text

    def serve(self) -> None:
        """
        Start the daemon as the documentation does.
        """
        option = "--web-trusted-proxy unix"
        [line] = [one for one in commands("twistd") if option in one]
        words = shlex.split(self.placed(line))
        options = tap.Options(self.reactor)
        options.parseOptions(
            [*words[words.index("rfb") + 1 :], "--port", f"unix:{self.top}/rfb"]
        )
        service: Any = tap.makeService(options)
        service.privilegedStartService()
        service.startService()
        self.addCleanup(lambda: maybeDeferred(service.stopService))
        self.factory = service.factory

    def begin(self, *command: str) -> None:
        """
        Start a proxy, which is stopped when the test is over.
        """
        child = start(self.reactor, Child(), command)
        self.addCleanup(lambda: Deferred.fromCoroutine(child.stop()))
        self.child = child

    async def connect(self, protocol: Any) -> Any:
        """
        @return: The protocol, connected to the proxy.
        """
        options = optionsForClientTLS("desk.example", self.authority)
        endpoint = TCP4ClientEndpoint(
            self.reactor, "127.0.0.1", self.port, bindAddress=(HERE, 0)
        )
        while True:
            try:
                return await connectProtocol(wrapClientTLS(options, endpoint), protocol)
            except ConnectError:
                self.child.check()
                await pause(self.reactor, 0.05)

    async def get(self, path: str) -> bytes:
        """
        @return: The answer to a request for a page.
        """
        getter = await self.connect(Getter(path))
        answer: bytes = await getter.ended
        return answer

    async def assertServes(self) -> None:
        """
        Fail unless a browser is served as if nothing were between, and taken for what
        it is.
        """
        answer = await self.get("/desk/")
        self.assertIn(b" 200 ", answer.partition(b"\r\n")[0])
        self.assertIn(b"strict-transport-security: ", answer.lower())
        host = f"desk.example:{self.port}"
        own = {"Host": host, "Origin": f"https://{host}", **LIES}
        client = await self.connect(Client("/desk/websockify", own, VERSION))
        while not client.content.startswith(VERSION):
            self.assertFalse(client.lost.called, client.answer)
            await pause(self.reactor, 0.02)
        [viewer] = self.factory.connections
        self.assertEqual(viewer.peer, HERE)
        self.assertTrue(viewer.transport.isSecure)
        # In parts, and both ways.
        client.say(b"\x02")
        while len(client.content) < len(VERSION) + 16:
            await pause(self.reactor, 0.02)
        client.transport.loseConnection()
        await client.lost
        foreign = {**own, "Origin": "https://evil.example"}
        client = await self.connect(Client("/desk/websockify", foreign, b""))
        while not client.answer:
            await pause(self.reactor, 0.02)
        self.assertIn(b" 403 ", client.answer.partition(b"\r\n")[0])
        client.transport.loseConnection()
        await client.lost

    async def test_nginx(self) -> None:
        """
        By nginx.
        """
        need("nginx")
        self.serve()
        self.port = freePort()
        text = self.placed(block("# /etc/nginx/conf.d/desk.conf"))
        text = text.replace("listen 443", f"listen 127.0.0.1:{self.port}")
        path = f"{self.top}/nginx.conf"
        Path(path).write_text(_NGINX.format(top=self.top, text=text), "utf-8")
        self.begin("nginx", "-c", path, "-e", f"{self.top}/errors")
        await self.assertServes()

    async def test_haproxy(self) -> None:
        """
        By HAProxy.
        """
        need("haproxy")
        self.serve()
        self.port = freePort()
        text = self.placed(block("# haproxy-web.cfg"))
        text = text.replace("bind :443", f"bind 127.0.0.1:{self.port}")
        path = f"{self.top}/haproxy.cfg"
        Path(path).write_text(text, "utf-8")
        self.begin("haproxy", "-db", "-f", path)
        await self.assertServes()
