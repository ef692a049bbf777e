# -*- test-case-name: tests.test_interfaces -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Pixels, and what else a framebuffer may have.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from zope.interface import Attribute, Interface

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred

    from txrfb.geometry import Rectangle, Region, Screen
    from txrfb.interfaces.application import IViewer
    from txrfb.pixels import Cursor


class IFramebuffer(Interface):
    """
    Pixels, and notifications of their changes.

    The pixels are rows of 32-bit pixels whose bytes are blue, green, red and
    padding, in one object that has the buffer protocol: a C{bytearray}, an
    C{mmap}, a numpy array, shared memory.  One L{IFramebuffer} is shown by one
    L{txrfb._screen.display.Display}.
    """

    name: str = Attribute("A C{str}: the desktop's name, shown by viewers.")
    width: int = Attribute("An C{int}: how many pixels a row has, 1 to 65535.")
    height: int = Attribute(
        "An C{int}: how many rows there are, 1 to 65535.  There are no more than"
        " L{txrfb.geometry.MAX_PIXELS} pixels."
    )
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
        Bring the pixels up to date, and keep them still.

        It is called only when some viewer has asked for pixels and has room for
        them, and not again before what it returned has fired.  The pixels stand
        still until the callbacks of what it returned have run; only there are they
        read.  Width, height, stride and pixels change together, never one before the
        other; C{resized} may be called at any time.

        @return: A L{Deferred<twisted.internet.defer.Deferred>} that fires with the
            region that may have changed since the capture before; it may be larger
            than what did, and may be empty.  Parts of it that are an
            L{ExactRectangle<txrfb.geometry.ExactRectangle>} are not compared.  The
            first time it is everything.
            Framebuffers in memory fire at once; a display or a relay after a round
            trip.  Of one that takes longer than a frame's time, viewers are sent what
            the capture before brought.

            It may be a coroutine.  If it fails, or has not fired after ten seconds
            (when it is cancelled, and what it brings is not looked at), viewers keep
            the picture that they have, and it is called again after a pause that grows
            from a tenth of a second to ten seconds.  After that everything is
            compared, so nothing of what it forgot is lost.  What fires with something
            else than a region counts as everything.
        """

    def addListener(listener: IFramebufferListener) -> None:
        """
        Notify C{listener} from now on of what happens to the pixels.  If the pointer
        was moved when there was no listener, this one is told of it
        (C{pointerMoved}); all else it asks for.
        """

    def removeListener(listener: IFramebufferListener) -> None:
        """
        Do not notify C{listener} any more.  It is no error if it is no listener
        now.
        """

    def pauseProducing() -> None:
        """
        There are no viewers: the source may rest.  Called once when the last
        viewer has disconnected, and before the first has connected.  If it fails, that
        is logged.
        """

    def resumeProducing() -> Deferred[None] | None:
        """
        There are viewers: the source should produce pixels again.

        @return: C{None}, or a L{Deferred<twisted.internet.defer.Deferred>} if it can
            fail later.  If it fails, it is called again after a pause; viewers wait
            for pixels meanwhile.
        """


class IPrepared(Interface):
    """
    A framebuffer that learns only later how large it is, such as one that shows what
    another machine has.

    Until it knows, its width and height may be 0.
    """

    def prepared() -> Deferred[None]:
        """
        A viewer has logged in, and C{resumeProducing} was called.  The viewer is let in
        when this has fired, or refused in words if it fails or takes longer than ten
        seconds.  It is called once for all that wait at a time, and canceled if all of
        them leave.

        @return: A L{Deferred<twisted.internet.defer.Deferred>} that fires when name,
            size, and what else can be done are known: what of the interfaces of
            applications it provides is looked up after that.
        """


class IFramebufferOwner(Interface):
    """
    The parent of a framebuffer that is a service as well
    (L{IService<twisted.application.service.IService>}): it is started and stopped with
    the server, by C{twistd rfb} as by L{txrfb.protocol.serve}.
    """

    def framebufferEnded(reason: str, status: int = 1) -> None:
        """
        The framebuffer is over for good, as the program that it shows has ended.
        Viewers are disconnected, and where the process is there for nothing else it
        ends.

        @param reason: Why, for the log.

        @param status: The exit status of the process.
        """


class IFramebufferListener(Interface):
    """
    Notifications of a framebuffer.  All methods are called in the reactor's thread, and
    none of them raises because of what follows from it.
    """

    def damaged() -> None:
        """
        There are new pixels for L{IFramebuffer.capture} to bring.  It may be
        called at any rate: calls are merged, never queued.
        """

    def copied(rectangle: Rectangle, x: int, y: int) -> None:
        """
        Since the last capture, and after all copies reported since then,
        C{rectangle} got the pixels that the rectangle of its size at C{x},
        C{y} had.  It is a hint that saves bytes; the destination still belongs
        to the region that the next capture reports, and if the hint is wrong
        the pixels are right all the same.
        """

    def resized() -> None:
        """
        Width, height, stride or the pixels object have changed.
        """

    def renamed() -> None:
        """
        The name has changed.
        """

    def cursorChanged() -> None:
        """
        The cursor (L{ICursorSource.cursor}) has changed.
        """

    def pointerMoved(x: int, y: int) -> None:
        """
        The pointer has moved, and no viewer moved it.
        """

    def pointerModeChanged() -> None:
        """
        L{txrfb.interfaces.IPointerMotionReceiver.wantsMotion} has changed.
        """

    def ledsChanged() -> None:
        """
        The keyboard's lights (L{ILedSource.leds}) have changed.
        """

    def screensChanged() -> None:
        """
        The screens (L{IScreens.screens}) have changed.  If the size has changed, too,
        C{resized} comes first.
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
            these.
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
    A framebuffer that is divided into screens, and whose layout viewers may ask to
    change.
    """

    screens: Sequence[Screen] = Attribute(
        "A sequence of L{txrfb.geometry.Screen}, at least one, all inside."
    )

    def layoutRequested(
        width: int, height: int, screens: Sequence[Screen], viewer: IViewer
    ) -> Deferred[bool] | bool:
        """
        A viewer asks for another size, other screens, or both: see
        L{txrfb.interfaces.IResizable.sizeRequested}.

        @param screens: At least one; all lie inside the new size.

        @return: As in L{txrfb.interfaces.IResizable.sizeRequested}.
        """


class ILedSource(Interface):
    """
    A framebuffer of a machine with a keyboard that has lights.
    """

    leds: int = Attribute(
        "An C{int}: bit 0 is scroll lock, bit 1 num lock, bit 2 caps lock."
    )


class IPlayback(Interface):
    """
    Something recorded that is played, such as
    L{txrfb.record.RecordingFramebuffer}: the framebuffer, or what it can be adapted to
    (C{IPlayback(framebuffer, None)}), or the application.

    All viewers see the same time of it.  Those that may use the pointer can order what
    is here: in the page of C{twistd rfb --web} by its player, by HTTP, and whoever
    administers the server by C{python -m txrfb.control}.
    """

    position: float = Attribute(
        "A C{float}: which second of it is shown, or is looked for."
    )
    duration: float = Attribute("A C{float}: how many seconds there are.  It may grow.")
    keyTimes: Sequence[float] = Attribute(
        "The times in seconds, the first first, from which it is shown at once, as the"
        " whole picture is there; others may take longer to find."
    )
    isPlaying: bool = Attribute("A C{bool}: whether time passes.")
    speed: float = Attribute(
        "A C{float}: how many seconds are played in one.  When it is set to what cannot"
        " be, that raises C{ValueError}.  Viewers ask for 0.5 to 16."
    )
    idle: float = Attribute(
        "A C{float}: to how many seconds times are cut in which nothing happens; 0 if"
        " they are not.  When it is set to what cannot be, that raises C{ValueError}."
    )

    def play() -> None:
        """
        Let time pass; at the end, from the beginning again.
        """

    def pause() -> None:
        """
        Let it stand.
        """

    def seek(seconds: float) -> Deferred[None] | None:
        """
        Show another time.  When it is called again before that is shown, the later time
        is what counts.

        @param seconds: More than there are is the end.

        @return: C{None}, or a L{Deferred<twisted.internet.defer.Deferred>} that fires
            when that time is shown, or that of a later call.  It is cancelled when
            there is a later call.
        """

    def addPlaybackListener(changed: Callable[[], None]) -> None:
        """
        Call C{changed} from now on when anything here has changed, unless it is the
        position as time passes.
        """

    def removePlaybackListener(changed: Callable[[], None]) -> None:
        """
        Do not call C{changed} any more.  It is no error if it would not be called.
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
