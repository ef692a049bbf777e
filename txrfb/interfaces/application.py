# -*- test-case-name: tests.test_interfaces -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Viewers, and what an application may be able to do with them.
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
    A connected viewer, as applications see it.
    """

    number: int = Attribute("An C{int}: the connection's number, as in the log.")
    peer: str = Attribute("A C{str}: where the viewer is, for people to read.")
    avatarId: bytes = Attribute("A C{bytes}: who logged in, C{b''} for nobody.")
    viewOnly: bool = Attribute("A C{bool}: whether its input is dropped.")
    rights: IRights = Attribute(
        "The L{txrfb.security.accounts.rights.IRights} that say what it may do.  They"
        " may be replaced at any time: keys and buttons that it holds and may no"
        " longer use are released."
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
    pointer: tuple[int, int] | None = Attribute(
        "A C{tuple}: the column and the row where it has its own pointer, of several"
        " viewers that may move it; C{None} if it has not moved it."
    )
    secondsBehind: float = Attribute(
        "A C{float}: for how many seconds there have been new pixels that it was not"
        " sent, from the moment when the framebuffer reported them."
    )
    memory: int = Attribute(
        "An C{int}: how many bytes are held for it alone: what it sent that was not"
        " acted on, and what waits to be written to it."
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
    An application that takes keyboard and pointer input from viewers.

    Keys and buttons that a viewer holds when it disconnects, or may not use any
    longer, are released on its behalf.  An exception ends the connection of the
    viewer, and no other; so does an answer that has not come after a minute.  After
    that only releases come, and are not waited for.
    """

    def keyEvent(keysym: int, down: bool, viewer: IViewer) -> Deferred[None] | None:
        """
        A key goes down, goes down again by repetition, or comes up.

        @param keysym: The X11 key symbol, which for Latin-1 is the character
            (RFC 6143, section 7.5.4).

        @return: C{None}; or, from an application that is slow, a
            L{Deferred<twisted.internet.defer.Deferred>} that fires when it can take
            more.  This may be a coroutine, as may all other methods that return such.
            What happens meanwhile waits, keys and pointer in the order in which they
            happened.
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

        @return: As in L{keyEvent}; what happens meanwhile is merged, as far as no
            button changes.
        """


class IKeycodeReceiver(Interface):
    """
    An application that takes key codes, which say where a key is on the keyboard,
    besides key symbols, which say what it means: a machine with a keymap of its own.

    Keys with a known code are reported here, and all others by
    L{IInputReceiver.keyEvent}.
    """

    def keycodeEvent(
        keycode: int, keysym: int, down: bool, viewer: IViewer
    ) -> Deferred[None] | None:
        """
        @param keycode: The key's XT scan code (make code), with the high bit set if
            it begins with C{0xe0}.

        @param keysym: What it means to the viewer; 0 if the viewer does not know.

        @param down: Whether it goes down.

        @return: As in L{IInputReceiver.keyEvent}.
        """


class IPointerMotionReceiver(Interface):
    """
    An application with a relative pointer: a mouse that knows only how far it moved.
    """

    wantsMotion: bool = Attribute(
        "A C{bool}: whether it wants motions now.  When that changes,"
        " C{pointerModeChanged} of the listeners is called."
    )

    def pointerMotion(
        dx: int, dy: int, buttons: int, viewer: IViewer
    ) -> Deferred[None] | None:
        """
        The pointer was moved while C{wantsMotion}, or a button changed.  For
        viewers that cannot send motions they are computed from the positions.

        @param dx: To the right, in pixels.

        @param dy: Downwards, in pixels.

        @param buttons: As in L{IInputReceiver.pointerEvent}.

        @return: As in L{IInputReceiver.pointerEvent}.
        """


class IPowerControl(Interface):
    """
    An application that can be shut down, rebooted or reset (xvp).
    """

    def powerRequested(action: str, viewer: IViewer) -> Deferred[bool] | bool:
        """
        A viewer asks for a power operation.

        @param action: C{"shutdown"}, C{"reboot"} or C{"reset"}.

        @return: C{True} if it is done, now or later.  Anything else, a failure, or no
            answer after a minute tell the viewer that it is not.
        """


class IAudioSource(Interface):
    """
    An application with sound.
    """

    def startAudio(format: AudioFormat, sink: IAudioSink) -> Deferred[None] | None:
        """
        A viewer wants to hear.  This may be a coroutine that goes on until it is
        cancelled, before L{stopAudio} is called.  If it fails, there is no sound.

        @param format: The L{txrfb._wire.messages.extensions.AudioFormat} to write it
            in.

        @param sink: What gets the sound, until L{stopAudio}.
        """

    def stopAudio(sink: IAudioSink) -> None:
        """
        The viewer does not want to hear any more.
        """


class IAudioSink(Interface):
    """
    A viewer's connection, as an L{IAudioSource} sees it.
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

    def clipboardReceived(
        formats: dict[str, bytes], viewer: IViewer
    ) -> Deferred[None] | None:
        """
        A viewer has copied something.

        @param formats: What of C{"text"} (in UTF-8), C{"rtf"} and C{"html"} there
            is.

        @return: C{None}, or a L{Deferred<twisted.internet.defer.Deferred>} that fires
            when it can take more; of what comes meanwhile only the newest counts.  A
            failure, or no answer after a minute, end the connection of the viewer.
        """


class IClipboard(Interface):
    """
    An application that takes clipboard text from viewers.
    """

    def cutTextReceived(text: str, viewer: IViewer) -> Deferred[None] | None:
        """
        A viewer has copied text.

        @return: As in L{IRichClipboard.clipboardReceived}.
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
        framebuffer calls C{resized} of its listeners as for any other reason.  While
        it has not answered it is not asked again; then for the last of the sizes that
        viewers have asked for meanwhile.

        @param width: 1 to 65535.

        @param height: 1 to 65535.

        @return: C{True} if the framebuffer has the size, or will have it in a minute at
            the most: viewers are told when it does.  Anything else is no; so is a
            failure, or no answer after a minute.  A viewer that leaves cancels what it
            asked for.
        """


class IReporting(Interface):
    """
    A part of a server that tells how it is when the server is asked: a framebuffer, or
    one of L{RFBFactory.reporting<txrfb.protocol.RFBFactory>}.
    """

    def report() -> dict[str, object]:
        """
        @return: What there is to tell, by name: what JSON can have.
        """


class IAudience(Interface):
    """
    An application that wants to know which viewers are connected.
    """

    def viewersChanged(viewers: Sequence[IViewer]) -> Deferred[None] | None:
        """
        A viewer connected or disconnected.  If this fails, that is logged.

        @param viewers: All that are connected now, in the order in which they
            connected.
        """
