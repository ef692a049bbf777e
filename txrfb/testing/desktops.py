# -*- test-case-name: tests.testing.test_desktops -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
Tests of programs with windows.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from twisted.internet.defer import maybeDeferred
from twisted.python.failure import Failure
from twisted.trial.unittest import SkipTest, TestCase

from txrfb.desktop import Desktop
from txrfb.error import NotSeen
from txrfb.x11.xvfb import NoXvfb

__all__ = ["DesktopTestCase"]


class DesktopTestCase(TestCase):
    """
    Tests that work programs on displays of their own::

        class EditorTests(DesktopTestCase):
            async def test_greeting(self) -> None:
                desktop = await self.desktop("xterm -e cat")
                await desktop.type("hello")
                await desktop.waitFor("hello.png")

    Where there is no Xvfb they are skipped.  When one fails, what was on the screens is
    kept, and the failure says where.  They are run by trial, and by pytest.
    """

    def __init__(self, methodName: str = "runTest") -> None:
        TestCase.__init__(self, methodName)
        self._desktops: list[Desktop] = []
        test = getattr(self, methodName, None)
        if test is not None:
            setattr(self, methodName, self._keeping(test))

    def _keeping(self, test: Callable[[], Any]) -> Callable[[], Any]:
        """
        @return: The test; if it fails, pictures are kept.
        """

        @wraps(test)
        def run() -> Any:
            return maybeDeferred(test).addErrback(self._failed)

        return run

    async def desktop(
        self,
        program: str | Sequence[str],
        size: tuple[int, int] = (1024, 768),
        **options: Any,
    ) -> Desktop:
        """
        Start a program on a display of its own; both end with the test.

        @param program: As L{Desktop.__init__<txrfb.desktop.Desktop.__init__>} takes it.

        @param size: Width and height of the screen.

        @param options: Whatever else it takes.

        @return: The desktop.

        @raise SkipTest: if there is no Xvfb.
        """
        options.setdefault("pictures", os.path.abspath(TestCase.mktemp(self)))
        desktop = Desktop(program, size, **options)
        try:
            await desktop.start()
        except NoXvfb as error:
            raise SkipTest(str(error)) from None
        self._desktops.append(desktop)
        self.addCleanup(desktop.stop)
        return desktop

    def _failed(self, failure: Failure) -> Failure:
        """
        Say where pictures of the screens are.
        """
        # What was waited for says so itself.
        if failure.check(SkipTest, NotSeen) or not self._desktops:
            return failure
        kept = ", ".join(desktop.keep() for desktop in self._desktops)
        words = f"what was on the screen is in {kept}"
        error: Any = failure.value
        if error.args and isinstance(error.args[0], str):
            error.args = (f"{error.args[0]}\n{words}", *error.args[1:])
        elif not error.args:
            error.args = (words,)
        else:
            print(words)
        return failure
