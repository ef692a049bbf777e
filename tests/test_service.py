# -*- test-case-name: tests.test_service -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.service}.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from typing import Any
from unittest import mock

from twisted.application.service import IService, MultiService, Service
from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.endpoints import serverFromString
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IStreamServerEndpoint
from twisted.internet.protocol import Factory
from twisted.internet.testing import MemoryReactorClock
from twisted.logger import LogLevel, capturedLogs, formatEvent
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from txrfb import __version__, kernels
from txrfb.framebuffers import CropFramebuffer, MemoryFramebuffer, ScaledFramebuffer
from txrfb.interfaces import IFramebufferOwner
from txrfb.service import CannotServe, Listener, RFBService


class RecordingFactory(Factory):
    """
    A factory that notes that its viewers must go.
    """

    noisy = False
    name = "desk"

    def __init__(self) -> None:
        """
        Nothing was asked yet.
        """
        self.reasons: list[str] = []
        self.gone: Deferred[None] = Deferred()

    def disconnectAll(self, reason: str) -> Deferred[None]:
        """
        Note the reason.
        """
        self.reasons.append(reason)
        return self.gone


class Screen:
    """
    What the service says of a framebuffer.
    """

    width = 640
    height = 480


class Program(Service):
    """
    A framebuffer of a program that is started and stopped with the server.
    """

    width = 640
    height = 480

    def __init__(self) -> None:
        self.told: list[str] = []

    def privilegedStartService(self) -> None:
        """
        The server is about to be started.
        """
        self.told.append("privileged")

    def startService(self) -> None:
        """
        The server is started.
        """
        Service.startService(self)
        self.told.append("start")

    def stopService(self) -> None:
        """
        The server is stopped.
        """
        Service.stopService(self)
        self.told.append("stop")


@implementer(IStreamServerEndpoint)
class Endpoint:
    """
    An endpoint that listens when the test likes.
    """

    def __init__(self, result: Deferred[Any]) -> None:
        """
        @param result: What C{listen} returns.
        """
        self._result = result

    def listen(self, protocolFactory: Any) -> Deferred[Any]:
        """
        See L{IStreamServerEndpoint.listen}.
        """
        return self._result


class ServiceTestCase(SynchronousTestCase):
    """
    What is needed to try an L{RFBService} without sockets.
    """

    def setUp(self) -> None:
        """
        Make a reactor and a factory; the kernels are those in C.
        """
        self.patch(kernels, "NATIVE", True)
        self.reactor: Any = MemoryReactorClock()
        self.stops: list[str] = []
        self.patch(self.reactor, "stop", lambda: self.stops.append("stop"))
        self.factory = RecordingFactory()

    def serve(
        self,
        *listeners: Listener,
        isProtected: bool = False,
        viewOnly: bool = False,
        warnings: tuple[str, ...] = (),
        kind: type[RFBService] = RFBService,
        screen: object = None,
    ) -> RFBService:
        """
        @return: A service for the listeners.
        """
        return kind(
            self.factory,  # type: ignore[arg-type]
            screen or Screen(),  # type: ignore[arg-type]
            listeners,
            self.reactor,
            isProtected,
            viewOnly,
            warnings,
        )

    def listener(self, description: str, bare: bool = False) -> Listener:
        """
        @return: A listener for an endpoint description.
        """
        endpoint = serverFromString(self.reactor, description)
        return Listener(description, endpoint, bare)

    def at(self, address: Any, description: str = "x:", bare: bool = False) -> Listener:
        """
        @return: A listener that will listen at an address.
        """
        port = mock.Mock()
        port.getHost.return_value = address
        return Listener(description, Endpoint(succeed(port)), bare)

    def said(self, starting: RFBService) -> list[tuple[LogLevel, str]]:
        """
        Start a service.

        @return: What it logs.
        """
        with capturedLogs() as events:
            starting.privilegedStartService()
            starting.startService()
        return [(event["log_level"], formatEvent(event)) for event in events]


class SourceTests(ServiceTestCase):
    """
    A framebuffer that is a service.
    """

    def test_startedAndStopped(self) -> None:
        """
        It is started before there are ports, and stopped with them.
        """
        program = Program()
        service = self.serve(self.listener("tcp:0"), screen=program)
        self.assertEqual(program.told, [])
        service.privilegedStartService()
        service.startService()
        self.assertEqual(program.told, ["privileged", "start"])
        self.assertIs(program.parent, service)
        self.assertTrue(IFramebufferOwner.providedBy(service))
        service.stopService()
        self.assertEqual(program.told[2:], ["stop"])

    def test_beneath(self) -> None:
        """
        So is one beneath another.
        """

        @implementer(IService)
        class Inner(MemoryFramebuffer, Service):  # type: ignore[misc]
            pass

        inner = Inner(20, 10)
        crop = CropFramebuffer(inner, (0, 0, 5, 5))
        service = self.serve(screen=ScaledFramebuffer(crop, 2))
        service.startService()
        self.assertTrue(inner.running)
        self.assertIs(inner.parent, service)

    def test_ended(self) -> None:
        """
        When it is over for good, viewers are closed with the reason, and the service
        leaves the other things that the process is there for.
        """
        program = Program()
        service = self.serve(self.listener("tcp:0"), screen=program)
        parent = MultiService()
        service.setServiceParent(parent)
        parent.startService()
        service.framebufferEnded("the cable is out", 3)
        self.assertEqual(
            self.factory.reasons, ["the framebuffer has ended: the cable is out"]
        )
        self.assertEqual(list(parent), [])
        self.assertFalse(program.running)
        self.assertEqual(self.stops, [])

    def test_endedAlone(self) -> None:
        """
        So it does if it is nobody's.
        """
        program = Program()
        service = self.serve(screen=program)
        service.startService()
        service.framebufferEnded("done", 0)
        self.assertFalse(program.running)
        self.assertEqual(self.factory.reasons, ["the framebuffer has ended: done"])


class ListeningTests(ServiceTestCase):
    """
    An L{RFBService} listens when it starts.
    """

    def test_privileged(self) -> None:
        """
        It listens while the process may still have privileges, and once only.
        """
        serving = self.serve(self.listener("tcp:5900"), self.listener("tcp:5901"))
        self.assertEqual(self.reactor.tcpServers, [])
        serving.privilegedStartService()
        self.assertEqual([port for port, *_ in self.reactor.tcpServers], [5900, 5901])
        serving.startService()
        self.assertEqual(len(self.reactor.tcpServers), 2)
        self.assertIs(self.reactor.tcpServers[0][1], self.factory)

    def test_unprivileged(self) -> None:
        """
        It listens as well if only C{startService} is called, as C{twist} does.
        """
        self.serve(self.listener("tcp:5900")).startService()
        self.assertEqual(len(self.reactor.tcpServers), 1)

    def test_noSocket(self) -> None:
        """
        What is at the path of a socket, and is none, is called that, and not an address
        in use.
        """
        directory = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, directory)
        error = CannotListenError(None, directory, OSError(98, "Address in use"))
        listener = Listener("unix:there", Endpoint(fail(error)), False)
        serving = self.serve(listener)
        end = self.assertRaises(CannotServe, serving.privilegedStartService)
        self.assertEqual(
            str(end),
            "cannot listen at unix:there: there is something else than a socket at that"
            " path",
        )

    def test_portInUse(self) -> None:
        """
        If it cannot listen, it says so in one line that names the place and the
        reason, and ends the process with status 1.
        """
        error = CannotListenError("127.0.0.1", 5900, OSError(98, "Address in use"))
        listener = Listener("tcp:5900", Endpoint(fail(error)), True)
        serving = self.serve(listener)
        with capturedLogs() as events:
            end = self.assertRaises(CannotServe, serving.privilegedStartService)
        self.assertEqual(end.code, 1)
        text = "cannot listen at tcp:5900: Address in use"
        self.assertEqual(str(end), text)
        critical = [e for e in events if e["log_level"] is LogLevel.critical]
        self.assertEqual([formatEvent(event) for event in critical], [text])

    def test_endpointRaises(self) -> None:
        """
        An endpoint that raises, against the rules, is treated in the same way.
        """
        listener = self.listener("tcp:99999")
        self.patch(
            self.reactor, "listenTCP", mock.Mock(side_effect=OverflowError("0-65535"))
        )
        end = self.assertRaises(CannotServe, self.serve(listener).startService)
        self.assertEqual(str(end), "cannot listen at tcp:99999: 0-65535")

    def test_lateFailure(self) -> None:
        """
        If an endpoint fails later, that is logged; the process is not the service's.
        """
        result: Deferred[Any] = Deferred()
        serving = self.serve(Listener("slow:", Endpoint(result), False))
        serving.startService()
        with capturedLogs() as events:
            result.errback(Failure(RuntimeError("no circuit")))
        self.assertEqual(self.stops, [])
        self.assertEqual(
            [formatEvent(event) for event in events],
            ["cannot listen at slow:: no circuit"],
        )

    def test_caughtByTwistd(self) -> None:
        """
        L{CannotServe} is an C{Exception}, so that twistd removes its pid file and
        tells the waiting parent, and ends a process without a traceback.
        """
        self.assertIsInstance(CannotServe("x"), Exception)
        self.assertIsInstance(CannotServe("x"), SystemExit)


class StoppingTests(ServiceTestCase):
    """
    An L{RFBService} closes the viewers when it stops.
    """

    def start(self) -> tuple[RFBService, Any]:
        """
        @return: A service that runs, and its port.
        """
        port = mock.Mock()
        port.getHost.return_value = "somewhere"
        port.stopListening.return_value = succeed(None)
        serving = self.serve(Listener("x:", Endpoint(succeed(port)), False))
        serving.privilegedStartService()
        serving.startService()
        return serving, port

    def test_waits(self) -> None:
        """
        It listens no more, tells the factory, and waits for the viewers to be gone.
        """
        serving, port = self.start()
        stopped = serving.stopService()
        port.stopListening.assert_called_once_with()
        self.assertEqual(self.factory.reasons, ["the server stops"])
        self.assertNoResult(stopped)
        self.factory.gone.callback(None)
        self.assertIsNone(self.successResultOf(stopped))
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_doesNotWaitForever(self) -> None:
        """
        A viewer that does not go away cannot keep the server from stopping.
        """
        serving, _ = self.start()
        stopped = serving.stopService()
        self.reactor.advance(4.9)
        self.assertNoResult(stopped)
        with capturedLogs() as events:
            self.reactor.advance(0.2)
        self.assertIsNone(self.successResultOf(stopped))
        self.assertEqual(events[-1]["log_level"], LogLevel.warn)

    def test_beforeListening(self) -> None:
        """
        It can stop while an endpoint has not yet come to listen.
        """
        result: Deferred[Any] = Deferred()
        serving = self.serve(Listener("slow:", Endpoint(result), False))
        serving.startService()
        stopped = serving.stopService()
        self.factory.gone.callback(None)
        self.successResultOf(stopped)
        self.assertEqual(self.stops, [])

    def test_neverStarted(self) -> None:
        """
        A service that never started can be stopped.
        """
        stopped = self.serve(self.listener("tcp:5900")).stopService()
        self.factory.gone.callback(None)
        self.successResultOf(stopped)


class SayingTests(ServiceTestCase):
    """
    What an L{RFBService} logs when it starts.
    """

    def lines(self, starting: RFBService) -> list[str]:
        """
        @return: Level and text of all but the first line.
        """
        return [f"{level.name}: {text}" for level, text in self.said(starting)[1:]]

    def test_kernels(self) -> None:
        """
        The first line has the version, and which kernels are in use.
        """
        self.patch(os, "environ", {"TXRFB_KERNELS": "reference"})
        for native, words in [(True, "in C"), (False, "in numpy")]:
            self.patch(kernels, "NATIVE", native)
            self.assertEqual(
                self.said(self.serve()),
                [(LogLevel.info, f"txrfb {__version__}, kernels {words}")],
            )

    def test_kernelsMissing(self) -> None:
        """
        If nobody chose the slow ones, a warning says which packages are missing.
        """
        self.patch(kernels, "NATIVE", False)
        self.patch(os, "environ", {})
        [line] = self.lines(self.serve())
        self.assertTrue(line.startswith("warn: Encoding is slow"), line)
        self.assertIn("apt-get install gcc libc6-dev python3-dev)", line)
        self.assertIn("in a checkout, pip install -e . ", line)

    def test_bareLoopback(self) -> None:
        """
        On loopback because nothing protects it, a line says how to open it up.
        """
        listener = self.at(IPv4Address("TCP", "127.0.0.1", 5900), bare=True)
        self.assertEqual(
            self.lines(self.serve(listener)),
            [
                "info: Serving 'desk', 640x480, at 127.0.0.1 port 5900 to this machine"
                " only, without a password",
                "info: To open it to other machines, give --password-file FILE; or,"
                " for everybody without a password, --port tcp:5900",
            ],
        )

    def test_bareProtected(self) -> None:
        """
        With a password there is nothing to warn of; one socket may be for IPv4 and for
        IPv6.
        """
        for listener, where in (
            (self.listener("tcp:5900", bare=True), "0.0.0.0"),
            (self.at(IPv6Address("TCP", "::", 5900), bare=True), "0.0.0.0 and ::"),
            (self.at(IPv6Address("TCP", "::", 5900)), "::"),
        ):
            self.assertEqual(
                self.lines(self.serve(listener, isProtected=True)),
                [
                    f"info: Serving 'desk', 640x480, at {where} port 5900 to all who"
                    " can reach it, who must log in"
                ],
            )

    def test_open(self) -> None:
        """
        An endpoint that all can reach without a password is warned of.
        """
        self.assertEqual(
            self.lines(self.serve(self.listener("tcp:5900"))),
            [
                "info: Serving 'desk', 640x480, at 0.0.0.0 port 5900 to all who can"
                " reach it, without a password",
                "warn: Nothing protects 0.0.0.0 port 5900: whoever can reach it sees"
                " the screen and has its keyboard and pointer; --password-file FILE"
                " would ask for a password",
            ],
        )

    def test_openViewOnly(self) -> None:
        """
        If all can watch and no more, the warning says that.
        """
        said = self.lines(self.serve(self.listener("tcp:5900"), viewOnly=True))
        self.assertIn("view only", said[0])
        self.assertIn("sees the screen; --password-file", said[1])

    def test_notWarnedOf(self) -> None:
        """
        Loopback and sockets in the file system, asked for by name, are not warned
        of, nor is anything with a password.
        """
        for address, isProtected in [
            (IPv4Address("TCP", "127.0.0.1", 5900), False),
            (IPv4Address("TCP", "127.1.2.3", 5900), False),
            (IPv6Address("TCP", "::1", 5900), False),
            (UNIXAddress("/run/rfb.sock"), False),
            (IPv4Address("TCP", "0.0.0.0", 5900), True),
        ]:
            said = self.lines(self.serve(self.at(address), isProtected=isProtected))
            self.assertEqual(len(said), 1, (address, said))

    def test_unix(self) -> None:
        """
        A socket in the file system is named by its path.
        """
        said = self.lines(self.serve(self.listener("unix:/run/rfb.sock")))
        self.assertIn("at /run/rfb.sock to those who may open it", said[0])
        said = self.lines(self.serve(self.at(UNIXAddress(None))))
        self.assertIn("at a Unix socket to those who may open it", said[0])

    def test_unixOpen(self) -> None:
        """
        A socket that everybody on this machine may open is a warning, also with a
        password; not if they cannot come so far, nor if it is its owner's.
        """
        # Not in a directory that may be closed itself.
        top = tempfile.mkdtemp(dir="/tmp")
        self.addCleanup(shutil.rmtree, top)
        path = os.path.join(top, "rfb.sock")
        with open(path, "wb"):
            pass
        for above, mode, isOpen in (
            (0o755, 0o666, True),
            (0o755, 0o660, False),
            (0o755, 0o600, False),
            (0o700, 0o666, False),
        ):
            os.chmod(path, mode)
            os.chmod(top, above)
            said = self.lines(self.serve(self.at(UNIXAddress(path)), isProtected=True))
            warned = [line for line in said if "Everybody on this machine" in line]
            self.assertEqual(bool(warned), isOpen, (above, mode))
        said = self.lines(self.serve(self.at(UNIXAddress("\0rfb")), isProtected=True))
        self.assertIn("warn: Everybody on this machine can open", said[1])

    def test_proxy(self) -> None:
        """
        Behind a proxy on this machine there may be anybody.
        """
        address = IPv4Address("TCP", "127.0.0.1", 5900)
        said = self.lines(self.serve(self.at(address, "haproxy:tcp:5900")))
        self.assertTrue(said[-1].startswith("warn: Nothing protects"), said)

    def test_unknownAddresses(self) -> None:
        """
        Addresses of endpoints that nobody has heard of are named, and warned of.
        """
        for address, words in [
            ("onion.example", "onion.example"),
            (IPv6Address("TCP", "fe80::1%eth0", 5900), "fe80::1%eth0 port 5900"),
            (IPv4Address("TCP", "not a number", 5900), "not a number port 5900"),
        ]:
            said = self.lines(self.serve(self.at(address)))
            self.assertIn(f"at {words} to all who can reach it", said[0])
            self.assertIn(f"Nothing protects {words}", said[1])

    def test_warnings(self) -> None:
        """
        What else the administrator should know is a warning each, and said once.
        """
        serving = self.serve(warnings=("the file can be read by others",))
        self.assertEqual(self.lines(serving), ["warn: the file can be read by others"])
        self.assertEqual(self.said(serving), [])
