# -*- test-case-name: tests.framebuffers.test_service -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A framebuffer as a service, which the daemon starts and stops with itself.
"""

from __future__ import annotations

from typing import Generic, Protocol, TypeVar

from twisted.application.service import Service
from twisted.internet.defer import Deferred

__all__ = ["FramebufferService", "IStarted"]


class IStarted(Protocol):
    """
    What is started and stopped.
    """

    def start(self) -> None:
        """
        Begin to have pixels.
        """

    def stop(self) -> Deferred[None] | None:
        """
        Have no more.

        @return: Fires when that is done, if it takes time.
        """


Started = TypeVar("Started", bound=IStarted)


class FramebufferService(Service, Generic[Started]):
    """
    Starts a framebuffer, and stops it.
    """

    def __init__(self, framebuffer: Started) -> None:
        """
        @param framebuffer: It is started with the service.
        """
        self._framebuffer = framebuffer

    def startService(self) -> None:
        """
        Start it.
        """
        Service.startService(self)
        self._framebuffer.start()

    def stopService(self) -> Deferred[None] | None:
        """
        Stop it.

        @return: Fires when it has ended, if that takes time.
        """
        Service.stopService(self)
        return self._framebuffer.stop()
