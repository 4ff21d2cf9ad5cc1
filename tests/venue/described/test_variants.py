"""What a description can say of orders, markets and streams, each on the made-up perpetual exchange."""

from __future__ import annotations

import base64
import hmac
import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from pydantic import JsonValue

from harness.scenarios.randomization import initial_balances
from harness.venue.described.dialect import DescribedDialect
from harness.venue.described.dialect_class import dialect_of
from harness.venue.described.model import Credential, Description, Rows, Signing
from harness.venue.described.order_rules import Orders
from harness.venue.described.requested import new_order
from harness.venue.described.signing import Given
from harness.venue.described.values import Fact, Unreadable
from harness.venue.dialects.messages import Request
from harness.venue.dialects.stream_session import StreamSession
from harness.venue.model import KEY_LENGTHS, OrderType, PositionSide, Side, VenueRefusal
from harness.venue.operations.refusals import RequestError
from harness.venue.positions import PositionMode
from harness.venue.session import Venue
from tests.venue.described.test_dialect import STREAM, Acme, Exchange
from tests.venue.world import NOON, StillClock, read_by, texts

D = Decimal


def made(**changes: Any) -> DescribedDialect:
    """The exchange with some parts of its description changed, and quotes in every market."""
    kind = dialect_of(Acme.description.model_copy(update=changes))
    venue = Venue(kind.markets, 7, StillClock())
    for market in venue.markets:
        venue.seed_book(market, 10)
    return kind(venue)


def asked(dialect: DescribedDialect, **orders: Any) -> Any:
    """A request to buy a hundredth at 50,000, as the description's own orders are understood."""
    from harness.venue.described.requested import Asked

    limit: dict[str, Fact] = {"order.amount": D("0.01"), "order.price": D(50_000), "order.side": "buy"}
    account = dialect.venue.account("maker", initial_balances(dialect.markets), KEY_LENGTHS)
    return Asked("place_order", account, dialect.venue.markets[0], limit | orders, Rows())


def test_a_contract_may_be_a_lot() -> None:
    plain, lots = made(), made(orders=Orders(contract="lot"))
    assert {market.contract_size for market in plain.markets} == {D(1)}
    assert all(market.contract_size == market.lot_size for market in lots.markets)


def test_markets_are_quoted_in_the_exchange_s_own_asset() -> None:
    assert {market.quote for market in made(quote="USDC").markets} == {"USDC"}


def test_a_topic_may_name_both_assets_with_nothing_between() -> None:
    dialect = made()
    market = dialect.venue.markets[0]
    topic = "book-{market.base}{market.quote}-0.1"
    base, quote = map(dialect.venue_facts.asset, (market.base, market.quote))
    found = dialect.matcher.match(topic, f"book-{base}{quote}-0.1")
    assert dialect.market_in(found) == market
    with pytest.raises(VenueRefusal):
        dialect.market_in(dialect.matcher.match(topic, "book-ABCDEF-0.1"))


def test_a_price_of_zero_may_mean_the_market() -> None:
    dialect = made(orders=Orders(zero_price_is_market=True))
    zero = asked(dialect, **{"order.price": D(0)})
    assert new_order(zero, dialect.description).type is OrderType.MARKET
    assert new_order(asked(made()), dialect.description).type is OrderType.LIMIT
    assert new_order(zero, made().description).type is OrderType.LIMIT


@pytest.mark.parametrize(
    ("side", "reduce_only", "position"),
    [("buy", False, "long"), ("sell", False, "short"), ("sell", True, "long"), ("buy", True, "short")],
)
def test_hedge_mode_may_name_sides_by_reduce_only(side: str, reduce_only: bool, position: str) -> None:
    dialect = made(orders=Orders(hedge_side="by reduce-only"))
    request = asked(dialect, **{"order.side": side, "order.reduce_only": reduce_only})
    order = new_order(request, dialect.description)
    assert dialect.answering.hedged(request, order) == order, "one-way mode names no side"
    dialect.venue.set_position_mode(request.account, PositionMode.HEDGE)
    hedged = dialect.answering.hedged(request, order)
    assert (hedged.position_side, hedged.reduce_only) == (PositionSide(position), False)
    assert made().answering.hedged(request, order) == order


@pytest.mark.parametrize(
    ("force", "reduces", "refused"),
    [("gtc", True, True), ("ioc", True, False), ("fok", True, False), ("gtc", False, False)],
)
def test_a_reduce_only_order_may_have_to_be_immediate(force: str, reduces: bool, refused: bool) -> None:
    strict, plain = made(orders=Orders(reduce_only_rests=False)), made()
    assert (strict.reduce_only_rests, plain.reduce_only_rests) == (False, True)
    wished = {"order.reduce_only": reduces, "order.time_in_force": force}
    assert new_order(asked(plain, **wished), plain.description).reduce_only is reduces
    request = asked(strict, **wished)
    if refused:
        with pytest.raises(Unreadable):
            new_order(request, strict.description)
    else:
        assert new_order(request, strict.description).reduce_only is reduces


def test_an_exchange_may_be_told_no_leverage() -> None:
    routes = Acme.description.routes
    silent = {label: each for label, each in routes.items() if "leverage" not in str(each.takes)}
    derived = made(routes=silent, derived="85d637450d2a1972")  # whose routes may not all have been found
    assert [each.takes_leverage for each in (made(), made(routes=silent), derived)] == [True, False, True]


def test_a_passphrase_may_be_sent_signed_or_not_at_all() -> None:
    dialect = made()
    account = dialect.venue.account("maker", {}, KEY_LENGTHS)
    given = Given(key=dialect.credentials(account)["acme_api_key"], signature="x")
    assert dialect.with_phrase(given).passphrase == dialect.passphrase(account)
    signing = Signing(scheme="unverified", passphrase="signed", digest="sha256", written="base64")
    secret = dialect.secret(account).encode()
    phrase = hmac.new(secret, dialect.passphrase(account).encode(), "sha256").digest()
    for sent, wanted in ((base64.b64encode(phrase).decode(), account), (dialect.passphrase(account), None)):
        given = Given(key=given.key, signature="x", passphrase=sent)
        found = dialect.verified(signing, given, frozenset(), NOON)
        assert found == (wanted or RequestError.BAD_PASSPHRASE)


def test_who_has_no_passphrase_signs_the_accounts_number() -> None:
    held = {"acme_api_key": {"is": "key"}, "acme_secret": {"is": "secret"}, "acme_id": {"is": "number"}}
    dialect = made(credentials={name: Credential.model_validate(each) for name, each in held.items()})
    account = dialect.venue.account("maker", {}, KEY_LENGTHS)
    assert dialect.passphrase(account) == dialect.credentials(account)["acme_id"]


def test_books_by_levels_and_topics_that_name_several() -> None:
    dialect = made()
    venue = dialect.venue
    session = dialect.open_stream(Request("GET", STREAM, "/levels"))
    assert isinstance(session, StreamSession), "no token is needed"
    assert list(session.received(json.dumps({"topic": "book:XBTUSDT-P,ETHUSDT-P"}))) == []
    assert session.carries() == {"stream:book", "stream:trades"}, "the one brings the other"
    venue.subscribe(read_by(session))
    market = venue.markets[0]
    for price in (40_000, 40_001):
        venue.set_level(market, Side.BUY, D(price), D(1))
    told = texts(list(session.tick(NOON + 1)))
    last = venue.book(market).sequence
    assert [each["n"] for each in told] == [last - 1, last]
    assert {each["level"] for each in told} == {"40000,buy,1", "40001,buy,1"}


def test_the_first_place_that_holds_a_topic_counts() -> None:
    session = made().open_stream(Request("GET", STREAM, "/levels"))
    assert isinstance(session, StreamSession)
    list(session.received(json.dumps({"all": ["trades:XBTUSDT-P"], "topic": "book:XBTUSDT-P"})))
    assert session.carries() == {"stream:trades"}


def test_a_route_may_be_told_by_a_parameter_s_being_there() -> None:
    document = Acme.description.model_dump(mode="json", by_alias=True)
    reply = {"operation": "ticker", "when": {"all": "*"}, "reply": "several"}
    document["routes"] |= {"GET /price": {"operation": "ticker", "reply": "one"}, "GET /price (all)": reply}
    dialect = dialect_of(Description.model_validate(document))
    spoken = dialect(Venue(dialect.markets, 7, StillClock()))
    for query, wanted in (([], "one"), ([("all", "1")], "several")):
        assert spoken.handle(Request("GET", "api.acme.test", "/price", query, at=NOON)).body == wanted


@pytest.mark.parametrize(
    ("of", "resting", "filled", "cancelled"),
    [
        ("all", True, True, True),
        ("open", True, False, False),
        ("filled", False, True, False),
        ("ended", False, True, True),
    ],
)
def test_a_route_may_know_some_orders_alone(of: str, resting: bool, filled: bool, cancelled: bool) -> None:
    routes = dict(Acme.description.routes)
    own = routes["POST /rpc (status)"]
    reply: JsonValue = {"$if": "order.order_id", "$then": [own.reply], "$else": []}
    routes["POST /rpc (status)"] = own.model_copy(
        update={"rows": Rows.model_validate({"of": of}), "unknown": "empty", "reply": reply}
    )
    dialect = made(routes=routes)
    acme = Exchange(dialect, dialect.venue.account("maker", {"USDT": D(100_000)}, KEY_LENGTHS), StillClock())
    order = {"pair": "XBTUSDT-P", "side": "1", "size": "1000000"}
    ids = [acme.ask("place", **order, price=price)["id"] for price in ("40000", "40000", "99000")]
    acme.ask("cancel", id=ids[1])
    told = [bool(acme.ask("status", id=each)) for each in ids]
    assert told == [resting, cancelled, filled]
    assert acme.ask("status", id="00000000-0000-0000-0000-00000000ffff") == []


def test_a_base_alone_names_the_only_market_that_has_it() -> None:
    dialect = made()
    first, second, *_ = dialect.venue.markets
    named = dialect.venue_facts.asset
    assert dialect.market_in({"market.base": named(second.base)}) is second
    assert dialect.market_in({}) is None
    with pytest.raises(VenueRefusal, match="NONE"):
        dialect.market_in({"market.base": "NONE"})
    kind = type(dialect)
    twice = kind(Venue((first, replace(first, quote="EUR"), second), 7, StillClock()))
    assert twice.market_in({"market.base": named(first.base)}) is None
    assert twice.market_in({"market.base": named(second.base)}) is second
