# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The tests of txrfb.
"""

import atexit
import os
import shutil
import tempfile

from hypothesis import settings

# The path of a UNIX socket has at most 107 bytes: a deep directory leaves no room.
if len(tempfile.gettempdir()) > 40:
    os.environ["TMPDIR"] = tempfile.tempdir = "/tmp"

# What a daemon makes for itself belongs to no user of this machine.
_STATE = tempfile.mkdtemp("-txrfb")
atexit.register(shutil.rmtree, _STATE, ignore_errors=True)
os.environ["XDG_STATE_HOME"] = _STATE
os.environ.pop("STATE_DIRECTORY", None)

# How long an example takes says more about the machine than about the code.
settings.register_profile("txrfb", deadline=None)
settings.load_profile("txrfb")
