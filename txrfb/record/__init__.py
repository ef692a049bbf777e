# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Recordings of sessions, in the format FBS of rfbproxy.

A L{RecordingFramebuffer} plays one.
"""

from txrfb.record.player import RecordingFramebuffer

__all__ = ["RecordingFramebuffer"]
