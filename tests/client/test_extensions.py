# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.client.extensions}: what a viewer says and hears beyond RFC 6143, to
the byte.  With our server on the other side it is tested in
L{tests.session.test_extensions}.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from tests.session.test_pseudorectangles import header
from txrfb._wire.messages import ServerInit
from txrfb._wire.messages.extensions import (
    BLOCK_BEFORE,
    REQUEST,
    AudioFormat,
    AudioMessage,
    EndOfContinuousUpdates,
    Fence,
    Xvp,
)
from txrfb.client import RFBClient
from txrfb.client.events import (
    Announced,
    ExtensionEvent,
    LedsChanged,
    MotionsWanted,
    PointerMoved,
    ScreensChanged,
)
from txrfb.encodings import constants as c
from txrfb.encodings.desktop import encodeExtendedDesktopSize
from txrfb.geometry import Rectangle, Screen
from txrfb.pixels import NATIVE

ADMISSION = b"RFB 003.008\n\1\1\0\0\0\0"
INIT = ServerInit(60, 50, NATIVE, "name").toBytes()


class Recorder(RFBClient):
    """
    Writes down what happens.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.happened: list[Any] = []
        super().__init__(*arguments, clock=Clock(), **options)

    def extensionReceived(self, event: ExtensionEvent) -> None:
        """
        What is beyond RFC 6143.
        """
        self.happened.append(event)

    def clipboardReceived(self, formats: dict[str, bytes]) -> None:
        """
        A clipboard.
        """
        self.happened.append(formats)

    def sizeChanged(self) -> None:
        """
        A size.
        """
        self.happened.append((self.width, self.height))

    def connectionFailed(self, reason: str) -> None:
        """
        The end.
        """
        self.happened.append(reason)


class ClientTestCase(SynchronousTestCase):
    """
    A viewer that is logged in, and lists some pseudo-encodings.
    """

    def begin(self, *pseudo: int) -> None:
        """
        Have it.
        """
        self.client = Recorder(encodings=(c.RAW, *pseudo))
        self.client.isUpdating = False
        self.transport = StringTransport()
        self.client.makeConnection(self.transport)
        self.client.dataReceived(ADMISSION + INIT)
        self.transport.clear()

    def told(self, *data: bytes) -> list[Any]:
        """
        @return: What happens when the server says something.
        """
        self.client.happened.clear()
        for one in data:
            self.client.dataReceived(one)
        return self.client.happened

    def rectangle(self, *arguments: int, body: bytes = b"") -> list[Any]:
        """
        @return: What happens when the server sends a rectangle.
        """
        return self.told(b"\0\0\0\1" + header(*arguments) + body)

    def said(self) -> bytes:
        """
        @return: What the viewer said since this was asked last.
        """
        data: bytes = self.transport.value()
        self.transport.clear()
        return data


class HeardTests(ClientTestCase):
    """
    What it hears.
    """

    def test_screens(self) -> None:
        """
        Size and screens; what was not granted says nothing of them.
        """
        self.begin(c.EXTENDED_DESKTOP_SIZE)
        screens = (Screen(7, 0, 0, 30, 40), Screen(8, 30, 0, 30, 40, 5))
        body = encodeExtendedDesktopSize(screens)
        self.assertEqual(
            self.rectangle(0, 0, 60, 40, -308, body=body),
            [(60, 40), ScreensChanged(0, 0, 60, 40, screens)],
        )
        self.assertEqual(self.client.screens, screens)
        self.assertEqual(
            self.rectangle(1, 3, 99, 99, -308, body=bytes(4)),
            [ScreensChanged(1, 3, 99, 99, ())],
        )
        self.assertEqual(self.client.screens, screens)
        self.assertEqual((self.client.width, self.client.height), (60, 40))

    def test_state(self) -> None:
        """
        Pointer, lights, motions and announcements; it remembers them.
        """
        self.begin()
        client = self.client
        self.assertEqual(self.rectangle(3, 4, 0, 0, -232), [PointerMoved(3, 4)])
        self.rectangle(5, 6, 0, 0, c.VMWARE_CURSOR_POSITION)
        self.assertEqual(client.pointer, (5, 6))
        self.assertEqual(
            self.rectangle(0, 0, 0, 0, -261, body=b"\xff"), [LedsChanged(7)]
        )
        self.rectangle(0, 0, 0, 0, c.VMWARE_LED_STATE, body=b"\0\0\0\2")
        self.assertEqual(client.leds, 2)
        self.assertEqual(self.rectangle(0, 0, 9, 9, -257), [MotionsWanted(True)])
        self.assertTrue(client.isRelative)
        self.rectangle(1, 0, 9, 9, -257)
        self.assertFalse(client.isRelative)
        for number in (-258, -259, -316):
            self.assertEqual(self.rectangle(0, 0, 0, 0, number), [Announced(number)])
        self.assertEqual(client.announced, {-258, -259, -316})

    def test_cursors(self) -> None:
        """
        Shapes, in each way; but for VMware's old one.
        """
        self.begin()
        red = bytes((255, 0, 0, 255))
        self.rectangle(1, 0, 1, 1, c.CURSOR_WITH_ALPHA, body=bytes(4) + red)
        self.assertEqual(self.client.cursor, (1, 1, 1, 0, b"\0\0\xff\xff"))
        self.rectangle(0, 0, 1, 1, c.X_CURSOR, body=b"\0\xff\0\0\0\0\x80\x80")
        self.assertEqual(self.client.cursor, (1, 1, 0, 0, b"\0\xff\0\xff"))
        self.rectangle(0, 0, 1, 1, c.VMWARE_CURSOR, body=b"\1\0" + red)
        self.assertEqual(self.client.cursor, (1, 1, 0, 0, b"\0\0\xff\xff"))
        [reason] = self.rectangle(0, 0, 1, 1, c.VMWARE_CURSOR, body=b"\0\0")
        self.assertIn("type 0", reason)

    def test_fences(self) -> None:
        """
        Fences of the server go back, with what they hold; those of its own that come
        back are told.
        """
        self.begin(c.FENCE)
        request = Fence(REQUEST | BLOCK_BEFORE | 1 << 20, b"abc").toBytes()
        self.assertEqual(self.told(request), [])
        self.assertEqual(self.said(), Fence(BLOCK_BEFORE, b"abc").toBytes())
        answer = Fence(0, b"mine")
        self.assertEqual(self.told(answer.toBytes()), [answer])
        self.assertEqual(self.said(), b"")

    def test_messages(self) -> None:
        """
        The other messages of extensions.
        """
        self.begin(c.CONTINUOUS_UPDATES, c.XVP, c.QEMU_AUDIO)
        self.assertFalse(self.client.canContinue)
        for message in (
            EndOfContinuousUpdates(),
            Xvp(1, 1),
            AudioMessage(1),
            AudioMessage(2, b"abcd"),
            AudioMessage(0),
        ):
            self.assertEqual(self.told(message.toBytes()), [message])
        self.assertTrue(self.client.canContinue)

    def test_notListed(self) -> None:
        """
        Messages of pseudo-encodings that the viewer did not list are unknown.
        """
        for data in (
            EndOfContinuousUpdates().toBytes(),
            Xvp(1, 1).toBytes(),
            AudioMessage(1).toBytes(),
            Fence(REQUEST, b"").toBytes(),
        ):
            self.begin()
            [reason] = self.told(data)
            self.assertIn("there is no message type", reason)

    def test_clipboard(self) -> None:
        """
        The extended clipboard is used once the server has announced it.
        """
        self.begin(c.EXTENDED_CLIPBOARD)
        self.client.cutText("né漢")
        self.assertEqual(self.said(), b"\6\0\0\0\0\0\0\3n\xe9?")
        caps = bytes.fromhex("1f000001 00001000")
        self.told(b"\3\0\0\0\xff\xff\xff\xf8" + caps)
        self.assertTrue(self.client.clipboard.isExtended)
        self.assertEqual(self.said()[:8], b"\6\0\0\0\xff\xff\xff\xf0")
        self.client.cutText("né漢", html=b"<b>")
        # The server takes text only.
        notify = b"\6\0\0\0\xff\xff\xff\xfc\x08\0\0\1"
        self.assertEqual(self.said(), notify)
        self.told(b"\3\0\0\0\xff\xff\xff\xfc\x08\0\0\1")
        self.assertEqual(self.said(), b"\6\0\0\0\xff\xff\xff\xfc\x02\0\0\1")
        provide = b"\6" + self.provided()[1:]
        self.assertEqual(self.told(b"\3" + provide[1:]), [{"text": "né漢".encode()}])

    def provided(self) -> bytes:
        """
        @return: The text, as the viewer provides it.
        """
        self.told(b"\3\0\0\0\xff\xff\xff\xfc\x02\0\0\1")
        return self.said()

    def test_longClipboard(self) -> None:
        """
        A message that is longer than the limit is skipped.
        """
        self.begin(c.EXTENDED_CLIPBOARD)
        length = (-(2 << 20)).to_bytes(4, "big", signed=True)
        data = b"\3\0\0\0" + length + bytes(2 << 20) + b"\2"
        self.assertEqual(self.told(data), [])
        self.assertTrue(self.client.isReady)


class SaidTests(ClientTestCase):
    """
    What it says.
    """

    def test_all(self) -> None:
        """
        Each message, to the byte.
        """
        self.begin(c.FENCE)
        client = self.client
        client.fence(b"abc", BLOCK_BEFORE)
        self.assertEqual(self.said().hex(" ", -4), "f8000000 80000001 03616263")
        client.enableContinuousUpdates(Rectangle(1, 2, 3, 4))
        self.assertEqual(self.said().hex(), "96010001000200030004")
        client.enableContinuousUpdates(None)
        self.assertEqual(self.said().hex(), "96000000000000000000")
        client.keycodeEvent(0xCD, 0xFF53, True)
        self.assertEqual(self.said().hex(), "ff0000010000ff53000000cd")
        client.power("reset")
        self.assertEqual(self.said().hex(), "fa000104")
        self.assertRaises(KeyError, client.power, "explode")
        client.listen(True, AudioFormat(3, 2, 44100))
        self.assertEqual(self.said().hex(), "ff01000203020000ac44ff010000")
        client.listen(False)
        self.assertEqual(self.said().hex(), "ff010001")
        client.moveBy(-1, 2)
        self.assertEqual(self.said().hex(), "05007ffe8001")

    def test_size(self) -> None:
        """
        Another size: of the one screen that is known, or of those that are given.
        """
        self.begin(c.EXTENDED_DESKTOP_SIZE)
        self.client.setDesktopSize(9, 8)
        one = "fb0000090008010000000001" + "00000000" + "00090008" + "00000000"
        self.assertEqual(self.said().hex(), one)
        body = encodeExtendedDesktopSize([Screen(77, 0, 0, 60, 50, 3)])
        self.rectangle(0, 0, 60, 50, -308, body=body)
        self.client.setDesktopSize(9, 8)
        self.assertEqual(self.said()[8:].hex(), "0000004d000000000009000800000003")
        self.client.setDesktopSize(9, 8, [])
        self.assertEqual(self.said().hex(), "fb00000900080000")

    def test_buttons(self) -> None:
        """
        More than eight buttons, once the server supports them.
        """
        self.begin(c.EXTENDED_MOUSE_BUTTONS)
        self.assertRaises(ValueError, self.client.pointerEvent, 1, 2, 0x100)
        self.client.pointerEvent(1, 2, 0x80)
        self.assertEqual(self.said().hex(), "058000010002")
        self.rectangle(0, 0, 0, 0, -316)
        self.client.pointerEvent(1, 2, 0x181)
        self.assertEqual(self.said().hex(), "05810001000203")
        self.client.pointerEvent(1, 2, 5)
        self.assertEqual(self.said().hex(), "050500010002")
        self.assertRaises(ValueError, self.client.pointerEvent, 1, 2, 0x8000)
