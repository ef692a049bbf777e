# -*- test-case-name: tests.x11.test_randr -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The size of a screen and its monitors, by RANDR: what they are, and having another size.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Sequence
from typing import Any

from twisted.internet.defer import Deferred, DeferredLock, inlineCallbacks
from twisted.logger import Logger
from twisted.python.failure import Failure

from txrfb.error import DisplayError
from txrfb.geometry import Rectangle, Screen
from txrfb.x11 import core, randr
from txrfb.x11.atoms import internAtoms
from txrfb.x11.connection import X11Connection
from txrfb.x11.gather import gathered
from txrfb.x11.view import ScreenView
from txrfb.x11.wire import CORE, Packet

__all__ = ["Screens"]

#: The versions that have what is asked for: sizes, and monitors.
_MIN_VERSION, _MONITORS = (1, 3), (1, 5)

#: How many monitors there may be.
_MAX_MONITORS = 64

#: What those are called that viewers ask for.  No output may have such a name.
_MONITOR = "viewer-{number}"

_log = Logger()


class Screens:
    """
    Follows the monitors of a display, and changes its size.

    @ivar screens: The monitors; nothing if the display does not tell.
    @ivar offers: Whether the size can be changed, as far as is known.
    @ivar missing: The extension that it lacks if it cannot.
    """

    def __init__(
        self,
        connection: X11Connection,
        view: ScreenView,
        changed: Callable[[], None],
    ) -> None:
        """
        @param connection: A connection on which the server has let us in.

        @param view: What follows the size.

        @param changed: Called when C{screens} has changed.
        """
        self._connection = connection
        self._view = view
        self._changed = changed
        self._root = connection.screen.root
        self._hasMonitors = False
        self._isReading = self._isDoubtful = False
        self._lock = DeferredLock()
        # The output and the mode that was made here and is shown.
        self._made: tuple[int, int] | None = None
        # The names of monitors that were set here, and the numbers that the viewer who
        # asked for them has for them.
        self._numbers: dict[int, int] = {}
        self.screens: tuple[Screen, ...] = ()
        self.offers = False
        self.missing = ""

    @inlineCallbacks
    def start(self) -> Generator[Deferred[Any], Any, None]:
        """
        Find out what there is.
        """
        connection = self._connection
        self.missing = randr.NAME
        if (yield connection.extension(randr.NAME)) is None:
            return
        version = yield connection.ask(randr.queryVersion())
        if version < _MIN_VERSION:
            return
        self.missing = ""
        self.offers = True
        self._hasMonitors = version >= _MONITORS
        for number in (randr.SCREEN_CHANGE_NOTIFY, randr.NOTIFY):
            connection.addListener(randr.NAME, number, self._event)
        # Of monitors that are set no more is told than this.
        connection.addListener(CORE, core.CONFIGURE_NOTIFY, self._event)
        connection.send(randr.selectInput(self._root))
        yield self._read()

    def watch(self, isWanted: bool) -> None:
        """
        Whether somebody looks makes no difference.
        """

    def stop(self) -> None:
        """
        What is shown goes on being shown, but monitors that there are not are no use
        to who sits in front of the display.
        """
        self._unset(self._numbers)

    # -- Monitors --------------------------------------------------------------------

    def _event(self, event: Packet) -> None:
        """
        Several come for one change, the first of them with the old size.
        """
        self._view.checkSize()
        self._isDoubtful = True
        if not self._isReading:
            self._read().addErrback(self._notRead)

    @inlineCallbacks
    def _read(self) -> Generator[Deferred[Any], Any, None]:
        self._isReading = self._isDoubtful = True
        try:
            while self._isDoubtful:
                self._isDoubtful = False
                found = yield self._places()
                yield self._view.checkSize()
                self._use(found)
        finally:
            self._isReading = False

    def _notRead(self, failure: Failure) -> None:
        if not self._connection.isLost:
            _log.warn(
                "The monitors of the X display: {error}",
                error=failure.getErrorMessage(),
            )

    @inlineCallbacks
    def _places(self) -> Generator[Deferred[Any], Any, list[tuple[int, Rectangle]]]:
        """
        @return: Fires with the monitors, by numbers that they keep.
        """
        ask = self._connection.ask
        if self._hasMonitors:
            monitors = yield ask(randr.getMonitors(self._root))
            numbers = self._numbers
            return [(numbers.get(one.name, one.name), one.place) for one in monitors]
        resources = yield ask(randr.getScreenResources(self._root))
        crtcs = yield gathered(
            [ask(randr.getCrtcInfo(one, resources.time)) for one in resources.crtcs]
        )
        return [
            (id, crtc.place) for id, crtc in zip(resources.crtcs, crtcs) if crtc.mode
        ]

    def _use(self, found: list[tuple[int, Rectangle]]) -> None:
        bounds = self._view.source.bounds
        screens: list[Screen] = []
        seen: set[Rectangle] = set()
        for id, place in found[:_MAX_MONITORS]:
            inside = place.intersection(bounds)
            # Two that show the same are one to viewers.
            if not inside.isEmpty and inside not in seen:
                seen.add(inside)
                screens.append(Screen(id, *inside))
        if tuple(screens) != self.screens:
            self.screens = tuple(screens)
            self._changed()

    # -- Sizes -----------------------------------------------------------------------

    def resize(
        self, width: int, height: int, screens: Sequence[Screen] = ()
    ) -> Deferred[bool]:
        """
        Have another size, and monitors.

        @param screens: The monitors, if there shall be several.

        @return: Fires with whether the display has it, when the view has it, too.
            It goes on if it is canceled.
        """
        answer: Deferred[bool] = Deferred(_goesOn)
        if len(screens) < 2:
            screens = (Screen(0, 0, 0, width, height),)
        done = self._lock.run(self._arrange, width, height, screens)
        done.addErrback(self._notResized, width, height)

        def tell(isDone: bool) -> None:
            if not answer.called:
                answer.callback(isDone)

        done.addCallback(tell)
        return answer

    def _notResized(self, failure: Failure, width: int, height: int) -> bool:
        if not failure.check(DisplayError):
            _log.failure("The X display was not resized", failure)
        else:
            _log.info(
                "The X display does not take the size {width}x{height}: {error}",
                width=width,
                height=height,
                error=failure.getErrorMessage(),
            )
        return False

    @inlineCallbacks
    def _arrange(
        self, width: int, height: int, screens: Sequence[Screen]
    ) -> Generator[Deferred[Any], Any, bool]:
        if not (yield self._resize(width, height)):
            return False
        places = [one[1:5] for one in screens]
        if places != [one[1:5] for one in self.screens] and self._hasMonitors:
            yield self._divide(screens)
            self._use((yield self._places()))
        return True

    @inlineCallbacks
    def _divide(self, screens: Sequence[Screen]) -> Generator[Deferred[Any], Any, None]:
        """
        Have what the one output shows taken for several monitors, or for one again.
        """
        connection, root = self._connection, self._root
        if len(screens) > _MAX_MONITORS:
            raise DisplayError(f"{len(screens)} monitors are too many")
        resources = yield connection.ask(randr.getScreenResources(root))
        output, _ = yield self._onlyOutput(resources)
        before = yield connection.ask(randr.getMonitors(root))
        names: list[int] = []
        if len(screens) > 1:
            names = yield internAtoms(
                connection,
                *(_MONITOR.format(number=1 + one) for one in range(len(screens))),
            )
        requests = [
            randr.deleteMonitor(root, one.name)
            for one in before
            if not one.isAutomatic and one.name not in names
        ]
        for number, (name, screen) in enumerate(zip(names, screens)):
            monitor = randr.Monitor(name, not number, False, Rectangle(*screen[1:5]))
            # The output can be part of one only.
            outputs = () if number else (output,)
            requests.append(randr.setMonitor(root, monitor, outputs))
        self._numbers = {name: screen.id for name, screen in zip(names, screens)}
        try:
            yield connection.check(*requests)
        except DisplayError:
            self._unset(names)
            self._numbers = {}
            raise

    def _unset(self, names: Iterable[int]) -> None:
        """
        Have monitors no longer that were set here, if there are any.
        """
        self._connection.sendQuietly(
            *(randr.deleteMonitor(self._root, name) for name in names)
        )

    @inlineCallbacks
    def _resize(self, width: int, height: int) -> Generator[Deferred[Any], Any, bool]:
        connection, view = self._connection, self._view
        if not self.offers:
            raise DisplayError("it has no RANDR 1.3")
        if (width, height) == (view.source.width, view.source.height):
            return True
        limits = yield connection.ask(randr.getScreenSizeRange(self._root))
        least, lowest, most, highest = limits
        if not (least <= width <= most and lowest <= height <= highest):
            raise DisplayError(
                f"it has {least}x{lowest} at the least and {most}x{highest} at the most"
            )
        resources = yield connection.ask(randr.getScreenResources(self._root))
        output, found = yield self._onlyOutput(resources)
        before = yield connection.ask(randr.getCrtcInfo(found.crtc, resources.time))
        mode, isMade = yield self._modeFor(width, height, resources, found)
        shown = randr.Mode(mode, width, height)
        yield self._switch(output, found.crtc, resources.time, before, shown, isMade)
        made, self._made = self._made, (output, mode) if isMade else None
        if made is not None:
            self._forget(*made)
        yield view.checkSize()
        return (view.source.width, view.source.height) == (width, height)

    @inlineCallbacks
    def _onlyOutput(
        self, resources: randr.Resources
    ) -> Generator[Deferred[Any], Any, tuple[int, randr.Output]]:
        """
        @return: Fires with the output that shows the screen.
        """
        ask = self._connection.ask
        outputs = yield gathered(
            [
                ask(randr.getOutputInfo(output, resources.time))
                for output in resources.outputs
            ]
        )
        shown = [
            (id, output)
            for id, output in zip(resources.outputs, outputs)
            if output.crtc
        ]
        if len(shown) != 1:
            raise DisplayError(f"it has {len(shown)} monitors that are on")
        return shown[0]

    @inlineCallbacks
    def _modeFor(
        self, width: int, height: int, resources: randr.Resources, output: randr.Output
    ) -> Generator[Deferred[Any], Any, tuple[int, bool]]:
        """
        @return: Fires with a mode of the size, and whether it was made here.
        """
        for mode in resources.modes:
            if mode.id in output.modes and (mode.width, mode.height) == (width, height):
                return mode.id, False
        # Names stay with the server, whoever made them.
        name = f"{width}x{height}-{os.urandom(4).hex()}"
        question = randr.createMode(self._root, width, height, name)
        return (yield self._connection.ask(question)), True

    @inlineCallbacks
    def _switch(
        self,
        output: int,
        crtc: int,
        time: int,
        before: randr.Crtc,
        mode: randr.Mode,
        isMade: bool,
    ) -> Generator[Deferred[Any], Any, None]:
        """
        Show another mode, or what was shown before.
        """
        connection = self._connection
        connection.send(core.grabServer())
        isOff = False
        try:
            if isMade:
                yield connection.check(randr.addOutputMode(output, mode.id))
            # The size may not be less than what is shown.
            yield self._configure(randr.setCrtcConfig(crtc, time))
            isOff = True
            yield connection.check(
                randr.setScreenSize(self._root, mode.width, mode.height)
            )
            yield self._configure(
                randr.setCrtcConfig(crtc, time, (0, 0), mode.id, [output])
            )
        except DisplayError:
            if isOff:
                yield self._restore(crtc, time, before)
            if isMade:
                self._forget(output, mode.id)
            raise
        finally:
            connection.send(core.ungrabServer())

    @inlineCallbacks
    def _configure(self, question: Any) -> Generator[Deferred[Any], Any, None]:
        status = yield self._connection.ask(question)
        if status:
            raise DisplayError(f"it refuses to show that ({status})")

    @inlineCallbacks
    def _restore(
        self, crtc: int, time: int, before: randr.Crtc
    ) -> Generator[Deferred[Any], Any, None]:
        source = self._view.source
        x, y, _, _ = before.place
        self._connection.send(
            randr.setScreenSize(self._root, source.width, source.height)
        )
        question = randr.setCrtcConfig(crtc, time, (x, y), before.mode, before.outputs)
        try:
            yield self._configure(question)
        except DisplayError as error:
            _log.warn("The X display shows nothing now: {error}", error=error)

    def _forget(self, output: int, mode: int) -> None:
        """
        Have a mode no longer that was made here.
        """
        self._connection.sendQuietly(
            randr.deleteOutputMode(output, mode), randr.destroyMode(mode)
        )


def _goesOn(answer: Deferred[bool]) -> None:
    """
    Nobody waits for it any more, but to stop in the midst would leave nothing shown.
    """
