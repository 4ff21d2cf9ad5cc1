"""Positions that others change, and both sides of one market, against the venue's books."""

from __future__ import annotations

from checks.conformance.test_order_life_ends import told_as_it_was
from checks.conformance.timeline import arrived, timeline
from harness.checking import claimed, expect, requirement, seen_in_ledger, undetermined
from harness.outcome import Evidence, EvidenceKind
from harness.scenarios.played.hedging import Hedged, Liquidated, Sides
from harness.venue.model import OrderEnd
from harness.venue.positions import PositionMode


def _said(note: Sides) -> tuple[Evidence, ...]:
    told = "; ".join(f"{each.side} {each.amount}" for each in note.claimed) or "none"
    return (
        seen_in_ledger(f"{note.moment}: long {note.long}, short {note.short}"),
        claimed(EvidenceKind.NOTE, f"{note.moment}, the connector's positions: {told}"),
    )


@requirement("both-positions-in-hedge-mode")
def test_both_positions_in_hedge_mode(hedged: Hedged) -> None:
    """A long and a short position in one market are two positions, opened and closed one by one."""
    if hedged.mode is not PositionMode.HEDGE:
        undetermined("The account was not in hedge mode.")
    for life in hedged.orders:
        arrived(life, f"In hedge mode, a {life.name} order never reached the exchange's book.")
    if not any(note.long and note.short for note in hedged.notes):
        undetermined("No two positions were open at once.")
    for note in hedged.notes:
        expect(
            note.difference is None,
            f"In hedge mode, {note.moment}, the connector has {note.difference}.",
            *_said(note),
            *timeline(hedged.orders[-1]),
        )
    for note, which in zip(hedged.notes[2:], ("long", "short"), strict=False):
        expect(
            not (note.long if which == "long" else note.short),
            f"In hedge mode, a closing order left the {which} position open at the exchange.",
            *timeline(hedged.orders[-1]),
        )


def _gone(note: Sides | None) -> None:
    if note is None or note.long:
        undetermined("No position was open to be closed this way.")
    expect(
        note.difference is None,
        f"The position was gone {note.moment}, but the connector has {note.difference}.",
        *_said(note),
    )


@requirement("positions-closed-by-others-noticed")
def test_a_position_closed_by_hand_is_gone(liquidated: Liquidated) -> None:
    """The user closes the position in the browser; another one, in another market, stays."""
    _gone(liquidated.by_hand)
    beside = liquidated.beside
    if beside is not None:
        expect(
            beside.difference is None,
            f"A position was closed by hand, and in another market the connector has {beside.difference}.",
            *_said(beside),
        )


@requirement("positions-closed-by-others-noticed")
def test_a_liquidated_position_is_gone(liquidated: Liquidated) -> None:
    """The exchange liquidates a position."""
    _gone(liquidated.liquidated)


@requirement("ends-by-the-exchange-reported")
def test_a_closing_order_ends_with_its_position(liquidated: Liquidated) -> None:
    """The user closes the position in the browser, so the exchange ends the closing order."""
    life = liquidated.closing
    if life is None or life.final is None or life.final.ended is not OrderEnd.REDUCE_ONLY:
        undetermined("No order was to close the position, and to do nothing else.")
    told_as_it_was(life, "A closing order whose position was closed by somebody else")
