"""What the connector knows of the market, against the venue and ccxt."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from checks.conformance.conftest import Tell
from checks.conformance.stories.market_data import MarketData, list_markets, watch_market
from harness.checking import Attach, expect, fail, measured, requirement, seen_in_ledger, undetermined
from harness.gateway.record import Exchange, Frame
from harness.outcome import Evidence


@requirement("trading-pairs-listed")
def test_every_market_is_listed(tell: Tell) -> None:
    """Each market that the exchange trades, and that ccxt sees, is among the connector's pairs."""
    story = tell(list_markets)
    listed = {view.pair for view in story.pairs}
    traded = {market.name for market in story.bench.venue.markets}
    if story.ccxt is not None and not traded <= set(story.ccxt):
        undetermined("ccxt does not see all markets of the simulated exchange, so neither is believed.")
    missing = sorted(traded - listed)
    expect(
        not missing,
        f"The connector does not list {len(missing)} of the {len(traded)} markets: {', '.join(missing[:5])}.",
        seen_in_ledger(f"the exchange trades {', '.join(sorted(traded))}"),
    )
    invented = sorted(listed - traded)
    expect(not invented, f"The connector lists markets that do not exist: {', '.join(invented[:5])}.")


@requirement("trading-pairs-in-standard-form")
def test_pairs_have_the_standard_form_both_ways(tell: Tell) -> None:
    """BASE-QUOTE, and the exchange's own symbol reads back as the same pair."""
    story = tell(list_markets)
    named = {story.bench.dialect.symbol(market): market.name for market in story.bench.venue.markets}
    for view in story.pairs:
        expect(
            view.pair.count("-") == 1 and view.pair == view.pair.upper() and not view.pair.startswith("-"),
            f"{view.pair} is not in the form BASE-QUOTE.",
        )
        expect(
            view.back == view.pair,
            f"{view.pair} becomes the symbol {view.symbol}, which is read back as {view.back}.",
        )
        name = named.get(view.symbol)
        expect(
            name in (None, view.pair),
            f"What the exchange calls {view.symbol} is {name}, but {view.pair} in the connector.",
        )
    symbols = {view.pair: view.symbol for view in story.pairs}
    for symbol, name in named.items():
        expect(
            symbols.get(name, symbol) == symbol,
            f"{name} is called {symbol} by the exchange, {symbols.get(name)} by the connector.",
        )


@requirement("order-book-snapshot-matches")
def test_first_book_equals_the_exchange(tell: Tell) -> None:
    """The connector's book after its start equals the exchange's, level by level."""
    story = tell(watch_market)
    expect(
        story.first_difference is None,
        f"The order book differs from the exchange's: {story.first_difference}.",
        *_book_evidence(story),
    )


@requirement("order-book-diffs-applied")
def test_book_follows_changes(tell: Tell) -> None:
    """After some two hundred random changes the books are still equal."""
    story = tell(watch_market)
    expect(
        story.later_difference is None,
        f"The order book drifts away from the exchange's: {story.later_difference}.",
        *_book_evidence(story),
    )


def _book_evidence(story: MarketData) -> list[Evidence]:
    frames = story.bench.record.frames("stream:book", direction="received")[-3:]
    snapshots = story.bench.record.exchanges("order_book")[:1]
    entries: tuple[Exchange | Frame, ...] = (*snapshots, *frames)
    return [story.bench.record.evidence(entry) for entry in entries]


@requirement("trades-streamed")
def test_every_public_trade_arrives_once(tell: Tell) -> None:
    """Each trade of the market reaches the order book once, with its price and amount."""
    story = tell(watch_market)
    made = Counter((t.market.name, t.price, t.amount) for t in story.trades_made)
    seen = Counter((t.pair, t.price, t.amount) for t in story.trades_seen)
    expect(made, "The harness made no trades to watch.")
    lost, extra = made - seen, seen - made
    what = "; ".join(f"{pair}: {amount} at {price}" for pair, price, amount in list(lost or extra)[:3])
    expect(
        not lost,
        f"{lost.total()} of {made.total()} public trades were lost or changed: {what}.",
        *_trade_frames(story),
    )
    expect(not extra, f"{extra.total()} public trades were reported that never happened: {what}.")


@requirement("trade-side-known")
def test_the_takers_side_is_told(tell: Tell) -> None:
    """Each public trade that arrives says whether its taker bought or sold."""
    story = tell(watch_market)
    sides: dict[tuple[str, Decimal, Decimal], set[str]] = {}
    for made in story.trades_made:
        sides.setdefault((made.market.name, made.price, made.amount), set()).add(
            made.taker_side.value.upper()
        )
    traded = [(trade, sides.get((trade.pair, trade.price, trade.amount))) for trade in story.trades_seen]
    known = [(trade, right) for trade, right in traded if right is not None]
    if not known:
        undetermined("No public trade arrived whose side could have been compared.")
    wrong = [(trade, right) for trade, right in known if trade.side not in right]
    what = "; ".join(
        f"{trade.pair}: {trade.amount} at {trade.price} is {trade.side}, its taker {' or '.join(right)}"
        for trade, right in wrong[:3]
    )
    expect(
        not wrong,
        f"{len(wrong)} of {len(known)} public trades arrived with the wrong side: {what}.",
        *_trade_frames(story),
    )


def _trade_frames(story: MarketData) -> list[Evidence]:
    return [story.bench.record.evidence(frame) for frame in story.bench.record.frames("stream:trades")[:2]]


@requirement("last-traded-price")
def test_last_price(tell: Tell) -> None:
    """get_last_traded_prices gives the price of the market's last trade."""
    story = tell(watch_market)
    expect(
        story.prices.last == story.last_price,
        f"The last traded price is {story.last_price}, the connector says {story.prices.last}.",
    )


@requirement("top-of-book-prices")
def test_best_prices(tell: Tell) -> None:
    """get_price and the best bid and ask are those of the exchange, the right way round."""
    story, (bid, ask) = (told := tell(watch_market)), told.best
    prices = story.prices
    wrong = [
        f"{name} is {claim}, not {truth}"
        for name, claim, truth in (
            ("the best bid", prices.best_bid, bid),
            ("the best ask", prices.best_ask, ask),
            ("the price to buy at", prices.buy, ask),
            ("the price to sell at", prices.sell, bid),
        )
        if claim != truth
    ]
    expect(not wrong, f"{'; '.join(wrong)[:1].upper()}{'; '.join(wrong)[1:]}.")


@requirement("websocket-preferred")
def test_book_follows_without_polling(tell: Tell, evidence: Attach) -> None:
    """While the market moves the book is not fetched again and again over REST."""
    story = tell(watch_market)
    evidence(measured(f"{story.book_requests} order book requests while the market moved"))
    expect(
        story.bench.record.frames("stream:book", direction="received"),
        "The connector reads no order book stream.",
    )
    expect(
        story.book_requests <= 2 * len(story.markets),
        f"The connector fetched the book {story.book_requests} times over REST while its stream was up.",
    )


@requirement("trading-rules-match-exchange")
def test_trading_rules(tell: Tell) -> None:
    """Smallest amount and increments are the exchange's; ccxt reads the same."""
    story = tell(watch_market)
    for market in story.markets:
        rule = story.rules.get(market.name)
        if rule is None:
            fail(f"The connector has no trading rule for {market.name}.")
        wrong = [
            f"{name} is {claim}, not {truth}"
            for name, claim, truth in (
                ("the price increment", rule.min_price_increment, market.tick_size),
                ("the amount increment", rule.min_base_amount_increment, market.lot_size),
                ("the smallest amount", rule.min_order_size, market.min_amount),
            )
            if claim != truth
        ]
        expect(
            not wrong,
            f"Trading rules of {market.name}: {'; '.join(wrong)}.",
            *_rule_requests(story),
        )
        ccxt = (tell(list_markets).ccxt or {}).get(market.name)
        if ccxt is not None and (ccxt.tick_size, ccxt.lot_size) != (market.tick_size, market.lot_size):
            undetermined(
                f"ccxt reads other increments of {market.name}, so the simulated exchange is not believed."
            )


@requirement("smallest-order-value-known")
def test_the_smallest_order_value(tell: Tell) -> None:
    """The least that an order must be worth is the exchange's."""
    story = tell(watch_market)
    for market in story.markets:
        rule = story.rules.get(market.name)
        if rule is None:
            undetermined(f"The connector has no trading rule for {market.name}.")
        expect(
            rule.smallest_notional == market.min_notional,
            f"Trading rules of {market.name}: the smallest notional is {rule.smallest_notional}, not "
            f"{market.min_notional}.",
            *_rule_requests(story),
        )


def _rule_requests(story: MarketData) -> list[Evidence]:
    return [story.bench.record.evidence(each) for each in story.bench.record.exchanges("symbols")[:1]]


@requirement("quantized-figures-exact")
def test_quantized_figures_are_multiples(tell: Tell) -> None:
    """What a strategy is told that its price and amount become is a multiple of tick and lot, and close."""
    for each in tell(watch_market).quantized:
        market, (price, amount), (asked_price, asked_amount) = each.market, each.got, each.asked
        expect(
            price % market.tick_size == 0,
            f"{market.name}: the price {asked_price} becomes {price}, no multiple of the tick size "
            f"{market.tick_size}.",
        )
        expect(
            amount % market.lot_size == 0,
            f"{market.name}: the amount {asked_amount} becomes {amount}, no multiple of the lot size "
            f"{market.lot_size}.",
        )
        expect(
            abs(price - asked_price) < market.tick_size and 0 <= asked_amount - amount < market.lot_size,
            f"{market.name}: {asked_amount} at {asked_price} becomes {amount} at {price}: too far off.",
        )
