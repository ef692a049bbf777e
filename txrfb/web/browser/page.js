// Copyright (c) txrfb contributors. See LICENSE for details.

import RFB from "@novnc/novnc";
import { wordsFor } from "./words.js";

const $ = (id) => document.getElementById(id);
const given = new URLSearchParams(location.search);
const { language, words } = wordsFor(given.get("lang") ?? navigator.language);

// The seconds until the first attempt to connect again, and the most there may be.
const FIRST = 1, MOST = 30;

const KEYS = {
  ControlLeft: 0xffe3, AltLeft: 0xffe9, MetaLeft: 0xffeb, Tab: 0xff09, Escape: 0xff1b,
};
const LEVELS = { auto: [6, 2], sharp: [9, 2], small: [2, 9] };

let rfb = null;
let credentials = {};
let wait = FIRST;
let timer = null;
let isLeaving = false;
let problem = "";

// Where the WebSocket is; a token is not to stay where it can be read.
const place = document.querySelector("meta[name=websocket]").content;
const url = new URL(given.get("path") ?? place, location.href);
url.protocol = url.protocol.replace("http", "ws");
if (given.has("token")) {
  url.searchParams.set("token", given.get("token"));
  given.delete("token");
  const rest = given.toString();
  history.replaceState(null, "", location.pathname + (rest ? `?${rest}` : ""));
}

function tell(what, more = {}) {
  if (parent !== window) {
    parent.postMessage({ txrfb: what, ...more }, "*");
  }
}

function say(text) {
  $("state").textContent = text;
}

function apply() {
  if (rfb === null) { return; }
  const scale = $("scale").value;
  rfb.scaleViewport = scale === "fit";
  rfb.resizeSession = scale === "remote";
  [rfb.qualityLevel, rfb.compressionLevel] = LEVELS[$("quality").value];
  rfb.viewOnly = $("viewonly").checked;
}

function connect() {
  clearTimeout(timer);
  $("trouble").hidden = true;
  say(words.connecting);
  isLeaving = false;
  let refusal = "", isIn = false, isOpen = false;
  let socket;
  try {
    socket = new WebSocket(url);
  } catch {
    trouble(words.gone, false);
    return;
  }
  socket.binaryType = "arraybuffer";
  let last = { code: 1006, reason: "" };
  socket.addEventListener("open", () => { isOpen = true; });
  socket.addEventListener("close", (event) => { last = event; });
  rfb = new RFB($("screen"), socket, { credentials });
  rfb.background = "transparent";
  apply();
  rfb.addEventListener("connect", () => {
    isIn = true;
    wait = FIRST;
    problem = "";
    say(words.connected);
    tell("connected", { name: $("name").textContent });
    rfb.focus();
  });
  rfb.addEventListener("desktopname", (event) => {
    $("name").textContent = document.title = event.detail.name;
  });
  rfb.addEventListener("credentialsrequired", (event) => ask(event.detail.types));
  rfb.addEventListener("serververification", (event) => verify(event.detail.publickey));
  rfb.addEventListener("securityfailure", (event) => {
    refusal = event.detail.reason || words.lost;
  });
  rfb.addEventListener("clipboard", (event) => {
    $("text").value = event.detail.text;
    navigator.clipboard?.writeText(event.detail.text).catch(() => {});
    tell("clipboard");
  });
  rfb.addEventListener("bell", () => tell("bell"));
  rfb.addEventListener("disconnect", () => {
    rfb = null;
    for (const button of document.querySelectorAll(".sticky")) {
      button.setAttribute("aria-pressed", "false");
    }
    // The reason of the WebSocket comes with its own event, which may be after this.
    setTimeout(() => ended(isIn, isOpen, refusal, last), 0);
  });
}

async function ended(isIn, isOpen, refusal, { code, reason }) {
  say(words.ended);
  tell("disconnected", { code, reason });
  $("login").close();
  $("verify").close();
  if (isLeaving) {
    trouble(words.left, false);
  } else if (refusal) {
    // A wrong password is worth another try, which the user has to make.
    problem = words.refused + refusal;
    const hadPassword = Object.keys(credentials).length > 0;
    credentials = {};
    if (hadPassword && !/try again in|too many/.test(refusal)) {
      connect();
    } else {
      trouble(problem, false);
    }
  } else if (code === 1001) {
    trouble(words.stops, true);
  } else if (code === 1008) {
    trouble(words.refused + reason, /too many viewers/.test(reason));
  } else if (code === 1011) {
    trouble(words.failed, true);
  } else if (reason) {
    trouble(words.closed + reason, false);
  } else if (isOpen || isIn) {
    trouble(words.lost, true);
  } else {
    const isThere = await fetch(location.href, { method: "HEAD" }).then(() => true, () => false);
    trouble(isThere ? words.notAllowed : words.gone, true);
  }
}

function trouble(text, isAutomatic) {
  $("why").textContent = text;
  $("again").textContent = "";
  $("trouble").hidden = false;
  if (isAutomatic && given.get("reconnect") !== "0") {
    $("again").textContent = words.again(wait);
    timer = setTimeout(connect, wait * 1000);
    wait = Math.min(MOST, wait * 2);
  } else {
    $("retry").focus();
  }
}

function ask(types) {
  $("loginProblem").textContent = problem;
  $("loginProblem").hidden = !problem;
  $("nameField").hidden = !types.includes("username");
  $("passwordField").hidden = !types.includes("password");
  $("password").value = "";
  $("login").showModal();
  (types.includes("username") ? $("username") : $("password")).focus();
}

$("login").addEventListener("submit", (event) => {
  event.preventDefault();
  credentials = { password: $("password").value };
  if (!$("nameField").hidden) { credentials.username = $("username").value; }
  $("login").close();
  rfb?.sendCredentials(credentials);
});
$("login").addEventListener("cancel", (event) => event.preventDefault());

async function verify(key) {
  // As the server's log has it.
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-1", key)).slice(0, 8);
  const text = Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("-");
  const name = `txrfb key of ${url.host}${url.pathname}`;
  if (localStorage.getItem(name) === text) {
    rfb?.approveServer();
    return;
  }
  $("fingerprint").textContent = text;
  $("verify").showModal();
  $("verify").onsubmit = (event) => {
    event.preventDefault();
    localStorage.setItem(name, text);
    $("verify").close();
    rfb?.approveServer();
  };
}
$("verify").addEventListener("cancel", (event) => event.preventDefault());
$("refuse").addEventListener("click", leave);

function leave() {
  isLeaving = true;
  $("verify").close();
  rfb?.disconnect();
}

$("retry").addEventListener("click", () => { wait = FIRST; connect(); });
$("leave").addEventListener("click", leave);
for (const id of ["scale", "quality", "viewonly"]) {
  $(id).addEventListener("change", () => { apply(); rfb?.focus(); });
}
function toggles(button, panel) {
  $(button).addEventListener("click", () => {
    $(panel).hidden = !$(panel).hidden;
    $(button).setAttribute("aria-expanded", String(!$(panel).hidden));
  });
}
toggles("keys", "keyrow");
toggles("clipboard", "clip");
for (const button of document.querySelectorAll(".sticky")) {
  button.addEventListener("click", () => {
    const isDown = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(isDown));
    rfb?.sendKey(KEYS[button.dataset.key], button.dataset.key, isDown);
    rfb?.focus();
  });
}
for (const button of document.querySelectorAll(".tap")) {
  button.addEventListener("click", () => {
    rfb?.sendKey(KEYS[button.dataset.key], button.dataset.key);
    rfb?.focus();
  });
}
$("cad").addEventListener("click", () => { rfb?.sendCtrlAltDel(); rfb?.focus(); });
$("send").addEventListener("click", () => rfb?.clipboardPasteFrom($("text").value));
$("full").addEventListener("click", () => {
  if (document.fullscreenElement) {
    document.exitFullscreen();
  } else {
    document.documentElement.requestFullscreen();
  }
});
document.addEventListener("fullscreenchange", () => {
  $("full").setAttribute("aria-pressed", String(document.fullscreenElement !== null));
});

// The browser's clipboard, where it may be read without asking anybody.
window.addEventListener("focus", async () => {
  try {
    const permission = await navigator.permissions.query({ name: "clipboard-read" });
    if (permission.state === "granted") {
      rfb?.clipboardPasteFrom(await navigator.clipboard.readText());
    }
  } catch {
    // Then there is the panel.
  }
});

document.documentElement.lang = language;
for (const element of document.querySelectorAll("[data-word]")) {
  element.textContent = words[element.dataset.word];
}
$("bar").setAttribute("aria-label", words.toolbar);
$("keyrow").setAttribute("aria-label", words.keys);
$("clip").setAttribute("aria-label", words.clipboard);
$("screen").setAttribute("aria-label", words.screen);
document.body.classList.toggle("bare", given.has("bare"));
for (const id of ["scale", "quality"]) {
  const values = Array.from($(id).options, (option) => option.value);
  if (values.includes(given.get(id))) { $(id).value = given.get(id); }
}
$("viewonly").checked = ["", "1", "true"].includes(given.get("view_only") ?? "0");
connect();
