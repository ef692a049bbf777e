# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of L{txrfb.broadcast.options}, and of C{redis:} as a framebuffer.
"""

from __future__ import annotations

import io
from typing import Any

from twisted.internet.testing import MemoryReactorClock
from twisted.python.usage import UsageError
from twisted.trial.unittest import SynchronousTestCase

from txrfb.broadcast import BroadcastFramebuffer, Publisher
from txrfb.tap import Options, makeService


class OptionsTests(SynchronousTestCase):
    """
    The command line.
    """

    def parse(self, *arguments: str) -> Any:
        """
        @return: The options.
        """
        options = Options(MemoryReactorClock())
        options.authOutput = io.StringIO()
        options.parseOptions(["--port=0", *arguments])
        return options

    def refusal(self, *arguments: str) -> str:
        """
        @return: Why they are refused.
        """
        with self.assertRaises(UsageError) as caught:
            self.parse(*arguments)
        return str(caught.exception)

    def publishers(self, options: Any) -> list[Any]:
        """
        @return: What publishes.
        """
        service = makeService(options)
        return [one for one in service.services if isinstance(one, Publisher)]

    def test_nothing(self) -> None:
        """
        By default nothing is published.
        """
        self.assertEqual(self.publishers(self.parse()), [])

    def test_publish(self) -> None:
        """
        C{--publish} publishes; viewers elsewhere view only, unless told otherwise,
        which is warned of.
        """
        options = self.parse("--publish", "redis://host/lobby")
        [publisher] = self.publishers(options)
        self.assertEqual(str(publisher._rights), "view")
        self.assertEqual(publisher.report()["to"], "redis://host/lobby")
        options = self.parse("--publish=redis:///a", "--publish-rights=keys,pointer")
        [publisher] = self.publishers(options)
        self.assertEqual(str(publisher._rights), "view,keys,pointer")
        self.assertIn("whoever may write to the engine", "".join(options.warnings))

    def test_edge(self) -> None:
        """
        C{--framebuffer redis://...} is an edge.
        """
        for kind in ("redis", "rediss"):
            options = self.parse("--framebuffer", f"{kind}://host/lobby")
            edge = options.framebuffer
            self.assertIsInstance(edge, BroadcastFramebuffer)
            self.assertEqual(edge.report()["from"], f"{kind}://host/lobby")

    def test_wrong(self) -> None:
        """
        What is wrong is refused in words.
        """
        for arguments, words in (
            (["--publish", "host/lobby"], "--publish 'host/lobby': expected redis://"),
            (["--publish-rights=view"], "of no use without --publish"),
            (
                ["--publish=redis:///a", "--publish-rights=fly"],
                "--publish-rights 'fly': no such rights: fly",
            ),
            (["--framebuffer", "redis:host"], "expected redis://"),
            (["--framebuffer", "redis://u:x@host/a"], "password-file=FILE"),
        ):
            self.assertIn(words, self.refusal(*arguments))

    def test_check(self) -> None:
        """
        C{--check} tells where it is published.
        """
        options = self.parse("--publish=redis://host/lobby")
        self.assertEqual(
            options.summary()[-2:],
            [
                "It is published:",
                "  the screen, to redis://host/lobby; viewers there may view",
            ],
        )
