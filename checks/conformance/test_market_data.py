"""What the connector knows of the market, against the venue and ccxt."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest

from harness.checking import (
    Attach,
    claimed,
    expect,
    measured,
    requirement,
    seen_in_ledger,
    undetermined,
)
from harness.driving.numbers import as_kept
from harness.gateway.entries import Exchange, Frame
from harness.outcome import Evidence, EvidenceKind
from harness.scenarios.played.hour import Hour
from harness.scenarios.played.market_data import Listing, MarketData
from harness.scenarios.played.restart import Restart

DEPTH = 100
FEWEST_TIMES = 12  # of public trades; that so many are in whole seconds by chance happens to nobody
OTHER_UNIT = 60.0  # seconds; a message is late by less, and a time in another unit is years off


@requirement("trading-pairs-listed")
def test_every_market_is_listed(listing: Listing) -> None:
    """Each market that the exchange trades, and that ccxt sees, is among the connector's pairs.

    In capitals or as the exchange writes it: kPEPE is KPEPE.
    """
    listed = {view.pair.upper() for view in listing.pairs}
    traded = {name.upper() for name in listing.symbols}
    if listing.ccxt is not None and not traded <= {name.upper() for name in listing.ccxt}:
        undetermined(
            "ccxt and the simulated exchange disagree on the list of markets, so neither is relied on."
        )
    missing = sorted(traded - listed)
    expect(
        not missing,
        f"The connector does not list {len(missing)} of the {len(traded)} markets: {', '.join(missing[:5])}.",
        seen_in_ledger(f"the exchange trades {', '.join(sorted(traded))}"),
    )
    invented = sorted(listed - traded)
    expect(not invented, f"The connector lists markets that do not exist: {', '.join(invented[:5])}.")


@requirement("trading-pairs-in-standard-form")
def test_pairs_have_the_standard_form_both_ways(listing: Listing) -> None:
    """BASE-QUOTE, in capitals or as the exchange writes it; the exchange's own symbol reads back as it."""
    named = {symbol: name for name, symbol in listing.symbols.items()}
    for view in listing.pairs:
        written = view.pair in listing.symbols or view.pair == view.pair.upper()
        expect(
            view.pair.count("-") == 1 and written and not view.pair.startswith("-"),
            f"{view.pair} is not in the form BASE-QUOTE.",
        )
        expect(
            view.back == view.pair,
            f"{view.pair} becomes the symbol {view.symbol}, which is read back as {view.back}.",
        )
        name = named.get(view.symbol)
        expect(
            name is None or name.upper() == view.pair.upper(),
            f"The exchange's symbol {view.symbol} means {name}; the connector reads it as {view.pair}.",
        )
    symbols = {view.pair.upper(): view.symbol for view in listing.pairs}
    for symbol, name in named.items():
        used = symbols.get(name.upper(), symbol)
        known = (symbol, *listing.others.get(name, ()))
        expect(used in known, f"The exchange's symbol for {name} is {symbol}; the connector uses {used}.")


@requirement("order-book-snapshot-matches")
def test_first_book_equals_the_exchange(market_data: MarketData) -> None:
    """The connector's book after its start equals the exchange's, level by level."""
    expect(
        market_data.first_difference is None,
        f"The order book differs from the exchange's: {market_data.first_difference}.",
        *_book_evidence(market_data),
    )


@requirement("order-book-snapshot-matches")
def test_a_book_that_moves_at_the_start(restarted: Restart) -> None:
    """Levels change while the connector requests its first book: afterwards its book is right."""
    if not any(each.moved for each in restarted.starts):
        undetermined("The connector requested no order book while its stream was open.")
    for each in restarted.starts:
        expect(
            each.difference is None or not each.moved,
            f"The order book lacks a change that was made {each.how}: {each.difference}.",
            *_book_evidence(restarted),
        )


@requirement("order-book-diffs-applied")
def test_book_follows_changes(market_data: MarketData) -> None:
    """After some two hundred random changes the books are still equal."""
    expect(
        market_data.later_difference is None,
        f"The order book drifts away from the exchange's: {market_data.later_difference}.",
        *_book_evidence(market_data),
    )


def _book_evidence(run: MarketData | Restart) -> list[Evidence]:
    frames = run.part.wire.frames("stream:book", direction="received")[-3:]
    snapshots = run.part.wire.requests("order_book")[:1]
    entries: tuple[Exchange | Frame, ...] = (*snapshots, *frames)
    return [run.part.wire.evidence(entry) for entry in entries]


@requirement("trades-streamed")
def test_every_public_trade_arrives_once(market_data: MarketData) -> None:
    """Each trade of the market reaches the order book once, with its price and amount."""
    made = Counter(_traded(t.market.name, t.price, t.amount) for t in market_data.trades_made)
    seen = Counter(_traded(t.pair, t.price, t.amount) for t in market_data.trades_seen)
    expect(made, "The harness made no trades to watch.")
    lost, extra = made - seen, seen - made
    what = "; ".join(f"{pair}: {amount} at {price}" for pair, price, amount in list(lost or extra)[:3])
    expect(
        not lost,
        f"{lost.total()} of {made.total()} public trades were lost or changed: {what}.",
        *_trade_frames(market_data),
    )
    expect(not extra, f"{extra.total()} reported public trades never happened: {what}.")


def _traded(pair: str, price: Decimal, amount: Decimal) -> tuple[str, Decimal, Decimal]:
    """What two tellings of a trade have in common."""
    return pair, as_kept(price), as_kept(amount)


@requirement("trade-side-known")
def test_the_takers_side_is_told(market_data: MarketData) -> None:
    """Each public trade that arrives says whether its taker bought or sold."""
    sides: dict[tuple[str, Decimal, Decimal], set[str]] = {}
    for made in market_data.trades_made:
        sides.setdefault(_traded(made.market.name, made.price, made.amount), set()).add(
            made.taker_side.value.upper()
        )
    traded = [
        (trade, sides.get(_traded(trade.pair, trade.price, trade.amount)))
        for trade in market_data.trades_seen
    ]
    known = [(trade, right) for trade, right in traded if right is not None]
    if not known:
        undetermined("No public trade arrived to compare sides.")
    wrong = [(trade, right) for trade, right in known if trade.side not in right]
    what = "; ".join(
        f"{trade.pair}: {trade.amount} at {trade.price} is {trade.side}, its taker {' or '.join(right)}"
        for trade, right in wrong[:3]
    )
    expect(
        not wrong,
        f"{len(wrong)} of {len(known)} public trades arrived with the wrong side: {what}.",
        *_trade_frames(market_data),
    )


@requirement("public-trade-times")
def test_public_trades_have_their_time(market_data: MarketData) -> None:
    """The time of each public trade is the exchange's, in fractional seconds."""
    times: dict[tuple[str, Decimal, Decimal], list[float]] = {}
    for made in market_data.trades_made:
        times.setdefault(_traded(made.market.name, made.price, made.amount), []).append(made.at)
    timed = [
        (float(trade.timestamp), times[_traded(trade.pair, trade.price, trade.amount)])
        for trade in market_data.trades_seen
        if trade.timestamp is not None and _traded(trade.pair, trade.price, trade.amount) in times
    ]
    if len(timed) < FEWEST_TIMES:
        undetermined(f"{len(timed)} public trades arrived with a time.")
    for told, true in timed:
        expect(
            min(abs(told - at) for at in true) < OTHER_UNIT,
            f"A public trade at {true[0]:.3f} (Unix seconds) arrived with the timestamp {told:f}.",
            *_trade_frames(market_data),
        )
    exact = sum(at % 1 != 0 for _, true in timed for at in true[:1])
    expect(
        exact < FEWEST_TIMES or any(told % 1 for told, _ in timed) or not _told_in_parts(market_data),
        f"The times of {len(timed)} public trades are in whole seconds.",
        *_trade_frames(market_data),
    )


def _told_in_parts(run: MarketData) -> bool:
    """Whether the exchange told the time of a trade more exactly than in seconds."""
    said = " ".join(frame.text for frame in run.part.wire.frames("stream:trades"))
    parts = [(str(int(made.at * 1000)), f"{made.at % 1:.3f}"[1:]) for made in run.trades_made if made.at % 1]
    return any(each in said for both in parts for each in both)


def _trade_frames(run: MarketData) -> list[Evidence]:
    return [run.part.wire.evidence(frame) for frame in run.part.wire.frames("stream:trades")[:2]]


@requirement("last-traded-price")
def test_last_price(market_data: MarketData) -> None:
    """get_last_traded_prices gives the price of the market's last trade, to the precision of a float."""
    expect(
        as_kept(market_data.prices.last) == as_kept(market_data.last_price),
        f"The last traded price is {market_data.last_price}; it reports {market_data.prices.last}.",
    )


@requirement("last-traded-price")
def test_last_prices_of_several(market_data: MarketData) -> None:
    """get_last_traded_prices gives the same prices for several pairs as for each alone.

    The order books' last prices are brought up to date so. A pair that it knows nothing of when it is asked
    for that alone is not missed.
    """
    told = market_data.several.alone.items()
    alone = {pair: price for pair, price in told if price is not None and not price.is_nan()}
    if len(alone) < 2:
        undetermined("The connector gave last prices of fewer than two pairs.")
    together = market_data.several.together
    wrong = [pair for pair, price in alone.items() if together.get(pair) != price]
    expect(
        not wrong,
        f"For {len(market_data.several.alone)} pairs at once, the last prices are "
        f"{', '.join(f'{together.get(pair)} for {pair}' for pair in wrong)}; for each pair alone, "
        f"{', '.join(f'{alone[pair]}' for pair in wrong)}.",
    )


@requirement("top-of-book-prices")
def test_best_prices(market_data: MarketData) -> None:
    """get_price and the best bid and ask are the exchange's, the right way round.

    As far as a float keeps them: some connectors of 2020 round no price that they take from their book.
    """
    prices, (bid, ask) = market_data.prices, market_data.best
    wrong = [
        f"{name} is {claim}, not {truth}"
        for name, claim, truth in (
            ("the best bid", prices.best_bid, bid),
            ("the best ask", prices.best_ask, ask),
            ("the price to buy at", prices.buy, ask),
            ("the price to sell at", prices.sell, bid),
        )
        if claim is None or as_kept(claim) != as_kept(truth)
    ]
    expect(not wrong, f"{'; '.join(wrong)[:1].upper()}{'; '.join(wrong)[1:]}.")


@requirement("websocket-preferred")
def test_book_follows_without_polling(market_data: MarketData, evidence: Attach) -> None:
    """While the market moves, the book is not polled over REST."""
    evidence(measured(f"{market_data.book_requests} order book requests while the market moved"))
    expect(
        market_data.part.wire.frames("stream:book", direction="received"),
        "The connector reads no order book stream.",
    )
    expect(
        market_data.book_requests <= 2 * len(market_data.markets),
        f"The connector fetched the book {market_data.book_requests} times over REST while its stream was "
        "up.",
    )


@pytest.mark.takes_a_minute
@requirement("order-book-depth-100")
def test_the_book_is_deep_enough(hour: Hour) -> None:
    """From a book with 150 levels per side, it keeps 100, or as many as the exchange sends."""
    wanted = min(DEPTH, hour.part.began.book_depth)
    least = min(hour.depth)
    expect(
        least >= wanted,
        f"The order book has {hour.depth[0]} bids and {hour.depth[1]} asks; the exchange gives {wanted}.",
        claimed(EvidenceKind.NOTE, f"{hour.depth[0]} bids, {hour.depth[1]} asks"),
        measured(f"the exchange has {hour.bids} bids"),
    )
