# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A client of X servers: the X Window System protocol, version 11, without any library of
C, and without ever waiting for a server.

L{txrfb.x11.wire} turns bytes into packets and back, and knows no transport;
L{txrfb.x11.core} and the modules that have the names of extensions have the requests.
L{txrfb.x11.connection} has one connection, on which a request is a Deferred of what the
server replies.
"""
