# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A server in use for long: what it held for its viewers must be gone when they are.
"""
