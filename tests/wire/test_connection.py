# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb._wire.connection}.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from tests.pieces import Transcript, cut, lengths
from tests.security.driver import counted
from tests.wire.test_messages import clientMessages
from txrfb._wire.connection import ServerConnection
from txrfb._wire.events import (
    ClientInit,
    Event,
    Failed,
    LoginRequested,
    Output,
    SealRequested,
    SecurityChosen,
    TLSRequested,
    TurnRequested,
)
from txrfb._wire.messages import (
    ClientCutText,
    KeyEvent,
    Limits,
    PointerEvent,
    ServerInit,
    SetEncodings,
    SetPixelFormat,
)
from txrfb._wire.messages.extensions import SYNC_NEXT, Fence
from txrfb.interfaces import ISecurityType
from txrfb.pixels import NATIVE
from txrfb.security import Context, Login, Read, Seal, StartTLS, Unseal, Write
from txrfb.security.accounts.credentials import vncResponse
from txrfb.security.types.none import NoSecurity
from txrfb.security.types.vncauth import VNCAuth

GREETING = b"RFB 003.008\n"
NAME = "a screen"
INIT = ServerInit(640, 480, NATIVE, NAME).toBytes()
CHALLENGE = counted()(16)


class Scene:
    """
    A connection whose driver does what is asked of it, and writes down the rest.

    @ivar written: The bytes for the viewer.
    @ivar told: The events that are messages.
    @ivar isChosen: Whether there is agreement on a security type.
    @ivar turns: How often something was to be computed.
    @ivar ended: Why it ended, if it did.
    """

    def __init__(
        self,
        *types: Any,
        refusal: str = "",
        limits: Limits | None = None,
        password: bytes = b"secret",
        decides: bool = True,
    ) -> None:
        self.transcript = Transcript()
        self.connection = ServerConnection(self.transcript, limits)
        self.password = password
        self.decides = decides
        self.written = b""
        self.told: list[Any] = []
        self.isChosen = False
        self.turns = 0
        self.logins: list[LoginRequested] = []
        self.shared: bool | None = None
        self.tls: list[str] = []
        self.sealed: list[bool] = []
        self.ended: str | None = None
        self.act(
            self.connection.start(
                types or (NoSecurity(),), Context(random=counted()), refusal
            )
        )

    def act(self, events: list[Event]) -> None:
        """
        Do what events ask for.
        """
        for event in events:
            if self.ended is not None:
                raise AssertionError(f"{event} came after the end")
            if isinstance(event, Output):
                self.written += event.data
            elif isinstance(event, Failed):
                self.ended = event.reason
            elif isinstance(event, LoginRequested):
                self.logins.append(event)
                if self.decides:
                    self.decide()
            elif isinstance(event, ClientInit):
                self.shared = event.shared
                self.act(self.connection.initialize(640, 480, NATIVE, NAME))
            elif isinstance(event, TLSRequested):
                self.tls.append(event.kind)
                self.act(self.connection.tlsStarted(b"certificate"))
            elif isinstance(event, SecurityChosen):
                self.isChosen = True
            elif isinstance(event, TurnRequested):
                self.turns += 1
                self.act(self.connection.turnCame())
            elif isinstance(event, SealRequested):
                self.sealed.append(event.send is not None)
            else:
                self.told.append(event)

    def decide(self) -> None:
        """
        Judge the credentials.
        """
        credentials: Any = self.logins[-1].credentials
        if credentials is None or credentials.checkPassword(self.password):
            self.act(self.connection.loginSucceeded())
        else:
            self.act(self.connection.loginFailed("authentication failed"))

    def receive(self, data: bytes, pieces: list[int] | None = None) -> bytes:
        """
        Let bytes come in; one by one unless told otherwise.

        @return: What was written since the last time.
        """
        for piece in cut(data, pieces or [1]):
            self.act(self.connection.receive(piece))
        return self.take()

    def take(self) -> bytes:
        """
        @return: What was written since the last time.
        """
        written, self.written = self.written, b""
        return written


def connected(**options: Any) -> Scene:
    """
    @return: A scene whose viewer is in.
    """
    scene = Scene(**options)
    scene.receive(GREETING + b"\1\1")
    scene.told.clear()
    return scene


class VersionTests(SynchronousTestCase):
    """
    Which version is spoken (section 7.1.1).
    """

    #: What viewers greet with, and what that means.
    VERSIONS = (
        ("003.003", 3),  # vncsnapshot, and many small ones
        ("003.004", 3),  # UltraVNC
        ("003.005", 3),  # asked for by a viewer of the nineties; it is 3.3
        ("003.006", 3),  # UltraVNC
        ("003.007", 7),
        ("003.008", 8),
        ("003.009", 8),
        ("003.016", 8),
        ("003.130", 8),
        ("003.889", 8),  # Apple's Screen Sharing
        ("004.000", 8),  # RealVNC
        ("004.001", 8),
        ("005.000", 8),
        ("005.003", 8),
    )

    def test_greeting(self) -> None:
        """
        The server speaks first, and names 3.8.
        """
        self.assertEqual(Scene().take(), GREETING)

    def test_versions(self) -> None:
        """
        Versions that do not exist are taken for the older one that does.
        """
        for version, minor in self.VERSIONS:
            scene = Scene()
            scene.take()
            answer = scene.receive(f"RFB {version}\n".encode())
            self.assertEqual(scene.connection.minor, minor, version)
            if minor == 3:
                self.assertEqual(answer, b"\0\0\0\1", version)
            else:
                self.assertEqual(answer, b"\1\1", version)
            self.assertIsNone(scene.ended, version)

    def test_noVersions(self) -> None:
        """
        What is no version, or older than 3.3, ends the connection, and the reason
        says what it was.
        """
        for data in (
            b"GET / HTTP/1",
            b"SSH-2.0-Open",
            b"RFB 003.008\r",
            b"RFB 003 008\n",
            b"RFB 0x3.008\n",
            b"RFB  03.008\n",
            b"rfb 003.008\n",
            b"RFB 002.002\n",
            bytes(12),
            b"\xff" * 12,
        ):
            scene = Scene()
            scene.take()
            self.assertEqual(scene.receive(data), b"")
            assert scene.ended is not None
            said = "2.2" if b"002" in data else repr(data)
            self.assertIn(said, scene.ended)


class SecurityTests(SynchronousTestCase):
    """
    Which security type is used, and what is said of it (sections 7.1.2, 7.1.3).
    """

    def conversation(self, minor: int, *types: Any) -> Scene:
        """
        @return: A scene in which the viewer has greeted.
        """
        scene = Scene(*types)
        scene.receive(b"RFB 003.%03d\n" % minor)
        scene.written = scene.written[len(GREETING) :] if scene.written else b""
        return scene

    def test_none38(self) -> None:
        """
        3.8: a list, a choice, a result, also with None.
        """
        scene = Scene()
        scene.take()
        self.assertEqual(scene.receive(GREETING), b"\1\1")
        self.assertEqual(scene.receive(b"\1"), b"\0\0\0\0")
        self.assertEqual(scene.receive(b"\1"), INIT)
        self.assertIs(scene.shared, True)

    def test_none37(self) -> None:
        """
        3.7: a list and a choice, and no result with None.
        """
        scene = Scene()
        scene.take()
        self.assertEqual(scene.receive(b"RFB 003.007\n"), b"\1\1")
        self.assertEqual(scene.receive(b"\1"), b"")
        self.assertEqual(scene.receive(b"\0"), INIT)
        self.assertIs(scene.shared, False)

    def test_none33(self) -> None:
        """
        3.3: the server chooses, and tells no result with None.
        """
        scene = Scene()
        scene.take()
        self.assertEqual(scene.receive(b"RFB 003.003\n"), b"\0\0\0\1")
        self.assertEqual(scene.receive(b"\1"), INIT)

    def test_vncAuth(self) -> None:
        """
        VncAuth in all versions: challenge, response, result.
        """
        response = vncResponse(b"secret", CHALLENGE)
        for version, offer in ((3, b"\0\0\0\2"), (7, b"\1\2"), (8, b"\1\2")):
            scene = Scene(VNCAuth())
            scene.take()
            answer = scene.receive(b"RFB 003.%03d\n" % version)
            if version > 3:
                self.assertEqual(answer, offer)
                answer = offer + scene.receive(b"\2")
            self.assertEqual(answer, offer + CHALLENGE)
            self.assertEqual(scene.receive(response), b"\0\0\0\0")
            self.assertEqual(scene.receive(b"\1"), INIT)

    def test_wrongPassword(self) -> None:
        """
        A wrong password ends the connection after the result; 3.8 hears why.
        """
        reason = b"authentication failed"
        counted = len(reason).to_bytes(4, "big") + reason
        for version, result in (
            (3, b"\0\0\0\1"),
            (7, b"\0\0\0\1"),
            (8, b"\0\0\0\1" + counted),
        ):
            scene = Scene(VNCAuth())
            scene.receive(b"RFB 003.%03d\n" % version)
            if version > 3:
                scene.receive(b"\2")
            self.assertEqual(scene.receive(bytes(16)), result)
            self.assertEqual(scene.ended, "login failed: authentication failed")
            self.assertEqual(scene.connection.receive(b"\1"), [])

    def test_order(self) -> None:
        """
        Types are offered in the order in which they were given.
        """
        for types, offer in (
            ((VNCAuth(), NoSecurity()), b"\2\2\1"),
            ((NoSecurity(), VNCAuth()), b"\2\1\2"),
        ):
            scene = Scene(*types)
            scene.take()
            self.assertEqual(scene.receive(GREETING), offer)

    def test_notOffered(self) -> None:
        """
        A choice that was not offered ends the connection.
        """
        scene = Scene()
        scene.receive(GREETING)
        self.assertEqual(scene.receive(b"\2"), b"")
        assert scene.ended is not None
        self.assertIn("security type 2 was chosen; offered were 1", scene.ended)

    def test_notFor33(self) -> None:
        """
        3.3 can name only None and VncAuth: others are not thrust upon its viewers.
        """

        @implementer(ISecurityType)
        class Modern(NoSecurity):
            """
            A type that 3.3 cannot name.
            """

            number = 19

        scene = Scene(Modern(), VNCAuth())
        scene.take()
        answer = scene.receive(b"RFB 003.003\n")
        self.assertEqual(answer, b"\0\0\0\2" + CHALLENGE)
        scene = Scene(Modern())
        scene.take()
        answer = scene.receive(b"RFB 003.003\n")
        self.assertEqual(answer[:4], b"\0\0\0\0")
        self.assertIn(b"3.3", answer[8:])
        assert scene.ended is not None
        self.assertIn("refused: ", scene.ended)

    def test_refusal(self) -> None:
        """
        Who is not let in hears why, in all versions, and before any password.
        """
        for version, zero in ((3, b"\0\0\0\0"), (7, b"\0"), (8, b"\0")):
            scene = Scene(VNCAuth(), refusal="it is full")
            scene.take()
            answer = scene.receive(b"RFB 003.%03d\n" % version)
            self.assertEqual(answer, zero + b"\0\0\0\x0ait is full")
            self.assertEqual(scene.ended, "refused: it is full")

    def test_nothingOffered(self) -> None:
        """
        A server without any security type lets nobody in, and says so.
        """
        transcript = Transcript()
        connection = ServerConnection(transcript)
        connection.start(())
        events = connection.receive(GREETING)
        self.assertIsInstance(events[-1], Failed)
        self.assertIsInstance(events[0], Output)

    def test_loginTakesTime(self) -> None:
        """
        While the login is decided nothing is read, and only a little is held.
        """
        scene = Scene(decides=False)
        scene.receive(GREETING)
        self.assertFalse(scene.isChosen)
        scene.receive(b"\1")
        self.assertTrue(scene.isChosen)
        scene.receive(b"\1" + KeyEvent(True, 97).toBytes())
        self.assertEqual(scene.told, [])
        scene.decide()
        self.assertEqual(scene.take()[-len(INIT) :], INIT)
        self.assertEqual(scene.told, [KeyEvent(True, 97)])

    def test_heldWhileLoggingIn(self) -> None:
        """
        A viewer that sends more than that before it is in, is not waited for.
        """
        scene = Scene(decides=False, limits=Limits(held=100))
        scene.receive(GREETING + b"\1" + bytes(100), [113])
        self.assertIsNone(scene.ended)
        scene.receive(b"\0")
        assert scene.ended is not None
        self.assertIn("101 bytes came before the server answered", scene.ended)


@implementer(ISecurityType)
class Steps:
    """
    A security type of any steps.
    """

    number = 100
    name = "Any"

    def __init__(self, *steps: Any) -> None:
        self.steps = steps
        self.answers: list[Any] = []

    def negotiate(self, context: Any) -> Generator[Any, Any, None]:
        """
        The steps.
        """
        for step in self.steps:
            self.answers.append((yield step))


class Cipher:
    """
    Turns bytes upside down.
    """

    held = missing = 0

    def seal(self, data: bytes) -> bytes:
        """
        @return: Other bytes.
        """
        return bytes(255 - byte for byte in data)

    def unseal(self, data: bytes) -> bytes:
        """
        @return: The first bytes again.
        """
        if b"\0" in data:
            raise ValueError("a sealed message is forged")
        return self.seal(data)


class StepTests(SynchronousTestCase):
    """
    All steps of which security types are made.
    """

    def begin(self, *steps: Any) -> tuple[Scene, Steps]:
        """
        @return: A scene in which the type of these steps was chosen.
        """
        steps_ = Steps(*steps)
        scene = Scene(steps_)
        scene.receive(GREETING)
        scene.receive(b"d")
        return scene, steps_

    def test_readAndWrite(self) -> None:
        """
        What is read is sent to the steps, what they write to the viewer.
        """
        scene, steps = self.begin(Read(3), Write(b"hello"), Read(0), Login(None))
        self.assertEqual(scene.receive(b"abc"), b"hello\0\0\0\0")
        self.assertEqual(steps.answers, [b"abc", None, b""])
        self.assertEqual(scene.transcript.sizes["Any"], 3)

    def test_readsTooMuch(self) -> None:
        """
        A security type may not ask for any number of bytes.
        """
        scene, _ = self.begin(Read(8193), Login(None))
        self.assertEqual(scene.ended, "Any asks for 8193 bytes")

    def test_tls(self) -> None:
        """
        TLS is asked of the driver, which tells the viewer's certificate.
        """
        scene, steps = self.begin(StartTLS("x509"), Login(None))
        self.assertEqual((scene.tls, steps.answers), (["x509"], [b"certificate"]))
        self.assertIn("END TLS", scene.transcript.lines)

    def test_bytesBeforeTls(self) -> None:
        """
        Bytes that came in clear are not taken for protected ones.
        """
        steps = Steps(StartTLS("x509"), Login(None))
        scene = Scene(steps)
        scene.receive(GREETING + b"d!", [14])
        self.assertEqual(scene.tls, [])
        assert scene.ended is not None
        self.assertIn("bytes came between the choice and TLS", scene.ended)

    def test_seal(self) -> None:
        """
        From a seal on all bytes are unsealed, those that came already, too; until it
        is broken.
        """
        steps = Steps(Seal(Cipher(), Cipher()), Read(2), Unseal(), Read(1), Login(None))
        scene = Scene(steps)
        scene.receive(GREETING)
        scene.receive(b"d" + Cipher().seal(b"x"), [2])
        scene.receive(Cipher().seal(b"y"))
        scene.receive(b"z")
        self.assertEqual(steps.answers, [None, b"xy", None, b"z"])
        self.assertEqual(scene.sealed, [True, False])

    def test_forged(self) -> None:
        """
        A sealed message that is forged ends the connection.
        """
        scene, _ = self.begin(Seal(Cipher(), Cipher()), Read(2), Login(None))
        scene.receive(b"\0")
        self.assertEqual(scene.ended, "a sealed message is forged")

    def test_missing(self) -> None:
        """
        What is missing of a sealed stream is what its message lacks: as many bytes of
        small messages as are missing in clear would be much work for one turn.
        """
        cipher = Cipher()
        cipher.missing = 7
        scene, _ = self.begin(Read(1), Seal(cipher, cipher), Read(8000), Login(None))
        self.assertEqual(scene.connection.missing, 1)
        scene.receive(b"x")
        self.assertEqual(scene.connection.missing, 7)

    def test_raw(self) -> None:
        """
        What comes before ClientInit is counted as it comes, before anything is made of
        it, and bounded; after ClientInit it is not.
        """

        class Silent(Cipher):
            def unseal(self, data: bytes) -> bytes:
                return b""

        scene, _ = self.begin(Seal(Silent(), Silent()), Read(1), Login(None))
        scene.receive(bytes(16000))
        self.assertEqual(scene.transcript.raw, 16013)
        self.assertIsNone(scene.ended)
        scene.receive(bytes(372))
        self.assertEqual(
            scene.ended, "16385 bytes came before ClientInit; 16384 are allowed"
        )
        scene = connected()
        scene.receive(KeyEvent(True, 97).toBytes() * 4000)
        self.assertIsNone(scene.ended)
        self.assertEqual(scene.transcript.raw, 14)

    def test_noLogin(self) -> None:
        """
        Steps that come to no login let nobody in.
        """
        scene, _ = self.begin(Read(1))
        scene.receive(b"a")
        self.assertEqual(scene.ended, "Any came to no login")

    def test_wrongStep(self) -> None:
        """
        A step that is none is an error of the type.
        """
        scene, _ = self.begin("step")
        self.assertEqual(scene.ended, "Any has a step 'step'")


class MessageTests(SynchronousTestCase):
    """
    What viewers say once they are in (section 7.5).
    """

    @settings(max_examples=60, deadline=None)
    @given(st.lists(clientMessages, max_size=10), lengths)
    def test_anyPieces(self, messages: list[Any], pieces: list[int]) -> None:
        """
        Messages are the same in whatever pieces they come.
        """
        scene = connected()
        scene.receive(b"".join(one.toBytes() for one in messages), pieces)
        self.assertEqual(scene.told, messages)
        self.assertIsNone(scene.ended)

    @settings(max_examples=30, deadline=None)
    @given(lengths, st.sampled_from([3, 7, 8]))
    def test_handshakeInPieces(self, pieces: list[int], minor: int) -> None:
        """
        So is the handshake, with the first messages right behind it.
        """
        data = b"RFB 003.%03d\n" % minor + (b"\1" if minor > 3 else b"") + b"\0"
        scene = Scene()
        scene.receive(data + PointerEvent(1, 2, 3).toBytes(), pieces)
        self.assertEqual(scene.told, [PointerEvent(1, 2, 3)])
        self.assertIs(scene.shared, False)

    def test_betweenMessages(self) -> None:
        """
        It is known when what comes next is a message by itself: not before there are
        any, not within one, and not behind a fence that wants to be answered with it.
        """
        scene = Scene()
        connection = scene.connection
        self.assertFalse(connection.isBetweenMessages)
        scene.receive(GREETING + b"\1")
        self.assertFalse(connection.isBetweenMessages)
        scene.receive(b"\1")
        self.assertTrue(connection.isBetweenMessages)
        text = ClientCutText(b"hello").toBytes()
        scene.receive(text[:-1])
        self.assertFalse(connection.isBetweenMessages)
        scene.receive(text[-1:] + KeyEvent(True, 97).toBytes())
        self.assertTrue(connection.isBetweenMessages)
        connection.understand(Fence)
        scene.receive(Fence(SYNC_NEXT, b"").toBytes())
        self.assertFalse(connection.isBetweenMessages)
        scene.receive(KeyEvent(False, 97).toBytes())
        self.assertTrue(connection.isBetweenMessages)

    def test_unknownTypes(self) -> None:
        """
        A message of unknown type ends the connection, as nobody can tell how long
        it is.
        """
        for number in set(range(256)) - {0, 2, 3, 4, 5, 6}:
            scene = connected()
            scene.receive(KeyEvent(True, 97).toBytes() + bytes([number]) + bytes(30))
            self.assertEqual(scene.ended, f"there is no message type {number}")
            self.assertEqual(scene.told, [KeyEvent(True, 97)])

    def test_illegalFormat(self) -> None:
        """
        So does a pixel format that the specification does not allow.
        """
        scene = connected()
        scene.receive(SetPixelFormat(NATIVE._replace(redMax=254)).toBytes())
        self.assertEqual(scene.ended, "red maximum 254: it must be 2^n - 1, at least 1")

    def test_cutTextOfAsyncvnc(self) -> None:
        """
        asyncvnc sends one byte of padding where three belong, so that its text is
        taken for a part of the length: what follows is skipped, and no more of it
        held than of any text.
        """
        scene = connected(limits=Limits(cutText=1000))
        scene.receive(b"\6\0" + (5).to_bytes(4, "big") + b"hello")
        length = int.from_bytes(b"\0\5he", "big")
        scene.receive(bytes(length - 3), [4096])
        scene.receive(PointerEvent(0, 1, 2).toBytes())
        text = b"llo" + bytes(997)
        self.assertEqual(
            scene.told, [ClientCutText(text, length - 1000), PointerEvent(0, 1, 2)]
        )

    def test_negativeCutText(self) -> None:
        """
        The extended clipboard means nothing to a viewer that was not told of it.
        """
        scene = connected()
        scene.receive(b"\6\0\0\0\xff\xff\xff\xfc\1\0\0\1")
        assert scene.ended is not None
        self.assertIn("length -4", scene.ended)

    def test_longCutText(self) -> None:
        """
        A cut text that is too long is cut, and what follows it is read.
        """
        scene = connected(limits=Limits(cutText=1000))
        text = bytes(range(256)) * 200
        scene.receive(ClientCutText(text).toBytes() + b"\5\0\0\1\0\2", [4096])
        self.assertEqual(
            scene.told,
            [ClientCutText(text[:1000], len(text) - 1000), PointerEvent(0, 1, 2)],
        )
        self.assertEqual(scene.transcript.sizes["ClientCutText"], 8 + len(text))

    def test_manyEncodings(self) -> None:
        """
        A list of encodings that is too long is cut, and what follows it is read.
        """
        scene = connected(limits=Limits(encodings=3))
        scene.receive(SetEncodings(tuple(range(100))).toBytes() + b"\5\0\0\1\0\2")
        self.assertEqual(
            scene.told, [SetEncodings((0, 1, 2), 97), PointerEvent(0, 1, 2)]
        )

    def test_held(self) -> None:
        """
        Between messages nothing is held but the message that has begun.
        """
        scene = connected()
        stepper = scene.connection._stepper
        assert stepper is not None
        scene.receive(KeyEvent(True, 97).toBytes() * 100 + b"\4", [4096])
        self.assertEqual(len(scene.told), 100)
        self.assertEqual(stepper.held, 0)
        scene.receive(b"\1\0")
        self.assertEqual(stepper.held, 2)

    def test_transcript(self) -> None:
        """
        The transcript has phases and messages, by name and size.
        """
        scene = connected()
        scene.receive(KeyEvent(True, 97).toBytes())
        self.assertEqual(
            scene.transcript.lines,
            [
                "BEGIN ProtocolVersion",
                "rx ProtocolVersion",
                "END ProtocolVersion",
                "BEGIN Security",
                "rx SecurityType",
                "END Security",
                "BEGIN Init",
                "rx ClientInit",
                "END Init",
                "BEGIN Messages",
                "rx KeyEvent",
            ],
        )

    def test_secretsInEvents(self) -> None:
        """
        Events do not show in a traceback what they hold of passwords.
        """
        output = Output("VncAuth", b"very secret")
        self.assertNotIn("secret", repr(output))
        self.assertNotIn("secret", repr(LoginRequested("x", "secret")))  # type: ignore[arg-type]


class EndTests(SynchronousTestCase):
    """
    A connection ends once.
    """

    def test_closedAtEveryOffset(self) -> None:
        """
        Closing is possible at every byte, and nothing comes after it.
        """
        data = GREETING + b"\2" + vncResponse(b"secret", CHALLENGE) + b"\1"
        data += SetEncodings((1, 2)).toBytes() + b"\6"
        for offset in range(len(data) + 1):
            scene = Scene(VNCAuth())
            scene.receive(data[:offset])
            self.assertIsNone(scene.ended)
            scene.connection.close()
            scene.connection.close()
            self.assertEqual(scene.connection.receive(data[offset:]), [])
            self.assertEqual(scene.connection.loginSucceeded(), [])
            self.assertEqual(scene.connection.tlsStarted(), [])
            self.assertEqual(scene.connection.initialize(1, 1, NATIVE, ""), [])

    def test_closedBeforeItBegan(self) -> None:
        """
        Also before the first.
        """
        connection = ServerConnection(Transcript())
        connection.close()
        self.assertEqual(connection.start(()), [])
