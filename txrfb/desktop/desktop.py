# -*- test-case-name: tests.desktop.test_desktop -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
A program on a display of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from twisted.application.service import IService, MultiService
from twisted.internet.defer import Deferred, maybeDeferred
from zope.interface import implementer

from txrfb.desktop.eye import Eye
from txrfb.desktop.fork import Fork
from txrfb.desktop.outcome import Outcome, anywhere
from txrfb.desktop.reactors import reactorHere
from txrfb.desktop.working import Place, Worked
from txrfb.error import DesktopError
from txrfb.framebuffers.run import RunFramebuffer
from txrfb.geometry import Screen
from txrfb.interfaces import IFramebuffer, IFramebufferOwner

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Desktop", "Place"]

#: Seconds that display and program have to be there.
_START = 60.0


@implementer(IFramebufferOwner)
class _Owner(MultiService):
    """
    Starts and stops display and program.
    """

    def __init__(self, ended: Callable[[str, int], None]) -> None:
        MultiService.__init__(self)
        self._ended = ended

    def framebufferEnded(self, reason: str, status: int = 1) -> None:
        """
        See L{IFramebufferOwner.framebufferEnded}.
        """
        self._ended(reason, status)


class Desktop(Worked):
    """
    A program on a display of its own.

    All methods that are to be awaited can be by programs of Twisted's, where they
    return a L{Deferred}, and by tasks of asyncio's.  What is not done in time raises
    L{NotSeen<txrfb.error.NotSeen>}, which says where a picture of the screen is.

    @ivar framebuffer: What viewers may see meanwhile:
        C{RFBFactory(desktop.framebuffer, reactor=desktop.reactor)}.
    @ivar reactor: What all of it runs on.
    @ivar pictures: A directory for pictures of what was on the screen when something
        else was expected; the system's for temporary files if it is empty.
    """

    framebuffer: IFramebuffer

    def __init__(
        self,
        program: str | Sequence[str],
        size: tuple[int, int] = (1280, 800),
        *,
        windowManager: str | Sequence[str] = "",
        environment: Mapping[str, str] | None = None,
        timeout: float = 10.0,
        pictures: str = "",
        reactor: Any = None,
    ) -> None:
        """
        @param program: A program and its arguments, as a shell takes them, or as a
            list.

        @param size: Width and height of the screen.

        @param windowManager: A window manager, likewise; without one windows fill the
            screen.  See L{RunFramebuffer.__init__
            <txrfb.framebuffers.run.RunFramebuffer.__init__>}.

        @param environment: Variables for the environment of the program, besides those
            of this process.

        @param timeout: The seconds that waiting takes at the most, where nothing else
            is said.

        @param pictures: See L{pictures}.

        @param reactor: What it runs on; if not given, the reactor of Twisted's, or one
            on the loop of asyncio's that runs when it is started.
        """
        super().__init__(timeout, pictures, reactor)
        self._program = program
        self._size = size
        self._options: dict[str, Any] = {
            "windowManager": windowManager,
            "environment": environment,
        }
        self._owner: _Owner | None = None

    # -- From the beginning to the end -----------------------------------------------

    @anywhere
    async def start(self) -> None:
        """
        Start display and program.

        @raise ValueError: if there is no such program, or no Xvfb.

        @raise DesktopError: if they cannot be started.
        """
        await self._start()

    async def _start(self) -> None:
        if self._owner is not None:
            raise DesktopError("the desktop has been started already")
        if self.reactor is None:
            self.reactor = reactorHere()
        self._run = run = RunFramebuffer(
            self._program, self._size, reactor=self.reactor, **self._options
        )
        run.onWindow = self._wake
        fork = Fork(run)
        self.framebuffer = fork.branch()
        self._eye = Eye(fork.branch(), self.reactor)
        self._owner = owner = _Owner(self._programEnded)
        self._status, self._reason = None, ""
        IService(run).setServiceParent(owner)
        try:
            MultiService.startService(owner)
            prepared: Deferred[None] = maybeDeferred(run.prepared)
            await prepared.addTimeout(_START, self.reactor)
            self._eye.open()
            await self._fresh()
            # What the program has shown by now it has shown since it was started.
            self._mark = self._eye.serial - (not self._eye.isPlain)
            self._noticed = 0
        except BaseException as error:
            await self._stop()
            if isinstance(error, Exception) and not isinstance(error, DesktopError):
                reason = self._reason or str(error) or type(error).__name__
                raise DesktopError(f"the desktop cannot be started: {reason}") from None
            raise

    @anywhere
    async def stop(self) -> None:
        """
        End program and display, if they have not ended.
        """
        await self._stop()

    async def _stop(self) -> None:
        owner, self._owner = self._owner, None
        if owner is None:
            return
        assert self._eye is not None
        self._eye.close()
        await MultiService.stopService(owner)

    @property
    def isRunning(self) -> bool:
        """
        Whether it was started, and has not been stopped.
        """
        return self._owner is not None

    def _programEnded(self, reason: str, status: int) -> None:
        self._status, self._reason = status, reason
        self._wake()

    def _wake(self) -> None:
        if self._eye is not None:
            self._eye.wake()

    def __aenter__(self) -> Outcome[Self]:
        """
        L{start}.
        """
        return self._enter()

    @anywhere
    async def _enter(self) -> Self:
        await self._start()
        return self

    def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> Outcome[None]:
        """
        L{stop}.
        """
        return self.stop()

    @property
    def environment(self) -> dict[str, str]:
        """
        The environment of other programs that are to be on this display.
        """
        self._open()
        environment: dict[str, str] = self._run.environment
        return environment

    @anywhere
    async def resize(self, width: int, height: int) -> None:
        """
        Give the screen another size.

        @raise DesktopError: if it cannot have it.
        """
        await self._act(needsWindow=False)
        screens = [Screen(1, 0, 0, width, height)]
        granted = await maybeDeferred(
            self._run.layoutRequested, width, height, screens, self._hand
        )
        if granted is not True:
            raise DesktopError(f"the screen cannot be {width}x{height}")
        eye = self._open()
        await self._until(
            lambda: eye.size == (width, height) or None,
            None,
            lambda: f"the screen is not {width}x{height}",
        )
