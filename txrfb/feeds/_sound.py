# -*- test-case-name: tests.feeds.test_sound -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
One server's sound for many viewers, each of which may want it written otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from txrfb._wire.messages.extensions import AudioFormat, AudioMessage

if TYPE_CHECKING:
    from txrfb.feeds.upstream import Upstream
    from txrfb.interfaces import IAudioSink

__all__ = ["Converter", "Sound"]

#: The types of samples, by their numbers.
_TYPES = ("<u1", "<i1", "<u2", "<i2", "<u4", "<i4")


class Converter:
    """
    Writes sound in another format, as it comes.
    """

    def __init__(self, come: AudioFormat, wanted: AudioFormat) -> None:
        """
        @param come: The format that it comes in.

        @param wanted: The format that it is wanted in.
        """
        self._come = come
        self._wanted = wanted
        # Where the next sample is, in samples that come after the last of before.
        self._position = 1.0
        self._last: NDArray[np.float64] | None = None

    def convert(self, data: bytes) -> bytes:
        """
        @param data: Whole samples of all channels.

        @return: The same, or as much of it as can be known before more has come.
        """
        if self._come == self._wanted:
            return data
        samples = self._read(data)
        if not len(samples):
            return b""
        if self._come.channels != self._wanted.channels:
            samples = samples.mean(axis=1, keepdims=True)
            samples = np.repeat(samples, self._wanted.channels, axis=1)
        if self._come.frequency != self._wanted.frequency:
            samples = self._resampled(samples)
        return self._written(samples)

    def _read(self, data: bytes) -> NDArray[np.float64]:
        """
        @return: Samples from -1 to 1, shape (samples, channels).
        """
        kind = np.dtype(_TYPES[self._come.sample])
        data = data[: len(data) // self._come.frameSize * self._come.frameSize]
        samples = np.frombuffer(data, kind).astype(np.float64)
        half = float(1 << 8 * kind.itemsize - 1)
        if kind.kind == "u":
            samples -= half
        return samples.reshape(-1, self._come.channels) / half

    def _resampled(self, samples: NDArray[np.float64]) -> NDArray[np.float64]:
        """
        @return: So many samples as have one that came on both sides of them.
        """
        last = samples[:1] if self._last is None else self._last
        known = np.concatenate([last, samples])
        self._last = samples[-1:]
        step = self._come.frequency / self._wanted.frequency
        end = len(known) - 1
        places = np.arange(self._position, end, step)
        if len(places):
            self._position = places[-1] + step
        self._position -= end
        index = places.astype(np.intp)
        part = (places - index)[:, np.newaxis]
        return known[index] * (1 - part) + known[index + 1] * part

    def _written(self, samples: NDArray[np.float64]) -> bytes:
        kind = np.dtype(_TYPES[self._wanted.sample])
        half = 1 << 8 * kind.itemsize - 1
        numbers = np.clip(np.rint(samples * half), -half, half - 1)
        if kind.kind == "u":
            numbers += half
        return numbers.astype(kind).tobytes()


class Sound:
    """
    Hears a server for all viewers that listen; nothing is asked of it while none does.
    It is asked for the format of the first of them, and the others' is made of that.
    """

    def __init__(self) -> None:
        self._upstream: Upstream | None = None
        self._format = AudioFormat()
        self._sinks: dict[Any, Converter] = {}
        self._wanted: dict[Any, AudioFormat] = {}
        self._isOn = False

    def use(self, upstream: Upstream | None) -> None:
        """
        This server has sound.
        """
        self._upstream = upstream
        if self._wanted:
            self._listen()

    def lost(self) -> None:
        """
        The server is gone: there is silence until it is back.
        """
        self._upstream = None
        self._end()

    def start(self, format: AudioFormat, sink: IAudioSink) -> None:
        """
        A viewer listens.
        """
        isFirst = not self._wanted
        self._wanted[sink] = format
        if isFirst:
            self._listen()
        else:
            self._sinks[sink] = Converter(self._format, format)
            if self._isOn:
                sink.audioStarted()

    def stop(self, sink: IAudioSink) -> None:
        """
        It does no longer.
        """
        self._wanted.pop(sink, None)
        self._sinks.pop(sink, None)
        if not self._wanted:
            self._isOn = False
            if self._upstream is not None and self._upstream.isReady:
                self._upstream.listen(False)

    def heard(self, event: AudioMessage) -> None:
        """
        The server has said something.
        """
        if event.operation == 1:
            self._isOn = True
            for sink in list(self._sinks):
                sink.audioStarted()
        elif event.operation == 0:
            self._end()
        else:
            for sink, converter in list(self._sinks.items()):
                data = converter.convert(event.data)
                if data:
                    sink.audioReceived(data)

    def _end(self) -> None:
        isOn, self._isOn = self._isOn, False
        if isOn:
            for sink in list(self._sinks):
                sink.audioEnded()

    def _listen(self) -> None:
        self._format = next(iter(self._wanted.values()))
        for sink, format in self._wanted.items():
            self._sinks[sink] = Converter(self._format, format)
        if self._upstream is not None and self._upstream.isReady:
            self._upstream.listen(True, self._format)
