"""A thread that paints whenever it likes."""

import random
import sys
import threading
import time

from txrfb import MemoryFramebuffer, serve

framebuffer = MemoryFramebuffer(640, 480, "Painted by a thread")


def paint():
    while True:
        x, y = random.randrange(600), random.randrange(440)
        framebuffer.array[y : y + 40, x : x + 40, :3] = random.choices(range(256), k=3)
        framebuffer.damage((x, y, 40, 40))
        time.sleep(0.05)


threading.Thread(target=paint, daemon=True).start()
serve(framebuffer, *sys.argv[1:])
