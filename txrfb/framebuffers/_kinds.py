# -*- test-case-name: tests.framebuffers.test_framebuffers -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The kinds of framebuffers that are installed, by which the command line names them.
"""

from __future__ import annotations

from twisted.internet.interfaces import IReactorTime
from twisted.plugin import getPlugins

from txrfb.interfaces import IFramebuffer, IFramebufferFactory

__all__ = ["framebufferFactories", "framebufferFromString"]


def framebufferFactories() -> dict[str, IFramebufferFactory]:
    """
    @return: The kinds of framebuffers that are installed, by their prefixes, in
        the order of the alphabet.
    """
    found: dict[str, IFramebufferFactory] = {}
    for factory in getPlugins(IFramebufferFactory):
        found.setdefault(factory.prefix, factory)
    return dict(sorted(found.items()))


def framebufferFromString(reactor: IReactorTime, description: str) -> IFramebuffer:
    """
    @param reactor: What the framebuffer takes time from.

    @param description: C{KIND} or C{KIND:ARGUMENT}.

    @raise ValueError: if it does not describe a framebuffer, saying what is allowed;
        C{OSError} and C{ImportError} are possible, too.
    """
    prefix, _, argument = description.partition(":")
    factories = framebufferFactories()
    if prefix not in factories:
        raise ValueError(
            f"there is no kind {prefix!r}; there are {', '.join(factories)}"
        )
    return factories[prefix].framebufferFromString(reactor, argument)
