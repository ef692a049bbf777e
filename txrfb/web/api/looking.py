# -*- test-case-name: tests.web.test_api_looking -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What programs ask by HTTP: a picture, the state, and whether the screen has settled.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.interfaces import IReactorTime

from txrfb._screen.display import Display
from txrfb._screen.snapshot import Snapshot
from txrfb.geometry import Rectangle
from txrfb.web.api.fields import Query
from txrfb.web.api.operations import Answer, Call, Operation, jsonAnswer
from txrfb.web.api.problems import Problem
from txrfb.web.api.status import statusOf

__all__ = ["LOOKING", "Watcher"]

#: The most seconds that something is waited for.
_MAX_WAIT = 60.0

_DURATION = r"\d{1,5}(\.\d{1,3})?(ms|s)?"


def _seconds(text: str) -> float:
    number = re.match(r"[\d.]+", text)
    assert number is not None
    seconds = float(number[0]) / (1000 if text.endswith("ms") else 1)
    if not 0 < seconds <= _MAX_WAIT:
        raise ValueError(f"expected more than nothing, and up to {_MAX_WAIT:g}s")
    return seconds


def _scale(text: str) -> float:
    scale = float(text)
    if not 0.01 <= scale <= 1:
        raise ValueError("expected 0.01 to 1")
    return scale


def _area(text: str) -> Rectangle:
    area = Rectangle(*map(int, text.split(",")))
    if area.isEmpty:
        raise ValueError("expected X,Y,WIDTH,HEIGHT with pixels in it")
    return area


async def _screenshot(call: Call) -> Answer:
    area, scale = call.values["area"], call.values["scale"]
    tags = _tagsOf(call)

    def tagOf(name: str) -> str:
        where = "" if area is None else "-" + ".".join(map(str, area))
        return f'"{name}{where}-{scale:g}"'

    def isKnown(name: str) -> bool:
        return tagOf(name) in tags

    async with call.display() as display:
        try:
            name, png = await call.tools.pictures.take(display, (area, scale), isKnown)
        except TimeoutError:
            raise Problem(504, "the framebuffer has brought no pixels") from None
        except ValueError as error:
            raise Problem(422, str(error)) from None
        except ImportError:
            raise Problem(501, "pictures need Pillow: pip install Pillow") from None
    headers = {"etag": tagOf(name), "cache-control": "private, no-cache"}
    if png is None:
        return Answer(status=304, headers=headers)
    return Answer(png, "image/png", headers=headers)


def _tagsOf(call: Call) -> set[str]:
    """
    @return: What the caller has already (RFC 9110, section 13.1.2).
    """
    values = call.request.requestHeaders.getRawHeaders(b"if-none-match", [])
    tags = re.findall(r'"[^"]*"', ", ".join(one.decode("latin-1") for one in values))
    return set(tags)


class Watcher(Snapshot):
    """
    A follower that looks on until nothing has changed for a while.
    """

    def __init__(self, display: Display, clock: IReactorTime, quiet: float) -> None:
        """
        @param display: What it follows.

        @param clock: What time is taken from.

        @param quiet: For how many seconds nothing must change.
        """
        self.settled: Deferred[Display] = Deferred(lambda _: self._stop())
        super().__init__(display, self.settled)
        self._clock = clock
        self._quiet = quiet
        self._serial = -1
        self._timer = clock.callLater(quiet, self._rest)

    def frameReady(self) -> None:
        """
        See whether something has changed.
        """
        display = self._display
        if not display.isValid or display.captures < self._capture:
            return
        if display.serial != self._serial:
            if self._serial >= 0:
                self._timer.reset(self._quiet)
            self._serial = display.serial
        display.wanted()

    def sizeChanged(self, reason: int) -> None:
        """
        That is a change.
        """
        self._timer.reset(self._quiet)

    def _rest(self) -> None:
        display = self._display
        if self._serial < 0:
            # There was nothing to be seen yet.
            self._timer = self._clock.callLater(self._quiet, self._rest)
            return
        display.remove(self)
        self.settled.callback(display)

    def _stop(self) -> None:
        if self._timer.active():
            self._timer.cancel()
        self._display.remove(self)


async def _settled(call: Call) -> Answer:
    clock = call.tools.factory.clock
    quiet, timeout = call.values["quiet"], call.values["timeout"]
    began = clock.seconds()
    async with call.display() as display:
        watcher = Watcher(display, clock, quiet)
        watcher.start()
        try:
            await watcher.settled.addTimeout(timeout, clock)
        except TimeoutError:
            raise Problem(
                504, f"the screen has not been still for {quiet:g}s in {timeout:g}s"
            ) from None
        return jsonAnswer(
            {
                "frame": display.serial,
                "seconds": round(clock.seconds() - began, 3),
                "screen": {"width": display.width, "height": display.height},
            }
        )


async def _status(call: Call) -> Answer:
    assert call.caller is not None
    tools = call.tools
    async with call.display() as display:
        isAll = not call.caller.rights.viewOnly
        return jsonAnswer(statusOf(tools.factory, display, tools.meter, isAll))


async def _health(call: Call) -> Answer:
    # A stranger learns no more than that there is a server, which a connection tells.
    if call.tools.factory.display.isLate:
        raise Problem(503, "the framebuffer brings no new pixels")
    return jsonAnswer({"status": "ok"})


async def _metrics(call: Call) -> Answer:
    try:
        from txrfb.web.api.metrics import exposition
    except ImportError:
        raise Problem(
            501, "this needs prometheus-client: pip install txrfb[metrics]"
        ) from None
    body, kind = exposition(call.tools.factory, call.tools.meter)
    return Answer(body, kind)


def _object(*names: str) -> dict[str, object]:
    return {"type": "object", "required": list(names)}


_TIMES: Sequence[Query] = (
    Query(
        "quiet",
        "For how long nothing must change: 300ms, 2s, 0.5.",
        "300ms",
        _DURATION,
        _seconds,
        0.3,
    ),
    Query("timeout", "How long to wait for that.", "10s", _DURATION, _seconds, 10.0),
)

LOOKING = (
    Operation(
        "screenshot.png",
        "GET",
        "A picture of the screen as it is now.  It has an ETag: who has that picture"
        " already, and says so by If-None-Match, is sent none.",
        _screenshot,
        query=(
            Query(
                "scale",
                "How large: 0.5 is half as wide and half as high.",
                "0.5",
                r"[01](\.\d{1,4})?",
                _scale,
                1.0,
            ),
            Query(
                "area",
                "Which part: column, row, width, height.",
                "0,0,64,48",
                r"\d{1,5},\d{1,5},\d{1,5},\d{1,5}",
                _area,
            ),
        ),
        kinds={"image/png": {"type": "string", "format": "binary"}},
        others={
            304: "There is nothing new.",
            422: "There is nothing in that area.",
            501: "The server has no Pillow.",
            504: "The framebuffer brings no pixels.",
        },
    ),
    Operation(
        "status.json",
        "GET",
        "Screen, viewers, rates, cache.  Who may only look is not told who looks.",
        _status,
        kinds={
            "application/json": _object(
                "version", "uptime", "screen", "connections", "viewers", "rates"
            )
        },
    ),
    Operation(
        "metrics",
        "GET",
        "Numbers for Prometheus.",
        _metrics,
        kinds={"text/plain": {"type": "string"}},
        others={501: "The server has no prometheus-client."},
    ),
    Operation(
        "healthz",
        "GET",
        "Whether the server serves.  Nobody need log in for that.",
        _health,
        isForAll=True,
        kinds={"application/json": _object("status")},
    ),
    Operation(
        "api/settled",
        "GET",
        "Wait until nothing changes on the screen any more.",
        _settled,
        query=_TIMES,
        kinds={"application/json": _object("frame", "seconds", "screen")},
        others={504: "It changed all the time."},
    ),
)
