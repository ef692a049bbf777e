# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
L{txrfb.log.bunyanObserver} by the command of node-bunyan.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from io import StringIO
from pathlib import Path
from unittest import SkipTest

from twisted.internet.task import Clock
from twisted.logger import Logger, globalLogPublisher
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from txrfb._wire.transcript import Transcript, traceMessages
from txrfb.log import bunyanObserver

COMMAND = Path(__file__).parent / "node_modules" / ".bin" / "bunyan"


class BunyanTests(SynchronousTestCase):
    """
    Bunyan shows every line as a record.
    """

    def setUp(self) -> None:
        """
        Skip where bunyan is not installed, but for C{CI}.
        """
        if shutil.which("node") and COMMAND.exists():
            return
        message = "bunyan, which install.sh brings, is not installed"
        if os.environ.get("CI"):
            self.fail(message)
        raise SkipTest(message)

    def bunyan(self, log: str, *options: str) -> list[str]:
        """
        @return: What it prints of a log.
        """
        done = subprocess.run(
            [COMMAND, "--no-color", *options],
            input=log,
            capture_output=True,
            text=True,
            timeout=60,
        )
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.splitlines()

    def test_connection(self) -> None:
        """
        A connection with its messages, and with an exception that ends it: each is a
        record with level and text, and bunyan's filters find it.
        """
        out = StringIO()
        globalLogPublisher.addObserver(observer := bunyanObserver(out))
        self.addCleanup(globalLogPublisher.removeObserver, observer)
        self.addCleanup(traceMessages, False)
        traceMessages()
        transcript = Transcript(7, Clock())
        transcript.opened("192.0.2.1:1234")
        transcript.rx("PointerEvent", 6)
        try:
            raise ValueError("odd")
        except ValueError:
            transcript.failed("an error", Failure())
        self.flushLoggedErrors(ValueError)
        Logger(namespace="tests").critical("the end")
        log = out.getvalue()
        shown = self.bunyan(log)
        for words in (
            "INFO: txrfb/",
            "Connection 7: opened by 192.0.2.1:1234",
            "DEBUG: txrfb/",
            "ERROR: txrfb/",
            "ValueError: odd",
            "FATAL: txrfb/",
            "the end",
        ):
            self.assertTrue(any(words in line for line in shown), words)
        # What it takes for no record it prints as it is.
        self.assertFalse([line for line in shown if line.startswith("{")])
        found = self.bunyan(log, "-c", "this.name_ === 'PointerEvent'", "-o", "short")
        self.assertIn("rx PointerEvent, 6 bytes", "\n".join(found))
        self.assertEqual(len(self.bunyan(log, "-l", "fatal", "-o", "bunyan")), 1)
