# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of framebuffers that are painted by what a server says.
"""
