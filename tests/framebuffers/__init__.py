# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of where pixels come from.
"""
