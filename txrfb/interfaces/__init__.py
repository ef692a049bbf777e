# -*- test-case-name: tests.test_interfaces -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The contracts between an application, its pixels, and the viewers.

An application needs only L{IFramebuffer}, which
L{txrfb.framebuffers.memory.MemoryFramebuffer} implements already.  Everything an
application I{may} be able to do besides showing pixels is an interface of its own,
and is found by C{providedBy}: on the object handed to
L{txrfb.protocol.RFBFactory}, or on the framebuffer itself.

L{txrfb.interfaces.framebuffer} has what is shown, L{txrfb.interfaces.application} the
viewers and what applications can do, L{txrfb.interfaces.wire} what extends the
protocol.  All of it can be imported from here.
"""

from __future__ import annotations

from txrfb.interfaces.application import (
    IAudience,
    IAudioSink,
    IAudioSource,
    IClipboard,
    IInputReceiver,
    IKeycodeReceiver,
    IPointerMotionReceiver,
    IPowerControl,
    IReporting,
    IResizable,
    IRichClipboard,
    IViewer,
)
from txrfb.interfaces.framebuffer import (
    ICursorSource,
    IFramebuffer,
    IFramebufferFactory,
    IFramebufferListener,
    IFramebufferOwner,
    ILedSource,
    IPlayback,
    IPrepared,
    IScreens,
)
from txrfb.interfaces.wire import (
    IDecoder,
    IEncoder,
    IEncoding,
    IExplainedClose,
    ISecurityType,
    IVideoEncoder,
    IViewerStream,
)

__all__ = [
    "IAudience",
    "IAudioSink",
    "IAudioSource",
    "IClipboard",
    "ICursorSource",
    "IDecoder",
    "IEncoder",
    "IEncoding",
    "IExplainedClose",
    "IFramebuffer",
    "IFramebufferFactory",
    "IFramebufferListener",
    "IFramebufferOwner",
    "IInputReceiver",
    "IKeycodeReceiver",
    "ILedSource",
    "IPlayback",
    "IPointerMotionReceiver",
    "IPowerControl",
    "IPrepared",
    "IReporting",
    "IResizable",
    "IRichClipboard",
    "IScreens",
    "ISecurityType",
    "IVideoEncoder",
    "IViewer",
    "IViewerStream",
]
