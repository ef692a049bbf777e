# -*- test-case-name: tests.desktop.test_desktop -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A program on a display of its own, which another program works: for tests, and for
whatever else has to use what was made for people::

    async with Desktop("xterm", size=(1024, 768)) as desktop:
        await desktop.type("echo hello\\n")
        await desktop.waitFor("hello.png", timeout=5)
        desktop.image().save("seen.png")

It works in programs of Twisted's and in those of asyncio's, and people may look on:
C{RFBFactory(desktop.framebuffer)} serves it like any other framebuffer.
"""

from txrfb.desktop.desktop import Desktop, Place

__all__ = ["Desktop", "Place"]
