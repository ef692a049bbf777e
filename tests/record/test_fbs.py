# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.record.fbs}.
"""

from __future__ import annotations

from io import BytesIO

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from txrfb._wire.messages import Bell
from txrfb.record.fbs import MAGIC, blockOf, opening, readBlocks, wholeHead

#: As rfbproxy writes it: the version in a block of its own.
OTHERS = b"FBS 001.000\n\0\0\0\x0cRFB 003.003\n\0\0\0\0\0\0\0\1\2\0\0\0\0\0\1\x2c"


class FileTests(SynchronousTestCase):
    """
    What is written, and read.
    """

    @given(
        st.lists(st.tuples(st.binary(max_size=50), st.integers(0, (1 << 32) - 1))),
        st.data(),
    )
    def test_blocks(self, blocks: list[tuple[bytes, int]], data: st.DataObject) -> None:
        """
        What was written is read; of a file that is cut off, all that is whole; from the
        place of a block on, it and those after it.
        """
        written = [blockOf(*block) for block in blocks]
        whole = MAGIC + b"".join(written)
        found = list(readBlocks(BytesIO(whole)))
        self.assertEqual([(one.data, one.milliseconds) for one in found], blocks)
        for number, one in enumerate(found):
            self.assertEqual(
                list(readBlocks(BytesIO(whole), one.offset)), found[number:]
            )
        end = data.draw(st.integers(len(MAGIC), len(whole)))
        cut = list(readBlocks(BytesIO(whole[:end])))
        self.assertEqual(cut, found[: len(cut)])
        size = len(MAGIC) + sum(map(len, written[: len(cut) + 1]))
        self.assertTrue(end < size or len(cut) == len(found))

    def test_others(self) -> None:
        """
        Files of other programs.
        """
        blocks = list(readBlocks(BytesIO(OTHERS)))
        self.assertEqual(
            [block[1:] for block in blocks], [(0, b"RFB 003.003\n"), (300, b"\2")]
        )
        others = OTHERS.replace(b"000\n", b"001\n", 1)
        self.assertEqual(list(readBlocks(BytesIO(others))), blocks)

    def test_wrong(self) -> None:
        """
        What is no recording is refused, and nothing is reserved for a wrong length.
        """
        for data, words in (
            (b"", "it begins with b''"),
            (b"GIF89a", "no recording"),
            (MAGIC + b"\xff\xff\xff\xffabc", "4294967295 bytes at 12"),
        ):
            error = self.assertRaises(ValueError, list, readBlocks(BytesIO(data)))
            self.assertIn(words, str(error))

    def test_whole(self) -> None:
        """
        A whole picture is told from other updates.
        """
        for data, isWhole in (
            (wholeHead(640, 480) + b"...", True),
            (wholeHead(640, 480)[:-1], False),
            (Bell().toBytes(), False),
            (b"", False),
            (b"\0\0\0\1" + bytes(12), False),
            (opening(640, 480, "a name"), False),
        ):
            [block] = readBlocks(BytesIO(MAGIC + blockOf(data, 5)))
            self.assertEqual(block.isWhole, isWhole, data)
