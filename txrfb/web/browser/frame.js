// Copyright (c) txrfb contributors. See LICENSE for details.

import { value } from "./settings.js";

/** The origin of the page that frames this one; null if it is framed by none. */
function framing() {
  if (parent === window) { return null; }
  const named = value("origin") ?? location.ancestorOrigins?.[0] ?? document.referrer;
  try {
    return new URL(named).origin;
  } catch {
    return null;
  }
}

/**
 * What is said to the page that frames this one, and what it may say: as messages
 * C{{txrfb: ...}}, to and from its origin alone.
 */
export function startFrame(session, commands) {
  const origin = framing();
  if (origin === null) { return; }
  const tell = (what, more = {}) => parent.postMessage({ txrfb: what, ...more }, origin);
  session.addEventListener("connecting", () => {
    for (const news of ["bell", "clipboard"]) {
      session.screen.addEventListener(news, () => tell(news));
    }
  });
  session.addEventListener("connected", () => tell("connected", { name: document.title }));
  session.addEventListener("ended", (event) => {
    tell("disconnected", { code: event.detail.code, reason: event.detail.reason });
  });
  session.addEventListener("trouble", (event) => tell("trouble", event.detail));
  session.addEventListener("news", (event) => {
    if (event.detail.viewers) { tell("viewers", { count: event.detail.count }); }
    if (event.detail.playback) { tell("playback", event.detail.playback); }
  });
  window.addEventListener("message", (event) => {
    if (event.source !== parent || event.origin !== origin) { return; }
    const { txrfb: command, ...more } = event.data ?? {};
    if (Object.hasOwn(commands, command)) { commands[command](more, tell); }
  });
}
