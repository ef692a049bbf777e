// Copyright (c) txrfb contributors. See LICENSE for details.

/** The subprotocol in which text messages have news besides RFB, as JSON. */
const TALKING = "txrfb";

/**
 * A WebSocket as noVNC wants it: it gets the binary messages, which are RFB.  They are
 * counted, and text messages go to `onnews`.
 */
export class Channel {
  binaryType = "arraybuffer";
  onopen = null;
  onmessage = null;
  onclose = null;
  onerror = null;
  onnews = null;

  /** How many bytes have come. */
  received = 0;

  /** How the connection ended, and whether it ever began. */
  last = { code: 1006, reason: "" };
  wasOpen = false;

  #socket;

  constructor(url) {
    this.#socket = new WebSocket(url, [TALKING, "binary"]);
    this.#socket.binaryType = "arraybuffer";
    this.#socket.onopen = (event) => { this.wasOpen = true; this.onopen?.(event); };
    this.#socket.onclose = (event) => { this.last = event; this.onclose?.(event); };
    this.#socket.onerror = (event) => this.onerror?.(event);
    this.#socket.onmessage = (event) => {
      if (typeof event.data === "string") {
        this.onnews?.(JSON.parse(event.data));
      } else {
        this.received += event.data.byteLength;
        this.onmessage?.(event);
      }
    };
  }

  get protocol() { return this.#socket.protocol; }

  get readyState() { return this.#socket.readyState; }

  /** Whether the server has news besides RFB. */
  get talks() { return this.protocol === TALKING; }

  send(data) { this.#socket.send(data); }

  /** Say something besides RFB. */
  say(message) {
    if (this.talks && this.readyState === WebSocket.OPEN) {
      this.#socket.send(JSON.stringify(message));
    }
  }

  close() { this.#socket.close(); }
}
