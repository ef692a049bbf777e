# -*- test-case-name: tests.session.test_extensions -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The extensions of RFC 6143 (rfbproto) between one viewer and the application: each is
announced when the viewer says that it knows it, and only then understood.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from twisted.internet.defer import Deferred, succeed
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from txrfb._callbacks import DEADLINE, Complaints, ask, methodOf
from txrfb._session.congestion import MARK
from txrfb._session.contracts import ISession
from txrfb._session.sizerequests import SizeRequests
from txrfb._wire.clipboard import ClipboardContent, ClipboardExchange
from txrfb._wire.messages import ClientCutText, Message
from txrfb._wire.messages.clipboard import (
    CLIPBOARD_CAPS,
    AnyClientCutText,
    CutTextPiece,
    ExtendedCutText,
)
from txrfb._wire.messages.extensions import (
    FENCE_FLAGS,
    REQUEST,
    XVP_ACTIONS,
    XVP_FAIL,
    XVP_INIT,
    AudioFormat,
    AudioMessage,
    AudioRequest,
    EnableContinuousUpdates,
    EndOfContinuousUpdates,
    ExtendedPointerEvent,
    Fence,
    QemuMessage,
    SetDesktopSize,
    Xvp,
)
from txrfb.encodings import constants
from txrfb.interfaces import IAudioSink
from txrfb.security.seldom import Seldom

if TYPE_CHECKING:
    from txrfb._session.application import Application
    from txrfb._session.capabilities import Capabilities
    from txrfb._session.updates import UpdateProducer
    from txrfb._session.writer import Writer

#: How much sound is sent at once, in bytes: most of a second.
_SOUND = 1 << 17

#: What parses the messages that viewers may send because of a pseudo-encoding; and the
#: pseudo-encodings that every application can have.
_PARSERS: dict[int, type[Any]] = {
    constants.FENCE: Fence,
    constants.CONTINUOUS_UPDATES: EnableContinuousUpdates,
    constants.EXTENDED_DESKTOP_SIZE: SetDesktopSize,
    constants.EXTENDED_CLIPBOARD: AnyClientCutText,
    constants.EXTENDED_MOUSE_BUTTONS: ExtendedPointerEvent,
    constants.QEMU_EXTENDED_KEY: QemuMessage,
    constants.QEMU_AUDIO: QemuMessage,
    constants.XVP: Xvp,
}
_ALWAYS = {
    constants.FENCE,
    constants.CONTINUOUS_UPDATES,
    constants.EXTENDED_DESKTOP_SIZE,
}


def parsersFor(application: Application) -> dict[int, type[Any]]:
    """
    @return: What parses the messages of the extensions that make sense with an
        application, by pseudo-encoding.
    """
    able = application.pseudo | _ALWAYS
    return {number: kind for number, kind in _PARSERS.items() if number in able}


class Extensions:
    """
    Handles one viewer's extension messages.
    """

    _log = Logger()

    def __init__(
        self,
        session: ISession,
        producer: UpdateProducer,
    ) -> None:
        """
        @param session: Whose extensions they are.

        @param producer: What has updates for the viewer.
        """
        self._session = session
        self._producer = producer
        self._writer = session.writer
        self._application = session.application
        # The pseudo-encodings that the viewer has ever listed.
        self._known: frozenset[int] = frozenset()
        self._complaints = Complaints()
        self._sink: _Sink | None = None
        self._audioFormat = AudioFormat()
        self._starting: Deferred[Any] | None = None
        self._sizeRequests = SizeRequests(session, producer)
        self._isSwitching = False
        # Whether the application takes its time with a clipboard, and the newest that
        # came meanwhile.
        self._isPasting = False
        self._unpasted: dict[str, bytes] | None = None
        # Who waits until it has taken all.
        self._pasting: list[Deferred[None]] = []
        self._seldom = Seldom()
        self.clipboard = ClipboardExchange(
            session.host.limits.clipboard,
            False,
            self._sayClipboard,
            self._clipboardReceived,
            dropped=self._logDropped,
        )

    def start(self) -> None:
        """
        The viewer comes in: it is known what the application can do.
        """
        self.clipboard.isRich = self._application.richClipboard is not None

    # -- What is announced -----------------------------------------------------------

    @property
    def held(self) -> int:
        """
        How many bytes are held of what the viewer is sending.
        """
        return self.clipboard.held

    def use(self, capabilities: Capabilities) -> None:
        """
        The viewer has said what it reads.
        """
        writer = self._writer
        pseudo, able = capabilities.pseudo, self._application.pseudo
        new = pseudo - self._known
        self._known |= pseudo
        if constants.EXTENDED_CLIPBOARD in pseudo & able:
            # This one is announced each time.
            self.clipboard.extend()
        if constants.FENCE in new:
            writer.say(Fence(REQUEST, b""))
        if constants.CONTINUOUS_UPDATES in new:
            writer.say(EndOfContinuousUpdates())
        if constants.XVP in new & able:
            writer.say(Xvp(1, XVP_INIT))

    def received(self, message: Any) -> None:
        """
        Act on a message of an extension.
        """
        self._HANDLERS[type(message)](self, message)

    def stop(self) -> None:
        """
        The viewer leaves.
        """
        self._stopAudio()
        self._tellPasted()

    # -- Flow ------------------------------------------------------------------------

    def _onFence(self, message: Fence) -> None:
        if message.flags & REQUEST:
            # Everything before it has been acted on.
            flags = message.flags & FENCE_FLAGS & ~REQUEST
            self._writer.say(Fence(flags, message.payload))
        elif message.payload == MARK:
            self._producer.fenceReturned()

    def _onContinuous(self, message: EnableContinuousUpdates) -> None:
        self._producer.setContinuous(message.enable, message.rectangle)

    def _onSetDesktopSize(self, message: SetDesktopSize) -> None:
        self._sizeRequests.received(message)

    # -- The clipboard ---------------------------------------------------------------

    def clipboardChanged(self, content: ClipboardContent) -> None:
        """
        The application has something new in its clipboard.
        """
        if self._session.rights.allows("clipboard"):
            self.clipboard.changed(content)

    def _onCutText(self, message: ClientCutText) -> None:
        if message.dropped:
            self._logDropped("the end of a cut text", message.dropped)
        if self._wantsClipboard:
            self.clipboard.latinReceived(message.text)

    def _onExtendedCutText(self, message: ExtendedCutText) -> None:
        if message.dropped:
            self._logDropped("a message about it", message.dropped)
        if message.data:
            self.clipboard.extendedReceived(
                message.data, self._wantsClipboard, message.rest
            )

    def _onCutTextPiece(self, piece: CutTextPiece) -> None:
        # The right to may have been taken meanwhile.
        self.clipboard.pieceReceived(piece.data, piece.isLast, self._wantsClipboard)

    @property
    def _wantsClipboard(self) -> bool:
        """
        Whether the application takes text, and this viewer may give it some.
        """
        application = self._application
        if application.clipboard is None and application.richClipboard is None:
            return False
        return self._session.mayUse("clipboard")

    def _logDropped(self, what: str, size: int) -> None:
        if self._seldom.isDue(what):
            self._log.warn(
                "Connection {connection}: a clipboard is too long, and was dropped:"
                " {what}, {dropped} bytes",
                connection=self._session.number,
                what=what,
                dropped=size,
            )

    def _sayClipboard(self, message: Message) -> None:
        # A viewer without the right is told what is understood, and no more.
        if message.label == CLIPBOARD_CAPS or self._session.rights.allows("clipboard"):
            self._writer.say(message, replaces=message.label)

    def _clipboardReceived(self, formats: dict[str, bytes]) -> None:
        application, viewer = self._application, self._session.viewer
        call: Callable[..., Any]
        if self._isPasting:
            self._unpasted = formats  # only the newest counts
            return
        value: Any = formats
        if application.richClipboard is not None:
            call = application.richClipboard.clipboardReceived
        elif application.clipboard is not None and "text" in formats:
            call = application.clipboard.cutTextReceived
            value = formats["text"].decode("utf-8", "replace")
        else:
            return
        self._isPasting = True
        if "text" in formats:
            self._session.host.display.desktop.copied(
                formats["text"].decode("utf-8", "replace")
            )
        pasted = ask(self._session.host.clock, DEADLINE, call, value, viewer)
        pasted.addErrback(self._notPasted).addCallback(self._pasted)

    def _notPasted(self, failure: Failure) -> None:
        self._unpasted = None
        self._session.failed("the application failed to take a clipboard", failure)

    def _pasted(self, _: object) -> None:
        self._isPasting = False
        formats, self._unpasted = self._unpasted, None
        if formats is not None and not self._session.hasEnded:
            self._clipboardReceived(formats)
        if not self._isPasting:
            self._tellPasted()

    def _tellPasted(self) -> None:
        pasting, self._pasting = self._pasting, []
        for one in pasting:
            one.callback(None)

    def whenPasted(self) -> Deferred[None]:
        """
        @return: Fires when the application has taken the viewer's clipboard, or has
            failed to, or the viewer has left.
        """
        if not self._isPasting:
            return succeed(None)
        pasted: Deferred[None] = Deferred()
        self._pasting.append(pasted)
        return pasted

    # -- The machine -----------------------------------------------------------------

    def _onXvp(self, message: Xvp) -> None:
        action = XVP_ACTIONS.get(message.code)
        session, version = self._session, message.version
        if (
            version != 1
            or action is None
            or self._isSwitching
            or not session.mayUse("power")
        ):
            self._writer.say(Xvp(version, XVP_FAIL))
            return
        self._log.info(
            "Connection {connection}: asks for {action}",
            connection=session.number,
            action=action,
        )
        self._isSwitching = True
        call = self._application.power.powerRequested
        done = ask(session.host.clock, DEADLINE, call, action, session.viewer)
        done.addCallback(self._complaints.isGranted, call)
        done.addErrback(self._complaints.failed, call)
        done.addCallback(self._powered)

    def _powered(self, done: bool | None) -> None:
        self._isSwitching = False
        if not done:
            self._writer.say(Xvp(1, XVP_FAIL))

    def _onAudioRequest(self, message: AudioRequest) -> None:
        source = self._application.audio
        if source is None:
            return
        if message.format is not None:
            self._audioFormat = message.format
        elif message.enable and self._sink is None:
            sink = self._sink = _Sink(self._writer)
            # It may be a coroutine that goes on as long as there is somebody to hear.
            start = methodOf(source, "startAudio")
            clock = self._session.host.clock
            self._starting = ask(clock, None, start, self._audioFormat, sink)
            self._starting.addErrback(self._notHeard, sink, start)
        elif not message.enable:
            self._stopAudio()

    def _notHeard(
        self, failure: Failure, sink: _Sink, call: Callable[..., Any]
    ) -> None:
        self._complaints.failed(failure, call)
        sink.close()
        if self._sink is sink:
            self._sink = None

    def _stopAudio(self) -> None:
        sink, self._sink = self._sink, None
        if sink is not None:
            sink.close()
            if self._starting is not None:
                self._starting.cancel()
            stop = methodOf(self._application.audio, "stopAudio")
            stopped = ask(self._session.host.clock, DEADLINE, stop, sink)
            stopped.addErrback(self._complaints.failed, stop)

    _HANDLERS: ClassVar[dict[type[Any], Callable[[Any, Any], None]]] = {
        Fence: _onFence,
        EnableContinuousUpdates: _onContinuous,
        SetDesktopSize: _onSetDesktopSize,
        ClientCutText: _onCutText,
        ExtendedCutText: _onExtendedCutText,
        CutTextPiece: _onCutTextPiece,
        Xvp: _onXvp,
        AudioRequest: _onAudioRequest,
    }

    #: The messages that L{received} takes.
    MESSAGES = frozenset(_HANDLERS)


@implementer(IAudioSink)
class _Sink:
    """
    Sends sound to one viewer.
    """

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._isOn = self._isClosed = False

    def close(self) -> None:
        """
        The viewer wants to hear no more: say so, and take nothing more.
        """
        self.audioEnded()
        self._isClosed = True

    def audioStarted(self) -> None:
        """
        See L{IAudioSink.audioStarted}.
        """
        if not (self._isOn or self._isClosed):
            self._isOn = True
            self._writer.say(AudioMessage(1))

    def audioReceived(self, data: bytes) -> None:
        """
        See L{IAudioSink.audioReceived}.
        """
        if self._isClosed:
            return
        self.audioStarted()
        for start in range(0, len(data), _SOUND):
            self._writer.sayIfRoom(AudioMessage(2, data[start : start + _SOUND]))

    def audioEnded(self) -> None:
        """
        See L{IAudioSink.audioEnded}.
        """
        if self._isOn:
            self._isOn = False
            self._writer.say(AudioMessage(0))
