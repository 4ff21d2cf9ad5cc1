"""The adapter of 2020: markets are made by the application's own lines, and spoken to in symbols."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import namedtuple
from decimal import Decimal
from enum import Enum
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from harness.driving import claims
from harness.driving.connector import parse
from harness.sandbox.inside import wire
from harness.sandbox.inside.adapters.making import Making, NotHereError
from harness.sandbox.inside.adapters.v0 import Adapter

APPLICATION = """
from acme_kit.acme_market import AcmeMarket
from acme_kit.kinds import Source as SourceType
from acme_kit.gone import NeverThere
from acme_kit.wallet import AcmeWallet
from acme_kit.gone import Security


class Application:
    def _initialize_wallet(self, token_trading_pairs):
        if not using_wallet():
            return
        ethereum_wallet = global_config_map.get("ethereum_wallet").value
        private_key = Security._private_keys[ethereum_wallet]
        self.wallet: AcmeWallet = AcmeWallet(private_key, token_trading_pairs)

    def make(self, names):
        for market_name, trading_pairs in names:
            if paper:
                market = create_paper_trade_market(market_name, trading_pairs)
            elif market_name == "acme":
                acme_key = global_config_map.get("acme_key").value
                acme_secret = global_config_map["acme_secret"].value
                market = AcmeMarket(acme_key,
                                    acme_secret,
                                    source=SourceType.API,
                                    trading_pairs=trading_pairs,
                                    trading_required=self._trading_required)
            elif market_name == "gone":
                market = NeverThere(global_config_map.get("ethereum_rpc_url").value)
            elif market_name == "chained":
                assert self.wallet is not None
                market = AcmeMarket("", "", wallet=self.wallet)
            elif market_name == "nothing":
                raise ValueError("not yet")
"""
TradeFee = namedtuple("TradeFee", "percent flat_fees")
Filled = namedtuple("Filled", "timestamp order_id trading_pair trade_type price amount trade_fee")


class TradeType(Enum):
    BUY = 1


class OrderType(Enum):
    LIMIT = 2
    MARKET = 1


class AcmeMarket:
    """Its symbols have no hyphen."""

    def __init__(self, key: str, secret: str, **more: Any) -> None:
        self.given = (key, secret, more)

    @staticmethod
    def convert_to_exchange_trading_pair(pair: str) -> str:
        return pair.replace("-", "")

    @staticmethod
    def convert_from_exchange_trading_pair(symbol: str) -> str | None:
        return f"{symbol[:-3]}-{symbol[-3:]}" if symbol.endswith("BTC") else None


@pytest.fixture
def kit(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, members in (
        ("acme_kit", {}),
        ("acme_kit.acme_market", {"AcmeMarket": AcmeMarket}),
        ("acme_kit.kinds", {"Source": SimpleNamespace(API="api")}),
        ("acme_kit.wallet", {"AcmeWallet": lambda *given: given}),
        ("acme_kit.words", {"OrderType": OrderType, "TradeType": TradeType}),
    ):
        module = ModuleType(name)
        vars(module).update(members)
        monkeypatch.setitem(sys.modules, name, module)


def variables(**values: str) -> dict[str, SimpleNamespace]:
    return {name: SimpleNamespace(value=value, default=None) for name, value in values.items()}


def test_each_market_has_its_branch() -> None:
    making = Making(APPLICATION)
    assert making.known == {"acme", "chained", "gone", "nothing"}
    assert making.settings_read("acme") == ["acme_key", "acme_secret"]
    assert making.settings_read("chained") == ["ethereum_wallet"]


@pytest.mark.usefixtures("kit")
def test_a_market_is_made_by_the_applications_own_lines() -> None:
    making = Making(APPLICATION)
    settings = variables(acme_key="k", acme_secret="s")
    made = making.make("acme", ["XBTC"], False, settings)
    assert making.kind("acme") is AcmeMarket is type(made)
    more = {"source": "api", "trading_pairs": ["XBTC"], "trading_required": False}
    assert made.given == ("k", "s", more)


@pytest.mark.usefixtures("kit")
def test_what_a_branch_cannot_make() -> None:
    making = Making(APPLICATION)
    with pytest.raises(ModuleNotFoundError):
        making.kind("gone")
    with pytest.raises(KeyError, match="makes nothing"):
        making.kind("nothing")


@pytest.mark.usefixtures("kit")
def test_a_market_that_takes_a_wallet_gets_one_of_the_applications_own() -> None:
    made = Making(APPLICATION).make("chained", ["WETH-DAI"], True, variables(ethereum_wallet="0x1"))
    assert made.given == ("", "", {"wallet": ("0x1", ["WETH", "DAI"])})


@pytest.mark.usefixtures("kit")
def test_a_market_that_takes_a_wallet_is_not_made_where_the_application_makes_none() -> None:
    source = APPLICATION.replace("_initialize_wallet", "_other")
    with pytest.raises(NotHereError, match="Ethereum wallet"):
        Making(source).make("chained", ["XBTC"], True, {})


def adapter(**members: object) -> Adapter:
    made = Adapter()
    made._connector = SimpleNamespace(**members)
    made._kind = AcmeMarket
    made._words_lie_in = "acme_kit.words"
    return made


def told(value: Any) -> Any:
    """As it arrives outside."""
    return json.loads(wire.line({"value": wire.plain(value)}))["value"]


@pytest.mark.usefixtures("kit")
def test_orders_are_placed_in_symbols() -> None:
    asked: list[object] = []

    def buy(*arguments: object) -> str:
        asked.extend(arguments)
        return "buy-XBTC-1"

    assert adapter(buy=buy).buy("X-BTC", "2", "0.1", "LIMIT") == "buy-XBTC-1"
    assert asked == ["XBTC", Decimal(2), OrderType.LIMIT, Decimal("0.1")]


def test_a_fill_is_told_as_today() -> None:
    fee = TradeFee(Decimal(0), [("BTC", Decimal("0.01"))])
    made = adapter()
    made._happened("OrderFilled", Filled(1.0, "o", "XBTC", TradeType.BUY, Decimal(2), Decimal(3), fee))
    made._happened("Odd", "text")
    filled, odd = parse(tuple[claims.EventView, ...], told(asyncio.run(made.events())), "events")
    assert (filled.data["trading_pair"], filled.data["trade_type"]) == ("X-BTC", "BUY")
    assert filled.fee is not None
    assert filled.fee.flat_fees == (claims.TokenAmount(token="BTC", amount=Decimal("0.01")),)
    assert odd.data == {"value": "text"}


@pytest.mark.parametrize("as_text", [True, False])
def test_orders_are_read_from_saved_states(as_text: bool) -> None:
    state = {
        "exchange_order_id": "7", "trading_pair": "XBTC", "order_type": "OrderType.LIMIT",
        "trade_type": "BUY", "price": "1", "amount": "2", "executed_amount_base": "0.5", "last_state": "new",
    }  # fmt: skip
    states = {"o": json.dumps(state) if as_text else state}
    said = told(adapter(tracking_states=states).orders())
    (read,) = parse(tuple[claims.OrderView, ...], said, "orders")
    assert (read.order_id, read.pair, read.side, read.order_type) == ("o", "X-BTC", "BUY", "LIMIT")
    assert (read.executed, read.state) == (Decimal("0.5"), "new")


def test_a_symbol_that_the_market_cannot_read_stays_one() -> None:
    async def markets() -> SimpleNamespace:
        return SimpleNamespace(index=["XBTC", "XUSD"])

    said = told(asyncio.run(adapter(get_active_exchange_markets=markets).pairs()))
    read = [(each["pair"], each["back"]) for each in said]
    assert read == [("X-BTC", "X-BTC"), ("XUSD", "XUSD")]


def test_pairs_come_from_the_applications_fetcher_where_the_market_lists_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class TradingPairFetcher:
        def __init__(self) -> None:
            raise AssertionError("it would ask every exchange")

        async def fetch_acme_trading_pairs(self) -> list[str]:
            return ["X-BTC"]

    async def markets() -> SimpleNamespace:
        raise AttributeError("taken away with v0.30.0")

    module = ModuleType("hummingbot.core.utils.trading_pair_fetcher")
    vars(module)["TradingPairFetcher"] = TradingPairFetcher
    monkeypatch.setitem(sys.modules, module.__name__, module)
    spoken = adapter(get_active_exchange_markets=markets)
    spoken._name = "acme"
    assert told(asyncio.run(spoken.pairs())) == [{"pair": "X-BTC", "symbol": "XBTC", "back": "X-BTC"}]
    spoken._name = "elsewhere"
    with pytest.raises(AttributeError, match="fetch_elsewhere"):
        asyncio.run(spoken.pairs())


def test_rules_that_are_not_shown_are_none_and_an_empty_list_is_one() -> None:
    assert adapter().rules() is None
    assert adapter(trading_rules={}).rules() == {}


@pytest.mark.parametrize(
    ("members", "types"),
    [
        ({"supported_order_types": lambda: [OrderType.LIMIT]}, ["LIMIT"]),
        ({"trading_rules": {"XBTC": SimpleNamespace(supports_market_orders=False)}}, ["LIMIT"]),
        ({"trading_rules": {"XBTC": SimpleNamespace()}}, ["LIMIT", "MARKET"]),
        ({}, ["LIMIT"]),
    ],
)
def test_order_types_of_old_bases(members: dict[str, object], types: list[str]) -> None:
    assert asyncio.run(adapter(**members).order_types()) == types


def test_balances_are_named_as_in_pairs() -> None:
    market = adapter(
        get_all_balances=lambda: {"btc": 2}, get_available_balance=lambda asset: {"btc": 1}[asset]
    )
    assert asyncio.run(market.balances()) == {"BTC": {"total": 2, "available": 1}}
