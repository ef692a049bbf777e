# -*- test-case-name: tests.session.test_desktopsize -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The size of the desktop and its screens, as one viewer is told of them (rfbproto,
DesktopSize and ExtendedDesktopSize pseudo-encodings).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from txrfb._session.capabilities import NOTHING
from txrfb._wire.messages import PseudoUpdate, RectangleHeader
from txrfb.encodings.constants import (
    DESKTOP_SIZE,
    EXTENDED_DESKTOP_SIZE,
    FENCE,
    QEMU_EXTENDED_KEY,
)
from txrfb.encodings.desktop import (
    BY_SERVER,
    BY_THIS_VIEWER,
    GRANTED,
    encodeExtendedDesktopSize,
)
from txrfb.geometry import Rectangle

if TYPE_CHECKING:
    from txrfb._screen.display import Display
    from txrfb._session.capabilities import Capabilities
    from txrfb._session.writer import Writer


class DesktopSize:
    """
    Tells one viewer of size and screens, by what it knows.

    @ivar capabilities: What the viewer reads.
    @ivar newSize: Why the size changed (see L{txrfb.encodings.desktop}), until the
        viewer is told; until then it can be sent no pixels.  C{None} if it did not.
    @ivar isOwed: Whether it is to be told of them with the pixels it asked for.
    """

    def __init__(self, display: Display, writer: Writer) -> None:
        """
        @param display: What is shown.

        @param writer: What writes to the viewer.
        """
        self.capabilities: Capabilities = NOTHING
        self.newSize: int | None = None
        self.isOwed = False
        # How often gtk-vnc will ask for all pixels because it was told.
        self._echoes = 0
        self._display = display
        self._writer = writer

    def pixelsAsked(self) -> None:
        """
        The viewer asks for pixels, changed or not: it is told of its screens, too.
        """
        capabilities = self.capabilities
        if EXTENDED_DESKTOP_SIZE not in capabilities.pseudo:
            return
        # gtk-vnc asks for all pixels whenever it is told: if that were answered by
        # telling it again, this would never end.
        if capabilities.isGtkVnc and self._echoes:
            self._echoes -= 1
        else:
            self.isOwed = True

    @property
    def isFirst(self) -> bool:
        """
        Whether the viewer is told of its screens before the pixels, in an update of
        their own, as pixels must not be in one with them.  TigerVNC's looks once, when
        its first update has come, whether it may resize.  But who knows QEMU's keys
        and no fences, such as vncdotool and what is made with libvncclient or gtk-vnc,
        may take the first update for the picture.
        """
        pseudo = self.capabilities.pseudo
        return FENCE in pseudo or QEMU_EXTENDED_KEY not in pseudo

    def tellOwed(self) -> None:
        """
        Tell the viewer of its screens, as it asked for pixels.
        """
        self.isOwed = False
        self.tell(BY_SERVER)

    def sizeChanged(self, reason: int) -> None:
        """
        There is another size, to be told by L{tellSize}.

        @param reason: Why.
        """
        if self.newSize != BY_THIS_VIEWER:  # which it must be told, if late
            self.newSize = reason

    def tellSize(self) -> bool:
        """
        Tell of the L{newSize}.

        @return: Whether the viewer can be told of it.
        """
        reason = self.newSize
        if reason is None:
            return True
        if EXTENDED_DESKTOP_SIZE in self.capabilities.pseudo:
            self.newSize = None
            self.tell(reason)
        elif DESKTOP_SIZE in self.capabilities.pseudo:
            self.newSize = None
            header = RectangleHeader(self._display.bounds, DESKTOP_SIZE)
            self._writer.say(PseudoUpdate("DesktopSize", header))
        else:
            return False
        return True

    def screensChanged(self, reason: int) -> None:
        """
        The screen is divided otherwise.
        """
        if self.newSize is None:  # else both are told together
            self.tell(reason)

    def tell(self, reason: int, status: int = GRANTED) -> None:
        """
        Tell the viewer of size and screens, if it can be told.

        @param reason: Why.

        @param status: What became of what it asked for.
        """
        if EXTENDED_DESKTOP_SIZE not in self.capabilities.pseudo:
            return
        self._echoes += 1
        display = self._display
        where = Rectangle(reason, status, display.width, display.height)
        header = RectangleHeader(where, EXTENDED_DESKTOP_SIZE)
        screens = display.desktop.screensIn(display.bounds)
        self._writer.say(
            PseudoUpdate(
                "ExtendedDesktopSize", header, encodeExtendedDesktopSize(screens)
            ),
            # Each request is answered; of other news only the newest counts.
            replaces="" if reason == BY_THIS_VIEWER else "screens",
        )
