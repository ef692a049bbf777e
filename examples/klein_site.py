"""A screen on a site of klein: python klein_site.py [endpoint]

noVNC finds it at ws://localhost:6080/websockify, and programs a picture of it at
http://localhost:6080/screen/screenshot.png.
"""

import sys

from klein import Klein

from txrfb import MemoryFramebuffer, RFBFactory
from txrfb.web import ApiResource, WebSocketResource

app = Klein()
framebuffer = MemoryFramebuffer(320, 240, "klein")
framebuffer.fill("orange")
factory = RFBFactory(framebuffer)
websocket, programs = WebSocketResource(factory), ApiResource(factory)


@app.route("/websockify")
def viewers(request):
    return websocket


@app.route("/screen/", branch=True)
def screen(request):
    return programs


where = sys.argv[1] if sys.argv[1:] else "tcp:6080:interface=127.0.0.1"
app.run(endpoint_description=where)
