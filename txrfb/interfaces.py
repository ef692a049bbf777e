# -*- test-case-name: tests.test_interfaces -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The contracts between an application, its pixels, and the viewers.

An application needs only L{IFramebuffer}, which
L{txrfb.framebuffers.memory.MemoryFramebuffer} implements already.  Everything an
application I{may} be able to do beside showing pixels is an interface of its own,
and is found by C{providedBy}: on the object handed to
L{txrfb.protocol.RFBFactory}, or on the framebuffer itself.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any

from zope.interface import Attribute, Interface

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred

    from txrfb.geometry import Rectangle, Region, Screen
    from txrfb.pixels import Cursor, PixelFormat, Surface

__all__ = [
    "IAudience",
    "IAudioSink",
    "IAudioSource",
    "IClipboard",
    "ICursorSource",
    "IDecoder",
    "IEncoder",
    "IEncoding",
    "IFramebuffer",
    "IFramebufferFactory",
    "IFramebufferListener",
    "IInputReceiver",
    "IKeycodeReceiver",
    "ILedSource",
    "IPointerMotionReceiver",
    "IPowerControl",
    "IResizable",
    "IRichClipboard",
    "IScreens",
    "ISecurityType",
    "IViewer",
]


class IFramebuffer(Interface):
    """
    Pixels, and word of when they change.

    The pixels are rows of 32-bit pixels whose bytes are blue, green, red and
    padding, in one object that has the buffer protocol: a C{bytearray}, an
    C{mmap}, a numpy array, shared memory.  One L{IFramebuffer} is shown by one
    L{txrfb.display.Display}.
    """

    name: str = Attribute("A C{str}: the desktop's name, shown by viewers.")
    width: int = Attribute("An C{int}: how many pixels a row has, 1 to 65535.")
    height: int = Attribute("An C{int}: how many rows there are, 1 to 65535.")
    stride: int = Attribute("An C{int}: bytes from the start of a row to the next.")
    pixels: Any = Attribute(
        "An object with the buffer protocol that has C{stride * (height - 1) +"
        " width * 4} bytes or more, contiguous, the first pixel first."
    )
    paddingVaries: bool = Attribute(
        "A C{bool}: whether the fourth byte of a pixel may change without"
        " meaning.  It is never shown; if it never changes, comparing is cheaper."
    )

    def capture() -> Deferred[Region]:
        """
        Make the pixels stand still at their newest.

        It is called only when some viewer has asked for pixels and has room for
        them, and not again before what it returned has fired.  From then on
        until the next call the pixels (and width, height and stride) stay as
        they are, except that C{resized} may be told at any time.

        @return: A L{Deferred} that fires with the region that may have changed
            since the capture before; it may be larger than what did, and may
            be empty.  The first time it is everything.  Framebuffers in memory
            fire at once; a display or a relay after a round trip.  If it fails,
            the viewers are closed with the reason in the log.
        """

    def addListener(listener: IFramebufferListener) -> None:
        """
        Tell C{listener} from now on what happens to the pixels.
        """

    def removeListener(listener: IFramebufferListener) -> None:
        """
        Tell C{listener} nothing more.  It is no error if it is not told
        anything now.
        """

    def pauseProducing() -> None:
        """
        Nobody looks: the source may rest.  Called once when the last viewer
        has gone, and before the first has come.
        """

    def resumeProducing() -> None:
        """
        Somebody looks: the source should be about its work.
        """


class IFramebufferListener(Interface):
    """
    What a framebuffer tells.  All of it is told in the reactor's thread.
    """

    def damaged() -> None:
        """
        There are new pixels, to be had by L{IFramebuffer.capture}.  It may be
        told at any rate: it is merged, never queued.
        """

    def copied(rectangle: Rectangle, x: int, y: int) -> None:
        """
        Since the last capture, and after all copies told of since then,
        C{rectangle} got the pixels that the rectangle of its size at C{x},
        C{y} had.  It is a hint that saves bytes; the destination still belongs
        to the region that the next capture reports, and if the hint is wrong
        the pixels are right all the same.
        """

    def resized() -> None:
        """
        Width, height, stride or the pixels object are others now.
        """

    def renamed() -> None:
        """
        The name is another now.
        """

    def cursorChanged() -> None:
        """
        The cursor (L{ICursorSource.cursor}) is another now.
        """

    def pointerMoved(x: int, y: int) -> None:
        """
        The pointer is elsewhere, and no viewer moved it there.
        """

    def pointerModeChanged() -> None:
        """
        L{IPointerMotionReceiver.wantsMotion} is another now.
        """

    def ledsChanged() -> None:
        """
        The keyboard's lights (L{ILedSource.leds}) are others now.
        """

    def screensChanged() -> None:
        """
        The framebuffer is divided otherwise (L{IScreens.screens}).  If its size is
        another, too, C{resized} comes first.
        """

    def bell() -> None:
        """
        The bell rings.
        """

    def cutText(text: str, **others: bytes) -> None:
        """
        The application has something new in its clipboard.

        @param text: As text.

        @param others: The same as C{rtf} or as C{html}, for viewers that take
            that.
        """


class ICursorSource(Interface):
    """
    A framebuffer whose pointer has a shape, which viewers draw by themselves.
    """

    cursor: Cursor | None = Attribute(
        "A L{txrfb.pixels.Cursor}, or C{None} while the pointer has no shape of"
        " its own and viewers may draw what they like."
    )


class IScreens(Interface):
    """
    A framebuffer that is divided into several screens, and may be divided
    otherwise.
    """

    screens: Sequence[Screen] = Attribute(
        "A sequence of L{txrfb.geometry.Screen}, at least one, all inside."
    )

    def layoutRequested(
        width: int, height: int, screens: Sequence[Screen], viewer: IViewer
    ) -> Deferred[bool] | bool:
        """
        A viewer asks for another size, other screens, or both: see
        L{IResizable.sizeRequested}.

        @param screens: At least one; all lie inside the new size.

        @return: Whether it is granted, now or later.
        """


class ILedSource(Interface):
    """
    A framebuffer of a machine with a keyboard that has lights.
    """

    leds: int = Attribute(
        "An C{int}: bit 0 is scroll lock, bit 1 num lock, bit 2 caps lock."
    )


class IViewer(Interface):
    """
    Somebody who looks on, as applications see them.
    """

    number: int = Attribute("An C{int}: the connection's number, as in the log.")
    peer: str = Attribute("A C{str}: where the viewer is, for people to read.")
    avatarId: bytes = Attribute("A C{bytes}: who logged in, C{b''} for nobody.")
    viewOnly: bool = Attribute("A C{bool}: whether its input is dropped.")
    rights: Any = Attribute(
        "The L{txrfb.security.rights.IRights} that tells what it may do.  It may"
        " be set to another at any time: what it holds and may no longer is"
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

        @return: C{None}; or, from an application that is slow, a L{Deferred} that
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

    def startAudio(format: Any, sink: IAudioSink) -> None:
        """
        Somebody wants to hear.

        @param format: The L{txrfb.extensions.AudioFormat} to write it in.

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


class IFramebufferFactory(Interface):
    """
    Makes an L{IFramebuffer} from a command-line string: a plugin, found in
    C{twisted.plugins}.  To add a kind of your own, install one file
    C{twisted/plugins/yours.py} with an object that provides this and
    L{twisted.plugin.IPlugin}.
    """

    prefix: str = Attribute("A C{str} naming this kind of framebuffer.")
    help: str = Attribute("A C{str} of one line, shown by C{--help-framebuffer}.")

    def framebufferFromString(reactor: Any, argument: str) -> IFramebuffer:
        """
        @param reactor: What the framebuffer takes time from.

        @param argument: What followed the prefix and its colon; it may be
            empty.

        @raise ValueError: if the argument does not describe a framebuffer,
            saying what is allowed.
        """


class IEncoding(Interface):
    """
    A way to write the pixels of a rectangle (RFC 6143, section 7.7).
    """

    number: int = Attribute("An C{int}: the encoding's number on the wire.")
    name: str = Attribute("A C{str}: the encoding's name in the specification.")

    def key(format: PixelFormat, level: Any) -> Any:
        """
        @return: Something hashable: viewers for which it is equal can share
            what the encoder makes, byte for byte.
        """

    def encoder(format: PixelFormat, level: Any) -> IEncoder:
        """
        @param format: The pixel format of the viewer.

        @param level: The L{txrfb.encodings.Level} that the viewer asked for.

        @return: What encodes for such viewers.  It has no connection's state
            in it and may be shared by all of them.
        """

    def decoder() -> IDecoder:
        """
        @return: A decoder for one connection.
        """


class IEncoder(Interface):
    """
    Encodes rectangles for viewers of one pixel format and level.

    Every result decodes on its own, in any order, any number of times: this is
    what lets viewers share it.
    """

    number: int = Attribute("An C{int}: the encoding's number on the wire.")
    maximumWidth: int = Attribute("An C{int}: the widest rectangle it takes.")
    maximumHeight: int = Attribute("An C{int}: the highest rectangle it takes.")
    maximumArea: int = Attribute(
        "An C{int}: the most pixels of a rectangle that are best encoded at once."
    )
    solidArea: int = Attribute(
        "An C{int}: areas of one color from this many pixels up gain by being"
        " sent as rectangles of their own with L{encodeSolid}; 0 if none do."
    )
    opens: bool = Attribute(
        "A C{bool}: whether the first rectangle of a connection must go through"
        " L{opening}."
    )

    def encode(surface: Surface, rectangle: Rectangle) -> bytes:
        """
        @param surface: Where the pixels are.

        @param rectangle: Which of them; inside the surface, not empty, and
            not larger than the encoder takes.

        @return: The rectangle's body, without its twelve-byte header.

        @raise ValueError: if the rectangle is not inside the surface.
        """

    def encodeSolid(rectangle: Rectangle, color: int) -> bytes:
        """
        @param color: The color of all of the rectangle, C{0xRRGGBB}.

        @return: The rectangle's body, without its header.
        """

    def opening(body: bytes) -> bytes:
        """
        @return: C{body} as it must be when it is the first of this encoding on
            a connection: with the header of the connection's zlib stream.
        """

    def isLossy(body: bytes) -> bool:
        """
        @return: Whether the viewer will see pixels that differ from the
            surface's more than its pixel format makes them.
        """


class IDecoder(Interface):
    """
    Decodes rectangles for one connection, whose streams it keeps.
    """

    def decode(
        rectangle: Rectangle, format: PixelFormat, canvas: Any
    ) -> Generator[int, bytes, None]:
        """
        Decode one rectangle, asking for its bytes piece by piece.

        @param rectangle: Where it goes; inside the canvas.

        @param format: The pixel format of the connection.

        @param canvas: A numpy array of C{uint32}, shape (height, width), of
            colors C{0xRRGGBB}, that is painted on.

        @return: A generator that yields how many bytes it wants next (0 or
            more), is sent exactly so many, and returns when the rectangle is
            painted.

        @raise ValueError: if the bytes are not of this encoding.
        """


class ISecurityType(Interface):
    """
    A way for viewer and server to come to trust each other (RFC 6143, section
    7.2), as steps without input or output.
    """

    number: int = Attribute("An C{int}: the security type's number on the wire.")
    name: str = Attribute("A C{str}: the security type's name.")

    def negotiate(context: Any) -> Generator[Any, Any, Any]:
        """
        @param context: The L{txrfb.security.Context} of the connection: its
            random source and what its transport can do.

        @return: A generator that yields what it needs: L{txrfb.security.Read}
            (and is sent the bytes), L{txrfb.security.Write},
            L{txrfb.security.StartTLS}, L{txrfb.security.Seal}, and at last
            L{txrfb.security.Login}, after which it is not resumed.

        @raise txrfb.security.SecurityError: (from the generator) if the viewer
            does not keep to the protocol; the connection ends.
        """
