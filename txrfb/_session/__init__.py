# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The session: one viewer, from its first byte to its last.

L{txrfb._session.server} is the protocol on its transport,
L{txrfb._session.handshake} what it does up to ClientInit,
L{txrfb._session.updates} what it is sent from then on, and
L{txrfb._session.extensions} what it can do beyond RFC 6143.
"""
