"""A thread that makes whole pictures: python thread.py [PORT or endpoint]"""

import itertools
import sys
import threading
import time

from PIL import Image, ImageDraw

from txrfb import MemoryFramebuffer, serve

framebuffer = MemoryFramebuffer(640, 480, "Painted by a thread")


def paint():
    for count in itertools.count():
        picture = Image.new("RGB", (640, 480), "navy")
        x = abs(count * 5 % 1120 - 560)
        ImageDraw.Draw(picture).ellipse((x, 200, x + 80, 280), "orange")
        framebuffer.show(picture)
        time.sleep(1 / 30)


threading.Thread(target=paint, daemon=True).start()
serve(framebuffer, *sys.argv[1:])
