# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests by any bytes in any pieces: nothing but a clean close may come out.
"""
