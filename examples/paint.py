"""One sheet for everybody, to draw and write on: python paint.py [PORT or endpoint]"""

import sys

from zope.interface import implementer

from txrfb import MemoryFramebuffer, interfaces, keysyms, serve


@implementer(interfaces.IInputReceiver)
class Sheet(MemoryFramebuffer):
    at = (0, 0)

    def pointerEvent(self, x, y, buttons, viewer):
        if buttons & 1:
            with self.draw() as canvas:
                canvas.line([self.at, (x, y)], fill="orange", width=5)
        self.at = x, y

    def keyEvent(self, keysym, down, viewer):
        with self.draw() as canvas:
            letter = keysyms.toUnicode(keysym) if down else ""
            canvas.text(self.at, letter or "", fill="white", font_size=40)


serve(Sheet(800, 600), *sys.argv[1:])
