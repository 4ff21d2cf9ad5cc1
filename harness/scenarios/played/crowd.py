"""A dozen pairs, and many orders within one tick: filled in part, filled, cancelled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from harness.gateway.entries import Requested
from harness.scenarios import randomization
from harness.scenarios.played import NotReady, start
from harness.scenarios.played.market_data import books_differ, quote_inside
from harness.scenarios.played.order_life import (
    TERMINAL,
    Life,
    let_trade,
    opening,
    resting_price,
    settle,
    size,
)
from harness.scenarios.rig import Rig, Rigs
from harness.scenarios.trace.view import SeenRequest, View
from harness.venue.market import Market, floor_to
from harness.venue.model import Order, Side

ORDERS = 20  # of a burst
TOO_OFTEN = (418, 429)
SETTINGS = ("position_mode", "margin_mode", "set_leverage")  # refused where they are as asked for already
MINUTE = 60.0
WAITING = 60.0  # times as fast as the wall
STARTING, TRADING = 3, 6  # times as slow as other scenarios: a dozen pairs are much to do
PATIENCE = 240.0  # virtual seconds; some frameworks read one pair's book after the other, at their leisure
FOLLOW = 20.0  # virtual seconds for its order books
ARRIVE = 120.0  # virtual seconds; limits of requests may hold some back
ENDS = 40.0  # virtual seconds; then polls are asked for
POLL = 8.0


@dataclass
class Crowd(View):
    """The orders of two bursts, each in a market of its own; after one that lost an order there is no other.

    `pairs` are all that it trades. `waiting_for` are the parts that never became ready, though they do with
    one pair. `refused` are requests that the exchange refused at the start, of a kind that it does not refuse
    with one pair. `difference` says how the book of the first or the last pair differs from the exchange's.
    """

    rig_number: int
    pairs: tuple[str, ...] = ()
    waiting_for: tuple[str, ...] = ()
    refused: tuple[SeenRequest, ...] = ()
    difference: str | None = None
    lives: list[Life] = field(default_factory=list)


def place_many(rigs: Rigs, pace: float) -> Crowd:
    """Slowly: what a connector computes takes real time, while its requests time out and limits are counted.

    Where an exchange numbers trades by market, those of the second burst have ids of the first.
    """
    also = randomization.eleven_more(rigs.dialect.markets)
    with rigs.open(pace / STARTING, also=also) as rig:
        run = Crowd(rig.number, (rig.pair, *(market.name for market in also)))
        _begin_a_minute(rig, pace / STARTING)
        try:
            start(rig, PATIENCE)
        except NotReady as error:
            run.waiting_for = error.waiting_for or ("its own reasons",)
        run.refused = _refused(rig)
        if not run.waiting_for:
            rig.go_at(pace / TRADING)
            _trade(rig, run, (rig.market, also[-1]))
    if run.waiting_for or run.refused:
        with rigs.open(pace / STARTING) as rig:
            start(rig)
            anyway = {each.operation for each in _refused(rig)}
        run.refused = tuple(each for each in run.refused if each.operation not in anyway)
    return run


def _begin_a_minute(rig: Rig, pace: float) -> None:
    """Limits are counted in windows of up to a minute: that start and orders fall into one is no chance."""
    rig.go_at(WAITING)
    rig.pause(MINUTE - rig.clock.now() % MINUTE)
    rig.go_at(pace)


def _trade(rig: Rig, run: Crowd, markets: Sequence[Market]) -> None:
    for market in markets:
        quote_inside(rig, market)
    run.difference = books_differ(rig, markets, FOLLOW, depth=1)
    for market in markets:
        lives = _burst(rig, market)
        run.lives += [settle(rig, life) for life in lives]
        if any(life.placed is None for life in lives):
            break


def _refused(rig: Rig) -> tuple[Requested, ...]:
    """What the exchange knows and did not take, for another reason than how often it was asked."""
    return tuple(
        each
        for each in rig.record.requests()
        if each.operation is not None
        and each.operation not in SETTINGS
        and each.status is not None
        and each.status not in TOO_OFTEN
        and rig.dialect.turns_down(each.status, each.reply)
    )


def _burst(rig: Rig, market: Market) -> list[Life]:
    """A third of the orders is filled in two parts, a third in part and then cancelled, a third cancelled."""
    lives = [_ask(rig, market, number) for number in range(ORDERS)]
    rig.eventually(lambda: all(_arrived(rig, life) for life in lives), ARRIVE)
    for number, life in enumerate(lives):
        if life.placed is not None and number % 3 < 2:
            let_trade(rig, life, floor_to(life.placed.amount / 3, market.lot_size))
    for number, life in enumerate(lives):
        if number % 3 == 0:
            let_trade(rig, life)
        else:
            rig.connector.cancel(life.order_id)
    _wait_for_ends(rig, lives)
    return lives


def _ask(rig: Rig, market: Market, number: int) -> Life:
    """Each has a price of its own, by which it is known at the exchange."""
    side = tuple(Side)[number % 2]
    steps = market.tick_size * (number + 1)
    price = resting_price(rig, side, market) + (-steps if side is Side.BUY else steps)
    amount, asked_at = size(rig, market), rig.clock.now()
    ask = rig.connector.buy if side is Side.BUY else rig.connector.sell
    order_id = ask(market.name, amount, price, "LIMIT", opening(rig))
    return Life(rig.number, asked_at, order_id, side, "LIMIT", amount, price, None, ())


def _arrived(rig: Rig, life: Life) -> bool:
    """Whether it is at the exchange, or was said to have failed."""
    if life.placed is None:
        life.placed = next((each for each in _since(rig, life.asked_at) if _same(each, life)), None)
    return life.placed is not None or bool(rig.connector.events("OrderFailure", life.order_id))


def _since(rig: Rig, at: float) -> Sequence[Order]:
    return [order for order in rig.venue.orders(rig.account) if order.created_at >= at]


def _same(order: Order, life: Life) -> bool:
    return (order.side, order.price, order.amount) == (life.side, life.price, life.amount)


def _wait_for_ends(rig: Rig, lives: Sequence[Life]) -> None:
    """Until an end of each was told, or two polls found none.

    A cancel that was refused, for coming too soon after others, is asked for again, as strategies do.
    """

    def told() -> bool:
        kinds = {life.order_id: _kinds(rig, life) for life in lives}
        return all(any(kind in TERMINAL for kind in each) for each in kinds.values())

    if not rig.eventually(told, ENDS):
        for life in lives:
            if _still_open(rig, life):
                rig.connector.cancel(life.order_id)
        for _ in range(2):
            rig.connector.tick()
            if rig.eventually(told, POLL):
                return


def _still_open(rig: Rig, life: Life) -> bool:
    return life.placed is not None and rig.venue.order(rig.account, order_id=life.placed.order_id).status.live


def _kinds(rig: Rig, life: Life) -> list[str]:
    return [event.kind for event in rig.connector.events(order_id=life.order_id)]
