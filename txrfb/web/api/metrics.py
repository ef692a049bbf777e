# -*- test-case-name: tests.web.test_api_looking -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Numbers for Prometheus, which C{prometheus-client} writes down: C{pip install
txrfb[metrics]}.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    Metric,
)

from txrfb import __version__, kernels

if TYPE_CHECKING:
    from txrfb.protocol import RFBFactory
    from txrfb.web.api.status import Meter

__all__ = ["exposition"]


class _Numbers:
    """
    Reads the numbers when somebody asks for them.
    """

    def __init__(self, factory: RFBFactory, meter: Meter) -> None:
        self._factory = factory
        self._meter = meter

    def collect(self) -> Iterator[Metric]:
        """
        See C{prometheus_client.registry.Collector}.
        """
        factory, gate = self._factory, self._factory.gate
        display, totals = factory.display, factory.totals
        cache, viewers = display.planner.cache, factory.viewers
        for name, about, number in (
            ("viewers", "Viewers that are logged in.", len(viewers)),
            ("connections", "Connections that there are.", len(factory.connections)),
            ("waiting", "Connections that are not logged in.", gate.waiting),
            ("uptime_seconds", "For how long the server runs.", self._meter.uptime),
            ("screen_width_pixels", "Columns of the screen.", display.width),
            ("screen_height_pixels", "Rows of the screen.", display.height),
            (
                "viewers_memory_bytes",
                "What is held for single viewers.",
                sum(one.memory for one in viewers),
            ),
            (
                "behind_seconds",
                "For how long there are pixels that some viewer was not sent.",
                max((one.secondsBehind for one in viewers), default=0.0),
            ),
            ("cache_bytes", "Encoded rectangles that are kept.", cache.size),
            ("cache_capacity_bytes", "How much of them may be.", cache.capacity),
            (
                "framebuffer_up",
                "Whether the framebuffer brings pixels.",
                float(not display.isLate),
            ),
        ):
            yield GaugeMetricFamily(f"txrfb_{name}", about, value=number)
        for name, about, number in (
            ("viewers", "Viewers that have logged in.", totals.viewers),
            ("frames_sent", "Updates that were sent.", totals.frames),
            ("sent_bytes", "What was sent to viewers.", totals.sent),
            ("received_bytes", "What viewers have sent.", totals.received),
            ("captures", "Frames that were taken.", display.captures),
            ("logins_refused", "Logins that were refused.", gate.refused),
            (
                "connections_refused",
                "Connections, and requests, that were refused.",
                gate.noise.refusals,
            ),
            ("cache_hits", "Rectangles that were encoded already.", cache.hits),
            ("cache_misses", "Rectangles that were not.", cache.misses),
        ):
            if name == "viewers":
                name = "viewers_seen"
            yield CounterMetricFamily(f"txrfb_{name}", about, value=number)
        yield self._byEncoding()
        info = GaugeMetricFamily(
            "txrfb_info", "What it is.", labels=("version", "kernels")
        )
        info.add_metric((__version__, "C" if kernels.NATIVE else "numpy"), 1)
        yield info

    def _byEncoding(self) -> Metric:
        encodings = GaugeMetricFamily(
            "txrfb_viewers_by_encoding",
            "Viewers, by the encoding of their pixels.",
            labels=("encoding",),
        )
        counted = Counter(one.encoding for one in self._factory.viewers)
        for encoding, number in counted.items():
            encodings.add_metric((encoding,), number)
        return encodings


def exposition(factory: RFBFactory, meter: Meter) -> tuple[bytes, str]:
    """
    @param factory: The server.

    @param meter: Knows for how long it runs.

    @return: All numbers, as Prometheus reads them, and the content type.
    """
    # Not that of all of the process, in which an application may have numbers of its
    # own.
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Numbers(factory, meter))
    ProcessCollector(registry=registry)
    return generate_latest(registry), CONTENT_TYPE_PLAIN_0_0_4
