# -*- test-case-name: tests.test_starting -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The start of C{twistd rfb}: what is loaded then stays, and is not looked at for garbage.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from twisted.application.service import IService, ServiceMaker
from twisted.python.usage import Options

__all__ = ["DaemonMaker", "uncollected"]


@contextmanager
def uncollected() -> Iterator[None]:
    """
    A context in which nothing is looked at for garbage, nor what was made in it
    afterwards.  Modules make much, and little of it is garbage: to look took a quarter
    of the time to import them.
    """
    wasEnabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        # Else the first that are collected would be all of it.
        gc.freeze()
        if wasEnabled:
            gc.enable()


class DaemonMaker(ServiceMaker):
    """
    The plugin for a service that is the only one of its process.
    """

    @property
    def options(self) -> type[Options]:
        """
        See L{IServiceMaker.options<twisted.application.service.IServiceMaker>}: the
        first that C{twistd} asks for, by which most modules are imported.
        """
        with uncollected():
            options: type[Options] = super().options
            return options

    @property
    def makeService(self) -> Callable[[Any], IService]:
        """
        See L{IServiceMaker.makeService
        <twisted.application.service.IServiceMaker.makeService>}.
        """
        make: Callable[[Any], IService] = super().makeService

        def makeService(options: Any) -> IService:
            with uncollected():
                return make(options)

        return makeService
