// Copyright (c) txrfb contributors. See LICENSE for details.

import { Channel } from "./channel.js";
import { TextKeyboard } from "./keyboard.js";
import { Screen } from "./screen.js";
import { isOn, webSocketAddress } from "./settings.js";
import { words } from "./words.js";

// The seconds until the first attempt to connect again, and the most there may be.
const FIRST = 1, MOST = 30;

/**
 * The connection, which is made again when it was lost.
 *
 * Events: "connecting", when there is a new `screen`; "connected"; "news", what the
 * server says besides RFB; "ended", with `code` and `reason`; "trouble", with `text` and
 * in how many `seconds` it is tried again, 0 for not at all.
 */
export class Session extends EventTarget {
  /** What is shown, and by what it comes; null while there is no connection. */
  screen = null;
  channel = null;
  isConnected = false;

  /** Why the last password was not taken, in words. */
  problem = "";

  url = webSocketAddress();

  #credentials = {};
  #wait = FIRST;
  #timer = null;
  #isLeaving = false;
  #target;
  #input;

  constructor(target, input) {
    super();
    this.#target = target;
    this.#input = input;
  }

  #tell(type, detail = {}) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  /** Connect, if that is not done already. */
  connect(isNew = false) {
    clearTimeout(this.#timer);
    if (this.screen !== null) { return; }
    if (isNew) { this.#wait = FIRST; }
    this.#isLeaving = false;
    let refusal = "";
    let channel;
    try {
      channel = this.channel = new Channel(this.url);
    } catch {
      this.#trouble(words.gone, false);
      return;
    }
    channel.onnews = (news) => this.#tell("news", news);
    const screen = this.screen = new Screen(
      this.#target, channel, { credentials: this.#credentials }, this.#input,
      new TextKeyboard(this.#input),
    );
    screen.addEventListener("connect", () => {
      this.isConnected = true;
      this.#wait = FIRST;
      this.problem = "";
      this.#tell("connected");
    });
    screen.addEventListener("securityfailure", (event) => {
      refusal = event.detail.reason || words.lost;
    });
    screen.addEventListener("disconnect", () => {
      this.screen = this.channel = null;
      const wasIn = this.isConnected;
      this.isConnected = false;
      // The reason of the WebSocket comes with its own event, which may be after this.
      setTimeout(() => this.#ended(wasIn || channel.wasOpen, refusal, channel.last), 0);
    });
    this.#tell("connecting");
  }

  async #ended(wasThere, refusal, { code, reason }) {
    this.#tell("ended", { code, reason });
    if (this.#isLeaving) {
      this.#trouble(words.left, false);
    } else if (/too many viewers/.test(refusal)) {
      this.#trouble(words.refused + refusal, true);
    } else if (refusal) {
      // A wrong password is worth another try, which the user has to make.
      this.problem = words.refused + refusal;
      const hadPassword = Object.keys(this.#credentials).length > 0;
      this.#credentials = {};
      if (hadPassword && !/try again in|too many/.test(refusal)) {
        this.connect();
      } else {
        this.#trouble(this.problem, false);
      }
    } else if (code === 1001) {
      this.#trouble(words.stops, true);
    } else if (code === 1008) {
      this.#trouble(words.refused + reason, /too many viewers/.test(reason));
    } else if (code === 1011) {
      this.#trouble(words.failed, true);
    } else if (reason) {
      this.#trouble(words.closed + reason, false);
    } else if (wasThere) {
      this.#trouble(words.lost, true);
    } else {
      const isThere = await fetch(location.href, { method: "HEAD" })
        .then(() => true, () => false);
      this.#trouble(isThere ? words.notAllowed : words.gone, true);
    }
  }

  #trouble(text, isAutomatic) {
    const again = isAutomatic && isOn("reconnect", true);
    this.#tell("trouble", { text, seconds: again ? this.#wait : 0 });
    if (again) {
      this.#timer = setTimeout(() => this.connect(), this.#wait * 1000);
      this.#wait = Math.min(MOST, this.#wait * 2);
    }
  }

  /** Log in. */
  logIn(credentials) {
    this.#credentials = credentials;
    this.screen?.sendCredentials(credentials);
  }

  /** Disconnect, and stay so. */
  leave() {
    this.#isLeaving = true;
    this.screen?.disconnect();
  }
}
