// Copyright (c) txrfb contributors. See LICENSE for details.

/** The clipboard: by itself where the browser lets it be read, by a panel elsewhere. */
export function startClipboard(session, { text, send, allow }) {
  let known = null;
  // How often the other side has said something: what was read before that is old.
  let heard = 0;

  async function read() {
    const before = heard;
    const content = await navigator.clipboard.readText();
    if (before === heard) { take(content); }
  }

  function take(content) {
    text.value = content;
    if (content !== known) {
      known = content;
      session.screen?.clipboardPasteFrom(content);
    }
  }

  async function permission() {
    try {
      return (await navigator.permissions.query({ name: "clipboard-read" })).state;
    } catch {
      // There is no such permission everywhere; then there is the panel.
      return "denied";
    }
  }

  async function share() {
    if (await permission() !== "granted" || session.screen === null) { return; }
    try {
      await read();
    } catch {
      // There is something else in it, or the page is not in front.
    }
  }

  session.addEventListener("connecting", () => {
    known = null;
    session.screen.addEventListener("clipboard", (event) => {
      heard += 1;
      text.value = known = event.detail.text;
      navigator.clipboard?.writeText(event.detail.text).catch(() => {});
    });
  });
  session.addEventListener("connected", share);
  window.addEventListener("focus", share);
  send.addEventListener("click", () => {
    known = text.value;
    session.screen?.clipboardPasteFrom(text.value);
  });

  permission().then((state) => { allow.hidden = state !== "prompt"; });
  allow.addEventListener("click", async () => {
    try {
      await read();
    } catch {
      // It was not allowed.
    }
    allow.hidden = await permission() !== "prompt";
  });
}
