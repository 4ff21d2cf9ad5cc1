"""What the connector knows of minimum sizes and increments, and whether its orders keep to them."""

from __future__ import annotations

import re
from decimal import Decimal

from checks.conformance.timeline import arrived, timeline
from harness.checking import Attach, expect, fail, measured, not_applicable, requirement, undetermined
from harness.driving.claims import Rule
from harness.outcome import Evidence
from harness.scenarios.played.market_data import Listing, MarketData
from harness.scenarios.played.odd_start import OddStart
from harness.scenarios.played.order_life import Life, Trading
from harness.scenarios.played.rounding import Rounding
from harness.venue.market import Market

_EXPONENT = re.compile(r"\b\d+(?:\.\d+)?[eE][-+]?\d+\b")
A_FLOATS_ERROR = Decimal("1e-12")  # of the value: `Decimal(0.01)` is as good as `Decimal("0.01")`


def wrong_rules(rule: Rule, market: Market) -> list[str]:
    """What a connector's rule says otherwise than the exchange.

    No order is smaller than one lot, so a smallest amount below it demands what the lot does. Where the
    exchange limits orders by their value alone, so may the connector, with the amount that this is at the
    market's price. What differs by no more than a float does from its decimals is the same.
    """
    smallest, truth = rule.min_order_size, market.min_amount
    of_a_lot = not smallest.is_nan() and 0 <= smallest <= market.lot_size
    if truth <= market.lot_size and (of_a_lot or _is_the_smallest_notional(smallest, market)):
        smallest = truth
    compared = (
        ("the price increment", rule.min_price_increment, market.tick_size),
        ("the amount increment", rule.min_base_amount_increment, market.lot_size),
        ("the smallest amount", smallest, truth),
    )
    return [f"{name} is {claim}, not {truth}" for name, claim, truth in compared if not _same(claim, truth)]


def _is_the_smallest_notional(amount: Decimal, market: Market) -> bool:
    """Whether an amount costs the smallest notional, at a price between half the market's and twice it."""
    if amount.is_nan() or amount <= 0:
        return False
    return market.reference_price / 2 <= market.min_notional / amount <= market.reference_price * 2


def _same(claim: Decimal, truth: Decimal) -> bool:
    return not claim.is_nan() and abs(claim - truth) <= abs(truth) * A_FLOATS_ERROR


@requirement("trading-rules-match-exchange")
def test_trading_rules(market_data: MarketData, listing: Listing) -> None:
    """Smallest amount and increments are the exchange's; ccxt reads the same."""
    if market_data.rules is None:  # the framework of 2020 does not ask a connector to show them
        undetermined(
            "The connector exposes no trading rules; another check covers whether orders keep to them."
        )
    for market in market_data.markets:
        rule = market_data.rules.get(market.name)
        if rule is None:
            fail(f"The connector has no trading rule for {market.name}.")
        wrong = wrong_rules(rule, market)
        expect(
            not wrong,
            f"Trading rules of {market.name}: {'; '.join(wrong)}.",
            *_rule_requests(market_data),
        )
        ccxt = (listing.ccxt or {}).get(market.name)
        if ccxt is not None and (ccxt.tick_size, ccxt.lot_size) != (market.tick_size, market.lot_size):
            undetermined(
                f"ccxt reads other increments for {market.name}, so the simulated exchange is not relied on."
            )


@requirement("rules-at-any-price")
def test_rules_at_a_round_price(odd_start: OddStart) -> None:
    """Started while the price ends in a zero, the connector has the same increments."""
    market = odd_start.market
    rule = (odd_start.rules or {}).get(market.name)
    if rule is None:
        undetermined(f"The connector has no trading rule for {market.name}.")
    wrong = wrong_rules(rule, market)
    expect(
        not wrong,
        f"Trading rules of {market.name} at a last price of {odd_start.last_price}: {'; '.join(wrong)}.",
        *_rule_requests(odd_start),
    )


@requirement("odd-markets-tolerated")
def test_odd_markets_keep_nobody_from_starting(odd_start: OddStart, evidence: Attach) -> None:
    """With a halted market and one without figures listed, the connector starts and has its trading rules."""
    if not odd_start.halted:
        not_applicable("The exchange has one market only.")
    listed = f"{odd_start.emptied} listed without figures" if odd_start.emptied else "no other market"
    evidence(measured(f"{odd_start.halted} was halted, {listed}"))
    beside = (
        f"{odd_start.emptied} listed without figures"
        if odd_start.ready_once_told
        else (f"{odd_start.halted} halted")
    )
    if odd_start.ready_once_sold:
        beside = f"no asks on {odd_start.market.name}"
    waiting = ", ".join(odd_start.waiting_for) or "its own reasons"
    expect(
        odd_start.ready,
        f"With {beside}, the connector never became ready ({waiting}).",
        *_rule_requests(odd_start),
    )
    expect(
        odd_start.rules is None or odd_start.market.name in odd_start.rules,
        f"With {odd_start.halted} halted and {listed}, the connector has no trading rule for "
        f"{odd_start.market.name}.",
        *_rule_requests(odd_start),
    )


@requirement("odd-markets-tolerated")
def test_a_book_of_one_side_is_borne(odd_start: OddStart, market_data: MarketData) -> None:
    """Started while there are no asks, the connector has the bids, and the asks as soon as they appear."""
    if not odd_start.ready:
        undetermined("Not tried, because the connector never became ready.")
    usual = market_data.first_difference or market_data.later_difference
    if usual is not None:
        undetermined(f"Its order book is wrong in ordinary markets too: {usual}.")
    when = "once asks appear" if odd_start.sold else "while there are no asks"
    expect(
        odd_start.difference is None,
        f"The book of {odd_start.market.name} differs {when}: {odd_start.difference}.",
        *(odd_start.part.wire.evidence(each) for each in odd_start.part.wire.requests("order_book")[:2]),
    )


@requirement("smallest-order-value-known")
def test_the_smallest_order_value(market_data: MarketData) -> None:
    """The minimum notional equals the exchange's."""
    for market in market_data.markets:
        rule = (market_data.rules or {}).get(market.name)
        if rule is None:
            undetermined(f"The connector has no trading rule for {market.name}.")
        expect(
            rule.smallest_notional == market.min_notional,
            f"Trading rules of {market.name}: the minimum notional is {rule.smallest_notional}, not "
            f"{market.min_notional}.",
            *_rule_requests(market_data),
        )


def _rule_requests(run: MarketData | OddStart) -> list[Evidence]:
    return [run.part.wire.evidence(each) for each in run.part.wire.requests("symbols")[:1]]


@requirement("quantized-figures-exact")
def test_quantized_figures_are_multiples(market_data: MarketData) -> None:
    """Quantized prices and amounts are multiples of tick and lot size, and close to the requested ones."""
    for each in market_data.quantized:
        market, (price, amount), (asked_price, asked_amount) = each.market, each.got, each.asked
        expect(
            price % market.tick_size == 0,
            f"{market.name}: the price {asked_price} becomes {price}, not a multiple of the tick size "
            f"{market.tick_size}.",
        )
        expect(
            amount % market.lot_size == 0,
            f"{market.name}: the amount {asked_amount} becomes {amount}, not a multiple of the lot size "
            f"{market.lot_size}.",
        )
        expect(
            abs(price - asked_price) < market.tick_size and 0 <= asked_amount - amount < market.lot_size,
            f"{market.name}: {asked_amount} at {asked_price} becomes {amount} at {price}: too far off.",
        )


@requirement("price-and-amount-quantized")
def test_awkward_orders_arrive_rounded(rounding: Rounding) -> None:
    """An order with more decimals than the market has reaches the exchange, at the nearest steps."""
    tried = rounding.tried
    if all(each.ordinary.placed is None for each in tried):
        undetermined(
            "No order reached the exchange's book, not even one in whole lots and ticks.",
            *timeline(tried[0].ordinary),
        )
    for each in tried:
        if each.ordinary.late is None and each.ordinary.placed is None and not each.ordinary.requests:
            undetermined(f"Nothing was sent for an order in {each.market.name}.", *timeline(each.ordinary))
        arrived(
            each.ordinary,
            f"An order in {each.market.name} for {each.ordinary.amount:f} at {each.ordinary.price:f}, whole "
            "steps of that market, was rejected as sent; one in another market was accepted.",
        )
        for life in each.awkward:
            _arrived_rounded(life, each.market)


@requirement("tiny-prices-accepted")
def test_tiny_prices_arrive(rounding: Rounding) -> None:
    """An order at a price below a millionth reaches the exchange, which takes no number written as 6.2E-7."""
    if not rounding.tiny:
        not_applicable("Perpetuals do not trade at such prices.")
    if all(each.ordinary.placed is None for each in rounding.tried):
        undetermined("No order reached the exchange's book, not even one at an ordinary price.")
    for life in rounding.tiny:
        arrived(life, f"A {life.name} order at {life.price:f} was rejected as sent: {_as_sent(life)}.")


def _as_sent(life: Life) -> str:
    """The numbers with an exponent in what was sent for it, or that there were none."""
    sent = " ".join(each.said for each in life.requests)
    found = dict.fromkeys(_EXPONENT.findall(sent))
    return f"it had {', '.join(found)}" if found else "no number in it had an exponent"


def _arrived_rounded(life: Life, market: Market) -> None:
    """The exchange takes nothing that is no multiple of its steps, so what it took is one."""
    asked = f"An order in {market.name} for {life.amount:f} at {life.price:f}"
    what = "the exchange refused what was sent" if life.requests else "nothing was sent"
    order = arrived(life, f"{asked} has more decimals than the market allows and was not rounded: {what}.")
    near = (
        life.price is not None
        and order.price is not None
        and abs(order.price - life.price) < market.tick_size
        and 0 <= life.amount - order.amount < market.lot_size
    )
    expect(
        near,
        f"{asked} arrived as {order.amount:f} at {order.price:f}, though the market's steps are "
        f"{market.lot_size:f} and {market.tick_size:f}: too far off.",
        *timeline(life),
    )


@requirement("orders-below-minimum-not-sent")
def test_too_small_orders_stay_home(trading: Trading) -> None:
    """An order below the minimum is not sent, and the strategy gets one failure event."""
    life = trading.too_small
    if life is None:
        undetermined("The scenario ended before an order below the minimum amount was tried.")
    expect(not life.requests, "An order below the minimum amount was sent to the exchange.", *timeline(life))
    failures = life.kinds().count("OrderFailure")
    expect(
        failures == 1,
        f"An order below the minimum amount ended in {failures} failure events instead of one.",
        *timeline(life),
    )
