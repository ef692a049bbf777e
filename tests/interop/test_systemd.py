# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Servers that replace each other under systemd itself, with the documentation's units: in
a namespace of its own, which has no network but its own either.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from tests.interop.test_command import need
from tests.test_deploy import commands, units
from tests.test_plugin import ROOT, TWISTD

#: Where Debian has it; it is not on the path.
_SYSTEMD = "/lib/systemd/systemd"

#: What systemd does not do for services of users, as these are here.
_OF_SYSTEM = re.compile(
    r"^(LoadCredential|DynamicUser|User|StateDirectory)=.*\n", re.MULTILINE
)

#: Runs with the namespace's first process.  Says a line each time, and what is in it.
_SESSION = """
set -eu
mount --make-rprivate / 2> /dev/null || :
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/system /run/user
export XDG_RUNTIME_DIR=/run/user XDG_CONFIG_HOME={top}
ip link set lo up
{systemd} --user > {top}/systemd.log 2>&1 &
until systemctl --user start desk.socket 2> {top}/said; do sleep 0.1; done
{python} {top}/session.py
"""

#: Plays the viewers.
_VIEWERS = """
import json, os, socket, subprocess, sys, time
from tests.test_plugin import handshake

def connect():
    return socket.create_connection(("127.0.0.1", 5900), 60)

def greeted(times):
    for _ in range(times):
        with connect() as one:
            assert one.recv(12, socket.MSG_WAITALL) == b"RFB 003.008\\n"

def active(unit):
    command = ["systemctl", "--user", "is-active", unit]
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()

viewer = connect()
handshake(viewer)
for command in {commands!r}:
    subprocess.run(command, check=True)
    greeted(30)
told = [active("desk@1"), active("desk@2")]
command = ["systemctl", "--user", "show", "-P", "StatusText", "desk@1"]
told.append(subprocess.run(command, capture_output=True, text=True).stdout)
viewer.sendall(b"\\3\\0\\0\\0\\0\\0\\0\\1\\0\\1")
assert viewer.recv(4, socket.MSG_WAITALL) == b"\\0\\0\\0\\1"
viewer.close()
end = time.monotonic() + 30
while active("desk@1") != "inactive" and time.monotonic() < end:
    time.sleep(0.05)
greeted(30)
told += [active("desk@1"), active("desk@2")]
print("TOLD", json.dumps(told))
"""


class ReplacedTests(SynchronousTestCase):
    """
    Units.
    """

    def test_replaced(self) -> None:
        """
        The first viewer starts a server; another takes its place, as the documentation
        has it; nobody is refused, the viewer of the first stays, and the first is not
        started again when it has ended.
        """
        if not os.path.exists(_SYSTEMD):
            need("systemd")
        # What is mounted is made private there, as it cannot be in a chroot.
        alone = ["unshare", "--mount", "--propagation", "unchanged", "--pid", "--fork"]
        alone += ["--net", "--mount-proc"]
        if subprocess.run([*alone, "true"], capture_output=True).returncode:
            raise SkipTest("namespaces can only be made by root")
        top = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, top)
        directory = Path(top, "systemd/user")
        directory.mkdir(parents=True)
        for name, text in units("desk").items():
            text = text.replace("/opt/txrfb/bin/twistd", f"{sys.executable} {top}/run")
            text = text.replace("vnc:/run/desk.sock", "testcard:still")
            text = re.sub(r"--password-file \S+", "", text)
            directory.joinpath(name).write_text(_OF_SYSTEM.sub("", text))
        Path(top, "run").write_text(
            f"import sys\nsys.path[:0] = [{str(ROOT)!r}]\n{TWISTD}"
        )
        given = [line.split() for line in commands("systemctl") if "desk@" in line]
        self.assertEqual(len(given), 2)
        for words in given:
            words.insert(1, "--user")
        Path(top, "session.py").write_text(
            f"import sys\nsys.path[:0] = [{str(ROOT)!r}]\n"
            + _VIEWERS.format(commands=given)
        )
        script = _SESSION.format(top=top, systemd=_SYSTEMD, python=sys.executable)
        done = subprocess.run(
            [*alone, "timeout", "100", "sh", "-c", textwrap.dedent(script)],
            capture_output=True,
            text=True,
        )
        said = done.stdout + done.stderr + Path(top, "systemd.log").read_text()
        self.assertEqual(done.returncode, 0, said)
        self.assertRegex(
            said,
            r'TOLD \["active", "active", "draining: no more viewers are taken, .*",'
            r' "inactive", "active"\]',
        )
