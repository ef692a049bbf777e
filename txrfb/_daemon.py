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

from txrfb._signals import SignalService
from txrfb.service import RFBService

__all__ = ["DaemonService", "Endings", "HangUp", "exitWithStatus"]


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

    _hasEnded = False

    def startService(self) -> None:
        """
        Listen at all endpoints that are not listened at already.
        """
        RFBService.startService(self)
        # What is there now stays, and need not be looked at by every collection.  To
        # look through all of it once more would take a tenth of the time to start.
        gc.collect(1)
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
        if self._hasEnded:
            return  # it may fail each time that it is started
        self._hasEnded = True
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


class Endings(Service):
    """
    Has signals that end the process taken in a turn of the reactor, not in the midst of
    whatever the main thread does.

    The reactor's own handlers write to the log at once.  A thread can wait forever for
    the lock of Twisted's log files that it has itself, if the signal comes while it
    takes the lock or gives it back: then the process neither ends nor serves.
    """

    _SIGNALS = ("SIGINT", "SIGTERM", "SIGBREAK")

    def __init__(self, reactor: Any) -> None:
        """
        @param reactor: The reactor that has handlers for these signals.
        """
        self._reactor = reactor
        self._before: dict[int, Any] = {}

    def privilegedStartService(self) -> None:
        """
        Heed SIGTERM from now on: it may come before the reactor has a handler for it,
        and would end the process without a word.
        """
        if signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
            self._before[signal.SIGTERM] = signal.SIG_DFL
            signal.signal(signal.SIGTERM, self._early)

    def startService(self) -> None:
        """
        Stand before the reactor's handlers, when they are there.
        """
        Service.startService(self)
        self._reactor.callWhenRunning(self._listen)

    def _listen(self) -> None:
        if not self.running:
            return
        # What Python does by itself with SIGINT is to be done at once.
        own = (signal.default_int_handler, self._early)
        for name in self._SIGNALS:
            if not hasattr(signal, name):
                continue
            number = getattr(signal, name)
            handler = signal.getsignal(number)
            if callable(handler) and handler not in own:
                self._before[number] = handler
                signal.signal(number, self._signalled)

    def stopService(self) -> None:
        """
        Leave the process as it was.
        """
        Service.stopService(self)
        before, self._before = self._before, {}
        for number, handler in before.items():
            signal.signal(number, handler)

    def _signalled(self, number: int, frame: FrameType | None) -> None:
        self._reactor.callFromThread(self._before[number], number, None)

    def _early(self, number: int, frame: FrameType | None) -> None:
        # When that is done the reactor runs, and has a handler.
        self._reactor.callFromThread(self._ended, number)

    def _ended(self, number: int) -> None:
        handler = self._before.get(number)
        if callable(handler):
            handler(number, None)
        else:
            self._reactor.stop()
