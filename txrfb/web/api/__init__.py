# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
HTTP for programs: pictures, state, and what else people do with keys and pointer.
"""
