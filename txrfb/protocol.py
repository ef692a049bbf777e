# -*- test-case-name: tests.test_protocol -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The server on transports: one L{RFBServer} a viewer, made by one L{RFBFactory} a
framebuffer.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.protocol import Factory
from twisted.internet.task import react

from txrfb._arguments import SHARING, checkLogins, checkSettings
from txrfb._callbacks import tell
from txrfb._endpoints import endpointAt
from txrfb._screen.desktop import DesktopState
from txrfb._screen.display import Display
from txrfb._screen.preparation import Preparation
from txrfb._serving import Screens, serveUntilEnded
from txrfb._session.application import Application
from txrfb._session.driving import Driving
from txrfb._session.gathering import Gathering
from txrfb._session.server import RFBServer
from txrfb._session.tap import TAPPED, TappedUpdate, UpdateTap
from txrfb._session.totals import Totals
from txrfb._session.turns import Turns
from txrfb._wire.messages import Limits
from txrfb.framebuffers._taken import framebufferOf
from txrfb.interfaces import IReporting
from txrfb.monotonic import useMonotonicTime
from txrfb.security.accounts.login import LoginChecker
from txrfb.security.accounts.realm import portalFor
from txrfb.security.admission.simple import gateFor

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image
    from twisted.cred.portal import Portal
    from twisted.internet.interfaces import IAddress, IListeningPort

    from txrfb.interfaces import IFramebuffer, ISecurityType, IVideoEncoder
    from txrfb.security.accounts.login import Login
    from txrfb.security.admission.gate import Gate

__all__ = [
    "HERE",
    "SHARING",
    "TAPPED",
    "Limits",
    "RFBFactory",
    "TappedUpdate",
    "UpdateTap",
    "serve",
    "useMonotonicTime",
]


#: Where it is served unless something else is said: to this machine.
HERE = "tcp:5900:interface=127.0.0.1"


class RFBFactory(Driving, Factory):
    """
    Serves one framebuffer to viewers.

    @ivar framebuffer: What is shown.
    @ivar display: What shows the framebuffer.
    @ivar gate: What decides about viewers.
    @ivar clock: What time is taken from.
    @ivar arriving: Called when somebody is about to connect.
    @ivar application: What the application can do, as it was when a viewer came last.
    @ivar preparation: What viewers wait for before they come in.
    @ivar reporting: What tells how it is when the server is asked, besides the
        framebuffer: see L{IReporting<txrfb.interfaces.IReporting>}.
    @ivar idleTimeout: For how many seconds a viewer may do nothing; 0 for ever.
    @ivar timeLimit: For how many seconds a viewer may stay; 0 for ever.
    """

    noisy = False
    protocol = RFBServer

    def __init__(
        self,
        framebuffer: IFramebuffer | Image | NDArray[Any] | None,
        application: Any = None,
        *,
        login: Login | None = None,
        portal: Portal | None = None,
        securityTypes: Sequence[ISecurityType] | None = None,
        gate: Gate | None = None,
        shared: str = "always",
        maxViewers: int = 100,
        frameRate: float = 60.0,
        viewOnly: bool = False,
        exclusive: bool = False,
        idleTimeout: float = 0.0,
        timeLimit: float = 0.0,
        name: str | None = None,
        limits: Limits | None = None,
        cacheSize: int = 64 << 20,
        findScrolls: bool = True,
        video: Callable[[], IVideoEncoder] | None = None,
        random: Callable[[int], bytes] = secrets.token_bytes,
        reactor: Any = None,
    ) -> None:
        """
        @param framebuffer: What is shown.  Of a Pillow image or an array of red, green
            and blue a L{MemoryFramebuffer<txrfb.framebuffers.MemoryFramebuffer>} is
            made, L{framebuffer}, on which the next can be pasted.  C{None} if all
            viewers see screens of their own, which the avatars bring along that
            C{login} or C{portal} has for them: see
            L{UserScreen<txrfb.security.accounts.rights.UserScreen>}.

        @param application: What takes keys, pointer, text and so on: whatever of
            the interfaces of L{txrfb.interfaces} it provides.  What it does not
            provide, the framebuffer may.  Of an interface it need not have the methods
            that do not concern it.

        @param login: Judges logins: is called with a name, a password and the viewer's
            address, and returns rights, or C{None}, now or later; see L{LoginChecker}.
            Names and passwords pass inside of TLS; for a certificate, or for browsers,
            make a C{gate} with that checker.

        @param portal: Judges logins, by avatars that are
            L{IRights<txrfb.security.accounts.rights.IRights>}; see
            L{txrfb.security.accounts.realm.portalFor}.  Without one, everybody may come
            in.

        @param securityTypes: What viewers are offered as far as the portal can
            judge it, in this order; by default VncAuth or None, and TLSPlain if the
            portal checks names and passwords.

        @param gate: Decides about viewers, if more is to be decided than by a
            portal and security types: see
            L{txrfb.security.admission.assembly.makeGate}.

        @param shared: What happens when a viewer asks for exclusive access
            (RFC 6143, section 7.3.1).  With C{"always"} others stay and may come:
            many viewers ask for it by default.  With C{"honor"} the others are
            disconnected.  With C{"never"} there is one viewer at a time, and others
            are refused.

        @param maxViewers: How many viewers there may be at a time.

        @param frameRate: How many frames a second are shown at the most; 0 for as
            many as viewers take.

        @param viewOnly: Whether keys, pointer and text of all viewers are dropped.

        @param exclusive: Whether only one viewer drives, and the others watch: the
            first that may, until C{handOver} or until it leaves.

        @param idleTimeout: The seconds after which a viewer is closed that presses
            no key and does not move the pointer; 0 for never.

        @param timeLimit: The seconds after which a viewer is closed in any case; 0
            for never.

        @param name: The desktop's name, if it is not to be the framebuffer's.

        @param limits: How long what viewers send may be.

        @param cacheSize: How many bytes of encoded rectangles are kept for all
            viewers together.

        @param findScrolls: Whether scrolling is looked for in what changed, which
            saves bytes.

        @param video: Makes what encodes videos in the picture, for viewers that read
            Open H.264, such as L{txrfb.encodings.h264.H264Encoder}; C{None} if they are
            sent like all else.

        @param random: What makes challenges.

        @param reactor: What time is taken from; the global reactor if not given.

        @raise ValueError: if a number, a word or the size of the framebuffer is not as
            it should be, or an application has methods that would never be called.
        """
        checkSettings(
            *(shared, maxViewers, frameRate, idleTimeout, timeLimit, cacheSize),
            *(name, limits, video),
        )
        checkLogins(login, portal, gate, securityTypes)
        self._hasScreen = framebuffer is not None
        if framebuffer is None:
            if login is None and portal is None and gate is None:
                raise ValueError("no framebuffer, and no login= whose users bring one")
            # Nobody comes so far as to see it.
            from txrfb.framebuffers.memory import MemoryFramebuffer

            framebuffer = MemoryFramebuffer(1, 1)
        self.framebuffer = framebuffer = framebufferOf(framebuffer)
        if reactor is None:
            from twisted.internet import reactor
        self.clock = reactor
        self.turns = Turns(reactor)
        self.gathering = Gathering(reactor)
        # What the screens of single users are made with.
        self._settings: dict[str, Any] = {
            "shared": shared,
            "maxViewers": maxViewers,
            "frameRate": frameRate,
            "viewOnly": viewOnly,
            "exclusive": exclusive,
            "idleTimeout": idleTimeout,
            "timeLimit": timeLimit,
            "limits": limits,
            "cacheSize": cacheSize,
            "findScrolls": findScrolls,
            "video": video,
            "random": random,
            "reactor": reactor,
        }
        self._door = self
        self._screens: dict[int, tuple[Any, Any, RFBFactory]] = {}
        self._services = Screens()
        self.application = Application(application, framebuffer)
        self.display = Display(
            framebuffer,
            reactor,
            frameRate,
            cacheSize,
            findScrolls,
            DesktopState(framebuffer, name=name),
            video,
        )
        self.display.desktop.use(*self.application.ofDesktop)
        self.preparation = Preparation(self.display, reactor)
        self.limits = limits or Limits()
        if login is not None:
            portal = portalFor(checkers=[LoginChecker(login, reactor)])
        if gate is None:
            gate = gateFor(
                reactor,
                portalFor() if portal is None else portal,
                securityTypes,
                maxWaiting=self.limits.pending,
            )
        elif portal is not None:
            raise ValueError("a gate has its own portal and security types")
        self.gate = gate
        Driving.__init__(self, exclusive)
        self.shared = shared
        self.maxViewers = maxViewers
        self.viewOnly = viewOnly
        self.idleTimeout = idleTimeout
        self.timeLimit = timeLimit
        self.random = random
        self.arriving: list[Callable[[], None]] = []
        self.reporting: list[IReporting] = []
        self._connections: dict[RFBServer, None] = {}
        self._count = 0
        self._totals = Totals()
        self._emptied: list[Deferred[None]] = []

    @property
    def name(self) -> str:
        """
        The desktop's name, as viewers are told it.
        """
        return self.display.desktop.name

    # -- Connections and viewers -----------------------------------------------------

    @property
    def connections(self) -> list[RFBServer]:
        """
        All connections, also of those that have not logged in.
        """
        return list(self._connections)

    def listen(self, where: str | int = HERE) -> Deferred[IListeningPort]:
        """
        Listen for viewers; at another place, too, if it is called again.

        @param where: The number of a port, or a description of an endpoint, see
            L{twisted.internet.endpoints.serverFromString}.  The number of a port is
            open to this machine only; if viewers must log in, at all of the machine's
            addresses, of IPv4 and of IPv6.

        @return: Fires with the port, when it listens; fails if there is no such place,
            or it is taken.
        """
        isProtected = not self.gate.isOpen()
        return maybeDeferred(
            lambda: endpointAt(self.clock, where, isProtected).listen(self)
        )

    def buildProtocol(self, addr: IAddress | None) -> RFBServer | None:
        """
        Make the protocol for a connection.

        @return: C{None}, which closes it, if there is no room for another.
        """
        if not self.gate.hasRoom():
            return None
        for call in self.arriving:
            call()
        self._count += 1
        protocol = self.protocol(self, self._count)
        protocol.factory = self
        return protocol

    def connected(self, viewer: RFBServer) -> None:
        """
        There is a connection.
        """
        self._connections[viewer] = None
        if self is not self._door:
            self._door._services.begin(self)

    def refusal(self) -> str:
        """
        @return: Why another viewer may not come now; empty if it may.
        """
        if self.shared == "never" and self.viewers:
            return "another viewer is connected, and this server takes one at a time"
        everywhere = [self._door, *self._door.screens]
        if sum(len(one.viewers) for one in everywhere) >= self.maxViewers:
            return f"too many viewers: the limit is {self.maxViewers}"
        return ""

    def enter(self, viewer: RFBServer, shared: bool) -> str:
        """
        A viewer is about to be sent ServerInit.

        @param shared: Whether it would share the screen.

        @return: Why it may not; empty if it may.
        """
        refusal = self.refusal()
        if not self._hasScreen:
            refusal = "there is no screen for this user"
        if refusal:
            return refusal
        if self.shared == "honor" and not shared:
            for other in list(self.viewers):
                other.disconnect(
                    f"connection {viewer.number} asked for exclusive access"
                )
        self.application.find()
        self.display.desktop.use(*self.application.ofDesktop)
        self.viewers.append(viewer)
        self._door._totals.viewers += 1
        if self._isVacant and not viewer.viewOnly:
            self.driver = viewer
            self._isVacant = False
        return ""

    def left(self, viewer: RFBServer) -> None:
        """
        A session has ended: its viewer, if it had logged in, is gone.
        """
        if viewer in self.viewers:
            self._leave(viewer)
            self.audienceChanged()

    def gone(self, viewer: RFBServer) -> None:
        """
        A connection is no more.
        """
        self._connections.pop(viewer, None)
        if self is self._door:
            self._totals.add(viewer)
        if not self._connections:
            emptied, self._emptied = self._emptied, []
            for deferred in emptied:
                deferred.callback(None)
            shown = self._door._screens
            for key in [key for key, (*_, one) in shown.items() if one is self]:
                del shown[key]
                self._door._services.end(self)

    @property
    def totals(self) -> Totals:
        """
        What was done for all viewers together since the beginning.
        """
        return self._door._totals.including(self._door.connections)

    @property
    def screens(self) -> list[RFBFactory]:
        """
        What serves the screens of single users, as long as somebody is there.
        """
        return [screen for *_, screen in self._screens.values()]

    def reports(self) -> list[dict[str, object]]:
        """
        @return: What L{reporting} and the framebuffer tell.
        """
        parts = [IReporting(self.framebuffer, None), *self.reporting]
        return [part.report() for part in parts if part is not None]

    def screenFor(self, framebuffer: Any, application: Any) -> RFBFactory:
        """
        @param framebuffer: What a user sees.

        @param application: What takes that user's keys, pointer and so on.

        @return: What serves it: one and the same to all who see it.

        @raise ValueError: if it is shown to others with another application.
        """
        if framebuffer is self.framebuffer and application is None:
            return self
        shown = self._screens.get(id(framebuffer))
        if framebuffer is self.framebuffer or (shown and shown[1] is not application):
            raise ValueError("others see that framebuffer with another application")
        if shown is not None:
            return shown[2]
        screen = RFBFactory(framebuffer, application, gate=self.gate, **self._settings)
        screen._door, screen.protocol = self, self.protocol
        screen.turns, screen.gathering = self.turns, self.gathering
        # The framebuffer is kept, too, as its number stands for it.
        self._screens[id(framebuffer)] = framebuffer, application, screen
        return screen

    def audienceChanged(self) -> None:
        """
        Tell the application which viewers there are.
        """
        self.rightsChanged()
        for part in self.application.audience:
            tell(self.clock, part.viewersChanged, list(self.viewers))

    def disconnectAll(self, reason: str = "the server stops") -> Deferred[None]:
        """
        Close all connections.

        @param reason: Why, for the log.

        @return: Fires when all are closed, which takes little more than a second
            at the most, and the screens of single users have stopped.
        """
        emptied = self.whenEmpty()
        for connection in list(self._connections):
            connection.disconnect(reason)
        return emptied.addCallback(lambda _: self._services.ended())

    def whenEmpty(self) -> Deferred[None]:
        """
        Wait for the last connection to end.

        @return: Fires when there is none; at once if there is none now.
        """
        emptied: Deferred[None] = Deferred()
        if self._connections:
            self._emptied.append(emptied)
        else:
            emptied.callback(None)
        return emptied


def serve(
    framebuffer: IFramebuffer | Image | NDArray[Any] | None,
    where: str | int = HERE,
    **options: Any,
) -> None:
    """
    Serve a framebuffer until the program is interrupted: run the reactor, and end
    the process.

    @param framebuffer: What is shown; as L{RFBFactory} takes it.

    @param where: Where to listen, as for L{RFBFactory.listen}.

    @param options: Whatever else L{RFBFactory} takes.

    @raise SystemExit: always: with status 1, and the reason on standard error, if
        it cannot be served.
    """

    async def main(reactor: Any) -> None:
        useMonotonicTime(reactor)
        factory = RFBFactory(framebuffer, reactor=reactor, **options)
        await serveUntilEnded(reactor, factory, where)

    react(main)
