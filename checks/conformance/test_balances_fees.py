"""Fees that change while the connector runs, against the venue's ledger."""

from __future__ import annotations

from checks.conformance.test_balances import fee_matches, report_of, totals_match
from checks.conformance.timeline import arrived
from harness.checking import not_applicable, requirement, undetermined
from harness.scenarios.played.fees import Charged, Fees, Paid


def _while(fees: Fees, charged: Charged) -> list[Paid]:
    return [paid for paid in fees.paid if paid.charged is charged]


def _reported(fees: Fees, paid: Paid) -> None:
    """Each fill's fee was reported as it was charged; undetermined where no fill was reported at all."""
    if not paid.life.fills:
        undetermined(f"No order was filled with {paid.charged.value}.")
    for fill in paid.life.fills:
        event = report_of(paid.life, fill, fees.part.fill_names.get(fill.trade_id, ""))
        if event is None:
            undetermined(f"A fill with {paid.charged.value} was not reported.")
        fee_matches(paid.life, fill, event)


@requirement("changed-fees-reported")
def test_a_rebate_is_a_negative_fee(fees: Fees) -> None:
    """The exchange pays the maker: the fee of the fill is below zero."""
    for paid in _while(fees, Charged.REBATE):
        _reported(fees, paid)


@requirement("changed-fees-reported")
def test_a_fee_is_what_the_exchange_took(fees: Fees) -> None:
    """The fee rate rises while the connector runs, then becomes zero for makers: each fill has its fee."""
    for paid in (*_while(fees, Charged.RAISED), *_while(fees, Charged.NOTHING)):
        _reported(fees, paid)


@requirement("changed-fees-reported")
def test_a_fee_in_a_third_asset(fees: Fees) -> None:
    """The fee is taken from an asset that is none of the market's."""
    thirds = _while(fees, Charged.THIRD_ASSET)
    if not thirds:
        not_applicable("This exchange charges fees only in the market's own assets.")
    for paid in thirds:
        _reported(fees, paid)


@requirement("changed-fees-reported")
def test_fees_that_a_poll_finds(fees: Fees) -> None:
    """A poll finds two fills that no stream reported: each has its own fee, in its own asset."""
    for paid in _while(fees, Charged.POLLED):
        _reported(fees, paid)


@requirement("changed-fees-reported")
def test_balances_follow_changed_fees(fees: Fees) -> None:
    """After rebates, raised fees and fees in a third asset, totals are the ledger's."""
    totals_match(fees.balances)


@requirement("other-accounts-stay-out")
def test_another_account_of_its_user_stays_out(fees: Fees) -> None:
    """The private stream reports funds in another account: the connector's balances stay the same."""
    if not fees.elsewhere:
        not_applicable("The exchange reports no other account of its user.")
    totals_match(fees.elsewhere)


@requirement("expected-fee-suffices")
def test_all_that_the_account_has_can_be_ordered_for(fees: Fees) -> None:
    """An order for the whole balance, less the fee that the connector expects on top, is accepted."""
    if fees.whole is None:
        not_applicable("Perpetual orders use margin, not a whole balance.")
    arrived(
        fees.whole,
        f"An order for all that the account has, less the expected fee of {100 * fees.expected:f} %, "
        "was refused.",
    )
