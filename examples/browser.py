"""A screen for browsers, on a site of its own: python browser.py [endpoint]

noVNC finds it at ws://localhost:6080/websockify.
"""

import sys

from twisted.internet import reactor
from twisted.internet.endpoints import serverFromString
from twisted.web.resource import Resource
from twisted.web.server import Site

from txrfb import MemoryFramebuffer, RFBFactory
from txrfb.web import WebSocketResource

framebuffer = MemoryFramebuffer(320, 240, "browser")
framebuffer.fill("orange")
site = Resource()
site.putChild(b"websockify", WebSocketResource(RFBFactory(framebuffer)))

where = sys.argv[1] if sys.argv[1:] else "tcp:6080:interface=127.0.0.1"
listening = serverFromString(reactor, where).listen(Site(site))
listening.addErrback(lambda failure: (print(failure.value), reactor.stop()))
reactor.run()
