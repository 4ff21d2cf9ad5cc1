"""A made-up exchange on which orders bear a wallet's signature of their own, and anybody may look one up."""

from __future__ import annotations

import json
from decimal import Decimal
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest

from harness.errors import UserError
from harness.scenarios.randomization import initial_balances
from harness.venue.described import dialect_or_description
from harness.venue.described.dialect import DescribedDialect
from harness.venue.described.dialect_class import dialect_of
from harness.venue.described.loading import checked
from harness.venue.dialects.messages import Reply, Request
from harness.venue.dialects.stream_session import StreamSession
from harness.venue.dialects.typed_data import domain_separator, typed_digest
from harness.venue.dialects.wallets import address_of, sign_digest
from harness.venue.model import Account
from harness.venue.session import Venue
from tests.venue.world import NOON, StillClock, data, texts

REST, STREAM = "api.acme.test", "ws.acme.test"
ORDER = {"maker": "address", "account": "uint64", "size": "uint256", "price": "uint256"}
ACME: dict[str, Any] = {
    "exchange": "acme_wallet",
    "kind": "perpetual",
    "hosts": {"rest": [REST], "stream": [STREAM]},
    "symbol": "{market.base}",
    "funding_every": 3600,
    "credentials": {
        "acme_key": {"is": "key"},
        "acme_wallet": {"is": "wallet", "form": "0x-hex-32", "ccxt": "walletKey"},
        "acme_signer": {"is": "signer", "form": "address"},
        "acme_owner": {"is": "owner", "form": "address"},
        "acme_id": {"is": "number"},
    },
    "signing": {"scheme": "unverified", "carries": {"key": "header X-Key"}},
    "words": {"way": {"of": "fill", "words": {"open": {"opens": True}, "close": {"opens": False}}}},
    "routes": {
        "GET /markets": {
            "operation": "symbols",
            "reply": {"each market": {"name": "{market.symbol}", "lot": "{market.lot_size}"}},
        },
        "GET /margin": {
            "operation": "balances",
            "private": True,
            "proof": "key",
            "reply": {"positions": "{margin.position_margin}", "orders": "{margin.order_margin}"},
        },
        "POST /orders": {
            "operation": "place_order",
            "private": True,
            "proof": "key",
            "also_signed": {
                "scheme": "eip712",
                "typed": {
                    "domain": {"name": "Acme", "version": "1", "chainId": 7},
                    "primary": "Order",
                    "types": {"Order": ORDER},
                    "message": {
                        "maker": "{owner}",
                        "account": "{number}",
                        "size": "{said.size|units6}",
                        "price": "{said.price|units6}",
                    },
                },
                "carries": {"signature": "body seal", "signer": "body signer"},
            },
            "takes": {
                "coin": "{market.symbol}",
                "side": "{order.side}",
                "size": "{order.amount}",
                "price": "{order.price}",
            },
            "reply": {"id": "{order.order_id|number}"},
        },
        "GET /orders/{id}": {
            "operation": "order_status",
            "private": True,
            "proof": "order",
            "takes": {"id": "{order.order_id}"},
            "reply": {"id": "{order.order_id|number}", "state": "{order.status}"},
        },
        "GET /fills": {
            "operation": "order_trades",
            "private": True,
            "proof": "key",
            "rows": {"order": "oldest first"},
            "reply": {"each fill": "{fill|way}"},
        },
    },
    "refusals": {"status": 400, "body": "{refusal.code}", "words": {}},
    "connections": {
        "all": {
            "path": "/ws",
            "subscribe": {"said": {"op": "sub"}, "topics": "topic"},
            "channels": {
                "prices": {
                    "operation": "stream:mark_price",
                    "topic": "prices",
                    "first": {"each funding": "{market.symbol}"},
                    "tells": {"each funding": "{market.symbol}"},
                }
            },
        }
    },
    "known": {"": ["kit"]},
}


def made(**changes: Any) -> DescribedDialect:
    kind = dialect_of(checked({**ACME, **changes}, Path("acme_wallet.yml")))
    venue = Venue(kind.markets, 7, StillClock())
    for market in venue.markets:
        venue.seed_book(market, 10)
    return kind(venue)


def ask(dialect: DescribedDialect, account: Account, body: dict[str, Any]) -> Reply:
    headers = {"X-Key": dialect.credentials(account)["acme_key"], "Content-Type": "application/json"}
    return dialect.handle(Request("POST", REST, "/orders", [], headers, json.dumps(body).encode(), NOON))


def an_order(dialect: DescribedDialect, whose: Account, **changes: Any) -> dict[str, Any]:
    """The body of an order whose wallet signed these: `key`, `maker` … change what it signs."""
    held = dialect.credentials(whose)
    said = {"coin": "BTC", "side": "buy", "size": "0.01", "price": "50000"}
    message = {
        "maker": held["acme_owner"], "account": held["acme_id"], "size": 10_000, "price": 50_000_000_000,
        **changes,
    }  # fmt: skip
    separator = domain_separator({"name": "Acme", "version": "1", "chainId": 7})
    digest = typed_digest(separator, "Order", {"Order": ORDER}, message)
    seal = sign_digest(digest, changes.get("key", held["acme_wallet"]))
    return {**said, "seal": f"0x{seal.hex()}", "signer": held["acme_signer"]}


def opened(dialect: DescribedDialect, name: str = "maker") -> Account:
    return dialect.venue.account(name, initial_balances(dialect.markets))


def test_ccxt_gets_no_credential_that_has_an_empty_name_there() -> None:
    """It signs with a key or with a wallet, and refuses to be given both (`grvt.uses_private_key`)."""
    kind = dialect_or_description("grvt_perpetual")
    spoken = kind(Venue(kind.markets, 1, StillClock()))
    given = spoken.ccxt_credentials(spoken.venue.account("maker", {}, kind.key_lengths))
    assert given.keys() == {"privateKey", "uid"}


def test_an_order_bears_its_wallet_s_signature() -> None:
    dialect = made()
    account = opened(dialect)
    held = dialect.credentials(account)
    assert held["acme_signer"].lower() == address_of(held["acme_wallet"]) != held["acme_owner"].lower()
    assert dialect.hidden(account) == {held["acme_wallet"]}
    assert dialect.ccxt_credentials(account)["walletKey"] == held["acme_wallet"]
    right = an_order(dialect, account)
    for wrong in (
        {**right, "size": "0.02"},
        {**right, "seal": ""},
        {**right, "signer": held["acme_owner"]},
        an_order(dialect, account, maker="0x" + "ab" * 20),
        an_order(dialect, account, account=1),
        an_order(dialect, account, key="0x" + "ab" * 32),
    ):
        assert ask(dialect, account, wrong).status == 400, wrong
    assert dialect.venue.orders(account) == ()
    assert ask(dialect, account, right).status == 200
    (order,) = dialect.venue.open_orders(account)
    assert (order.amount, order.price) == (Decimal("0.01"), Decimal(50_000))


def test_an_order_may_be_looked_up_by_anybody_who_names_it() -> None:
    dialect = made()
    opened(dialect, "other")
    account = opened(dialect)
    number = data(ask(dialect, account, an_order(dialect, account)))["id"]
    told = dialect.handle(Request("GET", REST, f"/orders/{number}", at=NOON))
    assert data(told) == {"id": number, "state": "open"}
    for unknown in (number + 1, "x"):
        assert dialect.handle(Request("GET", REST, f"/orders/{unknown}", at=NOON)).status == 400


def test_what_margin_is_for() -> None:
    dialect = made()
    account = opened(dialect)
    ask(dialect, account, an_order(dialect, account))
    headers = {"X-Key": dialect.credentials(account)["acme_key"]}

    def told() -> dict[str, Decimal]:
        reply = dialect.handle(Request("GET", REST, "/margin", headers=headers, at=NOON))
        return {name: Decimal(value) for name, value in data(reply).items()}

    assert told()["positions"] == 0 < told()["orders"]
    (order,) = dialect.venue.open_orders(account)
    dialect.venue.fill(order.order_id)
    assert told()["orders"] == 0 < told()["positions"]


def test_fills_say_whether_they_open() -> None:
    dialect = made()
    account, venue = opened(dialect), dialect.venue
    ask(dialect, account, an_order(dialect, account))
    (order,) = venue.open_orders(account)
    venue.fill(order.order_id)
    ask(dialect, account, {**an_order(dialect, account, price=10**9), "side": "sell", "price": "1000"})
    headers = {"X-Key": dialect.credentials(account)["acme_key"]}
    told = data(dialect.handle(Request("GET", REST, "/fills", headers=headers, at=NOON)))
    assert (told[0], set(told[1:])) == ("open", {"close"})


def test_a_channel_s_first_message_may_tell_of_every_market() -> None:
    dialect = made()
    session = dialect.open_stream(Request("GET", STREAM, "/ws"))
    assert isinstance(session, StreamSession)
    told = texts(list(session.received(json.dumps({"op": "sub", "topic": "prices"}))))
    assert told == [[market.base for market in dialect.venue.markets]]


def test_funding_may_come_more_often() -> None:
    assert {market.funding_interval for market in made().markets} == {3600}
    assert {market.funding_interval for market in made(funding_every=None).markets} == {8 * 3600}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"scheme": "eip712"}, "which needs it"),
        ({"scheme": "hmac"}, "belongs to the scheme eip712"),
        ({"primary": "Offer"}, "no type 'Offer'"),
        ({"message": {"maker": "{owner}"}}, "'account' is either no field of 'Order' or not in its message"),
    ],
)
def test_mistakes_in_typed_data_are_named(change: dict[str, Any], said: str) -> None:
    route = ACME["routes"]["POST /orders"]
    signing = route["also_signed"]
    if "scheme" in change:
        wrong = {**signing, **change} if change["scheme"] == "hmac" else {"scheme": "eip712"}
    else:
        wrong = {**signing, "typed": {**signing["typed"], **change}}
    routes = {**ACME["routes"], "POST /orders": {**route, "also_signed": wrong}}
    with pytest.raises(UserError, match=said):
        made(routes=routes)


LOGIN: dict[str, Any] = {
    "scheme": "eip712",
    "typed": {
        "domain": {"name": "Acme"},
        "primary": "Login",
        "types": {"Login": {"signer": "address"}},
        "message": {"signer": "{said.address}"},
    },
    "carries": {"signer": "body address", "signature": "body seal"},
}
SESSIONS = {
    "signing": {
        "scheme": "session",
        "carries": {"signature": "header Cookie"},
        "prefix": {"signature": "acme="},
        "lifetime": 60,
    },
    "routes": {
        "GET /markets": ACME["routes"]["GET /markets"],
        "POST /login": {
            "operation": "stream_token",
            "private": True,
            "signing": LOGIN,
            "headers": {"Set-Cookie": "acme={session.key}; Expires={session.ends_at|cookie}"},
        },
        "GET /me": {"operation": "balances", "private": True, "reply": {"who": "{account.name}"}},
    },
}


def test_a_session_is_opened_by_whoever_signs_and_ends() -> None:
    dialect = made(**SESSIONS)
    opened(dialect, "other")
    account = opened(dialect)
    held = dialect.credentials(account)
    digest = typed_digest(
        domain_separator({"name": "Acme"}),
        "Login",
        LOGIN["typed"]["types"],
        {"signer": held["acme_signer"]},
    )

    def login(address: str, key: str) -> Reply:
        body = {"address": address, "seal": sign_digest(digest, key).hex()}
        return dialect.handle(Request("POST", REST, "/login", [], {}, json.dumps(body).encode(), NOON))

    def asked(cookie: str, at: float = NOON) -> Reply:
        return dialect.handle(Request("GET", REST, "/me", headers={"Cookie": cookie}, at=at))

    assert login(held["acme_signer"], "0x" + "22" * 32).status == 400
    assert login("0x" + "22" * 20, held["acme_wallet"]).status == 400
    given = login(held["acme_signer"], held["acme_wallet"]).headers["Set-Cookie"]
    cookie, _, ends = given.partition("; Expires=")
    assert parsedate_to_datetime(ends).timestamp() == NOON + 60
    assert data(asked(cookie)) == {"who": "maker"}
    for wrong in ("", "acme=x", cookie.removeprefix("acme=")):
        assert asked(wrong).status == 400, wrong
    dialect.expire_user_streams(account)
    assert asked(cookie).status == 200, "what opens streams ends, not what requests are sent with"
    assert asked(cookie, NOON + 61).status == 400
