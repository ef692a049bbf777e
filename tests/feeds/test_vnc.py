# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.feeds._vnc}.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import patch

from twisted.application.service import IService
from twisted.internet.testing import MemoryReactorClock
from twisted.logger import capturedLogs
from twisted.trial.unittest import SynchronousTestCase

from txrfb.encodings.constants import QUALITY_LEVEL_0
from txrfb.feeds.passwordfile import passwordReader
from txrfb.framebuffers._kinds import framebufferFromString
from txrfb.security import createSelfSigned


class OptionTests(SynchronousTestCase):
    """
    What can be said on the command line.
    """

    def setUp(self) -> None:
        """
        Nothing is in the environment.
        """
        self.reactor: Any = MemoryReactorClock()
        cleared = patch.dict("os.environ", clear=True)
        self.environment = cleared.start()
        self.addCleanup(cleared.stop)

    def make(self, argument: str) -> Any:
        """
        @return: What is made of an argument.
        """
        return framebufferFromString(self.reactor, f"vnc:{argument}")

    def file(self, data: bytes) -> str:
        """
        @return: A file.
        """
        path = Path(self.mktemp())
        path.write_bytes(data)
        path.chmod(0o600)
        return str(path)

    def wrong(self, argument: str) -> str:
        """
        @return: What is said of an argument that is wrong.
        """
        return str(self.assertRaises(ValueError, self.make, argument))

    def test_places(self) -> None:
        """
        Servers are named as TigerVNC has them.
        """
        for text, wanted in (
            ("127.0.0.1", ("127.0.0.1", 5900)),
            ("127.0.0.1:1", ("127.0.0.1", 5901)),
            ("127.0.0.1:5907", ("127.0.0.1", 5907)),
            ("127.0.0.1::42", ("127.0.0.1", 42)),
            ("[::1]:2", ("::1", 5902)),
            ("::1", None),
        ):
            if wanted is None:
                self.assertIn("is no server; expected HOST", self.wrong(text))
                continue
            framebuffer = self.make(text)
            self.assertEqual(framebuffer.called, f"vnc:{text}")
            endpoint = framebuffer._endpoint
            self.assertEqual((endpoint._hostText, endpoint._port), wanted)

    def test_socket(self) -> None:
        """
        A UNIX socket is named by its path, or as an endpoint.
        """
        for text in ("/run/x.sock", "unix:/run/x.sock"):
            self.reactor.unixClients.clear()
            IService(self.make(text)).startService()
            self.assertEqual(self.reactor.unixClients[0][0], "/run/x.sock")

    def test_password(self) -> None:
        """
        A password is in a file, or in the environment, and nowhere else.
        """
        path = self.file(b"secret\n")
        framebuffer = self.make(f"there,password-file={path},user=ann")
        self.assertEqual(framebuffer._password(), b"secret")
        self.assertEqual(framebuffer._username, "ann")
        Path(path).write_bytes(b"other\n")
        self.assertEqual(framebuffer._password(), b"other")
        self.assertIs(self.make("there")._password(), None)
        self.environment.update(VNC_PASSWORD="a", VNC_USERNAME="bob", MINE="b")
        with patch.dict("os.environ", VNC_PASSWORD="a", VNC_USERNAME="bob", MINE="b"):
            self.assertEqual(self.make("there")._password(), "a")
            self.assertEqual(self.make("there")._username, "bob")
            self.assertEqual(self.make("there,password-env=MINE")._password(), "b")
        self.assertIn("seen by everybody", self.wrong("there,password=secret"))
        self.assertIn("no such variable", self.wrong("there,password-env=NONE"))
        self.assertIn("No such file", self.wrong("there,password-file=/nowhere"))

    def test_passwordAnew(self) -> None:
        """
        The file is read anew for each connection, without a word.
        """
        path = Path(self.mktemp())
        path.write_bytes(b"secret\n")
        read = passwordReader(str(path))
        path.write_bytes(b"another\n")
        with capturedLogs() as events:
            self.assertEqual(read(), b"another")
        self.assertEqual(events, [])

    def test_quality(self) -> None:
        """
        Photos may be asked for as JPEG.
        """
        framebuffer = self.make("there,quality=8")
        self.assertIn(QUALITY_LEVEL_0 + 8, framebuffer._loops.encodings)
        self.assertIn("expected 0 to 9", self.wrong("there,quality=best"))

    def test_certificate(self) -> None:
        """
        It may be said by what to know the server.
        """
        path = self.mktemp()
        createSelfSigned(path, ["there"])
        certificate = Path(path).read_bytes()
        login = self.make(f"there,ca={path},user=u")._login
        self.assertEqual(login["authority"], certificate)
        self.assertEqual(login["hostname"], "there")
        login = self.make(f"there,hostname=other,ca={path}")._login
        self.assertEqual(login["hostname"], "other")
        self.assertIn("ca=/nowhere: No such file", self.wrong("there,ca=/nowhere"))
        self.assertIn("authority", self.wrong(f"there,ca={self.file(b'nothing')}"))

    def test_types(self) -> None:
        """
        Security types can be named, with commas between them.
        """
        login = self.make("there,security=VncAuth,None,user=u")._login
        self.assertEqual(login["names"], ["VncAuth", "None"])
        self.assertIn("Nonsense", self.wrong("there,security=Nonsense"))

    def test_wrong(self) -> None:
        """
        What is wrong is said, and what is allowed.
        """
        self.assertIn("expected vnc:SERVER", self.wrong(""))
        self.assertIn("no option 'colour=red'", self.wrong("there,colour=red"))
        self.assertIn("a port is from 1 to 65535", self.wrong("there::70000"))
