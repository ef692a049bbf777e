# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The wire: bytes to events and back, without input or output.

L{txrfb._wire.connection} is the server's side of the conversation,
L{txrfb._wire.messages} what is said in it, L{txrfb._wire.transcript} what is written
down of it.  Nothing here knows a transport, a clock or a framebuffer.
"""
