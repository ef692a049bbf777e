# -*- test-case-name: tests.testing.test_viewer -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A viewer for tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from twisted.internet.task import Clock

from txrfb._arguments import checkFactory
from txrfb.client import (
    DEFAULT_ENCODINGS,
    ExtensionEvent,
    Updated,
    loginFor,
)
from txrfb.client.input import ClientInput, Message
from txrfb.pixels import NATIVE, Cursor, PixelFormat
from txrfb.testing._client import KeepingClient
from txrfb.testing.wire import Link, connect, trafficOn

if TYPE_CHECKING:
    from PIL.Image import Image

    from txrfb._session.server import RFBServer
    from txrfb.client.login import Security
    from txrfb.protocol import RFBFactory

__all__ = ["Viewer"]

#: After so many seconds without traffic, no more is expected.
_QUIET = 0.25

#: For how many seconds of silence a viewer waits for its first picture.
_PATIENCE = 5.0

#: The viewers of a factory come from ports above this one, by their numbers.
_PORT = 50000

#: By how many seconds things happen late, as they do in life: on the dot, by the
#: rounding of fractions, a L{LoopingCall<twisted.internet.task.LoopingCall>} would
#: often call twice.
_LATE = 1e-9


class Viewer(ClientInput):
    """
    A viewer connected to a factory.

    @ivar client: The L{RFBClient} inside: what is sent with it takes effect when
        time passes.
    @ivar server: The server's protocol for this viewer, which applications know as
        L{txrfb.interfaces.IViewer}; C{None} if the factory refused it.
    @ivar clock: The factory's clock.
    """

    @property
    def buttonMask(self) -> int:  # type: ignore[override]
        """
        The buttons that can be sent to the server.
        """
        return self.client.buttonMask

    def __init__(
        self,
        factory: RFBFactory,
        password: bytes | str | None = None,
        username: bytes | str | None = None,
        *,
        hostname: str | None = None,
        authority: bytes | None = None,
        certificate: bytes | None = None,
        names: Sequence[str] | None = None,
        security: Security | None = None,
        encodings: Iterable[int] = DEFAULT_ENCODINGS,
        format: PixelFormat | None = NATIVE,
        shared: bool = True,
        newest: int = 8,
        link: Link | None = None,
    ) -> None:
        """
        Connect, and wait for the first picture.  A failed login is no error: see
        L{isConnected} and L{reason}.

        @param factory: What serves, with a L{Clock<twisted.internet.task.Clock>} for
            its C{reactor}.

        @param password: The password.

        @param username: The user's name.

        @param hostname: The name that the server's certificate must have.

        @param authority: Who must have signed it, or the certificate itself, in PEM
            form; without it and C{hostname} no security types of X509 are used.

        @param certificate: The viewer's own certificate and its key, in PEM form.

        @param names: The security types that may be used, the preferred first; for the
            defaults of all these see L{txrfb.client.login.loginFor}.

        @param security: How to log in, if not by all that; see
            L{RFBClient.__init__}.

        @param encodings: The encodings to ask for
            (L{txrfb.encodings.constants}), the preferred first.

        @param format: The pixel format to ask for; C{None} to take the server's.

        @param shared: Whether other viewers may stay connected.

        @param newest: The newest minor version to speak: 3, 7 or 8.

        @param link: What the connection runs over; if not given, everything arrives
            at the moment it is sent.

        @raise ValueError: if the factory has no L{Clock<twisted.internet.task.Clock>}.
        """
        checkFactory(factory)
        clock = factory.clock
        if not isinstance(clock, Clock):
            raise ValueError(
                "the factory has a real clock, tests need:"
                " RFBFactory(..., reactor=twisted.internet.task.Clock())"
            )
        self.clock = clock
        login = loginFor(
            password,
            username,
            hostname=hostname,
            authority=authority,
            certificate=certificate,
            names=names,
        )
        if security is not None:
            login["security"] = security
        self.client = KeepingClient(
            **login,
            encodings=encodings,
            format=format,
            shared=shared,
            newest=newest,
            clock=clock,
        )
        self.server: RFBServer | None = factory.buildProtocol(None)
        if self.server is None:
            self.client.reason = "the server closed the connection at once"
            return
        self._ours, self._theirs = connect(
            clock,
            self.server,
            self.client,
            link or Link(),
            _PORT + self.server.number % 1000,
        )
        self._waitForPicture()

    # -- What is seen ----------------------------------------------------------------

    def image(self) -> Image:
        """
        @return: What the viewer sees now, as a Pillow image of mode C{RGB}.

        @raise AssertionError: if it never got to see anything.
        """
        if not self.client.width:
            raise AssertionError(f"the viewer sees nothing: {self.reason}\n{self.log}")
        return self.client.image()

    def color(self, x: int, y: int) -> str:
        """
        @return: The color of a pixel that the viewer sees now: C{"#rrggbb"}.
        """
        red, green, blue = self.image().getpixel((x, y))  # type: ignore[misc]
        return f"#{red:02x}{green:02x}{blue:02x}"

    @property
    def size(self) -> tuple[int, int]:
        """
        Width and height of the screen.
        """
        return self.client.width, self.client.height

    @property
    def name(self) -> str:
        """
        The desktop's name.
        """
        return self.client.name

    @property
    def cursor(self) -> Cursor | None:
        """
        The shape of the pointer; see L{RFBClient.cursor}.
        """
        return self.client.cursor

    @property
    def bells(self) -> int:
        """
        How often the bell rang.
        """
        return self.client.bells

    @property
    def clipboard(self) -> str | None:
        """
        The text that the server sent last.
        """
        return self.client.texts[-1] if self.client.texts else None

    @property
    def updates(self) -> list[Updated]:
        """
        The updates that came, in order.
        """
        return self.client.updates

    @property
    def events(self) -> list[ExtensionEvent]:
        """
        What the server sent beyond RFC 6143, in order: see
        L{txrfb.client.RFBClient.extensionReceived}.
        """
        return self.client.events

    # -- What is done ----------------------------------------------------------------

    def send(self, message: Message) -> None:
        """
        Send a message; when this returns it has had its effect, unless the link is
        slow.

        @raise ConnectionFailed: if there is no connection (any more).
        """
        self.client.send(message)
        self.clock.advance(0)

    def press(self, *keys: str) -> None:
        """
        Press keys, one after the other, and let them go again in reverse order:
        C{press("Return")}, C{press("Control_L", "c")}.

        @param keys: Characters, and names of X11 for other keys
            (L{txrfb.keysyms}).

        @raise ValueError: if there is no such key.
        """
        self.keyPress(*keys)

    def paste(self, text: str, **others: bytes) -> None:
        """
        Send something to the application's clipboard.

        @param text: As text.

        @param others: The same as C{rtf} or as C{html}, which takes the extended
            clipboard.
        """
        self.client.cutText(text, **others)
        self.clock.advance(0)

    def disconnect(self) -> None:
        """
        Close the connection.
        """
        self.client.disconnect()
        self.clock.advance(0)

    # -- Time ------------------------------------------------------------------------

    def advance(self, seconds: float = 0) -> None:
        """
        Let time pass, with everything happening at its own moment.
        """
        end = self.clock.seconds() + seconds
        while True:
            moment = self._nextMoment()
            if moment is None or moment > end:
                break
            self._goTo(moment)
        self.clock.advance(max(0.0, end - self.clock.seconds()))

    def settle(self, limit: float = 10.0) -> None:
        """
        Let time pass until nothing more happens: nothing is on its way on any
        connection with this clock, and nothing was sent for a quarter of a second.
        The clock then stands where something happened last.

        @param limit: How many seconds that may take.

        @raise AssertionError: if it takes longer, as it does if the application
            moves something all the time.
        """
        if not self.restsWhen(lambda: True, limit):
            raise AssertionError(
                f"not settled after {limit:g} seconds: if the application never"
                " rests, say how long to wait with advance, or for what with waitFor"
                f" or assertScreen\n{self.log}"
            )

    def restsWhen(self, condition: Callable[[], bool], within: float) -> bool:
        """
        Let time pass until a condition is true and nothing more happens; see
        L{settle}.

        @param condition: Asked whenever something happened.

        @param within: How many seconds to wait at the most.

        @return: Whether nothing more happens, whether the condition is true or not.
        """
        traffic = trafficOn(self.clock)
        start = self.clock.seconds()
        while True:
            isTrue = condition()
            moment = self._nextMoment()
            isResting = not traffic.pending and (
                moment is None or moment > max(traffic.last, start) + _QUIET
            )
            if isResting and isTrue:
                return True
            if moment is None or moment > start + within:
                return isResting
            self._goTo(moment)

    def waitFor(
        self, condition: Callable[[], bool], within: float = 1.0, strict: bool = True
    ) -> None:
        """
        Let time pass until a condition is true; none, if it is true now.

        @param condition: Asked whenever something happened.

        @param within: How many seconds it may take.

        @param strict: Whether it is an error if it does not become true.

        @raise AssertionError: if it does not become true in time.
        """
        end = self.clock.seconds() + within
        while not condition():
            moment = self._nextMoment()
            if moment is None or moment > end:
                if strict:
                    raise AssertionError(
                        f"{condition} not true within {within:g} s\n{self.log}"
                    )
                return
            self._goTo(moment)

    def _waitForPicture(self) -> None:
        """
        Let time pass until there is a first picture, or until it is plain that none is
        on its way.
        """
        traffic = trafficOn(self.clock)
        start = self.clock.seconds()
        while self.isOpen and not any(one.rectangles for one in self.client.updates):
            moment = self._nextMoment()
            if moment is None or (
                not traffic.pending and moment > max(traffic.last, start) + _PATIENCE
            ):
                return
            self._goTo(moment)

    def _nextMoment(self) -> float | None:
        """
        @return: When something happens next.
        """
        moments = [call.getTime() for call in self.clock.getDelayedCalls()]
        return min(moments, default=None)

    def _goTo(self, moment: float) -> None:
        self.clock.advance(max(0.0, moment - self.clock.seconds()) + _LATE)

    # -- The connection --------------------------------------------------------------

    @property
    def isOpen(self) -> bool:
        """
        Whether there is a connection, logged in or not.
        """
        return self.server is not None and not self._theirs.disconnected

    @property
    def isConnected(self) -> bool:
        """
        Whether the viewer is logged in.
        """
        return self.isOpen and self.client.isReady

    @property
    def reason(self) -> str:
        """
        Why the connection ended, if the viewer did not close it; or C{""}.
        """
        return self.client.reason

    @property
    def log(self) -> str:
        """
        The messages of the connection, for people to read.
        """
        lines = ["What the viewer heard and said:", *self.client.transcript.lines()]
        if self.server is not None:
            lines.append("What the server heard and said:")
            lines.extend(self.server.transcript.lines())
            if self.server.transcript.reason:
                lines.append(f"The server ended it: {self.server.transcript.reason}")
        if self.reason:
            lines.append(f"For the viewer it ended: {self.reason}")
        return "\n".join(lines)

    @property
    def backlog(self) -> int:
        """
        How many bytes wait in the server's transport.
        """
        return self._ours.waiting

    @property
    def link(self) -> Link:
        """
        What the connection runs over.  It can be changed.
        """
        return self._ours.link

    @link.setter
    def link(self, link: Link) -> None:
        self._ours.link = self._theirs.link = link

    def pauseReading(self) -> None:
        """
        Read nothing more, like a viewer that hangs.  The server's transport fills
        and pauses its producer.
        """
        self._theirs.pauseProducing()

    def resumeReading(self) -> None:
        """
        Read on.
        """
        self._theirs.resumeProducing()
        self.clock.advance(0)
