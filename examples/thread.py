# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""A thread that paints whenever it likes."""

import random
import sys
import time

from twisted.internet import defer, endpoints, task

from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.geometry import Rectangle
from txrfb.protocol import RFBFactory


def paint(reactor, framebuffer):
    while reactor.running:
        x, y = random.randrange(600), random.randrange(440)
        framebuffer.array[y : y + 40, x : x + 40, :3] = random.choices(range(256), k=3)
        reactor.callFromThread(framebuffer.damage, Rectangle(x, y, 40, 40))
        time.sleep(0.05)


async def main(reactor, where="tcp:5900:interface=127.0.0.1"):
    framebuffer = MemoryFramebuffer(640, 480, "Painted by a thread")
    await endpoints.serverFromString(reactor, where).listen(RFBFactory(framebuffer))
    reactor.callWhenRunning(reactor.callInThread, paint, reactor, framebuffer)
    await defer.Deferred()


task.react(main, sys.argv[1:])
