# -*- test-case-name: tests.feeds.test_fed -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Framebuffers that are painted by what a VNC server says, whatever brings it.

A L{FedFramebuffer} is one of them, without anything that brings it bytes.
"""

from txrfb.feeds.fed import FedFramebuffer

__all__ = ["FedFramebuffer"]
