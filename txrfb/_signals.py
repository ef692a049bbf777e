# -*- test-case-name: tests.test_signals -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Signals that administrators send to a daemon.
"""

from __future__ import annotations

import signal
from types import FrameType
from typing import Any, ClassVar

from twisted.application.service import Service


class SignalService(Service):
    """
    Listens for one signal, while it runs.

    Where it is the first of an application's services, it listens before the ports are
    open: whoever was told that the server serves may send the signal.

    @cvar signal: The signal's name; where there is none of that name, nothing happens.
    @ivar before: What handled the signal before.
    """

    signal: ClassVar[str]

    before: Any = None
    _isListening = False

    def privilegedStartService(self) -> None:
        """
        Begin to listen.
        """
        if not self._isListening:
            self._isListening = True
            self.listen()

    def startService(self) -> None:
        """
        Begin to listen, if L{privilegedStartService} was not called.
        """
        Service.startService(self)
        self.privilegedStartService()

    def listen(self) -> None:
        """
        Have the process call L{signalled}.
        """
        number = getattr(signal, self.signal, None)
        if number is not None:
            self.before = signal.signal(number, self.signalled)

    def stopService(self) -> None:
        """
        Leave the process as it was.
        """
        Service.stopService(self)
        self._isListening = False
        number = getattr(signal, self.signal, None)
        if number is not None:
            signal.signal(number, self.before)

    def signalled(self, number: int, frame: FrameType | None) -> None:
        """
        The signal has come, in the midst of whatever the main thread does.
        """
        raise NotImplementedError(f"{type(self).__name__} does not take its signal")
