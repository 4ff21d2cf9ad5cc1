"""How a connector reads a reply, with a connector of three lines in place of the framework's."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import types
from collections.abc import Iterator
from typing import Any

import pytest

from harness.describing.documents.readings import FORK, Meaning, meaning
from harness.sandbox.inside import changed_replies, readers

REPLY = {"free": "10", "held": "5", "note": "x"}


class _Exchange:
    """Reads balances from a message of its stream; a note that it does not know makes it fail."""

    def __init__(self) -> None:
        self._account_balances: dict[str, Any] = {}
        self._account_available_balances: dict[str, Any] = {}
        self._order_tracker = types.SimpleNamespace(process_order_update=None, process_trade_update=None)
        self._iter_user_event_queue: Any = None

    async def trading_pair_symbol_map(self) -> dict[str, str]:
        return {}

    def _set_trading_pair_symbol_map(self, _: Any) -> None:
        return None

    async def _user_stream_event_listener(self) -> None:
        async for message in self._iter_user_event_queue():
            if message["note"] != "x":
                raise KeyError(message["note"])
            free, held = float(message["free"]), float(message["held"])
            self._account_available_balances["COIN"] = free
            self._account_balances["COIN"] = free + held


@pytest.fixture(autouse=True)
def aioresponses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The package lies in the framework's environment, not in ours; a stream's messages do not need it."""
    module: Any = types.ModuleType("aioresponses")
    module.aioresponses = contextlib.nullcontext
    monkeypatch.setitem(sys.modules, "aioresponses", module)


@contextlib.contextmanager
def _unlimited(_seconds: float) -> Iterator[None]:
    yield


def _readings(document: Any) -> list[dict[str, Any]]:
    case = types.SimpleNamespace(exchange=_Exchange())

    async def heard(message: Any) -> Any:
        return await readers.hear(case.exchange, message)

    reader = readers.Reader("balance_event_websocket_update", heard, stream=True)
    reply = {"document": document}
    return asyncio.run(changed_replies._mutate(case, reader, 0, reply, {}, _unlimited))


def test_one_leaf_at_a_time_shows_what_follows_it() -> None:
    whole, *changed = _readings(REPLY)
    assert whole["after"] == {"balances.total.COIN": 15.0, "balances.available.COIN": 10.0}
    moved = {each["path"][0]: each["moved"] for each in changed}
    assert moved["free"] == {
        "balances.total.COIN": [15.0, 16.0], "balances.available.COIN": [10.0, 11.0],
    }  # fmt: skip
    assert moved["held"] == {"balances.total.COIN": [15.0, 16.0]}
    assert moved["note"]["error"] == [None, "KeyError"]


def test_only_what_becomes_the_leafs_value_is_its_meaning() -> None:
    found = {each["path"][0]: each for each in _readings(REPLY)[1:]}
    pairs = {name: {key: tuple(pair) for key, pair in each["moved"].items()} for name, each in found.items()}
    assert meaning(pairs["free"], found["free"]["to"], FORK) == Meaning("balance.free")
    # The total follows what is held as well, but it is reckoned.
    assert meaning(pairs["held"], found["held"]["to"], FORK) is None
    assert meaning(pairs["note"], found["note"]["to"], FORK) is None


def test_a_leaf_that_is_the_least_and_the_lot_is_the_lot() -> None:
    """As BitMart's base_min_size: with neither, its orders were of what the tests have, one bitcoin."""
    moved = {"[0].min_order_size": ("1", "2"), "[0].min_base_amount_increment": ("1", "2")}
    assert meaning(moved, "2", FORK) == Meaning("market.lot_size")


def test_a_reply_that_cannot_be_read_is_not_changed_leaf_by_leaf() -> None:
    (only,) = _readings({**REPLY, "note": "unknown"})
    assert only["after"] == {"error": "KeyError"}


def test_a_decimal_that_was_made_of_a_float_is_what_the_leaf_says() -> None:
    """As HTX's rules: `Decimal(info["minoa"])`, where the reply has a number."""
    moved = {"[0].min_order_size": ("0.01", "1.0100000000000000088817841970012523233890533447265625")}
    assert meaning(moved, 1.01, FORK) == Meaning("market.min_amount")
    assert meaning({"[0].min_order_size": ("0.01", "1.0101")}, 1.01, FORK) is None
