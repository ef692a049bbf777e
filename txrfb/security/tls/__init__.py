# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
TLS: the server's side, the viewer's, and their certificates.
"""
