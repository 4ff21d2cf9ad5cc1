"""How a connector reads a reply: one leaf is changed at a time, and what it makes of the reply is compared.

The replies are those that its own tests mock. A reading names the leaf, what it was changed to and which
attributes of the connector's order update, fill, balance, rule or price moved, before and after.
"""

import asyncio
import copy
import importlib
from decimal import Decimal
from typing import Any, Callable, Dict, List

from .leaf_changes import another, flat, leaves, plain, with_leaf
from .mocked_replies import Reply, mock_again, replies_of
from .readers import Reader, readers_of

READ_SECONDS = 3.0
HANG_SECONDS = 8.0  # beyond this the connector does not even let itself be cancelled
MAX_LEAVES = 60  # of one reply
MAX_READINGS = 1200
Seconds = Callable[[float], Any]


async def read(
    case: Any,
    sentinels: Dict[str, Any],
    samples: List[Dict[str, Any]],
    found: List[Dict[str, Any]],
    at_most: Seconds,
) -> None:
    """Add to `found` what can be learnt from the replies in `samples` with these sentinels' name."""
    exchange = case.exchange
    exchange._throttler.execute_task = lambda *_, **__: _nothing()
    exchange._sleep = _at_once
    exchange._set_current_timestamp(float(sentinels["time"]))
    order = _tracked(exchange, case, sentinels)
    mocked = replies_of(samples, sentinels["name"])
    for reader in readers_of(exchange, order):
        for index, reply in enumerate(mocked.get(reader.member, ())):
            if len(found) >= MAX_READINGS:
                return
            found += await _mutate(case, reader, index, reply, mocked, at_most)


def _tracked(exchange: Any, case: Any, sentinels: Dict[str, Any]) -> Any:
    common = importlib.import_module("hummingbot.core.data_type.common")
    exchange.start_tracking_order(
        order_id=sentinels["client_order_id"],
        exchange_order_id=sentinels["order_id"],
        trading_pair=case.trading_pair,
        trade_type=common.TradeType.BUY,
        price=Decimal(sentinels["price"]),
        amount=Decimal(sentinels["amount"]),
        order_type=common.OrderType.LIMIT,
    )
    return exchange.in_flight_orders[sentinels["client_order_id"]]


async def _at_once(_delay: float) -> None:
    """In place of the connector's waiting, say after an error."""
    await asyncio.sleep(0)


class _Nothing:
    async def __aenter__(self) -> None:
        return None

    async def __aexit__(self, *_: Any) -> None:
        return None


def _nothing() -> Any:
    return _Nothing()


async def _mutate(
    case: Any,
    reader: Reader,
    index: int,
    reply: Reply,
    mocked: Dict[str, List[Reply]],
    at_most: Seconds,
) -> List[Dict[str, Any]]:
    document = reply["document"]
    before = await _attempt(case, reader, reply, document, mocked, at_most)
    found = [{"member": reader.member, "reply": index, "path": None, "after": before}]
    if "error" in before:
        return found
    for path, leaf in list(leaves(document, ()))[:MAX_LEAVES]:
        other = another(leaf)
        changed = with_leaf(document, path, other)
        after = await _attempt(case, reader, reply, changed, mocked, at_most)
        moved = {name: [before.get(name), after.get(name)] for name in set(before) | set(after)
                 if before.get(name) != after.get(name)}  # fmt: skip
        found.append({"member": reader.member, "reply": index, "path": path, "to": other, "moved": moved})
    return found


async def _attempt(
    case: Any, reader: Reader, reply: Reply, document: Any, mocked: Dict[str, List[Reply]], at_most: Seconds
) -> Dict[str, Any]:
    """What the connector makes of a document, as flat attributes; `error` where it raises."""
    mock: Any = importlib.import_module("aioresponses").aioresponses
    exchange = case.exchange
    kept = dict(exchange._account_balances), dict(exchange._account_available_balances)
    symbols = copy.copy(await exchange.trading_pair_symbol_map())
    try:
        with at_most(HANG_SECONDS), mock() as api:
            if not reader.stream:
                mock_again(api, reply, document, mocked)
            made = await asyncio.wait_for(reader.act(copy.deepcopy(document)), READ_SECONDS)
        return dict(flat(plain(made), ""))
    except (Exception, asyncio.CancelledError) as error:
        return {"error": type(error).__name__}
    except BaseException as error:  # a connector that hangs; see `kit.at_most`
        return {"error": type(error).__name__}
    finally:
        exchange._account_balances.clear()
        exchange._account_balances.update(kept[0])
        exchange._account_available_balances.clear()
        exchange._account_available_balances.update(kept[1])
        exchange._set_trading_pair_symbol_map(symbols)
