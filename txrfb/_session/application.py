# -*- test-case-name: tests.session.test_application -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What an application can do besides showing pixels, by the interfaces it provides: found
out when a viewer comes, and so for that viewer while it stays.
"""

from __future__ import annotations

from copy import copy
from typing import Any

from zope.interface import Interface

from txrfb import interfaces
from txrfb.encodings import constants
from txrfb.framebuffers._taken import checkApplication


class Application:
    """
    The objects that an application consists of, by what each of them provides.

    @ivar input: The L{IInputReceiver<interfaces.IInputReceiver>}, or C{None}; so
        with all others.
    @ivar keycodes: The L{IKeycodeReceiver<interfaces.IKeycodeReceiver>}.
    @ivar motion: The L{IPointerMotionReceiver<interfaces.IPointerMotionReceiver>}.
    @ivar clipboard: The L{IClipboard<interfaces.IClipboard>}.
    @ivar richClipboard: The L{IRichClipboard<interfaces.IRichClipboard>}.
    @ivar resizable: The L{IResizable<interfaces.IResizable>}.
    @ivar screens: The L{IScreens<interfaces.IScreens>}.
    @ivar power: The L{IPowerControl<interfaces.IPowerControl>}.
    @ivar audio: The L{IAudioSource<interfaces.IAudioSource>}.
    @ivar leds: The L{ILedSource<interfaces.ILedSource>}.
    @ivar playback: The L{IPlayback<interfaces.IPlayback>}.
    @ivar audience: All that are L{IAudience<interfaces.IAudience>}.
    @ivar pseudo: The pseudo-encodings of those of all this that viewers must be
        told of.
    """

    def __init__(self, *parts: Any) -> None:
        """
        @param parts: The objects; the first that provides an interface counts.

        @raise ValueError: if one of them has methods that would never be called, or
            could not be.
        """
        self._parts = [part for part in parts if part is not None]
        for part in self._parts:
            checkApplication(part)
        self.find()

    def find(self) -> None:
        """
        Find out what they can do now.
        """
        self.input = self._find(interfaces.IInputReceiver)
        self.keycodes = self._find(interfaces.IKeycodeReceiver)
        self.motion = self._find(interfaces.IPointerMotionReceiver)
        self.clipboard = self._find(interfaces.IClipboard)
        self.richClipboard = self._find(interfaces.IRichClipboard)
        self.resizable = self._find(interfaces.IResizable)
        self.screens = self._find(interfaces.IScreens)
        self.power = self._find(interfaces.IPowerControl)
        self.audio = self._find(interfaces.IAudioSource)
        self.leds = self._find(interfaces.ILedSource)
        played = (interfaces.IPlayback(part, None) for part in self._parts)
        self.playback = next((one for one in played if one is not None), None)
        self.audience = [p for p in self._parts if interfaces.IAudience.providedBy(p)]
        # An application may be something that is false, such as an empty list.
        takesText = self.richClipboard if self.clipboard is None else self.clipboard
        takesButtons = self.motion if self.input is None else self.input
        self.pseudo = frozenset(
            number
            for number, able in (
                (constants.EXTENDED_MOUSE_BUTTONS, takesButtons),
                (constants.QEMU_EXTENDED_KEY, self.keycodes),
                (constants.QEMU_POINTER_MOTION, self.motion),
                (constants.QEMU_AUDIO, self.audio),
                (constants.QEMU_LED_STATE, self.leds),
                (constants.VMWARE_LED_STATE, self.leds),
                (constants.EXTENDED_CLIPBOARD, takesText),
                (constants.XVP, self.power),
            )
            if able is not None
        )

    @property
    def ofDesktop(self) -> tuple[Any, Any, Any]:
        """
        Those that L{DesktopState.use<txrfb._screen.desktop.DesktopState.use>} takes.
        """
        return self.motion, self.screens, self.leds

    def copy(self) -> Application:
        """
        @return: The same objects, and what they can do as it is known here.
        """
        return copy(self)

    def _find(self, interface: type[Interface]) -> Any:
        for part in self._parts:
            if interface.providedBy(part):
                return part
        return None
