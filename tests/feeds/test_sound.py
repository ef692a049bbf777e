# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.feeds._sound}.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.feeds.chain import ChainCase
from tests.machine import Knowing, Speaker
from txrfb._wire.messages.extensions import AudioFormat, AudioMessage
from txrfb.feeds._sound import Converter
from txrfb.framebuffers import MemoryFramebuffer
from txrfb.protocol import RFBFactory

#: Sixteen bits, signed.
MONO = AudioFormat(3, 1, 8000)

formats = st.builds(
    AudioFormat,
    st.integers(0, 5),
    st.integers(1, 2),
    st.sampled_from((8000, 11025, 22050, 44100, 48000)),
)


def tone(count: int, frequency: int) -> Any:
    """
    @return: A tone of 200 Hz, as MONO has it but for the frequency.
    """
    times = np.arange(count) / frequency
    return np.rint(20000 * np.sin(2 * np.pi * 200 * times)).astype("<i2")


class ConverterTests(SynchronousTestCase):
    """
    Sound in other formats.
    """

    def test_same(self) -> None:
        """
        What is as it should be stays as it is.
        """
        self.assertEqual(Converter(MONO, MONO).convert(b"1234"), b"1234")

    def test_samples(self) -> None:
        """
        Types of samples mean the same.
        """
        data = np.array([-32768, 0, 16384, 32767], "<i2").tobytes()
        for sample, wanted in (
            (0, np.array([0, 128, 192, 255], "<u1")),
            (1, np.array([-128, 0, 64, 127], "<i1")),
            (2, np.array([0, 32768, 49152, 65535], "<u2")),
        ):
            got = Converter(MONO, AudioFormat(sample, 1, 8000)).convert(data)
            self.assertEqual(got, wanted.tobytes())

    def test_channels(self) -> None:
        """
        One channel becomes two that are the same; of two that are one, it is made
        again.
        """
        data = tone(80, 8000).tobytes()
        stereo = AudioFormat(3, 2, 8000)
        both = Converter(MONO, stereo).convert(data)
        self.assertEqual(both[:2], both[2:4])
        self.assertEqual(Converter(stereo, MONO).convert(both), data)

    @settings(deadline=None)
    @given(st.lists(st.integers(0, 700), min_size=1, max_size=12))
    def test_frequency(self, lengths: list[int]) -> None:
        """
        However it is cut, a tone is the same tone, without gaps.
        """
        total = sum(lengths)
        data = tone(total, 8000)
        converter = Converter(MONO, AudioFormat(3, 1, 11025))
        got, start = b"", 0
        for length in lengths:
            got += converter.convert(data[start : start + length].tobytes())
            start += length
        heard = np.frombuffer(got, "<i2").astype(int)
        wanted = tone(len(heard), 11025).astype(int)
        if len(heard):
            self.assertLess(int(np.abs(heard - wanted).max()), 600)
        self.assertLess(abs(len(heard) - total * 11025 / 8000), 3)

    @settings(deadline=None)
    @given(formats, formats, st.binary(max_size=200))
    def test_any(self, come: AudioFormat, wanted: AudioFormat, data: bytes) -> None:
        """
        From any format to any other, whole samples come.
        """
        if come == wanted:
            return
        got = Converter(come, wanted).convert(data)
        self.assertEqual(len(got) % wanted.frameSize, 0)


class HearingTests(ChainCase):
    """
    One server's sound, and several that hear.
    """

    def makeSource(self) -> Any:
        """
        A picture, with sound.
        """
        self.speaker = Speaker()
        return MemoryFramebuffer(20, 20)

    def serve(self, **options: Any) -> RFBFactory:
        """
        Have sound.
        """
        return RFBFactory(self.source, self.speaker, reactor=self.clock, **options)

    def listen(self, format: AudioFormat) -> Any:
        """
        @return: A viewer that listens.
        """
        viewer = Knowing(self.factory)
        viewer.settle()
        viewer.client.listen(True, format)
        viewer.settle()
        return viewer

    def heard(self, viewer: Any) -> bytes:
        """
        @return: What a viewer has heard.
        """
        messages = viewer.said(AudioMessage)
        return b"".join(one.data for one in messages)

    def test_heard(self) -> None:
        """
        Two viewers hear, each in its format; upstream there is one that listens, as
        long as any does.
        """
        first = self.listen(MONO)
        second = self.listen(AudioFormat(3, 2, 8000))
        self.assertEqual(self.speaker.heard, [("start", MONO)])
        self.speaker.sinks[0].audioReceived(b"\1\2\3\4")
        first.settle()
        self.assertEqual(self.heard(first), b"\1\2\3\4")
        self.assertEqual(self.heard(second), b"\1\2\1\2\3\4\3\4")
        first.disconnect()
        self.clock.advance(0)
        self.assertEqual(len(self.speaker.sinks), 1)
        second.client.listen(False)
        second.settle()
        self.assertEqual(self.speaker.sinks, [])

    def test_again(self) -> None:
        """
        After an outage it goes on.
        """
        viewer = self.listen(MONO)
        self.endpoint.cut()
        viewer.advance(5)
        self.speaker.sinks[-1].audioReceived(b"\5\6")
        viewer.settle()
        self.assertEqual(self.heard(viewer)[-2:], b"\5\6")

    def test_ended(self) -> None:
        """
        Its end is told.
        """
        viewer = self.listen(MONO)
        self.speaker.sinks[0].audioStarted()
        self.speaker.sinks[0].audioEnded()
        viewer.settle()
        operations = [one.operation for one in viewer.said(AudioMessage)]
        self.assertEqual(operations, [1, 0])
