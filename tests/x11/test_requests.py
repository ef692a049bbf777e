# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of the requests of the core protocol and of extensions: L{txrfb.x11.core},
L{txrfb.x11.shm}, L{txrfb.x11.damage}, L{txrfb.x11.xfixes}.

The bytes are those that the libraries xcb-proto describes would write.
"""

from __future__ import annotations

import struct
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from txrfb.geometry import Rectangle
from txrfb.x11 import core, damage, shm, xfixes
from txrfb.x11.wire import Extension, Question, Request

#: All questions.
QUESTIONS: list[Question[Any]] = [
    core.queryExtension("DAMAGE"),
    core.internAtom("CLIPBOARD"),
    core.getInputFocus(),
    core.getGeometry(1),
    core.getImage(1, 0, 0, 3, 2),
    shm.queryVersion(),
    shm.getImage(1, 0, 0, 3, 2, 4, 0),
    damage.queryVersion(),
    xfixes.queryVersion(),
    xfixes.fetchRegion(1),
    xfixes.getCursorImage(),
]


def reply(body: bytes, data: int = 0) -> bytes:
    """
    @return: A reply with this after its header of eight bytes.
    """
    return struct.pack("<BBHI", 1, data, 0, 0) + body.ljust(24, b"\0")


class BytesTests(SynchronousTestCase):
    """
    Requests to bytes.
    """

    def assertBytes(self, request: Request, expected: str) -> None:
        """
        Assert how a request is written, if its extension has the opcode 0xaa.
        """
        self.assertEqual(request.toBytes(0xAA).hex(), expected.replace(" ", ""))

    def test_core(self) -> None:
        """
        The core protocol.
        """
        self.assertBytes(core.queryExtension("AB"), "62000300 02000000 41420000")
        self.assertBytes(core.internAtom("A"), "10000300 01000000 41000000")
        self.assertBytes(core.getInputFocus(), "2b000100")
        self.assertBytes(core.getGeometry(7), "0e000200 07000000")
        self.assertBytes(
            core.selectEvents(7, 1 << 17), "02000400 07000000 00080000 00000200"
        )
        self.assertBytes(
            core.createGC(5, 6),
            "37000600 05000000 06000000 00800100 01000000 00000000",
        )
        self.assertBytes(core.freeGC(5), "3c000200 05000000")
        self.assertBytes(core.freePixmap(5), "36000200 05000000")
        self.assertBytes(
            core.copyArea(1, 2, 3, 640, 480),
            "3e000700 01000000 02000000 03000000 00000000 00000000 8002e001",
        )
        self.assertBytes(
            core.getImage(1, 2, 3, 4, 5),
            "49020500 01000000 02000300 04000500 ffffffff",
        )
        self.assertBytes(core.grabServer(), "24000100")
        self.assertBytes(core.ungrabServer(), "25000100")

    def test_shm(self) -> None:
        """
        MIT-SHM.
        """
        self.assertBytes(shm.queryVersion(), "aa000100")
        self.assertBytes(shm.attachFd(9), "aa060300 09000000 00000000")
        self.assertBytes(shm.detach(9), "aa020200 09000000")
        self.assertBytes(
            shm.createPixmap(1, 2, 640, 480, 24, 9),
            "aa050700 01000000 02000000 8002e001 18000000 09000000 00000000",
        )
        self.assertBytes(
            shm.getImage(1, 2, 3, 4, 5, 9, 16),
            "aa040800 01000000 02000300 04000500 ffffffff 02000000 09000000 10000000",
        )

    def test_damage(self) -> None:
        """
        DAMAGE.
        """
        self.assertBytes(damage.queryVersion(), "aa000300 01000000 01000000")
        self.assertBytes(damage.create(4, 5), "aa010400 04000000 05000000 03000000")
        self.assertBytes(damage.destroy(4), "aa020200 04000000")
        self.assertBytes(damage.subtract(4, 6), "aa030400 04000000 00000000 06000000")

    def test_xfixes(self) -> None:
        """
        XFIXES.
        """
        self.assertBytes(xfixes.queryVersion(), "aa000300 05000000 00000000")
        self.assertBytes(xfixes.createRegion(4), "aa050200 04000000")
        self.assertBytes(xfixes.destroyRegion(4), "aa0a0200 04000000")
        self.assertBytes(
            xfixes.setGCClipRegion(3, 4), "aa140400 03000000 04000000 00000000"
        )
        self.assertBytes(xfixes.fetchRegion(4), "aa130200 04000000")
        self.assertBytes(
            xfixes.selectCursorInput(1, True), "aa030300 01000000 01000000"
        )
        self.assertBytes(xfixes.getCursorImage(), "aa040100")


class ReplyTests(SynchronousTestCase):
    """
    Replies to answers.
    """

    def test_answers(self) -> None:
        """
        What servers say is understood.
        """
        for question, body, data, expected in (
            (core.queryExtension("A"), b"\1\x82\x41\x80", 0, Extension(130, 65, 128)),
            (core.queryExtension("A"), b"", 0, None),
            (core.internAtom("A"), b"\x2a\0\0\0", 0, 42),
            (
                core.getGeometry(1),
                struct.pack("<IhhHH", 5, -1, 2, 640, 480),
                24,
                (5, 24, -1, 2, 640, 480),
            ),
            (shm.queryVersion(), struct.pack("<HH", 1, 2), 1, (1, 2, True)),
            (damage.queryVersion(), struct.pack("<II", 1, 1), 0, (1, 1)),
            (
                xfixes.fetchRegion(1),
                bytes(24) + struct.pack("<hhHHhhHH", -1, 2, 3, 4, 5, 6, 7, 8),
                0,
                [Rectangle(-1, 2, 3, 4), Rectangle(5, 6, 7, 8)],
            ),
            (
                xfixes.getCursorImage(),
                struct.pack("<hhHHHHI", 9, 8, 1, 2, 0, 1, 77).ljust(24) + b"bgraBGRA",
                0,
                (9, 8, 1, 2, 0, 1, 77, b"bgraBGRA"),
            ),
        ):
            self.assertEqual(question.parse(reply(body, data)), expected, question.name)

    def test_image(self) -> None:
        """
        Pixels come as they are; too few of them are an error.
        """
        question = core.getImage(1, 0, 0, 2, 1)
        self.assertEqual(question.parse(reply(bytes(24) + b"bgrxBGRX")), b"bgrxBGRX")
        with self.assertRaises(ValueError):
            question.parse(reply(bytes(24) + b"bgrx"))

    def test_cursorTooLarge(self) -> None:
        """
        A cursor that is said to be larger than any is none.
        """
        body = struct.pack("<hhHHHHI", 0, 0, 2000, 1, 0, 0, 1).ljust(24) + bytes(8000)
        with self.assertRaises(ValueError):
            xfixes.getCursorImage().parse(reply(body))

    def test_versions(self) -> None:
        """
        Descriptors of files are taken since version 1.2 of MIT-SHM.
        """
        self.assertTrue(shm.ShmVersion(1, 2, True).takesDescriptors)
        self.assertFalse(shm.ShmVersion(1, 1, True).takesDescriptors)

    @given(st.sampled_from(QUESTIONS), st.binary(min_size=24, max_size=120))
    def test_anything(self, question: Question[Any], body: bytes) -> None:
        """
        Any reply has an answer, or is an error that is expected.
        """
        try:
            question.parse(reply(body))
        except (struct.error, IndexError, ValueError):
            pass
