# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Broadcasts through a real Redis, seen by viewers over sockets: whatever happens to the
engine, origins and edges, all viewers show the source at last.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
from twisted.application.service import IService
from twisted.internet.endpoints import HostnameEndpoint
from twisted.internet.task import LoopingCall
from twisted.trial.unittest import TestCase

from tests.interop.processes import Child, freePort, realReactor, start, until
from tests.interop.programs import TigerVNC
from tests.interop.server import Heard
from tests.interop.test_command import need
from tests.interop.test_relay import closed, pictureOf
from tests.interop.viewers import requireViewer
from txrfb.broadcast import Address, BroadcastFramebuffer, Publisher
from txrfb.client import RFBClient, connectViewer
from txrfb.framebuffers import MemoryFramebuffer
from txrfb.protocol import RFBFactory
from txrfb.security import createSelfSigned
from txrfb.security.accounts.rights import FULL, VIEW_ONLY, Rights

PATIENCE = 30.0

ROOT = Path(__file__).parent.parent.parent

#: The least rights, as docs/howto-scale.rst has them.
ACL = [
    line.strip()
    for line in (ROOT / "docs" / "howto-scale.rst").read_text("utf-8").splitlines()
    if line.startswith("    user ")
]


class Edge:
    """
    An edge in this process.

    @ivar port: Where it serves.
    """

    port = 0

    def __init__(self, case: RedisCase, where: str) -> None:
        self.framebuffer = BroadcastFramebuffer(Address.fromString(where))
        self.service: Any = IService(self.framebuffer)
        self.service.startService()
        case.addCleanup(self.service.stopService)
        self.factory = RFBFactory(self.framebuffer)

    @property
    def transports(self) -> list[Any]:
        """
        Its connections to the engine.
        """
        engines = self.framebuffer._eye, self.framebuffer._hand
        found = [one._connection for one in engines]
        return [one.transport for one in found if one is not None]

    def cut(self) -> None:
        """
        Cut its connections.
        """
        for transport in self.transports:
            transport.abortConnection()

    def freeze(self) -> None:
        """
        Read nothing.
        """
        self.frozen = self.transports
        for transport in self.frozen:
            transport.pauseProducing()

    def thaw(self) -> None:
        """
        Read on.
        """
        for transport in self.frozen:
            if transport.connected:
                transport.resumeProducing()


class RedisCase(TestCase):
    """
    A Redis that is started by the test.
    """

    timeout = 100

    def setUp(self) -> None:
        """
        Have a place for files.
        """
        need("redis-server")
        self.reactor: Any = realReactor()
        self.directory = Path(mkdtemp(prefix="rfb-", dir="/tmp"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.noise = np.random.default_rng(11)
        self.where = f"redis://{self.directory}/redis.sock/lobby"

    async def redis(self, *options: str) -> Child:
        """
        @return: A Redis that answers.
        """
        command = (
            *("redis-server", "--port", "0", "--save", "", "--appendonly", "no"),
            *("--dir", str(self.directory), "--unixsocket"),
            *(f"{self.directory}/redis.sock", *options),
        )
        child = start(self.reactor, Child(), command)
        self.addCleanup(child.stop)

        async def isReady() -> bool:
            child.check()
            return b"eady to accept" in child.output

        self.assertTrue(await until(self.reactor, PATIENCE, isReady), child.said())
        return child

    def source(self, width: int, height: int, name: str = "source") -> Any:
        """
        @return: Noise.
        """
        framebuffer = MemoryFramebuffer(width, height, name)
        self.fill(framebuffer)
        return framebuffer

    def fill(self, framebuffer: Any) -> None:
        """
        Other noise.
        """
        array = framebuffer.array
        array[:] = self.noise.integers(0, 256, array.shape, np.uint8)
        framebuffer.damage()

    def publish(
        self,
        framebuffer: Any,
        where: str,
        rights: Rights = VIEW_ONLY,
        application: Any = None,
    ) -> Any:
        """
        @return: An origin that has begun.
        """
        factory = RFBFactory(framebuffer, application)
        publisher = Publisher(factory, Address.fromString(where), rights=rights)
        publisher.startService()
        self.addCleanup(publisher.stopService)
        return publisher

    async def edge(self, where: str = "") -> Edge:
        """
        @return: An edge that serves.
        """
        edge = Edge(self, where or self.where)
        port: Any = await edge.factory.listen("tcp:0:interface=127.0.0.1")
        self.addCleanup(port.stopListening)
        self.addCleanup(edge.factory.disconnectAll, "the test is over")
        edge.port = port.getHost().port
        return edge

    async def view(self, port: int) -> RFBClient:
        """
        @return: A viewer that has a picture.
        """
        endpoint = HostnameEndpoint(self.reactor, "127.0.0.1", port)
        client = await connectViewer(endpoint)
        self.addCleanup(client.disconnect)
        await client.whenSeen()
        return client

    async def assertSame(self, source: Any, clients: list[RFBClient]) -> None:
        """
        Fail unless all viewers come to show the source.
        """
        differ: list[Any] = []

        async def isSame() -> bool:
            wanted = source.array[..., 2::-1]
            shown = [pictureOf(client) for client in clients]
            differ[:] = [
                one.shape if one.shape != wanted.shape else int((one != wanted).sum())
                for one in shown
            ]
            return not any(differ)

        if not await until(self.reactor, PATIENCE, isSame, 0.05):
            self.fail(f"viewers show something else: {differ}")


class ChaosTests(RedisCase):
    """
    Everything that can happen.
    """

    async def process(self) -> tuple[Child, int]:
        """
        @return: An edge in a process of its own, and its port.
        """
        port = freePort()
        place = f"tcp:{port}:interface=127.0.0.1"
        command = (
            *(sys.executable, "-m", "txrfb", "--port", place),
            *("--framebuffer", self.where),
        )
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        child = start(self.reactor, Child(), command, environment)
        self.addCleanup(child.stop)

        async def serves() -> bool:
            child.check()
            return b"Serving" in child.output + child.errors

        self.assertTrue(await until(self.reactor, PATIENCE, serves), child.said())
        return child, port

    async def test_chaos(self) -> None:
        """
        Edges are cut, frozen and late, one as a process; the source has other sizes;
        the engine is killed, and comes back empty; a second origin takes over.  Then
        all viewers show what that shows, TigerVNC's among them.
        """
        tiger = TigerVNC(self.reactor)
        requireViewer(self, tiger)
        self.addCleanup(closed, tiger)
        engine = await self.redis()
        shown = [self.source(320, 200, "first")]
        first = self.publish(shown[0], self.where)
        still, cut, frozen = [await self.edge() for _ in range(3)]
        child, port = await self.process()
        clients = [await self.view(one.port) for one in (still, cut, frozen)]
        clients.append(await self.view(port))
        window = await tiger.open("127.0.0.1", still.port)
        await self.assertSame(shown[0], clients)

        def paint() -> None:
            array = shown[-1].array
            height, width = array.shape[:2]
            x, y = (int(self.noise.integers(0, side - 50)) for side in (width, height))
            area = array[y : y + 50, x : x + 50]
            area[:] = self.noise.integers(0, 256, area.shape, np.uint8)
            shown[-1].damage((x, y, 50, 50))

        loop = LoopingCall(paint)
        loop.start(1 / 60)

        def unpaint() -> None:
            if loop.running:
                loop.stop()

        self.addCleanup(unpaint)

        async def entries(count: int) -> None:
            """
            Go on when the origin has written so many more.
            """
            goal = shown_by[-1]._serial + count

            async def isThere() -> bool:
                return bool(shown_by[-1]._serial >= goal)

            self.assertTrue(await until(self.reactor, PATIENCE, isThere))

        shown_by = [first]
        await entries(20)
        cut.cut()
        frozen.freeze()
        os.kill(child.process.pid, signal.SIGSTOP)
        await entries(150)
        cut.cut()
        shown[0].resize(250, 220)
        self.fill(shown[0])
        await entries(20)
        frozen.thaw()
        os.kill(child.process.pid, signal.SIGCONT)
        heals = frozen.framebuffer._heals
        await entries(30)
        self.assertGreater(frozen.framebuffer._heals, heals)
        os.kill(engine.process.pid, signal.SIGKILL)
        await engine.ended()
        cut.cut()
        await self.redis()
        await entries(20)
        late = await self.edge()
        clients.append(await self.view(late.port))
        shown.append(self.source(300, 180, "second"))
        shown_by.append(self.publish(shown[1], self.where))
        await entries(60)
        loop.stop()
        await self.assertSame(shown[1], clients)

        async def isFenced() -> bool:
            # It has nothing to write, so it is told at its next sign of life.
            return bool(first.isFenced)

        self.assertTrue(await until(self.reactor, PATIENCE, isFenced))
        self.assertFalse(shown_by[1].isFenced)

        async def isShown() -> bool:
            picture = await window.picture()
            wanted = shown[1].array[..., 2::-1]
            return picture.shape == wanted.shape and bool((picture == wanted).all())

        self.assertTrue(await until(self.reactor, PATIENCE, isShown, 0.2))
        self.assertEqual({one.name for one in clients}, {"second"})


class SecurityTests(RedisCase):
    """
    Users of the engine, and TLS.
    """

    def secret(self, name: str, text: str) -> str:
        """
        @return: The path of a file with a password.
        """
        path = self.directory / name
        path.write_text(text)
        path.chmod(0o600)
        return str(path)

    async def test_users(self) -> None:
        """
        Two users with the rights that the documentation gives are enough, both ways;
        an edge's cannot publish.
        """
        self.assertEqual(len(ACL), 2)
        acl = self.directory / "users.acl"
        acl.write_text("\n".join([*ACL, "user default off"]) + "\n")
        port = freePort()
        await self.redis("--aclfile", str(acl), "--port", str(port))
        as_ = {
            name: f"redis://{name}@127.0.0.1:{port}/lobby,password-file={path}"
            for name, path in (
                ("origin", self.secret("origin", "SECRET1")),
                ("edge", self.secret("edge", "SECRET2")),
            )
        }
        source, heard = self.source(120, 90), Heard()
        publisher = self.publish(source, as_["origin"], FULL, heard)
        edge = await self.edge(as_["edge"])
        framebuffer = edge.framebuffer
        client = await self.view(edge.port)
        await self.assertSame(source, [client])
        client.keyEvent(97, True)

        async def isHeard() -> bool:
            return (97, True) in heard.keys

        self.assertTrue(await until(self.reactor, PATIENCE, isHeard))
        self.assertEqual(publisher.report()["state"], "publishing")
        self.assertEqual(framebuffer.report()["state"], "live")
        thief = self.publish(self.source(50, 50), as_["edge"])

        async def isRefused() -> bool:
            return "NOPERM" in str(thief.report()["state"])

        self.assertTrue(await until(self.reactor, PATIENCE, isRefused))
        self.fill(source)
        await self.assertSame(source, [client])

    async def test_tls(self) -> None:
        """
        By TLS all is the same; who has another certificate is not trusted.
        """
        pem, other = str(self.directory / "a.pem"), str(self.directory / "b.pem")
        createSelfSigned(pem, ["localhost"])
        createSelfSigned(other, ["localhost"])
        port = freePort()
        await self.redis(
            *("--tls-port", str(port), "--bind", "127.0.0.1"),
            *("--tls-cert-file", pem, "--tls-key-file", pem),
            *("--tls-auth-clients", "no", "--tls-ca-cert-file", pem),
        )
        # A bare system does not know where localhost is.
        there = f"rediss://127.0.0.1:{port}/lobby"
        where = f"{there},ca={pem},hostname=localhost"
        source = self.source(120, 90)
        self.publish(source, where)
        edge = await self.edge(where)
        client = await self.view(edge.port)
        await self.assertSame(source, [client])
        stranger = await self.edge(f"{there},ca={other},hostname=localhost")

        async def isRefused() -> bool:
            return "certificate" in stranger.framebuffer._eye.reason

        self.assertTrue(await until(self.reactor, PATIENCE, isRefused))
