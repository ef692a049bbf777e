# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""One sheet for everybody: drag to draw, type to write."""

import sys

from twisted.internet import defer, endpoints, task
from zope.interface import implementer

from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.interfaces import IInputReceiver
from txrfb.keysyms import toUnicode
from txrfb.protocol import RFBFactory


@implementer(IInputReceiver)
class Sheet(MemoryFramebuffer):
    at = (0, 0)

    def pointerEvent(self, x, y, buttons, viewer):
        if buttons & 1:
            with self.draw() as canvas:
                canvas.line([self.at, (x, y)], fill="orange", width=5)
        self.at = x, y

    def keyEvent(self, keysym, down, viewer):
        if down and toUnicode(keysym):
            with self.draw() as canvas:
                canvas.text(self.at, toUnicode(keysym), fill="white", font_size=40)


async def main(reactor, where="tcp:5900:interface=127.0.0.1"):
    await endpoints.serverFromString(reactor, where).listen(RFBFactory(Sheet(800, 600)))
    await defer.Deferred()


task.react(main, sys.argv[1:])
