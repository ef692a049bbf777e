"""A test of a screen, without sockets: trial ./test_screen.py, or with pytest"""

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from txrfb.framebuffers import MemoryFramebuffer
from txrfb.interfaces import IInputReceiver
from txrfb.protocol import RFBFactory
from txrfb.testing import Viewer


@implementer(IInputReceiver)
class Lamp(MemoryFramebuffer):
    def keyEvent(self, keysym, down, viewer): ...
    def pointerEvent(self, x, y, buttons, viewer):
        self.fill("yellow" if buttons & 1 else "black")


class LampTests(SynchronousTestCase):
    def test_button(self):
        viewer = Viewer(RFBFactory(Lamp(320, 200), reactor=Clock()))
        viewer.buttonDown()
        viewer.waitFor(lambda: viewer.color(160, 100) == "#ffff00")
        viewer.buttonUp()
        viewer.waitFor(lambda: viewer.color(160, 100) == "#000000")
