"""Answers that say nothing about the account: pages of HTML, empty, cut off or slow ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from harness.driving.claims import EventView
from harness.gateway.fault import Fault
from harness.gateway.fault_plan import Rule
from harness.gateway.faults import CutShort, Refuse, Trickle
from harness.gateway.rewriting import truncated
from harness.scenarios.played import start
from harness.scenarios.played.balances import PATIENT, BalanceView, settled, views
from harness.scenarios.played.order_life import WAIT, Life, completed, let_trade, rest, settle
from harness.scenarios.rig import Rig, Rigs
from harness.scenarios.trace.view import View
from harness.venue.model import Side

PAGE = b"<html><head><title>Maintenance</title></head><body><h1>We will be back soon</h1></body></html>"
_HTML = {"Content-Type": "text/html; charset=utf-8"}
SPOILINGS: tuple[tuple[str, Fault], ...] = (
    ("a page of HTML with status 503", Refuse(503, PAGE, _HTML)),
    ("a page of HTML with status 200", Refuse(200, PAGE, _HTML)),
    ("an empty body", Refuse(200, b"")),
    ("a body that is cut off", CutShort()),
    ("half of the JSON", truncated()),
    ("a reply that trickles in", Trickle(0.1, 256)),
)
_ASSETS = ("balances", "positions")
OF_THE_ACCOUNT = (*_ASSETS, "open_orders")
# Today's framework gives an order up after four questions that went wrong.
OF_AN_ORDER = ("order_status", "order_trades")
POLL = 30.0  # virtual seconds that a poll may take on a busy machine
OWN_RHYTHM = 150.0  # the same where nothing makes it poll at once; one of 2020 sleeps a minute between two
SETTLING = 1.0


@dataclass(frozen=True)
class Spoiled:
    """What the connector believed while it got such answers, `met` of them by operation.

    `life` was open all the time. `positions` are the sizes that it told of before and meanwhile.
    """

    what: str
    met: dict[str, int]
    life: Life
    tracked: bool
    balances: tuple[BalanceView, ...]
    positions: tuple[Decimal, Decimal]
    told: tuple[EventView, ...]


@dataclass
class SpoiledReplies(View):
    rig_number: int
    agreed: bool = False
    spoiled: list[Spoiled] = field(default_factory=list)


def spoil_replies(rigs: Rigs, pace: float) -> SpoiledReplies:
    """With an order open and, on a perpetual, a position. Nothing changes at the exchange meanwhile.

    A connector that polls in its own rhythm is given the first kind only, and the time that it needs.
    """
    with rigs.open(pace) as rig:
        run = SpoiledReplies(rig.number)
        start(rig)
        if rig.market.perpetual:
            _hold_something(rig)
        for what, fault in SPOILINGS:
            life = rest(rig, Side.BUY)
            run.agreed = settled(rig, "before", PATIENT).agree
            in_own_rhythm = _spoil(rig, run, what, fault, life)
            rig.connector.cancel(life.order_id)
            rig.connector.wait_event("OrderCancelled", life.order_id, WAIT)
            settle(rig, life)
            if in_own_rhythm:
                break
        return run


def _hold_something(rig: Rig) -> None:
    life = rest(rig, Side.BUY)
    let_trade(rig, life)
    rig.connector.wait_event(completed(Side.BUY), life.order_id, WAIT)
    if not rig.eventually(lambda: _held(rig), WAIT):
        rig.connector.tick()
        rig.eventually(lambda: _held(rig), WAIT)


def _held(rig: Rig) -> Decimal:
    """The size of the position in the market, as the connector has it; 0 where there is none."""
    if not rig.market.perpetual:
        return Decimal(0)
    return sum((each.amount for each in rig.connector.positions() if each.pair == rig.pair), Decimal(0))


def _spoil(rig: Rig, run: SpoiledReplies, what: str, fault: Fault, life: Life) -> bool:
    """Whether it had to be waited for."""
    before, told = _held(rig), len(rig.connector.events(order_id=life.order_id))
    account = {each: rig.faults.add(fault, each, times=None, on="request") for each in OF_THE_ACCOUNT}
    order = {each: rig.faults.add(fault, each, on="request") for each in OF_AN_ORDER}
    rig.connector.tick()
    at_once = rig.eventually(lambda: _asked(account, *_ASSETS) and _asked(order, *OF_AN_ORDER), POLL)
    if not at_once:
        _wait_for_questions(rig, fault, account, order)
    elif not _asked(account, "balances"):
        account["positions"].remove()  # who asks for these first gets no further
        rig.eventually(lambda: _asked(account, "balances"), POLL)
    rig.pause(SETTLING)
    rules = account | order
    run.spoiled.append(
        Spoiled(
            what,
            {name: rule.applied for name, rule in rules.items()},
            life,
            life.order_id in rig.connector.orders(),
            tuple(views(rig, f"while answers were {what}")),
            (before, _held(rig)),
            rig.connector.events(order_id=life.order_id)[told:],
        )
    )
    for rule in rules.values():
        rule.remove()
    return not at_once


def _wait_for_questions(rig: Rig, fault: Fault, account: dict[str, Rule], order: dict[str, Rule]) -> None:
    """Of orders, and then of the account: who asks for one after the other may not get past a failure."""
    for name in _ASSETS:
        account[name].remove()
    of_orders = {"open_orders": account["open_orders"], **order}
    rig.eventually(lambda: _asked(of_orders, *of_orders), OWN_RHYTHM)
    for name in _ASSETS:
        account[name] = rig.faults.add(fault, name, times=None, on="request")
    rig.eventually(lambda: _asked(account, "balances"), OWN_RHYTHM)


def _asked(rules: dict[str, Rule], *operations: str) -> bool:
    return any(rules[each].applied for each in operations)
