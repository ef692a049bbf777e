// Copyright (c) txrfb contributors. See LICENSE for details.

import RFB from "@novnc/novnc";
import { isCoarse, value } from "./settings.js";

// What is left to noVNC's own parser is what it knows; its version is pinned.
const TIGHT_PNG = -260, AUDIO = -259, POINTER_MOTION = -257;
const QUALITIES = [-32, -23];
const LOSSY = [21, 50];

const NAMES = {
  0: "Raw", 1: "CopyRect", 2: "RRE", 5: "Hextile", 6: "Zlib", 7: "Tight", 16: "ZRLE",
  21: "JPEG", 50: "H.264", [TIGHT_PNG]: "TightPNG",
};

/** The message of a server of QEMU's extensions, and the one of them for sound. */
const QEMU = 255, SOUND = 1;

/** What a pointer that does not move has for a position, if motions are sent. */
const STILL = 0x7fff;

/** The quality presets: levels of quality and compression; no quality is lossless. */
const LEVELS = { auto: [6, 2], sharp: [9, 2], exact: [null, 2], small: [2, 9] };

/**
 * noVNC with what it does not have: counts, a lossless preset, one remote pixel for one
 * of the display's, motions of the pointer, sound, and a keyboard that takes text.
 *
 * Events besides noVNC's: "motion" when motions are wanted, or no longer; "sound" when
 * there can be some; "audio" with an operation (0 end, 1 begin, 2 data) and its data.
 */
export class Screen extends RFB {
  /** How many updates with pixels were shown, and how the last of them came. */
  frames = 0;
  encodingName = "";

  /** Whether the server wants motions in place of positions. */
  isRelative = false;

  /** Whether the server could send sound. */
  hasSound = false;

  #isLossless = false;
  #isPainted = false;
  #before = null;
  #input;

  constructor(target, channel, options, input, keyboard) {
    super(target, channel, options);
    this.#input = input;
    this._keyboard = keyboard;
    keyboard.onkeyevent = this._handleKeyEvent.bind(this);
    this.background = "transparent";
    this._canvas.setAttribute("role", "img");
    const move = this._display.viewportChangePos.bind(this._display);
    this._display.viewportChangePos = (x, y) => move(x * this.density, y * this.density);
  }

  get canvas() { return this._canvas; }

  get remoteSize() { return [this._fbWidth, this._fbHeight]; }

  /** What the picture is drawn on before it is scaled, and what draws there. */
  get picture() { return this._display._drawCtx; }

  focus(options) { this.#input.focus(options); }

  set preset(name) {
    const [quality, compression] = LEVELS[name];
    this.#isLossless = quality === null;
    this._qualityLevel = quality ?? 9;
    this._compressionLevel = compression;
    if (this._rfbConnectionState === "connected") { this._sendEncodings(); }
  }

  _sendEncodings() {
    const messages = RFB.messages, send = messages.clientEncodings;
    const isLossy = (one) =>
      (one >= QUALITIES[0] && one <= QUALITIES[1]) || LOSSY.includes(one);
    messages.clientEncodings = (sock, list) => {
      const wanted = this.#isLossless ? list.filter((one) => !isLossy(one)) : list;
      send(sock, [...wanted, POINTER_MOTION, AUDIO]);
    };
    try {
      super._sendEncodings();
    } finally {
      messages.clientEncodings = send;
    }
  }

  _framebufferUpdate() {
    const isWhole = super._framebufferUpdate();
    if (isWhole && this.#isPainted) {
      this.#isPainted = false;
      this.frames++;
    }
    return isWhole;
  }

  _handleDataRect() {
    this.#isPainted = true;
    const name = NAMES[this._FBU.encoding];
    // What moves within the picture says little of how pixels come.
    if (name && (name !== "CopyRect" || !this.encodingName)) { this.encodingName = name; }
    return super._handleDataRect();
  }

  // -- Pixels of the display ---------------------------------------------------------

  /** How many remote pixels there are to one of the page's, if nothing is scaled. */
  get density() {
    return Number(value("density")) || (isCoarse ? 1 : devicePixelRatio);
  }

  /** The display has other pixels: the page was zoomed, or is on another display. */
  densityChanged() {
    this._updateClip();
    this._updateScale();
    this._requestRemoteResize();
  }

  _screenSize() {
    const { w, h } = super._screenSize();
    return { w: w * this.density, h: h * this.density };
  }

  _updateScale() {
    const { width, height } = this._screen.getBoundingClientRect();
    if (this._scaleViewport) {
      this._display.autoscale(width, height);
    } else {
      this._display.scale = 1 / this.density;
    }
    this._fixScrollbars();
  }

  // -- The pointer -------------------------------------------------------------------

  _handleRect() {
    switch (this._FBU.encoding) {
      case POINTER_MOTION:
        this.isRelative = this._FBU.x === 0;
        this.#before = null;
        this.dispatchEvent(new CustomEvent("motion"));
        return true;
      case AUDIO:
        this.hasSound = true;
        this.dispatchEvent(new CustomEvent("sound"));
        return true;
      default:
        return super._handleRect();
    }
  }

  _sendMouse(x, y, mask) {
    if (!this.isRelative) {
      super._sendMouse(x, y, mask);
      return;
    }
    const at = [this._display.absX(x), this._display.absY(y)];
    const before = this.#before ?? at;
    this.#before = at;
    this.sendMotion(at[0] - before[0], at[1] - before[1], mask);
  }

  /** Say that the pointer was moved, or a button changed. */
  sendMotion(dx, dy, mask) {
    if (this._rfbConnectionState !== "connected" || this._viewOnly) { return; }
    const [x, y] = [dx, dy].map((d) => Math.max(0, Math.min(0xffff, STILL + d)));
    RFB.messages.pointerEvent(this._sock, x, y, mask);
  }

  /** RFB's buttons of those of a mouse event. */
  static buttons(event) { return RFB._convertButtonMask(event.buttons); }

  // -- Sound -------------------------------------------------------------------------

  /** Ask for sound in 16 bits, little endian, or for none any more. */
  listen(isWanted, channels, frequency) {
    const sock = this._sock;
    const begin = (operation) => {
      sock.sQpush8(QEMU);
      sock.sQpush8(SOUND);
      sock.sQpush16(operation);
    };
    if (isWanted) {
      begin(2);
      sock.sQpush8(3);
      sock.sQpush8(channels);
      sock.sQpush32(frequency);
    }
    begin(isWanted ? 0 : 1);
    sock.flush();
  }

  _normalMsg() {
    const sock = this._sock;
    if (this._FBU.rects > 0 || sock.rQpeek8() !== QEMU) { return super._normalMsg(); }
    if (sock.rQwait("sound", 4)) { return false; }
    const [, kind, high, low] = sock.rQshiftBytes(4);
    const operation = (high << 8) + low;
    if (kind !== SOUND || operation > 2) {
      this._fail(`Unexpected message of QEMU's (${kind}, ${operation})`);
      return true;
    }
    let data = null;
    if (operation === 2) {
      if (sock.rQwait("sound", 4, 4)) { return false; }
      const size = sock.rQshift32();
      if (sock.rQwait("sound", size, 8)) { return false; }
      data = sock.rQshiftBytes(size);
    }
    this.dispatchEvent(new CustomEvent("audio", { detail: { operation, data } }));
    return true;
  }
}
