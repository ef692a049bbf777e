# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The tests of txrfb.
"""

from hypothesis import settings

# How long an example takes says more about the machine than about the code.
settings.register_profile("txrfb", deadline=None)
settings.load_profile("txrfb")
