"""Sessions that a request opens: what opens them, what carries their key, and how both are described."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from pydantic import JsonValue

from harness.describing.asking.mocked_exchange import Listening
from harness.describing.assembling import assemble
from harness.describing.documents.asked import Asked, Opened
from harness.describing.documents.said import Said
from harness.describing.documents.sentinels import SESSION, SETS
from harness.describing.fork_tests.answers import Answer
from harness.describing.fork_tests.kit import Harvest, Sample
from harness.describing.gathered import Sources
from harness.describing.replies.own_ids import with_our_session
from harness.describing.signing.signatures import explain
from harness.describing.source_code.operation_words import named_so
from harness.describing.source_code.read_replies import template
from harness.describing.source_code.source_reading import read_source
from harness.describing.streams.streams import connections
from harness.venue.dialects.messages import Request
from harness.venue.market import SAMPLE_MARKETS
from harness.venue.session import Venue
from tests.describing.test_assembling import HOST
from tests.venue.world import StillClock

KEY, SECRET = "key-0123456789", "secret-0123456789"
# As NDAX's: the address is written out, and the reply is compared and subscripted.
BY_TOKEN = f"""
async def authenticate(self):
    answer = await self.connection.call(url="https://{HOST}:8443/v1/Authenticate")
    said = await answer.json()
    if said.get("Authenticated", False) is True:
        self.token, self.id = said["SessionToken"], said["User"]["AccountId"]
"""
# As GRVT's: a cookie, and whose it is in another header.
BY_COOKIE = """
LOGIN_PATH_URL = "v1/login"
async def refresh(self):
    async with session.post(url=url(CONSTANTS.LOGIN_PATH_URL), json={"api_key": self.key}) as response:
        cookie = SimpleCookie()
        cookie.load(response.headers.get("Set-Cookie", ""))
        self.cookie, self.account = cookie.get("gravity").value, response.headers.get("X-Acme-Account-Id")
        self.sent = request.headers.get("X-Session-Token")
"""


def _asked(login: Said, session: tuple[str, str]) -> Asked:
    then = Said(HOST, "/v1/GetBalances", "GET", headers=(session,))
    return Asked(
        {"acme_api_key": KEY, "acme_secret_key": SECRET},
        sent=(login, then),
        sockets=(Opened(HOST, "/stream", headers=(session,)),),
    )


def _described(source: str, asked: Asked) -> Any:
    signed = explain(asked.sent, asked.credentials)
    read = read_source([source])
    return assemble(Sources("acme", "spot", Harvest(), (), asked, signed, source=read)).data


def test_a_token_that_a_reply_gives_opens_a_session() -> None:
    headers = (("APIKey", KEY),)
    login = Said(HOST, "/v1/Authenticate", "POST", headers=headers)
    made = _described(BY_TOKEN, _asked(login, ("APToken", SESSION["session.key"])))
    assert made["signing"] == {"scheme": "session", "carries": {"signature": "header APToken"}}
    route = made["routes"]["POST /v1/Authenticate"]
    assert (route["operation"], route["private"]) == ("stream_token", True)
    assert route["signing"] == {"scheme": "unverified", "carries": {"key": "header APIKey"}}
    assert route["reply"] == {
        "Authenticated": True,
        "SessionToken": "{session.key}",
        "User": {"AccountId": "{account.number}"},
    }
    assert made["routes"]["GET /v1/GetBalances"]["private"]
    assert "signing" not in made["routes"]["GET /v1/GetBalances"]


_KEY = SESSION["session.key"]


@pytest.mark.parametrize(
    ("then", "carried"),
    [
        ((Said(HOST, "/v1/GetBalances", "GET", f"id=7&sid={_KEY}"),), "query sid"),
        (
            (Said(HOST, "/v1/GetBalances", "POST", body=json.dumps({"id": "7", "by": {"sid": _KEY}})),),
            "body by.sid",
        ),
        (
            (
                Said(HOST, "/v1/GetBalances", "GET", f"id=7&sid={_KEY}"),
                Said(HOST, "/v1/GetFills", "POST", body=json.dumps({"id": "7", "sid": _KEY})),
            ),
            "param sid",
        ),
        (
            (
                Said(HOST, "/v1/GetBalances", "GET", f"id=7&sid={_KEY}"),
                Said(HOST, "/v1/GetFills", "POST", body=f"id=7&sid={_KEY}"),
            ),
            "param sid",
        ),
    ],
)
def test_requests_may_carry_the_sessions_key_in_query_or_body(then: tuple[Said, ...], carried: str) -> None:
    login = Said(HOST, "/v1/Authenticate", "POST", headers=(("APIKey", KEY),))
    asked = Asked({"acme_api_key": KEY, "acme_secret_key": SECRET}, sent=(login, *then))
    made = _described(BY_TOKEN, asked)
    assert made["signing"] == {"scheme": "session", "carries": {"signature": carried}}
    balances = made["routes"][f"{then[0].method} /v1/GetBalances"]
    assert balances["private"]
    assert balances["takes"] == {"id?" if then[0].method == "GET" else "id": "7"}


def test_what_keeps_a_stream_open_is_no_session() -> None:
    """As Binance's listen key: it is named where the stream is renewed, and nowhere else."""
    login = Said(HOST, "/v1/userDataStream", "POST", headers=(("APIKey", KEY),))
    then = Said(HOST, "/v1/userDataStream", "PUT", f"listenKey={_KEY}", headers=(("APIKey", KEY),))
    made = _described("", Asked({"acme_api_key": KEY}, sent=(login, then)))
    assert made["signing"] == {"scheme": "unverified", "carries": {"key": "header APIKey"}}
    assert made["routes"]["PUT /v1/userDataStream"]["takes"] == {"listenKey": "{session.key}"}


def test_what_opens_a_stream_is_no_session() -> None:
    """BingX's key stands in the address of the socket, whose path says nothing of an account."""
    login = Said(HOST, "/v1/userDataStream", "POST", headers=(("APIKey", KEY),))
    then = Said(HOST, "/market", "GET", f"listenKey={_KEY}", headers=(("Upgrade", "websocket"),))
    made = _described("", Asked({"acme_api_key": KEY}, sent=(login, then)))
    assert made["signing"] == {"scheme": "unverified", "carries": {"key": "header APIKey"}}


def test_a_cookie_that_a_reply_sets_opens_a_session() -> None:
    login = Said(HOST, "/v1/login", "POST", body=json.dumps({"api_key": KEY}))
    made = _described(BY_COOKIE, _asked(login, ("Cookie", f"gravity={SESSION['session.key']}")))
    assert made["signing"]["carries"] == {"signature": "header Cookie"}
    assert made["signing"]["prefix"] == {"signature": "gravity="}
    assert made["routes"]["POST /v1/login"]["headers"] == {
        "X-Acme-Account-Id": "{account.number}",
        "Set-Cookie": "gravity={session.key}; Path=/; Expires={session.ends_at|cookie}",
    }


def test_a_secret_that_is_sent_as_it_is_proves_who_opens_it() -> None:
    """As Architect's: both are in the body."""
    login = Said(HOST, "/v1/authenticate", "POST", body=json.dumps({"key": KEY, "secret": SECRET}))
    made = _described(BY_TOKEN, _asked(login, ("Authorization", f"Bearer {SESSION['session.key']}")))
    assert made["signing"]["prefix"] == {"signature": "Bearer "}
    assert made["routes"]["POST /v1/authenticate"]["signing"] == {
        "scheme": "token", "carries": {"key": "body key", "signature": "body secret"},
    }  # fmt: skip
    assert made["credentials"]["acme_secret_key"]["sent"] == ["body secret"]
    assert "sent" not in made["credentials"]["acme_api_key"]


def test_a_stream_that_carries_the_sessions_key_is_opened_by_it() -> None:
    asked = _asked(Said(HOST, "/v1/login", "POST"), ("Cookie", f"gravity={SESSION['session.key']}"))
    (found,) = connections(asked, (), {})
    assert found.by == "upgrade"


def test_what_is_asked_to_log_in_is_answered_with_a_cookie() -> None:
    exchange = Listening(Venue(SAMPLE_MARKETS, 1, StillClock()), [], read_source([BY_COOKIE]))
    reply = exchange.handle(Request("POST", HOST, "/v1/login"))
    assert reply.headers["Set-Cookie"].startswith(f"gravity={SESSION['session.key']}; Path=/; Expires=")
    assert reply.headers["Set-Cookie"].endswith(" GMT")
    assert reply.headers["X-Acme-Account-Id"] == SESSION["account.number"]


@pytest.mark.parametrize(
    ("path", "operation"),
    [
        ("/AP/Authenticate", "stream_token"),
        ("/auth/api_key/login", "stream_token"),
        ("/v2/sessions", "stream_token"),
        ("/v1/trading-sessions", ""),
        ("/v1/authenticate/keys", ""),
    ],
)
def test_a_login_is_known_by_its_path(path: str, operation: str) -> None:
    assert named_so(path) == operation


@pytest.mark.parametrize("name", ["_get_listen_key", "_get_listening_key"])
def test_a_key_that_is_listened_with_is_known_by_the_method_that_gets_it(name: str) -> None:
    """As LBank's `/subscribe/get_key.do`, whose reply has it as its data."""
    text = (
        f'KEY_URL = "/subscribe/get_key.do"\nasync def {name}(self):\n'
        "    reply = await self.assistant.execute_request(url=rest_url(KEY_URL), method=RESTMethod.POST)\n"
        '    if reply.get("result") is False or "data" not in reply:\n'
        '        raise ValueError(reply.get("error_code"))\n'
        '    return reply["data"]\n'
    )
    source = read_source([text])
    assert source.operation("/v2/subscribe/get_key.do", "POST") == "user_stream_open"
    reading = source.of("/v2/subscribe/get_key.do")
    assert reading is not None
    assert template(reading, "user_stream_open") == {"result": True, "data": "{session.key}"}


def test_an_address_in_a_docstring_is_no_route() -> None:
    text = f'async def ask(self):\n    "https://{HOST}/docs/ask"\n    return (await self.get())["token"]\n'
    assert not read_source([text]).routes
    assert list(read_source([BY_TOKEN]).routes) == ["/v1/Authenticate"]


def test_a_login_that_tests_mock_beside_others_gives_our_key() -> None:
    """As Architect's: the tests of cancellations mock it, with a token of their own."""
    said: dict[str, JsonValue] = {
        "Authenticated": True,
        "SessionToken": "test-token",
        "User": {"AccountId": 4},
    }
    sample = Sample(member="balance_url", set=SETS[0].name, side="", type="", answers=())
    mocked = Answer(
        "cancel_order", "configure_successful_cancelation_response", 0, "canceled", sample,
        "POST", f"https://{HOST}/v1/Authenticate", 200, json.dumps(said), said, SETS[0],
    )  # fmt: skip
    (ours,) = with_our_session([mocked], read_source([BY_TOKEN]))
    assert (ours.operation, ours.status) == ("stream_token", "")
    assert json.loads(ours.text) == {**said, "SessionToken": SESSION["session.key"]}
    other = replace(mocked, url=f"https://{HOST}/v1/CancelOrder")
    assert with_our_session([other], read_source([BY_TOKEN])) == (other,)
