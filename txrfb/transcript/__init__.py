# -*- test-case-name: tests.transcript.test_records -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Logs of a server, to be read after the event: C{python -m txrfb.transcript LOG} shows
one, follows it as it grows, and replays a viewer's side of a connection.
"""
