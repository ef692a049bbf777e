"""Left and Right keep the pole upright: python cartpole.py [PORT or endpoint]

It needs pip install -r requirements-cartpole.txt.
"""

import sys

import gymnasium
from twisted.internet.task import LoopingCall
from zope.interface import implementer

from txrfb import MemoryFramebuffer, interfaces, keysyms, serve


@implementer(interfaces.IInputReceiver)
class Game(MemoryFramebuffer):
    action = 0

    def step(self):
        if world.step(self.action)[2]:
            world.reset()
        self.paste(world.render())

    def keyEvent(self, keysym, down, viewer):
        name = keysyms.nameOf(keysym)
        self.action = {"Left": 0, "Right": 1}.get(name, self.action)

    def pointerEvent(self, x, y, buttons, viewer): ...


world, game = gymnasium.make("CartPole-v1", render_mode="rgb_array"), Game(600, 400)
world.reset()
LoopingCall(game.step).start(1 / 30)
serve(game, *sys.argv[1:])
