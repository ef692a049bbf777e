"""Many watch a VNC server: python relay.py HOST PORT [PORT or endpoint]"""

import os
import sys

from twisted.internet import reactor
from twisted.internet.endpoints import HostnameEndpoint

from txrfb import serve
from txrfb.feeds import RelayFramebuffer

host, port, *where = sys.argv[1:]
screen = RelayFramebuffer(
    HostnameEndpoint(reactor, host, int(port)),
    os.environ.get("VNC_PASSWORD"),
    called=f"{host} port {port}",
)
serve(screen, *where, viewOnly=True)
