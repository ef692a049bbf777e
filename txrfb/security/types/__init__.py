# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The security types: one module a type, the server's and the viewer's steps side by side
(RFC 6143, section 7.2).
"""
