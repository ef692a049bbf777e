# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of the programs that make the numbers.
"""
