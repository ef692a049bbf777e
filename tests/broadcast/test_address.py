# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.broadcast.address}.
"""

from __future__ import annotations

from pathlib import Path

from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase

from txrfb.broadcast import Address
from txrfb.broadcast import address as module
from txrfb.security import createSelfSigned


class AddressTests(SynchronousTestCase):
    """
    What people write.
    """

    def test_called(self) -> None:
        """
        What can be written, and what it is called.
        """
        for text, called in (
            ("redis://host/lobby", "redis://host/lobby"),
            ("redis://host:6379/lobby", "redis://host/lobby"),
            ("redis://host:7000/lobby", "redis://host:7000/lobby"),
            ("redis://[::1]:7000/lobby", "redis://[::1]:7000/lobby"),
            ("redis:///lobby", "redis://localhost/lobby"),
            ("redis:///run/redis.sock/lobby", "redis:///run/redis.sock/lobby"),
        ):
            address = Address.fromString(text)
            self.assertEqual(address.called, called)
            self.assertEqual(address.name, "lobby")
            self.assertEqual(address.login(), ())
            address.endpoint(MemoryReactorClock())
        self.assertIn("lobby", repr(address))

    def test_password(self) -> None:
        """
        A password is read from a file, each time; there may be a user's name.
        """
        path = Path(self.mktemp())
        path.write_text("sesame\n")
        with_ = f"redis://edge@host/lobby,password-file={path}"
        address = Address.fromString(with_)
        self.assertEqual(address.login(), ("edge", b"sesame"))
        self.assertNotIn("sesame", address.called)
        path.write_text("other\n")
        self.assertEqual(address.login(), ("edge", b"other"))
        alone = Address.fromString(f"redis://host/lobby,password-file={path}")
        self.assertEqual(alone.login(), (b"other",))

    def test_tls(self) -> None:
        """
        C{rediss:} is TLS, by certificates of the system or of a file.
        """
        path = self.mktemp()
        createSelfSigned(path, ["host"])
        for text in ("rediss://host/a", f"rediss://host/a,ca={path},hostname=x"):
            address = Address.fromString(text)
            self.assertEqual(address.called, "rediss://host/a")
            address.endpoint(MemoryReactorClock())

    def test_wrong(self) -> None:
        """
        Anything else is refused in words.
        """
        empty = self.mktemp()
        Path(empty).touch()
        for text, words in (
            ("", "expected redis://"),
            ("redis:host/lobby", "expected redis://"),
            ("http://host/lobby", "expected redis://"),
            ("redis://host", "expected redis://"),
            ("redis://host/", "no name of a broadcast"),
            ("redis://host/a/b", "expected redis://"),
            ("redis://host:99999/a", "a port is"),
            ("redis://host:0/a", "a port is"),
            ("redis://host/a,port=5", "no name of a broadcast"),
            ("redis://u:secret@host/a", "password-file=FILE"),
            ("redis://u@host/a", "needs password-file"),
            ("redis://host/a,password-file=/nowhere", "No such file"),
            (f"redis://host/a,password-file={empty}", "the password is empty"),
            ("redis://host/a,ca=x", "without TLS"),
            ("rediss://host/a,ca=/nowhere", "No such file"),
            (f"rediss://host/a,ca={empty}", "ca="),
            ("rediss:///run/redis.sock/a", "no TLS on UNIX sockets"),
            (f"redis:///{'x' * 200}/a", "path"),
        ):
            with self.assertRaises(ValueError, msg=text) as caught:
                Address.fromString(text)
            self.assertIn(words, str(caught.exception), text)
            self.assertNotIn("secret", str(caught.exception))

    def test_missing(self) -> None:
        """
        It is said which library is missing.
        """
        self.patch(module, "find_spec", lambda name: None)
        with self.assertRaises(ValueError) as caught:
            Address.fromString("redis://host/lobby")
        self.assertIn("pip install 'txrfb[redis]'", str(caught.exception))
