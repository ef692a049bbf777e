# -*- test-case-name: tests.session.test_driving -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Who drives: which of the viewers of a screen may press keys and move the pointer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from txrfb._session.server import RFBServer

__all__ = ["Driving"]


class Driving:
    """
    The part of an L{RFBFactory<txrfb.protocol.RFBFactory>} that is about who drives.

    @ivar viewers: The viewers that have logged in, in the order in which they came.
    @ivar driver: The viewer that drives, if only one does.
    @ivar asking: The viewers that would like to drive; who asked first is first.
    @ivar watchers: Called when viewers have come or gone, or what they may do, who
        drives, or who would like to, has changed.
    @ivar inputWatchers: Called with a viewer and a message when it presses a key, moves
        the pointer or presses a button, and may: KeyEvent, ExtendedKeyEvent or
        PointerEvent (RFC 6143, sections 7.5.4 and 7.5.5).  They must not fail.
    """

    def __init__(self, exclusive: bool) -> None:
        """
        @param exclusive: Whether only one viewer drives.
        """
        self.viewers: list[RFBServer] = []
        self.driver: RFBServer | None = None
        self.asking: list[RFBServer] = []
        self.watchers: list[Callable[[], None]] = []
        self.inputWatchers: list[Callable[[RFBServer, Any], None]] = []
        self._isExclusive = exclusive
        # Whether whoever comes drives, if nobody does.
        self._isVacant = True

    def rightsChanged(self) -> None:
        """
        Tell L{watchers} that they should look.
        """
        for call in list(self.watchers):
            call()

    @property
    def exclusive(self) -> bool:
        """
        Whether only L{driver} drives.  When it becomes so, what the others hold down
        is released.
        """
        return self._isExclusive

    @exclusive.setter
    def exclusive(self, exclusive: bool) -> None:
        self._isExclusive = exclusive
        self.asking.clear()
        for viewer in list(self.viewers):
            viewer.releaseForbidden()
        self.rightsChanged()

    def mayDrive(self, viewer: RFBServer) -> bool:
        """
        @return: Whether it is this viewer's turn to press keys and move the pointer.
        """
        return not self._isExclusive or viewer is self.driver

    def handOver(self, viewer: RFBServer | None) -> None:
        """
        Let one viewer drive while all others watch.  What the one before it holds
        down is released.

        @param viewer: The one that is to drive; C{None} for nobody, whoever comes.

        @raise ValueError: if the factory is not C{exclusive}, or the viewer is not
            one of L{viewers}.
        """
        if not self.exclusive:
            raise ValueError("every viewer drives, as the factory is not exclusive")
        if viewer is not None and viewer not in self.viewers:
            raise ValueError(f"{viewer} is not connected")
        self._isVacant = False
        before, self.driver = self.driver, viewer
        if viewer in self.asking:
            self.asking.remove(viewer)
        if before is not None and before is not viewer:
            before.releaseForbidden()
        self.rightsChanged()

    def ask(self, viewer: RFBServer, wants: bool = True) -> None:
        """
        A viewer would like to drive.  It does if nobody else can and nobody has said
        that none shall; else it is one of L{asking}, for L{driver} or the application
        to hand over to.

        @param viewer: One of L{viewers}.

        @param wants: Whether it does; or no longer.

        @raise ValueError: if the factory is not C{exclusive}, or the viewer may not
            drive.
        """
        if not self.exclusive:
            raise ValueError("every viewer drives, as the factory is not exclusive")
        if viewer not in self.viewers:
            raise ValueError(f"{viewer} is not connected")
        if wants and viewer.viewOnly:
            raise ValueError(f"{viewer} may only view")
        if wants and self.driver is None and self._isVacant:
            self._isVacant = False
            self.driver = viewer
        elif not wants or viewer is self.driver:
            if viewer in self.asking:
                self.asking.remove(viewer)
        elif viewer not in self.asking:
            self.asking.append(viewer)
        self.rightsChanged()

    def _leave(self, viewer: RFBServer) -> None:
        """
        A viewer has gone: if it drove, whoever has asked first does, else who came
        first.
        """
        self.viewers.remove(viewer)
        if viewer in self.asking:
            self.asking.remove(viewer)
        if viewer is self.driver:
            able = [one for one in [*self.asking, *self.viewers] if not one.viewOnly]
            self.driver = able[0] if able else None
            self._isVacant = self.driver is None
            if self.driver in self.asking:
                self.asking.remove(self.driver)
