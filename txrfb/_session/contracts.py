# -*- test-case-name: tests.session.test_server -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What the parts of a session expect of each other: the session of the server that hosts
it, and its parts of the session.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Protocol

from txrfb._wire.events import Event

if TYPE_CHECKING:
    from twisted.internet.interfaces import IReactorTime
    from twisted.python.failure import Failure

    from txrfb._screen.display import Display
    from txrfb._screen.preparation import Preparation
    from txrfb._session.application import Application
    from txrfb._session.gathering import Gathering
    from txrfb._session.turns import Turns
    from txrfb._session.writer import Writer
    from txrfb._wire.messages import Limits
    from txrfb._wire.transcript import Transcript
    from txrfb.interfaces import IViewer
    from txrfb.security.admission.gate import Gate


class ConnectionState(Enum):
    """
    The life of a viewer's connection.

    @cvar CONNECTING: It has no transport yet.
    @cvar HANDSHAKE: The viewer is on its way from its version to ClientInit.
    @cvar OPEN: The viewer was sent ServerInit: it is one of the server's viewers.
    @cvar CLOSING: This side has ended it, and the transport is still there.
    @cvar CLOSED: The transport is gone.
    """

    CONNECTING = auto()
    HANDSHAKE = auto()
    OPEN = auto()
    CLOSING = auto()
    CLOSED = auto()


class ISessionHost(Protocol):
    """
    What hosts sessions: see L{txrfb.protocol.RFBFactory}.

    @ivar clock: What time is taken from.
    @ivar gate: What decides about viewers.
    @ivar turns: The turns in which is acted on what viewers send, and written to them.
    @ivar gathering: What reads from many viewers together.
    @ivar limits: How long what viewers send may be, and how long they may take.
    @ivar application: What the application can do.
    @ivar display: What shows the framebuffer.
    @ivar preparation: What a viewer waits for before it comes in.
    @ivar random: Makes unpredictable bytes.
    @ivar viewOnly: Whether the input of all viewers is dropped.
    @ivar idleTimeout: For how many seconds a viewer may be idle; 0 for ever.
    @ivar timeLimit: For how many seconds a viewer may stay; 0 for ever.
    @ivar inputWatchers: Called with a session and what its viewer does, if it may.
    """

    clock: IReactorTime
    gate: Gate
    turns: Turns
    gathering: Gathering
    limits: Limits
    application: Application
    display: Display
    preparation: Preparation
    random: Callable[[int], bytes]
    viewOnly: bool
    idleTimeout: float
    timeLimit: float
    inputWatchers: list[Callable[[Any, Any], None]]

    @property
    def name(self) -> str: ...

    def refusal(self) -> str:
        """
        @return: Why another viewer may not come now; empty if it may.
        """

    def connected(self, session: Any) -> None:
        """
        There is a connection.
        """

    def enter(self, session: Any, shared: bool) -> str:
        """
        A viewer is about to be sent ServerInit.

        @param shared: Whether it would share the screen.

        @return: Why it may not; empty if it may.
        """

    def screenFor(self, framebuffer: Any, application: Any) -> ISessionHost:
        """
        @return: What hosts those who see another framebuffer than its own.

        @raise ValueError: if it cannot be shown with that application.
        """

    def left(self, session: Any) -> None:
        """
        A session has ended; its viewer is no longer one of the viewers, if it was.
        """

    def gone(self, session: Any) -> None:
        """
        There is a connection no more.
        """

    def audienceChanged(self) -> None:
        """
        Tell everybody who wants to know which viewers there are.
        """

    def rightsChanged(self) -> None:
        """
        What a viewer may do has changed.
        """

    def mayDrive(self, session: Any) -> bool:
        """
        @return: Whether it is this viewer's turn to press keys and move the pointer.
        """


class ISession(Protocol):
    """
    The session, as its parts see it: see L{txrfb._session.server.RFBServer}.

    @ivar host: What hosts it.
    @ivar number: The number of the connection.
    @ivar peer: Where the viewer is, for people to read.
    @ivar state: How far the connection has come.
    @ivar transport: What is written to.
    @ivar transcript: What is written down of it.
    @ivar writer: What writes to the viewer.
    @ivar rights: What the viewer may do.
    @ivar application: What the application can do, as it was when the viewer came.
    @ivar viewer: The viewer, as the application knows it.
    """

    host: ISessionHost
    number: int
    peer: str
    state: ConnectionState
    transport: Any
    transcript: Transcript
    writer: Writer
    rights: Any
    application: Application

    @property
    def viewer(self) -> IViewer: ...

    @property
    def hasEnded(self) -> bool: ...

    @property
    def hasUnread(self) -> bool: ...

    def mayUse(self, right: str) -> bool:
        """
        @return: Whether the viewer may do that, and it is its turn.
        """

    def failed(self, reason: str, failure: Failure | None) -> None:
        """
        End the connection, as something that serves this viewer alone has failed.
        """

    def show(self, host: ISessionHost) -> None:
        """
        Show from here on what a host shows; before ServerInit.
        """

    def act(self, say: Callable[..., list[Event]], *arguments: Any) -> None:
        """
        Let the conversation go on, and do what follows from it.
        """
