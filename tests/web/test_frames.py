# -*- test-case-name: tests.web.test_frames -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.web.frames}.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.web.scenes import BINARY, closing, parsed
from txrfb.web.frames import MAX_REASON, binaryHeader, shortened


class FrameTests(SynchronousTestCase):
    """
    What a server sends.
    """

    def test_header(self) -> None:
        """
        Headers are as short as they can be, and what follows is all of the message.
        """
        for size, length in (
            *((0, 2), (125, 2), (126, 4), (65535, 4), (65536, 10), (1 << 20, 10)),
        ):
            header = binaryHeader(size)
            self.assertEqual(len(header), length)
            content = bytes(size)
            self.assertEqual(parsed(header + content), ([(BINARY, content)], b""))

    @given(st.text(max_size=200))
    def test_reason(self, reason: str) -> None:
        """
        A reason has room in a Close frame, and is not cut inside of a character.
        """
        short = shortened(reason)
        self.assertLessEqual(len(short.encode("utf-8")), MAX_REASON)
        self.assertLessEqual(len(closing(1000, short)), 125)
        self.assertTrue(reason.startswith(short))
        if len(reason.encode("utf-8", "replace")) <= MAX_REASON:
            self.assertEqual(short, reason)

    def test_surrogates(self) -> None:
        """
        What is no text is replaced.
        """
        self.assertEqual(shortened("a\ud800b"), "a?b")
