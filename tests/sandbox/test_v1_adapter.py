"""The adapter of the generation between: settings as a table or not, fees of either shape."""

from __future__ import annotations

import asyncio
import sys
from collections import namedtuple
from decimal import Decimal
from enum import Enum
from types import ModuleType, SimpleNamespace

import pytest

from harness.sandbox.inside import integrity
from harness.sandbox.inside.adapters import v2
from harness.sandbox.inside.adapters.older import fee_told
from harness.sandbox.inside.adapters.v1 import TODAY, Adapter

TradeFee = namedtuple("TradeFee", "percent flat_fees")
Filled = namedtuple("Filled", "timestamp order_id trade_fee")


class Words(Enum):
    LIMIT = 1
    BUY = 2


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    for name in ("hummingbot", "hummingbot.client"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    module = ModuleType("hummingbot.client.settings")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module


def test_settings_may_be_a_table(settings: ModuleType) -> None:
    settings.CONNECTOR_SETTINGS = {"acme": 1}  # type: ignore[attr-defined]
    assert Adapter()._known() == {"acme": 1}


def test_settings_may_be_made_when_they_are_asked_for(settings: ModuleType) -> None:
    made = SimpleNamespace(get_connector_settings=lambda: {"acme": 2})
    settings.AllConnectorSettings = made  # type: ignore[attr-defined]
    assert Adapter()._known() == {"acme": 2}


def test_a_compiled_class_is_given_what_the_application_gives() -> None:
    """`int` has no signature either."""
    made = Adapter()
    made._settings = SimpleNamespace(conn_init_parameters=dict)
    offered = {"api_keys": {"acme_key": "k"}, "trading_pairs": ["A-B"], "trading_required": True, "more": 1}
    given = {"acme_key": "k", "trading_pairs": ["A-B"], "trading_required": True}
    assert made._init_parameters(int, offered) == given


def test_a_fee_is_told_as_today() -> None:
    told = Adapter()._told(Filled(1.0, "o", TradeFee(Decimal("0.1"), [("X", Decimal(1))])))
    assert told["trade_fee"] == {
        "type": "TradeFee", "percent": Decimal("0.1"), "percent_token": None,
        "flat_fees": [{"token": "X", "amount": Decimal(1)}],
    }  # fmt: skip
    today = SimpleNamespace(percent=1, percent_token="X", flat_fees=[])
    assert fee_told(today) is today
    assert fee_told(None) is None


def test_a_maker_is_no_question_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ModuleType("acme_words")
    words.OrderType = words.TradeType = Words  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "acme_words", words)
    asked: list[object] = []
    made = Adapter()
    made._words_lie_in = "acme_words"
    made._connector = SimpleNamespace(get_fee=lambda *given: asked.extend(given))
    assert asyncio.run(made.fee("A-B", "LIMIT", "BUY", "1", "2", is_maker=True)) is None
    assert asked == ["A", "B", Words.LIMIT, Words.BUY, Decimal(1), Decimal(2)]


def test_words_that_moved_in_2022_are_no_replaced_part_of_the_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(v2.Adapter, "warm", lambda *_: {})
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)
    monkeypatch.setitem(sys.modules, TODAY, moved := ModuleType(TODAY))
    made = Adapter()
    made.warm("acme")
    assert made._words() is moved
    assert integrity.shadowed(made) == []
