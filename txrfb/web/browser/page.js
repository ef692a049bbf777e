// Copyright (c) txrfb contributors. See LICENSE for details.

import { startClipboard } from "./clipboard.js";
import { startDialogs } from "./dialogs.js";
import { startFrame } from "./frame.js";
import { startKeyboard } from "./keyboard.js";
import { startPanels } from "./panels.js";
import { startPeople } from "./people.js";
import { startPictures } from "./picture.js";
import { startPlayer } from "./player.js";
import { startPointer } from "./pointer.js";
import { Session } from "./session.js";
import { isOn, preset, value } from "./settings.js";
import { startSound } from "./sound.js";
import { startStatus } from "./status.js";
import { startWords } from "./words.js";

const $ = (id) => document.getElementById(id);

const session = new Session($("screen"), $("typing"));

function apply() {
  const { screen } = session;
  if (screen === null) { return; }
  const scale = $("scale").value;
  screen.scaleViewport = scale === "fit";
  screen.clipViewport = scale === "actual";
  screen.resizeSession = scale === "remote";
  screen.preset = $("quality").value;
  screen.viewOnly = $("viewonly").checked;
}

function toggleFullScreen() {
  if (document.fullscreenElement) {
    document.exitFullscreen();
  } else {
    document.documentElement.requestFullscreen();
  }
}

startWords($("language"), value("lang"));
if (["dark", "light"].includes(value("theme"))) {
  document.documentElement.dataset.theme = value("theme");
}
document.body.classList.toggle("bare", isOn("bare"));
$("status").hidden = !isOn("status", !isOn("bare"));
preset($("scale"), "scale");
preset($("quality"), "quality");
$("viewonly").checked = isOn("view_only");

startStatus(session);
startDialogs(session);
startPanels($("tools"), value("panel"));
startKeyboard(session, {
  field: $("typing"), panel: $("keyrow"), button: $("keyboard"), all: $("cad"),
  tools: $("tools"),
});
startClipboard(session, { text: $("text"), send: $("send"), allow: $("allow") });
startPointer(session, { area: $("screen"), hand: $("hand"), lock: $("lock") });
const sound = startSound(session, $("sound"));
startPictures(session, { shot: $("shot"), record: $("record") }, sound);
startPeople(session, {
  button: $("people"), count: $("count"), list: $("viewers"), rule: $("rule"),
  ask: $("ask"),
});
startPlayer(session, {
  bar: $("player"), play: $("play"), seek: $("seek"), ticks: $("ticks"), time: $("time"),
  speed: $("speed"), skip: $("skip"), link: $("link"),
});
startFrame(session, {
  connect: () => session.connect(true),
  disconnect: () => session.leave(),
  focus: () => session.screen?.focus(),
  clipboard: ({ text }) => session.screen?.clipboardPasteFrom(String(text)),
  keys: () => session.screen?.sendCtrlAltDel(),
  picture: (_, tell) => {
    session.screen?.toBlob((blob) => tell("picture", { blob }), "image/png");
  },
  play: () => session.channel?.say({ play: true }),
  pause: () => session.channel?.say({ play: false }),
  seek: ({ seconds }) => {
    if (Number.isFinite(seconds)) { session.channel?.say({ seek: seconds }); }
  },
  set: ({ scale, quality, viewOnly }) => {
    for (const [id, wanted] of [["scale", scale], ["quality", quality]]) {
      const able = Array.from($(id).options, (option) => option.value);
      if (able.includes(wanted)) { $(id).value = wanted; }
    }
    if (viewOnly !== undefined) { $("viewonly").checked = Boolean(viewOnly); }
    apply();
  },
});

session.addEventListener("connecting", apply);
session.addEventListener("connected", () => session.screen.focus());
$("leave").addEventListener("click", () => session.leave());
for (const id of ["scale", "quality", "viewonly"]) {
  $(id).addEventListener("change", apply);
}
$("full").addEventListener("click", toggleFullScreen);
document.addEventListener("fullscreenchange", () => {
  $("full").setAttribute("aria-pressed", String(document.fullscreenElement !== null));
});
session.connect();
