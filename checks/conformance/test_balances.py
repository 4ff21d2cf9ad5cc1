"""Balances and fees, against the venue's ledger."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from checks.conformance.test_order_life import placed
from checks.conformance.timeline import timeline
from harness.checking import Attach, claimed, expect, requirement, seen_in_ledger, undetermined
from harness.checking.traces import Traces
from harness.driving.claims import EventView
from harness.driving.rpc_client import ConnectorError
from harness.gateway.entries import Frame
from harness.outcome import Evidence, EvidenceKind
from harness.scenarios.catalogue import WRONG_SECRET
from harness.scenarios.played.balances import BalanceView
from harness.scenarios.played.order_life import Life, Trading
from harness.venue.model import Fill, Side

HEARD = 0.5  # virtual seconds for a message to be taken in


def _evidence(view: BalanceView) -> tuple[Evidence, ...]:
    said = f"{view.claimed.total} in all, {view.claimed.available} available" if view.claimed else "nothing"
    return (
        seen_in_ledger(f"{view.moment}: {view.asset} {view.total} in all, {view.available} available"),
        claimed(EvidenceKind.NOTE, f"{view.moment}: {view.asset} {said}"),
    )


def totals_match(views: Iterable[BalanceView]) -> None:
    for view in views:
        claim = view.claimed.total if view.claimed else Decimal(0)
        expect(
            view.total_matches,
            f"The total balance of {view.asset} {view.moment} is {view.total}; it reports {claim}.",
            *_evidence(view),
        )


@requirement("total-balance-matches")
def test_totals_match(trading: Trading) -> None:
    """At the start, and while orders are open, total balances equal the ledger's."""
    totals_match(view for view in trading.balances if "fill" not in view.moment)


@requirement("balance-follows-fills")
def test_totals_follow_fills(trading: Trading) -> None:
    """After each partial and full fill, total balances equal the ledger's."""
    views = [view for view in trading.balances if "fill" in view.moment]
    if not views:
        undetermined("No order was filled.")
    totals_match(views)


@requirement("available-balance-matches")
def test_available_balances_match(trading: Trading) -> None:
    """Funds of open orders are not available; a cancel or a fill releases the right amount."""
    for view in trading.balances:
        claim = view.claimed.available if view.claimed else Decimal(0)
        expect(
            view.available_matches,
            f"The available balance of {view.asset} {view.moment} is {view.available}; it reports {claim}.",
            *_evidence(view),
        )


@requirement("available-follows-at-once")
def test_what_is_available_follows_with_the_total(trading: Trading) -> None:
    """If an asset's total follows a fill before any poll, its available balance does so too."""
    known: dict[str, Decimal] = {}
    for view, polled in zip(trading.balances_unpolled, trading.balances, strict=False):
        claim, before = view.claimed, known.get(view.asset)
        if polled.claimed is not None:
            known[view.asset] = polled.claimed.total
        followed = before is not None and claim is not None and claim.total != before and view.total_matches
        if claim is not None and followed and polled.available_matches:
            expect(
                view.available_matches,
                f"The total balance of {view.asset} {view.moment} was right before any poll, but the "
                f"available balance was {claim.available} instead of {view.available} until the next poll.",
                *_evidence(view),
            )


@requirement("available-follows-at-once")
def test_what_is_available_follows_each_message(trading: Trading) -> None:
    """An order changes the available balance, not the total: it follows the message about that.

    Only of a connector whose totals follow messages: whether it takes balances from them at all is its own.
    """
    pairs = list(zip(trading.balances_unpolled, trading.balances, strict=False))
    listens = False
    last: dict[str, BalanceView] = {}
    for view, polled in pairs:
        before, last[view.asset] = last.get(view.asset), polled
        if before is None or before.claimed is None or view.claimed is None or not view.total_matches:
            continue
        if view.claimed.total != before.claimed.total:
            listens = True
            continue
        told = _told_of(trading, view, before.at)
        if listens and told is not None and polled.available_matches and view.total_matches:
            expect(
                view.available_matches,
                f"A message gave {view.available} {view.asset} as available {view.moment}; the connector "
                f"reported {view.claimed.available} until its next poll.",
                *_evidence(view),
                trading.part.wire.evidence(told),
            )


def _told_of(trading: Trading, view: BalanceView, since: float) -> Frame | None:
    """The last message about balances that named the asset in time for the view."""
    frames = trading.part.wire.frames("stream:balances", direction="received")
    named = [each for each in frames if since < each.at < view.at - HEARD and f'"{view.asset}"' in each.text]
    return named[-1] if named else None


@requirement("trade-fee-matches")
def test_fees_match(trading: Trading) -> None:
    """The fee of each reported fill is the ledger's: its amount and its asset."""
    for life in placed((*trading.filled, *trading.market_orders)):
        for fill in life.fills:
            event = report_of(life, fill, trading.part.fill_names.get(fill.trade_id, ""))
            if event is not None:
                fee_matches(life, fill, event)


def report_of(life: Life, fill: Fill, name: str) -> EventView | None:
    """The event that tells of the fill: by its id, or else by what traded. Lost ones are another check's.

    Of several fills and events that are alike in that, the cheapest fill's is the event with the least fee:
    who makes up ids of its own may tell of them in any order.
    """
    events = life.of("OrderFilled")
    named = [event for event in events if str(event.data.get("exchange_trade_id")) == name]
    if named:
        return named[0]
    traded = (fill.price, fill.amount)
    alike = sorted((e for e in events if (e.decimal("price"), e.decimal("amount")) == traded), key=_flat_fee)
    fills = sorted((each for each in life.fills if (each.price, each.amount) == traded), key=lambda f: f.fee)
    place = fills.index(fill) if fill in fills else 0
    return alike[min(place, len(alike) - 1)] if alike else None


def _flat_fee(event: EventView) -> Decimal:
    return sum((each.amount for each in event.fee.flat_fees), Decimal(0)) if event.fee else Decimal(0)


def fee_matches(life: Life, fill: Fill, event: EventView) -> None:
    fee = event.fee
    expect(fee is not None, "A fill event carried no readable fee.", *timeline(life))
    if fee is None:
        return
    flat = {each.token: each.amount for each in fee.flat_fees if each.amount}
    if not flat:
        # A percentage is of what was received when it is taken from the returns, else of what was paid;
        # that of 2020 and 2021 names no asset.
        from_returns = fee.type.startswith("DeductedFromReturns") and fill.side is Side.BUY
        unnamed = fee.type == "TradeFee" and fill.fee_asset == fill.market.base
        in_base = (from_returns or unnamed) and not fill.market.perpetual
        asset = fill.market.base if in_base else fill.market.quote
        flat = {asset: fee.percent * (fill.amount if in_base else fill.quote_amount)}
    tolerance = abs(fill.fee) / 100 + Decimal("0.00000001")
    right = set(flat) == {fill.fee_asset} and abs(flat[fill.fee_asset] - fill.fee) <= tolerance
    right = right or not (fill.fee or any(flat.values()))  # nothing is nothing in whatever asset
    said = ", ".join(f"{amount:f} {token}" for token, amount in flat.items())
    expect(
        right, f"A fill cost {fill.fee:f} {fill.fee_asset}; the connector reported {said}.", *timeline(life)
    )


@requirement("wrong-key-reported")
def test_a_wrong_key_is_noticed(trading: Trading, traces: Traces, evidence: Attach) -> None:
    """With a secret that the exchange refuses, the connector does not become ready, and says why."""
    assert trading  # one that does not work with the right key is not judged here
    try:
        run = traces.view(WRONG_SECRET)
    except ConnectorError as error:
        evidence(claimed(EvidenceKind.NOTE, f"With a wrong secret it is not even made: {error.gist}"))
        return
    complaints = [line for line in run.logs if line.level in ("WARNING", "ERROR", "CRITICAL")]
    if not run.verified and (run.ready or not complaints):
        undetermined("This simulated exchange accepts any secret, because its signatures are not known.")
    expect(not run.ready, "The connector reports itself ready although the exchange refuses its API secret.")
    if not run.requests:
        undetermined("The connector sent no request at all.")
    expect(complaints, "The connector logs no warning or error although the exchange refuses its API secret.")
