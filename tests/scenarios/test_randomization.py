"""One seed, one set of values; another seed, another."""

from __future__ import annotations

from decimal import Decimal

import pytest

from harness.clock import ScaledClock
from harness.sandbox.identity import SandboxIdentity
from harness.scenarios.randomization import (
    easily_cut_wrong,
    eleven_more,
    first_number,
    having,
    initial_balances,
    odd,
    owner,
    tiny,
    trade_at_a_round_price,
    trade_at_no_round_price,
    usual,
    varied,
)
from harness.venue.dialects import dialect, known
from harness.venue.market import is_multiple
from harness.venue.session import Venue

SEEDS = range(1, 200)


@pytest.mark.parametrize("name", known())
def test_prices_move_and_stay_tradable(name: str) -> None:
    plain = dialect(name)
    for seed in SEEDS:
        for market, before in zip(varied(plain, seed).markets, plain.markets, strict=True):
            assert is_multiple(market.reference_price, market.tick_size)
            assert Decimal("0.5") < market.reference_price / before.reference_price < Decimal("1.6")
            assert market.name == before.name
    assert varied(plain, 3).markets == varied(plain, 3).markets
    assert varied(plain, 3).routes == plain.routes


@pytest.mark.parametrize("name", known())
def test_the_odd_market_is_none_of_the_usual_ones(name: str) -> None:
    markets = dialect(name).markets
    assert len(odd(markets)) == 1
    assert set(odd(markets)).isdisjoint(usual(markets))
    assert odd(markets[:2]) == ()


@pytest.mark.parametrize("name", known())
def test_a_dozen_markets_have_symbols_of_their_own(name: str) -> None:
    plain = varied(dialect(name), 3)
    dozen = having(plain, eleven_more(plain.markets))
    spoken = dozen(Venue(dozen.markets, 1, ScaledClock()))
    assert len({spoken.symbol(market) for market in dozen.markets}) == len(plain.markets) + 11
    assert having(plain, plain.markets) is plain


def test_a_seed_decides_everything_once() -> None:
    markets = dialect("binance").markets
    for make in (
        owner,
        first_number,
        SandboxIdentity.of,
        lambda seed: tuple(initial_balances(markets, seed).values()),
    ):
        assert make(7) == make(7)
        assert len({make(seed) for seed in SEEDS}) > 100


def test_the_initial_balances_differ() -> None:
    for seed in SEEDS:
        amounts = initial_balances(dialect("binance").markets, seed).values()
        assert len(set(amounts)) == len(amounts)
        assert all(amounts)


@pytest.mark.parametrize("seed", range(1, 40))
def test_no_scenario_begins_at_a_round_price(seed: int) -> None:
    markets = varied(dialect("hyperliquid"), seed).markets
    venue = Venue(markets, seed, ScaledClock())
    for market in markets:
        venue.seed_book(market, 30)
        trade_at_no_round_price(venue, market)
        assert venue.last_price(market) % (10 * market.tick_size)


@pytest.mark.parametrize("name", known())
def test_a_scenario_can_begin_at_a_round_price(name: str) -> None:
    """With any seed: with some the others went on trading at one price, and a defect was not seen."""
    for seed in range(1, 21):
        market = varied(dialect(name), seed).markets[0]
        venue = Venue((market,), seed, ScaledClock())
        venue.seed_book(market, 30)
        trade_at_no_round_price(venue, market)
        trade_at_a_round_price(venue, market)
        last, book = venue.last_price(market), venue.book(market)
        assert last % (10 * market.tick_size) == 0
        assert book.bids[0].price == last < book.asks[0].price


@pytest.mark.parametrize("name", known())
def test_the_others_trade_with_each_other_whatever_the_exchanges_rule_is(name: str) -> None:
    market = varied(dialect(name), 5).markets[0]
    venue = Venue((market,), 5, ScaledClock())
    venue.seed_book(market, 30)
    venue.walk(200, market)
    assert len(venue.trades(market)) > 5


@pytest.mark.parametrize(
    ("name", "markets"),
    [
        ("bitstamp", ["SHIB-USD"]),
        ("kraken", ["SHIB-USD"]),
        ("beaxy", []),
        ("binance", []),
        ("okx_perpetual", []),
    ],
)
def test_a_connector_need_not_know_a_quote_that_its_exchange_does_not_have(
    name: str, markets: list[str]
) -> None:
    """Beaxy's of 2020 lists its exchange's five quotes, and was blamed for a market in dollars."""
    assert [market.name for market in easily_cut_wrong(dialect(name))] == markets


@pytest.mark.parametrize("name", known())
def test_a_tiny_price_would_be_written_with_an_exponent_and_keeps_to_the_step(name: str) -> None:
    plain = dialect(name)
    if plain.markets[0].perpetual:
        assert tiny(plain) == ()
        return
    (market,) = tiny(plain)
    assert "E-" in str(market.reference_price)
    assert is_multiple(market.reference_price, market.tick_size)
    assert market.name not in {each.name for each in plain.markets}
