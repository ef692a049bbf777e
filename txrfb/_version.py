# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The version of txrfb.
"""

__version__ = "0.1.0"
