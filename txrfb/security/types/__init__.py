# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The security types: one module a type, the server's and the viewer's steps side by side
(RFC 6143, section 7.2).
"""

from __future__ import annotations

__all__ = ["SECURITY_TYPES"]

#: What people know security types by, also those that are not here.
SECURITY_TYPES = {
    1: "None",
    2: "VncAuth",
    5: "RA2",
    6: "RA2ne",
    16: "Tight",
    17: "Ultra",
    18: "TLS",
    19: "VeNCrypt",
    30: "ARD",
    113: "MSLogonII",
    129: "RA2_256",
    130: "RA2ne_256",
}
