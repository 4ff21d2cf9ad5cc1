"""What must hold of every history of orders, whatever went wrong in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from harness.scenarios.played.order_life import Life, completed
from harness.venue.model import OrderStatus

if TYPE_CHECKING:
    from harness.scenarios.played.histories import History


class Breach(NamedTuple):
    """`what` names the invariant; `order` is its number in the schedule, None for what is of the account."""

    what: str
    sentence: str
    order: int | None = None


def breaches(history: History) -> Iterator[Breach]:
    """Every invariant that does not hold, the gravest first. Nothing of an order that was never accepted."""
    yield from _of_the_account(history)
    for number, life in sorted(history.lives.items()):
        if life.placed is not None:
            for what, sentence in _of_an_order(life):
                yield Breach(what, sentence, number)
    for view in history.balances:
        if not view.total_matches:
            claim = view.claimed.total if view.claimed else Decimal(0)
            yield Breach("balances", f"the total of {view.asset} is {view.total}, the connector says {claim}")
        elif not view.available_matches:
            claim = view.claimed.available if view.claimed else Decimal(0)
            yield Breach(
                "balances", f"{view.available} of {view.asset} is available, the connector says {claim}"
            )


def broken(history: History) -> str | None:
    """The name of the first invariant that does not hold, None where all hold."""
    return next((breach.what for breach in breaches(history)), None)


def _of_the_account(history: History) -> Iterator[Breach]:
    foreign = history.foreign
    if foreign is not None and not foreign.status.live:
        yield Breach("foreign", "an order on the account that is not its own was cancelled")
    asked = len(history.lives) + (foreign is not None)
    if len(history.orders) > asked:
        yield Breach("unasked", f"{len(history.orders)} orders reached the exchange, {asked} were asked for")
    names = Counter(order.client_order_id for order in history.orders)
    if twice := [name for name, count in names.items() if count > 1]:
        yield Breach("client order ids", f"two orders have the same client order id, {twice[0]}")
    if away := Counter(exchange.status for exchange in history.turned_away):
        refusals = ", ".join(f"{count} with {status}" for status, count in away.most_common())
        yield Breach("turned away", f"the exchange did not accept all requests: {refusals}")


def _of_an_order(life: Life) -> Iterator[tuple[str, str]]:
    if life.final is None:
        return
    status, name = life.final.status, f"a {life.name} order"
    ends = [event.kind for event in life.terminal()]
    if status.live:
        if ends:
            yield "end", f"{name} that is still open was reported as {_listed(ends)}"
        if not life.tracked_after:
            yield "tracking", f"{name} that is still open was forgotten"
    else:
        right = completed(life.side) if status is OrderStatus.FILLED else "OrderCancelled"
        if ends != [right]:
            yield "end", f"{name} that is {status.value} was reported as {_listed(ends)}"
        if life.tracked_after:
            yield "tracking", f"{name} that is {status.value} is still tracked as open"
    lost, extra = misreported_fills(life)
    if lost:
        yield "lost fills", f"{lost} of {len(life.fills)} fills of {name} were not reported"
    if extra:
        yield "invented fills", f"{extra} fills of {name} were reported that never happened"


def misreported_fills(life: Life) -> tuple[int, int]:
    """How many fills of the ledger's no event tells of as they were, and how many events tell of none."""
    truth = Counter((fill.price, fill.amount) for fill in life.fills)
    claims = Counter(
        (event.decimal("price") or Decimal(0), event.decimal("amount") or Decimal(0))
        for event in life.of("OrderFilled")
    )
    return (truth - claims).total(), (claims - truth).total()


def _listed(ends: list[str]) -> str:
    return ", ".join(ends) or "nothing"
