# -*- test-case-name: tests.broadcast.test_options -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The options of the command line for broadcasts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twisted.python.usage import Options, UsageError

from txrfb.security.accounts.rights import Rights

if TYPE_CHECKING:
    from txrfb.broadcast.address import Address
    from txrfb.broadcast.publisher import Publisher
    from txrfb.protocol import RFBFactory

__all__ = ["BroadcastOptions"]


class BroadcastOptions(Options):
    """
    Options to be mixed into those of a command.

    @ivar broadcast: Where the screen is published; C{None} for nowhere.
    @ivar warnings: What the administrator should know, in sentences.
    """

    broadcast: Address | None = None
    warnings: list[str]

    optParameters: list[list[Any]] = [  # noqa: RUF012
        [
            "publish",
            None,
            None,
            "Publish what is shown through Redis, redis://HOST/NAME, where any number"
            " of servers show it on, each by --framebuffer with the same.",
        ],
        [
            "publish-rights",
            None,
            None,
            "What viewers of these servers may do at the most: view, which is the"
            " default, full, or some of keys,pointer,clipboard,resize.",
        ],
    ]

    def checkBroadcast(self) -> None:
        """
        There is a warning if whoever may write to the engine has the keyboard.

        @raise UsageError: if there is something wrong with the options.
        """
        where, rights = self["publish"], self["publish-rights"]
        if where is None:
            if rights is not None:
                raise UsageError("--publish-rights: it is of no use without --publish")
            return
        # Needed by few.
        from txrfb.broadcast.address import Address

        try:
            self.broadcast = Address.fromString(where)
        except ValueError as error:
            raise UsageError(f"--publish {where!r}: {error}") from error
        if not self._broadcastRights().viewOnly:
            self.warnings.append(
                "--publish-rights: whoever may write to the engine has these rights"
            )

    def _broadcastRights(self) -> Rights:
        try:
            return Rights.fromString(self["publish-rights"] or "view")
        except ValueError as error:
            raise UsageError(
                f"--publish-rights {self['publish-rights']!r}: {error}"
            ) from error

    def whatIsPublished(self) -> list[str]:
        """
        @return: What is published and where, lines of text; none if nothing is.
        """
        if self.broadcast is None:
            return []
        rights = self._broadcastRights()
        return [f"the screen, to {self.broadcast.called}; viewers there may {rights}"]

    def makePublisher(self, factory: RFBFactory) -> Publisher | None:
        """
        @param factory: What serves the screen.

        @return: What publishes it; C{None} if nothing does.
        """
        if self.broadcast is None:
            return None
        # Needed by few.
        from txrfb.broadcast.publisher import Publisher

        return Publisher(factory, self.broadcast, rights=self._broadcastRights())
