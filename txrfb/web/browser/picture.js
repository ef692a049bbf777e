// Copyright (c) txrfb contributors. See LICENSE for details.

import { notify, save } from "./panels.js";
import { words } from "./words.js";

// The most frames a second of a film, and its bits a second.
const RATE = 30, BITS = 8e6;

// What comes of a film is gathered in pieces of so many seconds.
const PIECE = 1;

const CODECS = ["vp9", "vp8"];

/** The best kind of film that the browser can make, if any. */
function kindOf(hasSound) {
  // Firefox waits for ever for sound that it was told of, if there is none.
  const kinds = CODECS.map((codec) =>
    `video/webm;codecs=${hasSound ? `${codec},opus` : codec}`);
  return kinds.find((kind) => window.MediaRecorder?.isTypeSupported(kind));
}

/** Pictures and films of the screen, for the one who looks. */
export function startPictures(session, { shot, record }, sound) {
  let recorder = null, timer = null;

  shot.addEventListener("click", () => {
    session.screen?.toBlob((blob) => save(blob, "png"), "image/png");
  });

  record.hidden = !kindOf(false);

  function begin() {
    const { picture } = session.screen;
    const stream = picture.canvas.captureStream(RATE);
    const tracks = sound.tracks();
    for (const track of tracks) { stream.addTrack(track); }
    const mimeType = kindOf(tracks.length > 0);
    const pieces = [];
    recorder = new MediaRecorder(stream, { mimeType, videoBitsPerSecond: BITS });
    recorder.addEventListener("dataavailable", (event) => pieces.push(event.data));
    recorder.addEventListener("stop", () => {
      save(new Blob(pieces, { type: "video/webm" }), "webm");
    });
    recorder.addEventListener("error", () => notify(words.notRecorded));
    recorder.start(PIECE * 1000);
    // A canvas is filmed when something is drawn: itself, where nothing else is.
    const draw = () => picture.drawImage(picture.canvas, 0, 0, 1, 1, 0, 0, 1, 1);
    draw();
    timer = setInterval(draw, PIECE * 1000);
    record.setAttribute("aria-pressed", "true");
    notify(words.recording);
  }

  function end() {
    if (recorder === null) { return; }
    clearInterval(timer);
    recorder.stop();
    recorder = null;
    record.setAttribute("aria-pressed", "false");
  }

  record.addEventListener("click", () => {
    if (recorder !== null) {
      end();
    } else if (session.isConnected) {
      begin();
    }
  });
  session.addEventListener("ended", end);
}
