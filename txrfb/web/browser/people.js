// Copyright (c) txrfb contributors. See LICENSE for details.

import { notify } from "./panels.js";
import { words } from "./words.js";

/**
 * Who else looks, and who drives, as far as the server tells: in messages besides RFB,
 * with the rights of this connection.
 */
export function startPeople(session, { button, count, list, rule, ask }) {
  let asking = new Set();

  const nameOf = (one) => one.name || words.guest(one.number);

  function item(one, mine, news) {
    const line = document.createElement("li");
    const name = document.createElement("span");
    name.className = "who";
    name.textContent = nameOf(one);
    line.append(name);
    const said = [];
    if (one === mine) { said.push(words.you); }
    if (!one.mayDrive) {
      said.push(words.looks);
    } else if (one.drives && news.exclusive) {
      said.push(words.drives);
    }
    if (one.asks) { said.push(words.asks); }
    for (const text of said) {
      const tag = document.createElement("span");
      tag.className = "tag";
      tag.textContent = text;
      line.append(tag);
    }
    if (news.exclusive && mine?.drives && one !== mine && one.mayDrive) {
      const give = document.createElement("button");
      give.type = "button";
      give.className = one.asks ? "main" : "";
      give.textContent = words.handOver;
      give.setAttribute("aria-label", `${words.handOver}: ${nameOf(one)}`);
      give.addEventListener("click", () => session.channel?.say({ give: one.number }));
      line.append(give);
    }
    return line;
  }

  function show(news) {
    const mine = news.viewers.find((one) => one.number === news.you);
    const driver = news.viewers.find((one) => one.drives);
    count.textContent = String(news.count);
    list.replaceChildren(...news.viewers.map((one) => item(one, mine, news)));
    if (news.count > news.viewers.length) {
      const more = document.createElement("li");
      more.textContent = words.more(news.count - news.viewers.length);
      list.append(more);
    }
    if (!news.exclusive) {
      rule.textContent = words.allDrive;
    } else if (!driver) {
      rule.textContent = words.nobodyDrives;
    } else {
      rule.textContent = driver === mine ? words.youDrive : words.oneDrives(nameOf(driver));
    }
    ask.hidden = !news.exclusive || !mine?.mayDrive || mine.drives;
    ask.setAttribute("aria-pressed", String(Boolean(mine?.asks)));
    const now = new Set(news.viewers.filter((one) => one.asks).map((one) => one.number));
    for (const one of news.viewers) {
      if (one.asks && mine?.drives && !asking.has(one.number)) {
        notify(words.asked(nameOf(one)));
      }
    }
    button.classList.toggle("calls", Boolean(mine?.drives) && now.size > 0);
    asking = now;
  }

  button.hidden = true;
  session.addEventListener("connected", () => {
    button.hidden = !session.channel.talks;
    session.channel.say({ watch: true });
  });
  session.addEventListener("news", (event) => {
    if (event.detail.viewers) { show(event.detail); }
    if (event.detail.error) { notify(event.detail.error); }
  });
  session.addEventListener("ended", () => {
    button.hidden = true;
    list.replaceChildren();
  });
  ask.addEventListener("click", () => {
    session.channel?.say({ ask: ask.getAttribute("aria-pressed") !== "true" });
  });
}
