// Copyright (c) txrfb contributors. See LICENSE for details.

import { language, words } from "./words.js";

// The seconds between two looks.
const INTERVAL = 1;

const $ = (id) => document.getElementById(id);

/** A number with at most three digits that say something. */
function short(number) {
  const options = { maximumFractionDigits: number < 10 ? 1 : 0 };
  return new Intl.NumberFormat(language(), options).format(number);
}

/** Bytes a second, in words. */
function rate(bytes) {
  return bytes < 1e6 ? `${short(bytes / 1e3)} kB/s` : `${short(bytes / 1e6)} MB/s`;
}

/** The line that says how it goes. */
export function startStatus(session) {
  let frames = 0, bytes = 0, at = 0, timer = null;

  function say(state) {
    $("state").dataset.word = state;
    $("state").textContent = words[state];
    document.body.dataset.state = state;
  }

  function look() {
    const { screen, channel } = session;
    const now = performance.now(), seconds = (now - at) / 1000;
    const [width, height] = screen.remoteSize;
    const scale = screen.canvas.getBoundingClientRect().width / screen.canvas.width;
    $("frames").textContent = words.frames(short((screen.frames - frames) / seconds));
    $("bytes").textContent = rate((channel.received - bytes) / seconds);
    $("encoding").textContent = screen.encodingName;
    $("dimensions").textContent = `${width} × ${height}`;
    $("zoom").textContent = `${Math.round(scale * screen.density * 100)} %`;
    [frames, bytes, at] = [screen.frames, channel.received, now];
    channel.say({ ping: now });
  }

  session.addEventListener("connecting", () => {
    say("connecting");
    const { screen } = session;
    screen.addEventListener("desktopname", (event) => {
      $("name").textContent = document.title = event.detail.name;
      screen.canvas.setAttribute("aria-label", event.detail.name);
    });
  });
  session.addEventListener("connected", () => {
    say("connected");
    [frames, bytes, at] = [0, 0, performance.now()];
    $("latency").textContent = "";
    session.channel.say({ ping: at });
    timer = setInterval(look, INTERVAL * 1000);
  });
  session.addEventListener("news", (event) => {
    const { pong } = event.detail;
    if (pong !== undefined) {
      $("latency").textContent = `${short(performance.now() - pong)} ms`;
    }
  });
  session.addEventListener("ended", () => {
    clearInterval(timer);
    say("ended");
    for (const one of $("rates").children) { one.textContent = ""; }
  });
}
