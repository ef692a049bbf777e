# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A picture.  Run this, and open localhost:5900 in a VNC viewer.
"""

import sys

from twisted.internet import defer, endpoints, task

from txrfb.framebuffers.memory import MemoryFramebuffer
from txrfb.protocol import RFBFactory


async def main(reactor, where="tcp:5900:interface=127.0.0.1"):
    framebuffer = MemoryFramebuffer(640, 480, "A picture")
    with framebuffer.draw() as canvas:
        canvas.circle((320, 240), 180, fill="darkorange", outline="white", width=6)
        canvas.text((320, 240), "Hello, viewer", "white", anchor="mm", font_size=40)
    await endpoints.serverFromString(reactor, where).listen(RFBFactory(framebuffer))
    await defer.Deferred()


task.react(main, sys.argv[1:])
