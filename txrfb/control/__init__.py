# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The console of a server that runs: a Unix socket at which its owner asks and orders, and
C{python -m txrfb.control}, which does so from a shell.

On a connection there is one question and one answer, each a JSON object on a line.  The
question has C{command} and C{arguments}, a list of strings; the answer has C{text}, a
list of lines for people to read, and what belongs to it, or C{error}, a sentence.
"""
