# -*- test-case-name: tests.test_error -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Exceptions: all that txrfb raises of its own, in one tree.
"""

from __future__ import annotations

from twisted.cred.error import LoginFailed

__all__ = [
    "ConnectionFailed",
    "DesktopError",
    "DisplayError",
    "EngineError",
    "InputFlood",
    "NotSeen",
    "OutboxFull",
    "PixelFormatError",
    "ProtocolError",
    "ProxyHeaderError",
    "RFBError",
    "Refused",
    "SecurityError",
    "UnusableAnswer",
    "UnusableFile",
    "WebSocketError",
]


class RFBError(Exception):
    """
    The base of them all.  The text may be logged: it names no secret.
    """


class ProtocolError(RFBError):
    """
    The peer does not keep to the protocol.  The text says how.
    """


class ProxyHeaderError(RFBError):
    """
    A proxy does not say where a viewer is, or not as the PROXY protocol has it.
    """


class WebSocketError(RFBError):
    """
    The peer does not keep to WebSocket (RFC 6455), or is not there any more.
    """


class PixelFormatError(RFBError, ValueError):
    """
    A pixel format with which nothing can be done.
    """


class SecurityError(RFBError):
    """
    The other side of a security type does not keep to the protocol, or cannot be
    agreed with.  The connection ends.
    """


class Refused(RFBError, LoginFailed):
    """
    A login that is refused though its credentials may be good.  The text is for the
    viewer.
    """


class ConnectionFailed(RFBError):
    """
    A connection to a server that ended before there was a screen.
    """


class DisplayError(RFBError):
    """
    An X display that cannot be reached, refuses, or does not keep to its protocol.
    """


class EngineError(RFBError):
    """
    What the engine of a broadcast answers to a command that it does not follow.
    """


class DesktopError(RFBError):
    """
    A desktop that cannot be started, or that does not do what it should.
    """


class NotSeen(DesktopError, TimeoutError):
    """
    Something that has not happened on a desktop in time.

    @ivar path: Where a picture is of what was there instead.
    """

    def __init__(self, reason: str, path: str) -> None:
        super().__init__(reason)
        self.path = path


class InputFlood(RFBError):
    """
    A viewer presses buttons faster than the application can take them.
    """


class OutboxFull(RFBError):
    """
    More messages wait for a viewer than may wait.
    """


class UnusableAnswer(RFBError, TypeError):
    """
    What a checker or a realm answers to a login that is neither a yes nor a no.
    """


class UnusableFile(RFBError, ValueError):
    """
    A file of the administrator's that is not what it should be.

    @ivar path: Its path.
    @ivar reason: What is wrong with it, without quoting it.
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.path!r}: {self.reason}"
