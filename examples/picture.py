"""A picture: python picture.py [PORT or endpoint], then a viewer at localhost:5900"""

import sys

from txrfb import MemoryFramebuffer, serve

framebuffer = MemoryFramebuffer(640, 480, "A picture")
with framebuffer.draw() as canvas:
    canvas.circle((320, 240), 180, fill="darkorange", outline="white", width=6)
    canvas.text((320, 240), "Hello, viewer", "white", anchor="mm", font_size=40)

serve(framebuffer, *sys.argv[1:])
