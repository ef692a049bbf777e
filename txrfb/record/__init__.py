# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Recordings of sessions, in the format FBS of rfbproxy.
"""
