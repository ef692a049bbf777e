# -*- test-case-name: tests.x11.test_inputs -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
What viewers do with keyboard and pointer, on its way to an X display.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Generator, Hashable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred, TimeoutError, inlineCallbacks
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from txrfb.error import DisplayError
from txrfb.x11 import core, devices, xkb, xtest
from txrfb.x11.buttons import Buttons
from txrfb.x11.keyboard import Action, Keyboard, Prepared, Stroke
from txrfb.x11.spares import PutSymbol, Wait
from txrfb.x11.waiting import Event, KeyChange, PointerChange
from txrfb.x11.wire import CORE, Packet, Request, X11Error

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall

    from txrfb.x11.connection import X11Connection
    from txrfb.x11.keymap import Keymap

__all__ = ["Inputs"]

#: How many events wait for a display that does not take them, before those who send
#: more have to wait as well.
_WAITING = 8192

#: How many of the events that wait are looked at for symbols that are on no key, and
#: how many such are put on keys at a time: programs have a tenth of a second for them.
_AHEAD, _AT_ONCE = 64, 10

#: Seconds that a display has to take back what is given back at the end.
_FAREWELL = 1.0

#: Seconds until it is looked again whether all that waited was typed.
_LOOK_AGAIN = 1.0


class Inputs:
    """
    Keyboard and pointer of a display, for any number of viewers.

    What they do happens in the order in which it came.  The modifiers of the display
    are known from its events; it is asked for them only after something that changes
    them.  While the display takes nothing, moves of the pointer are merged, and all
    else waits.

    @ivar offers: Whether the display takes input from us.
    @ivar onPlaced: Called with the column and the row when a viewer has moved the
        pointer.
    @ivar missing: The extension that it lacks if it does not; empty before that is
        known.
    """

    _log = Logger()

    def __init__(
        self, reactor: Any, connection: X11Connection, isPrivate: bool = False
    ) -> None:
        """
        @param reactor: What time is taken from.

        @param connection: A connection on which the server has let us in.

        @param isPrivate: Whether nobody sits in front of the display: then it repeats
            no keys, so that a viewer is heard that says that a key is repeated, and no
            key is repeated while nothing comes from a viewer.
        """
        self._reactor = reactor
        self._connection = connection
        self._isPrivate = isPrivate
        self._keyboard: Keyboard | None = None
        self.offers = False
        self.missing = ""
        self.onPlaced: Callable[[int, int], None] = _nothing
        # The modifiers and the group, if they are known, and the number of the last
        # request that may have changed them.
        self._state: xkb.State | None = None
        self._touched = 0
        # The keys that are down, if that had to be asked for.
        self._others: frozenset[int] | None = None
        self._buttons = Buttons()
        # Which buttons viewers will hold when what waits has happened.
        self._lastButtons: dict[Hashable, int] = {}
        # What waits, how much of it is whose, and who waits for it to become less.
        self._queue: deque[Event] = deque()
        self._waiting: Counter[Hashable] = Counter()
        self._senders: list[Deferred[None]] = []
        # Whether it waits for an answer or a time; whether the keys are being asked
        # for, and have changed meanwhile.
        self._isBlocked = False
        self._isReloading = False
        self._isStale = False
        self._timer: IDelayedCall | None = None
        self._resting: IDelayedCall | None = None

    # -- Beginning and end -----------------------------------------------------------

    @inlineCallbacks
    def start(self) -> Generator[Deferred[Any], Any, None]:
        """
        Find out what there is.

        @return: Fires when C{offers} is known.  Fails with L{DisplayError} if that
            cannot be found out.
        """
        connection = self._connection
        for name in (xtest.NAME, xkb.NAME):
            if (yield connection.extension(name)) is None:
                self.missing = name
                return
        yield connection.ask(xkb.useExtension())
        connection.send(xtest.grabControl(True), xkb.selectEvents())
        if self._isPrivate:
            connection.send(devices.setAutoRepeat(False))
        connection.addListener(xkb.NAME, 0, self._keyboardEvent)
        connection.addListener(CORE, devices.MAPPING_NOTIFY, self._mappingEvent)
        self._buttons.reload((yield connection.ask(devices.getPointerMapping())))
        repeats = yield connection.ask(devices.getKeyboardControl())
        self._isStale = False
        keymap = yield connection.ask(xkb.getMap())
        self._keyboard = Keyboard(keymap, repeats)
        self.offers = True
        if not self._keyboard.spares:
            self._log.warn(
                "The X display has no unused keys: characters that are not on its"
                " keyboard cannot be typed"
            )
        connection.lost.addCallback(self._lost)
        if self._isStale:
            self._reload()

    def _lost(self, reason: DisplayError) -> DisplayError:
        self._end()
        return reason

    def _end(self) -> None:
        self._keyboard = None
        self.offers = False
        for timer in (self._timer, self._resting):
            if timer is not None:
                timer.cancel()
        self._timer = self._resting = None
        self._queue.clear()
        self._waiting.clear()
        self._wake()

    def watch(self, isWanted: bool) -> None:
        """
        There are viewers, or there is nobody any more who types: then keys that were
        borrowed are given back as soon as programs have had the time to see what was
        typed with them.
        """
        if not isWanted:
            self._rest()
        elif self._resting is not None:
            self._resting.cancel()
            self._resting = None

    def _rest(self) -> None:
        keyboard = self._keyboard
        if keyboard is None or self._isPrivate or self._resting is not None:
            return
        left = keyboard.spares.restsAt - self._reactor.seconds()
        if self._queue:
            left = _LOOK_AGAIN
        if left > 0:
            self._resting = self._reactor.callLater(left, self._rested)
        else:
            self._act(keyboard.spares.giveBack())

    def _rested(self) -> None:
        self._resting = None
        self._rest()

    @inlineCallbacks
    def stop(self) -> Generator[Deferred[Any], Any, None]:
        """
        Let go of all that is held, and give borrowed keys back.

        @return: Fires when that is done, or the display is gone or hangs.
        """
        keyboard, connection = self._keyboard, self._connection
        self._end()
        if keyboard is None or connection.isLost:
            return
        now = self._reactor.seconds()
        self._act(keyboard.releaseAll(now))
        connection.send(*self._buttons.releaseAll())
        if self._isPrivate:
            return
        left = keyboard.spares.restsAt - now
        if left > 0:
            yield deferLater(self._reactor, left)
        self._act(keyboard.spares.giveBack())
        try:
            done = connection.ask(core.getInputFocus())
            yield done.addTimeout(_FAREWELL, self._reactor)
        except (DisplayError, TimeoutError):
            pass  # it is gone, or hangs

    # -- From viewers ----------------------------------------------------------------

    def keyEvent(
        self, keysym: int, down: bool, viewer: Hashable
    ) -> Deferred[None] | None:
        """
        See L{txrfb.interfaces.IInputReceiver.keyEvent}.
        """
        if not self.offers:
            return None
        event = KeyChange(viewer, keysym, down)
        if not down and viewer not in self._waiting:
            # It need not wait for what others press.
            self._do(event)
            self._connection.flush()
            return None
        return self._take(event)

    def pointerEvent(
        self, x: int, y: int, buttons: int, viewer: Hashable
    ) -> Deferred[None] | None:
        """
        See L{txrfb.interfaces.IInputReceiver.pointerEvent}.
        """
        if not self.offers:
            return None
        isMove = buttons == self._lastButtons.get(viewer, 0)
        if buttons:
            self._lastButtons[viewer] = buttons
        else:
            self._lastButtons.pop(viewer, None)
        event = PointerChange(viewer, x, y, buttons, isMove)
        last = self._queue[-1] if self._queue else None
        if (
            isMove
            and isinstance(last, PointerChange)
            and last.isMove
            and last.viewer == viewer
        ):
            self._queue[-1] = event
            return None
        return self._take(event)

    def _take(self, event: Event) -> Deferred[None] | None:
        self._queue.append(event)
        self._waiting[event.viewer] += 1
        self.goOn()
        if len(self._queue) < _WAITING:
            return None
        sender: Deferred[None] = Deferred(self._senders.remove)
        self._senders.append(sender)
        return sender

    def goOn(self) -> None:
        """
        Do what waits, as far as it is possible.  To be called when the connection takes
        more.
        """
        queue = self._queue
        isDone = False
        while queue and not (self._isBlocked or self._connection.isFull):
            if not self._do(queue[0]):
                break
            viewer = queue.popleft().viewer
            self._waiting[viewer] -= 1
            if not self._waiting[viewer]:
                del self._waiting[viewer]
            isDone = True
        if isDone:
            self._connection.flush()
        if self._senders and len(queue) < _WAITING // 2:
            self._wake()

    def _wake(self) -> None:
        senders, self._senders = self._senders, []
        for sender in senders:
            sender.callback(None)

    def _do(self, event: Event) -> bool:
        """
        @return: Whether it has happened; if not, something else must before.
        """
        if isinstance(event, PointerChange):
            self._point(event)
            return True
        if event.down:
            return self._press(event)
        keyboard = self._keyboard
        assert keyboard is not None
        now = self._reactor.seconds()
        self._act(keyboard.release(event.viewer, event.keysym, now))
        return True

    # -- Keys ------------------------------------------------------------------------

    def _press(self, event: KeyChange) -> bool:
        keyboard, state = self._keyboard, self._state
        assert keyboard is not None
        if self._isReloading:
            return False
        if state is None:
            touched = self._touched
            self._await(self._connection.ask(xkb.getState()), self._stateFound, touched)
            return False
        if self._others is None and not keyboard.explains(state):
            self._await(self._connection.ask(devices.queryKeymap()), self._downFound)
            return False
        now = self._reactor.seconds()
        actions = keyboard.press(
            event.viewer, event.keysym, state, now, self._others or frozenset()
        )
        if isinstance(actions, Wait):
            self._isBlocked = True
            left = max(actions.until - now, 0)
            self._timer = self._reactor.callLater(left, self._waited)
            return False
        if isinstance(actions, Prepared):
            self._prepare(keyboard, state, actions.actions)
            return False
        self._act(actions)
        return True

    def _prepare(
        self, keyboard: Keyboard, state: xkb.State, actions: list[Action]
    ) -> None:
        """
        Put symbols on keys: one that is to be pressed, and those that wait after it.
        """
        actions = [*actions]
        now = self._reactor.seconds()
        for event in islice(self._queue, 1, _AHEAD):
            if len(actions) >= _AT_ONCE:
                break
            if isinstance(event, KeyChange) and event.down:
                others = self._others or frozenset()
                more = keyboard.prepare(event.keysym, state, now, others)
                if more is None:
                    break
                actions += more
        self._act(actions)
        keycodes = [one.keycode for one in actions if isinstance(one, PutSymbol)]
        # A display that does not answer has not got them yet.
        answer = self._connection.ask(core.getInputFocus())
        self._await(answer, self._arrived, keycodes)

    def _arrived(self, _: object, keycodes: list[int]) -> None:
        if self._keyboard is not None:
            for keycode in keycodes:
                self._keyboard.spares.arrived(keycode, self._reactor.seconds())

    def _waited(self) -> None:
        self._timer = None
        self._isBlocked = False
        self.goOn()

    def _await(
        self, answer: Deferred[Any], found: Callable[..., None], *more: object
    ) -> None:
        """
        Go on when an answer is there.
        """
        self._isBlocked = True

        def answered(result: Any) -> None:
            self._isBlocked = False
            if isinstance(result, Failure):
                if not result.check(X11Error):
                    return  # the display is gone
                self._log.warn("X display: {error}", error=result.value)
                result = None
            found(result, *more)
            self.goOn()

        answer.addBoth(answered)

    def _stateFound(self, state: xkb.State | None, touched: int) -> None:
        if touched == self._touched:
            self._state = state or xkb.State()
            self._others = None

    def _downFound(self, keys: frozenset[int] | None) -> None:
        self._others = keys or frozenset()

    def _act(self, actions: Sequence[Action]) -> None:
        keyboard, connection = self._keyboard, self._connection
        requests: list[Request] = []
        # How often each key that changes modifiers goes down without coming up.
        balance: Counter[int] = Counter()
        isTouched = False
        for action in actions:
            if isinstance(action, Stroke):
                requests.append(xtest.fakeKey(*action))
                keycode, down = action
                if keyboard is not None and keyboard.changesState(keycode):
                    isTouched = True
                    balance[keycode] += 1 if down else -1
            elif isinstance(action, PutSymbol):
                setup = connection.setup
                span = setup.minKeycode, setup.maxKeycode
                requests.append(xkb.setKey(*action, span))
            else:
                isTouched = True
                requests.append(xkb.latchLockState(0, 0, action.group))
        if not requests:
            return
        connection.send(*requests)
        if isTouched:
            self._touched = connection.sequence
        state = self._state
        if any(balance.values()) or (state is not None and state.latched):
            self._state = None

    # -- The pointer -----------------------------------------------------------------

    def _point(self, event: PointerChange) -> None:
        root = self._connection.screen.root
        self._connection.send(
            xtest.fakeMotion(root, event.x, event.y),
            *self._buttons.hold(event.viewer, event.buttons),
        )
        self.onPlaced(event.x, event.y)

    # -- From the display ------------------------------------------------------------

    def _keyboardEvent(self, event: Packet) -> None:
        kind = event[1]
        if kind == xkb.Event.StateNotify:
            number = int.from_bytes(event[2:4], "little")
            # What was so before a request of ours had its effect says nothing.
            isOld = (number - self._touched) & 0xFFFF >= 0x8000
            self._state = None if isOld else xkb.stateOf(event)
            self._others = None
        elif kind == xkb.Event.NewKeyboardNotify:
            self._reload()
        elif kind == xkb.Event.MapNotify:
            keys = xkb.keysOf(event)
            keyboard = self._keyboard
            if keys is None or keyboard is None or not keyboard.spares.owns(keys):
                self._reload()

    def _reload(self) -> None:
        """
        Find out what is on the keys now.
        """
        if self._keyboard is None or self._isReloading:
            self._isStale = True
            return
        self._isReloading = True
        self._isStale = False
        self._connection.ask(xkb.getMap()).addCallbacks(
            self._reloaded, self._notReloaded
        )

    def _reloaded(self, keymap: Keymap) -> None:
        self._isReloading = False
        if self._keyboard is None:
            return
        self._keyboard.reload(keymap)
        self._state = None
        if self._isStale:
            self._reload()
        self.goOn()

    def _notReloaded(self, failure: Failure) -> None:
        self._isReloading = False
        if not self._connection.isLost:
            self._log.warn("X display: {error}", error=failure.value)
            self.goOn()

    def _mappingEvent(self, event: Packet) -> None:
        if devices.isPointerMapping(event):
            answer = self._connection.ask(devices.getPointerMapping())
            answer.addCallbacks(self._buttonsFound, lambda failure: None)

    def _buttonsFound(self, mapping: dict[int, int]) -> None:
        self._connection.send(*self._buttons.reload(mapping))


def _nothing(*_: object) -> None:
    """
    Do nothing.
    """
