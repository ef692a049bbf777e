# -*- test-case-name: tests.client.test_extensions -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What a viewer can send and receive beyond RFC 6143, once both sides support it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from txrfb._wire.clipboard import ClipboardContent, ClipboardExchange
from txrfb._wire.messages import ClientCutText, Limits, PointerEvent
from txrfb._wire.messages.clipboard import CutTextPiece, ExtendedCutText
from txrfb._wire.messages.extensions import (
    REQUEST,
    XVP_ACTIONS,
    AudioFormat,
    AudioMessage,
    AudioRequest,
    EnableContinuousUpdates,
    EndOfContinuousUpdates,
    ExtendedKeyEvent,
    Fence,
    SetDesktopSize,
    Xvp,
)
from txrfb.client.events import (
    Announced,
    ExtensionEvent,
    LedsChanged,
    MotionsWanted,
    PointerMoved,
    ScreensChanged,
)
from txrfb.client.input import ClientInput
from txrfb.client.outgoing import Outgoing
from txrfb.encodings.constants import EXTENDED_MOUSE_BUTTONS
from txrfb.geometry import Rectangle, Screen

__all__ = ["ClientExtensions"]

_CODES = {action: code for code, action in XVP_ACTIONS.items()}


class ClientExtensions(ClientInput):
    """
    The part of a L{txrfb.client.RFBClient} that is about extensions.  The viewer lists
    their pseudo-encodings; an extension that the server does not support must not be
    used.

    @ivar screens: The screens that the desktop is divided into.
    @ivar leds: The state of the keyboard's lights; C{None} before it is known.
    @ivar isRelative: Whether the server wants relative motions, by L{moveBy}.
    @ivar pointer: Where the server moved the pointer; C{None} if it never did.
    @ivar announced: The pseudo-encodings that the server has announced by a
        rectangle.
    @ivar canContinue: Whether the server supports continuous updates.
    @ivar clipboard: The state of the clipboard's protocol.
    """

    screens: tuple[Screen, ...] = ()
    leds: int | None = None
    isRelative = False
    pointer: tuple[int, int] | None = None
    announced: frozenset[int] = frozenset()
    canContinue = False
    clipboard: ClipboardExchange
    _outgoing: Outgoing
    _isAnswering: bool

    def _beginExtensions(self, limits: Limits) -> None:
        self.clipboard = ClipboardExchange(
            limits.clipboard,
            True,
            self._sayClipboard,
            lambda formats: self.clipboardReceived(formats),
            ClientCutText,
        )

    # -- What is said ----------------------------------------------------------------

    def enableContinuousUpdates(self, rectangle: Rectangle | None) -> None:
        """
        Switch continuous updates on or off.

        @param rectangle: The part of the screen; C{None} to switch them off.
        """
        where = Rectangle(0, 0, 0, 0) if rectangle is None else rectangle
        self.send(EnableContinuousUpdates(rectangle is not None, where))

    def fence(self, payload: bytes = b"", flags: int = 0) -> None:
        """
        Send a fence, which the server sends back.

        @param payload: At most 64 bytes, by which it is recognized.

        @param flags: See L{txrfb._wire.messages.extensions}.
        """
        self.send(Fence(flags | REQUEST, payload))

    def setDesktopSize(
        self, width: int, height: int, screens: Sequence[Screen] | None = None
    ) -> None:
        """
        Ask for another size of the screen.

        @param screens: The screens it is divided into; one if not given.
        """
        if screens is None:
            first = self.screens[0] if self.screens else Screen(1, 0, 0, 0, 0)
            screens = (Screen(first.id, 0, 0, width, height, first.flags),)
        self.send(SetDesktopSize(width, height, tuple(screens)))

    def keycodeEvent(self, keycode: int, keysym: int, down: bool) -> None:
        """
        A key goes down or comes up whose place on the keyboard is known.

        @param keycode: Its XT scan code.
        """
        self.send(ExtendedKeyEvent(down, keysym, keycode))

    def moveBy(self, dx: int, dy: int, buttons: int = 0) -> None:
        """
        Send a relative motion, while L{isRelative}.
        """
        x, y = dx + 0x7FFF & 0xFFFF, dy + 0x7FFF & 0xFFFF
        self.send(PointerEvent(buttons, x, y, buttons > 0x7F))

    def power(self, action: str) -> None:
        """
        Ask for the server's machine to be shut down, rebooted or reset.

        @param action: C{"shutdown"}, C{"reboot"} or C{"reset"}.
        """
        self.send(Xvp(1, _CODES[action]))

    def listen(self, enable: bool = True, format: AudioFormat | None = None) -> None:
        """
        Switch the server's sound on or off.

        @param format: The format of samples to ask for.
        """
        if format is not None:
            self.send(AudioRequest(None, format))
        self.send(AudioRequest(enable))

    def cutText(self, text: str, **others: bytes) -> None:
        """
        Give the server something for its clipboard.

        @param text: As text.  What Latin-1 does not have becomes a question mark,
            unless the server supports the extended clipboard.

        @param others: The same as C{rtf} or as C{html}.
        """
        if self.clipboard.isExtended:
            self.clipboard.changed(ClipboardContent(text, others))
        else:
            super().cutText(text)

    # -- What happens ----------------------------------------------------------------

    def extensionReceived(self, event: ExtensionEvent) -> None:
        """
        An event beyond RFC 6143 came: one of
        L{ScreensChanged}, L{PointerMoved}, L{LedsChanged}, L{MotionsWanted},
        L{Announced}, L{EndOfContinuousUpdates}, L{Fence} (one of ours that came
        back), L{Xvp} and L{AudioMessage}.
        """

    def clipboardReceived(self, formats: dict[str, bytes]) -> None:
        """
        The server has something new in its clipboard.

        @param formats: What of C{"text"} (in UTF-8), C{"rtf"} and C{"html"} there
            is.
        """
        if "text" in formats:
            self.cutTextReceived(formats["text"].decode("utf-8"))

    def cutTextReceived(self, text: str) -> None:
        """
        The server has new clipboard text.
        """

    # -- What the connection tells ---------------------------------------------------

    def _sayClipboard(self, message: Any) -> None:
        if not self._isAnswering:
            self.send(message)
            return
        # A server that takes nothing may ask again and again.
        action = message.data[:1] if isinstance(message, ExtendedCutText) else b""
        self._outgoing.whenRoom(action, lambda: self.send(message))

    def _onExtendedCutText(self, event: ExtendedCutText) -> None:
        if event.data:
            # Only servers that support the extended clipboard send these.
            if not self.clipboard.isExtended:
                self.clipboard.extend()
            self.clipboard.extendedReceived(event.data, rest=event.rest)

    def _onCutTextPiece(self, event: CutTextPiece) -> None:
        self.clipboard.pieceReceived(event.data, event.isLast)

    def _onExtension(self, event: ExtensionEvent) -> None:
        if isinstance(event, ScreensChanged):
            if not event.status:
                self.screens = event.screens
        elif isinstance(event, LedsChanged):
            self.leds = event.leds
        elif isinstance(event, MotionsWanted):
            self.isRelative = event.areWanted
        elif isinstance(event, PointerMoved):
            self.pointer = (event.x, event.y)
        elif isinstance(event, Announced):
            self.announced |= {event.encoding}
            if event.encoding == EXTENDED_MOUSE_BUTTONS:
                self.buttonMask = 0x1FF
        elif isinstance(event, EndOfContinuousUpdates):
            self.canContinue = True
        self.extensionReceived(event)

    _EXTENSION_EVENTS: ClassVar[dict[type[Any], Callable[[Any, Any], None]]] = {
        ExtendedCutText: _onExtendedCutText,
        CutTextPiece: _onCutTextPiece,
        **dict.fromkeys(
            (
                ScreensChanged,
                PointerMoved,
                LedsChanged,
                MotionsWanted,
                Announced,
                EndOfContinuousUpdates,
                Fence,
                Xvp,
                AudioMessage,
            ),
            _onExtension,
        ),
    }
