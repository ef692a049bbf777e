// Copyright (c) txrfb contributors. See LICENSE for details.

import { isOn } from "./settings.js";

const CHANNELS = 2, FREQUENCY = 44100;

// The seconds that sound is played after it came, which hide that it comes unevenly, and
// the most that may wait: what is later than that is left out.
const DELAY = 0.06, MOST = 0.4;

const BEGIN = 1, DATA = 2;

/** Sound, where the server has some and the user wants to hear it. */
export function startSound(session, button) {
  let context = null, film = null, next = 0, isWanted = isOn("sound");

  function play(bytes) {
    const samples = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const length = Math.floor(bytes.byteLength / 2 / CHANNELS);
    const now = context.currentTime;
    if (!length || next - now > MOST) { return; }
    const buffer = context.createBuffer(CHANNELS, length, FREQUENCY);
    for (let channel = 0; channel < CHANNELS; channel++) {
      const data = buffer.getChannelData(channel);
      for (let i = 0; i < length; i++) {
        data[i] = samples.getInt16(2 * (i * CHANNELS + channel), true) / 0x8000;
      }
    }
    const source = context.createBufferSource();
    source.buffer = buffer;
    source.connect(context.destination);
    source.connect(film);
    if (next < now) { next = now + DELAY; }
    source.start(next);
    next += buffer.duration;
  }

  function show() {
    const { screen } = session;
    button.hidden = !screen?.hasSound;
    const isHeard = isWanted && context?.state === "running";
    button.setAttribute("aria-pressed", String(isHeard));
  }

  async function begin() {
    const { screen } = session;
    if (!isWanted || !screen?.hasSound) { return; }
    context ??= new AudioContext({ sampleRate: FREQUENCY, latencyHint: "interactive" });
    film ??= context.createMediaStreamDestination();
    // Browsers let a page be heard when its user has done something there.
    if (navigator.userActivation?.hasBeenActive ?? true) {
      await context.resume();
      if (session.screen === screen && isWanted) {
        screen.listen(true, CHANNELS, FREQUENCY);
      }
    }
    show();
  }

  function end() {
    isWanted = false;
    session.screen?.listen(false);
    context?.suspend().then(show);
  }

  session.addEventListener("connecting", () => {
    const { screen } = session;
    screen.addEventListener("sound", () => { show(); begin(); });
    screen.addEventListener("audio", ({ detail: { operation, data } }) => {
      if (operation === BEGIN) { next = 0; }
      if (operation === DATA && context?.state === "running") { play(data); }
    });
    show();
  });
  session.addEventListener("ended", show);
  button.addEventListener("click", () => {
    if (button.getAttribute("aria-pressed") === "true") {
      end();
    } else {
      isWanted = true;
      begin();
    }
  });
  document.addEventListener("pointerdown", () => {
    if (isWanted && context?.state !== "running") { begin(); }
  });

  /** What of it films have. */
  return { tracks: () => film?.stream.getAudioTracks() ?? [] };
}
