// Copyright (c) txrfb contributors. See LICENSE for details.

import { notify } from "./panels.js";
import { isOn, value } from "./settings.js";
import { words } from "./words.js";

// The seconds that an arrow key goes, and to which idle times are cut.
const STEP = 5, IDLE = 2;

// The pixels between two marks, at the least.
const APART = 4;

// The milliseconds between two looks at the clock, and between two places that are
// looked for while the pointer is dragged.
const LOOK = 100, DRAG = 100;

// For how many milliseconds a place that was asked for counts, whatever is told: that may
// be older.  When something so near to it is told, in seconds, it is known.
const KNOWN = 2000, NEAR = 1;

/** Seconds as people read them: 1:02:03. */
function clock(seconds) {
  const whole = Math.floor(seconds);
  const parts = [Math.floor(whole / 60) % 60, whole % 60];
  if (whole >= 3600) { parts.unshift(Math.floor(whole / 3600)); }
  return parts.map((part, i) => (i ? String(part).padStart(2, "0") : part)).join(":");
}

/** Seconds as they stand in an address: 1h2m3s. */
function stamp(seconds) {
  const whole = Math.floor(seconds), minutes = Math.floor(whole / 60);
  const hour = minutes >= 60 ? `${Math.floor(minutes / 60)}h` : "";
  return `${hour}${minutes ? `${minutes % 60}m` : ""}${whole % 60}s`;
}

/** What stands there, in seconds: 1h2m3s, 1:02:03, or 3723; null if it is no time. */
export function secondsOf(text) {
  const found = /^(?:(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?|(?:(\d+):)?(\d+):(\d+))$/
    .exec(text ?? "");
  if (!text || found === null) { return null; }
  const [hours, minutes, seconds] = [1, 2, 3].map((i) => found[i] ?? found[i + 3] ?? 0);
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}

/** The time that the address of the page leads to, in seconds; null if to none. */
function addressed() {
  const behind = new URLSearchParams(location.hash.slice(1));
  return secondsOf(behind.get("t") ?? value("t"));
}

/**
 * The player of a recording, as far as the server tells of one, in messages besides RFB;
 * what it does all viewers see.
 */
export function startPlayer(session, { bar, play, seek, ticks, time, speed, skip, link }) {
  let playback = null, at = 0, timer = null, sent = 0;
  // What was asked for, when, and what ends that.
  let goal = null;
  let marks = [];
  let isDragged = false, isFirst = true, wanted = addressed();
  const isWanted = isOn("player", !isOn("bare"));

  const say = (message) => session.channel?.say(message);

  function position() {
    const [from, since] = goal ? [goal.position, goal.at] : [playback.position, at];
    const passed = playback.playing ? (performance.now() - since) / 1000 : 0;
    return Math.min(from + passed * playback.speed, playback.duration);
  }

  function showTime(seconds) {
    const { duration } = playback;
    seek.style.setProperty("--part", String(duration ? seconds / duration : 0));
    const text = `${clock(seconds)} / ${clock(duration)}`;
    if (time.textContent !== text) {
      time.textContent = text;
      seek.setAttribute("aria-valuetext", words.timeOf(clock(seconds), clock(duration)));
    }
  }

  function look() {
    if (isDragged) { return; }
    seek.value = String(position());
    showTime(position());
  }

  function show() {
    const { playing, duration, mayControl, idle } = playback;
    const word = playing ? "pause" : "play";
    bar.classList.toggle("runs", playing);
    play.dataset.title = play.firstElementChild.dataset.word = word;
    play.title = play.firstElementChild.textContent = playing ? words.pause : words.play;
    seek.max = String(duration);
    const said = String(playback.speed);
    if (!Array.from(speed.options).some((option) => option.value === said)) {
      speed.append(new Option(`${said}×`, said));
    }
    speed.value = said;
    skip.setAttribute("aria-pressed", String(idle > 0));
    for (const one of [play, seek, speed, skip]) { one.disabled = !mayControl; }
    bar.title = mayControl ? "" : words.noControl;
    bar.hidden = !isWanted;
    clearInterval(timer);
    timer = playing ? setInterval(look, LOOK) : null;
    look();
  }

  /** A mark for each whole picture, or for some where they would be one gray bar. */
  function mark() {
    const { width } = ticks.ownerSVGElement.getBoundingClientRect();
    const all = (playback?.duration || 1) / 1000;
    let last = -Infinity;
    const shown = marks.map((time) => time / all).filter((x) => {
      const isApart = (x - last) * width >= APART * 1000;
      if (isApart) { last = x; }
      return isApart;
    });
    ticks.setAttribute("d", shown.map((x) => `M${x.toFixed(1)} 0V10`).join(""));
  }

  function known() {
    clearTimeout(goal?.end);
    goal = null;
  }

  function goTo(seconds) {
    const place = Math.max(0, Math.min(seconds, playback.duration));
    say({ seek: place });
    known();
    const end = setTimeout(() => { known(); look(); }, KNOWN);
    goal = { position: place, at: performance.now(), end };
    look();
  }

  function toggle() {
    if (playback.mayControl) { say({ play: !playback.playing }); }
  }

  session.addEventListener("news", (event) => {
    if (event.detail.keys) {
      marks = event.detail.keys;
      mark();
    }
    if (!event.detail.playback) { return; }
    [playback, at] = [event.detail.playback, performance.now()];
    if (goal && Math.abs(playback.position - position()) < NEAR) { known(); }
    show();
    if (wanted !== null) {
      // Also where it is past the end of what has been written up to now.
      say({ seek: wanted });
      wanted = null;
    }
    if (isFirst && isWanted && playback.mayControl) {
      // Nobody takes keys on the other side.
      if (["typing", ""].includes(document.activeElement.id)) { seek.focus(); }
      isFirst = false;
    }
  });
  session.addEventListener("ended", () => {
    clearInterval(timer);
    known();
    playback = null;
    bar.hidden = true;
    isDragged = false;
  });

  new ResizeObserver(mark).observe(seek);
  play.addEventListener("click", toggle);
  seek.addEventListener("input", () => {
    isDragged = true;
    showTime(Number(seek.value));
    if (performance.now() - sent > DRAG) {
      sent = performance.now();
      say({ seek: Number(seek.value) });
    }
  });
  seek.addEventListener("change", () => {
    isDragged = false;
    goTo(Number(seek.value));
  });
  seek.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
    if (!way) { return; }
    event.preventDefault();
    goTo(position() + way * STEP);
  });
  bar.addEventListener("keydown", (event) => {
    // Buttons and lists know what to do with it.
    if (event.key === " " && !event.target.closest("button, select")) {
      event.preventDefault();
      toggle();
    }
  });
  speed.addEventListener("change", () => say({ speed: Number(speed.value) }));
  skip.addEventListener("click", () => say({ idle: playback.idle > 0 ? 0 : IDLE }));
  link.addEventListener("click", async () => {
    const url = new URL(location.href);
    url.searchParams.delete("t");
    url.hash = `t=${stamp(position())}`;
    history.replaceState(null, "", url);
    try {
      await navigator.clipboard.writeText(url.href);
      notify(words.copied(clock(position())));
    } catch {
      notify(words.inAddress);
    }
  });
  window.addEventListener("hashchange", () => {
    const seconds = addressed();
    if (seconds !== null && playback) { goTo(seconds); }
  });
}
