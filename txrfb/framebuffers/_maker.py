# -*- test-case-name: tests.framebuffers.test_framebuffers -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What framebuffers have in common on the command line: how plugins make them, and how
sizes are written.
"""

from __future__ import annotations

from importlib import import_module

from twisted.internet.interfaces import IReactorTime
from twisted.plugin import IPlugin
from zope.interface import implementer

from txrfb.interfaces import IFramebuffer, IFramebufferFactory

__all__ = ["FramebufferMaker", "splitSize"]


@implementer(IPlugin, IFramebufferFactory)
class FramebufferMaker:
    """
    A plugin for one kind of framebuffer.  Every start of C{twistd} imports all
    plugins, so the framebuffer's module is imported only when one is made.

    @ivar prefix: The name of the kind.
    @ivar help: One line about it, for C{--help-framebuffer}.
    """

    def __init__(self, prefix: str, module: str, help: str) -> None:
        """
        @param prefix: The name of the kind.

        @param module: The name of a module with a function
            C{framebufferFromString(reactor, argument)}, for which
            L{IFramebufferFactory.framebufferFromString} holds.

        @param help: One line about it.
        """
        self.prefix = prefix
        self.module = module
        self.help = help

    def framebufferFromString(
        self, reactor: IReactorTime, argument: str
    ) -> IFramebuffer:
        """
        Import the module and call its C{framebufferFromString}.
        """
        make = import_module(self.module).framebufferFromString
        framebuffer: IFramebuffer = make(reactor, argument)
        return framebuffer


def splitSize(text: str) -> tuple[int, int] | None:
    """
    @param text: Anything.

    @return: Width and height if it is written like C{1024x768}, else C{None}.

    @raise ValueError: if width or height are not from 1 to 65535.
    """
    width, x, height = text.partition("x")
    if not (x and width.isdecimal() and height.isdecimal()):
        return None
    size = int(width), int(height)
    if not all(1 <= side <= 65535 for side in size):
        raise ValueError(f"size {text}: width and height must be from 1 to 65535")
    return size
