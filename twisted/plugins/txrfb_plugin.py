# -*- test-case-name: tests.framebuffers.test_framebuffers -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What C{twistd} finds of txrfb, by name only: every start of C{twistd} imports this.
"""

from txrfb._starting import DaemonMaker
from txrfb.framebuffers import FramebufferMaker

rfb = DaemonMaker("RFB", "txrfb.tap", "A VNC (RFB) server.", "rfb")

testCard = FramebufferMaker(
    "testcard",
    "txrfb.framebuffers.testcard",
    "testcard:[WIDTHxHEIGHT][:still]: a test card, moving unless it is to be still",
)

image = FramebufferMaker(
    "image",
    "txrfb.framebuffers.image",
    "image:PATH[:WIDTHxHEIGHT|:full]: a picture or animation, read again when it"
    " changes; scaled to 1920x1080 if it is larger and not :full",
)

crop = FramebufferMaker(
    "crop",
    "txrfb.framebuffers.crop",
    "crop:X,Y,WIDTH,HEIGHT:KIND[:ARGUMENT]: a rectangle of another framebuffer",
)

scale = FramebufferMaker(
    "scale",
    "txrfb.framebuffers.scale",
    "scale:FACTOR|WIDTHxHEIGHT:KIND[:ARGUMENT]: another framebuffer in another size",
)

mapped = FramebufferMaker(
    "mmap",
    "txrfb.framebuffers._mmap",
    "mmap:FILE,width=WIDTH,height=HEIGHT[,stride=][,offset=][,format=][,socket=]: the"
    " memory of another program",
)

x11 = FramebufferMaker(
    "x11",
    "txrfb.framebuffers.x11",
    "x11:DISPLAY[,reconnect=yes][,primary=yes][,authority=FILE]: an X display",
)

run = FramebufferMaker(
    "run",
    "txrfb.framebuffers._run",
    "run:[size=WIDTHxHEIGHT] [wm=PROGRAM] [restart=yes] [primary=yes] PROGRAM"
    " [ARGUMENT ...]: a program on a display of its own",
)

vnc = FramebufferMaker(
    "vnc",
    "txrfb.feeds._vnc",
    "vnc:HOST[:PORT][,user=NAME][,password-file=FILE][,...]: what another VNC server"
    " shows, by one connection for all viewers",
)

broadcast = FramebufferMaker(
    "redis",
    "txrfb.broadcast._redis",
    "redis://[USER@]HOST[:PORT]/NAME[,password-file=FILE]: what another server"
    " publishes with --publish",
)

secureBroadcast = FramebufferMaker(
    "rediss",
    "txrfb.broadcast._rediss",
    "rediss://[USER@]HOST[:PORT]/NAME[,password-file=FILE][,ca=FILE]: the same, by TLS",
)

recording = FramebufferMaker(
    "fbs",
    "txrfb.record._fbs",
    "fbs:FILE[,speed=1][,loop=yes][,start=SECONDS][,idle=2]: a recording",
)
