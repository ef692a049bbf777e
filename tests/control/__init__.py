# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests for L{txrfb.control}.
"""
