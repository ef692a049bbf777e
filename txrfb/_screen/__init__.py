# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The screen: one framebuffer, shown to any number of viewers.

L{txrfb._screen.display} takes its pixels and sees what changed,
L{txrfb._screen.planner} cuts that into rectangles and encodes each once for all who
want the same.  Nothing here knows a connection.
"""
