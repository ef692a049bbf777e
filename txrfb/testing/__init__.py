# -*- test-case-name: tests.testing.test_viewer -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of what an application shows, and of what it does with keys and pointers:
without sockets, threads or waiting::

    class LoginTests(SynchronousTestCase):
        def test_greeting(self) -> None:
            clock = Clock()
            viewer = Viewer(RFBFactory(LoginScreen(), reactor=clock))
            viewer.type("ada")
            viewer.press("Return")
            viewer.click(200, 120)
            assertScreen(viewer, Image.open("greeting.png"))

A L{Viewer} is a real one, but for the wire: what it sees went through the handshake,
through encoder and decoder.  Give the factory a L{twisted.internet.task.Clock}; all
time is taken from it.

  - B{What a viewer does} has reached the application when the method returns.

  - B{What an application shows} arrives as time passes, at the factory's frame rate.
    L{assertScreen} and L{Viewer.waitFor} let as much pass as it takes;
    L{Viewer.settle} lets time pass until nothing more happens; L{Viewer.advance},
    some seconds.

  - B{Several viewers} of one factory share its clock: time that passes for one passes
    for all.

  - B{A slow viewer} has a L{Link}, or calls L{Viewer.pauseReading}.

  - B{When something goes wrong}, the error says what was said on the connection.
    Exceptions inside the server are in trial's log, and make the test fail.

Programs with windows, which need an X display, are tested with a L{DesktopTestCase}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from txrfb.testing.screens import Difference, assertScreen, difference
from txrfb.testing.viewer import Viewer
from txrfb.testing.wire import Link

if TYPE_CHECKING:
    from txrfb.testing.desktops import DesktopTestCase

__all__ = [
    "DesktopTestCase",
    "Difference",
    "Link",
    "Viewer",
    "assertScreen",
    "difference",
]


def __getattr__(name: str) -> Any:
    # Few need it, and what it needs.
    if name != "DesktopTestCase":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from txrfb.testing.desktops import DesktopTestCase

    return DesktopTestCase
