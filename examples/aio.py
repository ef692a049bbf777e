"""A server in a program of asyncio's: python aio.py [PORT or endpoint]"""

import asyncio
import contextlib
import itertools
import sys

from twisted.internet import asyncioreactor


async def main(where="5900"):
    loop = asyncio.get_running_loop()
    asyncioreactor.install(loop)
    from twisted.internet import reactor  # only now

    from txrfb import MemoryFramebuffer, RFBFactory

    reactor.startRunning(installSignalHandlers=False)
    framebuffer = MemoryFramebuffer(320, 240, "asyncio")
    await RFBFactory(framebuffer).listen(where).asFuture(loop)
    for second in itertools.count():
        framebuffer.fill("navy")
        with framebuffer.draw() as canvas:
            canvas.text((160, 120), str(second), "white", anchor="mm", font_size=90)
        await asyncio.sleep(1)


with contextlib.suppress(KeyboardInterrupt):
    asyncio.run(main(*sys.argv[1:]))
