# -*- test-case-name: tests.desktop.test_outcome -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The reactor for whoever calls.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any
from weakref import WeakKeyDictionary

__all__ = ["reactorHere"]

#: Reactors on loops that are not that of the reactor that is installed.
_others: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()


def reactorHere() -> Any:
    """
    @return: Twisted's reactor.  Where a task of asyncio's asks, and none is installed,
        the one is installed that runs on asyncio's loop.  If the one that is installed
        runs on another loop, as each C{asyncio.run} has its own, it is one for this
        loop that is not installed.
    """
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        from twisted.internet import reactor

        return reactor
    from twisted.internet import asyncioreactor

    if "twisted.internet.reactor" not in sys.modules:
        asyncioreactor.install(loop)
    from twisted.internet import reactor as installed

    found: Any = installed
    its = getattr(found, "_asyncioEventloop", None)
    if its is None and found.running:
        # Whoever runs it knows why.
        return found
    if its is not loop:
        found = _others.get(loop)
        if found is None:
            found = _others[loop] = asyncioreactor.AsyncioSelectorReactor(loop)
    if not found.running:
        found.startRunning(installSignalHandlers=False)
    return found
