"""How a connector reads a reply: one leaf is changed at a time, and what it makes of the reply is compared.

The replies are those that its own tests mock. A reading names the leaf, what it was changed to and which
attributes of the connector's order update, fill, balance, rule or price moved, before and after.
"""

import asyncio
import contextlib
import copy
import importlib
import json
import re
from decimal import Decimal
from typing import Any, Callable, Dict, Iterator, List, Tuple

from . import wire

READ_SECONDS = 3.0
HANG_SECONDS = 8.0  # beyond this the connector does not even let itself be cancelled
RULE = (
    "trading_pair min_order_size max_order_size min_price_increment min_base_amount_increment"
    " min_quote_amount_increment min_notional_size min_order_value"
    " buy_order_collateral_token sell_order_collateral_token"
).split()
MAX_LEAVES = 60  # of one reply
MAX_READINGS = 1200
Seconds = Callable[[float], Any]


def plain(value: Any) -> Any:
    """JSON's own types; an object of the framework's as its public attributes."""
    if isinstance(value, (list, tuple)) and not hasattr(value, "_asdict"):
        return [plain(item) for item in value]
    names = getattr(value, "__dict__", None)
    if names and type(value).__module__.startswith("hummingbot.") and not hasattr(value, "name"):
        return {name: wire.plain(item) for name, item in names.items() if not name.startswith("_")}
    return wire.plain(value)


class Reader:
    """One way to have the connector read a reply: `member` mocks it, `act` has it read."""

    def __init__(self, member: str, act: Callable[..., Any], stream: bool = False) -> None:
        self.member = member
        self.act = act
        self.stream = stream


def _readers(exchange: Any, order: Any) -> List[Reader]:
    async def rules(document: Any) -> Any:
        made = await _rules(exchange, document)
        return [{name: getattr(rule, name, None) for name in RULE} for rule in made]

    async def symbols(document: Any) -> Any:
        exchange._initialize_trading_pair_symbols_from_exchange_info(document)
        return dict(await exchange.trading_pair_symbol_map())

    async def status(_: Any) -> Any:
        return await exchange._request_order_status(order)

    async def fills(_: Any) -> Any:
        return list(await exchange._all_trade_updates_for_order(order))

    async def balances(_: Any) -> Any:
        await exchange._update_balances()
        return _purse(exchange)

    async def price(_: Any) -> Any:
        return await exchange._get_last_traded_price(order.trading_pair)

    async def cancelled(_: Any) -> Any:
        return await exchange._place_cancel(order.client_order_id, order)

    async def placed(_: Any) -> Any:
        return await exchange._place_order(
            order_id=order.client_order_id,
            trading_pair=order.trading_pair,
            amount=order.amount,
            trade_type=order.trade_type,
            order_type=order.order_type,
            price=order.price,
        )

    async def heard(document: Any) -> Any:
        return await _hear(exchange, document)

    return [
        Reader("trading_rules_request_mock_response", rules),
        Reader("all_symbols_request_mock_response", symbols),
        Reader("latest_prices_request_mock_response", price),
        Reader("balance_request_mock_response_for_base_and_quote", balances),
        Reader("order_creation_request_successful_mock_response", placed),
        Reader("configure_successful_cancelation_response", cancelled),
        Reader("configure_open_order_status_response", status),
        Reader("configure_partially_filled_order_status_response", status),
        Reader("configure_completely_filled_order_status_response", status),
        Reader("configure_canceled_order_status_response", status),
        Reader("configure_partial_fill_trade_response", fills),
        Reader("configure_full_fill_trade_response", fills),
        Reader("order_event_for_new_order_websocket_update", heard, True),
        Reader("order_event_for_canceled_order_websocket_update", heard, True),
        Reader("order_event_for_full_fill_websocket_update", heard, True),
        Reader("trade_event_for_full_fill_websocket_update", heard, True),
        Reader("balance_event_websocket_update", heard, True),
    ]


async def _rules(exchange: Any, document: Any) -> List[Any]:
    """The rules in a document, or in what the connector makes of it and others before it formats any."""
    made: List[Any] = []
    with contextlib.suppress(Exception):
        made = await exchange._format_trading_rules(document)
    return made or await exchange._format_trading_rules(await exchange._make_trading_rules_request())


def _purse(exchange: Any) -> Any:
    total = dict(exchange._account_balances)
    free = dict(exchange._account_available_balances)
    return {"total": total, "available": free}


def _noting(kept: List[Any]) -> Callable[..., None]:
    return lambda *positional, **named: kept.extend([*positional, *named.values()])


async def _hear(exchange: Any, document: Any) -> Any:
    """What a message of the private stream leads to, by what reaches the order tracker and the balances."""
    updates: List[Any] = []
    fills: List[Any] = []
    tracker = exchange._order_tracker

    async def messages() -> Any:
        yield document

    kept = exchange._iter_user_event_queue, tracker.process_order_update, tracker.process_trade_update
    exchange._iter_user_event_queue = messages
    tracker.process_order_update, tracker.process_trade_update = _noting(updates), _noting(fills)
    try:
        await exchange._user_stream_event_listener()
    finally:
        exchange._iter_user_event_queue, tracker.process_order_update, tracker.process_trade_update = kept
    return {"updates": updates, "fills": fills, "balances": _purse(exchange)}


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
    mocked = _replies(samples, sentinels["name"])
    for reader in _readers(exchange, order):
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


_Reply = Dict[str, Any]


def _replies(samples: List[Dict[str, Any]], name: str) -> Dict[str, List[_Reply]]:
    """What each member mocks for a limit order to buy: documents, with the requests that they answer."""
    found: Dict[str, List[_Reply]] = {}
    texts = {
        each["member"]: each["answers"][0] for each in samples if each["set"] == name and not each["side"]
    }
    for each in samples:
        if each["set"] != name or each["side"] not in ("", "BUY") or each["type"] not in ("", "LIMIT"):
            continue
        answer = each["answers"][0]
        if isinstance(answer, dict) and set(answer) == {"mocked", "returned"}:
            mocked = [dict(reply, document=_json(reply["body"])) for reply in answer["mocked"]]
            if not mocked and isinstance(answer["returned"], (dict, list)):
                mocked = [{"document": answer["returned"]}]
            found[each["member"]] = [reply for reply in mocked if reply["document"] is not None]
        elif isinstance(answer, (dict, list)):
            url = texts.get(_url_of(each["member"]), "")
            found[each["member"]] = [{"document": answer, "address": str(url or "")}]
    return found


def _url_of(member: str) -> str:
    """The member with the address of a plain reply."""
    known = {
        "trading_rules": "trading_rules_url",
        "all_symbols": "all_symbols_url",
        "latest_prices": "latest_prices_url",
        "balance": "balance_url",
        "order_creation": "order_creation_url",
    }
    return next((url for start, url in known.items() if member.startswith(start)), "")


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


async def _mutate(
    case: Any,
    reader: Reader,
    index: int,
    reply: _Reply,
    mocked: Dict[str, List[_Reply]],
    at_most: Seconds,
) -> List[Dict[str, Any]]:
    document = reply["document"]
    before = await _attempt(case, reader, reply, document, mocked, at_most)
    found = [{"member": reader.member, "reply": index, "path": None, "after": before}]
    if "error" in before:
        return found
    for path, leaf in list(_leaves(document, ()))[:MAX_LEAVES]:
        other = _other(leaf)
        changed = _changed(document, path, other)
        after = await _attempt(case, reader, reply, changed, mocked, at_most)
        moved = {name: [before.get(name), after.get(name)] for name in set(before) | set(after)
                 if before.get(name) != after.get(name)}  # fmt: skip
        found.append({"member": reader.member, "reply": index, "path": path, "to": other, "moved": moved})
    return found


async def _attempt(
    case: Any, reader: Reader, reply: _Reply, document: Any, mocked: Dict[str, List[_Reply]], at_most: Seconds
) -> Dict[str, Any]:
    """What the connector makes of a document, as flat attributes; `error` where it raises."""
    mock: Any = importlib.import_module("aioresponses").aioresponses
    exchange = case.exchange
    kept = dict(exchange._account_balances), dict(exchange._account_available_balances)
    symbols = copy.copy(await exchange.trading_pair_symbol_map())
    try:
        with at_most(HANG_SECONDS), mock() as api:
            if not reader.stream:
                _answer(api, reply, document, mocked)
            made = await asyncio.wait_for(reader.act(copy.deepcopy(document)), READ_SECONDS)
        return dict(_flat(plain(made), ""))
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


def _answer(api: Any, reply: _Reply, document: Any, mocked: Dict[str, List[_Reply]]) -> None:
    body = json.dumps(document)
    if "method" in reply:
        url = re.compile(reply["pattern"]) if reply["pattern"] else re.compile("^" + re.escape(reply["url"]))
        api.add(url, method=reply["method"], status=reply["status"], body=body, repeat=True)
        for others in mocked.values():
            for other in others:
                if other.get("method") and other is not reply and other["status"] == 200:
                    _also(api, other)
        return
    start = (
        re.compile("^" + re.escape(reply["address"].split("?")[0]))
        if reply.get("address")
        else re.compile(".*")
    )
    for method in ("GET", "POST", "PUT", "DELETE"):
        api.add(start, method=method, body=body, repeat=True)


def _also(api: Any, other: _Reply) -> None:
    url = re.compile(other["pattern"]) if other["pattern"] else re.compile("^" + re.escape(other["url"]))
    api.add(url, method=other["method"], status=other["status"], body=other["body"], repeat=True)


def _leaves(value: Any, path: Tuple[Any, ...]) -> Iterator[Tuple[Tuple[Any, ...], Any]]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _leaves(item, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(item, (*path, index))
    else:
        yield path, value


def _other(leaf: Any) -> Any:
    """Another value of the same kind: a number stays of its size, a word becomes one nobody knows."""
    if isinstance(leaf, bool):
        return not leaf
    if isinstance(leaf, (int, float)):
        return leaf + 1 if leaf else 7
    if isinstance(leaf, str):
        with contextlib.suppress(Exception):
            number = Decimal(leaf)
            if number.is_finite():
                return str(number + 1) if number else "7"
        amount = re.match(r"(\d+(?:\.\d+)?)( ?[A-Za-z]+)\Z", leaf)  # with its unit: `20.0 USD`
        return str(Decimal(amount.group(1)) + 1) + amount.group(2) if amount else "Q" + leaf
    return "Q"


def _changed(document: Any, path: Tuple[Any, ...], leaf: Any) -> Any:
    if not path:
        return leaf
    whole = copy.deepcopy(document)
    place = whole
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = leaf
    return whole


def _flat(value: Any, name: str) -> Iterator[Tuple[str, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _flat(item, "{}.{}".format(name, key) if name else str(key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _flat(item, "{}[{}]".format(name, index))
    else:
        yield name, value
