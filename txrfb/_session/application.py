# -*- test-case-name: tests.session.test_application -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What an application can do besides showing pixels, by the interfaces it provides.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from zope.interface import Interface
from zope.interface.interface import Method

from txrfb import interfaces
from txrfb.encodings import constants

__all__ = ["Application", "methodOf"]

#: The interfaces that an application may provide.
_INTERFACES = (
    interfaces.IInputReceiver,
    interfaces.IKeycodeReceiver,
    interfaces.IPointerMotionReceiver,
    interfaces.IClipboard,
    interfaces.IRichClipboard,
    interfaces.IResizable,
    interfaces.IScreens,
    interfaces.IPowerControl,
    interfaces.IAudioSource,
    interfaces.IAudience,
)


def methodOf(part: Any, name: str) -> Callable[..., Any]:
    """
    @param part: Something that provides an interface with a method of this name.

    @return: The method; if there is none, which is a part of the interface that does
        not concern the application, what does nothing.
    """
    method: Callable[..., Any] = getattr(part, name, _nothing)
    return method


def _nothing(*arguments: object) -> None:
    """
    Do nothing, and grant nothing.
    """


def _check(part: Any) -> None:
    """
    Find what would otherwise only be seen by nothing happening.

    @raise ValueError: if a method of an interface would never be called, or could not
        be.
    """
    if isinstance(part, type) and any(i.implementedBy(part) for i in _INTERFACES):
        raise ValueError(
            f"the application is the class {part.__name__}: make one of it,"
            f" {part.__name__}(...)"
        )
    kind = type(part).__name__
    for interface in _INTERFACES:
        methods = [m for _, m in interface.namesAndDescriptions() if type(m) is Method]
        there = {m: getattr(part, m.__name__, None) for m in methods}
        found = [m for m in methods if callable(there[m])]
        if not interface.providedBy(part):
            # A viewer's methods of these names are ours, and mean something else; and a
            # class can leave out on purpose what its base has (implementer_only).
            own = [m.__name__ for m in found if not _isOurs(there[m])]
            if own and not any(map(interface.implementedBy, type(part).__mro__)):
                raise ValueError(
                    f"{kind} has {' and '.join(own)}, which would never be called:"
                    f" write @implementer(interfaces.{interface.__name__}) above the"
                    " class"
                )
        elif not found:
            names = " or ".join(m.__name__ for m in methods)
            raise ValueError(
                f"{kind} provides {interface.__name__}, but has no {names}"
            )
        else:
            for method in found:
                _checkArguments(kind, method, there[method])


def _checkArguments(kind: str, method: Method, there: Any) -> None:
    """
    @raise ValueError: if a method cannot be called with what it will be called with.
    """
    try:
        signature = inspect.signature(there)
    except (TypeError, ValueError):
        return  # which does not tell
    try:
        signature.bind(*method.positional)
    except TypeError:
        raise ValueError(
            f"{kind}.{method.__name__}{signature} cannot be called: it must take"
            f" ({', '.join(method.positional)})"
        ) from None


def _isOurs(method: Any) -> bool:
    module = getattr(method, "__module__", None)
    return isinstance(module, str) and module.partition(".")[0] == "txrfb"


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
            _check(part)
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

    def _find(self, interface: type[Interface]) -> Any:
        for part in self._parts:
            if interface.providedBy(part):
                return part
        return None
