"""Answers that say nothing about the account change nothing of what is believed of it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from checks.conformance.timeline import timeline
from harness.checking import expect, not_applicable, requirement, seen_in_ledger, undetermined
from harness.scenarios.played.spoiled import OF_AN_ORDER, Spoiled, SpoiledReplies


def _met(spoiled: SpoiledReplies, *operations: str) -> Iterator[Spoiled]:
    """Those in which such an answer was given to one of these; undetermined when there is none."""
    found = [each for each in spoiled.spoiled if any(each.met.get(name) for name in operations)]
    if not found:
        undetermined(
            f"The connector requested none of {', '.join(operations)} while the exchange gave such answers."
        )
    yield from found


@requirement("errors-change-no-beliefs")
def test_errors_empty_no_balances(spoiled: SpoiledReplies) -> None:
    """While balance requests get HTML pages, nothing, or partial replies, totals equal the ledger's."""
    if not spoiled.agreed:
        undetermined("Its balances did not match the exchange's before.")
    for each in _met(spoiled, "balances"):
        for view in each.balances:
            claim = view.claimed.total if view.claimed else Decimal(0)
            expect(
                view.total_matches,
                f"Given {each.what}, the connector reports {claim} {view.asset} instead of {view.total}.",
                seen_in_ledger(f"{view.total} {view.asset} in all"),
                *timeline(each.life),
            )


@requirement("errors-change-no-beliefs")
def test_errors_end_no_orders(spoiled: SpoiledReplies) -> None:
    """While order requests get such answers, an open order stays tracked and causes no event."""
    for each in _met(spoiled, "open_orders", *OF_AN_ORDER):
        if each.life.placed is None:
            continue
        told = ", ".join(event.kind for event in each.told)
        expect(
            not told, f"Given {each.what}, the connector reported for an open order: {told}.",
            *timeline(each.life),
        )  # fmt: skip
        expect(
            each.tracked, f"Given {each.what}, the connector dropped an open order.",
            *timeline(each.life),
        )  # fmt: skip


@requirement("errors-change-no-positions")
def test_errors_close_no_positions(spoiled: SpoiledReplies) -> None:
    """While position requests get such answers, the open position stays unchanged."""
    before = [each.positions[0] for each in spoiled.spoiled]
    if not any(before):
        not_applicable("No position was open.")
    for each in _met(spoiled, "positions"):
        held, kept = each.positions
        expect(
            held == kept,
            f"Given {each.what}, the connector reports a position of {kept} instead of {held}.",
            *timeline(each.life),
        )
