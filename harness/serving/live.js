"use strict";
const element = (id) => document.getElementById(id);

function fill(id, rows) {
  const lines = rows.map((cells) => {
    const line = document.createElement("tr");
    for (const text of cells) line.insertCell().textContent = text;
    if (cells.includes("buy")) line.className = "buy";
    if (cells.includes("sell")) line.className = "sell";
    return line;
  });
  element(id).tBodies[0].replaceChildren(...lines);
}

function offer(markets, chosen) {
  const list = element("markets");
  if (list.options.length === markets.length) return;
  list.replaceChildren(...markets.map((name) => new Option(name, name, name === chosen, name === chosen)));
}

async function look() {
  try {
    const reply = await fetch(`/state?market=${encodeURIComponent(element("markets").value)}`);
    const now = await reply.json();
    offer(now.markets, now.market);
    element("title").textContent = `Simulated ${now.dialect}`;
    element("last").textContent = `${now.last} ${now.market}`;
    fill("asks", now.asks.toReversed());
    for (const id of ["bids", "balances", "orders", "fills", "ledger"]) fill(id, now[id]);
    element("alive").textContent = "live";
  } catch {
    element("alive").textContent = "the venue is not being served any more";
  }
}

look();
setInterval(look, 1000);
