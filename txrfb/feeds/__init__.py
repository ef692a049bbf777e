# -*- test-case-name: tests.feeds.test_fed -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Framebuffers that are painted by what a VNC server says, whatever brings it.

A L{RelayFramebuffer} shows what another VNC server shows, by a connection to it; a
L{FedFramebuffer} is without anything that brings it bytes.
"""

from txrfb.feeds.fed import FedFramebuffer
from txrfb.feeds.relay import RelayFramebuffer

__all__ = ["FedFramebuffer", "RelayFramebuffer"]
