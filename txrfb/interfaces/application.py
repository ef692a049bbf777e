# -*- test-case-name: tests.test_interfaces -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Who looks on, and what an application may be able to do with them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from zope.interface import Attribute, Interface

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred

    from txrfb._wire.messages.extensions import AudioFormat
    from txrfb.security.accounts.rights import IRights


class IViewer(Interface):
    """
    Somebody who looks on, as applications see them.
    """

    number: int = Attribute("An C{int}: the connection's number, as in the log.")
    peer: str = Attribute("A C{str}: where the viewer is, for people to read.")
    avatarId: bytes = Attribute("A C{bytes}: who logged in, C{b''} for nobody.")
    viewOnly: bool = Attribute("A C{bool}: whether its input is dropped.")
    rights: IRights = Attribute(
        "The L{txrfb.security.accounts.rights.IRights} that tells what it may do.  It"
        " may be set to another at any time: what it holds and may no longer is"
        " released."
    )
    encoding: str = Attribute("A C{str}: the encoding that its pixels are sent in.")
    bytesSent: int = Attribute("An C{int}: how many bytes were written to it.")
    encodings: Sequence[int] = Attribute(
        "A C{tuple}: the numbers of encodings and pseudo-encodings it reads, as it"
        " listed them."
    )
    framesSent: int = Attribute("An C{int}: how many updates it was sent.")
    latency: float | None = Attribute(
        "A C{float}: the seconds of the last round trip; C{None} if it is not known"
    )
    secondsBehind: float = Attribute(
        "A C{float}: for how long there has been something new that it has not got."
    )

    def disconnect(reason: str) -> None:
        """
        Close the connection of this viewer.

        @param reason: Why, for the log.
        """

    def limitRate(bytesPerSecond: float = 0, framesPerSecond: float = 0) -> None:
        """
        Send this viewer no more than so much.

        @param bytesPerSecond: On average; 0 for no limit.

        @param framesPerSecond: At any time; 0 for no limit.

        @raise ValueError: if one is negative.
        """


class IInputReceiver(Interface):
    """
    An application that keys and pointers of viewers have an effect on.

    Keys and buttons that a viewer holds when it leaves are released on its
    behalf.  An exception ends the connection of the viewer, and no other.
    """

    def keyEvent(keysym: int, down: bool, viewer: IViewer) -> None:
        """
        A key goes down, goes down again by repetition, or comes up.

        @param keysym: The X11 key symbol, which for Latin-1 is the character
            (RFC 6143, section 7.5.4).
        """

    def pointerEvent(
        x: int, y: int, buttons: int, viewer: IViewer
    ) -> Deferred[None] | None:
        """
        The pointer moves, or a button changes.

        @param x: The column, always inside the framebuffer.

        @param y: The row, always inside the framebuffer.

        @param buttons: The buttons that are down: bit 0 left, 1 middle, 2
            right, 3 and 4 wheel up and down, 5 and 6 wheel left and right, 7
            and 8 back and forward.

        @return: C{None}; or, from an application that is slow, a
            L{Deferred<twisted.internet.defer.Deferred>} that
            fires when it can take more.  What happens meanwhile is merged, as far
            as no button changes.
        """


class IKeycodeReceiver(Interface):
    """
    An application that would know which key on the keyboard it was, beside what it
    means: a machine with a keymap of its own.

    It is told this way of keys whose place is known, and by
    L{IInputReceiver.keyEvent} of all others.
    """

    def keycodeEvent(keycode: int, keysym: int, down: bool, viewer: IViewer) -> None:
        """
        @param keycode: The key's XT scan code (make code), with the high bit set if
            it begins with C{0xe0}.

        @param keysym: What it means to the viewer; 0 if it does not know.

        @param down: Whether it goes down.
        """


class IPointerMotionReceiver(Interface):
    """
    An application with a mouse that knows only how far it was moved.
    """

    wantsMotion: bool = Attribute(
        "A C{bool}: whether it wants that now.  Listeners are told"
        " C{pointerModeChanged} when it changes."
    )

    def pointerMotion(
        dx: int, dy: int, buttons: int, viewer: IViewer
    ) -> Deferred[None] | None:
        """
        The pointer was moved while C{wantsMotion}, or a button changed.  Viewers
        that cannot tell motions have them worked out from their positions.

        @param dx: To the right, in pixels.

        @param dy: Downwards, in pixels.

        @param buttons: As in L{IInputReceiver.pointerEvent}.

        @return: As in L{IInputReceiver.pointerEvent}.
        """


class IPowerControl(Interface):
    """
    An application that is a machine with a switch.
    """

    def powerRequested(action: str, viewer: IViewer) -> Deferred[bool] | bool:
        """
        A viewer asks for it.

        @param action: C{"shutdown"}, C{"reboot"} or C{"reset"}.

        @return: Whether it is done, now or later.
        """


class IAudioSource(Interface):
    """
    An application that can be heard.
    """

    def startAudio(format: AudioFormat, sink: IAudioSink) -> None:
        """
        Somebody wants to hear.

        @param format: The L{txrfb._wire.messages.extensions.AudioFormat} to write it
            in.

        @param sink: Who is to be told of it, until L{stopAudio}.
        """

    def stopAudio(sink: IAudioSink) -> None:
        """
        Somebody wants to hear no more.
        """


class IAudioSink(Interface):
    """
    Who hears.
    """

    def audioStarted() -> None:
        """
        Sound begins.
        """

    def audioReceived(data: bytes) -> None:
        """
        Sound, of whole samples of all channels.  What a viewer has no room for is
        dropped: it would come too late.
        """

    def audioEnded() -> None:
        """
        Sound ends.
        """


class IRichClipboard(Interface):
    """
    An application whose clipboard holds more than text.
    """

    def clipboardReceived(formats: dict[str, bytes], viewer: IViewer) -> None:
        """
        A viewer has copied something.

        @param formats: What of C{"text"} (in UTF-8), C{"rtf"} and C{"html"} there
            is.
        """


class IClipboard(Interface):
    """
    An application that takes clipboard text from viewers.
    """

    def cutTextReceived(text: str, viewer: IViewer) -> None:
        """
        A viewer has copied text.
        """


class IResizable(Interface):
    """
    An application whose screen viewers may ask to have another size.
    """

    def sizeRequested(
        width: int, height: int, viewer: IViewer
    ) -> Deferred[bool] | bool:
        """
        A viewer asks for another size.  If the application agrees, the
        framebuffer tells its listeners C{resized} as for any other reason.

        @param width: 1 to 65535.

        @param height: 1 to 65535.

        @return: Whether it is granted, now or later.
        """


class IAudience(Interface):
    """
    An application that wants to know who looks on.
    """

    def viewersChanged(viewers: Sequence[IViewer]) -> None:
        """
        Somebody came or left.

        @param viewers: All who look on now, in the order in which they came.
        """
