"""ccxt, unmodified, against the binance dialect through the gateway."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import ccxt
import pytest

from harness.clock import ScaledClock
from harness.errors import UserError
from harness.gateway.faults import Refuse
from harness.gateway.thread import GatewayThread, running_gateway
from harness.oracle import Oracle, OracleError, ccxt_ids, checked_ccxt_id
from harness.venue.dialects.binance import Binance
from harness.venue.model import Account, Side
from harness.venue.session import Venue

SYMBOL = "BTC/USDT"
PATIENCE = 30.0

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # ccxt's own imports


class World:
    """A venue with one account, its gateway, and ccxt."""

    def __init__(
        self, venue: Venue, account: Account, gateway: GatewayThread, dialect: Binance, oracle: Oracle
    ) -> None:
        self.venue = venue
        self.market = venue.markets[0]
        self.account = account
        self.gateway = gateway
        self.dialect = dialect
        self.oracle = oracle

    def stranger(self, keys: dict[str, str]) -> Oracle:
        """Another client of the same exchange."""
        options = self.dialect.ccxt_options()
        return Oracle("binance", self.gateway.socket_path, keys, ScaledClock(), options=options)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    clock = ScaledClock(scale=5)
    venue = Venue(Binance.markets, seed=1, clock=clock)
    for market in venue.markets:
        venue.seed_book(market)
    venue.walk(50, venue.markets[0])
    account = venue.account("bot", {"BTC": Decimal(10), "USDT": Decimal(1_000_000)})
    dialect = Binance(venue)
    with (
        running_gateway([dialect], clock=clock) as gateway,
        Oracle(
            "binance",
            gateway.socket_path,
            dialect.ccxt_credentials(account),
            clock,
            gateway.authority,
            dialect.ccxt_options(),
        ) as oracle,
    ):
        yield World(venue, account, gateway, dialect, oracle)
    assert gateway.record.troubles() == ()
    assert gateway.record.rejected(client=None) == ()


def exact(value: object) -> Decimal:
    return Decimal(str(value))


def test_markets_are_the_venues(world: World) -> None:
    markets = world.oracle.markets()
    assert set(markets) == {f"{market.base}/{market.quote}" for market in world.venue.markets}
    for market in world.venue.markets:
        precision = markets[f"{market.base}/{market.quote}"]["precision"]
        assert exact(precision["price"]) == market.tick_size
        assert exact(precision["amount"]) == market.lot_size


def test_the_book_and_the_trades_are_the_venues(world: World) -> None:
    book, truth = world.oracle.order_book(SYMBOL, 10), world.venue.book(world.market, 10)
    assert [(exact(p), exact(a)) for p, a, *_ in book["bids"]] == [(x.price, x.amount) for x in truth.bids]
    assert [(exact(p), exact(a)) for p, a, *_ in book["asks"]] == [(x.price, x.amount) for x in truth.asks]
    assert world.oracle.ticker(SYMBOL)["last"] == float(world.venue.last_price(world.market))
    trades = world.venue.trades(world.market)
    assert trades, "the walk traded"
    seen = {exact(trade["price"]) for trade in world.oracle.trades(SYMBOL)}
    assert seen == {trade.price for trade in trades}


def test_an_order_lives_and_is_cancelled(world: World) -> None:
    oracle, venue = world.oracle, world.venue
    placed = oracle.create_order(SYMBOL, "limit", "buy", Decimal("0.01"), Decimal("60000"))
    assert [each["id"] for each in oracle.open_orders(SYMBOL)] == [placed["id"]]
    assert exact(oracle.balance()["USDT"]["used"]) == venue.balance(world.account, "USDT").locked == 600
    venue.fill(int(placed["id"]), Decimal("0.004"))
    (fill,) = oracle.my_trades(SYMBOL)
    assert (exact(fill["amount"]), fill["order"], fill["side"]) == (Decimal("0.004"), placed["id"], "buy")
    oracle.cancel_order(placed["id"], SYMBOL)
    assert oracle.order(placed["id"], SYMBOL)["status"] == "canceled"
    assert oracle.open_orders(SYMBOL) == []


def test_the_streamed_book_follows_the_venue(world: World) -> None:
    world.oracle.watch_order_book(SYMBOL)
    price, amount = Decimal("50000"), Decimal("1.5")
    world.venue.set_level(world.market, Side.BUY, price, amount)
    for _ in range(20):
        book = world.oracle.watch_order_book(SYMBOL)
        if [float(price), float(amount)] in [list(level[:2]) for level in book["bids"]]:
            return
        world.venue.walk(1, world.market)
    pytest.fail("ccxt's streamed book never showed the new level")


def watched_trades(world: World) -> list[Any]:
    """What ccxt streams while the market moves."""
    mover = threading.Timer(1.0, world.venue.walk, args=(300, world.market))
    mover.start()
    seen = list(world.oracle.watch_trades(SYMBOL))
    mover.join(PATIENCE)
    return seen


def test_streamed_trades_are_the_venues(world: World) -> None:
    seen = watched_trades(world)
    ids = {str(trade.trade_id) for trade in world.venue.trades(world.market)}
    assert seen
    assert {trade["id"] for trade in seen} <= ids


def test_it_is_recorded_as_the_oracle(world: World) -> None:
    world.oracle.ticker(SYMBOL)
    watched_trades(world)
    record = world.gateway.record
    assert record.exchanges() == ()
    ticker = record.exchanges("ticker", client="oracle")[-1]
    assert (ticker.tls, ticker.host) == (True, "api.binance.com")
    assert {socket.port for socket in record.sockets(client=None)} == {9443}


def test_a_refusal_is_an_oracle_error(world: World) -> None:
    with pytest.raises(OracleError, match="InsufficientFunds"):
        world.oracle.create_order(SYMBOL, "limit", "buy", Decimal("9000"), Decimal("60000"))


def test_an_exchange_that_does_not_answer_is_an_oracle_error(world: World) -> None:
    rule = world.gateway.faults.add(Refuse(503), "ticker", times=None, client="oracle")
    with pytest.raises(OracleError, match="fetch_ticker"):
        world.oracle.ticker(SYMBOL)
    rule.remove()


def test_wrong_keys_are_refused(world: World) -> None:
    keys = {"apiKey": "x" * 64, "secret": "y" * 64}
    with (
        world.stranger(keys) as stranger,
        pytest.raises(OracleError, match="AuthenticationError"),
    ):
        stranger.balance()


def test_an_exchange_ccxt_does_not_have(world: World) -> None:
    with pytest.raises(OracleError, match="no exchange 'loopring'"):
        Oracle("loopring", world.gateway.socket_path)


def test_a_closed_oracle_says_so(world: World) -> None:
    oracle = world.stranger({})
    oracle.close()
    oracle.close()
    with pytest.raises(OracleError, match="closed"):
        oracle.markets()


def test_its_exchanges_are_known_without_it() -> None:
    assert ccxt_ids() == set(ccxt.exchanges)


def test_an_exchange_that_ccxt_does_not_have_is_a_users_mistake() -> None:
    assert checked_ccxt_id("kraken") == "kraken"
    with pytest.raises(UserError, match="ccxt has no exchange 'krakem'") as refused:
        checked_ccxt_id("krakem")
    assert refused.value.hint == "did you mean `kraken`?"
