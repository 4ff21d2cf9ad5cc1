"use strict";
// What changes from second to second, taken from the page itself as the server makes it now.
const LIVE = "tbody, #last, #state, #trouble";
const alive = document.getElementById("alive");

function say(words) {
  if (alive.textContent !== words) alive.textContent = words;
}

async function look() {
  try {
    const reply = await fetch(location.href, { cache: "no-store" });
    const now = new DOMParser().parseFromString(await reply.text(), "text/html");
    for (const old of document.querySelectorAll(LIVE)) {
      const fresh = now.getElementById(old.id);
      if (fresh && fresh.innerHTML !== old.innerHTML) old.replaceChildren(...fresh.childNodes);
    }
    say("live");
  } catch {
    say("it is not being served any more");
  }
}

setInterval(look, 1000);
