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

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorCore

from txrfb.service import RFBService

__all__ = ["DaemonService", "exitWithStatusOne"]


def exitWithStatusOne() -> None:
    """
    Let the process end with status 1 when it ends.  C{twistd} has no other way to
    say so for what happens while the reactor runs.
    """

    def leave() -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(1)

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
        exitWithStatusOne()
        IReactorCore(self._reactor).stop()
