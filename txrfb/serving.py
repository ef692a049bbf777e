# -*- test-case-name: tests.test_serving -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A server in one line, for small programs.  Larger ones listen with L{RFBFactory} where
they like.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import serverFromString
from twisted.internet.task import react

from txrfb.interfaces import IFramebuffer
from txrfb.protocol import RFBFactory

#: Where it is served unless something else is said: to this machine.
HERE = "tcp:5900:interface=127.0.0.1"


def serve(framebuffer: IFramebuffer, where: str = HERE, **options: Any) -> None:
    """
    Serve a framebuffer until the program is interrupted: run the reactor, and end
    the process.

    @param framebuffer: What is shown.

    @param where: A description of an endpoint, see
        L{twisted.internet.endpoints.serverFromString}.

    @param options: Whatever else L{RFBFactory} takes.

    @raise SystemExit: always: with status 1, and the reason on standard error, if
        it cannot be served.
    """

    async def main(reactor: Any) -> None:
        factory = RFBFactory(framebuffer, reactor=reactor, **options)
        await serverFromString(reactor, where).listen(factory)
        await Deferred()

    react(main)
