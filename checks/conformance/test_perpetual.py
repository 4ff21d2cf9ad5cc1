"""Positions, leverage and funding of perpetuals, against the venue's books."""

from __future__ import annotations

from decimal import Decimal

from checks.conformance.timeline import arrived
from harness.checking import claimed, expect, not_applicable, requirement, seen_in_ledger, undetermined
from harness.outcome import Evidence, EvidenceKind
from harness.scenarios.played.hedging import Hedged
from harness.scenarios.played.order_life import Life
from harness.scenarios.played.positions import LEVERAGE, PositionNote, Positions
from harness.venue.model import TimeInForce
from harness.venue.positions import PositionMode

MOVED = Decimal("0.01")
FUNDING_TIME_SLACK = 60.0  # seconds; some exchanges tell the next funding only as "at the next full hour"


def _both(note: PositionNote) -> tuple[Evidence, ...]:
    true, entry = note.true, note.true.entry_price
    at = f" at {entry:f}" if entry is not None else ""
    said = "; ".join(f"{each.side} {each.amount} at {each.entry_price}" for each in note.claimed) or "none"
    return (
        seen_in_ledger(f"{note.moment}: the position is {true.size}{at}"),
        claimed(EvidenceKind.NOTE, f"{note.moment}, the connector's positions: {said}"),
    )


def _filled(run: Positions) -> list[Life]:
    lives = [life for life in run.openings if life.fills]
    if not lives:
        undetermined("No order was filled that could have opened a position.")
    return lives


@requirement("positions-match")
def test_positions_match(positions: Positions) -> None:
    """Half way in, open and closed, long and short: side, size and entry price are the exchange's."""
    _filled(positions)
    for note in positions.notes:
        expect(
            note.difference is None,
            f"{note.moment[0].upper()}{note.moment[1:]} the connector has {note.difference}.",
            *_both(note),
        )


@requirement("position-profit-has-its-sign")
def test_a_gain_is_no_loss(positions: Positions) -> None:
    """After the price moved well away from the entry price, unrealized profit has the right sign."""
    after = [positions.after_restart] if positions.after_restart is not None else []
    moved = [each for each in (*positions.notes, *after) if abs(each.true.unrealised_pnl) > _far(each)]
    if not moved:
        undetermined("No position gained or lost enough to compare.")
    for note in moved:
        true = note.true.unrealised_pnl
        for each in note.claimed:
            expect(
                each.unrealized_pnl * true >= 0,
                f"{note.moment[0].upper()}{note.moment[1:]} it has gained {true:f}; the connector reports "
                f"{each.unrealized_pnl}.",
                *_both(note),
            )


def _far(note: PositionNote) -> Decimal:
    """Of what it is worth: more than prices move while a position is told."""
    return note.true.notional * MOVED


@requirement("position-restored")
def test_a_position_outlives_the_process(positions: Positions) -> None:
    """A new process with the same keys finds the open position."""
    _filled(positions)
    note = positions.after_restart
    if note is None or not note.true.size:
        undetermined("There was no open position when the connector was restarted.")
    expect(
        note.difference is None,
        f"After a restart the connector has {note.difference}.",
        *_both(note),
    )


@requirement("leverage-set")
def test_leverage_reaches_the_exchange(positions: Positions) -> None:
    """The account has the requested leverage."""
    if not positions.takes_leverage:
        not_applicable("Leverage cannot be set on this exchange.")
    expect(
        positions.leverage_got == LEVERAGE,
        f"Leverage {LEVERAGE} was requested; the account has {positions.leverage_got}.",
        *(positions.part.wire.evidence(each) for each in positions.part.wire.requests("set_leverage")[:2]),
    )


@requirement("leverage-set")
def test_leverage_counts_in_hedge_mode(hedged: Hedged) -> None:
    """In hedge mode, too, both positions of a market have the requested leverage."""
    if hedged.leverage is None:
        not_applicable("The exchange has no hedge mode, or leverage cannot be set on it.")
    expect(
        hedged.leverage == LEVERAGE,
        f"In hedge mode, leverage {LEVERAGE} was requested; the account has {hedged.leverage}.",
        *(hedged.part.wire.evidence(each) for each in hedged.part.wire.requests("set_leverage")[:2]),
    )


@requirement("position-mode-set")
def test_position_mode_reaches_the_exchange(positions: Positions) -> None:
    """Each position mode that it supports is set on the account when requested."""
    if not positions.modes:
        not_applicable("The connector supports one position mode only.")
    for asked, got in zip(positions.modes, positions.modes_got, strict=True):
        expect(
            got is asked,
            f"{_words(asked)} was requested; the account is in {_words(got)}.",
            *(positions.part.wire.evidence(e) for e in positions.part.wire.requests("position_mode")[:2]),
        )


def _words(mode: PositionMode) -> str:
    return "hedge mode" if mode is PositionMode.HEDGE else "one-way mode"


@requirement("funding-info-matches")
def test_funding_is_known(positions: Positions) -> None:
    """Rate, time of the next funding, mark and index price are the exchange's after they changed."""
    note = positions.funding
    if note is None:
        undetermined("The connector failed before it could be asked about funding.")
    said = note.claimed
    wrong = [
        f"{name} is {claim}, not {truth}"
        for name, claim, truth in (
            ("the funding rate", said.rate, note.rate),
            ("the mark price", said.mark_price, note.mark_price),
            ("the index price", said.index_price, note.index_price),
        )
        if claim != truth
    ]
    if not abs(said.next_at - note.next_at) <= FUNDING_TIME_SLACK:
        wrong.append(f"the next funding is at {said.next_at:.0f}, not {note.next_at:.0f} (Unix seconds)")
    text = f"rate {note.rate}, mark price {note.mark_price}, index price {note.index_price}"
    expect(not wrong, f"{'; '.join(wrong)[:1].upper()}{'; '.join(wrong)[1:]}.", seen_in_ledger(text))


@requirement("funding-payment-once")
def test_a_funding_payment_is_told_once(positions: Positions) -> None:
    """A payment is reported once, with its amount, and negative when it was paid."""
    payment = positions.payment
    if payment is None:
        undetermined("There was no open position to pay funding for.")
    truth = seen_in_ledger(f"funding of {payment.amount:f} {payment.asset} at a rate of {payment.rate}")
    events = positions.payment_events
    claims = [claimed(EvidenceKind.EVENT, event.kind, **event.data) for event in events[:4]]
    expect(
        len(events) == 1,
        f"One funding payment was reported {len(events)} times.",
        truth,
        *claims,
    )
    amount = events[0].decimal("amount")
    expect(
        amount == payment.amount,
        f"A funding payment of {payment.amount:f} {payment.asset} was reported as {amount}.",
        truth,
        *claims,
    )


@requirement("reduce-only-close")
def test_closing_orders_only_reduce(positions: Positions) -> None:
    """A closing order is accepted as reduce-only: it cannot open another position."""
    if not positions.closed:
        undetermined("No position was open to be closed.")
    for life in positions.closed:
        order = arrived(life, f"A {life.name} order that was to close a position never arrived.")
        if order.time_in_force is TimeInForce.GTC and not positions.reduce_only_rests:
            continue  # as one that only reduces it would have been refused
        expect(
            order.reduce_only or order.close_position,
            "A closing order was sent as one that may open a position.",
            *(positions.part.wire.evidence(exchange) for exchange in life.requests[:2]),
        )


@requirement("contract-size-applied")
def test_amounts_are_in_base(positions: Positions) -> None:
    """Whatever the contract size, the requested base amount arrives, trades and is held."""
    for life in _filled(positions):
        arrived = life.placed.amount if life.placed is not None else None
        expect(
            arrived == life.amount,
            f"An order for {life.amount} {positions.part.began.market.base} arrived as one for {arrived}.",
            *(positions.part.wire.evidence(exchange) for exchange in life.requests[:2]),
        )
        reported = [event.decimal("amount") for event in life.of("OrderFilled")]
        made = [fill.amount for fill in life.fills]
        expect(
            sorted(amount for amount in reported if amount is not None) == sorted(made),
            f"Fills of {', '.join(map(str, made))} {positions.part.began.market.base} were reported as "
            f"{', '.join(map(str, reported)) or 'nothing'}.",
            *(claimed(EvidenceKind.EVENT, event.kind, **event.data) for event in life.events[:6]),
        )
    sizes = [note for note in positions.notes if note.claimed and note.true.size]
    for note in sizes:
        held = abs(note.claimed[0].amount)
        expect(
            held == abs(note.true.size),
            f"The position is {abs(note.true.size)} {positions.part.began.market.base}; it reports {held}.",
            *_both(note),
        )
