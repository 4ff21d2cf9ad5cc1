"""Each shipped description carries an order's whole life, spoken by a client that is made of it alone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from harness.scenarios.randomization import initial_balances
from harness.venue.described import DescribedDialect, shipped_dialects
from harness.venue.described.values import Fact
from harness.venue.dialects.messages import Close, Frame, Outgoing, Reply
from harness.venue.dialects.stream_session import StreamSession
from harness.venue.events import Event
from harness.venue.market import Market, floor_to
from harness.venue.model import OrderStatus, Side
from harness.venue.session import Venue
from tests.venue.described.client import NAMES, Client, number, said_in
from tests.venue.world import NOON, StillClock

D = Decimal
EXCHANGES = shipped_dialects()
PUBLIC = (
    "server_time",
    "ping",
    "symbols",
    "ticker",
    "tickers",
    "order_book",
    "trades",
    "funding_rate",
    "mark_price",
)
TELLS_IT_AGAIN = ("liquid",)  # an order that ended already, when it is to be cancelled
WALLET_ALONE = ("gate_io_perpetual",)  # what its stream tells of the margin
TOLD = ("fills", "orders", "balances", "positions")


@dataclass
class World:
    """One market of a described exchange, a client of it, and what its streams have said."""

    client: Client
    venue: Venue
    market: Market
    clock: StillClock
    sessions: list[StreamSession] = field(default_factory=list)
    heard: list[Frame] = field(default_factory=list)

    @property
    def facts(self) -> dict[str, Fact]:
        market = self.market
        return {
            "market.symbol": self.client.dialect.symbol(market),
            "market.number": self.venue.markets.index(market) + 1,
            "market.base": self.client.dialect.venue_facts.asset(market.base),
            "market.quote": self.client.dialect.venue_facts.asset(market.quote),
            "asset.name": market.base,
            "market.contract_size": market.contract_size,
            "account.number": self.client.dialect.venue_facts.account(self.client.account).facts("account")[
                "number"
            ],  # type: ignore[index]
        }

    def resting(self) -> tuple[Decimal, Decimal]:
        """A price below the book and an amount in lots that can be halved."""
        market = self.market
        price = floor_to(self.venue.book(market).bids[-1].price * D("0.99"), market.tick_size)
        lots = max(market.min_amount, market.min_notional / price) // market.lot_size + 1
        return price, lots * 4 * market.lot_size

    def order(self, kind: str, side: str, price: Decimal, amount: Decimal) -> dict[str, Fact]:
        rules = self.client.description.orders
        if kind == "market" and rules.zero_price_is_market:
            price = D(0)
        name = next(each for each in NAMES if re.fullmatch(rules.client_order_id or ".*", each))
        return self.facts | {
            "order.side": side, "order.type": kind, "order.price": price, "order.amount": amount,
            "order.asked": amount, "order.signed_amount": amount if side == "buy" else -amount,
            "order.time_in_force": "ioc" if kind == "market" else "gtc",
            "order.post_only": False, "order.reduce_only": False, "order.position_side": "both",
            "order.client_order_id": name, "order.leverage": D(1),
        }  # fmt: skip

    def listen(self, outgoing: Any) -> list[Outgoing]:
        told = list(outgoing)
        self.heard += [each for each in told if isinstance(each, Frame)]
        return told

    def follow(self, session: StreamSession) -> None:
        def tell(event: Event) -> None:
            self.listen(session.venue_event(event))

        self.venue.subscribe(tell)


@pytest.fixture(params=list(EXCHANGES))
def world(request: pytest.FixtureRequest) -> World:
    kind = EXCHANGES[request.param]
    assert issubclass(kind, DescribedDialect)
    clock = StillClock()
    venue = Venue(kind.markets, 7, clock)
    for market in venue.markets:
        venue.seed_book(market, 10)
    account = venue.account("maker", initial_balances(kind.markets), kind.key_lengths)
    return World(Client(kind(venue), account), venue, venue.markets[0], clock)


def placing(world: World, kind: str, side: str) -> str:
    """The route that places such an order."""
    wanted = {"order.side": side, "order.type": kind}
    routes = world.client.description.routes
    fit = [
        name
        for name in world.client.routes("place_order")
        if all(wanted.get(fact, value) == value for fact, value in routes[name].means.items())
    ]
    return min(fit, key=lambda name: len(routes[name].when))


def place(world: World, kind: str = "limit", side: str = "buy") -> Reply:
    price, amount = world.resting()
    return world.client.ask(placing(world, kind, side), world.order(kind, side, price, amount))


def test_everything_public_is_told(world: World) -> None:
    for operation in PUBLIC:
        for name in world.client.routes(operation):
            if not world.client.description.routes[name].private:
                reply = world.client.ask(name, world.facts)
                assert reply.status == world.client.description.routes[name].status, (name, reply)
    route = next(world.client.routes("order_book"), None)
    if route is None:
        return  # its books are told by streams alone
    told = world.client.told(route, world.client.ask(route, world.facts), "level.price")
    prices = {number(each) for each in told}
    best = world.venue.book(world.market, 1)
    assert {best.bids[0].price, best.asks[0].price} <= prices or not told


def test_who_signs_wrongly_is_turned_away(world: World) -> None:
    if not world.client.dialect.verifies_signatures:
        pytest.skip("its signatures are not verified")
    assert place(world).status == world.client.description.routes[placing(world, "limit", "buy")].status
    world.client.spoilt = True
    place(world)
    assert len(world.venue.open_orders(world.client.account)) == 1


def stream_token(client: Client) -> str | None:
    """The key that a route gives in its reply, which opens a private stream; None where no route does."""
    token = None
    for operation in ("user_stream_open", "stream_token"):
        for name in client.routes(operation):
            if "{session.key}" in str(client.description.routes[name].reply):
                (token,) = (str(each) for each in client.told(name, client.ask(name, {}), "session.key"))
    return token


def streams(world: World, only: tuple[str, str] | None = None) -> None:
    """Open every private connection, log in and subscribe to all that is private; or to one channel alone."""
    client = world.client
    token = stream_token(client)
    for name, connection in client.description.connections.items():
        channels = connection.channels.items()
        private = [
            channel for key, channel in channels if (channel.private if only is None else only == (name, key))
        ]
        if not private:
            continue
        session = client.opened(connection, token)
        world.sessions.append(session)
        world.listen(session.opened())
        login = connection.login
        if login is not None and login.by == "frame":
            world.listen(session.received(_json(client.login(connection, {}, token))))
            world.listen(session.tick(world.clock.time + login.takes))
        for channel in private:
            if channel.topic is None:
                assert channel.operation in session.carries(), connection.path
                continue
            topic = client.topic(channel.topic, world.market)
            message = client.subscription(connection.subscribe, topic)
            if login is not None and login.by != "frame" and isinstance(message, dict):
                beside = client.login(connection, {key: str(value) for key, value in message.items()}, token)
                message = _merged(message, beside)
            world.listen(session.received(_json(message)))
            assert channel.operation in session.carries(), (topic, world.heard[-1:])
    for session in world.sessions:
        world.follow(session)


def _json(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _merged(one: dict[str, Any], other: Any) -> dict[str, Any]:
    """Both, and mappings of the same name merged."""
    merged = dict(one)
    for key, value in (other if isinstance(other, dict) else {}).items():
        held = merged.get(key)
        merged[key] = {**held, **value} if isinstance(held, dict) and isinstance(value, dict) else value
    return merged


def asked(world: World, operation: str, facts: dict[str, Fact]) -> Iterator[tuple[str, Reply]]:
    routes = world.client.description.routes
    for name in world.client.routes(operation):
        reply = world.client.ask(name, facts)
        assert reply.status == routes[name].status, (name, reply)
        yield name, reply


def test_an_order_lives(world: World) -> None:
    streams(world)
    client, venue, account = world.client, world.venue, world.client.account
    price, amount = world.resting()
    placed = place(world)
    (order,) = venue.open_orders(account)
    assert (order.side, order.price, order.amount) == (Side.BUY, price, amount), placed
    named = world.facts | {
        "order.order_id": order.order_id, "order.any_id": order.order_id,
        "order.order_ids": str(order.order_id), "order.client_order_id": order.client_order_id,
        "page.state": "open",
    }  # fmt: skip
    venue.fill(order.order_id, amount / 2)
    (fill,) = venue.fills(account)
    world.listen(each for session in world.sessions for each in session.tick(NOON + 1))
    said = said_in(world.heard)
    carried = {each for session in world.sessions for each in session.carries()}
    if carried & {"stream:orders", "stream:fills"}:
        contract = world.market.contract_size
        assert {fill.price, fill.price * contract} & said, "no stream told of the fill"
        assert amount / 2 / contract in said, "no stream told of the fill"

    for name, reply in [*asked(world, "order_status", named), *asked(world, "open_orders", named)]:
        for fact, value in (("order.price", price), ("order.filled", amount / 2), ("order.amount", amount)):
            told = {number(each) for each in client.told(name, reply, fact)}
            assert told <= {value}, (name, fact, told)
    for name, reply in asked(world, "order_trades", named):
        for fact, value in (("fill.price", fill.price), ("fill.amount", fill.amount), ("fill.fee", fill.fee)):
            told = {number(each) for each in client.told(name, reply, fact)}
            assert told <= {value}, (name, fact, told)
    for operation in ("balances", "fees", "positions", "funding_payments"):
        list(asked(world, operation, named))

    (route, *_) = client.routes("cancel_order")
    gone = client.ask(route, named)
    assert gone.status == client.description.routes[route].status, gone
    (order,) = venue.orders(account)
    assert order.status is OrderStatus.CANCELED
    assert not [each for each in world.heard if isinstance(each, Close)]
    again = client.ask(route, named)
    told_again = client.dialect.name in TELLS_IT_AGAIN
    assert (again.content() == gone.content()) is told_again, "an order that has ended cannot be cancelled"


def test_streams_tell_what_margin_is_left(world: World) -> None:
    if not world.market.perpetual:
        pytest.skip("there is no margin")
    streams(world)
    place(world)
    (order,) = world.venue.open_orders(world.client.account)
    world.heard.clear()
    world.venue.fill(order.order_id, order.amount / 2)
    world.listen(each for session in world.sessions for each in session.tick(NOON + 1))
    told = [frame for frame in world.heard if frame.operation == "stream:balances"]
    if not told:
        pytest.skip("no stream of it tells balances")
    margin = world.venue.margin(world.client.account, world.market.settle_asset)
    figure = margin.wallet if world.client.dialect.name in WALLET_ALONE else margin.available
    said = {each.quantize(D("1e-6")) for each in said_in(told) if isinstance(each, Decimal)}
    assert figure.quantize(D("1e-6")) in said, told


def test_a_market_order_is_filled(world: World) -> None:
    price, amount = world.resting()
    rules = world.client.description.orders
    by_value = rules.market_buy_in == "quote"
    facts = world.order("market", "sell", price, amount)
    if rules.market_time_in_force:
        facts["order.time_in_force"] = rules.market_time_in_force[0]
    if world.market.perpetual or not by_value:
        facts["order.quote_amount"] = None
    try:
        route = placing(world, "market", "sell")
    except ValueError:
        pytest.skip("it has no market orders")
    reply = world.client.ask(route, facts)
    assert reply.status == world.client.description.routes[route].status, reply
    (order,) = world.venue.orders(world.client.account)
    assert (order.side, order.status, order.filled) == (Side.SELL, OrderStatus.FILLED, amount), reply
