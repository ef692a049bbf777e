// Copyright (c) txrfb contributors. See LICENSE for details.

import { Screen } from "./screen.js";
import { isCoarse, isOn } from "./settings.js";

/** The pointer: a hand that drags a picture larger than the window, and motions. */
export function startPointer(session, { area, hand, lock }) {
  let isDragging = isOn("hand", isCoarse);

  function show() {
    const screen = session.screen;
    hand.hidden = !screen?.clippingViewport;
    hand.setAttribute("aria-pressed", String(isDragging));
    lock.hidden = !screen?.isRelative;
    lock.setAttribute("aria-pressed", String(document.pointerLockElement !== null));
    if (screen !== null) {
      screen.dragViewport = isDragging;
      area.classList.toggle("hand", isDragging && screen.clippingViewport);
    }
    if (!screen?.isRelative && document.pointerLockElement) { document.exitPointerLock(); }
  }

  session.addEventListener("connecting", () => {
    for (const news of ["clippingviewport", "motion"]) {
      session.screen.addEventListener(news, show);
    }
    show();
  });
  session.addEventListener("ended", show);
  hand.addEventListener("click", () => {
    isDragging = !isDragging;
    show();
    session.screen?.focus();
  });

  // While it is locked the pointer has no place, only motions.
  let dx = 0, dy = 0, mask = 0, frame = null;
  function flush() {
    cancelAnimationFrame(frame);
    frame = null;
    session.screen?.sendMotion(Math.round(dx), Math.round(dy), mask);
    dx = dy = 0;
  }
  function moved(event) {
    if (document.pointerLockElement === null || session.screen === null) { return; }
    event.stopImmediatePropagation();
    event.preventDefault();
    dx += event.movementX;
    dy += event.movementY;
    if (event.type !== "mousemove") {
      mask = Screen.buttons(event);
      flush();
    } else if (frame === null) {
      frame = requestAnimationFrame(flush);
    }
  }
  for (const kind of ["mousemove", "mousedown", "mouseup"]) {
    area.addEventListener(kind, moved, { capture: true });
  }
  lock.addEventListener("click", async () => {
    try {
      await session.screen?.canvas.requestPointerLock();
      session.screen?.focus();
    } catch {
      // The browser lets a page have it again only a while after the user took it back.
    }
  });
  document.addEventListener("pointerlockchange", show);

  // Pixels of the display change with zoom, and with the display that a window is on.
  function watch() {
    matchMedia(`(resolution: ${devicePixelRatio}dppx)`).addEventListener("change", () => {
      session.screen?.densityChanged();
      watch();
    }, { once: true });
  }
  watch();
}
