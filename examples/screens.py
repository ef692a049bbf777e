"""One port, and a sheet for each user: python screens.py [PORT or endpoint]

Drag to draw.  Everybody's password is "paper"."""

import sys

from zope.interface import implementer

from txrfb import MemoryFramebuffer, interfaces, serve
from txrfb.security import UserScreen


@implementer(interfaces.IInputReceiver)
class Sheet(MemoryFramebuffer):
    def pointerEvent(self, x, y, buttons, viewer):
        if buttons & 1:
            with self.draw() as canvas:
                canvas.circle((x, y), 4, fill="orange")


sheets = {}


def login(name, password, address):
    if password == "paper":
        sheet = sheets.setdefault(name, Sheet(400, 300, f"The sheet of {name}"))
        return UserScreen(sheet)


serve(None, *sys.argv[1:], login=login)
