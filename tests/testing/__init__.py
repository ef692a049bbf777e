# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of what C{txrfb.testing} offers.
"""
