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
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorCore
from twisted.logger import Logger

from txrfb.service import RFBService

__all__ = ["DaemonService", "HangUp", "exitWithStatus"]

#: The signal on which files are read again; systems other than Unix have none.
_SIGNAL = getattr(signal, "SIGHUP", None)


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


class HangUp(Service):
    """
    Has files read again on SIGHUP, as of daemons is expected.  Where that signal means
    that the terminal is gone in which the server runs, the server ends.
    """

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
        self._hadTerminal = self._isListening = False
        self._before: Any = None

    def privilegedStartService(self) -> None:
        """
        Begin to listen for the signal.
        """
        self._hadTerminal = self._hasTerminal()
        if _SIGNAL is not None:
            self._before = signal.signal(_SIGNAL, self._signalled)
        self._isListening = True

    def startService(self) -> None:
        """
        Begin to listen for the signal, if L{privilegedStartService} was not called.
        """
        Service.startService(self)
        if not self._isListening:
            self.privilegedStartService()

    def stopService(self) -> None:
        """
        Leave the process as it was.
        """
        Service.stopService(self)
        self._isListening = False
        if _SIGNAL is not None:
            signal.signal(_SIGNAL, self._before)

    def _signalled(self, number: int, frame: FrameType | None) -> None:
        self._reactor.callFromThread(self._hungUp)

    def _hungUp(self) -> None:
        if self._hadTerminal and not self._hasTerminal():
            self._log.info("The terminal is gone")
            self._reactor.stop()
        else:
            self._reload()
