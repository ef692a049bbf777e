# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of the hot loops, in C and in numpy.
"""
