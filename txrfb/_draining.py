# -*- test-case-name: tests.test_draining -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Draining: a server that another has taken the place of takes no more viewers, serves on
those that it has, and ends when the last has left.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import FrameType
from typing import Any

from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from txrfb._signals import SignalService
from txrfb._systemd import notify
from txrfb.service import RFBService

__all__ = ["Drain"]

#: In how many seconds the process ends: whoever has asked for it is answered before.
_SHORTLY = 0.1


class Drain(SignalService):
    """
    Drains the server on SIGUSR2, or when L{begin} is called; the second time the
    process ends at once.
    """

    signal = "SIGUSR2"

    _log = Logger()

    def __init__(
        self,
        service: RFBService,
        reactor: Any,
        seconds: float = 0.0,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        """
        @param service: The server.

        @param reactor: What is stopped in the end.

        @param seconds: For how long viewers may stay; 0 for as long as they like.

        @param environ: The environment, in which systemd says where to tell it.
        """
        self._service = service
        self._reactor = reactor
        self._seconds = seconds
        self._environ = environ
        self._isDraining = False
        self._timeout: IDelayedCall | None = None
        self._end: IDelayedCall | None = None

    def signalled(self, number: int, frame: FrameType | None) -> None:
        """
        See L{SignalService.signalled}.
        """
        self._reactor.callFromThread(self.begin)

    def begin(self) -> str:
        """
        Take no more viewers, and end when the last has left; or, if that was said
        already, at once.

        @return: What will happen, a sentence.
        """
        if self._isDraining:
            said = "draining was ordered again: the server ends now"
            self._log.info("{said}", said=said)
            self._endShortly()
            return said
        self._isDraining = True
        count = len(self._service.factory.connections)
        some = "1 connection is" if count == 1 else f"{count} connections are"
        most = f", in {self._seconds:g} s at most" if self._seconds else ""
        said = (
            f"draining: no more viewers are taken, {some} left, and the server ends"
            f" after the last{most}"
        )
        self._log.info("{said}", said=said)
        # Not STOPPING=1: systemd would soon lose its patience.
        notify(f"STATUS={said}", self._environ)
        if self._seconds:
            self._timeout = self._reactor.callLater(self._seconds, self._late)
        self._service.drain().addCallback(self._drained)
        return said

    def _drained(self, _: None) -> None:
        if self._end is None and self.running:
            self._log.info("Nobody is connected any more: the server ends")
            self._endShortly()

    def _late(self) -> None:
        self._timeout = None
        if self._end is None:
            self._log.warn(
                "The {seconds:g} s of --drain-timeout are over: the server ends, and"
                " closes {count} connections",
                seconds=self._seconds,
                count=len(self._service.factory.connections),
            )
            self._endShortly()

    def _endShortly(self) -> None:
        if self._end is None:
            self._end = self._reactor.callLater(_SHORTLY, self._reactor.stop)

    def stopService(self) -> None:
        """
        See L{SignalService.stopService}.
        """
        for call in (self._timeout, self._end):
            if call is not None and call.active():
                call.cancel()
        SignalService.stopService(self)
