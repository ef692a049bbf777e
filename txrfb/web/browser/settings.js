// Copyright (c) txrfb contributors. See LICENSE for details.

/** What the address of the page asks for. */
const given = new URLSearchParams(location.search);

/** Whether the pointer is a finger, for which a remote pixel must not be too small. */
export const isCoarse = matchMedia("(pointer: coarse)").matches;

/** The value of a parameter; null if there is none. */
export function value(name) {
  return given.get(name);
}

/** Whether a parameter is there, and does not say no. */
export function isOn(name, otherwise = false) {
  const said = given.get(name);
  return said === null ? otherwise : !["0", "false", "no"].includes(said);
}

/** Where the WebSocket is.  A token does not stay where it can be read. */
export function webSocketAddress() {
  const place = document.querySelector("meta[name=websocket]").content;
  const url = new URL(given.get("path") ?? place, location.href);
  url.protocol = url.protocol.replace("http", "ws");
  if (given.has("token")) {
    url.searchParams.set("token", given.get("token"));
    given.delete("token");
    const rest = given.toString();
    history.replaceState(null, "", location.pathname + (rest ? `?${rest}` : "") + location.hash);
  }
  return url;
}

/** Choose what the address says in a list, if it has that. */
export function preset(select, name) {
  if (Array.from(select.options, (option) => option.value).includes(given.get(name))) {
    select.value = given.get(name);
  }
}
