# -*- test-case-name: tests.web.test_api_playing -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What programs ask of a recording that is played, by HTTP, and how they order it about.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import CancelledError

from txrfb._session.playback import RemoteControl
from txrfb.error import RFBError
from txrfb.web.api.fields import Field
from txrfb.web.api.operations import Answer, Call, Operation, jsonAnswer
from txrfb.web.api.problems import Problem
from txrfb.web.playing import RIGHT

__all__ = ["PLAYING"]

_NOTHING = "Nothing is played here."

_STATE = {
    "application/json": {
        "type": "object",
        "required": ["position", "duration", "playing", "speed", "idle"],
        "properties": {
            **{
                name: {"type": "number"}
                for name in ("position", "duration", "speed", "idle")
            },
            "playing": {"type": "boolean"},
        },
    }
}


def _remoteOf(factory: Any) -> RemoteControl:
    """
    @raise Problem: if nothing is played.
    """
    playback = factory.application.playback
    if playback is None:
        raise Problem(409, "nothing is played here")
    return RemoteControl(playback, factory.clock)


async def _told(remote: RemoteControl) -> Answer:
    try:
        return jsonAnswer((await remote.state()).told())
    except (TypeError, ValueError, OverflowError):
        raise Problem(409, "what is played does not say how it is") from None


async def _looked(call: Call) -> Answer:
    assert call.caller is not None
    if not call.caller.hasScreen:
        return await _told(_remoteOf(call.tools.factory))
    async with call.operator("view") as operator:
        return await _told(_remoteOf(operator.server.host))


async def _ordered(call: Call) -> Answer:
    orders = {
        name: call.values[name]
        for name in ("speed", "idle", "seek")
        if call.values[name] is not None
    }
    if call.values["action"] is not None:
        orders["play"] = call.values["action"] == "play"
    if not orders:
        raise Problem(400, "there is nothing in it to do")
    async with call.operator(RIGHT) as operator:
        remote = _remoteOf(operator.server.host)
        for kind, value in orders.items():
            try:
                await remote.order(kind, value)
            except CancelledError:
                raise Problem(409, "it was sent to another time meanwhile") from None
            except (ValueError, RFBError) as error:
                raise Problem(409, str(error)) from None
        return await _told(remote)


PLAYING = (
    Operation(
        "api/playback",
        "GET",
        "How far a recording is that is played.",
        _looked,
        kinds=_STATE,
        others={409: _NOTHING},
    ),
    Operation(
        "api/playback",
        "POST",
        "Play a recording, stop it, go to a time of it; answered when that is shown.",
        _ordered,
        fields=(
            Field(
                "action",
                "string",
                "Whether it is to go on, after what else is to be done.",
                choices=("play", "pause"),
            ),
            Field("seek", "number", "The second to go to.", most=1e9),
            Field("speed", "number", "How fast to play it.", least=0.5, most=16.0),
            Field("idle", "number", "To what to cut idle times; 0: not.", most=1e9),
        ),
        right=RIGHT,
        kinds=_STATE,
        others={409: "Nothing is played here, or another viewer drives."},
    ),
)
