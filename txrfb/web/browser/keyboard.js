// Copyright (c) txrfb contributors. See LICENSE for details.

import Keyboard from "./node_modules/@novnc/novnc/core/input/keyboard.js";
import keysyms from "./node_modules/@novnc/novnc/core/input/keysymdef.js";
import { isCoarse, isOn } from "./settings.js";

const BACKSPACE = 0xff08, RETURN = 0xff0d;

const KEYS = {
  ControlLeft: 0xffe3, ShiftLeft: 0xffe1, AltLeft: 0xffe9, AltRight: 0xfe03,
  MetaLeft: 0xffeb, Tab: 0xff09, Escape: 0xff1b, Delete: 0xffff, Home: 0xff50,
  End: 0xff57, PageUp: 0xff55, PageDown: 0xff56, ArrowLeft: 0xff51, ArrowUp: 0xff52,
  ArrowRight: 0xff53, ArrowDown: 0xff54,
  ...Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`F${i + 1}`, 0xffbe + i])),
};

/**
 * Where typing happens is a field that is never empty: on-screen keyboards tell of a
 * backspace by nothing but what is missing then.
 */
const FILLING = "\u00a0".repeat(16);

/**
 * noVNC's keyboard, but what input methods and dead keys compose is left to the field:
 * only the browser knows what becomes of it.
 */
export class TextKeyboard extends Keyboard {
  _handleKeyDown(event) {
    const isComposed = event.isComposing || event.keyCode === 229
      || event.key === "Dead" || event.key === "Process";
    if (!isComposed) { super._handleKeyDown(event); }
  }
}

/** Text that comes into the field goes to the remote side as keys. */
class Typing {
  #field;
  #type;
  #shown = FILLING;
  #isComposing = false;

  constructor(field, type) {
    this.#field = field;
    this.#type = type;
    field.addEventListener("compositionstart", () => { this.#isComposing = true; });
    field.addEventListener("compositionend", () => {
      this.#isComposing = false;
      this.#take();
    });
    // Phones compose every word; who types there wants to see each letter at once.
    field.addEventListener("input", () => {
      if (!this.#isComposing || isCoarse) { this.#take(); }
    });
    field.addEventListener("focus", () => this.#fill());
    this.#fill();
  }

  #fill() {
    this.#field.value = this.#shown = FILLING;
    this.#field.setSelectionRange(FILLING.length, FILLING.length);
  }

  #take() {
    const before = Array.from(this.#shown), now = Array.from(this.#field.value);
    let same = 0;
    while (same < before.length && before[same] === now[same]) { same++; }
    for (let i = same; i < before.length; i++) { this.#type(BACKSPACE, "Backspace"); }
    for (const one of now.slice(same)) {
      if (one === "\n") {
        this.#type(RETURN, "Enter");
      } else {
        this.#type(keysyms.lookup(one.codePointAt(0)));
      }
    }
    this.#shown = this.#field.value;
    if (!this.#isComposing) { this.#fill(); }
  }
}

/** Have the field, the keys of the panel, and the on-screen keyboard work. */
export function startKeyboard(session, { field, panel, button, all, tools }) {
  const press = (keysym, code, down) => session.screen?.sendKey(keysym, code, down);
  new Typing(field, press);
  const sticky = panel.querySelectorAll(".sticky");
  for (const one of sticky) {
    one.addEventListener("click", () => {
      const isDown = one.getAttribute("aria-pressed") !== "true";
      one.setAttribute("aria-pressed", String(isDown));
      press(KEYS[one.dataset.key], one.dataset.key, isDown);
      session.screen?.focus();
    });
  }
  for (const one of panel.querySelectorAll(".tap")) {
    one.addEventListener("click", () => {
      press(KEYS[one.dataset.key], one.dataset.key);
      session.screen?.focus();
    });
  }
  all.addEventListener("click", () => {
    session.screen?.sendCtrlAltDel();
    session.screen?.focus();
  });
  session.addEventListener("ended", () => {
    for (const one of sticky) { one.setAttribute("aria-pressed", "false"); }
  });

  // An on-screen keyboard comes up for a field that wants text, and for no other.
  function show(isWanted) {
    button.setAttribute("aria-pressed", String(isWanted));
    field.inputMode = isWanted ? "text" : "none";
    field.blur();
    field.focus();
  }
  button.hidden = !isCoarse && !isOn("keyboard");
  button.addEventListener("click", () => {
    show(button.getAttribute("aria-pressed") !== "true");
  });
  field.inputMode = isCoarse ? "none" : "text";

  // Tab is for the remote side, so that it takes something else to get away from there.
  field.addEventListener("keydown", (event) => {
    if (event.key === "F6" && event.ctrlKey && event.shiftKey) {
      event.preventDefault();
      event.stopImmediatePropagation();
      press(KEYS.ControlLeft, "ControlLeft", false);
      press(KEYS.ShiftLeft, "ShiftLeft", false);
      tools.querySelector("button:not([hidden])").focus();
    }
  }, { capture: true });
}
