// Copyright (c) txrfb contributors. See LICENSE for details.

/** All that the page says, by language. */
const WORDS = {
  en: {
    size: "Size", fit: "Fit", actual: "1:1", remote: "Resize remote",
    quality: "Quality", auto: "Automatic", sharp: "Sharp", small: "Small",
    viewOnly: "View only", keys: "Keys", clipboard: "Clipboard",
    fullScreen: "Full screen", disconnect: "Disconnect",
    clipboardText: "Remote clipboard", send: "Send", logIn: "Log in",
    userName: "User name", password: "Password", tryNow: "Try now",
    verifyTitle: "Is this your server?",
    verifyText: "Compare the fingerprint with the one in the server's log.",
    accept: "It is", refuse: "It is not", toolbar: "Tools",
    screen: "Remote screen",
    connecting: "Connecting", connected: "Connected", ended: "Disconnected",
    gone: "The server cannot be reached.",
    notAllowed: "The server does not let this page in. Its log says why.",
    refused: "The server has refused: ", closed: "The server has closed the connection: ",
    stops: "The server has stopped.", lost: "The connection was lost.",
    left: "You have disconnected.", failed: "The server has failed. Its log says how.",
    again: (seconds) => `Trying again in ${seconds} s.`,
  },
  de: {
    size: "Größe", fit: "Einpassen", actual: "1:1", remote: "Bildschirm anpassen",
    quality: "Qualität", auto: "Automatisch", sharp: "Scharf", small: "Sparsam",
    viewOnly: "Nur ansehen", keys: "Tasten", clipboard: "Zwischenablage",
    fullScreen: "Vollbild", disconnect: "Trennen",
    clipboardText: "Entfernte Zwischenablage", send: "Senden", logIn: "Anmelden",
    userName: "Benutzername", password: "Passwort", tryNow: "Jetzt versuchen",
    verifyTitle: "Ist das Ihr Server?",
    verifyText: "Vergleichen Sie den Fingerabdruck mit dem im Protokoll des Servers.",
    accept: "Ja", refuse: "Nein", toolbar: "Werkzeuge",
    screen: "Entfernter Bildschirm",
    connecting: "Verbindung wird aufgebaut", connected: "Verbunden", ended: "Getrennt",
    gone: "Der Server ist nicht erreichbar.",
    notAllowed: "Der Server lässt diese Seite nicht zu. Sein Protokoll sagt, warum.",
    refused: "Der Server lehnt ab: ", closed: "Der Server hat die Verbindung beendet: ",
    stops: "Der Server wurde beendet.", lost: "Die Verbindung ging verloren.",
    left: "Sie haben die Verbindung getrennt.",
    failed: "Der Server hat versagt. Sein Protokoll sagt, wie.",
    again: (seconds) => `Neuer Versuch in ${seconds} s.`,
  },
};

/** The words of a language, or of English. */
export function wordsFor(language) {
  const name = language.toLowerCase().split("-")[0];
  return { language: name in WORDS ? name : "en", words: WORDS[name] ?? WORDS.en };
}
