"""One order's history on one time line: what we asked, what went over the wire, what the ledger and the
connector say of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from harness.checking import claimed, fail, raised, seen_in_ledger, undetermined
from harness.gateway.entries import Requested
from harness.outcome import Basis, Evidence, EvidenceKind
from harness.scenarios.played.histories import History
from harness.scenarios.played.order_life import Life
from harness.venue.model import Order, OrderStatus

OF_AN_ORDER = ("place_order", "cancel_order", "order_status", "open_orders", "order_trades")
OF_ITS_STREAMS = ("stream:orders", "stream:fills")
Moment = tuple[float, Evidence]
Entry = TypeVar("Entry", bound=Requested)
MOST_ALIKE = 3  # of requests for one operation, the last of them among these
MOST = 30
LINGER = 10.0  # virtual seconds in which an order that nothing is told of may be the cause
SHOWN = ("price", "amount", "base_asset_amount", "quote_asset_amount", "error_message")  # of an event


def timeline(life: Life, also: Iterable[Moment] = ()) -> tuple[Evidence, ...]:
    """Each piece with its time, in virtual seconds since the connector was asked for the order.

    `also` are pieces that are not of this order, with the virtual times (Unix seconds) they belong to.
    """
    return _since(
        life.asked_at,
        (*also, *_asked(life), *_wire(life), *_ledger(life), *_events(life), *_complaints(life)),
    )


def arrived(life: Life, otherwise: str) -> Order:
    """The order as it came to the exchange; fails with `otherwise` where it never came.

    One that came when nobody waited any more decides nothing: the connector or this machine was slow.
    """
    if life.placed is None:
        if life.late is not None:
            undetermined(f"A {life.name} order reached the exchange too late to be judged.", *timeline(life))
        fail(otherwise, *timeline(life))
    return life.placed


def timeline_of(history: History, order: int | None) -> tuple[Evidence, ...]:
    """The history's steps, and among them all of the order with this number."""
    if order is None:
        began = history.taken[0][0] if history.taken else 0.0  # shortened to none: it went wrong of itself
        return _since(began, _steps(history))
    return timeline(history.lives[order], _steps(history))


def _since(beginning: float, moments: Iterable[Moment]) -> tuple[Evidence, ...]:
    ordered = sorted(moments, key=lambda each: each[0])
    return tuple(
        Evidence(**{**dict(piece), "at": round(at - beginning, 3) + 0.0, "data": {}})
        for at, piece in ordered[:MOST]
    )


def _steps(history: History) -> Iterator[Moment]:
    for number, (began, ended, step) in enumerate(history.taken, start=1):
        yield began, Evidence(basis=Basis.OBSERVED, kind=EvidenceKind.NOTE, text=f"Step {number}: {step}")
        if step.trouble is not None:
            over = f"No longer: {step.trouble}"
            yield ended, Evidence(basis=Basis.OBSERVED, kind=EvidenceKind.NOTE, text=over)


def _asked(life: Life) -> Iterator[Moment]:
    price = "" if life.price is None else f" at {life.price}"
    text = f"The connector is asked for a {life.name} order of {life.amount}{price}: {life.order_id}"
    yield life.asked_at, Evidence(basis=Basis.OBSERVED, kind=EvidenceKind.NOTE, text=text)


def _wire(life: Life) -> Iterator[Moment]:
    record = life.part.wire
    names = _names(life)
    first = {request.number for request in life.requests}
    for operation in OF_AN_ORDER:
        about = [
            each
            for each in record.requests(operation)
            if each.number in first or _mentions(names, each.said, each.reply_text)
        ]
        for request in _few(about):
            yield request.at, record.evidence(request)
    for operation in OF_ITS_STREAMS:
        frames = record.frames(operation, direction="received")
        for frame in _few([each for each in frames if _mentions(names, each.text)], MOST):
            yield frame.at, record.evidence(frame)


def _names(life: Life) -> tuple[str, ...]:
    placed = life.placed
    numbers = () if placed is None else (placed.client_order_id, str(placed.order_id))
    fills = (life.part.fill_names.get(fill.trade_id, "") for fill in life.fills)
    return tuple(name for name in {life.order_id, *numbers, *fills} if name)


def _mentions(names: Iterable[str], *texts: str) -> bool:
    return any(name in text for name in names for text in texts)


def _few(entries: list[Entry], most: int = MOST_ALIKE) -> list[Entry]:
    kept = entries[: most - 1]
    kept += entries[most - 1 :][-1:]
    return kept


def _ledger(life: Life) -> Iterator[Moment]:
    if life.placed is not None:
        accepted = f"order {life.placed.order_id} accepted as {life.placed.client_order_id}"
        yield life.placed.created_at, seen_in_ledger(accepted)
    for fill in life.fills:
        text = f"fill {fill.trade_id}: {fill.amount:f} at {fill.price:f}, fee {fill.fee:f} {fill.fee_asset}"
        yield fill.at, seen_in_ledger(text)
    final = life.final
    if final is not None and not final.status.live and final.status is not OrderStatus.FILLED:
        yield final.updated_at, seen_in_ledger(f"order {final.order_id} is {final.status.value}")


def _events(life: Life) -> Iterator[Moment]:
    for event in life.events:
        details = (f"{name} {event.data[name]}" for name in SHOWN if event.data.get(name) is not None)
        yield event.at, claimed(EvidenceKind.EVENT, " · ".join((event.kind, *details)))


def _complaints(life: Life) -> Iterator[Moment]:
    """Exceptions that the connector logged from the moment it was asked until it had told of the end."""
    ended = max((event.at for event in life.events), default=life.asked_at + LINGER)
    told = [line for line in life.part.logs if line.error and life.asked_at <= line.at <= ended + 1]
    for line in told[:MOST_ALIKE]:
        yield line.at, raised(line.error)
