# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A VNC (RFB) server for Twisted: pixels in a process, seen and controlled from afar.
"""

from txrfb._version import __version__

__all__ = ["__version__"]
