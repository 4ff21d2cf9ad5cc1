"""How far a connector gets on an exchange that was only described: started, and one order's life."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from decimal import ROUND_UP, Decimal

from pydantic import BaseModel, ConfigDict

from harness.driving import claims
from harness.driving.claims import Rule
from harness.driving.rpc_client import ConnectorError
from harness.scenarios.rig import Rig, Rigs
from harness.text import one_line
from harness.venue.described.addresses import WEBSOCKET
from harness.venue.model import ZERO, BookView, Order, Side

# What has to be seen, and what is said where it is not.
UNSEEN: Mapping[str, str] = {
    "ready": "the connector does not become ready",
    "created": "no order was created",
    "cancelled": "no order was cancelled",
    "filled": "no order was filled",
    "completed": "no order was completed",
}
STEPS = tuple(UNSEEN)
# What an order can live without, and the failures of some requirements cannot be told from a wrong message.
NOT_TOLD: Mapping[str, str] = {
    "followed": "the connector's order book did not follow a change on both sides",
    "streamed": "no partial fill was reported at once",
    "ended": "a cancellation was found only by polling the order",
    "looked up": "its look-up of an order was refused",
}
# The facts by which each of these is told.
TELLING: Mapping[str, tuple[str, ...]] = {
    "followed": ("level.price", "level.amount", "level.side"),
    "streamed": ("fill.trade_id", "fill.price", "fill.amount", "order.filled", "order.status"),
    "ended": ("order.status",),
    "looked up": (),
}
GET_READY = 60.0  # virtual seconds
STIRS = 4  # times that the book changes meanwhile, so often, with so many virtual seconds between
CHANGES = 3
SOON = 0.3
WAIT = 130.0  # whose stream is not described learns of its orders by polling, every two minutes at most
PACE = 8.0
AT_ONCE = 30.0  # virtual seconds in which a stream has told of something
MOST_TOLD = 6
_REFUSED = 400  # and above


class Rehearsal(BaseModel):
    """`reached` are those of `STEPS` and `NOT_TOLD` that came about, `trouble` what stood in the way.

    `unanswered` are routes that the connector asked for (`GET /v1/fills`) and WebSockets that it opened
    (`WebSocket ws.acme.com/private`), and the description does not have.
    """

    model_config = ConfigDict(frozen=True)

    reached: tuple[str, ...] = ()
    trouble: tuple[str, ...] = ()
    unanswered: tuple[str, ...] = ()

    @property
    def lives(self) -> bool:
        """Whether an order was created, cancelled and filled, seen by the connector and by the venue."""
        return set(STEPS) <= set(self.reached)

    @property
    def untold(self) -> tuple[str, ...]:
        """Those of `NOT_TOLD` that were not seen."""
        return tuple(step for step in NOT_TOLD if step not in self.reached)

    @property
    def missing(self) -> str:
        """The first step that was not reached, empty where all were."""
        return next((step for step in STEPS if step not in self.reached), "")


def rehearse(rigs: Rigs) -> Rehearsal:
    """Start the connector on a fresh exchange and have it trade. Raises SandboxFailure only."""
    reached: list[str] = []
    trouble: list[str] = []
    unanswered: list[str] = []
    try:
        with rigs.open(PACE) as rig:
            try:
                reached += _live(rig)
            except ConnectorError as error:
                trouble.append(error.gist)
            if not set(STEPS) <= set(reached):
                unanswered += _unanswered(rig)
                trouble += _unready(rig) if "ready" not in reached else ()
                trouble += _uncompleted(rig) if "filled" in reached else ()
                trouble += _seen(rig)
    except ConnectorError as error:
        trouble.append(error.gist)
    return Rehearsal(
        reached=tuple(reached),
        trouble=tuple(dict.fromkeys(trouble))[:MOST_TOLD],
        unanswered=tuple(dict.fromkeys(unanswered))[:MOST_TOLD],
    )


def _live(rig: Rig) -> Iterator[str]:
    rig.connector.start()
    if _gets_ready(rig):
        yield "ready"
    rule = rig.connector.rules().get(rig.pair)
    if rule is None:
        return
    if _follows(rig):
        yield "followed"
    yield from _trades(rig, rule)


def _gets_ready(rig: Rig) -> bool:
    """Whether it does while its book changes now and then: some wait for a change of it."""
    for _ in range(STIRS):
        if rig.connector.wait_ready(GET_READY / STIRS).ready:
            return True
        for _ in range(CHANGES):
            _double_the_best(rig)
            rig.pause(SOON)
    return False


def _double_the_best(rig: Rig) -> None:
    """Twice the amount of the best level on each side."""
    for side, level in zip((Side.BUY, Side.SELL), _best(rig.venue.book(rig.market, 1)), strict=False):
        rig.venue.set_level(rig.market, side, level[0], level[1] * 2)


def _trades(rig: Rig, rule: Rule) -> Iterator[str]:
    book = rig.venue.book(rig.market, 1)
    bid, ask = book.bids[0].price, book.asks[0].price
    waiting, name = _placed(rig, Side.BUY, bid * Decimal("0.9"), rule)
    if waiting is None:
        return
    if rig.connector.wait_event("BuyOrderCreated", name, WAIT):
        yield "created"
    yield from _cancelled(rig, waiting, name)
    taking, name = _placed(rig, Side.BUY, ask * Decimal("1.02"), rule)
    if taking is None:
        return
    if rig.connector.wait_event("OrderFilled", name, WAIT):
        yield "filled"
    if rig.connector.wait_event("BuyOrderCompleted", name, WAIT):
        yield "completed"
    if _hears_of_a_part(rig, bid * Decimal("0.9"), rule):
        yield "streamed"
    if _looks_up(rig):
        yield "looked up"


def _cancelled(rig: Rig, order: Order, name: str) -> Iterator[str]:
    """Whether it can be cancelled, and its user hears of that before the connector asks what became of it."""
    asked = _asked_for_orders(rig)
    rig.connector.cancel(name)
    rig.eventually(lambda: not _now(rig, order).status.live, WAIT)
    if rig.connector.wait_event("OrderCancelled", name, WAIT) and not _now(rig, order).status.live:
        yield "cancelled"
        if _asked_for_orders(rig) == asked:
            yield "ended"


def _hears_of_a_part(rig: Rig, price: Decimal, rule: Rule) -> bool:
    """Whether it is told at once that a part of its order was filled."""
    order, name = _placed(rig, Side.BUY, price, rule)
    if order is None:
        return False
    rig.connector.wait_event("BuyOrderCreated", name, WAIT)
    lot = rig.market.lot_size
    rig.venue.fill(order.order_id, (order.amount / 2 / lot).to_integral_value(ROUND_UP) * lot)
    return bool(rig.connector.wait_event("OrderFilled", name, AT_ONCE))


def _asked_for_orders(rig: Rig) -> int:
    """How often it has asked what became of orders."""
    return sum(each.operation in ("order_status", "open_orders") for each in rig.record.requests())


def _looks_up(rig: Rig) -> bool:
    """Whether the exchange as it was derived knows what the connector asks of an open order, if it asks."""
    mark = rig.record.mark()
    rig.connector.tick()

    def asked(*operations: str) -> list[int]:
        """The statuses that these were answered with."""
        since = rig.record.requests(since=mark)
        return [each.status for each in since if each.operation in operations and each.status is not None]

    rig.eventually(lambda: asked("order_status", "open_orders"), AT_ONCE)
    return all(status < _REFUSED for status in asked("order_status", "open_orders", "order_trades"))


def _follows(rig: Rig) -> bool:
    """Whether the best levels of both sides are the venue's after they have changed."""
    _double_the_best(rig)

    def alike() -> bool:
        ours, read = _best(rig.venue.book(rig.market, 1)), _best(rig.connector.book(rig.pair, 1))
        both = zip(ours, read, strict=False)
        return len(ours) == len(read) and all(
            math.isclose(one, other) for pair in both for one, other in zip(*pair, strict=True)
        )

    return bool(rig.eventually(alike, AT_ONCE))


def _best(book: BookView | claims.BookView) -> tuple[tuple[Decimal, Decimal], ...]:
    """The best bid and the best ask."""
    return tuple((price, amount) for price, amount in (*book.bids[:1], *book.asks[:1]))


def _now(rig: Rig, order: Order) -> Order:
    return rig.venue.order(rig.account, order_id=order.order_id)


def _placed(rig: Rig, side: Side, price: Decimal, rule: Rule) -> tuple[Order | None, str]:
    """The order as the venue has it, and the connector's name for it."""
    amount = enough(rule, price, rig.market.min_amount, rig.market.min_notional, rig.market.lot_size)
    before = {order.order_id for order in rig.venue.orders(rig.account)}
    ask = rig.connector.buy if side is Side.BUY else rig.connector.sell
    name = ask(rig.pair, amount, price, "LIMIT", "OPEN" if rig.market.perpetual else None)

    def new() -> Order | bool | None:
        found = [order for order in rig.venue.orders(rig.account) if order.order_id not in before]
        return found[-1] if found else bool(rig.connector.events("OrderFailure", name)) or None

    order = rig.eventually(new, WAIT)
    return (order if isinstance(order, Order) else None), name


def enough(
    rule: Rule, price: Decimal, least: Decimal | None, least_value: Decimal | None, lot: Decimal
) -> Decimal:
    """Twice the least that the venue and the connector's own rules allow at that price, in whole lots."""
    values = (least_value or ZERO, rule.smallest_notional)
    amounts = [least or lot, rule.min_order_size, *(value / price for value in values if value.is_finite())]
    wanted = max(amount for amount in amounts if amount.is_finite()) * 2
    return (wanted / lot).to_integral_value(ROUND_UP) * lot


def _unready(rig: Rig) -> Iterator[str]:
    """What a connector that does not get ready still waits for, in the framework's words."""
    try:
        parts = rig.connector.status().parts
    except ConnectorError:  # what ended it is told already
        return
    missing = ", ".join(name for name, done in parts.items() if not done)
    if missing:
        yield one_line(f"it waits for: {missing}", 200)


def _uncompleted(rig: Rig) -> Iterator[str]:
    """The parts in which an order was filled, beside those that the connector reported."""
    filled = [each for each in rig.venue.orders(rig.account) if each.filled]
    told = [event.data for event in rig.connector.events("OrderFilled")]
    for order in filled[-1:]:
        parts = rig.venue.fills(rig.account, order_id=order.order_id)
        said = ", ".join(f"{each.get('amount')} at {each.get('price')}" for each in told) or "none"
        made = ", ".join(f"{each.amount} at {each.price}" for each in parts)
        yield one_line(f"its order was filled by {made}, and it reported: {said}", 300)


def _unanswered(rig: Rig) -> Iterator[str]:
    """What was asked for that the exchange has no route for, and WebSockets that it has no connection for."""
    return (
        f"{WEBSOCKET} {each.host}{each.path}" if each.header("Upgrade") else f"{each.method} {each.path}"
        for each in rig.record.exchanges()
        if each.operation is None
    )


def _seen(rig: Rig) -> Iterator[str]:
    """What the exchange refused, and what the connector logged as errors, each once."""
    for each in rig.record.requests():
        if each.operation is not None and each.status is not None and each.status >= _REFUSED:
            said = one_line(each.reply.decode("utf-8", "replace"), 160)
            yield f"{each.host} answered {each.name} with {each.status}: {said}"
    for event in rig.connector.events("OrderFailure"):
        if why := event.data.get("error_message"):
            yield one_line(f"an order failed: {why}", 300)
    for line in rig.connector.logs():
        if line.level in ("ERROR", "CRITICAL") or (line.level == "NETWORK" and line.error):
            last = line.error.strip().splitlines()[-1:] or [""]
            yield one_line(f"it logged: {line.message} {last[0]}", 300)
