# -*- test-case-name: tests.test_daemon -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What C{twistd rfb} does besides serving, as the process is its own.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorCore
from twisted.logger import Logger

from txrfb._signals import SignalService
from txrfb.service import RFBService

__all__ = ["DaemonService", "HangUp", "exitWithStatus"]


def exitWithStatus(status: int) -> None:
    """
    Let the process end with a status when it ends.  C{twistd} has no other way to
    say so for what happens while the reactor runs.

    @param status: 0 to 255.
    """

    def leave() -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)

    atexit.register(leave)


class DaemonService(RFBService):
    """
    Serves one framebuffer at all endpoints, in a process that is for nothing else.
    """

    def startService(self) -> None:
        """
        Listen at all endpoints that are not listened at already.
        """
        RFBService.startService(self)
        # What is there now stays, and need not be looked at by every collection.
        gc.collect()
        gc.freeze()

    def stopService(self) -> Deferred[None]:
        """
        See L{RFBService.stopService}.
        """
        gc.unfreeze()
        return RFBService.stopService(self)

    def cannotListen(self, reason: str) -> None:
        """
        End the process, in error.
        """
        exitWithStatus(1)
        IReactorCore(self._reactor).stop()

    def framebufferEnded(self, reason: str, status: int = 1) -> None:
        """
        End the process.
        """
        self._sayEnded(reason, status)
        if status:
            exitWithStatus(status)
        reactor = IReactorCore(self._reactor)
        # It may have ended when it was started.
        reactor.callWhenRunning(reactor.stop)


class HangUp(SignalService):
    """
    Has files read again on SIGHUP, as of daemons is expected.  Where that signal means
    that the terminal is gone in which the server runs, the server ends.
    """

    signal = "SIGHUP"

    _log = Logger()

    def __init__(
        self,
        reactor: Any,
        reload: Callable[[], None],
        hasTerminal: Callable[[], bool] = lambda: os.isatty(0),
    ) -> None:
        """
        @param reactor: The reactor in whose thread it is done.

        @param reload: Reads files again.

        @param hasTerminal: Whether there is a terminal on standard input.
        """
        self._reactor = reactor
        self._reload = reload
        self._hasTerminal = hasTerminal
        self._hadTerminal = False

    def listen(self) -> None:
        """
        See L{SignalService.listen}.
        """
        self._hadTerminal = self._hasTerminal()
        SignalService.listen(self)

    def signalled(self, number: int, frame: FrameType | None) -> None:
        """
        See L{SignalService.signalled}.
        """
        self._reactor.callFromThread(self._hungUp)

    def _hungUp(self) -> None:
        if self._hadTerminal and not self._hasTerminal():
            self._log.info("The terminal is gone")
            self._reactor.stop()
        else:
            self._reload()
