# -*- test-case-name: tests.client.test_client -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A VNC viewer: L{RFBClient} shows and controls the screen of any server::

    client = await connectViewer(endpoint, password="secret")
    client.keyPress("Return")
    client.image().save("screen.png")

L{ClientConnection} is its side of the protocol, without a transport.
"""

from txrfb.client.connection import DEFAULT_ENCODINGS, ClientConnection
from txrfb.client.events import (
    Announced,
    CursorChanged,
    ExtensionEvent,
    LedsChanged,
    MotionsWanted,
    NameChanged,
    PointerMoved,
    ScreensChanged,
    SizeChanged,
    Updated,
)
from txrfb.client.factory import RFBClientFactory, connectViewer
from txrfb.client.login import loginFor, securityFor
from txrfb.client.protocol import RFBClient
from txrfb.error import ConnectionFailed

__all__ = [
    "DEFAULT_ENCODINGS",
    "Announced",
    "ClientConnection",
    "ConnectionFailed",
    "CursorChanged",
    "ExtensionEvent",
    "LedsChanged",
    "MotionsWanted",
    "NameChanged",
    "PointerMoved",
    "RFBClient",
    "RFBClientFactory",
    "ScreensChanged",
    "SizeChanged",
    "Updated",
    "connectViewer",
    "loginFor",
    "securityFor",
]
