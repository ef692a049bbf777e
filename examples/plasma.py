"""Waves that rest while nobody watches: python plasma.py [PORT or endpoint]"""

import sys

import numpy as np
from twisted.internet.task import LoopingCall

from txrfb import MemoryFramebuffer, serve


class Plasma(MemoryFramebuffer):
    def resumeProducing(self):
        self.loop = LoopingCall(self.step)
        self.loop.start(1 / 30)

    def pauseProducing(self):
        self.loop.stop()

    def step(self):
        y, x, t = *np.ogrid[0:9:480j, 0:12:640j], self.loop.clock.seconds()
        for band, speed in enumerate((1, 1.3, 1.7)):
            wave = np.sin(x + t * speed) + np.sin(y - t) + np.sin((x + y) / 2 + t)
            self.array[..., band] = 128 + 42 * wave
        self.damage()


serve(Plasma(640, 480), *sys.argv[1:])
