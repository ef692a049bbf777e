# -*- test-case-name: tests.test_interfaces -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Extensions of the protocol: encodings and security types.
"""

from __future__ import annotations

from collections.abc import Generator, Hashable
from typing import TYPE_CHECKING, Any

from zope.interface import Attribute, Interface

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from twisted.cred.credentials import ICredentials

    from txrfb.encodings import Level
    from txrfb.geometry import Rectangle
    from txrfb.pixels import PixelFormat, Surface, Words
    from txrfb.security import Context, Steps


class IEncoding(Interface):
    """
    A way to write the pixels of a rectangle (RFC 6143, section 7.7).
    """

    number: int = Attribute("An C{int}: the encoding's number on the wire.")
    name: str = Attribute("A C{str}: the encoding's name in the specification.")

    def key(format: PixelFormat, level: Level) -> Hashable:
        """
        @return: What the encoder's bytes depend on: viewers for which it is equal
            can share them.
        """

    def encoder(format: PixelFormat, level: Level) -> IEncoder:
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
    maxWidth: int = Attribute("An C{int}: the widest rectangle it takes.")
    maxHeight: int = Attribute("An C{int}: the highest rectangle it takes.")
    maxArea: int = Attribute(
        "An C{int}: the most pixels of a rectangle that are best encoded at once."
    )
    solidArea: int = Attribute(
        "An C{int}: areas of one color from this many pixels up gain by being"
        " sent as rectangles of their own with L{encodeSolid}; 0 if none do."
    )
    photoArea: int = Attribute(
        "An C{int}: photos of this many pixels or more, and beside them of half as"
        " many, are cut out of what is drawn beside and over them, and encoded with"
        " L{encodePhoto}; 0 if none are."
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

    def encodePhoto(surface: Surface, rectangle: Rectangle) -> bytes:
        """
        Encode a part of a photo, which may lose something.  Only called if
        C{photoArea} is not 0.

        @param surface: Where the pixels are.

        @param rectangle: As for L{encode}.

        @return: The rectangle's body, without its header.
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


class IVideoEncoder(Interface):
    """
    Encodes one video, of which a frame says what is other than in the frame before
    (rfbproto, Open H.264 Encoding): H.264 in Annex B's format, which decodes without a
    delay.

    Whatever it raises ends all videos of the picture; viewers are sent the same pixels
    otherwise.
    """

    def begin(width: int, height: int, quality: int) -> None:
        """
        Called once, before anything else.

        @param width: Columns; an even number.

        @param height: Rows; an even number.

        @param quality: As a quality of JPEG, 1 to 100: what looks about as good.
        """

    def encode(pixels: NDArray[Any], key: bool) -> bytes:
        """
        @param pixels: Bytes of blue, green, red and one that is ignored, of shape
            (height, width, 4), not contiguous; for the time of the call only.

        @param key: Whether it is to be an IDR picture, with all parameter sets before
            it; no other may be one.

        @return: All of this frame.
        """

    def close() -> None:
        """
        There will be no more.
        """


class IDecoder(Interface):
    """
    Decodes rectangles for one connection, whose streams it keeps.
    """

    def decode(
        rectangle: Rectangle, format: PixelFormat, canvas: Words
    ) -> Generator[int, bytes, None]:
        """
        Decode one rectangle, asking for its bytes piece by piece.

        @param rectangle: Where it goes; inside the canvas.

        @param format: The pixel format of the connection.

        @param canvas: A numpy array of C{uint32}, shape (height, width), contiguous,
            of colors C{0xRRGGBB}, that is painted on.

        @return: A generator that yields how many bytes it wants next (0 or
            more), is sent exactly so many, and returns when the rectangle is
            painted.  What it yields may be a
            L{txrfb.encodings.Wanted}, to be sent more.  It yields
            every few milliseconds of work, so that others can have their turn.

        @raise ValueError: if the bytes are not of this encoding.
        """


class ISecurityType(Interface):
    """
    A way for viewer and server to come to trust each other (RFC 6143, section
    7.2), as steps without input or output.
    """

    number: int = Attribute("An C{int}: the security type's number on the wire.")
    name: str = Attribute("A C{str}: the security type's name.")

    def negotiate(context: Context) -> Steps:
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


class IViewerStream(Interface):
    """
    The stream of bytes between a server and one viewer, as far as it matters what it
    is made of.

    A transport that is more than Twisted's own (a WebSocket) provides this itself;
    what Twisted has is adapted: TCP, TLS, UNIX sockets, and any of them behind a proxy
    that says where the viewer is.
    """

    host: str | None = Attribute(
        "The address of the viewer; C{None} if it has none.  On a UNIX socket it is the"
        " user at the other end, like C{'uid 1000'}, where the system tells.  While a"
        " proxy stands between it is known when the first bytes have come."
    )
    isProxied: bool = Attribute(
        "Whether a proxy stands between, which says where the viewer is before anything"
        " that the viewer says."
    )
    isSecure: bool = Attribute("Whether the stream is inside TLS already.")
    awaitsViewer: bool = Attribute(
        "Whether this side has opened it, to where a viewer may come much later, as to"
        " a repeater: silence means nothing until then."
    )
    canStartTLS: bool = Attribute("Whether TLS can begin in the midst of it.")
    isWebSocket: bool = Attribute(
        "Whether it is a WebSocket, in which less can be agreed upon."
    )
    isSecureContext: bool = Attribute(
        "Whether a browser does cryptography for the page that opened the WebSocket:"
        " those by https, and those of its own machine (Secure Contexts, W3C, section"
        " 3).  C{True} where there is no browser, or nothing is known of it."
    )
    credentials: ICredentials | None = Attribute(
        "What the viewer has proved before RFB begins, which is judged in place of what"
        " it would be asked for; C{None} for nothing."
    )


class IExplainedClose(Interface):
    """
    A transport that can tell the other side why it closes, as a WebSocket does (RFC
    6455, section 7.1.6).
    """

    def closeFor(reason: str | None, isFault: bool) -> None:
        """
        Close, as L{ITransport.loseConnection
        <twisted.internet.interfaces.ITransport.loseConnection>} does.

        @param reason: Why, in words for whoever sits there; C{None} for something
            that is the server's own affair.

        @param isFault: Whether something went wrong.
        """
