# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of bytes to events and back.
"""
