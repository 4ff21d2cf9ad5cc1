"""What a connector is told to place and cancel, and what leaves it then."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from decimal import ROUND_CEILING, Decimal
from typing import Literal, NamedTuple

from harness.clock import ScaledClock
from harness.describing.documents.asked import Act
from harness.describing.documents.said import Said
from harness.describing.documents.sentinels import Sentinels
from harness.driving.connector import Connector
from harness.driving.rpc_client import ConnectorError
from harness.gateway.entries import Exchange
from harness.gateway.record import Record

START_SECONDS = 15.0  # real, at most, until rules and balances have been asked for
ACT_SECONDS = 4.0  # virtual, at least, until an order or a cancel has been sent
SENT_SECONDS = 3.0  # real, at most: on a busy machine a connector is slow to act
Position = Literal["OPEN", "CLOSE"]
LEVERAGES = (7, 11)
ORDERS = tuple((side, kind) for kind in ("LIMIT", "LIMIT_MAKER", "MARKET") for side in ("buy", "sell"))


class Told(NamedTuple):
    """An order that the connector is told to place; `position` is what a perpetual's does to its position."""

    side: str
    kind: str
    position: Position | None = None


def orders_to_place(*, perpetual: bool) -> tuple[Told, ...]:
    """An order of every type on each side; on perpetuals they open positions, and one a side closes one."""
    if not perpetual:
        return tuple(Told(*each) for each in ORDERS)
    closing = (Told("buy", "LIMIT", "CLOSE"), Told("sell", "LIMIT", "CLOSE"))
    return (*(Told(*each, "OPEN") for each in ORDERS), *closing)


def opening_and_closing(told: Sequence[Told]) -> tuple[Told, ...]:
    """A limit order of each side and each position, of orders that are to be placed."""
    return tuple(dict.fromkeys(each for each in told if each.kind == "LIMIT" and each.position))


def acts_of(
    connector: Connector,
    record: Record,
    clock: ScaledClock,
    sentinels: Sentinels,
    told: Sequence[Told],
    mode: str = "",
) -> Iterator[Act]:
    """Place each of these orders whose type it offers, and cancel it; one more stays, to be looked up.

    `mode` is that of the positions, by the venue's name of it, where the connector offers several; in hedge
    mode no order stays.
    """
    offered = connector.order_types()
    staying = told[:1] if mode != "hedge" else ()
    looked = frozenset(map(_address, record.exchanges()))
    for number, (side, kind, position) in enumerate((*told, *staying)):
        if kind not in offered:
            continue
        # Another price and amount each time: two orders must not be taken for one.
        wanted = Decimal(sentinels.price) + number, _enough(connector, sentinels, number)
        price, amount = map(_as_text_has_it, connector.quantize(sentinels.pair, *wanted))
        before = record.mark()
        place = connector.buy if side == "buy" else connector.sell
        name = ""
        # A market order may need a book, which nobody may tell it here: then it is told a price.
        for at in (None, wanted[0]) if kind == "MARKET" else wanted[:1]:
            with suppress(ConnectorError):
                name = place(sentinels.pair, wanted[1], at, kind, position)
                _until_sent(record, before, clock, (name,), looked)
            if _was_sent(record, before, (name,), looked):
                break
        if not name:
            continue
        facts = {
            "order.client_order_id": name,
            "order.side": side,
            "order.type": {"LIMIT": "limit", "LIMIT_MAKER": "limit_maker", "MARKET": "market"}[kind],
            "order.post_only": str(kind == "LIMIT_MAKER").lower(),
            "order.amount": str(amount),
            "order.signed_amount": f"{'-' if side == 'sell' else ''}{amount}",
            "market.base": sentinels.base,
            "market.quote": sentinels.quote,
        }
        facts |= {} if kind == "MARKET" else {"order.price": str(price)}
        facts |= {} if position is None else {"order.reduce_only": str(position == "CLOSE").lower()}
        facts |= {"order.position_side": _position_side(side, position, mode)} if mode else {}
        yield Act("place_order", facts, _since(record, before), tuple(frames_in(record, before)))
        known, before = {**facts, "order.order_id": sentinels.order_id}, record.mark()
        if number == len(told):
            yield Act("order_status", known, ())
            return
        connector.cancel(name, sentinels.pair)
        _until_sent(record, before, clock, (name, sentinels.order_id), looked)
        yield Act("cancel_order", known, _since(record, before), tuple(frames_in(record, before)))


def _position_side(side: str, position: Position | None, mode: str) -> str:
    """The position that an order opens or closes."""
    if mode != "hedge":
        return "both"
    return "long" if (side == "buy") == (position == "OPEN") else "short"


def told_mode(connector: Connector, record: Record, clock: ScaledClock, mode: str) -> Act:
    """Ask for a mode of positions, by the venue's name of it."""
    before = record.mark()
    connector.set_position_mode("HEDGE" if mode == "hedge" else "ONEWAY")
    _until_sent(record, before, clock)
    return Act("position_mode", {"account.position_mode": mode}, _since(record, before))


def leverages_of(connector: Connector, record: Record, clock: ScaledClock, pair: str) -> Iterator[Act]:
    """Ask for one leverage after the other; a connector that takes none sends nothing."""
    for leverage in LEVERAGES:
        before = record.mark()
        connector.set_leverage(pair, leverage)
        _until_sent(record, before, clock)
        yield Act("set_leverage", {"position.leverage": str(leverage)}, _since(record, before))


def _as_text_has_it(figure: Decimal) -> Decimal:
    """A figure without the digits that a float leaves behind: some connectors round by floats."""
    short = Decimal(repr(float(figure)))
    return short if Decimal(float(figure)) == figure else figure


_Address = tuple[str, str, str]  # host, method, path


def _until_sent(
    record: Record,
    mark: int,
    clock: ScaledClock,
    ids: Sequence[str] = (),
    looked: Collection[_Address] = (),
) -> None:
    """Return when something but a question has been sent since then, or what names the order, or will not be
    any more. `looked` are addresses of questions, whatever their method.
    """
    record.wait_for(lambda: _was_sent(record, mark, ids, looked), SENT_SECONDS)
    pause(clock, ACT_SECONDS)


def _was_sent(record: Record, mark: int, ids: Sequence[str], looked: Collection[_Address] = ()) -> bool:
    sent = record.exchanges(since=mark)
    texts = (*(said.body for said in frames_in(record, mark)), *(each.text for each in sent))
    named = (each in text for text in texts for each in ids if each)
    return any(each.method != "GET" and _address(each) not in looked for each in sent) or any(named)


def _address(exchange: Exchange) -> _Address:
    return exchange.host, exchange.method, exchange.path


def _enough(connector: Connector, sentinels: Sentinels, number: int) -> Decimal:
    """The sentinel's amount, or more where the pair's rules ask for more; another one for each number."""
    least = connector.rules()[sentinels.pair].min_order_size
    amount = Decimal(sentinels.amount)
    if least.is_nan() or least <= amount:
        return amount + number
    whole = least.to_integral_value(ROUND_CEILING)
    return amount + whole + number * whole


def _since(record: Record, mark: int) -> tuple[Said, ...]:
    return tuple(map(said_in, record.exchanges(since=mark)))


def frames_in(record: Record, mark: int = 0) -> Iterator[Said]:
    """The messages that it sent on WebSockets, each with the path and the query of its socket."""
    sockets = {each.number: each for each in record.sockets()}
    for frame in record.frames(direction="sent", since=mark):
        if frame.opcode in ("text", "binary"):
            socket = sockets.get(frame.socket_id)
            path, query = ("", "") if socket is None else (socket.path, socket.raw_query)
            yield Said(frame.host, path, query=query, body=frame.text, socket=frame.socket_id)


def said_in(exchange: Exchange) -> Said:
    return Said(
        exchange.host, exchange.path, exchange.method, exchange.raw_query, exchange.headers, exchange.text
    )


def wait_for_rules(connector: Connector, pair: str) -> bool:
    """Return when it knows the rules of the pair, or will not any more; whether it does."""
    end = time.monotonic() + START_SECONDS
    while pair not in connector.rules() and time.monotonic() < end:
        time.sleep(0.2)
    time.sleep(0.5)  # what else it asks for when it starts
    return pair in connector.rules()


def pause(clock: ScaledClock, virtual: float) -> None:
    time.sleep(clock.real_seconds(virtual))
