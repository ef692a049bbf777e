# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of broadcasts.
"""
