# -*- test-case-name: tests.encodings.test_level -*-
# Copyright (c) txrfb contributors.
# See LICENSE for details.

"""
The numbers of encodings and pseudo-encodings (rfbproto, Encodings), as the signed
32-bit integers that they are on the wire.  All names here are public.
"""

from __future__ import annotations

RAW = 0
COPY_RECT = 1
RRE = 2
CORRE = 4
HEXTILE = 5
ZLIB = 6
TIGHT = 7
ZLIB_HEX = 8
ULTRA = 9
ULTRA_2 = 10
TRLE = 15
ZRLE = 16
ZYWRLE = 17
H264 = 20
JPEG = 21
JRLE = 22
OPEN_H264 = 50
TIGHT_PNG = -260

#: JPEG quality levels 0 to 9 are the numbers from here up.
QUALITY_LEVEL_0 = -32
QUALITY_LEVEL_9 = -23
DESKTOP_SIZE = -223
LAST_RECT = -224
POINTER_POSITION = -232
CURSOR = -239
X_CURSOR = -240
#: Compression levels 0 to 9 are the numbers from here up.
COMPRESSION_LEVEL_0 = -256
COMPRESSION_LEVEL_9 = -247
QEMU_POINTER_MOTION = -257
QEMU_EXTENDED_KEY = -258
QEMU_AUDIO = -259
QEMU_LED_STATE = -261
GII = -305
POPA = -306
DESKTOP_NAME = -307
EXTENDED_DESKTOP_SIZE = -308
XVP = -309
OLIVE_CALL_CONTROL = -310
CLIENT_REDIRECT = -311
FENCE = -312
CONTINUOUS_UPDATES = -313
CURSOR_WITH_ALPHA = -314
EXTENDED_MOUSE_BUTTONS = -316
TIGHT_WITHOUT_ZLIB = -317
#: Fine-grained JPEG qualities 0 to 100 are the numbers from here up.
FINE_QUALITY_0 = -512
FINE_QUALITY_100 = -412
SUBSAMPLING_1X = -768
SUBSAMPLING_4X = -767
SUBSAMPLING_2X = -766
SUBSAMPLING_GRAY = -765
SUBSAMPLING_8X = -764
SUBSAMPLING_16X = -763
VMWARE_CURSOR = 0x574D5664
VMWARE_CURSOR_STATE = 0x574D5665
VMWARE_CURSOR_POSITION = 0x574D5666
VMWARE_KEY_REPEAT = 0x574D5667
VMWARE_LED_STATE = 0x574D5668
VMWARE_DISPLAY_MODE = 0x574D5669
VMWARE_MACHINE_STATE = 0x574D566A
EXTENDED_CLIPBOARD = 0xC0A1E5CE - (1 << 32)
KEYBOARD_LED_STATE = 0xFFFE0000 - (1 << 32)
SUPPORTED_MESSAGES = 0xFFFE0001 - (1 << 32)
SUPPORTED_ENCODINGS = 0xFFFE0002 - (1 << 32)
SERVER_IDENTITY = 0xFFFE0003 - (1 << 32)
ULTRA_ZIP = 0xFFFF0009 - (1 << 32)
SERVER_STATE = 0xFFFF8000 - (1 << 32)
ENABLE_KEEP_ALIVE = 0xFFFF8001 - (1 << 32)
FILE_TRANSFER_VERSION = 0xFFFF8002 - (1 << 32)
SESSION = 0xFFFF8003 - (1 << 32)

#: Names for people, such as readers of a log.
NAMES: dict[int, str] = {
    RAW: "Raw",
    COPY_RECT: "CopyRect",
    RRE: "RRE",
    CORRE: "CoRRE",
    HEXTILE: "Hextile",
    ZLIB: "Zlib",
    TIGHT: "Tight",
    ZLIB_HEX: "ZlibHex",
    ULTRA: "Ultra",
    ULTRA_2: "Ultra2",
    TRLE: "TRLE",
    ZRLE: "ZRLE",
    ZYWRLE: "ZYWRLE",
    H264: "H.264",
    JPEG: "JPEG",
    JRLE: "JRLE",
    OPEN_H264: "OpenH264",
    TIGHT_PNG: "TightPNG",
    DESKTOP_SIZE: "DesktopSize",
    LAST_RECT: "LastRect",
    POINTER_POSITION: "PointerPos",
    CURSOR: "Cursor",
    X_CURSOR: "XCursor",
    QEMU_POINTER_MOTION: "QEMUPointerMotion",
    QEMU_EXTENDED_KEY: "QEMUExtendedKey",
    QEMU_AUDIO: "QEMUAudio",
    QEMU_LED_STATE: "QEMULEDState",
    GII: "gii",
    POPA: "popa",
    DESKTOP_NAME: "DesktopName",
    EXTENDED_DESKTOP_SIZE: "ExtendedDesktopSize",
    XVP: "xvp",
    OLIVE_CALL_CONTROL: "OLIVECallControl",
    CLIENT_REDIRECT: "ClientRedirect",
    FENCE: "Fence",
    CONTINUOUS_UPDATES: "ContinuousUpdates",
    CURSOR_WITH_ALPHA: "CursorWithAlpha",
    EXTENDED_MOUSE_BUTTONS: "ExtendedMouseButtons",
    TIGHT_WITHOUT_ZLIB: "TightWithoutZlib",
    SUBSAMPLING_1X: "Subsampling1X",
    SUBSAMPLING_4X: "Subsampling4X",
    SUBSAMPLING_2X: "Subsampling2X",
    SUBSAMPLING_GRAY: "SubsamplingGray",
    SUBSAMPLING_8X: "Subsampling8X",
    SUBSAMPLING_16X: "Subsampling16X",
    VMWARE_CURSOR: "VMwareCursor",
    VMWARE_CURSOR_STATE: "VMwareCursorState",
    VMWARE_CURSOR_POSITION: "VMwareCursorPosition",
    VMWARE_KEY_REPEAT: "VMwareKeyRepeat",
    VMWARE_LED_STATE: "VMwareLEDState",
    VMWARE_DISPLAY_MODE: "VMwareDisplayMode",
    VMWARE_MACHINE_STATE: "VMwareMachineState",
    EXTENDED_CLIPBOARD: "ExtendedClipboard",
    KEYBOARD_LED_STATE: "KeyboardLEDState",
    SUPPORTED_MESSAGES: "SupportedMessages",
    SUPPORTED_ENCODINGS: "SupportedEncodings",
    SERVER_IDENTITY: "ServerIdentity",
    ULTRA_ZIP: "UltraZip",
    SERVER_STATE: "ServerState",
    ENABLE_KEEP_ALIVE: "EnableKeepAlive",
    FILE_TRANSFER_VERSION: "FileTransferVersion",
    SESSION: "Session",
    **{QUALITY_LEVEL_0 + n: f"QualityLevel{n}" for n in range(10)},
    **{COMPRESSION_LEVEL_0 + n: f"CompressionLevel{n}" for n in range(10)},
    **{FINE_QUALITY_0 + n: f"FineQuality{n}" for n in range(101)},
}

#: The numbers among L{NAMES} that write pixels of rectangles.
REAL: frozenset[int] = frozenset(
    (
        RAW,
        COPY_RECT,
        RRE,
        CORRE,
        HEXTILE,
        ZLIB,
        TIGHT,
        ZLIB_HEX,
        ULTRA,
        ULTRA_2,
        TRLE,
        ZRLE,
        ZYWRLE,
        H264,
        JPEG,
        JRLE,
        OPEN_H264,
        TIGHT_PNG,
        ULTRA_ZIP,
    )
)


def nameOf(number: int) -> str:
    """
    @param number: The number of an encoding or pseudo-encoding.

    @return: Its name, or the number in digits if it has none here.
    """
    return NAMES.get(number) or str(number)


#: What no viewers list but those that are made with gtk-vnc.
GTK_VNC = frozenset({VMWARE_DISPLAY_MODE})
