# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""A gymnasium environment as a game: Left and Right keep the pole upright."""

import sys

import gymnasium
from twisted.internet import endpoints, task
from zope.interface import implementer

from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.interfaces import IInputReceiver
from txrfb.keysyms import nameOf
from txrfb.protocol import RFBFactory


@implementer(IInputReceiver)
class Game(MemoryFramebuffer):
    action = 0

    def step(self, world):
        if world.step(self.action)[2]:
            world.reset()
        self.paste(world.render())

    def keyEvent(self, keysym, down, viewer):
        self.action = {"Left": 0, "Right": 1}.get(nameOf(keysym), self.action)

    def pointerEvent(self, x, y, buttons, viewer): ...


async def main(reactor, where="tcp:5900:interface=127.0.0.1"):
    world, game = gymnasium.make("CartPole-v1", render_mode="rgb_array"), Game(600, 400)
    world.reset()
    await endpoints.serverFromString(reactor, where).listen(RFBFactory(game))
    await task.LoopingCall(game.step, world).start(1 / 30)


task.react(main, sys.argv[1:])
