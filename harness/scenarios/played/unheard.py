"""Private messages repeat, tell of two fills or of other people's orders, or vanish: what polls find then."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field

from harness.gateway.faults import LONGEST_HOLD, DropMessage, DuplicateMessage
from harness.gateway.together import Together
from harness.scenarios.played import start
from harness.scenarios.played.order_life import (
    TERMINAL,
    WAIT,
    Life,
    completed,
    let_trade,
    place_by_hand,
    rest,
    resting_price,
    settle,
)
from harness.scenarios.played.polls import keep_clear_of_polls
from harness.scenarios.played.streams import OWN_RHYTHM, wait_for_fill
from harness.scenarios.rig import Rig, Rigs
from harness.scenarios.trace.view import View
from harness.venue.model import Side

OTHERS = 6
GIVE_UP, A_POLL = 8, 8.0  # polls; today's framework gives an order up at the fourth; virtual seconds each


@dataclass
class DeafStreams(View):
    """Every private message sent twice, then none at all.

    `forgotten` was cancelled at the exchange, which knows no such order since. Of `together` one fill was
    told alone, and two were told in one message, if `joined`; `heard` says whether each was reported before
    a poll; `heard_after_others` says so of a fill of `after_others`, which came right after the messages
    about orders that were placed by hand.
    """

    rig_number: int
    repeated: Life | None = None
    together: Life | None = None
    joined: bool = False
    heard: list[bool] = field(default_factory=list)
    after_others: Life | None = None
    heard_after_others: bool = False
    silent_fill: Life | None = None
    silent_cancel: Life | None = None
    forgotten: Life | None = None


def disturb_user_stream(rigs: Rigs, pace: float) -> DeafStreams:
    with rigs.open(pace) as rig:
        run = DeafStreams(rig.number)
        start(rig)
        with rig.faults.during(DuplicateMessage(), "stream:orders"):
            run.repeated = _filled_in_two(rig)
        _tell_together(rig, run)
        _tell_of_others(rig, run)
        buy, sell = rest(rig, Side.BUY), rest(rig, Side.SELL)
        with rig.faults.during(DropMessage(), "stream:*"):
            _end_unheard(rig, buy, sell)
        run.silent_fill, run.silent_cancel = settle(rig, buy), settle(rig, sell)
        run.forgotten = _forgotten(rig)
        return run


def _filled_in_two(rig: Rig) -> Life:
    life = rest(rig, Side.SELL)
    if life.placed is not None:
        half = life.placed.amount / rig.market.lot_size // 2 * rig.market.lot_size
        for number, part in enumerate((half, None), start=1):
            let_trade(rig, life, part)
            rig.connector.wait_event("OrderFilled", life.order_id, WAIT, count=number)
        rig.connector.wait_event(completed(Side.SELL), life.order_id, WAIT)
        rig.pause(5)
    return settle(rig, life)


def _tell_together(rig: Rig, run: DeafStreams) -> None:
    """A third of an order is filled by itself, and then the rest in two, of which one message tells."""
    life = run.together = rest(rig, Side.BUY)
    if life.placed is None:
        return
    third = life.placed.amount / rig.market.lot_size // 3 * rig.market.lot_size
    keep_clear_of_polls(rig)
    alone = let_trade(rig, life, third)
    run.heard.append(alone is not None and wait_for_fill(rig, life, alone, 2 * LONGEST_HOLD))
    together = Together()
    keep_clear_of_polls(rig)
    with ExitStack() as both:
        for stream in ("stream:orders", "stream:fills"):
            both.enter_context(rig.faults.during(together, stream))
        fills = [let_trade(rig, life, third), let_trade(rig, life)]
        run.heard += [fill is not None and wait_for_fill(rig, life, fill, 2 * LONGEST_HOLD) for fill in fills]
    run.joined = bool(together.joined)
    rig.connector.tick()
    rig.connector.wait_event(completed(Side.BUY), life.order_id, WAIT)
    settle(rig, life)


def _tell_of_others(rig: Rig, run: DeafStreams) -> None:
    """Orders are placed in the browser, one is filled, the others cancelled; then one of its own is filled.

    They have no client order id. So many that a listener that rests after each of the messages is noticed.
    """
    life = run.after_others = rest(rig, Side.SELL)
    if life.placed is None:
        return
    keep_clear_of_polls(rig)
    for number in range(OTHERS):
        other = place_by_hand(rig, Side.BUY, resting_price(rig, Side.BUY))
        if number:
            rig.venue.cancel(rig.account, order_id=other.order_id)
        else:
            rig.venue.fill(other.order_id)
    fill = let_trade(rig, life)
    run.heard_after_others = fill is not None and wait_for_fill(rig, life, fill, 2 * LONGEST_HOLD)
    rig.connector.tick()
    rig.connector.wait_event(completed(Side.SELL), life.order_id, WAIT)
    settle(rig, life)


def _end_unheard(rig: Rig, buy: Life, sell: Life) -> None:
    """One order is filled and one is cancelled by hand while the private stream is silent."""
    if buy.placed is None or sell.placed is None:
        return
    let_trade(rig, buy)
    rig.venue.cancel(rig.account, order_id=sell.placed.order_id)
    wait_for_polls(rig, (completed(Side.BUY), buy.order_id), ("OrderCancelled", sell.order_id))


def _forgotten(rig: Rig) -> Life:
    """An order that ended unheard, and that the exchange does not know any more, whoever asks or cancels.

    It is cancelled again and again, as a strategy does that wants it gone.
    """
    life = rest(rig, Side.BUY)
    if life.placed is not None:
        number = life.placed.order_id
        with rig.faults.during(DropMessage(), "stream:*"):
            rig.venue.cancel(rig.account, order_id=number)
            rig.venue.hide(number)
            for _ in range(GIVE_UP):
                if life.order_id in rig.connector.orders():
                    rig.connector.cancel(life.order_id)
                rig.connector.tick()
                if rig.eventually(lambda: _over(rig, life), A_POLL):
                    break
            rig.venue.show(number)
    return settle(rig, life)


def _over(rig: Rig, life: Life) -> bool:
    ended = any(event.kind in TERMINAL for event in rig.connector.events(order_id=life.order_id))
    return ended and life.order_id not in rig.connector.orders()


def wait_for_polls(rig: Rig, *wanted: tuple[str, str]) -> None:
    """Until polls have brought these events, each a kind and an order's id, or none did for long."""
    for _ in range(4):
        rig.connector.tick()
        came = [rig.connector.wait_event(kind, order_id, 8.0) for kind, order_id in wanted]
        if all(came):
            return
    # Some poll in a rhythm of their own, which no tick can hurry.
    for number, (kind, order_id) in enumerate(wanted):
        rig.connector.wait_event(kind, order_id, WAIT if number else OWN_RHYTHM)
