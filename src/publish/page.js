// Everything on the pages works without this: it adds keys, times of the reader's zone, and what a headline opens.
"use strict";
(() => {
  const times = document.querySelectorAll("time[datetime*=T]");
  const zone = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  const hour = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
  for (const time of times) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    time.title = zone.format(at);
    time.textContent = /^\d\d:\d\d$/.test(time.textContent) ? hour.format(at) : zone.format(at);
  }

  const headlines = [...document.querySelectorAll("a.headline")];
  const view = document.querySelector(".view");
  if (view && headlines.length) {
    const choose = document.createElement("button");
    // Where nothing may be kept the choice holds for this page.
    let chosen = "away";
    const kept = (choice) => {
      try {
        if (choice) localStorage.setItem("opens", choice);
        return localStorage.getItem("opens") ?? chosen;
      } catch {
        return chosen;
      }
    };
    const show = () => {
      const here = kept() === "here";
      choose.textContent = here ? view.dataset.here : view.dataset.away;
      headlines.forEach((headline) => { headline.href = headline.dataset[here ? "here" : "away"]; });
    };
    choose.type = "button";
    choose.addEventListener("click", () => {
      chosen = kept() === "here" ? "away" : "here";
      kept(chosen);
      show();
    });
    show();
    view.append(" · ", choose);
  }

  const keys = document.querySelector(".keys");
  if (keys && headlines.length) keys.hidden = false;
  let current = -1;
  const go = (to) => {
    current = Math.max(0, Math.min(headlines.length - 1, to));
    headlines[current]?.focus();
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
    const at = headlines.indexOf(document.activeElement);
    if (at >= 0) current = at;
    const headline = headlines[current];
    switch (event.key) {
      case "j": go(current + 1); break;
      case "k": go(current - 1); break;
      case "o": if (headline) location.href = headline.dataset.here; break;
      case "v": {
        const publisher = headline ? headline.dataset.away : document.querySelector("a.away")?.href;
        if (publisher) open(publisher, "_blank", "noopener");
        break;
      }
      case "/": document.querySelector("input[type=search]")?.focus(); break;
      case "?": keys?.scrollIntoView(); break;
      default: return;
    }
    event.preventDefault();
  });
})();
