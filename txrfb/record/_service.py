# -*- test-case-name: tests.record.test_player -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A player as a service.
"""

from __future__ import annotations

from typing import Protocol

from twisted.application.service import Service

__all__ = ["IPlayer", "PlayerService"]


class IPlayer(Protocol):
    """
    What is started and stopped.
    """

    def start(self) -> None:
        """
        Open the file.
        """

    def stop(self) -> None:
        """
        Close it.
        """


class PlayerService(Service):
    """
    Opens the file when it is started, and closes it when it is stopped.
    """

    def __init__(self, player: IPlayer) -> None:
        """
        @param player: What has the file.
        """
        self._player = player

    def startService(self) -> None:
        """
        Open it.
        """
        Service.startService(self)
        self._player.start()

    def stopService(self) -> None:
        """
        Close it.
        """
        Service.stopService(self)
        self._player.stop()
