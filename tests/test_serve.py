# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.protocol}; that it serves is shown by the tests of the examples.
"""

from __future__ import annotations

import subprocess
import sys
from socket import socket

from twisted.trial.unittest import SynchronousTestCase

PROGRAM = """
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.protocol import serve

serve(MemoryFramebuffer(8, 8), {arguments})
"""

#: Serves a framebuffer that is a service.
SERVICE = """
import sys
from twisted.application.service import IService, Service
from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.protocol import serve
from zope.interface import implementer

@implementer(IService)
class Program(MemoryFramebuffer, Service):
    def startService(self):
        print("started")
        self.parent.framebufferEnded("it was short", {status})

    def stopService(self):
        print("stopped")

program = Program(8, 8)
print("made")
serve(program, "tcp:0:interface=127.0.0.1")
"""

#: Says where it would listen.
WHERE = """
import txrfb._endpoints

def say(reactor, description):
    print(description)
    raise SystemExit(0)

txrfb._endpoints.serverEndpoint = say
txrfb._endpoints.AnywhereEndpoint = lambda reactor, port: say(reactor, port)
"""


class ServeTests(SynchronousTestCase):
    """
    A program that serves one framebuffer.
    """

    def run_(self, arguments: str) -> tuple[int, str]:
        """
        Run a program.

        @return: Its status, and what it says of errors.
        """
        ran = subprocess.run(
            [sys.executable, "-c", PROGRAM.format(arguments=arguments)],
            capture_output=True,
            text=True,
            timeout=60,
        )
        return ran.returncode, ran.stderr

    def test_port(self) -> None:
        """
        A number is a port, which is open to other machines only if viewers must log in.
        """
        here = ":interface=127.0.0.1"
        for arguments, place in (
            ("", f"tcp:5900{here}"),
            ("5901", f"tcp:5901{here}"),
            ("'5901'", f"tcp:5901{here}"),
            ("'5901', portal=None", f"tcp:5901{here}"),
            ("5901, portal=__import__('txrfb').portalFor(password=b'x')", "5901"),
            ("'unix:/run/rfb'", "unix:/run/rfb"),
        ):
            ran = subprocess.run(
                [sys.executable, "-c", WHERE + PROGRAM.format(arguments=arguments)],
                capture_output=True,
                text=True,
                timeout=60,
            )
            self.assertEqual(ran.stdout, place + "\n", ran.stderr)

    def test_service(self) -> None:
        """
        A framebuffer that is a service is started and stopped, and can end the program.
        """
        for status in (0, 5):
            ran = subprocess.run(
                [sys.executable, "-c", SERVICE.format(status=status)],
                capture_output=True,
                text=True,
                timeout=60,
            )
            self.assertEqual(
                (ran.stdout, ran.stderr, ran.returncode),
                (
                    "made\nstarted\nstopped\n",
                    "the framebuffer has ended: it was short\n",
                    status,
                ),
            )

    def test_wrongPlace(self) -> None:
        """
        If there is no such place to listen at, the program ends and says so.
        """
        status, said = self.run_("'carrier-pigeon:5900'")
        self.assertEqual(status, 1)
        self.assertEqual(
            said,
            "cannot listen at carrier-pigeon:5900: unknown endpoint type:"
            " 'carrier-pigeon'\n",
        )

    def test_taken(self) -> None:
        """
        If a port is taken, it says that in a sentence.
        """
        with socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            status, said = self.run_(str(port))
        self.assertEqual(status, 1)
        self.assertEqual(said, f"cannot listen at {port}: Address already in use\n")

    def test_wrongOption(self) -> None:
        """
        If an option is wrong, the program ends and says so.
        """
        status, said = self.run_("'tcp:0:interface=127.0.0.1', maxViewers=0")
        self.assertEqual(status, 1)
        self.assertIn("maxViewers 0: expected a whole number, 1 or more", said)
