"""Drives the connector of a described exchange in a sandbox: `python -m tests.dialects.driving NAME …`.

What it saw is kept in `measured.json`, which `docs/exchanges.md` is made from; `--checks` judges it by every
check of a running connector too.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

from harness import temporary
from harness.sandbox import choose
from harness.scenarios.rig import Rig
from tests.dialects.described import MEASURED
from tests.dialects.names import market_of
from tests.dialects.test_connectors import filled, opening, resting
from tests.zoo.asked import asked_of
from tests.zoo.keeping import PACE, Specimen, Zoo

PATIENCE = 60  # virtual seconds for what an exchange answers at once
POLLS_WITHIN = 150  # virtual seconds after which every connector has polled; the framework does it every 120


def life(rig: Rig) -> Iterator[str]:
    """What was seen of an order's life, in order; it ends where nothing more came."""
    connector, venue = rig.connector, rig.venue
    connector.start()
    if not connector.wait_ready(PATIENCE).ready:
        return
    yield "ready"
    price, amount = resting(rig)
    order_id = connector.buy(rig.pair, amount, price, position=opening(rig))
    if not connector.wait_event("BuyOrderCreated", order_id, timeout=PATIENCE):
        return
    (order,) = venue.open_orders(rig.account)
    polled = False
    for part, count in ((amount / 4, 1), (amount * 3 / 4, 2)):
        venue.fill(order.order_id, part)

        def told(wanted: int = count) -> bool:
            return len(filled(rig).get(order_id, ())) == wanted

        if not rig.eventually(told, PATIENCE):
            polled = True
            connector.tick(POLLS_WITHIN)
            if not rig.eventually(told, PATIENCE):
                return
    if not connector.wait_event("BuyOrderCompleted", order_id, timeout=PATIENCE):
        return
    yield "filled in parts, as a poll told" if polled else "filled in parts"
    order_id = connector.buy(rig.pair, amount, price, position=opening(rig))
    connector.wait_event("BuyOrderCreated", order_id, timeout=PATIENCE)
    connector.cancel(order_id)
    if not connector.wait_event("OrderCancelled", order_id, timeout=PATIENCE):
        return
    yield "cancelled"
    bid = venue.book(rig.market).bids[-1].price
    sold = connector.sell(rig.pair, amount, bid, position="CLOSE" if rig.market.perpetual else None)
    if connector.wait_event("SellOrderCompleted", sold, timeout=PATIENCE):
        yield "sold"


def judged(specimen: Specimen, name: str) -> dict[str, Any]:
    """How many checks ended how, and those that failed, or that we failed, with what was found."""
    endings = {check.__name__: specimen.judge(check) for check in asked_of(name)}
    counts = Counter(str(ending.status.value) for ending in endings.values())
    bad = ("failed", "harness_error")
    failed = {check: each.summary for check, each in endings.items() if each.status.value in bad}
    return {"checks": dict(sorted(counts.items())), "failed": failed}


def main(names: list[str], with_checks: bool) -> None:
    with temporary.folder("driving") as folder:
        folder.chmod(0o755)
        zoo = Zoo(choose("auto"), folder, thorough=False)
        for name in names:
            with zoo.good(name) as specimen:
                with specimen.rigs.open(PACE / 2, market=market_of(name)) as rig:
                    seen: dict[str, Any] = {"life": ", ".join(life(rig)) or "not ready"}
                if with_checks:
                    seen |= judged(specimen, name)
            kept = json.loads(MEASURED.read_text(encoding="utf-8"))
            kept[name] = {**kept.get(name, {}), **seen}
            MEASURED.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")
            sys.stdout.write(f"{name}: {seen}\n")
        zoo.close()


if __name__ == "__main__":
    main([each for each in sys.argv[1:] if each != "--checks"], "--checks" in sys.argv)
