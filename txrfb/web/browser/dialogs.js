// Copyright (c) txrfb contributors. See LICENSE for details.

import { words } from "./words.js";

const $ = (id) => document.getElementById(id);

/** What is asked of the user, and what went wrong. */
export function startDialogs(session) {
  const login = $("login"), verify = $("verify");
  for (const dialog of [login, verify]) {
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      session.leave();
    });
  }

  session.addEventListener("connecting", () => {
    $("trouble").hidden = true;
    const { screen } = session;
    screen.addEventListener("credentialsrequired", (event) => ask(event.detail.types));
    screen.addEventListener("serververification", (event) => {
      check(session, event.detail.publickey);
    });
  });
  session.addEventListener("ended", () => {
    login.close();
    verify.close();
  });

  function ask(types) {
    $("loginProblem").textContent = session.problem;
    $("loginProblem").hidden = !session.problem;
    $("nameField").hidden = !types.includes("username");
    $("passwordField").hidden = !types.includes("password");
    $("password").value = "";
    login.showModal();
    (types.includes("username") ? $("username") : $("password")).focus();
  }
  login.addEventListener("submit", (event) => {
    event.preventDefault();
    const credentials = { password: $("password").value };
    if (!$("nameField").hidden) { credentials.username = $("username").value; }
    login.close();
    session.logIn(credentials);
  });
  $("giveUp").addEventListener("click", () => session.leave());
  $("refuse").addEventListener("click", () => session.leave());

  session.addEventListener("trouble", (event) => {
    const { text, seconds } = event.detail;
    $("why").textContent = text;
    $("again").textContent = seconds ? words.again(seconds) : "";
    $("trouble").hidden = false;
    if (!seconds) { $("retry").focus(); }
  });
  $("retry").addEventListener("click", () => session.connect(true));
}

/** Have the user compare a host key with what the server's log says, once. */
async function check(session, key) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-1", key)).slice(0, 8);
  const text = Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("-");
  const name = `txrfb key of ${session.url.host}${session.url.pathname}`;
  if (localStorage.getItem(name) === text) {
    session.screen?.approveServer();
    return;
  }
  const verify = $("verify");
  $("fingerprint").textContent = text;
  verify.showModal();
  verify.onsubmit = (event) => {
    event.preventDefault();
    localStorage.setItem(name, text);
    verify.close();
    session.screen?.approveServer();
  };
}
