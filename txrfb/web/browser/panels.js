// Copyright (c) txrfb contributors. See LICENSE for details.

import { words } from "./words.js";

const $ = (id) => document.getElementById(id);

// The seconds for which a notice is to be seen.
const SEEN = 5;

let timer = null;

/** Say something that needs no answer. */
export function notify(text) {
  clearTimeout(timer);
  $("notice").textContent = text;
  timer = setTimeout(() => { $("notice").textContent = ""; }, SEEN * 1000);
}

/** Have a file come to where downloads go. */
export function save(blob, ending) {
  const when = new Date().toISOString().slice(0, 19).replaceAll(":", "-");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `${document.title.replace(/[^\p{L}\p{N}.-]+/gu, "-")}-${when}.${ending}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  notify(words.saved(link.download));
}

/** Have buttons open the panels that they control, one at a time. */
export function startPanels(tools, opened) {
  const buttons = Array.from(tools.querySelectorAll("[aria-expanded]"));
  const panelOf = (button) => $(button.getAttribute("aria-controls"));
  function open(wanted) {
    for (const button of buttons) {
      button.setAttribute("aria-expanded", String(button === wanted));
      panelOf(button).hidden = button !== wanted;
    }
  }
  for (const button of buttons) {
    button.addEventListener("click", () => {
      open(panelOf(button).hidden ? button : null);
    });
    panelOf(button).addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        open(null);
        button.focus();
      }
    });
  }
  if (opened) { open(buttons.find((button) => panelOf(button).id === opened) ?? null); }

  // Within a toolbar arrows lead from one to the next.
  tools.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) { return; }
    const able = Array.from(tools.querySelectorAll("button:not([hidden])"));
    const next = able.indexOf(document.activeElement) + step;
    able[(next + able.length) % able.length].focus();
    event.preventDefault();
  });
}
