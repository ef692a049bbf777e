# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.security.types.rsaaes} and L{txrfb.security.types.hostkey}.
"""

from __future__ import annotations

import base64
import os
import pickle
import secrets
import struct
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from twisted.cred.credentials import IAnonymous, IUsernamePassword
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from tests.security.driver import Driver, converse, temporary
from txrfb.error import SecurityError
from txrfb.interfaces import ISecurityType
from txrfb.security import Context, Steps, Write
from txrfb.security.accounts.credentials import IPassword
from txrfb.security.types import rsaaes
from txrfb.security.types.conditions import Conditions
from txrfb.security.types.hostkey import HostKey, decodeKey, encodeKey, fingerprint
from txrfb.security.types.rsaaes import NAMES, RSAAES

#: A key of the server and one of the viewer, of different sizes.
SERVER = HostKey.generate(1024)
VIEWER = HostKey.generate(1040)

NAMELESS = Conditions(frozenset([IPassword]))


def nameless(name: str) -> RSAAES:
    """
    @return: A type that asks for a password only.
    """
    made = RSAAES(name, SERVER).under(NAMELESS)
    assert made is not None
    return made


def client(name: str, **options: Any) -> Any:
    """
    @return: A viewer's steps.
    """
    return rsaaes.clientSteps(
        name, b"ann", b"secret", secrets.token_bytes, hostKey=VIEWER, **options
    )


#: Which of its writes is a side's hash, and which is the server's question.
HASH, QUESTION = 2, 3


def replaced(steps: Any, number: int, data: bytes) -> Steps:
    """
    @return: The same steps, but for other data in one write.
    """
    answer: Any = None
    while True:
        try:
            step = steps.send(answer)
        except StopIteration:
            return
        if isinstance(step, Write):
            step = Write(data) if number == 0 else step
            number -= 1
        answer = yield step


class RSAAESTests(SynchronousTestCase):
    """
    The four types.
    """

    def test_interface(self) -> None:
        """
        They are security types with the numbers of the protocol.
        """
        numbers = []
        for name in NAMES:
            made = RSAAES(name, SERVER)
            verifyObject(ISecurityType, made)
            numbers.append(made.number)
        self.assertEqual(numbers, [129, 5, 6, 130])

    def test_login(self) -> None:
        """
        Name and password arrive, however the bytes are cut; they do not go in
        clear; and the stream is sealed afterwards in the types that say so.
        """
        for name in NAMES:
            for piece in (1, 7, 10000):
                server, viewer = converse(
                    RSAAES(name, SERVER).negotiate(Context()),
                    client(name),
                    piece=piece,
                )
                self.assertTrue(server.finished and viewer.finished)
                self.assertEqual(server.credentials.username, b"ann")
                self.assertTrue(server.credentials.checkPassword(b"secret"))
                self.assertEqual(server.sealed, "ne" not in name)
                self.assertEqual(viewer.sealed, server.sealed)

    def test_afterwards(self) -> None:
        """
        What is written afterwards goes both ways.
        """
        for name in NAMES:
            server, viewer = converse(
                RSAAES(name, SERVER).negotiate(Context()), client(name)
            )
            server.write(b"\0\0\0\0")
            sealed = server.take()
            self.assertEqual(sealed == b"\0\0\0\0", "ne" in name)
            viewer.receive(sealed)
            self.assertEqual(viewer.unread, b"\0\0\0\0")
            viewer.write(b"\1")
            server.receive(viewer.take())
            self.assertEqual(server.unread, b"\1")

    def test_nameless(self) -> None:
        """
        If names do not matter a password alone is asked for.
        """
        for name in NAMES:
            server, _ = converse(nameless(name).negotiate(Context()), client(name))
            self.assertTrue(IPassword.providedBy(server.credentials))
            self.assertFalse(IUsernamePassword.providedBy(server.credentials))
            self.assertEqual(server.credentials.username, b"")
            self.assertTrue(server.credentials.checkPassword(b"secret"))

    def test_empty(self) -> None:
        """
        Empty names and passwords arrive as such.
        """
        server, _ = converse(
            RSAAES("RA2", SERVER).negotiate(Context()),
            rsaaes.clientSteps("RA2", b"", b"", secrets.token_bytes, hostKey=VIEWER),
        )
        self.assertEqual(server.credentials.username, b"")
        self.assertEqual(server.credentials.password, b"")

    def test_tooLong(self) -> None:
        """
        A viewer cannot send more than 255 bytes, and says so.
        """
        steps = rsaaes.clientSteps("RA2", b"x" * 256, b"", secrets.token_bytes)
        self.assertRaises(ValueError, next, steps)

    def test_keySizes(self) -> None:
        """
        A key of a length that nobody should have is refused before its bytes are
        read, by server and viewer.
        """
        for bits in (0, 1023, 8193, 0xFFFFFFFF):
            server = Driver(RSAAES("RA2", SERVER).negotiate(Context()))
            viewer = Driver(client("RA2"))
            for side in (server, viewer):
                error = self.assertRaises(
                    SecurityError, side.receive, struct.pack(">I", bits)
                )
                self.assertIn(str(bits), str(error))

    def test_badKeys(self) -> None:
        """
        Numbers that are no key are refused.
        """
        one, two = (1).to_bytes(128, "big"), (2).to_bytes(128, "big")
        full = b"\xff" * 128
        for modulus, exponent in (
            (bytes(128), bytes(128)),
            (bytes(128), one),
            (two, one),
            (full, bytes(128)),
            (full, two),
            (full, full),
        ):
            server = Driver(RSAAES("RA2", SERVER).negotiate(Context()))
            key = struct.pack(">I", 1024) + modulus + exponent
            self.assertRaises(SecurityError, server.receive, key)

    def test_largeExponent(self) -> None:
        """
        A key whose exponent is so large that it would take long to use it is refused,
        before it is used.
        """
        for bits, good in ((32, True), (33, False), (1023, False)):
            exponent = (1 << bits - 1) + 1
            key = VIEWER.encoded[:134] + exponent.to_bytes(130, "big")
            server = Driver(RSAAES("RA2", SERVER).negotiate(Context()))
            if good:
                server.receive(key)
            else:
                self.assertRaises(SecurityError, server.receive, key)

    def test_turns(self) -> None:
        """
        The server computes when it is the viewer's turn, once for each login.
        """
        server, _ = converse(RSAAES("RA2", SERVER).negotiate(Context()), client("RA2"))
        self.assertEqual(server.turns, 1)

    def test_randomSize(self) -> None:
        """
        A random number that cannot be for our key is refused at its length.
        """
        server = Driver(RSAAES("RA2", SERVER).negotiate(Context()))
        server.receive(VIEWER.encoded)
        self.assertRaises(SecurityError, server.receive, b"\xff\xff")

    def test_randomRubbish(self) -> None:
        """
        A random number that does not decrypt makes no difference to be seen: the
        server goes on, and stops where any mistake stops it.
        """
        for rubbish in (bytes(128), b"\1" * 128, b"\xff" * 128):
            server = Driver(RSAAES("RA2", SERVER).negotiate(Context()))
            server.receive(VIEWER.encoded)
            server.take()
            server.receive(b"\0\x80" + rubbish)
            self.assertTrue(server.sealed)
            self.assertEqual(len(server.take()), 2 + 20 + 16)
            self.assertRaises(ValueError, server.receive, b"\0\x14" + bytes(36))

    def test_between(self) -> None:
        """
        Somebody between who shows each side a key of its own is found out, by both.
        """
        other = HostKey.generate(1024)
        server = Driver(RSAAES("RA2", SERVER).negotiate(Context()))
        viewer = Driver(client("RA2"))
        middleForViewer = RSAAES("RA2", other).negotiate(Context())
        toViewer = Driver(middleForViewer)
        # It shows its own key, and passes on the rest as if it knew the others.
        viewer.receive(toViewer.take())
        server.receive(viewer.take()[: len(VIEWER.encoded)])
        down = server.take()[len(SERVER.encoded) :]
        viewer.receive(down)
        self.assertRaises(
            (ValueError, SecurityError),
            server.receive,
            b"\0\x80" + bytes(128) + viewer.take(),
        )

    def test_wrongHash(self) -> None:
        """
        A hash that does not fit is refused by both sides, though it be well sealed.
        """
        for side in ("server", "viewer"):
            steps = RSAAES("RA2_256", SERVER).negotiate(Context()), client("RA2_256")
            victim, liar = steps if side == "server" else reversed(steps)
            lying = replaced(liar, HASH, bytes(32))
            error = self.assertRaises(SecurityError, converse, victim, lying)
            self.assertIn("between", str(error))

    def test_trust(self) -> None:
        """
        A viewer that does not trust the server's key tells it nothing.
        """
        seen: list[bytes] = []

        def trust(encoded: bytes) -> bool:
            seen.append(encoded)
            return False

        viewer = Driver(client("RA2", trust=trust))
        self.assertRaises(SecurityError, viewer.receive, SERVER.encoded)
        self.assertEqual(seen, [SERVER.encoded])
        self.assertEqual(viewer.take(), b"")

    def test_strangeQuestion(self) -> None:
        """
        A viewer answers no question that it does not know.
        """
        asking = replaced(nameless("RA2ne").negotiate(Context()), QUESTION, b"\3")
        error = self.assertRaises(SecurityError, converse, asking, client("RA2ne"))
        self.assertIn("of kind 3", str(error))

    def test_under(self) -> None:
        """
        They need a password to check; browsers are offered the one they know.
        """
        for name in NAMES:
            made = RSAAES(name, SERVER)
            self.assertIsNone(made.under(Conditions(frozenset([IAnonymous]))))
            named = Conditions(frozenset([IUsernamePassword]))
            self.assertIs(made.under(named), made)
            browser = Conditions(frozenset([IUsernamePassword]), webSocket=True)
            self.assertEqual(made.under(browser) is not None, name == "RA2ne")


class HostKeyTests(SynchronousTestCase):
    """
    Keys and their files.
    """

    def test_encode(self) -> None:
        """
        A key goes and comes back; its numbers fill whole bytes.
        """
        key = rsa.generate_private_key(65537, 1028).public_key()
        encoded = encodeKey(key)
        self.assertEqual(len(encoded), 4 + 2 * 129)
        self.assertEqual(encoded[:4], struct.pack(">I", 1028))
        self.assertEqual(decodeKey(encoded).public_numbers(), key.public_numbers())

    def test_fingerprint(self) -> None:
        """
        A fingerprint is eight bytes of SHA-1 with dashes.
        """
        self.assertEqual(fingerprint(b"abc"), "a9-99-3e-36-47-06-81-6a")
        self.assertIn(SERVER.fingerprint, repr(SERVER))
        self.assertRaises(TypeError, pickle.dumps, SERVER)

    def test_create(self) -> None:
        """
        A key that is not there is made, its file closed to others, and found again;
        nothing else stays in the directory.
        """
        path = temporary(self)
        old = os.umask(0)
        try:
            made = HostKey.loadOrCreate(path)
        finally:
            os.umask(old)
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        self.assertEqual(int.from_bytes(made.encoded[:4], "big"), 3072)
        again = HostKey.loadOrCreate(path)
        self.assertEqual(again.encoded, made.encoded)
        self.assertEqual(os.listdir(os.path.dirname(path)), ["file"])

    def test_race(self) -> None:
        """
        Of two servers that make a key at once the first wins, and the other takes
        its key.
        """
        path = temporary(self)
        winner = HostKey.generate(1024)

        def generate() -> HostKey:
            with open(path, "wb") as file:
                os.chmod(path, 0o600)
                file.write(winner.toPEM())
            return SERVER

        self.patch(HostKey, "generate", generate)
        self.assertEqual(HostKey.loadOrCreate(path).encoded, winner.encoded)

    def test_forms(self) -> None:
        """
        Both forms of PEM that TigerVNC reads are read.
        """
        key = rsa.generate_private_key(65537, 1024)
        for form in serialization.PrivateFormat.TraditionalOpenSSL, None:
            pem = key.private_bytes(
                serialization.Encoding.PEM,
                form or serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            self.assertEqual(HostKey.fromPEM(pem).encoded, encodeKey(key.public_key()))

    def test_openFile(self) -> None:
        """
        A key that others can change is not used.
        """
        path = temporary(self, SERVER.toPEM())
        os.chmod(path, 0o640)
        self.assertEqual(HostKey.loadOrCreate(path).encoded, SERVER.encoded)
        os.chmod(path, 0o620)
        error = self.assertRaises(ValueError, HostKey.loadOrCreate, path)
        self.assertIn("chmod 600", str(error))

    def test_wrong(self) -> None:
        """
        What is no usable RSA key is an error that names the file and does not quote
        it.
        """
        form = serialization.PrivateFormat.PKCS8
        pem = serialization.Encoding.PEM
        short = b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
        curve = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            pem, form, serialization.NoEncryption()
        )
        locked = rsa.generate_private_key(65537, 1024).private_bytes(
            pem, form, serialization.BestAvailableEncryption(b"x")
        )
        large = rsa.generate_private_key(65537, 4104).private_bytes(
            pem, form, serialization.NoEncryption()
        )
        plain = rsa.generate_private_key(65537, 1024).private_bytes(
            serialization.Encoding.DER, form, serialization.NoEncryption()
        )
        # The identifier of RSA with another last number: an algorithm of nobody.
        named = bytes.fromhex("2a864886f70d0101")
        self.assertIn(named + b"\1", plain)
        body = base64.encodebytes(plain.replace(named + b"\1", named + b"\x7f"))
        unknown = (
            b"-----BEGIN PRIVATE KEY-----\n" + body + b"-----END PRIVATE KEY-----\n"
        )
        pieces = (b"", b"marked", short, curve, locked, large, unknown)
        for data in pieces:
            path = temporary(self, data)
            os.chmod(path, 0o600)
            error = self.assertRaises(ValueError, HostKey.load, path)
            self.assertIn(repr(path), str(error))
            self.assertNotIn("marked", str(error))
