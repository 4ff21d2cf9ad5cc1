"""The adapter of today's generation, and what crosses the border, with connectors unlike their siblings."""

from __future__ import annotations

import asyncio
import json
import re
from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from harness.driving import claims, connector
from harness.driving.connector import parse
from harness.sandbox.inside import observe, wire
from harness.sandbox.inside.adapters.v2 import Adapter
from harness.sandbox.inside.scenario import Scenario

Row = namedtuple("Row", "name text")


def adapter(**members: object) -> Adapter:
    made = Adapter()
    made._connector = SimpleNamespace(**members)
    return made


def told(value: Any) -> Any:
    """As it arrives outside."""
    return json.loads(wire.line({"value": wire.plain(value)}))["value"]


async def coroutine(value: object) -> object:
    return value


def listing(as_coroutines: bool) -> dict[str, object]:
    answers = {
        "all_trading_pairs": lambda: ["A-B"],
        "exchange_symbol_associated_to_pair": lambda pair: pair.replace("-", ""),
        "trading_pair_associated_to_exchange_symbol": lambda symbol: f"{symbol[0]}-{symbol[1:]}",
    }
    if not as_coroutines:
        return dict(answers)
    return {name: lambda *args, do=do: coroutine(do(*args)) for name, do in answers.items()}


@pytest.mark.parametrize("as_coroutines", [True, False])
def test_symbols_may_come_from_plain_methods(as_coroutines: bool) -> None:
    said = told(asyncio.run(adapter(**listing(as_coroutines)).pairs()))
    assert parse(tuple[claims.PairView, ...], said, "pairs") == (
        claims.PairView(pair="A-B", symbol="AB", back="A-B"),
    )


def test_one_figure_that_raises_leaves_the_others() -> None:
    def raising(*_: object) -> object:
        raise NotImplementedError

    made = adapter(quantize_order_price=raising, quantize_order_amount=lambda pair, amount: amount)
    ((price, amount),) = parse(
        tuple[claims.Level, ...], told(asyncio.run(made.quantize("A-B", [("1", "2")]))), "quantize"
    )
    assert price.is_nan()
    assert amount == 2


class Polling:
    """Polls as the framework does: its event is a new one after each poll, whatever was told meanwhile."""

    current_timestamp = 1000.0

    def __init__(self) -> None:
        self._poll_notifier = asyncio.Event()
        self._last = self.current_timestamp
        self.polls = 0

    def tick(self, timestamp: float) -> None:
        if timestamp // 120 > self._last // 120:
            self._poll_notifier.set()
        self._last = timestamp

    async def poll_for_ever(self, answered: asyncio.Event) -> None:
        while True:
            await self._poll_notifier.wait()
            self.polls += 1
            await answered.wait()
            self._poll_notifier = asyncio.Event()


def test_a_tick_during_a_poll_makes_it_poll_once_more() -> None:
    async def ticked() -> int:
        made, polling, answered = Adapter(), Polling(), asyncio.Event()
        made._connector = polling
        loop = asyncio.ensure_future(polling.poll_for_ever(answered))
        for _ in range(2):
            made.tick(120.0)
            await asyncio.sleep(0)
        answered.set()
        assert made._ticking is not None
        await made._ticking
        await asyncio.sleep(0)
        loop.cancel()
        return polling.polls

    assert asyncio.run(ticked()) == 2


def test_two_ticks_before_the_clock_turns_make_it_poll_twice() -> None:
    async def ticked() -> int:
        made, polling, answered = Adapter(), Polling(), asyncio.Event()
        made._connector = polling
        answered.set()
        loop = asyncio.ensure_future(polling.poll_for_ever(answered))
        for _ in range(2):
            made.tick(120.0)
            await asyncio.sleep(0.01)
        loop.cancel()
        return polling.polls

    assert asyncio.run(ticked()) == 2


def test_a_tick_that_waits_is_the_drivers_own_and_ends_with_the_connector() -> None:
    """As a task of the connector's it would be left behind, and the connector not stop cleanly."""

    async def tasks() -> tuple[list[str], list[str]]:
        made, polling = Adapter(), Polling()
        made._connector = polling
        scenario = Scenario(made, cast(Any, None), cast(Any, None), cast(Any, None))
        scenario._ours.update(asyncio.all_tasks())
        polling._poll_notifier.set()
        for _ in range(2):
            scenario._obey("tick", {"seconds": 120.0})
        during = observe.tasks(scenario._ours)
        await made.stop(0.0)
        return during, [str(task) for task in asyncio.all_tasks() if task is not asyncio.current_task()]

    assert asyncio.run(tasks()) == ([], [])


@pytest.mark.parametrize(
    ("prices", "alone", "together"),
    [
        (lambda pairs: dict.fromkeys(pairs, 1.5), {"A-B": 1.5, "C-D": 1.5}, {"A-B": 1.5, "C-D": 1.5}),
        (lambda pairs: {pairs[0]: 1.5}, {"A-B": 1.5, "C-D": 1.5}, {"A-B": 1.5}),
        (lambda pairs: {pair: {"A-B": 1.5}[pair] for pair in pairs}, {"A-B": 1.5}, {}),
        (lambda pairs: None, {}, {}),
    ],
)
def test_last_prices_are_asked_for_alone_and_together(
    prices: Callable[[list[str]], object], alone: dict[str, float], together: dict[str, float]
) -> None:
    made = adapter(get_last_traded_prices=prices)
    said = told(asyncio.run(made.last_prices(["A-B", "C-D"])))
    assert parse(claims.LastPrices, said, "last_prices") == claims.LastPrices(
        alone={pair: Decimal(str(price)) for pair, price in alone.items()},
        together={pair: Decimal(str(price)) for pair, price in together.items()},
    )


@pytest.mark.parametrize("parts", [None, "ready", {"book": None, "user": 1}])
def test_a_status_may_be_of_another_kind(parts: object) -> None:
    made = adapter(ready=True, status_dict=parts, network_status="CONNECTED", current_timestamp=None)
    status = parse(claims.Status, told(made.status()), "status")
    assert status.ready
    assert status.timestamp.is_nan()


def test_orders_of_before_2022_have_other_fields() -> None:
    order = SimpleNamespace(
        exchange_order_id=5, trading_pair="A-B", trade_type="BUY", order_type="LIMIT", price=1, amount=2,
        last_state="NEW",
    )  # fmt: skip
    said = told(adapter(in_flight_orders={"x1": order}).orders())
    (read,) = parse(tuple[claims.OrderView, ...], said, "orders")
    assert (read.state, read.exchange_order_id) == ("NEW", "5")


@dataclass
class Unshowable:
    number: int

    def __str__(self) -> str:
        raise ValueError


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (10**5000, "<int that cannot be shown>"),
        ("half \ud83d", "half ?"),
        (Row("a", None), {"name": "a", "text": None}),
        (SimpleNamespace(_asdict=7), "namespace(_asdict=7)"),
        ({1: Unshowable(3)}, {"1": {"type": "Unshowable", "number": 3}}),
        (float("nan"), "nan"),
    ],
    ids=["an endless number", "half a character", "a row", "no row", "what cannot be shown", "no number"],
)
def test_anything_crosses_the_border(value: object, read: object) -> None:
    assert told(value) == read


def test_every_command_that_is_asked_from_outside_is_obeyed() -> None:
    source = Path(connector.__file__).read_text(encoding="utf-8")
    asked = re.findall(r'self\._(?:ask|get)\(\s*(?:[\w.\[\], ]+,\s*)?"(\w+)"', source)
    assert "last_prices" in asked
    assert set(asked) - {"logs", "usage", "pace", "start"} <= Adapter.COMMANDS
