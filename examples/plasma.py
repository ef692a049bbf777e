# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""Waves of color made by numpy, which rest while nobody looks."""

import sys

import numpy as np
from twisted.internet import defer, endpoints, task

from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.protocol import RFBFactory


class Plasma(MemoryFramebuffer):
    def step(self):
        y, x = np.ogrid[0:9:480j, 0:12:640j]
        for band in range(3):
            t = self.loop.clock.seconds() * (band + 3) / 3
            wave = np.sin(x + t) + np.sin(y - t) + np.sin((x + y) / 2 + t)
            self.array[..., band] = 128 + 42 * wave
        self.damage()

    def resumeProducing(self):
        self.loop = task.LoopingCall(self.step)
        self.loop.start(1 / 30)

    def pauseProducing(self):
        self.loop.stop()


async def main(reactor, where="tcp:5900:interface=127.0.0.1"):
    await endpoints.serverFromString(reactor, where).listen(
        RFBFactory(Plasma(640, 480))
    )
    await defer.Deferred()


task.react(main, sys.argv[1:])
