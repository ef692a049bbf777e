// Copyright (c) txrfb contributors. See LICENSE for details.

/** All that the page says, by language. */
const WORDS = {
  en: {
    tongue: "English",
    language: "Language", size: "Size", fit: "Fit into the window", actual: "1:1",
    remote: "Resize the desktop", quality: "Quality", auto: "Automatic", sharp: "Sharp",
    exact: "Lossless", small: "Small", viewOnly: "View only", keys: "Keys",
    clipboard: "Clipboard", fullScreen: "Full screen", disconnect: "Disconnect",
    keyboard: "On-screen keyboard", hand: "Drag the picture",
    lock: "Lock the pointer (Esc to leave)", sound: "Sound", shot: "Save a picture",
    record: "Record a film", people: "Who looks", settings: "Settings",
    clipboardText: "Text on the remote clipboard", send: "Send",
    allow: "Share by itself", logIn: "Log in", cancel: "Cancel",
    userName: "User name", password: "Password", tryNow: "Try now",
    verifyTitle: "Is this your server?",
    verifyText: "Compare the fingerprint with the one in the server's log.",
    accept: "It is", refuse: "It is not", toolbar: "Tools", screen: "Remote screen",
    typing: "Typing here goes to the remote screen; Ctrl+Shift+F6 leads to the tools",
    connecting: "Connecting", connected: "Connected", ended: "Disconnected",
    framesTitle: "Frames a second", bytesTitle: "Bytes a second",
    latencyTitle: "Round trip", encodingTitle: "Encoding",
    dimensionsTitle: "Remote pixels", zoomTitle: "Scale",
    frames: (count) => `${count} fps`,
    gone: "The server cannot be reached.",
    notAllowed: "The server does not let this page in. Its log says why.",
    refused: "The server has refused: ", closed: "The server has closed the connection: ",
    stops: "The server has stopped.", lost: "The connection was lost.",
    left: "You have disconnected.", failed: "The server has failed. Its log says how.",
    again: (seconds) => `Trying again in ${seconds} s.`,
    saved: (name) => `Saved ${name}`,
    recording: "Recording. Press the button again to end it.",
    notRecorded: "The browser could not record this.",
    upwards: "Up", downwards: "Down", toLeft: "Left", toRight: "Right",
    you: "you", drives: "drives", looks: "view only", asks: "asks for control",
    guest: (number) => `Guest ${number}`,
    handOver: "Hand over", ask: "Ask for control",
    more: (count) => `and ${count} more`,
    allDrive: "Everybody who may can use keyboard and pointer.",
    oneDrives: (name) => `${name} has keyboard and pointer.`,
    youDrive: "You have keyboard and pointer.",
    nobodyDrives: "Nobody has keyboard and pointer.",
    asked: (name) => `${name} asks for control.`,
    player: "Player", play: "Play", pause: "Pause", seek: "Time", speed: "Speed",
    skip: "Skip idle",
    skipTitle: "Cut times in which nothing happens to two seconds",
    link: "Copy a link to this time",
    copied: (time) => `Copied a link to ${time}.`,
    inAddress: "The address of this page leads to this time now.",
    noControl: "The player is for those who may use the pointer.",
    timeOf: (time, all) => `${time} of ${all}`,
  },
  de: {
    tongue: "Deutsch",
    language: "Sprache", size: "Größe", fit: "Ins Fenster einpassen", actual: "1:1",
    remote: "Desktop anpassen", quality: "Qualität", auto: "Automatisch",
    sharp: "Scharf", exact: "Verlustfrei", small: "Sparsam", viewOnly: "Nur ansehen",
    keys: "Tasten", clipboard: "Zwischenablage", fullScreen: "Vollbild",
    disconnect: "Trennen", keyboard: "Bildschirmtastatur", hand: "Bild verschieben",
    lock: "Zeiger einfangen (Esc gibt ihn frei)", sound: "Ton",
    shot: "Bild speichern", record: "Film aufnehmen", people: "Wer zusieht",
    settings: "Einstellungen",
    clipboardText: "Text der entfernten Zwischenablage", send: "Senden",
    allow: "Von selbst abgleichen", logIn: "Anmelden", cancel: "Abbrechen",
    userName: "Benutzername", password: "Passwort", tryNow: "Jetzt versuchen",
    verifyTitle: "Ist das Ihr Server?",
    verifyText: "Vergleichen Sie den Fingerabdruck mit dem im Protokoll des Servers.",
    accept: "Ja", refuse: "Nein", toolbar: "Werkzeuge",
    screen: "Entfernter Bildschirm",
    typing: "Eingaben gehen an den entfernten Bildschirm; Strg+Umschalt+F6 führt zu den Werkzeugen",
    connecting: "Verbindung wird aufgebaut", connected: "Verbunden", ended: "Getrennt",
    framesTitle: "Bilder je Sekunde", bytesTitle: "Bytes je Sekunde",
    latencyTitle: "Umlaufzeit", encodingTitle: "Kodierung",
    dimensionsTitle: "Entfernte Bildpunkte", zoomTitle: "Maßstab",
    frames: (count) => `${count} Bilder/s`,
    gone: "Der Server ist nicht erreichbar.",
    notAllowed: "Der Server lässt diese Seite nicht zu. Sein Protokoll sagt, warum.",
    refused: "Der Server lehnt ab: ", closed: "Der Server hat die Verbindung beendet: ",
    stops: "Der Server wurde beendet.", lost: "Die Verbindung ging verloren.",
    left: "Sie haben die Verbindung getrennt.",
    failed: "Der Server hat versagt. Sein Protokoll sagt, wie.",
    again: (seconds) => `Neuer Versuch in ${seconds} s.`,
    saved: (name) => `${name} gespeichert`,
    recording: "Aufnahme läuft. Ein weiterer Druck auf den Knopf beendet sie.",
    notRecorded: "Der Browser konnte das nicht aufnehmen.",
    upwards: "Hoch", downwards: "Runter", toLeft: "Links", toRight: "Rechts",
    you: "Sie", drives: "bedient", looks: "sieht nur zu", asks: "möchte bedienen",
    guest: (number) => `Gast ${number}`,
    handOver: "Übergeben", ask: "Um Bedienung bitten",
    more: (count) => `und ${count} weitere`,
    allDrive: "Wer darf, kann Tastatur und Zeiger benutzen.",
    oneDrives: (name) => `${name} hat Tastatur und Zeiger.`,
    youDrive: "Sie haben Tastatur und Zeiger.",
    nobodyDrives: "Niemand hat Tastatur und Zeiger.",
    asked: (name) => `${name} möchte bedienen.`,
    player: "Wiedergabe", play: "Abspielen", pause: "Anhalten", seek: "Zeit",
    speed: "Tempo", skip: "Pausen kürzen",
    skipTitle: "Zeiten, in denen nichts geschieht, auf zwei Sekunden kürzen",
    link: "Link zu dieser Stelle kopieren",
    copied: (time) => `Link zu ${time} kopiert.`,
    inAddress: "Die Adresse dieser Seite führt nun zu dieser Stelle.",
    noControl: "Die Wiedergabe bedient, wer den Zeiger benutzen darf.",
    timeOf: (time, all) => `${time} von ${all}`,
  },
};

/** The words of the language that was chosen. */
export const words = { ...WORDS.en };

let chosen = "en";

/** Which language that is. */
export function language() {
  return chosen;
}

function use(wanted) {
  const short = (wanted ?? "").slice(0, 2).toLowerCase();
  chosen = short in WORDS ? short : "en";
  Object.assign(words, WORDS[chosen]);
  document.documentElement.lang = chosen;
  for (const element of document.querySelectorAll("[data-word]")) {
    element.textContent = words[element.dataset.word];
  }
  for (const element of document.querySelectorAll("[data-title]")) {
    element.title = words[element.dataset.title];
  }
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", words[element.dataset.label]);
  }
}

/** Have the page speak a language, and whichever is chosen in a list. */
export function startWords(select, wanted) {
  for (const [name, { tongue }] of Object.entries(WORDS)) {
    const option = new Option(tongue, name);
    option.lang = name;
    select.append(option);
  }
  use(wanted ?? localStorage.getItem("txrfb language") ?? navigator.language);
  select.value = chosen;
  select.addEventListener("change", () => {
    localStorage.setItem("txrfb language", select.value);
    use(select.value);
  });
}
