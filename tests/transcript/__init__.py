# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of logs that are read after the event.
"""
