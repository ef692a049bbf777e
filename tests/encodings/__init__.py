# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of encoders and decoders.
"""
